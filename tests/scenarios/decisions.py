"""Tables of what the connector decided, from its audit trail and from the desk: the same for any ticket system."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from connector.model import StatusGroup
from connector.notes.phrases import clip
from connector.rules import escalation, follow_up
from connector.store import audit
from connector.systems.desk import FORMER, STAFF, Desk
from tests.scenarios.acts import Script, told

Detail = Mapping[str, Any]


def decisions(script: Script) -> str:
    """One line for each decision, in order: when, which ticket, what, and its particulars.

    What happens within one second is told ticket by ticket.
    """
    rows = [row for row in audit.events(script.stage.store) if row.event in _TOLD]
    rows.sort(key=lambda row: (row.at, script.name_of(row.ticket)))
    return "\n".join(f"{told(row.at)} | {script.name_of(row.ticket)} | {_decision(row, script.desk)}" for row in rows)


def _decision(row: audit.AuditRow, desk: Desk) -> str:
    return f"{row.event.removesuffix(' escalation')} | {_TOLD[row.event](row.detail, desk)}"


def outcomes(script: Script) -> str:
    """What became of every ticket, as the desk shows it: tier, owner, open or done, priority, the connector's notes."""
    return "\n".join(f"{name} | {_outcome(script, name)}" for name in sorted(script.tickets))


def _outcome(script: Script, name: str) -> str:
    if name in script.gone:
        return "gone"
    found = script.desk.ticket(script.tickets[name])
    notes = [note for note in script.desk.notes(script.tickets[name]) if note.by_connector]
    seen = sum(not note.is_internal for note in notes)
    told_of = f"{len(notes) - seen} notes" + (f", {seen} to the client" if seen else "")
    state = "done" if found.group in (StatusGroup.RESOLVED, StatusGroup.CLOSED) else "open"
    return f"tier {found.tier} | {found.owner or 'nobody'} | {state} | {found.urgency} | {told_of}"


def _due(detail: Detail, key: str = "due_at") -> str:
    return f"due {told(datetime.fromisoformat(detail[key]))}" if detail.get(key) else "-"


def _who(identifier: str, desk: Desk) -> str:
    return next((name for name in (*STAFF, FORMER) if desk.member(name) == identifier), identifier or "nobody")


def _escalated(detail: Detail, desk: Desk) -> str:
    way = f"{_SHORT[detail['from']]} > {_SHORT[detail['to']]}"
    lacking = f" | lacks {len(detail['undocumented'])}" if detail.get("undocumented") else ""
    due = _due(detail).removeprefix("due ")
    return f"{detail['reason']}, {detail['stage']} | {way} | {_who(detail['owner'], desk)} | {due}{lacking}"


def _override(detail: Detail, desk: Desk) -> str:
    until = f" until {told(datetime.fromisoformat(detail['until']))}" if detail["until"] else ""
    return f"{_who(detail['by'], desk)} | {detail['stage']} | {detail['how']}{until}"


_LACKING = {
    escalation.STEPS_MISSING: "steps",
    escalation.CODES_MISSING: "error codes",
    escalation.RESEARCH_MISSING: "research",
    escalation.PERMISSIONS_MISSING: "permissions",
    escalation.NEXT_MISSING: "next steps",
    escalation.BLOCKED_MISSING: "what is blocked",
    follow_up.NEW_PLAN: "new plan",
    follow_up.CLIENT_WORD: "word to the client",
}

_SHORT = {
    "First Touch (T1/2)": "first touch",
    "Tier 3 / Service Desk Manager": "tier 3",
    "Sr IT Manager": "sr it",
    "Plant desk": "plant desk",
    "Plant engineers": "engineers",
    "final escalation": "all three",
}

_TOLD: Mapping[str, Callable[[Detail, Desk], str]] = {
    "escalated": _escalated,
    "final escalation": _escalated,
    "override applied": _override,
    "override refused": lambda detail, desk: f"{_who(detail['by'], desk)} | {clip(detail['why'], 60)}",
    "escalation incomplete": lambda detail, desk: f"{_who(detail['by'], desk)} | {_missing(detail['missing'])}",
    "command not understood": lambda detail, desk: detail["command"],
    "training request": lambda detail, desk: f"{_who(detail['identifier'], desk)} | {detail['topic']}",
    "warned": lambda detail, desk: f"{detail['stage']} | {_due(detail)}",
    "reminded": lambda detail, desk: f"{detail['number']} of {detail['of']} | {_missing(detail['owed'])}",
    "client told": lambda detail, desk: detail["how"],
    "nothing written": lambda detail, desk: _due(detail),
    "escalation not finished": lambda detail, desk: "",
    "turn failed": lambda detail, desk: detail["message"],
    "dead letter": lambda detail, desk: detail["message"],
}
"""What is told of each kind of decision. Nothing that systems say in their own words."""


def _missing(words: list[str]) -> str:
    return ", ".join(_LACKING[one] for one in words)
