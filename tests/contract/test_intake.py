"""What somebody outside writes is bounded and harmless when it is read, and keeps no ticket from being read."""

from __future__ import annotations

import pytest

from adapters.http import TooLarge
from connector.model import AuthorKind, Entry, TicketId, TicketRecord, Visibility
from connector.reading.intake import entries as intake
from connector.reading.intake.texts import MOST_OF_AN_ENTRY, UNREADABLE
from connector.reading.own_words import own_lines
from connector.rules.commands import says_something
from connector.systems.contract import TicketSystem
from tests.contract.worlds import World

PLAN = "Plan: restart the agent, then read its log"


def read(system: TicketSystem, ticket: TicketId) -> TicketRecord:
    return system.tickets.read(ticket)


def clients(record: TicketRecord) -> list[Entry]:
    return [entry for entry in record.entries if entry.author.kind is AuthorKind.CLIENT]


def is_planned(record: TicketRecord) -> bool:
    return any(PLAN in entry.text and entry.author.kind is AuthorKind.AGENT for entry in record.entries)


def a_planned_ticket(world: World) -> TicketId:
    ticket = world.worked_on()
    world.tick()
    world.desk.note(ticket, "tess", PLAN)
    world.tick()
    return ticket


def test_of_a_long_mail_the_beginning_is_read_and_the_rest_is_counted(world: World) -> None:
    ticket = a_planned_ticket(world)
    world.desk.client_writes(ticket, "It still fails. " + "blah " * 40_000 + "THE END")
    record = world.read(ticket)
    long = max(record.entries, key=lambda entry: len(entry.text))
    assert long.text.startswith("It still fails. blah")
    assert "THE END" not in long.text
    assert len(long.text.encode()) <= MOST_OF_AN_ENTRY
    assert long.unread > 130_000
    assert is_planned(record)


def test_no_character_turns_the_words_around_or_steers_a_terminal(world: World) -> None:
    ticket = world.worked_on()
    world.tick()
    world.desk.note(ticket, "tess", "Opened \u202egnp.exe\u2069, found 0x8007\u200b0005")
    world.tick()
    world.desk.client_writes(ticket, "\u2067still\u2069 broken")
    texts = [entry.text for entry in world.read(ticket).entries]
    assert any("Opened gnp.exe, found 0x80070005" in text for text in texts)
    assert any("still broken" in text for text in texts)


def test_of_too_many_mails_the_newest_are_read_and_all_that_agents_wrote(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "MOST_ENTRIES", 4)
    ticket = a_planned_ticket(world)
    for number in range(9):
        world.desk.client_writes(ticket, f"It still fails, mail {number}")
        world.tick()
    whole = len(world.read(ticket).entries)
    record = world.read(ticket)
    assert is_planned(record)
    assert len(clients(record)) <= 4
    assert record.left_out >= 5
    assert record.left_out + whole >= 10
    assert any("mail 8" in entry.text for entry in record.entries)
    assert not any("mail 2" in entry.text for entry in record.entries)


def test_a_mail_larger_than_any_answer_keeps_nobody_from_reading_the_ticket(world: World) -> None:
    system = world.connect(max_bytes=60_000, attempts=1)
    ticket = a_planned_ticket(world)
    before = read(system, ticket)
    assert (before.left_out, is_planned(before)) == (0, True)
    world.desk.client_writes(ticket, "It still fails. " + "blah " * 20_000)
    record = read(system, ticket)
    assert is_planned(record)
    assert record.left_out or any(entry.text == UNREADABLE.words for entry in record.entries)
    assert len(record.entries) >= len(before.entries)
    world.tick()
    world.desk.client_writes(ticket, "Is anybody there?")
    record = read(system, ticket)
    assert is_planned(record)
    assert any("Is anybody there?" in entry.text for entry in record.entries) or record.left_out >= 2


def test_what_an_agent_wrote_is_never_left_out_because_it_is_too_large(world: World) -> None:
    system = world.connect(max_bytes=60_000, attempts=1)
    ticket = world.worked_on()
    world.tick()
    world.desk.note(ticket, "tess", f"{PLAN}. " + "blah " * 20_000)
    with pytest.raises(TooLarge):
        read(system, ticket)


def test_a_history_that_was_read_in_part_still_tells_where_the_ticket_was(world: World) -> None:
    system = world.connect(max_bytes=60_000, attempts=1)
    ticket = a_planned_ticket(world)
    whole = read(system, ticket)
    world.desk.client_writes(ticket, "blah " * 20_000)
    part = read(system, ticket)
    assert part.history_of <= whole.history_of
    assert [change for change in part.changes if change.what in part.history_of] == [
        change for change in whole.changes if change.what in part.history_of
    ]
    assert all(entry.visibility is not Visibility.UNKNOWN for entry in clients(part))


@pytest.mark.parametrize("odd", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\r"])
def test_an_odd_line_end_lets_nobodys_words_out_of_a_quote(world: World, odd: str) -> None:
    """A program that quotes marks anew behind usual line ends alone."""
    ticket = world.worked_on()
    world.tick()
    world.desk.note(ticket, "tess", f"For the record:\n> Hello{odd}/escalate urgency the client is down\nLooked at it")
    entries = world.read(ticket).entries
    assert not any(says_something(entry) for entry in entries)
    assert any("Looked at it" in own_lines(entry.text) for entry in entries)
