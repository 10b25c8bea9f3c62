"""The notes of one ticket that climbs three tiers: alike on every system, readable, and as docs/notes.md shows them."""

from __future__ import annotations

import re

import pytest

from connector.wording import NOTE_SECTIONS
from tests.notes_page import PAGE, SECOND, SYSTEMS, Climbed, climb, page


@pytest.fixture(scope="module")
def climbed() -> dict[str, Climbed]:
    return {system: climb(system) for system in SYSTEMS}


def words(text: str) -> list[str]:
    """The lines of a note without what differs from system to system: names and references."""
    lines = [line for line in text.splitlines() if line.strip()]
    return [re.sub(r"Priority: .* Ticket \d+\.|ESC-\S+", "", line) for line in lines]


def test_the_page_shows_what_is_really_written(climbed):
    hint = "run python -m tests.notes_page and look at what changed"
    assert PAGE.read_text(encoding="utf-8") == page(climbed), hint


def test_every_system_shows_the_same_words(climbed):
    told = {system: [words(note.text) for note in one.notes] for system, one in climbed.items()}
    assert told["halopsa"] == told["rt"]
    assert told["connectwise"] == told["rt"]


def test_the_first_two_lines_say_what_happened_and_what_is_asked_until_when(climbed):
    for one in climbed.values():
        raised = [note.text.splitlines() for note in one.notes if "\nSteps attempted\n" in note.text]
        assert [lines[0].partition(":")[0] for lines in raised] == [
            "ESCALATED to Tier 3 / Service Desk Manager",
            "ESCALATED to Sr IT Manager",
            "FINAL ESCALATION",
        ]
        assert all(re.search(r"\b\d\d:\d\d \(Europe/London\)", lines[1]) for lines in raised)
        assert all([line for line in lines if line in NOTE_SECTIONS] == list(NOTE_SECTIONS) for lines in raised)


def test_the_last_note_holds_the_work_of_all_tiers_each_step_once(climbed):
    final = climbed["rt"].notes[-2].text
    for words in ("Toggled the Cloudflare ZTNA", "another WiFi network", "Read the Event Viewer", "Re-issued the cert"):
        assert final.count(words) == 1
    places = [final.index(name) for name in ("First Touch (T1/2), Tess Tech and Tom Touch", "Manager, Sam Senior")]
    assert places == sorted(places)


def test_no_markup_is_shown_literally_and_halo_gets_its_own(climbed):
    assert not [note.text for one in climbed.values() for note in one.notes if "**" in note.text or "<" in note.text]
    html = climbed["halopsa"].source[SECOND]
    assert all(f"<b>{heading}</b>" in html for heading in NOTE_SECTIONS)
    steps = html.partition("<b>Steps attempted</b>")[2].partition("<b>Error codes</b>")[0]
    assert re.findall(r"^(\d+)\. ", steps, re.MULTILINE) == list("12345")


def test_a_step_has_the_same_number_in_every_note(climbed):
    numbered = [_numbered_steps(note.text) for note in climbed["rt"].notes]
    first, second, final = [steps for steps in numbered if steps]
    assert len(first) == 4
    assert second[:4] == first
    assert final == second


def _numbered_steps(note: str) -> list[str]:
    steps = note.partition("\nSteps attempted\n")[2].partition("\nError codes\n")[0]
    return re.findall(r"^\d+\. .*$", steps, re.MULTILINE)
