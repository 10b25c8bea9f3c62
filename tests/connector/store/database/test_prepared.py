"""Prepared statements: the same values and rows as through the library; errors in the words of the store."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import bindparam, insert, literal_column, select, text, update

from connector.store.database.engine import Store
from connector.store.database.errors import StoreUnavailable
from connector.store.database.prepared import Prepared, PreparedList, PreparedRows
from connector.store.database.tables import inbox, mailbox

Opener = Callable[..., Store]
NOW = datetime(2026, 3, 2, 9, 0, 0, 123_456, tzinfo=UTC)
ROW = {
    "connection": "psa",
    "ticket": "4711 – é 'x' %s ?",
    "wake_at": NOW,
    "due_at": None,
    "fence": 2**40,
    "attempts": 3,
    "error": "100 % : :name",
    "is_dead": True,
    "snapshot": {"a": ["é", None, 1.5]},
}
_NAMES = tuple(ROW)
STORING = Prepared(insert(mailbox).values({name: bindparam(name) for name in _NAMES}))
ROWS = PreparedRows(mailbox, _NAMES)
_SELECTED = select(*(mailbox.c[name] for name in _NAMES))
READING = Prepared(_SELECTED.where(mailbox.c.ticket == bindparam("at_ticket")))
LISTED = PreparedList(lambda names: select(mailbox.c.ticket).where(mailbox.c.ticket.in_(names)))


def a_row(ticket: str, **more: Any) -> dict[str, Any]:
    return {**ROW, "ticket": ticket, **more}


def test_values_go_in_and_come_back_as_the_library_would_have_them(store: Store) -> None:
    with store.writing() as conn:
        STORING.run(conn, [ROW])
        conn.execute(insert(mailbox), [a_row("library")])
    with store.reading() as conn:
        prepared = READING.one_or_none(conn, {"at_ticket": ROW["ticket"]})
        [library] = conn.execute(_SELECTED.where(mailbox.c.ticket == ROW["ticket"])).all()
        other = READING.one_or_none(conn, {"at_ticket": "library"})
    assert prepared is not None
    assert other is not None
    assert prepared._asdict() == ROW == dict(library._mapping)
    assert other._asdict() == a_row("library")
    assert prepared.is_dead is True


def test_bytes_go_in_and_come_back(store: Store) -> None:
    given = {"connection": "psa", "ticket": "1", "delivery": "d", "source": "webhook", "body": b"\0\xff", "at": NOW}
    values = {name: bindparam(name) for name in given if name != "at"}
    storing = Prepared(insert(inbox).values(**values, received_at=bindparam("at")).returning(inbox.c.body))
    with store.writing() as conn:
        [row] = storing.rows(conn, given)
    assert bytes(row.body) == b"\0\xff"


def test_many_sets_of_values_go_in_at_once_and_none_does_nothing(store: Store) -> None:
    with store.writing() as conn:
        STORING.run(conn, [])
        STORING.run(conn, [a_row("1"), a_row("2", is_dead=False), a_row("3", snapshot=None)])
    with store.reading() as conn:
        assert [row.ticket for row in READING.rows(conn, {"at_ticket": "2"})] == ["2"]
        assert READING.one_or_none(conn, {"at_ticket": "4"}) is None


@pytest.mark.parametrize("count", [0, 1, 2, 3, 31, 32, 75])
def test_several_rows_go_in_with_one_statement(store: Store, count: int) -> None:
    given = [a_row(f"{n:02}", wake_at=NOW + timedelta(hours=n), is_dead=n % 2 == 0) for n in range(count)]
    with store.writing() as conn:
        ROWS.run(conn, given)
    with store.reading() as conn:
        found = conn.execute(_SELECTED.order_by(mailbox.c.ticket)).all()
    assert [row._asdict() for row in found] == given


def test_values_that_stand_in_the_statement_itself_need_not_be_given(store: Store) -> None:
    parking = Prepared(update(mailbox).where(mailbox.c.ticket == bindparam("at")).values(owner=None, is_dead=False))
    with store.writing() as conn:
        STORING.run(conn, [a_row("1")])
        conn.execute(text("UPDATE mailbox SET owner = 'w'"))
        parking.run(conn, [{"at": "1"}])
    with store.reading() as conn:
        assert conn.execute(select(mailbox.c.owner, mailbox.c.is_dead)).one() == (None, False)


def test_a_value_that_is_missing_is_named(store: Store) -> None:
    with store.writing() as conn, pytest.raises(KeyError, match="snapshot"):
        STORING.run(conn, [{name: value for name, value in ROW.items() if name != "snapshot"}])


def test_a_parameter_without_a_type_is_refused(store: Store) -> None:
    untyped = Prepared(insert(mailbox).values([{name: bindparam(f"{name}_{n}") for name in ROW} for n in range(2)]))
    with store.writing() as conn, pytest.raises(TypeError, match=r"without a type: .*wake_at_1"):
        untyped.run(conn, [{}])


def test_one_row_means_one(store: Store) -> None:
    every = Prepared(select(mailbox.c.ticket))
    with store.writing() as conn:
        STORING.run(conn, [a_row("1"), a_row("2")])
        with pytest.raises(ValueError, match="more than one"):
            every.one_or_none(conn, {})


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 9, 500])
def test_a_list_of_any_length_finds_each_name_once(store: Store, count: int) -> None:
    there = [str(n) for n in range(0, 600, 2)]
    asked = [str(n) for n in range(count)]
    with store.writing() as conn:
        STORING.run(conn, [a_row(name) for name in there])
        found = [row.ticket for row in LISTED.rows(conn, asked, {})]
    assert sorted(found) == sorted(set(there) & set(asked))


def test_a_connection_that_breaks_half_way_is_unavailable_and_the_next_one_works(
    postgresql_url: str, open_store: Opener
) -> None:
    store = open_store(postgresql_url)
    killing = text("SELECT pg_terminate_backend(:pid)")
    with pytest.raises(StoreUnavailable, match="could not do its work"), store.writing() as conn:  # noqa: PT012
        STORING.run(conn, [ROW])
        pid = conn.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with store.reading() as other:
            other.execute(killing, {"pid": pid})
        READING.rows(conn, {"at_ticket": "1"})
    with store.reading() as conn:
        assert READING.rows(conn, {"at_ticket": ROW["ticket"]}) == []


def test_a_table_that_went_away_is_unavailable(sqlite_url: str, open_store: Opener) -> None:
    store = open_store(sqlite_url)
    with pytest.raises(StoreUnavailable, match="no such table"), store.writing() as conn:  # noqa: PT012
        conn.execute(text("DROP TABLE mailbox"))
        READING.rows(conn, {"at_ticket": "1"})


def test_rows_that_are_there_already_are_treated_as_the_statement_says(store: Store) -> None:
    later = PreparedRows(
        mailbox,
        _NAMES,
        lambda plain: plain.on_conflict_do_update(
            index_elements=["connection", "ticket"], set_={"attempts": mailbox.c.attempts + plain.excluded.attempts}
        ),
    )
    with store.writing() as conn:
        ROWS.run(conn, [a_row("1"), a_row("2")])
        later.run(conn, [a_row(str(n), attempts=n) for n in range(4)])
    with store.reading() as conn:
        found = conn.execute(select(mailbox.c.ticket, mailbox.c.attempts).order_by(mailbox.c.ticket)).all()
    assert [tuple(row) for row in found] == [("0", 0), ("1", 4), ("2", 5), ("3", 3)]


def test_a_name_may_come_twice_and_a_percent_sign_stand_in_a_statement(store: Store) -> None:
    is_it = mailbox.c.ticket == bindparam("at_ticket")
    twice = Prepared(
        select(mailbox.c.ticket, (literal_column("7") % literal_column("4")).label("rest")).where(
            is_it | mailbox.c.connection.like(literal_column("'%%' || 'none'")), is_it
        )
    )
    with store.writing() as conn:
        STORING.run(conn, [ROW, a_row("other")])
        [found] = twice.rows(conn, {"at_ticket": "other"})
    assert (found.ticket, found.rest) == ("other", 3)


def test_nobody_looks_for_names_in_a_statement_each_time_it_is_run(store: Store) -> None:
    with store.writing() as conn:
        STORING.run(conn, [ROW])
        sql = STORING._form(conn).sql
    places = [f"${n}" for n in range(1, len(_NAMES) + 1)] if store.is_postgresql else ["?"] * len(_NAMES)
    assert re.findall(r"\$\d+|\?|%\(", sql) == places
