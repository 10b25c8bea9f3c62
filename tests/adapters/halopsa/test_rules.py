"""Rules of the instance behind our writes: seen by comparing, tried against once, and what a person did stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from adapters.halopsa.rules import Rules
from adapters.halopsa.simulation import changes
from connector.model import Aspect, Ownership, Person, Target, TicketId, TicketRecord
from connector.systems.contract import TicketSystem
from tests.adapters.halopsa.simulated import Site


def posts(site: Site) -> int:
    """How often a ticket was written."""
    return sum((call.method, call.path) == ("POST", "Tickets") for call in site.simulator.calls)


def where(site: Site, ticket: TicketId) -> tuple[str, str, str]:
    shown = site.simulator.ticket(int(ticket))
    return shown["team"], shown["agent_name"], site.simulator.state.statuses[shown["status_id"]]["name"]


def moved(system: TicketSystem, ticket: TicketId, owner: str | None = "Sam Senior") -> TicketRecord:
    person = Ownership.NOBODY if owner is None else system.directory.member(owner)
    return system.tickets.reassign(ticket, Target(system.directory.locate("Tier 3"), person))


# After a move


@pytest.mark.parametrize("wins", [False, True])
def test_the_status_is_sent_with_a_move_so_that_the_types_own_does_not_come(
    site: Site, system: TicketSystem, wins: bool
) -> None:
    ticket = site.a_ticket(agent="Tess Tech", status="With User")
    site.simulator.state.ticket_types[1]["statusaftertechupdate"] = 3
    site.faults.tech_update_wins = wins
    record = moved(system, ticket)
    assert (str(record.place), record.status.name) == ("Tier 3", "With User")
    assert where(site, ticket) == ("Tier 3", "Sam Senior", "With User")
    assert posts(site) == (2 if wins else 1)


def test_a_rule_that_turns_the_move_back_is_tried_against_without_rules(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket(agent="Tess Tech")
    site.faults.rule_reverts = frozenset({"team", "agent"})
    record = moved(system, ticket)
    assert (str(record.place), record.owner and record.owner.name) == ("Tier 3", "Sam Senior")
    assert posts(site) == 2


def test_what_comes_of_a_rule_that_is_stronger_is_told_after_one_more_try(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket(agent="Tess Tech")
    site.faults.rule_reverts = frozenset({"team"})
    site.faults.dont_do_rules_ignored = True
    assert str(moved(system, ticket).place) == "First Touch"
    assert posts(site) == 2


def test_a_status_that_resets_the_team_does_not_where_all_are_sent(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket(team="Tier 3", agent="Sam Senior")
    site.faults.status_change_resets_team = True
    place = system.directory.locate("Tier 3")
    system.tickets.reassign(ticket, Target(status=system.directory.status_in(place, "Action Required")))
    assert where(site, ticket) == ("Tier 3", "Sam Senior", "Action Required")
    assert posts(site) == 1


def test_what_a_person_did_right_after_the_move_is_not_fought(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket(agent="Tess Tech")
    run_rule = changes.run_rule

    def a_person(*args: object) -> bool:
        site.simulator.move(int(ticket), "Sr IT", "Irene Systems", by="Irene Systems")
        return True

    changes.run_rule = a_person  # type: ignore[assignment]  # in the place where a rule would run
    try:
        record = moved(system, ticket)
    finally:
        changes.run_rule = run_rule
    assert (str(record.place), record.owner and record.owner.name) == ("Sr IT", "Irene Systems")
    assert posts(site) == 1


# After a note


@pytest.mark.parametrize("sets", [{"team_id": 2}, {"agent_id": 1}, {"status_id": 3}, {"team_id": 2, "agent_id": 1}])
def test_what_a_rule_does_upon_a_note_is_put_back(site: Site, system: TicketSystem, sets: dict[str, int]) -> None:
    ticket = site.a_ticket(team="Tier 3", agent="Sam Senior", status="In Progress")
    site.faults.rule_after = frozenset({"actions"})
    site.faults.rule_sets = sets
    site.later()
    system.tickets.write_note(ticket, "ESC-1", "ESC-1")
    assert where(site, ticket) == ("Tier 3", "Sam Senior", "In Progress")
    assert posts(site) == 1
    places = [change for change in system.tickets.read(ticket).changes if change.what is Aspect.PLACE]
    assert places == []  # nobody moved it, so no stint begins


def test_a_type_whose_status_after_an_update_resets_the_team_is_put_back_too(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket(team="Tier 3", agent="Sam Senior", status="In Progress")
    site.simulator.state.ticket_types[1].update(statusaftertechupdate=3, default_team=2)
    site.faults.tech_update_wins = True
    site.faults.status_change_resets_team = True
    system.tickets.write_note(ticket, "ESC-1", "ESC-1")
    assert where(site, ticket) == ("Tier 3", "Sam Senior", "In Progress")


def test_a_note_that_changes_nothing_writes_no_ticket(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket(team="Tier 3", agent="Sam Senior")
    system.tickets.write_note(ticket, "ESC-1", "ESC-1")
    system.tickets.write_message(ticket, "MSG-1", "MSG-1")
    assert posts(site) == 0


@pytest.mark.parametrize(
    ("row", "is_other"),
    [
        ({"agent_id": 9, "username": "Tess Tech"}, True),
        ({"agent_id": 3, "username": "System"}, False),
        ({"agent_id": 1}, False),
        ({"agent_id": 0, "username": "Workflow"}, False),
        ({"username": "Tess Tech"}, True),
        ({"username": "system"}, False),
        ({"username": "Escalation Connector API"}, False),
        ({}, False),
    ],
)
def test_who_else_changed_a_ticket_is_told_by_number_or_name(row: dict[str, Any], is_other: bool) -> None:
    ours = Person("3", "Escalation Connector API", "Escalation Connector API")
    rules = Rules(None, None, None, lambda: ours)  # type: ignore[arg-type]  # only compares
    old = {"date": "2026-03-02T09:00:00", "value": "Team", "to": "Tier 3", "username": "Tom Touch"}
    new = {**old, "to": "Sr IT", "username": "", **row}
    assert rules.is_by_others({"audit_log": [old]}, {"audit_log": [old, new]}) is is_other
    assert rules.is_by_others({"audit_log": [old]}, {"audit_log": [old]}) is False
    assert rules.is_by_others({}, {"audit_log": None}) is False


def test_what_a_person_did_while_the_note_was_written_stays(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket(agent="Tess Tech")
    run_rule = changes.run_rule

    def a_person(*args: object) -> bool:
        site.simulator.move(int(ticket), "Tier 3", "Sam Senior", by="Tess Tech")
        return True

    changes.run_rule = a_person  # type: ignore[assignment]  # in the place where a rule would run
    try:
        system.tickets.write_note(ticket, "ESC-1", "ESC-1")
    finally:
        changes.run_rule = run_rule
    assert where(site, ticket) == ("Tier 3", "Sam Senior", "New")
    assert posts(site) == 0


def test_without_an_audit_log_what_a_rule_does_upon_a_note_is_put_back_as_well(
    site: Site, system: TicketSystem
) -> None:
    ticket = site.a_ticket(team="Tier 3", agent="Sam Senior")
    site.faults.audit_log_missing = True
    site.faults.rule_after = frozenset({"actions"})
    site.faults.rule_reverts = frozenset()
    site.faults.rule_sets = {"team_id": 2}
    system.tickets.write_note(ticket, "ESC-1", "ESC-1")
    assert where(site, ticket)[0] == "Tier 3"


def test_a_note_stands_whether_or_not_what_followed_can_be_put_back(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket(team="Tier 3", agent="Sam Senior")
    site.faults.rule_after = frozenset({"actions"})
    site.faults.rule_sets = {"team_id": 2}
    site.faults.forbid(method="POST", path="Tickets$")
    note = system.tickets.write_note(ticket, "ESC-1", "ESC-1")
    assert note.id == "2"
    assert where(site, ticket)[0] == "First Touch"


def test_what_was_put_back_later_than_at_once_is_a_change_like_any_other(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket(team="Tier 3", agent="Sam Senior")
    site.simulator.move(int(ticket), "First Touch")
    site.clock.advance(timedelta(minutes=5))
    moved(system, ticket, None)
    places = [str(change.new) for change in system.tickets.read(ticket).changes if change.what is Aspect.PLACE]
    assert places == ["First Touch", "Tier 3"]
