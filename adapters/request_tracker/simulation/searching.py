"""TicketSQL and TransactionSQL, as much of them as anybody needs here, with their traps.

Dates are read in the zone of the user who asks; a date with ``T`` counts as its day; one that cannot be read is the
beginning of time. An unknown field is refused, an unknown custom field or status finds nothing.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from adapters.simulation.refusal import Refusal

R = TypeVar("R")
Test = Callable[[R], bool]
FieldTest = Callable[[str, "Value"], Test[Any]]
"""Makes the test of a field from the operator and the value."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<sign>>=|<=|!=|=|>|<|\(|\))|(?P<word>CF\.\{[^}]*\}|[\w.\-:]+))"
)
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:( \d\d:\d\d:\d\d)|T.*)?")


class Value(NamedTuple):
    """What a field is compared with."""

    text: str
    is_quoted: bool


def compare_numbers(get: Callable[[Any], int]) -> FieldTest:
    """A field that holds a number."""

    def make(sign: str, value: Value) -> Test[Any]:
        wanted = int(value.text) if value.text.isdigit() else -1
        return lambda row: _COMPARISONS[sign](get(row), wanted)

    return make


def compare_texts(get: Callable[[Any], str]) -> FieldTest:
    """A field that holds a text, compared in any case."""

    def make(sign: str, value: Value) -> Test[Any]:
        if sign not in ("=", "!="):
            raise _refused(f"Invalid operator {sign}")
        return lambda row: (get(row).casefold() == value.text.casefold()) is (sign == "=")

    return make


def compare_dates(get: Callable[[Any], datetime], zone: str) -> FieldTest:
    """A field that holds a moment; ``=`` is not made: it would mean the whole day."""

    def make(sign: str, value: Value) -> Test[Any]:
        if sign not in (">", "<", ">=", "<="):
            raise _refused(f"Invalid operator {sign}")
        wanted = _moment(value.text, zone)
        return lambda row: _COMPARISONS[sign](get(row), wanted)

    return make


def _moment(text: str, zone: str) -> datetime:
    found = _DATE.fullmatch(text.strip())
    if found is None:
        return _EPOCH
    written = text.strip() if found[4] else f"{text.strip()[:10]} 00:00:00"
    try:
        return datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(zone or "UTC")).astimezone(UTC)
    except ValueError:
        return _EPOCH


@dataclass
class Search(Generic[R]):
    """Makes the test of a whole query. ``fields`` by name, in lower case; ``mentioned`` are those it asks for."""

    fields: dict[str, FieldTest]
    mentioned: set[str]

    def parse(self, query: str) -> Test[R]:
        """The test that a query stands for. Raises Refusal (400)."""
        if not query.strip():
            return lambda row: True
        tokens = _tokens(query)
        test, rest = self._any(tokens)
        if rest:
            raise _refused(f"Incorrect query near {rest[0].text}")
        return test

    def _any(self, tokens: list[_Token]) -> tuple[Test[R], list[_Token]]:
        tests, tokens = self._list(tokens, "OR", self._all)
        return (lambda row: any(test(row) for test in tests)), tokens

    def _all(self, tokens: list[_Token]) -> tuple[Test[R], list[_Token]]:
        tests, tokens = self._list(tokens, "AND", self._one)
        return (lambda row: all(test(row) for test in tests)), tokens

    def _list(
        self, tokens: list[_Token], word: str, part: Callable[[list[_Token]], tuple[Test[R], list[_Token]]]
    ) -> tuple[list[Test[R]], list[_Token]]:
        found: list[Test[R]] = []
        while True:
            test, tokens = part(tokens)
            found.append(test)
            if not tokens or tokens[0].text.upper() != word or tokens[0].is_quoted:
                return found, tokens
            tokens = tokens[1:]

    def _one(self, tokens: list[_Token]) -> tuple[Test[R], list[_Token]]:
        if not tokens:
            raise _refused("Incomplete query, last element (<<nothing>>) is not close paren or value")
        if tokens[0].text == "(" and not tokens[0].is_quoted:
            test, rest = self._any(tokens[1:])
            if not rest or rest[0].text != ")":
                raise _refused("Incomplete query: a close paren is missing")
            return test, rest[1:]
        if len(tokens) < 3:
            raise _refused("Incomplete query")
        name, sign, value = tokens[0].text, tokens[1].text, tokens[2]
        make = self.fields.get(name.casefold())
        if make is None:
            raise _refused(f"Unknown field: {name} at /usr/share/request-tracker5/lib/RT/Tickets.pm line 3187.\n")
        if sign not in _COMPARISONS:
            raise _refused(f"Invalid operator {sign}")
        self.mentioned.add(name.casefold())
        return make(sign, Value(value.text, value.is_quoted)), tokens[3:]


class _Token(NamedTuple):
    text: str
    is_quoted: bool


def _tokens(query: str) -> list[_Token]:
    found: list[_Token] = []
    position = 0
    while query[position:].strip():
        match = _TOKEN.match(query, position)
        if match is None:
            raise _refused(f"Incorrect query near {query[position : position + 20]}")
        position = match.end()
        if match["text"] is not None:
            found.append(_Token(re.sub(r"\\(.)", r"\1", match["text"][1:-1]), True))
        else:
            found.append(_Token(match["sign"] or match["word"], False))
    return found


def _refused(message: str) -> Refusal:
    return Refusal(400, {"message": message})
