"""Counts the steps of a regular expression on a text, as a backtracking matcher takes them.

The standard library's engine does the same and does not say how much of it. What it parses is put into a small program
of tests, jumps and choices, which is run with its choices on a stack; every step is counted. Time would be no measure:
machines are shared, and a pattern that is quadratic looks fine on a short text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

Test = Callable[[str], bool]

_CATEGORIES: dict[Any, Test] = {
    sre.CATEGORY_DIGIT: str.isdecimal,
    sre.CATEGORY_NOT_DIGIT: lambda c: not c.isdecimal(),
    sre.CATEGORY_SPACE: str.isspace,
    sre.CATEGORY_NOT_SPACE: lambda c: not c.isspace(),
    sre.CATEGORY_WORD: lambda c: c.isalnum() or c == "_",
    sre.CATEGORY_NOT_WORD: lambda c: not (c.isalnum() or c == "_"),
}


class TooManySteps(Exception):
    """More steps were taken than were allowed."""


class _Answers(dict[str, bool]):
    """What a test says of each character, asked once: the texts are long, and have few different ones."""

    def __init__(self, test: Test) -> None:
        super().__init__()
        self._test = test

    def __missing__(self, c: str) -> bool:
        self[c] = answer = self._test(c)
        return answer


@dataclass
class _Program:
    """Instructions: a name with its arguments. ``groups`` are remembered for what refers back to them."""

    code: list[tuple[Any, ...]] = field(default_factory=list)

    def add(self, *instruction: Any) -> int:
        """Append an instruction; where it stands."""
        self.code.append(instruction)
        return len(self.code) - 1


class Steps:
    """A pattern whose steps are counted."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        parsed = _parser.parse(pattern.pattern, pattern.flags)
        self._program = _Program()
        _compile(self._program, parsed, pattern.flags)
        self._program.add("done")
        self.taken = 0
        self.most = 0

    def search(self, text: str, most: int) -> int:
        """The steps that finding every match takes. Raises TooManySteps beyond ``most``."""
        self.taken, self.most, at = 0, most, 0
        while at <= len(text):
            end = self._run(self._program.code, text, at)
            at = at + 1 if end is None else max(end, at + 1)
        return self.taken

    def match(self, text: str, most: int) -> int:
        """The steps that matching from the beginning takes. Raises TooManySteps beyond ``most``."""
        self.taken, self.most = 0, most
        self._run(self._program.code, text, 0)
        return self.taken

    def _run(self, code: Sequence[tuple[Any, ...]], text: str, start: int) -> int | None:
        """The end of the match that begins at ``start``, or None."""
        stack: list[tuple[int, int, dict[Any, Any]]] = []
        pc, at, kept, length = 0, start, dict[Any, Any](), len(text)
        taken, most = self.taken, self.most
        while True:
            taken += 1
            if taken > most:
                raise TooManySteps
            op = code[pc]
            ok = True
            match op[0]:
                case "test":
                    ok = at < length and op[1][text[at]]
                    at, pc = at + 1, pc + 1
                case "choice":
                    stack.append((op[2], at, kept))
                    pc = op[1]
                case "jump":
                    pc = op[1]
                case "done":
                    self.taken = taken
                    return at
                case "mark":
                    kept, pc = {**kept, op[1]: at}, pc + 1
                case "moved":
                    ok, pc = kept.get(op[1]) != at, pc + 1
                case "at":
                    ok, pc = _is_at(op[1], text, at), pc + 1
                case "same":
                    piece = text[kept[(op[1], 0)] : kept[(op[1], 1)]] if (op[1], 1) in kept else None
                    ok = piece is not None and text.startswith(piece, at)
                    at, pc = at + len(piece or ""), pc + 1
                case "if":
                    pc = op[2] if (op[1], 1) in kept else op[3]
                case "atomic":
                    self.taken = taken
                    end, taken = self._run(op[1], text, at), self.taken
                    ok, pc, at = end is not None, pc + 1, at if end is None else end
                case "look":
                    begin, self.taken = at - op[3], taken
                    found, taken = begin >= 0 and self._run(op[1], text, begin) is not None, self.taken
                    ok, pc = found == op[2], pc + 1
            if not ok:
                if not stack:
                    self.taken = taken
                    return None
                pc, at, kept = stack.pop()


def _compile(program: _Program, parsed: Any, flags: int) -> None:
    for op, argument in parsed:
        _compile_one(program, op, argument, flags)


def _compile_one(program: _Program, op: Any, argument: Any, flags: int) -> None:
    if op in (sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN):
        program.add("test", _Answers(_test(op, argument, flags)))
    elif op is sre.AT:
        program.add("at", (argument, flags))
    elif op is sre.BRANCH:
        _branch(program, argument[1], flags)
    elif op is sre.SUBPATTERN:
        group, more, less, inner = argument
        if group is not None:
            program.add("mark", (group, 0))
        _compile(program, inner, (flags | more) & ~less)
        if group is not None:
            program.add("mark", (group, 1))
    elif op in (sre.MAX_REPEAT, sre.MIN_REPEAT):
        _repeat(program, argument, flags, is_greedy=op is sre.MAX_REPEAT)
    elif op is sre.POSSESSIVE_REPEAT:
        inner = _Program()
        _repeat(inner, argument, flags, is_greedy=True)
        inner.add("done")
        program.add("atomic", inner.code)
    elif op is sre.ATOMIC_GROUP:
        inner = _Program()
        _compile(inner, argument, flags)
        inner.add("done")
        program.add("atomic", inner.code)
    elif op in (sre.ASSERT, sre.ASSERT_NOT):
        direction, sub = argument
        inner = _Program()
        _compile(inner, sub, flags)
        inner.add("done")
        back = sub.getwidth()[0] if direction < 0 else 0
        program.add("look", inner.code, op is sre.ASSERT, back)
    elif op is sre.GROUPREF:
        program.add("same", argument)
    elif op is sre.GROUPREF_EXISTS:
        group, yes, no = argument
        place = program.add("if", group, 0, 0)
        _compile(program, yes, flags)
        end = program.add("jump", 0)
        otherwise = len(program.code)
        if no:
            _compile(program, no, flags)
        program.code[place] = ("if", group, place + 1, otherwise)
        program.code[end] = ("jump", len(program.code))
    elif op is sre.FAILURE:
        program.add("test", _Answers(lambda c: False))
    else:
        raise NotImplementedError(op)


def _branch(program: _Program, ways: Sequence[Any], flags: int) -> None:
    ends = []
    for way in ways[:-1]:
        choice = program.add("choice", 0, 0)
        _compile(program, way, flags)
        ends.append(program.add("jump", 0))
        program.code[choice] = ("choice", choice + 1, len(program.code))
    _compile(program, ways[-1], flags)
    for end in ends:
        program.code[end] = ("jump", len(program.code))


def _repeat(program: _Program, argument: Any, flags: int, *, is_greedy: bool) -> None:
    least, most, inner = argument
    for _ in range(least):
        _compile(program, inner, flags)
    if most is sre.MAXREPEAT:
        key = ("loop", len(program.code))
        choice = program.add("choice", 0, 0)
        program.add("mark", key)
        _compile(program, inner, flags)
        program.add("moved", key)
        program.add("jump", choice)
        ways = (choice + 1, len(program.code))
        program.code[choice] = ("choice", *(ways if is_greedy else reversed(ways)))
        return
    choices = []
    for _ in range(most - least):
        choices.append(program.add("choice", 0, 0))
        _compile(program, inner, flags)
    for choice in choices:
        ways = (choice + 1, len(program.code))
        program.code[choice] = ("choice", *(ways if is_greedy else reversed(ways)))


def _test(op: Any, argument: Any, flags: int) -> Test:
    if op is sre.ANY:
        return (lambda c: True) if flags & re.DOTALL else (lambda c: c != "\n")
    test = _set(argument if op is sre.IN else [(op, argument)])
    if not flags & re.IGNORECASE:
        return test
    is_negated = op is sre.NOT_LITERAL or (op is sre.IN and argument[0][0] is sre.NEGATE)
    join = all if is_negated else any
    return lambda c: join(test(form) for form in _cases(c))


def _cases(c: str) -> Iterator[str]:
    yield from {c, c.lower()[:1] or c, c.upper()[:1] or c}


def _set(items: Sequence[Any]) -> Test:
    tests: list[Test] = []
    is_negated = False
    for op, argument in items:
        if op is sre.NEGATE:
            is_negated = True
        elif op is sre.LITERAL:
            tests.append(lambda c, wanted=argument: ord(c) == wanted)  # type: ignore[misc]
        elif op is sre.NOT_LITERAL:
            tests.append(lambda c, wanted=argument: ord(c) != wanted)  # type: ignore[misc]
        elif op is sre.RANGE:
            tests.append(lambda c, low=argument[0], high=argument[1]: low <= ord(c) <= high)  # type: ignore[misc]
        else:
            tests.append(_CATEGORIES[argument])
    return lambda c: any(test(c) for test in tests) != is_negated


def _is_at(wanted: tuple[Any, int], text: str, at: int) -> bool:
    place, flags = wanted
    is_line = bool(flags & re.MULTILINE)
    before = text[at - 1] if at else "\n"
    after = text[at] if at < len(text) else "\n"
    match place:
        case sre.AT_BEGINNING:
            return at == 0 or (is_line and before == "\n")
        case sre.AT_BEGINNING_STRING:
            return at == 0
        case sre.AT_END:
            return at == len(text) or (is_line and after == "\n") or (at == len(text) - 1 and after == "\n")
        case sre.AT_END_STRING:
            return at == len(text)
    is_edge = _is_word(before if at else "") != _is_word(after if at < len(text) else "")
    return is_edge == (place in (sre.AT_BOUNDARY, sre.AT_UNI_BOUNDARY))


def _is_word(c: str) -> bool:
    return bool(c) and (c.isalnum() or c == "_")
