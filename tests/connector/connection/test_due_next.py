"""What is due next, as people see it: of several connections, with the minutes that went on since the last look."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from connector.clock import VirtualClock
from connector.connection.due_next import DueTicket, due_tickets
from connector.model import Mode
from connector.policy.document import read_policy
from connector.policy.modes import ENFORCES, OBSERVES, Modes
from connector.policy.policy import Policy
from connector.store.mailbox import Mailbox
from connector.store.queries.open_tickets import OpenTickets, Wanted
from connector.store.records import Failed
from tests.builders import a_policy, a_tier
from tests.connector.mailboxes import START, a_delivery, all_done, claim_one

HOUR = timedelta(hours=1)
TIER = a_tier(1).name


def looked_at(mailbox: Mailbox, ticket: str, connection: str = "psa", minutes: int | None = 30, **more: Any) -> None:
    due_at = None if minutes is None else (START + timedelta(minutes=minutes)).isoformat()
    told = {"read_at": START.isoformat(), "due_at": due_at, "verdict": "running", "tier": TIER, "calendar": "default"}
    mailbox.deliver([a_delivery(ticket, ticket, connection)])
    (claim,) = mailbox.claim("worker", 1, HOUR, [connection])
    mailbox.finish([all_done(claim, snapshot={**told, "used_minutes": 10.0, "limit_minutes": 30.0, **more})])


def seen(mailbox: Mailbox, policy: Policy | None = None, minutes: int = 5, **modes: Modes) -> list[DueTicket]:
    now = START + timedelta(minutes=minutes)
    found = due_tickets(OpenTickets(mailbox.store), policy or a_policy(), modes or {"psa": ENFORCES}, Wanted(), now)
    return list(found)


def test_the_tickets_of_all_connections_are_in_one_order(mailbox: Mailbox) -> None:
    looked_at(mailbox, "a", minutes=30)
    looked_at(mailbox, "b", "rt", minutes=20)
    looked_at(mailbox, "c", minutes=None)
    looked_at(mailbox, "d", "rt", minutes=40)
    found = seen(mailbox, psa=ENFORCES, rt=OBSERVES)
    assert [(one.system, one.ticket, one.mode) for one in found] == [
        ("rt", "b", "observe"),
        ("psa", "a", "enforce"),
        ("rt", "d", "observe"),
        ("psa", "c", "enforce"),
    ]


def test_working_minutes_have_gone_on_since_the_ticket_was_read_unless_its_clock_stands(mailbox: Mailbox) -> None:
    looked_at(mailbox, "a", summary="VPN", client="Acme", holder="Tess Tech", stage="diagnosis", link="https://x/1")
    looked_at(mailbox, "b", verdict="paused", why="waiting on the client", minutes=None)
    looked_at(mailbox, "c", calendar="gone", minutes=40)
    first, other, paused = seen(mailbox)
    assert (first.used_minutes, other.used_minutes, paused.used_minutes) == (15.0, 10.0, 10.0)
    assert (first.summary, first.client, first.holder, first.link) == ("VPN", "Acme", "Tess Tech", "https://x/1")
    assert (first.state, first.why, first.due_at, first.limit_minutes) == ("running", "", START + HOUR / 2, 30.0)
    assert (paused.state, paused.why, paused.due_at) == ("paused", "waiting on the client", None)
    closed = seen(mailbox, minutes=24 * 60)
    assert closed[0].used_minutes == 10.0 + 9 * 60  # till five, and from eight on; nothing at night


def test_what_stands_in_the_way_of_a_turn_is_told_in_place_of_the_clock(mailbox: Mailbox, clock: VirtualClock) -> None:
    for name in ("failing", "parked"):
        looked_at(mailbox, name)
        mailbox.deliver([a_delivery(name, f"{name} again")])
        mailbox.finish([Failed(claim_one(mailbox), f"{name} hard", clock.now() + HOUR if name == "failing" else None)])
    mailbox.deliver([a_delivery("new", "n")])
    found = {one.ticket: (one.state, one.why, one.tier) for one in seen(mailbox)}
    assert found == {
        "failing": ("failing", "failing hard", TIER),
        "parked": ("parked", "parked hard", TIER),
        "new": ("not read yet", "", ""),
    }


def test_the_mode_is_that_of_the_tier_and_each_where_ladders_differ(mailbox: Mailbox) -> None:
    looked_at(mailbox, "a", tier="T1")
    tiers = [{"name": "T1", "mode": "warn"}]
    one = read_policy({"tiers": tiers})
    two = read_policy({"tiers": tiers, "ladders": [{"name": "Acme", "clients": ["Acme"], "tiers": [{"name": "T1"}]}]})
    assert [found.mode for policy in (one, two) for found in seen(mailbox, policy)] == ["warn", "warn/enforce"]
    assert [found.mode for found in seen(mailbox, replace(one, tiers=()))] == [""]
    assert [found.mode for found in seen(mailbox, one, psa=Modes(Mode.OBSERVE))] == ["observe"]
