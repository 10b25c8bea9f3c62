"""In which lane the calls of this thread are made. Who takes a turn says so; adapters need not know.

Who says nothing is a person at a command line, who waits for the answer: the first lane.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from connector.model import Lane

_present: ContextVar[Lane] = ContextVar("lane", default=Lane.URGENT)


def present_lane() -> Lane:
    """The lane of this thread's calls."""
    return _present.get()


@contextmanager
def in_lane(lane: Lane) -> Iterator[None]:
    """Make the calls of this thread in a lane, until the end."""
    token = _present.set(lane)
    try:
        yield
    finally:
        _present.reset(token)


def go_ahead(lane: Lane) -> None:
    """From now on, as far as ``in_lane`` reaches, the calls are made in that lane, if it goes before the present one:
    it was found that somebody waits for them.
    """
    _present.set(min(lane, _present.get()))
