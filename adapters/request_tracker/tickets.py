"""Tickets of one RT: read, written on, moved and found. The contract describes the methods.

Reading a ticket takes two calls, and one more for what was written since it was last read; a note takes two, a move
three to five. RT keeps a history of its own, so every change is known to the second, with who made it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from adapters.payloads import checked, json_of, label, moment
from adapters.request_tracker.client import RtClient
from adapters.request_tracker.directory import SHOW_TICKETS, Directory, can_do
from adapters.request_tracker.history import Reader, entries_of, newest
from adapters.request_tracker.mapping import (
    NOBODY,
    Surroundings,
    User,
    listed_ticket,
    person,
    record_id,
    state_told,
    ticket_record,
    to_query,
    user_names,
)
from adapters.request_tracker.merges import Merges
from adapters.request_tracker.moves import Moves, Read
from adapters.request_tracker.notes import COMMENT_RIGHT, Notes
from adapters.request_tracker.refusals import Refused
from adapters.request_tracker.texts import Texts
from adapters.request_tracker.transactions import SHOW_TICKET, read_transactions
from adapters.request_tracker.variables import RequestTrackerSettings
from adapters.request_tracker.watchers import add_people
from connector.clock import Clock
from connector.errors import AdapterError, Forbidden, NotFound, PayloadError, Temporary
from connector.model import (
    Aspect,
    ChangedTicket,
    ListedTicket,
    NoteRef,
    Person,
    Place,
    Ref,
    Target,
    TicketId,
    TicketRecord,
)
from connector.reading.intake.entries import Intake

_TICKET_FIELDS = {"fields[Queue]": "Name", "fields[Owner]": "id,Name,RealName"}
_LISTED = {"fields": "LastUpdated,Created,Status,Priority,Type,Queue,Owner", **_TICKET_FIELDS}
"""What is asked of each open ticket: all that decides whether it needs a look, and that a list tells."""

_UTC = ZoneInfo("UTC")
_WIDEST_ZONE = timedelta(hours=14)
_HOUR_TWICE = timedelta(hours=1)


class Tickets:
    """The tickets that the connector's account may see."""

    def __init__(self, settings: RequestTrackerSettings, client: RtClient, directory: Directory, clock: Clock) -> None:
        self._clock = clock
        self._settings = settings
        self._client = client
        self._directory = directory
        self._own_id = ""
        self._texts = Texts(client)
        self._merges = Merges(client)
        self._notes = Notes(client, directory, self._merges, self._why_refused)
        self._moves = Moves(client, directory, self._read_ticket)

    def read(
        self, ticket_id: TicketId, note: NoteRef | None = None, *, anew: bool = True, ours: Collection[str] = ()
    ) -> TicketRecord:
        ticket_id = checked(ticket_id)
        self._own_id = self._directory.account.get().user.id
        own_ids = frozenset((self._own_id, *ours))
        seen = self._read_ticket(ticket_id)
        if not seen.record.is_escalatable:
            return seen.record
        rows = read_transactions(self._client, ticket_id)
        self._merges.check(ticket_id, rows)
        requestors = user_names(seen.data, "Requestor")
        read, by_clients, left_out = newest(rows, requestors, own_ids, self._is_staff)
        intake = Intake(own_ids)
        told = self._texts.of(read, ticket_id, by_clients)
        intake.take(entries_of(told, requestors, own_ids, self._is_staff))
        entries, too_many = intake.taken()
        reader = Reader(
            own_ids, self._directory.queue_by_id, self._person, self._settings.priorities, self._directory.status
        )
        who = self._directory.requestors.get(requestors[0]) if requestors else None
        return replace(
            seen.record,
            source=seen,
            contact=who.name if who else "",
            client=Ref(who.organization, who.organization) if who and who.organization else None,
            entries=entries,
            left_out=left_out + too_many,
            changes=tuple(reader.changes(ticket_id, rows)),
            history_of=frozenset(Aspect),
        )

    def trail(self, ticket_id: TicketId, since: datetime) -> None:
        """See the contract: ``read`` brings the whole history."""

    def write_note(self, ticket_id: TicketId, text: str, marker: str, seen: TicketRecord | None = None) -> NoteRef:
        return self._notes.write_internal(checked(ticket_id), text, marker)

    def write_message(self, ticket_id: TicketId, text: str, marker: str) -> NoteRef:
        return self._notes.write_visible(checked(ticket_id), text, marker)

    def add_people(self, ticket_id: TicketId, people: Sequence[Person]) -> tuple[Person, ...]:
        return add_people(self._client, self._read_ticket, checked(ticket_id), people)

    def reassign(self, ticket_id: TicketId, target: Target, seen: TicketRecord | None = None) -> TicketRecord:
        before = seen.source if seen is not None and isinstance(seen.source, Read) else None
        return self._moves.reassign(checked(ticket_id), target, before)

    def changed_since(self, moment: datetime) -> Iterator[ChangedTicket]:
        since = moment.replace(microsecond=0)
        # RT's own comparison is not relied on: it takes a date that it cannot read for the beginning of time.
        query = f"LastUpdated >= '{self._as_asked(since)}'"
        rows = self._found("find the changed tickets", query)
        return (found for found in map(self._changed, rows) if found.updated_at >= since)

    def open_tickets(self, places: Sequence[Place]) -> Iterator[ListedTicket]:
        queues = sorted({int(place.path[0].id) for place in places})
        if not queues:
            return iter(())
        where = " OR ".join(f"Queue = {number}" for number in queues)
        query = f"Status = '__Active__' AND ({where})"
        return map(self._listed, self._client.tickets("find the open tickets", SHOW_TICKETS, query, _LISTED))

    def _read_ticket(self, ticket_id: TicketId) -> Read:
        """The ticket as it is, without its history; of one that was merged, the one that it is part of now."""
        what = f"read {label(ticket_id)}"
        try:
            answer = self._client.ask(f"ticket/{checked(ticket_id)}", what, SHOW_TICKET, _TICKET_FIELDS)
        except NotFound as error:
            raise NotFound(f"{label(ticket_id)} does not exist in RT") from error
        data = json_of(answer, what)
        if not isinstance(data, dict):
            raise PayloadError(label(ticket_id), "not a record")
        found = record_id(data.get("id"), f"{label(ticket_id)}: id")
        if found != ticket_id:
            self._merges.prove(ticket_id, found)
        url = f"{self._settings.url}/Ticket/Display.html?id={ticket_id}"
        around = Surroundings(self._clock.now(), url, self._settings.priorities, self._directory.status)
        told = [data.get(name) for name in ("LastUpdated", "Queue", "Owner", "Status")]
        record = ticket_record(data, ticket_id, around)
        record = replace(record, state=state_told(self._own_id, *told), read_as=self._own_id)
        return Read(record, data, answer.headers.get("ETag", ""))

    def _why_refused(self, ticket_id: TicketId, right: str, error: Refused) -> AdapterError:
        """What a 400 on a note means: RT answers alike for a ticket that is not there and a right that is not."""
        try:
            seen = self._read_ticket(ticket_id)
        except (NotFound, Forbidden) as found:
            return found
        except AdapterError:
            return Temporary(f"{error}; and the ticket could not be read to see why")
        if right == COMMENT_RIGHT and (can_do(seen.data, "comment") or can_do(seen.data, "lifecycle")):
            return error
        return Forbidden(f"{error}: the connector's account needs {right}", f"{right} is missing")

    def _person(self, user_id: str) -> Person | None:
        found = self._directory.profile(user_id)
        if found is None:
            return Person(user_id, f"user {user_id}", f"user {user_id}", is_active=False)
        return None if found.user.name == NOBODY else person(found.user)

    def _is_staff(self, user: User) -> bool | None:
        found = self._directory.profile(user.id)
        return None if found is None else found.is_privileged

    def _as_asked(self, since: datetime) -> str:
        """A moment for a search, never later than meant: where the account's zone is not UTC, earlier."""
        zone = self._directory.account.get().zone
        if zone is None:
            return to_query(since - _WIDEST_ZONE, _UTC)
        return to_query(since if zone == _UTC else since - _HOUR_TWICE, zone)

    def _found(self, what: str, query: str) -> Iterator[dict[str, Any]]:
        return self._client.tickets(what, SHOW_TICKETS, query, {"fields": "LastUpdated"})

    def _listed(self, row: dict[str, Any]) -> ListedTicket:
        return listed_ticket(row, self._changed(row), self._settings.priorities, self._directory.status)

    def _changed(self, row: dict[str, Any]) -> ChangedTicket:
        number = record_id(row.get("id"), "ticket: id")
        try:
            updated_at = moment(row.get("LastUpdated"), f"{label(number)}: LastUpdated")
        except PayloadError:
            # One odd ticket must not hide the others: it is looked at, and its own turn says what is wrong.
            updated_at = self._clock.now()
        return ChangedTicket(TicketId(number), updated_at)
