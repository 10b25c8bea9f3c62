"""The tables of the store, as SQLAlchemy Core sees them. Migrations create them; a test proves both agree.

Moments are microseconds since the epoch (UTC) in a BIGINT, so that both databases compare and index them
alike. Names that are sorted or searched by prefix use the C collation on PostgreSQL: the order of Python's
strings, on which the order of locks relies.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
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

from connector.redaction import may_hold, redacted, redacted_all
from connector.wording import storable

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
    """Canonical JSON: sorted keys, no blanks, plain ASCII, storable when it is read again, too, and without secrets."""
    text = _encode(value)
    if _MAY_BE_UNSTORABLE.search(text):
        text = _encode(_storable(json.loads(text)))
    return _encode(redacted_all(json.loads(text))) if may_hold(text) else text


def _storable(value: Any) -> Any:
    match value:
        case str():
            return storable(value)
        case list():
            return [_storable(item) for item in value]
        case dict():
            return {storable(key): _storable(item) for key, item in value.items()}
    return value


_MAY_BE_UNSTORABLE = re.compile(r"\\u(?:d[89a-f]|0000)")


class Name(TypeDecorator[str]):
    """A short text, made storable: the last line of defence, for what its origin should have made so."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


class Prose(Name):
    """A text of any length, made storable."""

    impl = Text
    cache_ok = True


class Told(Prose):
    """What was told of something, be it by others: without secrets."""

    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(redacted(value))


class ToldName(Name):
    """A name that others gave: without secrets."""

    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(redacted(value))


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


def _name() -> Name:
    return Name().with_variant(Name(collation="C"), "postgresql")


def _big_id() -> BigInteger:
    # SQLite counts up by itself only for INTEGER.
    return BigInteger().with_variant(Integer(), "sqlite")


connection = Table(
    "connection",
    metadata,
    Column("name", _name(), primary_key=True),
    Column("first_started_at", Moment, nullable=False),
    Column("adopted_at", Moment, nullable=False),
    Column("mode", Name, nullable=False),
    Column("policy_version", Name, nullable=False),
    Column("marker_key", Name, nullable=False),
    Column("polled_until", Moment),
    Column("swept_at", Moment),
    Column("state", JsonText, nullable=False),
    Column("answered_at", Moment),
    Column("told_by_webhook", BigInteger, nullable=False, server_default=text("0")),
    Column("found_by_poll", BigInteger, nullable=False, server_default=text("0")),
)
"""One row per connected ticket system.

``answered_at``: when it last gave a good answer to any process; the counts are of changes, by what told of them first.
"""

mailbox = Table(
    "mailbox",
    metadata,
    Column("connection", _name(), primary_key=True),
    Column("ticket", _name(), primary_key=True),
    Column("wake_at", Moment),
    Column("due_at", Moment),
    Column("owner", Name),
    Column("lease_until", Moment),
    Column("ring_at", Moment),
    Column("fence", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("failing_since", Moment),
    Column("error", Told),
    Column("is_dead", Boolean, nullable=False),
    Column("snapshot", JsonText),
    Column("held_by", _name()),
    Column("lane", Integer, nullable=False, server_default=text("3")),
    Column("rests_until", Moment),
    Column("deadline", Moment),
    Column("tier", ToldName),
    Column("client", ToldName),
    Column("holder", ToldName),
    Column("state", Name),
    Index("mailbox_deadline", "connection", "deadline", "ticket"),
    Index("mailbox_wake", "connection", "wake_at"),
    Index("mailbox_lane", "connection", "lane", "wake_at"),
    Index("mailbox_wake_of_all", "wake_at", "connection"),
    Index(
        "mailbox_due",
        "connection",
        "due_at",
        sqlite_where=text("due_at IS NOT NULL AND is_dead = 0"),
        postgresql_where=text("due_at IS NOT NULL AND NOT is_dead"),
    ),
    Index(
        "mailbox_failing",
        "connection",
        "failing_since",
        sqlite_where=text("failing_since IS NOT NULL AND is_dead = 0"),
        postgresql_where=text("failing_since IS NOT NULL AND NOT is_dead"),
    ),
    Index("mailbox_dead", "connection", sqlite_where=text("is_dead = 1"), postgresql_where=text("is_dead")),
    Index(
        "mailbox_held_by",
        "connection",
        "held_by",
        sqlite_where=text("held_by IS NOT NULL"),
        postgresql_where=text("held_by IS NOT NULL"),
    ),
)
"""One row per ticket that is watched; ``@name`` rows are the worker's own chores.

``is_dead``: parked, not tried again by itself; mail wakes it all the same, and it stays parked until a turn is done.
``held_by``: the name of the trouble that its last turn met, if that is one that lasts.
``lane``: in which its next turn makes its calls, unless its deadline has passed by then (see ``Lane``).
``rests_until``: mail alone does not wake it before: it has had many turns lately.
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
    Column("source", Name, nullable=False),
    Column("body", LargeBinary),
    Column("headers", JsonText),
    Column("state", Text),
    Column("received_at", Moment, nullable=False),
    Column("done_at", Moment),
    UniqueConstraint("connection", "delivery", name="inbox_delivery"),
    Index(
        "inbox_undone",
        "connection",
        "ticket",
        "id",
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
    Column("state", Name, nullable=False),
    Column("outcome", JsonText),
    Column("at", Moment, nullable=False),
    Index("step_at", "at"),
)
"""The journal of effects."""

observed = Table(
    "observed",
    metadata,
    Column("id", _big_id(), primary_key=True),
    Column("connection", _name(), nullable=False),
    Column("ticket", _name(), nullable=False),
    Column("at", Moment, nullable=False),
    Column("what", Name, nullable=False),
    Column("old", Prose),
    Column("new", Prose),
    Column("how", Name, nullable=False),
    Column("who", ToldName, nullable=False),
    Column("by", Name),
    Column("not_before", Moment),
    Index("observed_ticket", "connection", "ticket"),
    Index("observed_at", "at"),
)
"""Changes of tickets as they were seen, where the ticket system keeps no history."""

ended_stint = Table(
    "ended_stint",
    metadata,
    Column("connection", _name(), primary_key=True),
    Column("ticket", _name(), primary_key=True),
    Column("stint", _name(), primary_key=True),
    Column("tier", ToldName, nullable=False),
    Column("ladder", Name, nullable=False),
    Column("holder", ToldName, nullable=False),
    Column("client", ToldName, nullable=False),
    Column("began_at", Moment, nullable=False),
    Column("ended_at", Moment, nullable=False),
    Column("ended_by", Told, nullable=False),
    Column("is_escalated", Boolean, nullable=False),
    Column("was_warned", Boolean, nullable=False),
    Column("plan_minutes", Float),
    Column("fix_minutes", Float),
    Column("worked_minutes", Float),
    Column("paused_minutes", Float),
    Column("board", ToldName),
    Column("summary", Told),
    Column("link", Told),
    Column("plan_limit", Float),
    Column("fix_limit", Float),
    Column("has_left", Boolean),
    Column("is_warning_written", Boolean),
    Index("ended_stint_at", "ended_at"),
)
"""What each stint that is over took, in working minutes, and how it ended. Older rows lack the last columns."""

unwatched = Table(
    "unwatched",
    metadata,
    Column("connection", _name(), primary_key=True),
    Column("ticket", _name(), primary_key=True),
    Column("place", ToldName, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Index("unwatched_seen", "seen_at"),
)
"""Open tickets that were looked at last at a place that is no tier's home, and were no ticket of a tier before."""

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("connection", _name(), nullable=False),
    Column("ticket", _name(), nullable=False),
    Column("at", Moment, nullable=False),
    Column("event", Name, nullable=False),
    Column("detail", Prose, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("audit_ticket", "connection", "ticket", "id"),
)
"""Who, what, why, up to the version that gave each connection a chain of its own: one chain over the whole table.

It is closed: only a worker of a version before still appends to it, during a roll-out. The ids have no gaps.
"""

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("length", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
)
"""Where the closed chain ends. Its single row is also the lock by which one edition at a time comes into force."""

audit_chain = Table(
    "audit_chain",
    metadata,
    Column("connection", _name(), primary_key=True),
    Column("length", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("link_entries", BigInteger, nullable=False),
    Column("link_hash", String(64), nullable=False),
    Column("oldest_at", Moment),
    Index("audit_chain_oldest", "oldest_at"),
)
"""The audit trail's chains, one for each connection, and one of the service, whose name is empty.

``length`` and ``hash``: where it ends; its row is also the lock that makes appending to it serial. ``link_entries`` and
``link_hash``: where the closed chain ended when this one began: its first link. ``oldest_at``: the moment of the oldest
entry that is there, None where there is none.
"""

DEEDS = (
    "event IN ('escalated', 'final escalation', 'would escalate', 'override applied', 'override refused', "
    "'training request', 'training done', 'training not done')"
)
"""The events that people look for in the whole trail: those have an index of their own. It stands so in databases."""

audit_entry = Table(
    "audit_entry",
    metadata,
    Column("connection", _name(), primary_key=True),
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("ticket", _name(), nullable=False),
    Column("at", Moment, nullable=False),
    Column("event", Name, nullable=False),
    Column("detail", Prose, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("salt", String(32)),
    Column("digest", String(64)),
    Index("audit_entry_ticket", "connection", "ticket", "n"),
    Index(
        "audit_entry_deed",
        "connection",
        "event",
        "at",
        "n",
        sqlite_where=text(DEEDS),
        postgresql_where=text(DEEDS),
    ),
)
"""Who, what, why: a chain of hashes for each connection, numbered without gaps.

``salt``: what the digest of the detail is made with that the hash covers; entries of the versions before have none,
their hash covers the detail itself. ``digest``: that digest, once detail and salt are forgotten.
"""

audit_checkpoint = Table(
    "audit_checkpoint",
    metadata,
    Column("chain", _name(), primary_key=True),
    Column("entries", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("until", Moment, nullable=False),
    Column("cut_at", Moment, nullable=False),
    Column("signed_by", _name(), nullable=False),
    Column("signature", String(64), nullable=False),
)
"""Up to where a chain was cut: that many entries, the last of them ``until`` then and with that hash, are deleted.

``signed_by``: the connection whose key it is signed with.
"""

policy = Table(
    "policy",
    metadata,
    Column("id", _big_id(), primary_key=True),
    Column("version", Name, nullable=False),
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
    Column("key", Prose, nullable=False),
    Column("fetched_at", Moment, nullable=False),
)
"""Keys that verify webhooks, learned from the ticket systems; shared by all processes."""

nonce = Table(
    "nonce",
    metadata,
    Column("nonce", _name(), primary_key=True),
    Column("answer", _name(), nullable=False),
    Column("until", Moment, nullable=False),
)
"""What ``check`` asks the public address for, to see whether it leads to a service with this database."""

login_try = Table(
    "login_try",
    metadata,
    Column("key", _name(), primary_key=True),
    Column("tries", Integer, nullable=False),
    Column("last_at", Moment, nullable=False),
    Index("login_try_last", "last_at"),
)
"""How often a password of the console was wrong lately, by a digest of whom, where, or both."""

void_session = Table(
    "void_session",
    metadata,
    Column("who", _name(), primary_key=True),
    Column("session", _name(), primary_key=True),
    Column("before", Moment, nullable=False),
    Column("until", Moment, nullable=False),
)
"""Sessions of the console that somebody ended, by digests; an empty ``session`` is all that began ``before``. And ways
back from an identity provider that were used.
"""

api_token = Table(
    "api_token",
    metadata,
    Column("name", _name(), primary_key=True),
    Column("id", _name(), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("scopes", JsonText, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
)
"""The tokens of the API: what each may do, and a digest of it; few. ``used_at``: to the hour."""

call_budget = Table(
    "call_budget",
    metadata,
    Column("connection", _name(), primary_key=True),
    Column("ledger", JsonText, nullable=False),
)
"""The calls of the last minutes: one row a connection, which all processes lock that want to make some."""

worker = Table(
    "worker",
    metadata,
    Column("id", _name(), primary_key=True),
    Column("seen_at", Moment, nullable=False),
    Column("edition", Name),
    Column("connections", JsonText),
)
"""The workers' signs of life, under which policy and mode each works, and which connections it serves."""

housekeeping = Table(
    "housekeeping",
    metadata,
    Column("name", _name(), primary_key=True),
    Column("next_at", Moment, nullable=False),
    Column("held_until", Moment),
)
"""What is done once for the whole database, not for each connection: when it is due next.

``held_until``: somebody does it at this moment, and is taken for dead after that.
"""

trouble = Table(
    "trouble",
    metadata,
    Column("connection", _name(), primary_key=True),
    Column("kind", _name(), primary_key=True),
    Column("name", _name(), primary_key=True),
    Column("cause", Told, nullable=False),
    Column("since", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("told_at", Moment),
    Column("detail", JsonText, nullable=False),
)
"""What stands in the way for longer than a moment: one row for each cause and connection."""

pace = Table(
    "pace",
    metadata,
    Column("connection", _name(), primary_key=True),
    Column("begun_at", Moment),
    Column("held_at", Moment),
    Column("detail", JsonText, nullable=False),
)
"""How fast a connection's tickets are taken up and go up; its row is the lock of both.

``begun_at``: when the clock of an adopted ticket began last; ``held_at``: since when nothing goes up by time, because
somebody said so; ``detail``: of which adoption people were told, and the stretches in which it was down lately.
"""

adopted = Table(
    "adopted",
    metadata,
    Column("connection", _name(), primary_key=True),
    Column("ticket", _name(), primary_key=True),
    Column("since", Moment, nullable=False),
    Column("is_critical", Boolean, nullable=False),
    Column("entered_at", Moment, nullable=False),
    Column("calendar", _name(), nullable=False),
    Column("begins_at", Moment),
    Index(
        "adopted_waiting",
        "connection",
        "is_critical",
        "entered_at",
        sqlite_where=text("begins_at IS NULL"),
        postgresql_where=text("begins_at IS NULL"),
    ),
)
"""Tickets that were open before, adopted ``since`` then: their clocks wait for their turn, or began in it."""

braked = Table(
    "braked",
    metadata,
    Column("connection", _name(), primary_key=True),
    Column("saga", _name(), primary_key=True),
    Column("ticket", _name(), nullable=False),
    Column("calendar", _name(), nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("passes_at", Moment),
    Column("is_taken", Boolean, nullable=False),
    Column("is_counted", Boolean, nullable=False),
    Index("braked_ticket", "connection", "ticket"),
    Index("braked_passed", "connection", "passes_at"),
    Index(
        "braked_waiting",
        "connection",
        "due_at",
        sqlite_where=text("passes_at IS NULL"),
        postgresql_where=text("passes_at IS NULL"),
    ),
)
"""Escalations by time of the last hours: those that wait at the brake, and the places of those that passed it.

``passes_at``: since when it may go up, None while it waits; ``is_taken``: its note was begun; ``is_counted``: its place
counts for the hour's.
"""
