from __future__ import annotations

from dataclasses import replace

import pytest

from connector.model import AuthorKind, Entry
from connector.notes.escalation_note import compose
from connector.notes.explanation import explain
from connector.notes.unread import not_read
from connector.rules.limits import evaluate
from connector.rules.stints import build_timeline
from tests.builders import HOMES, NINE, TESS, a_note, a_policy, a_ticket, at, seen
from tests.connector.notes.test_escalation_note import RECORD, an_escalation, section


def an_entry(unread: int = 0, *, is_source: bool = False) -> Entry:
    note = a_note("It fails", at("09:05"), "Carla Client", AuthorKind.CLIENT)
    return replace(note, unread=unread, is_source=is_source)


@pytest.mark.parametrize(
    ("left_out", "entries", "said"),
    [
        (0, (an_entry(),), ""),
        (1, (), "1 older entry of clients and others"),
        (3120, (), "3,120 older entries of clients and others"),
        (0, (an_entry(4000),), "the end of 1 entry (about 4,000 characters)"),
        (0, (an_entry(4000), an_entry(), an_entry(1)), "the ends of 2 entries (about 4,001 characters)"),
        (0, (an_entry(is_source=True),), "the markup of 1 entry, shown as it was written"),
        (
            2,
            (an_entry(5, is_source=True), an_entry(is_source=True)),
            "2 older entries of clients and others, the end of 1 entry (about 5 characters) "
            "and the markup of 2 entries, shown as it was written",
        ),
    ],
)
def test_what_was_too_much_is_said_in_a_sentence(left_out: int, entries: tuple[Entry, ...], said: str) -> None:
    record = a_ticket(left_out=left_out, entries=entries)
    assert not_read(record) == (said and f"Too much to be read, and not in this: {said}.")


def test_the_note_says_under_the_issue_what_it_does_not_know() -> None:
    whole, part = (compose(an_escalation(record=replace(RECORD, left_out=left_out)), 5000) for left_out in (0, 7))
    said = "Too much to be read, and not in this: 7 older entries of clients and others."
    assert said in section(part, "Issue")
    assert "Too much" not in whole


def test_explain_says_it_as_well() -> None:
    policy, record = a_policy(), a_ticket(owner=TESS, left_out=7)
    decision = evaluate(build_timeline(record, seen(record), policy, HOMES), policy, NINE)
    assert not_read(record) in explain(decision, policy, [])
