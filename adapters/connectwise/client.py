"""Calls to one ConnectWise site: addresses, headers, the codebase in the path, paging, errors explained.

Knows HTTP and the site's manners, not what a ticket means. Every error that leaves is one of the contract's.
"""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from requests.utils import parse_header_links

from adapters.answers import Answer
from adapters.connectwise.hosts import api_url, named_site, origins_of
from adapters.connectwise.refusals import CHECK_COMPANY, NO_COMPANY, error_text, refusal
from adapters.connectwise.variables import ConnectWiseSettings
from adapters.http import HttpClient, HttpOptions, TooLarge, page_numbers
from adapters.payloads import json_of, objects_of
from connector.clock import Clock
from connector.errors import PayloadError, Permanent, Unreachable

PAGE_SIZE, SHRINKS = 1000, 10
ROUTER = "v4_6_release/"

_CODEBASE = re.compile(r"[A-Za-z0-9_.-]+/?")
# Page sizes that a server is known or likely to cut a larger wish down to.
_CUT_SIZES = frozenset({25, 50, 100, 200, 250, 500})
_ADDRESS_CHECK_SECONDS = 60.0


class Lean(dict[str, Any]):
    """A record that came with a part of its fields, because whole it is larger than any answer may be."""


class ConnectWiseClient:
    """Calls below ``/{codebase}apis/3.0/``. Safe to use from several threads."""

    def __init__(self, settings: ConnectWiseSettings, clock: Clock, options: HttpOptions | None = None) -> None:
        self.base_url = api_url(settings.url)
        self.origins = origins_of(settings)
        self._company = settings.company
        pair = f"{settings.company}+{settings.public_key}:{settings.private_key}"
        self.http = HttpClient(
            self.base_url,
            clock,
            options,
            headers={
                "clientId": settings.client_id,
                "Accept": f"application/vnd.connectwise.com+json; version={settings.api_version}",
            },
            auth={"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()},
            origins=self.origins,
            explain=error_text,
        )
        self._monotonic = self.http.options.monotonic
        self._address: str | None = None
        self._address_checked_at = 0.0
        self._lock = threading.Lock()

    def get(self, path: str, what: str, right: str, params: Mapping[str, str] | None = None) -> Any:
        """The JSON that a GET answers. ``right`` names what the API member needs for it."""
        return json_of(self._call("GET", path, what, right, params=params), what)

    def send(self, method: str, path: str, what: str, right: str, payload: Any = None) -> Any:
        """The JSON that a write answers, None where it answers nothing. Never repeated by itself.

        Raises OutcomeUnknown when the write may have happened but no usable answer came.
        """
        answer = self._call(method, path, what, right, payload=payload)
        if answer.status == 204 or answer.is_empty:
            return None
        return json_of(answer, what, is_write=True)

    def pages(
        self, path: str, what: str, right: str, conditions: str = "", fields: str = "", *, lean: str = ""
    ) -> Iterator[dict[str, Any]]:
        """Every record of a list, forward-only, in smaller pages where one is too large to be answered.

        ``lean``: the fields that are asked of a record which is so by itself: it comes as a ``Lean`` one. Raises
        PayloadError for what is no record, TooLarge where ``lean`` names nothing.
        """
        size, small = PAGE_SIZE, 0
        params = {"pageSize": str(size)}
        if conditions:
            params["conditions"] = conditions
        if fields:
            params["fields"] = fields
        seen: set[str] = set()
        for _ in page_numbers(what):
            is_lean = False
            try:
                answer = self._call("GET", path, what, right, params=params, headers=_FORWARD_ONLY)
            except TooLarge:
                if size > 1:
                    if "page" in params:
                        # Each size divides the one before: the next record is the first of a page there, too.
                        params["page"] = str((int(params["page"]) - 1) * SHRINKS + 1)
                    size, small = size // SHRINKS, 0
                    params["pageSize"] = str(size)
                    continue
                if not lean:
                    raise
                is_lean = True
                thin = {**params, "fields": lean}
                answer = self._call("GET", path, what, right, params=thin, headers=_FORWARD_ONLY)
            records = objects_of(json_of(answer, what), what)
            records = [Lean(record) for record in records] if is_lean else records
            yield from records
            step = _next_page(answer, records, size)
            if step is None:
                return
            if "=".join(step) in seen:
                raise Permanent(f"{what}: the list does not get on beyond {step[0]} {step[1]}")
            seen.add("=".join(step))
            params[step[0]] = step[1]
            small += 1
            if "page" not in params and size < PAGE_SIZE and (is_lean or small == SHRINKS):
                # What made a page too large is behind us.
                size, small = size * SHRINKS, 0
                params["pageSize"] = str(size)

    def signing_key_at(self, address: str) -> str:
        """The signing key that an allowed address serves, fetched without our credentials.

        Raises Permanent when there is none there, Unreachable when it could not be asked.
        """
        what = "fetch the signing key of a webhook"
        answer = self.http.call("GET", address, what=what, is_authenticated=False)
        if answer.status != 200:
            raise Permanent(f"{what}: answered {answer.status}")
        try:
            key = answer.json()["signing_key"]
        except (ValueError, KeyError, TypeError) as error:
            raise Permanent(f"{what}: the answer holds no signing_key") from error
        if not isinstance(key, str) or not key:
            raise Permanent(f"{what}: the signing_key is not a text")
        return key

    def company_info(self) -> Answer:
        """The site's own description of itself; needs no credentials."""
        path = f"login/companyinfo/{quote(self._company, safe='')}"
        return self.http.call("GET", path, what="look up the company", is_authenticated=False)

    def address(self) -> str:
        """The site with its codebase (``https://…/v2025_1/``), looked up once. Unreachable: no such company."""
        with self._lock:
            if self._address is None:
                self._address = self._look_up_address()
            return self._address

    def _call(
        self,
        method: str,
        path: str,
        what: str,
        right: str,
        params: Mapping[str, str] | None = None,
        payload: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        address = self.address()
        answer = self._called(address, method, path, what, params, payload, headers)
        if answer.status == 404 and self._has_moved(address):
            answer = self._called(self.address(), method, path, what, params, payload, headers)
        if 200 <= answer.status < 300:
            return answer
        raise refusal(answer, what, right)

    def _called(
        self,
        address: str,
        method: str,
        path: str,
        what: str,
        params: Mapping[str, str] | None,
        payload: Any,
        headers: Mapping[str, str] | None,
    ) -> Answer:
        url = f"{address}apis/3.0/{path}"
        return self.http.call(method, url, what=what, params=params, payload=payload, headers=headers)

    def _look_up_address(self) -> str:
        self._address_checked_at = self._monotonic()
        answer = self.company_info()
        if answer.status == 404:
            return f"{self.base_url}/{ROUTER}"
        if answer.status != 200:
            raise refusal(answer, "look up the company", "none")
        info = None if answer.is_empty else json_of(answer, "look up the company")
        if info is None:
            message = f"there is no company {self._company!r} at {self.base_url}: {CHECK_COMPANY}"
            raise Unreachable(message, cause=NO_COMPANY)
        codebase = info.get("Codebase") if isinstance(info, dict) else None
        if not isinstance(codebase, str) or not _CODEBASE.fullmatch(codebase):
            raise PayloadError("login/companyinfo: Codebase", "missing or not a path segment")
        site = named_site(info, self.base_url)
        self.http.allow(site)
        return f"{site}/{codebase.rstrip('/')}/"

    def _has_moved(self, used: str) -> bool:
        """After a 404: whether the address is another one by now. Asked at most once a minute."""
        with self._lock:
            if self._address != used:
                return True
            if self._monotonic() - self._address_checked_at < _ADDRESS_CHECK_SECONDS:
                return False
            self._address = self._look_up_address()
            return self._address != used


_FORWARD_ONLY = {"pagination-type": "forward-only"}


def _next_page(answer: Answer, records: list[dict[str, Any]], size: int) -> tuple[str, str] | None:
    """The parameter that leads to the next page, or None at the end. ``size``: how many records were asked for.

    Forward-only lists carry a next link even at their end, so a page that is not full ends the list; but a
    server may cut the page size, so a page of a usual cut size counts as full. Links are never followed as
    they are.
    """
    if len(records) < size and len(records) not in _CUT_SIZES:
        return None
    query = _query_of_next(answer.headers.get("Link", ""))
    if query is None:
        return None
    for name in ("pageId", "pageid", "page"):
        number = query.get(name, [""])[0]
        if number.isascii() and number.isdigit():
            return ("page" if name == "page" else "pageId", number)
    last = records[-1].get("id") if records else None
    return ("pageId", str(last)) if isinstance(last, int) else None


def _query_of_next(header: str) -> Mapping[str, list[str]] | None:
    """The query of the address that a Link header names as the next page: empty where it cannot be read, None where
    there is none.
    """
    links = parse_header_links(header)
    found = next((link["url"] for link in links if link.get("rel", "").casefold() == "next"), None)
    try:
        return None if found is None else parse_qs(urlsplit(found).query)
    except ValueError:  # "http://[" is no address
        return {}
