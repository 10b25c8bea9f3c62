"""The switches that make a simulated system fail, be slow or lose its webhooks, whatever system it is.

A system's own class adds its switches to ``DEFAULTS`` and says how it refuses. All switches are off in a new
simulator, can be set at any moment from any thread, and ``reset()`` puts them back. Calls are chosen by method and
by a regular expression that is searched in the path as the simulator's log has it.
"""

from __future__ import annotations

import copy
import random
import re
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

from adapters.simulation.hostility import Hostility
from adapters.simulation.refusal import Refusal


@dataclass
class Sequel:
    """What somebody does right after a call was performed. ``left``: matching calls until then, that one included."""

    left: int
    do: Callable[[], object]


@dataclass
class Mishap:
    """What is to happen to the next calls that match."""

    method: str | None
    path: re.Pattern[str]
    left: int | None
    refusal: Refusal | None = None
    is_performed: bool = False
    hangs: bool = False
    hostility: Hostility | None = None
    numbers: Mapping[str, str] = field(default_factory=dict)


class CallFaults:
    """Attributes may simply be assigned; an unknown one is refused with AttributeError.

    Calls: ``latency`` seconds before each answer; ``outage``: the system's own refusal for everything;
    ``clock_skew``: seconds that the ``Date`` header is ahead.
    Webhooks: ``callbacks_lose_next`` events and ``callbacks_lose_all``; ``callbacks_duplicate``: further copies of
    each, with the same delivery id unless ``callbacks_duplicate_ids`` is False; ``callbacks_reorder``: pending ones
    leave in reverse order (behind threads: every other one is held back for a moment); ``callbacks_delay`` seconds;
    ``callbacks_burst``: held back until so many wait.
    """

    DEFAULTS: ClassVar[Mapping[str, Any]] = {
        "latency": 0.0,
        "outage": False,
        "clock_skew": 0.0,
        "callbacks_lose_next": 0,
        "callbacks_lose_all": False,
        "callbacks_duplicate": 0,
        "callbacks_duplicate_ids": True,
        "callbacks_reorder": False,
        "callbacks_delay": 0.0,
        "callbacks_burst": 0,
    }

    NOTES: ClassVar[tuple[str, re.Pattern[str]]]
    """The method and the path of a call that writes a note."""

    latency: float
    outage: bool
    clock_skew: float
    callbacks_lose_next: int
    callbacks_lose_all: bool
    callbacks_duplicate: int
    callbacks_duplicate_ids: bool
    callbacks_reorder: bool
    callbacks_delay: float
    callbacks_burst: int

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._released = threading.Event()
        self.reset()

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_") and name not in self.DEFAULTS:
            raise AttributeError(f"there is no switch named {name!r}")
        super().__setattr__(name, value)

    # What a system says when it refuses.

    def outage_refusal(self) -> Refusal:
        """What everything is answered while there is an ``outage``."""
        raise NotImplementedError

    def failure(self, status: int) -> Refusal:
        """What a call is answered that is told to fail."""
        raise NotImplementedError

    def forbidden(self) -> Refusal:
        """What a call is answered for which a right is missing."""
        raise NotImplementedError

    def too_many(self, retry_after: int | None) -> Refusal:
        """429, with Retry-After where there are seconds."""
        raise NotImplementedError

    # What the simulator's owner asks for.

    def reset(self) -> None:
        """Put every switch back, forget what was to happen, and let hanging calls go."""
        with self._lock:
            self._mishaps: list[Mishap] = []
            self._sequels: list[Sequel] = []
            self._limit: _Bucket | _Window | None = None
            self._random: tuple[float, Sequence[int], random.Random] | None = None
            for name, value in self.DEFAULTS.items():
                setattr(self, name, copy.copy(value))
        self.release()

    def fail_next(
        self,
        n: int | None,
        status: int,
        *,
        method: str | None = None,
        path: str = "",
        retry_after: int | None = None,
        body: Any = None,
    ) -> None:
        """Answer the next ``n`` matching calls (None: all) with ``status``, without performing them.

        429 carries Retry-After only when ``retry_after`` (seconds) is given.
        """
        if status == 429:
            refusal = self.too_many(retry_after)
        else:
            refusal = self.failure(status)
            if retry_after is not None:
                refusal.headers["Retry-After"] = str(retry_after)
        if body is not None:
            refusal.body = body
        self._expect(Mishap(method, re.compile(path), n, refusal))

    def forbid(self, *, method: str | None = None, path: str = "") -> None:
        """Answer matching calls as for an account that lacks the right, until ``reset()``."""
        self._expect(Mishap(method, re.compile(path), None, self.forbidden()))

    def accept_but_never_answer(
        self, n: int = 1, *, method: str | None = None, path: str = "", hang: bool = False
    ) -> None:
        """Perform the next ``n`` matching calls, then drop the connection without an answer.

        With ``hang`` it is held open first, until the client gives up, ``release()`` or ``stop()``.
        """
        self._expect(Mishap(method, re.compile(path), n, is_performed=True, hangs=hang))

    def drop_before_performing(
        self, n: int = 1, *, method: str | None = None, path: str = "", hang: bool = False
    ) -> None:
        """Drop the next ``n`` matching calls without performing them or answering."""
        self._expect(Mishap(method, re.compile(path), n, hangs=hang))

    def be_hostile(
        self,
        kind: Hostility,
        n: int | None = None,
        *,
        method: str | None = None,
        path: str = "",
        numbers: Mapping[str, str] | None = None,
    ) -> None:
        """Perform the next ``n`` matching calls (None: all), and give a hostile answer in the place of the honest one.

        ``numbers``: which ticket's number stands for which, where answers are for other tickets.
        """
        self._expect(Mishap(method, re.compile(path), n, hostility=kind, numbers=dict(numbers or {})))

    def after_note(self, n: int, do: Callable[[], object]) -> None:
        """Have somebody do something in the second of the ``n``-th note from now: it is written, not yet answered."""
        with self._lock:
            self._sequels.append(Sequel(n, do))

    def random_failures(self, share: float, statuses: Sequence[int] = (500, 502, 503), seed: int = 1) -> None:
        """Fail that share of all calls, in a sequence fixed by ``seed``; 0 ends it."""
        with self._lock:
            self._random = (share, statuses, random.Random(seed)) if share else None  # noqa: S311 - no secret

    def rate_limit(self, per_minute: float, burst: int) -> None:
        """A token bucket, filled by the simulator's clock; an empty one answers 429 with Retry-After."""
        with self._lock:
            self._limit = _Bucket(per_minute, burst)

    def rolling_limit(self, calls: int, seconds: float, *, names_wait: bool = False) -> None:
        """So many calls in any stretch of that length, by the simulator's clock; more are answered 429.

        With Retry-After only when ``names_wait``.
        """
        with self._lock:
            self._limit = _Window(calls, seconds, names_wait)

    def release(self) -> None:
        """Let the calls go that hang now."""
        with self._lock:
            released, self._released = self._released, threading.Event()
        released.set()

    @property
    def needs_a_socket(self) -> bool:
        """Whether calls to come are slow, get no answer, or a hostile one: only over a socket is that what it is."""
        with self._lock:
            return self.latency > 0 or any(mishap.refusal is None for mishap in self._mishaps)

    # What the simulator asks.

    def take(self, method: str, path: str, now: datetime) -> Mishap | None:
        """The mishap for this call, counted down; None for business as usual."""
        with self._lock:
            for mishap in self._mishaps:
                if mishap.method not in (None, method) or not mishap.path.search(path):
                    continue
                if mishap.left is not None:
                    mishap.left -= 1
                    if mishap.left <= 0:
                        self._mishaps.remove(mishap)
                return mishap
            if self._limit is not None:
                wait = self._limit.take(now)
                if wait:
                    return Mishap(None, _ANY, 1, self.too_many(wait if self._limit.names_wait else None))
            if self._random is not None and self._random[2].random() < self._random[0]:
                return Mishap(None, _ANY, 1, self.failure(self._random[2].choice(self._random[1])))
        return None

    def performed(self, method: str, path: str) -> None:
        """A call was performed: what was to follow it follows."""
        with self._lock:
            if not self._sequels or method != self.NOTES[0] or not self.NOTES[1].search(path):
                return
            for sequel in self._sequels:
                sequel.left -= 1
            due = [sequel for sequel in self._sequels if sequel.left <= 0]
            self._sequels = [sequel for sequel in self._sequels if sequel.left > 0]
        for sequel in due:
            sequel.do()

    def hold(self, longest: float) -> None:
        """Wait until ``release()`` or ``reset()``, at most ``longest`` seconds."""
        self._released.wait(longest)

    def take_callback_loss(self) -> bool:
        """Whether the next webhook event is to be lost; counted down."""
        with self._lock:
            if self.callbacks_lose_next > 0:
                self.callbacks_lose_next -= 1
                return True
        return self.callbacks_lose_all

    def _expect(self, mishap: Mishap) -> None:
        with self._lock:
            self._mishaps.append(mishap)


_ANY = re.compile("")


class _Bucket:
    names_wait = True

    def __init__(self, per_minute: float, burst: int) -> None:
        self._per_second = per_minute / 60
        self._burst = float(burst)
        self._tokens = float(burst)
        self._at: datetime | None = None

    def take(self, now: datetime) -> int:
        """0 when a token was there, else the whole seconds until one is."""
        if self._at is not None:
            passed = max(0.0, (now - self._at).total_seconds())
            self._tokens = min(self._burst, self._tokens + passed * self._per_second)
        self._at = now
        if self._tokens >= 1:
            self._tokens -= 1
            return 0
        return max(1, -int(-(1 - self._tokens) // self._per_second))


class _Window:
    def __init__(self, calls: int, seconds: float, names_wait: bool) -> None:
        self.names_wait = names_wait
        self._length = timedelta(seconds=seconds)
        self._calls = calls
        self._taken: deque[datetime] = deque()

    def take(self, now: datetime) -> int:
        """0 when the stretch that ends now had room, else the whole seconds until it has."""
        while self._taken and self._taken[0] <= now - self._length:
            self._taken.popleft()
        if len(self._taken) < self._calls:
            self._taken.append(now)
            return 0
        return max(1, -int(-(self._taken[0] + self._length - now).total_seconds() // 1))
