"""A ticket system for tests of the edges: believes the header ``x-sign``, knows a few names, calls nobody."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeVar

from connector.errors import KeyUnknown, PayloadError, Permanent, SignatureError, Temporary, UnknownName
from connector.model import (
    Finding,
    InboundRequest,
    Notice,
    Person,
    Place,
    PlacedStatus,
    Ref,
    Registration,
    Severity,
    Status,
    StatusGroup,
    TicketId,
)

T = TypeVar("T")
KEY = "https://psa.example/key/1"


class FakeSystem:
    """Webhooks are ``{"tickets": [...], "delivery": "..."}``, signed with ``x-sign: good``."""

    def __init__(self) -> None:
        self.manages_webhooks = True
        self.requests: list[InboundRequest] = []
        self.places = {home: Place((Ref(home, home),)) for home in ("Desk", "Tier 3", "Sr IT")}
        self.known_statuses = {"Waiting": Status("1", "Waiting", StatusGroup.WAITING)}
        self.members = {"tess": Person("1", "tess", "Tess Tech"), "gone": Person("2", "gone", "Gone", is_active=False)}
        self.priorities = {"critical": Ref("1", "Critical")}
        self.own_registrations = [Registration("1", "https://me.example/webhooks/psa", is_active=True)]
        self.registrations_elsewhere: list[Registration] = []
        self.is_down = False
        self.is_closed = False

    def verify(self, request: InboundRequest) -> None:
        self.requests.append(request)
        match request.headers.get("x-sign"):
            case "good":
                return
            case "unknown":
                raise KeyUnknown(KEY)
        raise SignatureError("the header x-sign is missing or wrong")

    def parse(self, request: InboundRequest) -> list[Notice]:
        try:
            body = json.loads(request.body)
        except ValueError as error:
            raise PayloadError("$", "not JSON") from error
        if "tickets" not in body:
            raise PayloadError("$.tickets", "missing")
        delivery = body.get("delivery", "d1")
        return [Notice(TicketId(str(ticket)), f"{delivery}:{ticket}") for ticket in body["tickets"]]

    def locate(self, home: str) -> Place:
        return self._known(self.places, "home", home)

    def statuses(self, place: Place) -> list[PlacedStatus]:
        self._answer()
        return [PlacedStatus(status, "it says so") for status in self.known_statuses.values()]

    def status_in(self, place: Place, name: str) -> Status:
        return self._known(self.known_statuses, "status", name)

    def member(self, name: str) -> Person:
        return self._known(self.members, "member", name)

    def priority(self, name: str) -> Ref:
        return self._known(self.priorities, "priority", name)

    def registrations(self) -> list[Registration]:
        self._answer()
        if not self.manages_webhooks:
            raise Permanent("install the rule 'Tell the connector' at the site")
        return self.own_registrations

    def register(self) -> Registration:
        self.own_registrations = [Registration("1", "https://me.example/webhooks/psa", is_active=True)]
        return self.own_registrations[0]

    def remove(self) -> int:
        count, self.own_registrations = len(self.own_registrations), []
        return count

    def elsewhere(self) -> list[Registration]:
        self._answer()
        return self.registrations_elsewhere

    def check(self) -> list[Finding]:
        return [Finding(Severity.OK, "site", "answers")]

    def people(self, place: Place) -> list[Person]:
        self._answer()
        return [person for person in self.members.values() if person.is_active]

    calls = 0
    budget = None

    def close(self) -> None:
        self.is_closed = True

    def _known(self, things: Mapping[str, T], kind: str, name: str) -> T:
        self._answer()
        if name not in things:
            raise UnknownName(kind, name, tuple(things))
        return things[name]

    def _answer(self) -> None:
        if self.is_down:
            raise Temporary("the site does not answer")
