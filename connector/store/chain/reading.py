"""The audit trail in pages, for whoever goes on where they ended: entries of each chain behind the last one they have.

Nothing is left out that is appended meanwhile: within a chain a number is given under the lock of its end, so none
comes in behind one that was read. A chain that begins later is read when it is there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from connector.store import audit
from connector.store.database.engine import Store
from connector.store.database.errors import StoreError
from connector.store.queries import chains
from connector.store.queries.chains import CLOSED

MOST_CHAINS = 200
"""Of so many chains a reader's place is kept."""


@dataclass(frozen=True, slots=True)
class TrailPage:
    """The next entries, as ``audit.export`` tells them. ``reached``: the last number of each chain that was read."""

    entries: Sequence[Mapping[str, Any]]
    reached: Mapping[str, int]
    has_more: bool


def page_behind(
    store: Store, reached: Mapping[str, int], most: int, connection: str | None = None, ticket: str | None = None
) -> TrailPage:
    """The next entries behind those, at most so many, chain after chain; of one connection, or of one ticket there.

    Where entries were cut, a line for the checkpoint stands in their place, as in an export; not where a ticket's alone
    are read. Raises StoreUnavailable, StoreError where an entry holds what the connector never writes.
    """
    found: list[Mapping[str, Any]] = []
    places = dict(reached)
    has_more = False
    with store.reading(is_snapshot=True) as conn:
        names = (
            [CLOSED, *(row.connection for row in chains.chains(conn))] if connection is None else [CLOSED, connection]
        )
        for chain in names[:MOST_CHAINS]:
            left = most - len(found)
            entries, has_more = _of_chain(conn, chain, places.get(chain, 0), left, connection, ticket)
            found += entries
            if entries:
                places[chain] = entries[-1]["id"]
            if has_more:
                break
    return TrailPage(found, places, has_more)


def _of_chain(
    conn: Connection, chain: str, after: int, most: int, connection: str | None, ticket: str | None
) -> tuple[list[Mapping[str, Any]], bool]:
    """The next entries of one chain, at most so many, and whether there are more."""
    is_whole = ticket is None and (chain != CLOSED or connection is None)
    rows = chains.entries_after(conn, chain, after, most + 1, connection, ticket)
    told: list[Mapping[str, Any]] = []
    if is_whole and (not rows or rows[0].id != after + 1):
        told += [line for line in audit.cut_line(conn, chain) if line["id"] > after]
    try:
        told += [audit.exported(chain, row) for row in rows]
    except (TypeError, ValueError, ArithmeticError, RecursionError) as error:
        what = f"an entry behind {after} of the chain {chain} holds what the connector never writes"
        raise StoreError(f"{what}: `escalator audit verify` tells more") from error
    return told[:most], len(told) > most
