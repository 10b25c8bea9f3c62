"""How an environment variable is declared: its name, meaning and form, and how its text becomes a value.

Used by the connector's own settings and by every adapter's ``variables.py``. Nothing here reads the environment:
the texts are passed in. A secret's text never gets into a message.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final
from urllib.parse import urlsplit

from connector.errors import ConfigError

Parser = Callable[[str], Any]
"""Text to value; raises ValueError with what is wrong, as the end of a sentence ("is not a whole number")."""

_WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)
_DECIMAL = re.compile(r"-?(\d{1,18}(\.\d{0,18})?|\.\d{1,18})", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?", re.ASCII)
_SHOWN = 60
_BEFORE_AT = re.compile(r"^([A-Za-z][\w+.-]*://)?.*@", re.ASCII | re.DOTALL)
_QUERY = re.compile(r"[?#].*", re.DOTALL)
SHORTEST_WEBHOOK_SECRET = 16
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")


@final
@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A text that does not show itself."""

    _text: str

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('***')"

    def __str__(self) -> str:
        return "***"


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable.

    ``shown_default`` is for people; ``expected`` completes "expected …"; ``example`` is a harmless value.
    ``parse`` turns the text into a value. A text of blanks counts as not set. ``instead_of`` names the variable that
    it takes the place of: the two are never set together. ``make`` gives a value of what both sides have only to agree
    upon, so that nobody needs to think of one.
    """

    name: str
    meaning: str
    expected: str
    example: str
    shown_default: str = ""
    parse: Parser = str
    is_secret: bool = False
    instead_of: str = ""
    make: Callable[[], str] | None = None
    is_asked: bool = False

    @property
    def hint(self) -> str:
        """The form expected, with an example."""
        return f"expected {self.expected}, for example {self.name}={self.example}"

    def problem(self, what: str) -> str:
        """A sentence on what is wrong with this variable."""
        return f"{self.name}: {what}; {self.hint}"

    def read(self, text: str) -> Any:
        """The value of a text. Raises ValueError with the whole sentence; never with a secret's text."""
        try:
            return self.parse(text)
        except ValueError as error:
            shown = "" if self.is_secret else f" (got {_harmless(text)[:_SHOWN]!r})"
            # The cause may quote the text, which may be a secret.
            raise ValueError(self.problem(f"{error}{shown}")) from None


def _harmless(text: str) -> str:
    """A refused text without what may be a password or a token: before an @, behind a question mark."""
    return _QUERY.sub("?***", _BEFORE_AT.sub(r"\1***@", text))


def given(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that are set: without those of blanks only, and without blanks around the text."""
    return {name: text.strip() for name, text in environ.items() if text.strip()}


def read_all(variables: Iterable[Variable], values: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """The values of those variables that are set, by name, and the problems found."""
    read: dict[str, Any] = {}
    problems: list[str] = []
    for variable in variables:
        text = values.get(variable.name, "")
        if text:
            try:
                read[variable.name] = variable.read(text)
            except ValueError as error:
                problems.append(str(error))
    return read, problems


def counts_of(variables: Iterable[Variable], values: Mapping[str, str]) -> dict[str, int]:
    """Into how many values each that is a list is split, by the variable's name; all are right."""
    found = {one.name: one.parse(values[one.name]) for one in variables if one.name in values}
    return {name: len(value) for name, value in found.items() if isinstance(value, tuple)}


def is_loopback(url: str) -> bool:
    """Whether an address points to this very machine."""
    return (urlsplit(url).hostname or "") in LOOPBACK_HOSTS


# --- parsers --------------------------------------------------------------------------------------------------


def one_of(*choices: str) -> Parser:
    """One of some words, in any case."""

    def parse(text: str) -> str:
        if text.lower() not in choices:
            raise ValueError(f"is none of {', '.join(choices)}")
        return text.lower()

    return parse


def whole_number(least: int, most: int) -> Parser:
    """A whole number between two bounds, both included."""

    def parse(text: str) -> int:
        if not _WHOLE.fullmatch(text):
            raise ValueError("is not a whole number")
        if not least <= int(text) <= most:
            raise ValueError(f"is not between {least} and {most}")
        return int(text)

    return parse


def decimal(least: float, most: float) -> Parser:
    """A number, with decimals where wanted, between two bounds, both included."""

    def parse(text: str) -> float:
        if not _DECIMAL.fullmatch(text):
            raise ValueError("is not a number")
        if not least <= float(text) <= most:
            raise ValueError(f"is not between {least:g} and {most:g}")
        return float(text)

    return parse


def as_number(text: str) -> int | float | str:
    """The number that a text writes, or the text itself when it writes none."""
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text


def items(text: str) -> tuple[str, ...]:
    """The parts of a comma-separated list, without blanks and empty parts."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def rotating_secret(name: str, meaning: str, instead_of: str = "") -> Variable:
    """A secret with which webhooks prove themselves; two of them are accepted while it is changed."""
    expected = f"one or two values of at least {SHORTEST_WEBHOOK_SECRET} characters, comma-separated"
    example = "a-long-random-text"
    return Variable(
        name, meaning, expected, example, parse=_one_or_two, is_secret=True, instead_of=instead_of, make=_made
    )


def _made() -> str:
    return secrets.token_urlsafe(32)


def _one_or_two(text: str) -> tuple[str, ...]:
    found = items(text)
    if not 1 <= len(found) <= 2:
        raise ValueError(f"holds {len(found)} values")
    if any(len(one) < SHORTEST_WEBHOOK_SECRET for one in found):
        short = (
            "is shorter" if len(found) == 1 else f"holds {len(found)} values, as a comma separates them: one is shorter"
        )
        raise ValueError(f"{short} than {SHORTEST_WEBHOOK_SECRET} characters")
    return found


def hosts(text: str) -> tuple[str, ...]:
    """Host names, comma-separated, with a port where wanted."""
    found = items(text)
    for host in found:
        if not _HOST.fullmatch(host):
            raise ValueError("is not a list of host names")
    return found


def web_address(text: str) -> str:
    """The address of a site: https, or plain http to a loopback address. Comes back without a slash at its end."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError("is not an address") from None
    if parts.scheme not in ("https", "http") or not parts.hostname or port == 0 or re.search(r"\s", text):
        raise ValueError("is not an address that begins with https:// (or with http://, on this very machine)")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not hold a user name or password")
    if parts.query or parts.fragment:
        raise ValueError("must not have a query or fragment")
    if parts.scheme == "http" and not is_loopback(text):
        raise ValueError("must begin with https:// (plain http only to a loopback address)")
    return text.rstrip("/")


def connected(
    address: Variable,
    required: Sequence[Variable],
    variables: Sequence[Variable],
    values: Mapping[str, str],
    further_problems: Iterable[str] = (),
) -> dict[str, Any] | None:
    """The values of a connection's variables by name, None while its ``address`` is not set: that means "connected".

    Raises ConfigError with every problem: also what is missing besides the address, or has no effect without it.
    """
    read, problems = read_all(variables, values)
    if address.name in values:
        problems += missing(required, values, f"{address.name} is set")
    elif astray := [variable.name for variable in variables if variable.name in values]:
        problems.append(address.problem(f"is missing ({', '.join(astray)} would have no effect without it)"))
    problems += further_problems
    if problems:
        raise ConfigError(problems)
    return read or None


def missing(variables: Sequence[Variable], values: Mapping[str, str], because: str) -> list[str]:
    """A problem for each of the variables that is not set, though ``because`` asks for it."""
    return [variable.problem(f"is missing ({because})") for variable in variables if variable.name not in values]
