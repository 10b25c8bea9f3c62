"""Calls to REST 2.0 of one Request Tracker: addresses, headers, paging, errors explained.

Knows HTTP and RT's manners, not what a ticket means. Every error that leaves is one of the contract's. No call
carries ``If-Modified-Since``: RT answers it 500.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from adapters.answers import Answer
from adapters.http import HttpClient, HttpOptions, page_numbers
from adapters.payloads import json_of
from adapters.request_tracker.mapping import is_id, record_id
from adapters.request_tracker.refusals import error_text, refusal
from adapters.request_tracker.variables import RequestTrackerSettings
from connector.clock import Clock
from connector.errors import OutcomeUnknown, PayloadError

API = "/REST/2.0"
PAGE_SIZE = 100
"""RT gives no larger pages."""

EMPTY_PAGES = 3
"""After so many empty pages a list counts as ended where RT does not say how long it is."""

Params = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list. ``total``: how many records there are; ``number``: which page it is; None where untold."""

    rows: list[dict[str, Any]]
    total: int | None
    number: int | None

    @property
    def is_full(self) -> bool:
        """Whether as many records came as fit on a page."""
        return len(self.rows) >= PAGE_SIZE


class RtClient:
    """Calls below ``/REST/2.0/``. Safe to use from several threads."""

    def __init__(self, settings: RequestTrackerSettings, clock: Clock, options: HttpOptions | None = None) -> None:
        self.http = HttpClient(
            settings.url + API,
            clock,
            options,
            headers={"Accept": "application/json"},
            auth={"Authorization": f"token {settings.token}"},
            explain=error_text,
        )

    def get(self, path: str, what: str, right: str, params: Params | None = None) -> Any:
        """The JSON that a GET answers. ``right`` names what the account needs for it."""
        return json_of(self.ask(path, what, right, params), what)

    def ask(self, path: str, what: str, right: str, params: Params | None = None) -> Answer:
        """The answer to a GET, with its headers."""
        return self._call("GET", path, what, right, params=params)

    def put(self, path: str, what: str, right: str, payload: Any, etag: str = "") -> None:
        """Ask for a change. That nothing is raised proves nothing: RT answers a refusal 200. Read afterwards.

        With an ``etag`` it raises ChangedMeanwhile when the record is not at that state any more (a check, no lock).
        Never repeated by itself; raises OutcomeUnknown when no answer came.
        """
        headers = {"If-Match": etag} if etag else {}
        self._call("PUT", path, what, right, payload=payload, headers=headers)

    def post(self, path: str, what: str, right: str, payload: Any) -> str:
        """Create something and return the id at the end of its ``Location``. Never repeated by itself.

        Raises OutcomeUnknown when it may have happened but no usable answer came.
        """
        answer = self._call("POST", path, what, right, payload=payload)
        number = answer.headers.get("Location", "").rpartition("/")[2]
        if not is_id(number):
            raise OutcomeUnknown(f"{what}: answered {answer.status}, but not with what was made")
        return number

    def page(self, path: str, what: str, right: str, params: Params) -> Page:
        """One page of a list."""
        body = self.get(path, what, right, {"per_page": str(PAGE_SIZE), **params})
        found = body.get("items") if isinstance(body, dict) else None
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            raise PayloadError(f"{what}: items", "not a list of records")
        return Page(found, _whole(body.get("total")), _whole(body.get("page")))

    def pages(
        self, path: str, what: str, right: str, params: Params | None = None, empty_pages: int = EMPTY_PAGES
    ) -> Iterator[Page]:
        """Every page of a list, each with what is new on it, whatever came before.

        RT takes away from a page what the account may not see: a short page is no end, and a full one says nothing of
        a next. Since 5.0.6 it answers a page beyond the last with the last. So a list ends where its length says so,
        where another page came than was asked for, where nothing new came, or, as long as RT does not tell the length,
        after so many empty pages.
        """
        known: set[str] = set()
        empty = 0
        for number in page_numbers(what):
            page = self.page(path, what, right, {**(params or {}), "page": str(number)})
            new = [row for row in page.rows if str(row.get("id")) not in known]
            known.update(str(row.get("id")) for row in new)
            yield replace(page, rows=new)
            is_last = page.total is not None and number * PAGE_SIZE >= page.total
            if is_last or page.number not in (None, number) or (page.rows and not new):
                return
            empty = 0 if page.rows else empty + 1
            if empty >= empty_pages:
                return

    def records(self, path: str, what: str, right: str, params: Params | None = None) -> Iterator[dict[str, Any]]:
        """Every record of a short list that nobody adds to meanwhile."""
        for page in self.pages(path, what, right, params):
            yield from page.rows

    def tickets(self, what: str, right: str, query: str, fields: Params) -> Iterator[dict[str, Any]]:
        """Every ticket that a query in TicketSQL finds, in the order of their numbers, whatever happens meanwhile.

        By number, not by page: tickets that leave the result while it is read (merged, deleted, resolved) would move
        others from a page that comes to one that was. Merged and deleted tickets are in no result. Where RT filters by
        rights after cutting the page (it then tells no total), a page may be short or empty while others follow: only
        several empty ones in a row end the search.
        """
        highest, is_over, number = 0, False, page_numbers(what)
        while not is_over:
            next(number)
            params = {"query": f"({query}) AND id > {highest}", "orderby": "id", "order": "ASC", **fields}
            is_over = True
            for page in self.pages("tickets", what, right, params):
                new = [row for row in page.rows if int(record_id(row.get("id"), f"{what}: id")) > highest]
                yield from new
                if new:
                    highest = max(int(record_id(row.get("id"), f"{what}: id")) for row in new)
                    is_over = page.total == len(new)
                    break

    def _call(
        self,
        method: str,
        path: str,
        what: str,
        right: str,
        params: Params | None = None,
        payload: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        answer = self.http.call(method, path, what=what, params=params, payload=payload, headers=headers)
        if 200 <= answer.status < 300:
            return answer
        raise refusal(answer, what, right)


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
