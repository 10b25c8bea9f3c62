"""Records as REST 2.0 writes them: ids as number here and text there, 1970 for no date, links to what may be done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from adapters.request_tracker.simulation.records import Attachment, Group, Principal, Queue, Ticket, Transaction, User
from adapters.request_tracker.simulation.state import State
from adapters.simulation.refusal import Json, Refusal

UNSET = "1970-01-01T00:00:00Z"
NOTE_KEY = "Note Key"
NOTE_KEY_ID = "1"
TXN_FIELDS = "RT::Queue-RT::Ticket-RT::Transaction"

_LIFE = (
    ("open", "Open It", "Respond"),
    ("resolved", "Resolve", "Comment"),
    ("rejected", "Reject", "Respond"),
)


def wire(at: datetime | None) -> str:
    """A moment as RT writes it."""
    return UNSET if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Serial:
    """Writes the records of one state, for a user who asks with certain parameters."""

    def __init__(self, state: State, user: User, args: Mapping[str, str]) -> None:
        self.state = state
        self.user = user
        self.args = args

    @property
    def base(self) -> str:
        """What addresses begin with."""
        return f"{self.state.base_url}/REST/2.0"

    def ref(self, kind: str, number: int | str, name: str = "") -> Json:
        """A reference: users are named by their login name."""
        shown = name or str(number)
        return {"type": kind, "id": shown, "_url": f"{self.base}/{kind}/{shown}"}

    def principal(self, one: Principal) -> Json:
        """A member of a role or group."""
        kind, number = one
        return self.user_ref(number, "") if kind == "user" else self.ref("group", number)

    def user_ref(self, number: int, field: str) -> Json:
        """A user, with the fields of them that were asked for; ``id`` then is the number."""
        user = self.state.users[number]
        found = self.ref("user", user.id, user.name)
        values = {"id": user.id, "Name": user.name, "RealName": user.real_name, "Organization": user.organization}
        return found | {name: values.get(name, "") for name in self.subfields(field)}

    def queue_ref(self, number: int, field: str) -> Json:
        """A queue, with its name where that was asked for."""
        queue = self.state.queues[number]
        # Who may not see a queue learns no name.
        name = queue.name if self.state.may(self.user, "SeeQueue", queue=number) else ""
        values = {"id": number, "Name": name, "Lifecycle": queue.life_cycle}
        return self.ref("queue", number) | {name: values.get(name, "") for name in self.subfields(field)}

    def subfields(self, field: str) -> list[str]:
        """What was asked for of a reference."""
        return [name for name in self.args.get(f"fields[{field}]", "").split(",") if name] if field else []

    def ticket(self, ticket: Ticket) -> Json:
        """A ticket asked for by itself."""
        found: Json = {
            "id": ticket.id,
            "Subject": ticket.subject,
            "Status": ticket.status,
            "Type": ticket.type,
            "Priority": str(ticket.priority),
            "InitialPriority": "0",
            "FinalPriority": "0",
            "TimeWorked": str(ticket.worked),
            "TimeLeft": "0",
            "TimeEstimated": "0",
            "Queue": self.queue_ref(ticket.queue, "Queue"),
            "Owner": self.user_ref(ticket.owner, "Owner"),
            "Creator": self.user_ref(ticket.creator, "Creator"),
            "LastUpdatedBy": self.user_ref(ticket.updated_by, "LastUpdatedBy"),
            "EffectiveId": self.ref("ticket", ticket.effective_id),
            "Requestor": [self.user_ref(number, "") for number in ticket.requestors],
            "Cc": [],
            "AdminCc": [self.principal(one) for one in ticket.admin_cc],
            "CustomFields": [],
            "Created": wire(ticket.created),
            "LastUpdated": wire(ticket.updated),
            "Starts": UNSET,
            "Started": wire(ticket.started),
            "Resolved": wire(ticket.resolved),
            "Due": UNSET,
            "_hyperlinks": self.ticket_links(ticket),
        }
        return found | ({"Told": wire(ticket.told)} if ticket.told else {})

    def ticket_links(self, ticket: Ticket) -> list[Json]:
        """What may be done with a ticket: only what the user has a right to is among it."""
        at = f"{self.base}/ticket/{ticket.id}"
        links: list[Json] = [{"ref": "self", "type": "ticket", "id": ticket.id, "_url": at}]
        links.append({"ref": "history", "_url": f"{at}/history"})
        for ref, right in (("correspond", "ReplyToTicket"), ("comment", "CommentOnTicket")):
            if self.state.may(self.user, right, ticket=ticket):
                links.append({"ref": ref, "_url": f"{at}/{ref}"})
        if self.state.may(self.user, "ModifyTicket", ticket=ticket):
            links += [
                {"ref": "lifecycle", "from": ticket.status, "to": to, "label": label, "update": update, "_url": at}
                for to, label, update in _LIFE
                if to != ticket.status
            ]
        return links

    def queue(self, queue: Queue) -> Json:
        """A queue asked for by itself."""
        links: list[Json] = [{"ref": "self", "type": "queue", "id": queue.id, "_url": f"{self.base}/queue/{queue.id}"}]
        links.append({"ref": "history", "_url": f"{self.base}/queue/{queue.id}/history"})
        if self.state.may(self.user, "CreateTicket", queue=queue.id):
            links.append({"ref": "create", "type": "ticket", "_url": f"{self.base}/ticket?Queue={queue.id}"})
        return {
            "id": queue.id,
            "Name": queue.name,
            "Lifecycle": queue.life_cycle,
            "Disabled": str(int(queue.is_disabled)),
            "AdminCc": [self.principal(one) for one in queue.admin_cc],
            "Cc": [],
            "TicketCustomFields": [],
            "TicketTransactionCustomFields": self._fields_there(),
            "_hyperlinks": links,
        }

    def group(self, group: Group) -> Json:
        """A group with its members."""
        members = [self.principal(one) for one in group.members]
        return {"id": group.id, "Name": group.name, "Domain": "UserDefined", "Disabled": "0", "Members": members}

    def user_record(self, user: User) -> Json:
        """A user asked for by themselves: all of one's own, of others a summary."""
        found: Json = {
            "Name": user.name,
            "RealName": user.real_name,
            "EmailAddress": f"{user.name}@rt.test" if "@" not in user.name else user.name,
            "Privileged": int(user.is_privileged),
            "_hyperlinks": [{"ref": "self", "type": "user", "id": user.id, "_url": f"{self.base}/user/{user.id}"}],
        }
        if user.id == self.user.id:
            found |= {"id": user.id, "Timezone": user.zone, "Lang": user.language, "Disabled": "0", "Memberships": []}
        return found

    def transaction(self, row: Transaction) -> Json:
        """A transaction asked for by itself."""
        return {
            "id": row.id,
            "Type": row.type,
            "Creator": self.user_ref(row.creator, "Creator"),
            "Created": wire(row.created),
            "TimeTaken": str(row.minutes),
            "Data": row.subject,
            "Object": self.ref("ticket", row.ticket),
            "CustomFields": self._field_values(row),
            "_hyperlinks": [
                {"ref": "attachment", "_url": f"{self.base}/attachment/{one.id}"} for one in row.attachments
            ],
        }

    # Items of lists.

    def item(self, kind: str, number: int, name: str, values: Mapping[str, Callable[[], Any]]) -> Json:
        """An item of a list with the fields that were asked for; one that there is not comes as an empty text."""
        asked = [field for field in self.args.get("fields", "").split(",") if field]
        return self.ref(kind, number, name) | {field: values[field]() if field in values else "" for field in asked}

    def ticket_item(self, ticket: Ticket) -> Json:
        values: dict[str, Callable[[], Any]] = {
            "Subject": lambda: ticket.subject,
            "Status": lambda: ticket.status,
            "Type": lambda: ticket.type,
            "Priority": lambda: str(ticket.priority),
            "EffectiveId": lambda: str(ticket.effective_id),
            "Created": lambda: wire(ticket.created),
            "LastUpdated": lambda: wire(ticket.updated),
            "Queue": lambda: self.queue_ref(ticket.queue, "Queue"),
            "Owner": lambda: self.user_ref(ticket.owner, "Owner"),
            "Requestor": lambda: [self.user_ref(number, "Requestor") for number in ticket.requestors],
            "_hyperlinks": lambda: self.ticket_links(ticket),
        }
        return self.item("ticket", ticket.id, "", values)

    def transaction_item(self, row: Transaction) -> Json:
        values: dict[str, Callable[[], Any]] = {
            "Type": lambda: row.type,
            "Field": lambda: row.field,
            "OldValue": lambda: row.old,
            "NewValue": lambda: row.new,
            "Data": lambda: row.subject,
            "TimeTaken": lambda: str(row.minutes),
            "ObjectId": lambda: str(row.ticket),
            "ObjectType": lambda: "RT::Ticket",
            "Created": lambda: wire(row.created),
            "Creator": lambda: self.user_ref(row.creator, "Creator"),
            "CustomFields": lambda: self._field_values(row) or "",
        }
        return self.item("transaction", row.id, "", values)

    def attachment_item(self, part: Attachment) -> Json:
        values: dict[str, Callable[[], Any]] = {
            "Content": lambda: part.content,
            "ContentType": lambda: part.content_type,
            "TransactionId": lambda: str(part.transaction),
            "Filename": lambda: part.filename,
            "Headers": lambda: part.headers,
            # A part without a parent: RT falls over it.
            "Parent": _fall_over,
        }
        return self.item("attachment", part.id, "", values)

    def user_item(self, user: User) -> Json:
        values: dict[str, Callable[[], Any]] = {
            "id": lambda: user.id,
            "Name": lambda: user.name,
            "RealName": lambda: user.real_name,
            "Organization": lambda: user.organization,
        }
        return self.item("user", user.id, user.name, values)

    def queue_item(self, queue: Queue) -> Json:
        values: dict[str, Callable[[], Any]] = {
            "Name": lambda: queue.name,
            "Lifecycle": lambda: queue.life_cycle,
            "Disabled": lambda: "2" if queue.is_for_approvals else str(int(queue.is_disabled)),
        }
        return self.item("queue", queue.id, "", values)

    def field_item(self) -> Json:
        """The one custom field that there may be."""
        values: dict[str, Callable[[], Any]] = {"Name": lambda: NOTE_KEY, "LookupType": lambda: TXN_FIELDS}
        return self.item("customfield", int(NOTE_KEY_ID), "", values)

    def _fields_there(self) -> list[Json]:
        if not (self.state.has_note_key and self.state.may(self.user, "SeeCustomField")):
            return []
        return [self.ref("customfield", NOTE_KEY_ID) | {"ref": "customfield", "name": NOTE_KEY}]

    def _field_values(self, row: Transaction) -> list[Json]:
        values = [row.note_key] if row.note_key else []
        if not self._fields_there():
            return []
        return [self.ref("customfield", NOTE_KEY_ID) | {"name": NOTE_KEY, "values": values}]


def paged(rows: Iterable[Json], total: int | None, page: int, per_page: int) -> Json:
    """A page of a list; ``total`` is None where RT does not know how many there are."""
    items = list(rows)
    return {
        "count": len(items),
        "total": total,
        "pages": None if total is None else -(-total // per_page),
        "page": page,
        "per_page": per_page,
        "items": items,
    }


def _fall_over() -> Any:
    raise Refusal(500, "", content_type="text/plain; charset=utf-8")
