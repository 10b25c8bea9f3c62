"""Adopted tickets are taken up one after the other, in their order, and each once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from connector.clock import VirtualClock
from connector.store.database.engine import Store
from connector.store.mailbox import Mailbox
from connector.store.pace.adoption import Adoptions, TakenUp
from connector.store.records import PACE, Source, Unbegun
from tests.connector.mailboxes import PATIENCE, START, a_delivery, a_held_ticket, all_done, claim_all


@pytest.fixture
def adoptions(mailbox: Mailbox) -> Adoptions:
    return Adoptions(mailbox.store)


def waits(mailbox: Mailbox, ticket: str, hours_old: int, *, is_critical: bool = False, since: datetime = START) -> None:
    """A turn finds that a ticket waits for its turn."""
    mailbox.schedule("psa", ticket, START)
    [claim] = [one for one in claim_all(mailbox) if one.ticket == ticket] or [a_held_ticket(mailbox, ticket)]
    unbegun = Unbegun(since, is_critical, START - timedelta(hours=hours_old), "default")
    mailbox.finish([all_done(claim, snapshot={"adopted": True}, unbegun=unbegun)])
    mailbox.finish([all_done(one, is_gone=True) for one in claim_all(mailbox) if one.ticket == PACE])


def begin(adoptions: Adoptions) -> str:
    """Have the next clock begin; the ticket's name."""
    standing = adoptions.standing("psa")
    assert adoptions.begin_next("psa", standing.calendars, standing.begun_at)
    [claim] = [one for one in claim_all(Mailbox(adoptions.store)) if one.ticket != PACE]
    Mailbox(adoptions.store).finish([all_done(claim, snapshot={"adopted": True})])
    return claim.ticket


def test_the_critical_ones_begin_first_then_the_oldest(
    mailbox: Mailbox, adoptions: Adoptions, clock: VirtualClock
) -> None:
    waits(mailbox, "1", 1)
    waits(mailbox, "2", 5)
    waits(mailbox, "3", 2, is_critical=True)
    waits(mailbox, "4", 5)
    assert [adoptions.ahead_of("psa", ticket) for ticket in "3241"] == [0, 1, 2, 3]
    begun = []
    while adoptions.standing("psa").count:
        clock.advance(timedelta(minutes=5))
        begun.append(begin(adoptions))
    assert begun == ["3", "2", "4", "1"]
    assert adoptions.of("psa", "3") == TakenUp(START, START + timedelta(minutes=5))
    assert adoptions.of("psa", "9") is None


def test_two_processes_begin_one_clock_a_turn(
    mailbox: Mailbox, adoptions: Adoptions, database_url: str, open_store: Callable[..., Store], clock: VirtualClock
) -> None:
    other = Adoptions(open_store(database_url, clock))
    for number in range(1, 7):
        waits(mailbox, str(number), number)
    together = threading.Barrier(6)

    def next_one(number: int) -> bool:
        together.wait(PATIENCE)
        return (adoptions, other)[number % 2].begin_next("psa", ["default"], None)

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(next_one, range(6))) == 1
    assert adoptions.standing("psa").count == 5


def test_a_turn_that_came_is_kept_and_one_of_another_adoption_is_not(
    mailbox: Mailbox, adoptions: Adoptions, clock: VirtualClock
) -> None:
    waits(mailbox, "1", 1)
    clock.advance(timedelta(minutes=5))
    begin(adoptions)
    begun = adoptions.of("psa", "1")
    waits(mailbox, "1", 1)
    assert adoptions.of("psa", "1") == begun
    waits(mailbox, "1", 1, since=START + timedelta(hours=1))
    assert adoptions.of("psa", "1") == TakenUp(START + timedelta(hours=1), None)


def test_what_is_over_is_forgotten_and_what_waits_no_more_leaves_the_queue(
    mailbox: Mailbox, adoptions: Adoptions, clock: VirtualClock
) -> None:
    waits(mailbox, "1", 1)
    waits(mailbox, "2", 2)
    begin(adoptions)
    for ticket, snapshot in (("1", {"adopted": True}), ("2", {"adopted": True})):
        mailbox.schedule("psa", ticket, START)
        [claim] = [one for one in claim_all(mailbox) if one.ticket == ticket]
        mailbox.finish([all_done(claim, snapshot=snapshot)])
    assert (adoptions.of("psa", "1"), adoptions.of("psa", "2")) == (None, TakenUp(START, START))
    mailbox.schedule("psa", "2", START)
    [claim] = [one for one in claim_all(mailbox) if one.ticket == "2"]
    mailbox.finish([all_done(claim, snapshot={}, is_gone=True)])
    assert adoptions.of("psa", "2") is None


def test_a_survey_is_on_as_long_as_a_ticket_that_it_found_was_not_looked_at(
    mailbox: Mailbox, adoptions: Adoptions
) -> None:
    assert not adoptions.is_being_surveyed("psa")
    mailbox.deliver([a_delivery("1", "found", source=Source.SWEEP)])
    assert adoptions.is_being_surveyed("psa")
    mailbox.finish([all_done(claim) for claim in claim_all(mailbox)])
    assert not adoptions.is_being_surveyed("psa")


def test_people_are_told_of_an_adoption_once(adoptions: Adoptions) -> None:
    assert adoptions.told_of("psa") == ""
    adoptions.note_told("psa", START.isoformat())
    assert adoptions.told_of("psa") == START.isoformat()
