"""Signs what the audit trail says of itself: the head that is told outside, the checkpoint at which a chain was cut,
that an entry's detail was forgotten.

The key is the one that a connection's notes are marked with. It lies in the database: a signature proves that whoever
holds this database's keys said so, and when. Against somebody who has them helps only what was told outside before.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from connector.store.audit import AuditHead, Telling
from connector.store.audit import head as unsigned_head
from connector.store.database.engine import Store
from connector.store.database.tables import AnyRow, to_micros
from connector.store.database.tables import connection as connection_table


def signing_key(conn: Connection, chain: str) -> tuple[str, str] | None:
    """The connection whose key signs for a chain, and that key: its own, else that of the first connection there is."""
    c = connection_table.c
    query = select(c.name, c.marker_key).order_by(c.name != chain, c.name).limit(1)
    row = conn.execute(query).one_or_none()
    return None if row is None else (row.name, row.marker_key)


def key_of(conn: Connection, connection: str) -> str | None:
    """The key of a connection; None where it was never started here."""
    c = connection_table.c
    return conn.execute(select(c.marker_key).where(c.name == connection)).scalar_one_or_none()


def sign_checkpoint(values: Mapping[str, Any], secret: str) -> str:
    """The signature of a checkpoint, from the columns that say what was cut, with a connection's key."""
    key = hmac.digest(secret.encode(), b"audit checkpoint", "sha256")
    said = [values["chain"], values["entries"], values["hash"], to_micros(values["until"]), to_micros(values["cut_at"])]
    return hmac.digest(key, json.dumps(said, separators=(",", ":")).encode(), "sha256").hex()


def sign_head(found: AuditHead, at: datetime, secret: str) -> str:
    """The signature of a head at a moment: HMAC-SHA256, as hex, of the moment, the count and the hash, a line each."""
    key = hmac.digest(secret.encode(), b"audit head", "sha256")
    said = f"{at.isoformat(timespec='seconds')}\n{found.entries}\n{found.hash}"
    return hmac.digest(key, said.encode(), "sha256").hex()


def sign_forgotten(chain: str, row: AnyRow, digest: str | None, said: Mapping[str, Any], secret: str) -> str:
    """The signature of the statement ``said`` that stands in an entry in place of its detail.

    It covers all else that stays of the entry, ``digest`` included; ``chain``: its chain, as the tables name it.
    """
    key = hmac.digest(secret.encode(), b"audit forgotten", "sha256")
    stays = [chain, row.id, row.connection, row.ticket, to_micros(row.at), row.event, row.previous_hash, row.hash]
    text = json.dumps([*stays, digest, said], sort_keys=True, separators=(",", ":"))
    return hmac.digest(key, text.encode(), "sha256").hex()


def signed_head(store: Store) -> AuditHead:
    """Where the audit trail ends now, with the moment and the signature: what is told outside, and kept there.

    Unsigned while no connection was ever started. Raises StoreError when the record of the end is missing.
    """
    found = unsigned_head(store)
    with store.reading() as conn:
        at, key = store.now(conn).replace(microsecond=0), signing_key(conn, "")
    if key is None:
        return found
    return AuditHead(found.chains, Telling(at, key[0], sign_head(found, at, key[1])))
