"""The page Health: what it says of a service that is well, that is not, and that cannot be asked."""

from __future__ import annotations

from datetime import timedelta

from connector.store.connections import Connections
from connector.store.heartbeats import beat
from connector.store.troubles import TroubleKind, Troubles
from tests.connector.mailboxes import START, a_delivery, all_done, claim_one
from tests.connector.web.console.pages import words_of
from tests.connector.web.test_app import away


def test_it_shows_version_mode_health_and_counts_but_no_ticket(desk):
    desk.mailbox.deliver([a_delivery("4711")])
    snapshot = {"place": "Desk of the client"}
    desk.mailbox.finish([all_done(claim_one(desk.mailbox), START + timedelta(hours=1), snapshot=snapshot)])
    desk.mailbox.deliver([a_delivery("4712", "d2")])
    beat(desk.mailbox.store, "worker")
    Connections(desk.mailbox.store).ensure("psa", "observe", "v1")
    answer = desk.client().get("/health")
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    words = words_of(answer)
    for expected in ("1.2.3", "observe: nothing is written", "All is well. The ticket system answers", "psa"):
        assert expected in words
    assert "psa 2 1 none 0 0 0" in words
    assert "4711" not in words
    assert "client" not in words


def test_it_stands_without_a_database(desk, monkeypatch):
    monkeypatch.setattr(desk.mailbox.store, "reading", away)
    answer = desk.client().get("/health")
    assert answer.status_code == 200
    words = words_of(answer)
    assert "One thing needs a person: the database does not answer." in words
    assert "database_unavailable" in words
    assert "psa no good answer known yet not known not known not known not known not known" in words


def test_it_says_the_same_as_the_status(desk):
    store = desk.mailbox.store
    beat(store, "worker")
    Connections(store).ensure("psa", "observe", "v1")
    Connections(store).note_signs("psa", timedelta(seconds=5), 3, 1)
    Troubles(store).meet("psa", TroubleKind.CONNECTION_DOWN, "", "the credentials are refused", {"host": "psa.example"})
    desk.clock.advance(timedelta(seconds=40))
    words = words_of(desk.client().get("/health"))
    assert "One thing needs a person: the credentials are refused (psa)." in words
    for expected in ("connection_down", "down since", "last cycle 40 s ago", "not kept from here 3 1"):
        assert expected in words
    assert "psa.example" not in words


def test_several_reasons_are_counted(desk):
    for n in range(2):
        Troubles(desk.mailbox.store).meet("psa", TroubleKind.REFUSAL, f"{n}", "it refuses")
    assert "4 things need a person" in words_of(desk.client().get("/health"))  # no worker yet, and never started


def test_it_escapes_what_it_shows(desk):
    Troubles(desk.mailbox.store).meet("psa", TroubleKind.REFUSAL, "x", "<script>alert(1)</script> \u202ekcatta")
    text = desk.client().get("/health").text
    assert "alert(1)" in text
    assert "<script>" not in text
    assert "\u202e" not in text


def test_it_says_when_nothing_is_connected(desk):
    words = words_of(desk.client(connections={}).get("/health"))
    assert "No ticket system is connected." in words
    assert "escalator init" in words


def test_a_moment_of_another_day_has_its_day(desk):
    store = desk.mailbox.store
    Connections(store).ensure("psa", "observe", "v1")
    Troubles(store).meet("psa", TroubleKind.REFUSAL, "x", "it refuses")
    desk.clock.advance(timedelta(days=2))
    since = START.strftime("%a %H:%M")
    assert f"it refuses {since}" in words_of(desk.client().get("/health"))
