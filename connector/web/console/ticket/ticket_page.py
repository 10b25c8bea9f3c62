"""The page of one ticket: which clock, how much counted, what next; then line by line why, and what was done there.

It is read from its ticket system when somebody looks, in a lane behind everything that is due, once in some seconds
however many look. Where no answer comes in time, what the database knows is shown instead, with its age.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from flask import Response

from connector.connection.due_next import as_seen, modes_by_tier
from connector.errors import ConnectorError, NotFound, Unreachable
from connector.model import Lane
from connector.rules.limits import Verdict
from connector.store import audit as trail
from connector.store.mailbox import Mailbox
from connector.store.outages import back_since
from connector.store.queries.board import Board
from connector.store.records import TicketRow
from connector.store.troubles import TroubleKind, Troubles
from connector.systems.kept import KeptEach
from connector.systems.lanes import in_lane
from connector.turn.explaining.account import Explainer, TicketAccount
from connector.turn.explaining.obstacles import lines_of, obstacles
from connector.turn.outcomes import snapshot_of
from connector.web.console.frame import Frame
from connector.web.console.parts import ConsoleParts
from connector.web.console.rows import BoardRow, RowMaker, sagas_of, stage_word
from connector.web.console.words import Wall
from connector.web.deps import Deps
from connector.web.patience import answered_within
from connector.web.problems import HttpProblem

KEPT_SECONDS = 10.0
"""How old a reading may be that several look at."""

PATIENCE_SECONDS = 6.0
"""How long the ticket system's answer is waited for."""

MOST_ENTRIES = 50
"""So many entries of the audit trail are shown, the newest."""

_TOLD = (
    *("what", "verdict", "stage", "reason", "from", "to", "by", "asked_by", "due_at", "minutes", "missing", "why"),
    *("error", "message", "problem"),
)
"""What of an entry's detail is for people, in this order; the rest are identities of ours."""


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

    def __init__(self, deps: Deps, parts: ConsoleParts, frame: Frame) -> None:
        self._parts = parts
        self._frame = frame
        self._store = deps.mailbox.store
        self._mailbox = Mailbox(self._store)
        self._board = Board(self._store)
        make = parts.explainer_of
        explainers: Mapping[str, Explainer] = {name: make(name) for name in parts.modes} if make else {}
        self._reading = {name: KeptEach(_asking(one), deps.monotonic, KEPT_SECONDS) for name, one in explainers.items()}

    def get(self, connection: str, ticket: str) -> Response:
        """The page of a ticket that is known here. Raises HttpProblem 404, StoreUnavailable."""
        kept = self._mailbox.ticket(connection, ticket) if connection in self._parts.modes else None
        entries = trail.latest(self._store, connection, ticket, MOST_ENTRIES) if connection in self._parts.modes else []
        if kept is None and not entries:
            raise HttpProblem(404, "ticket_not_known", "This ticket is not known here", _NOT_KNOWN)
        wall = self._frame.wall(self._store.now())
        account, why_not = self._read(connection, ticket)
        row = _as_it_is(kept or _unknown(connection, ticket), account)
        shown = self._row(row, wall)
        return self._frame.page(
            "ticket.html",
            "now",
            wall,
            row=shown,
            is_open=kept is not None,
            record=account.seen.record if account else None,
            account=account,
            why_not=why_not,
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

    def _read(self, connection: str, ticket: str) -> tuple[TicketAccount | None, str]:
        """The ticket as its system has it, or why nobody can tell."""
        reading = self._reading.get(connection)
        if reading is None:
            return None, "No ticket system can be asked from here."
        down = [one for one in Troubles(self._store).all(connection) if one.kind is TroubleKind.CONNECTION_DOWN]
        if any(back_since(one) is None for one in down):
            return None, f"{connection} does not answer: {down[0].cause}."
        try:
            return reading.get(ticket), ""
        except NotFound:
            return None, f"{connection} has no such ticket, or not any more."
        except ConnectorError as error:
            return None, f"{connection} could not be asked: {error}."


_NOT_KNOWN = "Either it stands at a place that is no tier's, or it was closed before the connector kept anything of it."


def _asking(explainer: Explainer) -> Callable[[str], TicketAccount]:
    def ask(ticket: str) -> TicketAccount:
        with in_lane(Lane.LOOKS):
            return explainer.account_of(ticket)

    late = partial(Unreachable, f"no answer within {PATIENCE_SECONDS:.0f} s")
    return answered_within(PATIENCE_SECONDS, ask, late)


def _unknown(connection: str, ticket: str) -> TicketRow:
    return TicketRow(connection, ticket, None, None, None, 0, None, is_dead=False, snapshot=None)


def _as_it_is(row: TicketRow, account: TicketAccount | None) -> TicketRow:
    """A row as a turn would leave it that found the ticket so."""
    if account is None:
        return row
    return replace(row, snapshot={**(row.snapshot or {}), **snapshot_of(account.seen.decision)})


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
