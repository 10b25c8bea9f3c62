"""What waits on a connection: at the brake, and to be taken up; and until when, if nothing changes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from connector.connection.paces import Pace, begins_at, calendar_named, goes_at
from connector.policy.policy import Policy
from connector.store.database.engine import Store
from connector.store.pace.adoption import Adoptions
from connector.store.pace.brake import Brakes


@dataclass(frozen=True, slots=True)
class WaitingAt:
    """What of a connection waits. ``until``: when the last one goes up, if nothing changes; None where nobody can tell.

    ``adopted``: tickets that were open before whose clocks have not begun; ``adopted_until``: when the last one's does.
    """

    connection: str
    waiting: int
    until: datetime | None
    held_since: datetime | None
    adopted: int
    adopted_until: datetime | None


def waiting_at(store: Store, policy: Policy, pace: Pace | None, connection: str) -> WaitingAt:
    """What waits now; without a ``pace`` nobody can tell until when. Raises StoreUnavailable."""
    now, standing = store.now(), Brakes(store).standing(connection)
    until = None
    if pace is not None and standing.count and standing.held_at is None:
        until = goes_at(policy, pace.escalations_per_hour, standing, standing.count - 1, now)
    adoption = Adoptions(store).standing(connection)
    last_at = None
    if pace is not None and adoption.count:
        calendar = calendar_named(policy, adoption.calendars[0])
        last_at = begins_at(calendar, adoption, pace.adopt_per_hour, adoption.count, now)
    return WaitingAt(connection, standing.count, until, standing.held_at, adoption.count, last_at)


def document_of(one: WaitingAt) -> dict[str, Any]:
    """It as a document for programs, moments in ISO 8601."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(one).items()}
