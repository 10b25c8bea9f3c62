"""What is told of a ticket that waits for its turn: to be taken up, or at the brake."""

from __future__ import annotations

from collections.abc import Iterable

from connector.connection.paces import Pace, begins_at, calendar_named, goes_at
from connector.notes.explanation import shown
from connector.policy.policy import Policy
from connector.rules.limits import Verdict
from connector.store.database.engine import Store
from connector.store.pace.adoption import Adoptions
from connector.store.pace.brake import Brakes
from connector.turn.look import Seen
from connector.wording import in_utc


def turn_of(store: Store, policy: Policy, pace: Pace, connection: str, seen: Seen) -> list[str]:
    """What ``explain`` says of a ticket that waits for its turn: to be taken up, or at the brake."""
    return [*_taken_up(store, pace, connection, seen), *_at_the_brake(store, policy, pace, connection, seen)]


def _taken_up(store: Store, pace: Pace, connection: str, seen: Seen) -> Iterable[str]:
    if seen.decision.verdict is not Verdict.NOT_BEGUN:
        return
    adoptions, per_hour = Adoptions(store), pace.adopt_per_hour
    standing = adoptions.standing(connection)
    if not standing.count:
        yield "Waits to be taken up; it joins the queue with its next turn, or when it is no longer paused"
        return
    ahead = adoptions.ahead_of(connection, str(seen.record.id))
    calendar = calendar_named(seen.policy, standing.calendars[0])
    at = begins_at(calendar, standing, per_hour, ahead + 1, store.now())
    when = f", about {shown(at, calendar.zone)}" if at else ""
    yield f"Waits to be taken up: {ahead} come before it; at {per_hour} in a working hour its clock begins{when}"
    yield "  or earlier, with the first thing that an agent does on it"


def _at_the_brake(store: Store, policy: Policy, pace: Pace, connection: str, seen: Seen) -> Iterable[str]:
    brakes, now = Brakes(store), store.now()
    ahead = brakes.ahead_of(connection, str(seen.record.id))
    if ahead is None:
        return
    standing = brakes.standing(connection)
    release_it = f"`escalator brake release {connection}` lets it go up at once"
    if standing.held_at is not None:
        yield f"Held at the brake: nothing goes up by time since {in_utc(standing.held_at)}; {release_it}"
        return
    at = goes_at(policy, pace.escalations_per_hour, standing, ahead, now)
    when = f", about {in_utc(at)}" if at else ""
    yield f"Waits at the brake: {ahead} come before it; it goes up{when}; {release_it}"
