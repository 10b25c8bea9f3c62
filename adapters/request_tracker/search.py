"""Searches for tickets: complete whatever happens meanwhile, in the order of their numbers.

By number, not by page: tickets that leave the result while it is read (merged, deleted, resolved) would move others
from a page that comes to one that was. Merged and deleted tickets are in no result.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.request_tracker.client import EMPTY_PAGES, RtClient
from adapters.request_tracker.mapping import record_id


def found_tickets(
    client: RtClient, what: str, right: str, query: str, fields: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """Every ticket that a query in TicketSQL finds.

    Where RT filters by rights after cutting the page (it then tells no total), a page may be short or empty while
    others follow: only several empty ones in a row end the search.
    """
    highest, page, empty = 0, 1, 0
    while True:
        params = {
            "query": f"({query}) AND id > {highest}",
            "orderby": "id",
            "order": "ASC",
            "page": str(page),
            **fields,
        }
        rows, total = client.page("tickets", what, right, params)
        yield from rows
        if total is not None and (len(rows) == total or not rows):
            return
        if rows:
            highest = max(int(record_id(row.get("id"), f"{what}: id")) for row in rows)
            page, empty = 1, 0
        else:
            page, empty = page + 1, empty + 1
            if empty == EMPTY_PAGES:
                return
