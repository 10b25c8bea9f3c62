"""A past ticket as a line, and back; and what is said of a line that does not fit."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from connector.backtest.ticket import PastTicket
from connector.errors import PayloadError
from connector.model import Aspect, Author, AuthorKind, Change, Doer
from connector.past.form import line_of, places_in, ticket_in
from tests.builders import (
    DESK,
    NEW,
    NORMAL,
    RESOLVED,
    TESS,
    TIER_3,
    a_change,
    a_note,
    a_ticket,
    at,
    given_to,
    moved,
)


def a_past_ticket() -> PastTicket:
    note = a_note("Plan: “replace” the beacon\nthen test", at("09:20"))
    mail = replace(a_note("any news?", at("09:30"), "Carla", AuthorKind.CLIENT, internal=False), is_claimed=True)
    childs = replace(
        a_note("of the child ticket", at("09:40")), is_heard=False, author=Author(AuthorKind.AGENT, "T", "t")
    )
    record = a_ticket(
        contact="",
        owner=TESS,
        status=RESOLVED,
        entries=(note, mail, childs),
        responded_at=at("09:05"),
        planned_at=at("09:20"),
        planned_by="tess",
        resolved_at=at("10:00"),
        url="https://desk.example/4711",
    )
    changes = (
        given_to(TESS, at("09:05")),
        moved(DESK, TIER_3, at("09:06"), "history"),
        a_change(Aspect.PRIORITY, None, NORMAL, at("09:07")),
        Change(at("10:00"), Aspect.STATUS, NEW, RESOLVED, "history", "Tess Tech", Doer.PERSON),
    )
    return PastTicket("psa", record, changes, ("owners not told",))


def test_a_ticket_comes_back_as_it_was_written():
    ticket = a_past_ticket()
    line = line_of(ticket)
    assert "\n" not in line
    assert ticket_in(line) == ticket


def test_a_ticket_that_is_none_of_the_desks_says_why():
    ticket = PastTicket("psa", a_ticket(contact="", is_escalatable=False, why_not="a template"), ())
    assert ticket_in(line_of(ticket)) == ticket
    unsaid = PastTicket("psa", a_ticket(contact="", is_escalatable=False), ())
    assert not ticket_in(line_of(unsaid)).record.is_escalatable


def test_what_others_write_may_lack_what_is_seldom_told_and_be_in_any_order():
    least = {
        "connection": "psa",
        "ticket": "7",
        "updated_at": "2026-01-15T10:00:00Z",
        "read_at": "2026-01-15T12:00:00+01:00",
        "entered_at": "2026-01-15T09:00:00+00:00",
        "place": [{"id": "1", "name": "Desk"}],
        "status": {"id": "5", "name": "Done", "group": "resolved"},
    }
    record = ticket_in(json.dumps(least)).record
    assert (record.read_at, record.entries, record.owner) == (at("11:00"), (), None)
    written = json.loads(line_of(a_past_ticket()))
    mixed = {**written, "entries": written["entries"][::-1], "changes": written["changes"][::-1]}
    assert ticket_in(json.dumps(mixed)) == a_past_ticket()


def with_field(path: tuple, value: object) -> str:
    data = json.loads(line_of(a_past_ticket()))
    where = data
    for step in path[:-1]:
        where = where[step]
    if value is ...:
        del where[path[-1]]
    else:
        where[path[-1]] = value
    return json.dumps(data)


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("ticket",), 7, "ticket: expected the ticket's number as a text"),
        (("ticket",), ..., "ticket: is missing"),
        (("entered_at",), "2026-01-15T09:00:00", "entered_at: expected a moment with its zone"),
        (("entered_at",), "0001-01-01T00:00:00+14:00", "entered_at: expected a moment with its zone"),
        (("entered_at",), "this morning", "entered_at: expected a moment with its zone"),
        (("place",), [], "place: expected the path of the place"),
        (("place",), "Desk", "place: expected the path of the place"),
        (("status", "group"), "open", "status.group: expected one of new, working"),
        (("owner",), {"id": "1"}, "owner"),
        (("entries", 1, "text"), None, "entries[1].text: expected a text"),
        (("entries", 0, "at"), ..., "entries[0].at: is missing"),
        (("entries", 0, "by"), "robot", "entries[0].by: expected one of agent, client"),
        (("changes", 0, "what"), "colour", "changes[0].what: expected one of place, owner"),
        (("changes", 1, "new"), {"id": "1", "name": "x"}, "changes[1].new"),
        (("not_told",), [1], "not_told[0]: expected a text"),
    ],
)
def test_a_wrong_field_is_named_with_what_was_expected_and_not_what_stood_there(path, value, says):
    with pytest.raises(PayloadError) as caught:
        ticket_in(with_field(path, value))
    assert str(caught.value).startswith(says)
    assert "beacon" not in str(caught.value)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "the line: is no JSON"),
        ("[]", "the ticket: expected an object"),
        (100_000 * "[", "the line: is no JSON"),
    ],
)
def test_a_line_that_is_no_ticket_at_all(line, says):
    for read in (ticket_in, places_in):
        with pytest.raises(PayloadError, match=says):
            read(line)
