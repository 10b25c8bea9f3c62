"""In which lane a row's turn is, which rows a claim takes of each, and how a flooded ticket rests."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.clock import VirtualClock
from connector.model import Lane
from connector.store.mailbox import MAIL_AT_ONCE, MAIL_EVERY, Mailbox
from connector.store.queries import due
from connector.store.records import Claim, Failed, Fairness, LetGo, Source
from tests.connector.mailboxes import LEASE, START, a_delivery, all_done, claim_all, claim_one, names

MINUTE = timedelta(minutes=1)


def claimed(mailbox: Mailbox, fairness: Fairness, limit: int = 8, *connections: str) -> list[str]:
    return [one.ticket for one in mailbox.claim("worker", limit, LEASE, connections or ["psa"], (), fairness)]


def taken(mailbox: Mailbox) -> dict[str, Lane]:
    return {claim.ticket: claim.lane for claim in claim_all(mailbox)}


def test_what_woke_a_ticket_says_in_which_lane_its_turn_is(mailbox: Mailbox, clock: VirtualClock) -> None:
    known = ("deadline", "warning", "rung", "late", "failing")
    mailbox.deliver([a_delivery(name, name) for name in known])
    moments = {"deadline": 2 * MINUTE, "late": 2 * MINUTE}
    for claim in claim_all(mailbox):
        due_at = START + moments.get(claim.ticket, 10 * MINUTE)
        wake_at = START + 2 * MINUTE if claim.ticket in ("deadline", "warning") else due_at
        mailbox.finish([all_done(claim, wake_at, due_at=due_at)])
    clock.advance(MINUTE)
    mailbox.schedule("psa", "failing", clock.now())
    mailbox.finish([Failed(claim_one(mailbox), "it hangs", clock.now())])
    mailbox.deliver(
        [
            a_delivery("changed", "w"),
            a_delivery("found", "p", source=Source.POLL),
            a_delivery("listed", "s", source=Source.SWEEP),
            a_delivery("both", "s2", source=Source.SWEEP),
            a_delivery("both", "w2"),
            a_delivery("late", "w3"),
        ]
    )
    clock.advance(MINUTE)
    assert taken(mailbox) == {
        "deadline": Lane.DUE,
        "late": Lane.DUE,
        "warning": Lane.LOOKS,
        "failing": Lane.LOOKS,
        "changed": Lane.WEBHOOKS,
        "both": Lane.WEBHOOKS,
        "found": Lane.WEBHOOKS,
        "listed": Lane.LISTS,
    }


def test_what_a_policy_rings_is_looked_at_in_the_lane_of_looks(mailbox: Mailbox) -> None:
    mailbox.deliver([a_delivery("quiet", "1"), a_delivery("waiting", "2")])
    [quiet] = [claim for claim in claim_all(mailbox) if claim.ticket == "quiet"]
    mailbox.finish([all_done(quiet)])
    mailbox.deliver([a_delivery("busy", "3")])
    mailbox.ring_all("psa")
    assert taken(mailbox) == {"quiet": Lane.LOOKS, "busy": Lane.WEBHOOKS}


def test_a_replay_is_urgent(mailbox: Mailbox) -> None:
    mailbox.deliver([a_delivery("1", "1")])
    mailbox.finish([Failed(claim_one(mailbox), "oops", None)])
    assert mailbox.replay("psa", "1", "tests")
    assert taken(mailbox) == {"1": Lane.URGENT}


def test_a_claim_takes_no_more_of_a_lane_than_it_has_calls_for(mailbox: Mailbox, clock: VirtualClock) -> None:
    mailbox.deliver([a_delivery(f"look {n}", str(n), source=Source.SWEEP) for n in range(40)])
    clock.advance(MINUTE)
    mailbox.deliver([a_delivery("changed", "w"), a_delivery("changed too", "w2")])
    mailbox.schedule("psa", "@poll", clock.now())
    bound = {Lane.URGENT: 0, Lane.WEBHOOKS: 1, Lane.LISTS: 2}
    found = claimed(mailbox, Fairness(lanes={"psa": bound}))
    assert sorted(name.split()[0] for name in found) == ["@poll", "changed", "look", "look"]
    assert claimed(mailbox, Fairness(lanes={"psa": {**bound, Lane.WEBHOOKS: 0, Lane.LISTS: -1}})) == []


def test_what_is_late_is_claimed_though_its_lane_is_shut(mailbox: Mailbox, clock: VirtualClock) -> None:
    mailbox.deliver([a_delivery(str(n), str(n)) for n in range(40)])
    due_at = START + 2 * MINUTE
    for claim in claim_all(mailbox):
        mailbox.finish([all_done(claim, START + MINUTE, due_at=due_at if claim.ticket == "39" else due_at + MINUTE)])
    clock.advance(MINUTE)
    shut = {"psa": {Lane.LOOKS: 0}}
    assert claimed(mailbox, Fairness(lanes=shut)) == []
    assert mailbox.next_wake(["psa"], (), {"psa": [Lane.LOOKS]}) == due_at
    clock.advance(MINUTE)
    assert claimed(mailbox, Fairness(lanes=shut)) == ["39"]


def test_changes_go_before_very_many_looks_and_leave_them_a_quarter(mailbox: Mailbox, clock: VirtualClock) -> None:
    mailbox.deliver([a_delivery(f"look {n}", str(n), source=Source.SWEEP) for n in range(40)])
    clock.advance(MINUTE)
    mailbox.deliver([a_delivery(f"changed {n}", f"w{n}") for n in range(20)])
    found = [name.split()[0] for name in claimed(mailbox, Fairness())]
    assert found == 6 * ["changed"] + 2 * ["look"]


def looked_at(mailbox: Mailbox, ticket: str, clock: VirtualClock) -> None:
    """A turn of that ticket, which reads it now."""
    mailbox.deliver([a_delivery(ticket, f"{ticket} {clock.now()}")])
    mailbox.finish([all_done(claim_one(mailbox), snapshot={"read_at": clock.now().isoformat()})])


@pytest.mark.parametrize("seconds", [0, 1])
@pytest.mark.parametrize("is_first", [True, False])
def test_a_ticket_that_was_looked_at_lately_gives_way_where_calls_are_few(
    mailbox: Mailbox, clock: VirtualClock, is_first: bool, seconds: int
) -> None:
    """Neither as the one that waits the longest nor as the newest it keeps two others waiting."""
    looked_at(mailbox, "noisy", clock)
    quiet, noisy = [a_delivery("one", "1"), a_delivery("other", "2")], [a_delivery("noisy", "mail")]
    for mails in (noisy, quiet) if is_first else (quiet, noisy):
        mailbox.deliver(mails)
        clock.advance(timedelta(seconds=10))
    clock.advance(timedelta(seconds=seconds))
    one = Fairness(lanes={"psa": {Lane.WEBHOOKS: 1}})
    found = [claimed(mailbox, one) for _ in range(3)]
    assert found[2] == ["noisy"]
    assert sorted(found[:2]) == [["one"], ["other"]]


def test_a_lane_that_has_used_more_calls_than_there_are_keeps_nobody_from_claiming(mailbox: Mailbox) -> None:
    mailbox.deliver([a_delivery("look", "l", source=Source.SWEEP)])
    assert claimed(mailbox, Fairness(lanes={"psa": {Lane.WEBHOOKS: -1}})) == ["look"]


def test_a_ticket_that_was_looked_at_lately_has_its_turn_though_others_wait(
    mailbox: Mailbox, clock: VirtualClock
) -> None:
    looked_at(mailbox, "noisy", clock)
    mailbox.deliver([a_delivery("noisy", "mail")])
    clock.advance(due.GIVES_WAY)
    mailbox.deliver([a_delivery(f"edited {n}", f"e{n}") for n in range(300)])
    clock.advance(timedelta(seconds=1))
    assert claimed(mailbox, Fairness(lanes={"psa": {Lane.WEBHOOKS: 1, Lane.LOOKS: 0}})) == ["noisy"]


def test_what_somebody_writes_now_waits_for_no_mass_edit(mailbox: Mailbox, clock: VirtualClock) -> None:
    mailbox.deliver([a_delivery(f"edited {n}", f"e{n}") for n in range(300)])
    clock.advance(MINUTE)
    mailbox.deliver([a_delivery("new", "n")])
    one = Fairness(lanes={"psa": {Lane.WEBHOOKS: 1, Lane.LOOKS: 0, Lane.LISTS: 0}})
    found: list[str] = []
    for _ in range(2):
        found += claimed(mailbox, one)
        clock.advance(timedelta(seconds=1))
    assert sorted(name.split()[0] for name in found) == ["edited", "new"]


def test_a_connection_takes_half_of_the_threads_that_the_others_leave(mailbox: Mailbox, clock: VirtualClock) -> None:
    for connection in ("psa", "second", "third"):
        mailbox.deliver([a_delivery(f"{connection} {n}", str(n), connection) for n in range(20)])
        clock.advance(MINUTE)
    everything = ("psa", "second", "third")

    def counts(in_hand: dict[str, int], chores: dict[str, int] | None = None) -> list[int]:
        found = claimed(mailbox, Fairness(8, in_hand, chores or {}), 16, *everything)
        return [sum(name.startswith(connection) for name in found) for connection in everything]

    assert counts({}) == [4, 2, 1]
    assert counts({"psa": 4}) == [0, 2, 1]
    assert counts({"psa": 4, "second": 2, "third": 1}) == [0, 0, 0]
    assert counts({"psa": 4, "second": 2, "third": 2}, {"third": 2}) == [0, 0, 1]
    assert len(claimed(mailbox, Fairness(None), 16, "psa")) == 16


def test_a_ticket_on_which_mail_keeps_coming_is_looked_at_now_and_then(mailbox: Mailbox, clock: VirtualClock) -> None:
    looks: list[int] = []
    for second in range(120):
        mailbox.deliver([a_delivery("1", f"{second}a"), a_delivery("1", f"{second}b")])
        for claim in claim_all(mailbox):
            looks.append(len(names(claim)))
            mailbox.finish([all_done(claim)])
        clock.advance(timedelta(seconds=1))
    assert looks[: MAIL_AT_ONCE + 1] == (MAIL_AT_ONCE + 1) * [2]
    assert len(looks) <= MAIL_AT_ONCE + 1 + timedelta(seconds=120) / MAIL_EVERY
    assert sum(looks) >= 2 * (120 - MAIL_EVERY.total_seconds())
    clock.advance(5 * MINUTE)
    mailbox.deliver([a_delivery("1", "later")])
    assert len(names(claim_one(mailbox))) > 0


@pytest.mark.parametrize("is_gone", [False, True])
def test_mail_that_came_during_the_turn_rests_too_also_where_nobody_watches(
    mailbox: Mailbox, clock: VirtualClock, *, is_gone: bool
) -> None:
    looks = 0
    mailbox.deliver([a_delivery("1", "first")])
    for n in range(40):
        for claim in claim_all(mailbox):
            looks += 1
            mailbox.deliver([a_delivery("1", f"mail {n}")])
            mailbox.finish([all_done(claim, is_gone=is_gone)])
        mailbox.deliver([a_delivery("1", f"more {n}")])
        clock.advance(timedelta(seconds=1))
    assert looks <= MAIL_AT_ONCE + 1 + timedelta(seconds=40) / MAIL_EVERY


def test_what_rests_and_is_gone_goes_in_the_end(mailbox: Mailbox, clock: VirtualClock) -> None:
    for n in range(MAIL_AT_ONCE + 2):
        mailbox.deliver([a_delivery("1", str(n))])
        mailbox.finish([all_done(claim, is_gone=True) for claim in claim_all(mailbox)])
    assert mailbox.ticket("psa", "1") is not None
    clock.advance(MAIL_EVERY)
    mailbox.finish([all_done(claim_one(mailbox), is_gone=True)])
    clock.advance(MAIL_EVERY)
    for claim in claim_all(mailbox):
        mailbox.finish([all_done(claim, is_gone=True)])
    assert mailbox.ticket("psa", "1") is None


def test_a_deadline_does_not_rest(mailbox: Mailbox, clock: VirtualClock) -> None:
    due_at = START + timedelta(seconds=5)
    claim: Claim | None = None
    for n in range(10):
        mailbox.deliver([a_delivery("1", str(n))])
        for claim in claim_all(mailbox):
            mailbox.finish([all_done(claim, due_at, due_at=due_at)])
    clock.advance(timedelta(seconds=5))
    assert taken(mailbox) == {"1": Lane.DUE}


def test_what_is_let_go_keeps_its_lane(mailbox: Mailbox) -> None:
    mailbox.deliver([a_delivery("1", "1")])
    mailbox.finish([LetGo(claim_one(mailbox))])
    assert taken(mailbox) == {"1": Lane.WEBHOOKS}


def test_connections_with_something_due_are_told(mailbox: Mailbox) -> None:
    assert mailbox.connections_due() == set()
    mailbox.deliver([a_delivery("1", "1"), a_delivery("1", "1", "other")])
    mailbox.schedule("third", "1", START + MINUTE)
    assert mailbox.connections_due() == {"psa", "other"}
    assert due.CROWD > 2
