"""Lists over HTTP: searches for tickets and transactions, histories, attachments, users, queues, groups."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import request

from adapters.request_tracker.simulation.door import Door, page_asked_for, refused
from adapters.request_tracker.simulation.records import Attachment, Queue, Ticket, Transaction, User
from adapters.request_tracker.simulation.searching import Search, compare_dates, compare_numbers, compare_texts
from adapters.request_tracker.simulation.serial import NOTE_KEY, TXN_FIELDS, paged
from adapters.simulation.refusal import Json

R = TypeVar("R")

_ORDERS: dict[str, Callable[[Any], Any]] = {
    "": lambda row: row.id,
    "id": lambda row: row.id,
    "LastUpdated": lambda row: (row.updated, row.id),
    "Created": lambda row: (row.created, row.id),
}
_SUMMARY = ("RealName", "EmailAddress", "Name")
"""``$UserSummaryExtraInfo``: all that users can be searched by without AdminUsers."""


class ListRoutes:
    """Serves lists of one state."""

    def __init__(self, door: Door, version: str) -> None:
        self._door = door
        self._state = door.state
        self._version = version
        door.on("GET", "rt", lambda: {"Version": self._version})
        door.on("GET", "tickets", self._tickets)
        door.on("GET", "transactions", self._transactions)
        door.on("GET", "ticket/<int:number>/history", self._history)
        door.on("GET", "attachments", self._attachments)
        door.on("GET", "transaction/<int:number>/attachments", self._attachments_of)
        door.on("GET", "users", self._users)
        door.on("GET", "user/<name>", self._user)
        door.on("GET", "queues/all", self._queues)
        door.on("GET", "queue/<name>", self._queue)
        door.on("GET", "group/<int:number>", self._group)
        door.on("GET", "customfields", self._fields)

    # Tickets and what happened to them.

    def _tickets(self) -> Json:
        search: Search[Ticket] = Search(self._ticket_fields(), set())
        test = search.parse(request.args.get("query", ""))
        is_any_type = "type" in search.mentioned
        found = [
            ticket
            for ticket in self._state.tickets.values()
            if ticket.effective_id == ticket.id
            and ticket.status != "deleted"
            and (is_any_type or ticket.type == "ticket")
            and test(ticket)
        ]
        is_late = self._state.faults.rights_after_paging
        return self._page(found, self._may_show, self._door.serial().ticket_item, is_counted=not is_late)

    def _may_show(self, ticket: Ticket) -> bool:
        return self._state.may(self._door.user, "ShowTicket", ticket=ticket)

    def _ticket_fields(self) -> dict[str, Any]:
        users, queues, zone = self._state.users, self._state.queues, self._door.user.zone

        def status(sign: str, value: Any) -> Callable[[Ticket], bool]:
            if value.text in ("__Active__", "__Inactive__"):
                return lambda ticket: (ticket.status in self._state.inactive) is (value.text == "__Inactive__")
            found: Callable[[Ticket], bool] = compare_texts(lambda ticket: ticket.status)(sign, value)
            return found

        by_name: dict[str, Any] = {
            "queue": _named(lambda ticket: ticket.queue, lambda ticket: queues[ticket.queue].name),
            "owner": _named(lambda ticket: ticket.owner, lambda ticket: users[ticket.owner].name),
        }
        return by_name | {
            "id": compare_numbers(lambda ticket: ticket.id),
            "owner.id": compare_numbers(lambda ticket: ticket.owner),
            "owner.name": compare_texts(lambda ticket: users[ticket.owner].name),
            "priority": compare_numbers(lambda ticket: ticket.priority),
            "status": status,
            "type": compare_texts(lambda ticket: ticket.type),
            "subject": compare_texts(lambda ticket: ticket.subject),
            "lastupdated": compare_dates(lambda ticket: ticket.updated, zone),
            "created": compare_dates(lambda ticket: ticket.created, zone),
        }

    def _transactions(self) -> Json:
        fields = {
            "id": compare_numbers(lambda row: row.id),
            "objectid": compare_numbers(lambda row: row.ticket),
            "ticketid": compare_numbers(lambda row: row.ticket),
            "objecttype": compare_texts(lambda row: "RT::Ticket"),
            "type": compare_texts(lambda row: row.type),
            "field": compare_texts(lambda row: row.field),
            "creator": _named(lambda row: row.creator, lambda row: self._state.users[row.creator].name),
            "created": compare_dates(lambda row: row.created, self._door.user.zone),
            f"cf.{{{NOTE_KEY}}}".casefold(): compare_texts(lambda row: row.note_key),
        }
        search: Search[Transaction] = Search(fields, set())
        test = search.parse(request.args.get("query", ""))
        found = [row for row in self._state.transactions.values() if test(row)]
        return self._page(found, self._may_see, self._door.serial().transaction_item)

    def _history(self, number: int) -> Json:
        ticket = self._state.ticket(number)
        found = [] if ticket is None else self._state.history(ticket)
        is_counted = ticket is not None and self._state.faults.newer_paging and self._may_see_all_of(ticket)
        return self._page(found, self._may_see, self._door.serial().transaction_item, is_counted=is_counted)

    def _may_see_all_of(self, ticket: Ticket) -> bool:
        rights = ("ShowTicket", "ShowTicketComments")
        return all(self._state.may(self._door.user, right, ticket=ticket) for right in rights)

    def _may_see(self, row: Transaction) -> bool:
        return self._state.may_see(self._door.user, row)

    def _attachments(self) -> Json:
        wanted = _limits_by_field()
        found = [part for row in self._named_by(wanted.get("TransactionId", [])) for part in row.attachments]
        for limits in wanted.values():
            found = [part for part in found if any(_fits(one, _attachment_value(part, one["field"])) for one in limits)]
        return self._page(found, self._may_read, self._door.serial().attachment_item)

    def _named_by(self, limits: list[dict[str, Any]]) -> Iterable[Transaction]:
        """The transactions among which those are that fit: all, but where each limit lists their numbers."""
        rows = self._state.transactions
        if not limits or any(str(limit.get("operator")).upper() != "IN" for limit in limits):
            return rows.values()
        numbers = {int(one) for limit in limits for one in map(str, limit["value"]) if one.isdecimal()}
        return [rows[number] for number in numbers & rows.keys()]

    def _attachments_of(self, number: int) -> Json:
        row = self._state.transactions.get(number)
        return self._page(row.attachments if row else [], self._may_read, self._door.serial().attachment_item)

    def _may_read(self, part: Attachment) -> bool:
        return self._may_see(self._state.transactions[part.transaction])

    # People and places.

    def _users(self) -> Json:
        self._staff_only()
        with_disabled = bool(request.args.get("find_disabled_rows"))
        found = [user for user in self._state.users.values() if with_disabled or not user.is_disabled]
        for limit in _limits():
            if limit["field"] in _SUMMARY:
                found = [user for user in found if _fits(limit, _user_value(user, limit["field"]))]
        return self._page(found, lambda user: True, self._door.serial().user_item, is_counted=True)

    def _user(self, name: str) -> Json:
        user = self._state.user_named(name)
        if user is None:
            raise refused(404, "Not Found")
        if user.id != self._door.user.id:
            self._staff_only()
        return self._door.serial().user_record(user)

    def _staff_only(self) -> None:
        if not self._door.user.is_privileged:
            raise refused(403, "Forbidden")

    def _queues(self) -> Json:
        with_disabled = bool(request.args.get("find_disabled_rows"))
        off = [queue for queue in self._state.queues.values() if queue.is_disabled or queue.is_for_approvals]
        found = [queue for queue in self._state.queues.values() if with_disabled or queue not in off]
        is_counted = self._state.may(self._door.user, "SeeQueue")
        return self._page(found, self._may_see_queue, self._door.serial().queue_item, is_counted=is_counted)

    def _may_see_queue(self, queue: Queue) -> bool:
        return self._state.may(self._door.user, "SeeQueue", queue=queue.id)

    def _queue(self, name: str) -> Json:
        queue = self._state.queue_named(name)
        if queue is None:
            raise refused(404, "Not Found")
        if not self._may_see_queue(queue):
            raise refused(403, "Forbidden")
        return self._door.serial().queue(queue)

    def _group(self, number: int) -> Json:
        group = self._state.groups.get(number)
        if group is None:
            raise refused(404, "Not Found")
        if not self._state.may(self._door.user, "SeeGroup"):
            raise refused(403, "Forbidden")
        return self._door.serial().group(group)

    def _fields(self) -> Json:
        values = {"Name": NOTE_KEY, "LookupType": TXN_FIELDS}
        is_there = self._state.has_note_key and self._state.may(self._door.user, "SeeCustomField")
        is_wanted = is_there and all(_fits(limit, values.get(limit["field"], "")) for limit in _limits())
        return paged([self._door.serial().field_item()] if is_wanted else [], int(is_wanted), *page_asked_for())

    def _page(
        self, rows: Iterable[R], may_see: Callable[[R], bool], write: Callable[[R], Json], *, is_counted: bool = False
    ) -> Json:
        """A page. Where rows are not counted, what may not be seen is taken away after the page was cut."""
        order = _ORDERS.get(request.args.get("orderby", ""), _ORDERS[""])
        ordered: Sequence[R] = sorted(rows, key=order, reverse=request.args.get("order", "").upper() == "DESC")
        page, size = page_asked_for()
        if is_counted:
            ordered = [row for row in ordered if may_see(row)]
        total = len(ordered) if is_counted else None
        is_newer = self._state.faults.newer_paging and total is not None
        if is_newer:
            page = max(1, min(page, -(-len(ordered) // size)))
        cut = ordered[(page - 1) * size : page * size]
        answer = paged([write(row) for row in cut if may_see(row)], total, page, size)
        if is_newer and page * size < len(ordered):
            answer["next_page"] = f"{request.base_url}?{urlencode({**request.args, 'page': page + 1})}"
        return answer


def _named(number: Callable[[Any], int], name: Callable[[Any], str]) -> Any:
    """A field that is compared by number or by name."""

    def make(sign: str, value: Any) -> Callable[[Any], bool]:
        get: Any = compare_numbers(number) if value.text.isdigit() else compare_texts(name)
        test: Callable[[Any], bool] = get(sign, value)
        return test

    return make


def _limits() -> list[dict[str, Any]]:
    """The JSON query of those lists that take one; what is none is ignored."""
    query = request.args.get("query", "")
    try:
        found = json.loads(query) if query else []
    except ValueError:
        return []
    return [one for one in found if isinstance(one, dict) and "field" in one and "value" in one]


def _limits_by_field() -> dict[str, list[dict[str, Any]]]:
    """The same, those of one field together: of them one must hold."""
    found: dict[str, list[dict[str, Any]]] = {}
    for limit in _limits():
        found.setdefault(str(limit["field"]), []).append(limit)
    return found


def _fits(limit: dict[str, Any], value: str) -> bool:
    wanted = limit["value"]
    match str(limit.get("operator") or "=").upper():
        case "IN":
            # With PostgreSQL; with SQLite it finds in any case.
            return value in {str(one) for one in wanted}
        case "LIKE":
            return str(wanted).casefold() in value.casefold()
        case "STARTSWITH":
            return value.casefold().startswith(str(wanted).casefold())
        case "=":
            return value.casefold() == str(wanted).casefold()
        case other:
            raise refused(400, f"unknown operator {other}")


def _attachment_value(part: Attachment, field: str) -> str:
    return {"TransactionId": str(part.transaction), "ContentType": part.content_type}.get(field, "")


def _user_value(user: User, field: str) -> str:
    return {"Name": user.name, "RealName": user.real_name}.get(field, "")
