"""What can be done to a simulated ticket, with the rights it needs and the sentence that RT answers.

Each returns what RT would say. What is refused changes nothing and says why, in the user's own language.
"""

from __future__ import annotations

from datetime import datetime

from adapters.request_tracker.simulation.records import Attachment, Principal, Queue, Ticket, Transaction, User
from adapters.request_tracker.simulation.sentences import say
from adapters.request_tracker.simulation.state import NOBODY, SYSTEM, State

_PRIORITIES = ((100, "High"), (50, "Medium"), (0, "Low"))


class Actions:
    """Acts on the tickets of one state. Call it inside ``state.acting()``."""

    def __init__(self, state: State) -> None:
        self.state = state

    def create(
        self,
        user: User,
        queue: Queue,
        subject: str,
        now: datetime,
        *,
        status: str = "new",
        priority: int = 0,
        requestors: list[int] | None = None,
        type_: str = "ticket",
        worked: int = 0,
    ) -> tuple[Ticket, Transaction]:
        """A ticket, with the transaction that created it."""
        number = self.state.new_id("ticket")
        ticket = Ticket(
            number,
            number,
            queue.id,
            subject,
            status,
            NOBODY,
            priority,
            user.id,
            now,
            now,
            user.id,
            requestors=list(requestors or []),
            type=type_,
            worked=worked,
        )
        self.state.tickets[number] = ticket
        row = self.state.record(ticket, "Create", user, now, minutes=worked)
        self._mail(ticket, "EmailRecord", now)
        return ticket, row

    def write(
        self,
        user: User,
        ticket: Ticket,
        kind: str,
        text: str,
        content_type: str,
        minutes: int = 0,
        headers: str = "X-RT-Interface: REST",
    ) -> Transaction:
        """A comment or a reply, without looking at rights.

        RT opens what is not active (new, or over) with any reply, also the client's; what is stalled stays so.
        """
        now = self.state.now()
        row = self.state.record(ticket, kind, user, now, minutes=minutes)
        attach(self.state, row, content_type, text, headers=headers)
        if minutes:
            ticket.worked += minutes
        if kind == "Comment":
            if ticket.admin_cc or self.state.queues[ticket.queue].admin_cc:
                self._mail(ticket, "CommentEmailRecord", now)
            return row
        self._mail(ticket, "EmailRecord", now)
        if user.id not in ticket.requestors:
            ticket.told = now
        if ticket.status == "new" or ticket.status in self.state.inactive:
            self._status(self.state.users[SYSTEM], ticket, "open", now)
        return row

    def take_mail(self, user: User, ticket: Ticket, kind: str, text: str, html: str = "") -> Transaction:
        """A mail that the mail gate takes in: ``user`` is whoever it says that it is from. With HTML in two parts."""
        headers = f"Received: from mail.example.com by rt.test\nFrom: {user.name}@rt.test\nX-RT-Interface: Email"
        if not html:
            return self.write(user, ticket, kind, text, "text/plain", headers=headers)
        row = self.write(user, ticket, kind, "", "multipart/alternative", headers=headers)
        attach(self.state, row, "text/plain", text, headers="content-type: text/plain")
        attach(self.state, row, "text/html", html, headers="content-type: text/html")
        return row

    def set_owner(self, user: User, ticket: Ticket, name: str) -> str:
        """Give a ticket to somebody who may own it in the queue where it is now."""
        owner = self.state.user_named(name)
        if owner is None:
            return say(user.language, "no user")
        if not self.may_own(owner, ticket.queue):
            return say(user.language, "no owner")
        is_free = ticket.owner in (NOBODY, user.id)
        if not (
            self.state.may(user, "ReassignTicket", ticket=ticket)
            or (is_free and self.state.may(user, "ModifyTicket", ticket=ticket))
        ):
            return say(user.language, "denied")
        if owner.id == ticket.owner:
            return ""
        old = self.state.users[ticket.owner]
        self._owner(user, ticket, owner)
        return say(user.language, "owner", old.name, owner.name)

    def set_queue(self, user: User, ticket: Ticket, name: str) -> str:
        """Move a ticket. An owner who may not own there is taken off, in the name of RT itself."""
        queue = self.state.queue_named(name)
        if queue is None or queue.is_disabled:
            return say(user.language, "no queue", name)
        if queue.id == ticket.queue:
            return ""
        if not (
            self.state.may(user, "ModifyTicket", ticket=ticket) and self.state.may(user, "CreateTicket", queue=queue.id)
        ):
            return say(user.language, "denied")
        if ticket.status not in self.state.statuses[queue.life_cycle]:
            return say(user.language, "no way", ticket.status, ticket.status)
        old = self.state.queues[ticket.queue]
        ticket.queue = queue.id
        self.state.record(ticket, "Set", user, self.state.now(), field="Queue", old=str(old.id), new=str(queue.id))
        if not self.may_own(self.state.users[ticket.owner], queue.id):
            self._owner(self.state.users[SYSTEM], ticket, self.state.users[NOBODY])
        return say(user.language, "queue", old.name, queue.name)

    def set_status(self, user: User, ticket: Ticket, status: str) -> str:
        """Give a ticket a status of its queue's life cycle."""
        status = status.casefold()
        if status not in self.state.statuses[self.state.queues[ticket.queue].life_cycle]:
            return say(user.language, "no status", status)
        right = "DeleteTicket" if status == "deleted" else "ModifyTicket"
        if not self.state.may(user, right, ticket=ticket):
            return say(user.language, "denied")
        if status == ticket.status:
            return ""
        old = ticket.status
        self._status(user, ticket, status, self.state.now())
        return say(user.language, "status", old, status)

    def set_priority(self, user: User, ticket: Ticket, priority: int) -> str:
        """Give a ticket a priority, which is a number."""
        if not self.state.may(user, "ModifyTicket", ticket=ticket):
            return say(user.language, "denied")
        if priority == ticket.priority:
            return ""
        old, ticket.priority = ticket.priority, priority
        now = self.state.now()
        self.state.record(ticket, "Set", user, now, field="Priority", old=str(old), new=str(priority))
        return say(user.language, "priority", _priority_name(old), _priority_name(priority))

    def set_subject(self, user: User, ticket: Ticket, subject: str) -> str:
        """Reword a ticket's subject."""
        if not self.state.may(user, "ModifyTicket", ticket=ticket):
            return say(user.language, "denied")
        if subject == ticket.subject:
            return ""
        old, ticket.subject = ticket.subject, subject
        self.state.record(ticket, "Set", user, self.state.now(), field="Subject", old=old, new=subject)
        return say(user.language, "subject", old, subject)

    def add_work(self, user: User, ticket: Ticket, worked: int) -> str:
        """Set the minutes worked in all."""
        if not self.state.may(user, "ModifyTicket", ticket=ticket):
            return say(user.language, "denied")
        old, ticket.worked = ticket.worked, worked
        row = self.state.record(
            ticket, "Set", user, self.state.now(), field="TimeWorked", old=str(old), new=str(worked)
        )
        row.minutes = worked - old
        return say(user.language, "worked", worked - old)

    def set_admin_cc(self, user: User, ticket: Ticket, wanted: list[Principal]) -> list[str]:
        """Make these, and no others, the AdminCcs of a ticket."""
        if not self.state.may(user, "ModifyTicket", ticket=ticket):
            return [say(user.language, "denied")]
        told: list[str] = []
        for one in [one for one in wanted if one not in ticket.admin_cc]:
            ticket.admin_cc.append(one)
            self._watcher(user, ticket, "AddWatcher", new=one)
            told.append(say(user.language, "added", self.name_of(one), "AdminCc"))
        for one in [one for one in ticket.admin_cc if one not in wanted]:
            ticket.admin_cc.remove(one)
            self._watcher(user, ticket, "DelWatcher", old=one)
            told.append(say(user.language, "removed", self.name_of(one), "AdminCc"))
        return told

    def merge(self, user: User, ticket: Ticket, into: Ticket) -> str:
        """Make a ticket part of another one; it keeps its number, which now means the other."""
        if not (
            self.state.may(user, "ModifyTicket", ticket=ticket) and self.state.may(user, "ModifyTicket", ticket=into)
        ):
            return say(user.language, "denied")
        now = self.state.now()
        address = f"fsck.com-rt://{self.state.name}/ticket/{into.id}"
        for one in (ticket, into):
            self.state.record(one, "AddLink", user, now, field="MergedInto", new=address)
        ticket.effective_id = into.id
        self.state.merged.append(ticket)
        return say(user.language, "merged")

    def may_own(self, user: User, queue: int) -> bool:
        """Whether a user may own tickets in a queue. Nobody may own everything."""
        return user.id == NOBODY or self.state.may(user, "OwnTicket", queue=queue)

    def name_of(self, principal: Principal) -> str:
        """The name of a user or group."""
        kind, number = principal
        return self.state.users[number].name if kind == "user" else self.state.groups[number].name

    def _owner(self, user: User, ticket: Ticket, owner: User) -> None:
        """An owner's change is recorded twice."""
        now, old = self.state.now(), ticket.owner
        ticket.owner = owner.id
        for kind in ("Set", "SetWatcher"):
            self.state.record(ticket, kind, user, now, field="Owner", old=str(old), new=str(owner.id))
        if owner.id not in (NOBODY, user.id):
            self._mail(ticket, "EmailRecord", now)

    def _status(self, user: User, ticket: Ticket, status: str, now: datetime) -> None:
        old, ticket.status = ticket.status, status
        if status in self.state.inactive:
            ticket.resolved = now
        elif ticket.started is None and status == "open":
            ticket.started = now
        self.state.record(ticket, "Status", user, now, field="Status", old=old, new=status)

    def _watcher(
        self, user: User, ticket: Ticket, kind: str, old: Principal | None = None, new: Principal | None = None
    ) -> None:
        numbers = {"old": str(old[1]) if old else "", "new": str(new[1]) if new else ""}
        self.state.record(ticket, kind, user, self.state.now(), field="AdminCc", **numbers)

    def _mail(self, ticket: Ticket, kind: str, now: datetime) -> None:
        """RT notes the mail that it sends: most may not see that, but it takes ids and places on pages."""
        self.state.record(ticket, kind, self.state.users[SYSTEM], now)


def attach(
    state: State, row: Transaction, content_type: str, text: str, filename: str = "", headers: str = ""
) -> Attachment:
    """Add a part to what was written."""
    part = Attachment(state.new_id("attachment"), row.id, content_type, text, filename, headers)
    row.attachments.append(part)
    return part


def _priority_name(number: int) -> str:
    return next(name for least, name in _PRIORITIES if number >= least)
