"""The connector's own environment variables, apart from those of the policy and of the ticket systems."""

from __future__ import annotations

import re

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
    "what webhooks are registered with, and links point to",
    "an https address (http only on a loopback address)",
    "https://escalator.example.com",
    parse=web_address,
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
    "`observe` writes nothing; `enforce` writes",
    "observe or enforce",
    "observe",
    "`observe`",
    one_of("observe", "enforce"),
)
ADOPT = Variable(
    "ADOPT",
    "clocks of tickets already open at a connection's first start: from that moment, or from `history`",
    "now or history",
    "now",
    "`now`",
    one_of("now", "history"),
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
NOTIFY_URLS = Variable(
    "NOTIFY_URLS",
    "chat and e-mail targets that are told of escalations and alarms, comma-separated (Apprise URLs)",
    "URLs, comma-separated",
    "slack://tokenA/tokenB/tokenC",
    parse=_targets,
    is_secret=True,
)
ESCALATION_POLICY = Variable(
    "ESCALATION_POLICY",
    "all of the policy, and what the flat form can't say (calendars by tier and by client, a factor for each "
    "priority), as inline JSON or a file's path; replaces the variables of the ladder and the policy",
    "JSON or the path of a file with JSON",
    "policy.json",
)

SERVICE_VARIABLES: tuple[Variable, ...] = (
    DATABASE_URL,
    HOST,
    PORT,
    PUBLIC_URL,
    LOG_LEVEL,
    LOG_FORMAT,
    ESCALATION_MODE,
    ADOPT,
    DEAD_LETTER_HOURS,
    RECONCILE_SECONDS,
    NOTIFY_URLS,
)
