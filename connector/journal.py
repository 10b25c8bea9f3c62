"""The journal of effects: what a saga set out to do, step by step, and what came of it.

A step is begun before its effect and done after it. Both ask, in the same transaction and with the row
locked, whether the claim still holds, so a worker that lost its lease neither starts nor records anything.
Whoever finds a step begun and not done knows that its effect may or may not have happened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, select

from connector import audit
from connector.audit import AuditEvent
from connector.mailbox import Claim, Delivery, lock_held
from connector.model import Change
from connector.store import observations
from connector.store.engine import Store, insert_into
from connector.store.errors import LeaseLost
from connector.store.queries import mail, rows
from connector.store.queries.views import has_prefix
from connector.store.tables import AnyRow, step

__all__ = ["Journal", "LeaseLost", "Step", "StepState"]


class StepState(StrEnum):
    BEGUN = "begun"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Step:
    """A step as it stands, since ``at``. ``outcome``: of a begun one, the detail that it was begun with."""

    saga: str
    n: int
    state: StepState
    outcome: dict[str, Any]
    at: datetime


class Journal:
    """The journal of one store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def begin(
        self,
        claim: Claim,
        saga: str,
        n: int,
        detail: Mapping[str, object],
        changes: Sequence[Change] = (),
    ) -> Step | None:
        """Note that step ``n`` is about to be tried; returns the step as it stood before, None if it is new.

        Beginning again, also what was done but did not hold, gives the step the new detail and moment: its
        ``at`` is when it was tried last. ``changes`` are stored with it. Raises LeaseLost.
        """
        with self.store.writing() as conn:
            _require_held(conn, claim)
            row = conn.execute(_ONE, {"at_saga": saga, "at_n": n}).one_or_none()
            self._write(conn, Step(saga, n, StepState.BEGUN, dict(detail), self.store.now(conn)))
            observations.append(conn, [(*claim.key, change) for change in changes])
        return None if row is None else _step(row)

    def now(self) -> datetime:
        """The present moment, by the clock that counts for the journal."""
        return self.store.now()

    def require_held(self, claim: Claim) -> None:
        """Raise LeaseLost unless the claim still holds. Writes nothing: for effects that need no step of their own."""
        with self.store.reading() as conn:
            _require_held(conn, claim)

    def done(
        self,
        claim: Claim,
        saga: str,
        n: int,
        outcome: Mapping[str, object],
        changes: Sequence[Change] = (),
        audit: Sequence[AuditEvent] = (),
        deliveries: Sequence[Delivery] = (),
    ) -> None:
        """Note what came of a step, with the changes that it made, their audit, and mail that follows from it.

        Raises LeaseLost.
        """
        with self.store.writing() as conn:
            _require_held(conn, claim)
            now = self.store.now(conn)
            self._write(conn, Step(saga, n, StepState.DONE, dict(outcome), now))
            observations.append(conn, [(*claim.key, change) for change in changes])
            if deliveries:
                mail.insert(conn, self.store, deliveries, now)
                rows.ring(conn, self.store, {(one.connection, one.ticket) for one in deliveries}, now)
            _append_audit(conn, claim, audit, now)

    def steps(self, prefix: str) -> list[Step]:
        """The steps of all sagas whose names begin with ``prefix``, by saga and number.

        End the prefix with the separator (``psa/4711/``), or 47110 is found with 4711.
        """
        query = select(step).where(has_prefix(step.c.saga, prefix)).order_by(step.c.saga, step.c.n)
        with self.store.reading() as conn:
            return [_step(row) for row in conn.execute(query)]

    def _write(self, conn: Connection, new: Step) -> None:
        row = {"saga": new.saga, "n": new.n, "state": new.state.value, "outcome": new.outcome, "at": new.at}
        conn.execute(_writing(self.store.is_postgresql), row)


# Made once: to put a statement together takes longer than to run it.
_ONE = select(step).where(step.c.saga == bindparam("at_saga"), step.c.n == bindparam("at_n"))


@cache
def _writing(is_postgresql: bool) -> Any:
    statement = insert_into(step, is_postgresql=is_postgresql)
    fresh = {name: statement.excluded[name] for name in ("state", "outcome", "at")}
    return statement.on_conflict_do_update(index_elements=["saga", "n"], set_=fresh)


def _require_held(conn: Connection, claim: Claim) -> None:
    if not lock_held(conn, [claim]):
        raise LeaseLost(claim.connection, claim.ticket)


def _append_audit(conn: Connection, claim: Claim, events: Sequence[AuditEvent], now: datetime) -> None:
    audit.append(conn, [audit.Entry(*claim.key, event) for event in events], now)


def _step(row: AnyRow) -> Step:
    return Step(row.saga, row.n, StepState(row.state), row.outcome, row.at)
