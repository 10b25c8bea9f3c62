"""Lays the sections of a note out, shortened so that the whole fits. Pure; knows nothing of tickets.

What is too long loses its middle, with the count of what was left out, and single texts lose their ends. Room is
shared fairly: a section that needs little leaves the rest to the others, in proportion to their weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connector.notes.phrases import clip

NONE = "none recorded"
_LEAST = 14
"""Room that every section gets whatever happens: enough for "none recorded"."""

_FIRST = 26
"""Room that every section gets before any gets more: enough for the count of what was left out."""

_ROOMY = 1000
"""From this limit on, blank lines between sections are affordable."""

_WIDTHS = (240, 120, 60)
_ENOUGH = 4
"""Items are cut shorter until at least so many of them can stay."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what stands under it: a numbered list of ``noun``, or sentences where there is no noun."""

    heading: str
    items: tuple[str, ...]
    noun: str = ""
    weight: int = 1

    @property
    def title(self) -> str:
        return f"**{self.heading}:**"

    @property
    def body(self) -> str:
        """All of the section, unshortened, with the blank or line break that parts it from the title."""
        if not self.items:
            return f" {NONE}"
        if not self.noun:
            return " " + " ".join(self.items)
        return "".join(f"\n{number}) {item}" for number, item in enumerate(self.items, 1))

    def shortened(self, room: int) -> str:
        """The body in at most ``room`` characters."""
        body = self.body
        if len(body) <= room:
            return body
        if not self.noun or len(self.items) < 2:
            return clip(body, room)
        best = ""
        for width in _WIDTHS:
            kept, best = self._without_middle(room, width)
            if kept >= min(_ENOUGH, len(self.items)):
                break
        return best if len(best) <= room else clip(best, room)

    def _without_middle(self, room: int, width: int) -> tuple[int, str]:
        """As many items as fit, taken from both ends in turn, each cut to ``width``; and how many these are."""
        first, last, count = list[str](), list[str](), len(self.items)
        room -= len(self._gap(count))
        for turn in range(count):
            index = len(first) if turn % 2 == 0 else count - 1 - len(last)
            line = f"\n{index + 1}) {clip(self.items[index], width)}"
            if len(line) > room:
                break
            room -= len(line)
            (first if turn % 2 == 0 else last).append(line)
        left_out = count - len(first) - len(last)
        gap = [self._gap(left_out)] if left_out else []
        return count - left_out, "".join([*first, *gap, *reversed(last)])

    def _gap(self, left_out: int) -> str:
        return f"\n… {left_out} {self.noun} left out …"


def fitted(head: str, sections: Sequence[Section], foot: str, limit: int) -> str:
    """Head, sections and foot in at most ``limit`` characters; the foot is the last line, unchanged.

    The head is cut only where the sections' titles and least rooms leave no place for all of it.
    """
    gap = "\n\n" if limit >= _ROOMY else "\n"
    fixed = sum(len(gap) + len(section.title) for section in sections) + len(gap) + len(foot)
    demands = [len(section.body) for section in sections]
    head = clip(head, max(1, limit - fixed - sum(min(demand, _LEAST) for demand in demands)))
    room = limit - fixed - len(head)
    first = max(_LEAST, min(_FIRST, room // len(sections)))
    rooms = _shares(demands, [section.weight for section in sections], room, first)
    bodies = [section.shortened(room) for section, room in zip(sections, rooms, strict=True)]
    parts = [head, *(section.title + body for section, body in zip(sections, bodies, strict=True)), foot]
    return gap.join(parts)


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
