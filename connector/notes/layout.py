"""Lays the sections of a note out, shortened so that the whole fits. Pure; knows nothing of tickets.

Every section is a heading on a line of its own with lines below it. What is too long loses its middle, with the count
of what was left out; single lines are cut only where that is not enough. Room is shared fairly: a section that needs
little leaves the rest to the others, in proportion to their weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from connector.notes.phrases import clip, cut

NONE = "none recorded"
_LEAST = 14
"""Room that every section gets whatever happens: enough for "none recorded" and "… 3 left out"."""

_FIRST = 26
"""Room that every section gets before any gets more: enough for the count of what was left out."""

_ROOMY = 1000
"""From this limit on, blank lines between sections are affordable."""

_WIDTHS = (2000, 1000, 500, 240, 120, 60)
"""To what lines are cut, one after the other, until all of them fit."""

_ENOUGH = 4
"""Where they never do, they are cut shorter until at least so many of them can stay."""


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a section. ``group``: the name that it stands under, with those beside it that have the same one.

    ``is_counted``: it has a number where the section is numbered, and counts as one of the section's things.
    ``is_spare``: where room is short, what is not spare comes first, and stays rather.
    """

    text: str
    group: str = ""
    is_counted: bool = True
    is_spare: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with the lines under it: things called ``noun``, or sentences where there is no noun.

    ``none`` stands there where there are no lines.
    """

    heading: str
    lines: tuple[Item, ...]
    noun: str = ""
    weight: int = 1
    is_numbered: bool = False
    none: str = NONE

    @property
    def body(self) -> str:
        """All of the section, unshortened, each line with the break before it."""
        if not self.lines:
            return f"\n{self.none}"
        return "".join(self._under_names(range(len(self.lines)), self._written()))

    def shortened(self, room: int) -> str:
        """The body in at most ``room`` characters."""
        body = self.body
        if len(body) <= room:
            return body
        if not self.noun or len(self.lines) < 2:
            return cut(body, room)
        needed, spare = (tuple(line for line in self.lines if line.is_spare is asked) for asked in (False, True))
        if needed and spare and room >= 2 * _FIRST:
            first = replace(self, lines=needed).shortened(room - _FIRST)
            return first + replace(self, lines=spare).shortened(room - len(first))
        written = self._written()
        for width in _WIDTHS:
            lines = [cut(line, width) for line in written]
            whole = "".join(self._under_names(range(len(lines)), lines))
            if len(whole) <= room:
                return whole
        best = ""
        for width in _WIDTHS[-3:]:
            kept, best = self._without_middle(room, [cut(line, width) for line in written])
            if kept >= min(_ENOUGH, len(written)):
                break
        return best if len(best) <= room else clip(f"\n… {self._count(range(len(written)))} left out", room)

    def _written(self) -> list[str]:
        """The lines, numbered where they are."""
        written, number = list[str](), 0
        for line in self.lines:
            number += line.is_counted
            written.append(f"{number}. {line.text}" if self.is_numbered and line.is_counted else line.text)
        return written

    def _under_names(self, indices: Sequence[int], written: Sequence[str]) -> Iterator[str]:
        """Lines with their breaks, and above each group its name."""
        group = ""
        for index in indices:
            if self.lines[index].group != group:
                group = self.lines[index].group
                yield f"\n{group}"
            yield f"\n{written[index]}"

    def _without_middle(self, room: int, written: Sequence[str]) -> tuple[int, str]:
        """As many lines as fit, taken from both ends in turn, and how many these are; all of them do not."""
        count = len(written)
        first, last = list[int](), list[int]()
        room -= len(self._gap(range(count)))
        while True:
            side, index = (first, len(first)) if len(first) == len(last) else (last, count - 1 - len(last))
            group = self.lines[index].group
            is_named = not group or (side and self.lines[side[-1]].group == group)
            room -= len(written[index]) + 1 + (0 if is_named else len(group) + 1)
            if room < 0:
                break
            side.append(index)
        last.reverse()
        gap = self._gap(range(len(first), count - len(last)))
        below = list(self._under_names(last, written))
        if first and last and self.lines[first[-1]].group == self.lines[last[0]].group != "":
            below = below[1:]  # a group that is cut in two is named once
        return len(first) + len(last), "".join([*self._under_names(first, written), gap, *below])

    def _gap(self, left_out: Sequence[int]) -> str:
        count = self._count(left_out)
        return f"\n… {count} {self.noun} left out …" if count else "\n… left out …"

    def _count(self, indices: Sequence[int]) -> int:
        return sum(self.lines[index].is_counted for index in indices)


def fitted(head: str, sections: Sequence[Section], foot: str, limit: int) -> str:
    """Head, sections and foot in at most ``limit`` characters; the foot is the last line, unchanged.

    The head is cut only where the sections' headings and least rooms leave no place for all of it.
    """
    gap = "\n\n" if limit >= _ROOMY else "\n"
    fixed = sum(len(gap) + len(section.heading) for section in sections) + len(gap) + len(foot)
    demands = [len(section.body) for section in sections]
    head = _clipped(head, limit - fixed - sum(min(demand, _LEAST) for demand in demands))
    room = limit - fixed - len(head)
    first = max(_LEAST, min(_FIRST, room // len(sections)))
    rooms = _shares(demands, [section.weight for section in sections], room, first)
    bodies = [section.shortened(room) for section, room in zip(sections, rooms, strict=True)]
    parts = [head, *(section.heading + body for section, body in zip(sections, bodies, strict=True)), foot]
    return gap.join(parts)


def _clipped(head: str, room: int) -> str:
    """The lines of a head in at most ``room`` characters, none of them lost."""
    if len(head) <= room:
        return head
    lines = head.split("\n")
    return "\n".join(clip(line, max(1, (room + 1) // len(lines) - 1)) for line in lines)


def _shares(demands: Sequence[int], weights: Sequence[int], room: int, first: int) -> list[int]:
    """How much of ``room`` each demand gets: ``first`` at once, the rest by weight, nobody more than it asks for."""
    shares = [min(demand, first) for demand in demands]
    rest = room - sum(shares)
    hungry = {index for index, share in enumerate(shares) if share < demands[index]}
    while hungry and rest > 0:
        part = rest / sum(weights[index] for index in hungry)
        sated = {index for index in hungry if demands[index] - shares[index] <= part * weights[index]}
        for index in sated or hungry:
            given = demands[index] - shares[index] if sated else int(part * weights[index])
            shares[index] += given
            rest -= given
        hungry = hungry - sated if sated else set()
    return shares
