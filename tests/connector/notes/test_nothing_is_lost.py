"""Every word of the technicians' own stands in the note for the next tier, and none of a quoted one does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.model import Reason
from connector.notes.escalation_note import compose
from connector.notes.material import EscalationNote
from connector.rules.escalation import Demand
from tests.builders import TESS, a_note, a_policy, a_ticket, at
from tests.connector.reading.blocks import UNHURRIED, notes, text_of
from tests.connector.speech import decided

ROOMY = 200_000


def handed_over(*texts: str) -> str:
    """The note of a ticket whose limit ran out, with these notes on it, without regard to case."""
    entries = tuple(a_note(text, at(f"09:{n:02}")) for n, text in enumerate(texts, 1))
    policy = a_policy()
    decision = decided(a_ticket(owner=TESS, entries=entries), at("11:30"), policy=policy)
    decision = replace(decision, timeline=replace(decision.timeline, staff=frozenset({"Sam Senior"})))
    assert decision.tier is not None
    demand = Demand("fix", (Reason.TIME,))
    note = EscalationNote(decision, demand, policy, policy.next_tier(decision.tier), "", "ESC-7HK2M4QXPA-3ZB5N6T2QR")
    return compose(note, ROOMY).casefold()


@pytest.mark.process("note-nothing-lost")
@UNHURRIED
@given(st.lists(notes(), min_size=1, max_size=3))
def test_the_next_tier_reads_every_own_word_and_no_quoted_one(written):
    note = handed_over(*map(text_of, written))
    assert [word for one in written for word in one.own if word not in note] == []
    assert [word for one in written for word in one.theirs if word in note] == []
