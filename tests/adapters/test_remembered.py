"""Readings that are remembered: only where a ticket is proven to show what is written on it, and shows nothing new."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.remembered import KEPT_FOR, Reading, Remembered
from connector.model import Author, AuthorKind, Entry, EntryKind, TicketId, Visibility
from tests.builders import NINE

TICKET = TicketId("4711")
SECOND = timedelta(seconds=1)
LATER = NINE + timedelta(minutes=30)


def an_entry(text: str = "Tried a cable", seconds: float = 0) -> Entry:
    at = NINE + seconds * SECOND
    return Entry("1", EntryKind.NOTE, Author(AuthorKind.AGENT, "Tess"), at, text, Visibility.INTERNAL)


def a_reading(version: str = "v1", read_after: float = 60, entry: Entry | None = None) -> Reading[None]:
    return Reading(version, NINE, NINE + read_after * SECOND, [entry or an_entry()], None)


def a_memory(*, is_proven: bool = True) -> Remembered[None]:
    memory: Remembered[None] = Remembered(5 * SECOND)
    if is_proven:
        memory.learn(TICKET, "our note", LATER, is_by_note=True)
    return memory


def test_what_was_read_is_remembered_as_long_as_the_ticket_shows_that_version() -> None:
    memory, reading = a_memory(), a_reading()
    memory.keep(TICKET, reading)
    assert memory.of(TICKET, "v1", LATER) is reading
    assert memory.of(TICKET, "v2", LATER) is None
    assert memory.of(TicketId("4712"), "v1", LATER) is None


def test_nothing_is_remembered_before_a_note_of_ours_has_shown_on_a_ticket() -> None:
    memory = a_memory(is_proven=False)
    memory.keep(TICKET, a_reading())
    assert memory.of(TICKET, "v1", LATER) is None
    memory.learn(TICKET, "somebody else's", LATER, is_by_note=False)
    assert memory.of(TICKET, "v1", LATER) is None
    memory.learn(TICKET, "ours", LATER, is_by_note=True)
    assert memory.of(TICKET, "v1", LATER) is not None


def test_a_note_of_ours_that_does_not_show_ends_it_for_good() -> None:
    memory = a_memory()
    memory.keep(TICKET, a_reading())
    memory.learn(TICKET, "v1", LATER, is_by_note=True)
    memory.learn(TICKET, "v2", LATER, is_by_note=True)
    assert memory.of(TICKET, "v1", LATER) is None


@pytest.mark.parametrize(("seconds", "is_believed"), [(2, True), (3, False)])
def test_an_entry_that_is_younger_than_the_tickets_last_update_ends_it_for_good(
    seconds: float, is_believed: bool
) -> None:
    memory = a_memory()
    memory.keep(TicketId("1"), a_reading(entry=an_entry(seconds=seconds)))
    memory.keep(TICKET, a_reading())
    assert (memory.of(TICKET, "v1", LATER) is not None) is is_believed


def test_a_note_of_ours_in_the_very_second_of_the_last_update_proves_nothing() -> None:
    memory, reading = a_memory(), a_reading()
    memory.keep(TICKET, reading)
    memory.learn(TICKET, "v1", NINE + SECOND, is_by_note=True)
    assert memory.of(TICKET, "v1", LATER) is reading


def test_what_is_written_while_it_is_read_proves_nothing() -> None:
    memory, reading = a_memory(), a_reading(entry=an_entry(seconds=58))
    memory.keep(TICKET, reading)
    assert memory.of(TICKET, "v1", LATER) is reading


@pytest.mark.parametrize(("seconds", "is_believed"), [(0, False), (4.9, False), (5, True)])
def test_what_was_read_in_the_moment_of_the_last_update_may_lack_something(seconds: float, is_believed: bool) -> None:
    memory = a_memory()
    memory.keep(TICKET, a_reading(read_after=seconds))
    assert (memory.of(TICKET, "v1", LATER) is not None) is is_believed


def test_what_was_read_long_ago_is_read_again() -> None:
    memory, reading = a_memory(), a_reading()
    memory.keep(TICKET, reading)
    assert memory.of(TICKET, "v1", reading.read_at + KEPT_FOR) is reading
    assert memory.of(TICKET, "v1", reading.read_at + KEPT_FOR + SECOND) is None


def test_it_takes_no_more_room_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.remembered._MOST_CHARACTERS", 10_000)
    memory = a_memory()
    for number in range(1000):
        memory.keep(TicketId(str(number)), a_reading(entry=an_entry("x" * 1000)))
    found = [number for number in range(1000) if memory.of(TicketId(str(number)), "v1", LATER)]
    assert found == [997, 998, 999]
    memory.keep(TicketId("999"), a_reading("v2"))
    assert memory.of(TicketId("998"), "v1", LATER) is not None
    memory.keep(TICKET, a_reading(entry=an_entry("x" * 20_000)))
    assert memory.of(TICKET, "v1", LATER) is None


def test_rows_that_are_kept_beside_take_room_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.remembered._MOST_CHARACTERS", 50_000)
    memory: Remembered[list[str]] = Remembered(5 * SECOND)
    memory.learn(TICKET, "our note", LATER, is_by_note=True)
    for number in range(5):
        memory.keep(TicketId(str(number)), Reading("v1", NINE, NINE + 60 * SECOND, [], ["a row"] * 20))
    found = [number for number in range(5) if memory.of(TicketId(str(number)), "v1", LATER)]
    assert found == [3, 4]
