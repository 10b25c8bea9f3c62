"""A backtest of what a stage has lived through, as the command would do it: read from the desk, kept, replayed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from connector.app.connect import Connected
from connector.backtest.replay import Rules, replay
from connector.connection.names import Staff
from connector.demo.stage import Simulation
from connector.notes.marker import Marks
from connector.past.collect import Collected, Collector
from connector.past.file import PastFile
from connector.report.story import Story
from connector.store.connections import Connections


def collector_of(stage: Simulation, sleep: Callable[[float], None] | None = None, id_: str | None = None) -> Collector:
    """Who reads a connection's past tickets, the first one's unless told otherwise; without ``sleep`` nobody waits."""
    connection = _connected(stage, id_).connection
    state = Connections(stage.store).get(connection.id)
    return Collector(connection, Marks(state.marker_key), state.accounts, sleep or _no_wait)


def collected(stage: Simulation, file: Path, since: datetime, id_: str | None = None) -> Collected:
    """Read a connection's past tickets into a file."""
    *_, last = collector_of(stage, id_=id_).collect(since, PastFile(file))
    return last


def backtest(stage: Simulation, file: Path, since: datetime, id_: str | None = None) -> dict[str, Story]:
    """The story of each ticket that was read, by its number, under the stage's own policy."""
    connected = _connected(stage, id_)
    policies = connected.turns.reader.policies
    staff = Staff(connected.connection.system, stage.clock.now)
    rules = Rules(policies.present, policies.homes.current(), staff.managers)
    until = stage.clock.now() + timedelta(seconds=1)
    return {one.record.id: replay(one, rules, since, until) for one in PastFile(file).tickets()}


def _connected(stage: Simulation, id_: str | None) -> Connected:
    return stage.connected if id_ is None else stage.connections[id_]


def _no_wait(_seconds: float) -> None:
    """Moved time stands still while a test reads."""
