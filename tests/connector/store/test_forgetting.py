"""What is kept of closed tickets is forgotten after a time; of an open one, nothing is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from unittest.mock import patch

import pytest
from sqlalchemy import func, select

from connector.clock import VirtualClock
from connector.model import Aspect, Change, Ref
from connector.store.chain.cutting import cut
from connector.store.connections import Connections
from connector.store.database.engine import Store
from connector.store.database.tables import observed, step
from connector.store.journal import Journal
from connector.store.mailbox import Mailbox
from connector.store.queries import ended_stints, history
from connector.store.records import AuditEvent, EndedStint, Event
from tests.connector.mailboxes import START, a_delivery, all_done, claim_one, record
from tests.connector.store.test_cutting import of_the_version_before

DAY = timedelta(days=1)


def seen(at: datetime) -> Change:
    return Change(at, Aspect.PRIORITY, None, Ref("1", "high"), "observed")


def a_turn(mailbox: Mailbox, ticket: str, *, is_gone: bool, count: int = 1, event: bool = True) -> None:
    """A turn that leaves steps, changes and an audit entry, after which the ticket is closed or stays open."""
    now = mailbox.store.now()
    mailbox.deliver([a_delivery(ticket, f"{ticket} at {now}")])
    claim = claim_one(mailbox)
    for n in range(count):
        Journal(mailbox.store).done(claim, f"psa/{ticket}/stint/{n}", 1, {"note": "77"}, changes=[seen(now)])
    audit = (AuditEvent(Event.CLOCK, {}),) if event else ()
    mailbox.finish([all_done(claim, is_gone=is_gone, audit=audit)])


def left(store: Store) -> tuple[set[str], set[str]]:
    """The tickets of which steps are kept, and those of which changes are."""
    with store.reading() as conn:
        sagas = conn.execute(select(step.c.saga)).scalars()
        return {saga.split("/")[1] for saga in sagas}, set(conn.execute(select(observed.c.ticket)).scalars())


def forget(store: Store, before: datetime, most: int = 10_000) -> bool:
    while cut(store, before):
        pass
    return Journal(store).forget(before, most)


@pytest.fixture
def mailbox(mailbox: Mailbox) -> Iterator[Mailbox]:
    Connections(mailbox.store).ensure("psa", "enforce", "v1")
    return mailbox


def test_a_ticket_closed_before_then_is_forgotten_and_one_closed_later_is_not(
    mailbox: Mailbox, clock: VirtualClock
) -> None:
    a_turn(mailbox, "1", is_gone=True)
    a_turn(mailbox, "2", is_gone=False)
    clock.advance(10 * DAY)
    a_turn(mailbox, "2", is_gone=True, count=0)  # its steps are ten days old, its end is not
    store = mailbox.store
    assert forget(store, START)
    assert left(store) == ({"1", "2"}, {"1", "2"})
    assert forget(store, START + DAY)
    assert left(store) == ({"2"}, {"2"})
    assert forget(store, START + 11 * DAY)
    assert left(store) == (set(), set())


def test_an_open_ticket_is_never_forgotten_however_old(mailbox: Mailbox, clock: VirtualClock) -> None:
    a_turn(mailbox, "1", is_gone=False)
    a_turn(mailbox, "11", is_gone=True)
    clock.advance(1000 * DAY)
    assert forget(mailbox.store, clock.now())
    assert left(mailbox.store) == ({"1"}, {"1"})


def test_what_was_done_on_a_ticket_since_then_is_kept_with_what_was_before(
    mailbox: Mailbox, clock: VirtualClock
) -> None:
    a_turn(mailbox, "1", is_gone=True)
    clock.advance(10 * DAY)
    record(mailbox.store, "psa", "1", AuditEvent(Event.GONE, {}))
    assert forget(mailbox.store, START + DAY)
    assert left(mailbox.store) == ({"1"}, {"1"})


def test_the_closed_chain_tells_of_a_ticket_as_well(mailbox: Mailbox, clock: VirtualClock) -> None:
    a_turn(mailbox, "0", is_gone=True, event=False)
    of_the_version_before(mailbox.store, 0, START + 10 * DAY)
    assert forget(mailbox.store, START + DAY)
    assert left(mailbox.store) == ({"0"}, {"0"})
    assert forget(mailbox.store, START + 11 * DAY)
    assert left(mailbox.store) == (set(), set())


def test_it_goes_in_pages_past_what_stays_and_says_when_there_may_be_more(
    mailbox: Mailbox, clock: VirtualClock
) -> None:
    a_turn(mailbox, "1", is_gone=False, count=7)
    a_turn(mailbox, "2", is_gone=True, count=7)
    clock.advance(10 * DAY)
    store = mailbox.store
    with patch.object(history, "PAGE", 3):
        assert not forget(store, clock.now(), most=4)
        assert counts(store) == (14 - 5, 14)
        assert not forget(store, clock.now(), most=4)
        assert forget(store, clock.now(), most=10)
    assert counts(store) == (7, 7)


def counts(store: Store) -> tuple[int, int]:
    with store.reading() as conn:
        return tuple(conn.execute(select(func.count()).select_from(table)).scalar_one() for table in (step, observed))  # type: ignore[return-value]  # two


def test_what_was_decided_of_it_stands_after_a_crash_between_two_pages(mailbox: Mailbox, clock: VirtualClock) -> None:
    a_turn(mailbox, "2", is_gone=True, count=5)
    clock.advance(10 * DAY)
    with patch.object(history, "PAGE", 2):
        with patch.object(history, "forget_changes", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
            forget(mailbox.store, clock.now())
        assert counts(mailbox.store) == (0, 5)
        assert forget(mailbox.store, clock.now())
    assert counts(mailbox.store) == (0, 0)


def an_ended_stint(n: int, ended_at: datetime) -> EndedStint:
    named = ("psa", "1", f"stint {n}", "T1", "", "Tess", "Acme")
    return EndedStint(*named, ended_at - DAY, ended_at, "status Resolved", False, True, 20.0, None, 30.5, 0.0)


def ended(store: Store) -> list[str]:
    with store.reading() as conn:
        return [one.stint for one in ended_stints.between(conn, START - 99 * DAY, START + 99 * DAY)]


@pytest.mark.parametrize("page", [2, 100])
def test_stints_that_ended_before_then_are_forgotten(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(history, "PAGE", page)
    rows = [an_ended_stint(n, START + n * DAY) for n in range(5)]
    with mailbox.store.writing() as conn:
        ended_stints.write(conn, rows)
    assert forget(mailbox.store, START + 3 * DAY)
    assert ended(mailbox.store) == ["stint 3", "stint 4"]


def test_what_is_left_to_forget_is_told(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PAGE", 2)
    with mailbox.store.writing() as conn:
        ended_stints.write(conn, [an_ended_stint(n, START) for n in range(5)])
    assert not forget(mailbox.store, START + DAY, 3)
    assert len(ended(mailbox.store)) == 1


def test_a_stint_is_written_once_and_read_as_it_was(mailbox: Mailbox) -> None:
    first = an_ended_stint(1, START)
    with mailbox.store.writing() as conn:
        ended_stints.write(conn, [first])
        ended_stints.write(conn, [replace(first, ended_by="something else")])
        assert list(ended_stints.between(conn, START, START + DAY)) == [first]
