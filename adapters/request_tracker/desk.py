"""A service desk in Request Tracker, simulated or real: its people act through RT's own API, each by their own name.

``RtDesk`` needs an address and everybody's credentials, so it drives a real RT as well; ``simulated`` serves the
simulator and is used over HTTP like that. Nothing here trusts an answer: what was done is read again.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import requests

from adapters.request_tracker.mapping import NOBODY, status
from adapters.request_tracker.simulation.furnishing import CONNECTOR, HOMES, contact_of
from adapters.request_tracker.simulator import Simulator, password_of
from adapters.simulation.desk import OnSimulator
from connector.clock import Clock
from connector.model import StatusGroup, TicketId
from connector.systems.desk import CLIENTS, FORMER, STAFF, Desk, DeskNote, DeskTicket, Urgency

Json = Mapping[str, Any]

PRIORITIES: Mapping[Urgency, tuple[str, int]] = {
    Urgency.LOW: ("Low", 0),
    Urgency.NORMAL: ("Normal", 50),
    Urgency.HIGH: ("High", 75),
    Urgency.CRITICAL: ("Critical", 100),
}
"""What the desk calls its priorities, and their numbers in RT."""

STATUSES: Mapping[StatusGroup, str] = {
    StatusGroup.NEW: "new",
    StatusGroup.WORKING: "open",
    StatusGroup.WAITING: "stalled",
    StatusGroup.RESOLVED: "resolved",
    StatusGroup.CLOSED: "rejected",
}

_SECONDS = 30.0
_PAGE = 100


def basic(name: str, password: str) -> str:
    """The header that stands for a user with a password."""
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


class RtDesk:
    """A desk in the RT at ``address()``; how it is served, connected to and told of webhooks, subclasses say.

    ``as_admin``: the ``Authorization`` of somebody who may do and see everything. ``as_user(name)``: that of a user.
    """

    system = "rt"
    homes: tuple[str, str, str] = HOMES
    statuses = frozenset(STATUSES)
    connector = CONNECTOR
    """The login name of the connector's account."""

    def __init__(self, address: Callable[[], str], as_admin: str, as_user: Callable[[str], str]) -> None:
        self._address = address
        self._as_admin = as_admin
        self._as_user = as_user
        self._session = requests.Session()
        self._session.trust_env = False

    def member(self, person: str) -> str:
        if person not in (*STAFF, FORMER):
            raise KeyError(person)
        return person

    def priority_name(self, urgency: Urgency) -> str:
        return PRIORITIES[urgency][0]

    def status_name(self, group: StatusGroup) -> str:
        return STATUSES[group]

    # Acting.

    def open_ticket(
        self,
        summary: str,
        *,
        client: str = "Acme",
        tier: int = 1,
        owner: str | None = None,
        urgency: Urgency = Urgency.NORMAL,
        description: str = "",
    ) -> TicketId:
        if client not in CLIENTS:
            raise LookupError(f"the desk has no client {client!r}")
        contact = contact_of(client)
        sent = {
            "Queue": self.homes[tier - 1],
            "Subject": summary,
            "Requestor": contact,
            "Priority": PRIORITIES[urgency][1],
            **({"Content": description, "ContentType": "text/plain"} if description else {}),
        }
        made = self._call(self._as_user(contact), "POST", "ticket", sent)
        ticket = TicketId(str(made["id"]))
        if owner is not None:
            self._put(self._as_admin, ticket, {"Owner": owner})
            self._expect(ticket, "Owner", owner)
        return ticket

    def note(self, ticket: TicketId, by: str, text: str, *, internal: bool = True) -> None:
        self._write(ticket, self._as_user(by), text, internal=internal)

    def time_entry(self, ticket: TicketId, by: str, text: str, minutes: int, *, internal: bool = True) -> None:
        self._write(ticket, self._as_user(by), text, internal=internal, minutes=minutes)

    def client_writes(self, ticket: TicketId, text: str) -> None:
        contact = self._ticket(ticket)["Requestor"][0]["id"]
        self._write(ticket, self._as_user(contact), text, internal=False)

    def set_status(self, ticket: TicketId, by: str, group: StatusGroup) -> None:
        self.set_status_named(ticket, by, STATUSES[group])

    def set_status_named(self, ticket: TicketId, by: str, name: str) -> None:
        self._put(self._as_user(by), ticket, {"Status": name})
        self._expect(ticket, "Status", name)

    def assign(self, ticket: TicketId, by: str, owner: str | None) -> None:
        self._put(self._as_user(by), ticket, {"Owner": owner or NOBODY})
        self._expect(ticket, "Owner", owner or NOBODY)

    def move(self, ticket: TicketId, by: str, tier: int, owner: str | None = None) -> None:
        home = self.homes[tier - 1]
        self._put(self._as_user(by), ticket, {"Queue": home})
        self._expect(ticket, "Queue", home)
        if self._owner(self._ticket(ticket)) != (owner or NOBODY):
            self.assign(ticket, by, owner)

    def set_urgency(self, ticket: TicketId, by: str, urgency: Urgency) -> None:
        number = str(PRIORITIES[urgency][1])
        self._put(self._as_user(by), ticket, {"Priority": number})
        self._expect(ticket, "Priority", number)

    def merge(self, ticket: TicketId, into: TicketId) -> None:
        self._put(self._as_admin, ticket, {"MergeInto": int(into)})
        if str(self._ticket(ticket)["id"]) != into:
            raise RuntimeError(f"RT did not merge ticket {ticket} into {into}")

    def delete(self, ticket: TicketId) -> None:
        self._call(self._as_admin, "DELETE", f"ticket/{ticket}")

    # Looking.

    def ticket(self, ticket: TicketId) -> DeskTicket:
        data = self._ticket(ticket)
        queue, owner = data["Queue"]["Name"], self._owner(data)
        urgencies = {number: urgency for urgency, (_, number) in PRIORITIES.items()}
        watchers = {one["id"] for one in data["AdminCc"] if one["type"] == "user"}
        return DeskTicket(
            tier=self.homes.index(queue) + 1 if queue in self.homes else 0,
            owner=None if owner == NOBODY else owner,
            status=data["Status"],
            group=status(data["Status"]).group,
            urgency=urgencies.get(int(data["Priority"])),
            people=frozenset(watchers & STAFF.keys()),
        )

    def notes(self, ticket: TicketId) -> Sequence[DeskNote]:
        rows = self._rows(f"ticket/{ticket}/history", {"fields": "Type,Creator,Created", "orderby": "id"})
        return [
            DeskNote(
                id=str(row["id"]),
                at=datetime.fromisoformat(row["Created"]),
                text=text,
                is_internal=row["Type"] == "Comment",
                by_connector=row["Creator"]["id"] == self.connector,
            )
            for row in rows
            if row["Type"] in ("Create", "Comment", "Correspond")
            for text in self._texts(str(row["id"]))
        ]

    # Inside.

    def _texts(self, transaction: str) -> list[str]:
        rows = self._rows(f"transaction/{transaction}/attachments", {"fields": "Content,ContentType"})
        return [row["Content"] for row in rows if row["ContentType"].startswith("text/")]

    def _rows(self, path: str, params: Mapping[str, str]) -> Iterator[Json]:
        """All rows of a list for somebody who sees everything: here a short page is the last."""
        page = 1
        while True:
            asked = {**params, "per_page": str(_PAGE), "page": str(page)}
            rows = self._call(self._as_admin, "GET", path, params=asked)["items"]
            yield from rows
            if len(rows) < _PAGE:
                return
            page += 1

    def _write(self, ticket: TicketId, who: str, text: str, *, internal: bool, minutes: int = 0) -> None:
        sent = {"Content": text, "ContentType": "text/plain", "TimeTaken": minutes}
        self._call(who, "POST", f"ticket/{ticket}/{'comment' if internal else 'correspond'}", sent)

    def _put(self, who: str, ticket: TicketId, change: Json) -> None:
        self._call(who, "PUT", f"ticket/{ticket}", change)

    def _ticket(self, ticket: TicketId) -> Json:
        found: Json = self._call(self._as_admin, "GET", f"ticket/{ticket}", params={"fields[Queue]": "Name"})
        return found

    def _expect(self, ticket: TicketId, field: str, wanted: str) -> None:
        """RT answers a refusal 200: raises RuntimeError when the ticket does not have it."""
        data = self._ticket(ticket)
        found = {"Queue": data["Queue"]["Name"], "Owner": self._owner(data)}.get(field, data[field])
        if found != wanted:
            raise RuntimeError(f"RT left the {field} of ticket {ticket} at {found!r}, not {wanted!r}")

    def _owner(self, data: Json) -> str:
        found: str = data["Owner"]["id"]
        return found

    def _call(
        self, who: str, method: str, path: str, payload: Any = None, params: Mapping[str, str] | None = None
    ) -> Any:
        with self._session.request(
            method,
            f"{self._address()}/REST/2.0/{path}",
            json=payload,
            params=params,
            headers={"Authorization": who},
            timeout=_SECONDS,
            allow_redirects=False,
        ) as answer:
            if not 200 <= answer.status_code < 300:
                raise RuntimeError(f"RT answered {answer.status_code} to {method} {path}: {answer.text[:200]}")
            return answer.json() if answer.content else None


class SimulatedDesk(RtDesk, OnSimulator):
    """The desk in a simulator, which is used over HTTP."""

    simulator: Simulator

    def __init__(self, simulator: Simulator) -> None:
        super().__init__(
            lambda: simulator.state.base_url,
            f"token {simulator.admin_token}",
            lambda name: basic(name, password_of(name)),
        )
        self.simulator = simulator

    @contextmanager
    def serve(self) -> Iterator[str]:
        with self.simulator.serve() as address:
            try:
                yield address
            finally:
                self._session.close()

    def send_webhooks_to(self, address: str) -> None:
        self.simulator.send_webhooks_to(address)


def simulated(clock: Clock) -> Desk:
    """A furnished desk in a new simulator; its webhooks go when they are told to."""
    return SimulatedDesk(Simulator(clock, webhook_delivery="manual").standard_desk())
