"""Tables of what the connector decided, from its audit trail and from the desk; the same words for any ticket system."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from adapters.desk import FORMER, STAFF, Desk
from connector import audit
from connector.texts import clip
from tests.scenarios.acts import Script, told

Detail = Mapping[str, Any]


def decisions(script: Script) -> str:
    """One line for each decision, in order: when, which ticket, what, and its particulars."""
    rows = [row for row in audit.events(script.stage.store) if row.event in _TOLD]
    lines = [
        f"{told(row.at)} | {script.name_of(row.ticket)} | {row.event} | {_TOLD[row.event](row.detail, script.desk)}"
        for row in rows
    ]
    return "\n".join(lines)


def outcomes(script: Script) -> str:
    """What became of every ticket, as the desk shows it: tier, owner, status group, priority, the connector's notes."""
    return "\n".join(f"{name} | {_outcome(script, name)}" for name in sorted(script.tickets))


def _outcome(script: Script, name: str) -> str:
    try:
        found = script.desk.ticket(script.tickets[name])
        notes = [note for note in script.desk.notes(script.tickets[name]) if note.by_connector]
    except (LookupError, RuntimeError):
        return "gone"
    seen = sum(not note.is_internal for note in notes)
    told_of = f"{len(notes) - seen} notes" + (f", {seen} to the client" if seen else "")
    return f"tier {found.tier} | {found.owner or 'nobody'} | {found.group} | {found.urgency} | {told_of}"


def _due(detail: Detail, key: str = "due_at") -> str:
    return f"due {told(datetime.fromisoformat(detail[key]))}" if detail.get(key) else "not due"


def _who(identifier: str, desk: Desk) -> str:
    return next((name for name in (*STAFF, FORMER) if desk.member(name) == identifier), identifier or "nobody")


def _escalated(detail: Detail, desk: Desk) -> str:
    way = f"{detail['from']} > {detail['to']}"
    lacking = f" | {len(detail['undocumented'])} undocumented" if detail.get("undocumented") else ""
    return f"{detail['reason']}, {detail['stage']} | {way} | {_who(detail['owner'], desk)} | {_due(detail)}{lacking}"


def _override(detail: Detail, desk: Desk) -> str:
    until = f" until {told(datetime.fromisoformat(detail['until']))}" if detail["until"] else ""
    return f"{_who(detail['by'], desk)} | {detail['stage']} | {detail['how']}{until}"


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
    return "; ".join(clip(one, 24) for one in words)
