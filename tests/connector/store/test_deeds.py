"""What was done, the newest first, on both databases: its order, page by page, of which tickets, and what it costs."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from connector.store.database.engine import Store
from connector.store.queries import reported
from connector.store.queries.reported import DeedCursor
from connector.store.records import Event
from tests.connector.mailboxes import START
from tests.connector.store.test_board import plans_of
from tests.connector.web.console.escalations.deeds import a_stint, end, risen, tell

BOTH = ("psa", "second")
RISES = (Event.ESCALATED, Event.WOULD_ESCALATE)
SINCE = START - timedelta(days=7)


def newest(store: Store, most: int = 100, behind: DeedCursor | None = None, connections=BOTH) -> list[str]:
    with store.reading() as conn:
        rows = reported.newest(conn, connections, RISES, SINCE, START, most, behind)
    return [f"{row.connection} {row.ticket}" for row in rows]


def filled(store: Store) -> Store:
    for connection in BOTH:
        tell(
            store,
            *((f"{n}", RISES[n % 2], risen(), 5 + n // 4) for n in range(12)),
            ("other", Event.TRAINING_REQUEST, {}, 1),
            ("late", Event.ESCALATED, risen(), 0),
            ("early", Event.ESCALATED, risen(), 8 * 24 * 60),
            connection=connection,
        )
    return store


def test_the_newest_comes_first_of_all_connections(store):
    found = newest(filled(store))
    of_a_moment = [3, 2, 1, 0]
    expected = [f"{name} {4 * m + n}" for m in range(3) for name in BOTH for n in of_a_moment]
    assert found == expected
    assert newest(store, 5) == expected[:5]
    assert newest(store, connections=("second",)) == [one for one in expected if one.startswith("second")]
    assert newest(store, connections=()) == []


def test_page_by_page_each_comes_once_also_of_one_moment(store):
    whole = newest(filled(store))
    for most in (1, 3, 7):
        found: list[str] = []
        behind = None
        while True:
            with store.reading() as conn:
                page = reported.newest(conn, BOTH, RISES, SINCE, START, most, behind)
            if not page:
                break
            found += [f"{row.connection} {row.ticket}" for row in page]
            behind = DeedCursor(page[-1].at, page[-1].connection, page[-1].n)
        assert found == whole


def test_of_some_tickets_everything_comes_in_one_statement(store):
    end(filled(store), a_stint("1", 90, 60), a_stint("1", 60, 30, stint="b"), a_stint("2", 9, 5, connection="second"))
    keys = [("psa", "1"), ("second", "2"), ("second", "nobody")]
    with store.reading() as conn:
        entries = reported.entries_of(conn, keys, RISES, SINCE, START)
        ended = reported.ended_of(conn, keys)
        assert reported.open_of(conn, keys) == reported.entries_of(conn, [], RISES, SINCE, START) == []
    assert [(row.connection, row.ticket) for row in entries] == keys[:2]
    assert [(one.ticket, one.stint) for one in ended] == [("1", "a"), ("1", "b"), ("2", "a")]


def test_what_was_resolved_is_counted_as_far_as_it_is_looked_at(store):
    end(
        store,
        *(a_stint(f"{n}", 90, 60 - n, was_warned=n % 2 == 0) for n in range(5)),
        a_stint("moved", 90, 50, has_left=True),
        a_stint("up", 90, 50, is_escalated=True),
        a_stint("old", 90, 50, has_left=None),
        a_stint("before", 90, 24 * 60 * 8),
        a_stint("elsewhere", 90, 50, connection="third"),
    )
    with store.reading() as conn:
        assert reported.resolved(conn, BOTH, SINCE, START, 100) == (5, 3)
        assert reported.resolved(conn, BOTH, SINCE, START, 2) == (2, 1)


# -- what it costs -----------------------------------------------------------------------------------------------


def many(store: Store, count: int = 6000) -> Store:
    """Many entries, some of them deeds, and many stints that are over."""
    numbers = f"generate_series(1, {count}) AS n"
    if not store.is_postgresql:
        numbers = f"(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {count}) SELECT n FROM s)"
    with store.writing() as conn:
        conn.execute(
            text(
                "INSERT INTO audit_entry (connection, n, ticket, at, event, detail, previous_hash, hash) "
                "SELECT 'psa', n, 'x' || (n / 4), CAST(n AS bigint) * 1000000, "
                "CASE WHEN n % 7 = 0 THEN 'escalated' WHEN n % 50 = 0 THEN 'training request' ELSE 'clock' END, "
                f"'{{}}', '', '' FROM {numbers}"
            )
        )
        conn.execute(
            text(
                "INSERT INTO ended_stint (connection, ticket, stint, tier, ladder, holder, client, began_at, ended_at, "
                "ended_by, is_escalated, was_warned) SELECT 'psa', 'x' || n, 'a', '', '', '', '', 0, "
                f"CAST(n AS bigint) * 1000000, '', FALSE, FALSE FROM {numbers}"
            )
        )
        conn.execute(text("ANALYZE"))
    return store


def test_no_look_walks_through_the_whole_trail(store):
    many(store)
    since, until = START - timedelta(days=365 * 60), START
    behind = DeedCursor(START - timedelta(days=1), "psa", 70)
    keys = [("psa", f"x{n}") for n in range(20)]

    def ask(call):
        def asked():
            with store.reading() as conn:
                call(conn)

        return asked

    asks = (
        ask(lambda conn: reported.newest(conn, BOTH, RISES, since, until, 100)),
        ask(lambda conn: reported.newest(conn, BOTH, [Event.TRAINING_REQUEST], since, until, 100, behind)),
        ask(lambda conn: reported.entries_of(conn, keys, RISES, since, until)),
        ask(lambda conn: reported.ended_of(conn, keys)),
        ask(lambda conn: reported.resolved(conn, BOTH, until - timedelta(days=7), until, 100)),
    )
    for asked in asks:
        (plan,) = plans_of(store, asked)
        assert "Seq Scan" not in plan
        for table in ("audit_entry", "ended_stint"):
            assert f"SCAN {table}" not in plan
    for asked in asks[:2]:
        assert "audit_entry_deed" in plans_of(store, asked)[0]
