"""Who may log in to the console: the variables, and what a list of accounts must look like.

A problem names an account by its place in the list and, where that can be no secret, by its name; what stands in the
place of a role or a hash may be a password, and is never told.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from connector.systems.variables import Secret, Variable
from connector.wording import did_you_mean

ROLES = ("viewer", "technician", "manager", "administrator")
"""What an account may be, each with all that those before it may."""

SHORTEST_KEY, FEWEST_CHARACTERS = 32, 10
"""A ``SESSION_KEY`` has so many characters at least, and so many different ones."""

LEAST_WORK_KIB = 35_840
"""Memory times passes of a hash: the least that OWASP recommends for argon2id (7 MiB and 5 passes)."""

LEAST_MEMORY_KIB, MOST_MEMORY_KIB, MOST_PASSES, MOST_LANES = 7 * 1024, 256 * 1024, 16, 16
"""A hash below or above is refused: the one protects nothing, the other would take the whole process."""

LONGEST_NAME = 64

_HASH = re.compile(
    r"\$argon2id\$v=19\$m=(\d{1,9}),t=(\d{1,9}),p=(\d{1,9})\$([A-Za-z0-9+/]{22,86})\$([A-Za-z0-9+/]{22,86})", re.ASCII
)
_NAME = re.compile(r"\w[\w.@+ -]{0,62}\w|\w")
_SHOWN = re.compile(r"[\w.@+-]{1,40}")
_OF_FOUR = 4


@dataclass(frozen=True, slots=True)
class ConsoleUser:
    """An account of the console. ``member``: who that is in the ticket system, empty where nothing is said."""

    name: str
    role: str
    password_hash: Secret
    member: str = ""


@dataclass(frozen=True, slots=True)
class OidcLogin:
    """An identity provider, and which role each of its groups has. ``issuer`` is without a slash at its end."""

    issuer: str
    client_id: str
    client_secret: Secret
    roles: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ConsoleLogin:
    """Who may log in, and what sessions are signed with; nobody and nothing where that is not set."""

    users: tuple[ConsoleUser, ...] = ()
    session_key: Secret | None = None
    oidc: OidcLogin | None = None

    @property
    def is_there(self) -> bool:
        """Whether anybody may log in at all."""
        return bool(self.users) or self.oidc is not None


def _users(text: str) -> tuple[ConsoleUser, ...]:
    problems: list[str] = []
    found: dict[str, ConsoleUser] = {}
    entries = [entry.strip() for entry in text.split(";")]
    for place, entry in enumerate(entries, 1):
        if not entry:
            continue
        try:
            one = _user(entry, found)
        except ValueError as error:
            problems.append(f"account {place}{_told(entry)} {error}")
        else:
            found[one.name.casefold()] = one
    if problems or not found:
        raise ValueError("; ".join(problems) or "names nobody")
    return tuple(found.values())


def _user(entry: str, before: Mapping[str, ConsoleUser]) -> ConsoleUser:
    name, *rest = (part.strip() for part in entry.split(":", 3))
    name = unicodedata.normalize("NFC", name)
    if entry[0] in "'\"":
        raise ValueError("begins with a quote: what reads this file takes quotes as they stand, leave them out")
    if not _NAME.fullmatch(name):
        raise ValueError("has no name: 1 to 64 letters and digits, with . _ - @ + between them")
    if name.casefold() in before:
        raise ValueError("stands there already: take one of the two out")
    if not rest or rest[0].lower() not in ROLES:
        meant = did_you_mean(rest[0], ROLES) if rest else ""
        raise ValueError(f"has no role of {', '.join(ROLES)}{meant}")
    hashed = rest[1] if len(rest) > 1 else ""
    _require_strong(hashed)
    return ConsoleUser(name, rest[0].lower(), Secret(hashed), rest[2] if len(rest) > 2 else "")


def _told(entry: str) -> str:
    """An account's name, unless it may be a password that somebody put there."""
    name, colon, _ = entry.partition(":")
    return f" ({name.strip()})" if colon and _SHOWN.fullmatch(name.strip()) else ""


def _require_strong(hashed: str) -> None:
    found = _HASH.fullmatch(hashed)
    if found is None or not all(map(_is_base64, found.groups()[3:])):
        raise ValueError(
            "has no argon2id hash: make one with `escalator console password`, and put the value in single quotes "
            "where a shell or a compose file reads it, which else replace what begins with $"
        )
    memory, passes, lanes = (int(number) for number in found.groups()[:3])
    if memory < LEAST_MEMORY_KIB or memory * passes < LEAST_WORK_KIB:
        raise ValueError("has a hash that is too weak: make a new one with `escalator console password`")
    if memory > MOST_MEMORY_KIB or not 1 <= passes <= MOST_PASSES or not 1 <= lanes <= MOST_LANES:
        raise ValueError(
            f"has a hash that takes too much to check (at most m={MOST_MEMORY_KIB},t={MOST_PASSES},p={MOST_LANES}): "
            "make a new one with `escalator console password`"
        )


def _is_base64(text: str) -> bool:
    """Whether a text is base64 as argon2 reads it, to the last bit."""
    padding = "=" * (-len(text) % _OF_FOUR)
    if len(padding) > _OF_FOUR - 2:
        return False
    return base64.b64encode(base64.b64decode(text + padding)).decode().rstrip("=") == text


def _key(text: str) -> Secret:
    if len(text) < SHORTEST_KEY:
        raise ValueError(f"is shorter than {SHORTEST_KEY} characters: {TO_MAKE_A_KEY}")
    if len(set(text)) < FEWEST_CHARACTERS:
        raise ValueError(f"has fewer than {FEWEST_CHARACTERS} different characters: {TO_MAKE_A_KEY}")
    return Secret(text)


TO_MAKE_A_KEY = "make one with `openssl rand -base64 36`"

CONSOLE_USERS = Variable(
    "CONSOLE_USERS",
    "who may log in to the console with a password: `name:role:hash[:member]`, several with a `;` between them; the "
    "roles are viewer, technician, manager and administrator, the line is made by `escalator console password`, the "
    "member is who that is in the ticket system; in single quotes where a shell reads it",
    "accounts as name:role:hash or name:role:hash:member, separated by ;",
    f"ruth:manager:$argon2id$v=19$m=32768,t=3,p=1${'A' * 22}${'A' * 43}",
    parse=_users,
    is_secret=True,
)
SESSION_KEY = Variable(
    "SESSION_KEY",
    "what the console's sessions are signed with, the same for all web processes; a new one logs everybody out; "
    "`openssl rand -base64 36` makes one",
    f"at least {SHORTEST_KEY} characters of chance",
    "a-long-random-text-that-nobody-else-knows",
    parse=_key,
    is_secret=True,
)
