"""Tickets over HTTP: reading one, creating, changing, commenting, replying, deleting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, request

from adapters.request_tracker.simulation.actions import Actions, attach
from adapters.request_tracker.simulation.door import Door, nothing, refused, sent_object
from adapters.request_tracker.simulation.records import Principal, Ticket, Transaction
from adapters.request_tracker.simulation.sentences import say
from adapters.request_tracker.simulation.serial import NOTE_KEY
from adapters.request_tracker.simulation.state import State
from adapters.simulation.door import as_json

Put = Callable[[Ticket, Any], list[str]]

_UNPREFIXED = frozenset({"AdminCc", "MergeInto"})
"""Of what is changed otherwise, RT says first of which ticket it speaks."""


class TicketRoutes:
    """Serves tickets. ``after_put(ticket, before)`` runs after each change over HTTP: the site's own scrips."""

    def __init__(self, door: Door, actions: Actions, after_put: Callable[[Ticket, Mapping[str, Any]], None]) -> None:
        self._door = door
        self._state: State = door.state
        self._actions = actions
        self._after_put = after_put
        door.on("GET", "ticket/<int:number>", self._get)
        door.on("PUT", "ticket/<int:number>", self._put)
        door.on("DELETE", "ticket/<int:number>", self._delete)
        door.on("POST", "ticket/<int:number>", self._conflict)
        door.on("POST", "ticket", self._create)
        door.on("POST", "ticket/<int:number>/comment", lambda number: self._write(number, "Comment"))
        door.on("POST", "ticket/<int:number>/correspond", lambda number: self._write(number, "Correspond"))
        door.on("GET", "transaction/<int:number>", self._transaction)

    def _get(self, number: int) -> Response:
        ticket = self._visible(number)
        answer = as_json(self._door.serial().ticket(ticket))
        answer.headers["ETag"] = f'"{self._etag(ticket)}"'
        return answer

    def _visible(self, number: int) -> Ticket:
        """Raises Refusal: 404 when it is not there, 403 when the user may not see it."""
        ticket = self._state.ticket(number)
        if ticket is None:
            raise refused(404, "Not Found")
        if not self._state.may(self._door.user, "ShowTicket", ticket=ticket):
            raise refused(403, "Forbidden")
        return ticket

    def _etag(self, ticket: Ticket) -> int:
        """The newest transaction that this user may see."""
        return max(row.id for row in self._state.history(ticket) if self._state.may_see(self._door.user, row))

    def _transaction(self, number: int) -> Any:
        row = self._state.transactions.get(number)
        if row is None:
            raise refused(404, "Not Found")
        if not self._state.may_see(self._door.user, row):
            raise refused(403, "Forbidden")
        return self._door.serial().transaction(row)

    # Changing.

    def _put(self, number: int) -> Response:
        ticket = self._state.ticket(number)
        if ticket is None:
            raise refused(404, "Resource does not exist; use POST to create")
        self._visible(number)
        sent = sent_object(on_bad_json=400)
        told: list[str] = []
        with self._state.acting():
            self._match_or_refuse(ticket)
            before = {"Queue": ticket.queue, "Owner": ticket.owner, "Status": ticket.status}
            # In RT's own order, which is the alphabet's: the owner first, in the queue where the ticket still is.
            for name, change in self._changes().items():
                if name in sent:
                    prefix = "" if name in _UNPREFIXED else f"Ticket {number}: "
                    told += [prefix + sentence for sentence in change(ticket, sent[name]) if sentence]
            self._after_put(ticket, before)
        return as_json(told)

    def _changes(self) -> dict[str, Put]:
        actions, user = self._actions, self._door.user
        return {
            "Owner": lambda ticket, value: [actions.set_owner(user, ticket, str(value))],
            "Priority": lambda ticket, value: [actions.set_priority(user, ticket, int(value))],
            "Queue": lambda ticket, value: [actions.set_queue(user, ticket, str(value))],
            "Status": lambda ticket, value: [actions.set_status(user, ticket, str(value))],
            "Subject": lambda ticket, value: [actions.set_subject(user, ticket, str(value))],
            "TimeWorked": lambda ticket, value: [actions.add_work(user, ticket, int(value))],
            "AdminCc": self._set_admin_cc,
            "MergeInto": self._merge,
        }

    def _match_or_refuse(self, ticket: Ticket) -> None:
        """Raises Refusal (412) when the ticket is not at the state any more that the caller knows."""
        wanted = request.headers.get("If-Match", "")
        if wanted not in ("", "*") and wanted.strip('"') != str(self._etag(ticket)):
            raise refused(412, "Precondition Failed")

    def _set_admin_cc(self, ticket: Ticket, value: Any) -> list[str]:
        wanted: list[Principal] = []
        for one in value if isinstance(value, list) else [value]:
            if str(one).isdigit():
                number = int(one)
                wanted.append(("group" if number in self._state.groups else "user", number))
                continue
            user = self._state.user_named(str(one))
            if user is not None:
                wanted.append(("user", user.id))
        return self._actions.set_admin_cc(self._door.user, ticket, wanted)

    def _merge(self, ticket: Ticket, value: Any) -> list[str]:
        into = self._state.ticket(int(value))
        if into is None or into is ticket:
            return ["Can't merge into a ticket that is not there"]
        return [self._actions.merge(self._door.user, ticket, into)]

    def _delete(self, number: int) -> Response:
        ticket = self._visible(number)
        with self._state.acting():
            self._actions.set_status(self._door.user, ticket, "deleted")
        if ticket.status != "deleted":
            raise nothing(500)
        return Response(status=204)

    def _conflict(self, number: int) -> Any:
        self._visible(number)
        raise refused(409, "Resource already exists; use PUT to update")

    def _create(self) -> Response:
        sent, user = sent_object(on_bad_json=400), self._door.user
        if not sent.get("Queue"):
            raise refused(400, "Could not create ticket. Queue not set")
        queue = self._state.queue_named(str(sent["Queue"]))
        if queue is None or queue.is_disabled or not self._state.may(user, "CreateTicket", queue=queue.id):
            raise refused(403, say(user.language, "no create", sent["Queue"]))
        status = str(sent.get("Status") or "new").casefold()
        if status not in self._state.statuses[queue.life_cycle]:
            raise refused(400, say(user.language, "no status", status))
        asking = [self._state.user_named(str(name)) for name in _as_list(sent.get("Requestor"))]
        with self._state.acting() as now:
            ticket, row = self._actions.create(
                user,
                queue,
                str(sent.get("Subject") or ""),
                now,
                status=status,
                priority=int(sent.get("Priority") or 0),
                requestors=[one.id for one in asking if one is not None],
                type_=str(sent.get("Type") or "ticket"),
                worked=int(sent.get("TimeWorked") or 0),
            )
            if sent.get("Content"):
                attach(self._state, row, str(sent.get("ContentType") or "text/plain"), str(sent["Content"]))
            owner = self._state.user_named(str(sent.get("Owner") or ""))
            # One who may not own does not get it, and nothing is said.
            if owner is not None and self._actions.may_own(owner, queue.id):
                ticket.owner = owner.id
        answer = as_json(self._door.serial().ref("ticket", ticket.id), 201)
        answer.headers["Location"] = f"/REST/2.0/ticket/{ticket.id}"
        return answer

    # Writing.

    def _write(self, number: int, kind: str) -> Response:
        state, user = self._state, self._door.user
        # Of no use here: RT knows no state of what is to be made.
        if request.headers.get("If-Match", "*") != "*":
            raise refused(412, "Precondition Failed")
        sent = sent_object(on_bad_json=500)
        if sent.get("Content") and not sent.get("ContentType"):
            raise refused(400, "ContentType is a required field for application/json")
        ticket = state.ticket(number)
        if ticket is None:
            raise refused(400, say(user.language, "not recorded"))
        if not state.may_write(user, "CommentOnTicket" if kind == "Comment" else "ReplyToTicket", ticket):
            raise refused(400, say(user.language, "denied"))
        if kind == "Comment" and state.faults.comments_become_replies:
            kind = "Correspond"
        with state.acting():
            text, content_type = str(sent.get("Content") or ""), str(sent.get("ContentType") or "text/plain")
            row = self._actions.write(user, ticket, kind, text, content_type, int(sent.get("TimeTaken") or 0))
            row.subject = str(sent.get("Subject") or "No Subject")
            told = [say(user.language, "comment" if kind == "Comment" else "reply")]
            told += self._keep_fields(row, sent.get("TxnCustomFields") or {})
            if sent.get("Status"):
                told += [sentence for sentence in [self._actions.set_status(user, ticket, sent["Status"])] if sentence]
        answer = as_json(told, 201)
        answer.headers["Location"] = f"/REST/2.0/transaction/{row.id}"
        return answer

    def _keep_fields(self, row: Transaction, fields: Mapping[str, Any]) -> list[str]:
        told = []
        for name, value in fields.items():
            if name == NOTE_KEY and self._state.has_note_key:
                row.note_key = str(value)
                told.append(say(self._door.user.language, "field"))
            else:
                told.append(say(self._door.user.language, "no field", name))
        return told


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
