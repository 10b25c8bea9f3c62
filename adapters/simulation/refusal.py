"""A call that a simulated system refuses, as an exception on its way to the answer."""

from __future__ import annotations

import json
from typing import Any

Json = dict[str, Any]
JSON_TYPE = "application/json; charset=utf-8"
TEXT_TYPE = "text/plain; charset=utf-8"


class Refusal(Exception):
    """A refused call: the HTTP status, the body and further headers of the answer.

    The body is sent as JSON; a text goes out as it is where ``content_type`` says plain text.
    """

    def __init__(
        self, status: int, body: Any, headers: dict[str, str] | None = None, content_type: str = JSON_TYPE
    ) -> None:
        self.status = status
        self.body = body
        self.headers = headers or {}
        self.content_type = content_type
        super().__init__(f"{status} {_told(body)}")

    @property
    def payload(self) -> bytes:
        """The body as it goes over the wire."""
        return self.body.encode() if self.content_type == TEXT_TYPE else dumped(self.body)


def dumped(body: Any) -> bytes:
    """JSON as the simulators write it."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _told(body: Any) -> str:
    if isinstance(body, dict):
        return f"{body.get('code', body.get('error', ''))}: {body.get('message', '')}"
    return str(body)
