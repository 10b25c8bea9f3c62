"""No text makes a reader slow: each pattern takes a bounded number of steps for a character, whatever the text.

The texts are made from the patterns themselves: what leads to each repetition, then the repeated thing many times, then
something that does not fit. Steps are counted, no time is taken.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from types import BuiltinMethodType, ModuleType
from typing import Any

import pytest

import adapters
import connector
from connector.reading.error_forms.words import Form
from tests.hard_texts.steps import Steps, TooManySteps

_LENGTHS = ((100, 400), (400, 1600))
"""Of a short and a long text, the first of them; the second where the first shows more than proportion: a repetition
that has a bound takes the square of the length up to there.
"""
_LONGER = ((200, 800), (800, 3200))

_MOST_STEPS = 2_000_000
_ENDED_OTHERWISE = {"connector.reading.markup.tags._TAG[0]": "the reader stops at the first tag that never ends"}
_SEARCHES = re.compile(r"\.(?:search|finditer|findall|sub|subn|split)\b")
_NOT_THE_PRODUCTS = re.compile(r"\.(?:demo|simulation|simulator|migrations|__main__)\b")
"""What reads nothing from outside: the demo and the simulators, which read our own calls."""

_WAYS = {"search", "finditer", "findall", "sub", "subn", "split", "match", "fullmatch"}
_CALLS = re.compile(rf"\bre\.(?:{'|'.join(_WAYS)})\(")
_SINGLE = {sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN}
"""What one character is matched with."""


def modules() -> Iterator[ModuleType]:
    """Every module of the connector and the adapters that reads something."""
    for package in (connector, adapters):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not _NOT_THE_PRODUCTS.search(found.name):
                yield importlib.import_module(found.name)


def patterns_in(value: Any) -> Iterator[re.Pattern[str]]:
    """The patterns in a value of a module, at any depth."""
    if isinstance(value, str):  # most are, in long tables
        return
    if isinstance(value, BuiltinMethodType):
        value = value.__self__
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, Form):
        yield value.pattern
    elif isinstance(value, dict):
        for one in value.values():
            yield from patterns_in(one)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        yield from patterns_in([getattr(value, field.name, None) for field in dataclasses.fields(value)])
    elif isinstance(value, list | tuple | frozenset | set):
        for one in value:
            yield from patterns_in(one)


def _every_pattern() -> Iterator[tuple[str, re.Pattern[str], bool]]:
    """Each pattern with its name, and whether it is looked for anywhere in a text."""
    known = set[tuple[str, int, bool]]()
    for module in modules():
        source = inspect.getsource(module)
        for name, pattern, is_searched in (*_named(module, source), *_written_in_place(module, source)):
            key = pattern.pattern, pattern.flags, is_searched
            if isinstance(pattern.pattern, str) and key not in known:
                known.add(key)
                yield name, pattern, is_searched


def _named(module: ModuleType, source: str) -> Iterator[tuple[str, re.Pattern[str], bool]]:
    for name, value in vars(module).items():
        found = list(patterns_in(value))
        uses = [source[use.end() :][:12] for use in re.finditer(rf"\b{re.escape(name)}\b", source)] if found else []
        is_direct = isinstance(value, re.Pattern | BuiltinMethodType)
        is_searched = not is_direct or any(_SEARCHES.match(use) for use in uses)
        for number, pattern in enumerate(found):
            yield f"{module.__name__}.{name}[{number}]", pattern, is_searched


def _written_in_place(module: ModuleType, source: str) -> Iterator[tuple[str, re.Pattern[str], bool]]:
    """The patterns that stand in a call like ``re.sub("…", …)``."""
    for node in ast.walk(ast.parse(source)) if _CALLS.search(source) else ():
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name("re"), attr=way), args=[ast.Constant(str() as written), *_]
            ) if way in _WAYS:
                yield f"{module.__name__}:{node.lineno}", re.compile(written), way not in ("match", "fullmatch")


def _sample(parsed: Any) -> str:
    """A short text that the parsed pattern probably matches."""
    return "".join(_sample_of(op, argument) for op, argument in parsed)


def _sample_of(op: Any, argument: Any) -> str:
    if op is sre.LITERAL:
        return chr(argument)
    if op is sre.ANY:
        return "a"
    if op is sre.NOT_LITERAL:
        return "b" if argument == ord("a") else "a"
    if op is sre.IN:
        return _member(argument)
    if op is sre.BRANCH:
        return _sample(argument[1][0])
    if op is sre.SUBPATTERN:
        return _sample(argument[3])
    if op is sre.ATOMIC_GROUP:
        return _sample(argument)
    if op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
        return _sample(argument[2]) * argument[0]
    return ""


def _member(items: Any) -> str:
    if items[0][0] is sre.NEGATE:
        wanted = re.compile(r"[ a1.-]")
        refused = {chr(argument) for op, argument in items if op is sre.LITERAL}
        return next((c for c in " a1.-_" if c not in refused and wanted.match(c)), "z")
    op, argument = items[0]
    if op is sre.LITERAL:
        return chr(argument)
    if op is sre.RANGE:
        return chr(argument[0])
    return {sre.CATEGORY_SPACE: " ", sre.CATEGORY_DIGIT: "1"}.get(argument, "a")


def _repeated(parsed: Any, before: str = "") -> Iterator[tuple[str, str]]:
    """What leads to each repetition, and one turn of it."""
    for op, argument in parsed:
        if op in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            yield from _repeated(argument[2], before)
            if argument[1] is sre.MAXREPEAT or argument[1] > 8:
                yield before, _sample(argument[2]) or "a"
        elif op is sre.BRANCH:
            for way in argument[1]:
                yield from _repeated(way, before)
        elif op is sre.SUBPATTERN:
            yield from _repeated(argument[3], before)
        elif op is sre.ATOMIC_GROUP:
            yield from _repeated(argument, before)
        elif op in (sre.ASSERT, sre.ASSERT_NOT):
            yield from _repeated(argument[1], before)
        before += _sample_of(op, argument)


def _hard_texts(pattern: re.Pattern[str], length: int) -> Iterator[str]:
    """Texts of about that length which are hard for a pattern, if any are."""
    seen = set[str]()
    for before, turn in _repeated(_parser.parse(pattern.pattern, pattern.flags)):
        for unit in (turn, before + turn):
            text = before + (unit * length)[:length] + "\x00"
            if unit and text not in seen:
                seen.add(text)
                yield text


PATTERNS = [
    pytest.param(pattern, searched, id=name)
    for name, pattern, searched in _every_pattern()
    if name not in _ENDED_OTHERWISE
]


def test_there_are_patterns_to_be_tried():
    assert len(PATTERNS) > 250


def test_nothing_but_single_characters_is_repeated_possessively():
    """Python before 3.11.5 loses count in a possessive group, so that it matches what it does not say: an atomic group
    does the same (https://github.com/python/cpython/issues/106052). Found where a quoted page was read as plain text.
    """
    parsed = {name: _parser.parse(pattern.pattern, pattern.flags) for name, pattern, _ in _every_pattern()}
    assert [name for name, one in parsed.items() if any(_possessive_groups(one))] == []
    assert all(any(_possessive_groups(_parser.parse(one))) for one in ("(?:ab?c)*+", "x|(?=(?:(?!a).)++)"))


def _possessive_groups(parsed: Any) -> Iterator[Any]:
    """What is repeated possessively and is no single character, at any depth."""
    if isinstance(parsed, list | tuple):
        for one in parsed:
            yield from _possessive_groups(one)
    elif isinstance(parsed, _parser.SubPattern):
        for op, argument in parsed:
            yield from _possessive_groups(argument)
            if op is sre.POSSESSIVE_REPEAT and not (len(argument[2]) == 1 and argument[2][0][0] in _SINGLE):
                yield argument[2]


@pytest.mark.parametrize("lengths", [_LENGTHS, pytest.param(_LONGER, marks=pytest.mark.soak)], ids=["short", "long"])
@pytest.mark.parametrize(("pattern", "is_searched"), PATTERNS)
def test_a_pattern_takes_steps_in_proportion_to_the_text(pattern, is_searched, lengths):
    found = ""
    for short, long in lengths:
        found = _out_of_proportion(pattern, is_searched, short, long)
        if not found:
            break
    assert not found


def _out_of_proportion(pattern: re.Pattern[str], is_searched: bool, short: int, long: int) -> str:
    """What takes more than in proportion to the length, with its steps; nothing where nothing does."""
    counted = Steps(pattern)
    count = counted.search if is_searched else counted.match
    for one, other in zip(_hard_texts(pattern, short), _hard_texts(pattern, long), strict=True):
        few = count(one, _MOST_STEPS)
        try:
            assert count(other, 6 * few + 20 * long)
        except TooManySteps:
            return f"{few} steps for {len(one)} characters, more than {6 * few} for {len(other)}: {one[:60]!r}"
    return ""
