"""Sends the messages that wait for people: a chat system, an e-mail, whatever a target is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import structlog

from connector.store.records import NOTIFY, AuditEvent, Claim, Event, Finished, Mail
from connector.turn.announcements import together
from connector.worker.notifier import Notifier

KEEP_MESSAGES = timedelta(hours=24)
"""For how long a message is tried to be sent."""

log = structlog.get_logger("connector.messages")


class Messages:
    """The messages of one connection. Safe for several threads."""

    def __init__(self, connection: str, notifier: Notifier, now: Callable[[], datetime]) -> None:
        self.id = connection
        self.notifier = notifier
        self.now = now

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
            log.error("message given up", connection=self.id, target=target, why=why, count=len(gone))
            given_up = ({"target": target, "why": why, "delivery": mail.delivery} for mail in gone)
            audit = tuple(AuditEvent(Event.MESSAGE_GIVEN_UP, detail) for detail in given_up)
            return Finished(claim=claim, wake_at=None, is_gone=True, done_mail=_ids(gone), audit=audit)
        told, title, text = together(claim.mail)
        self.notifier.send(target, title, text)
        return Finished(claim=claim, wake_at=None, is_gone=True, done_mail=_ids(told))


def _ids(mail: Iterable[Mail]) -> tuple[int, ...]:
    return tuple(item.id for item in mail)
