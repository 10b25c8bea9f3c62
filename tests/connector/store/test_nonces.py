"""Nonces: a few, for a minute, and each with an answer of its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from connector.clock import VirtualClock
from connector.store.database.engine import Store
from connector.store.database.tables import nonce
from connector.store.queries.nonces import GOOD_FOR, MOST, Nonces


@pytest.fixture
def store(database_url: str, open_store: Callable[..., Store], clock: VirtualClock) -> Store:
    return open_store(database_url, clock)


def test_a_nonce_is_good_for_a_minute_and_its_answer_is_another_text(store: Store, clock: VirtualClock) -> None:
    nonces = Nonces(store)
    made = nonces.issue()
    assert nonces.answers() == {made.nonce: made.answer}
    assert made.nonce != made.answer
    assert min(len(made.nonce), len(made.answer)) >= 32
    clock.advance(GOOD_FOR)
    assert nonces.answers() == {}


def test_however_many_are_issued_a_few_rows_are_kept(store: Store, clock: VirtualClock) -> None:
    nonces = Nonces(store)
    for _ in range(2 * MOST):
        made = nonces.issue()
        clock.advance(GOOD_FOR / 100)
    assert len(nonces.answers()) == MOST
    assert nonces.answers()[made.nonce] == made.answer
    clock.advance(GOOD_FOR)
    nonces.issue()
    with store.reading() as conn:
        assert conn.execute(select(func.count()).select_from(nonce)).scalar_one() == 1
