"""Which tickets are part of which: RT answers for a merged ticket with the one that it is part of now.

An answer for another ticket looks just like that. So it is believed only where a second answer says the same: the
history of the ticket that was asked for holds both, and of one that stands in another's history RT itself answers with
that other. What is proven once stays so: RT takes no merge back.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

from adapters.payloads import label
from adapters.request_tracker.client import RtClient
from adapters.request_tracker.mapping import record_id
from adapters.request_tracker.transactions import SHOW_TICKET, Transaction, read_transactions
from connector.errors import PayloadError
from connector.model import TicketId


class Merges:
    """The merges of one RT, as far as they were met. Safe to use from several threads."""

    def __init__(self, client: RtClient) -> None:
        self._client = client
        self._known: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def prove(self, asked: TicketId, found: str) -> None:
        """Raises PayloadError unless the ticket that was ``asked`` for is part of the one that was ``found``."""
        if self._is_known(asked, found):
            return
        told = {row.ticket for row in read_transactions(self._client, asked)}
        if not told >= {asked, found}:
            raise PayloadError(f"{label(asked)}: id", f"it is of another ticket than {label(asked)}")
        self._keep(asked, found)

    def check(self, ticket_id: TicketId, rows: Iterable[Transaction]) -> None:
        """Raises PayloadError where a transaction is of a ticket that is no part of that one."""
        for other in {row.ticket for row in rows} - {ticket_id}:
            if self._is_known(other, ticket_id):
                continue
            what = f"see whether ticket {other} is part of {label(ticket_id)}"
            data = self._client.get(f"ticket/{other}", what, SHOW_TICKET, {"fields": "id"})
            found = record_id(data.get("id"), what) if isinstance(data, dict) else ""
            if found != ticket_id:
                path = f"{label(ticket_id)}: history: ObjectId"
                raise PayloadError(path, f"it is of another ticket than {label(ticket_id)}")
            self._keep(other, ticket_id)

    def _is_known(self, merged: str, into: str) -> bool:
        with self._lock:
            return (merged, into) in self._known

    def _keep(self, merged: str, into: str) -> None:
        with self._lock:
            self._known.add((merged, into))
