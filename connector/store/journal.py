"""The journal of a ticket: what a saga set out to do, step by step, what came of it, and the changes that were seen.

A step is begun before its effect and done after it. Both ask, in the same transaction and with the row
locked, whether the claim still holds, so a worker that lost its lease neither starts nor records anything.
Whoever finds a step begun and not done knows that its effect may or may not have happened. Changes are kept
for ticket systems that keep no history of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from connector.model import Aspect, Change, Doer, Lane, Remembered
from connector.store.audit import append
from connector.store.database.codec import decode, encode
from connector.store.database.engine import Store
from connector.store.database.errors import LeaseLost
from connector.store.database.prepared import AnyStatement, Prepared, PreparedRows
from connector.store.database.tables import observed, step, to_json
from connector.store.pace.brake import BrakePlace
from connector.store.queries import ended_stints, history, mail, rows, unwatched
from connector.store.queries.rows import in_range, is_held, range_of
from connector.store.records import AuditEvent, Claim, Delivery, Effect, Key, Source, Step, StepState

_STEPS = Prepared(
    select(step)
    .where(in_range(step.c.saga, bindparam("at_first"), bindparam("at_end")))
    .order_by(step.c.saga, step.c.n)
)
_CHANGES = Prepared(
    select(observed)
    .where(observed.c.connection == bindparam("at_connection"), observed.c.ticket == bindparam("at_ticket"))
    .order_by(observed.c.at, observed.c.id)
)


Told = Callable[[str, Sequence[AuditEvent]], None]
"""Is told, for a connection, of events that are in the audit trail for good."""


class Journal:
    """The journal of one store. ``told``: who is told of the events that it adds to the audit trail."""

    def __init__(self, store: Store, told: Told = lambda connection, events: None) -> None:
        self.store = store
        self._told = told

    def begin(
        self,
        claim: Claim,
        saga: str,
        n: int,
        detail: Mapping[str, object],
        changes: Sequence[Change] = (),
        place: BrakePlace | None = None,
    ) -> None:
        """Note that step ``n`` is about to be tried.

        Beginning again, also what was done but did not hold, gives the step the new detail and moment: its
        ``at`` is when it was tried last. ``changes`` are stored with it. ``place``: what it must have at the brake.
        Raises LeaseLost, and MustWait where there is no such place.
        """
        with self.store.writing() as conn:
            _require_held(conn, claim)
            if place is not None:
                place.take(conn, self.store.now(conn))
            write_steps(conn, [Step(saga, n, StepState.BEGUN, dict(detail), self.store.now(conn))])
            write_changes(conn, [(claim.key, change) for change in changes])

    def keep(self, claim: Claim, changes: Sequence[Change]) -> None:
        """Store changes that were seen, where there are any. Raises LeaseLost."""
        if not changes:
            return
        with self.store.writing() as conn:
            _require_held(conn, claim)
            write_changes(conn, [(claim.key, change) for change in changes])

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
        """Note what came of a step while its turn goes on, with the changes that it made, their audit, and new mail.

        What a turn ends with is noted when it is finished (see ``Effect``). Raises LeaseLost.
        """
        with self.store.writing() as conn:
            _require_held(conn, claim)
            now = self.store.now(conn)
            write_steps(conn, [Step(saga, n, StepState.DONE, dict(outcome), now)])
            write_changes(conn, [(claim.key, change) for change in changes])
            store_mail(conn, self.store, deliveries, now)
            append(conn, [(claim.key, event) for event in audit], now)
        self._told(claim.connection, audit)

    def hand_in(self, key: Key, saga: str, n: int, outcome: Mapping[str, object], event: AuditEvent) -> bool:
        """Store what somebody commands outside of the ticket, and ring it. Known already, nothing is stored: False
        where that saga was another command.

        It needs no claim, as it has no effect by itself: the ticket's next turn reads it.
        """
        connection, ticket = key
        with self.store.writing() as conn:
            now = self.store.now(conn)
            (is_new,) = store_mail(conn, self.store, [Delivery(connection, ticket, saga, Source.COMMAND)], now)
            if not is_new:
                return any(one.n == n and one.outcome == outcome for one in _read_steps(conn, saga))
            write_steps(conn, [Step(saga, n, StepState.DONE, dict(outcome), now)])
            append(conn, [(key, event)], now)
        self._told(connection, [event])
        return True

    def recall(self, connection: str, ticket: str, prefix: str) -> tuple[tuple[Change, ...], tuple[Step, ...]]:
        """What is stored of a ticket, in one look: its changes, and the steps of sagas whose names begin so.

        End the prefix with the separator (``psa/4711/``), or 47110 is found with 4711.
        """
        with self.store.reading() as conn:
            return tuple(_read_changes(conn, connection, ticket)), tuple(_read_steps(conn, prefix))

    def forget(self, before: datetime, most: int) -> bool:
        """Forget steps and changes from before that moment, of tickets that were closed by then, stints that ended
        before it, and tickets of no tier that were not seen since; about ``most``.

        In short transactions. False: there may be more.
        """
        left = most
        for forget_page in (history.forget_steps, history.forget_changes):
            passed: history.Passed | None = None
            while True:
                if left <= 0:
                    return False
                with self.store.writing() as conn:
                    gone, passed = forget_page(conn, before, passed)
                left -= gone
                if passed is None:
                    break
        for forget_some in (ended_stints.forget, unwatched.forget):
            while True:
                if left <= 0:
                    return False
                with self.store.writing() as conn:
                    gone = forget_some(conn, before, history.PAGE)
                left -= gone
                if gone < history.PAGE:
                    break
        return True


def write_steps(conn: Connection, steps: Sequence[Step]) -> None:
    """Write steps, each in the place of the one that was there before, inside the caller's transaction."""
    _WRITING_STEPS.run(
        conn,
        [{"saga": one.saga, "n": one.n, "state": one.state, "outcome": one.outcome, "at": one.at} for one in steps],
    )


def is_done(conn: Connection, effect: Effect) -> bool:
    """Whether that very effect stands in the journal, inside the caller's transaction."""
    wanted = (effect.saga, effect.n, StepState.DONE, to_json(effect.outcome))
    return any((one.saga, one.n, one.state, to_json(one.outcome)) == wanted for one in _read_steps(conn, effect.saga))


def _in_its_place(statement: Any) -> AnyStatement:
    fresh = {name: statement.excluded[name] for name in ("state", "outcome", "at")}
    complete: AnyStatement = statement.on_conflict_do_update(index_elements=["saga", "n"], set_=fresh)
    return complete


_WRITING_STEPS = PreparedRows(step, ("saga", "n", "state", "outcome", "at"), _in_its_place)


def _read_steps(conn: Connection, prefix: str) -> list[Step]:
    first, end = range_of(prefix)
    rows = _STEPS.rows(conn, {"at_first": first, "at_end": end})
    return [Step(row.saga, row.n, StepState(row.state), row.outcome, row.at) for row in rows]


def store_mail(conn: Connection, store: Store, deliveries: Sequence[Delivery], now: datetime) -> list[bool]:
    """Store mail and ring the tickets of what is new, inside the caller's transaction; False marks a duplicate."""
    if not deliveries:
        return []
    fresh = mail.insert(conn, store, deliveries, now)
    lanes: dict[Key, Lane] = {}
    for delivery, is_new in zip(deliveries, fresh, strict=True):
        if is_new:
            key = (delivery.connection, delivery.ticket)
            lane = _LANES[delivery.source] if delivery.lane is None else delivery.lane
            lanes[key] = min(lane, lanes.get(key, lane))
    rows.ring(conn, lanes, now)
    return fresh


_LANES = {
    Source.WEBHOOK: Lane.WEBHOOKS,
    Source.UNVERIFIED: Lane.WEBHOOKS,
    Source.POLL: Lane.WEBHOOKS,
    Source.SWEEP: Lane.LISTS,
    Source.MANUAL: Lane.URGENT,
    Source.NOTIFICATION: Lane.URGENT,
    Source.COMMAND: Lane.URGENT,
}


def write_changes(conn: Connection, changes: Sequence[tuple[Key, Change]]) -> None:
    """Store changes that were seen on tickets, inside the caller's transaction."""
    _WRITING_CHANGES.run(
        conn,
        [
            {
                "connection": connection,
                "ticket": ticket,
                "at": change.at,
                "what": change.what.value,
                "old": encode(change.old),
                "new": encode(change.new),
                "how": change.how,
                "who": change.who,
                "by": change.by.value,
                "not_before": change.not_before,
            }
            for (connection, ticket), change in changes
        ],
    )


_WRITING_CHANGES = PreparedRows(
    observed, ("connection", "ticket", "at", "what", "old", "new", "how", "who", "by", "not_before")
)


def _read_changes(conn: Connection, connection: str, ticket: str) -> list[Change]:
    """By their moment, and as they were stored where moments are equal."""
    return [
        Change(
            row.at,
            _what(row.what),
            decode(row.old),
            decode(row.new),
            row.how,
            row.who,
            Doer(row.by or Doer.UNKNOWN),
            row.not_before,
        )
        for row in _CHANGES.rows(conn, {"at_connection": connection, "at_ticket": ticket})
    ]


def _what(text: str) -> Aspect | Remembered:
    return Remembered(text) if text in list(Remembered) else Aspect(text)


def _require_held(conn: Connection, claim: Claim) -> None:
    if not is_held(conn, claim):
        raise LeaseLost(claim.connection, claim.ticket)
