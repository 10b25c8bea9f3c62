"""The audit trail of a ticket: who changed it and when, which nothing else of the site tells. Asked only when wanted.

How the site words its entries is not documented. Of those in the one form that is known the change is understood; of
all others who acted, and when. Nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapters.connectwise.client import PAGE_SIZE, ConnectWiseClient
from adapters.payloads import Json, checked, label, moment, objects_of, text
from connector.model import Aspect, Doer, TicketId, Trace

TRAIL_READ = "Service Desk > Service Tickets (Inquire)"
_PATH = "system/audittrail"
_MOST_PAGES = 10

_FIELDS = {
    "board": Aspect.PLACE,
    "service board": Aspect.PLACE,
    "team": Aspect.PLACE,
    "service team": Aspect.PLACE,
    "owner": Aspect.OWNER,
    "ticket owner": Aspect.OWNER,
    "status": Aspect.STATUS,
    "service status": Aspect.STATUS,
    "priority": Aspect.PRIORITY,
}
_NOTHING = frozenset({"", "(none)", "(empty)", "(blank)"})
_CHANGED = re.compile(
    r"(?:the )?([a-z]{4,10}(?: [a-z]{4,10})?) (?:has been|was) (?:updated|changed) "
    r"from (?P<one>[\"'])([^\"]{0,200})(?P=one) to (?P=one)([^\"]{0,200})(?P=one)\.?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class TrailEntry:
    """What somebody did to a ticket. ``by``: an identifier or a name, as the site has it.

    ``what`` changed from the name ``old`` to the name ``new``: None where the entry tells of something else, or not in
    words that are known.
    """

    at: datetime
    by: str
    what: Aspect | None = None
    old: str = ""
    new: str = ""


def read_trail(client: ConnectWiseClient, ticket_id: TicketId) -> list[TrailEntry]:
    """What was done to a ticket, oldest first: one call, for very many entries more."""
    entries = (_entry(row, f"{label(ticket_id)}: audit trail") for row in _rows(client, checked(ticket_id)))
    return sorted(entries, key=lambda entry: entry.at)


def traces(
    entries: Iterable[TrailEntry], since: datetime, doer: Callable[[str], tuple[str, Doer]]
) -> tuple[Trace, ...]:
    """Those of the entries that tell of a change from that moment on. A value that was taken off has no name.

    ``doer``: the full name of who is named, and of which kind they are.
    """
    return tuple(
        Trace(entry.at, entry.what, _name(entry.new), *doer(entry.by), old=_name(entry.old))
        for entry in entries
        if entry.what is not None and entry.at >= since
    )


def _name(value: str) -> str:
    return "" if value in _NOTHING else value


def _rows(client: ConnectWiseClient, ticket_id: TicketId) -> Iterator[dict[str, Any]]:
    """The trail knows pages by their numbers alone."""
    what = f"read the audit trail of {label(ticket_id)}"
    for page in range(1, _MOST_PAGES + 1):
        params = {"type": "Ticket", "id": ticket_id, "pageSize": str(PAGE_SIZE), "page": str(page)}
        rows = objects_of(client.get(_PATH, what, TRAIL_READ, params), what)
        yield from rows
        if len(rows) < PAGE_SIZE:
            return


def _entry(row: Json, path: str) -> TrailEntry:
    at, by = moment(row.get("enteredDate"), f"{path}: enteredDate"), text(row.get("enteredBy"))
    told = _CHANGED.fullmatch(text(row.get("text")).strip())
    what = _FIELDS.get(told[1].lower()) if told else None
    return TrailEntry(at, by) if told is None or what is None else TrailEntry(at, by, what, told[3], told[4])
