"""What the API reads in pages costs what it shows, on both databases: dead letters, the trail from where one ended."""

from __future__ import annotations

import pytest

from connector.store import audit
from connector.store.chain.reading import page_behind
from connector.store.database.engine import Store
from connector.store.mailbox import Mailbox
from connector.store.records import AuditEvent, Event
from tests.connector.boards import a_row, put
from tests.connector.mailboxes import START
from tests.connector.store.test_board import many as many_tickets
from tests.connector.store.test_board import plans_of
from tests.connector.store.test_deeds import many as many_entries


@pytest.mark.parametrize("after", [None, ("psa", "d3")])
def test_dead_letters_are_not_looked_for_among_all_tickets(store: Store, after) -> None:
    many_tickets(store)
    put(store, [a_row(f"d{n}", -5, is_dead=True, error="no answer", failing_since=START) for n in range(5)])
    mailbox = Mailbox(store)
    found = mailbox.dead_letters_behind(["psa", "second"], after, 100)
    assert [one.ticket for one in found] == [f"d{n}" for n in range(5) if after is None or f"d{n}" > after[1]]
    (plan,) = plans_of(store, lambda: mailbox.dead_letters_behind(["psa", "second"], after, 100))
    assert "Seq Scan on mailbox" not in plan
    assert "SCAN mailbox" not in plan.replace("SCAN mailbox USING", "")


@pytest.mark.parametrize("ticket", [None, "x7"])
def test_the_trail_is_gone_on_with_by_its_numbers(store: Store, ticket: str | None) -> None:
    many_entries(store)
    for plan in plans_of(store, lambda: page_behind(store, {"psa": 5000}, 100, "psa", ticket)):
        assert "Seq Scan on audit_entry" not in plan
        assert "SCAN audit_entry" not in plan


def test_what_is_not_committed_yet_is_not_passed_by(store: Store) -> None:
    def entry(connection: str, ticket: str):
        return (connection, ticket), AuditEvent(Event.CLOCK, {})

    with store.writing() as conn:
        audit.append(conn, [entry("psa", "1"), entry("second", "1")], START)
    first = page_behind(store, {}, 10)
    with store.writing() as conn:
        audit.append(conn, [entry("psa", "2")], START)
        meanwhile = page_behind(store, first.reached, 10)
    assert (len(first.entries), list(meanwhile.entries), meanwhile.reached) == (2, [], first.reached)
    later = page_behind(store, meanwhile.reached, 10)
    assert [(one["chain"], one["id"]) for one in later.entries] == [("psa", 2)]
