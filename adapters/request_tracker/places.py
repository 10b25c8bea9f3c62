"""Where tickets can go: queues by name, the statuses and priorities there, and the people with their load.

RT's API tells neither who may own tickets in a queue nor which statuses a life cycle has. The people of a queue are
its AdminCcs, by themselves or through groups; a status counts as existing when RT's own life cycle has it or a ticket
is in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from adapters.names import near
from adapters.request_tracker.client import RtClient
from adapters.request_tracker.directory import Directory
from adapters.request_tracker.mapping import (
    STANDARD_STATUSES,
    Json,
    person,
    priority_ref,
    record,
    record_id,
    records,
    status,
    text,
)
from adapters.request_tracker.search import found_tickets
from connector.errors import UnknownName
from connector.model import Person, Place, Ref, Status

SHOW_TICKETS = "the right ShowTicket"
_OWNERS_A_CALL = 50


class Places:
    """Places of one RT. ``priorities``: the names of priorities with their least numbers."""

    def __init__(self, client: RtClient, directory: Directory, priorities: Mapping[str, int]) -> None:
        self._client = client
        self._directory = directory
        self._priorities = priorities

    def locate(self, home: str) -> Place:
        """The queue of that name. A name may hold slashes: it is looked up in the list, never put into a path."""
        return Place((self._directory.queue(home),))

    def status_in(self, place: Place, name: str) -> Status:
        """The status of that name: one of RT's own, or one that a ticket is in."""
        wanted = name.strip().casefold()
        known = wanted if wanted in STANDARD_STATUSES else self._in_use(wanted)
        if known:
            return status(known)
        raise UnknownName(f"status that any ticket of {place} is in", name, near(wanted, STANDARD_STATUSES))

    def priority(self, name: str) -> Ref:
        """The priority of that name, or of that number."""
        wanted = name.strip()
        numbers = [least for known, least in self._priorities.items() if known.casefold() == wanted.casefold()]
        found = priority_ref(str(numbers[0]) if numbers else wanted, self._priorities)
        if found is None:
            names = list(self._priorities)
            raise UnknownName("priority in RT_PRIORITIES (a number does as well)", name, near(name, names))
        return found

    def people(self, place: Place) -> list[Person]:
        """The active users who watch the queue as AdminCc, alone or through groups, with their open tickets."""
        queue = place.path[0]
        names = set(self._watchers(self._directory.queue_detail(queue.id), "AdminCc", set()))
        own = self._directory.account().user.name
        found = [user for user in self._directory.users(names) if user.name != own] if names else []
        loads = self._loads([user.id for user in found])
        people = [replace(person(user), open_tickets=loads[user.id]) for user in found]
        return sorted(people, key=lambda one: one.identifier)

    def _watchers(self, data: Json, role: str, seen: set[str]) -> Iterator[str]:
        """The login names in a role or group; a group is gone into once."""
        for one in records(data, role):
            if one.get("type") == "user":
                yield text(one.get("id"))
                continue
            number = record_id(one.get("id"), f"{role}: group: id")
            if number not in seen:
                seen.add(number)
                yield from self._watchers(self._directory.group(number), "Members", seen)

    def _loads(self, owners: list[str]) -> Counter[str]:
        loads: Counter[str] = Counter()
        for start in range(0, len(owners), _OWNERS_A_CALL):
            ids = " OR ".join(f"Owner = {owner}" for owner in owners[start : start + _OWNERS_A_CALL])
            query = f"Status = '__Active__' AND ({ids})"
            fields = {"fields": "Owner", "fields[Owner]": "id"}
            what = "count the open tickets of a queue's people"
            rows = found_tickets(self._client, what, SHOW_TICKETS, query, fields)
            loads.update(record_id(record(row, "Owner", "ticket").get("id"), "ticket: Owner: id") for row in rows)
        return loads

    def _in_use(self, name: str) -> str:
        """The status of that name as a ticket has it, empty when none is in it."""
        if not name or "'" in name or "\\" in name:
            return ""
        params = {"query": f"Status = '{name}'", "fields": "Status", "per_page": "1"}
        rows, _ = self._client.page("tickets", "look for a ticket in a status", SHOW_TICKETS, params)
        return text(rows[0].get("Status")) if rows else ""
