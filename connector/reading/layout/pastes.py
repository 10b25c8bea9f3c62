"""Output of programs that was pasted into a note: which lines it is, and the one line that stands for them. Pure.

A line is a program's by what only programs write (``program_words``), or by standing in columns with others. What a
person may have written stays, whatever stands around it: a list, a heading, a sentence, a log that was kept by hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from enum import IntEnum
from itertools import pairwise
from typing import NamedTuple

from connector.reading.layout.items import indent_of, is_list_item, is_rule
from connector.reading.layout.program_words import (
    BOUNCE,
    BOUNCE_BEGIN,
    CERTAIN,
    COLUMN,
    FIELD,
    LIKELY,
    MAIL_HEAD,
    MORE,
    PROMPT,
    TRACE_END,
    is_eithers,
    is_persons,
    is_programs,
)

_COUNT = re.compile(r"\(\d{1,9} lines? of output\)")
_LONGEST = 400
_WIDEST_GAP = 2
_WIDEST_BOUNCE = 6
_LONGEST_HEAD = 20
_LEAST_FIELDS, _LEAST_KNOWN = 3, 3
_LEAST_ROWS = 3
_LONGEST_NAME = 3
_DEEP = 6
_EXPLAINED = frozenset({"description", "message", "beschreibung", "meldung", "descripción", "mensaje", "beschrijving"})


class _Kind(IntEnum):
    """What a line is: a person's, a program's beside others of it, a program's wherever it stands."""

    BLANK = 0
    PERSONS = 1
    PROMPT = 2
    LIKELY = 3
    CERTAIN = 4


def counted(number: int) -> str:
    """What stands for the lines of some output: an item of its own."""
    return f"- ({number} {'line' if number == 1 else 'lines'} of output)"


def is_count(item: str) -> bool:
    """Whether an item is no more than the count of some output."""
    return bool(_COUNT.fullmatch(item))


def collapsed(lines: Sequence[str], begins: Callable[[str], bool]) -> Iterator[str]:
    """The lines, with one for each stretch of output; ``begins``: what no output is, whatever it looks like."""
    read = 0
    for start, end in _stretches(lines, begins):
        yield from lines[read:start]
        yield counted(sum(1 for line in lines[start:end] if line.strip()))
        read = end
    yield from lines[read:]


def _stretches(lines: Sequence[str], begins: Callable[[str], bool]) -> Iterator[tuple[int, int]]:
    """Where output begins and ends."""
    kinds = _kinds(lines, begins)
    at = 0
    while at < len(lines):
        if kinds[at] < _Kind.PROMPT:
            at += 1
            continue
        end = _end(lines, kinds, at)
        if _is_output(kinds[at:end]):
            yield at, end
        at = end


def _is_output(kinds: Sequence[_Kind]) -> bool:
    """Whether so much together is surely a program's: what was only typed at a prompt is a person's."""
    return _Kind.CERTAIN in kinds or (sum(1 for kind in kinds if kind >= _Kind.PROMPT) > 1 and _Kind.LIKELY in kinds)


def _end(lines: Sequence[str], kinds: Sequence[_Kind], start: int) -> int:
    """Where the output ends that begins here: what is indented below a line of it is more of it."""
    at = end = start + 1
    while at < len(lines) and at - end <= _WIDEST_GAP:
        kind = kinds[at]
        if kind >= _Kind.PROMPT or (kind is _Kind.PERSONS and _hangs(lines, at, is_apart=at > end)):
            end = at + 1
        elif kind is not _Kind.BLANK:
            break
        at += 1
    return end


def _hangs(lines: Sequence[str], at: int, *, is_apart: bool) -> bool:
    """Whether a line is more of the output above it by how it stands there."""
    line = lines[at][:_LONGEST]
    if is_apart:
        return indent_of(line) >= _DEEP and not is_list_item(line)
    is_end_of_steps = indent_of(lines[at - 1]) > 1 and bool(TRACE_END.match(line))
    return bool(MORE.match(line)) or is_end_of_steps or (indent_of(line) > 1 and not is_list_item(line))


def _kinds(lines: Sequence[str], begins: Callable[[str], bool]) -> list[_Kind]:
    """What each line is, first by itself, then by those around it."""
    short = [line[:_LONGEST] for line in lines]
    is_free = [not begins(line) for line in short]
    kinds = [_alone(line) if free else _Kind.PERSONS for line, free in zip(short, is_free, strict=True)]
    for find in (_fields, _columns, _deliveries):
        for at in find(short):
            if is_free[at]:
                kinds[at] = _Kind.CERTAIN
    return kinds


def _alone(line: str) -> _Kind:
    if not line.strip() or is_rule(line.replace(" ", "")):
        return _Kind.BLANK
    if CERTAIN.match(line):
        return _Kind.CERTAIN
    if is_list_item(line) and not line.lstrip().startswith("+"):
        return _Kind.PERSONS
    if LIKELY.match(line):
        return _Kind.LIKELY
    return _Kind.PROMPT if PROMPT.match(line) else _Kind.PERSONS


def _fields(lines: Sequence[str]) -> Iterator[int]:
    """Blocks of names and values as programs print them, and what their last name explains."""
    at = 0
    while at < len(lines):
        block = list[_Field]()
        while at + len(block) < len(lines) and (field := _field(lines[at + len(block)])):
            if field.announces and block:
                break
            block.append(field)
        yield from (at + offset for offset in _printed(block, has_more=at + len(block) < len(lines)))
        at += max(1, len(block))


class _Field(NamedTuple):
    """A name before a colon; where the value begins, 0: there is none; whether it is far from the name."""

    name: str
    start: int
    is_padded: bool

    @property
    def announces(self) -> bool:
        """Whether it is rather a sentence that ends with a colon."""
        return not self.start and len(self.name.split()) > _LONGEST_NAME


def _field(line: str) -> _Field | None:
    found = FIELD.match(line)
    if not found or is_list_item(line):
        return None
    has_value = found.end() < len(line)
    if has_value and not found[2]:
        return None
    gap = max(len(found[2]), found.start(2) - 1 - found.end(1))
    return _Field(found[1], found.end() if has_value else 0, gap > 1)


def _printed(block: Sequence[_Field], *, has_more: bool) -> Iterator[int]:
    """Which lines of a block a program printed, counted from its first one; then what the last one of them explains."""
    column = max((field.start for field in block), default=0)
    persons = [at for at, field in enumerate(block) if is_persons(field.name)]
    if any(block[at].is_padded and block[at].start == column for at in persons):
        return
    for before, end in pairwise([-1, *persons, len(block)]):
        start = before + 1 + (before + 1 < end and not block[before + 1].start)
        if start < end and _are_programs(block[start:end]):
            start = next(at for at in range(start, end) if _is_printed(block[at]))
            end = next(at for at in range(end, start, -1) if _is_printed(block[at - 1]))
            yield from range(start, end)
            last = block[end - 1]
            if end == len(block) and has_more and not last.start and last.name.casefold() in _EXPLAINED:
                yield end


def _is_printed(field: _Field) -> bool:
    """Whether a name and its value begin or end a block: a sentence with a colon above or below one is a person's."""
    return is_programs(field.name) or field.is_padded or field.name.casefold() in _EXPLAINED


def _are_programs(block: Sequence[_Field]) -> bool:
    """Whether a program printed these names and values: well-known names, or others with their values in a column."""
    if sum(is_programs(field.name) for field in block) >= _LEAST_KNOWN:
        return True
    column = max(field.start for field in block)
    is_table = any(field.is_padded for field in block) and all(field.start in (column, 0) for field in block)
    others = [field for field in block if is_programs(field.name) or not is_eithers(field.name)]
    return len(block) >= _LEAST_FIELDS and is_table and 2 * len(others) >= len(block)


def _columns(lines: Sequence[str]) -> Iterator[int]:
    """Rows of a table: one below the other, with at least two gaps, of which one stands at the same place."""
    rows: list[int] = []
    places: set[int] = set()
    for at, line in enumerate([*lines, ""]):
        gaps = [] if is_list_item(line) else [found.span() for found in COLUMN.finditer(line.rstrip())]
        here = {place for gap in gaps if gap[0] for place in gap}
        if rows and len(gaps) > 1 and here & places:
            rows.append(at)
        elif not (rows and line.strip() and is_rule(line.replace(" ", ""))):
            if len(rows) >= _LEAST_ROWS:
                yield from rows
            rows = [at] if len(gaps) > 1 else []
        places = here or places


def _deliveries(lines: Sequence[str]) -> Iterator[int]:
    """Reports of mails that were not delivered, with what stands between their known lines, and the mail's own head."""
    known = [at for at, line in enumerate(lines) if BOUNCE.match(line)]
    for before, after in pairwise(known):
        if after - before <= _WIDEST_BOUNCE and not BOUNCE_BEGIN.match(lines[after]):
            yield from range(before, after + 1)
            for at in range(after + 1, min(after + _LONGEST_HEAD, len(lines))):
                if not MAIL_HEAD.match(lines[at]):
                    break
                yield at
