"""Which part answers which operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from connector.web.api.access import ApiCaller
from connector.web.api.desk import DeskAnswers
from connector.web.api.openapi import document
from connector.web.api.parts import ApiParts
from connector.web.api.tickets import TicketAnswers
from connector.web.api.trail import TrailAnswers
from connector.web.console.parts import ConsoleParts
from connector.web.console.ticket.reading import TicketLooks
from connector.web.deps import Deps

Handler = Callable[[ApiCaller | None, Mapping[str, Any]], Any]
"""Makes the answer of an operation for who asks, of the values of its parameters. Raises HttpProblem."""


def handlers_of(deps: Deps, parts: ConsoleParts, own: ApiParts, looks: TicketLooks) -> Mapping[str, Handler]:
    """The handlers by the ids of their operations."""
    tickets, trail, desk = TicketAnswers(deps, parts, looks), TrailAnswers(deps, parts), DeskAnswers(deps, parts, own)
    return {
        "readDocument": lambda _caller, _asked: document(),
        "listTickets": tickets.page,
        "readTicket": tickets.one,
        "listEscalations": trail.escalations,
        "listOverrides": trail.overrides,
        "listAuditEntries": trail.entries,
        "readAuditHead": trail.head,
        "readReport": desk.report,
        "listBrakes": desk.brakes,
        "holdBrake": desk.hold,
        "releaseBrake": desk.release,
        "listDeadLetters": desk.letters,
        "replayDeadLetter": desk.replay,
    }
