"""The tables of the store, as SQLAlchemy Core sees them. Migrations create them; a test proves both agree.

Moments are microseconds since the epoch (UTC) in a BIGINT, so that both databases compare and index them
alike. Names that are sorted or searched by prefix use the C collation on PostgreSQL: the order of Python's
strings, on which the order of locks relies.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

AnyRow: TypeAlias = "Row[*tuple[Any, ...]]"
"""A row of whatever columns a statement asks for."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def to_micros(moment: datetime) -> int:
    """Microseconds since the epoch; a naive moment is refused with ValueError."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone cannot be stored")
    return (moment - EPOCH) // MICROSECOND


def from_micros(micros: int) -> datetime:
    """The aware UTC moment that many microseconds after the epoch."""
    return EPOCH + timedelta(microseconds=micros)


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def to_json(value: Mapping[str, object]) -> str:
    """Canonical JSON: sorted keys, no blanks, plain ASCII (so no character can upset a text column)."""
    return _encode(value)


class Moment(TypeDecorator[datetime]):
    """An aware datetime as microseconds since the epoch."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else to_micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else from_micros(value)


class JsonText(TypeDecorator[Mapping[str, object]]):
    """A JSON object as text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Mapping[str, object] | None, dialect: Dialect) -> str | None:
        return None if value is None else to_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


metadata = MetaData()


def _name() -> String:
    return String().with_variant(String(collation="C"), "postgresql")


def _big_id() -> BigInteger:
    # SQLite counts up by itself only for INTEGER.
    return BigInteger().with_variant(Integer(), "sqlite")


connection = Table(
    "connection",
    metadata,
    Column("name", _name(), primary_key=True),
    Column("first_started_at", Moment, nullable=False),
    Column("adopted_at", Moment, nullable=False),
    Column("mode", String, nullable=False),
    Column("policy_version", String, nullable=False),
    Column("marker_key", String, nullable=False),
    Column("polled_until", Moment),
    Column("swept_at", Moment),
    Column("state", JsonText, nullable=False),
)
"""One row per connected ticket system."""

mailbox = Table(
    "mailbox",
    metadata,
    Column("connection", _name(), primary_key=True),
    Column("ticket", _name(), primary_key=True),
    Column("wake_at", Moment),
    Column("due_at", Moment),
    Column("owner", String),
    Column("lease_until", Moment),
    Column("ring_at", Moment),
    Column("fence", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("failing_since", Moment),
    Column("error", Text),
    Column("is_dead", Boolean, nullable=False),
    Column("snapshot", JsonText),
    Index("mailbox_wake", "connection", "wake_at"),
)
"""One row per ticket that is watched; ``@name`` rows are the worker's own chores.

``ring_at`` remembers a wake-up that was asked for while somebody held the row.
``fence`` starts at the moment of creation, in microseconds: a row deleted and made anew never repeats one.
"""

inbox = Table(
    "inbox",
    metadata,
    Column("id", _big_id(), primary_key=True),
    Column("connection", _name(), nullable=False),
    Column("ticket", _name(), nullable=False),
    Column("delivery", _name(), nullable=False),
    Column("source", String, nullable=False),
    Column("body", LargeBinary),
    Column("headers", JsonText),
    Column("received_at", Moment, nullable=False),
    Column("done_at", Moment),
    UniqueConstraint("connection", "delivery", name="inbox_delivery"),
    Index(
        "inbox_undone",
        "connection",
        "ticket",
        sqlite_where=text("done_at IS NULL"),
        postgresql_where=text("done_at IS NULL"),
    ),
    Index(
        "inbox_done",
        "done_at",
        sqlite_where=text("done_at IS NOT NULL"),
        postgresql_where=text("done_at IS NOT NULL"),
    ),
)
"""What came in. Done mail stays for a while as the memory for duplicates, without its body."""

step = Table(
    "step",
    metadata,
    Column("saga", _name(), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("state", String, nullable=False),
    Column("outcome", JsonText),
    Column("at", Moment, nullable=False),
)
"""The journal of effects."""

observed = Table(
    "observed",
    metadata,
    Column("id", _big_id(), primary_key=True),
    Column("connection", _name(), nullable=False),
    Column("ticket", _name(), nullable=False),
    Column("at", Moment, nullable=False),
    Column("what", String, nullable=False),
    Column("old", Text),
    Column("new", Text),
    Column("how", String, nullable=False),
    Column("who", String, nullable=False),
    Index("observed_ticket", "connection", "ticket"),
)
"""Changes of tickets as they were seen, where the ticket system keeps no history."""

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("connection", _name(), nullable=False),
    Column("ticket", _name(), nullable=False),
    Column("at", Moment, nullable=False),
    Column("event", String, nullable=False),
    Column("detail", Text, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("audit_ticket", "connection", "ticket", "id"),
)
"""Who, what, why: one chain of hashes over the whole table. The ids have no gaps."""

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("length", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
)
"""Where the chain ends. Its single row is also the lock that makes appending serial."""

policy = Table(
    "policy",
    metadata,
    Column("id", _big_id(), primary_key=True),
    Column("version", String, nullable=False),
    Column("document", JsonText, nullable=False),
    Column("in_force_from", Moment, nullable=False),
    Column("applied_at", Moment),
)
"""The policies in the order in which they came into force."""

signing_key = Table(
    "signing_key",
    metadata,
    Column("connection", _name(), primary_key=True),
    Column("reference", _name(), primary_key=True),
    Column("key", Text, nullable=False),
    Column("fetched_at", Moment, nullable=False),
)
"""Keys that verify webhooks, learned from the ticket systems; shared by all processes."""

worker = Table(
    "worker",
    metadata,
    Column("id", _name(), primary_key=True),
    Column("seen_at", Moment, nullable=False),
)
"""The workers' signs of life."""
