"""Reads past tickets into their file, with a bar on a terminal and a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import datetime
from itertools import islice

import click

from connector.app.wiring import Wiring
from connector.cli import common
from connector.errors import Temporary
from connector.notes.marker import Marks
from connector.past.collect import Collected, Collector
from connector.past.file import PastFile
from connector.store.connections import Connections

SAID_EVERY = 500
"""Tickets between two lines, where there is no terminal."""

_SHOWN = 5


def read_past(parts: Wiring, connections: list[str], since: datetime, kept: PastFile) -> list[str]:
    """Read the past tickets of these connections; returns what could not be read, a sentence each.

    Raises Temporary, with what to do, where a system fails for too long: what was read is kept.
    """
    cannot_tell: list[str] = []
    for connection in connections:
        collected = _read(parts, connection, since, kept)
        cannot_tell += _not_read(connection, collected)
        told = f"{connection}: {collected.read} past tickets read, {collected.kept} had been before"
        common.say(told + (f", {collected.gone} are gone" if collected.gone else ""), is_error=True)
    return cannot_tell


def _read(parts: Wiring, connection: str, since: datetime, kept: PastFile) -> Collected:
    state = Connections(parts.store).known([connection]).get(connection)
    accounts = state.accounts if state else frozenset()
    marks = Marks(state.marker_key if state else "")
    steps = Collector(parts.connections[connection], marks, accounts, time.sleep).collect(since, kept)
    last = Collected()
    try:
        for collected in _watched(connection, steps):
            last = collected
    except Temporary as error:
        raise Temporary(
            f"{connection}: {last.done} of {last.listed} past tickets are read, then: {error}; run it again: it goes on"
        ) from error
    return last


def _watched(connection: str, steps: Iterator[Collected]) -> Iterator[Collected]:
    first = next(steps)
    yield first
    if not sys.stderr.isatty():
        for collected in steps:
            if collected.done % SAID_EVERY == 0:
                common.say(f"{connection}: {collected.done} of {collected.listed} past tickets", is_error=True)
            yield collected
        return
    label = f"{connection}: past tickets"
    with click.progressbar(steps, length=first.listed, label=label, show_pos=True, file=sys.stderr) as shown:
        yield from shown


def _not_read(connection: str, collected: Collected) -> Iterator[str]:
    if collected.no_trail:
        yield f"{connection}: {collected.no_trail}: without the audit trail its moves and statuses are assumed"
    if collected.failed:
        some = "; ".join(f"{ticket}: {why}" for ticket, why in islice(collected.failed.items(), _SHOWN))
        more = f"; and {len(collected.failed) - _SHOWN} more" if len(collected.failed) > _SHOWN else ""
        yield f"{connection}: {len(collected.failed)} past tickets could not be read: {some}{more}"
