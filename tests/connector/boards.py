"""Rows of open tickets as turns leave them, put into a store by statement: many cost little."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from connector.store.database.engine import Store
from connector.store.database.tables import mailbox
from connector.store.records import StepState
from tests.connector.mailboxes import START

TIERS = ("Tier 1", "Tier 2", "Tier 3")


def a_row(ticket: str, due_in: float | None = None, now: datetime = START, **given: Any) -> dict[str, Any]:
    """An open ticket, due in so many minutes; None for one without a deadline. ``given``: of snapshot or row."""
    due_at = None if due_in is None else now + timedelta(minutes=due_in)
    columns = ("connection", "attempts", "is_dead", "error", "failing_since", "wake_at")
    snapshot = {
        "verdict": "running" if due_at else "untouched",
        "why": "because",
        "tier": TIERS[0],
        "client": "Northwind",
        "holder": "Tess Tech",
        "summary": f"Ticket {ticket}",
        "status": "In Progress",
        "stage": "diagnosis" if due_at else None,
        "stint": "s1",
        "due_at": due_at.isoformat() if due_at else None,
        "limit_minutes": 30.0 if due_at else None,
        "used_minutes": 12.0 if due_at else None,
        "read_at": now.isoformat(),
        "calendar": "default",
        "link": f"https://psa.example/{ticket}",
        **{name: value for name, value in given.items() if name not in columns},
    }
    row: dict[str, Any] = {"connection": "psa", "wake_at": due_at, "attempts": 0, "is_dead": False, "error": None}
    row |= {"failing_since": None, **{name: given[name] for name in columns if name in given}}
    told: Mapping[str, Any] = snapshot if given.get("verdict", "") is not None else {}
    kept = {name: told.get(name) for name in ("tier", "client", "holder")}
    return {
        "ticket": ticket,
        "due_at": due_at,
        "fence": 0,
        "lane": 3,
        "snapshot": snapshot if told else None,
        "deadline": due_at if told else None,
        "state": told.get("verdict"),
        **kept,
        **row,
    }


def put(store: Store, rows: Iterable[dict[str, Any]]) -> None:
    given = list(rows)
    if given:
        with store.writing() as conn:
            conn.execute(mailbox.insert(), given)


def step_done(saga: str, n: int, at: datetime, outcome: Mapping[str, object] | None = None) -> dict[str, Any]:
    """A row of the journal."""
    return {"saga": saga, "n": n, "state": StepState.DONE.value, "outcome": outcome or {}, "at": at}
