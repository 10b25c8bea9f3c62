"""The open clocks in groups, on both databases: who is in which, in which order, page by page, and at what cost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event, text

from connector.store.database.engine import Store
from connector.store.database.tables import step
from connector.store.queries.board import EACH_ONCE, Board, Chosen, ClockGroup, Cursor, cursor_at
from tests.connector.boards import TIERS, a_row, put, step_done
from tests.connector.mailboxes import START

ALL = Chosen(("psa", "second"), TIERS[2:])
MOST = dict.fromkeys(EACH_ONCE, 10)


def tickets(rows) -> list[str]:
    return [row.ticket for row in rows]


def every(store: Store, chosen: Chosen = ALL) -> dict[ClockGroup, list[str]]:
    return {group: tickets(rows) for group, rows in Board(store).first(chosen, START, MOST).items() if rows}


@pytest.fixture
def filled(store: Store) -> Store:
    put(
        store,
        [
            a_row("late", -5, verdict="running"),
            a_row("braked", -9, verdict="breached", connection="second"),
            a_row("top", -7, verdict="breached", tier=TIERS[2]),
            a_row("top later", 7, tier=TIERS[2]),
            a_row("now", 0, verdict="running"),
            a_row("soon", 30),
            a_row("sooner", 1, connection="second"),
            a_row("shut", -60, verdict="due at opening"),
            a_row("deferred", -61, verdict="deferred"),
            a_row("later", 31),
            a_row("paused", None, verdict="paused"),
            a_row("free", None, verdict="overridden"),
            a_row("new", None),
            a_row("unread", None, verdict=None),
            a_row("moved to", 90, verdict="overridden"),
            a_row("fails", 5, attempts=2, failing_since=START, error="it refuses"),
            a_row("parked", None, attempts=9, failing_since=START, is_dead=True),
            a_row("@probe", None, verdict=None),
            a_row("elsewhere", 5, connection="third"),
        ],
    )
    return store


def test_each_ticket_is_in_one_group_the_nearest_first(filled):
    assert every(filled) == {
        ClockGroup.PAST: ["braked", "late", "now"],
        ClockGroup.FINAL: ["top"],
        ClockGroup.NEXT: ["sooner", "fails", "top later", "soon"],
        ClockGroup.WAITS: ["deferred", "shut"],
        ClockGroup.LATER: ["later", "moved to"],
        ClockGroup.PAUSED: ["paused"],
        ClockGroup.NO_CLOCK: ["free", "new", "parked", "unread"],
    }


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        (ClockGroup.OVERRIDDEN, ["moved to", "free"]),
        (ClockGroup.FAILING, ["fails"]),
        (ClockGroup.PARKED, ["parked"]),
        (ClockGroup.PAUSED, ["paused"]),
        (ClockGroup.AHEAD, ["sooner", "fails", "top later", "soon", "later", "moved to"]),
    ],
)
def test_a_group_can_be_asked_for_by_itself(filled, group, expected):
    assert tickets(Board(filled).page(ALL, group, START, 10)) == expected


def test_no_group_is_longer_than_asked_for_and_no_count_higher(filled):
    board = Board(filled)
    found = board.first(ALL, START, {ClockGroup.PAST: 2, ClockGroup.NEXT: 1})
    assert {group: tickets(rows) for group, rows in found.items()} == {
        ClockGroup.PAST: ["braked", "late"],
        ClockGroup.NEXT: ["sooner"],
    }
    assert board.counts(ALL, START, EACH_ONCE, 2) == dict(zip(EACH_ONCE, (3, 1, 3, 2, 2, 1, 3), strict=True))


def test_page_by_page_each_comes_once_and_in_order(store):
    rows = [
        a_row(f"{n}", due, connection=connection, verdict="overridden", is_dead=True)
        for connection in ("psa", "second")
        for n, due in enumerate([5, 5, 5, 6, None, None])
    ]
    put(store, rows)
    board = Board(store)
    expected = {
        ClockGroup.ALL: 12,
        ClockGroup.NEXT: 8,
        ClockGroup.NO_CLOCK: 4,
        ClockGroup.OVERRIDDEN: 12,
        ClockGroup.PARKED: 12,
    }
    for group, count in expected.items():
        whole = board.page(ALL, group, START, 100)
        assert len(whole) == count
        for most in (1, 3):
            found, after = [], None
            while page := board.page(ALL, group, START, most, after):
                found += page
                after = cursor_at(group, page[-1])
            assert found == whole, (group, most)


def test_a_page_begins_behind_a_row_that_is_gone(filled):
    after = Cursor(START + timedelta(minutes=5), "psa", "eh")
    assert tickets(Board(filled).page(ALL, ClockGroup.NEXT, START, 10, after)) == ["fails", "top later", "soon"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"tier": TIERS[1]}, ["a"]),
        ({"tier": "Tier"}, []),
        ({"client": "wIND"}, ["b", "c"]),
        ({"client": "100 %"}, ["a"]),
        ({"client": "0_%"}, []),
        ({"holder": "ÖSTER"}, ["a"]),
        ({"holder": "öster"}, []),
        ({"nobody": True}, ["b", "c"]),
        ({"nobody": True, "client": "north"}, ["b"]),
    ],
)
def test_filters_choose_by_tier_client_and_holder(store, filters, expected):
    put(
        store,
        [
            a_row("a", 1, tier=TIERS[1], client="100 % Bakery", holder="ÖSTER"),
            a_row("b", 2, client="Northwind", holder=None),
            a_row("c", 3, client="Windmill", holder=""),
        ],
    )
    chosen = Chosen(("psa",), TIERS[2:], **filters)
    found = tickets(Board(store).page(chosen, ClockGroup.ALL, START, 10))
    if "öster" in filters.get("holder", "") and store.is_postgresql:
        expected = ["a"]  # it knows of cases beyond ASCII
    assert found == expected


def test_of_warnings_the_journal_tells_when_and_whether_they_were_written(store):
    with store.writing() as conn:
        rows = [step_done("psa/1/s/fix/warning", 3, START), step_done("psa/2/s/fix/warning", 0, START)]
        conn.execute(step.insert(), [*rows, {**step_done("psa/3/s/fix/warning", 3, START), "state": "begun"}])
    board = Board(store)
    sagas = [f"psa/{n}/s/fix/warning" for n in (1, 2, 3, 4)]
    assert board.said(sagas) == {sagas[0]: (START, True), sagas[1]: (START, False)}
    assert board.said([]) == {}


def test_without_a_connection_there_is_nothing(store):
    none = Chosen((), TIERS[2:])
    assert every(store, none) == {}
    assert Board(store).page(none, ClockGroup.ALL, START, 10) == []
    assert set(Board(store).counts(none, START, EACH_ONCE, 10).values()) == {0}


# -- what it costs -----------------------------------------------------------------------------------------------


def many(store: Store, count: int = 4000) -> Store:
    """Many tickets, nearly all of them due later."""
    template = a_row("0", 100, connection="psa")
    put(store, [template])
    numbers = f"generate_series(1, {count}) AS n"
    if not store.is_postgresql:
        numbers = f"(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {count}) SELECT n FROM s)"
    with store.writing() as conn:
        conn.execute(
            text(
                "INSERT INTO mailbox (connection, ticket, wake_at, due_at, deadline, fence, attempts, is_dead, lane, "
                "snapshot, tier, client, holder, state) SELECT connection, 'x' || n, wake_at, due_at, "
                "CASE WHEN n % 5 = 0 THEN NULL ELSE deadline + CAST(n AS bigint) * 60000000 END, 0, 0, is_dead, "
                "lane, snapshot, tier, client, holder, "
                f"CASE WHEN n % 5 = 0 THEN 'paused' ELSE state END FROM mailbox, {numbers} "
                "WHERE ticket = '0'"
            )
        )
        conn.execute(
            text(
                "INSERT INTO step (saga, n, state, outcome, at) "
                f"SELECT 'psa/' || n || '/s/fix/warning', 3, 'done', '{{}}', 0 FROM {numbers}"
            )
        )
        conn.execute(text("ANALYZE"))
    return store


def plans_of(store: Store, ask) -> list[str]:
    """How the database means to run each statement that asking sends."""
    explain = "EXPLAIN " if store.is_postgresql else "EXPLAIN QUERY PLAN "
    found: list[str] = []

    def explain_first(conn, _, statement, parameters, *__):
        cursor = conn.connection.cursor()
        cursor.execute(explain + statement, parameters)
        found.append(" | ".join(str(row[-1]) for row in cursor.fetchall()))
        cursor.close()

    event.listen(store.engine, "before_cursor_execute", explain_first)
    ask()
    event.remove(store.engine, "before_cursor_execute", explain_first)
    return found


def test_no_look_walks_through_all_tickets(store):
    board = Board(many(store))
    asks = (
        lambda: board.first(ALL, START, MOST),
        lambda: board.page(ALL, ClockGroup.LATER, START, 100, Cursor(START + timedelta(minutes=500), "psa", "x9")),
        lambda: board.said([f"psa/{n}/s/fix/warning" for n in range(100)]),
    )
    for ask in asks:
        (plan,) = plans_of(store, ask)
        assert "Seq Scan" not in plan
        assert "SCAN mailbox" not in plan.replace("SCAN mailbox USING", "")
        assert "SCAN step" not in plan


def test_a_count_stops_at_its_bound(store):
    board = Board(many(store))
    (plan,) = plans_of(store, lambda: board.counts(ALL, START, EACH_ONCE, 100))
    if store.is_postgresql:  # it may walk through the table where the bound is near
        assert plan.count("Limit") >= 2 * len(EACH_ONCE)
    else:
        assert "SCAN mailbox" not in plan.replace("SCAN mailbox USING", "")
    assert board.counts(ALL, START, [ClockGroup.LATER], 100) == {ClockGroup.LATER: 101}
