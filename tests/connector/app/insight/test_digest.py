"""The digest: at the first tier's opening, once for the whole database, a missed one once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from connector.app.insight.digest import DAILY, LEASE, WEEKLY, Digest
from connector.clock import VirtualClock
from connector.model import Mode
from connector.store.database.tables import inbox
from connector.store.mailbox import Mailbox
from connector.store.queries import chores, ended_stints
from connector.turn.announcements import Announcer, Audience
from tests.builders import a_policy, office_hours
from tests.connector.report.test_trail import ended

DAY = timedelta(days=1)
OPENS = datetime(2026, 3, 2, 13, tzinfo=UTC)
"""Eight in New York, on a Monday."""


def a_digest(mailbox: Mailbox, every: str) -> Digest:
    policy = a_policy(calendars={"default": office_hours("America/New_York")})
    announcer = Announcer("psa", Audience(told=("chat", "mail")))
    return Digest(mailbox.store, announcer, policy, {"psa": Mode.ENFORCE}, every)


def sent(mailbox: Mailbox) -> list[str]:
    """The names of what was sent to one of the two targets."""
    with mailbox.store.reading() as conn:
        names = conn.execute(select(inbox.c.delivery).order_by(inbox.c.id)).scalars()
        return [name.partition(":report/")[2] for name in names if ":chat:" in name]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(OPENS - timedelta(hours=1))


def test_each_opening_tells_of_the_days_since_the_one_before(mailbox: Mailbox, clock: VirtualClock) -> None:
    digest = a_digest(mailbox, DAILY)
    assert digest.run() == OPENS
    assert sent(mailbox) == []  # nothing is told of the time before it was wanted
    clock.advance(timedelta(hours=1))
    with mailbox.store.writing() as conn:
        ended_stints.write(conn, [ended("1", OPENS - 3 * DAY), ended("2", OPENS - 4 * DAY), ended("3", OPENS)])
    assert digest.run() == OPENS + DAY
    assert sent(mailbox) == ["daily/2026-03-02"]
    with mailbox.store.reading() as conn:
        body = json.loads(conn.execute(select(inbox.c.body)).scalars().first())
    assert body["title"] == "Report of Fri 27 Feb to Sun 1 Mar 2026"
    assert body["text"].startswith("1. The one ticket did not go up.")
    clock.advance(timedelta(hours=2))
    assert digest.run() == OPENS + DAY
    assert sent(mailbox) == ["daily/2026-03-02"]


def test_a_week_is_told_at_its_end_and_a_missed_one_once(mailbox: Mailbox, clock: VirtualClock) -> None:
    digest = a_digest(mailbox, WEEKLY)
    digest.run()
    clock.advance(timedelta(days=9))  # nobody ran on Monday, nor on the next
    assert digest.run() == OPENS + 14 * DAY - timedelta(hours=1)  # summer time began
    assert sent(mailbox) == ["weekly/2026-03-09"]
    digest.run()
    assert sent(mailbox) == ["weekly/2026-03-09"]


def test_of_many_workers_one_tells(mailbox: Mailbox, clock: VirtualClock) -> None:
    a_digest(mailbox, DAILY).run()
    clock.advance(timedelta(hours=1))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: a_digest(mailbox, DAILY).run(), range(8)))
    assert sent(mailbox) == ["daily/2026-03-02"]


def test_who_dies_in_it_is_followed_by_another_and_nothing_is_sent_twice(mailbox: Mailbox, clock: VirtualClock) -> None:
    digest = a_digest(mailbox, DAILY)
    digest.run()
    clock.advance(timedelta(hours=1))
    digest.run()
    with mailbox.store.writing() as conn:  # as if it had died right after the message was stored
        chores.end(conn, "digest daily", OPENS)
        assert chores.begin(conn, mailbox.store, "digest daily", OPENS, OPENS + LEASE, OPENS + 90 * DAY)
    assert digest.run() == OPENS + LEASE
    clock.advance(LEASE)
    assert digest.run() == OPENS + DAY
    assert sent(mailbox) == ["daily/2026-03-02"]


def test_a_desk_that_never_opens_again_has_none(mailbox: Mailbox, clock: VirtualClock) -> None:
    closed = office_hours("America/New_York")
    policy = a_policy(calendars={"default": closed})
    digest = Digest(mailbox.store, Announcer("psa", Audience(told=("chat",))), policy, {"psa": Mode.ENFORCE}, DAILY)
    clock.advance(timedelta(days=365 * 7970))
    assert digest.run() > mailbox.store.now()
