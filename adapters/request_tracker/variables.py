"""The environment variables of a Request Tracker connection. ``RT_URL`` set means: connected."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from connector.systems.variables import Variable, connected, items, rotating_secret, web_address, whole_number

STANDARD_PRIORITIES: Mapping[str, int] = MappingProxyType({"Low": 0, "Medium": 50, "High": 100})
"""RT's own names of priorities, unless ``%PriorityAsString`` says otherwise."""


@dataclass(frozen=True, slots=True)
class RequestTrackerSettings:
    """The address and credentials of one Request Tracker.

    ``url``: where people open it, without ``/REST/2.0``. ``webhook_secret``: up to two accepted secrets, none when
    no webhook is sent. ``priorities``: the least number of each priority that has a name. ``calls_per_minute``: at most
    so many calls in any minute; None is no limit.
    The secrets never show in ``repr``.
    """

    url: str
    token: str = field(repr=False)
    webhook_secret: tuple[str, ...] = field(default=(), repr=False)
    priorities: Mapping[str, int] = field(default_factory=lambda: STANDARD_PRIORITIES)
    calls_per_minute: int | None = None

    @property
    def user_id(self) -> str:
        """The id of the account that the token belongs to: its second part (RT::AuthToken)."""
        return self.token.split("-")[1]


_TOKEN = re.compile(r"\d{1,9}-\d{1,18}-[0-9A-Za-z]{16,64}", re.ASCII)
_PRIORITY = re.compile(r"(?P<name>[^=]*\S)\s*=\s*(?P<number>\d{1,9})", re.ASCII)


def _site(text: str) -> str:
    address: str = web_address(text)
    if "/REST" in address:
        raise ValueError("must not hold /REST/2.0: it is the address that people open")
    return address


def _token(text: str) -> str:
    if not _TOKEN.fullmatch(text):
        raise ValueError("is not a token as RT shows it")
    return text


def _priorities(text: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for item in items(text):
        pair = _PRIORITY.fullmatch(item)
        if pair is None:
            raise ValueError("is not a list of names and numbers")
        found[pair["name"].strip()] = int(pair["number"])
    if not found or len(set(found.values())) != len(found):
        raise ValueError("must name each number once")
    return found


URL = Variable(
    "RT_URL",
    "where people open Request Tracker, without `/REST/2.0`; plain http only to a loopback address. Set means: "
    "connected",
    "an https address",
    "https://rt.example.com",
    parse=_site,
)
TOKEN = Variable(
    "RT_TOKEN",
    "the authentication token of the connector's own RT account",
    "a token as RT shows it once (number-user-letters)",
    "1-40-0123456789abcdef0123456789abcdef",
    parse=_token,
    is_secret=True,
)
WEBHOOK_SECRET = rotating_secret(
    "RT_WEBHOOK_SECRET",
    "what the sender of `contrib/request-tracker` signs with, 16 characters or more; two values, comma-separated, "
    "while rotating. Without it no webhook is accepted, and changes are found by the poll",
)
PRIORITIES = Variable(
    "RT_PRIORITIES",
    "RT's names of priorities with the number at which each begins, as its `%PriorityAsString` has them (the API "
    "knows numbers only)",
    "names and numbers, comma-separated",
    "Low=0, Medium=50, High=100",
    shown_default="Low=0, Medium=50, High=100",
    parse=_priorities,
    is_asked=True,
)
CALLS = Variable(
    "RT_CALLS_PER_MINUTE",
    "the whole budget of calls in any minute, shared by all workers, where RT's own machine is to be spared",
    "a whole number from 20 to 100000",
    "600",
    shown_default="no limit",
    parse=whole_number(20, 100_000),
)

VARIABLES: tuple[Variable, ...] = (URL, TOKEN, WEBHOOK_SECRET, PRIORITIES, CALLS)


def settings_from(values: Mapping[str, str]) -> RequestTrackerSettings | None:
    """The settings from the variables that are set, or None when ``RT_URL`` is not among them.

    Raises ConfigError with every problem.
    """
    read = connected(URL, (TOKEN,), VARIABLES, values)
    if read is None:
        return None
    return RequestTrackerSettings(
        url=read[URL.name],
        token=read[TOKEN.name],
        webhook_secret=read.get(WEBHOOK_SECRET.name, ()),
        priorities=read.get(PRIORITIES.name, STANDARD_PRIORITIES),
        calls_per_minute=read.get(CALLS.name),
    )
