"""What changed on a ticket, as Halo itself tells it. Pure.

Two sources. Actions carry the status before and after them. The ticket's own audit log (``include_auditing``) has a
row for each field that changed, from and to which value; it alone tells moves between teams and agents, and not every
instance gives it. What neither explains is left out: nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from adapters.halopsa.entries import Ourselves
from adapters.halopsa.mapping import NO_TEAM, NOBODY, Names, number, occurred_at, optional_whole, team_called
from adapters.names import same_name
from adapters.payloads import Json, is_of, label, optional_moment, shown_id, text
from connector.errors import PayloadError
from connector.model import (
    BY_CONNECTOR,
    BY_HISTORY,
    Aspect,
    Change,
    Doer,
    Person,
    Place,
    Ref,
    Status,
    StatusGroup,
    TicketId,
    Value,
)

SAME_CHANGE = timedelta(minutes=1)
"""An action and a row of the audit log that say the same within this time speak of one change."""

TURNED_BACK = timedelta(minutes=2)

SYSTEM = "System"
"""Who acts where a rule does."""

_FIELDS = {
    "team": Aspect.PLACE,
    "team_id": Aspect.PLACE,
    "section": Aspect.PLACE,
    "sectio_": Aspect.PLACE,
    "agent": Aspect.OWNER,
    "agent_id": Aspect.OWNER,
    "assigned agent": Aspect.OWNER,
    "assigned to": Aspect.OWNER,
    "assignedto": Aspect.OWNER,
    "assignedtoint": Aspect.OWNER,
    "technician": Aspect.OWNER,
    "status": Aspect.STATUS,
    "status_id": Aspect.STATUS,
    "priority": Aspect.PRIORITY,
    "priority_id": Aspect.PRIORITY,
    "seriousness": Aspect.PRIORITY,
}
"""How the audit log calls what matters: as people see it, or as the column behind it is called."""


class Reader:
    """Reads one ticket's history. ``told``: of which aspects it tells changes, also those that came to nothing."""

    def __init__(self, ticket: TicketId, names: Names, statuses: Iterable[Status], refs: Sequence[Ref], us: Ourselves):
        self._ticket = ticket
        self._path = label(ticket)
        self._names = names
        self._statuses = list(statuses)
        self._priorities = refs
        self._us = us
        self.told: frozenset[Aspect] = frozenset()

    def changes(self, actions: Iterable[Json], audit: Any, present: Status, latest: datetime) -> list[Change]:
        """All changes, oldest first, none younger than ``latest``.

        ``audit`` is the log as given, ``present`` the ticket's status now.
        """
        told = self._of_actions(actions)
        for change in self._of_audit(audit):
            if not any(_is_same(change, other) for other in told):
                told.append(change)
        told = [replace(change, at=min(change.at, latest)) for change in told]
        order = list(Aspect)
        self.told = frozenset(Aspect(change.what) for change in told)
        told.sort(key=lambda change: (change.at, order.index(Aspect(change.what))))
        # A status that only the ticket itself shows to be closed is so in its history, too.
        return [_with_status(change, present) for change in _without_reversals(self._without_detours(told))]

    def _without_detours(self, changes: Sequence[Change]) -> list[Change]:
        """What a rule did upon a write of ours and we put back at once was nobody's will: it begins nothing."""
        found: list[Change] = []
        for change in changes:
            last = next((n for n in reversed(range(len(found))) if found[n].what is change.what), None)
            if last is not None and self._puts_back(found[last], change):
                del found[last]
            else:
                found.append(change)
        return found

    def _puts_back(self, rule: Change, change: Change) -> bool:
        is_ours = change.how == BY_CONNECTOR and change.at - rule.at <= SAME_CHANGE
        return is_ours and _turns_back(rule, change) and rule.how != BY_CONNECTOR and not self._is_by_person(rule)

    def _is_by_person(self, change: Change) -> bool:
        """Whether an agent other than our own is named for a change."""
        person = self._names.person_named(change.who) if change.who else None
        return person is not None and not self._us.is_us(int(person.id))

    def _of_actions(self, actions: Iterable[Json]) -> list[Change]:
        found = []
        for row in _in_order(actions):
            path = f"{self._path}: action {shown_id(row.get('id'))}"
            old = optional_whole(row.get("old_status"), f"{path}: old_status")
            new = optional_whole(row.get("new_status"), f"{path}: new_status")
            at = occurred_at(row, path)
            if not old or not new or old < 0 or new < 0 or old == new or at is None:
                continue
            found.append(
                Change(
                    at,
                    Aspect.STATUS,
                    self._names.status_by_id(old),
                    self._names.status_by_id(new, text(row.get("new_status_name"))),
                    BY_CONNECTOR if self._us.wrote(row) else BY_HISTORY,
                    text(row.get("who")),
                    self._doer(row, text(row.get("who")), "who_agentid", path),
                )
            )
        return found

    def _of_audit(self, audit: Any) -> list[Change]:
        rows = [row for row in audit if isinstance(row, dict)] if isinstance(audit, list) else []
        found = []
        for row in _in_order(rows):
            named = optional_whole(row.get("ticket_id"), f"{self._path}: audit_log: ticket_id")
            if named is not None:
                is_of(self._ticket, named, f"{self._path}: audit_log: ticket_id")
            aspect = self._aspect(row)
            at = optional_moment(row.get("date"), f"{self._path}: audit_log: date")
            if aspect is None or at is None:
                continue
            old, new = self._value(aspect, row.get("from")), self._value(aspect, row.get("to"))
            if old != new:
                who = text(row.get("username"))
                by = self._doer(row, who, "agent_id", f"{self._path}: audit_log")
                found.append(Change(at, aspect, old, new, self._how(row), who, by))
        return found

    def _doer(self, row: Json, who: str, field: str, path: str) -> Doer:
        """Of which kind somebody is to whom a row gives a change. A rule acts as the system, or in our agent's name."""
        if same_name(who, SYSTEM):
            return Doer.PROGRAM
        agent = optional_whole(row.get(field), f"{path}: {field}")
        named = self._names.person_named(who) if who else None
        number = str(agent) if agent is not None and agent > NOBODY else named.id if named else ""
        if number and self._us.is_us(int(number)):
            return Doer.PROGRAM if self._us.is_api else Doer.UNKNOWN
        return Doer.PERSON if number else Doer.UNKNOWN

    def _aspect(self, row: Json) -> Aspect | None:
        """What a row is about: by the field's name, and a move also by the teams that it names."""
        named = _FIELDS.get(text(row.get("value")).strip().casefold())
        if named is not None:
            return named
        teams = (text(row.get("from")).strip(), text(row.get("to")).strip())
        return Aspect.PLACE if all(name and self._names.team_named(name) for name in teams) else None

    def _how(self, row: Json) -> str:
        """An audit row names no application: it is ours only if nobody but us uses our agent."""
        actor = optional_whole(row.get("agent_id"), f"{self._path}: audit_log: agent_id")
        is_ours = self._us.is_api and self._us.is_us(actor)
        is_ours = is_ours and not same_name(text(row.get("username")), SYSTEM)
        return BY_CONNECTOR if is_ours else BY_HISTORY

    def _value(self, aspect: Aspect, told: Any) -> Value:
        words, found = _name_or_number(told)
        match aspect:
            case Aspect.PLACE:
                return self._place(words, found)
            case Aspect.OWNER:
                return self._person(words, found)
            case Aspect.STATUS:
                return self._status(words, found)
            case Aspect.PRIORITY:
                return self._priority(words, found)

    def _place(self, words: str, number: int | None) -> Place:
        if number is not None and number > 0:
            return Place((self._names.team_by_id(str(number)) or Ref(str(number), f"team {number}"),))
        return Place((team_called(words, self._names) if words else NO_TEAM,))

    def _person(self, words: str, number: int | None) -> Person | None:
        if number is not None:
            return None if number in (0, NOBODY) else self._names.person(number, "")
        if not words or same_name(words, "Unassigned"):
            return None
        return self._names.person_named(words) or Person(f"name:{words.casefold()}", words, words)

    def _status(self, words: str, number: int | None) -> Status:
        if number is not None:
            return self._names.status_by_id(number)
        known = [status for status in self._statuses if same_name(status.name, words)]
        return known[0] if len(known) == 1 else Status(f"name:{words.casefold()}", words, StatusGroup.UNKNOWN)

    def _priority(self, words: str, number: int | None) -> Ref | None:
        if number is not None:
            return self._names.priority_by_id(number, None) if number > 0 else None
        if not words:
            return None
        known = [ref for ref in self._priorities if same_name(ref.name, words)]
        return known[0] if known else Ref(f"name:{words.casefold()}", words)


def aspects_told(data: Json, audit: Any, told: frozenset[Aspect], *, is_whole: bool = True) -> frozenset[Aspect]:
    """The aspects of which the instance tells every change; of those in ``told`` it does tell some.

    ``is_whole``: all actions were read. Without the audit log only a status that actions speak of. A log that is silent
    about what the ticket says of itself (it was re-assigned) is not understood, and nothing is taken from its silence.
    """
    if not isinstance(audit, list):
        return told & {Aspect.STATUS} if is_whole else frozenset()
    moves = {Aspect.PLACE, Aspect.OWNER}
    is_silent = number(data.get("reassigncount")) > 0 and not told & moves
    return frozenset(Aspect) - moves if is_silent else frozenset(Aspect)


def _name_or_number(told: Any) -> tuple[str, int | None]:
    """A value of the audit log: a name, or the number of the record."""
    try:
        return "", optional_whole(told, "audit_log")
    except PayloadError:
        return text(told).strip(), None


def _in_order(rows: Iterable[Json]) -> list[Json]:
    """By number: what has the same second happened in that order, and some lists come newest first."""
    return sorted(rows, key=lambda row: number(row.get("id")))


def _is_same(one: Change, other: Change) -> bool:
    return one.what is other.what and _id(one.new) == _id(other.new) and abs(one.at - other.at) <= SAME_CHANGE


def _id(value: Value) -> str | None:
    if value is None:
        return None
    return value.key if isinstance(value, Place) else value.id


def _without_reversals(changes: Sequence[Change]) -> list[Change]:
    """What turns a change of ours back at once is not our own: a rule that we set off acts in our agent's name."""
    last: dict[object, Change] = {}
    found = []
    for change in changes:
        before = last.get(change.what)
        if before is not None and before.how == change.how == BY_CONNECTOR and _turns_back(before, change):
            change = replace(change, how=BY_HISTORY)
        last[change.what] = change
        found.append(change)
    return found


def _turns_back(before: Change, change: Change) -> bool:
    is_back = _id(change.new) == _id(before.old) and _id(change.old) == _id(before.new)
    return is_back and change.at - before.at <= TURNED_BACK


def _with_status(change: Change, present: Status) -> Change:
    old, new = (
        present if isinstance(value, Status) and value.id == present.id else value for value in (change.old, change.new)
    )
    return replace(change, old=old, new=new)
