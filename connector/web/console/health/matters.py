"""What Health tells of that somebody may decide there: dead letters, brakes, and of what people were alarmed lately."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.model import Lane
from connector.store import audit
from connector.store.database.engine import Store
from connector.store.mailbox import Mailbox
from connector.store.pace.brake import Brakes, BrakeStanding
from connector.store.records import ALARMS, CHORE, PACE, DeadLetter, Event
from connector.systems.contract import Connection

MOST_LETTERS, MOST_ALARMS = 20, 30
"""So many are shown: of dead letters those that fail for the longest, of alarms the newest."""

LATELY = timedelta(days=7)

_LOOKED_BACK = 200
"""So many entries of a connection's alarms are looked at."""


@dataclass(frozen=True, slots=True)
class BrakeMatter:
    """A connection's brake. ``held_by``: who holds it; empty where nobody does, or nobody knows."""

    connection: str
    standing: BrakeStanding
    held_by: str


@dataclass(frozen=True, slots=True)
class AlarmMatter:
    """Of what people were alarmed. ``over_at``: None while it lasts."""

    connection: str
    at: datetime
    kind: str
    cause: str
    over_at: datetime | None

    @property
    def code(self) -> str:
        """The runbook's heading."""
        return self.kind.replace(" ", "_")


@dataclass(frozen=True, slots=True)
class HealthMatters:
    """All of it. ``has_more``: there are further dead letters than ``letters``. ``budgets``: by connection how many
    calls each lane could make at once; None where it may make any number.
    """

    letters: Sequence[DeadLetter]
    has_more: bool
    brakes: Sequence[BrakeMatter]
    alarms: Sequence[AlarmMatter]
    budgets: Mapping[str, Mapping[Lane, int] | None]


def matters(store: Store, connected: Mapping[str, Connection]) -> HealthMatters:
    """What there is now. Raises StoreUnavailable."""
    connections = sorted(connected)
    found = [alarm for name in connections for alarm in _alarms(store, name)]
    letters = Mailbox(store).dead_letters(limit=MOST_LETTERS + 1)
    return HealthMatters(
        letters[:MOST_LETTERS],
        len(letters) > MOST_LETTERS,
        [_brake(store, name) for name in connections],
        sorted(found, key=lambda one: one.at, reverse=True)[:MOST_ALARMS],
        {name: connected[name].system.line.budget for name in connections},
    )


LANES = {
    Lane.URGENT: "What people asked for",
    Lane.DUE: "Escalations that are due by time",
    Lane.WEBHOOKS: "Tickets on which something changed",
    Lane.LOOKS: "Looks whose moment has come, and yours here",
    Lane.LISTS: "Survey and poll",
}
"""The lanes of calls as people read of them, the first on top."""


def is_ticket(letter: DeadLetter) -> bool:
    """Whether it is a ticket's, and not the worker's own work."""
    return not letter.ticket.startswith(CHORE)


def _brake(store: Store, connection: str) -> BrakeMatter:
    standing = Brakes(store).standing(connection)
    by = ""
    if standing.held_at is not None:
        told = audit.latest(store, connection, PACE, 1)
        by = next((str(detail.get("by", "")) for _, event, detail in told if event == Event.BRAKE_HELD), "")
    return BrakeMatter(connection, standing, by)


def _alarms(store: Store, connection: str) -> list[AlarmMatter]:
    """Those of the last days, the newest first; each with its end, where it has one."""
    since, ended = store.now() - LATELY, dict[tuple[object, ...], datetime]()
    found = []
    for at, event, detail in audit.latest(store, connection, ALARMS, _LOOKED_BACK):
        key = (detail.get("kind"), detail.get("cause"), detail.get("since"))
        if at < since:
            break
        if event == Event.ALARM_OVER:
            ended[key[0], key[2]] = at
        elif event == Event.ALARM:
            kind, cause = str(detail.get("kind", "")), str(detail.get("cause", ""))
            found.append(AlarmMatter(connection, at, kind, cause, ended.get((key[0], key[2]))))
    return found
