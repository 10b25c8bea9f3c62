"""What stands in the way for longer than a moment: one row for each cause and connection, shared by all processes.

A connection that is down, a refusal that lasts, a home that does not resolve are each one fact, however many tickets
meet it: it has a beginning, people are told of it once, and once that it is over. Health and ``explain`` read it here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, delete, select, update

from connector.store import audit
from connector.store.database.engine import Store
from connector.store.database.prepared import Prepared, PreparedRows
from connector.store.database.tables import trouble
from connector.store.journal import store_mail
from connector.store.records import ALARMS, AuditEvent, Delivery, Event


class TroubleKind(StrEnum):
    """What kind of trouble it is. The values stand in databases, metrics and the runbook: they stay as they are."""

    CONNECTION_DOWN = "connection down"
    REFUSAL = "refusal"
    HOME_UNRESOLVED = "home unresolved"
    NAME_UNRESOLVED = "name unresolved"
    OUT_OF_SIGHT = "tickets out of sight"
    NOTES_STOPPED = "notes stopped"
    MOVE_TURNED_BACK = "move turned back"
    FINISHING_FAILED = "finishing failed"
    CHORE_FAILED = "chore failed"
    OTHER_EDITION = "other policy or mode"
    BRAKE = "brake"

    @property
    def code(self) -> str:
        """As a reason of ``/health/status`` and as the heading of the runbook."""
        return self.value.replace(" ", "_")


class ReasonCode(StrEnum):
    """What else makes health not good: it is worked out when somebody asks, and has no row."""

    DATABASE_UNAVAILABLE = "database_unavailable"
    SCHEMA_NOT_CURRENT = "schema_not_current"
    NOT_KNOWN = "not_known"
    NO_WORKER_CYCLE = "no_worker_cycle"
    NEVER_STARTED = "never_started"
    POLL_LATE = "poll_late"
    PAST_DEADLINE = "past_deadline"
    BACKLOG = "backlog"
    TURNS_FAILING = "turns_failing"
    DEAD_LETTERS = "dead_letters"
    MESSAGES_NOT_TAKEN = "messages_not_taken"


RUNBOOK = "docs/runbook.md"


NOTHING_TO_DO = ""
"""In place of a code, of an alarm that says that a trouble is over."""


def in_runbook(code: str) -> str:
    """Where it stands what a trouble or a reason of that code means, and what to do."""
    return f"{RUNBOOK}#{code}"


@dataclass(frozen=True, slots=True)
class Trouble:
    """One trouble as it stands. ``name`` tells it from others of its kind on that connection.

    ``cause``: in words that ``/health/status`` may say: rights, fields and places, never a ticket, person, client or
    host; ``detail``: the rest, for the alarm and ``explain`` alone. ``count``: how often it was met; ``told_at``: when
    people were told.
    """

    connection: str
    kind: TroubleKind
    name: str
    cause: str
    since: datetime
    seen_at: datetime
    count: int = 1
    told_at: datetime | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)

    def word(self, what: str) -> str:
        """The name under which people are told once that this one, of all of its kind and name, is ``what``."""
        return f"{self.kind.value}/{self.name}/{self.since.isoformat()}/{what}"


class Troubles:
    """The troubles of one store. Raises StoreUnavailable."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def meet(
        self, connection: str, kind: TroubleKind, name: str, cause: str, detail: Mapping[str, object] | None = None
    ) -> Trouble:
        """Note that a trouble was met, now; the first time is its beginning. ``detail`` is that of the last time."""
        with self.store.writing() as conn:
            now = self.store.now(conn)
            met = {
                "connection": connection,
                "kind": kind.value,
                "name": name,
                "cause": cause,
                "since": now,
                "seen_at": now,
                "count": 1,
                "detail": detail or {},
            }
            _MEETING.run(conn, [met])
            found = find_locked(conn, connection, kind, name)
        assert found is not None
        return found

    def tell(self, met: Trouble, deliveries: Sequence[Delivery]) -> bool:
        """Have people told of a trouble, once, whichever process asks first; False where they were, or it is over."""
        with self.store.writing() as conn:
            found = find_locked(conn, met.connection, met.kind, met.name)
            if found is None or found.told_at is not None:
                return False
            now = self.store.now(conn)
            conn.execute(update(trouble).where(is_that(met.connection, met.kind, met.name)).values(told_at=now))
            store_mail(conn, self.store, deliveries, now)
            _enter(conn, Event.ALARM, found, now)
        return True

    def end(
        self,
        connection: str,
        kind: TroubleKind,
        name: str,
        deliveries: Sequence[Delivery] = (),
        *,
        unless_met_after: datetime | None = None,
    ) -> Trouble | None:
        """A trouble is over: its row goes, and where people were told of it, ``deliveries`` tell them. None: there is
        none, another process has said so already, or it was met again meanwhile.
        """
        with self.store.writing() as conn:
            found = find_locked(conn, connection, kind, name)
            if found is None or (unless_met_after is not None and found.seen_at > unless_met_after):
                return None
            conn.execute(delete(trouble).where(is_that(connection, kind, name)))
            if found.told_at is not None:
                now = self.store.now(conn)
                store_mail(conn, self.store, deliveries, now)
                _enter(conn, Event.ALARM_OVER, found, now)
        return found

    def all(self, connection: str | None = None) -> list[Trouble]:
        """What stands in the way now, the oldest first."""
        with self.store.reading() as conn:
            if connection is None:
                found = _ALL.rows(conn, {})
            else:
                found = _ALL_OF_ONE.rows(conn, {"of_connection": connection})
        return [_trouble(row) for row in found]


def _enter(conn: Connection, event: Event, one: Trouble, now: datetime) -> None:
    """Say in the audit trail that people were alarmed, or that it is over."""
    detail = {"kind": one.kind.value, "cause": one.cause, "since": one.since.isoformat()}
    audit.append(conn, [((one.connection, ALARMS), AuditEvent(event, detail))], now)


def is_that(connection: str | BindParameter[str], kind: TroubleKind, name: str) -> Any:
    """What picks the row of one trouble."""
    c = trouble.c
    return (c.connection == connection) & (c.kind == kind.value) & (c.name == name)


def find_locked(
    conn: Connection, connection: str, kind: TroubleKind, name: str, *, locks: bool = True
) -> Trouble | None:
    """A trouble as it stands, locked for this transaction unless it is only looked at; None where there is none."""
    statement = _LOCKED if locks else _LOOKED_AT
    row = statement.one_or_none(conn, {"of_connection": connection, "of_kind": kind.value, "of_name": name})
    return None if row is None else _trouble(row)


def _trouble(row: Any) -> Trouble:
    return Trouble(**{**row._asdict(), "kind": TroubleKind(row.kind)})


# A worker asks at each claim whether a connection is down, and every chore what stands in the way.
_EVERY = select(trouble).order_by(trouble.c.since, trouble.c.connection, trouble.c.kind, trouble.c.name)
_ALL = Prepared(_EVERY)
_ALL_OF_ONE = Prepared(_EVERY.where(trouble.c.connection == bindparam("of_connection")))
_ONE = select(trouble).where(
    trouble.c.connection == bindparam("of_connection"),
    trouble.c.kind == bindparam("of_kind"),
    trouble.c.name == bindparam("of_name"),
)
_MEETING = PreparedRows(
    trouble,
    ("connection", "kind", "name", "cause", "since", "seen_at", "count", "detail"),
    lambda plain: plain.on_conflict_do_update(
        index_elements=["connection", "kind", "name"],
        set_={
            **{name: plain.excluded[name] for name in ("cause", "seen_at", "detail")},
            "count": trouble.c.count + 1,
        },
    ),
)
_LOOKED_AT, _LOCKED = Prepared(_ONE), Prepared(_ONE.with_for_update())
