"""The adapter against the strict simulator, over a real socket."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.errors import Forbidden, NotFound, OutcomeUnknown, PayloadError, Permanent, Temporary, Unreachable
from connector.model import (
    BY_HISTORY,
    Aspect,
    AuthorKind,
    EntryKind,
    Ownership,
    Person,
    Place,
    Ref,
    Status,
    StatusGroup,
    Target,
    TicketId,
    Visibility,
)
from connector.systems.contract import TicketSystem
from tests.adapters.halopsa.simulated import START, Site
from tests.doubles import our_note

# Reading


def test_a_ticket_with_its_whole_history_is_read_in_two_calls(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket(details="Error 0x80070005", priority="High")
    number = int(ticket)
    site.later(5)
    site.simulator.assign(number, "Tess Tech", by="Tess Tech")
    site.simulator.set_status(number, "In Progress", by="Tess Tech")
    site.later(5)
    site.simulator.add_note(number, "Plan: renew the certificate\nthen restart", "Tess Tech")
    site.simulator.add_note(number, "Read the log", "Tom Touch", minutes=3, internal=False)
    site.simulator.user_writes(number, "Any news?")
    site.simulator.add_note_by_program(number, "CPU at 3 %", "Tess Tech", "Alert Bridge")
    site.simulator.mail_user(number, "We are on it", "Tess Tech")
    system.tickets.read(site.a_ticket(agent="Tom Touch"))
    before = system.line.calls
    record = system.tickets.read(ticket)
    assert system.line.calls - before == 2
    assert (str(record.place), record.status.group) == ("First Touch", StatusGroup.WORKING)
    assert (record.owner and record.owner.identifier, record.priority and record.priority.name) == ("Tess Tech", "High")
    assert (record.client and record.client.name, record.contact) == ("Acme Corp", "Connie Client")
    assert (record.entered_at, record.responded_at) == (START, START + timedelta(minutes=10))
    assert record.url.endswith(f"/ticket?id={ticket}")
    seen = [(entry.author.kind, entry.kind, entry.visibility, entry.text) for entry in record.entries]
    agent, client, unknown = AuthorKind.AGENT, AuthorKind.CLIENT, AuthorKind.UNKNOWN
    assert seen == [
        (client, EntryKind.NOTE, Visibility.CLIENT, "Error 0x80070005"),
        (agent, EntryKind.NOTE, Visibility.INTERNAL, "Plan: renew the certificate\nthen restart"),
        (agent, EntryKind.TIME_ENTRY, Visibility.CLIENT, "Read the log"),
        (client, EntryKind.NOTE, Visibility.CLIENT, "Any news?"),
        (unknown, EntryKind.NOTE, Visibility.INTERNAL, "CPU at 3 %"),
        (agent, EntryKind.NOTE, Visibility.CLIENT, "We are on it"),
    ]
    assert {entry.author.identifier for entry in record.entries} == {"", "Tess Tech", "Tom Touch"}
    assert [(one.at, one.what, one.how, one.who) for one in record.changes] == [
        (START + timedelta(minutes=5), Aspect.OWNER, BY_HISTORY, "Tess Tech"),
        (START + timedelta(minutes=5), Aspect.STATUS, BY_HISTORY, "Tess Tech"),
    ]


def test_the_first_change_of_each_aspect_says_what_it_was_at_first(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket(agent="Tess Tech")
    site.later()
    site.simulator.move(int(ticket), "Tier 3", "Sam Senior", by="Tess Tech")
    site.simulator.set_priority(int(ticket), "Critical", by="Tess Tech")
    site.later()
    site.simulator.move(int(ticket), "Sr IT", by="Sam Senior")
    record = system.tickets.read(ticket)
    told = [(one.what.value, name_of(one.old), name_of(one.new)) for one in record.changes]
    assert told == [
        ("place", "First Touch", "Tier 3"),
        ("owner", "Tess Tech", "Sam Senior"),
        ("priority", "Medium", "Critical"),
        ("place", "Tier 3", "Sr IT"),
        ("owner", "Sam Senior", None),
    ]
    assert record.history_of == set(Aspect)
    assert record.changes[-1].new == record.owner
    assert record.changes[-2].new == record.place


def name_of(value: Place | Person | Status | Ref | None) -> str | None:
    if value is None:
        return None
    return str(value) if isinstance(value, Place) else value.name


def test_without_an_audit_log_only_the_status_has_a_history(site: Site, system: TicketSystem) -> None:
    site.faults.audit_log_missing = True
    ticket = site.a_ticket()
    site.simulator.move(int(ticket), "Tier 3", by="Tess Tech")
    site.simulator.set_status(int(ticket), "In Progress", by="Tess Tech")
    record = system.tickets.read(ticket)
    assert [one.what for one in record.changes] == [Aspect.STATUS]
    assert record.history_of == {Aspect.STATUS}


def test_messy_ids_and_bare_lists_are_read_all_the_same(site: Site, system: TicketSystem) -> None:
    site.faults.messy_ids = True
    site.faults.agent_envelope = "bare"
    site.faults.answers_arrays = True
    ticket = site.a_ticket(agent="Tess Tech")
    site.later()
    note = system.tickets.write_note(ticket, "ESC-1", "ESC-1")
    record = system.tickets.reassign(
        ticket, Target(system.directory.locate("Tier 3"), system.directory.member("Sam Senior"))
    )
    assert (str(record.place), record.owner and record.owner.name) == ("Tier 3", "Sam Senior")
    assert [entry.author.kind for entry in system.tickets.read(ticket).entries] == [AuthorKind.CONNECTOR]
    assert our_note(system, ticket, "ESC-1") == note
    assert [found.id for found in system.tickets.changed_since(START)] == [ticket]


def test_a_very_long_ticket_is_read_whole(site: Site, system: TicketSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.halopsa.notes.MOST_ACTIONS", 3)
    ticket = site.a_ticket()
    for n in range(5):
        site.simulator.add_note(int(ticket), f"note {n}", "Tess Tech")
    assert [entry.text for entry in system.tickets.read(ticket).entries] == [f"note {n}" for n in range(5)]


def test_a_ticket_counts_as_gone_only_when_the_list_proves_it(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket()
    site.faults.fail_next(1, 404, path=f"Tickets/{ticket}$")
    with pytest.raises(Temporary, match="yet the instance lists it"):
        system.tickets.read(ticket)
    site.faults.fail_next(None, 404, path="Tickets")
    with pytest.raises(Temporary, match="404 for everything"):
        system.tickets.read(ticket)
    site.faults.reset()
    site.simulator.delete(int(ticket))
    site.faults.fail_next(1, 403, path="Tickets$")
    with pytest.raises(Temporary, match="could not be found out"):
        system.tickets.read(ticket)
    for call in (
        lambda: system.tickets.read(ticket),
        lambda: system.tickets.write_note(ticket, "x", "x"),
        lambda: system.tickets.write_message(ticket, "x", "x"),
        lambda: system.tickets.reassign(ticket, Target(owner=Ownership.NOBODY)),
        lambda: system.tickets.reassign(ticket, Target(system.directory.locate("Tier 3"), Ownership.NOBODY)),
    ):
        with pytest.raises(NotFound):
            call()


def test_a_404_to_a_move_is_about_what_the_move_names_where_the_ticket_can_be_read(
    site: Site, system: TicketSystem
) -> None:
    ticket, target = site.a_ticket(), Target(system.directory.locate("Tier 3"), Ownership.KEEP)
    site.faults.fail_next(None, 404, method="POST", path="Tickets$")
    with pytest.raises(Permanent, match="what is not found is the team Tier 3") as refused:
        system.tickets.reassign(ticket, target)
    assert refused.value.cause == "the team Tier 3, or the status or person that the move names besides, is not found"
    with pytest.raises(Permanent, match="the person, the status or the priority") as refused:
        system.tickets.reassign(ticket, Target(owner=system.directory.member("Tess Tech")))
    assert "Tess" not in refused.value.cause
    site.faults.fail_next(1, 200, method="GET", path=f"Tickets/{ticket}$", body=site.simulator.ticket(int(ticket)))
    site.faults.fail_next(None, 404, method="GET", path=f"Tickets/{ticket}$")
    with pytest.raises(Temporary, match="yet the instance lists it"):
        system.tickets.reassign(ticket, target)
    site.faults.fail_next(None, 404, path="Tickets")
    with pytest.raises(Unreachable):
        system.tickets.reassign(ticket, target)


@pytest.mark.parametrize("ticket", ["", "x", "1/../2", "-1", "١"])
def test_what_is_no_ticket_number_is_never_asked_for(site: Site, system: TicketSystem, ticket: str) -> None:
    for call in (
        lambda: system.tickets.read(TicketId(ticket)),
        lambda: system.tickets.reassign(TicketId(ticket), Target(owner=Ownership.NOBODY)),
    ):
        with pytest.raises(NotFound):
            call()
    assert site.simulator.calls == []


def test_actions_that_cannot_be_read_do_not_prove_a_ticket_gone(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket()
    site.faults.fail_next(None, 404, path="Actions$")
    for call in (
        lambda: system.tickets.read(ticket),
        lambda: system.tickets.write_note(ticket, "x", "x"),
        lambda: system.tickets.write_message(ticket, "x", "x"),
    ):
        with pytest.raises(Temporary, match="yet the instance lists it"):
            call()


def test_a_team_that_is_in_no_list_is_a_place_of_its_own(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket(team="Tier 3")
    place = system.directory.locate("Tier 3")
    site.simulator.state.teams.pop(int(place.key))
    later = site.connected()
    record = later.tickets.read(ticket)
    assert (record.place.key, str(record.place)) == (place.key, f"team {place.key}")
    assert later.tickets.changed_since(START) is not None
    assert [found.id for found in later.tickets.open_tickets([place])] == [ticket]
    later.line.close()


def test_another_tickets_answer_is_refused(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket()
    site.simulator.distort(int(ticket), id=77)
    with pytest.raises(PayloadError, match="another ticket"):
        system.tickets.read(ticket)


def test_merged_and_deleted_tickets_are_not_escalated(site: Site, system: TicketSystem) -> None:
    ticket, into = site.a_ticket(), site.a_ticket()
    site.simulator.merge(int(ticket), int(into))
    record = system.tickets.read(ticket)
    assert (record.is_escalatable, record.why_not) == (False, f"it was merged into ticket {into}")
    assert record.status.group is StatusGroup.CLOSED
    site.simulator.distort(int(into), deleted=True)
    assert system.tickets.read(into).why_not == "it was deleted"


# Notes


def test_a_note_is_written_hidden_without_a_mail_and_leaves_the_status_alone(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket(status="With User")
    site.simulator.state.ticket_types[1]["statusaftertechupdate"] = 21
    text = "Escalated <now> & here\n\n- one\n\nESC-1"
    note = system.tickets.write_note(ticket, text, "ESC-1")
    row = site.simulator.actions_of(int(ticket))[-1]
    assert (row["outcome_id"], row["hiddenfromuser"], str(row["id"])) == (7, True, note.id)
    assert site.simulator.ticket(int(ticket))["status_id"] == 4
    assert not [call for call in site.simulator.calls if (call.method, call.path) == ("POST", "Tickets")]
    (entry,) = system.tickets.read(ticket).entries
    assert (entry.text, entry.visibility, entry.author.kind) == (text, Visibility.INTERNAL, AuthorKind.CONNECTOR)
    assert our_note(system, ticket, "ESC-1") == note
    assert our_note(system, ticket, "ESC-2") is None


def test_a_status_that_the_note_moved_all_the_same_is_put_back(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket(status="With User")
    site.simulator.state.ticket_types[1]["statusaftertechupdate"] = 3
    site.faults.tech_update_wins = True
    system.tickets.write_note(ticket, "ESC-1", "ESC-1")
    assert site.simulator.ticket(int(ticket))["status_id"] == 4
    site.faults.fail_next(1, 403, method="POST", path="Tickets$")
    system.tickets.write_note(ticket, "ESC-2", "ESC-2")
    assert system.tickets.read(ticket).status.name == "Action Required"


def test_a_message_is_proven_to_be_seen_by_the_client(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket()
    note = system.tickets.write_message(ticket, "We are on it. MSG-1", "MSG-1")
    (entry,) = system.tickets.read(ticket).entries
    assert (entry.id, entry.visibility) == (note.id, Visibility.CLIENT)
    assert our_note(system, ticket, "MSG-1") is None
    site.faults.note_comes_back_hidden = True
    with pytest.raises(Permanent, match="came back hidden"):
        system.tickets.write_message(ticket, "We are on it. MSG-2", "MSG-2")


def test_a_note_without_its_marker_is_not_written(site: Site, system: TicketSystem) -> None:
    for write in (system.tickets.write_note, system.tickets.write_message):
        with pytest.raises(Permanent, match="lacks its marker"):
            write(site.a_ticket(), "text", "ESC-1")
    assert site.simulator.calls == []


def test_a_visible_note_with_the_marker_is_not_ours(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket()
    site.simulator.user_writes(int(ticket), "ESC-1")
    site.simulator.add_note(int(ticket), "ESC-1", "Tess Tech", internal=False)
    assert our_note(system, ticket, "ESC-1") is None


def test_a_note_that_may_not_be_written_names_the_right(site: Site, system: TicketSystem) -> None:
    site.faults.forbid(method="POST", path="Actions$")
    with pytest.raises(Forbidden, match="the action that is an internal note"):
        system.tickets.write_note(site.a_ticket(), "ESC-1", "ESC-1")


def test_an_answer_that_is_no_action_is_an_unknown_outcome(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket()
    site.faults.fail_next(1, 201, method="POST", path="Actions$", body={"ok": True})
    with pytest.raises(OutcomeUnknown, match="not with an action"):
        system.tickets.write_note(ticket, "ESC-1", "ESC-1")


# The rest


def test_what_halo_does_not_have_is_refused_plainly(system: TicketSystem) -> None:
    assert system.can_add_people is False
    with pytest.raises(Permanent):
        system.tickets.add_people(TicketId("1"), [])
    with pytest.raises(Permanent, match="no signing keys"):
        system.webhooks.learn_key("x")


def test_a_tenant_is_asked_for_where_the_instance_needs_one() -> None:
    site = Site(tenant="harbour")
    with site.simulator.serve():
        system = site.connected()
        assert str(system.tickets.read(site.a_ticket()).place) == "First Touch"
        system.line.close()
        wrong = site.connected(tenant="")
        with pytest.raises(Unreachable, match="HALOPSA_TENANT"):
            wrong.tickets.read(site.a_ticket())
        wrong.line.close()
