"""What a worker keeps at hand of a connection: read as seldom as is right, and never older than its own changes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connector.connection.state import ConnectionBook
from connector.store.connections import SURVEYED, Connections, ConnectionState
from connector.store.database.errors import StoreError
from connector.store.mailbox import Mailbox
from tests.connector.mailboxes import START


@pytest.fixture
def connections(mailbox: Mailbox) -> Connections:
    found = Connections(mailbox.store)
    found.ensure("psa", "enforce", "v1")
    found.set_swept("psa", START)
    found.update_state("psa", {SURVEYED: ["1"]})
    return found


@pytest.fixture
def book(connections: Connections) -> ConnectionBook:
    return ConnectionBook(connections, "psa")


def meanwhile(
    monkeypatch: pytest.MonkeyPatch, connections: Connections, act: Callable[[], object]
) -> Callable[[], None]:
    """``act`` happens once, between the next look into the database and its end."""
    get = connections.get

    def looked(name: str) -> ConnectionState:
        found = get(name)
        monkeypatch.undo()
        act()
        return found

    return lambda: monkeypatch.setattr(connections, "get", looked)


def test_the_state_is_kept_until_it_is_asked_for_afresh(connections: Connections, book: ConnectionBook) -> None:
    before = book.state()
    connections.update_state("psa", {"stop": 1})
    assert book.state() is before
    assert book.fresh().state["stop"] == 1
    assert book.state().state["stop"] == 1


def test_until_the_survey_is_over_the_database_is_asked_each_time(connections: Connections) -> None:
    connections.ensure("new", "enforce", "v1")
    book = ConnectionBook(connections, "new")
    assert book.state().swept_at is None
    connections.set_swept("new", START)
    assert book.state().swept_at == START
    connections.update_state("new", {SURVEYED: []})
    assert SURVEYED in book.state().state


def test_what_was_read_before_a_change_of_ours_is_not_kept_after_it(
    connections: Connections, book: ConnectionBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(monkeypatch, connections, lambda: book.remember("stop", 1))()
    assert "stop" not in book.fresh().state
    assert book.state().state["stop"] == 1
    meanwhile(monkeypatch, connections, lambda: book.forget("stop", 1))()
    assert book.fresh().state["stop"] == 1
    assert "stop" not in book.state().state


def test_a_connection_that_was_never_started_is_said_to_be_none(connections: Connections) -> None:
    with pytest.raises(StoreError, match="never started"):
        ConnectionBook(connections, "other").state()
