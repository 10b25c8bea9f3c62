"""What was done, put into a trail for tests of the pages that tell of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from connector.store import audit
from connector.store.database.engine import Store
from connector.store.queries import ended_stints
from connector.store.records import AuditEvent, EndedStint, Event
from tests.connector.mailboxes import START

FIRST, SECOND, LAST = "First Touch (T1/2)", "Tier 3 / Service Desk Manager", "Sr IT Manager"


def risen(**given: Any) -> dict[str, Any]:
    """The detail of an escalation's entry."""
    facts = {
        "reason": "Time",
        "mode": "enforce",
        "from": FIRST,
        "from_tier": 1,
        "to": SECOND,
        "to_tier": 2,
        "held_by": "Wei Zhang",
        "stint": "a",
        "stage": "diagnosis",
        "limit_minutes": 30,
        "used_minutes": 30.2,
        "summary": "No VPN",
        "client": "Acme",
        "board": "Desk",
        "link": "https://psa.example.com/1",
        "missing": ["Research"],
        "undocumented": [],
        "asked_by": [],
    }
    return {**facts, **given}


def tell(store: Store, *entries: tuple[str, Event, dict[str, Any], float], connection: str = "psa") -> None:
    """Append entries to the trail: of which ticket, what, the detail, how many minutes before now."""
    told = [
        ((connection, ticket), AuditEvent(event, detail, START - timedelta(minutes=before)))
        for ticket, event, detail, before in entries
    ]
    with store.writing() as conn:
        audit.append(conn, told, START)


def a_stint(ticket: str, began: float, ended: float, **given: Any) -> EndedStint:
    """One that is over: of how many minutes before now until how many."""
    row: dict[str, Any] = {
        "connection": "psa",
        "ticket": ticket,
        "stint": "a",
        "tier": FIRST,
        "ladder": "",
        "holder": "Tess Tech",
        "client": "Acme",
        "began_at": at(began),
        "ended_at": at(ended),
        "ended_by": "status Resolved",
        "is_escalated": False,
        "was_warned": False,
        "plan_minutes": 12.0,
        "fix_minutes": 20.0,
        "worked_minutes": 32.0,
        "paused_minutes": 10.0,
        "board": "Desk",
        "summary": "No VPN",
        "link": "",
        "plan_limit": 30.0,
        "fix_limit": 60.0,
        "has_left": False,
        "is_warning_written": True,
    }
    return EndedStint(**{**row, **given})


def end(store: Store, *rows: EndedStint) -> None:
    with store.writing() as conn:
        ended_stints.write(conn, rows)


def at(before: float) -> datetime:
    return START - timedelta(minutes=before)
