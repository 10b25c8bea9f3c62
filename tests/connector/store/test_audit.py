"""The audit trail: one chain, and whatever is done to it behind the connector's back is found."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import text

from connector.store import audit
from connector.store.audit import GENESIS
from connector.store.database.engine import Store
from connector.store.mailbox import Mailbox
from connector.store.records import AuditEvent, Event
from tests.connector.mailboxes import PATIENCE, START, a_delivery, all_done, claim_all, in_thread, record

COPY = "connection, ticket, at, event, detail"
SLIP_IN_FIRST = f"INSERT INTO audit SELECT 0, {COPY}, '', '' FROM audit WHERE id = 1"
SLIP_IN_LAST = f"INSERT INTO audit SELECT 6, {COPY}, hash, hash FROM audit WHERE id = 5"


def fill(store: Store, count: int = 5) -> None:
    with store.writing() as conn:
        entries = [(("psa", str(n % 2)), AuditEvent(Event.WARNED, {"n": n, "who": "Zoë"})) for n in range(count)]
        audit.append(conn, entries, START)


def tamper(store: Store, statement: str) -> None:
    with store.writing() as conn:
        conn.execute(text(statement))


def test_an_untouched_trail_is_intact(store: Store) -> None:
    assert audit.verify(store) == audit.AuditReport(0, None, "", GENESIS)
    fill(store, 2500)
    record(store, "psa", "", AuditEvent(Event.CLOCK, {}))
    report = audit.verify(store)
    assert (report.rows, report.is_intact) == (2501, True)
    assert report.head_hash == list(audit.events(store))[-1].hash


@pytest.mark.parametrize(
    ("statement", "bad_id", "why"),
    [
        ("UPDATE audit SET detail = '{}' WHERE id = 3", 3, "changed"),
        ("UPDATE audit SET at = at + 1 WHERE id = 3", 3, "changed"),
        ("UPDATE audit SET ticket = '9' WHERE id = 1", 1, "changed"),
        ("UPDATE audit SET event = 'x' WHERE id = 5", 5, "changed"),
        ("UPDATE audit SET previous_hash = hash WHERE id = 3", 3, "does not follow"),
        ("DELETE FROM audit WHERE id = 1", 2, "missing"),
        ("DELETE FROM audit WHERE id = 3", 4, "missing"),
        ("DELETE FROM audit WHERE id = 5", 5, "1 rows are missing at the end"),
        ("DELETE FROM audit", 1, "5 rows are missing at the end"),
        (SLIP_IN_FIRST, 0, "slipped"),
        (SLIP_IN_LAST, 6, "changed"),
        ("DELETE FROM audit_head", None, "end"),
        ("UPDATE audit_head SET length = 4", 5, "goes on"),
        ("UPDATE audit_head SET hash = '0'", 5, "goes on"),
    ],
)
def test_what_was_done_to_the_trail_is_found(store: Store, statement: str, bad_id: int | None, why: str) -> None:
    fill(store)
    tamper(store, statement)
    report = audit.verify(store)
    assert not report.is_intact
    assert report.first_bad_id == bad_id
    assert why in report.why


def test_a_row_that_was_forged_with_a_fitting_hash_breaks_the_chain_after_it(store: Store) -> None:
    fill(store)
    row = next(row for row in audit.events(store) if row.id == 3)
    forged = audit._hash(3, "psa", row.ticket, row.at, "forged", '{"n":2,"who":"Zo\\u00eb"}', row.previous_hash)
    with store.writing() as conn:
        conn.execute(text("UPDATE audit SET event = 'forged', hash = :hash WHERE id = 3"), {"hash": forged})
    report = audit.verify(store)
    assert (report.rows, report.first_bad_id) == (3, 4)


def test_events_are_found_by_connection_and_ticket_oldest_first(store: Store) -> None:
    fill(store)
    record(store, "other", "1", AuditEvent(Event.WARNED, {}, START - timedelta(days=1)))
    assert [row.id for row in audit.events(store)] == [1, 2, 3, 4, 5, 6]
    assert [row.id for row in audit.events(store, "psa", "1")] == [2, 4]
    assert [row.id for row in audit.events(store, "psa")] == [1, 2, 3, 4, 5]
    last = list(audit.events(store, "other"))[-1]
    assert last.at == START - timedelta(days=1)


def test_an_export_is_json_that_carries_the_chain(store: Store) -> None:
    fill(store, 2)
    first, second = (json.loads(json.dumps(row)) for row in audit.export(store))
    assert first["previous_hash"] == GENESIS
    assert second["previous_hash"] == first["hash"]
    assert first["at"] == "2026-03-02T09:00:00.000000+00:00"
    assert first["detail"] == {"n": 0, "who": "Zoë"}
    assert set(first) == {"id", "at", "connection", "ticket", "event", "detail", "previous_hash", "hash"}


def test_appending_nothing_locks_nothing(store: Store) -> None:
    with store.writing() as conn:
        audit.append(conn, [], START)
    assert audit.verify(store).rows == 0


def test_a_transaction_that_fails_leaves_nothing_in_the_trail(store: Store) -> None:
    with pytest.raises(RuntimeError), store.writing() as conn:  # noqa: PT012
        audit.append(conn, [(("psa", "1"), AuditEvent(Event.WARNED, {}))], START)
        raise RuntimeError
    fill(store)
    assert (audit.verify(store).rows, audit.verify(store).is_intact) == (5, True)


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
    report = audit.verify(mailbox.store)
    assert (report.rows, report.is_intact) == (120, True)
