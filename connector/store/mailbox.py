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

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Connection

from connector.model import Change, Lane
from connector.store import audit
from connector.store.database.engine import Store
from connector.store.database.tables import AnyRow
from connector.store.journal import is_done, store_mail, write_changes, write_steps
from connector.store.pace import adoption, brake
from connector.store.queries import chores, due, ended_stints, mail, rows, unwatched, views
from connector.store.queries.rows import Release
from connector.store.records import (
    ADOPTED,
    BRAKED,
    CHORE,
    PACE,
    UNSHARED,
    AuditEvent,
    Claim,
    DeadLetter,
    Delivery,
    EndedStint,
    Event,
    Failed,
    Fairness,
    Finished,
    Key,
    LetGo,
    Mail,
    MailboxStanding,
    MailboxStats,
    Outcome,
    Source,
    Step,
    StepState,
    TicketRow,
)

PAST_DEADLINE_AFTER = timedelta(seconds=60)
"""How long after the moment to act on it a ticket counts as past its deadline."""

FAILING_AFTER = timedelta(minutes=5)
"""For how long the turns of a ticket fail before it counts as one that does not go on."""

AT_ONCE, WAKE_EVERY = 10, timedelta(seconds=5)
"""So many tickets that something kept are woken at once when it is over, and each further one that much later."""

MAIL_EVERY, MAIL_AT_ONCE = timedelta(seconds=20), 9
"""A ticket on which mail keeps coming is looked at once so often; so many looks before are at once. Each answer of ours
comes back as mail, too: who commands several things within a minute is not kept waiting for that.
"""

MOST_WOKEN = 1000
"""So many are woken in one transaction; of more, each wakes further ones when it is through."""


@dataclass(slots=True)
class _Ledger:
    """What a finishing transaction still has to write, collected while its rows are judged."""

    updates: list[Release] = field(default_factory=list)
    given_back: list[Claim] = field(default_factory=list)
    gone: list[Key] = field(default_factory=list)
    changes: list[tuple[Key, Change]] = field(default_factory=list)
    audit: list[tuple[Key, AuditEvent]] = field(default_factory=list)
    ended: list[EndedStint] = field(default_factory=list)
    unwatched: dict[Key, str] = field(default_factory=dict)


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
        """Wake a ticket (or chore) at ``wake_at`` or earlier; creates its row, revives a dead chore.

        While the row is held the wish is kept, and honoured when the turn is finished.
        """
        with self.store.writing() as conn:
            now = self.store.now(conn)
            rows.schedule(conn, (connection, ticket), wake_at, now)

    def schedule_all(self, connection: str, wakes: Mapping[str, datetime]) -> None:
        """Wake tickets for looks in the last lane, each at its moment or earlier; in short transactions."""
        left = iter(sorted(wakes))
        while page := list(islice(left, chores.PAGE)):
            with self.store.writing() as conn:
                now = self.store.now(conn)
                for ticket in page:
                    rows.schedule(conn, (connection, ticket), wakes[ticket], now, Lane.LISTS)

    def claim(
        self,
        worker: str,
        limit: int,
        lease: timedelta,
        connections: Sequence[str],
        chores_of: Sequence[str] = (),
        fairness: Fairness = UNSHARED,
    ) -> list[Claim]:
        """Take up to ``limit`` rows that want to be woken, each for ``lease``; of ``chores_of`` no ticket.

        Tickets whose deadline has passed come first, with the worker's own chores; then the others by their lane. To
        those that wait the longest a quarter of the places is left.
        """
        if limit < 1 or not self._is_worth_claiming(connections, chores_of):
            return []
        with self.store.writing() as conn:
            now = self.store.now(conn)
            found = due.lock(conn, connections, now, limit, chores_of, fairness)
            keys = [(row.connection, row.ticket) for row in found]
            rows.take(conn, keys, worker, now, now + lease)
            waiting = mail.undone(conn, keys)
        return [_claim(row, tuple(waiting.get(key, ())), now) for key, row in zip(keys, found, strict=True)]

    def connections_due(self) -> set[str]:
        """The connections of which anything wants to be woken; the idle ones cost nothing."""
        with self.store.reading() as conn:
            return due.connections_due(conn, self.store.now(conn))

    def claim_new(self, worker: str, connection: str, tickets: Sequence[str], lease: timedelta) -> list[Claim]:
        """Take those of the tickets that have no row yet, each for ``lease``, as ``claim`` does."""
        with self.store.writing() as conn:
            now = self.store.now(conn)
            made = rows.take_new(conn, [(connection, ticket) for ticket in tickets], worker, now, now + lease)
        return [Claim(name, ticket, fence, wake_at=now) for (name, ticket), fence in sorted(made.items())]

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

    def finish(self, outcomes: Sequence[Outcome], in_doubt: Collection[tuple[Key, int]] = ()) -> list[bool]:
        """End many turns in ONE transaction; False where the claim was lost, of which nothing is written.

        ``in_doubt``: key and fence of claims that were to be finished before, when no answer came to whether they were.
        For those that were, nothing is written again, and the answer is True.

        The order: lock the rows by fence, keep what the turns did and the mail that follows from it, tick mail off by
        id, then look what mail is there now, write the rows, the changes, and last the audit trail.
        """
        if not outcomes:
            return []
        with self.store.writing() as conn:
            now = self.store.now(conn)
            held = rows.lock_held(conn, [outcome.claim for outcome in outcomes])
            results, valid = _judge(outcomes, held)
            results = [
                is_valid or ((outcome.claim.key, outcome.claim.fence) in in_doubt and _was_kept(conn, outcome))
                for outcome, is_valid in zip(outcomes, results, strict=True)
            ]
            self._keep(conn, valid, now)
            done = [(i, *o.claim.key) for o in valid if not isinstance(o, LetGo) for i in o.done_mail]
            mail.tick_off(conn, done, now)
            left = mail.undone_ids(conn, [outcome.claim.key for outcome in valid])
            ledger = _Ledger()
            for outcome in valid:
                key = outcome.claim.key
                rests_until = self._rests_until(conn, outcome, held[key], now)
                _enter(ledger, outcome, held[key], left.get(key, set()), rests_until, now)
            rows.release(conn, ledger.updates)
            rows.give_back(conn, ledger.given_back, now)
            rows.remove(conn, ledger.gone)
            _keep_turns(conn, [outcome for outcome in valid if isinstance(outcome, Finished)], now)
            write_changes(conn, ledger.changes)
            if ledger.ended:
                ended_stints.write(conn, ledger.ended)
            if ledger.unwatched:
                unwatched.write(conn, ledger.unwatched, now)
            audit.append(conn, ledger.audit, now)
        return results

    def _rests_until(self, conn: Connection, outcome: Outcome, row: AnyRow, now: datetime) -> datetime | None:
        """Until when further mail waits, after a turn: each one for mail adds ``MAIL_EVERY``, a few are free.

        A ticket that nobody watches has no row to remember it: what was done of it lately tells.
        """
        rests_until: datetime | None = row.rests_until
        claim = outcome.claim
        if claim.is_chore or not any(one.source in _CHANGES for one in claim.mail):
            return rests_until
        earliest = now - MAIL_AT_ONCE * MAIL_EVERY
        rests_until = max(rests_until or earliest, earliest) + MAIL_EVERY
        is_gone = isinstance(outcome, Finished) and outcome.is_gone
        if is_gone and mail.done_since(conn, claim.key, earliest) > MAIL_AT_ONCE:
            return max(rests_until, now + MAIL_EVERY)
        return rests_until

    def _keep(self, conn: Connection, outcomes: Sequence[Outcome], now: datetime) -> None:
        effects = [outcome.effect for outcome in outcomes if isinstance(outcome, Finished) and outcome.effect]
        follows = [delivery for effect in effects for delivery in effect.deliveries]
        follows += [delivery for one in outcomes if isinstance(one, Failed) for delivery in one.deliveries]
        write_steps(conn, [Step(one.saga, one.n, StepState.DONE, dict(one.outcome), now) for one in effects])
        store_mail(conn, self.store, follows, now)

    def next_wake(
        self,
        connections: Sequence[str],
        chores_of: Sequence[str] = (),
        shut: Mapping[str, Collection[Lane]] | None = None,
    ) -> datetime | None:
        """The earliest moment at which any row wants to be woken, of ``chores_of`` no ticket's; it may be past.

        ``shut``: of some connections the lanes that are out of calls; their tickets wake when their deadline has come.
        """
        with self.store.reading() as conn:
            if not shut:
                return due.next_wake(conn, connections, chores_of)
            now = self.store.now(conn)
            whole = [name for name in connections if name not in shut]
            found = [due.next_wake(conn, whole, [*chores_of, *shut])]
            found += [due.next_wake_but(conn, name, lanes, now) for name, lanes in shut.items()]
            return _earliest(*found)

    def stats(self, connection: str) -> MailboxStats:
        """The counts of one connection's tickets."""
        with self.store.reading() as conn:
            return MailboxStats(**views.stats(conn, connection, self.store.now(conn)))

    def standing(self, connection: str, grace: timedelta = PAST_DEADLINE_AFTER) -> MailboxStanding:
        """What of a connection does not go on as it should; cheap, however many tickets there are.

        ``grace``: how long after the moment to act on it a ticket is past its deadline.
        """
        with self.store.reading() as conn:
            now = self.store.now(conn)
            late, earliest = views.past_deadline(conn, connection, now - grace)
            failing, failing_since = views.failing(conn, connection, now - FAILING_AFTER)
            waits_since = due.next_wake(conn, [connection])
            return MailboxStanding(
                late,
                now - earliest if earliest else timedelta(0),
                max(timedelta(0), now - waits_since) if waits_since else timedelta(0),
                views.dead_count(conn, connection),
                {name: now - since if since else None for name, since in views.chore_rows(conn, connection)},
                failing,
                now - failing_since if failing_since else timedelta(0),
            )

    def failing(self, connection: str) -> tuple[int, datetime | None]:
        """How many tickets do not go on as their turns fail, and since when the first of them; see ``standing``."""
        with self.store.reading() as conn:
            return views.failing(conn, connection, self.store.now(conn) - FAILING_AFTER)

    def snapshots(self, connection: str, tickets: Iterable[str]) -> dict[str, dict[str, Any]]:
        """The stored snapshots of those tickets that have one."""
        with self.store.reading() as conn:
            return views.snapshots(conn, connection, sorted(set(tickets)))

    def read_lately(self, connection: str) -> list[str]:
        """Tickets with a deadline that could be read, those read last on top: some, as there may be very many."""
        with self.store.reading() as conn:
            return views.read_lately(conn, connection)

    def list_tickets(self, connections: Sequence[str] | None = None, limit: int = 1000) -> list[TicketRow]:
        """The tickets' rows, the one due first on top; those with nothing due last."""
        with self.store.reading() as conn:
            return [TicketRow(**row) for row in views.listing(conn, connections, limit)]

    def ticket(self, connection: str, ticket: str) -> TicketRow | None:
        """A ticket's row, if it has one."""
        with self.store.reading() as conn:
            row = views.one(conn, connection, ticket)
        return None if row is None else TicketRow(**row)

    def held_by(self, connection: str, name: str, limit: int) -> list[str]:
        """Tickets whose last turn met the trouble of that name, the most overdue first."""
        with self.store.reading() as conn:
            return views.held_by(conn, connection, name, limit)

    def at_place(self, connection: str, place: str, limit: int) -> list[str]:
        """Tickets that were at that very place when they were last read, parked ones not; looks through all of them."""
        with self.store.reading() as conn:
            return views.at_place(conn, connection, place, limit)

    def wake_held_by(self, connection: str, name: str) -> int:
        """Wake the tickets that a trouble of that name keeps, parked ones too, the most overdue first; how many.

        Ten come at once, each further one ``WAKE_EVERY`` later: who mends something gets no storm for it.
        """
        with self.store.writing() as conn:
            now = self.store.now(conn)
            tickets = views.held_by(conn, connection, name, MOST_WOKEN)
            wakes = {ticket: now + max(0, n - AT_ONCE + 1) * WAKE_EVERY for n, ticket in enumerate(tickets)}
            for ticket in sorted(wakes):
                rows.schedule(conn, (connection, ticket), wakes[ticket], now)
        return len(wakes)

    def dead_letters(self, connection: str | None = None, limit: int | None = None) -> list[DeadLetter]:
        """What was given up on, the oldest failure first; ``limit``: so many at most."""
        with self.store.reading() as conn:
            return [DeadLetter(**row) for row in views.dead_letters(conn, connection, limit)]

    def dead_letters_behind(
        self, connections: Sequence[str], after: tuple[str, str] | None, limit: int
    ) -> list[DeadLetter]:
        """What was given up on of these connections, behind that connection and ticket, in their order."""
        with self.store.reading() as conn:
            return [DeadLetter(**row) for row in views.dead_letters_behind(conn, connections, after, limit)]

    def replay(self, connection: str, ticket: str, by: str) -> bool:
        """Give a dead letter another try, at once and from attempt 0; False where there is none.

        ``by``: for the audit trail.

        The turn finds manual mail, by which it can tell that somebody has looked at what went wrong.
        """
        with self.store.writing() as conn:
            now = self.store.now(conn)
            if not rows.revive(conn, (connection, ticket), now):
                return False
            name = f"{Source.MANUAL.value}:{ticket}:{now.isoformat()}"
            mail.insert(conn, self.store, [Delivery(connection, ticket, name, Source.MANUAL)], now)
            audit.append(conn, [((connection, ticket), AuditEvent(Event.REPLAYED, {"by": by}))], now)
        return True

    def ring_all(self, connection: str, resting: Sequence[str] = ()) -> int:
        """Make every ticket of a connection due now (held ones: when they are finished); returns how many.

        Dead letters, too, for a turn; chores are left alone, and tickets that wait for nothing and whose last turn
        ended with one of the verdicts ``resting``. Not one transaction: after a crash ringing again does no harm.
        """
        total, after = 0, ""
        while True:
            with self.store.writing() as conn:
                rung = chores.ring_page(conn, connection, after, self.store.now(conn), resting)
            if not rung:
                return total
            total, after = total + len(rung), rung[-1]

    def begin_housekeeping(self, lease: timedelta, every: timedelta) -> bool:
        """Begin to prune the database, for all connections; False where it is not due, or somebody does it already."""
        with self.store.writing() as conn:
            now = self.store.now(conn)
            return chores.begin(conn, self.store, chores.PRUNING, now, now + lease, now + every)

    def end_housekeeping(self, next_at: datetime) -> None:
        """The database is pruned, and is to be again then."""
        with self.store.writing() as conn:
            chores.end(conn, chores.PRUNING, next_at)

    def housekeeping_until(self) -> datetime | None:
        """Until when somebody else has the pruning; None: nobody prunes now."""
        with self.store.reading() as conn:
            return chores.held_until(conn, chores.PRUNING, self.store.now(conn))

    def quiet(self, connection: str) -> Iterator[str]:
        """The tickets of a connection that wait for nothing, in pages: nobody looks at them unless mail comes."""
        page, after = True, ""
        while page:
            with self.store.reading() as conn:
                found = chores.quiet_page(conn, connection, after)
            yield from found
            page, after = bool(found), found[-1] if found else ""

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

    def unverified_bytes(self, connection: str) -> int:
        """How many bytes they take; see ``Delivery.stored_bytes``."""
        with self.store.reading() as conn:
            return views.unverified_bytes(conn, connection)

    def _is_worth_claiming(self, connections: Sequence[str], chores_of: Sequence[str]) -> bool:
        """On SQLite, look before taking the write lock: idle workers then keep nobody waiting."""
        if not connections and not chores_of:
            return False
        if self.store.is_postgresql:
            return True
        with self.store.reading() as conn:
            return due.is_any_due(conn, connections, chores_of, self.store.now(conn))


def _keep_turns(conn: Connection, outcomes: Sequence[Finished], now: datetime) -> None:
    """Note what waits for its turn, and what does so no more, as far as the turns' snapshots tell of any."""
    unbegun = {one.claim.key: one.unbegun for one in outcomes if one.unbegun}
    braked = {one.claim.key: one.braked for one in outcomes if one.braked}
    if new := {key[0] for key in (*unbegun, *braked)}:
        # The chore's row is locked before those of the queues, here as elsewhere.
        for connection in sorted(new):
            rows.schedule(conn, (connection, PACE), now, now)
    adopted = [one for one in outcomes if (one.claim.snapshot or {}).get(ADOPTED) and not one.unbegun]
    goes_on = [one.claim.key for one in adopted if (one.snapshot or {}).get(ADOPTED)]
    over = [one.claim.key for one in adopted if not (one.snapshot or {}).get(ADOPTED)]
    if unbegun or adopted:
        adoption.keep(conn, unbegun, over, goes_on)
    waited = [one.claim.key for one in outcomes if (one.claim.snapshot or {}).get(BRAKED) and not one.braked]
    if braked or waited:
        brake.keep(conn, braked, waited, now)


def _judge(outcomes: Sequence[Outcome], held: dict[Key, AnyRow]) -> tuple[list[bool], list[Outcome]]:
    """Which outcomes count: those whose claim still holds, each claim once."""
    seen: set[Key] = set()
    results = []
    for outcome in outcomes:
        results.append(rows.holds(held.get(outcome.claim.key), outcome.claim) and outcome.claim.key not in seen)
        seen.add(outcome.claim.key)
    return results, [outcome for outcome, is_valid in zip(outcomes, results, strict=True) if is_valid]


def _was_kept(conn: Connection, outcome: Outcome) -> bool:
    """Whether an earlier attempt to finish a claim was committed, though its holder was not told.

    The row then stands as only that holder can have left it, or is gone as it was to be; if another has it already, the
    journal tells of the effect.
    """
    row = rows.lock_one(conn, outcome.claim.key)
    if row is not None and row.fence == outcome.claim.fence:
        return row.owner is None
    if not isinstance(outcome, Finished):
        return False
    return (row is None and outcome.is_gone) or (outcome.effect is not None and is_done(conn, outcome.effect))


def _enter(
    ledger: _Ledger, outcome: Outcome, row: AnyRow, left: set[int], rests_until: datetime | None, now: datetime
) -> None:
    """Enter what one valid outcome leaves behind. ``left``: ids of the mail that is undone now."""
    if isinstance(outcome, LetGo):
        ledger.given_back.append(outcome.claim)
        return
    ledger.audit += [(outcome.claim.key, event) for event in outcome.audit]
    if isinstance(outcome, Failed):
        ledger.updates.append(_after_failure(outcome, row, left, rests_until, now))
        return
    ledger.changes += [(outcome.claim.key, change) for change in outcome.changes]
    ledger.ended += outcome.ended
    if outcome.unwatched:
        ledger.unwatched[outcome.claim.key] = outcome.unwatched
    rests = rests_until is not None and rests_until > now
    if outcome.is_gone and not left and row.ring_at is None and not rests:
        ledger.gone.append(outcome.claim.key)
        return
    # What is gone and rests is kept until then: else each further mail would have it looked at anew, and at once.
    by_mail = max(now, rests_until or now) if left or (outcome.is_gone and rests) else None
    wake_at = _earliest(outcome.wake_at, row.ring_at, by_mail)
    lane = Lane.LOOKS
    if wake_at is not None and wake_at == by_mail:
        lane = Lane.WEBHOOKS
    elif wake_at is not None and outcome.due_at is not None and wake_at >= outcome.due_at:
        lane = Lane.DUE
    ledger.updates.append(
        Release(outcome.claim.key, wake_at, outcome.due_at, outcome.snapshot, lane=lane, rests_until=rests_until)
    )


_CHANGES = frozenset({Source.WEBHOOK, Source.POLL})


def _after_failure(
    outcome: Failed, row: AnyRow, left: set[int], rests_until: datetime | None, now: datetime
) -> Release:
    """The row after a failed turn. Mail that the turn did not know of wakes it at once, dead or not; unless more waited
    than it was given.
    """
    has_news = bool(left - {mail.id for mail in outcome.claim.mail}) and not outcome.claim.has_more_mail
    by_mail = max(now, rests_until or now) if has_news else None
    wake_at = _earliest(outcome.retry_at, row.ring_at, by_mail)
    return Release(
        outcome.claim.key,
        wake_at,
        row.due_at,
        outcome.snapshot,
        attempts=row.attempts + 1,
        failing_since=(row.failing_since or now) if outcome.ages else None,
        error=outcome.error,
        is_dead=outcome.retry_at is None,
        held_by=outcome.held_by,
        lane=Lane.WEBHOOKS if has_news else Lane.LOOKS,
        rests_until=rests_until,
    )


def _earliest(*moments: datetime | None) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)


def _claim(row: AnyRow, waiting: tuple[Mail, ...], now: datetime) -> Claim:
    most = mail.at_once(row.ticket)
    has_more = row.ticket.startswith(CHORE) and len(waiting) > most
    return Claim(
        connection=row.connection,
        ticket=row.ticket,
        fence=row.fence + 1,
        attempts=row.attempts,
        failing_since=row.failing_since,
        snapshot=row.snapshot,
        mail=waiting[:most] if has_more else waiting,
        wake_at=row.wake_at,
        is_parked=row.is_dead,
        held_by=row.held_by,
        due_at=row.due_at,
        has_more_mail=has_more,
        lane=due.lane_of(row, now),
    )
