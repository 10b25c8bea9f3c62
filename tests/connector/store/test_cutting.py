"""What is old of the audit trail is cut off at a signed checkpoint, from which it is still proven."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tracemalloc
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import Connection, select, text

from connector.clock import VirtualClock
from connector.store import audit
from connector.store.audit import AuditHead, ChainHead, hash_over_detail, read_head
from connector.store.chain.cutting import CUT_AT_ONCE, cut
from connector.store.chain.proof import verify
from connector.store.connections import Connections
from connector.store.database import schema
from connector.store.database.engine import Store
from connector.store.database.tables import to_json, to_micros
from connector.store.queries import chains
from connector.store.records import AuditEvent, Event
from tests.connector.mailboxes import PATIENCE, START, Pause, in_thread, record

Opener = Callable[..., Store]


def fill(store: Store, count: int, connection: str = "psa", since: datetime = START) -> None:
    """So many entries of a connection, a minute between two."""
    with store.writing() as conn:
        for n in range(count):
            entry = ((connection, str(n % 7)), AuditEvent(Event.CLOCK, {"n": n}))
            audit.append(conn, [entry], since + timedelta(minutes=n))


def started(store: Store, *names: str) -> Store:
    for name in names or ("psa",):
        Connections(store).ensure(name, "enforce", "v1")
    return store


def cut_all(store: Store, before: datetime) -> int:
    return sum(iter(lambda: cut(store, before), 0))


def ids(store: Store, connection: str = "psa") -> list[int]:
    return [row.id for row in audit.events(store, connection)]


def after(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def test_what_is_older_is_cut_and_the_rest_is_proven_from_the_checkpoint(store: Store) -> None:
    fill(started(store), CUT_AT_ONCE + 30)
    kept = audit.head(store)
    assert [cut(store, after(CUT_AT_ONCE + 10)) for _ in range(3)] == [CUT_AT_ONCE, 10, 0]
    assert ids(store) == list(range(CUT_AT_ONCE + 11, CUT_AT_ONCE + 31))
    assert audit.head(store) == kept
    report = verify(store, kept)
    assert (report.why, report.rows, report.cut) == ("", 20, CUT_AT_ONCE + 10)
    record(store, "psa", "1", AuditEvent(Event.WARNED, {}))
    assert (verify(store, kept).is_intact, ids(store)[-1]) == (True, CUT_AT_ONCE + 31)


def test_a_chain_that_was_cut_off_whole_goes_on_from_its_checkpoint(store: Store) -> None:
    fill(started(store), 5)
    assert cut_all(store, after(60)) == 5
    assert (verify(store).is_intact, verify(store).cut, ids(store)) == (True, 5, [])
    record(store, "psa", "1", AuditEvent(Event.WARNED, {}, after(70)))
    assert (verify(store).is_intact, ids(store)) == (True, [6])
    assert cut_all(store, after(71)) == 1
    assert verify(store).is_intact


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE audit_checkpoint SET entries = 4", "not what was signed"),
        ("UPDATE audit_checkpoint SET hash = signature", "not what was signed"),
        ("UPDATE audit_checkpoint SET cut_at = cut_at + 1", "not what was signed"),
        ("UPDATE audit_checkpoint SET until = until - 1", "not what was signed"),
        ("UPDATE audit_checkpoint SET chain = 'other'", "a row before it is missing"),
        ("UPDATE audit_checkpoint SET signed_by = 'gone'", "the key that its checkpoint is signed with is not there"),
        ("UPDATE audit_checkpoint SET signed_by = 'other'", "not what was signed"),
        ("DELETE FROM audit_checkpoint", "a row before it is missing"),
        ("DELETE FROM audit_entry WHERE n = 6", "a row before it is missing"),
        ("UPDATE audit_entry SET detail = '{}' WHERE n = 6", "its content was changed"),
        ("DELETE FROM audit_entry", "5 rows are missing at the end"),
        ("DELETE FROM audit_chain WHERE connection = 'psa'", "the record of where the chain ends is missing"),
        ("UPDATE connection SET marker_key = 'another' WHERE name = 'psa'", "not what was signed"),
    ],
)
def test_what_is_done_to_a_checkpoint_or_behind_it_is_found(store: Store, statement: str, why: str) -> None:
    fill(started(store, "psa", "other"), 10)
    cut_all(store, after(5))
    with store.writing() as conn:
        conn.execute(text(statement))
    assert why in verify(store).why


def test_an_unsigned_head_counts_at_and_after_the_checkpoint_and_is_told_apart_before_it(store: Store) -> None:
    started(store)
    kept: list[AuditHead] = []
    for n in range(10):
        fill(store, 1, since=after(n))
        kept.append(audit.head(store))
    cut_all(store, after(5))
    assert [verify(store, one).is_intact for one in kept] == [False] * 4 + [True] * 6
    report = verify(store, kept[1])
    assert (report.first_bad_id, "a head without a signature says nothing of that" in report.why) == (2, True)
    forged = AuditHead({"psa": ChainHead(5, "0" * 64)})
    assert "kept elsewhere" in verify(store, forged).why


def test_an_export_begins_with_the_checkpoint_where_history_was_cut(store: Store) -> None:
    fill(started(store, "psa", "other"), 10)
    fill(store, 3, "other")
    hashes = [row.hash for row in audit.events(store, "psa")]
    cut_all(store, after(5))
    lines = [json.loads(json.dumps(line)) for line in audit.export(store)]
    assert [(line["chain"], line["event"], line["id"]) for line in lines] == [
        ("other", "checkpoint", 3),
        ("psa", "checkpoint", 5),
        *(("psa", "clock", n) for n in range(6, 11)),
    ]
    cut_off, first = lines[1], lines[2]
    assert (cut_off["hash"], cut_off["at"]) == (hashes[4], after(4).isoformat(timespec="microseconds"))
    assert first["previous_hash"] == cut_off["hash"]
    assert set(cut_off) == set(first)
    assert (cut_off["detail"]["entries"], cut_off["detail"]["signed_by"]) == (5, "psa")


def test_what_is_cut_while_it_is_exported_leaves_a_checkpoint_in_its_place(store: Store) -> None:
    fill(started(store), 10)
    with patch.object(chains, "PAGE", 2):
        lines = audit.export(store)
        first = [next(lines) for _ in range(2)]
        cut_all(store, after(6))
        rest = list(lines)
    assert [line["id"] for line in first] == [1, 2]
    assert [(line["event"], line["id"]) for line in rest] == [("checkpoint", 6), *(("clock", n) for n in range(7, 11))]


def test_who_dies_while_cutting_has_cut_nothing(store: Store) -> None:
    fill(started(store), 10)
    kept = audit.head(store)
    for where in ("set_checkpoint", "delete_up_to"):
        with patch.object(chains, where, side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
            cut(store, after(5))
        assert (ids(store), verify(store, kept).is_intact) == (list(range(1, 11)), True)
    assert cut(store, after(5)) == 5
    assert verify(store, kept).is_intact


def test_two_that_cut_at_once_cut_everything_once(store: Store) -> None:
    fill(started(store), CUT_AT_ONCE * 2 + 10)
    futures = [in_thread(lambda: cut_all(store, after(CUT_AT_ONCE * 2))) for _ in range(3)]
    assert sum(future.result(PATIENCE) for future in futures) == CUT_AT_ONCE * 2
    assert (verify(store).why, verify(store).cut, len(ids(store))) == ("", CUT_AT_ONCE * 2, 10)


def test_who_appends_while_the_chain_is_cut_loses_nothing(store: Store) -> None:
    fill(started(store), 10)
    pause = Pause()
    original = chains.delete_up_to

    def slowly(conn: Connection, *given: object) -> None:
        pause.stop_here()
        original(conn, *given)  # type: ignore[arg-type]

    with patch.object(chains, "delete_up_to", slowly):
        cutting = in_thread(lambda: cut(store, after(5)))
        pause.wait_until_reached()
        appending = in_thread(lambda: record(store, "psa", "1", AuditEvent(Event.WARNED, {}, after(60))))
        pause.let_go()
        assert cutting.result(PATIENCE) == 5
        appending.result(PATIENCE)
    assert (verify(store).is_intact, ids(store)) == (True, [6, 7, 8, 9, 10, 11])


def test_the_chain_of_the_service_and_of_a_connection_that_was_never_started_are_signed_by_another(
    store: Store,
) -> None:
    for name in ("", "never"):
        fill(store, 3, name)
    assert cut_all(store, after(60)) == 0  # nobody can sign yet
    started(store, "psa", "zed")
    assert cut_all(store, after(60)) == 6
    with store.reading() as conn:
        signers = {row.chain: row.signed_by for row in conn.execute(text("SELECT * FROM audit_checkpoint"))}
    assert signers == {"": "psa", "never": "psa"}
    assert (verify(store).is_intact, verify(store).cut) == (True, 6)


def test_a_clock_that_was_ahead_for_a_while_has_nothing_cut_too_early(store: Store) -> None:
    started(store)
    for n, minute in enumerate((0, 1, 900, 2, 3)):
        fill(store, 1, since=after(minute))
        assert ids(store)[-1] == n + 1
    assert cut_all(store, after(5)) == 2
    assert ids(store) == [3, 4, 5]


def test_an_idle_chain_costs_a_cut_nothing(store: Store) -> None:
    started(store)
    for n in range(5):
        fill(store, 1, f"psa{n}", after(n))
    assert cut_all(store, after(0)) == 0
    assert cut_all(store, after(2)) == 2
    assert [name for name in (f"psa{n}" for n in range(5)) if ids(store, name)] == ["psa2", "psa3", "psa4"]


def test_a_chain_that_is_younger_than_it_says_keeps_no_other_from_being_cut(store: Store) -> None:
    started(store)
    fill(store, 3, "psa", after(10))
    fill(store, 3, "other")
    with store.writing() as conn:
        conn.execute(text("UPDATE audit_chain SET oldest_at = 0 WHERE connection = 'psa'"))
    assert cut(store, after(5)) == 0
    assert cut(store, after(5)) == 3
    assert (ids(store, "other"), ids(store)) == ([], [1, 2, 3])


@pytest.mark.parametrize("page", [200, pytest.param(chains.PAGE, marks=pytest.mark.soak)])
def test_a_long_trail_is_proven_a_page_at_a_time(store: Store, monkeypatch: pytest.MonkeyPatch, page: int) -> None:
    """What is held at once does not grow with the trail."""
    monkeypatch.setattr(chains, "PAGE", page)

    def peak() -> int:
        tracemalloc.start()
        assert verify(store).is_intact
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    fill(started(store), 2 * chains.PAGE)
    verify(store)  # what is kept of statements is made by the first
    small = peak()
    fill(store, 6 * chains.PAGE)
    assert peak() < 1.3 * small


# -- the closed chain ------------------------------------------------------------------------------------------------


def of_the_version_before(store: Store, number: int, at: datetime = START) -> None:
    """Append as a worker of the version before does: to one chain over all connections."""
    with store.writing() as conn:
        end = conn.execute(text("SELECT length, hash FROM audit_head")).one()
        connection, ticket, detail = ("psa", "other")[number % 2], str(number), to_json({"n": number})
        new = hash_over_detail(end.length + 1, connection, ticket, at, "clock", detail, end.hash)
        conn.execute(
            text("INSERT INTO audit VALUES (:id, :connection, :ticket, :at, 'clock', :detail, :previous, :hash)"),
            {
                "id": end.length + 1,
                "connection": connection,
                "ticket": ticket,
                "at": to_micros(at),
                "detail": detail,
                "previous": end.hash,
                "hash": new,
            },
        )
        conn.execute(text("UPDATE audit_head SET length = length + 1, hash = :hash"), {"hash": new})


@pytest.fixture
def migrated(empty_database_url: str, open_store: Opener) -> Store:
    """A database with a chain of the version before, which was migrated."""
    store = open_store(empty_database_url)
    with store.writing() as conn:
        schema.upgrade(conn, "0004")
    for number in range(6):
        of_the_version_before(store, number, after(number))
    store.migrate()
    return started(store, "psa", "other")


def test_the_chain_there_was_is_the_first_link_of_each(migrated: Store) -> None:
    assert (verify(migrated).why, verify(migrated).rows) == ("", 6)
    fill(migrated, 2, "psa", after(10))
    fill(migrated, 2, "other", after(10))
    kept = audit.head(migrated)
    assert list(kept.chains) == ["@closed", "other", "psa"]
    assert (verify(migrated, kept).why, verify(migrated).rows) == ("", 10)
    assert [(row.chain, row.ticket) for row in audit.events(migrated, "psa")] == [
        *(("@closed", ticket) for ticket in ("0", "2", "4")),
        *(("psa", ticket) for ticket in ("0", "1")),
    ]
    with migrated.writing() as conn:
        conn.execute(text("UPDATE audit SET detail = '{}' WHERE id = 6"))
    assert (verify(migrated).chain, verify(migrated).first_bad_id) == ("@closed", 6)


def test_a_head_from_before_the_migration_is_still_expected(migrated: Store) -> None:
    closed = audit.head(migrated).chains["@closed"]
    fill(migrated, 2, "psa", after(10))
    assert verify(migrated, read_head(f"{closed.entries}:{closed.hash}")).is_intact
    assert not verify(migrated, read_head(f"{closed.entries}:{'0' * 64}")).is_intact


def test_a_closed_chain_that_was_made_anew_is_not_the_one_that_the_others_begin_with(migrated: Store) -> None:
    fill(migrated, 2, "psa", after(10))
    with migrated.writing() as conn:
        conn.execute(text("DELETE FROM audit"))
        conn.execute(text(f"UPDATE audit_head SET length = 0, hash = '{audit.GENESIS}'"))
    for number in range(6):
        of_the_version_before(migrated, number, after(number + 1))
    assert (verify(migrated).chain, verify(migrated).why) == ("psa", "it does not begin where the closed chain ended")


def test_a_worker_of_the_version_before_loses_nothing_during_a_roll_out(migrated: Store) -> None:
    fill(migrated, 2, "psa", after(10))
    of_the_version_before(migrated, 6, after(11))
    fill(migrated, 2, "other", after(12))  # begins later: with a longer first link
    of_the_version_before(migrated, 7, after(13))
    assert (verify(migrated).why, verify(migrated).rows) == ("", 12)
    exported = [(line["chain"], line["id"]) for line in audit.export(migrated)]
    assert exported == [("@closed", n) for n in range(1, 9)] + [(name, n) for name in ("other", "psa") for n in (1, 2)]


def test_the_closed_chain_is_cut_like_the_others_and_a_late_worker_goes_on_with_it(migrated: Store) -> None:
    fill(migrated, 2, "psa", after(10))
    assert cut_all(migrated, after(4)) == 4
    assert (verify(migrated).why, verify(migrated).rows, verify(migrated).cut) == ("", 4, 4)
    assert cut_all(migrated, after(9)) == 2
    assert (verify(migrated).why, verify(migrated).cut) == ("", 6)
    of_the_version_before(migrated, 6, after(11))
    assert (verify(migrated).why, verify(migrated).rows, verify(migrated).cut) == ("", 3, 6)
    fill(migrated, 1, "other", after(12))
    assert verify(migrated).is_intact
    with migrated.writing() as conn:
        conn.execute(text("UPDATE audit_chain SET link_hash = hash WHERE connection = 'other'"))
    assert (verify(migrated).chain, verify(migrated).why) == ("other", "it does not begin where the closed chain ended")


# -- a backup --------------------------------------------------------------------------------------------------------


def test_a_database_that_was_restored_is_intact_and_says_what_a_later_head_had(
    sqlite_url: str, open_store: Opener, tmp_path: Path
) -> None:
    store = started(open_store(sqlite_url, VirtualClock(START)))
    fill(store, 10)
    cut_all(store, after(4))
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(path)) as live, closing(sqlite3.connect(tmp_path / "backup.db")) as copy:
        live.backup(copy)
    fill(store, 5, since=after(20))
    cut_all(store, after(8))
    later = audit.head(store)
    store.close()
    restored = open_store(f"sqlite:///{shutil.copyfile(tmp_path / 'backup.db', tmp_path / 'restored.db')}")
    assert (verify(restored).why, verify(restored).rows, verify(restored).cut) == ("", 6, 4)
    assert verify(restored, later).why == "5 rows that were there are missing"
    fill(restored, 5, since=after(30))
    assert verify(restored).is_intact
    assert "kept elsewhere" in verify(restored, later).why


def test_every_table_of_the_trail_is_empty_on_a_fresh_database(store: Store) -> None:
    with store.reading() as conn:
        assert chains.chains(conn) == []
        assert conn.execute(select(text("1")).select_from(text("audit_checkpoint"))).all() == []
