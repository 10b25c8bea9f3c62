"""The database: whether it answers, may be written, and has the schema that is needed. Nothing is made or written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from connector.clock import Clock
from connector.model import Finding, Severity
from connector.store.database import schema
from connector.store.database.engine import Store
from connector.store.database.errors import StoreUnavailable
from connector.store.database.schema import SchemaState
from connector.store.database.sqlite_file import network_drive, require_usable

_OTHERS = 0o077
MOST_SKEW_SECONDS = 120.0
MOUNTS = Path("/proc/self/mounts")
OK, WARNING, ERROR = Severity.OK, Severity.WARNING, Severity.ERROR


def of_database(store: Store) -> Finding:
    """Whether the database answers, can be written and has the schema that is needed; where its file is."""
    name = "" if store.is_postgresql else str(Path(str(store.engine.url.database)).absolute())
    at = f" ({name})" if name else ""
    try:
        if name:
            require_usable(f"sqlite:///{name}")
        if name and not Path(name).exists():
            remedy = "`escalator run` or `escalator migrate` makes it"
            return Finding(WARNING, "database", f"does not exist yet: {remedy}{at}")
        if name and (drive := network_drive(Path(name).resolve(), _mounts())):
            remedy = "put it on a disk of this machine, or use PostgreSQL"
            return Finding(ERROR, "database", f"is on a network drive ({drive}), where locks do not hold: {remedy}{at}")
        state = store.schema_state()
    except StoreUnavailable as error:
        return Finding(ERROR, "database", str(error))
    match state:
        case SchemaState.CURRENT if name and Path(name).stat().st_mode & _OTHERS:
            return Finding(WARNING, "database", f"others than its owner may open the file: chmod 600 {name}*")
        case SchemaState.CURRENT:
            return Finding(OK, "database", f"answers, and its schema is up to date{at}")
        case SchemaState.EMPTY:
            return Finding(WARNING, "database", f"is empty: `escalator run` or `escalator migrate` sets it up{at}")
        case SchemaState.OLD:
            return Finding(ERROR, "database", f"has an older schema: run `escalator migrate`{at}")
        case SchemaState.NEWER:
            return Finding(ERROR, "database", f"was set up by a newer version of escalator: install that version{at}")
        case SchemaState.LEFT | SchemaState.ARRIVING:
            with store.reading() as conn:
                return Finding(ERROR, "database", f"{schema.refusal(conn)}{at}")


def _mounts() -> str:
    """What is mounted, where the kernel tells it."""
    try:
        return MOUNTS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def of_database_clock(store: Store, host: Clock) -> Iterator[Finding]:
    """Whether the host's clock agrees with the database's, which counts on PostgreSQL. A file has none of its own."""
    if not store.is_postgresql:
        return
    try:
        with store.reading() as conn:
            database = store.now(conn)
    except StoreUnavailable:
        return  # told already
    ahead = (host.now() - database).total_seconds()
    if abs(ahead) <= MOST_SKEW_SECONDS:
        yield Finding(OK, "database clock", f"within {abs(ahead):.0f} s of this host's")
        return
    way = "ahead of" if ahead > 0 else "behind"
    which = "the database's counts for limits; set both by NTP, as certificates and signatures go by this host's"
    yield Finding(WARNING, "database clock", f"this host's clock is {abs(ahead):.0f} s {way} the database's: {which}")


def of_pooler(store: Store) -> Iterator[Finding]:
    """Whether a pooler lies between, and the server ends by itself what takes too long for whoever it hands on."""
    if not store.is_postgresql:
        return
    from connector.store.database import postgresql

    try:
        with store.reading() as conn:
            missing = postgresql.unset_time_outs(conn) if postgresql.is_pooled(conn) else None
    except StoreUnavailable:
        return  # told already
    if missing is None:
        return
    if not missing:
        yield Finding(OK, "database pooler", "lies between; the server has the time-outs of this user itself")
        return
    user = store.engine.url.username or "USER"
    how = "; ".join(f"ALTER ROLE {user} SET {one}" for one in missing)
    yield Finding(WARNING, "database pooler", f"lies between, and may keep no time-out of ours: on the server, {how}")
