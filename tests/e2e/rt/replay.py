"""Records the calls that one escalation makes, and makes the same ones for another ticket with nothing around them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
from requests.adapters import HTTPAdapter

_TRANSACTION = re.compile(r"/transaction/(\d+)\b")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it was made, and the transactions that its answer named, in order."""

    method: str
    target: str
    body: str
    has_etag: bool
    transactions: tuple[str, ...]


@contextmanager
def recorded() -> Iterator[list[Call]]:
    """Everything that any ``requests`` session sends meanwhile."""
    calls: list[Call] = []
    whole = HTTPAdapter.send

    def send(self: HTTPAdapter, request: requests.PreparedRequest, *more: Any, **named: Any) -> requests.Response:
        answer = whole(self, request, *more, **named)
        parts = urlsplit(request.url or "")
        body = request.body.decode() if isinstance(request.body, bytes) else request.body or ""
        target = unquote(f"{parts.path}?{parts.query}" if parts.query else parts.path).replace("+", " ")
        assert isinstance(body, str)
        calls.append(Call(request.method or "", target, body, "If-Match" in request.headers, transactions_in(answer)))
        return answer

    HTTPAdapter.send = send  # type: ignore[method-assign]  # for as long as it is recorded
    try:
        yield calls
    finally:
        HTTPAdapter.send = whole  # type: ignore[method-assign]


def transactions_in(answer: requests.Response) -> tuple[str, ...]:
    """The transactions that an answer names, the one in its Location included."""
    return tuple(_TRANSACTION.findall(answer.content.decode() + answer.headers.get("Location", "")))


class Replay:
    """A plain loop over recorded calls. The recorded transactions become the other ticket's."""

    def __init__(self, url: str, token: str, calls: list[Call]) -> None:
        self._url = url
        self._calls = calls
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"token {token}"

    def run(self, ticket: int) -> None:
        """Make the calls for another ticket."""
        known: dict[str, str] = {}
        etag = ""
        for call in self._calls:
            headers = {"Content-Type": "application/json"} if call.body else {}
            if call.has_etag:
                headers["If-Match"] = etag
            path, _, query = call.target.partition("?")
            path = re.sub(r"/ticket/\d+", f"/ticket/{ticket}", path)
            path = _TRANSACTION.sub(lambda found: f"/transaction/{known[found[1]]}", path)
            if "TransactionId" in query:
                query = _NUMBER.sub(lambda found: known.get(found[0], found[0]), query)
            answer = self._session.request(
                call.method,
                self._url + path,
                params=_pairs(query),
                data=call.body.encode() or None,
                headers=headers,
                timeout=60,
            )
            assert answer.ok, f"{call.method} {path}: {answer.status_code} {answer.text[:200]}"
            etag = answer.headers.get("ETag", etag)
            known.update(zip(call.transactions, transactions_in(answer), strict=True))

    def close(self) -> None:
        """Give back the connection."""
        self._session.close()


def _pairs(query: str) -> list[tuple[str, str]]:
    return [(name, value) for name, _, value in (pair.partition("=") for pair in query.split("&") if pair)]
