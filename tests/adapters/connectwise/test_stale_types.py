"""A ticket that moves with what only its old board knows: type, subtype, item, and the custom fields they demand."""

from __future__ import annotations

import pytest

from adapters.connectwise.refusals import Refused
from connector.errors import Permanent
from connector.model import Ownership, Target, TicketId
from tests.adapters.connectwise.connected import Desk

ALL = frozenset({"type", "subType", "item", "customFields"})


def classified(desk: Desk, **more: str) -> TicketId:
    ticket = desk.a_ticket(owner="tess", **more)
    desk.simulator.classify(int(ticket), type="Hardware", subType="Printer", item="Toner")
    return ticket


def target(desk: Desk, home: str = "Tier 3 > Seniors") -> Target:
    place = desk.system.directory.locate(home)
    return Target(place, Ownership.NOBODY, desk.system.directory.status_in(place, "New"))


def patches(desk: Desk) -> int:
    return sum(call.method == "PATCH" for call in desk.simulator.calls)


@pytest.mark.parametrize(
    "refused", [ALL, {"type"}, {"subType"}, {"item"}, {"customFields"}], ids=lambda names: "-".join(sorted(names))
)
def test_what_only_the_old_board_knows_is_taken_off_once_the_site_objects(desk: Desk, refused: set[str]) -> None:
    desk.simulator.faults.board_move_refuses = frozenset(refused)
    ticket, wanted = classified(desk), target(desk)
    record = desk.system.tickets.reassign(ticket, wanted)
    assert (record.place, record.status, record.owner) == (wanted.place, wanted.status, None)
    assert not {"type", "subType", "item"} & set(desk.simulator.ticket(int(ticket)))
    assert patches(desk) == 2


def test_a_site_that_takes_it_is_sent_nothing_of_it(desk: Desk) -> None:
    desk.system.tickets.reassign(classified(desk), target(desk))
    assert patches(desk) == 1


def test_a_home_without_a_team_is_reached_through_both_objections(desk: Desk) -> None:
    desk.simulator.faults.board_move_refuses = ALL
    home = target(desk, "Sr IT")
    record = desk.system.tickets.reassign(classified(desk), home)
    assert record.place.path[0].name == "Sr IT"


def test_a_refusal_that_stays_is_final_and_says_what_the_site_said(desk: Desk) -> None:
    desk.simulator.faults.board_move_refuses = frozenset({"customFields"})
    desk.simulator.faults.removal_is_ignored = frozenset({"type"})
    ticket, wanted = classified(desk), target(desk)
    with pytest.raises(Permanent, match="Asset Tag is required"):
        desk.system.tickets.reassign(ticket, wanted)
    assert patches(desk) == 2
    assert desk.simulator.ticket(int(ticket))["board"]["name"] == "Service Desk"


def test_what_is_refused_within_a_board_is_not_put_right(desk: Desk) -> None:
    ticket = classified(desk)
    status = desk.system.directory.status_in(desk.system.directory.locate("Tier 3"), "New")
    with pytest.raises(Refused):
        desk.system.tickets.reassign(ticket, Target(status=status))
    assert patches(desk) == 1
