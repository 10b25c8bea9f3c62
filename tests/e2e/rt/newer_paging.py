"""Request Tracker as it pages since 5.0.6: a relay before an older one that answers lists as the newer ones do.

Where the account can see all, a page beyond the last is answered with the last, and the next page is named; a ticket's
history counts as seen, too. All other calls are handed on as they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import requests
from werkzeug.wrappers import Request, Response

from tests.contract.servers import Relay

_HISTORY = re.compile(r"/REST/2\.0/ticket/\d+/history")
_MOST = 100
_EMPTY = 2
"""After so many empty pages a history is read to its end: nobody here can see so little of one."""


class NewerPaging:
    """The relay. ``paged``: the lists whose length was told; ``clamped``: those of them asked beyond their end."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._relay = Relay(target)
        self.paged = 0
        self.clamped = 0

    def __call__(self, request: Request) -> Response:
        answer = self._relay(request)
        if request.method != "GET" or answer.status_code != 200:
            return answer
        body = json.loads(answer.get_data())
        if not isinstance(body, dict) or "items" not in body:
            return answer
        if body["total"] is not None:
            return self._counted(request, body)
        return self._of_history(request, body) if _HISTORY.fullmatch(request.path) else answer

    def _counted(self, request: Request, body: dict[str, Any]) -> Response:
        last = max(1, -(-body["total"] // body["per_page"]))
        if body["page"] > last:
            self.clamped += 1
            body = self._asked(request, {"page": str(last)})
        return self._paged(request, body, last)

    def _of_history(self, request: Request, body: dict[str, Any]) -> Response:
        """The whole of it that may be seen, cut into pages anew."""
        rows: list[Any] = []
        page, empty = 1, 0
        while empty < _EMPTY:
            found = self._asked(request, {"page": str(page), "per_page": str(_MOST)})["items"]
            rows += found
            page, empty = page + 1, 0 if found else empty + 1
        size = body["per_page"]
        last = max(1, -(-len(rows) // size))
        self.clamped += body["page"] > last
        number = min(body["page"], last)
        items = rows[(number - 1) * size : number * size]
        told = {"page": number, "items": items, "count": len(items), "total": len(rows), "pages": last}
        return self._paged(request, {**body, **told}, last)

    def _paged(self, request: Request, body: dict[str, Any], last: int) -> Response:
        self.paged += 1
        if body["page"] < last:
            body["next_page"] = f"{request.base_url}?page={body['page'] + 1}"
        return Response(json.dumps(body), 200, content_type="application/json; charset=utf-8")

    def _asked(self, request: Request, changed: Mapping[str, str]) -> dict[str, Any]:
        headers = {"Authorization": request.headers["Authorization"], "Accept": "application/json"}
        params = {**request.args, **changed}
        answer = requests.get(f"{self._target}{request.path}", headers=headers, params=params, timeout=30)
        answer.raise_for_status()
        body: dict[str, Any] = answer.json()
        return body
