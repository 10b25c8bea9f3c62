"""Setting up a simulated service desk in Python calls: queues, people, groups, rights. All of it by name."""

from __future__ import annotations

from collections.abc import Iterable

from adapters.request_tracker.simulation.records import Group, Queue, User
from adapters.request_tracker.simulation.state import EVERYONE, REQUESTOR, SUPER_USER, State
from connector.systems.desk import CLIENTS, CONTACT, FORMER, STAFF

HOMES = ("First Touch", "Tier 3", "Sr IT")
CONNECTOR = "escalator"
CONNECTOR_GROUP = "Escalation Connector"
ADMIN = "root"

CONNECTOR_RIGHTS = (
    "SeeQueue",
    "ShowTicket",
    "ShowTicketComments",
    "SeeCustomField",
    "SeeGroup",
    "CreateTicket",
    "CommentOnTicket",
    "ReplyToTicket",
    "ModifyTicket",
    "ReassignTicket",
)
_APPROVALS = 2
_LOOK = ("SeeQueue", "ShowTicket", "ShowTicketComments", "SeeCustomField", "SeeGroup")
_WORK = (
    "CreateTicket",
    "ReplyToTicket",
    "CommentOnTicket",
    "TakeTicket",
    "StealTicket",
    "ModifyTicket",
    "ReassignTicket",
    "Watch",
    "ShowOutgoingEmail",
    "OwnTicket",
)


class Furnishing:
    """Makes records and gives rights. What adds something returns it."""

    state: State

    def add_user(self, name: str, real_name: str, *, privileged: bool = True, organization: str = "") -> User:
        """A user."""
        with self.state.acting():
            number = self.state.new_id("principal", 12)
            user = User(number, name, real_name, organization, privileged)
            self.state.users[number] = user
        return user

    def add_group(self, name: str, members: Iterable[str] = ()) -> Group:
        """A group of users."""
        with self.state.acting():
            number = self.state.new_id("principal", 12)
            group = Group(number, name, [("user", self.user(member).id) for member in members])
            self.state.groups[number] = group
        return group

    def add_queue(self, name: str, *, life_cycle: str = "default", watched_by: Iterable[str] = ()) -> Queue:
        """A queue; ``watched_by``: the groups that are its AdminCc."""
        with self.state.acting():
            number = self.state.new_id("queue", 3)
            watchers = [("group", self.group(group).id) for group in watched_by]
            queue = Queue(number, name, life_cycle, admin_cc=watchers)
            self.state.queues[number] = queue
        return queue

    def add_life_cycle(self, name: str, active: Iterable[str], inactive: Iterable[str]) -> None:
        """Statuses of the site's own, for queues that are made with them."""
        with self.state.acting():
            self.state.statuses[name] = (*active, *inactive)
            self.state.inactive |= frozenset(inactive)

    def grant(self, group: str, *rights: str, queue: str | None = None) -> None:
        """Rights for a group (or EVERYONE, REQUESTOR): in one queue, else everywhere."""
        holder = group if group in (EVERYONE, REQUESTOR) else self.group(group).id
        where = None if queue is None else self.queue(queue).id
        with self.state.acting():
            self.state.grants |= {(holder, where, right) for right in rights}

    def revoke(self, group: str, *rights: str, queue: str | None = None) -> None:
        """Take rights away again."""
        where = None if queue is None else self.queue(queue).id
        with self.state.acting():
            self.state.grants -= {(self.group(group).id, where, right) for right in rights}

    def own_at_home_only(self) -> None:
        """From now on the crews of the ready desk may own tickets in their own queue only, as many sites have it."""
        for home in HOMES:
            crew = f"{home} crew"
            self.revoke(crew, "OwnTicket")
            self.grant(crew, "OwnTicket", queue=home)

    def user(self, name: str) -> User:
        """A user by login name. Raises LookupError."""
        found = self.state.user_named(name)
        if found is None:
            raise LookupError(f"the simulated RT has no user {name!r}")
        return found

    def group(self, name: str) -> Group:
        """A group by name. Raises LookupError."""
        for group in self.state.groups.values():
            if group.name == name:
                return group
        raise LookupError(f"the simulated RT has no group {name!r}")

    def queue(self, name: str) -> Queue:
        """A queue by name. Raises LookupError."""
        found = self.state.queue_named(name)
        if found is None:
            raise LookupError(f"the simulated RT has no queue {name!r}")
        return found


def furnish(desk: Furnishing) -> None:
    """A ready service desk: a queue for each tier with its crew, managers, clients. Everybody may own everywhere."""
    for name, (real_name, _) in STAFF.items():
        desk.add_user(name, real_name)
    desk.add_user(FORMER, "Gus Gone").is_disabled = True
    for key, organization in CLIENTS.items():
        desk.add_user(contact_of(key), CONTACT, privileged=False, organization=organization)
    for tier, home in enumerate(HOMES, start=1):
        crew = f"{home} crew"
        desk.add_group(crew, [name for name, (_, at) in STAFF.items() if at == tier])
        desk.add_queue(home, watched_by=[crew])
        desk.grant(crew, *_LOOK, *_WORK)
    desk.add_queue("Network / Voice")
    desk.add_group("Account managers", ["adam"])
    desk.grant("Account managers", *_LOOK, "CommentOnTicket", "ReplyToTicket", "Watch")
    desk.grant(EVERYONE, "CreateTicket")
    desk.grant(REQUESTOR, "ShowTicket", "ReplyToTicket", "SeeQueue")


def begin(desk: Furnishing) -> None:
    """What every RT has, its queue for approvals; an administrator, and the connector's account with its group."""
    desk.state.queues[_APPROVALS] = Queue(_APPROVALS, "___Approvals", "approvals", is_for_approvals=True)
    desk.add_user(ADMIN, "Enoch Root")
    desk.add_group("Administrators", [ADMIN])
    desk.grant("Administrators", SUPER_USER)
    desk.add_user(CONNECTOR, "Escalation Connector")
    desk.add_group(CONNECTOR_GROUP, [CONNECTOR])
    desk.grant(CONNECTOR_GROUP, *CONNECTOR_RIGHTS)


def contact_of(client: str) -> str:
    """The login name of the person who writes for a client of the desk."""
    return f"connie@{client.casefold()}.test"
