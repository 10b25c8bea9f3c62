"""What scenarios ask of a simulated desk: its tickets, the connector's notes and moves, the audit trail."""

from __future__ import annotations

from typing import Any

import requests

from adapters.connectwise.simulator import API_MEMBER
from connector.demo.stage import Simulation
from connector.store import audit


def a_ticket_on(desk: Simulation, summary: str = "VPN client cannot connect", **given: Any) -> int:
    """A ticket of Acme's on the first tier, owned by Tess unless told otherwise."""
    fields: dict[str, Any] = {
        "company": "Acme",
        "board": "Service Desk",
        "team": "First Touch",
        "owner": "tess",
        "priority": "Priority 3 - Normal",
        "contact": "Connie Client",
    }
    return desk.simulator.create_ticket(summary, **(fields | given))


def our_notes(desk: Simulation, ticket: int) -> list[dict[str, Any]]:
    """The notes that the connector wrote, oldest first."""
    return [note for note in desk.simulator.notes(ticket) if note["createdBy"] == API_MEMBER]


def where(desk: Simulation, ticket: int) -> tuple[str, str | None, str | None]:
    """Board, team and owner, as the ticket system has them."""
    found = desk.simulator.ticket(ticket)
    return (
        found["board"]["name"],
        found.get("team", {}).get("name"),
        found.get("owner", {}).get("identifier"),
    )


def writes(desk: Simulation) -> list[tuple[str, str, int]]:
    """The calls to the ticket system that write on tickets: method, path, status."""
    return [
        (call.method, call.path, call.status)
        for call in desk.simulator.calls
        if call.method != "GET" and call.path.startswith("service/")
    ]


def events(desk: Simulation, ticket: int, *names: str) -> list[audit.AuditRow]:
    """The ticket's audit entries of these kinds, oldest first; all kinds when none is named."""
    found = audit.events(desk.store, ticket=str(ticket))
    return [row for row in found if not names or row.event in names]


def post(url: str, body: bytes, signature: str) -> requests.Response:
    """Post a webhook as the ticket system does."""
    headers = {"content-type": "application/json", "x-content-signature": signature}
    return requests.post(f"{url}/webhooks/connectwise?recordId=1&action=updated", data=body, headers=headers, timeout=5)
