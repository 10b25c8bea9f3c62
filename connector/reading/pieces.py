"""What a note consists of: the author's own words, each piece under what it belongs to. Pure.

Quoted mail, greetings, sign-offs and signatures are left out; pasted output is one item with the count of its lines.
The codes in it are found in the whole text (``error_codes``).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter

from connector.reading.command_lines import command_in
from connector.reading.layout.items import without_bullet
from connector.reading.layout.pastes import collapsed, counted, is_count
from connector.reading.layout.signatures import without_courtesies
from connector.reading.own_words import Kind, lines_of
from connector.reading.sections import FREE, heading_in, labelled

_FENCES = ("```", "~~~")


def pieces_of(text: str, by: str = "") -> Iterator[tuple[str, list[str]]]:
    """The pieces of a note in order: a section's, a plan's, a command's, or free words (``FREE``), with their lines.

    A line is an item of a list, a sentence or more, or stands for some output. ``by``: the author's name, who may sign
    with it. Output stands for itself, whatever section it was pasted into.
    """
    for label, lines in labelled(without_courtesies(list(collapsed(list(_lines(text)), _is_claimed)), by)):
        output = [] if label == FREE else [line for line in lines if is_count(line)]
        yield label, [line for line in lines if line not in output]
        if output:
            yield FREE, output


def _lines(text: str) -> Iterator[str]:
    """The author's own lines, with a count for what is shown as code, and a gap where somebody is quoted.

    What is retold neither begins what the template knows nor commands.
    """
    for kind, run in groupby(lines_of(text), attrgetter("kind")):
        words = [line.words for line in run]
        if kind is Kind.OWN:
            yield from words
        elif kind is Kind.RETOLD:
            yield from (f"“{without_bullet(line)}”" if _is_claimed(line) else line for line in words)
        elif kind is Kind.QUOTED:
            yield ""
        elif number := sum(1 for line in words if line and not line.lstrip().startswith(_FENCES)):
            yield counted(number)


def _is_claimed(line: str) -> bool:
    """Whether a line begins what the template knows, or commands: that is nobody's output."""
    heading = heading_in(line)
    return command_in(line) is not None or (heading is not None and heading.is_sure and heading.label != FREE)
