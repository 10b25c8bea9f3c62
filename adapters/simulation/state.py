"""What every simulated system's records rest on: the lock, the clock, and the ids that are given next."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from adapters.simulation.faults import CallFaults
from connector.clock import Clock


class Ground:
    """Below a system's tables. Everything that changes something runs inside ``acting()``.

    ``after_acting`` is called when what was caused may leave: the lock is given back by then.
    """

    faults: CallFaults

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.base_url = "http://localhost"
        self.lock = threading.RLock()
        self.after_acting: Callable[[], None] = lambda: None
        self._next_ids: dict[str, int] = {}
        # Ids only have to be different and of the right form; a fixed seed makes runs repeatable.
        self._random = random.Random(20260115)  # noqa: S311
        self._depth = 0

    def now(self) -> datetime:
        """The present moment as the system knows it."""
        return self.clock.now()

    @contextmanager
    def acting(self) -> Iterator[datetime]:
        """Hold the state still and give the present moment; what it caused leaves when the outermost ends."""
        with self.lock:
            self._depth += 1
            try:
                yield self.now()
            finally:
                self._depth -= 1
                is_outermost = self._depth == 0
        if is_outermost:
            self.after_acting()

    def new_id(self, kind: str, first: int = 1) -> int:
        """The next id of a kind."""
        found = self._next_ids.get(kind, first)
        self._next_ids[kind] = found + 1
        return found

    def guid(self) -> str:
        """A GUID that no other record has."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))
