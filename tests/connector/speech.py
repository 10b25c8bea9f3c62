"""What people say on a ticket, and how it is read: agents by name, commands in notes, and what is decided on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from connector.model import Author, AuthorKind, Change, Entry, EntryKind, Person, TicketRecord, Visibility
from connector.policy.policy import Homes, Policy
from connector.rules.commands import Managers, read_commands
from connector.rules.limits import Decision, evaluate
from connector.rules.stints import build_timeline
from tests.builders import HOMES, TESS, a_policy, seen

MARIA = Person("200", "maria", "Maria Desk")
IRENE = Person("201", "irene", "Irene Systems")

MANAGERS: Managers = {
    1: {"maria": "Maria Desk"},
    2: {"maria": "Maria Desk", "mo": "Mo Second"},
    3: {"irene": "Irene Systems"},
}
"""Who may override on the tiers of the builders' ladder."""


def said(
    text: str,
    when: datetime,
    by: Person = TESS,
    kind: AuthorKind = AuthorKind.AGENT,
    visibility: Visibility = Visibility.INTERNAL,
    entry_kind: EntryKind = EntryKind.NOTE,
    id_: str = "",
) -> Entry:
    """A note by somebody whom the ticket system knows."""
    author = Author(kind, by.name, by.identifier)
    return Entry(id_ or f"{by.identifier}-{when:%H%M%S}", entry_kind, author, when, text, visibility)


def decided(
    record: TicketRecord,
    now: datetime,
    changes: Sequence[Change] | None = None,
    policy: Policy | None = None,
    managers: Mapping[int, Mapping[str, str]] = MANAGERS,
    adopted_at: datetime | None = None,
    homes: Homes = HOMES,
) -> Decision:
    """How a ticket stands, with what was ordered on it."""
    policy = policy or a_policy()
    timeline = build_timeline(record, changes or seen(record), policy, homes, adopted_at)
    return evaluate(timeline, policy, now, read_commands(timeline, policy, managers))
