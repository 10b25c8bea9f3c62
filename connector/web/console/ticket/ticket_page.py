"""The page of one ticket: which clock, how much counted, what next; then line by line why, and what was done there.

Where its ticket system gives no answer in time, what the database knows is shown instead, with its age.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import Response, request

from connector.connection.due_next import as_seen, modes_by_tier
from connector.model import Entry, Visibility
from connector.notes.marker import path_of
from connector.rules.limits import Verdict
from connector.store import audit as trail
from connector.store.mailbox import Mailbox
from connector.store.queries.board import Board
from connector.store.records import CHORE, TicketRow
from connector.turn.explaining.account import TicketAccount
from connector.turn.explaining.obstacles import lines_of, obstacles
from connector.turn.handed_in import is_handed_in
from connector.turn.outcomes import snapshot_of
from connector.web.console.forms import see_other
from connector.web.console.frame import Frame
from connector.web.console.gate import Role, require, viewer_of_request
from connector.web.console.parts import ConsoleParts
from connector.web.console.rows import BoardRow, RowMaker, sagas_of, stage_word
from connector.web.console.ticket.acting import KINDS, NOTHING_TYPED, Acting, Typed, acts_for
from connector.web.console.ticket.drawing import ticket_drawing
from connector.web.console.ticket.reading import TicketLooks
from connector.web.console.ticket.said import notes_written, said_lines
from connector.web.console.words import Wall
from connector.web.deps import Deps
from connector.web.problems import HttpProblem

EVERY_SECONDS = 30
"""How often the page is read anew while somebody looks."""

MOST_ENTRIES = 50
"""So many entries of the audit trail are shown, the newest."""

_TOLD = (
    *("what", "verdict", "stage", "reason", "from", "to", "by", "asked_by", "due_at", "minutes", "missing", "why"),
    *("error", "message", "problem"),
)
"""What of an entry's detail is for people, in this order; the rest are identities of ours."""


Entries = Sequence[tuple[datetime, str, Mapping[str, Any]]]
"""Of the audit trail: when, which event, its detail."""

_CALLED = {"missing": "not written down", "verdict": "clock"}


@dataclass(frozen=True, slots=True)
class NextStep:
    """Something that comes by itself, at a moment, unless something else comes first."""

    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Passage:
    """Lines of the explanation under their heading; it has none at the beginning and at the end."""

    heading: str
    lines: Sequence[str]


class TicketPage:
    """Draws it."""

    def __init__(self, deps: Deps, parts: ConsoleParts, frame: Frame, looks: TicketLooks) -> None:
        self._parts = parts
        self._frame = frame
        self._store = deps.mailbox.store
        self._mailbox = Mailbox(self._store)
        self._board = Board(self._store)
        self._looks = looks
        self._acting = Acting(deps, looks)

    def get(self, connection: str, ticket: str) -> Response:
        """The page of a ticket that is known here. Raises HttpProblem 404, StoreUnavailable."""
        return self._drawn(connection, ticket, NOTHING_TYPED)

    def post(self, connection: str, ticket: str, act: str) -> Response:
        """Do what a form asks for. Refused, it is the page again, with what was typed and what is wrong.

        Raises HttpProblem 403, 404, StoreUnavailable.
        """
        viewer = require(Role.TECHNICIAN)
        self._known(connection, ticket)
        refused = self._acting.take(act, connection, ticket, viewer, request.form)
        if refused is not None:
            answer = self._drawn(connection, ticket, refused)
            answer.status_code = refused.status
            return answer
        return see_other(f"{path_of(connection, ticket)}#handed-in")

    def _known(self, connection: str, ticket: str) -> tuple[TicketRow | None, Entries]:
        """A ticket's row and what the audit trail has of it. Raises HttpProblem 404, StoreUnavailable."""
        is_ours = connection in self._parts.modes and not ticket.startswith(CHORE)
        kept = self._mailbox.ticket(connection, ticket) if is_ours else None
        entries = trail.latest(self._store, connection, ticket, MOST_ENTRIES) if is_ours else []
        if kept is None and not entries:
            raise HttpProblem(404, "ticket_not_known", "This ticket is not known here", _NOT_KNOWN)
        return kept, entries

    def _drawn(self, connection: str, ticket: str, typed: Typed) -> Response:
        kept, entries = self._known(connection, ticket)
        wall = self._frame.wall(self._store.now())
        look = self._looks.at(connection, ticket)
        account = look.account
        row = _as_it_is(kept or _unknown(connection, ticket), account)
        shown = self._row(row, wall)
        return self._frame.page(
            "ticket.html",
            "now",
            wall,
            row=shown,
            drawing=ticket_drawing(account, wall) if account else None,
            said=said_lines(account) if account else [],
            notes=notes_written(account) if account else [],
            visible=Visibility.CLIENT,
            is_open=kept is not None,
            record=account.seen.record if account else None,
            account=account,
            why_not=look.why_not,
            acts=acts_for(viewer_of_request(), look),
            typed=typed,
            kinds=KINDS,
            handed_in=unread(account, _turns_look(kept)) if account and kept else [],
            here=path_of(connection, ticket),
            every=EVERY_SECONDS,
            read_at=shown.due.read_at,
            next_steps=next_steps(account, wall) if account else [],
            passages=passages(account.lines) if account else [],
            in_the_way=[lines_of(one, connection, ticket) for one in obstacles(self._store, connection, ticket)],
            entries=[(at, event, told_of(detail, wall)) for at, event, detail in entries],
            is_cut=len(entries) == MOST_ENTRIES,
            stage_word=stage_word,
            escalations=_went_up(account),
        )

    def _row(self, row: TicketRow, wall: Wall) -> BoardRow:
        policy = self._parts.policy
        modes = modes_by_tier(policy, self._parts.modes[row.connection])
        maker = RowMaker(policy, wall, self._board.said(sagas_of([row])))
        return maker.row(row, as_seen(row, policy, modes, wall.now))


_NOT_KNOWN = "Either it stands at a place that is no tier's, or it was closed before the connector kept anything of it."


def _unknown(connection: str, ticket: str) -> TicketRow:
    return TicketRow(connection, ticket, None, None, None, 0, None, is_dead=False, snapshot=None)


def _turns_look(row: TicketRow) -> datetime | None:
    """When the last turn read a ticket."""
    read_at = (row.snapshot or {}).get("read_at")
    return datetime.fromisoformat(read_at) if isinstance(read_at, str) else None


def _as_it_is(row: TicketRow, account: TicketAccount | None) -> TicketRow:
    """A row as a turn would leave it that found the ticket so."""
    if account is None:
        return row
    return replace(row, snapshot={**(row.snapshot or {}), **snapshot_of(account.seen.decision)})


def unread(account: TicketAccount, read_at: datetime | None) -> list[Entry]:
    """What was handed in since a turn read the ticket last."""
    handed_in = (one for one in account.seen.record.entries if is_handed_in(one))
    return [one for one in handed_in if read_at is None or one.at > read_at]


def next_steps(account: TicketAccount, wall: Wall) -> list[NextStep]:
    """What comes by itself, the nearest first."""
    decision, policy = account.seen.decision, account.seen.policy
    clock, tier, moves = decision.clock, decision.tier, account.mode.moves
    steps = []
    if clock is not None and tier is not None and decision.verdict in _GOES_ON and clock.act_at is not None:
        above = policy.next_tier(tier)
        where = f"goes up to {above.name}" if above else "final escalation"
        if not moves:
            where = f"would go up to {above.name}" if above else "a final escalation would be due"
        steps.append(NextStep(clock.act_at, f"{where}, with no {clock.stage.owed} until then"))
        warn_at = clock.warn_at()
        if decision.verdict is Verdict.RUNNING and warn_at is not None and wall.now < warn_at < clock.act_at:
            steps.insert(0, NextStep(warn_at, f"the holder {'is' if account.mode.writes else 'would be'} warned"))
    if account.owed is not None and account.owed.next_reminder_at is not None:
        steps.append(NextStep(account.owed.next_reminder_at, "the next reminder of what is owed"))
    return steps


_GOES_ON = frozenset({Verdict.RUNNING, Verdict.OVERRIDDEN, Verdict.DUE_AT_OPENING, Verdict.DEFERRED})


def passages(lines: Sequence[str]) -> list[Passage]:
    """The explanation in its passages: what stands between empty lines, under the line that ends with a colon."""
    found, block = [], []
    for line in [*lines, ""]:
        if line:
            block.append(line)
        elif block:
            has_heading = block[0].endswith(":") and not block[0].startswith(" ")
            found.append(Passage(block[0][:-1] if has_heading else "", block[1:] if has_heading else block))
            block = []
    return sorted(found, key=lambda one: one.heading != "Clock")  # what is asked for most comes first


def told_of(detail: Mapping[str, Any], wall: Wall) -> str:
    """An entry's detail in a line."""
    said = [
        (_CALLED.get(name, name.replace("_", " ")), _value(name, detail[name], wall))
        for name in _TOLD
        if detail.get(name)
    ]
    return "; ".join(f"{name}: {value}" for name, value in said if value)


def _value(name: str, value: object, wall: Wall) -> str:
    if name.endswith("_at") and isinstance(value, str):
        return wall.at(datetime.fromisoformat(value))
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return f"{value:g}" if isinstance(value, float) else str(value) if isinstance(value, str | int) else ""


def _went_up(account: TicketAccount | None) -> int:
    """How often it went up, or would have."""
    return sum(deed.is_done and deed.what.startswith("escalation") for deed in account.done) if account else 0
