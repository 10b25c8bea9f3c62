"""Cuts the audit trail: the oldest entries go; a signed checkpoint tells their number, and the hash of the last one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from connector.store.audit import lock_end
from connector.store.chain.signatures import sign_checkpoint, signing_key
from connector.store.database.engine import Store
from connector.store.database.tables import AnyRow
from connector.store.queries import chains

CUT_AT_ONCE = 500
"""So many entries go in one short transaction."""


def cut(store: Store, before: datetime) -> int:
    """Cut a page of the oldest entries from before that moment off a chain, at a signed checkpoint; how many.

    0: there are none left, or there is no key yet. Checkpoint and deletion are one short transaction: whoever dies in
    it has done nothing, and of two that cut the same chain the second finds what the first has left.
    """
    with store.reading() as conn:
        chain = chains.with_entries_before(conn, before)
    if chain is None:
        return 0
    with store.writing() as conn:
        lock_end(conn, chain)
        page = chains.entries_after(conn, chain, None, CUT_AT_ONCE + 1)
        old = _oldest(page[:CUT_AT_ONCE], before)
        key = signing_key(conn, chain)
        if key is None:  # no connection was started yet
            return 0
        if not old:  # somebody else has cut it meanwhile
            chains.delete_up_to(conn, chain, 0, page[0].at if page else None)
            return 0
        last = old[-1]
        after = page[len(old)].at if len(page) > len(old) else None
        values = {"chain": chain, "entries": last.id, "hash": last.hash, "until": last.at, "cut_at": store.now(conn)}
        signed = {"signed_by": key[0], "signature": sign_checkpoint(values, key[1])}
        chains.set_checkpoint(conn, store, values | signed)
        chains.delete_up_to(conn, chain, last.id, after)
    return len(old)


def _oldest(page: Sequence[AnyRow], before: datetime) -> Sequence[AnyRow]:
    """The entries before the first one that is to stay: a clock that went wrong for a while cuts nothing too early."""
    stays = next((n for n, row in enumerate(page) if row.at >= before), len(page))
    return page[:stays]
