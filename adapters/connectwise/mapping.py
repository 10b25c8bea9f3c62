"""ConnectWise's JSON into the connector's words. Pure: what it needs to look up is handed in.

Absent keys, nulls and empty objects mean the same there. Unknown extra fields are accepted; a field that must
be there and is not raises PayloadError with its path (``ticket 4711: board: missing``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.payloads import Json, in_one_line, label, moment, optional_moment, state_of, text, written
from connector.errors import PayloadError
from connector.model import (
    Aspect,
    ChangedTicket,
    Entry,
    ListedTicket,
    Person,
    Place,
    Ref,
    Status,
    StatusGroup,
    TicketId,
    TicketRecord,
)

# A status can stamp the plan at the ticket's creation: that is no plan that anybody made.
STAMPED_AT_CREATION = timedelta(minutes=1)
_LARGEST = 2**53


def to_wire(at: datetime) -> str:
    """A moment as the API writes it, to the second below."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def info(data: Json) -> Json:
    """The record's ``_info``, empty where there is none."""
    found = data.get("_info")
    return found if isinstance(found, dict) else {}


def record_id(data: Json, path: str) -> int:
    """The id of a record or reference."""
    found = data.get("id")
    if isinstance(found, bool) or not isinstance(found, int) or abs(found) > _LARGEST:
        raise PayloadError(f"{path}: id", "missing" if found is None else "not a whole number")
    return found


def named(row: Json, path: str) -> Ref:
    """A record of a list as a reference to it."""
    return Ref(str(record_id(row, path)), text(row.get("name")))


def optional_ref(data: Json, name: str, path: str) -> Ref | None:
    """A reference ``{id, name}`` of a record; None where it is absent, null or empty."""
    found = data.get(name)
    if found is None or found == {}:
        return None
    if not isinstance(found, dict):
        raise PayloadError(f"{path}: {name}", "not a reference")
    return Ref(str(record_id(found, f"{path}: {name}")), text(found.get("name")))


def ref(data: Json, name: str, path: str) -> Ref:
    """A reference that must be there."""
    found = optional_ref(data, name, path)
    if found is None:
        raise PayloadError(f"{path}: {name}", "missing")
    return found


def place_of(data: Json, path: str) -> Place:
    """Where a ticket lives: its board, then its team where it has one."""
    board = ref(data, "board", path)
    team = optional_ref(data, "team", path)
    return Place((board,) if team is None else (board, team))


def person_of(data: Json, name: str, path: str) -> Person | None:
    """A member reference as a person; None where there is none."""
    found = optional_ref(data, name, path)
    if found is None:
        return None
    return Person(found.id, text(data[name].get("identifier")) or found.name, found.name)


def state_told(data: Json, by: str) -> str:
    """How a ticket stands by its own JSON or by that in a callback, where ``by`` brought it there; see ``state_of``.

    Empty where it does not tell all of that.
    """
    try:
        board, status = optional_ref(data, "board", ""), optional_ref(data, "status", "")
        others = [optional_ref(data, name, "") for name in ("team", "owner", "priority")]
        at = optional_moment(info(data).get("lastUpdated"), "")
    except PayloadError:
        return ""
    where = [one.id if one else None for one in (board, status)]
    return state_of(by, at, *where, *(one.id if one else "" for one in others), str(data.get("closedFlag") is True))


def is_gone_into_another(data: Json) -> str:
    """Why a ticket is no service-desk ticket of its own, empty when it is one."""
    kind = text(data.get("recordType"))
    if kind not in ("", "ServiceTicket"):
        return f"it is a {in_one_line(kind)}, not a service ticket"
    parent = data.get("mergedParentTicket")
    if isinstance(parent, dict) and parent.get("id"):
        return f"it was merged into {label(parent['id'])}"
    return ""


def ticket_record(
    data: Json,
    group_of: Callable[[Ref, Ref], StatusGroup],
    read_at: datetime,
    url: str,
    entries: Iterable[Entry] = (),
) -> TicketRecord:
    """A ticket as read. ``group_of(board, status)`` tells a status's group; ``closedFlag`` wins over it."""
    path = label(data.get("id", "?"))
    number = record_id(data, path)
    place = place_of(data, path)
    named = ref(data, "status", path)
    group = StatusGroup.CLOSED if data.get("closedFlag") is True else group_of(place.path[0], named)
    entered_at = moment(info(data).get("dateEntered"), f"{path}: _info.dateEntered")
    responded_at = optional_moment(data.get("dateResponded"), f"{path}: dateResponded")
    why_not = is_gone_into_another(data)
    return TicketRecord(
        id=TicketId(str(number)),
        summary=written(data.get("summary"), f"{path}: summary"),
        place=place,
        status=Status(named.id, named.name, group),
        owner=person_of(data, "owner", path),
        priority=optional_ref(data, "priority", path),
        client=optional_ref(data, "company", path),
        contact=_contact(data),
        entered_at=entered_at,
        updated_at=moment(info(data).get("lastUpdated"), f"{path}: _info.lastUpdated"),
        read_at=read_at,
        entries=tuple(sorted(entries, key=_order)),
        # A ticket created straight into a later stage is stamped some seconds before it was entered.
        responded_at=None if responded_at is None else max(responded_at, entered_at),
        planned_at=_planned_at(data, path, entered_at),
        planned_by=text(_either_case(data, "resplanBy")),
        resolved_at=optional_moment(data.get("dateResolved"), f"{path}: dateResolved"),
        url=url,
        is_escalatable=not why_not,
        why_not=why_not,
    )


def listed_ticket(data: Json, found: ChangedTicket, group_of: Callable[[Ref, Ref], StatusGroup]) -> ListedTicket:
    """A row of the list of open tickets, of which all was asked that is taken from it. What is odd is not told."""
    try:
        record = ticket_record(data, group_of, found.updated_at, "")
    except PayloadError:
        return ListedTicket(found.id, found.updated_at)
    return ListedTicket.of(record, frozenset(Aspect), tells_client=True)


def _order(entry: Entry) -> tuple[datetime, str, int, str]:
    """By time; what has the same second stays in the order of the numbers, kind by kind."""
    return (entry.at, entry.kind.value, len(entry.id), entry.id)


def _planned_at(data: Json, path: str, entered_at: datetime) -> datetime | None:
    planned_at = optional_moment(_either_case(data, "dateResplan"), f"{path}: dateResplan")
    if planned_at is None or planned_at - entered_at <= STAMPED_AT_CREATION:
        return None
    return planned_at


def _either_case(data: Json, name: str) -> Any:
    """A field whose name is written both ``resplan`` and ``resPlan``."""
    return data.get(name) or data.get(name.replace("esplan", "esPlan"))


def _contact(data: Json) -> str:
    named = text(data.get("contactName"))
    contact = data.get("contact")
    return named or (text(contact.get("name")) if isinstance(contact, dict) else "")
