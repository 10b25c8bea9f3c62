"""What somebody who may write to the database does to the audit trail, and what finds him out.

He works every hash and every recorded end out anew, and he may hold the key that signs. So the trail is intact in
itself; what he cannot change are the heads that were told outside before: in the log, to the watcher, by a command.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from connector.clock import VirtualClock
from connector.store import audit
from connector.store.audit import AuditHead, read_head
from connector.store.chain.cutting import cut
from connector.store.chain.proof import AuditReport, verify
from connector.store.chain.signatures import key_of, sign_checkpoint, signed_head
from connector.store.connections import Connections
from connector.store.database.engine import Store
from connector.store.records import AuditEvent, Event
from tests.connector.mailboxes import START

DAY = timedelta(days=1)


class Forger:
    """Rewrites chains as a whole: every hash, every recorded end, and checkpoints with the key that is there."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def take(self, chain: str) -> list[tuple[str, datetime, str]]:
        """What stands in a chain: ticket, moment and event of each entry."""
        return [(row.ticket, row.at, row.event) for row in audit.events(self.store, chain)]

    def put(self, chain: str, entries: list[tuple[str, datetime, str]]) -> None:
        """Have a chain say that, and nothing else, from its beginning."""
        with self.store.writing() as conn:
            for table, name in (("audit_entry", "connection"), ("audit_checkpoint", "chain")):
                conn.execute(text(f"DELETE FROM {table} WHERE {name} = :chain"), {"chain": chain})
            begins = {"chain": chain, "hash": audit.beginning_of(chain, 0, audit.GENESIS)}
            conn.execute(text("UPDATE audit_chain SET length = 0, hash = :hash WHERE connection = :chain"), begins)
            audit.append(conn, [((chain, one), AuditEvent(Event(event), {}, at)) for one, at, event in entries], START)

    def cut(self, chain: str, entries: int, until: datetime) -> None:
        """Cut a chain up to an entry, at a checkpoint that says it was the last one of that moment."""
        key = self.key(chain)
        with self.store.writing() as conn:
            where = {"chain": chain, "n": entries}
            query = text("SELECT hash FROM audit_entry WHERE connection = :chain AND n = :n")
            last = conn.execute(query, where).scalar_one()
            values = {"chain": chain, "entries": entries, "hash": last, "until": until, "cut_at": until + DAY}
            signed = values | {"signed_by": chain, "signature": sign_checkpoint(values, key)}
            signed |= {name: audit.to_micros(values[name]) for name in ("until", "cut_at")}
            conn.execute(text("DELETE FROM audit_checkpoint WHERE chain = :chain"), where)
            conn.execute(
                text(
                    "INSERT INTO audit_checkpoint (chain, entries, hash, until, cut_at, signed_by, signature)"
                    " VALUES (:chain, :entries, :hash, :until, :cut_at, :signed_by, :signature)"
                ),
                signed,
            )
            conn.execute(text("DELETE FROM audit_entry WHERE connection = :chain AND n <= :n"), where)

    def key(self, chain: str) -> str:
        with self.store.reading() as conn:
            key = key_of(conn, chain)
        assert key is not None
        return key


@pytest.fixture
def trail(database_url: str, open_store: Callable[..., Store], clock: VirtualClock) -> Store:
    """Two chains of ten entries, one a day; the clock stands a day after the last."""
    store = open_store(database_url, clock)
    for name in ("psa", "other"):
        Connections(store).ensure(name, "enforce", "v1")
    for number in range(10):
        write(store, clock, str(number))
    return store


def write(store: Store, clock: VirtualClock, ticket: str, *connections: str) -> None:
    """An entry in each chain, by the clock; a day goes by."""
    with store.writing() as conn:
        keys = [(name, ticket) for name in connections or ("psa", "other")]
        audit.append(conn, [(key, AuditEvent(Event.WARNED, {})) for key in keys], store.now(conn))
    clock.advance(DAY)


def told(store: Store) -> AuditHead:
    """A head as somebody outside keeps it: as text."""
    return read_head(signed_head(store).text)


def found(store: Store, kept: AuditHead) -> AuditReport:
    """What the head finds in a trail that is intact in itself."""
    assert verify(store).why == ""
    return verify(store, kept)


def test_a_head_is_one_word_over_all_chains_signed_and_dated(trail: Store, clock: VirtualClock) -> None:
    head = signed_head(trail)
    assert len(head.text.split()) == 1
    assert (head.entries, head.told and head.told.at, head.told and head.told.by) == (20, clock.now(), "other")
    assert read_head(head.text) == head
    assert verify(trail, told(trail)) == verify(trail)
    for wrong in (f"{head.text}0", head.text.replace("/other/", "//"), head.text.replace("T", " "), "@told=x"):
        with pytest.raises(ValueError, match="no"):
            read_head(wrong)


def test_before_the_first_start_a_head_is_unsigned(store: Store) -> None:
    assert signed_head(store) == audit.head(store)


# -- without touching a checkpoint -----------------------------------------------------------------------------------


def test_who_truncates_a_chain_and_rewrites_its_end_is_found_out(trail: Store) -> None:
    kept, forger = told(trail), Forger(trail)
    forger.put("psa", forger.take("psa")[:7])
    report = found(trail, kept)
    assert (report.chain, report.first_bad_id, report.why) == ("psa", 8, "3 rows that were there are missing")


def test_who_truncates_a_chain_and_lets_it_grow_again_is_found_out(trail: Store, clock: VirtualClock) -> None:
    kept, forger = told(trail), Forger(trail)
    forger.put("psa", forger.take("psa")[:7])
    for _ in range(9):
        write(trail, clock, "later", "psa")
    report = found(trail, kept)
    assert (report.chain, report.first_bad_id, "another than when" in report.why) == ("psa", 10, True)


def test_who_deletes_in_the_middle_and_numbers_and_hashes_the_rest_anew_is_found_out(
    trail: Store, clock: VirtualClock
) -> None:
    kept, forger = told(trail), Forger(trail)
    entries = forger.take("psa")
    forger.put("psa", entries[:4] + entries[5:])
    assert found(trail, kept).why == "1 rows that were there are missing"
    write(trail, clock, "fills the gap", "psa")
    assert "another than when" in found(trail, kept).why


def test_who_changes_the_date_of_an_entry_and_hashes_all_after_it_anew_is_found_out(trail: Store) -> None:
    kept, forger = told(trail), Forger(trail)
    entries = forger.take("psa")
    ticket, at, event = entries[5]
    forger.put("psa", [*entries[:5], (ticket, at - DAY, event), *entries[6:]])
    report = found(trail, kept)
    assert (report.chain, "another than when" in report.why) == ("psa", True)


@pytest.mark.parametrize("chain", ["psa", "new"])
def test_who_adds_an_entry_that_is_dated_before_a_head_that_has_not_got_it_is_found_out(
    trail: Store, clock: VirtualClock, chain: str
) -> None:
    kept = told(trail)
    write(trail, clock, "honest", chain)
    assert verify(trail, kept).is_intact
    with trail.writing() as conn:
        audit.append(conn, [((chain, "as if of then"), AuditEvent(Event.WARNED, {}, START + DAY))], START)
    report = found(trail, kept)
    number = 12 if chain == "psa" else 2
    assert (report.chain, report.first_bad_id, "backdated" in report.why) == (chain, number, True)


def test_what_began_before_a_head_was_told_and_was_written_after_it_is_not_backdated(
    trail: Store, clock: VirtualClock
) -> None:
    kept = told(trail)
    with trail.writing() as conn:
        audit.append(conn, [(("psa", "1"), AuditEvent(Event.WARNED, {}, clock.now() - timedelta(minutes=2)))], START)
    assert verify(trail, kept).is_intact


def test_who_swaps_two_chains_is_found_out(trail: Store, clock: VirtualClock) -> None:
    write(trail, clock, "of psa", "psa")
    write(trail, clock, "of other", "other")
    kept, forger = told(trail), Forger(trail)
    psa, other = forger.take("psa"), forger.take("other")
    with trail.writing() as conn:
        for table, name in (("audit_entry", "connection"), ("audit_chain", "connection")):
            for old, new in (("psa", "swapped"), ("other", "psa"), ("swapped", "other")):
                conn.execute(text(f"UPDATE {table} SET {name} = '{new}' WHERE {name} = '{old}'"))
    assert not verify(trail).is_intact  # each entry's hash has the name of its chain
    forger.put("psa", other)
    forger.put("other", psa)
    assert "another than when" in found(trail, kept).why


def test_who_brings_back_an_older_copy_of_the_whole_database_is_found_out(
    sqlite_url: str, open_store: Callable[..., Store], tmp_path: Path, clock: VirtualClock
) -> None:
    store = open_store(sqlite_url, clock)
    Connections(store).ensure("psa", "enforce", "v1")
    for number in range(5):
        write(store, clock, str(number), "psa")
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(path)) as live, closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        live.backup(copy)
    write(store, clock, "what he did", "psa")
    kept = told(store)
    store.close()
    older = open_store(f"sqlite:///{shutil.copyfile(tmp_path / 'copy.db', tmp_path / 'older.db')}", clock)
    assert found(older, kept).why == "1 rows that were there are missing"
    write(older, clock, "as if nothing was", "psa")
    assert "another than when" in found(older, kept).why


def test_another_databases_trail_is_not_taken_for_this_one(trail: Store) -> None:
    """Also where all that the head speaks of was cut, and nothing else can be compared."""
    kept = told(trail)
    cut(trail, START + 12 * DAY)
    with trail.writing() as conn:
        conn.execute(text("UPDATE connection SET marker_key = 'another'"))
    assert "not what was signed" in verify(trail, kept).why
    with trail.writing() as conn:
        conn.execute(text("DELETE FROM connection WHERE name = 'other'"))
    assert "the key that the expected head is signed with is not there" in verify(trail, kept).why


@pytest.mark.parametrize("forged", ["at", "entries", "hash", "signature"])
def test_a_head_that_was_changed_is_not_taken(trail: Store, forged: str) -> None:
    kept = told(trail)
    assert kept.told is not None
    end = kept.chains["psa"]
    changed = {
        "at": replace(kept, told=replace(kept.told, at=kept.told.at - DAY)),
        "entries": replace(kept, chains={**kept.chains, "psa": replace(end, entries=end.entries - 1)}),
        "hash": replace(kept, chains={**kept.chains, "psa": replace(end, hash="0" * 64)}),
        "signature": replace(kept, told=replace(kept.told, signature="0" * 64)),
    }[forged]
    assert "not what was signed" in verify(trail, changed).why


# -- with a checkpoint -----------------------------------------------------------------------------------------------


def test_a_head_from_before_a_checkpoint_is_taken_by_its_signature_and_that_is_said(
    trail: Store, clock: VirtualClock
) -> None:
    kept = [told(trail)]
    for number in range(10, 14):
        write(trail, clock, str(number))
        kept.append(told(trail))
    while cut(trail, START + 12 * DAY):
        pass
    keeps_from = clock.now() - DAY
    reports = [verify(trail, one, keeps_from) for one in kept]
    assert [(one.why, one.cut) for one in reports] == [("", 24)] * 5
    assert [one.past for one in reports] == [("other", "psa")] * 2 + [()] * 3


def test_who_forges_a_checkpoint_without_the_key_is_found_out_by_the_trail_alone(trail: Store) -> None:
    forger = Forger(trail)
    forger.key = lambda chain: "guessed"  # type: ignore[method-assign]
    forger.cut("psa", 6, START + 5 * DAY)
    assert "its checkpoint is not what was signed" in verify(trail).why


def test_who_puts_an_older_checkpoint_or_another_chains_in_its_place_is_found_out(trail: Store) -> None:
    def stored() -> list[dict[str, object]]:
        with trail.reading() as conn:
            return [dict(row._mapping) for row in conn.execute(text("SELECT * FROM audit_checkpoint ORDER BY chain"))]

    def put(values: dict[str, object]) -> None:
        with trail.writing() as conn:
            conn.execute(text("DELETE FROM audit_checkpoint WHERE chain = :chain"), values)
            names = ", ".join(values)
            conn.execute(
                text(f"INSERT INTO audit_checkpoint ({names}) VALUES ({', '.join(f':{one}' for one in values)})"),
                values,
            )

    forger = Forger(trail)
    forger.cut("psa", 3, START + 2 * DAY)
    (older,) = stored()
    forger.cut("psa", 6, START + 5 * DAY)
    forger.cut("other", 6, START + 5 * DAY)
    assert verify(trail).is_intact
    other, psa = stored()
    put(older)
    assert verify(trail).why == "a row before it is missing"
    put({**other, "chain": "psa"})
    assert verify(trail).why == "its checkpoint is not what was signed"
    put(psa)
    assert verify(trail).is_intact


def test_who_cuts_what_he_did_with_the_stolen_key_is_found_out_by_a_head_that_is_still_kept(
    trail: Store, clock: VirtualClock
) -> None:
    """What the head covers would not be cut for a day; so it is not the connector that cut it."""
    kept, keeps_from = told(trail), clock.now() - DAY
    for number in range(3):
        write(trail, clock, str(number))
    assert verify(trail, kept, keeps_from).is_intact
    Forger(trail).cut("psa", 12, clock.now() - DAY)
    assert verify(trail, None, keeps_from).is_intact
    report = verify(trail, kept, keeps_from)
    assert (report.chain, report.first_bad_id, "KEEP_MONTHS" in report.why) == ("psa", 12, True)


def test_who_dates_such_a_checkpoint_back_is_found_out(trail: Store, clock: VirtualClock) -> None:
    kept = told(trail)
    write(trail, clock, "what he did")
    Forger(trail).cut("psa", 11, START)
    report = verify(trail, kept, clock.now())
    assert (report.chain, report.first_bad_id, "backdated" in report.why) == ("psa", 11, True)


def test_who_puts_a_whole_new_trail_behind_a_checkpoint_of_his_is_found_out(trail: Store, clock: VirtualClock) -> None:
    """A head that he signs himself fits his trail; the one that was kept does not."""
    kept, keeps_from, forger = told(trail), clock.now() - DAY, Forger(trail)
    forger.put("psa", [("forged", START + n * DAY, Event.WARNED) for n in range(12)])
    forger.cut("psa", 11, clock.now())
    assert found(trail, told(trail)).is_intact
    assert "KEEP_MONTHS" in verify(trail, kept, keeps_from).why


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_entry SET at = 'soon' WHERE n = 2",
        "UPDATE audit_entry SET at = 9223372036854775807 WHERE n = 2",
        "UPDATE audit_entry SET ticket = x'ff' WHERE n = 2",
        "UPDATE audit_entry SET detail = x'ff' WHERE n = 2",
        "UPDATE audit_chain SET length = 'many'",
        "INSERT INTO audit_head SELECT 2, length, hash FROM audit_head",
    ],
)
def test_what_the_connector_never_writes_is_a_finding_and_no_crash(
    sqlite_url: str, open_store: Callable[..., Store], clock: VirtualClock, change: str
) -> None:
    """SQLite keeps a value of any kind in any column."""
    store = open_store(sqlite_url, clock)
    Connections(store).ensure("psa", "enforce", "v1")
    for number in range(3):
        write(store, clock, str(number), "psa")
    kept = told(store)
    with store.writing() as conn:
        conn.execute(text(change))
    for expected in (None, kept):
        assert "the connector never writes what stands there" in verify(store, expected).why
