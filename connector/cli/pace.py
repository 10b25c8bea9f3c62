"""``brake``: what waits, on which connection and until when; letting it go up; having nothing go up by time.

And what ``explain`` says of a ticket that waits for its turn.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from connector.cli import common
from connector.notes.explanation import shown
from connector.rules.limits import Verdict
from connector.store.pace.adoption import Adoptions
from connector.store.pace.brake import HOUR, Brakes, BrakeStanding
from connector.turn.look import Seen
from connector.wording import in_utc
from connector.worker.pace import begins_at, calendar_named, opens_at

if TYPE_CHECKING:
    from connector.app.wiring import Wiring


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


@click.group()
def brake() -> None:
    """See what waits at the brake, let it go up, or have nothing go up by time."""


@brake.command()
@common.as_json
def status(is_json: bool) -> None:
    """Show how many escalations by time wait on each connection, and until when."""
    with common.wired(needs_connection=True) as parts:
        found = [_waiting_at(parts, name) for name in sorted(parts.connections)]
    if is_json:
        common.answer([_plain(one) for one in found])
        return
    rows = [
        (one.connection, str(one.waiting), _until(one), str(one.adopted), _moment(one.adopted_until)) for one in found
    ]
    common.table(("connection", "wait", "until", "to be taken up", "the last at"), rows)


@brake.command()
@click.argument("connection", required=False)
@common.as_json
def hold(connection: str | None, is_json: bool) -> None:
    """Have nothing go up by time until it is released; commands and critical priorities pass."""
    with common.wired(needs_connection=True) as parts:
        names = _chosen(parts, connection)
        for name in names:
            Brakes(parts.store).hold(name)
    if is_json:
        common.answer({"held": names})
    else:
        common.say(f"held: {', '.join(names)}; `escalator brake release` lets what falls due meanwhile go up")


@brake.command()
@click.argument("connection", required=False)
@common.as_json
def release(connection: str | None, is_json: bool) -> None:
    """Let what is held go up at once, and begin the count anew."""
    with common.wired(needs_connection=True) as parts:
        released = {name: Brakes(parts.store).release(name) for name in _chosen(parts, connection)}
    if is_json:
        common.answer({"released": released})
    else:
        for name, count in released.items():
            common.say(f"{name}: {count} released")


def _chosen(parts: Wiring, connection: str | None) -> list[str]:
    if connection is None:
        return sorted(parts.connections)
    common.connection_named(parts, connection)
    return [connection]


def _waiting_at(parts: Wiring, name: str) -> WaitingAt:
    settings, now = parts.settings, parts.store.now()
    standing = Brakes(parts.store).standing(name)
    until = None
    if standing.count and standing.held_at is None:
        until = _goes_at(parts, standing, standing.count - 1, now)
    adoption = Adoptions(parts.store).standing(name)
    last_at = None
    if adoption.count:
        calendar = calendar_named(settings.policy, adoption.calendars[0])
        last_at = begins_at(calendar, adoption, settings.adopt_per_hour, adoption.count, now)
    return WaitingAt(name, standing.count, until, standing.held_at, adoption.count, last_at)


def _goes_at(parts: Wiring, standing: BrakeStanding, ahead: int, now: datetime) -> datetime | None:
    """When the one with so many before it goes up, if nothing changes: while its calendar is open alone."""
    per_hour = parts.settings.escalations_per_hour
    calendar = calendar_named(parts.settings.policy, standing.calendars[0])
    first = opens_at(calendar, standing.free_at(per_hour, now))
    if first is None or not per_hour:
        return first
    minutes = ahead * HOUR / per_hour / timedelta(minutes=1)
    return calendar.next_open(calendar.add(first, minutes) or first)


def _plain(one: WaitingAt) -> dict[str, object]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(one).items()}


def _until(one: WaitingAt) -> str:
    if one.held_since is not None:
        return f"it is released; held since {in_utc(one.held_since)}"
    return _moment(one.until)


def _moment(moment: datetime | None) -> str:
    return "-" if moment is None else in_utc(moment)


def turn_of(parts: Wiring, connection: str, seen: Seen) -> list[str]:
    """What ``explain`` says of a ticket that waits for its turn: to be taken up, or at the brake."""
    return [*_taken_up(parts, connection, seen), *_at_the_brake(parts, connection, seen)]


def _taken_up(parts: Wiring, connection: str, seen: Seen) -> Iterable[str]:
    if seen.decision.verdict is not Verdict.NOT_BEGUN:
        return
    adoptions, per_hour = Adoptions(parts.store), parts.settings.adopt_per_hour
    standing = adoptions.standing(connection)
    if not standing.count:
        yield "Waits to be taken up; it joins the queue with its next turn, or when it is no longer paused"
        return
    ahead = adoptions.ahead_of(connection, str(seen.record.id))
    calendar = calendar_named(seen.policy, standing.calendars[0])
    at = begins_at(calendar, standing, per_hour, ahead + 1, parts.store.now())
    when = f", about {shown(at, calendar.zone)}" if at else ""
    yield f"Waits to be taken up: {ahead} come before it; at {per_hour} in a working hour its clock begins{when}"
    yield "  or earlier, with the first thing that an agent does on it"


def _at_the_brake(parts: Wiring, connection: str, seen: Seen) -> Iterable[str]:
    brakes, now = Brakes(parts.store), parts.store.now()
    ahead = brakes.ahead_of(connection, str(seen.record.id))
    if ahead is None:
        return
    standing = brakes.standing(connection)
    release_it = f"`escalator brake release {connection}` lets it go up at once"
    if standing.held_at is not None:
        yield f"Held at the brake: nothing goes up by time since {in_utc(standing.held_at)}; {release_it}"
        return
    at = _goes_at(parts, standing, ahead, now)
    when = f", about {in_utc(at)}" if at else ""
    yield f"Waits at the brake: {ahead} come before it; it goes up{when}; {release_it}"
