from __future__ import annotations

import pytest

from connector.notes.marker import NOWHERE, Pages, foot, why
from connector.notes.short_notes import note
from tests.connector.notes.test_escalation_note import MARKER, REF

PAGE = "https://escalator.example.com/tickets/connectwise/1000"


@pytest.mark.parametrize(
    ("public_url", "ticket", "page"),
    [
        ("", "1000", ""),
        ("https://escalator.example.com", "1000", PAGE),
        ("https://escalator.example.com/", "1000", PAGE),
        (
            "https://example.com/escalator",
            "10/../2 #x",
            "https://example.com/escalator/tickets/connectwise/10%2F..%2F2%20%23x",
        ),
    ],
)
def test_a_tickets_page_is_one_address_whatever_its_number(public_url, ticket, page):
    assert Pages(public_url).of("connectwise", ticket) == page


def test_without_a_page_a_note_ends_with_its_marker_alone():
    assert (NOWHERE.of("connectwise", "1000"), why(""), foot(MARKER)) == ("", "", REF)


def test_the_link_stands_above_the_marker_and_the_lines_give_way_to_both():
    assert note(("One.", "Two."), MARKER, 4000, PAGE) == f"One.\nTwo.\n\nWhy, minute by minute: {PAGE}\n{REF}"
    short = note(("word " * 100,), MARKER, 200, PAGE)
    assert len(short) <= 200
    assert short.endswith(f"…\n\nWhy, minute by minute: {PAGE}\n{REF}")
