"""What is due next, as people see it: each watched ticket with its clock as it stands now.

From the database alone: what stands there is what the ticket's last turn found, and used minutes have gone on since.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from connector.policy.modes import Modes
from connector.policy.policy import Policy
from connector.rules.limits import Verdict
from connector.store.queries.open_tickets import OpenTickets, Wanted
from connector.store.records import TicketRow

FAILING, PARKED, UNREAD = "failing", "parked", "not read yet"
"""What stands in the way of a ticket's turn, in place of how its clock stands."""

_GOES_ON = frozenset({Verdict.RUNNING, Verdict.OVERRIDDEN, Verdict.DUE_AT_OPENING, Verdict.DEFERRED, Verdict.BREACHED})
"""How a ticket stands whose working minutes have gone on since it was read."""


@dataclass(frozen=True, slots=True)
class DueTicket:
    """A ticket and its clock. ``used_minutes``: of ``limit_minutes``, working minutes up to now; None where no stage is
    owed. ``calendar``: the name of the one that counts; ``mode``: what is done to what its tier holds.
    """

    system: str
    ticket: str
    summary: str
    client: str
    tier: str
    holder: str
    stage: str
    used_minutes: float | None
    limit_minutes: float | None
    due_at: datetime | None
    state: str
    why: str
    mode: str
    read_at: datetime | None
    link: str
    calendar: str


FIELDS = tuple(field.name for field in fields(DueTicket))


def document_of(one: DueTicket) -> dict[str, Any]:
    """It as a document for programs, moments in ISO 8601."""
    found = {name: getattr(one, name) for name in FIELDS}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in found.items()}


def due_tickets(
    open_tickets: OpenTickets, policy: Policy, modes: Mapping[str, Modes], wanted: Wanted, now: datetime
) -> Iterator[DueTicket]:
    """The tickets of these connections, what is due next on top, whatever connection it is of; what is not, last."""
    of_tiers = {name: modes_by_tier(policy, one) for name, one in modes.items()}
    each = [open_tickets.next_due(name, wanted) for name in modes]
    for row in heapq.merge(*each, key=_deadline):
        yield as_seen(row, policy, of_tiers[row.connection], now)


def modes_by_tier(policy: Policy, modes: Modes) -> dict[str, str]:
    """The mode of the tiers of a name; of those on several ladders that are not in one mode, each."""
    found: dict[str, dict[str, None]] = {}
    for ladder in policy.every_ladder:
        for tier in ladder.tiers:
            found.setdefault(tier.name, {})[modes.at(tier)] = None
    return {name: "/".join(every) for name, every in found.items()}


def _deadline(row: TicketRow) -> tuple[bool, datetime, str, str]:
    due_at = _moment((row.snapshot or {}).get("due_at"))
    return due_at is None, due_at or datetime.max.replace(tzinfo=UTC), row.connection, row.ticket


def as_seen(row: TicketRow, policy: Policy, modes: Mapping[str, str], now: datetime) -> DueTicket:
    """A ticket as its row tells of it at a moment. ``modes``: of the tiers of its connection, by their names."""
    kept: Mapping[str, Any] = row.snapshot or {}
    state, why = _state(row, kept)
    tier = kept.get("tier") or ""
    return DueTicket(
        system=row.connection,
        ticket=row.ticket,
        summary=kept.get("summary") or "",
        client=kept.get("client") or "",
        tier=tier,
        holder=kept.get("holder") or kept.get("owner") or "",
        stage=kept.get("stage") or "",
        used_minutes=_used(kept, policy, now),
        limit_minutes=kept.get("limit_minutes"),
        due_at=_moment(kept.get("due_at")),
        state=state,
        why=why,
        mode=modes.get(tier, ""),
        read_at=_moment(kept.get("read_at")),
        link=kept.get("link") or "",
        calendar=kept.get("calendar") or "",
    )


def _state(row: TicketRow, kept: Mapping[str, Any]) -> tuple[str, str]:
    """How it stands, and why; of a clock that runs the figures beside it tell that."""
    if row.is_dead:
        return PARKED, row.error or ""
    if row.attempts:
        return FAILING, row.error or ""
    if not kept:
        return UNREAD, ""
    verdict = str(kept.get("verdict"))
    return verdict, "" if verdict == Verdict.RUNNING else str(kept.get("why") or "")


def _used(kept: Mapping[str, Any], policy: Policy, now: datetime) -> float | None:
    used, read_at = kept.get("used_minutes"), _moment(kept.get("read_at"))
    calendar = policy.calendars.get(str(kept.get("calendar")))
    if used is None or read_at is None or calendar is None or kept.get("verdict") not in _GOES_ON or read_at >= now:
        return used
    return round(float(used) + calendar.between(read_at, now), 2)


def _moment(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None
