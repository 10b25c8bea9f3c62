"""Reassignments on the strict simulator, over a real socket."""

from __future__ import annotations

from typing import Any

import pytest

from connector.errors import Forbidden, OutcomeUnknown, Permanent
from connector.model import (
    BY_CONNECTOR,
    Ownership,
    Person,
    Ref,
    Target,
)
from connector.systems.contract import TicketSystem
from tests.adapters.halopsa.simulated import Site


def test_reading_an_escalation_and_carrying_it_out_takes_eight_calls(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket(agent="Tess Tech")
    place, sam = system.directory.locate("Tier 3"), system.directory.member("Sam Senior")
    target = Target(place, sam, system.directory.status_in(place, "New"), system.directory.priority("High"))
    system.tickets.write_note(site.a_ticket(), "ESC-0", "ESC-0")
    site.later()
    before = system.line.calls
    system.tickets.read(ticket)
    system.tickets.write_note(ticket, "ESC-1", "ESC-1")
    record = system.tickets.reassign(ticket, target)
    assert system.line.calls - before == 8
    assert (record.place, record.owner, record.status, record.priority) == (
        place,
        sam,
        target.status,
        target.priority,
    )
    assert all(one.how == BY_CONNECTOR for one in system.tickets.read(ticket).changes)


def test_what_a_turn_has_just_read_is_not_read_again(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket(agent="Tess Tech")
    target = Target(system.directory.locate("Tier 3"), Ownership.NOBODY)
    system.tickets.write_note(ticket, "ESC-0", "ESC-0")
    system.tickets.read(ticket)
    site.later()
    before = system.line.calls
    seen = system.tickets.read(ticket)
    note = system.tickets.write_note(ticket, "ESC-1", "ESC-1", seen)
    looked = system.tickets.read(ticket, note)
    record = system.tickets.reassign(ticket, target, looked)
    assert system.line.calls - before == 2 + 2 + 1 + 2
    assert "ESC-1" in looked.entries[-1].text
    assert (str(record.place), record.owner) == ("Tier 3", None)


@pytest.mark.parametrize(("seconds", "calls"), [(5, 2), (6, 3)])
def test_what_a_turn_read_longer_ago_is_read_again(
    site: Site, system: TicketSystem, seconds: float, calls: int
) -> None:
    ticket = site.a_ticket(agent="Tess Tech")
    system.tickets.write_note(site.a_ticket(), "ESC-0", "ESC-0")
    seen = system.tickets.read(ticket)
    site.later(seconds / 60)
    before = system.line.calls
    system.tickets.write_note(ticket, "ESC-1", "ESC-1", seen)
    assert system.line.calls - before == calls


@pytest.mark.parametrize("owner", [Ownership.KEEP, Ownership.NOBODY, "Sam Senior"])
@pytest.mark.parametrize("team", [None, "Tier 3"])
def test_every_target_is_reached_and_reached_again_without_harm(
    site: Site, system: TicketSystem, owner: Any, team: str | None
) -> None:
    ticket = site.a_ticket(agent="Tess Tech")
    wanted = system.directory.member(owner) if owner == "Sam Senior" else owner
    target = Target(system.directory.locate(team) if team else None, wanted)
    for _ in range(2):
        site.later()
        record = system.tickets.reassign(ticket, target)
        assert str(record.place) == (team or "First Touch")
        held = {Ownership.KEEP: "Tess Tech", Ownership.NOBODY: None}.get(owner, owner)
        assert (record.owner.name if record.owner else None) == held


def test_what_is_met_already_is_not_written_again(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket(agent="Tess Tech")
    system.tickets.reassign(ticket, Target(owner=system.directory.member("Tess Tech")))
    system.tickets.reassign(ticket, Target())
    assert [call.path for call in site.simulator.calls if call.method == "POST"] == ["auth/token"]


def test_an_instance_that_takes_teams_by_name_only_is_coped_with(site: Site, system: TicketSystem) -> None:
    site.faults.team_id_ignored = True
    ticket = site.a_ticket(agent="Tess Tech")
    site.later()
    record = system.tickets.reassign(
        ticket, Target(system.directory.locate("Tier 3"), system.directory.member("Sam Senior"))
    )
    assert (str(record.place), record.owner and record.owner.name) == ("Tier 3", "Sam Senior")
    assert len(site.slept) == 0


def test_a_ticket_without_a_known_team_is_moved_by_its_agent_alone(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket(agent="Tess Tech")
    site.simulator.distort(int(ticket), team_id=0)
    record = system.tickets.reassign(ticket, Target(owner=system.directory.member("Tom Touch")))
    assert (str(record.place), record.owner and record.owner.name) == ("no team", "Tom Touch")


def test_a_computed_priority_is_told_as_it_is(site: Site, system: TicketSystem) -> None:
    site.faults.priority_computed = True
    record = system.tickets.reassign(site.a_ticket(), Target(priority=system.directory.priority("Critical")))
    assert record.priority == Ref("3", "Medium")


def test_agents_who_left_get_no_tickets(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket()
    sam = system.directory.member("Sam Senior")
    with pytest.raises(Permanent, match="inactive agent"):
        system.tickets.reassign(ticket, Target(owner=system.directory.member("Gus Gone")))
    with pytest.raises(Permanent, match="no agent of the instance"):
        system.tickets.reassign(ticket, Target(owner=Person("999", "x", "x")))
    site.simulator.set_agent_active("Sam Senior", False)
    with pytest.raises(Permanent, match="not active"):
        system.tickets.reassign(ticket, Target(owner=sam))


def test_a_move_without_an_answer_is_looked_at(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket(agent="Tess Tech")
    target = Target(system.directory.locate("Tier 3"), Ownership.NOBODY)
    site.faults.drop_before_performing(1, method="POST", path="Tickets$")
    with pytest.raises(OutcomeUnknown):
        system.tickets.reassign(ticket, target)
    site.faults.accept_but_never_answer(1, method="POST", path="Tickets$")
    assert str(system.tickets.reassign(ticket, target).place) == "Tier 3"


def test_a_move_without_an_answer_that_cannot_be_looked_at_is_unknown(
    site: Site, system: TicketSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = site.a_ticket(agent="Tess Tech")
    client = system.tickets._client
    post = client.post

    def unanswered(*asked: Any) -> Any:
        site.faults.fail_next(1, 500, method="GET", path="Tickets/")
        return post(*asked)

    monkeypatch.setattr(client, "post", unanswered)
    site.faults.accept_but_never_answer(1, method="POST", path="Tickets$")
    with pytest.raises(OutcomeUnknown):
        system.tickets.reassign(ticket, Target(system.directory.locate("Sr IT"), Ownership.NOBODY))


def test_an_answer_that_is_not_the_ticket_leaves_the_proof_to_the_reading(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket()
    site.faults.fail_next(2, 201, method="POST", path="Tickets$", body={"id": int(ticket)})
    with pytest.raises(OutcomeUnknown, match="cannot be read back"):
        system.tickets.reassign(ticket, Target(system.directory.locate("Tier 3"), Ownership.NOBODY))


def test_a_move_that_may_not_be_made_names_the_right(site: Site, system: TicketSystem) -> None:
    site.faults.forbid(method="POST", path="Tickets$")
    with pytest.raises(Forbidden, match="to re-assign tickets"):
        system.tickets.reassign(site.a_ticket(), Target(system.directory.locate("Tier 3"), Ownership.NOBODY))
