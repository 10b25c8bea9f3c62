"""The text of ``.env`` with some names set anew: nothing else of it is touched. Pure.

A value is written so that our own reader, a shell (``. ./.env``), honcho and foreman read the same in it.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from dotenv.parser import Binding, parse_stream

_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=-]+", re.ASCII)
_UNDECIDED = re.compile(r"\\(?:\\|$)")
"""What our reader makes one backslash of, or takes for an end that is none; a shell leaves both, in single quotes."""

_EXPANDED = re.compile(r"[$`]")
_HEADING = re.compile(r"# --- (.+) ---")
_UNWRITABLE = ("Cc", "Cs", "Zl", "Zp")
_HEAD = re.compile(r"\s*(?:export[^\S\r\n]+)?")
_SIGN = re.compile(r"[^=\r\n]*=[^\S\r\n]*")
_QUOTED = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"", re.DOTALL)
_COMMENT = re.compile(r"\s#")
"""An assignment's parts, as python-dotenv takes them apart: name and sign, a quoted value, where a comment begins."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A name to be set; ``value`` None: it is to count no more. ``heading`` and ``comment``: of a new one."""

    name: str
    value: str | None
    comment: str = ""
    heading: str = ""


def quoted(value: str) -> str:
    """A value as it is written. Raises ValueError, a sentence's end, for what no writing says to all readers alike."""
    if any(unicodedata.category(sign) in _UNWRITABLE for sign in value):
        raise ValueError("holds a line end or a sign that nobody sees")
    if value != value.strip() or not value:
        raise ValueError("is empty, or has blanks around it")
    if _PLAIN.fullmatch(value):
        return value
    if "'" not in value and not _UNDECIDED.search(value):
        return f"'{value}'"
    if _EXPANDED.search(value):
        kind = "a single quote" if "'" in value else "a backslash"
        raise ValueError(f"holds {kind} beside $ or `, which a shell and we cannot read alike from one line")
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def rewritten(text: str, wanted: Sequence[Setting]) -> str:
    """The text with these names set: where they stand, else at the end of their heading's part, or behind everything.

    A name that has its value already is left as it stands. Raises ValueError as ``quoted``.
    """
    line_end = "\r\n" if "\r\n" in text else "\n"
    by_name = {one.name: one for one in wanted}
    kept: list[str] = []
    ends: dict[str, int] = {}
    heading = ""
    there: set[str] = set()
    for binding in parse_stream(io.StringIO(text, newline="")):
        one = by_name.get(binding.key or "")
        if one is None or binding.value == one.value:
            kept.append(binding.original.string)
        else:
            kept.append(_commented_out(binding, line_end) if one.value is None else _with_value(binding, one))
        there.add(binding.key or "")
        if binding.key is None and (found := _HEADING.fullmatch(binding.original.string.strip())):
            heading = found[1]
        if heading and binding.original.string.strip():
            ends[heading] = len(kept)
    new = [one for one in wanted if one.name not in there and one.value is not None]
    if not new:
        return "".join(kept)
    if kept and not kept[-1].endswith(("\n", "\r")):
        kept[-1] += line_end
    for known in sorted(ends, key=lambda name: ends[name], reverse=True):
        own = [replace(one, heading="") for one in new if one.heading == known]
        kept[ends[known] : ends[known]] = [line + line_end for line in _blocks(own)]
    rest = [one for one in new if one.heading not in ends]
    before = "".join(kept)
    if not rest:
        return before
    return before + line_end.join([*([""] if before else []), *_blocks(rest)]) + line_end


def _with_value(binding: Binding, wanted: Setting) -> str:
    """The assignment with another value; what stands before it and behind it stays."""
    text = binding.original.string
    head = _HEAD.match(text)
    start = head.end() if head else 0
    end = _end_of_value(text, start)
    # Glued to a quote it is a comment, glued to a word it would be a part of it.
    apart = " " if text[end:].startswith("#") else ""
    return f"{text[:start]}{wanted.name}={quoted(wanted.value or '')}{apart}{text[end:]}"


def _end_of_value(text: str, start: int) -> int:
    """Where the value ends of the assignment that begins there."""
    sign = _SIGN.match(text, start)
    begins = sign.end() if sign else start
    if quoted_one := _QUOTED.match(text, begins):
        return quoted_one.end()
    line = re.split(r"[\r\n]", text[begins:], maxsplit=1)[0]
    comment = _COMMENT.search(line)
    return begins + len((line[: comment.start()] if comment else line).rstrip())


def _commented_out(binding: Binding, line_end: str) -> str:
    text = binding.original.string
    blank = text[: len(text) - len(text.lstrip())]
    lines = text[len(blank) :].splitlines()
    ended = line_end if text.endswith(("\n", "\r")) else ""
    return blank + line_end.join(f"# {line}" for line in lines) + ended


def _blocks(new: Iterable[Setting]) -> list[str]:
    lines: list[str] = []
    for heading, group in groupby(new, lambda one: one.heading):
        lines += [""] if lines else []
        lines += [f"# --- {heading} ---"] if heading else []
        said = ""
        for one in group:
            lines += [f"# {one.comment}"] if one.comment not in ("", said) else []
            said = one.comment
            lines.append(f"{one.name}={quoted(one.value or '')}")
    return lines
