"""The audit trail: a chain for each connection, and whatever is done to it behind the connector's back is found."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import text

from connector.store import audit
from connector.store.audit import GENESIS, AuditHead, ChainHead, digest_of, hash_of, read_head
from connector.store.chain.proof import AuditReport, verify
from connector.store.database.engine import Store
from connector.store.database.errors import StoreError
from connector.store.mailbox import Mailbox
from connector.store.records import AuditEvent, Event
from tests.connector.mailboxes import PATIENCE, START, a_delivery, all_done, claim_all, in_thread, record

COPY = "ticket, at, event, detail"
INTO = "INSERT INTO audit_entry (connection, n, ticket, at, event, detail, previous_hash, hash)"
SLIP_IN_FIRST = f"{INTO} SELECT connection, 0, {COPY}, '', '' FROM audit_entry WHERE n = 1"
SLIP_IN_LAST = f"{INTO} SELECT connection, 6, {COPY}, hash, hash FROM audit_entry WHERE n = 5"


def fill(store: Store, count: int = 5) -> None:
    with store.writing() as conn:
        entries = [(("psa", str(n % 2)), AuditEvent(Event.WARNED, {"n": n, "who": "Zoë"})) for n in range(count)]
        audit.append(conn, entries, START)


def tamper(store: Store, statement: str) -> None:
    with store.writing() as conn:
        conn.execute(text(statement))


def test_an_untouched_trail_is_intact(store: Store) -> None:
    assert verify(store) == AuditReport(0, None, "", audit.head(store).hash)
    fill(store, 2500)
    record(store, "psa", "", AuditEvent(Event.CLOCK, {}))
    report = verify(store)
    assert (report.rows, report.is_intact) == (2501, True)
    assert report.head_hash == audit.head(store).hash
    assert audit.head(store).chains["psa"] == ChainHead(2501, list(audit.events(store))[-1].hash)


@pytest.mark.parametrize(
    ("statement", "bad_id", "why"),
    [
        ("UPDATE audit_entry SET detail = '{}' WHERE n = 3", 3, "changed"),
        ("UPDATE audit_entry SET at = at + 1 WHERE n = 3", 3, "changed"),
        ("UPDATE audit_entry SET ticket = '9' WHERE n = 1", 1, "changed"),
        ("UPDATE audit_entry SET event = 'x' WHERE n = 5", 5, "changed"),
        ("UPDATE audit_entry SET salt = '0' WHERE n = 3", 3, "changed"),
        ("UPDATE audit_entry SET salt = NULL WHERE n = 3", 3, "changed"),
        ("UPDATE audit_entry SET digest = hash WHERE n = 3", 3, "a detail stands where its own was forgotten"),
        ("UPDATE audit_entry SET previous_hash = hash WHERE n = 3", 3, "does not follow"),
        ("DELETE FROM audit_entry WHERE n = 1", 2, "missing"),
        ("DELETE FROM audit_entry WHERE n = 3", 4, "missing"),
        ("DELETE FROM audit_entry WHERE n = 5", 5, "1 rows are missing at the end"),
        ("DELETE FROM audit_entry", 1, "5 rows are missing at the end"),
        (SLIP_IN_FIRST, 0, "slipped"),
        (SLIP_IN_LAST, 6, "changed"),
        ("DELETE FROM audit_head", None, "end"),
        ("DELETE FROM audit_chain", None, "end"),
        ("UPDATE audit_chain SET link_entries = 1", None, "closed chain"),
        (f"UPDATE audit_chain SET link_hash = '{'1' * 64}'", None, "closed chain"),
        ("UPDATE audit_chain SET length = 4", 5, "goes on"),
        ("UPDATE audit_chain SET hash = '0'", 5, "goes on"),
    ],
)
def test_what_was_done_to_the_trail_is_found(store: Store, statement: str, bad_id: int | None, why: str) -> None:
    fill(store)
    tamper(store, statement)
    report = verify(store)
    assert not report.is_intact
    assert report.first_bad_id == bad_id
    assert why in report.why


def test_a_row_that_was_forged_with_a_fitting_hash_breaks_the_chain_after_it(store: Store) -> None:
    fill(store)
    row = next(row for row in audit.events(store) if row.id == 3)
    digest = digest_of(row.salt or "", '{"n":2,"who":"Zo\\u00eb"}')
    forged = hash_of(3, "psa", row.ticket, row.at, "forged", digest, row.previous_hash)
    with store.writing() as conn:
        conn.execute(text("UPDATE audit_entry SET event = 'forged', hash = :hash WHERE n = 3"), {"hash": forged})
    report = verify(store)
    assert (report.rows, report.first_bad_id) == (3, 4)


def test_events_are_found_by_connection_and_ticket_oldest_first(store: Store) -> None:
    fill(store)
    record(store, "other", "1", AuditEvent(Event.WARNED, {}, START - timedelta(days=1)))
    assert [(row.chain, row.id) for row in audit.events(store)] == [("other", 1), *(("psa", n) for n in range(1, 6))]
    assert [row.id for row in audit.events(store, "psa", "1")] == [2, 4]
    assert [row.id for row in audit.events(store, "psa")] == [1, 2, 3, 4, 5]
    last = list(audit.events(store, "other"))[-1]
    assert last.at == START - timedelta(days=1)


def test_an_export_is_json_that_carries_the_chain(store: Store) -> None:
    fill(store, 2)
    first, second = (json.loads(json.dumps(row)) for row in audit.export(store))
    assert second["previous_hash"] == first["hash"]
    assert first["at"] == "2026-03-02T09:00:00.000000+00:00"
    assert first["detail"] == {"n": 0, "who": "Zoë"}
    names = {"id", "at", "connection", "ticket", "event", "detail", "previous_hash", "hash", "chain"}
    assert set(first) == names | {"salt", "digest"}


def test_appending_nothing_locks_nothing(store: Store) -> None:
    with store.writing() as conn:
        audit.append(conn, [], START)
    assert verify(store).rows == 0


def test_a_transaction_that_fails_leaves_nothing_in_the_trail(store: Store) -> None:
    with pytest.raises(RuntimeError), store.writing() as conn:  # noqa: PT012
        audit.append(conn, [(("psa", "1"), AuditEvent(Event.WARNED, {}))], START)
        raise RuntimeError
    fill(store)
    assert (verify(store).rows, verify(store).is_intact) == (5, True)


def test_many_finishing_at_once_still_make_one_chain(mailbox: Mailbox) -> None:
    def work(worker: int) -> None:
        for n in range(15):
            mailbox.deliver([a_delivery(f"{worker}.{n}", f"{worker}.{n}")])
            claims = claim_all(mailbox, str(worker), limit=3)
            mailbox.finish([all_done(claim, audit=(AuditEvent(Event.WARNED, {}),) * 2) for claim in claims])

    futures = [in_thread(lambda n=n: work(n)) for n in range(4)]
    for future in futures:
        future.result(PATIENCE)
    left = claim_all(mailbox)
    mailbox.finish([all_done(claim, audit=(AuditEvent(Event.WARNED, {}),) * 2) for claim in left])
    report = verify(mailbox.store)
    assert (report.rows, report.is_intact) == (120, True)


# -- a head that was kept elsewhere ----------------------------------------------------------------------------------


def test_an_earlier_head_that_the_trail_still_holds_is_found_in_it(store: Store) -> None:
    assert audit.head(store) == AuditHead({"@closed": ChainHead(0, GENESIS)})
    assert verify(store, audit.head(store)).is_intact
    fill(store)
    kept = audit.head(store)
    fill(store)
    assert (kept.entries, verify(store, kept).is_intact) == (5, True)


def test_a_trail_that_was_written_anew_in_itself_intact_is_found_out_by_an_earlier_head(store: Store) -> None:
    fill(store)
    kept = audit.head(store)
    for statement in ("DELETE FROM audit_entry", "DELETE FROM audit_chain"):
        tamper(store, statement)
    record(store, "psa", "1", AuditEvent(Event.WARNED, {"n": "forged"}))
    report = verify(store, kept)
    assert (report.is_intact, report.first_bad_id, report.why) == (False, 2, "4 rows that were there are missing")
    fill(store)
    assert verify(store).is_intact
    report = verify(store, kept)
    assert (report.first_bad_id, "kept elsewhere" in report.why) == (5, True)


def test_a_trail_without_its_end_has_no_head(store: Store) -> None:
    tamper(store, "DELETE FROM audit_head")
    with pytest.raises(StoreError, match="missing"):
        audit.head(store)


def test_a_head_reads_back_as_it_is_written(store: Store) -> None:
    fill(store)
    record(store, "", "", AuditEvent(Event.CLOCK, {}))
    found = audit.head(store)
    assert list(found.chains) == ["@closed", "@service", "psa"]
    assert (read_head(found.text), found.entries) == (found, 6)
    assert read_head(f"7:{'a' * 64}") == AuditHead({"@closed": ChainHead(7, "a" * 64)})
    for wrong in ("", "psa", f"psa={'a' * 64}", "psa=7:x", f"psa=-7:{'a' * 64}", f"7:{'a' * 64},8:{'a' * 64}"):
        with pytest.raises(ValueError, match="no head"):
            read_head(wrong)


def test_a_chain_that_is_gone_with_its_end_is_found_out_by_an_earlier_head(store: Store) -> None:
    fill(store)
    record(store, "other", "1", AuditEvent(Event.WARNED, {}))
    kept = audit.head(store)
    for statement in ("DELETE FROM audit_entry", "DELETE FROM audit_chain"):
        tamper(store, f"{statement} WHERE connection = 'other'")
    assert verify(store).is_intact
    report = verify(store, kept)
    assert (report.chain, report.first_bad_id, report.why) == ("other", 1, "1 rows that were there are missing")


# -- a chain for each connection -------------------------------------------------------------------------------------


def test_two_connections_do_not_wait_for_each_other(mailbox: Mailbox) -> None:
    store = mailbox.store
    if not store.is_postgresql:
        pytest.skip("on SQLite one transaction writes at a time")
    record(store, "psa", "1", AuditEvent(Event.CLOCK, {}))
    with store.writing() as conn:
        audit.append(conn, [(("psa", "1"), AuditEvent(Event.WARNED, {}))], START)
        # Neither does one wait that begins its chain now.
        for _ in range(2):
            in_thread(lambda: record(store, "other", "1", AuditEvent(Event.CLOCK, {}))).result(PATIENCE)
    assert (verify(store).rows, verify(store).is_intact) == (4, True)


def test_many_that_begin_a_chain_at_once_begin_one(store: Store) -> None:
    futures = [in_thread(lambda: record(store, "psa", "1", AuditEvent(Event.CLOCK, {}))) for _ in range(8)]
    for future in futures:
        future.result(PATIENCE)
    assert [row.id for row in audit.events(store, "psa")] == list(range(1, 9))
    assert verify(store).is_intact


def test_a_transaction_of_several_connections_goes_into_the_chain_of_each(store: Store) -> None:
    with store.writing() as conn:
        keys = [("psa", "1"), ("other", "1"), ("", ""), ("psa", "2")]
        audit.append(conn, [(key, AuditEvent(Event.CLOCK, {})) for key in keys], START)
    assert [(row.chain, row.id) for row in audit.events(store)] == [
        *(("@service", 1), ("other", 1), ("psa", 1), ("psa", 2))
    ]
    assert verify(store).is_intact
