"""Sends the messages that wait for people: a chat system, an e-mail, whatever a target is.

One that a target refuses does not hold up the next: it is given up where the target takes that one, and refuses it once
more. Where it takes neither it is the target, and all of them wait.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

import structlog

from connector.store.records import NOTIFY, AuditEvent, Claim, Delivery, Event, Finished, Mail
from connector.store.troubles import ReasonCode
from connector.turn.announcements import Announcer, message_of, together
from connector.worker.notifier import Notifier, Refused

KEEP_MESSAGES = timedelta(hours=24)
"""For how long a message is tried to be sent."""

_REFUSED = "message refused/"
"""How the alarms that tell of a refused message are named."""

log = structlog.get_logger("connector.messages")


class Messages:
    """The messages of one connection. Safe for several threads. ``deliver``: stores the alarm that one was refused."""

    def __init__(
        self,
        connection: str,
        notifier: Notifier,
        now: Callable[[], datetime],
        deliver: Callable[[Sequence[Delivery]], object],
    ) -> None:
        self.id = connection
        self.notifier = notifier
        self.now = now
        self.deliver = deliver
        self._announcer = Announcer(connection, notifier.audience)

    def send_next(self, claim: Claim) -> Finished:
        """Send the message to a target that waits longest, or several in one; one a turn, so that each is ticked off as
        it is sent.

        Raises Temporary when it was not taken. What could not be sent for a day, or to a target that is not configured
        any more, is given up and said so.
        """
        target = claim.ticket.removeprefix(NOTIFY)
        if not claim.mail:
            return Finished(claim=claim, wake_at=None, is_gone=True)
        is_known = self.notifier.knows(target)
        gone = [mail for mail in claim.mail if not is_known or self.now() - mail.received_at >= KEEP_MESSAGES]
        if gone:
            why = "it could not be sent for a day" if is_known else "its target is not configured any more"
            return self._given_up(claim, target, gone, why)
        told, title, text = together(claim.mail)
        try:
            self.notifier.send(target, title, text)
        except Refused:
            return self._past_the_refused(claim, target, is_first_alone=len(told) == 1)
        return _sent(claim, told)

    def _past_the_refused(self, claim: Claim, target: str, *, is_first_alone: bool) -> Finished:
        """Find out whether the first message is refused or every one. Raises Refused where it is every one.

        ``is_first_alone``: it was sent by itself, not together with others.
        """
        first, *others = claim.mail
        if not is_first_alone and self._is_taken(target, first):
            return _sent(claim, [first])
        if not others:
            raise Refused(f"{self.notifier.named(target)}: the message was not taken")
        self.notifier.send(target, *message_of(others[0]))
        if self._is_taken(target, first):
            return _sent(claim, [first, others[0]])
        self._tell_of_refused(target, first)
        return self._given_up(claim, target, [first], "it was refused, and the next one taken", [others[0]])

    def _is_taken(self, target: str, mail: Mail) -> bool:
        try:
            self.notifier.send(target, *message_of(mail))
        except Refused:
            return False
        return True

    def _tell_of_refused(self, target: str, mail: Mail) -> None:
        """Tell those who are told of alarms; nobody, where it was that very alarm."""
        if _REFUSED in mail.delivery:
            return
        about, where = message_of(mail)[0].partition(":")[0], self.notifier.named(target)
        lines = (f"{where} refused a message about this, and took the next one. It is given up.",)
        title = f"{about}: a message was refused"
        self.deliver(self._announcer.alarm(_REFUSED + mail.delivery, title, lines, ReasonCode.MESSAGES_NOT_TAKEN))

    def _given_up(
        self, claim: Claim, target: str, gone: Sequence[Mail], why: str, sent: Sequence[Mail] = ()
    ) -> Finished:
        log.error("message given up", connection=self.id, target=target, why=why, count=len(gone))
        given_up = ({"target": target, "why": why, "delivery": mail.delivery} for mail in gone)
        audit = tuple(AuditEvent(Event.MESSAGE_GIVEN_UP, detail) for detail in given_up)
        return Finished(claim=claim, wake_at=None, is_gone=True, done_mail=_ids([*gone, *sent]), audit=audit)


def _sent(claim: Claim, mail: Iterable[Mail]) -> Finished:
    return Finished(claim=claim, wake_at=None, is_gone=True, done_mail=_ids(mail))


def _ids(mail: Iterable[Mail]) -> tuple[int, ...]:
    return tuple(item.id for item in mail)
