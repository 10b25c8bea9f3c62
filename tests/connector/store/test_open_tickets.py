"""What is due next: in the order of the deadlines, page by page, chosen by tier, client, holder and state."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from connector.clock import VirtualClock
from connector.store.database.engine import Store
from connector.store.database.schema import upgrade
from connector.store.database.tables import to_json
from connector.store.mailbox import Mailbox
from connector.store.queries import open_tickets
from connector.store.queries.open_tickets import ANY, OpenTickets, Wanted
from connector.store.records import Failed
from tests.connector.mailboxes import START, a_delivery, all_done, claim_all, claim_one


def looked_at(mailbox: Mailbox, **due: int | None) -> None:
    """Tickets by their names, each due so many minutes from the start, or never."""
    mailbox.deliver([a_delivery(name, name) for name in due])
    for claim in claim_all(mailbox):
        mailbox.finish([all_done(claim, snapshot=kept(due[claim.ticket]))])


def kept(minutes: int | None, **more: Any) -> dict[str, Any]:
    due_at = None if minutes is None else (START + timedelta(minutes=minutes)).isoformat()
    told = {"due_at": due_at, "verdict": "running", "tier": "Tier 1", "client": "Acme", "holder": "Tess Tech"}
    return {**told, **more}


def listed(mailbox: Mailbox, wanted: Wanted = ANY, connection: str = "psa") -> list[str]:
    found = [row.ticket for row in OpenTickets(mailbox.store).next_due(connection, wanted)]
    assert OpenTickets(mailbox.store).count(connection, wanted) == len(found)
    return found


def test_what_is_due_next_is_on_top_and_what_has_no_deadline_last(mailbox: Mailbox) -> None:
    looked_at(mailbox, paused=None, later=30, past=-5, soon=10, also_paused=None)
    mailbox.deliver([a_delivery("new", "n"), a_delivery("elsewhere", "e", "other")])
    mailbox.schedule("psa", "@poll", START)
    assert listed(mailbox) == ["past", "soon", "later", "also_paused", "new", "paused"]
    assert listed(mailbox, connection="other") == ["elsewhere"]


@pytest.mark.parametrize("page", [1, 2, 3, 200])
def test_pages_of_any_size_give_each_ticket_once(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, page: int) -> None:
    looked_at(mailbox, **{f"t{n}": n // 3 for n in range(7)}, u1=None, u2=None, u3=None)
    monkeypatch.setattr(open_tickets, "PAGE", page)
    assert listed(mailbox) == [*(f"t{n}" for n in range(7)), "u1", "u2", "u3"]


def test_tickets_are_chosen_by_what_stands_in_their_rows(mailbox: Mailbox, clock: VirtualClock) -> None:
    looked_at(mailbox, a=1, b=2, c=3, paused=None)
    mailbox.deliver([a_delivery(name, f"{name} again") for name in ("b", "c", "failing", "parked")])
    changed = {"b": kept(2, tier="Tier 2", client="Büro"), "c": kept(3, holder="Sam", verdict="overridden")}
    for claim in claim_all(mailbox):
        if claim.ticket in changed:
            mailbox.finish([all_done(claim, snapshot=changed[claim.ticket])])
        else:
            mailbox.finish([Failed(claim, "it hangs", clock.now() if claim.ticket == "failing" else None)])
    assert listed(mailbox, Wanted({"tier": ["Tier 2"]})) == ["b"]
    assert listed(mailbox, Wanted({"tier": ["Tier 1", "Tier 2"], "client": ["Acme"]})) == ["a", "c", "paused"]
    assert listed(mailbox, Wanted({"holder": ["Sam"]})) == ["c"]
    assert listed(mailbox, Wanted({"holder": []})) == []
    assert listed(mailbox, Wanted(states=["overridden"])) == ["c"]
    assert listed(mailbox, Wanted(states=["overridden"], is_failing=True, is_parked=True)) == ["c", "failing", "parked"]
    assert listed(mailbox, Wanted(before=START + timedelta(minutes=2))) == ["a"]
    assert [OpenTickets(mailbox.store).names_in(column) for column in open_tickets.NAMED] == [
        ["Tier 1", "Tier 2"],
        ["Acme", "Büro"],
        ["Sam", "Tess Tech"],
    ]


def test_a_turn_that_keeps_no_snapshot_keeps_what_stands_in_the_row(mailbox: Mailbox) -> None:
    looked_at(mailbox, a=1)
    mailbox.deliver([a_delivery("a", "again")])
    mailbox.finish([all_done(claim_one(mailbox))])
    assert listed(mailbox, Wanted({"client": ["Acme"]})) == ["a"]


@pytest.mark.parametrize("due_at", ["2026-03-02T09:30:00+00:00", "2026-03-02T09:30:00.000001+00:00", None])
def test_the_rows_of_a_version_before_are_taken_over(
    empty_database_url: str, open_store: Any, due_at: str | None
) -> None:
    store: Store = open_store(empty_database_url)
    snapshot = to_json({"due_at": due_at, "verdict": "paused", "tier": 'T "1"', "client": None})
    with store.writing() as conn:
        upgrade(conn, "0005")
        row = {"connection": "psa", "ticket": "1", "fence": 1, "attempts": 0, "is_dead": False, "snapshot": snapshot}
        names = ", ".join(row)
        conn.execute(text(f"INSERT INTO mailbox ({names}) VALUES ({', '.join(f':{name}' for name in row)})"), row)
        upgrade(conn)
    found = OpenTickets(store)
    assert [row.ticket for row in found.next_due("psa", Wanted({"tier": ['T "1"']}, ["paused"]))] == ["1"]
    assert found.names_in("client") == []
    if due_at is not None:
        moment = datetime.fromisoformat(due_at)
        micro = timedelta(microseconds=1)
        assert [found.count("psa", Wanted(before=moment + after)) for after in (0 * micro, micro)] == [0, 1]
