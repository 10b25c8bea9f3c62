"""The journal of effects: what a saga set out to do, step by step, and what came of it.

A step is begun before its effect and done after it. Both ask, in the same transaction and with the row
locked, whether the claim still holds, so a worker that lost its lease neither starts nor records anything.
Whoever finds a step begun and not done knows that its effect may or may not have happened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from connector.model import Change
from connector.store import audit, observations
from connector.store.database.engine import Store
from connector.store.database.errors import LeaseLost
from connector.store.database.tables import AnyRow
from connector.store.mailbox import is_held
from connector.store.queries import steps
from connector.store.records import AuditEvent, Claim, Step, StepState


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
    ) -> None:
        """Note that step ``n`` is about to be tried.

        Beginning again, also what was done but did not hold, gives the step the new detail and moment: its
        ``at`` is when it was tried last. ``changes`` are stored with it. Raises LeaseLost.
        """
        with self.store.writing() as conn:
            _require_held(conn, claim)
            steps.write(conn, [steps.row(saga, n, StepState.BEGUN, detail, self.store.now(conn))])
            observations.append(conn, [(*claim.key, change) for change in changes])

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
    ) -> None:
        """Note what came of a step while its turn goes on, with the changes that it made and their audit.

        What a turn ends with is noted when it is finished (see ``Effect``). Raises LeaseLost.
        """
        with self.store.writing() as conn:
            _require_held(conn, claim)
            now = self.store.now(conn)
            steps.write(conn, [steps.row(saga, n, StepState.DONE, outcome, now)])
            observations.append(conn, [(*claim.key, change) for change in changes])
            _append_audit(conn, claim, audit, now)

    def steps(self, prefix: str) -> list[Step]:
        """The steps of all sagas whose names begin with ``prefix``, by saga and number.

        End the prefix with the separator (``psa/4711/``), or 47110 is found with 4711.
        """
        with self.store.reading() as conn:
            return [_step(row) for row in steps.with_prefix(conn, prefix)]

    def recall(self, connection: str, ticket: str, prefix: str) -> tuple[tuple[Change, ...], tuple[Step, ...]]:
        """What is stored of a ticket, in one look: its changes, and the steps of sagas whose names begin so."""
        with self.store.reading() as conn:
            changes = observations.read(conn, connection, ticket)
            found = steps.with_prefix(conn, prefix)
        return tuple(changes), tuple(map(_step, found))


def _require_held(conn: Connection, claim: Claim) -> None:
    if not is_held(conn, claim):
        raise LeaseLost(claim.connection, claim.ticket)


def _append_audit(conn: Connection, claim: Claim, events: Sequence[AuditEvent], now: datetime) -> None:
    audit.append(conn, [audit.AuditEntry(*claim.key, event) for event in events], now)


def _step(row: AnyRow) -> Step:
    return Step(row.saga, row.n, StepState(row.state), row.outcome, row.at)
