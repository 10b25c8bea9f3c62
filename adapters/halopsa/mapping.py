"""Halo's tickets into the connector's words. Pure: what it needs to look up is handed in.

Absent keys, nulls, empty texts and sentinel dates mean the same there. Ids come as numbers, as whole decimals
(``18.0``) and as texts (https://github.com/homotechsual/dotMARC, FlexibleInt32Converter;
https://github.com/topleft-team/django-psa). A field that must be there and is not raises PayloadError with its path
(``ticket 4711: status_id: missing``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from adapters.names import plain
from adapters.payloads import Json, first_moment, label, optional_moment, state_of, text, written
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

TICKETS_READ = "read:tickets, and to view tickets of other agents and unassigned ones"
NOBODY = 1
"""The agent "Unassigned": a ticket without an owner has it, or 0, or none."""

UNKNOWN_CLIENT = 1
NO_TEAM = Ref("0", "no team")

UPDATED = ("last_update", "lastupdate", "flastupdate", "lastactiondate")
"""The date of the last update; its name changes by call, and the first that is set counts."""

ENTERED = ("dateoccurred", "datecreated")
_CLOSED_AT = ("dateclosed", "date_fully_closed")
_RESPONDED_AT = ("responsedate", "first_responsedate")

_BY_NAME = {
    "new": StatusGroup.NEW,
    "in progress": StatusGroup.WORKING,
    "action required": StatusGroup.WORKING,
    "plan made": StatusGroup.PLANNED,
    "with user": StatusGroup.WAITING,
    "with supplier": StatusGroup.WAITING,
    "on hold": StatusGroup.WAITING,
    "resolved": StatusGroup.RESOLVED,
    "closed": StatusGroup.CLOSED,
}
_BY_ID = {1: StatusGroup.NEW, 2: StatusGroup.WORKING, 9: StatusGroup.CLOSED}
"""Ids that mean the same on nearly every instance, whatever they are called there."""

_WHOLE = re.compile(r"[+-]?\d{1,18}(\.0*)?", re.ASCII)
_LARGEST = 2**53


def whole(value: Any, path: str) -> int:
    """A whole number, written as a number or a text. Raises PayloadError, also for 3.5."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= _LARGEST:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST:
        return value
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(value.strip().partition(".")[0])
    raise PayloadError(path, "missing" if value in (None, "") else "not a whole number")


def optional_whole(value: Any, path: str) -> int | None:
    """Like ``whole``, but None for what is absent or empty."""
    return None if value in (None, "") else whole(value, path)


def number(value: Any) -> float:
    """A number of hours and the like; 0 for anything else, and for what no length can be."""
    try:
        found = 0.0 if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return found if abs(found) <= _LARGEST else 0.0


class Names(Protocol):
    """What the instance's lists tell of an id or name."""

    def team_by_id(self, number: str) -> Ref | None: ...
    def team_named(self, name: str) -> Ref | None: ...
    def person(self, number: int, name: str) -> Person: ...
    def person_named(self, name: str) -> Person | None: ...
    def status_by_id(self, number: int, name: str = "") -> Status: ...
    def is_assumed(self, status: Status) -> bool: ...
    def priority_by_id(self, number: int, sla: int | None, name: str = "") -> Ref: ...


def tells_of_waiting(rows: Iterable[Json]) -> bool:
    """Whether an instance's open statuses say different things of the service level: else they say nothing."""
    said = {_holds(row) for row in rows if _by_itself(row)[0] not in (StatusGroup.RESOLVED, StatusGroup.CLOSED)}
    return len(said) > 1


def placed(row: Json, *, is_telling: bool) -> PlacedStatus:
    """What a status means for the clocks, and which of the instance's own data says so.

    A status that holds the service level is waiting; then the names that Halo comes with, then the numbers that are
    the same everywhere. Any other is work in progress: its clock runs. Where the data is not ``is_telling`` of the
    service level, the names decide.
    """
    ref = Ref(str(whole(row.get("id"), "Status: id")), text(row.get("name")))
    if is_telling and _holds(row):
        why = "it puts the service level on hold (slaaction)"
        return PlacedStatus(Status(ref.id, ref.name, StatusGroup.WAITING), why)
    group, why = _by_itself(row)
    if group is not StatusGroup.UNKNOWN:
        return PlacedStatus(Status(ref.id, ref.name, group), why)
    named = placed_by_name(ref)
    if not is_telling or named.status.group in (StatusGroup.NEW, StatusGroup.RESOLVED):
        return named
    why = "it does not put the service level on hold, and nothing else places it: work in progress"
    return PlacedStatus(Status(ref.id, ref.name, StatusGroup.WORKING), why, is_assumed=True)


def _holds(row: Json) -> bool:
    return text(row.get("slaaction")).strip().casefold().startswith("h")


def _by_itself(row: Json) -> tuple[StatusGroup, str]:
    by_name = _BY_NAME.get(plain(text(row.get("name"))).casefold())
    if by_name is not None:
        return by_name, "Halo comes with a status of this name"
    by_id = _BY_ID.get(whole(row.get("id"), "Status: id"))
    if by_id is not None:
        return by_id, "its number means that on nearly every instance"
    return StatusGroup.UNKNOWN, ""


def status_of(data: Json, names: Names, path: str) -> Status:
    """A ticket's status. ``hasbeenclosed`` decides where the status alone tells nothing for certain."""
    name = text(data.get("status_name")) or text(data.get("statusname"))
    found = names.status_by_id(whole(data.get("status_id"), f"{path}: status_id"), name)
    if data.get("hasbeenclosed") is True and names.is_assumed(found):
        return replace(found, group=StatusGroup.CLOSED)
    return found


def place_of(data: Json, names: Names, path: str) -> Place:
    """Where a ticket lives: its team, by id where the id is told, else by name."""
    number = optional_whole(data.get("team_id"), f"{path}: team_id")
    name = text(data.get("team"))
    if number is not None and number > 0:
        return Place((names.team_by_id(str(number)) or Ref(str(number), name or f"team {number}"),))
    return Place((team_called(name, names),)) if name else Place((NO_TEAM,))


def team_called(name: str, names: Names) -> Ref:
    """The team of that name; one that is in no list is a place of its own."""
    return names.team_named(name) or Ref(f"name:{plain(name).casefold()}", name)


def owner_of(data: Json, names: Names, path: str) -> Person | None:
    """A ticket's agent, None for nobody."""
    number = optional_whole(data.get("agent_id"), f"{path}: agent_id")
    if number is None or number in (0, NOBODY):
        return None
    return names.person(number, text(data.get("agent_name")))


def priority_of(data: Json, names: Names, path: str) -> Ref | None:
    """A ticket's priority; the same id is called by the ticket's service level."""
    number = optional_whole(data.get("priority_id"), f"{path}: priority_id")
    if number is None or number <= 0:
        return None
    nested = data.get("priority")
    name = text(nested.get("name")) if isinstance(nested, dict) else ""
    sla = optional_whole(data.get("sla_id"), f"{path}: sla_id")
    return names.priority_by_id(number, sla, name or text(data.get("priority_name")))


def updated_at(data: Json, path: str) -> datetime | None:
    """When a ticket was last updated, where it says so."""
    return first_moment(data, UPDATED, path)


def state_told(data: Json, agent: str) -> str:
    """How a ticket stands by its own JSON or by that in a webhook, where that agent brought it there; see ``state_of``.

    Empty where it does not tell all of that.
    """
    try:
        ids = [optional_whole(data.get(name), name) for name in ("team_id", "agent_id", "status_id", "priority_id")]
        return state_of(agent, updated_at(data, ""), *(None if id_ is None else str(id_) for id_ in ids))
    except PayloadError:
        return ""


def why_not_escalated(data: Json) -> str:
    """Why a record is no service-desk ticket of its own, empty when it is one."""
    if data.get("deleted") is True:
        return "it was deleted"
    into = optional_whole(data.get("merged_into_id"), "merged_into_id")
    if into is not None and into > 0:
        return f"it was merged into ticket {into}"
    for field, kind in (("is_project", "a project"), ("is_opportunity", "an opportunity")):
        if data.get(field) is True:
            return f"it is {kind}, not a service ticket"
    return ""


def ticket_record(
    data: Json,
    names: Names,
    read_at: datetime,
    url: str,
    entries: Iterable[Entry] = (),
    changes: Iterable[Change] = (),
) -> TicketRecord:
    """A ticket as read."""
    path = label(data.get("id"))
    number = whole(data.get("id"), f"{path}: id")
    entered_at = first_moment(data, ENTERED, path)
    if entered_at is None:
        raise PayloadError(f"{path}: dateoccurred", "missing")
    closed_at = first_moment(data, _CLOSED_AT, path)
    why_not = why_not_escalated(data)
    return TicketRecord(
        id=TicketId(str(number)),
        summary=written(data.get("summary"), f"{path}: summary"),
        place=place_of(data, names, path),
        status=status_of(data, names, path),
        owner=owner_of(data, names, path),
        priority=priority_of(data, names, path),
        client=_client(data, path),
        contact=text(data.get("user_name")),
        entered_at=entered_at,
        updated_at=updated_at(data, path) or entered_at,
        read_at=read_at,
        entries=tuple(sorted(entries, key=lambda entry: (entry.at, len(entry.id), entry.id))),
        changes=tuple(changes),
        responded_at=first_moment(data, _RESPONDED_AT, path),
        resolved_at=closed_at,
        url=url,
        is_escalatable=not why_not,
        why_not=why_not,
    )


_TOLD_BY = {Aspect.OWNER: "agent_id", Aspect.PRIORITY: "priority_id"}
"""Of what a list may leave out, the field that tells it, also that there is none."""


def listed_ticket(data: Json, found: ChangedTicket, names: Names) -> ListedTicket:
    """A row of the list of open tickets. Rows are thin, and differ between versions: what a field does not stand for,
    or is odd, is not told.
    """
    try:
        record = ticket_record(data, names, found.updated_at, "")
    except PayloadError:
        return ListedTicket(found.id, found.updated_at)
    is_placed = data.get("team_id") not in (None, "") or bool(text(data.get("team")))
    told = {aspect for aspect, name in _TOLD_BY.items() if data.get(name) not in (None, "")}
    told |= {Aspect.STATUS, *((Aspect.PLACE,) if is_placed else ())}
    return ListedTicket.of(record, frozenset(told), tells_client=data.get("client_id") not in (None, ""))


def _client(data: Json, path: str) -> Ref | None:
    number = optional_whole(data.get("client_id"), f"{path}: client_id")
    if number is None or number in (0, UNKNOWN_CLIENT):
        return None
    return Ref(str(number), text(data.get("client_name")) or f"client {number}")


def occurred_at(data: Json, path: str) -> datetime | None:
    """When an action was recorded."""
    return first_moment(data, ("actiondatecreated", "datetime"), path) or optional_moment(
        data.get("last_updated"), f"{path}: last_updated"
    )
