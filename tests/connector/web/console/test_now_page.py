"""The page Now on a real database: groups, figures, filters, pages, banners, empty places, hostile texts, its cost."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import event

from connector.model import Mode
from connector.policy.modes import Modes
from connector.store.database.tables import step
from connector.store.heartbeats import beat
from connector.store.pace.brake import Brakes
from connector.store.troubles import TroubleKind, Troubles
from connector.web.console import assets
from connector.web.console.now.asked import STATES
from connector.web.console.now.now_page import EVERY_SECONDS, FIRST_OF, LIVE, PAGE
from tests.connector import hostile
from tests.connector.boards import a_row, put, step_done
from tests.connector.mailboxes import START
from tests.connector.web.console.pages import PAGE as BROWSER
from tests.connector.web.console.pages import elements_with, words_of

STATIC = Path(assets.__file__).parent / "static"

FIRST, SECOND, LAST = "First Touch (T1/2)", "Tier 3 / Service Desk Manager", "Sr IT Manager"


@pytest.fixture
def desk(desk):
    """One whose worker lives, and that enforces."""
    beat(desk.mailbox.store, "worker")
    desk.parts = replace(desk.parts, modes={"psa": Modes(Mode.ENFORCE)})
    return desk


def filled(desk, *rows):
    given = {"tier": FIRST}
    put(
        desk.mailbox.store,
        [a_row(str(row[0]), row[1], **{**given, **(row[2] if len(row) > 2 else {})}) for row in rows],
    )
    return desk


def words(desk, address="/") -> str:
    answer = desk.client().get(address)
    assert answer.status_code == 200
    return words_of(answer)


def tickets_in(text: str) -> list[str]:
    return re.findall(r"psa (\w+)(?= ↗)", text)


BOARD = (
    ("late", -5),
    ("top", -7, {"verdict": "breached", "tier": LAST}),
    ("soon", 12),
    ("sooner", 3),
    ("later", 60 * 26),
    ("paused", None, {"verdict": "paused", "limit_minutes": 30, "used_minutes": 11}),
    ("new", None, {"holder": None, "client": None}),
)


def test_the_headline_the_figures_and_the_rows_say_the_same(desk):
    text = words(filled(desk, *BOARD))
    assert "2 tickets go up by 09:30 unless a plan, a fix or a pause comes first. 1 is past its limit." in text
    for figure in ("past limit 1", "due in 30 min 2", "warned 0", "paused 1", "went up today 0"):
        assert figure in text
    assert tickets_in(text) == ["late", "top", "sooner", "soon", "later", "paused", "new"]
    for heading in (
        "Past its limit 1 ticket",
        "Final escalation 1 ticket",
        "Next 30 minutes, until 09:30 2 tickets",
        "Due later 1 ticket",
        "Paused 1 ticket",
        "No clock yet 1 ticket",
    ):
        assert heading in text


def test_a_row_has_when_what_who_how_far_and_why(desk):
    text = words(filled(desk, *BOARD))
    assert (
        "09:03 in 3 min Ticket sooner psa sooner ↗ Northwind First Touch (T1/2) Tess Tech "
        "Diagnosis 12 of 30 min running In Progress"
    ) in text
    assert "Tue 11:00 in 26 h 00" in text
    assert "08:55 5 min ago Ticket late" in text
    assert "– 19 min left Ticket paused" in text
    assert "– Ticket new psa new ↗ no client First Touch (T1/2) nobody no limit runs not touched yet" in text


@pytest.mark.parametrize(
    ("rows", "headline"),
    [
        ([("a", 90)], "Nothing goes up by 09:30."),
        ([("a", 9)], "1 ticket goes up by 09:30 unless a plan, a fix or a pause comes first."),
        ([("a", -9), ("b", -8)], "Nothing goes up by 09:30. 2 are past their limit."),
        ([("a", None)], "Nothing goes up by 09:30."),
        ([], "No clock is running."),
    ],
)
def test_the_headline_is_a_sentence_with_the_number(desk, rows, headline):
    assert f"<h1>{headline}</h1>" in filled(desk, *rows).client().get("/").text if rows else headline in words(desk)


def test_more_than_can_be_counted_is_told_as_more(desk, monkeypatch):
    monkeypatch.setattr("connector.web.console.now.standing.MOST", 3)
    monkeypatch.setattr("connector.web.console.now.now_page.MOST", 3)
    text = words(filled(desk, *((f"n{n}", n + 1) for n in range(5))))
    assert "More than 3 tickets go up by 09:30" in text
    assert "due in 30 min more than 3" in text


# -- observe, a pilot, banners -----------------------------------------------------------------------------------


def test_where_nothing_is_written_everything_would(desk):
    desk.parts = replace(desk.parts, modes={"psa": Modes(Mode.OBSERVE)})
    saga = "psa/late/s1/diagnosis"
    with desk.mailbox.store.writing() as conn:
        told = [step_done(saga, 0, START), step_done(f"{saga}/warning", 0, START, {"what": "warning"})]
        conn.execute(step.insert(), told)
    text = words(filled(desk, ("late", -5, {"verdict": "breached"}), ("soon", 5)))
    assert "Observe mode. Nothing is written to any ticket. What you see here would happen" in text
    assert (
        "1 ticket would go up by 09:30 unless a plan, a fix or a pause comes first. 1 would have gone up already."
        in text
    )
    assert "would have gone up today 1" in text
    assert "Would have gone up 1 ticket" in text
    assert "Past its limit" not in text


def test_in_warn_mode_warnings_are_written(desk):
    desk.parts = replace(desk.parts, modes={"psa": Modes(Mode.WARN)})
    desk.client()
    assert "Nothing is written" not in words(filled(desk, *BOARD))
    assert "Warnings and answers are written, and nothing is moved." in words(desk)


def test_a_pilot_says_both(desk):
    desk.parts = replace(desk.parts, modes={"psa": Modes(Mode.ENFORCE), "second": Modes(Mode.OBSERVE)})
    text = words(filled(desk, *BOARD))
    assert "A pilot: observe." in text
    assert "2 tickets go up, or would, by 09:30" in text


def test_what_was_warned_and_what_went_up_is_counted(desk):
    with desk.mailbox.store.writing() as conn:
        told = [
            step_done("psa/soon/s1/diagnosis/warning", 3, START - timedelta(minutes=4)),
            step_done("psa/a/s1/diagnosis", 2, START),
            step_done("psa/b/s1/diagnosis", 2, START, {"abandoned": "moved by hand"}),
            step_done("psa/c/s1/diagnosis", 2, START - timedelta(days=1)),
        ]
        conn.execute(step.insert(), told)
    text = words(filled(desk, *BOARD))
    assert "warned 1" in text
    assert "went up today 1" in text
    assert "warned 08:56 In Progress" in text
    listed = words(desk, "/?state=warned")
    assert tickets_in(listed) == ["soon"]
    assert "Warned 1 ticket of the 200 that are due next" in listed


def test_a_worker_that_is_gone_is_told_first(desk):
    desk.clock.advance(timedelta(minutes=5))
    text = words(filled(desk, *BOARD))
    assert "No worker is running since 09:00: nothing goes up, and this is what was read last." in text


def test_a_connection_that_is_down_a_held_brake_and_one_that_is_on_are_told(desk):
    store = desk.mailbox.store
    Troubles(store).meet("psa", TroubleKind.CONNECTION_DOWN, "", "connection refused")
    Troubles(store).meet("psa", TroubleKind.BRAKE, "pace", "60 escalations by time within the hour")
    Troubles(store).meet("other", TroubleKind.CONNECTION_DOWN, "", "none of ours")
    desk.clock.advance(timedelta(minutes=21))
    beat(store, "worker")
    text = words(filled(desk, *BOARD))
    assert "psa has not answered since 09:00 (21 min): connection refused." in text
    assert "The brake is on at psa: 60 escalations by time within the hour." in text
    assert "none of ours" not in text
    Brakes(store).hold("psa", "tests")
    desk.later(60)
    text = words(desk)
    assert "The brake is held on psa since 09:21: nothing goes up there by time" in text
    assert "escalator brake release psa" in text
    assert "The brake is on" not in text


# -- filters and pages -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=past", ["late"]),
        ("state=paused", ["paused"]),
        (f"tier={quote(LAST)}", ["top"]),
        ("client=NORTH&state=next", ["sooner", "soon"]),
        ("holder=nobody", ["new"]),
        ("holder=tess&client=wind&state=later", ["later"]),
        ("connection=psa", ["late", "top", "sooner", "soon", "later", "paused", "new"]),
    ],
)
def test_filters_choose_and_stay_in_the_form(desk, query, expected):
    answer = filled(desk, *BOARD).client().get(f"/?{query}")
    assert tickets_in(words_of(answer)) == expected
    for name, value in (pair.split("=") for pair in query.split("&")):
        if name in ("client", "holder"):
            assert f'name="{name}" value="{value}"' in answer.text
        else:
            assert (
                re.search(
                    rf"<option[^>]*selected>{re.escape(STATES.get(value, value).replace('%20', ' '))}", answer.text
                )
                or name == "tier"
            )
    assert "2 tickets go up by 09:30" in answer.text


def test_every_state_can_be_asked_for(desk):
    client = filled(desk, *BOARD).client()
    found = {state: len(tickets_in(words_of(client.get(f"/?state={state}")))) for state in STATES}
    assert {state: count for state, count in found.items() if count} == {
        "past": 1,
        "final": 1,
        "next": 2,
        "later": 1,
        "paused": 1,
        "none": 1,
    }


@pytest.mark.parametrize("query", ["tier=No+tier", "connection=nowhere", "client=zz", "holder=zz&state=past"])
def test_what_matches_nothing_says_so_and_leads_back(desk, query):
    answer = filled(desk, *BOARD).client().get(f"/?{query}")
    text = words_of(answer)
    assert "No ticket matches " in text
    assert "7 tickets are looked after in all." in text
    assert '<a href="/">Show all</a>' in answer.text


@pytest.mark.parametrize("query", ["state=nothing", "after=x", "after=x|psa|1", "after=99999999999999999999|psa|1"])
def test_what_cannot_be_asked_is_refused_with_what_can(desk, query):
    answer = desk.client().get(f"/?{query}", headers=BROWSER)
    assert (answer.status_code, answer.mimetype) == (400, "text/html")


def test_a_long_group_leads_to_its_list_and_that_page_by_page_to_its_end(desk, monkeypatch):
    monkeypatch.setattr("connector.web.console.now.now_page.PAGE", 20)
    client = filled(desk, *((f"n{n:03}", 1 + n / 10) for n in range(45))).client()
    first = client.get("/")
    assert len(tickets_in(words_of(first))) == FIRST_OF["next"]
    assert "the first 30 of 45" in words_of(first)
    (address,) = {one for one in elements_with(first.text, "href") if one == "/?state=next"}
    found = []
    while address:
        answer = client.get(address)
        found += tickets_in(words_of(answer))
        address = next((one.replace("&amp;", "&") for one in elements_with(answer.text, "href") if "after=" in one), "")
    assert found == [f"n{n:03}" for n in range(45)]
    assert PAGE == 100


# -- nothing there -----------------------------------------------------------------------------------------------


def test_without_tickets_it_says_what_starts_a_clock(desk):
    text = words(desk)
    assert "No clock is running. The next clock starts when somebody touches a new ticket." in text
    desk.clock.advance(timedelta(hours=10))
    desk.later(60)
    assert "The desk opens Tue 08:00." in words(desk)


def test_without_a_connection_it_says_how_to_begin(desk):
    desk.parts = replace(desk.parts, modes={})
    assert "No ticket system is connected. escalator init" in words(desk)


# -- hostile texts -----------------------------------------------------------------------------------------------

HOSTILE = (
    "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "\u202ekcatta \u2066\x1b[31m",
    *hostile.ORDERS[:2],
)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_tickets_say_is_text_and_nothing_else(desk, text):
    given = dict.fromkeys(("summary", "client", "holder", "status", "why", "tier"), text)
    filled(
        desk,
        ("1", 5, given),
        ("2", None, {**given, "verdict": "paused"}),
        ("3", -1, {**given, "link": f"javascript:{text}"}),
    )
    filled(desk, ("4", 5, {**given, "attempts": 3, "error": text, "failing_since": START}))
    for address in ("/", f"/?client={quote(text[:20])}&holder={quote(text[:20])}&tier={quote(text)}"):
        answer = desk.client().get(address)
        assert answer.status_code == 200
        assert not re.search(r"<(?:script(?! src=\"/static/)|img|style)|\son\w+=\"|javascript:", answer.text)
        assert not re.search(r"[\u202e\u2066\x1b]", answer.text)
        assert "49" not in words_of(answer)


def test_a_secret_that_got_into_a_ticket_is_not_shown(desk, monkeypatch):
    answer = filled(desk, ("1", 5, {"link": "file:///etc/passwd"})).client().get("/")
    assert "file:" not in answer.text


# -- read anew by itself -----------------------------------------------------------------------------------------


def test_htmx_is_the_one_that_was_looked_at_and_its_licence_lies_beside_it(desk):
    hashed = hashlib.sha256(assets.asset("htmx.min.js").body).hexdigest()
    assert (STATIC / "htmx.sha256").read_text() == f"{hashed}  htmx.min.js\n"
    assert "Zero-Clause BSD" in (STATIC / "htmx.LICENSE").read_text()
    answer = desk.client().get("/static/htmx.min.js")
    assert answer.mimetype == "text/javascript"


def test_the_page_says_what_is_read_anew_and_loads_nothing_of_anybody_else(desk):
    answer = filled(desk, *BOARD).client().get("/?client=north&state=next")
    assert elements_with(answer.text, "data-hx-get") == ["/?client=north&amp;state=next"]
    for part in ("rows", "top", "stale"):
        assert answer.text.count(f'id="{part}"') == 1
    assert all(address.startswith("/static/") for address in elements_with(answer.text, "src"))
    assert len(elements_with(answer.text, "id")) == len(set(elements_with(answer.text, "id")))
    for name in elements_with(answer.text, "for"):
        assert f'id="{name}"' in answer.text


# -- what it costs -----------------------------------------------------------------------------------------------


def test_however_many_are_open_a_page_costs_a_few_statements_and_is_small(desk):
    filled(
        desk,
        *((f"n{n:04}", n / 10 - 20) for n in range(1000)),
        *((f"p{n}", None, {"verdict": "paused"}) for n in range(300)),
    )
    client, sent = desk.client(), []
    event.listen(desk.mailbox.store.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    answer = client.get("/")
    assert len(sent) <= 10
    assert len(answer.data) < 150_000
    assert answer.text.count('<tr class="clock') == 75
    sent.clear()
    client.get("/")
    assert len(sent) <= 3  # the figures are kept for a moment
    desk.later(60)
    for query in ("state=past", "client=north"):
        sent.clear()
        answer = client.get(f"/?{query}")
        assert len(sent) <= 10
        assert len(answer.data) < 150_000
        desk.later(60)


# -- read anew ---------------------------------------------------------------------------------------------------


ANEW = {"Accept": "text/html", "HX-Request": "true"}


def test_what_is_read_anew_is_what_the_page_has_and_nothing_of_who_looks(desk):
    put(desk.mailbox.store, [a_row("1", 5), a_row("2", 500)])
    client = desk.client()
    page, live = client.get("/").text, client.get("/", headers=ANEW).text
    for part in ('<div id="top" class="stack">', '<div id="rows" class="stack"'):
        assert page.count(part) == live.count(part) == 1
    rows = [re.findall(r'<tr class="clock .*?</tr>', text, re.DOTALL) for text in (page, live)]
    assert rows[0] == rows[1]
    assert len(rows[0]) == 2
    assert not any(word in live for word in ("<html", "this machine only", "<form", "csrf"))


def test_who_look_at_the_same_are_answered_with_one_drawing_and_others_with_their_own(desk):
    put(desk.mailbox.store, [a_row("1", 5)])
    client = desk.client()
    asked = []
    event.listen(desk.mailbox.store.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    first = client.get("/", headers=ANEW).text
    before = len(asked)
    assert client.get("/", headers=ANEW).text == first
    assert len(asked) == before
    assert client.get("/?state=paused", headers=ANEW).text != first
    put(desk.mailbox.store, [a_row("2", 6)])
    assert "psa 2" not in client.get("/", headers=ANEW).text
    desk.later(LIVE.fresh)
    assert "psa 2" in client.get("/", headers=ANEW).text
    assert LIVE.fresh < EVERY_SECONDS


def test_a_look_that_there_is_not_is_refused_when_it_is_read_anew_too(desk):
    for _ in range(2):
        assert desk.client().get("/?state=odd", headers=ANEW).status_code == 400
