"""What is told of one ticket as a document for programs: the lines that people read are in it as they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from connector.notes.document import document_of
from connector.turn.explaining.account import TicketAccount
from connector.turn.explaining.obstacles import Obstacle, lines_of


def explained(system: str, ticket: str, account: TicketAccount | None, found: Sequence[Obstacle]) -> dict[str, Any]:
    """A ticket's account, and what stands in its way; without an account that alone, with no verdict."""
    in_the_way = [line for one in found for line in lines_of(one, system, ticket)]
    lines = [*(account.lines if account else ()), *in_the_way]
    return {
        "system": system,
        "ticket": ticket,
        **(_told(account) if account else {"verdict": None}),
        "lines": lines,
        "in_the_way": [_plain(asdict(one)) for one in found],
    }


def _told(account: TicketAccount) -> dict[str, Any]:
    seen = account.seen
    return {
        **document_of(seen.decision, seen.policy, seen.changes),
        "mode": account.mode.value,
        "done": [_plain(asdict(deed)) for deed in account.done],
        "owed": _plain(asdict(account.owed)) if account.owed else None,
    }


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    """Fields as JSON has them, moments in ISO 8601."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else list(value) if isinstance(value, tuple) else value
        for name, value in fields.items()
    }
