"""Tells the configured people (chat, e-mail) of escalations and of what needs a person, through a durable outbox.

A message is mail in the mailbox, stored in the transaction of what it tells of, one row for each target; a chore sends
it (see ``chores``). A target that is down delays no ticket and no other target. Chat systems know no idempotency
key: a message whose sending was cut off is sent again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from connector.model import TicketRecord
from connector.notes.marker import NOWHERE, Pages, why
from connector.notes.phrases import inside, name_of, outsider, quoted
from connector.policy.policy import Tier
from connector.store.records import NOTIFY, Delivery, Mail, Source
from connector.store.troubles import NOTHING_TO_DO, in_runbook

TOLD = "told"
"""What is kept of an escalation's note: its first two lines."""

HELD_BY = "held_by"
"""What is kept of an escalation: the name of the ticket's owner on the tier that it left; empty where it had none."""

FEW = 3
"""So many messages that wait for one target are still sent one by one."""

LONGEST = 1900
"""So many characters of several messages go in one: what the strictest chat system takes."""


class Hears(Enum):
    """Whom a note of the connector's is told to, beyond those who see the ticket."""

    NOBODY = "nobody"
    TIER = "the holder's tier"
    ALL = "everybody who hears of escalations"


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is told, each target by the name of its row of messages.

    ``told``: of every escalation; ``alarmed``: of what needs a person; ``tiers``: by a tier's number, of what arrives
    there and of the warnings of what it holds.
    """

    told: tuple[str, ...] = ()
    alarmed: tuple[str, ...] = ()
    tiers: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    def with_tier(self, number: int) -> tuple[str, ...]:
        """Who hears of escalations, and the tier's own targets; each once."""
        return tuple(dict.fromkeys((*self.told, *self.tiers.get(number, ()))))


@dataclass(frozen=True, slots=True)
class Announcer:
    """Writes messages to the targets of ``audience``. Pure: what it makes is stored by the caller.

    ``pages``: where the tickets' pages are, for those who hear of a ticket.
    """

    connection: str
    audience: Audience
    pages: Pages = NOWHERE

    def escalated(self, saga: str, record: TicketRecord, facts: Mapping[str, object]) -> list[Delivery]:
        """An escalation that was carried out: its note's first two lines, whose trouble it is, and who held it."""
        told = facts.get(TOLD)
        happened, *asked = told if isinstance(told, list | tuple) and told else [f"{facts['from']} → {facts['to']}"]
        arrived = facts.get("to_tier") or facts.get("from_tier")
        holder, tier = str(facts.get(HELD_BY) or ""), name_of(str(facts["from"]))
        was = f"It was with {name_of(holder)}, {tier}." if holder else f"It was with {tier}."
        lines = [*map(str, asked), f"{_of(record)} {was}", *self._where(record)]
        targets = self.audience.with_tier(arrived if isinstance(arrived, int) else 0)
        return self._deliveries(targets, saga, f"Ticket {record.id}: {happened}", lines)

    def told(self, saga: str, record: TicketRecord, line: str, tier: Tier, hears: Hears) -> list[Delivery]:
        """What a note of the connector's says in its first line, for those who do not look at the ticket."""
        if hears is Hears.NOBODY:
            return []
        holder = f"{name_of(record.owner.name)}, {name_of(tier.name)}" if record.owner else name_of(tier.name)
        lines = [f"{_of(record)} It is with {holder}.", *self._where(record)]
        targets = self.audience.tiers.get(tier.number, ())
        if hears is Hears.ALL:
            targets = self.audience.with_tier(tier.number)
        return self._deliveries(targets, saga, f"Ticket {record.id}: {line}", lines)

    def alarm(self, name: str, title: str, lines: Sequence[str], code: str) -> list[Delivery]:
        """Something that a person must look at, whether it is a ticket's or not.

        ``name`` is this alarm's among all of the connection, for good: the same name is the same message, sent once.
        ``lines`` hold no client's words; ``code`` is the heading of the runbook that says what to do, or
        ``NOTHING_TO_DO``.
        """
        what_to_do = [f"What to do: {in_runbook(code)}"] if code else []
        return self._deliveries(self.audience.alarmed, f"alarm/{name}", title, [*lines, *what_to_do])

    def report(self, name: str, title: str, lines: Sequence[str]) -> list[Delivery]:
        """A report's sentences, for those who are told of escalations. ``name``: this one's among all, for good."""
        return self._deliveries(self.audience.told, f"report/{name}", title, lines)

    def over(self, name: str, trouble: str) -> list[Delivery]:
        """The word that a trouble of that name is over. ``name``: as of ``alarm``."""
        cause = trouble.partition(": ")[2] or trouble
        lines = ("What was kept by it goes on.",)
        return self.alarm(name, f"{self.connection}: over: {cause}", lines, NOTHING_TO_DO)

    def _where(self, record: TicketRecord) -> tuple[str, str]:
        """The ticket itself, and its page on the console."""
        return record.url, why(self.pages.of(self.connection, record.id))

    def _deliveries(self, targets: Sequence[str], name: str, title: str, lines: Sequence[str]) -> list[Delivery]:
        body = json.dumps({"title": title, "text": "\n".join(line for line in lines if line)}).encode()
        return [
            Delivery(self.connection, f"{NOTIFY}{one}", f"{NOTIFY}{one}:{name}", Source.NOTIFICATION, body)
            for one in targets
        ]


def _of(record: TicketRecord) -> str:
    """What a ticket is about, and whose it is."""
    client = f", client {outsider(record.client.name)}" if record.client else ""
    return f"“{inside(quoted(record.summary))}”{client}."


def together(waiting: Sequence[Mail]) -> tuple[list[Mail], str, str]:
    """The message to be sent next of those that wait for one target: the mails that it tells, its title and text.

    A few go one by one. Where many wait, as after an outage of the target, as many go in one as it takes at once: chat
    systems take about one message a second.
    """
    if len(waiting) <= FEW:
        return [waiting[0]], *message_of(waiting[0])
    told: list[Mail] = []
    texts: list[str] = []
    for mail in waiting:
        text = "\n".join(message_of(mail)).strip()
        if told and sum(map(len, texts)) + 2 * len(texts) + len(text) > LONGEST:
            break
        told.append(mail)
        texts.append(text)
    if len(told) == 1:
        return told, *message_of(told[0])
    return told, f"{len(told)} messages that waited", "\n\n".join(texts)


def message_of(mail: Mail) -> tuple[str, str]:
    """Title and text of a message that waits to be sent."""
    content = json.loads(mail.body or b"{}")
    return str(content.get("title", "")), str(content.get("text", ""))
