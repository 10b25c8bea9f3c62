"""Finds error codes and error messages in a text. Pure.

A number alone is no error code: rooms, ports, addresses, prices and phone numbers are numbers too. What counts is
its form (0x80070005), the word before it (HTTP 503, Event ID 1014) or the phrase after it (502 Bad Gateway).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from connector.reading.error_forms import events, messages, names, network, numbers, panels
from connector.reading.error_forms.words import SHAPES, Form

_PIECE = 1000
_OVER = 200
"""A long line is read a piece at a time; what begins in one may end in the next, this far."""

_FORMS = (*names.FORMS, *numbers.FORMS, *events.FORMS, *panels.FORMS, *network.FORMS, *messages.FORMS)
_NUMBERS = {
    name: {
        word: [number for number, form in enumerate(_FORMS) if form.shape == name and word in form.words]
        for word in frozenset[str]().union(*(form.words for form in _FORMS if form.shape == name))
    }
    for name in SHAPES
}
"""By shape and word the numbers of the forms that need both: most lines have few shapes and few of the words."""

_SAME = str.maketrans({"\t": " ", "\u00a0": " ", "\u202f": " ", "’": "'"})
_LINK = re.compile(r"\bhttps?://[^\s<>\"“”`]{1,500}", re.IGNORECASE)


def error_spans(line: str) -> list[tuple[int, int]]:
    """Where error codes and messages stand in a line, in order. Those that overlap are one."""
    spans: list[tuple[int, int]] = []
    start = 0
    while start < len(line):
        found = _spans_in(_plain(line[start : start + _PIECE + _OVER]))
        spans += [(start + begin, start + end) for begin, end in found if begin < _PIECE]
        start = max(start + _PIECE, spans[-1][1] if spans else 0)
    return spans


def errors_in(text: str) -> Iterator[str]:
    """The error codes and messages of a text, as they stand there, in order."""
    for line in text.splitlines():
        for begin, end in error_spans(line):
            yield line[begin:end].strip(" ,;:([\t")


def _plain(piece: str) -> str:
    """The same length, with plain blanks, and with nothing to find in a link: it may lead to the codes of others."""
    return _LINK.sub(lambda link: "\0" * len(link[0]), piece.translate(_SAME))


def _spans_in(piece: str) -> list[tuple[int, int]]:
    spans = {
        found.span(found.lastindex or 0)
        for form in _likely(piece)
        for found in form.pattern.finditer(piece)
        if form.holds(piece, found)
    }
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _likely(piece: str) -> list[Form]:
    """The forms that may be found in a piece."""
    lowered = piece.casefold()
    words = [
        numbers
        for name, shape in SHAPES.items()
        if shape.search(piece)
        for word, numbers in _NUMBERS[name].items()
        if word in lowered
    ]
    return [_FORMS[number] for number in {*chain.from_iterable(words)}]
