"""How long a stage took on a tier, against its limit: in steps for a drawing, and with other limits. Pure.

A stage whose ticket went up before it was over took at least so long: how long it would have taken, nobody knows. What
stood under another limit than the tier's usual one (a priority's factor) counts by its share of its own. Minutes are
working minutes.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from connector.model import Stage

STEPS = 6
"""So many steps lie up to the limit, and as many past it; the last is open."""

_OTHERS = (2 / 3, 7 / 6, 3 / 2, 2)
"""Other limits, as shares of the one that is in force."""

_ROUND = 15
"""From this limit on, other limits are told in steps of five minutes."""


@dataclass(frozen=True, slots=True)
class OtherLimit:
    """How many took longer than a limit of so many ``minutes``: of some nobody knows, so between two numbers.

    ``median``: of those of which it is known how long they took; None where there are none.
    """

    minutes: float
    least: int
    most: int
    median: float | None


@dataclass(slots=True)
class Lengths:
    """How long a stage took on one tier. ``limit``: the usual one.

    ``steps``: how many by how long they took; ``over``: how many of those past the limit went up there, or have not
    come to an end: they are where they were last seen. ``elsewhere``: how many ended before the limit without what the
    stage owes. ``scaled``: how many had another limit; ``assumed``: of how many the limit is not known, and taken to be
    the usual one.
    """

    limit: float
    steps: list[int] = field(default_factory=lambda: [0] * (2 * STEPS))
    over: int = 0
    elsewhere: int = 0
    scaled: int = 0
    assumed: int = 0
    _took: array[float] = field(default_factory=lambda: array("d"))
    _broken_off: array[float] = field(default_factory=lambda: array("d"))
    _is_sorted: bool = False

    def add(self, minutes: float, limit: float | None, *, is_over: bool, is_met: bool, has_risen: bool) -> None:
        """Count one. ``is_over``: it came to its end by itself after so long, ``is_met``: with what it owes (or the
        ticket was resolved); ``has_risen``: it went up, or would have, because the limit ran out.
        """
        own = limit or self.limit
        self.scaled += own != self.limit
        self.assumed += limit is None
        share = minutes * self.limit / own
        (self._took if is_over else self._broken_off).append(share)
        self._is_sorted = False
        if (is_over and is_met) or has_risen or share > self.limit:
            self.over += not (is_over and is_met)
            self.steps[_step_of(share, self.limit, is_past=has_risen and not (is_over and is_met))] += 1
        else:
            self.elsewhere += 1

    @property
    def count(self) -> int:
        """How many there are in the steps."""
        return sum(self.steps)

    @property
    def past(self) -> int:
        """How many took longer than the limit."""
        return sum(self.steps[STEPS:])

    @property
    def median(self) -> float | None:
        """How long it took in the middle, of those that came to an end by themselves; None where there are none."""
        self._put_in_order()
        return _median(self._took)

    def longer_than(self, minutes: float) -> OtherLimit:
        """How many took longer than that."""
        self._put_in_order()
        beyond = self._took[bisect_right(self._took, minutes) :]
        surely = len(self._broken_off) - bisect_left(self._broken_off, minutes)
        return OtherLimit(minutes, len(beyond) + surely, len(beyond) + len(self._broken_off), _median(beyond))

    def other_limits(self) -> Iterator[OtherLimit]:
        """What shorter and longer limits would have caught, the shortest first, the one in force among them."""
        step = 5 if self.limit >= _ROUND else 1
        others = {float(max(step, round(self.limit * share / step) * step)) for share in _OTHERS}
        yield from (self.longer_than(minutes) for minutes in sorted({*others, self.limit}))

    def quantile(self, share: float) -> float | None:
        """Within how many minutes that share (0 to 1) came to an end by itself; None where nothing did."""
        self._put_in_order()
        return self._took[max(0, math.ceil(share * len(self._took)) - 1)] if self._took else None

    def _put_in_order(self) -> None:
        if not self._is_sorted:
            self._took = array("d", sorted(self._took))
            self._broken_off = array("d", sorted(self._broken_off))
            self._is_sorted = True


LengthsKey = tuple[str, str, Stage]
"""Of which ladder and tier, by their names, and of which stage."""


def _step_of(minutes: float, limit: float, *, is_past: bool) -> int:
    """In which step. What took exactly the limit was in time, unless it went up (``is_past``)."""
    if minutes <= limit and not is_past:
        return min(STEPS - 1, int(minutes / limit * STEPS))
    return min(2 * STEPS - 1, STEPS + max(0, int((minutes - limit) / limit * STEPS)))


def _median(ordered: array[float]) -> float | None:
    if not ordered:
        return None
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
