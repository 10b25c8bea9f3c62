"""What a stage has lived through, beside what a backtest says of the same tickets, to the second."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from connector.demo.stage import Simulation
from connector.errors import NotFound
from connector.model import TicketId
from connector.notes.phrases import reasons_text
from connector.report.story import Rise
from connector.store import audit
from connector.store.records import Event
from tests.scenarios.backtested import backtest, collected

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

    def __str__(self) -> str:
        told = self.unread or f"replayed as {_listed(self.replayed)}"
        marked = f", of which is assumed: {', '.join(self.assumed)}" if self.assumed else ""
        return f"{self.connection} {self.ticket}: lived {_listed(self.lived)}, {told}{marked}"


def relived(stage: Simulation, since: datetime, folder: Path) -> Iterator[Twice]:
    """Each ticket that the desks still have, lived and replayed from ``since`` until now; and each that was escalated.

    Moves the time on by a second: a backtest tells of what was before a ticket was read.
    """
    stage.clock.move_to(stage.clock.now() + timedelta(seconds=1))
    lived, due = _lived(stage, since)
    for id_ in stage.connections:
        file = folder / f"{id_}.jsonl"
        failed = collected(stage, file, since - timedelta(days=365), id_).failed
        stories = backtest(stage, file, since, id_)
        for ticket in sorted({*stories, *failed, *(one for at, one in lived if at == id_)}):
            key, story = (id_, ticket), stories.get(ticket)
            if story is not None:
                rises = tuple(map(_replayed, story.rises))
                yield Twice(*key, tuple(lived[key]), tuple(due[key]), rises, story.subject.assumed)
            elif ticket in failed or _is_there(stage, *key):
                yield Twice(*key, tuple(lived[key]), tuple(due[key]), unread=failed.get(ticket, "not listed"))


def _lived(stage: Simulation, since: datetime) -> tuple[dict[tuple[str, str], list[Escalated]], ...]:
    """What the audit trail has, by connection and ticket: when it was done, and when it was due."""
    lived, due = defaultdict(list), defaultdict(list)
    for row in audit.events(stage.store):
        if row.event in _UP and row.at >= since:
            done = Escalated(row.at, row.detail["from"], row.detail["reason"])
            due_at = row.detail.get("act_at") or row.detail.get("due_at")
            lived[row.connection, row.ticket].append(done)
            was_due = Escalated(datetime.fromisoformat(due_at), done.tier, done.reasons) if due_at else done
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
