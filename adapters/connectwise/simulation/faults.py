"""The switches that make the simulated system fail, be slow, or behave in one of the ways that are not known.

All are off (or at the likeliest behaviour) in a new simulator, can be set at any moment from any thread, and
``reset()`` puts them back. Everything that is chosen by method and path takes a regular expression that is
searched in the path below ``apis/3.0/``, such as ``tickets/493/notes$``.
"""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.connectwise.simulation.refusal import Refusal, forbidden, too_many

DEFAULTS: dict[str, Any] = {
    "latency": 0.0,
    "outage": False,
    "cloud_mode": False,
    "bad_auth_status": 401,
    "clock_skew": 0.0,
    "page_size_cut": None,
    "all_notes_missing": False,
    "all_notes_dates": frozenset({"_info/dateEntered", "_info/lastUpdated", "timeStart", "timeEnd"}),
    "notes_readable_after": 0.0,
    "note_comes_back_public": False,
    "newlines_become_blanks": False,
    "subpath_patch_works": False,
    "owner_removal": frozenset({"remove"}),
    "owner_removal_is_ignored": False,
    "board_move_needs_status": False,
    "closed_tickets_refuse_patch": False,
    "workflow_reverts": frozenset(),
    "workflow_sets": {},
    "workflow_times": None,
    "skip_callback_honoured": False,
    "self_suppression_honoured": False,
    "callbacks_lose_next": 0,
    "callbacks_lose_all": False,
    "callbacks_duplicate": 0,
    "callbacks_duplicate_ids": True,
    "callbacks_reorder": False,
    "callbacks_delay": 0.0,
    "callbacks_burst": 0,
    "callbacks_wrong_signature": False,
    "callbacks_key_url": None,
}


@dataclass
class Plan:
    """What is to happen to the next calls that match."""

    method: str | None
    path: re.Pattern[str]
    left: int | None
    refusal: Refusal | None = None
    is_performed: bool = False
    hangs: bool = False


class Faults:
    """The switches. Attributes may simply be assigned; an unknown one is refused with AttributeError.

    Calls: ``latency`` seconds before each answer; ``outage``: 404 for everything; ``cloud_mode``: a host
    without ``api-`` is answered "SSL is required."; ``bad_auth_status``: 401, 404 or 400 ("Cannot route") for
    wrong credentials; ``clock_skew``: seconds that the ``Date`` header is ahead; ``page_size_cut``: the
    largest page.
    Notes: ``all_notes_missing``: no such endpoint; ``all_notes_dates``: where ``allNotes`` tells times, empty
    for nowhere, also ``dateCreated``; ``notes_readable_after``: seconds of the clock until a note that came
    in over HTTP can be read; ``note_comes_back_public``: the detail flag is set whatever was sent;
    ``newlines_become_blanks``.
    Tickets: ``subpath_patch_works``: else 200 and no change; ``owner_removal``: which of ``remove``, ``null``
    and ``empty`` unset an owner, the others being refused, or with ``owner_removal_is_ignored`` answered 200
    without effect; ``board_move_needs_status``: else the new board's default is set;
    ``closed_tickets_refuse_patch``. A workflow rule runs after each PATCH over HTTP, ``workflow_times`` often
    (None: always), behind its answer: ``workflow_reverts`` names what it puts back (``owner``, ``status``,
    ``board``, ``team``, ``priority``), ``workflow_sets`` gives fields their raw values.
    Callbacks: ``skip_callback_honoured``, ``self_suppression_honoured``; ``callbacks_lose_next`` events and
    ``callbacks_lose_all``; ``callbacks_duplicate``: further copies of each, with the same MessageId unless
    ``callbacks_duplicate_ids`` is False; ``callbacks_reorder``: pending ones leave in reverse order (behind
    threads: every other one is held back for a moment); ``callbacks_delay`` seconds; ``callbacks_burst``: held
    back until so many wait; ``callbacks_wrong_signature``; ``callbacks_key_url``: told in place of the true one.
    """

    latency: float
    outage: bool
    cloud_mode: bool
    bad_auth_status: int
    clock_skew: float
    page_size_cut: int | None
    all_notes_missing: bool
    all_notes_dates: frozenset[str]
    notes_readable_after: float
    note_comes_back_public: bool
    newlines_become_blanks: bool
    subpath_patch_works: bool
    owner_removal: frozenset[str]
    owner_removal_is_ignored: bool
    board_move_needs_status: bool
    closed_tickets_refuse_patch: bool
    workflow_reverts: frozenset[str]
    workflow_sets: dict[str, Any]
    workflow_times: int | None
    skip_callback_honoured: bool
    self_suppression_honoured: bool
    callbacks_lose_next: int
    callbacks_lose_all: bool
    callbacks_duplicate: int
    callbacks_duplicate_ids: bool
    callbacks_reorder: bool
    callbacks_delay: float
    callbacks_burst: int
    callbacks_wrong_signature: bool
    callbacks_key_url: str | None

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._released = threading.Event()
        self.reset()

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_") and name not in DEFAULTS:
            raise AttributeError(f"there is no switch named {name!r}")
        super().__setattr__(name, value)

    def reset(self) -> None:
        """Put every switch back, forget what was planned, and let hanging calls go."""
        with self._lock:
            self._plans: list[Plan] = []
            self._bucket: _Bucket | None = None
            self._random: tuple[float, Sequence[int], random.Random] | None = None
            for name, value in DEFAULTS.items():
                setattr(self, name, dict(value) if isinstance(value, dict) else value)
        self.release()

    def fail_next(
        self,
        n: int | None,
        status: int,
        *,
        method: str | None = None,
        path: str = "",
        retry_after: int | None = None,
        body: dict[str, Any] | None = None,
    ) -> None:
        """Answer the next ``n`` matching calls (None: all) with ``status``, without performing them.

        429 carries Retry-After only when ``retry_after`` (seconds) is given.
        """
        if status == 429:
            refusal = too_many(retry_after)
        else:
            text = {"code": "ConnectWiseApi", "message": f"The simulator was told to answer {status}."}
            headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
            refusal = Refusal(status, text if body is None else body, headers)
        self._plan(Plan(method, re.compile(path), n, refusal))

    def forbid(self, *, method: str | None = None, path: str = "") -> None:
        """Answer matching calls 403, as for a member whose role lacks the right, until ``reset()``."""
        self._plan(Plan(method, re.compile(path), None, forbidden()))

    def accept_but_never_answer(
        self, n: int = 1, *, method: str | None = None, path: str = "", hang: bool = False
    ) -> None:
        """Perform the next ``n`` matching calls, then drop the connection without an answer.

        With ``hang`` it is held open first, until the client gives up, ``release()`` or ``stop()``.
        """
        self._plan(Plan(method, re.compile(path), n, is_performed=True, hangs=hang))

    def drop_before_performing(
        self, n: int = 1, *, method: str | None = None, path: str = "", hang: bool = False
    ) -> None:
        """Drop the next ``n`` matching calls without performing them or answering."""
        self._plan(Plan(method, re.compile(path), n, hangs=hang))

    def random_failures(self, share: float, statuses: Sequence[int] = (500, 502, 503), seed: int = 1) -> None:
        """Fail that share of all calls, in a sequence fixed by ``seed``; 0 ends it."""
        with self._lock:
            self._random = (share, statuses, random.Random(seed)) if share else None  # noqa: S311 - no secret

    def rate_limit(self, per_minute: float, burst: int) -> None:
        """A token bucket, filled by the simulator's clock; an empty one answers 429 with Retry-After."""
        with self._lock:
            self._bucket = _Bucket(per_minute, burst)

    def release(self) -> None:
        """Let the calls go that hang now."""
        with self._lock:
            released, self._released = self._released, threading.Event()
        released.set()

    def take(self, method: str, path: str, now: datetime) -> Plan | None:
        """The plan for this call, counted down; None for business as usual."""
        with self._lock:
            for plan in self._plans:
                if plan.method not in (None, method) or not plan.path.search(path):
                    continue
                if plan.left is not None:
                    plan.left -= 1
                    if plan.left <= 0:
                        self._plans.remove(plan)
                return plan
            if self._bucket is not None:
                wait = self._bucket.take(now)
                if wait:
                    return Plan(None, _ANY, 1, too_many(wait))
            if self._random is not None and self._random[2].random() < self._random[0]:
                status = self._random[2].choice(self._random[1])
                return Plan(None, _ANY, 1, Refusal(status, {"code": "ConnectWiseApi", "message": "At random."}))
        return None

    def hold(self, longest: float) -> None:
        """Wait until ``release()`` or ``reset()``, at most ``longest`` seconds."""
        self._released.wait(longest)

    def take_callback_loss(self) -> bool:
        """Whether the next callback event is to be lost; counted down."""
        with self._lock:
            if self.callbacks_lose_next > 0:
                self.callbacks_lose_next -= 1
                return True
        return self.callbacks_lose_all

    def take_workflow_run(self) -> bool:
        """Whether the workflow rule runs now; counted down."""
        with self._lock:
            if not (self.workflow_reverts or self.workflow_sets) or self.workflow_times == 0:
                return False
            if self.workflow_times is not None:
                self.workflow_times -= 1
            return True

    def _plan(self, plan: Plan) -> None:
        with self._lock:
            self._plans.append(plan)


_ANY = re.compile("")


class _Bucket:
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
