"""The records of the simulated system, and how they refer to each other. Knows no HTTP.

Records are kept in the very form that the API gives, and are never changed in place: a change puts a new
record in the old one's place. So a reader needs no copy. Everything that changes something runs inside
``acting()``; callbacks that it caused leave after the lock is given back.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.connectwise.simulation.faults import Faults
from adapters.connectwise.simulation.refusal import not_found
from adapters.simulation.refusal import Json
from adapters.simulation.state import Ground
from connector.clock import Clock

ROUTER = "v4_6_release/"
HREFS = {
    "board": "board_href",
    "status": "status_href",
    "team": "team_href",
    "company": "company_href",
    "contact": "contact_href",
    "priority": "priority_href",
    "member": "member_href",
    "owner": "member_href",
}


def wire(at: datetime) -> str:
    """A moment as the API writes it: UTC, to the second below."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class State(Ground):
    """Tables by id. ``on_event(action, ticket record, actor)`` is told of what callbacks may speak of."""

    faults: Faults

    def __init__(self, clock: Clock, faults: Faults, company: str, codebase: str) -> None:
        super().__init__(clock)
        self.faults = faults
        self.company = company
        self.codebase = codebase
        self.boards: dict[int, Json] = {}
        self.statuses: dict[int, dict[int, Json]] = {}
        self.teams: dict[int, dict[int, Json]] = {}
        self.members: dict[int, Json] = {}
        self.priorities: dict[int, Json] = {}
        self.companies: dict[int, Json] = {}
        self.contacts: dict[int, Json] = {}
        self.tickets: dict[int, Json] = {}
        self.notes: dict[int, dict[int, Json]] = {}
        self.notes_hidden_until: dict[int, datetime] = {}
        self.notes_by_parent: set[int] = set()
        self.time_entries: dict[int, Json] = {}
        self.time_entries_of: dict[int, dict[int, Json]] = {}
        self.schedule: dict[int, Json] = {}
        self.callbacks: dict[int, Json] = {}
        self.audit: dict[int, list[Json]] = {}
        self.distortions: dict[int, tuple[dict[str, Any], frozenset[str]]] = {}
        self.on_event: Callable[[str, Json, str, bool], None] = lambda *event: None

    def reserve_id(self, kind: str, number: int) -> None:
        """Keep later ids of a kind above ``number``."""
        self._next_ids[kind] = max(self._next_ids.get(kind, 1), number + 1)

    def href(self, path: str) -> str:
        """An address as it stands in records: with a double slash that is not in the real address."""
        return f"{self.base_url}/{ROUTER}apis/3.0//{path}"

    def info(self, now: datetime, actor: str, **more: str) -> Json:
        """The ``_info`` of a setup record."""
        return {"lastUpdated": wire(now), "updatedBy": actor, **more}

    def ticket(self, number: int) -> Json:
        """The ticket's record. Raises Refusal (404)."""
        found = self.tickets.get(number)
        if found is None:
            raise not_found("Service Ticket", number)
        return found

    def shown(self, record: Json) -> Json:
        """A ticket as it is given out: with the distortions that were asked for."""
        distorted = self.distortions.get(record["id"])
        if distorted is None:
            return record
        fields, without = distorted
        return {name: value for name, value in {**record, **fields}.items() if name not in without}

    def board_reference(self, board: Json) -> Json:
        number = board["id"]
        return {
            "id": number,
            "name": board["name"],
            "_info": {"board_href": self.href(f"service/boards/{number}")},
        }

    def status_reference(self, status: Json) -> Json:
        board = status["board"]["id"]
        return {
            "id": status["id"],
            "name": status["name"],
            # The capital letter is the recorded form, against the vendor's own specification.
            "Sort": status["sortOrder"],
            "_info": {"status_href": self.href(f"service/boards/{board}/statuses/{status['id']}")},
        }

    def team_reference(self, team: Json) -> Json:
        path = f"service/boards/{team['boardId']}/teams/{team['id']}"
        return {"id": team["id"], "name": team["name"], "_info": {"team_href": self.href(path)}}

    def member_reference(self, member: Json) -> Json:
        path = f"system/members/{member['id']}"
        changed = member["_info"]["lastUpdated"]
        return {
            "id": member["id"],
            "identifier": member["identifier"],
            "name": full_name(member),
            "_info": {
                "member_href": self.href(path),
                "image_href": self.href(f"{path}/image?lm={changed}"),
            },
        }

    def priority_reference(self, priority: Json) -> Json:
        path = f"service/priorities/{priority['id']}"
        return {
            "id": priority["id"],
            "name": priority["name"],
            "sort": priority["sortOrder"],
            "_info": {"priority_href": self.href(path)},
        }

    def company_reference(self, company: Json) -> Json:
        return {
            "id": company["id"],
            "identifier": company["identifier"],
            "name": company["name"],
            "_info": {"company_href": self.href(f"company/companies/{company['id']}")},
        }

    def contact_reference(self, contact: Json) -> Json:
        path = f"company/contacts/{contact['id']}"
        return {
            "id": contact["id"],
            "name": contact["name"],
            "_info": {"contact_href": self.href(path)},
        }

    def ticket_reference(self, ticket: Json) -> Json:
        path = f"service/tickets/{ticket['id']}"
        return {
            "id": ticket["id"],
            "summary": ticket["summary"],
            "_info": {"ticket_href": self.href(path)},
        }

    def member_named(self, identifier: str) -> Json | None:
        """The member of that identifier, compared without case."""
        wanted = identifier.lower()
        return next((one for one in self.members.values() if one["identifier"].lower() == wanted), None)

    def readable_notes(self, ticket: int) -> list[Json]:
        """The ticket's notes that can be read by now, in ascending order of their ids."""
        notes = list(self.notes.get(ticket, {}).values())
        if not self.notes_hidden_until:
            return notes
        now = self.clock.now()
        with self.lock:
            ripe = [number for number, until in self.notes_hidden_until.items() if until <= now]
            for number in ripe:
                del self.notes_hidden_until[number]
            return [note for note in notes if note["id"] not in self.notes_hidden_until]

    def hide_note(self, number: int, seconds: float) -> None:
        """Let a note be unreadable for that long."""
        self.notes_hidden_until[number] = self.clock.now() + timedelta(seconds=seconds)

    def trail(self, ticket: int, now: datetime, actor: str, text: str, kind: str = "Ticket") -> None:
        """Add a line to the ticket's audit trail."""
        entry = {
            "text": text,
            "enteredDate": wire(now),
            "enteredBy": actor,
            "auditType": "Ticket",
            "auditSubType": kind,
            "auditSource": "Server",
        }
        self.audit.setdefault(ticket, []).append(entry)


def full_name(member: Json) -> str:
    """First and last name of a member's record."""
    return f"{member.get('firstName', '')} {member.get('lastName', '')}".strip()


def without_nulls(record: Json) -> Json:
    """The record as the API gives it: what is null is not there at all."""
    return {name: value for name, value in record.items() if value is not None}
