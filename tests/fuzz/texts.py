"""The readers of what people write, and the note made of it: any text goes through them."""

from __future__ import annotations

from collections.abc import Callable

from connector.notes.escalation_note import compose
from connector.reading.command_words import gist, spoken_in
from connector.reading.findings import find
from connector.reading.html import to_lines, to_text
from connector.reading.intake.texts import MOST_OF_AN_ENTRY, Text, taken_in
from connector.reading.markup.characters import visible
from connector.reading.own_words import own_lines
from connector.reading.plans import near_plan_in, plan_in
from connector.wording import NOTE_SECTIONS
from tests.builders import NINE, a_note, a_ticket
from tests.connector.notes.test_escalation_note import MARKER, an_escalation, local
from tests.fuzz.frame import Target

RUNS = 20_000
"""Of each of the seven: 140,000 in all."""

READERS: dict[str, Callable[[str], object]] = {
    "html": to_text,
    "plain": own_lines,
    "plans": lambda text: (plan_in(text), near_plan_in(text)),
    "commands": lambda text: (spoken_in(text), gist(text)),
    "findings": lambda text: find(a_ticket(), [a_note(text, NINE)]),
    "intake": lambda text: _harmless(taken_in(text, to_lines)),
    "handoff": lambda text: _whole(compose(an_escalation(entries=(a_note(text, local("09:10")),)), 5000)),
}


def _harmless(taken: Text) -> None:
    """Raises AssertionError where what was taken in is not within its bounds, or was no page."""
    assert not taken.is_source
    assert len(taken.words.encode()) <= MOST_OF_AN_ENTRY
    assert visible(taken.words) == taken.words


def _whole(note: str) -> None:
    """Raises AssertionError where a note lacks a section, or its marker in the last line."""
    assert len(note) <= 5000
    assert [line for line in note.splitlines() if line in NOTE_SECTIONS] == list(NOTE_SECTIONS)
    assert note.splitlines()[-1] == f"Ref. {MARKER}"


def _target(reader: Callable[[str], object]) -> Target:
    def run(data: bytes) -> None:
        reader(data.decode("utf-8", "replace"))

    return run


TARGETS: dict[str, Target] = {name: _target(reader) for name, reader in READERS.items()}
