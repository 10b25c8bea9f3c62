"""Answers that are kept for a while, so that many who ask cost one question. Thread-safe; a failure is not kept."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Generic, TypeVar

KEEP_SECONDS = 600.0
_MISS_SECONDS = 30.0
"""How old an answer must be before a miss makes it be asked for again."""

_MOST = 5000

T = TypeVar("T")


class Kept(Generic[T]):
    """An answer, asked for when first needed, and again when ``seconds`` old by ``time``; by one at a time."""

    def __init__(self, ask: Callable[[], T], time: Callable[[], float], seconds: float = KEEP_SECONDS) -> None:
        self._ask = ask
        self._time = time
        self._seconds = seconds
        self._answer: tuple[float, T] | None = None
        self._failure: Exception | None = None
        self._lock = threading.Lock()

    def get(self, oldest: float | None = None) -> T:
        """The answer, younger than that, or than usual. Raises what asking raises, also to all who waited meanwhile."""
        known = self._failure
        with self._lock:
            now = self._time()
            if self._answer is None or now - self._answer[0] >= (self._seconds if oldest is None else oldest):
                if self._failure is not None and self._failure is not known:
                    raise self._failure
                try:
                    self._answer = (now, self._ask())
                except Exception as error:
                    self._failure = error
                    raise
            return self._answer[1]

    def tries(self) -> Iterator[T]:
        """The answer as it is kept, and for those who missed something in it one that is not old at all."""
        yield self.get()
        yield self.get(_MISS_SECONDS)


class KeptEach(Generic[T]):
    """Answers by key; of very many keys the ``most`` that were asked for last."""

    def __init__(
        self, ask: Callable[[str], T], time: Callable[[], float], seconds: float = KEEP_SECONDS, most: int = _MOST
    ) -> None:
        self._ask = ask
        self._time = time
        self._seconds = seconds
        self._most = most
        self._kept: dict[str, Kept[T]] = {}
        self._lock = threading.Lock()

    def of(self, key: str) -> Kept[T]:
        """The answer of a key, to be asked for when it is wanted."""
        with self._lock:
            found = self._kept.pop(key, None) or Kept(partial(self._ask, key), self._time, self._seconds)
            self._kept[key] = found
            if len(self._kept) > self._most:
                self._kept.pop(next(iter(self._kept)))
            return found

    def get(self, key: str, oldest: float | None = None) -> T:
        """See ``Kept.get``."""
        return self.of(key).get(oldest)

    def forget(self, key: str) -> None:
        """Ask anew the next time."""
        with self._lock:
            self._kept.pop(key, None)
