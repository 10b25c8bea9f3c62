"""``write_note`` and ``write_message``: once, proven, found again by the marker alone."""

from __future__ import annotations

import pytest

from connector.errors import NotFound, Permanent
from connector.model import AuthorKind, TicketId, Visibility
from connector.systems.desk import DeskNote
from tests.contract.worlds import World
from tests.doubles import our_note

MARKER = "ESC-7HK2M4QXPA-3ZB5N6T2QR"
OTHER = "ESC-AAAAAAAAAA-BBBBBBBBBB"


def ours(world: World, ticket: TicketId) -> list[DeskNote]:
    """The notes that the connector wrote, as the desk sees them."""
    return [note for note in world.desk.notes(ticket) if note.by_connector]


@pytest.mark.process("one-note")
def test_a_note_is_internal_and_named_as_the_system_names_it(world: World) -> None:
    ticket = world.worked_on()
    world.tick()
    written = world.system.tickets.write_note(ticket, f"ESCALATED to Tier 3.\n\n{MARKER}", MARKER)
    (note,) = ours(world, ticket)
    assert (note.id, note.is_internal) == (written.id, True)
    assert world.is_at(written.at, world.now())
    assert note.text.split() == ["ESCALATED", "to", "Tier", "3.", MARKER]


def test_a_note_is_read_back_as_internal_and_as_nobodys_but_ours(world: World) -> None:
    ticket = world.worked_on()
    world.system.tickets.write_note(ticket, f"ESCALATED to Tier 3.\n\n{MARKER}", MARKER)
    (entry,) = (entry for entry in world.read(ticket).entries if MARKER in entry.text)
    assert entry.visibility is Visibility.INTERNAL
    assert entry.author.kind in (AuthorKind.AGENT, AuthorKind.CONNECTOR)
    assert entry.author.identifier not in {world.person(name).identifier for name in ("tess", "sam", "irene")}
    assert entry.text.rstrip().endswith(MARKER)


def test_a_note_is_found_by_its_marker_and_no_other_is(world: World) -> None:
    ticket, elsewhere = world.worked_on(), world.worked_on()
    assert our_note(world.system, ticket, MARKER) is None
    written = world.system.tickets.write_note(ticket, f"ESCALATED.\n\n{MARKER}", MARKER)
    world.desk.note(ticket, "tess", "Thanks, I have seen the note")
    found = our_note(world.system, ticket, MARKER)
    assert found is not None
    assert found.id == written.id
    assert world.is_at(found.at, written.at.replace(microsecond=0))
    assert our_note(world.system, ticket, OTHER) is None
    assert our_note(world.system, elsewhere, MARKER) is None


def test_a_note_is_found_by_a_connection_that_did_not_write_it(world: World) -> None:
    ticket = world.worked_on()
    written = world.system.tickets.write_note(ticket, f"ESCALATED.\n\n{MARKER}", MARKER)
    found = our_note(world.connect(), ticket, MARKER)
    assert found is not None
    assert found.id == written.id


def test_a_note_is_found_among_many(world: World) -> None:
    ticket = world.worked_on()
    for n in range(60):
        world.desk.note(ticket, "tess", f"Before, number {n}")
    written = world.system.tickets.write_note(ticket, f"ESCALATED.\n\n{MARKER}", MARKER)
    for n in range(60):
        world.desk.note(ticket, "tess", f"After, number {n}")
    found = our_note(world.system, ticket, MARKER)
    assert found is not None
    assert found.id == written.id


def test_what_the_client_can_see_is_never_taken_for_our_note(world: World) -> None:
    ticket = world.worked_on()
    world.desk.client_writes(ticket, f"You wrote:\n{MARKER}")
    world.desk.note(ticket, "tess", f"As said in {MARKER}", internal=False)
    assert our_note(world.system, ticket, MARKER) is None


@pytest.mark.parametrize(
    "text",
    [
        "Umlauts äöüß, café, 日本語, emoji 🚒",
        "Tags <b>bold</b> & entities &lt;i&gt; &amp; <script>alert(1)</script>",
        "Paths C:\\temp\\x, \"quotes\", 'single', 100 %",
        "{{ braces }} {$variable} %s %(name)s ${HOME}",
    ],
)
def test_a_note_comes_back_as_it_was_written(world: World, text: str) -> None:
    ticket = world.worked_on()
    world.system.tickets.write_note(ticket, f"{text}\n{MARKER}", MARKER)
    world.system.tickets.write_message(ticket, f"{text}\n{OTHER}", OTHER)
    words = [" ".join(entry.text.split()) for entry in world.read(ticket).entries]
    assert f"{text} {MARKER}" in words
    assert f"{text} {OTHER}" in words


@pytest.mark.process("note-fits")
def test_a_note_of_the_greatest_length_comes_back_whole(world: World) -> None:
    ticket, end = world.worked_on(), f"\n{MARKER}"
    line = "Step 1) äöü <b> & more of it, tried by hand.\n"
    room = world.system.note_limit - len(end)
    text = (line * (room // len(line) + 1))[:room] + end
    assert len(text) == world.system.note_limit >= 2000
    world.system.tickets.write_note(ticket, text, MARKER)
    (entry,) = (entry for entry in world.read(ticket).entries if MARKER in entry.text)
    assert entry.text.split() == text.split()
    assert our_note(world.system, ticket, MARKER) is not None


def test_a_note_without_its_marker_is_not_written(world: World) -> None:
    ticket = world.worked_on()
    for write in (world.system.tickets.write_note, world.system.tickets.write_message):
        with pytest.raises(Permanent):
            write(ticket, "ESCALATED to Tier 3.", MARKER)
    assert ours(world, ticket) == []


def test_nothing_is_written_on_a_ticket_that_does_not_exist(world: World) -> None:
    missing = TicketId("99999999")
    for write in (world.system.tickets.write_note, world.system.tickets.write_message):
        with pytest.raises(NotFound):
            write(missing, f"ESCALATED.\n{MARKER}", MARKER)


def test_a_message_is_seen_by_the_client_and_is_no_internal_note(world: World) -> None:
    ticket = world.worked_on()
    world.tick()
    written = world.system.tickets.write_message(ticket, f"A manager looks after it now.\n\n{MARKER}", MARKER)
    (note,) = ours(world, ticket)
    assert (note.id, note.is_internal) == (written.id, False)
    assert world.is_at(written.at, world.now())
    (entry,) = (entry for entry in world.read(ticket).entries if MARKER in entry.text)
    assert entry.visibility is Visibility.CLIENT
    assert entry.author.kind in (AuthorKind.AGENT, AuthorKind.CONNECTOR)
    assert our_note(world.system, ticket, MARKER) is None


def test_notes_and_messages_change_nothing_else(world: World) -> None:
    ticket = world.worked_on()
    before = world.desk.ticket(ticket)
    world.system.tickets.write_note(ticket, f"ESCALATED.\n{MARKER}", MARKER)
    world.system.tickets.write_message(ticket, f"A manager looks after it.\n{OTHER}", OTHER)
    assert world.desk.ticket(ticket) == before
