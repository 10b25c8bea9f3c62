"""The brake of one connection: more escalations by time within an hour than a desk can have are a fault somewhere.

What people asked for passes, and so does a critical priority. What was due while the ticket system was down is no
fault: it has a pace of its own. Whatever else is over the hour's number waits for its turn, and nothing is lost.
"""

from __future__ import annotations

from connector.model import Reason
from connector.policy.policy import Policy
from connector.rules.escalation import Demand
from connector.rules.limits import Decision
from connector.store.database.engine import Store
from connector.store.pace.brake import BrakePlace, Brakes
from connector.store.records import Braked


class Brake:
    """Says whether an escalation may go up now. ``per_hour``: how many by time do within an hour; 0 for any number.

    Safe for several threads. Methods may raise StoreUnavailable.
    """

    def __init__(self, connection: str, store: Store, per_hour: int) -> None:
        self.id = connection
        self.per_hour = per_hour
        self._brakes = Brakes(store)

    def place_of(self, decision: Decision, policy: Policy, demand: Demand, saga: str) -> BrakePlace | None:
        """The place that an escalation needs, as it would have it; None for one that is no matter of the brake."""
        if demand.reasons != (Reason.TIME,) or demand.requests:
            return None
        is_critical = policy.is_critical(decision.record.priority)
        wait = waits_as(decision, policy, saga)
        return BrakePlace(self.id, str(decision.record.id), wait, self.per_hour, is_bound=not is_critical)

    def is_free(self, place: BrakePlace, decision: Decision) -> BrakePlace | None:
        """The place to take, where there is one now; None where it is to wait."""
        return self._brakes.is_free(place, decision.clock.act_at if decision.clock else None)

    def stops(self, place: BrakePlace | None) -> bool:
        """Whether somebody said that nothing goes up by time, and this is bound by that."""
        return place is not None and place.is_bound and self._brakes.is_held(self.id)


def waits_as(decision: Decision, policy: Policy, saga: str) -> Braked:
    """An escalation that is due, as it waits at the brake."""
    clock, tier = decision.clock, decision.tier
    assert clock is not None
    assert tier is not None
    calendar, _ = policy.calendar_of(tier, decision.record.client)
    return Braked(saga, clock.act_at or decision.at, calendar)
