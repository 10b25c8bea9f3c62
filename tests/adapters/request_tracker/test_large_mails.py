"""A mail of very many or very large parts keeps its ticket from nobody's sight, and costs few calls, little memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapters.http import TooLarge
from adapters.request_tracker import texts
from adapters.request_tracker.simulation.actions import attach
from connector.model import TicketId, TicketRecord
from connector.reading.intake.texts import MOST_OF_AN_ENTRY, UNREADABLE
from connector.systems.catalogue import ticket_systems
from tests.contract.worlds import World, simulated_world

PLAN = "Plan: restart the agent and read its log"


@pytest.fixture
def world() -> Iterator[World]:
    with simulated_world(ticket_systems()["rt"]) as made:
        yield made


def a_mail_with(world: World, parts: int, words: str = "x", headers: str = "", *, writer: str = "") -> TicketId:
    """A planned ticket on which a client's mail of so many parts came in, or a note of somebody's."""
    ticket = world.worked_on()
    world.tick()
    world.desk.note(ticket, "tess", PLAN)
    world.tick()
    world.desk.note(ticket, writer, "more") if writer else world.desk.client_writes(ticket, "hello")
    state = world.desk.simulator.state
    row = [row for row in state.transactions.values() if row.attachments][-1]
    for _ in range(parts):
        attach(state, row, "text/plain", words, headers=f"Content-Type: text/plain\n{headers}")
    return ticket


def is_planned(record: TicketRecord) -> bool:
    return any(PLAN in entry.text for entry in record.entries)


def test_headers_larger_than_an_answer_keep_nobody_from_reading_the_ticket(world: World) -> None:
    system = world.connect(max_bytes=60_000, attempts=1)
    record = system.tickets.read(a_mail_with(world, 20, headers="X-A: " + "h" * 5_000))
    assert is_planned(record)
    assert any(entry.text == UNREADABLE.words for entry in record.entries)


def test_a_clients_first_header_larger_than_an_answer_does_not_either(world: World) -> None:
    system = world.connect(max_bytes=60_000, attempts=1)
    ticket = a_mail_with(world, 0)
    row = [row for row in world.desk.simulator.state.transactions.values() if row.attachments][-1]
    row.attachments[0].headers += "\nX-A: " + "h" * 80_000
    record = system.tickets.read(ticket)
    assert is_planned(record)
    assert any(entry.text == UNREADABLE.words and entry.is_claimed for entry in record.entries)


def test_a_mail_in_an_agents_name_may_be_left_out_as_well(world: World) -> None:
    system = world.connect(max_bytes=60_000, attempts=1)
    ticket = a_mail_with(world, 1, "x" * 80_000, writer="tess")
    row = [row for row in world.desk.simulator.state.transactions.values() if row.attachments][-1]
    row.attachments[0].headers = "X-RT-Interface: Email\n" + row.attachments[0].headers
    record = system.tickets.read(ticket)
    assert is_planned(record)
    assert any(entry.text == UNREADABLE.words and entry.is_claimed for entry in record.entries)


def test_an_agents_note_that_is_too_large_is_an_error_as_before(world: World) -> None:
    system = world.connect(max_bytes=60_000, attempts=1)
    with pytest.raises(TooLarge):
        system.tickets.read(a_mail_with(world, 1, "x" * 80_000, writer="tess"))


def test_of_very_many_parts_the_first_are_read_in_few_calls(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "_MOST_PAGES", 2)
    ticket = a_mail_with(world, 600)
    world.system.tickets.read(world.worked_on())  # who is who is known by now
    before = world.system.line.calls
    record = world.read(ticket)
    assert is_planned(record)
    assert any(entry.unread for entry in record.entries)
    assert world.system.line.calls - before <= 20


def test_what_is_kept_of_many_large_parts_is_an_entry(world: World) -> None:
    record = world.read(a_mail_with(world, 40, "blah " * 4_000))
    (large,) = (entry for entry in record.entries if entry.unread)
    assert len(large.text) <= MOST_OF_AN_ENTRY
    assert large.unread > 39 * 19_000 - MOST_OF_AN_ENTRY
