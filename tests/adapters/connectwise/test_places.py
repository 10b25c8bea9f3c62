"""The boards and teams at which a tier could live, and the priorities, as the strict simulator has them."""

from __future__ import annotations

import pytest

from connector.errors import Forbidden, Permanent
from connector.model import Ref
from tests.adapters.connectwise.connected import Desk


def listed(desk: Desk) -> list[str]:
    return [str(place) for place in desk.connected().directory.places()]


def test_places_are_the_active_service_boards_each_with_its_teams(desk: Desk) -> None:
    desk.simulator.add_board("Closed down", inactive=True)
    desk.simulator.add_board("Projects", project=True)
    assert listed(desk) == [
        "Service Desk",
        "Service Desk > First Touch",
        "Service Desk > Dispatch",
        "Tier 3",
        "Tier 3 > Seniors",
        "Sr IT",
        "Sr IT > Management",
    ]


def test_what_two_boards_or_teams_are_called_is_left_out_and_all_else_is_there(desk: Desk) -> None:
    desk.simulator.add_board("Tier 3")
    desk.simulator.add_team("Service Desk", "Dispatch")
    desk.simulator.add_team("Service Desk", "Tier 3")
    assert listed(desk) == [
        "Service Desk",
        "Service Desk > First Touch",
        "Service Desk > Tier 3",
        "Sr IT",
        "Sr IT > Management",
    ]


def test_the_sign_between_board_and_team_may_stand_in_their_names(desk: Desk) -> None:
    desk.simulator.add_board("Desk > Nights")
    desk.simulator.add_team("Desk > Nights", ">On call")
    desk.simulator.add_board("Desk")
    desk.simulator.add_team("Desk", "Nights")
    found = listed(desk)
    assert {"Desk > Nights", "Desk > Nights > >On call", "Desk"} <= set(found)
    assert found.count("Desk > Nights") == 1, "the team of that writing cannot be told from the board"


def test_boards_and_teams_beyond_a_page_are_there(desk: Desk) -> None:
    desk.simulator.faults.page_size_cut = 25
    for number in range(60):
        desk.simulator.add_board(f"Board {number}", statuses=())
        desk.simulator.add_team("Sr IT", f"Team {number}")
    found = set(listed(desk))
    assert {f"Board {number}" for number in range(60)} | {f"Sr IT > Team {number}" for number in range(60)} <= found


def test_a_right_that_is_missing_is_told_and_no_empty_list(desk: Desk) -> None:
    desk.simulator.faults.forbid(path="/teams")
    with pytest.raises(Forbidden, match="Table Setup"):
        listed(desk)


def test_a_site_of_too_many_boards_is_not_asked_for_the_teams_of_each(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.connectwise.directory._MOST_BOARDS", 2)
    with pytest.raises(Permanent, match=r"3 service boards.*name the homes yourself"):
        listed(desk)


def test_priorities_are_in_the_order_of_the_site_and_none_of_two_of_one_name(desk: Desk) -> None:
    twice = [desk.simulator.add_priority("Quick") for _ in range(2)]
    found = desk.connected().directory.priorities()
    assert [one.name for one in found] == [
        "Priority 1 - Critical",
        "Priority 2 - High",
        "Priority 3 - Normal",
        "Priority 4 - Low",
    ]
    assert not {Ref(str(number), "Quick") for number in twice} & set(found)
