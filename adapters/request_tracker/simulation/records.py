"""The records of a simulated RT: users, groups, queues, tickets, transactions, attachments."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime

Principal = tuple[str, int]
"""``("user", id)`` or ``("group", id)``: they share one numbering."""


@dataclass
class User:
    """A user. ``language`` is that of sentences, ``zone`` that in which dates of searches are read."""

    id: int
    name: str
    real_name: str
    organization: str = ""
    is_privileged: bool = True
    is_disabled: bool = False
    language: str = ""
    zone: str = "UTC"


@dataclass
class Group:
    """A user-defined group."""

    id: int
    name: str
    members: list[Principal] = dataclasses.field(default_factory=list)


@dataclass
class Queue:
    """A queue with its watchers and the transaction custom fields that apply there; one is for approvals alone."""

    id: int
    name: str
    life_cycle: str = "default"
    is_disabled: bool = False
    is_for_approvals: bool = False
    admin_cc: list[Principal] = dataclasses.field(default_factory=list)


@dataclass
class Ticket:
    """A ticket. ``effective_id`` is another one's id when it was merged into that."""

    id: int
    effective_id: int
    queue: int
    subject: str
    status: str
    owner: int
    priority: int
    creator: int
    created: datetime
    updated: datetime
    updated_by: int
    requestors: list[int] = dataclasses.field(default_factory=list)
    admin_cc: list[Principal] = dataclasses.field(default_factory=list)
    type: str = "ticket"
    worked: int = 0
    started: datetime | None = None
    resolved: datetime | None = None
    told: datetime | None = None


@dataclass
class Attachment:
    """A part of what was written."""

    id: int
    transaction: int
    content_type: str
    content: str
    filename: str = ""
    headers: str = ""


@dataclass
class Transaction:
    """One thing that happened to a ticket."""

    id: int
    ticket: int
    type: str
    creator: int
    created: datetime
    field: str = ""
    old: str = ""
    new: str = ""
    minutes: int = 0
    subject: str = ""
    note_key: str = ""
    attachments: list[Attachment] = dataclasses.field(default_factory=list)
