"""Forgets what is kept no longer, in short transactions: for the whole database at once, whichever connection's chore
comes first. Before that it says in the log where the audit trail ends, signed: once an hour what was done until then is
anchored outside the database.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from connector.store.chain.cutting import cut
from connector.store.chain.signatures import signed_head
from connector.store.database.engine import Store
from connector.store.database.errors import StoreError, StoreUnavailable
from connector.store.heartbeats import prune_beats
from connector.store.journal import Journal
from connector.store.mailbox import Mailbox
from connector.store.pace.brake import Brakes

KEEP_MAIL = timedelta(days=7)
"""For how long done mail is kept: a delivery that comes again within that is a duplicate."""

KEEP_BEATS = timedelta(hours=24)
"""For how long the last sign of life of a worker that is gone is kept."""

EVERY = timedelta(hours=1)
SOON = timedelta(minutes=1)
"""When more is left than fits one time."""

LEASE = timedelta(minutes=10)
"""Who has not ended it after that is taken for dead. A second one then does no harm."""

MOST_FORGOTTEN = 50_000
"""So many old rows are deleted one time: the chore keeps neither its thread nor the database for longer than that."""

log = structlog.get_logger("connector.audit")


def keep_house(mailbox: Mailbox, now: datetime, keeps_for: timedelta) -> datetime:
    """Log the head and forget what is old, unless another connection's chore did within the hour, or does now; when
    to come again.

    Raises StoreUnavailable.
    """
    if not mailbox.begin_housekeeping(LEASE, EVERY):
        return mailbox.housekeeping_until() or now + EVERY
    _tell_head(mailbox.store)
    next_at = now + (EVERY if forget_old(mailbox, now, keeps_for) else SOON)
    mailbox.end_housekeeping(next_at)
    return next_at


def _tell_head(store: Store) -> None:
    try:
        log.info("audit head", head=signed_head(store).text)  # names connections, no ticket
    except StoreUnavailable:
        raise
    except StoreError as error:
        log.error("audit head cannot be told", error=str(error))  # noqa: TRY400  where it was raised says nothing


def forget_old(mailbox: Mailbox, now: datetime, keeps_for: timedelta) -> bool:
    """Forget done mail, workers that are gone, old places at the brake, and the history older than ``keeps_for``.

    False where more of the history is left than fits one time, as after years of a version that kept everything.
    Raises StoreUnavailable.
    """
    store, before, left = mailbox.store, now - keeps_for, MOST_FORGOTTEN
    mailbox.prune(now - KEEP_MAIL)
    prune_beats(store, now - KEEP_BEATS)
    Brakes(store).prune()
    # The trail first: tickets are forgotten of which it tells nothing any more.
    while gone := cut(store, before):
        left -= gone
        if left <= 0:
            return False
    return Journal(store).forget(before, left)
