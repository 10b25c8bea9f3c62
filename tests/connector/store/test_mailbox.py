"""The mailbox, one step after the other: what each call does to a ticket's row and its mail."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from connector.clock import VirtualClock
from connector.model import Aspect, Change, Ref
from connector.store import audit
from connector.store.database.prepared import Prepared
from connector.store.mailbox import Mailbox
from connector.store.queries import due
from connector.store.queries.mail import OF_A_KEY
from connector.store.records import (
    AuditEvent,
    Claim,
    Delivery,
    Event,
    Failed,
    Finished,
    LetGo,
    MailboxStanding,
    MailboxStats,
    Source,
)
from connector.store.troubles import TroubleKind, Troubles
from tests.connector.mailboxes import (
    LEASE,
    START,
    a_delivery,
    a_held_ticket,
    all_done,
    changes_seen,
    claim_all,
    claim_one,
    names,
)

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
A_CHANGE = Change(START, Aspect.PRIORITY, None, Ref("1", "high"), "observed")
AN_EVENT = AuditEvent(Event.WARNED, {"why": "test"})


def test_a_delivery_comes_back_as_mail_with_all_that_it_carried(mailbox: Mailbox) -> None:
    delivery = Delivery("psa", "4711", "d1", Source.UNVERIFIED, b"\x00\xff", {"x-signature": "abc"})
    assert mailbox.deliver([delivery]) == [True]
    claim = claim_one(mailbox)
    assert (claim.key, claim.attempts, claim.failing_since, claim.snapshot) == (("psa", "4711"), 0, None, None)
    assert claim.wake_at == START
    [mail] = claim.mail
    assert (mail.delivery, mail.source, mail.received_at) == ("d1", Source.UNVERIFIED, START)
    assert (mail.body, mail.headers) == (b"\x00\xff", {"x-signature": "abc"})


def test_delivering_nothing_does_nothing(mailbox: Mailbox) -> None:
    assert mailbox.deliver([]) == []
    assert mailbox.next_wake(["psa"]) is None


def test_a_known_delivery_is_ignored_within_a_batch_and_later(mailbox: Mailbox) -> None:
    batch = [a_delivery("1", "a"), a_delivery("1", "b"), a_delivery("1", "a")]
    assert mailbox.deliver(batch) == [True, True, False]
    mailbox.finish([all_done(claim_one(mailbox))])
    assert mailbox.deliver(batch) == [False, False, False]
    assert claim_all(mailbox) == []


def test_the_same_delivery_name_of_another_connection_is_another_delivery(mailbox: Mailbox) -> None:
    assert mailbox.deliver([a_delivery(delivery="a"), a_delivery(delivery="a", connection="other")]) == [True, True]


def test_mail_of_a_ticket_comes_in_order_of_arrival_whatever_its_name(mailbox: Mailbox) -> None:
    mailbox.deliver([a_delivery("1", "z"), a_delivery("2", "y"), a_delivery("1", "a"), a_delivery("1", "m")])
    mailbox.deliver([a_delivery("1", "b")])
    found = {claim.ticket: names(claim) for claim in claim_all(mailbox)}
    assert found == {"1": ["z", "a", "m", "b"], "2": ["y"]}


def test_the_longest_waiting_tickets_are_claimed_first_over_all_connections(
    mailbox: Mailbox, clock: VirtualClock
) -> None:
    for ticket, connection in (("1", "psa"), ("2", "other"), ("3", "psa"), ("4", "third")):
        mailbox.deliver([a_delivery(ticket, ticket, connection)])
        clock.advance(MINUTE)
    claims = mailbox.claim("worker", 2, LEASE, ["psa", "other"])
    assert [claim.ticket for claim in claims] == ["1", "2"]
    assert [claim.ticket for claim in mailbox.claim("worker", 9, LEASE, ["psa", "other"])] == ["3"]


def test_tickets_whose_deadline_has_passed_are_claimed_before_mail_that_waits_longer(
    mailbox: Mailbox, clock: VirtualClock
) -> None:
    deadlines = {"late": START + MINUTE, "later": START + 2 * MINUTE, "not yet": START + HOUR}
    mailbox.deliver([a_delivery(ticket, ticket) for ticket in deadlines])
    mailbox.finish([all_done(c, deadlines[c.ticket], due_at=deadlines[c.ticket]) for c in claim_all(mailbox)])
    mailbox.deliver([a_delivery(f"mail {n}", f"mail {n}") for n in range(20)])
    clock.advance(timedelta(seconds=1))
    mailbox.deliver([a_delivery("later", "about it"), a_delivery("not yet", "about that")])
    clock.advance(MINUTE / 2)
    assert not {"late", "later"} & {claim.ticket for claim in claim_all(mailbox, limit=8)}
    clock.advance(3 * MINUTE)
    found = [claim.ticket for claim in claim_all(mailbox, limit=4)]
    assert found[:2] == ["later", "late"]
    assert len(set(found)) == 4
    assert not {"late", "later"} & {claim.ticket for claim in claim_all(mailbox)}


def test_chores_are_not_held_up_by_late_tickets_and_unknown_keys_are(mailbox: Mailbox, clock: VirtualClock) -> None:
    mailbox.deliver([a_delivery(str(n), str(n)) for n in range(6)])
    due = {str(n): START + (MINUTE if n < 3 else 2 * MINUTE) for n in range(6)}
    mailbox.finish([all_done(claim, due[claim.ticket], due_at=due[claim.ticket]) for claim in claim_all(mailbox)])
    mailbox.schedule("psa", "@key:somebody", START + timedelta(seconds=70))
    mailbox.schedule("psa", "@poll", START + timedelta(seconds=90))
    clock.advance(HOUR)
    order = [claim_all(mailbox, limit=1)[0].ticket for _ in range(8)]
    assert set(order[:3]) == {"0", "1", "2"}
    assert order[3] == "@poll"
    assert set(order[4:7]) == {"3", "4", "5"}
    assert order[7] == "@key:somebody"


def test_late_tickets_that_fail_again_and_again_hold_nobody_up(mailbox: Mailbox, clock: VirtualClock) -> None:
    mailbox.deliver([a_delivery(str(n), str(n)) for n in range(4)])
    mailbox.finish([all_done(claim, START + MINUTE, due_at=START + MINUTE) for claim in claim_all(mailbox)])
    clock.advance(HOUR)
    mailbox.deliver([a_delivery("new", "mail", connection="healthy")])
    order = []
    for _ in range(5):
        clock.advance(MINUTE)
        [claim] = mailbox.claim("worker", 1, LEASE, ["psa", "healthy"])
        mailbox.finish([Failed(claim, "it hangs", clock.now())])
        order.append(claim.ticket)
    assert set(order[:4]) == {"0", "1", "2", "3"}
    assert order[4] == "new"


def test_late_tickets_leave_a_quarter_of_the_places_to_what_waits_the_longest(
    mailbox: Mailbox, clock: VirtualClock
) -> None:
    mailbox.deliver([a_delivery(str(n), str(n)) for n in range(20)])
    mailbox.finish([all_done(claim, START + MINUTE, due_at=START + MINUTE) for claim in claim_all(mailbox)])
    mailbox.deliver([a_delivery(f"mail {n}", f"mail {n}") for n in range(5)])
    clock.advance(HOUR)
    found = [claim.ticket for claim in claim_all(mailbox, limit=8)]
    assert [ticket.startswith("mail") for ticket in found] == 6 * [False] + 2 * [True]


def test_passed_deadlines_are_looked_for_among_so_many_and_no_more(
    mailbox: Mailbox, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due, "_LAST_LOOKED_AT", Prepared(due.last_looked_at_query(5)))
    mailbox.deliver([a_delivery("late", "first")])
    claim = claim_one(mailbox)
    mailbox.finish([all_done(claim, clock.now() + MINUTE, due_at=clock.now() + MINUTE)])
    mailbox.deliver([a_delivery(f"mail {n}", f"mail {n}") for n in range(8)])
    clock.advance(2 * MINUTE)
    order = [claim_all(mailbox, limit=1)[0].ticket for _ in range(9)]
    assert order.index("late") == 3


@pytest.mark.parametrize("crowd", [1, 3, 100])
def test_a_connection_is_found_however_much_is_due_on_another(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, crowd: int
) -> None:
    monkeypatch.setattr(due, "CROWD", crowd)
    mailbox.deliver([a_delivery(str(n), str(n)) for n in range(8)])
    mailbox.deliver([a_delivery("1", "mail", connection="b"), a_delivery("1", "mail", connection="c")])
    mailbox.schedule("d", "@poll", START)
    mailbox.schedule("e", "1", START)
    found = {claim.key for claim in mailbox.claim("worker", 100, LEASE, ["psa", "b"], ["c", "d"])}
    assert found == {("b", "1"), ("d", "@poll"), *(("psa", str(n)) for n in range(8))}
    assert mailbox.claim("worker", 100, LEASE, ["psa", "b"], ["c", "d"]) == []


def test_no_room_or_no_connection_claims_nothing(mailbox: Mailbox) -> None:
    mailbox.deliver([a_delivery()])
    assert mailbox.claim("worker", 0, LEASE, ["psa"]) == []
    assert mailbox.claim("worker", 1, LEASE, []) == []


def test_a_held_ticket_is_nobody_elses_until_its_lease_runs_out(mailbox: Mailbox, clock: VirtualClock) -> None:
    first = a_held_ticket(mailbox, worker="first")
    mailbox.deliver([a_delivery("1", "later")])
    clock.advance(LEASE - timedelta(microseconds=1))
    assert claim_all(mailbox, "second") == []
    clock.advance(timedelta(microseconds=1))
    second = claim_one(mailbox, "second")
    assert second.fence == first.fence + 1
    assert second.wake_at == START + LEASE
    assert names(second) == ["first of 1", "later"]


def test_a_heartbeat_keeps_the_lease_and_tells_what_is_lost(mailbox: Mailbox, clock: VirtualClock) -> None:
    mailbox.deliver([a_delivery(ticket, ticket) for ticket in ("1", "2", "3")])
    claims = claim_all(mailbox, "first")
    mailbox.finish([all_done(claims[1])])
    clock.advance(LEASE / 2)
    assert mailbox.extend(claims, LEASE) == [claims[1]]
    clock.advance(LEASE - MINUTE / 2)
    assert claim_all(mailbox, "second") == []
    clock.advance(MINUTE)
    assert len(claim_all(mailbox, "second")) == 2
    assert mailbox.extend(claims, LEASE) == claims
    assert mailbox.extend([], LEASE) == []


def test_a_lease_that_ran_out_untaken_can_still_be_extended(mailbox: Mailbox, clock: VirtualClock) -> None:
    claim = a_held_ticket(mailbox)
    clock.advance(2 * LEASE)
    assert mailbox.extend([claim], LEASE) == []
    assert claim_all(mailbox, "second") == []


def test_a_claim_handed_back_is_due_at_once_as_it_was(mailbox: Mailbox) -> None:
    first = a_held_ticket(mailbox)
    mailbox.hand_back([first])
    second = claim_one(mailbox, "second")
    assert second.fence > first.fence
    assert (second.attempts, names(second)) == (0, names(first))
    mailbox.hand_back([first])
    assert claim_all(mailbox, "third") == []
    mailbox.hand_back([])


def test_a_finished_turn_stores_everything_in_one_go(mailbox: Mailbox) -> None:
    claim = a_held_ticket(mailbox)
    finished = all_done(
        claim,
        START + HOUR,
        due_at=START + 2 * HOUR,
        snapshot={"verdict": "waiting"},
        changes=(A_CHANGE,),
        audit=(AN_EVENT,),
    )
    assert mailbox.finish([finished]) == [True]
    [row] = mailbox.list_tickets()
    assert (row.wake_at, row.due_at, row.owner) == (START + HOUR, START + 2 * HOUR, None)
    assert mailbox.snapshots("psa", ["1", "2"]) == {"1": {"verdict": "waiting"}}
    assert changes_seen(mailbox, "psa", "1") == [A_CHANGE]
    assert [(e.connection, e.ticket, e.event, e.at) for e in audit.events(mailbox.store)] == [
        ("psa", "1", Event.WARNED, START)
    ]


def test_a_timer_wakes_its_ticket_without_any_mail(mailbox: Mailbox, clock: VirtualClock) -> None:
    mailbox.finish([all_done(a_held_ticket(mailbox), START + HOUR)])
    assert mailbox.next_wake(["psa"]) == START + HOUR
    clock.advance(HOUR - timedelta(microseconds=1))
    assert claim_all(mailbox) == []
    clock.advance(timedelta(microseconds=1))
    assert claim_one(mailbox).mail == ()


def test_mail_before_the_timer_wakes_the_ticket_now_and_keeps_its_snapshot(
    mailbox: Mailbox, clock: VirtualClock
) -> None:
    mailbox.finish([all_done(a_held_ticket(mailbox), START + HOUR, snapshot={"n": 1})])
    clock.advance(MINUTE)
    mailbox.deliver([a_delivery("1", "news")])
    claim = claim_one(mailbox)
    assert claim.wake_at == START + MINUTE
    assert claim.snapshot == {"n": 1}
    mailbox.finish([all_done(claim)])
    assert mailbox.snapshots("psa", ["1"]) == {"1": {"n": 1}}


def test_mail_that_came_during_the_turn_wakes_the_ticket_right_after_it(mailbox: Mailbox) -> None:
    claim = a_held_ticket(mailbox)
    mailbox.deliver([a_delivery("1", "meanwhile")])
    mailbox.finish([all_done(claim, START + HOUR)])
    assert names(claim_one(mailbox)) == ["meanwhile"]


def test_mail_that_a_turn_leaves_undone_wakes_it_again(mailbox: Mailbox) -> None:
    mailbox.deliver([a_delivery("1", "a"), a_delivery("1", "b")])
    claim = claim_one(mailbox)
    mailbox.finish([Finished(claim, None, done_mail=(claim.mail[0].id,))])
    assert names(claim_one(mailbox)) == ["b"]


def test_a_turn_cannot_tick_off_the_mail_of_another_ticket(mailbox: Mailbox) -> None:
    mailbox.deliver([a_delivery("1", "a"), a_delivery("2", "b")])
    one, two = claim_all(mailbox)
    mailbox.finish([Finished(one, None, done_mail=(one.mail[0].id, two.mail[0].id))])
    mailbox.hand_back([two])
    assert names(claim_one(mailbox)) == ["b"]


def test_done_mail_keeps_its_name_and_loses_its_content(mailbox: Mailbox) -> None:
    mailbox.deliver([Delivery("psa", "1", "d", Source.WEBHOOK, b"about a client", {"a": "b"})])
    mailbox.finish([all_done(claim_one(mailbox))])
    with mailbox.store.reading() as conn:
        assert conn.execute(text("SELECT delivery, body, headers FROM inbox")).all() == [("d", None, None)]


def test_a_stale_holder_changes_nothing_at_all(mailbox: Mailbox, clock: VirtualClock) -> None:
    stale = a_held_ticket(mailbox, worker="first")
    clock.advance(LEASE)
    current = claim_one(mailbox, "second")
    finished = all_done(stale, START + HOUR, snapshot={"n": 1}, changes=(A_CHANGE,), audit=(AN_EVENT,))
    assert mailbox.finish([finished]) == [False]
    assert mailbox.finish([Failed(stale, "stale", None, audit=(AN_EVENT,))]) == [False]
    assert mailbox.finish([replace(finished, is_gone=True)]) == [False]
    mailbox.hand_back([stale])
    assert mailbox.extend([stale, current], LEASE) == [stale]
    assert mailbox.snapshots("psa", ["1"]) == {}
    assert changes_seen(mailbox, "psa", "1") == []
    assert list(audit.events(mailbox.store)) == []
    assert mailbox.finish([all_done(current)]) == [True]


def test_a_turn_is_finished_once(mailbox: Mailbox) -> None:
    finished = all_done(a_held_ticket(mailbox), audit=(AN_EVENT,))
    assert mailbox.finish([finished, finished]) == [True, False]
    assert mailbox.finish([finished]) == [False]
    assert mailbox.finish([]) == []
    assert len(list(audit.events(mailbox.store))) == 1


def test_one_lost_claim_does_not_spoil_the_batch(mailbox: Mailbox) -> None:
    mailbox.deliver([a_delivery(ticket, ticket) for ticket in ("1", "2", "3")])
    claims = claim_all(mailbox)
    mailbox.hand_back([claims[1]])
    assert mailbox.finish([all_done(claim) for claim in claims]) == [True, False, True]


def test_a_ticket_that_is_gone_leaves_no_row(mailbox: Mailbox) -> None:
    mailbox.finish([all_done(a_held_ticket(mailbox), is_gone=True)])
    assert mailbox.list_tickets() == []


def test_a_ticket_that_is_gone_stays_while_mail_is_left(mailbox: Mailbox) -> None:
    claim = a_held_ticket(mailbox)
    mailbox.deliver([a_delivery("1", "meanwhile")])
    mailbox.finish([all_done(claim, is_gone=True)])
    assert names(claim_one(mailbox)) == ["meanwhile"]


def test_a_holder_of_a_row_that_went_and_came_back_is_stale(mailbox: Mailbox, clock: VirtualClock) -> None:
    stale = a_held_ticket(mailbox, worker="first")
    clock.advance(LEASE)
    mailbox.finish([all_done(claim_one(mailbox, "second"), is_gone=True)])
    mailbox.deliver([a_delivery("1", "anew")])
    current = claim_one(mailbox, "third")
    assert current.fence > stale.fence
    assert mailbox.finish([all_done(stale)]) == [False]
    assert mailbox.extend([stale], LEASE) == [stale]


def test_a_failed_turn_is_retried_at_its_time_with_its_mail(mailbox: Mailbox, clock: VirtualClock) -> None:
    mailbox.finish([Failed(a_held_ticket(mailbox), "no answer", START + MINUTE, audit=(AN_EVENT,))])
    assert claim_all(mailbox) == []
    clock.advance(MINUTE)
    again = claim_one(mailbox)
    assert (again.attempts, again.failing_since, names(again)) == (1, START, ["first of 1"])
    mailbox.finish([Failed(again, "no answer", START + 2 * MINUTE)])
    clock.advance(MINUTE)
    third = claim_one(mailbox)
    assert (third.attempts, third.failing_since) == (2, START)
    mailbox.finish([all_done(third, START)])
    healthy = claim_one(mailbox)
    assert (healthy.attempts, healthy.failing_since) == (0, None)
    assert mailbox.list_tickets()[0].error is None


def test_a_failure_keeps_the_snapshot_and_the_due_time(mailbox: Mailbox) -> None:
    due_at = START + 2 * HOUR
    mailbox.finish([all_done(a_held_ticket(mailbox), START, due_at=due_at, snapshot={"n": 1})])
    mailbox.finish([Failed(claim_one(mailbox), "no answer", START + MINUTE)])
    [row] = mailbox.list_tickets()
    assert (row.due_at, row.snapshot, row.error, row.attempts) == (due_at, {"n": 1}, "no answer", 1)


def test_new_mail_wakes_a_failing_ticket_at_once(mailbox: Mailbox) -> None:
    mailbox.finish([Failed(a_held_ticket(mailbox), "no answer", START + HOUR)])
    mailbox.deliver([a_delivery("1", "news")])
    claim = claim_one(mailbox)
    assert (claim.attempts, names(claim)) == (1, ["first of 1", "news"])


def test_mail_that_came_while_the_turn_failed_wakes_it_at_once(mailbox: Mailbox) -> None:
    claim = a_held_ticket(mailbox)
    mailbox.deliver([a_delivery("1", "meanwhile")])
    mailbox.finish([Failed(claim, "no answer", START + HOUR)])
    assert claim_one(mailbox).attempts == 1


def test_what_fails_for_good_is_a_dead_letter_until_it_is_replayed(mailbox: Mailbox, clock: VirtualClock) -> None:
    mailbox.finish([Failed(a_held_ticket(mailbox), "poison \x00 " + "x" * 5000, None)])
    [letter] = mailbox.dead_letters()
    assert (letter.connection, letter.ticket, letter.attempts, letter.mail) == ("psa", "1", 1, 1)
    assert letter.failing_since == START
    assert letter.error.startswith("poison \N{REPLACEMENT CHARACTER} x")
    assert len(letter.error) == 2000
    assert mailbox.dead_letters("other") == []
    clock.advance(1000 * HOUR)
    assert claim_all(mailbox) == []
    assert mailbox.replay("psa", "1", "tests")
    assert not mailbox.replay("psa", "1", "tests")
    assert not mailbox.replay("psa", "unknown", "tests")
    assert [row.detail for row in audit.events(mailbox.store, "psa", "1") if row.event == "replayed"] == [
        {"by": "tests"}
    ]
    claim = claim_one(mailbox)
    assert (claim.attempts, claim.failing_since) == (0, None)
    assert [mail.source for mail in claim.mail] == [Source.WEBHOOK, Source.MANUAL]
    assert mailbox.dead_letters("psa") == []


def test_new_mail_wakes_a_dead_letter_and_it_stays_one_until_a_turn_is_done(
    mailbox: Mailbox, clock: VirtualClock
) -> None:
    mailbox.finish([Failed(a_held_ticket(mailbox), "poison", None, held_by="a right")])
    clock.advance(HOUR)
    mailbox.deliver([a_delivery("1", "news")])
    claim = claim_one(mailbox)
    assert (claim.is_parked, claim.held_by, names(claim)) == (True, "a right", ["first of 1", "news"])
    assert (claim.attempts, claim.failing_since) == (1, START)
    mailbox.finish([Failed(claim, "poison", None, held_by="a right", done_mail=(claim.mail[0].id,))])
    assert claim_all(mailbox) == []
    (letter,) = mailbox.dead_letters()
    assert (letter.failing_since, letter.mail) == (START, 1)
    mailbox.schedule("psa", "1", START)
    mailbox.finish([all_done(claim_one(mailbox))])
    assert mailbox.dead_letters() == []
    row = mailbox.ticket("psa", "1")
    assert row is not None
    assert (row.attempts, row.failing_since, row.held_by) == (0, None, None)
    assert mailbox.ticket("psa", "unknown") is None


def test_a_turn_that_dies_while_mail_comes_in_is_woken_for_it(mailbox: Mailbox) -> None:
    claim = a_held_ticket(mailbox)
    mailbox.deliver([a_delivery("1", "meanwhile")])
    mailbox.finish([Failed(claim, "poison", None)])
    again = claim_one(mailbox)
    assert (again.is_parked, names(again)) == (True, ["first of 1", "meanwhile"])


def test_a_dead_letter_that_is_replayed_while_a_turn_has_it_keeps_its_lease_and_is_tried_again(
    mailbox: Mailbox, clock: VirtualClock
) -> None:
    mailbox.finish([Failed(a_held_ticket(mailbox), "poison", None)])
    mailbox.deliver([a_delivery("1", "news")])
    claim = claim_one(mailbox)
    assert mailbox.replay("psa", "1", "tests")
    assert claim_all(mailbox, "second") == []
    assert mailbox.finish([Failed(claim, "poison", None)]) == [True]
    again = claim_one(mailbox)
    assert again.failing_since == START
    assert [mail.source for mail in again.mail][-1] is Source.MANUAL


def test_what_a_trouble_keeps_is_woken_the_most_overdue_first_ten_at_once(mailbox: Mailbox) -> None:
    count = 13
    mailbox.deliver([a_delivery(str(n), str(n)) for n in range(count)])
    claims = claim_all(mailbox)
    mailbox.finish([all_done(one, START, due_at=START - int(one.ticket) * MINUTE) for one in claims])
    claims = claim_all(mailbox)
    mailbox.finish([Failed(one, "refused", None, held_by="a right") for one in claims if one.ticket != "5"])
    assert mailbox.held_by("psa", "a right", 2) == ["12", "11"]
    assert mailbox.wake_held_by("psa", "a right") == count - 1
    wakes = {row.ticket: row.wake_at for row in mailbox.list_tickets()}
    assert sum(at == START for at in wakes.values()) == 10
    assert (wakes["1"], wakes["0"]) == (START + timedelta(seconds=5), START + timedelta(seconds=10))
    assert mailbox.wake_held_by("psa", "another") == 0


def test_a_duplicate_does_not_revive_a_dead_letter(mailbox: Mailbox) -> None:
    mailbox.finish([Failed(a_held_ticket(mailbox), "poison", None)])
    assert mailbox.deliver([a_delivery("1", "first of 1")]) == [False]
    assert len(mailbox.dead_letters()) == 1


def test_scheduling_makes_a_row_and_only_ever_brings_it_forward(mailbox: Mailbox) -> None:
    for wake_at, expected in ((2 * HOUR, 2 * HOUR), (3 * HOUR, 2 * HOUR), (HOUR, HOUR)):
        mailbox.schedule("psa", "@poll", START + wake_at)
        assert mailbox.next_wake(["psa"]) == START + expected


def test_scheduling_revives_a_dead_chore(mailbox: Mailbox) -> None:
    mailbox.schedule("psa", "@poll", START)
    mailbox.finish([Failed(claim_one(mailbox), "broken", None)])
    mailbox.schedule("psa", "@poll", START)
    assert claim_one(mailbox).attempts == 0


def test_scheduling_a_held_row_leaves_the_lease_alone_and_counts_afterwards(mailbox: Mailbox) -> None:
    claim = a_held_ticket(mailbox)
    mailbox.schedule("psa", "1", START + HOUR)
    mailbox.schedule("psa", "1", START + 2 * HOUR)
    assert claim_all(mailbox, "second") == []
    mailbox.finish([all_done(claim, START + 9 * HOUR)])
    assert mailbox.next_wake(["psa"]) == START + HOUR


def test_a_wish_for_later_outlives_a_crashed_holder_and_one_for_now_is_met(
    mailbox: Mailbox, clock: VirtualClock
) -> None:
    a_held_ticket(mailbox, "1")
    a_held_ticket(mailbox, "2")
    mailbox.schedule("psa", "1", START + HOUR)
    mailbox.schedule("psa", "2", START)
    clock.advance(LEASE)
    mailbox.finish([all_done(claim) for claim in claim_all(mailbox, "second")])
    assert {row.ticket: row.wake_at for row in mailbox.list_tickets()} == {"1": START + HOUR, "2": None}


def test_ringing_all_wakes_every_ticket_and_dead_letters_for_a_turn_but_no_chore(mailbox: Mailbox) -> None:
    mailbox.deliver([a_delivery(ticket, ticket) for ticket in ("1", "2", "3")])
    later, dead, held = claim_all(mailbox)
    mailbox.finish([all_done(later, START + HOUR), Failed(dead, "poison", None)])
    mailbox.schedule("psa", "@poll", START + HOUR)
    mailbox.schedule("other", "9", START + HOUR)
    assert mailbox.ring_all("psa") == 3
    assert [claim.ticket for claim in claim_all(mailbox)] == ["1", "2"]
    mailbox.finish([all_done(held, START + HOUR)])
    assert [claim.ticket for claim in claim_all(mailbox)] == ["3"]
    assert mailbox.next_wake(["other"]) == START + HOUR
    assert len(mailbox.dead_letters()) == 1


def test_ringing_all_goes_through_any_number_of_tickets(mailbox: Mailbox) -> None:
    mailbox.deliver([a_delivery(str(n), str(n)) for n in range(1100)])
    while claims := claim_all(mailbox, limit=400):
        assert all(mailbox.finish([all_done(claim) for claim in claims]))
    assert mailbox.next_wake(["psa"]) is None
    assert mailbox.ring_all("psa") == 1100
    assert mailbox.stats("psa").due == 1100


def test_the_counts_tell_tickets_apart_and_leave_chores_out(mailbox: Mailbox, clock: VirtualClock) -> None:
    assert mailbox.stats("psa") == MailboxStats(0, 0, 0, 0, None)
    mailbox.deliver([a_delivery(ticket, ticket) for ticket in ("1", "2", "3", "4")])
    mailbox.schedule("psa", "@poll", START)
    later, dead, held, _ = sorted(
        (c for c in claim_all(mailbox) if c.ticket != "@poll"), key=lambda claim: claim.ticket
    )
    clock.advance(LEASE / 2)
    mailbox.finish([all_done(later, START + HOUR), Failed(dead, "poison", None)])
    assert mailbox.extend([held], LEASE) == []
    clock.advance(LEASE / 2)
    assert mailbox.stats("psa") == MailboxStats(due=1, pending=1, leased=1, dead=1, oldest_due_at=START + LEASE)


def test_tickets_are_listed_by_what_is_due_first_without_chores(mailbox: Mailbox) -> None:
    mailbox.deliver([a_delivery(ticket, ticket) for ticket in ("1", "2", "3")])
    mailbox.schedule("psa", "@poll", START + HOUR)
    mailbox.schedule("other", "5", START + HOUR)
    due = {"1": None, "2": START + 2 * HOUR, "3": START + HOUR}
    mailbox.finish([all_done(c, due_at=due[c.ticket]) for c in claim_all(mailbox)])
    assert [row.ticket for row in mailbox.list_tickets(["psa"])] == ["3", "2", "1"]
    assert [row.ticket for row in mailbox.list_tickets()] == ["3", "2", "5", "1"]
    assert [row.ticket for row in mailbox.list_tickets(limit=1)] == ["3"]


def test_unverified_mail_is_counted_until_it_is_done(mailbox: Mailbox) -> None:
    unverified = [a_delivery("@key:aa", f"u{n}", source=Source.UNVERIFIED) for n in range(3)]
    mailbox.deliver([*unverified, a_delivery("1", "v")])
    assert mailbox.unverified_waiting("psa") == 3
    assert mailbox.unverified_waiting("other") == 0
    claim = next(c for c in claim_all(mailbox) if c.ticket == "@key:aa")
    mailbox.finish([all_done(claim, is_gone=True)])
    assert mailbox.unverified_waiting("psa") == 0


def test_unverified_mail_is_measured_by_what_it_takes(mailbox: Mailbox) -> None:
    waiting = [
        Delivery("psa", "@key:aa", f"u{n}", Source.UNVERIFIED, body=b"x" * 50_000, headers={"a": "b" * 1000})
        for n in range(3)
    ]
    mailbox.deliver([*waiting, a_delivery("1", "v")])
    assert mailbox.unverified_bytes("psa") == pytest.approx(sum(one.stored_bytes for one in waiting), rel=0.01)
    assert mailbox.unverified_bytes("other") == 0


def test_of_what_waited_for_a_signing_key_nothing_stays_once_it_is_done(mailbox: Mailbox, clock: VirtualClock) -> None:
    mailbox.deliver([a_delivery("@key:aa", "u", source=Source.UNVERIFIED), a_delivery("1", "v")])
    mailbox.finish([all_done(claim, is_gone=True) for claim in claim_all(mailbox)])
    clock.advance(HOUR)
    assert mailbox.prune(START + HOUR) == 1


def test_few_of_the_bodies_that_wait_for_a_signing_key_are_read_at_once(mailbox: Mailbox) -> None:
    mailbox.deliver([a_delivery("@key:aa", f"u{n}", source=Source.UNVERIFIED) for n in range(25)])
    taken = []
    while claims := claim_all(mailbox):
        taken.append(len(claims[0].mail))
        mailbox.finish([all_done(claims[0], is_gone=True)])
    assert taken == [OF_A_KEY, OF_A_KEY, 5]


def test_pruning_forgets_old_done_mail_and_nothing_else(mailbox: Mailbox, clock: VirtualClock) -> None:
    mailbox.deliver([a_delivery("1", f"old {n}") for n in range(600)])
    mailbox.finish([all_done(claim_one(mailbox))])
    clock.advance(HOUR)
    mailbox.deliver([a_delivery("1", "young")])
    mailbox.finish([all_done(claim_one(mailbox))])
    mailbox.deliver([a_delivery("1", "undone")])
    assert mailbox.prune(START + HOUR) == 600
    assert mailbox.prune(START + HOUR) == 0
    assert mailbox.deliver([a_delivery("1", name) for name in ("old 1", "young", "undone")]) == [True, False, False]


def test_pruning_gives_up_on_keys_that_could_never_be_learned(mailbox: Mailbox, clock: VirtualClock) -> None:
    def dead_key(name: str) -> None:
        mailbox.deliver([a_delivery(f"@key:{name}", name, source=Source.UNVERIFIED)])
        mailbox.finish([Failed(claim_one(mailbox), "no such key", None)])

    dead_key("old")
    mailbox.finish([Failed(a_held_ticket(mailbox, "1"), "poison", None)])
    clock.advance(HOUR)
    dead_key("young")
    assert mailbox.prune(START + HOUR) == 2
    assert [letter.ticket for letter in mailbox.dead_letters()] == ["1", "@key:young"]
    assert mailbox.unverified_waiting("psa") == 1


@pytest.mark.parametrize("ticket", ["1", "ä/ö ' \" %", "@poll"])
def test_names_may_hold_any_text(mailbox: Mailbox, ticket: str) -> None:
    mailbox.deliver([a_delivery(ticket, ticket)])
    claim = claim_one(mailbox)
    assert isinstance(claim, Claim)
    assert (claim.ticket, names(claim)) == (ticket, [ticket])


def test_a_claim_that_is_let_go_goes_back_as_it_was(mailbox: Mailbox, clock: VirtualClock) -> None:
    mailbox.deliver([Delivery("psa", "1", "one", Source.WEBHOOK)])
    [claim] = mailbox.claim("w", 1, LEASE, ["psa"])
    mailbox.finish([Failed(claim, "refused", clock.now())])
    [claim] = mailbox.claim("w", 1, LEASE, ["psa"])
    clock.advance(timedelta(seconds=10))
    assert mailbox.finish([LetGo(claim)]) == [True]
    [again] = mailbox.claim("other", 1, LEASE, ["psa"])
    assert replace(again, fence=claim.fence) == claim
    assert (again.attempts, len(again.mail)) == (1, 1)
    assert mailbox.finish([LetGo(claim)]) == [False]


# --- how a connection stands --------------------------------------------------------------------------------------


def test_tickets_past_their_deadline_are_counted_with_the_latest_and_what_is_parked_is_not(
    mailbox: Mailbox, clock: VirtualClock
) -> None:
    for ticket, minutes in (("1", 1), ("2", 5), ("3", 30)):
        due_at = clock.now() + timedelta(minutes=minutes)
        mailbox.finish([all_done(a_held_ticket(mailbox, ticket), due_at, due_at=due_at)])
    parked = a_held_ticket(mailbox, "4")
    mailbox.finish([all_done(parked, due_at=clock.now())])
    mailbox.deliver([a_delivery("4", "again")])
    mailbox.finish([Failed(claim_one(mailbox), "no", None)])
    grace = timedelta(minutes=1)
    clock.advance(timedelta(minutes=2))
    assert mailbox.standing("psa", grace).past_deadline == 0
    clock.advance(timedelta(minutes=10))
    found = mailbox.standing("psa", grace)
    assert (found.past_deadline, found.latest_by) == (2, timedelta(minutes=11))
    assert (found.lag, found.dead_letters) == (timedelta(minutes=11), 1)
    assert mailbox.standing("other", grace) == MailboxStanding(0, timedelta(0), timedelta(0), 0, {})


def test_tickets_whose_turns_fail_are_counted_without_chores_parked_ones_and_those_that_a_trouble_keeps(
    mailbox: Mailbox, clock: VirtualClock
) -> None:
    again_at = clock.now() + timedelta(hours=1)
    Troubles(mailbox.store).meet("psa", TroubleKind.REFUSAL, "turn: no right", "no right")
    for ticket, held_by in (("1", None), ("2", "turn: no right"), ("3", "turn: over meanwhile"), ("@poll", None)):
        mailbox.finish([Failed(a_held_ticket(mailbox, ticket), "no", again_at, held_by=held_by)])
    mailbox.finish([Failed(a_held_ticket(mailbox, "4"), "no", None)])
    clock.advance(timedelta(minutes=4))
    assert mailbox.standing("psa").failing == 0
    clock.advance(timedelta(minutes=2))
    found = mailbox.standing("psa")
    assert (found.failing, found.failing_for) == (2, timedelta(minutes=6))
    assert mailbox.standing("other").failing == 0


def test_each_chore_is_listed_with_for_how_long_it_has_failed(mailbox: Mailbox, clock: VirtualClock) -> None:
    mailbox.finish([all_done(a_held_ticket(mailbox, "@survey"))])
    for name in ("@poll", "@key:abc"):
        mailbox.finish([Failed(a_held_ticket(mailbox, name), "no", clock.now() + timedelta(seconds=30))])
    clock.advance(timedelta(minutes=3))
    assert mailbox.standing("psa", timedelta(0)).chores == {"@poll": timedelta(minutes=3), "@survey": None}


def test_tickets_are_found_by_the_place_that_they_were_last_read_at(mailbox: Mailbox) -> None:
    places = {"1": 'Präsenz_1% > "A"', "2": 'Präsenz_1% > "A" > B', "3": 'Präsenz_1% > "A"', "4": 'Präsenzx1% > "A"'}
    for ticket, place in places.items():
        claim = a_held_ticket(mailbox, ticket)
        mailbox.finish([all_done(claim, snapshot={"owner": "x", "place": place, "status": "New"}, wake_at=None)])
    assert mailbox.at_place("psa", places["1"], 5) == ["1", "3"]
    assert mailbox.at_place("psa", places["1"], 1) == ["1"]
    assert mailbox.at_place("other", places["1"], 5) == []


def test_a_failure_that_is_no_fault_of_its_ticket_does_not_age_it(mailbox: Mailbox) -> None:
    mailbox.finish([Failed(a_held_ticket(mailbox, "1"), "not found", START + LEASE, held_by="a place", ages=False)])
    row = mailbox.ticket("psa", "1")
    assert row is not None
    assert (row.failing_since, row.held_by, row.is_dead) == (None, "a place", False)


def test_of_those_woken_at_one_moment_the_one_that_is_due_first_goes_first(mailbox: Mailbox) -> None:
    mailbox.deliver([a_delivery(ticket, f"d{ticket}") for ticket in "1234"])
    with mailbox.store.writing() as conn:
        for ticket, due_at in (("1", 3), ("2", 1), ("3", 4), ("4", 2)):
            given = {"ticket": ticket, "due_at": due_at}
            conn.execute(text("UPDATE mailbox SET wake_at = 5, due_at = :due_at WHERE ticket = :ticket"), given)
    assert [claim.ticket for claim in claim_all(mailbox)] == ["2", "4", "1", "3"]
