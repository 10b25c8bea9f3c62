"""What is there beside webhooks, health and the console: metrics, unknown paths, headers."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest

from connector.store.database.errors import StoreUnavailable
from connector.store.heartbeats import beat
from connector.web.keys import SECONDS, UNKNOWN_SECONDS, KeysAtHand
from tests.connector.mailboxes import START, a_delivery

PATIENCE = 30.0


def away(*_):
    raise StoreUnavailable("the disk is gone")


@pytest.mark.parametrize("path", ["/health", "/health/live", "/metrics", "/nowhere"])
def test_every_answer_is_protected(desk, path):
    headers = desk.client().get(path).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; ")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/api/v1/nowhere", "/api/v1/", "/api/v2/tickets", "/nowhere", "/webhooks/"])
def test_unknown_paths_answer_a_problem(desk, path):
    answer = desk.client().get(path)
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert answer.json == {"type": "about:blank", "title": "Not Found", "status": 404, "code": "not_found"}


@pytest.mark.parametrize("path", ["/health", "/health/live", "/metrics"])
def test_head_is_answered_like_get_without_a_body(desk, path):
    answer = desk.client().head(path)
    assert (answer.status_code, answer.data) == (200, b"")


def test_metrics_show_the_mailbox_of_this_moment(desk):
    desk.mailbox.deliver([a_delivery("1", "a"), a_delivery("2", "b")])
    beat(desk.mailbox.store, "worker")
    desk.clock.advance(timedelta(seconds=5))
    text = desk.client().get("/metrics").text
    assert 'escalator_mailbox_tickets{state="due",system="psa"} 2.0' in text
    assert 'escalator_mailbox_lag_seconds{system="psa"} 5.0' in text
    assert "escalator_last_cycle_age_seconds 5.0" in text
    assert "escalator_database_up 1.0" in text


def test_metrics_say_when_the_database_is_away(desk, monkeypatch):
    monkeypatch.setattr(desk.mailbox, "stats", away)
    text = desk.client().get("/metrics").text
    assert "escalator_database_up 0.0" in text
    assert "escalator_mailbox_tickets{" not in text


class Keys:
    def __init__(self) -> None:
        self.kept: dict[str, tuple[str, datetime]] = {}
        self.asked = 0

    def every(self):
        self.asked += 1
        return dict(self.kept)

    def put(self, reference, key):
        self.kept[reference] = (key, START)


def test_a_signing_key_is_asked_for_once_in_a_few_seconds():
    keys, now = Keys(), [0.0]
    at_hand = KeysAtHand(keys, lambda: now[0])
    at_hand.put("k", "first")
    assert [at_hand.get("k"), at_hand.get("k")] == [("first", START)] * 2
    assert keys.asked == 1  # when it was put
    keys.put("k", "second")
    now[0] = SECONDS
    assert at_hand.get("k") == ("second", START)


def test_a_new_signing_key_counts_within_a_second_and_at_once_where_it_was_learned():
    keys, now = Keys(), [0.0]
    at_hand = KeysAtHand(keys, lambda: now[0])
    assert at_hand.get("k") is None
    keys.put("k", "learned elsewhere")
    now[0] = UNKNOWN_SECONDS
    assert at_hand.get("k") == ("learned elsewhere", START)
    at_hand.put("k", "learned here")
    assert at_hand.get("k") == ("learned here", START)


def test_however_many_unknown_keys_are_named_they_cost_one_look_a_second():
    keys, now = Keys(), [0.0]
    keys.put("k", "known")
    at_hand = KeysAtHand(keys, lambda: now[0])
    for second in range(4):
        now[0] = float(second)
        assert [at_hand.get(f"forged {n}") for n in range(50)] == [None] * 50
        assert at_hand.get("k") == ("known", START)
    assert keys.asked == 4


def test_a_known_key_waits_for_no_look_up_of_forged_ones():
    keys, now, asked, goes_on = Keys(), [0.0], threading.Event(), threading.Event()
    keys.put("k", "known")
    at_hand = KeysAtHand(keys, lambda: now[0], within=PATIENCE)
    assert at_hand.get("k") == ("known", START)

    def hanging():
        asked.set()
        assert goes_on.wait(PATIENCE)
        return {}

    keys.every = hanging
    now[0] = UNKNOWN_SECONDS
    forged = threading.Thread(target=at_hand.get, args=["forged"])
    forged.start()
    assert asked.wait(PATIENCE)
    assert at_hand.get("k") == ("known", START)
    goes_on.set()
    forged.join()


# -- what is no text -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["/webhooks/psa\0", "/health/live\0", "/webhooks/\xed\xa0\x80", "/\xff", "/static/\xc0\xaf"],
)
def test_a_path_that_is_no_text_is_refused(desk, path):
    answer = desk.client().get("/", environ_overrides={"PATH_INFO": path})
    assert (answer.status_code, answer.json["code"]) == (400, "not_text")


@pytest.mark.parametrize("query", ["x=%00", "%ED%A0%80=1", "token=%ff"])
def test_a_query_that_is_no_text_is_refused(desk, query):
    answer = desk.client().get(f"/health/live?{query}")
    assert (answer.status_code, answer.json["code"]) == (400, "not_text")


@pytest.mark.parametrize("value", ["a\0b", "\xed\xa0\x80", "caf\xe9"])
def test_a_header_that_is_no_text_is_refused(desk, value):
    answer = desk.client().get("/health/live", environ_overrides={"HTTP_X_ODD": value})
    assert (answer.status_code, answer.json["code"]) == (400, "not_text")


def test_a_header_in_utf_8_is_fine(desk):
    odd = {"HTTP_X_ODD": "caf\xe9".encode().decode("latin-1")}
    assert desk.client().get("/health/live", environ_overrides=odd).status_code == 200


@pytest.mark.parametrize("path", ["//webhooks/psa", "/webhooks//psa", "/health//live", "/webhooks/psa/"])
def test_no_path_leads_elsewhere(desk, path):
    answer = desk.client().post(path)
    assert (answer.status_code, answer.headers.get("Location")) == (404, None)
