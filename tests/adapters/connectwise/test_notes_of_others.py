"""What stands among a ticket's notes and is not, or not wholly, its own people's word."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.simulation.refusal import TEXT_TYPE, Refusal
from connector.errors import NotFound, Temporary
from connector.model import AuthorKind, Entry, EntryKind, TicketId, Visibility
from tests.adapters.connectwise.connected import START, Desk


def said(desk: Desk, ticket: TicketId) -> list[str]:
    return [entry.text for entry in desk.system.tickets.read(ticket).entries]


def entry(desk: Desk, ticket: TicketId, text: str) -> Entry:
    return next(one for one in desk.system.tickets.read(ticket).entries if one.text == text)


def all_notes(desk: Desk, ticket: TicketId) -> int:
    return sum(call.path == f"service/tickets/{ticket}/allNotes" for call in desk.simulator.calls)


# Child tickets


@pytest.mark.process("commands-programs")
def test_a_childs_notes_and_time_entries_are_no_entries_of_its_parent(desk: Desk) -> None:
    parent, child = desk.a_ticket(), desk.a_ticket()
    desk.simulator.bundle(int(child), int(parent))
    desk.simulator.add_note(int(parent), "Looked at the switch", "tess")
    desk.simulator.add_note(int(child), "/escalate urgency all phones are dead", "tom")
    desk.simulator.add_time_entry(int(child), "tom", "Plan: new phones", START, START)
    assert said(desk, parent) == ["Looked at the switch"]
    assert said(desk, child) == ["/escalate urgency all phones are dead", "Plan: new phones"]
    assert all(one.is_heard for one in desk.system.tickets.read(child).entries)


def test_the_notes_of_a_merged_ticket_are_kept_and_command_nothing(desk: Desk) -> None:
    into, merged = desk.a_ticket(), desk.a_ticket()
    desk.simulator.add_note(int(merged), "Restarted the router", "tess")
    desk.simulator.add_time_entry(int(merged), "tom", "/escalate knowledge of the router", START, START)
    desk.simulator.merge(int(merged), int(into))
    assert said(desk, into) == ["Restarted the router", "/escalate knowledge of the router"]
    assert not any(one.is_heard for one in desk.system.tickets.read(into).entries)


@pytest.mark.process("commands-programs")
def test_what_was_written_on_the_parent_is_a_step_of_the_child_and_no_command(desk: Desk) -> None:
    ticket = desk.a_ticket()
    desk.simulator.add_note(int(ticket), "/escalate urgency the whole site is down", "tess", by_parent=True)
    desk.simulator.add_note(int(ticket), "/help", "tess")
    copied, own = desk.system.tickets.read(ticket).entries
    assert (copied.author.kind, copied.visibility, copied.is_heard) == (AuthorKind.AGENT, Visibility.INTERNAL, False)
    assert own.is_heard


def test_a_bundled_row_that_names_no_ticket_commands_nothing(desk: Desk) -> None:
    parent, child = desk.a_ticket(), desk.a_ticket()
    desk.simulator.bundle(int(child), int(parent))
    desk.simulator.add_note(int(child), "/help", "tom")
    desk.simulator.faults.all_notes_name_no_ticket = True
    assert not entry(desk, parent, "/help").is_heard


# Programs


@pytest.mark.process("commands-programs")
def test_what_an_api_member_writes_is_no_agents(desk: Desk) -> None:
    desk.simulator.add_member("rmm", "Remote Monitor", license_class="X")
    ticket = desk.a_ticket()
    desk.simulator.add_note(int(ticket), "Plan: reboot. /escalate urgency disk full", "rmm")
    desk.simulator.add_time_entry(int(ticket), "rmm", "Plan: reboot again", START, START)
    authors = {one.author.kind for one in desk.system.tickets.read(ticket).entries}
    assert authors == {AuthorKind.UNKNOWN}
    assert entry(desk, ticket, "Plan: reboot again").author.name == "Remote Monitor"


def test_an_api_member_that_is_new_is_looked_up(desk: Desk) -> None:
    ticket = desk.a_ticket()
    desk.system.directory.member("tess")
    now = [0.0]
    system = desk.connected(lambda: now[0])
    system.directory.member("tess")
    desk.simulator.add_member("rmm", "Remote Monitor", license_class="X")
    desk.simulator.add_note(int(ticket), "Disk full", "rmm")
    now[0] = 60.0
    assert system.tickets.read(ticket).entries[0].author.kind is AuthorKind.UNKNOWN


def test_our_own_notes_are_told_from_other_programs_once_one_was_written(desk: Desk) -> None:
    ticket = desk.a_ticket()
    desk.simulator.add_member("rmm", "Remote Monitor", license_class="X")
    desk.simulator.add_note(int(ticket), "Disk full", "rmm")
    desk.system.tickets.write_note(ticket, "ESCALATED. ESC-1", "ESC-1")
    assert entry(desk, ticket, "ESCALATED. ESC-1").author.kind is AuthorKind.CONNECTOR
    assert entry(desk, ticket, "Disk full").author.kind is AuthorKind.UNKNOWN
    other = desk.connected().tickets.read(ticket).entries[-1].author
    assert (other.kind, other.identifier) == (AuthorKind.UNKNOWN, "connector-api")


# Time entries


def test_both_texts_of_a_time_entry_are_read_each_with_who_sees_it(desk: Desk) -> None:
    ticket = desk.a_ticket()
    end = START + timedelta(minutes=5)
    desk.simulator.add_time_entry(
        int(ticket), "tess", "Replaced the cable", START, end, internal=False, internal_notes="/help"
    )
    desk.simulator.add_time_entry(int(ticket), "tom", "", START, end, internal=False, internal_notes="Only for us")
    desk.simulator.add_time_entry(int(ticket), "tom", "Said twice", START, end, internal_notes="Said twice")
    found = [(one.text, one.visibility, one.kind) for one in desk.system.tickets.read(ticket).entries]
    assert found == [
        ("Replaced the cable", Visibility.CLIENT, EntryKind.TIME_ENTRY),
        ("/help", Visibility.INTERNAL, EntryKind.TIME_ENTRY),
        ("Only for us", Visibility.INTERNAL, EntryKind.TIME_ENTRY),
        ("Said twice", Visibility.INTERNAL, EntryKind.TIME_ENTRY),
    ]


def test_a_note_and_a_time_entry_of_one_number_are_two_entries(desk: Desk) -> None:
    ticket = desk.a_ticket()
    number = desk.simulator.add_note(int(ticket), "A note", "tess")
    record = {"id": number, "member": {"id": 101, "identifier": "tess", "name": "Tess Tech"}, "notes": "Time"}
    flags = dict.fromkeys(("addToDetailDescriptionFlag", "addToInternalAnalysisFlag", "addToResolutionFlag"), False)
    times = {"timeStart": "2026-03-02T09:00:00Z", "dateEntered": "2026-03-02T09:00:00Z", "enteredBy": "tess"}
    desk.simulator.load_time_entry({**record, **flags, **times, "chargeToType": "ServiceTicket"}, int(ticket))
    assert sorted(said(desk, ticket)) == ["A note", "Time"]
    assert len({one.id for one in desk.system.tickets.read(ticket).entries}) == 2


def test_a_time_entry_that_the_two_lists_number_differently_is_taken_once(desk: Desk) -> None:
    ticket = desk.a_ticket()
    desk.simulator.add_time_entry(int(ticket), "tess", "Read the log", START, START, internal_notes="/help")
    desk.simulator.faults.all_notes_number_apart = True
    assert said(desk, ticket) == ["Read the log", "/help"]


def test_time_entries_cost_a_call_only_where_there_are_some(desk: Desk) -> None:
    ticket = desk.a_ticket()
    desk.simulator.add_note(int(ticket), "A note", "tess")
    desk.system.tickets.read(ticket)
    before = desk.system.line.calls
    desk.system.tickets.read(ticket)
    assert desk.system.line.calls - before == 2
    desk.simulator.add_time_entry(int(ticket), "tess", "Time", START, START)
    desk.system.tickets.read(ticket)
    assert desk.system.line.calls - before == 5


# Sites without the list of all notes


@pytest.mark.parametrize("status", [404, 405])
@pytest.mark.parametrize(
    "body",
    ["", "<html>Not Found</html>", '{"code":"NotFound","message":"Service Ticket not found"}', '{"message":"No."}'],
)
def test_a_site_without_the_list_of_all_notes_is_believed_in_any_words(desk: Desk, status: int, body: str) -> None:
    ticket = desk.a_ticket()
    desk.simulator.add_note(int(ticket), "A note", "tess")
    desk.simulator.add_time_entry(int(ticket), "tess", "Time", START, START, internal_notes="Plan: a cable")
    desk.simulator.faults.all_notes_missing = Refusal(status, body, content_type=TEXT_TYPE)
    for _ in range(3):
        assert said(desk, ticket) == ["A note", "Time", "Plan: a cable"]
    assert all_notes(desk, ticket) == 1


def test_the_list_of_all_notes_is_asked_for_again_after_an_hour(desk: Desk) -> None:
    ticket = desk.a_ticket()
    now = [0.0]
    system = desk.connected(lambda: now[0])
    desk.simulator.faults.all_notes_missing = True
    system.tickets.read(ticket)
    now[0] = 3599.0
    system.tickets.read(ticket)
    assert all_notes(desk, ticket) == 1
    desk.simulator.faults.all_notes_missing = False
    now[0] = 3601.0
    system.tickets.read(ticket)
    assert all_notes(desk, ticket) == 2


def test_an_outage_is_no_missing_list(desk: Desk) -> None:
    ticket = desk.a_ticket()
    desk.system.tickets.read(ticket)
    desk.simulator.faults.fail_next(2, 404, method="GET", path="otes$")
    with pytest.raises(Temporary):
        desk.system.tickets.read(ticket)
    desk.system.tickets.read(ticket)
    assert all_notes(desk, ticket) == 3


def test_a_ticket_that_goes_while_it_is_read_is_gone(desk: Desk) -> None:
    ticket = desk.a_ticket()
    desk.simulator.faults.fail_next(1, 404, method="GET", path=r"allNotes$")
    desk.simulator.delete(int(ticket))
    with pytest.raises(NotFound):
        desk.system.tickets.read(ticket)
