"""Where the database keeps something of a ticket's words and people, place by place, and how it is removed there.

The details of the audit trail are not among them: they are forgotten last, see ``chain/forgotten.py``. A table that is
in neither ``PLACES`` nor ``ELSEWHERE_OR_NOTHING`` fails a test: whoever adds one says what becomes of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Table, delete, func, select, update

from connector.store.database.tables import (
    adopted,
    braked,
    ended_stint,
    inbox,
    mailbox,
    observed,
    step,
    trouble,
    unwatched,
)
from connector.store.database.tables import connection as connection_table
from connector.store.queries.rows import CHUNK, has_prefix
from connector.store.records import KEY, NOTIFY, Key


class StoragePlace(Protocol):
    """Somewhere in the database where something of a ticket may lie. ``what``: that, in plain words."""

    @property
    def name(self) -> str:
        """What the place is called in answers and in the audit trail."""
        ...

    @property
    def what(self) -> str: ...

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables out of which it is removed."""
        ...

    def count(self, conn: Connection, key: Key) -> int:
        """How much of the ticket lies there."""
        ...

    def remove(self, conn: Connection, key: Key) -> int:
        """Remove it, inside the caller's transaction; how much it was. Again it finds nothing."""
        ...


@dataclass(frozen=True, slots=True)
class OwnRows:
    """A table with rows that belong to one ticket each; ``is_of`` picks a ticket's."""

    table: Table
    what: str
    is_of: Callable[[Key], ColumnElement[bool]]

    @property
    def name(self) -> str:
        return self.table.name

    @property
    def tables(self) -> tuple[str, ...]:
        return (self.table.name,)

    def count(self, conn: Connection, key: Key) -> int:
        return conn.execute(select(func.count()).select_from(self.table).where(self.is_of(key))).scalar_one()

    def remove(self, conn: Connection, key: Key) -> int:
        return conn.execute(delete(self.table).where(self.is_of(key))).rowcount


@dataclass(frozen=True, slots=True)
class WaitingMail:
    """Mail that waits for chores whose names begin with ``chore``, some of it about a ticket, as ``is_about`` tells
    from its name (that of its row taken off) and its body.
    """

    name: str
    what: str
    chore: str
    is_about: Callable[[Key, str, bytes], bool]

    @property
    def tables(self) -> tuple[str, ...]:
        return (inbox.name,)

    def count(self, conn: Connection, key: Key) -> int:
        return sum(1 for _ in self._found(conn, key))

    def remove(self, conn: Connection, key: Key) -> int:
        found = list(self._found(conn, key))
        for start in range(0, len(found), CHUNK):
            conn.execute(delete(inbox).where(inbox.c.id.in_(found[start : start + CHUNK])))
        return len(found)

    def _found(self, conn: Connection, key: Key) -> Iterator[int]:
        c = inbox.c
        query = select(c.id, c.ticket, c.delivery, c.body).where(
            c.connection == key[0], has_prefix(c.ticket, self.chore), c.done_at.is_(None)
        )
        for row in conn.execute(query):
            if self.is_about(key, row.delivery.removeprefix(f"{row.ticket}:"), row.body or b""):
                yield row.id


@dataclass(frozen=True, slots=True)
class LastAnswers:
    """A table whose JSON tells of the last ticket that something happened to: its number stays, the answer goes.

    ``of``: picks the rows of a connection; ``column``: the JSON, in which ``kept`` finds the ticket's object.
    """

    table: Table
    what: str
    of: Callable[[str], ColumnElement[bool]]
    column: str

    @property
    def name(self) -> str:
        return self.table.name

    @property
    def tables(self) -> tuple[str, ...]:
        return (self.table.name,)

    def count(self, conn: Connection, key: Key) -> int:
        return sum(1 for _ in self._found(conn, key))

    def remove(self, conn: Connection, key: Key) -> int:
        found = list(self._found(conn, key, locks=True))
        for row, value in found:
            is_that = [column == row._mapping[column.name] for column in self.table.primary_key.columns]
            conn.execute(update(self.table).where(*is_that).values({self.column: value}))
        return len(found)

    def _found(self, conn: Connection, key: Key, *, locks: bool = False) -> Iterator[tuple[Any, Any]]:
        """The rows that hold such an answer, each with what its JSON is to be."""
        columns = [*self.table.primary_key.columns, self.table.c[self.column]]
        query = select(*columns).where(self.of(key[0]))
        for row in conn.execute(query.with_for_update() if locks else query).all():
            value = row._mapping[self.column]
            without = _without_answer(value, key[1])
            if without != value:
                yield row, without


def _without_answer(value: Any, ticket: str) -> Any:
    """JSON without what was answered of that ticket: ``why`` beside its number, at any depth."""
    if not isinstance(value, dict):
        return value
    is_its = value.get("ticket") == ticket
    return {name: _without_answer(one, ticket) for name, one in value.items() if not (is_its and name == "why")}


def _is_message_about(key: Key, name: str, body: bytes) -> bool:
    """Whether a message that waits to be sent is about a ticket: by its saga, or by the name of its alarm."""
    connection, ticket = key
    saga = re.escape(f"{connection}/{ticket}/")
    alarm = rf"alarm/(?:(?:refusal|failing|over)/)?{re.escape(ticket)}/"
    refused = rf"alarm/message refused/.*?:(?:{saga}|{alarm})"
    if re.match(f"{saga}|{alarm}|{refused}", name):
        return True
    text = str(json.loads(body or b"{}").get("text", ""))
    return any(line.startswith(f"Ticket {ticket}: ") for line in text.splitlines())


def _names_it(key: Key, name: str, body: bytes) -> bool:
    """Whether the ticket's number stands in a webhook. One too many does no harm: what it told of the poll finds."""
    return re.search(rb"(?<![0-9A-Za-z])%s(?![0-9A-Za-z])" % re.escape(key[1].encode()), body) is not None


def _at(table: Table) -> Callable[[Key], ColumnElement[bool]]:
    return lambda key: (table.c.connection == key[0]) & (table.c.ticket == key[1])


PLACES: tuple[StoragePlace, ...] = (
    OwnRows(mailbox, "its row: summary, client, holder, how it stands", _at(mailbox)),
    OwnRows(inbox, "webhooks and other hints that told of it", _at(inbox)),
    WaitingMail("messages", "messages about it that wait to be sent", NOTIFY, _is_message_about),
    WaitingMail("unverified", "webhooks about it that wait for their signing key", KEY, _names_it),
    OwnRows(
        step,
        "steps of what was done on it, with texts and names",
        lambda key: has_prefix(step.c.saga, "/".join((*key, ""))),
    ),
    OwnRows(observed, "changes of it that were seen: what it was, who did it", _at(observed)),
    OwnRows(ended_stint, "stints on it: what it was, holder, client, minutes", _at(ended_stint)),
    OwnRows(unwatched, "where it was seen, at no tier's home", _at(unwatched)),
    OwnRows(adopted, "its place among what was open before", _at(adopted)),
    OwnRows(braked, "its places at the brake", _at(braked)),
    LastAnswers(
        trouble, "answers about it that are kept with a trouble", lambda name: trouble.c.connection == name, "detail"
    ),
    LastAnswers(
        connection_table,
        "answers about it for which notes stopped",
        lambda name: connection_table.c.name == name,
        "state",
    ),
)

ELSEWHERE_OR_NOTHING = {
    "audit": "details, see chain/forgotten.py",
    "audit_entry": "details, see chain/forgotten.py",
    "audit_head": "numbers and hashes",
    "audit_chain": "numbers and hashes",
    "audit_checkpoint": "numbers, hashes and signatures",
    "policy": "what the operator configured",
    "signing_key": "keys of the ticket systems",
    "nonce": "chance, for a minute",
    "login_try": "digests and counts, for an hour",
    "void_session": "digests, for the time of a session",
    "api_token": "digests, and names that the operator gave",
    "pace": "moments and counts",
    "call_budget": "counts of calls",
    "worker": "names of processes and connections",
    "housekeeping": "when it is due",
}
"""The tables without a place above, and why."""
