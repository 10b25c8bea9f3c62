"""Tickets that are taken before they have a row, and those that wait for nothing. On both databases."""

from __future__ import annotations

from datetime import timedelta

from connector.clock import VirtualClock
from connector.store.mailbox import Mailbox
from connector.store.records import Failed, Finished
from tests.connector.mailboxes import LEASE, START, a_delivery, all_done, claim_all

HOUR = timedelta(hours=1)


def test_only_what_has_no_row_yet_is_taken_and_nobody_else_has_it_then(mailbox: Mailbox) -> None:
    mailbox.schedule("psa", "2", START + HOUR)
    claims = mailbox.claim_new("survey", "psa", ["3", "2", "1"], LEASE)
    assert [claim.ticket for claim in claims] == ["1", "3"]
    assert claim_all(mailbox) == []
    assert mailbox.claim_new("another", "psa", ["1", "3"], LEASE) == []
    snapshot = {"verdict": "paused"}
    assert mailbox.finish([Finished(one, None, snapshot=snapshot) for one in claims]) == [True, True]
    assert mailbox.snapshots("psa", ["1", "2", "3"]) == {"1": snapshot, "3": snapshot}


def test_mail_that_comes_meanwhile_is_looked_at_right_after(mailbox: Mailbox) -> None:
    (claim,) = mailbox.claim_new("survey", "psa", ["1"], LEASE)
    mailbox.deliver([a_delivery("1", "changed")])
    assert claim_all(mailbox) == []
    mailbox.finish([Finished(claim, None, snapshot={"verdict": "paused"})])
    (again,) = claim_all(mailbox)
    assert [mail.delivery for mail in again.mail] == ["changed"]


def test_whoever_dies_over_it_leaves_a_ticket_that_is_looked_at(mailbox: Mailbox, clock: VirtualClock) -> None:
    mailbox.claim_new("survey", "psa", ["1"], LEASE)
    clock.advance(LEASE)
    assert [claim.ticket for claim in claim_all(mailbox)] == ["1"]


def test_nothing_new_is_nothing_to_take(mailbox: Mailbox) -> None:
    assert mailbox.claim_new("survey", "psa", [], LEASE) == []


def test_ringing_leaves_alone_what_rests_and_wakes_what_waits_for_something(mailbox: Mailbox) -> None:
    mailbox.deliver([a_delivery(ticket, ticket) for ticket in ("1", "2", "3", "4", "5")])
    rests, other, later, dead, unread = claim_all(mailbox)
    paused = {"verdict": "paused", "why": "100 % of it"}
    mailbox.finish(
        [
            Finished(rests, None, snapshot=paused, done_mail=(rests.mail[0].id,)),
            Finished(other, None, snapshot={"verdict": "breached"}, done_mail=(other.mail[0].id,)),
            Finished(later, START + HOUR, snapshot=paused, done_mail=(later.mail[0].id,)),
            Failed(dead, "poison", None, snapshot=paused, done_mail=(dead.mail[0].id,)),
            all_done(unread),
        ]
    )
    assert mailbox.ring_all("psa", ["paused"]) == 4
    assert [claim.ticket for claim in claim_all(mailbox)] == ["2", "3", "4", "5"]
    assert list(mailbox.quiet("psa")) == ["1"]


def test_what_waits_for_nothing_is_found_on_whatever_page(mailbox: Mailbox) -> None:
    mailbox.deliver([a_delivery(str(n), str(n)) for n in range(1100)])
    while claims := claim_all(mailbox, limit=400):
        mailbox.finish([all_done(claim) for claim in claims])
    mailbox.schedule("psa", "1", START + HOUR)
    mailbox.schedule("psa", "@poll", START + HOUR)
    assert sorted(mailbox.quiet("psa")) == sorted(str(n) for n in range(1100) if n != 1)
