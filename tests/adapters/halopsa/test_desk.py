"""The desk on the simulator: what a script does is what the adapter sees."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.halopsa.desk import simulated
from connector.clock import VirtualClock
from connector.model import AuthorKind, EntryKind, Person, StatusGroup, TicketId, Visibility
from connector.systems.catalogue import ticket_systems
from connector.systems.desk import FORMER, STAFF, Desk, DeskTicket, Urgency
from tests.adapters.halopsa.simulated import START, WEBHOOK_URL, NoKeys


def test_what_is_done_at_the_desk_is_what_the_adapter_sees() -> None:
    clock = VirtualClock(START)
    desk: Desk = simulated(clock)
    with desk.serve():
        entry = ticket_systems()[desk.system]
        settings = entry.settings_from(desk.variables())
        system = entry.connect(settings, desk.homes, NoKeys(), clock, WEBHOOK_URL, attempts=1)
        system.webhooks.register()
        ticket = desk.open_ticket("VPN drops", client="Globex", urgency=Urgency.HIGH, description="Error 5")
        assert desk.ticket(ticket) == DeskTicket(1, None, "New", StatusGroup.NEW, Urgency.HIGH)
        for group in desk.statuses:
            desk.set_status(ticket, "tess", group)
            record = system.tickets.read(ticket)
            assert (record.status.name, record.status.group) == (desk.status_name(group), group)
            assert desk.ticket(ticket).group is group
        for urgency in Urgency:
            desk.set_urgency(ticket, "tess", urgency)
            priority = system.tickets.read(ticket).priority
            assert (priority and priority.name, desk.ticket(ticket).urgency) == (desk.priority_name(urgency), urgency)
        for tier, home in enumerate(desk.homes, 1):
            desk.move(ticket, "tess", tier, "sam" if tier == 2 else None)
            assert (str(system.tickets.read(ticket).place), desk.ticket(ticket).tier) == (home, tier)
        desk.assign(ticket, "irene", "irene")
        assert desk.ticket(ticket).owner == "irene"
        desk.set_status_named(ticket, "irene", "Quality Review")
        assert desk.ticket(ticket).group is StatusGroup.WORKING
        clock.advance(timedelta(minutes=5))
        desk.note(ticket, "irene", "Plan: one\ntwo")
        desk.note(ticket, "irene", "seen", internal=False)
        desk.time_entry(ticket, "irene", "worked", 5)
        desk.client_writes(ticket, "any news?")
        system.tickets.write_note(ticket, "ESC-1", "ESC-1")
        entries = system.tickets.read(ticket).entries
        assert [(one.text, one.kind, one.visibility, one.author.kind) for one in entries] == [
            ("Error 5", EntryKind.NOTE, Visibility.CLIENT, AuthorKind.CLIENT),
            ("Plan: one\ntwo", EntryKind.NOTE, Visibility.INTERNAL, AuthorKind.AGENT),
            ("seen", EntryKind.NOTE, Visibility.CLIENT, AuthorKind.AGENT),
            ("worked", EntryKind.TIME_ENTRY, Visibility.INTERNAL, AuthorKind.AGENT),
            ("any news?", EntryKind.NOTE, Visibility.CLIENT, AuthorKind.CLIENT),
            ("ESC-1", EntryKind.NOTE, Visibility.INTERNAL, AuthorKind.CONNECTOR),
        ]
        notes = desk.notes(ticket)
        assert [(one.id, one.at, one.text) for one in notes] == [(one.id, one.at, one.text) for one in entries]
        assert [note.by_connector for note in notes] == [False] * 5 + [True]
        assert [note.is_internal for note in notes] == [False, True, False, True, False, True]
        into = desk.open_ticket("Another")
        desk.merge(ticket, into)
        assert system.tickets.read(ticket).is_escalatable is False
        desk.delete(into)
        assert [found.id for found in system.tickets.changed_since(START)] == [ticket]
        desk.lose_webhooks(lost=True)
        waiting = desk.simulator.pending_callbacks()  # type: ignore[attr-defined]  # of this desk alone
        desk.note(ticket, "tess", "lost")
        assert waiting == desk.simulator.pending_callbacks() > 0  # type: ignore[attr-defined]
        desk.send_webhooks_to(WEBHOOK_URL)
        system.line.close()


def test_the_people_of_the_desk_are_those_that_the_adapter_knows() -> None:
    desk = simulated(VirtualClock(START))
    with desk.serve():
        entry = ticket_systems()["halopsa"]
        system = entry.connect(entry.settings_from(desk.variables()), desk.homes, NoKeys(), VirtualClock(START))
        for person, (name, tier) in STAFF.items():
            member = system.directory.member(desk.member(person))
            assert (member.name, member.is_active) == (name, True)
            teams = [
                n
                for n, home in enumerate(desk.homes, 1)
                if member.id in ids(system.directory.people(system.directory.locate(home)))
            ]
            assert teams == ([tier] if tier else [])
        assert system.directory.member(desk.member(FORMER)).is_active is False
        system.line.close()


def ids(people: list[Person]) -> set[str]:
    return {person.id for person in people}


def test_webhooks_are_delivered_when_they_are_told_to() -> None:
    posted: list[str] = []
    desk = simulated(VirtualClock(START), post=lambda url, body, headers, timeout: posted.append(url) or 202)
    with desk.serve():
        entry = ticket_systems()["halopsa"]
        settings = entry.settings_from(desk.variables())
        system = entry.connect(settings, desk.homes, NoKeys(), VirtualClock(START), WEBHOOK_URL)
        system.webhooks.register()
        desk.open_ticket("VPN drops")
        assert desk.deliver() == 1
        assert posted == [WEBHOOK_URL]
        assert desk.deliver() == 0
        system.line.close()


def test_a_ticket_that_is_not_there_is_said_so() -> None:
    desk = simulated(VirtualClock(START))
    with pytest.raises(Exception, match="404"):
        desk.ticket(TicketId("99"))
