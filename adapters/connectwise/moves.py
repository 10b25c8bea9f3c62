"""Reassignment: one PATCH with whole references, proven from the answer or by reading again.

How to take an owner off a ticket is not documented. The forms that are known are tried in turn, the one that
worked last first; where none works the ticket moves with its owner, and the returned record says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.absence import Absence, named_by
from adapters.connectwise.client import ConnectWiseClient
from adapters.connectwise.directory import Directory
from adapters.connectwise.refusals import Refused
from adapters.payloads import is_of, label
from adapters.reassignment import is_met, refuse_former, seen_done
from connector.errors import OutcomeUnknown, PayloadError
from connector.model import Ownership, Person, Target, TicketId, TicketRecord

Operation = dict[str, Any]
ToRecord = Callable[[Any], TicketRecord]

RIGHT = "Service Desk > Service Tickets (Edit)"

_CLEARING: tuple[Operation, ...] = (
    {"op": "remove", "path": "owner"},
    {"op": "replace", "path": "owner", "value": None},
    {"op": "replace", "path": "owner", "value": ""},
)
_PER_BOARD = ("type", "subType", "item")
_CLASSIFYING = frozenset({"type", "subtype", "item", "customfields"})


@dataclass(frozen=True, slots=True)
class _Correction:
    """What to send along once the site objects to one of those ``fields``."""

    fields: frozenset[str]
    operations: Callable[[], list[Operation]]


@dataclass(slots=True)
class Moves:
    """Moves tickets of one site.

    ``to_record`` turns a ticket's JSON into a record; ``read`` reads a ticket anew; ``absence`` proves
    what a 404 on a ticket means.
    """

    client: ConnectWiseClient
    directory: Directory
    to_record: ToRecord
    read: Callable[[TicketId], TicketRecord]
    absence: Absence
    _clearing: Operation | None = field(default=None, init=False)

    def reassign(self, ticket_id: TicketId, target: Target) -> TicketRecord:
        """See ``Tickets.reassign`` of the contract."""
        if isinstance(target.owner, Person):
            member = self.directory.members.get().get(target.owner.id)
            refuse_former(target.owner, None if member is None else member.person, "member", "site")
        operations = _operations(target)
        if target.owner is Ownership.NOBODY:
            return self._without_owner(ticket_id, target, operations)
        if not operations:
            return self.read(ticket_id)
        return self._patched(ticket_id, target, operations)

    def _without_owner(self, ticket_id: TicketId, target: Target, operations: list[Operation]) -> TicketRecord:
        """Move the ticket and take its owner off, in one PATCH where the site lets us."""
        record: TicketRecord | None = None
        for form in sorted(_CLEARING, key=lambda form: form is not self._clearing):
            try:
                # What was moved together with an earlier form is not moved twice.
                record = self._patched(ticket_id, target, [form] if record else [*operations, form])
            except Refused as error:
                if record is None and not _is_about(error, "owner"):
                    raise
                continue
            if record.owner is None:
                self._clearing = form
                return record
        if record is not None:
            return record
        return self._patched(ticket_id, target, operations) if operations else self.read(ticket_id)

    def _patched(self, ticket_id: TicketId, target: Target, operations: list[Operation]) -> TicketRecord:
        try:
            answer = self._sent(ticket_id, target, operations)
            if isinstance(answer, Mapping):
                record = self._told(ticket_id, answer)
                if is_met(record, target):
                    return record
        except OutcomeUnknown as unknown:
            return seen_done(self.read, ticket_id, target, unknown)
        return self.read(ticket_id)

    def _told(self, ticket_id: TicketId, answer: Mapping[str, Any]) -> TicketRecord:
        """The ticket as the answer to a PATCH tells of it. Raises OutcomeUnknown for anything but that ticket."""
        path = f"reassign {label(ticket_id)}"
        try:
            is_of(ticket_id, answer.get("id"), f"{path}: id")
            return self.to_record(answer)
        except PayloadError as error:
            raise OutcomeUnknown(f"{path}: sent, but not answered with the ticket ({error})") from error

    def _sent(self, ticket_id: TicketId, target: Target, operations: list[Operation]) -> Any:
        """The answer to the PATCH; what the site objects to and we did not ask for is put right, each thing once."""
        what = f"reassign {label(ticket_id)}"
        path = f"service/tickets/{ticket_id}"
        corrections = self._corrections(target)
        while True:
            try:
                with self.absence.told_of_move(ticket_id, self.read, named_by(target, "board")):
                    return self.client.send("PATCH", path, what, RIGHT, operations)
            except Refused as error:
                known = [one for one in corrections if one.fields & _fields(error)]
                further = [operation for one in known for operation in one.operations()]
                if not further:
                    error.cause = _cause(error, target)
                    raise
                corrections = [one for one in corrections if one not in known]
                operations = [*operations, *further]

    def _corrections(self, target: Target) -> list[_Correction]:
        """What a board move can be refused for that nobody asked for: of the old board a ticket keeps its team, and its
        type with what hangs on it, required custom fields among them.
        """
        if target.place is None:
            return []
        return [
            _Correction(frozenset({"team"}), lambda: self._default_team(target)),
            _Correction(_CLASSIFYING, lambda: [{"op": "remove", "path": name} for name in _PER_BOARD]),
        ]

    def _default_team(self, target: Target) -> list[Operation]:
        """The default team of the board that a ticket goes to, where the target leaves the team open."""
        if target.place is None or len(target.place.path) > 1:
            return []
        teams = self.directory.teams.get(target.place.path[0].id)
        return [_replace("team", team.ref.id) for team in teams if team.is_default][:1]


def _operations(target: Target) -> list[Operation]:
    """Whole references by id. Of a place without a team only the board is sent: see the README."""
    values: dict[str, str] = {}
    if target.place is not None:
        values["board"] = target.place.path[0].id
    if target.status is not None:
        values["status"] = target.status.id
    if target.place is not None and len(target.place.path) > 1:
        values["team"] = target.place.path[1].id
    if isinstance(target.owner, Person):
        values["owner"] = target.owner.id
    if target.priority is not None:
        values["priority"] = target.priority.id
    return [_replace(name, value) for name, value in values.items()]


def _replace(name: str, value: str) -> Operation:
    return {"op": "replace", "path": name, "value": {"id": int(value)}}


def _is_about(error: Refused, field: str) -> bool:
    """Whether a refusal may be due to that field: it names it, or it names none at all."""
    names = _fields(error)
    return not names or field in names


def _cause(error: Refused, target: Target) -> str:
    """What of a move was refused, by the names that were sent, where the site says which field it objects to."""
    objects_to, board = _fields(error), target.place.path[0].name if target.place else ""
    if "status" in objects_to and target.status is not None:
        return f'ConnectWise refused the status "{target.status.name}"{board and f" on board {board}"}'
    if "board" in objects_to and board:
        return f"ConnectWise refused the board {board}"
    return error.cause


def _fields(error: Refused) -> set[str]:
    """The top fields that a refusal names, in lower case."""
    return {name.strip("/ ").split("/")[0].casefold() for name in error.fields} - {""}
