"""HaloPSA as a ``TicketSystem``: puts the parts of this folder together.

Reading a ticket takes two calls, a note two (the status is read right before), a move two or three. The contract
describes the methods.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from adapters.halopsa import checks
from adapters.halopsa.client import HaloClient, records
from adapters.halopsa.directory import Directory
from adapters.halopsa.entries import Ourselves, details_of, entries_of
from adapters.halopsa.history import Reader, aspects_told
from adapters.halopsa.mapping import ticket_record, updated_at
from adapters.halopsa.moves import Moves
from adapters.halopsa.notes import Notes
from adapters.halopsa.places import TICKETS_READ, Places
from adapters.halopsa.refusals import NotThere
from adapters.halopsa.registrations import Registrations
from adapters.halopsa.settings import HaloSettings
from adapters.halopsa.values import Json, label, optional_whole, to_wire, whole
from adapters.halopsa.webhook import Webhook
from adapters.http import HttpOptions
from connector.clock import Clock
from connector.errors import AdapterError, NotFound, PayloadError, Permanent, Temporary
from connector.model import (
    ChangedTicket,
    Finding,
    InboundRequest,
    NoteRef,
    Notice,
    Person,
    Place,
    Ref,
    Registration,
    Status,
    Target,
    TicketId,
    TicketRecord,
)
from connector.systems.contract import SigningKeys

CALLS_PER_WINDOW = 300
"""In any five minutes, all the application does together (https://github.com/homotechsual/HaloAPI, issue 31)."""

_DETAILS = {"includedetails": "true", "include_auditing": "true", "nocache": "true"}


def connect(
    settings: HaloSettings, homes: Sequence[str], keys: SigningKeys, clock: Clock, **http_options: Any
) -> HaloPsa:
    """A connection to one instance; see ``HaloPsa``."""
    return HaloPsa(settings, homes, keys, clock, **http_options)


class HaloPsa:
    """A connection to one Halo instance. Makes no call before it is asked something.

    ``homes``: the configured homes there. ``http_options``: fields of ``adapters.http.HttpOptions``; without
    ``calls_per_minute`` there are at most 300 calls in any five minutes.
    """

    name = "halopsa"
    manages_webhooks = True
    can_add_people = False
    settle_seconds = 30.0
    note_limit = 16_000

    def __init__(
        self,
        settings: HaloSettings,
        homes: Sequence[str],
        keys: SigningKeys,
        clock: Clock,
        **http_options: Any,
    ) -> None:
        if "calls_per_minute" not in http_options:
            http_options = {"calls_per_minute": None, "calls_per_window": CALLS_PER_WINDOW, **http_options}
        options = HttpOptions(**http_options)
        self._clock = clock
        self._url = settings.url
        self._homes = tuple(homes)
        self._client = HaloClient(settings, clock, options)
        self._directory = Directory(self._client)
        self._places = Places(self._client, self._directory)
        self._notes = Notes(self._client, clock)
        self._webhook = Webhook(settings)
        self._registrations = Registrations(self._client, settings)
        self._moves = Moves(
            self._client, self._directory, self._record_of, self._read_ticket, self._missing, options.sleep
        )
        self._us: Ourselves | None = None
        self._us_lock = threading.Lock()

    # Webhooks

    def verify(self, request: InboundRequest) -> None:
        self._webhook.verify(request)

    def learn_key(self, reference: str) -> None:
        raise Permanent("HaloPSA has no signing keys to fetch: its webhooks prove themselves by what is configured")

    def parse(self, request: InboundRequest) -> list[Notice]:
        return self._webhook.parse(request)

    def registrations(self) -> list[Registration]:
        return self._registrations.registrations()

    def register_webhooks(self) -> Registration:
        return self._registrations.register()

    def remove_webhooks(self) -> int:
        return self._registrations.remove()

    # Tickets

    def read(self, ticket_id: TicketId) -> TicketRecord:
        data = self._ticket_data(ticket_id)
        try:
            actions = self._notes.actions(ticket_id)
        except NotThere as error:
            raise self._missing(ticket_id, error) from error
        record = self._record_of(data)
        us, latest = self._ourselves(), self._clock.now()
        entries = entries_of(actions, ticket_id, self._directory, us, latest)
        entries += details_of(data, entries, record.entered_at)
        priorities = [priority.ref for priority in self._directory.priorities()]
        reader = Reader(ticket_id, self._directory, self._directory.statuses().values(), priorities, us)
        log = data.get("audit_log")
        changes = reader.changes(actions, log, record.status, latest)
        record = self._record_of(data, entries, changes)
        return replace(record, history_of=aspects_told(data, log, changes))

    def find_note(self, ticket_id: TicketId, marker: str) -> NoteRef | None:
        _number(ticket_id)
        try:
            return self._notes.find(ticket_id, marker)
        except NotThere as error:
            raise self._missing(ticket_id, error) from error

    def write_note(self, ticket_id: TicketId, text: str, marker: str) -> NoteRef:
        status = self._status_before(ticket_id, text, marker)
        try:
            return self._notes.write_internal(ticket_id, text, status, self._ourselves())
        except NotThere as error:
            raise self._missing(ticket_id, error) from error

    def write_message(self, ticket_id: TicketId, text: str, marker: str) -> NoteRef:
        status = self._status_before(ticket_id, text, marker)
        try:
            return self._notes.write_for_client(ticket_id, text, status, self._ourselves())
        except NotThere as error:
            raise self._missing(ticket_id, error) from error

    def add_people(self, ticket_id: TicketId, people: Sequence[Person]) -> tuple[Person, ...]:
        raise Permanent("HaloPSA has no people beside a ticket's agent that this connector can rely on")

    def reassign(self, ticket_id: TicketId, target: Target) -> TicketRecord:
        _number(ticket_id)
        return self._moves.reassign(ticket_id, target)

    def changed_since(self, moment: datetime) -> Iterator[ChangedTicket]:
        since = moment.replace(microsecond=0)
        params = {"lastupdatefromdate": to_wire(since)}
        rows = self._client.pages("find the changed tickets", TICKETS_READ, params)
        # A filter that is misspelt or unknown is ignored there, and everything comes.
        return (found for found in map(self._changed, rows) if found.updated_at >= since)

    def open_tickets(self, places: Sequence[Place]) -> Iterator[ChangedTicket]:
        teams = sorted({place.path[0].id for place in places}, key=int)
        if not teams:
            return iter(())
        params = {"open_only": "true", "team": ",".join(teams)}
        rows = self._client.pages("find the open tickets", TICKETS_READ, params)
        return (self._changed(row) for row in rows if self._places.may_be_at(row, places))

    # Names

    def locate(self, home: str) -> Place:
        return self._places.locate(home)

    def member(self, name: str) -> Person:
        return self._directory.member(name)

    def status_in(self, place: Place, name: str) -> Status:
        return self._directory.status(name)

    def arrival_status(self, place: Place, current: Status) -> Status | None:
        return None

    def priority(self, name: str) -> Ref:
        return self._directory.priority(name)

    def people(self, place: Place) -> list[Person]:
        return self._places.people(place)

    # The connection

    def check(self) -> list[Finding]:
        return checks.findings(self._client, self._directory, self._registrations, self._places, self._homes)

    @property
    def calls(self) -> int:
        """Calls made so far."""
        return self._client.http.calls

    @property
    def budget_left(self) -> float | None:
        """Calls that could be made at once; None without a limit."""
        return self._client.http.budget.left

    def close(self) -> None:
        self._client.close()

    def _ourselves(self) -> Ourselves:
        """Who we are in the instance's actions; looked up once."""
        with self._us_lock:
            if self._us is None:
                me = self._directory.me()
                self._us = Ourselves(me.person.id, me.is_api)
            return self._us

    def _ticket_data(self, ticket_id: TicketId) -> Json:
        what = f"read {label(ticket_id)}"
        try:
            data = self._client.get(f"Tickets/{_number(ticket_id)}", what, TICKETS_READ, _DETAILS)
        except NotThere as error:
            raise self._missing(ticket_id, error) from error
        if not isinstance(data, dict):
            raise PayloadError(label(ticket_id), "not an object")
        if whole(data.get("id"), f"{label(ticket_id)}: id") != int(ticket_id):
            raise PayloadError(f"{label(ticket_id)}: id", "is another ticket's")
        return data

    def _read_ticket(self, ticket_id: TicketId) -> TicketRecord:
        return self._record_of(self._ticket_data(ticket_id))

    def _record_of(self, data: Any, entries: Sequence[Any] = (), changes: Sequence[Any] = ()) -> TicketRecord:
        url = f"{self._url}/ticket?id={data.get('id')}"
        return ticket_record(data, self._directory, self._clock.now(), url, entries, changes)

    def _status_before(self, ticket_id: TicketId, text: str, marker: str) -> int:
        """The status that a ticket has right before a note is written, to be kept by it."""
        if marker not in text:
            raise Permanent(f"the note for {label(ticket_id)} lacks its marker: nothing was written")
        data = self._ticket_data(ticket_id)
        return whole(data.get("status_id"), f"{label(ticket_id)}: status_id")

    def _missing(self, ticket_id: TicketId, error: NotThere) -> AdapterError:
        """What a 404 on a ticket means: NotFound when the list, asked for that very id, answers without it."""
        what = f"see whether {label(ticket_id)} exists"
        params = {"ticketids": str(_number(ticket_id)), "count": "10"}
        try:
            rows = records(self._client.get("Tickets", what, TICKETS_READ, params), "tickets", what)
            ids = [optional_whole(row.get("id"), what) for row in rows]
        except NotThere:
            return Temporary(f"{label(ticket_id)}: the instance answers 404 for everything: an outage, or a wrong URL")
        except (AdapterError, PayloadError) as second:
            return Temporary(f"{error}; whether it exists could not be found out ({second})")
        if int(ticket_id) in ids:
            return Temporary(f"{error}; yet the instance lists it")
        return NotFound(f"{label(ticket_id)} does not exist, or the agent of the API application may not see it")

    def _changed(self, row: Json) -> ChangedTicket:
        path = label(str(row.get("id", "?")))
        try:
            at = updated_at(row, path)
        except PayloadError:
            at = None
        # One without a readable date must not hide: it is looked at, and its own turn says what is wrong.
        number = whole(row.get("id"), f"{path}: id")
        return ChangedTicket(TicketId(str(number)), at or self._clock.now())


def _number(ticket_id: TicketId) -> int:
    """The id as a number: nothing else may get into a path or a query."""
    if not (ticket_id.isascii() and ticket_id.isdigit()):
        raise NotFound(f"{ticket_id!r} is no ticket number")
    return int(ticket_id)
