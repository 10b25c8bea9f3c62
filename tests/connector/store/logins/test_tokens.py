"""The tokens of the API as they are kept, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from connector.clock import VirtualClock
from connector.store import audit
from connector.store.chain.proof import verify
from connector.store.database.engine import Store
from connector.store.logins.tokens import KEPT, MOST, ApiTokens, NoRoomForToken
from connector.store.records import Event

DAY = timedelta(days=1)


@pytest.fixture
def store(database_url: str, open_store: Callable[..., Store], clock: VirtualClock) -> Store:
    return open_store(database_url, clock)


def add(store: Store, id: str, name: str = "", lasts: timedelta = DAY):
    return ApiTokens(store).add(id, name or id, "0" * 64, ["read"], lasts, "ruth")


def test_one_is_found_listed_and_gone_once_it_is_revoked_by_name_or_id(store: Store, clock: VirtualClock) -> None:
    tokens = ApiTokens(store)
    made = add(store, "b", "display")
    add(store, "a", "monitor")
    assert made.expires_at == clock.now() + DAY
    assert tokens.find("b") == made
    assert [one.name for one in tokens.every()] == ["display", "monitor"]
    assert tokens.revoke("display", "bo") == made
    assert tokens.revoke("a", "bo").name == "monitor"
    assert tokens.revoke("a", "bo") is None
    assert (tokens.find("b"), tokens.every()) == (None, [])


def test_a_name_that_is_anothers_id_means_the_one_of_that_name(store: Store) -> None:
    add(store, "a", "first")
    add(store, "b", "a")
    assert ApiTokens(store).revoke("a", "bo").id == "b"


def test_the_trail_tells_who_made_and_revoked_it_and_not_its_digest(store: Store) -> None:
    add(store, "a", "display")
    ApiTokens(store).revoke("display", "bo")
    made, revoked = audit.events(store)
    assert (made.event, made.connection, made.chain) == (Event.TOKEN_MADE, "", audit.SERVICE)
    assert made.detail == {
        "id": "a",
        "name": "display",
        "scopes": ["read"],
        "expires_at": "2026-03-03T09:00:00+00:00",
        "by": "ruth",
    }
    assert (revoked.event, revoked.detail) == (Event.TOKEN_REVOKED, {"id": "a", "name": "display", "by": "bo"})
    assert verify(store, None, None).is_intact


def test_two_have_no_name_together_and_there_is_a_bound(store: Store) -> None:
    add(store, "a", "display")
    with pytest.raises(NoRoomForToken, match="a token 'display' already"):
        add(store, "b", "display")
    for n in range(MOST - 1):
        add(store, f"t{n}")
    with pytest.raises(NoRoomForToken, match="100 tokens already"):
        add(store, "c")
    assert len(ApiTokens(store).every()) == MOST
    assert len(list(audit.events(store))) == MOST


def test_one_that_expired_is_shown_for_a_month_and_makes_room_then(store: Store, clock: VirtualClock) -> None:
    add(store, "a", "display")
    clock.advance(DAY + KEPT - timedelta(seconds=1))
    add(store, "b")
    assert ApiTokens(store).find("a") is not None
    clock.advance(timedelta(seconds=1))
    add(store, "c", "display")
    assert [one.id for one in ApiTokens(store).every()] == ["b", "c"]
