"""Who may keep a connection waiting: so many of one sender, so many in all. Who has waited longest goes first. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

SLOW_AFTER = 1.0
"""So many seconds after its beginning an unfinished request is slow. Those of a burst are there by then."""

MOST_SLOW = 16
"""So many slow requests one sender may have."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A connection whose request is not there as a whole. ``since``: by a monotonic clock; ``is_idle``: it has no
    request begun, and had one answered.
    """

    number: int
    sender: str
    since: float
    is_idle: bool = False


def too_slow(waiting: Sequence[Waiting], now: float, unbound: frozenset[str] = frozenset()) -> list[int]:
    """The numbers of those that must go, as their sender has more than ``MOST_SLOW`` slow requests: the oldest.

    ``unbound``: senders that may have any number.
    """
    slow: defaultdict[str, list[Waiting]] = defaultdict(list)
    for one in waiting:
        if not one.is_idle and one.sender not in unbound and now - one.since >= SLOW_AFTER:
            slow[one.sender].append(one)
    return [
        one.number
        for many in slow.values()
        if len(many) > MOST_SLOW
        for one in sorted(many, key=lambda one: one.since)[: len(many) - MOST_SLOW]
    ]


def first_to_go(waiting: Sequence[Waiting], unbound: frozenset[str] = frozenset()) -> int | None:
    """The number of the one that makes room for another: an idle one, else one of whoever has most; the oldest."""
    idle = [one for one in waiting if one.is_idle]
    if not idle:
        counts = Counter(one.sender for one in waiting if one.sender not in unbound)
        heaviest = max(counts, key=counts.__getitem__, default=None)
        idle = [one for one in waiting if heaviest is None or one.sender == heaviest]
    return min(idle, key=lambda one: one.since).number if idle else None
