"""Tells the configured people (chat, e-mail) of escalations and of what needs a person, through a durable outbox.

A message is mail in the mailbox, stored in the transaction of what it tells of, one row for each target; a chore sends
it (see ``chores``). A target that is down delays no ticket and no other target. Chat systems know no idempotency
key: a message whose sending was cut off is sent again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connector.model import TicketRecord
from connector.notes.phrases import name_of, quoted
from connector.store.records import NOTIFY, Delivery, Mail, Source

TOLD = "told"
"""What is kept of an escalation's note: its first two lines."""


@dataclass(frozen=True, slots=True)
class Announcer:
    """Writes messages for ``targets`` targets. Pure: what it makes is stored by the caller."""

    connection: str
    targets: int

    def escalated(self, saga: str, record: TicketRecord, facts: Mapping[str, object]) -> list[Delivery]:
        """An escalation that was carried out: its note's first two lines, and whose trouble it is."""
        told = facts.get(TOLD)
        happened, *asked = told if isinstance(told, list | tuple) and told else [f"{facts['from']} → {facts['to']}"]
        lines = [*map(str, asked), f"{_of(record)} It was with {name_of(str(facts['from']))}."]
        return self._deliveries(saga, f"Ticket {record.id}: {happened}", [*lines, record.url])

    def told(self, saga: str, record: TicketRecord, line: str) -> list[Delivery]:
        """What a note of the connector's says in its first line, for those who do not look at the ticket."""
        return self._deliveries(saga, f"Ticket {record.id}: {line}", [_of(record), record.url])

    def alarm(self, name: str, ticket: str, why: str) -> list[Delivery]:
        """Something that a person must look at. ``name`` tells it from others; ``why`` holds no client's words."""
        lines = [why, "See `escalator dead-letters list`."]
        return self._deliveries(f"alarm/{name}", f"Ticket {ticket} needs a person", lines)

    def _deliveries(self, name: str, title: str, lines: Sequence[str]) -> list[Delivery]:
        body = json.dumps({"title": title, "text": "\n".join(line for line in lines if line)}).encode()
        return [
            Delivery(self.connection, f"{NOTIFY}{n}", f"{NOTIFY}{n}:{name}", Source.NOTIFICATION, body)
            for n in range(self.targets)
        ]


def _of(record: TicketRecord) -> str:
    """What a ticket is about, and whose it is."""
    client = f", {name_of(record.client.name)}" if record.client else ""
    return f"“{quoted(record.summary)}”{client}."


def message_of(mail: Mail) -> tuple[str, str]:
    """Title and text of a message that waits to be sent."""
    content = json.loads(mail.body or b"{}")
    return str(content.get("title", "")), str(content.get("text", ""))
