"""The journal of effects: begun before, done after, and only by who holds the ticket."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.clock import VirtualClock
from connector.model import Aspect, Change, Doer, Ref, Remembered
from connector.store import audit
from connector.store.database.errors import LeaseLost
from connector.store.journal import Journal
from connector.store.mailbox import Mailbox
from connector.store.records import AuditEvent, Delivery, Event, Source, Step, StepState
from tests.connector.mailboxes import (
    LEASE,
    PATIENCE,
    START,
    a_held_ticket,
    all_done,
    changes_seen,
    claim_one,
    in_thread,
    paused_before_commit,
    steps_of,
    until_somebody_waits_for_a_lock,
)

SAGA = "psa/1/2026-03-02/diagnosis"
MINUTE = timedelta(minutes=1)
A_PLAN = Change(START, Remembered.PLAN, None, Ref("n1", "restart it"), "observed", "Tess Tech")
A_CHANGE = Change(
    START, Aspect.PRIORITY, None, Ref("1", "high"), "connector", "Tess", Doer.PERSON, START - timedelta(minutes=1)
)


@pytest.fixture
def journal(mailbox: Mailbox) -> Journal:
    return Journal(mailbox.store)


def test_a_step_is_begun_and_then_done(mailbox: Mailbox, journal: Journal, clock: VirtualClock) -> None:
    claim = a_held_ticket(mailbox)
    journal.begin(claim, SAGA, 1, {"marker": "m"})
    begun = Step(SAGA, 1, StepState.BEGUN, {"marker": "m"}, START)
    assert steps_of(journal, SAGA) == [begun]
    clock.advance(MINUTE / 2)
    message = Delivery("psa", "@notify:0", "@notify:0:x", Source.NOTIFICATION, b"{}")
    journal.done(claim, SAGA, 1, {"note": "77"}, deliveries=[message])
    journal.done(
        claim,
        SAGA,
        1,
        {"note": "77"},
        deliveries=[message],
        changes=(A_CHANGE, A_PLAN),
        audit=(AuditEvent(Event.REMINDED, {}),),
    )
    assert steps_of(journal, SAGA) == [Step(SAGA, 1, StepState.DONE, {"note": "77"}, START + MINUTE / 2)]
    assert changes_seen(mailbox, "psa", "1") == [A_CHANGE, A_PLAN]
    assert [row.event for row in audit.events(mailbox.store, "psa", "1")] == [Event.REMINDED]
    assert [mail.delivery for mail in claim_one(mailbox).mail] == ["@notify:0:x"]


def test_beginning_again_takes_the_new_try(mailbox: Mailbox, journal: Journal, clock: VirtualClock) -> None:
    claim = a_held_ticket(mailbox)
    journal.begin(claim, SAGA, 1, {"try": 1})
    clock.advance(MINUTE / 2)
    journal.begin(claim, SAGA, 1, {"try": 2})
    assert steps_of(journal, SAGA) == [Step(SAGA, 1, StepState.BEGUN, {"try": 2}, START + MINUTE / 2)]
    journal.done(claim, SAGA, 1, {"held": False})
    journal.begin(claim, SAGA, 1, {"try": 3}, changes=(A_CHANGE,))
    assert steps_of(journal, SAGA) == [Step(SAGA, 1, StepState.BEGUN, {"try": 3}, START + MINUTE / 2)]
    assert changes_seen(mailbox, "psa", "1") == [A_CHANGE]


def test_what_a_look_saw_is_kept_by_itself(mailbox: Mailbox, journal: Journal) -> None:
    claim = a_held_ticket(mailbox)
    journal.keep(claim, [])
    journal.keep(claim, [A_CHANGE])
    assert changes_seen(mailbox, "psa", "1") == [A_CHANGE]


def test_who_lost_the_lease_neither_begins_nor_records(mailbox: Mailbox, journal: Journal, clock: VirtualClock) -> None:
    stale = a_held_ticket(mailbox, worker="first")
    journal.begin(stale, SAGA, 1, {})
    clock.advance(LEASE)
    current = claim_one(mailbox, "second")
    with pytest.raises(LeaseLost, match="psa 1"):
        journal.begin(stale, SAGA, 2, {}, changes=(A_CHANGE,))
    with pytest.raises(LeaseLost):
        journal.keep(stale, [A_CHANGE])
    with pytest.raises(LeaseLost):
        journal.done(stale, SAGA, 1, {}, changes=(A_CHANGE,), audit=(AuditEvent(Event.REMINDED, {}),))
    assert [(step.n, step.state) for step in steps_of(journal, "psa/1/")] == [(1, StepState.BEGUN)]
    assert changes_seen(mailbox, "psa", "1") == []
    assert list(audit.events(mailbox.store)) == []
    journal.done(current, SAGA, 1, {})
    mailbox.finish([all_done(current)])
    with pytest.raises(LeaseLost):
        journal.begin(current, SAGA, 2, {})


def test_a_takeover_that_is_not_committed_yet_is_waited_for(
    mailbox: Mailbox, journal: Journal, clock: VirtualClock
) -> None:
    stale = a_held_ticket(mailbox, worker="first")
    clock.advance(LEASE)
    with paused_before_commit(mailbox.store) as commit:
        taken = in_thread(lambda: claim_one(mailbox, "second"))
        commit.wait_until_reached()
        begun = in_thread(lambda: journal.begin(stale, SAGA, 1, {}))
        until_somebody_waits_for_a_lock(mailbox.store)
        commit.let_go()
        assert taken.result(PATIENCE).fence == stale.fence + 1
        with pytest.raises(LeaseLost):
            begun.result(PATIENCE)
    assert steps_of(journal, "psa/") == []


def test_steps_are_found_by_the_beginning_of_their_names_in_order(mailbox: Mailbox, journal: Journal) -> None:
    claim = a_held_ticket(mailbox)
    for saga, n in (("psa/1/b", 2), ("psa/1/b", 1), ("psa/1/a", 1), ("psa/10/a", 1), ("psa/1", 1), ("psb/1/a", 1)):
        journal.begin(claim, saga, n, {})
    found = [(step.saga, step.n) for step in steps_of(journal, "psa/1/")]
    assert found == [("psa/1/a", 1), ("psa/1/b", 1), ("psa/1/b", 2)]


def test_what_is_stored_of_a_ticket_is_recalled_in_one_look(mailbox: Mailbox, journal: Journal) -> None:
    claim, other = a_held_ticket(mailbox, "1"), a_held_ticket(mailbox, "10")
    journal.begin(claim, "psa/1/a", 1, {}, changes=(A_CHANGE,))
    journal.begin(other, "psa/10/a", 1, {}, changes=(A_CHANGE,))
    changes, steps = journal.recall("psa", "1", "psa/1/")
    assert (changes, [step.saga for step in steps]) == ((A_CHANGE,), ["psa/1/a"])
