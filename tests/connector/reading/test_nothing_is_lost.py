"""Whatever a note is made of, nothing that an agent wrote is lost, and nothing that is quoted acts or counts as his."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.reading.command_words import spoken_in
from connector.reading.findings import Documented, Found, find
from connector.reading.plans import new_plan_in, plan_in
from tests.builders import a_note, a_ticket, at
from tests.connector.reading.blocks import UNHURRIED, notes, text_of

RECORD = a_ticket(entered_at=at("08:00"), contact="Carla Client")
STAFF = ("Sam Senior", "Tess Tech")


def told(found: Documented) -> str:
    """All that the findings say, in any section."""
    every = (getattr(found, one.name) for one in fields(found))
    return "\n".join(item.text for items in every for item in items if isinstance(item, Found)).casefold()


@pytest.mark.process("note-nothing-lost")
@UNHURRIED
@given(notes())
def test_every_own_word_of_a_note_is_found_in_some_section(note):
    said = told(find(RECORD, [a_note(text_of(note), at("09:00"))], STAFF))
    assert [word for word in note.own if word not in said] == []


@pytest.mark.process("commands-quoted", "note-nothing-lost")
@UNHURRIED
@given(notes())
def test_no_quoted_line_acts_or_counts_as_the_author_s(note):
    found = find(RECORD, [a_note(text_of(note), at("09:00"))], STAFF)
    said = told(found) + str(spoken_in(text_of(note))) + str(plan_in(text_of(note))) + str(new_plan_in(text_of(note)))
    assert [word for word in note.theirs if word in said] == []


@pytest.mark.process("note-nothing-lost")
@UNHURRIED
@given(st.lists(notes(), min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_notes_may_come_in_any_order_of_time_and_nothing_is_lost(written, chance):
    texts = [text_of(note) for note in written]
    entries = [a_note(text, at("09:00") + timedelta(minutes=n)) for n, text in enumerate(texts)]
    found = find(RECORD, entries, STAFF)
    shuffled = list(entries)
    chance.shuffle(shuffled)
    assert find(RECORD, shuffled, STAFF) == found
    chance.shuffle(texts)
    moved = [a_note(text, at("09:00") + timedelta(minutes=n)) for n, text in enumerate(texts)]
    again = find(RECORD, moved, STAFF)
    assert {step.text.casefold() for step in again.steps} == {step.text.casefold() for step in found.steps}
    assert [step.at for step in again.steps] == sorted(step.at for step in again.steps)


@pytest.mark.process("note-nothing-lost")
@UNHURRIED
@given(st.text(alphabet=st.sampled_from(" \t\n->*_#:/`~|.,0129abPlanStep\u00a0\u2028é🔧"), max_size=300))
def test_no_text_makes_the_reading_raise(text):
    find(RECORD, [a_note(text, at("09:00"))], STAFF)
