"""The daily sweep: goes through all open tickets, in the last lane, for what nothing else would find any more.

A ticket that was thought gone and is there again, one whose every hint got lost, one that changed without a new date of
its last update, and one that was closed unseen: a list tells of each of them, and each gets a look, one after the
other. A ticket that is known as the list tells of it costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice

import structlog

from connector.model import ListedTicket
from connector.rules.listing import is_over
from connector.store.connections import Connections
from connector.store.mailbox import Mailbox
from connector.turn.look import TicketReader
from connector.worker.listing import PAGE, was_read

SWEEP_EVERY = timedelta(hours=24)

APART = timedelta(seconds=10)
"""So far apart are the looks that a sweep finds due: nobody waits for them."""

MOST_LOOKS = int(SWEEP_EVERY / APART)
"""So many are taken up by one sweep; what is left, the next one finds."""

POLLED_BY_THEN = timedelta(minutes=15)
"""What changed later than that is left to webhooks and poll."""

SWEEPS_AT = "sweeps_at"
"""Remembered of a connection: when all open tickets are to be gone through again."""

log = structlog.get_logger("connector.sweep")


class Sweep:
    """Sweeps one connection. Raises what its lists raise, and StoreUnavailable."""

    def __init__(
        self, reader: TicketReader, mailbox: Mailbox, connections: Connections, now: Callable[[], datetime]
    ) -> None:
        self.reader = reader
        self.mailbox = mailbox
        self.connections = connections
        self.now = now
        self.id = reader.connection.id

    def run(self) -> datetime:
        """Sweep where it is time to; says when it is again. The first time comes a day after the first start."""
        now = self.now()
        kept = self.connections.get(self.id).state.get(SWEEPS_AT)
        if kept is not None:
            sweeps_at = min(datetime.fromisoformat(kept), now + SWEEP_EVERY)
            if now < sweeps_at:
                return sweeps_at
            self._sweep(now)
        sweeps_at = now + SWEEP_EVERY
        self.connections.update_state(self.id, {SWEEPS_AT: sweeps_at.isoformat()})
        return sweeps_at

    def _sweep(self, now: datetime) -> None:
        homes = self.reader.homes.current()
        looks: list[str] = []
        listed: set[str] = set()
        left = self.reader.system.tickets.open_tickets(homes.every_place)
        while page := list(islice(left, PAGE)):
            listed.update(str(one.id) for one in page)
            looks += self._to_look_at(page, now)
        if not homes.every_problem:
            # What waits for nothing and is in no list was closed, or taken elsewhere, and nobody was told.
            looks += [ticket for ticket in self.mailbox.quiet(self.id) if ticket not in listed]
        chosen = looks[:MOST_LOOKS]
        self.mailbox.schedule_all(self.id, {ticket: now + n * APART for n, ticket in enumerate(chosen)})
        if chosen:
            log.info("open tickets swept", connection=self.id, looks=len(chosen), left=len(looks) - len(chosen))

    def _to_look_at(self, page: Sequence[ListedTicket], now: datetime) -> list[str]:
        """Those that are not known as the list tells of them."""
        snapshots = self.mailbox.snapshots(self.id, [str(one.id) for one in page])
        return [str(one.id) for one in page if self._is_unknown(one, snapshots.get(str(one.id)), now)]

    def _is_unknown(self, one: ListedTicket, snapshot: Mapping[str, object] | None, now: datetime) -> bool:
        if snapshot is None:
            # What is over, or no ticket of the desk, has no row.
            return one.is_escalatable and not is_over(one, self.reader.policies.present)
        if one.place is not None and str(one.place) != snapshot.get("place"):
            return True
        if one.status is not None and one.status.name != snapshot.get("status"):
            return True
        return one.updated_at < now - POLLED_BY_THEN and not was_read(one, snapshot)
