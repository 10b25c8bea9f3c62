"""Calls to one Halo instance: the token, array bodies, envelopes, paging, errors explained.

Knows HTTP and Halo's manners, not what a ticket means. Every error that leaves is one of the contract's. A POST
without an ``id`` creates: so a ticket is never sent without one, nor an action without its ticket.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.answers import Answer
from adapters.halopsa.mapping import TICKETS_READ, optional_whole, whole
from adapters.halopsa.refusals import error_text, refusal, refused_everywhere
from adapters.halopsa.tokens import Tokens
from adapters.halopsa.variables import HaloSettings
from adapters.http import HttpClient, HttpOptions, origin_of, page_numbers
from adapters.payloads import json_of, objects_of
from connector.clock import Clock
from connector.errors import OutcomeUnknown, Permanent

PAGE_SIZE = 100
"""The most that the list of tickets gives at once."""

_PROBE_WHAT = "read the first tickets"
_ONE_TICKET = {
    **{"pageinate": "true", "page_size": "1", "page_no": "1", "order": "id", "orderdesc": "true"},
    "includeclosed": "true",
}
_KEYS: Mapping[str, str | None] = {"Tickets": "id", "Actions": "ticket_id", "Webhook": None, "Notification": None}
"""What may be posted, and the id without which nothing of it is."""


class HaloClient:
    """Calls below ``/api/``. Safe to use from several threads."""

    def __init__(self, settings: HaloSettings, clock: Clock, options: HttpOptions | None = None) -> None:
        self.base_url = settings.url
        self.http = HttpClient(
            f"{settings.url}/api",
            clock,
            options,
            headers={"Accept": "application/json"},
            origins=(origin_of(settings.auth_url),),
            explain=error_text,
        )
        self.tokens = Tokens(settings, self.http, clock)

    def get(self, path: str, what: str, right: str, params: Mapping[str, str] | None = None) -> Any:
        """The JSON that a GET answers. ``right`` names what the application and its agent need for it."""
        return json_of(self.call("GET", path, what, right, params=params), what)

    def rows(
        self, path: str, what: str, right: str, name: str, params: Mapping[str, str] | None = None
    ) -> list[dict[str, Any]]:
        """The records of a list that comes whole, bare or in an envelope under ``name``."""
        return records(self.get(path, what, right, params), name, what)

    def post(self, resource: str, objects: list[dict[str, Any]], what: str, right: str) -> dict[str, Any]:
        """Send objects in an array, as always here; the answer is the last one as it then is.

        Never repeated by itself. Raises OutcomeUnknown when it may have happened but no usable answer came, and
        Permanent, sending nothing, for an object that would create a ticket.
        """
        _refuse_creation(resource, objects, what)
        answer = self.call("POST", resource, what, right, payload=objects)
        body = json_of(answer, what, is_write=True)
        if isinstance(body, list) and body:
            body = body[-1]
        if not isinstance(body, dict):
            raise OutcomeUnknown(f"{what}: answered {answer.status}, but with no record")
        return body

    def delete(self, path: str, what: str, right: str) -> None:
        """Delete a record."""
        self.call("DELETE", path, what, right)

    def pages(self, what: str, right: str, params: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """Every ticket of a list, page by page, in the order of the ids unless another is asked for; each one once."""
        asked = {"order": "id", **params, "pageinate": "true", "page_size": str(PAGE_SIZE)}
        seen: set[int] = set()
        for page_no in page_numbers(what):
            body = self.get("Tickets", what, right, {**asked, "page_no": str(page_no)})
            fresh = {whole(row.get("id"), f"{what}: id"): row for row in records(body, "tickets", what)}
            fresh = {number: row for number, row in fresh.items() if number not in seen}
            yield from fresh.values()
            seen.update(fresh)
            total = optional_whole(body.get("record_count"), what) if isinstance(body, dict) else None
            if not fresh or (total is not None and len(seen) >= total):
                return

    def call(
        self,
        method: str,
        path: str,
        what: str,
        right: str,
        params: Mapping[str, str] | None = None,
        payload: Any = None,
    ) -> Answer:
        """A call with a token; where that is refused, once more with a new one: a 401 means that nothing was done.

        A right that is missing is answered 401, too: Unreachable only where the tickets are refused alike.
        """
        answer = self._answer(method, path, what, params, payload)
        if 200 <= answer.status < 300:
            return answer
        if answer.status == 401:
            asked = self._with(self.tokens.current(), "GET", "Tickets", _PROBE_WHAT, _ONE_TICKET, None)
            if asked.status == 401:
                raise refused_everywhere(answer, what, right)
        raise refusal(answer, what, right)

    def first_tickets(self, count: int) -> list[dict[str, Any]]:
        """So many of the newest tickets, at most: one call, two where the token has been refused."""
        answer = self._answer("GET", "Tickets", _PROBE_WHAT, {**_ONE_TICKET, "page_size": str(count)}, None)
        if answer.status == 401:
            raise refused_everywhere(answer, _PROBE_WHAT, TICKETS_READ)
        if not 200 <= answer.status < 300:
            raise refusal(answer, _PROBE_WHAT, TICKETS_READ)
        return records(json_of(answer, _PROBE_WHAT), "tickets", _PROBE_WHAT)

    def _answer(self, method: str, path: str, what: str, params: Mapping[str, str] | None, payload: Any) -> Answer:
        """The answer to a call, with a new token where the one at hand was refused."""
        token = self.tokens.current()
        answer = self._with(token, method, path, what, params, payload)
        if answer.status != 401:
            return answer
        self.tokens.drop(token)
        return self._with(self.tokens.current(), method, path, what, params, payload)

    def _with(
        self, token: str, method: str, path: str, what: str, params: Mapping[str, str] | None, payload: Any
    ) -> Answer:
        headers = {"Authorization": f"Bearer {token}"}
        return self.http.call(method, path, what=what, params=params, payload=payload, headers=headers)


def records(body: Any, name: str, what: str) -> list[dict[str, Any]]:
    """The records of a list: bare, under ``name`` or ``results``, else in the first list that is no columns."""
    found = body
    if isinstance(body, dict):
        lists = [value for key, value in body.items() if isinstance(value, list) and key != "columns"]
        named = [body[key] for key in (name, "results") if isinstance(body.get(key), list)]
        found = (named or lists or [None])[0]
    return objects_of(found, what)


def _refuse_creation(resource: str, objects: list[dict[str, Any]], what: str) -> None:
    if resource not in _KEYS or not objects:
        raise Permanent(f"{what}: nothing may be posted to {resource}: nothing was sent")
    key = _KEYS[resource]
    for one in objects:
        number = one.get(key) if key else 1
        if not isinstance(number, int) or isinstance(number, bool) or number < 1:
            raise Permanent(f"{what}: without its {key} this would create a record: nothing was sent")
