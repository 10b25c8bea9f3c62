"""All that a simulated RT holds, who may do what in it, and how a transaction comes about. Knows no HTTP.

Everything that changes something runs inside ``acting()``; webhooks that it caused leave when the lock is given back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from operator import attrgetter

from adapters.request_tracker.simulation.faults import Faults
from adapters.request_tracker.simulation.records import Group, Principal, Queue, Ticket, Transaction, User
from adapters.simulation.state import Ground
from connector.clock import Clock

SYSTEM = 1
NOBODY = 6
SUPER_USER = "SuperUser"

STATUSES = ("new", "open", "stalled", "resolved", "rejected", "deleted")
INACTIVE = frozenset({"resolved", "rejected", "deleted"})

REQUESTOR = "Requestor"
EVERYONE = "Everyone"

COMMENTS = frozenset({"Comment", "CommentEmailRecord"})
MAIL = frozenset({"EmailRecord", "CommentEmailRecord"})


class State(Ground):
    """Tables by id. ``on_event(transaction, ticket)`` is told of what the webhook's scrip notes.

    ``merged``: the tickets that became part of another one.
    """

    faults: Faults

    def __init__(self, clock: Clock, faults: Faults, name: str) -> None:
        super().__init__(clock)
        self.faults = faults
        self.name = name
        self.users: dict[int, User] = {}
        self.groups: dict[int, Group] = {}
        self.queues: dict[int, Queue] = {}
        self.tickets: dict[int, Ticket] = {}
        self.transactions: dict[int, Transaction] = {}
        self._recorded: defaultdict[int, list[Transaction]] = defaultdict(list)
        self.merged: list[Ticket] = []
        self.statuses: dict[str, tuple[str, ...]] = {"default": STATUSES}
        self.inactive: frozenset[str] = INACTIVE
        self.grants: set[tuple[int | str, int | None, str]] = set()
        self.has_note_key = True
        self.on_event: Callable[[Transaction, Ticket], None] = lambda *event: None
        self.users[SYSTEM] = User(SYSTEM, "RT_System", "The RT System itself", is_privileged=False)
        self.users[NOBODY] = User(NOBODY, "Nobody", "Nobody in particular", is_privileged=False)

    def now(self) -> datetime:
        """The present second: RT knows no fractions."""
        return self.clock.now().astimezone(UTC).replace(microsecond=0)

    # Finding.

    def ticket(self, number: int) -> Ticket | None:
        """The ticket of that number: of one that was merged, the one that it is part of now."""
        found = self.tickets.get(number)
        while found is not None and found.effective_id != found.id:
            found = self.tickets.get(found.effective_id)
        return found

    def user_named(self, name: str) -> User | None:
        """A user by number, login name (in any case) or, for clients, address."""
        if name.isdigit():
            return self.users.get(int(name))
        wanted = name.casefold()
        return next((user for user in self.users.values() if user.name.casefold() == wanted), None)

    def queue_named(self, name: str) -> Queue | None:
        """A queue by number or name (in any case)."""
        if name.isdigit():
            return self.queues.get(int(name))
        return next((queue for queue in self.queues.values() if queue.name.casefold() == name.casefold()), None)

    def history(self, ticket: Ticket) -> list[Transaction]:
        """All that happened to a ticket and to those that were merged into it, in the order of their ids."""
        numbers = [ticket.id, *(one.id for one in self.merged if self.ticket(one.id) is ticket)]
        return sorted((row for number in numbers for row in self._recorded[number]), key=attrgetter("id"))

    # Rights.

    def groups_of(self, user: User) -> set[int]:
        """The groups that a user is in, also through other groups."""
        found: set[int] = set()
        waiting: list[Principal] = [("user", user.id)]
        while waiting:
            member = waiting.pop()
            fresh = [group.id for group in self.groups.values() if member in group.members and group.id not in found]
            found.update(fresh)
            waiting += [("group", number) for number in fresh]
        return found

    def may(self, user: User, right: str, queue: int | None = None, ticket: Ticket | None = None) -> bool:
        """Whether a user has a right: everywhere, in a queue, or as somebody who asked for help on a ticket."""
        if user.is_disabled:
            return False
        if user.id == SYSTEM:
            return True
        where = ticket.queue if ticket is not None else queue
        holders: set[int | str] = {*self.groups_of(user), EVERYONE}
        if ticket is not None and user.id in ticket.requestors:
            holders.add(REQUESTOR)
        rights = {right, SUPER_USER} if user.is_privileged else {right}
        return any((holder, at, one) in self.grants for holder in holders for at in (None, where) for one in rights)

    def may_write(self, user: User, right: str, ticket: Ticket) -> bool:
        """ModifyTicket lets one comment and reply as well."""
        return self.may(user, right, ticket=ticket) or self.may(user, "ModifyTicket", ticket=ticket)

    def may_see(self, user: User, row: Transaction) -> bool:
        """Whether a user sees a transaction."""
        ticket = self.ticket(row.ticket)
        if ticket is None or not self.may(user, "ShowTicket", ticket=ticket):
            return False
        if row.type in COMMENTS and not self.may(user, "ShowTicketComments", ticket=ticket):
            return False
        return row.type not in MAIL or self.may(user, "ShowOutgoingEmail", ticket=ticket)

    # What happens.

    def record(self, ticket: Ticket, type_: str, user: User, now: datetime, **more: object) -> Transaction:
        """Add a transaction to a ticket, and raise its event."""
        row = Transaction(self.new_id("transaction", 71), ticket.id, type_, user.id, now, **more)  # type: ignore[arg-type]  # by name
        self.transactions[row.id] = row
        self._recorded[ticket.id].append(row)
        if type_ not in MAIL:
            ticket.updated, ticket.updated_by = now, user.id
            if (type_, row.field) != ("SetWatcher", "Owner"):
                self.on_event(row, ticket)
        return row
