"""What all simulated systems rest on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from adapters.simulation.application import Application
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


def answering(name: str, word: str, *paths: str) -> Application:
    app = Application(name)
    for path in paths:
        app.add_url_rule(path, path, lambda: word)
    return app.complete()


def test_applications_of_one_name_serve_the_same_addresses_each_its_own_views() -> None:
    apps = [answering("alike", word, "/a", "/b") for word in ("one", "two")]
    assert apps[0].url_map is apps[1].url_map
    assert [[app.test_client().get(path).text for path in ("/a", "/b")] for app in apps] == [["one"] * 2, ["two"] * 2]


@pytest.mark.parametrize("which", [0, 1])
def test_what_is_added_to_one_application_alone_the_others_do_not_serve(which: int) -> None:
    apps = [answering(f"added {which}", word, "/a") for word in ("one", "two")]
    apps[which].add_url_rule("/c", "/c", lambda: "added")
    assert apps[which].test_client().get("/c").text == "added"
    assert apps[1 - which].test_client().get("/c").status_code == 404
    assert [app.test_client().get("/a").text for app in apps] == ["one", "two"]


@pytest.mark.parametrize("paths", [("/a", "/b"), ()])
def test_an_application_that_serves_others_than_the_first_of_its_name_is_refused(paths: tuple[str, ...]) -> None:
    name = f"other {len(paths)}"
    answering(name, "one", "/a")
    with pytest.raises(RuntimeError, match="serves other addresses than the first"):
        answering(name, "two", *paths)
