"""The connector's own environment variables, apart from those of the policy and of the ticket systems."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urlsplit

from connector.config.login_variables import LOGIN_VARIABLES
from connector.model import Mode
from connector.systems.addresses import Network, networks
from connector.systems.variables import Secret, Variable, decimal, items, one_of, web_address, whole_number


def _database(text: str) -> str:
    scheme, separator, rest = text.partition("://")
    if scheme in ("postgres", "postgresql", "postgresql+psycopg") and separator and rest.strip("/"):
        return f"postgresql+psycopg://{rest}"
    if scheme != "sqlite" or not separator:
        raise ValueError("is no address of a database that is supported")
    path = rest.partition("?")[0]
    if len(path) < 2 or not path.startswith("/") or ":memory:" in path or path.startswith("/file:"):
        raise ValueError("names no file; the web and worker processes share one")
    return text


def _host(text: str) -> str:
    if re.search(r"[\s/]", text):
        raise ValueError("is no host name or address")
    return text


def _targets(text: str) -> tuple[Secret, ...]:
    found = items(text)
    if not all(re.fullmatch(r"[A-Za-z][\w+.-]*://\S+", target) for target in found):
        raise ValueError("holds a target that is no URL")
    return tuple(Secret(target) for target in found)


def _proxies(text: str) -> tuple[Network, ...]:
    try:
        return networks(items(text))
    except ValueError:
        raise ValueError("holds what is neither an address nor a network") from None


def _mode(text: str) -> Mode:
    return Mode(one_of(*Mode)(text))


def _watcher(text: str) -> Secret:
    try:
        parts = urlsplit(text)
        is_good = parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good or re.search(r"\s", text):
        raise ValueError("is no address of the web")
    return Secret(text)


_LEVELS = ("debug", "info", "warning", "error")
DEFAULT_DATABASE = "sqlite:///escalator.db"

DATABASE_URL = Variable(
    "DATABASE_URL",
    "or `postgresql://…` (also `postgres://`, as hosting platforms write it)",
    "sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME",
    DEFAULT_DATABASE,
    f"`{DEFAULT_DATABASE}`",
    _database,
    is_secret=True,
)
HOST = Variable("HOST", "where `run` and `web` listen", "a host name or address", "127.0.0.1", "127.0.0.1", _host)
PORT = Variable("PORT", "the port there", "a whole number from 1 to 65535", "8000", "8000", whole_number(1, 65535))
PUBLIC_URL = Variable(
    "PUBLIC_URL",
    "what webhooks are registered with, and, where the console has a login, what the links in notes lead to",
    "an https address (http only on a loopback address)",
    "https://escalator.example.com",
    parse=web_address,
)
TRUSTED_PROXIES = Variable(
    "TRUSTED_PROXIES",
    "addresses of our own reverse proxies: no bound on their connections, and what they say of the sender is believed",
    "addresses or networks, comma-separated",
    "127.0.0.1,10.0.0.0/24",
    parse=_proxies,
)
LOG_LEVEL = Variable(
    "LOG_LEVEL",
    "`debug`, `info`, `warning` or `error`",
    "a level",
    "info",
    "info",
    one_of(*_LEVELS),
)
LOG_FORMAT = Variable(
    "LOG_FORMAT",
    "`text` or `json`",
    "text or json",
    "json",
    "`text` on a terminal, else `json`",
    one_of("text", "json"),
)
ESCALATION_MODE = Variable(
    "ESCALATION_MODE",
    "`observe` writes nothing, `warn` writes warnings and answers and moves nothing, `enforce` does all; of several "
    "that are set for a ticket (this one, its system's, its tier's) the most careful one counts",
    "observe, warn or enforce",
    "observe",
    "`observe`",
    _mode,
)
ADOPT = Variable(
    "ADOPT",
    "tickets already open at a connection's first start, or when it is first switched to `enforce`: their clocks begin "
    "then, at the pace of `ADOPT_PER_HOUR`, or earlier with the first thing an agent does there; `history`: from their "
    "history",
    "now or history",
    "now",
    "`now`",
    one_of("now", "history"),
)
ADOPT_PER_HOUR = Variable(
    "ADOPT_PER_HOUR",
    "so many adopted tickets' clocks begin in a working hour of their tier's calendar, evenly spaced (12: one every 5 "
    "working minutes), critical ones first, then the oldest; 0: all at once",
    "a whole number from 0 to 3600",
    "12",
    "12",
    whole_number(0, 3600),
)
ESCALATIONS_PER_HOUR = Variable(
    "ESCALATIONS_PER_HOUR",
    "more escalations by time than that within an hour, on one connection, are taken for a fault (a mass edit, a wrong "
    "status): the rest waits its turn at that pace, people are told once, `escalator brake` shows and releases; "
    "commands and critical priorities pass; 0 is off",
    "a whole number from 0 to 3600",
    "60",
    "60",
    whole_number(0, 3600),
)
DEAD_LETTER_HOURS = Variable(
    "DEAD_LETTER_HOURS",
    "how long a failing turn is retried before it is parked",
    "a number of hours from 0.01 to 8760",
    "24",
    "24",
    decimal(0.01, 8760),
)
RECONCILE_SECONDS = Variable(
    "RECONCILE_SECONDS",
    "time between two polls for what webhooks lost; at least 1",
    "a number of seconds from 1 to 86400",
    "60",
    "60",
    decimal(1, 86400),
)
KEEP_MONTHS = Variable(
    "KEEP_MONTHS",
    "how long the history of closed tickets and the audit trail are kept; older audit ends in a signed checkpoint",
    "a whole number of months from 1 to 1200",
    "24",
    "24",
    whole_number(1, 1200),
)
NOTIFY_URLS = Variable(
    "NOTIFY_URLS",
    "chat and e-mail targets that are told of every escalation, comma-separated (Apprise URLs)",
    "URLs, comma-separated",
    "slack://tokenA/tokenB/tokenC",
    parse=_targets,
    is_secret=True,
)
ALARM_URLS = Variable(
    "ALARM_URLS",
    "who is told what needs a person: a refusal that lasts, a connection that is down, the brake, a note that "
    "came back visible",
    "URLs, comma-separated",
    "mailto://user:password@example.com",
    "as `NOTIFY_URLS`",
    _targets,
    is_secret=True,
)
TIER_NOTIFY_URLS = Variable(
    "TIER_n_NOTIFY_URLS",
    "targets of the tier n (of every ladder): what arrives there, and the warnings of what it holds",
    "URLs, comma-separated",
    "slack://tokenA/tokenB/tokenC",
    parse=_targets,
    is_secret=True,
)
DIGEST = Variable(
    "DIGEST",
    "`daily` or `weekly`: the five sentences of `escalator report` to `NOTIFY_URLS`, at the first tier's opening, of "
    "the days since the one before, or of the week",
    "`daily` or `weekly`",
    "weekly",
    parse=one_of("daily", "weekly"),
)
HEARTBEAT_URL = Variable(
    "HEARTBEAT_URL",
    "POSTed to once a minute while `/health/status` is good, so that an outside watcher notices when that stops; the "
    "body is the signed head of the audit trail",
    "an address that begins with https:// or http://",
    "https://watcher.example.com/ping/your-token",
    parse=_watcher,
    is_secret=True,
)
WORKER_METRICS_PORT = Variable(
    "WORKER_METRICS_PORT",
    "where a `worker` alone offers `/metrics` and `/health`, on `HOST`; several workers on one host need a port each",
    "a whole number from 1 to 65535",
    "9100",
    parse=whole_number(1, 65535),
)
ESCALATION_POLICY = Variable(
    "ESCALATION_POLICY",
    "all of the policy, and what the flat form can't say (calendars by tier and by client, a factor for each "
    "priority), as inline JSON or a file's path; replaces the variables of the ladder and the policy",
    "JSON or the path of a file with JSON",
    "policy.json",
)


def mode_of_system(system: str) -> Variable:
    """The mode of one ticket system, for a pilot."""
    meaning = f"the same for {system}, where others are connected that are further, or not as far"
    return replace(ESCALATION_MODE, name=f"{ESCALATION_MODE.name}_{system.upper()}", meaning=meaning, shown_default="")


SERVICE_VARIABLES: tuple[Variable, ...] = (
    DATABASE_URL,
    HOST,
    PORT,
    PUBLIC_URL,
    TRUSTED_PROXIES,
    LOG_LEVEL,
    LOG_FORMAT,
    ESCALATION_MODE,
    ADOPT,
    ADOPT_PER_HOUR,
    ESCALATIONS_PER_HOUR,
    DEAD_LETTER_HOURS,
    RECONCILE_SECONDS,
    KEEP_MONTHS,
    NOTIFY_URLS,
    ALARM_URLS,
    TIER_NOTIFY_URLS,
    DIGEST,
    HEARTBEAT_URL,
    WORKER_METRICS_PORT,
    *LOGIN_VARIABLES,
)
