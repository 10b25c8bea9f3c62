"""What a stage has lived through, beside what a backtest says of the same tickets, to the second."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from connector.demo import stage as staged
from connector.demo.stage import Simulation
from connector.errors import NotFound
from connector.model import TicketId
from connector.notes.phrases import reasons_text
from connector.report.story import Rise
from connector.store import audit
from connector.store.records import Event
from tests.scenarios.backtested import backtest, collected
from tests.scenarios.untold import LATE, SOME, UNTOLD, names

BEFORE = timedelta(days=365)
"""So long before a stage opens its oldest tickets may have been entered."""

_UP = frozenset({Event.ESCALATED, Event.FINAL_ESCALATION, Event.WOULD_ESCALATE})


@dataclass(frozen=True, slots=True)
class Escalated:
    """An escalation: when, from which tier, and why."""

    at: datetime
    tier: str
    reasons: str

    def __str__(self) -> str:
        return f"{self.at:%a %H:%M:%S} {self.tier}, {self.reasons}"


@dataclass(frozen=True, slots=True)
class Twice:
    """A ticket's escalations: as they were lived, by the audit trail, and as the backtest says. ``due``: those that
    were lived, each at the moment at which it was due, which is an earlier one where it was kept waiting.

    ``assumed``: what of its history its system does not tell. ``unread``: why it could not be read, else empty.
    """

    connection: str
    ticket: str
    lived: tuple[Escalated, ...] = ()
    due: tuple[Escalated, ...] = ()
    replayed: tuple[Escalated, ...] = ()
    assumed: tuple[str, ...] = ()
    unread: str = ""

    @property
    def is_same(self) -> bool:
        """Whether the backtest says what was lived."""
        return not self.unread and self.lived == self.replayed

    @property
    def is_same_but_late(self) -> bool:
        """Whether the backtest says what was lived, of which some was kept waiting."""
        pairs = zip_longest(self.lived, self.due, self.replayed)
        return not self.unread and all(replayed in (lived, due) for lived, due, replayed in pairs)

    def __str__(self) -> str:
        told = self.unread or f"replayed as {_listed(self.replayed)}"
        marked = f", of which is assumed: {', '.join(self.assumed)}" if self.assumed else ""
        return f"{self.connection} {self.ticket}: lived {_listed(self.lived)}, {told}{marked}"


def relived(stage: Simulation, since: datetime, folder: Path) -> Iterator[Twice]:
    """Each ticket that the desks still have, lived and replayed from ``since`` until now; and each that was escalated.

    Moves the time on by a second: a backtest tells of what was before a ticket was read. What would have gone up before
    ``since`` is not told, for nobody lived it, unless it was still to be done.
    """
    stage.clock.move_to(stage.clock.now() + timedelta(seconds=1))
    lived, due = _lived(stage, since)
    for id_ in stage.connections:
        file = folder / f"{id_}.jsonl"
        failed = collected(stage, file, since - BEFORE, id_).failed
        stories = backtest(stage, file, since - BEFORE, id_)
        for ticket in sorted({*stories, *failed, *(one for at, one in lived if at == id_)}):
            key, story = (id_, ticket), stories.get(ticket)
            if story is not None:
                every = map(_replayed, story.rises)
                rises = tuple(one for one in every if one.at >= since or one in due[key])
                yield Twice(*key, tuple(lived[key]), tuple(due[key]), rises, story.subject.assumed)
            elif ticket in failed or _is_there(stage, *key):
                yield Twice(*key, tuple(lived[key]), tuple(due[key]), unread=failed.get(ticket, "not listed"))


@contextmanager
def stages_are_relived() -> Iterator[list[Twice]]:
    """Within it, what is lived on a stage that a test opens is read back and replayed before the stage is taken down.

    Yields what was found, which grows with each stage that ends well.
    """
    found: list[Twice] = []
    original = staged.stage

    @contextmanager
    def twice(start: datetime, *args: Any, **given: Any) -> Iterator[Simulation]:
        with original(start, *args, **given) as running, TemporaryDirectory() as folder:
            yield running
            for desk in running.desks:
                if simulator := getattr(desk, "simulator", None):
                    simulator.faults.reset()
            found.extend(relived(running, start, Path(folder)))

    opening = [module for name, module in sys.modules.items() if name.startswith("tests.")]
    with pytest.MonkeyPatch.context() as patched:
        for module in opening:
            if vars(module).get("stage") is original:
                patched.setattr(module, "stage", twice)
        yield found


def misjudged(test: str, found: Sequence[Twice]) -> list[str]:
    """What is wrong with what was lived in a test: tickets that differ and may not, or an idle line of the table."""
    differing = [one for one in found if not one.is_same and not one.assumed]
    otherwise = [str(one) for one in differing if not one.is_same_but_late]
    if test in names(UNTOLD):
        return [] if otherwise or test in SOME else ["the same, all the same: take it out of UNTOLD"]
    if test in names(LATE):
        return otherwise if differing or test in SOME else ["on time, all the same: take it out of LATE"]
    return [str(one) for one in differing]


def _lived(stage: Simulation, since: datetime) -> tuple[dict[tuple[str, str], list[Escalated]], ...]:
    """What the audit trail has, by connection and ticket: when it was done, and when it was due. What was done again,
    for it did not last, is told once.
    """
    lived, due = defaultdict(list), defaultdict(list)
    for row in audit.events(stage.store):
        if row.event in _UP and row.at >= since and "from" in row.detail:  # else it was forgotten
            done = Escalated(row.at, row.detail["from"], row.detail["reason"])
            due_at = row.detail.get("act_at") or row.detail.get("due_at")
            was_due = replace(done, at=datetime.fromisoformat(due_at)) if due_at else done
            if was_due not in due[row.connection, row.ticket]:
                lived[row.connection, row.ticket].append(done)
                due[row.connection, row.ticket].append(was_due)
    return lived, due


def _replayed(rise: Rise) -> Escalated:
    return Escalated(rise.at, rise.tier, reasons_text(rise.reasons))


def _is_there(stage: Simulation, connection: str, ticket: str) -> bool:
    try:
        stage.connections[connection].connection.system.tickets.read(TicketId(ticket))
    except NotFound:
        return False
    return True


def _listed(found: tuple[Escalated, ...]) -> str:
    return "; ".join(map(str, found)) or "nothing"
