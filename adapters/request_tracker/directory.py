"""What configured names stand for: queues, statuses, priorities, people; and the connector's own account.

Kept for some minutes and read anew when a name is not there. RT shows an account without AdminUsers few fields of a
user: what else is needed is drawn from lists, where they can be asked for. RT's API tells neither who may own tickets
in a queue nor which statuses a life cycle has. The people of a queue are its AdminCcs, by themselves or through groups;
a status counts as existing when RT's own life cycle has it or a ticket is in it, and searches tell whether it is over.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from adapters.names import find, findable, findable_places, matches
from adapters.payloads import Json, text
from adapters.request_tracker.client import RtClient
from adapters.request_tracker.mapping import (
    STANDARD_STATUSES,
    User,
    person,
    placed_status,
    priority_ref,
    record,
    record_id,
    records,
    user_of,
)
from adapters.request_tracker.variables import RequestTrackerSettings
from connector.errors import NotFound, PayloadError, UnknownName
from connector.model import Person, Place, PlacedStatus, Ref, Status
from connector.systems.kept import Kept, KeptEach
from connector.wording import near

SEE_QUEUE = "the right SeeQueue"
SHOW_TICKETS = "the right ShowTicket"
PRIVILEGED = "to be privileged (“Let this user be granted rights”)"
NOTE_KEY = "Note Key"
"""The transaction custom field that holds the marker of a note, where RT's administrator made it."""

_AT_ONCE = 50
_OWNERS_A_CALL = 50
_TXN_FIELDS = "RT::Queue-RT::Ticket-RT::Transaction"


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue of the list. RT's own for approvals is not active: it is switched off by half."""

    ref: Ref
    is_active: bool


@dataclass(frozen=True, slots=True)
class Account:
    """The connector's own account. ``zone`` is None where RT does not say in which one it reads our dates."""

    user: User
    zone: ZoneInfo | None
    zone_name: str


@dataclass(frozen=True, slots=True)
class Profile:
    """A user with what is looked up: whether they are staff, as far as RT tells, and whose they are."""

    user: User
    is_privileged: bool


@dataclass(frozen=True, slots=True)
class Requestor:
    """Who asked for help: the full name, and the organisation where RT has one."""

    name: str
    organization: str


class Directory:
    """Looks up through one client. Raises UnknownName, and AdapterError when something cannot be read.

    ``account``: the connector's own. ``has_note_key``: whether there is a transaction custom field for the markers of
    notes. By id: ``queue_details``, all that RT tells of a queue (watchers, custom fields, what may be done there), and
    ``groups`` with their members; by login name ``requestors``, who ask for help.
    """

    def __init__(self, client: RtClient, settings: RequestTrackerSettings) -> None:
        self._client = client
        self._own_id = settings.user_id
        self._priority_names = settings.priorities
        monotonic = client.http.options.monotonic
        self._queues = Kept(self._read_queues, monotonic)
        self.queue_details = KeptEach(self._read_queue, monotonic)
        self.groups = KeptEach(self._read_group, monotonic)
        self._over = KeptEach(self._read_is_over, monotonic)
        self._profiles = KeptEach(self._read_profile, monotonic)
        self.requestors = KeptEach(self._read_requestor, monotonic)
        self.account = Kept(self._read_account, monotonic)
        self.has_note_key = Kept(self._read_note_key, monotonic)

    # Where tickets can go

    def locate(self, home: str) -> Place:
        """The queue of that name. A name may hold slashes: it is looked up in the list, never put into a path."""
        return Place((self.queue(home),))

    def places(self) -> list[Place]:
        """Every active queue that the account may see."""
        return findable_places((Place((queue.ref,)) for queue in _active(self._queues.get())), self.locate)

    def status_in(self, place: Place, name: str) -> Status:
        """The status of that name: one of RT's own, or one that a ticket is in."""
        wanted = name.strip().casefold()
        known = wanted if wanted in STANDARD_STATUSES else self._in_use(wanted)
        if known:
            return self.status(known)
        raise UnknownName(f"status that any ticket of {place} is in", name, near(wanted, STANDARD_STATUSES))

    def statuses(self, place: Place) -> list[PlacedStatus]:
        """RT's own, and those that the newest hundred open tickets and hundred others of the queue are in."""
        found: list[str] = []
        for kind in ("__Active__", "__Inactive__"):
            query = f"Queue = {place.path[0].id} AND Status = '{kind}'"
            params = {"query": query, "fields": "Status", "orderby": "id", "order": "DESC"}
            rows = self._client.page("tickets", f"see the statuses of {place}", SHOW_TICKETS, params).rows
            found += (text(row.get("Status")) for row in rows)
        return [self._placed(name) for name in dict.fromkeys([*STANDARD_STATUSES, *found]) if name]

    def status(self, name: str) -> Status:
        """The status of that name, with its group, whether any ticket is in it or not."""
        return self._placed(name).status

    def arrival_status(self, place: Place, current: Status) -> Status | None:
        """None: RT itself maps the statuses where the life cycles of two queues differ."""
        return None

    def priority(self, name: str) -> Ref:
        """The priority of that name, or of that number."""
        wanted = name.strip()
        numbers = [least for known, least in self._priority_names.items() if known.casefold() == wanted.casefold()]
        found = priority_ref(str(numbers[0]) if numbers else wanted, self._priority_names)
        if found is None:
            names = list(self._priority_names)
            raise UnknownName("priority in RT_PRIORITIES (a number does as well)", name, near(name, names))
        return found

    def priorities(self) -> list[Ref]:
        """Those of RT_PRIORITIES, each with the number at which it begins: the API knows no names."""
        return findable((Ref(str(least), name) for name, least in self._priority_names.items()), self.priority)

    def people(self, place: Place) -> list[Person]:
        """The active users who watch the queue as AdminCc, alone or through groups, with their open tickets."""
        queue = place.path[0]
        names = set(self._watchers(self.queue_details.get(queue.id), "AdminCc", set()))
        own = self.account.get().user.name
        found = [user for user in self.users(names) if user.name != own] if names else []
        loads = self._loads([user.id for user in found])
        people = [replace(person(user), open_tickets=loads[user.id]) for user in found]
        return sorted(people, key=lambda one: one.identifier)

    # Queues

    def queue(self, name: str) -> Ref:
        """The active queue of that name."""
        return find("queue", name, self._queues, lambda queue: (queue.ref.name,), _active).ref

    def sees_queues(self) -> bool:
        """Whether there is any queue that the account may see."""
        return bool(self._queues.get())

    def queue_by_id(self, number: str) -> Ref:
        """A queue by its id, also one that the account may not see: that has no name."""
        for queues in self._queues.tries():
            for queue in queues:
                if queue.ref.id == number:
                    return queue.ref
        return Ref(number, f"queue {number}")

    # Users

    def profile(self, user_id: str) -> Profile | None:
        """A user by id, None when RT has none (any more)."""
        try:
            return self._profiles.get(user_id)
        except NotFound:
            return None

    def member(self, name: str) -> Person:
        """The user of that login name, active or not."""
        active, everybody = self._users("=", name, {name}), self._users("=", name, {name}, disabled=True)
        chosen = matches(name, everybody, lambda user: (user.name,))
        if len(chosen) > 1:
            raise UnknownName("unambiguous user", name, [user.name for user in chosen])
        if not chosen:
            raise UnknownName("user", name, self._near_users(name))
        return person(chosen[0], is_active=chosen[0] in active)

    def users(self, names: Iterable[str]) -> list[User]:
        """Those of the users with exactly these login names who are active."""
        wanted = sorted(set(names))
        chunks = [wanted[start : start + _AT_ONCE] for start in range(0, len(wanted), _AT_ONCE)]
        return [user for chunk in chunks for user in self._users("IN", chunk, set(chunk))]

    # Reading

    def _watchers(self, data: Json, role: str, seen: set[str]) -> Iterator[str]:
        """The login names in a role or group; a group is gone into once."""
        for one in records(data, role):
            if one.get("type") == "user":
                yield text(one.get("id"))
                continue
            number = record_id(one.get("id"), f"{role}: group: id")
            if number not in seen:
                seen.add(number)
                yield from self._watchers(self.groups.get(number), "Members", seen)

    def _loads(self, owners: list[str]) -> Counter[str]:
        loads: Counter[str] = Counter()
        for start in range(0, len(owners), _OWNERS_A_CALL):
            ids = " OR ".join(f"Owner = {owner}" for owner in owners[start : start + _OWNERS_A_CALL])
            query = f"Status = '__Active__' AND ({ids})"
            fields = {"fields": "Owner", "fields[Owner]": "id"}
            what = "count the open tickets of a queue's people"
            rows = self._client.tickets(what, SHOW_TICKETS, query, fields)
            loads.update(record_id(record(row, "Owner", "ticket").get("id"), "ticket: Owner: id") for row in rows)
        return loads

    def _placed(self, name: str) -> PlacedStatus:
        is_own = name.casefold() not in STANDARD_STATUSES
        return placed_status(name, is_over=is_own and self._over.get(name.casefold()))

    def _read_is_over(self, name: str) -> bool:
        """Whether tickets in a status of that name are inactive, in every life cycle that has one."""
        return bool(self._in_use(name, "__Inactive__")) and not self._in_use(name, "__Active__")

    def _in_use(self, name: str, kind: str = "") -> str:
        """The status of that name as a ticket has it, empty when none is in it, or none of that ``kind``."""
        if not name or "'" in name or "\\" in name:
            return ""
        more = f" AND Status = '{kind}'" if kind else ""
        params = {"query": f"Status = '{name}'{more}", "fields": "Status", "per_page": "1"}
        rows = self._client.page("tickets", "look for a ticket in a status", SHOW_TICKETS, params).rows
        return text(rows[0].get("Status")) if rows else ""

    def _users(self, operator: str, value: Any, names: set[str], *, disabled: bool = False) -> list[User]:
        wanted = {name.casefold() for name in names}
        found = [user_of(row, "users") for row in self._user_rows(operator, value, disabled=disabled)]
        # A field that cannot be searched by is ignored: then everybody is listed.
        return [user for user in found if user.name.casefold() in wanted]

    def _read_queues(self) -> Sequence[Queue]:
        params = {"fields": "Name,Disabled", "orderby": "id", "find_disabled_rows": "1"}
        rows = self._client.records("queues/all", "read the queues", SEE_QUEUE, params)
        return tuple(
            Queue(Ref(record_id(row.get("id"), "queues: id"), text(row.get("Name"))), is_active=_is_in_use(row))
            for row in rows
        )

    def _read_queue(self, number: str) -> Json:
        return self._object(f"queue/{number}", f"read queue {number}", SEE_QUEUE)

    def _read_group(self, number: str) -> Json:
        return self._object(f"group/{number}", f"read group {number}", "the right SeeGroup")

    def _read_profile(self, user_id: str) -> Profile:
        data = self._object(f"user/{user_id}", f"read user {user_id}", PRIVILEGED)
        name = text(data.get("Name"))
        if not name:
            raise PayloadError(f"user {user_id}: Name", "missing: put Name back into RT's $UserSummaryExtraInfo")
        return Profile(User(user_id, name, text(data.get("RealName"))), str(data.get("Privileged")) == "1")

    def _read_requestor(self, name: str) -> Requestor:
        rows = self._user_rows("=", name, disabled=True, fields="Name,RealName,Organization")
        for row in rows:
            if text(row.get("Name")) == name:
                return Requestor(text(row.get("RealName")) or name, text(row.get("Organization")))
        return Requestor(name, "")

    def _read_account(self) -> Account:
        data = self._object(f"user/{self._own_id}", "read the connector's own account", PRIVILEGED)
        user = User(self._own_id, text(data.get("Name")), text(data.get("RealName")))
        if not user.name:
            raise PayloadError("the connector's own account: Name", "missing: RT_TOKEN belongs to somebody else")
        zone_name = text(data.get("Timezone"))
        return Account(user, _zone(zone_name), zone_name)

    def _read_note_key(self) -> bool:
        query = json.dumps([{"field": "LookupType", "value": _TXN_FIELDS}, {"field": "Name", "value": NOTE_KEY}])
        params = {"query": query, "fields": "Name,LookupType"}
        rows = self._client.page("customfields", "look for the field of notes", "the right SeeCustomField", params).rows
        return any(row.get("Name") == NOTE_KEY and row.get("LookupType") == _TXN_FIELDS for row in rows)

    def _user_rows(
        self, operator: str, value: Any, *, disabled: bool, fields: str = "id,Name,RealName"
    ) -> list[dict[str, Any]]:
        query = json.dumps([{"field": "Name", "operator": operator, "value": value}])
        params = {"query": query, "fields": fields, "orderby": "id"}
        if disabled:
            params["find_disabled_rows"] = "1"
        return self._client.page("users", "look for users", PRIVILEGED, params).rows

    def _near_users(self, name: str) -> list[str]:
        rows = self._user_rows("LIKE", name[:3], disabled=False)
        return near(name, [text(row.get("Name")) for row in rows])

    def _object(self, path: str, what: str, right: str) -> Json:
        data = self._client.get(path, what, right)
        if not isinstance(data, dict):
            raise PayloadError(what, "not a record")
        return data


def can_do(data: Json, ref: str) -> bool:
    """Whether RT offers something at a record: what the account has no right to is not among its links."""
    return any(link.get("ref") == ref for link in records(data, "_hyperlinks"))


def _is_in_use(row: Json) -> bool:
    """1 is switched off; 2 is what RT has for approvals."""
    return str(row.get("Disabled")) not in ("1", "2")


def _active(queues: Sequence[Queue]) -> list[Queue]:
    return [queue for queue in queues if queue.is_active]


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError, KeyError):
        return None
