"""Durable turns: mail is delivered to tickets, tickets are claimed, worked on and finished.

A row per ticket says when it wants to be woken: because mail is here, because something is due, or because
the lease of its holder has run out. Who holds the row holds the ticket. The fence, raised by every claim,
keeps a holder who lost the lease from changing anything.

The order that makes it safe on PostgreSQL, where a commit can overtake another: *deliver* stores the mail
and then always locks the ticket's row; *finish* first locks the row and only then looks for mail. So
either finish sees the mail, or deliver sees the row released. Transactions over several rows lock them in
sorted order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from connector.model import Change
from connector.store import audit
from connector.store.database.engine import Store
from connector.store.database.tables import AnyRow
from connector.store.journal import store_mail, write_changes, write_steps
from connector.store.queries import chores, due, mail, rows, views
from connector.store.queries.rows import Release
from connector.store.records import (
    AuditEvent,
    Claim,
    DeadLetter,
    Delivery,
    Failed,
    Finished,
    Key,
    Mail,
    MailboxStats,
    Outcome,
    Source,
    Step,
    StepState,
    TicketRow,
)


@dataclass(slots=True)
class _Ledger:
    """What a finishing transaction still has to write, collected while its rows are judged."""

    updates: list[Release] = field(default_factory=list)
    gone: list[Key] = field(default_factory=list)
    changes: list[tuple[Key, Change]] = field(default_factory=list)
    audit: list[tuple[Key, AuditEvent]] = field(default_factory=list)


class Mailbox:
    """The mailbox of one store. Safe to use from several threads and processes."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def deliver(self, deliveries: Sequence[Delivery]) -> list[bool]:
        """Store the deliveries and ring their tickets, all in ONE transaction; False marks a duplicate.

        Raises StoreUnavailable; then nothing was stored.
        """
        if not deliveries:
            return []
        with self.store.writing() as conn:
            return store_mail(conn, self.store, deliveries, self.store.now(conn))

    def schedule(self, connection: str, ticket: str, wake_at: datetime) -> None:
        """Wake a ticket (or chore) at ``wake_at`` or earlier; creates its row, revives a dead letter.

        While the row is held the wish is kept, and honoured when the turn is finished.
        """
        with self.store.writing() as conn:
            now = self.store.now(conn)
            rows.schedule(conn, (connection, ticket), wake_at, now)

    def claim(self, worker: str, limit: int, lease: timedelta, connections: Sequence[str]) -> list[Claim]:
        """Take up to ``limit`` rows that want to be woken, each for ``lease``.

        Tickets whose deadline has passed come first, with the worker's own chores; then those that wait the longest, to
        which a quarter of the places is left.
        """
        if limit < 1 or not connections or not self._is_worth_claiming(connections):
            return []
        with self.store.writing() as conn:
            now = self.store.now(conn)
            found = due.lock(conn, connections, now, limit)
            keys = [(row.connection, row.ticket) for row in found]
            rows.take(conn, keys, worker, now, now + lease)
            waiting = mail.undone(conn, keys)
        return [_claim(row, tuple(waiting.get(key, ()))) for key, row in zip(keys, found, strict=True)]

    def extend(self, claims: Sequence[Claim], lease: timedelta) -> list[Claim]:
        """Heartbeat: hold the claims for ``lease`` from now on; returns those that are lost."""
        if not claims:
            return []
        with self.store.writing() as conn:
            held = rows.lock_held(conn, claims)
            rows.extend(conn, list(held), self.store.now(conn) + lease)
        return [claim for claim in claims if not rows.holds(held.get(claim.key), claim)]

    def hand_back(self, claims: Sequence[Claim]) -> None:
        """Release claims unworked: due at once for anybody. Claims that are lost are left alone."""
        if not claims:
            return
        with self.store.writing() as conn:
            held = rows.lock_held(conn, claims)
            rows.hand_back(conn, list(held), self.store.now(conn))

    def finish(self, outcomes: Sequence[Outcome]) -> list[bool]:
        """End many turns in ONE transaction; False where the claim was lost, of which nothing is written.

        The order: lock the rows by fence, keep what the turns did and the mail that follows from it, tick mail off by
        id, then look what mail is there now, write the rows, the changes, and last the audit trail.
        """
        if not outcomes:
            return []
        with self.store.writing() as conn:
            now = self.store.now(conn)
            held = rows.lock_held(conn, [outcome.claim for outcome in outcomes])
            results, valid = _judge(outcomes, held)
            self._keep(conn, valid, now)
            done = [(i, *o.claim.key) for o in valid if isinstance(o, Finished) for i in o.done_mail]
            mail.tick_off(conn, done, now)
            left = mail.undone_ids(conn, [outcome.claim.key for outcome in valid])
            ledger = _Ledger()
            for outcome in valid:
                _enter(ledger, outcome, held[outcome.claim.key], left.get(outcome.claim.key, set()), now)
            rows.release(conn, ledger.updates)
            rows.remove(conn, ledger.gone)
            write_changes(conn, ledger.changes)
            audit.append(conn, ledger.audit, now)
        return results

    def _keep(self, conn: Connection, outcomes: Sequence[Outcome], now: datetime) -> None:
        effects = [outcome.effect for outcome in outcomes if isinstance(outcome, Finished) and outcome.effect]
        follows = [delivery for effect in effects for delivery in effect.deliveries]
        follows += [delivery for one in outcomes if isinstance(one, Failed) for delivery in one.deliveries]
        write_steps(conn, [Step(one.saga, one.n, StepState.DONE, dict(one.outcome), now) for one in effects])
        store_mail(conn, self.store, follows, now)

    def next_wake(self, connections: Sequence[str]) -> datetime | None:
        """The earliest moment at which any row wants to be woken; it may be past."""
        with self.store.reading() as conn:
            return due.next_wake(conn, connections)

    def stats(self, connection: str) -> MailboxStats:
        """The counts of one connection's tickets."""
        with self.store.reading() as conn:
            return MailboxStats(**views.stats(conn, connection, self.store.now(conn)))

    def snapshots(self, connection: str, tickets: Iterable[str]) -> dict[str, dict[str, Any]]:
        """The stored snapshots of those tickets that have one."""
        with self.store.reading() as conn:
            return views.snapshots(conn, connection, sorted(set(tickets)))

    def list_tickets(self, connections: Sequence[str] | None = None, limit: int = 1000) -> list[TicketRow]:
        """The tickets' rows, the one due first on top; those with nothing due last."""
        with self.store.reading() as conn:
            return [TicketRow(**row) for row in views.listing(conn, connections, limit)]

    def dead_letters(self, connection: str | None = None) -> list[DeadLetter]:
        """What was given up on, the oldest failure first."""
        with self.store.reading() as conn:
            return [DeadLetter(**row) for row in views.dead_letters(conn, connection)]

    def replay(self, connection: str, ticket: str) -> bool:
        """Give a dead letter another try, at once and from attempt 0; False where there is none.

        The turn finds manual mail, by which it can tell that somebody has looked at what went wrong.
        """
        with self.store.writing() as conn:
            now = self.store.now(conn)
            if not rows.revive(conn, (connection, ticket), now):
                return False
            name = f"{Source.MANUAL.value}:{ticket}:{now.isoformat()}"
            mail.insert(conn, self.store, [Delivery(connection, ticket, name, Source.MANUAL)], now)
        return True

    def ring_all(self, connection: str) -> int:
        """Make every ticket of a connection due now (held ones: when they are finished); returns how many.

        Dead letters and chores are left alone. Not one transaction: a crash may leave some tickets unrung;
        ringing again does no harm.
        """
        total, after = 0, ""
        while True:
            with self.store.writing() as conn:
                rung = chores.ring_page(conn, connection, after, self.store.now(conn))
            if not rung:
                return total
            total, after = total + len(rung), rung[-1]

    def prune(self, before: datetime) -> int:
        """Forget mail done, or left unverified, before that moment, with its dead letters; returns how many.

        In small transactions, so that nobody waits long for the locks.
        """
        total = 0
        for prune_page in (chores.prune_done, chores.prune_unverified, chores.prune_unverified_rows):
            removed = 1
            while removed:
                with self.store.writing() as conn:
                    removed = prune_page(conn, before)
                total += removed
        return total

    def unverified_waiting(self, connection: str) -> int:
        """How many unverified deliveries wait for their signing key."""
        with self.store.reading() as conn:
            return views.unverified_waiting(conn, connection)

    def _is_worth_claiming(self, connections: Sequence[str]) -> bool:
        """On SQLite, look before taking the write lock: idle workers then keep nobody waiting."""
        if self.store.is_postgresql:
            return True
        with self.store.reading() as conn:
            earliest = due.next_wake(conn, connections)
            return earliest is not None and earliest <= self.store.now(conn)


def _judge(outcomes: Sequence[Outcome], held: dict[Key, AnyRow]) -> tuple[list[bool], list[Outcome]]:
    """Which outcomes count: those whose claim still holds, each claim once."""
    seen: set[Key] = set()
    results = []
    for outcome in outcomes:
        results.append(rows.holds(held.get(outcome.claim.key), outcome.claim) and outcome.claim.key not in seen)
        seen.add(outcome.claim.key)
    return results, [outcome for outcome, is_valid in zip(outcomes, results, strict=True) if is_valid]


def _enter(ledger: _Ledger, outcome: Outcome, row: AnyRow, left: set[int], now: datetime) -> None:
    """Enter what one valid outcome leaves behind. ``left``: ids of the mail that is undone now."""
    ledger.audit += [(outcome.claim.key, event) for event in outcome.audit]
    if isinstance(outcome, Failed):
        ledger.updates.append(_after_failure(outcome, row, left, now))
        return
    ledger.changes += [(outcome.claim.key, change) for change in outcome.changes]
    if outcome.is_gone and not left:
        ledger.gone.append(outcome.claim.key)
        return
    wake_at = now if left else _earliest(outcome.wake_at, row.ring_at)
    ledger.updates.append(Release(outcome.claim.key, wake_at, outcome.due_at, outcome.snapshot))


def _after_failure(outcome: Failed, row: AnyRow, left: set[int], now: datetime) -> Release:
    """The row after a failed turn. Mail that the turn did not know of wakes it at once, dead or not."""
    has_news = bool(left - {mail.id for mail in outcome.claim.mail})
    wake_at = now if has_news else _earliest(outcome.retry_at, row.ring_at)
    if outcome.retry_at is None and wake_at is not None:
        return Release(outcome.claim.key, wake_at, row.due_at)
    return Release(
        outcome.claim.key,
        wake_at,
        row.due_at,
        attempts=row.attempts + 1,
        failing_since=row.failing_since or now,
        error=outcome.error,
        is_dead=wake_at is None,
    )


def _earliest(*moments: datetime | None) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


def _claim(row: AnyRow, waiting: tuple[Mail, ...]) -> Claim:
    return Claim(
        connection=row.connection,
        ticket=row.ticket,
        fence=row.fence + 1,
        attempts=row.attempts,
        failing_since=row.failing_since,
        snapshot=row.snapshot,
        mail=waiting,
        wake_at=row.wake_at,
    )
