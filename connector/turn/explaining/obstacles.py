"""What keeps a ticket from going on, for ``explain``: by name, since when, how often, and what is to be done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from connector import logs
from connector.store.database.engine import Store
from connector.store.mailbox import Mailbox
from connector.store.records import TicketRow
from connector.store.troubles import ReasonCode, Trouble, TroubleKind, Troubles, in_runbook
from connector.wording import in_utc

KEEPS_ALL = frozenset({TroubleKind.CONNECTION_DOWN, TroubleKind.HOME_UNRESOLVED, TroubleKind.NOTES_STOPPED})
"""Troubles that a ticket has with its whole connection."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that stands in a ticket's way. ``why``: the last error, as it was answered; ``count``: how often it was
    met, ``by``: by this ticket alone, or by all of its connection. ``next_try_at``: None while it waits for others.
    """

    code: str
    cause: str
    why: str
    since: datetime | None
    count: int
    by: str
    next_try_at: datetime | None
    is_parked: bool
    runbook: str


def obstacles(store: Store, connection: str, ticket: str) -> list[Obstacle]:
    """What stands in the way of a ticket now. Raises StoreUnavailable."""
    row = Mailbox(store).ticket(connection, ticket)
    held_by = row.held_by if row else None
    met = [one for one in Troubles(store).all(connection) if one.name == held_by or one.kind in KEEPS_ALL]
    found = [_of_trouble(one, row if one.name == held_by else None) for one in met]
    if row is not None and row.is_dead and not any(one.is_parked for one in found):
        code, error = ReasonCode.DEAD_LETTERS.value, logs.masked(row.error or "")
        tries = (row.failing_since, row.attempts, "this ticket", row.wake_at)
        found.append(Obstacle(code, "it was given up on", error, *tries, is_parked=True, runbook=in_runbook(code)))
    return found


def _of_trouble(trouble: Trouble, row: TicketRow | None) -> Obstacle:
    why = logs.masked((row.error if row else None) or str(trouble.detail.get("why", "")))
    return Obstacle(
        trouble.kind.code,
        trouble.cause,
        why,
        trouble.since,
        trouble.count,
        "all of its connection",
        row.wake_at if row else None,
        is_parked=bool(row and row.is_dead),
        runbook=in_runbook(trouble.kind.code),
    )


def lines_of(obstacle: Obstacle, connection: str, ticket: str) -> list[str]:
    """An obstacle in plain words."""
    lines = [f"In the way ({obstacle.code}): {obstacle.cause}"]
    if obstacle.why and obstacle.why != obstacle.cause:
        lines.append(f"  Last answer: {obstacle.why}")
    if obstacle.since is not None:
        times = "once" if obstacle.count == 1 else f"{obstacle.count} times"
        lines.append(f"  Since {in_utc(obstacle.since)}; met {times} by {obstacle.by}.")
    replay = f"escalator dead-letters replay {connection} {ticket}"
    if obstacle.is_parked:
        again = f" (looked at again at {in_utc(obstacle.next_try_at)})" if obstacle.next_try_at else ""
        lines.append(f"  Parked: not tried by itself any more{again}. Once it is mended: {replay}")
    elif obstacle.next_try_at is not None:
        lines.append(f"  Tried again by itself at {in_utc(obstacle.next_try_at)}.")
    return [*lines, f"  What to do: {obstacle.runbook}"]
