"""Forgets the details of a ticket's audit entries, and leaves every chain provable.

In place of a detail comes a signed statement that it was forgotten, and when. Of an entry with a salt the digest stays,
which its hash covers: who changes anything of it is found as before, and without the salt the digest tells nothing. An
entry in the form of before has its detail in its hash, which cannot be worked out any more: the chain still proves that
this hash stood there, and the statement, made while the detail was there, says that the rest is what was hashed. What
was forgotten of a ticket, by whom and when, is an entry of its own, without any word of the ticket's.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from connector.store.audit import append, digest_of, hash_over_detail, lock_end
from connector.store.chain.signatures import key_of, sign_forgotten, signing_key
from connector.store.database.engine import Store
from connector.store.database.errors import StoreError
from connector.store.database.tables import AnyRow, to_json
from connector.store.queries import chains
from connector.store.queries.chains import CLOSED, FORGOTTEN
from connector.store.records import AuditEvent, Event, Key

PAGE = 500
"""So many details are forgotten in one transaction."""

_SIGNATURE, _SIGNED_BY, _WAS_CHANGED = "signature", "signed_by", "was_changed"


def count_details(conn: Connection, key: Key) -> int:
    """How many details the trail keeps of a ticket."""
    return sum(chains.count_with_details(conn, chain, *key) for chain in _chains_of(key))


def forget_details(conn: Connection, store: Store, key: Key, by: str, removed: Mapping[str, int]) -> int:
    """Forget a page of a ticket's details, and note that it was done, inside the caller's transaction; how many.

    ``by``: who has it done; ``removed``: how much went with them elsewhere, by place. Nothing is noted where there is
    nothing to forget. Like ``append`` it comes LAST in its transaction: it locks the ends of the chains. Raises
    StoreError where nothing can be signed, as no connection was ever started.
    """
    entries: dict[str, list[int]] = {}
    signer = signing_key(conn, key[0])
    if signer is None:
        raise StoreError("no connection was ever started with this database: nothing can be signed in its name")
    now = store.now(conn)
    for chain in _chains_of(key):
        lock_end(conn, chain)
        rows = chains.with_details(conn, chain, *key, PAGE)
        if rows:
            in_place = [_in_place(chain, row, now.isoformat(timespec="seconds"), signer) for row in rows]
            chains.put_in_place(conn, chain, key[0], in_place)
            entries[chain] = [row.id for row in rows]
    if entries or removed:
        detail = {"by": by, "entries": entries, "removed": dict(removed)}
        append(conn, [(key, AuditEvent(Event.FORGOTTEN, detail))], now)
    return sum(map(len, entries.values()))


def _chains_of(key: Key) -> tuple[str, str]:
    return (CLOSED, key[0])


def _in_place(chain: str, row: AnyRow, at: str, signer: tuple[str, str]) -> dict[str, Any]:
    """What comes in place of an entry's detail and salt. What was changed before is not made good by forgetting it."""
    said: dict[str, Any] = {"forgotten": at, _SIGNED_BY: signer[0]}
    digest = None if row.salt is None else digest_of(row.salt, row.detail)
    if digest is None and row.hash != _old_hash_of(row):
        said[_WAS_CHANGED] = True
    signature = sign_forgotten(chain, row, digest, said, signer[1])
    return {"number": row.id, "detail": to_json({**said, _SIGNATURE: signature}), "digest": digest}


def what_is_wrong_with(conn: Connection, chain: str, row: AnyRow) -> str:
    """What is wrong with the statement in place of a detail, in words; empty where it is what was signed."""
    said = json.loads(row.detail)
    key = key_of(conn, str(said.get(_SIGNED_BY)))
    signature = str(said.pop(_SIGNATURE, ""))
    if key is None:
        return "the key that the forgetting of its detail is signed with is not there"
    if not hmac.compare_digest(sign_forgotten(chain, row, row.digest, said, key), signature):
        return "its detail is gone, and that it was forgotten is not what was signed"
    return "its content had been changed before it was forgotten" if said.get(_WAS_CHANGED) else ""


def is_forgotten(row: AnyRow) -> bool:
    """Whether a statement stands in place of an entry's detail."""
    return bool(row.salt is None and row.detail.startswith(FORGOTTEN))


def _old_hash_of(row: AnyRow) -> str:
    return hash_over_detail(row.id, row.connection, row.ticket, row.at, row.event, row.detail, row.previous_hash)
