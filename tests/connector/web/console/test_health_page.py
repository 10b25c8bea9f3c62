"""The page Health: what it says of a service that is well, that is not, and that cannot be asked."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from connector.model import Lane
from connector.store import audit
from connector.store.connections import Connections
from connector.store.heartbeats import beat
from connector.store.pace.brake import Brakes
from connector.store.records import Failed
from connector.store.troubles import TroubleKind, Troubles
from connector.web.console.gate import Role, Viewer
from connector.web.console.health.matters import MOST_LETTERS
from tests.connector.mailboxes import START, a_delivery, all_done, claim_one
from tests.connector.web.console.pages import PAGE, words_of
from tests.connector.web.console.test_now_page import HOSTILE
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


# -- what somebody may decide there ------------------------------------------------------------------------------


MANAGER, ADMINISTRATOR = Viewer("ruth", Role.MANAGER, "ruth"), Viewer("ines", Role.ADMINISTRATOR)


def as_(desk, viewer):
    desk.parts = replace(desk.parts, who_asks=lambda _: viewer, escalations_per_hour=60)
    return desk.client()


def given_up(desk, ticket, error="the field Site is empty"):
    desk.mailbox.schedule("psa", ticket, START)
    desk.mailbox.finish([Failed(claim_one(desk.mailbox), error, None)])


def events(desk, *names):
    return [(row.ticket, row.event, row.detail["by"]) for row in audit.events(desk.mailbox.store) if row.event in names]


def test_an_administrator_replays_a_dead_letter_once(desk):
    given_up(desk, "47/11")
    client = as_(desk, ADMINISTRATOR)
    page = client.get("/health")
    assert "psa 47/11 09:00 the field Site is empty Replay psa 47/11" in words_of(page)
    assert 'action="/health/psa/dead-letters/47%2F11/replay"' in page.text
    answer = client.post("/health/psa/dead-letters/47%2F11/replay")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/health#dead-letters")
    assert desk.mailbox.dead_letters() == []
    assert desk.nudges == [None]
    assert events(desk, "replayed") == [("47/11", "replayed", "ines")]
    again = client.post("/health/psa/dead-letters/47%2F11/replay", headers=PAGE)
    assert again.status_code == 409
    assert "This is no dead letter any more" in words_of(again)
    assert "Dead letters" not in words_of(client.get("/health")).split("Connections")[0]


def test_who_is_no_administrator_reads_the_dead_letters_and_replays_none(desk):
    given_up(desk, "4711")
    client = as_(desk, MANAGER)
    page = client.get("/health")
    assert "An administrator replays them" in words_of(page)
    assert "/replay" not in page.text
    assert client.post("/health/psa/dead-letters/4711/replay").status_code == 403
    assert len(desk.mailbox.dead_letters()) == 1


def test_of_many_dead_letters_those_that_wait_for_the_longest_are_shown(desk):
    for n in range(MOST_LETTERS + 3):
        given_up(desk, f"{n:03}")
        desk.clock.advance(timedelta(minutes=1))
    text = words_of(as_(desk, ADMINISTRATOR).get("/health"))
    assert f"The {MOST_LETTERS} that fail for the longest" in text
    assert ("psa 000 09:00" in text, f"psa {MOST_LETTERS:03}" in text) == (True, False)


def test_our_own_work_that_was_given_up_on_is_named_and_can_be_replayed(desk):
    given_up(desk, "@poll", "no answer")
    client = as_(desk, ADMINISTRATOR)
    assert "psa: our own work, poll 09:00 no answer" in words_of(client.get("/health"))
    assert client.post("/health/psa/dead-letters/%40poll/replay").status_code == 303
    assert desk.mailbox.dead_letters() == []


def test_a_manager_holds_and_releases_the_brake(desk):
    client = as_(desk, MANAGER)
    assert "psa off 0 of 60 0 Hold psa" in words_of(client.get("/health"))
    assert client.post("/health/psa/brake/hold").headers["Location"] == "/health#brake"
    assert "psa held since 09:00 by ruth 0 of 60 0 Release psa" in words_of(client.get("/health"))
    assert Brakes(desk.mailbox.store).is_held("psa")
    assert client.post("/health/psa/brake/release").status_code == 303
    assert not Brakes(desk.mailbox.store).is_held("psa")
    assert [one[1:] for one in events(desk, "brake held", "brake released")] == [
        ("brake held", "ruth"),
        ("brake released", "ruth"),
    ]
    assert len(desk.nudges) == 2


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TECHNICIAN])
def test_who_is_no_manager_reads_how_the_brake_stands_and_leaves_it(desk, role):
    client = as_(desk, Viewer("vic", role))
    page = client.get("/health")
    assert "A manager holds and releases it" in words_of(page)
    assert "/brake/" not in page.text
    assert client.post("/health/psa/brake/hold").status_code == 403
    assert not Brakes(desk.mailbox.store).is_held("psa")


@pytest.mark.parametrize("path", ["/health/nowhere/brake/hold", "/health/psa/brake/break"])
def test_a_brake_that_is_not_there_is_not_found(desk, path):
    assert as_(desk, MANAGER).post(path).status_code == 404


def test_without_a_login_it_is_told_that_nobody_was_named(desk):
    client = desk.client()
    token = re.search(r'name="csrf" value="([^"]*)"', client.get("/health").text)[1]
    assert client.post("/health/psa/brake/hold", data={"csrf": token}).status_code == 303
    assert "by this machine, without a login" in words_of(client.get("/health"))


def test_the_alarms_of_the_last_week_say_how_they_ended(desk):
    troubles = Troubles(desk.mailbox.store)
    for cause, name in (("an old one", "old"), ("the rights are missing", "new"), ("nobody was told", "untold")):
        met = troubles.meet("psa", TroubleKind.REFUSAL, name, cause)
        if name != "untold":
            assert troubles.tell(met, [])
        if name == "old":
            desk.clock.advance(timedelta(days=8))
    desk.clock.advance(timedelta(hours=1))
    assert "refusal psa: the rights are missing not over" in words_of(desk.client().get("/health"))
    troubles.end("psa", TroubleKind.REFUSAL, "new")
    troubles.end("psa", TroubleKind.REFUSAL, "untold")
    text = words_of(desk.client().get("/health"))
    assert "refusal psa: the rights are missing over 10:00" in text
    assert "an old one" not in text.split("Alarms of the last week")[1]
    assert "nobody was told" not in text


def test_without_an_alarm_it_says_so(desk):
    assert "No alarm in the last seven days." in words_of(desk.client().get("/health"))


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_dead_letter_says_is_text_and_nothing_else(desk, text):
    given_up(desk, "1", text)
    Troubles(desk.mailbox.store).tell(Troubles(desk.mailbox.store).meet("psa", TroubleKind.REFUSAL, "x", text), [])
    answer = as_(desk, ADMINISTRATOR).get("/health")
    assert answer.status_code == 200
    assert not re.search(r"<(?:script|img|style)|\son\w+=\"|[\u202e\u2066\x1b]", answer.text)


def test_the_calls_that_each_lane_could_make_are_told(desk):
    assert "What people asked for any number" in words_of(desk.client().get("/health"))
    desk.system.budget = {lane: 10 * lane for lane in Lane}
    text = words_of(desk.client().get("/health"))
    assert "What people asked for none, it waits Escalations that are due by time 10 " in text
    assert "Survey and poll 40" in text
