"""``brake``: what waits, on which connection and until when; letting it go up; having nothing go up by time."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from connector.cli import common
from connector.connection.paces import Pace
from connector.connection.waiting import WaitingAt, document_of, waiting_at
from connector.store.pace.brake import Brakes
from connector.wording import in_utc

if TYPE_CHECKING:
    from connector.app.wiring import Wiring


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
        common.answer([document_of(one) for one in found])
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
            Brakes(parts.store).hold(name, common.whoever())
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
        released = {name: Brakes(parts.store).release(name, common.whoever()) for name in _chosen(parts, connection)}
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
    settings = parts.settings
    pace = Pace(settings.adopt_per_hour, settings.escalations_per_hour)
    return waiting_at(parts.store, settings.policy, pace, name)


def _until(one: WaitingAt) -> str:
    if one.held_since is not None:
        return f"it is released; held since {in_utc(one.held_since)}"
    return _moment(one.until)


def _moment(moment: datetime | None) -> str:
    return "-" if moment is None else in_utc(moment)
