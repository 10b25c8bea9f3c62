"""What RT knows besides tickets: queues, users, the connector's own account, the field that notes are found by.

Kept for some minutes and read anew when a name is not there. RT shows an account without AdminUsers few fields of a
user: what else is needed is drawn from lists, where they can be asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from adapters.names import KEEP_SECONDS, REFRESH_SECONDS, Kept, find, matches, near
from adapters.request_tracker.client import RtClient
from adapters.request_tracker.mapping import Json, User, person, record_id, records, text, user_of
from adapters.request_tracker.memory import Memory
from connector.errors import NotFound, PayloadError, UnknownName
from connector.model import Person, Ref

SEE_QUEUE = "the right SeeQueue"
PRIVILEGED = "to be privileged (“Let this user be granted rights”)"
NOTE_KEY = "Note Key"
"""The transaction custom field that holds the marker of a note, where RT's administrator made it."""

_AT_ONCE = 50
_TXN_FIELDS = "RT::Queue-RT::Ticket-RT::Transaction"


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue of the list."""

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
    """Looks up through one client. Raises UnknownName, and AdapterError when something cannot be read."""

    def __init__(self, client: RtClient, own_id: str) -> None:
        self._client = client
        self._own_id = own_id
        monotonic = client.http.options.monotonic
        self._queues = Kept(self._read_queues, monotonic)
        self._details = Memory(self._read_queue, monotonic)
        self._groups = Memory(self._read_group, monotonic)
        self._profiles = Memory(self._read_profile, monotonic)
        self._requestors = Memory(self._read_requestor, monotonic)
        self._account = Kept(self._read_account, monotonic)
        self._note_key = Kept(self._read_note_key, monotonic)

    # Queues

    def queue(self, name: str) -> Ref:
        """The active queue of that name."""
        return find("queue", name, self._queues, lambda queue: (queue.ref.name,), _active).ref

    def queues(self, oldest: float = KEEP_SECONDS) -> Sequence[Queue]:
        """The queues that the account may see, also the disabled ones."""
        return self._queues.get(oldest)

    def queue_by_id(self, number: str) -> Ref:
        """A queue by its id, also one that the account may not see: that has no name."""
        for oldest in (KEEP_SECONDS, REFRESH_SECONDS):
            for queue in self.queues(oldest):
                if queue.ref.id == number:
                    return queue.ref
        return Ref(number, f"queue {number}")

    def queue_detail(self, number: str, oldest: float = KEEP_SECONDS) -> Json:
        """All that RT tells of a queue: its watchers, custom fields, and what may be done there."""
        return self._details.get(number, oldest)

    def group(self, number: str) -> Json:
        """A group with its members."""
        return self._groups.get(number)

    # Users

    def account(self) -> Account:
        """The connector's own account."""
        return self._account.get()

    def profile(self, user_id: str) -> Profile | None:
        """A user by id, None when RT has none (any more)."""
        try:
            return self._profiles.get(user_id)
        except NotFound:
            return None

    def requestor(self, name: str) -> Requestor:
        """A user who asks for help, by login name."""
        return self._requestors.get(name)

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

    def has_note_key(self) -> bool:
        """Whether there is a transaction custom field for the markers of notes."""
        return self._note_key.get()

    # Reading

    def _users(self, operator: str, value: Any, names: set[str], *, disabled: bool = False) -> list[User]:
        wanted = {name.casefold() for name in names}
        found = [user_of(row, "users") for row in self._user_rows(operator, value, disabled=disabled)]
        # A field that cannot be searched by is ignored: then everybody is listed.
        return [user for user in found if user.name.casefold() in wanted]

    def _read_queues(self) -> Sequence[Queue]:
        params = {"fields": "Name,Disabled", "orderby": "id", "find_disabled_rows": "1"}
        rows = self._client.pages("queues/all", "read the queues", SEE_QUEUE, params)
        return tuple(
            Queue(Ref(record_id(row.get("id"), "queues: id"), text(row.get("Name"))), str(row.get("Disabled")) != "1")
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
        rows = self._client.page("customfields", "look for the field of notes", "the right SeeCustomField", params)[0]
        return any(row.get("Name") == NOTE_KEY and row.get("LookupType") == _TXN_FIELDS for row in rows)

    def _user_rows(
        self, operator: str, value: Any, *, disabled: bool, fields: str = "id,Name,RealName"
    ) -> list[dict[str, Any]]:
        query = json.dumps([{"field": "Name", "operator": operator, "value": value}])
        params = {"query": query, "fields": fields, "orderby": "id"}
        if disabled:
            params["find_disabled_rows"] = "1"
        return self._client.page("users", "look for users", PRIVILEGED, params)[0]

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


def _active(queues: Sequence[Queue]) -> list[Queue]:
    return [queue for queue in queues if queue.is_active]


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError, KeyError):
        return None
