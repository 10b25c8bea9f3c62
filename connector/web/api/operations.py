"""What the API offers: each operation's path, parameters, scope and answer. Of this routes and document are made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from connector.store.queries.board import ClockGroup
from connector.web.api.parameters import Parameter, choice, cursor, number, text
from connector.web.api.scopes import ApiScope

BASE = "/api/v1"
MOST, USUAL = 200, 50
"""So many items a page of a list has at most, and where nothing is said."""

_LIMIT = number("limit", "How many items at most.", 1, MOST, USUAL)
_CURSOR = cursor()
_PAGED = (_LIMIT, _CURSOR)
_OF_CONNECTION = text("connection", "Only of this connected ticket system.")
_CONNECTION = text("connection", "The connected ticket system, as `escalator tickets` names it.", is_in_path=True)
_TICKET = text("ticket", "The ticket's number there.", is_in_path=True, most=200)

STATES = tuple(group.value for group in ClockGroup)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. ``path``: below ``BASE``; ``answer``: the name of its schema; ``scope``: None for anybody.

    ``has_etag``: whether an answer that is the same as before is told by 304.
    """

    id: str
    path: str
    words: str
    answer: str
    scope: ApiScope | None = ApiScope.READ
    parameters: tuple[Parameter, ...] = ()
    method: str = "GET"
    has_etag: bool = True
    refusals: dict[int, str] = field(default_factory=dict)

    @property
    def rule(self) -> str:
        """Its path as the routes have it: a ticket's number may hold a slash."""
        return BASE + self.path.replace("{connection}", "<connection>").replace("{ticket}", "<path:ticket>")


_SINCE = text("since", "From when on: so many days back, `7d`, or a day, `2026-11-02`; from midnight.", default="7d")
_NOT_CONNECTED = {404: "Nothing of that name is configured here, or known."}

OPERATIONS = (
    Operation("readDocument", "/openapi.json", "This document.", "OpenApi", scope=None),
    Operation(
        "listTickets",
        "/tickets",
        "The watched tickets with their clocks, what is due next on top, those without a deadline last. "
        "The rows of `escalator tickets --json`, and of the page *Now*: what the last look at each found, with the "
        "minutes that have counted since.",
        "TicketPage",
        parameters=(
            *_PAGED,
            _OF_CONNECTION,
            text("tier", "Only of the tier of this name."),
            text("client", "Only of clients whose name contains this."),
            text("holder", "Only of holders whose name contains this; `nobody`: those that nobody holds."),
            choice(
                "state", "Only in this state, as *Now* groups them; `ahead`: whose deadline is still to come.", STATES
            ),
        ),
        refusals=_NOT_CONNECTED,
    ),
    Operation(
        "readTicket",
        "/tickets/{connection}/{ticket}",
        "One ticket, and why it stands as it does: what `escalator explain --json` answers, in its words. For that "
        "the ticket is read from its ticket system, once in some seconds however many ask; where that does not "
        "answer, `explanation` tells what stands in its way alone, and `why_not` why.",
        "Ticket",
        parameters=(_CONNECTION, _TICKET),
        refusals={404: "This ticket is not known here."},
    ),
    Operation(
        "listEscalations",
        "/escalations",
        "What went up, or would have where nothing is moved, the newest first: each as it was when it was due.",
        "EscalationPage",
        parameters=(*_PAGED, _OF_CONNECTION, _SINCE),
        refusals=_NOT_CONNECTED,
    ),
    Operation(
        "listOverrides",
        "/overrides",
        "The overrides that were given, and those that were refused, the newest first.",
        "OverridePage",
        parameters=(*_PAGED, _OF_CONNECTION, _SINCE),
        refusals=_NOT_CONNECTED,
    ),
    Operation(
        "readReport",
        "/report",
        "What happened since a day, or would have, in figures: what `escalator report --json` answers. It is made once "
        "in a minute, over 92 days at most.",
        "Report",
        parameters=(_SINCE,),
        has_etag=False,
    ),
    Operation("listBrakes", "/brake", "What waits on each connection, and until when.", "Brakes"),
    Operation(
        "holdBrake",
        "/brake/{connection}/hold",
        "Have nothing go up by time on a connection until it is released; commands and critical priorities pass.",
        "Brake",
        ApiScope.SET_BRAKE,
        (_CONNECTION,),
        "POST",
        has_etag=False,
        refusals=_NOT_CONNECTED,
    ),
    Operation(
        "releaseBrake",
        "/brake/{connection}/release",
        "Let what is held go up at once, and begin the count anew.",
        "Brake",
        ApiScope.SET_BRAKE,
        (_CONNECTION,),
        "POST",
        has_etag=False,
        refusals=_NOT_CONNECTED,
    ),
    Operation(
        "listDeadLetters",
        "/dead-letters",
        "What was given up on, by connection and ticket.",
        "DeadLetterPage",
        parameters=(*_PAGED, _OF_CONNECTION),
        refusals=_NOT_CONNECTED,
    ),
    Operation(
        "replayDeadLetter",
        "/dead-letters/{connection}/{ticket}/replay",
        "Have a dead letter tried again, at once and from the first attempt.",
        "Replayed",
        ApiScope.REPLAY,
        (_CONNECTION, _TICKET),
        "POST",
        has_etag=False,
        refusals={**_NOT_CONNECTED, 409: "It is no dead letter, or none any more."},
    ),
    Operation(
        "listAuditEntries",
        "/audit",
        "The audit trail, chain after chain, as `escalator export` prints it, with the hashes that prove it. `next` is "
        "there always: kept, it goes on later with what was appended meanwhile, and leaves nothing out. Where entries "
        "were cut, one with the event `checkpoint` stands for them.",
        "AuditPage",
        ApiScope.READ_AUDIT,
        (
            *_PAGED,
            text("connection", "Only of this connection's chain, and of the closed one."),
            text("ticket", "Only of this ticket of the connection.", most=200),
        ),
    ),
    Operation(
        "readAuditHead",
        "/audit/head",
        "Where the trail ends now, over all its chains and signed: what `escalator audit head --json` answers. Kept "
        "elsewhere, `escalator audit verify --expect HEAD` takes it.",
        "AuditHead",
        ApiScope.READ_AUDIT,
        has_etag=False,
    ),
)
"""All of them."""


def operations() -> Iterator[Operation]:
    """All of them, what has no name in its path first: so ``head`` is no ticket."""
    yield from sorted(OPERATIONS, key=lambda one: one.path.count("{"))
