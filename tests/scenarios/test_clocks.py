"""A clock that is wrong for a while: nothing that happens meanwhile is missed once it is right again."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from connector.clock import VirtualClock
from connector.demo.stage import at_desks, stage
from connector.systems.catalogue import ticket_systems
from tests.builders import at, minutes
from tests.scenarios.conftest import scenario_policy


class Ahead(VirtualClock):
    """The connector's clock, which is ahead of the desk's ``by`` some time."""

    def __init__(self, true: VirtualClock) -> None:
        self.true = true
        self.by = timedelta(0)

    def now(self) -> datetime:
        return self.true.now() + self.by

    def move_to(self, moment: datetime) -> None:
        self.true.move_to(moment - self.by)


@pytest.mark.parametrize("kind", list(ticket_systems()))
def test_a_change_during_a_jump_of_the_clock_is_found_when_it_is_back_though_its_webhook_was_lost(
    database_url: str, kind: str
) -> None:
    true = VirtualClock(at("08:55"))
    clock, desk = Ahead(true), ticket_systems()[kind].simulated(true)
    policy = at_desks(scenario_policy(), [desk])
    with stage(true.now(), policy, database_url, desks=[desk], clock=clock, has_webhooks=False) as running:
        running.run_until(at("09:05"))
        clock.by = timedelta(hours=1)
        running.run_until(clock.now() + minutes(7))
        ticket = desk.open_ticket("Mail does not arrive", owner="tess")
        running.run_until(clock.now() + minutes(13))
        clock.by = timedelta(0)
        running.run_until(true.now() + minutes(2))
        assert ticket in {row.ticket for row in running.mailbox.list_tickets([kind])}
