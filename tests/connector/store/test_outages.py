"""An outage as it is stored: what waits while it lasts, and the order and the pace at which that comes up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event

from connector.store.outages import Outages
from connector.store.queries import recovery
from connector.store.records import Failed, Finished
from tests.connector.mailboxes import START, a_delivery, claim_all

SECOND = timedelta(seconds=1)


def waiting(mailbox, tickets):
    """Tickets that were looked at once, each due so many seconds from the start."""
    mailbox.deliver([a_delivery(ticket, f"of {ticket}") for ticket in tickets])
    claims = claim_all(mailbox)
    done = {claim.ticket: tuple(mail.id for mail in claim.mail) for claim in claims}
    mailbox.finish(
        [
            Finished(one, START + due * SECOND, START + due * SECOND, {}, done[one.ticket])
            for one in claims
            for due in (tickets[one.ticket],)
        ]
    )


def down(outages, since):
    return outages.down("psa", "no connection", "why", since=since, chore="@probe", look_again_at=since + 5 * SECOND)


def test_what_waited_is_spread_the_most_overdue_first_and_ten_at_once(mailbox, clock):
    outages = Outages(mailbox.store)
    waiting(mailbox, {f"t{n:02}": 100 - n for n in range(14)} | {"later": 10**6})
    down(outages, START)
    clock.advance(timedelta(hours=1))
    now = clock.now()
    up = outages.up("psa")
    assert (up.waited, up.up_since) == (14, now)
    wakes = {row.ticket: row.wake_at for row in mailbox.list_tickets() if row.ticket.startswith("t")}
    ordered = sorted(wakes, reverse=True)  # the last one is the most overdue
    assert [(wakes[ticket] - now).total_seconds() for ticket in ordered] == [0.0] * 10 + [5.0, 10.0, 15.0, 20.0]
    clock.advance(SECOND)
    assert outages.up("psa").up_since == now  # once
    assert {row.ticket: row.wake_at for row in mailbox.list_tickets() if row.ticket.startswith("t")} == wakes


def test_an_outage_takes_its_time_out_of_how_long_a_ticket_has_been_failing(mailbox, clock):
    outages = Outages(mailbox.store)
    mailbox.deliver([a_delivery("1", "a")])
    (claim,) = claim_all(mailbox)
    mailbox.finish([Failed(claim, "broken", START + timedelta(hours=9))])
    clock.advance(timedelta(hours=1))
    down(outages, clock.now())
    clock.advance(timedelta(hours=72))
    outages.up("psa")
    mailbox.schedule("psa", "1", clock.now())
    (claim,) = (one for one in claim_all(mailbox) if one.ticket == "1")
    assert clock.now() - claim.failing_since == timedelta(hours=1)


def test_a_relapse_goes_on_as_the_same_outage(mailbox, clock):
    outages = Outages(mailbox.store)
    begun = down(outages, START)
    clock.advance(timedelta(minutes=1))
    assert outages.up("psa").up_since == clock.now()
    clock.advance(timedelta(minutes=1))
    again = down(outages, clock.now())
    assert (again.since, again.up_since, again.relapses) == (begun.since, None, 1)
    assert outages.over("psa", ())
    assert not outages.over("psa", ())
    assert outages.current("psa") is None


def test_what_waited_is_spread_in_pages(mailbox, clock, monkeypatch):
    monkeypatch.setattr(recovery, "PAGE", 4, raising=False)
    outages = Outages(mailbox.store)
    waiting(mailbox, {f"t{n:02}": n for n in range(24)})
    down(outages, START)
    clock.advance(timedelta(hours=1))
    now, changed = clock.now(), []

    def note(_conn, cursor, statement, *_):
        if statement.startswith("UPDATE mailbox"):
            changed.append(cursor.rowcount)

    event.listen(mailbox.store.engine, "after_cursor_execute", note)
    up = outages.up("psa")
    assert max(changed) <= 10
    wakes = [row.wake_at for row in mailbox.list_tickets() if row.ticket.startswith("t")]
    assert [(wake - now).total_seconds() for wake in wakes] == [0.0] * 10 + [5.0 * n for n in range(1, 15)]
    assert up.waited == 24


def failing(mailbox, count):
    """Tickets whose turns began to fail at the start."""
    mailbox.deliver([a_delivery(f"f{n}", f"of f{n}") for n in range(count)])
    mailbox.finish([Failed(claim, "broken", START + timedelta(hours=9)) for claim in claim_all(mailbox)])


def failing_for(mailbox, clock):
    """How long each of those has been failing."""
    return [clock.now() - row.failing_since for row in mailbox.list_tickets() if row.ticket.startswith("f")]


def test_the_time_of_an_outage_is_taken_out_in_pages(mailbox, clock, monkeypatch):
    monkeypatch.setattr(recovery, "PAGE", 4)
    outages = Outages(mailbox.store)
    failing(mailbox, 14)
    clock.advance(timedelta(hours=1))
    down(outages, clock.now())
    clock.advance(timedelta(hours=72))
    changed = []

    def note(_conn, cursor, statement, *_):
        if statement.startswith("UPDATE mailbox"):
            changed.append(cursor.rowcount)

    event.listen(mailbox.store.engine, "after_cursor_execute", note)
    outages.up("psa")
    assert max(changed) <= 4
    assert failing_for(mailbox, clock) == [timedelta(hours=1)] * 14


def test_a_crash_between_two_pages_takes_no_time_out_twice_and_forgets_none(mailbox, clock, monkeypatch):
    monkeypatch.setattr(recovery, "PAGE", 4)
    outages = Outages(mailbox.store)
    failing(mailbox, 14)
    clock.advance(timedelta(hours=1))
    down(outages, clock.now())
    clock.advance(timedelta(hours=10))
    whole, pages = recovery.pass_over_page, []

    def dies(*args):
        pages.append(args)
        if len(pages) > 2:
            raise KeyboardInterrupt
        return whole(*args)

    monkeypatch.setattr(recovery, "pass_over_page", dies)
    with pytest.raises(KeyboardInterrupt):
        outages.up("psa")
    monkeypatch.setattr(recovery, "pass_over_page", whole)
    clock.advance(timedelta(hours=62))
    down(outages, clock.now())  # it was away all the time
    outages.up("psa")
    assert failing_for(mailbox, clock) == [timedelta(hours=1)] * 14
