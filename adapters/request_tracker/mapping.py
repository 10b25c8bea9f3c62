"""RT's JSON into the connector's words. Pure: what it needs to look up is handed in.

Ids are numbers in some answers and texts in others; a date that is not set is the first second of 1970 or absent. A
field that must be there and is not raises PayloadError with its path (``ticket 4711: Queue: missing``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from adapters.payloads import Json, in_one_line, label, moment, optional_moment, state_of, text, written
from adapters.status_words import placed_by_name
from connector.errors import PayloadError
from connector.model import (
    Aspect,
    Change,
    ChangedTicket,
    Entry,
    ListedTicket,
    Person,
    Place,
    PlacedStatus,
    Ref,
    Status,
    StatusGroup,
    TicketId,
    TicketRecord,
)

NOBODY = "Nobody"
"""The owner of what nobody owns: a user of that name, in every RT."""

RT_SYSTEM = "RT_System"
"""The user in whose name RT changes things by itself."""

TICKET = "ticket"
"""The type of service tickets; there are reminders and approvals, too."""

_ID = re.compile(r"\d{1,18}", re.ASCII)
_GROUPS = {
    "new": StatusGroup.NEW,
    "open": StatusGroup.WORKING,
    "stalled": StatusGroup.WAITING,
    "resolved": StatusGroup.RESOLVED,
    "rejected": StatusGroup.CLOSED,
    "deleted": StatusGroup.CLOSED,
}
"""What the statuses of RT's own life cycle mean for the clocks."""

STANDARD_STATUSES = tuple(_GROUPS)


@dataclass(frozen=True, slots=True)
class User:
    """A user as an answer names one: the number, the login name, the full name."""

    id: str
    name: str
    real_name: str

    @property
    def shown(self) -> str:
        """How people call them."""
        return self.real_name or self.name


def to_query(at: datetime, zone: ZoneInfo) -> str:
    """A moment as a search wants it, to the second below, in the zone of the account that asks."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def is_id(text: str) -> bool:
    """Whether a text is an id."""
    return _ID.fullmatch(text) is not None


def record_id(value: Any, path: str) -> str:
    """An id as text, whether it came as number or text."""
    found = str(value) if isinstance(value, int) and not isinstance(value, bool) else text(value)
    if not _ID.fullmatch(found):
        raise PayloadError(path, "missing" if value is None else "not a whole number")
    return found


def record(data: Json, name: str, path: str) -> Json:
    """A record inside a record."""
    found = data.get(name)
    if not isinstance(found, dict):
        raise PayloadError(f"{path}: {name}", "missing" if found is None else "not a record")
    return found


def records(data: Json, name: str) -> list[Json]:
    """The records in a list inside a record; empty where there is none."""
    found = data.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def user_of(data: Json, path: str) -> User:
    """A user that was asked for with ``id,Name,RealName``: without that, ``id`` is the login name."""
    return User(record_id(data.get("id"), f"{path}: id"), text(data.get("Name")), text(data.get("RealName")))


def user_names(data: Json, role: str) -> list[str]:
    """The login names of the users in a role; groups have none."""
    return [text(one.get("id")) for one in records(data, role) if one.get("type") == "user"]


def person(user: User, *, is_active: bool = True) -> Person:
    """A user as a member of staff."""
    return Person(user.id, user.name, user.shown, is_active)


def placed_status(name: str, *, is_over: bool = False) -> PlacedStatus:
    """A status with its group. Of a site's own RT tells no more than whether it is over: else its name decides."""
    group = _GROUPS.get(name.casefold())
    if group is not None:
        return PlacedStatus(Status(name, name, group), "RT's own life cycle has a status of this name")
    named = placed_by_name(Ref(name, name))
    if not is_over:
        return named
    over = StatusGroup.RESOLVED if named.status.group is StatusGroup.RESOLVED else StatusGroup.CLOSED
    return PlacedStatus(Status(name, name, over), "its life cycle counts it as inactive")


def status(name: str) -> Status:
    """A status by its name alone."""
    return placed_status(name).status


def priority_ref(number: str, names: Mapping[str, int]) -> Ref | None:
    """A priority by its number, with its name: the last one that begins at or below it, as RT itself names it."""
    if not _ID.fullmatch(number):
        return None
    below = [(least, name) for name, least in names.items() if least <= int(number)]
    return Ref(number, max(below)[1] if below else number)


def why_no_service_ticket(data: Json, asked: TicketId) -> str:
    """Why a ticket is no service-desk ticket of its own, empty when it is one."""
    found = record_id(data.get("id"), f"{label(asked)}: id")
    if found != asked:
        return f"it was merged into ticket {found}"
    if text(data.get("Status")) == "deleted":
        return "it was deleted"
    kind = text(data.get("Type"))
    return f"it is of the type {in_one_line(kind)!r}, not a ticket" if kind not in ("", TICKET) else ""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a ticket's own JSON does not say: when and where it was read, what names of priorities and statuses
    mean, and who its client is.
    """

    read_at: datetime
    url: str
    priorities: Mapping[str, int]
    status_of: Callable[[str], Status] = status
    client: Ref | None = None
    contact: str = ""


def ticket_record(
    data: Json,
    asked: TicketId,
    around: Surroundings,
    entries: Sequence[Entry] = (),
    changes: Sequence[Change] = (),
) -> TicketRecord:
    """A ticket as read. ``data`` was asked for with the queue's name and the owner's ``id,Name,RealName``."""
    path = label(asked)
    why_not = why_no_service_ticket(data, asked)
    queue = record(data, "Queue", path)
    name = text(data.get("Status"))
    now_in = around.status_of(name) if name else Status("unknown", "unknown", StatusGroup.UNKNOWN)
    is_over = now_in.group in (StatusGroup.RESOLVED, StatusGroup.CLOSED)
    return TicketRecord(
        id=asked,
        summary=written(data.get("Subject"), f"{path}: Subject"),
        place=Place((Ref(record_id(queue.get("id"), f"{path}: Queue: id"), text(queue.get("Name"))),)),
        status=now_in,
        owner=owner_of(data, path),
        priority=priority_ref(str(data.get("Priority", "")), around.priorities),
        client=around.client,
        contact=around.contact,
        entered_at=moment(data.get("Created"), f"{path}: Created"),
        updated_at=moment(data.get("LastUpdated"), f"{path}: LastUpdated"),
        read_at=around.read_at,
        entries=tuple(entries),
        changes=tuple(changes),
        # RT keeps the date of an earlier resolution on a ticket that was reopened.
        resolved_at=optional_moment(data.get("Resolved"), f"{path}: Resolved") if is_over else None,
        url=around.url,
        is_escalatable=not why_not,
        why_not=why_not,
    )


def listed_ticket(
    data: Json, found: ChangedTicket, priorities: Mapping[str, int], status_of: Callable[[str], Status] = status
) -> ListedTicket:
    """A row of a search. It names no client: that would cost a call for each requestor. What is odd is not told."""
    around = Surroundings(found.updated_at, "", priorities, status_of)
    try:
        record = ticket_record(data, found.id, around)
    except PayloadError:
        return ListedTicket(found.id, found.updated_at)
    unknown = {Aspect.PRIORITY} if record.priority is None else set()
    return ListedTicket.of(record, frozenset(Aspect) - unknown, tells_client=False)


def state_told(by: str, updated: Any, queue: Any, owner: Any, status: Any) -> str:
    """How a ticket stands by its own JSON or by that in a webhook, where that user brought it there; see ``state_of``.

    Empty where that is not all told.
    """
    try:
        ids = [record_id(one.get("id"), "") if isinstance(one, dict) else None for one in (queue, owner)]
        return state_of(by, optional_moment(updated, ""), *ids, text(status) or None)
    except PayloadError:
        return ""


def owner_of(data: Json, path: str) -> Person | None:
    """The owner of a ticket; None for nobody."""
    owner = user_of(record(data, "Owner", path), f"{path}: Owner")
    return None if owner.name == NOBODY else person(owner)
