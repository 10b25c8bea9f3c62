"""What all simulated systems rest on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from adapters.simulation.door import FrontDoor
from adapters.simulation.faults import CallFaults
from adapters.simulation.state import Ground
from connector.clock import VirtualClock


class Door(FrontDoor):
    def http_error(self, error: HTTPException) -> Response:
        return Response(status=error.code)


def test_the_state_stands_still_during_a_call_and_what_it_caused_leaves_after_it() -> None:
    app, ground = Flask(__name__), Ground(VirtualClock(datetime(2026, 1, 5, 9, tzinfo=UTC)))
    ground.faults = CallFaults()
    seen: list[tuple[str, bool]] = []

    def note(what: str) -> None:
        # Asked from another thread: the one that holds the lock would always be let in.
        with ThreadPoolExecutor(1) as other:
            is_free = other.submit(ground.lock.acquire, blocking=False).result()
            if is_free:
                other.submit(ground.lock.release).result()
        seen.append((what, is_free))

    def view() -> Response:
        with ground.acting():
            note("acts")
        note("looks")
        return Response()

    ground.after_acting = lambda: note("leaves")
    Door(app, ground).serve("GET", "/tickets", view)
    app.test_client().get("/tickets")
    assert seen == [("acts", False), ("looks", False), ("leaves", True)]
