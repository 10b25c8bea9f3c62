"""A layer before the simulated ticket system that kills worker processes at chosen points of their escalations.

It knows which process calls by the client id, and also counts what every call really did: notes and moves.
"""

from __future__ import annotations

import random
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any

from adapters.connectwise.simulator import Simulator
from adapters.simulation.server import NoAnswer
from tests.crash.workers import pid_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_TICKET = re.compile(r"/service/tickets/(\d+)(/notes|/allNotes)?$")
_KINDS = {("GET", "/allNotes"): "read", ("POST", "/notes"): "note", ("PATCH", None): "move"}
SOON_SECONDS = 0.03
"""The longest time from an answer to a kill that comes "soon after" it."""


class Point(Enum):
    """A point of an escalation: the call it is about, and where about it."""

    SOON_AFTER_READ = ("read", "soon after")
    BEFORE_NOTE = ("note", "before")
    AFTER_NOTE = ("note", "unanswered")
    SOON_AFTER_NOTE = ("note", "soon after")
    BEFORE_MOVE = ("move", "before")
    AFTER_MOVE = ("move", "unanswered")
    SOON_AFTER_MOVE = ("move", "soon after")


class Executioner:
    """Sits around the app of a simulator; kills nobody until it is told whom and how.

    ``kills``: how many died at each point; ``moves``: the PATCHes of each ticket that changed something;
    ``callers``: how many calls of each kind came from each process.
    """

    def __init__(self, simulator: Simulator, seed: int = 1) -> None:
        self._simulator = simulator
        self._inner = simulator.app.wsgi_app
        simulator.app.wsgi_app = self  # type: ignore[method-assign]  # Flask's documented way to wrap it
        self._kill: Callable[[int], bool] = lambda pid: False
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._moving = threading.Lock()
        self._timers: list[threading.Timer] = []
        self._plan: dict[int, list[Point]] = {}
        self.kills: Counter[Point] = Counter()
        self.moves: Counter[int] = Counter()
        self.callers: Counter[tuple[str, int]] = Counter()
        self.on_call: Callable[[str, int], None] = lambda kind, ticket: None

    def condemn(self, plan: Mapping[int, Sequence[Point]], kill: Callable[[int], bool]) -> None:
        """From now on, kill whoever works on these tickets, at these points in this order.

        ``kill(pid)`` returns when the process is gone, False when it had been before.
        """
        with self._lock:
            self._kill = kill
            self._plan = {ticket: list(points) for ticket, points in plan.items()}

    def finish(self) -> None:
        """Wait for the kills that are still to come."""
        for timer in self._timers:
            timer.join()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        pid = pid_of(environ.get("HTTP_CLIENTID", ""))
        if pid is not None:
            environ["HTTP_CLIENTID"] = self._simulator.client_id
        found = _TICKET.search(environ["PATH_INFO"])
        kind = _KINDS.get((environ["REQUEST_METHOD"], found[2])) if found else None
        if found is None or kind is None:
            return self._inner(environ, start_response)
        ticket = int(found[1])
        with self._lock:
            self.callers[kind, pid or 0] += 1
        self.on_call(kind, ticket)
        point = None if pid is None else self._due(kind, ticket)
        if pid is None or point is None:
            return self._perform(kind, ticket, environ, start_response)
        return self._die(point, pid, ticket, environ, start_response)

    def _die(
        self, point: Point, pid: int, ticket: int, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        kind, where = point.value
        if where == "before" and self._execute(point, pid):
            raise NoAnswer("the caller died before anything was done")
        answer = self._perform(kind, ticket, environ, start_response)
        if where == "unanswered" and self._execute(point, pid):
            raise NoAnswer("the caller died before it could hear the answer")
        if where == "soon after":
            timer = threading.Timer(self._random.uniform(0, SOON_SECONDS), self._execute, (point, pid))
            self._timers.append(timer)
            timer.start()
        return answer

    def _due(self, kind: str, ticket: int) -> Point | None:
        with self._lock:
            points = self._plan.get(ticket, [])
            return points.pop(0) if points and points[0].value[0] == kind else None

    def _execute(self, point: Point, pid: int) -> bool:
        is_killed = self._kill(pid)
        if is_killed:
            with self._lock:
                self.kills[point] += 1
        return is_killed

    def _perform(
        self, kind: str, ticket: int, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        if kind != "move":
            return list(self._inner(environ, start_response))
        with self._moving:
            before = _where(self._simulator, ticket)
            answer = list(self._inner(environ, start_response))
            self.moves[ticket] += _where(self._simulator, ticket) != before
        return answer


def _where(simulator: Simulator, ticket: int) -> tuple[Any, ...]:
    found = simulator.ticket(ticket)
    return tuple(found.get(name, {}).get("id") for name in ("board", "team", "owner", "status"))
