"""Tickets as programs see them: the rows of the board, and one ticket with why it stands so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connector.connection.due_next import as_seen, document_of, modes_by_tier
from connector.store import audit
from connector.store.database.tables import from_micros, to_micros
from connector.store.mailbox import Mailbox
from connector.store.queries.board import Board, Chosen, ClockGroup, Cursor, cursor_at
from connector.store.records import CHORE, TicketRow
from connector.turn.explaining.document import explained
from connector.turn.explaining.obstacles import obstacles
from connector.web.api.access import ApiCaller
from connector.web.api.parameters import cursor_text, no_cursor, require_known
from connector.web.console.now.asked import NOBODY
from connector.web.console.parts import ConsoleParts
from connector.web.console.rows import last_tiers
from connector.web.console.ticket.reading import TicketLooks
from connector.web.deps import Deps
from connector.web.problems import HttpProblem

_KIND = "tickets"


class TicketAnswers:
    """Answers what is asked of tickets. Raises HttpProblem, StoreUnavailable."""

    def __init__(self, deps: Deps, parts: ConsoleParts, looks: TicketLooks) -> None:
        self._store = deps.mailbox.store
        self._mailbox = Mailbox(self._store)
        self._board = Board(self._store)
        self._parts = parts
        self._looks = looks
        self._modes = {name: modes_by_tier(parts.policy, modes) for name, modes in parts.modes.items()}
        self._tiers = {tier.name for ladder in parts.policy.every_ladder for tier in ladder.tiers}

    def page(self, _: ApiCaller | None, asked: Mapping[str, Any]) -> dict[str, Any]:
        """A page of the open tickets."""
        group, limit = ClockGroup(asked["state"] or ClockGroup.ALL), asked["limit"]
        after = None if asked["cursor"] is None else _cursor(asked["cursor"])
        rows = self._board.page(self._chosen(asked), group, self._store.now(), limit + 1, after)
        has_more, rows = len(rows) > limit, rows[:limit]
        now = self._store.now()
        return {
            "items": [self._told(row, now) for row in rows],
            "has_more": has_more,
            "next": _text(cursor_at(group, rows[-1])) if has_more else None,
        }

    def one(self, _: ApiCaller | None, asked: Mapping[str, Any]) -> dict[str, Any]:
        """One ticket, with its explanation."""
        connection, ticket = asked["connection"], asked["ticket"]
        is_ours = connection in self._parts.modes and not ticket.startswith(CHORE)
        row = self._mailbox.ticket(connection, ticket) if is_ours else None
        if row is None and not (is_ours and self._is_told_of(connection, ticket)):
            raise HttpProblem(404, "ticket_not_known", "This ticket is not known here", _NOT_KNOWN)
        look = self._looks.at(connection, ticket)
        return {
            "row": None if row is None else self._told(row, self._store.now()),
            "explanation": explained(connection, ticket, look.account, obstacles(self._store, connection, ticket)),
            "why_not": look.why_not or None,
        }

    def _is_told_of(self, connection: str, ticket: str) -> bool:
        """Whether the audit trail tells of a ticket that is not open any more."""
        return bool(audit.latest(self._store, connection, ticket, 1))

    def _told(self, row: TicketRow, now: datetime) -> dict[str, Any]:
        return document_of(as_seen(row, self._parts.policy, self._modes[row.connection], now))

    def _chosen(self, asked: Mapping[str, Any]) -> Chosen:
        require_known("connection", asked["connection"], sorted(self._parts.modes))
        require_known("tier", asked["tier"], sorted(self._tiers))
        holder = asked["holder"] or ""
        is_nobody = holder.lower() == NOBODY
        return Chosen(
            [asked["connection"]] if asked["connection"] else sorted(self._parts.modes),
            last_tiers(self._parts.policy),
            asked["tier"] or "",
            asked["client"] or "",
            "" if is_nobody else holder,
            is_nobody,
        )


_NOT_KNOWN = "Either it stands at a place that is no tier's, or it was closed before the connector kept anything of it."


def _text(cursor: Cursor) -> str:
    moment = None if cursor.deadline is None else to_micros(cursor.deadline)
    return cursor_text(_KIND, moment, cursor.connection, cursor.ticket)


def _cursor(parts: list[Any]) -> Cursor:
    match parts:
        case [kind, None, str(connection), str(ticket)] if kind == _KIND:
            return Cursor(None, connection, ticket)
        case [kind, int(moment), str(connection), str(ticket)] if kind == _KIND:
            try:
                return Cursor(from_micros(moment), connection, ticket)
            except OverflowError:
                raise no_cursor() from None
    raise no_cursor()
