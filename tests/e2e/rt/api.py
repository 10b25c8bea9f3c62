"""People at Request Tracker's own REST API, each with their own token, and its history as they may see it.

Nothing here is shared with the adapter: this is the side that judges.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import requests

from tests.e2e.rt.instance import Instance

JUDGE = "root"
CLIENT = "connie@acme.test"
NOBODY = "Nobody"
_PAGE = 100


class RefusedError(AssertionError):
    """Request Tracker did not do what somebody asked."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """One line of a ticket's history; queues and owners by name. ``key``: of its Note Key, if it has one."""

    id: int
    at: datetime
    type: str
    field: str
    old: str
    new: str
    by: str


@dataclass(slots=True)
class Api:
    """What one user of an instance can do and see. Safe to use from several threads."""

    instance: Instance
    user: str
    _names: dict[tuple[str, str], str] = field(default_factory=dict)

    def call(self, method: str, path: str, body: object = None, **query: object) -> Any:
        """One call; the answer's JSON. Raises RefusedError unless it is a 2xx."""
        answer = self.answer(method, path, body, **query)
        if not answer.ok:
            raise RefusedError(f"{self.user}: {method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json() if answer.content else None

    def answer(self, method: str, path: str, body: object = None, **query: object) -> requests.Response:
        """One call; the answer as it is."""
        headers = {"Authorization": f"token {self.instance.tokens[self.user]}"}
        url = f"{self.instance.url}/REST/2.0{path}"
        return requests.request(method, url, json=body, params=query, headers=headers, timeout=60)  # type: ignore[arg-type]  # texts and numbers

    # Acting.

    def open(self, subject: str, queue: str = "First Touch", requestor: str = CLIENT, **more: object) -> int:
        """Open a ticket for a client."""
        body = {"Queue": queue, "Subject": subject, "Requestor": requestor, "Content": subject, **more}
        return int(self.call("POST", "/ticket", {**body, "ContentType": "text/plain"})["id"])

    def comment(self, ticket: int, text: str) -> None:
        """Write an internal comment."""
        self.call("POST", f"/ticket/{ticket}/comment", {"Content": text, "ContentType": "text/plain"})

    def reply(self, ticket: int, text: str) -> None:
        """Write to the other side."""
        self.call("POST", f"/ticket/{ticket}/correspond", {"Content": text, "ContentType": "text/plain"})

    def change(self, ticket: int, **fields: object) -> None:
        """Change fields; RefusedError when Request Tracker only says something else than that it did."""
        said = self.call("PUT", f"/ticket/{ticket}", fields)
        shown = self.call("GET", f"/ticket/{ticket}", **{"fields[Queue]": "Name"})
        got = {"Queue": shown["Queue"].get("Name"), "Owner": shown["Owner"]["id"], "Status": shown["Status"]}
        for name, value in fields.items():
            if name in got and got[name] != value:
                raise RefusedError(f"{self.user}: {name} of ticket {ticket} is {got[name]}: {said}")

    def merge(self, ticket: int, into: int) -> None:
        """Merge a ticket into another one."""
        self.call("PUT", f"/ticket/{ticket}", {"MergeInto": into})

    def clear_the_desk(self) -> None:
        """Resolve all that is open, so that nothing of earlier tests is watched by the next connector."""
        while True:
            found = self.call("GET", "/tickets", query="Status = '__Active__'", per_page=_PAGE)["items"]
            if not found:
                return
            self.call("PUT", "/tickets/bulk", [{"id": int(item["id"]), "Status": "resolved"} for item in found])

    # Looking.

    def ticket(self, ticket: int) -> Mapping[str, Any]:
        """The ticket as it is; ``Queue`` and ``Owner`` by name."""
        shown = self.call("GET", f"/ticket/{ticket}", **{"fields[Queue]": "Name"})
        return {**shown, "Queue": shown["Queue"].get("Name"), "Owner": shown["Owner"]["id"]}

    def history(self, ticket: int) -> list[Transaction]:
        """The ticket's history as this user may see it, oldest first."""
        return [self._transaction(item) for item in self._items(f"/ticket/{ticket}/history")]

    def texts(self, transaction: int) -> str:
        """All text that hangs on a transaction; RefusedError where the user may not see it."""
        found = self.call("GET", f"/transaction/{transaction}/attachments", fields="Content,ContentType")
        return "\n".join(item["Content"] for item in found["items"] if item["ContentType"].startswith("text/"))

    def raw_text(self, attachment: int) -> str:
        """One attachment's text, by the way that is not filtered by a transaction."""
        found = self.call("GET", f"/attachment/{attachment}")
        with suppress(ValueError, UnicodeDecodeError):
            return base64.b64decode(found["Content"]).decode()
        return str(found["Content"])

    def _items(self, path: str) -> Iterator[Mapping[str, Any]]:
        page, fields = 1, "Type,Field,OldValue,NewValue,Creator,Created"
        while True:
            found = self.call("GET", path, fields=fields, per_page=_PAGE, page=page)
            yield from found["items"]
            # For all but the judge, pages come back short when something in them may not be seen.
            if not found["items"] or (self.user == JUDGE and len(found["items"]) < _PAGE):
                return
            page += 1

    def _transaction(self, item: Mapping[str, Any]) -> Transaction:
        kind, what = item["Type"], item.get("Field") or ""
        old, new = (str(item.get(name) or "") for name in ("OldValue", "NewValue"))
        if kind == "Set" and what in ("Queue", "Owner"):
            old, new = (self._name(what, value) for value in (old, new))
        at = datetime.strptime(item["Created"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        return Transaction(int(item["id"]), at, kind, what, old, new, item["Creator"]["id"])

    def _name(self, what: str, value: str) -> str:
        if not value.isdigit():
            return value
        known = self._names.get((what, value))
        if known is None:
            path = f"/queue/{value}" if what == "Queue" else f"/user/{value}"
            answer = self.answer("GET", path)  # a client may not look up what the history tells
            known = self._names[what, value] = str(answer.json()["Name"]) if answer.ok else value
        return known
