"""A nonce that ``check`` has stored is answered at both addresses; nobody else learns or costs anything."""

from __future__ import annotations

import pytest

from connector.store.database.errors import StoreUnavailable
from connector.store.queries.nonces import Nonces

ADDRESSES = (("GET", "/health/live"), ("POST", "/webhooks/psa"))


def asked(client, method, path, nonce):
    return client.open(path, method=method, query_string={"nonce": nonce}, json={} if method == "POST" else None)


@pytest.mark.parametrize(("method", "path"), ADDRESSES)
def test_a_nonce_that_is_stored_is_answered_with_what_the_database_alone_knows(desk, method, path):
    made = Nonces(desk.mailbox.store).issue()
    answer = asked(desk.client(), method, path, made.nonce)
    assert (answer.status_code, answer.json["answer"]) == (200, made.answer)
    assert made.nonce not in answer.text


@pytest.mark.parametrize("nonce", ["x" * 32, "", "x", "ä" * 32, "x" * 5000, "' OR 1=1 --", "x" * 31 + "\n"])
def test_what_is_no_nonce_of_ours_is_answered_as_if_nothing_were_asked(desk, nonce):
    Nonces(desk.mailbox.store).issue()
    client = desk.client()
    assert asked(client, "GET", "/health/live", nonce).json == {"status": "live"}
    refused = asked(client, "POST", "/webhooks/psa", nonce)
    assert (refused.status_code, refused.json["code"]) == (401, "signature")


def test_however_many_ask_the_database_is_asked_once_a_second_and_for_no_other_text(desk, monkeypatch):
    looks: list[None] = []
    monkeypatch.setattr(Nonces, "answers", lambda self: looks.append(None) or {})
    client = desk.client()
    for number in range(200):
        asked(client, "GET", "/health/live", f"{number:032}")
        asked(client, "GET", "/health/live", f"{number}")
    assert len(looks) == 1
    desk.later(1.1)
    asked(client, "POST", "/webhooks/psa", "x" * 32)
    assert len(looks) == 2


@pytest.mark.parametrize(("method", "path"), ADDRESSES)
def test_without_a_database_it_is_alive_all_the_same_and_webhooks_come_in_as_ever(desk, monkeypatch, method, path):
    def away(self):
        raise StoreUnavailable("gone")

    made = Nonces(desk.mailbox.store).issue()
    monkeypatch.setattr(Nonces, "answers", away)
    answer = asked(desk.client(), method, path, made.nonce)
    assert answer.status_code == (200 if method == "GET" else 401)
    assert "answer" not in answer.json
