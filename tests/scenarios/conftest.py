"""Scenarios: the whole connector on the simulator, in HTTP's words if not over its sockets, with moved time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapters.connectwise.desk import ConnectWiseDesk
from connector.demo.stage import Simulation, stage
from connector.policy.policy import FinalEscalation, Policy
from connector.worker import chores, housekeeping, name_watch, standing, survey
from tests.builders import NINE, a_policy
from tests.no_sockets import handed_over
from tests.scenarios.relived import misjudged, stages_are_relived
from tests.scenarios.untold import UNREAD, names
from tests.soak import LEAVES_TO_SOAK

FINAL = FinalEscalation(sr_it_manager="irene", service_desk_manager="maria", account_manager="adam", reminders=0)


SELDOM, MORE_OFTEN = 15, 5
"""After how many minutes scenarios poll: webhooks tell of what happens, and each look costs as much as what it looks
for. A test that is about what the poll finds says itself how soon; `make soak` polls more often.
"""

ROUNDS, HOUSEKEEPING, SIGNS = timedelta(hours=6), timedelta(hours=12), timedelta(seconds=20)
"""How often a connection's rounds are made, what is old is forgotten, and a worker gives a sign of life, see
``rounds_now_and_then``.
"""


def scenario_policy(**given: Any) -> Policy:
    """The default ladder on the simulator's standard desk, office hours in UTC; no warnings unless asked for."""
    return replace(a_policy(final=FINAL, warn_at=0), **given)


@pytest.fixture(autouse=True)
def calls_without_sockets(request: pytest.FixtureRequest) -> Iterator[None]:
    """The parties call each other without sockets; `make soak` takes them, with the variants that are left to it."""
    if request.node.get_closest_marker("soak"):
        yield
        return
    with handed_over():
        yield


@pytest.fixture(autouse=True)
def lived_twice(request: pytest.FixtureRequest) -> Iterator[None]:
    """What was lived on a stage is what a backtest of its tickets says, unless ``untold`` says why it cannot be.

    `make test` leaves that to `make soak`.
    """
    test = getattr(request.node, "originalname", request.node.name)
    if request.config.getoption("markexpr") == LEAVES_TO_SOAK or test in names(UNREAD):
        yield
        return
    if "database_url" in request.fixturenames:
        request.getfixturevalue("database_url")  # it is there until the stage was read
    with stages_are_relived() as found:
        yield
    if found:
        assert misjudged(test, found) == []


@pytest.fixture(autouse=True)
def rounds_now_and_then(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The survey of homes and names and the look after webhooks come four times a day instead of every ten minutes,
    housekeeping twice a day instead of hourly, and signs of life thrice a minute instead of at each step of the moved
    time, for many mornings are spent on nothing else. A test that waits for one says ``usual_rounds``; `make soak`
    takes the usual, and of signs of life also where it takes a test once more.
    """
    if not any(map(request.node.get_closest_marker, ("soak", "usual_rounds"))):
        monkeypatch.setattr(survey, "EVERY", ROUNDS)
        monkeypatch.setattr(name_watch, "EVERY", ROUNDS)
        monkeypatch.setattr(chores, "WEBHOOKS_EVERY", ROUNDS)
        monkeypatch.setattr(housekeeping, "EVERY", HOUSEKEEPING)
        if request.config.getoption("markexpr") == LEAVES_TO_SOAK:
            monkeypatch.setattr(standing, "NEW_AFTER", SIGNS.total_seconds())


@pytest.fixture
def poll_minutes(request: pytest.FixtureRequest) -> int:
    """How often is polled where a test does not say so."""
    return MORE_OFTEN if request.node.get_closest_marker("soak") else SELDOM


@pytest.fixture
def open_stage(sqlite_url: str, poll_minutes: int) -> Iterator[Callable[..., Simulation]]:
    """Opens a stage at five to nine on a Thursday, on SQLite and polling seldom unless told otherwise."""
    with ExitStack() as stack:

        def open_(policy: Policy | None = None, url: str = sqlite_url, **given: Any) -> Simulation:
            start = given.pop("start", NINE - timedelta(minutes=5))
            given.setdefault("poll_every", timedelta(minutes=poll_minutes))
            if "simulator" in given:
                given["desks"] = [ConnectWiseDesk(given.pop("simulator"))]
            return stack.enter_context(stage(start, policy or scenario_policy(), url, **given))

        yield open_


@pytest.fixture
def desk(open_stage: Callable[..., Simulation]) -> Simulation:
    """A running stage at nine in the morning. What webhooks do not tell, the poll finds within a quarter of an hour."""
    running = open_stage()
    running.run_until(NINE)
    return running
