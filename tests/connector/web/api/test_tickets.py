"""Tickets by the API: the rows that people see, page by page, and one with its explanation."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event

from connector.connection.due_next import document_of, due_tickets
from connector.errors import NotFound, Permanent
from connector.store import audit
from connector.store.queries.open_tickets import OpenTickets, Wanted
from connector.store.records import AuditEvent, Event
from connector.web.api.parameters import cursor_text
from tests.connector.boards import a_row
from tests.connector.mailboxes import START
from tests.connector.web.console.escalations.deeds import risen, tell
from tests.connector.web.console.test_now_page import HOSTILE
from tests.connector.web.console.test_ticket_page import Unanswered

ROWS = (
    *(a_row(str(n), 10 * (n % 7) - 20, holder="Tess" if n % 2 else "") for n in range(12)),
    a_row("12", None),
    a_row("13", None, verdict="paused", client="Calloway & Sons", tier="Sr IT Manager"),
    a_row("14", 5, is_dead=True, attempts=7, error="the field Site is empty", failing_since=START),
    a_row("A/1", 3, attempts=2, error="no answer", failing_since=START),
)


def numbers(items):
    return [one["ticket"] for one in items]


def test_the_rows_are_those_of_the_command_in_their_order(api):
    program = api.filled(*ROWS).program()
    parts, now = api.desk.parts, api.store.now()
    expected = [
        document_of(one) for one in due_tickets(OpenTickets(api.store), parts.policy, parts.modes, Wanted(), now)
    ]
    assert len(expected) == len(ROWS)
    for limit in (1, 3, 200):
        assert program.items(f"/tickets?limit={limit}") == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=parked", ["14"]),
        ("state=failing", ["A/1"]),
        ("state=paused", ["13"]),
        ("state=none", ["12"]),
        ("client=calloway", ["13"]),
        ("tier=Sr%20IT%20Manager", ["13"]),
        ("holder=nobody&state=next", ["10", "4"]),
        ("connection=psa&state=parked", ["14"]),
        ("client=nowhere", []),
    ],
)
def test_it_is_chosen_as_on_the_page(api, query, expected):
    assert numbers(api.filled(*ROWS).program().items(f"/tickets?{query}")) == expected


@pytest.mark.parametrize(
    ("query", "named", "said"),
    [
        ("limit=0", "limit", "a whole number from 1 to 200"),
        ("limit=201", "limit", "a whole number"),
        ("limit=1e2", "limit", "a whole number"),
        ("limit=%D9%A1", "limit", "a whole number"),
        ("limit=" + "9" * 5000, "limit", "a whole number"),
        ("limit=1&limit=2", "limit", "to be given once"),
        ("state=open", "state", "one of past, final, next"),
        ("tier=", "tier", "1 to 100 characters"),
        ("client=" + "x" * 101, "client", "1 to 100 characters"),
        ("cursor=", "cursor", "the next of an earlier answer"),
        ("cursor=%22", "cursor", "the next of an earlier answer"),
        ("cursor=" + cursor_text("trail", {}), "cursor", "the next of an earlier answer"),
        ("cursor=" + cursor_text("tickets", 10**40, "psa", "1"), "cursor", "the next of an earlier answer"),
        ("cursor=" + cursor_text("tickets", None, 1, "1"), "cursor", "the next of an earlier answer"),
        ("cursor=" + cursor_text(*[1] * 2000), "cursor", "the next of an earlier answer"),
    ],
)
def test_a_wrong_parameter_is_named_with_what_is_expected_and_not_said_back(api, query, named, said):
    answer = api.filled().program().get(f"/tickets?{query}")
    assert (answer.status_code, answer.json["parameter"]) == (400, named)
    assert said in answer.json["detail"]
    assert "open" not in answer.json["detail"]


def test_a_parameter_that_there_is_not_is_refused_with_those_that_there_are(api):
    answer = api.filled().program().get("/tickets?limmit=3")
    assert (answer.status_code, answer.json["code"]) == (400, "unknown_parameter")
    assert answer.json["detail"] == "There are: limit, cursor, connection, tier, client, holder, state."


@pytest.mark.parametrize(("query", "named"), [("connection=nowhere", "connection"), ("tier=Tier%2099", "tier")])
def test_a_name_that_nothing_has_here_is_not_found(api, query, named):
    answer = api.filled().program().get(f"/tickets?{query}")
    assert (answer.status_code, answer.json["parameter"]) == (404, named)


def test_what_is_as_it_was_is_not_sent_again(api):
    program = api.filled(*ROWS).program()
    first = program.get("/tickets")
    again = program.get("/tickets", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert program.get("/tickets", headers={"If-None-Match": '"other"'}).status_code == 200
    api.desk.clock.advance(timedelta(minutes=1))
    assert program.get("/tickets", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


# -- one ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "why_not"),
    [
        (Permanent("the rights are missing"), "psa could not be asked: the rights are missing."),
        (NotFound("gone"), "psa has no such ticket, or not any more."),
    ],
)
def test_where_its_system_gives_no_account_what_is_known_is_told(api, error, why_not):
    dead = a_row("1", -20, is_dead=True, attempts=7, error="the field Site is empty", failing_since=START)
    found = api.filled(dead, explainer=Unanswered(error)).program().get("/tickets/psa/1").json
    assert found["why_not"] == why_not
    assert found["row"]["state"] == "parked"
    explanation = found["explanation"]
    assert explanation["verdict"] is None
    assert explanation["lines"][0] == "In the way (dead_letters): it was given up on"
    assert explanation["in_the_way"][0]["since"] == START.isoformat()


def test_a_name_with_a_slash_in_it_is_found_and_one_that_is_not_known_is_not_asked_for(api):
    unanswered = Unanswered(NotFound("gone"))
    program = api.filled(*ROWS, explainer=unanswered).program()
    assert program.get("/tickets/psa/A%2F1").json["row"]["ticket"] == "A/1"
    for path in ("/tickets/psa/4711", "/tickets/nowhere/1", "/tickets/psa/%3Cb%3E"):
        answer = program.get(path)
        assert (answer.status_code, answer.json["code"]) == (404, "ticket_not_known")
    assert [ticket for ticket, _ in unanswered.asked] == ["A/1"]


def test_a_ticket_that_was_closed_is_known_by_its_trail(api):
    api.filled()
    with api.store.writing() as conn:
        audit.append(conn, [(("psa", "7"), AuditEvent(Event.CLOCK, {"verdict": "ended"}))], START)
    assert api.program().get("/tickets/psa/7").json["row"] is None


@pytest.mark.parametrize("text", HOSTILE)
def test_what_tickets_say_comes_through_unharmed_and_turns_no_reader_around(api, text):
    given = dict.fromkeys(("summary", "client", "holder", "status", "why", "tier"), text)
    program = api.filled(a_row("1", 5, **given), explainer=Unanswered(Permanent(text))).program()
    for path in ("/tickets", "/tickets/psa/1"):
        answer = program.get(path)
        assert answer.data.isascii()
        assert answer.mimetype == "application/json"
        row = answer.json["items"][0] if path == "/tickets" else answer.json["row"]
        assert {row["summary"], row["client"], row["holder"], row["tier"]} == {text}
    assert text in answer.json["why_not"]


# -- forms -------------------------------------------------------------------------------------------------------


def test_another_method_and_another_path_are_told_in_our_form(api):
    program = api.program()
    answer = program.post("/tickets")
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD"}
    assert program.ask("OPTIONS", "/tickets").status_code == 405
    for path in ("/", "/nowhere", "/tickets/", "/tickets/psa"):
        answer = program.get(path, headers={"Accept": "text/html"})
        assert (answer.status_code, answer.json["code"]) == (404, "not_found")


# -- what it costs -----------------------------------------------------------------------------------------------


def test_however_many_there_are_a_read_costs_a_few_statements(api):
    api.filled(*(a_row(f"n{n:03}", n - 20, is_dead=n % 9 == 0) for n in range(300)))
    tell(api.store, *((str(n), Event.ESCALATED, risen(), n) for n in range(300)))
    program, sent = api.program(), []
    event.listen(api.store.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    lists = [f"/{name}?limit=200" for name in ("tickets", "escalations", "overrides", "dead-letters", "audit")]
    program.get("/tickets?limit=1")  # notes the hour of the token's use
    for path in (*lists, "/tickets/psa/n001", "/brake", "/report"):
        sent.clear()
        assert program.get(path).status_code == 200
        assert len(sent) <= (20 if path == "/report" else 10), path  # it looks for its first entry by halves
