"""The query language of ``conditions=``: parsed once into a predicate, refused where the real one refuses.

Dates must stand in brackets, texts in quotes, names must be known. Comparing with an absent value is neither
true nor false, as in the database behind the real system; only ``= null`` and ``!= null`` speak of absence.
"""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from adapters.connectwise.simulation.refusal import bad_condition
from adapters.connectwise.simulation.vocabulary import DATE, ENUMS, FLAG, INTEGER, NUMBER, TEXT, Vocabulary

Test = Callable[[Mapping[str, Any]], bool | None]

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"]|"")*"|'(?:[^']|'')*')|(?P<date>\[[^\]]*\])|(?P<number>-?\d+(?:\.\d+)?)"""
    r"""|(?P<op><=|>=|!=|=|<|>)|(?P<mark>[(),])|(?P<word>[A-Za-z_][A-Za-z0-9_/]*))"""
)
_DATE_FORM = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?")
_KEYWORDS = frozenset({"and", "or", "not", "in", "like", "contains", "null", "true", "false"})
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_HELP = "String values must be in quotes, dates in [brackets], numbers in digits, booleans True or False."


@dataclass(frozen=True)
class Query:
    """A parsed condition. ``pinned``: names that every match has at that number, for use with an index."""

    test: Test
    pinned: Mapping[str, int] = field(default_factory=dict)

    def matches(self, record: Mapping[str, Any]) -> bool:
        return self.test(record) is True


EVERYTHING = Query(lambda record: True)


@functools.lru_cache(maxsize=512)
def parse(vocabulary: Vocabulary, text: str) -> Query:
    """The query that ``text`` asks for. Raises Refusal (400 ApiFindCondition)."""
    try:
        return _Parser(vocabulary, text).parse() if text.strip() else EVERYTHING
    except RecursionError:
        raise bad_condition(f"The condition is nested too deeply. {_HELP}") from None


def reader(path: tuple[str, ...]) -> Callable[[Mapping[str, Any]], Any]:
    """A function that takes the value at ``path`` out of a record, None where there is none."""
    if len(path) == 1:
        name = path[0]
        return lambda record: record.get(name)
    outer, inner = path

    def read(record: Mapping[str, Any]) -> Any:
        found = record.get(outer)
        return found.get(inner) if isinstance(found, dict) else None

    return read


def date_key(text: str) -> str:
    """A date as text that sorts by time: UTC, without the zone letter."""
    at = datetime.fromisoformat(text.upper())
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return at.isoformat()[: -len("+00:00")]


class _Parser:
    def __init__(self, vocabulary: Vocabulary, text: str) -> None:
        self._vocabulary = vocabulary
        self._tokens = _tokens(text)
        self._at = 0

    def parse(self) -> Query:
        test, pinned = self._either()
        if self._at < len(self._tokens):
            raise bad_condition(f"Unexpected {self._tokens[self._at][1]}. {_HELP}")
        return Query(test, pinned)

    def _either(self) -> tuple[Test, dict[str, int]]:
        tests, pinned = _collected(self._both())
        while self._skip("or"):
            tests.append(self._both()[0])
            pinned = {}
        return _or(tests), pinned

    def _both(self) -> tuple[Test, dict[str, int]]:
        tests, pinned = _collected(self._one())
        while self._skip("and"):
            other, more = self._one()
            tests.append(other)
            pinned = {**pinned, **more}
        return _and(tests), pinned

    def _one(self) -> tuple[Test, dict[str, int]]:
        if self._skip("not"):
            return _not(self._one()[0]), {}
        if self._skip("("):
            found = self._either()
            self._expect(")")
            return found
        return self._comparison()

    def _comparison(self) -> tuple[Test, dict[str, int]]:
        kind, name = self._next()
        if kind != "word" or name.lower() in _KEYWORDS:
            raise bad_condition(f"Expected a name but found {name}. {_HELP}")
        if name not in self._vocabulary.paths:
            raise bad_condition(f"{name} is not a recognized name.")
        path, field_kind = self._vocabulary.paths[name]
        read = _date_reader(path) if field_kind == DATE else reader(path)
        negated = self._skip("not")
        sort, word = self._next()
        if sort == "op":
            if negated:
                raise bad_condition(f"Unexpected {word} after not. {_HELP}")
            value = self._literal(name, field_kind)
            pinned = {name: value} if word == "=" and isinstance(value, int) else {}
            return _compared(read, word, value), pinned
        test = self._worded(name, field_kind, read, word.lower())
        return (_not(test) if negated else test), {}

    def _worded(self, name: str, kind: str, read: Callable[[Any], Any], word: str) -> Test:
        if word == "in":
            self._expect("(")
            values = [self._literal(name, kind)]
            while self._skip(","):
                values.append(self._literal(name, kind))
            self._expect(")")
            return _in(read, [_folded(value) for value in values])
        if word in ("contains", "like"):
            if kind != TEXT:
                raise bad_condition(f"{word} can not be used with {name}.")
            value = self._literal(name, kind)
            if not isinstance(value, str):
                raise bad_condition(f"{word} needs a text. {_HELP}")
            wanted = value.replace("[[]", "[")
            return _like(read, f"%{_literal_like(wanted)}%" if word == "contains" else wanted)
        raise bad_condition(f"{word} is not a recognized operator.")

    def _literal(self, name: str, kind: str) -> Any:
        sort, text = self._next()
        if sort == "word" and text.lower() == "null":
            return None
        if sort == "text" and kind == TEXT:
            value = text[1:-1].replace(text[0] * 2, text[0])
            allowed = ENUMS.get(name)
            if allowed and value.lower() not in [entry.lower() for entry in allowed]:
                raise bad_condition("Enum value supplied was invalid")
            return value
        if sort == "date" and kind == DATE:
            return _date(text[1:-1].strip())
        if sort == "number" and kind in (INTEGER, NUMBER):
            return float(text) if "." in text else int(text)
        if sort == "word" and kind == FLAG and text.lower() in ("true", "false"):
            return text.lower() == "true"
        raise bad_condition(f"{text} is not a valid value for {name}. {_HELP}")

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise bad_condition(f"The condition ends too soon. {_HELP}")
        self._at += 1
        return self._tokens[self._at - 1]

    def _skip(self, wanted: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at][1].lower() == wanted:
            self._at += 1
            return True
        return False

    def _expect(self, wanted: str) -> None:
        if not self._skip(wanted):
            raise bad_condition(f"Expected {wanted}. {_HELP}")


def _tokens(text: str) -> list[tuple[str, str]]:
    found = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise bad_condition(f"Can not read the condition at {text[at : at + 20]!r}. {_HELP}")
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


def _date(text: str) -> str:
    if not _DATE_FORM.fullmatch(text):
        raise bad_condition(f"[{text}] is not a valid date. {_HELP}")
    try:
        return date_key(text)
    except ValueError:
        raise bad_condition(f"[{text}] is not a valid date. {_HELP}") from None


def _date_reader(path: tuple[str, ...]) -> Callable[[Mapping[str, Any]], Any]:
    read = reader(path)

    def date(record: Mapping[str, Any]) -> Any:
        found = read(record)
        # Records hold dates in one form, so the zone letter is all that keeps them from sorting as text.
        return found[:-1] if found else None

    return date


def _folded(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _compared(read: Callable[[Any], Any], op: str, value: Any) -> Test:
    if value is None:
        if op not in ("=", "!="):
            raise bad_condition(f"{op} can not be used with null.")
        absent = op == "="
        return lambda record: (read(record) is None) is absent
    compare, wanted = _OPERATORS[op], _folded(value)

    def test(record: Mapping[str, Any]) -> bool | None:
        found = read(record)
        return None if found is None else compare(_folded(found), wanted)

    return test


def _in(read: Callable[[Any], Any], values: list[Any]) -> Test:
    def test(record: Mapping[str, Any]) -> bool | None:
        found = read(record)
        return None if found is None else _folded(found) in values

    return test


def _literal_like(text: str) -> str:
    return text.replace("%", "\0").replace("*", "\1")


def _like(read: Callable[[Any], Any], pattern: str) -> Test:
    parts = [".*" if char in "%*" else re.escape({"\0": "%", "\1": "*"}.get(char, char)) for char in pattern]
    compiled = re.compile("".join(parts), re.IGNORECASE | re.DOTALL)

    def test(record: Mapping[str, Any]) -> bool | None:
        found = read(record)
        return None if found is None else compiled.fullmatch(found) is not None

    return test


def _collected(found: tuple[Test, dict[str, int]]) -> tuple[list[Test], dict[str, int]]:
    return [found[0]], found[1]


def _and(tests: list[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]

    def test(record: Mapping[str, Any]) -> bool | None:
        result: bool | None = True
        for one in tests:
            found = one(record)
            if found is False:
                return False
            result = None if found is None else result
        return result

    return test


def _or(tests: list[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]

    def test(record: Mapping[str, Any]) -> bool | None:
        result: bool | None = False
        for one in tests:
            found = one(record)
            if found:
                return True
            result = None if found is None else result
        return result

    return test


def _not(one: Test) -> Test:
    def test(record: Mapping[str, Any]) -> bool | None:
        found = one(record)
        return None if found is None else not found

    return test
