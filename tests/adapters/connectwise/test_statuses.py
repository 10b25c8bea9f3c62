"""What the statuses of a board mean: by the board's own data, and where that says nothing, by their names."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.connectwise.statuses import board_statuses
from connector.model import StatusGroup

NEW, WORKING, PLANNED = StatusGroup.NEW, StatusGroup.WORKING, StatusGroup.PLANNED
WAITING, RESOLVED, CLOSED = StatusGroup.WAITING, StatusGroup.RESOLVED, StatusGroup.CLOSED
NAMES = ("New", "In Progress", "Blorp", "Warten auf Kunde", "Scheduled")


def rows(*stages: str, **more: Any) -> list[dict[str, Any]]:
    """A status for each stage."""
    names = NAMES * 2
    return [{"id": n, "name": names[n], "escalationStatus": stage, **more} for n, stage in enumerate(stages)]


def groups(found: list[dict[str, Any]]) -> list[StatusGroup]:
    return [one.status.group for one in board_statuses(found, "statuses").values()]


@pytest.mark.parametrize(
    ("stage", "group"),
    [
        ("NotResponded", NEW),
        ("Responded", WORKING),
        ("ResolutionPlan", PLANNED),
        ("Resolved", RESOLVED),
        ("NoEscalation", WAITING),
    ],
)
def test_a_status_means_what_its_board_says_of_it(stage: str, group: StatusGroup) -> None:
    other = "NotResponded" if stage == "Responded" else "Responded"
    placed = board_statuses(rows(stage, other), "statuses")["0"].placed
    assert (placed.status.group, placed.is_assumed) == (group, False)
    assert f"escalationStatus is {stage}" in placed.why


def test_a_closing_status_is_closed_whatever_else_it_says() -> None:
    placed = board_statuses(rows("NoEscalation", closedStatus=True), "statuses")["0"].placed
    assert (placed.status.group, placed.is_assumed) == (CLOSED, False)
    assert "closedStatus" in placed.why


@pytest.mark.parametrize("stage", ["NoEscalation", "NotResponded", "Responded", "ResolutionPlan", "SomethingNew"])
def test_where_all_say_the_same_the_names_decide(stage: str) -> None:
    closed = {"id": 9, "name": "Completed", "escalationStatus": stage, "closedStatus": True}
    resolved = {"id": 8, "name": "Put right", "escalationStatus": "Resolved"}
    unused = {"id": 7, "name": "Old", "escalationStatus": "Resolved", "inactive": True}
    found = [*rows(*[stage] * 5), resolved, closed, unused]
    assert groups(found) == [NEW, WORKING, WORKING, WAITING, WAITING, RESOLVED, CLOSED, RESOLVED]
    placed = board_statuses(found, "statuses")
    assert [one.placed.is_assumed for one in placed.values()] == [True] * 5 + [False] * 3
    assert "assumed from its name" in placed["2"].placed.why


def test_what_the_unused_ones_say_does_not_count() -> None:
    assert groups([*rows("NoEscalation", "NoEscalation"), *rows("Responded", inactive=True)])[1:] == [WORKING]


def test_one_that_says_something_else_is_enough_to_believe_the_board() -> None:
    assert groups(rows("NoEscalation", "NoEscalation", "Responded")) == [WAITING, WAITING, WORKING]


def test_a_single_open_status_is_believed_unless_all_it_says_is_that_it_waits() -> None:
    assert groups(rows("ResolutionPlan")) == [PLANNED]
    assert groups(rows("NoEscalation")) == [NEW]


@pytest.mark.parametrize("data", [{"escalationStatus": "SomethingNew"}, {}])
def test_an_open_status_that_nobody_has_placed_is_worked_on(data: dict[str, Any]) -> None:
    found = [*rows("NotResponded", "Responded"), {"id": 5, "name": "Limbo", **data}]
    placed = board_statuses(found, "statuses")["5"].placed
    assert (placed.status.group, placed.is_assumed) == (WORKING, True)
    assert "assumed" in placed.why


def test_a_board_without_open_statuses_says_nothing_wrong() -> None:
    assert board_statuses([], "statuses") == {}
    assert groups(rows("Resolved")) == [RESOLVED]
