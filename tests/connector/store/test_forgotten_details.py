"""The details of a ticket's audit entries are forgotten, and whatever is done to the trail before or after is found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import text

from connector.clock import VirtualClock
from connector.store import audit
from connector.store.audit import hash_over_detail
from connector.store.chain import forgotten
from connector.store.chain.cutting import cut
from connector.store.chain.forgotten import count_details, forget_details
from connector.store.chain.proof import verify
from connector.store.chain.signatures import key_of, sign_forgotten, signed_head
from connector.store.connections import Connections
from connector.store.database import schema
from connector.store.database.engine import Store
from connector.store.database.errors import StoreError
from connector.store.database.tables import to_json, to_micros
from connector.store.records import AuditEvent, Event
from tests.connector.mailboxes import PATIENCE, in_thread, record
from tests.connector.store.test_cutting import after, of_the_version_before

Opener = Callable[..., Store]
KEY = ("psa", "1")
WHO = "Zoë Zimmer"


def words(n: int) -> AuditEvent:
    return AuditEvent(Event.WARNED, {"n": n, "who": WHO}, after(n))


@pytest.fixture
def trail(database_url: str, open_store: Opener, clock: VirtualClock) -> Store:
    """Entries 1, 3 and 5 of the chain are of ticket 1, entry 2 is of 11, entry 4 of another connection's 1."""
    store = open_store(database_url, clock)
    Connections(store).ensure("psa", "enforce", "v1")
    for n, ticket in enumerate(("1", "11", "1", "2", "1"), start=1):
        record(store, "psa", ticket, words(n))
    record(store, "other", "1", words(6))
    return store


def forget(store: Store, key: tuple[str, str] = KEY, **removed: int) -> int:
    with store.writing() as conn:
        return forget_details(conn, store, key, "the officer", removed)


def tamper(store: Store, statement: str, **given: object) -> None:
    with store.writing() as conn:
        conn.execute(text(statement), given)


def details(store: Store, connection: str = "psa") -> dict[int, Any]:
    return {row.id: row.detail for row in audit.events(store, connection)}


def stored(store: Store) -> str:
    with store.reading() as conn:
        return str([tuple(row) for row in conn.execute(text("SELECT * FROM audit_entry ORDER BY connection, n"))])


def test_the_details_of_one_ticket_go_and_the_trail_still_proves(trail: Store) -> None:
    heads = [audit.head(trail), signed_head(trail)]
    with trail.reading() as conn:
        assert count_details(conn, KEY) == 3
    assert forget(trail) == 3
    with trail.reading() as conn:
        assert count_details(conn, KEY) == 0
    assert [WHO in str(detail) for detail in details(trail).values()] == [False, True, False, True, False, False]
    assert WHO in str(details(trail, "other"))
    report = verify(trail)
    assert (report.why, report.rows, report.forgotten, report.by_statement) == ("", 7, 3, 0)
    assert [verify(trail, head).why for head in heads] == ["", ""]
    record(trail, "psa", "1", words(8))
    assert (verify(trail).why, verify(trail, heads[1]).why) == ("", "")


def test_what_was_done_is_an_entry_without_any_word_of_the_tickets(trail: Store) -> None:
    forget(trail, step=4, mailbox=1)
    last = list(audit.events(trail, "psa"))[-1]
    assert (last.ticket, last.event) == ("1", "forgotten")
    expected = {"by": "the officer", "entries": {"psa": [1, 3, 5]}, "removed": {"step": 4, "mailbox": 1}}
    assert last.detail == expected


def test_again_it_finds_nothing_and_notes_nothing(trail: Store) -> None:
    forget(trail)
    before = stored(trail)
    assert forget(trail) == 0
    assert stored(trail) == before
    assert forget(trail, step=1) == 0  # something came since elsewhere: that is noted
    assert details(trail)[7] == {"by": "the officer", "entries": {}, "removed": {"step": 1}}


def test_the_digest_that_stays_tells_nothing_of_a_detail_that_somebody_guesses(trail: Store) -> None:
    """With the salt the digest can be worked out; without it the very detail gives another one each time."""
    rows = {row.id: row for row in audit.events(trail, "psa")}
    record(trail, "psa", "1", words(1))
    salts = {row.salt for row in audit.events(trail, "psa")}
    assert len(salts) == 6
    forget(trail)
    found = next(row for row in audit.events(trail, "psa") if row.id == 1)
    detail = to_json(rows[1].detail)
    assert found.digest == audit.digest_of(rows[1].salt or "", detail)
    assert found.salt is None
    assert rows[1].salt not in stored(trail)
    assert found.digest not in {hashlib.sha256(one.encode()).hexdigest() for one in (detail, f"\n{detail}", WHO)}


def test_a_page_at_a_time_each_with_its_entry(trail: Store) -> None:
    with patch.object(forgotten, "PAGE", 2):
        assert [forget(trail) for _ in range(3)] == [2, 1, 0]
    noted = [row.detail["entries"] for row in audit.events(trail, "psa") if row.event == "forgotten"]
    assert noted == [{"psa": [1, 3]}, {"psa": [5]}]
    assert (verify(trail).why, verify(trail).forgotten) == ("", 3)


def test_who_dies_on_the_way_has_forgotten_nothing(trail: Store) -> None:
    before = stored(trail)
    with patch.object(forgotten, "append", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        forget(trail)
    assert stored(trail) == before
    assert (forget(trail), verify(trail).why) == (3, "")


def test_two_at_once_forget_everything_once(trail: Store) -> None:
    futures = [in_thread(lambda: forget(trail)) for _ in range(4)]
    assert sorted(future.result(PATIENCE) for future in futures) == [0, 0, 0, 3]
    assert (verify(trail).why, verify(trail).rows) == ("", 7)


def test_before_any_connection_was_started_nothing_can_be_signed(store: Store) -> None:
    record(store, "psa", "1", words(1))
    with pytest.raises(StoreError, match="nothing can be signed"):
        forget(store)
    assert details(store)[1]["who"] == WHO


FALSE = "its content was changed"
UNSIGNED = "its detail is gone, and that it was forgotten is not what was signed"


@pytest.mark.parametrize(
    ("statement", "bad_id", "why"),
    [
        ("UPDATE audit_entry SET detail = '{}' WHERE n = 3", 3, "a detail stands where its own was forgotten"),
        ("UPDATE audit_entry SET detail = '{}', digest = NULL WHERE n = 3", 3, FALSE),
        ("UPDATE audit_entry SET detail = '{}', digest = NULL, salt = 'x' WHERE n = 3", 3, FALSE),
        ("UPDATE audit_entry SET digest = hash WHERE n = 3", 3, FALSE),
        ("UPDATE audit_entry SET digest = NULL WHERE n = 3", 3, UNSIGNED),
        ("UPDATE audit_entry SET salt = 'x' WHERE n = 3", 3, "a detail stands where its own was forgotten"),
        ("UPDATE audit_entry SET event = 'x' WHERE n = 3", 3, FALSE),
        ("UPDATE audit_entry SET at = at + 1 WHERE n = 3", 3, FALSE),
        ("UPDATE audit_entry SET detail = replace(detail, 'T', 'U') WHERE n = 3", 3, UNSIGNED),
        ("UPDATE audit_entry SET detail = replace(detail, '\"psa\"', '\"old\"') WHERE n = 3", 3, "the key that the"),
        ("UPDATE audit_entry SET detail = '{\"forgotten\": 1}' WHERE n = 3", 3, "the key that the forgetting"),
        ("UPDATE audit_entry SET detail = '{\"forgotten\":' WHERE n = 3", None, "never writes what stands there"),
        ("DELETE FROM audit_entry WHERE n = 6", 6, "1 rows are missing at the end"),
        ("UPDATE audit_entry SET detail = '{}' WHERE n = 6", 6, FALSE),
        ("UPDATE connection SET marker_key = 'another'", 1, UNSIGNED),
        ("DELETE FROM audit_entry WHERE n = 3", 4, "a row before it is missing"),
    ],
)
def test_what_is_done_to_it_afterwards_is_found(trail: Store, statement: str, bad_id: int | None, why: str) -> None:
    forget(trail)
    tamper(trail, f"{statement} AND connection = 'psa'" if "WHERE" in statement else statement)
    report = verify(trail)
    assert (report.first_bad_id, why in report.why, report.is_intact) == (bad_id, True, False), report


def test_a_detail_that_somebody_takes_away_without_a_statement_is_missed(trail: Store) -> None:
    """He keeps the digest, so that the hashes fit; the statement he cannot sign."""
    row = next(row for row in audit.events(trail, "psa") if row.id == 3)
    digest = audit.digest_of(row.salt or "", to_json(row.detail))
    taken = "UPDATE audit_entry SET salt = NULL, digest = :digest, detail = :detail WHERE n = 3"
    for detail, why in (("{}", "a detail stands"), ('{"forgotten":"now","signed_by":"psa","signature":"x"}', UNSIGNED)):
        tamper(trail, taken, digest=digest, detail=detail)
        assert (verify(trail).first_bad_id, why in verify(trail).why) == (3, True)


def test_the_statement_of_another_entry_is_none(trail: Store) -> None:
    forget(trail)
    first = "(SELECT detail FROM audit_entry WHERE n = 1 AND connection = 'psa')"
    tamper(trail, f"UPDATE audit_entry SET detail = {first} WHERE n = 3")
    assert (verify(trail).first_bad_id, verify(trail).why) == (3, UNSIGNED)


def test_the_very_detail_put_back_from_an_old_copy_is_found_by_the_entry_that_says_it_was_forgotten(
    trail: Store,
) -> None:
    row = next(row for row in audit.events(trail, "psa") if row.id == 3)
    forget(trail)
    back = "UPDATE audit_entry SET salt = :salt, digest = NULL, detail = :detail WHERE n = 3 AND connection = 'psa'"
    tamper(trail, back, salt=row.salt, detail=to_json(row.detail))
    report = verify(trail)
    assert (report.first_bad_id, report.why) == (3, "its detail was forgotten, says entry 6 of psa, and is there")


def test_what_was_changed_before_it_was_forgotten_stays_found(trail: Store) -> None:
    tamper(trail, "UPDATE audit_entry SET detail = '{}' WHERE n = 3 AND connection = 'psa'")
    assert forget(trail) == 3
    assert (verify(trail).first_bad_id, verify(trail).why) == (3, FALSE)


def test_an_export_says_what_was_forgotten_and_is_proven_by_itself(trail: Store) -> None:
    """As somebody proves it who has the file alone: from the first line on, by each hash."""
    forget(trail)
    lines = [json.loads(json.dumps(line)) for line in audit.export(trail)]
    previous: dict[str, str] = {}
    for line in lines:
        assert line["previous_hash"] == previous.setdefault(line["chain"], line["previous_hash"])
        digest = line["digest"] or audit.digest_of(line["salt"], to_json(line["detail"]))
        at = audit.datetime.fromisoformat(line["at"])
        content = (line["id"], line["connection"], line["ticket"], at, line["event"])
        assert audit.hash_of(*content, digest, line["previous_hash"]) == line["hash"]
        previous[line["chain"]] = line["hash"]
    gone = [line for line in lines if "forgotten" in line["detail"]]
    assert [(line["ticket"], line["salt"], len(line["digest"])) for line in gone] == [("1", None, 64)] * 3


def test_forgotten_entries_are_cut_like_the_others(trail: Store) -> None:
    forget(trail)
    kept = signed_head(trail)
    assert cut(trail, after(4)) == 3
    assert (verify(trail, kept).why, verify(trail).forgotten, verify(trail).cut) == ("", 1, 3)
    assert forget(trail) == 0


# -- entries in the form of the versions before ----------------------------------------------------------------------


def by_an_old_worker(store: Store, n: int) -> None:
    """Append to the connection's chain as a worker of the version before 0008 does: without a salt."""
    with store.writing() as conn:
        end = conn.execute(text("SELECT length, hash FROM audit_chain WHERE connection = 'psa'")).one()
        detail, number = to_json(words(n).detail), end.length + 1
        new = hash_over_detail(number, *KEY, after(n), "warned", detail, end.hash)
        values = {"n": number, "at": to_micros(after(n)), "detail": detail, "previous": end.hash, "hash": new}
        conn.execute(
            text(
                "INSERT INTO audit_entry (connection, n, ticket, at, event, detail, previous_hash, hash)"
                " VALUES ('psa', :n, '1', :at, 'warned', :detail, :previous, :hash)"
            ),
            values,
        )
        conn.execute(text("UPDATE audit_chain SET length = :n, hash = :hash WHERE connection = 'psa'"), values)


def test_a_worker_of_the_version_before_goes_on_in_its_form_and_all_of_it_is_proven_and_forgotten(trail: Store) -> None:
    by_an_old_worker(trail, 7)
    record(trail, "psa", "1", words(8))
    by_an_old_worker(trail, 9)
    kept = signed_head(trail)
    assert (verify(trail).why, verify(trail).rows) == ("", 9)
    assert forget(trail) == 6
    report = verify(trail, kept)
    assert (report.why, report.forgotten, report.by_statement) == ("", 6, 2)
    by_an_old_worker(trail, 10)
    assert (forget(trail), verify(trail, kept).why, verify(trail).by_statement) == (1, "", 3)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("event = 'x'", UNSIGNED),
        ("at = at - 1", UNSIGNED),
        ("detail = '{}'", FALSE),
        ('detail = \'{"who":"Zoë"}\'', FALSE),
        ("digest = hash", FALSE),
        ("salt = 'x'", FALSE),
    ],
)
def test_what_is_done_to_a_forgotten_entry_in_the_form_of_before_is_found(trail: Store, change: str, why: str) -> None:
    by_an_old_worker(trail, 7)
    forget(trail)
    assert verify(trail).is_intact
    tamper(trail, f"UPDATE audit_entry SET {change} WHERE n = 6 AND connection = 'psa'")
    assert (verify(trail).first_bad_id, verify(trail).why) == (6, why)


def test_forgetting_makes_nothing_good_that_was_changed_before_in_the_form_of_before(trail: Store) -> None:
    by_an_old_worker(trail, 7)
    tamper(trail, "UPDATE audit_entry SET event = 'x' WHERE n = 6 AND connection = 'psa'")
    assert verify(trail).why == FALSE
    assert forget(trail) == 4
    report = verify(trail)
    assert (report.first_bad_id, report.why) == (6, "its content had been changed before it was forgotten")


def test_who_holds_the_key_can_say_of_one_in_the_form_of_before_what_was_not_and_of_a_salted_one_cannot(
    trail: Store,
) -> None:
    """What a statement proves: that whoever holds the database's keys said so. The digest proves more."""
    by_an_old_worker(trail, 7)
    forget(trail)
    forged = "UPDATE audit_entry SET event = 'x', detail = :detail WHERE n = :n AND connection = 'psa'"
    for number, why in ((6, ""), (5, FALSE)):
        with trail.reading() as conn:
            query = (
                "SELECT n AS id, connection, ticket, event, detail, previous_hash, hash, digest, at FROM audit_entry"
            )
            row = conn.execute(text(f"{query} WHERE n = {number} AND connection = 'psa'")).one()
            key = key_of(conn, "psa")
        assert key is not None
        said = {"forgotten": "now", "signed_by": "psa"}
        moment = next(one.at for one in audit.events(trail, "psa") if one.id == number)
        values = _Row(**{**row._mapping, "event": "x", "at": moment})
        signature = sign_forgotten("psa", values, row.digest, said, key)  # type: ignore[arg-type]
        tamper(trail, forged, n=number, detail=to_json({**said, "signature": signature}))
        assert verify(trail).why == why


class _Row:
    def __init__(self, **given: object) -> None:
        self.__dict__.update(given)


@pytest.fixture
def migrated(empty_database_url: str, open_store: Opener) -> Store:
    """A database with a chain over all connections, of the version that had no other; tickets 0 to 5, two chains."""
    store = open_store(empty_database_url)
    with store.writing() as conn:
        schema.upgrade(conn, "0004")
    for number in (0, 1, 0, 2):
        of_the_version_before(store, number, after(number))
    store.migrate()
    Connections(store).ensure("psa", "enforce", "v1")
    return store


def test_the_details_of_the_closed_chain_go_as_well(migrated: Store) -> None:
    record(migrated, "psa", "0", words(9))
    kept = signed_head(migrated)
    assert forget(migrated, ("psa", "0")) == 3
    report = verify(migrated, kept)
    assert (report.why, report.forgotten, report.by_statement) == ("", 3, 2)
    noted = list(audit.events(migrated, "psa"))[-1].detail["entries"]
    assert noted == {"@closed": [1, 3], "psa": [1]}
    tamper(migrated, "UPDATE audit SET at = at + 1 WHERE id = 3")
    assert (verify(migrated).chain, verify(migrated).first_bad_id, verify(migrated).why) == ("@closed", 3, UNSIGNED)


def test_a_detail_of_the_closed_chain_that_is_put_back_is_found(migrated: Store) -> None:
    assert forget(migrated, ("psa", "0")) == 2
    tamper(migrated, "UPDATE audit SET detail = :detail WHERE id = 3", detail=to_json({"n": 0}))
    assert (verify(migrated).chain, verify(migrated).first_bad_id) == ("@closed", 3)
    assert verify(migrated).why == "its detail was forgotten, says entry 1 of psa, and is there"


def test_the_closed_chain_is_cut_past_what_was_forgotten_and_the_rest_is_proven(migrated: Store) -> None:
    forget(migrated, ("psa", "0"))
    while cut(migrated, after(2)):
        pass
    assert (verify(migrated).why, verify(migrated).cut > 0) == ("", True)
