"""A simulator with a standing clock, and calls to it without a socket."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from werkzeug.test import TestResponse

from adapters.connectwise.simulator import Simulator
from connector.clock import VirtualClock

NINE = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
INTERNAL = {"internalAnalysisFlag": True, "detailDescriptionFlag": False, "resolutionFlag": False}


class Site:
    """A furnished simulator; ``posts`` are the callbacks sent, answered with ``answers`` (then 202)."""

    def __init__(self, **options: Any) -> None:
        self.clock = VirtualClock(NINE)
        self.posts: list[tuple[str, bytes, Mapping[str, str]]] = []
        self.answers: list[int] = []
        options = {"callback_delivery": "manual", "post": self._post, **options}
        self.simulator = Simulator(self.clock, **options).standard_desk()
        self.client = self.simulator.app.test_client()

    @property
    def headers(self) -> dict[str, str]:
        """What a well-behaved caller sends."""
        simulator = self.simulator
        pair = f"{simulator.company}+{simulator.public_key}:{simulator.private_key}"
        return {
            "Authorization": "Basic " + base64.b64encode(pair.encode()).decode(),
            "clientId": simulator.client_id,
        }

    def call(self, method: str, path: str, json: Any = None, codebase: str = "v2025_1", **options: Any) -> TestResponse:
        headers = {**self.headers, **options.pop("headers", {})}
        if json is not None:
            options["json"] = json
        return self.client.open(f"/{codebase}/apis/3.0/{path}", method=method, headers=headers, **options)

    def get(self, path: str, headers: Mapping[str, str] | None = None, **query: Any) -> TestResponse:
        return self.call("GET", path, query_string=query, headers=headers or {})

    def patch(self, ticket: int, *operations: Any) -> TestResponse:
        return self.call("PATCH", f"service/tickets/{ticket}", list(operations))

    def a_ticket(self, **more: Any) -> int:
        wanted = {"summary": "VPN drops", "company": "Acme", "board": "Service Desk", **more}
        return self.simulator.create_ticket(**wanted)

    def board(self, name: str) -> int:
        return number_of(self.simulator.state.boards, name)

    def status(self, board: str, name: str) -> int:
        return number_of(self.simulator.state.statuses[self.board(board)], name)

    def team(self, board: str, name: str) -> int:
        return number_of(self.simulator.state.teams[self.board(board)], name)

    def member(self, identifier: str) -> int:
        found = self.simulator.state.member_named(identifier)
        assert found is not None
        return int(found["id"])

    def register(self, url: str = "https://hook.example/in?recordId=", **more: Any) -> int:
        """Register a callback over HTTP; returns its id."""
        wanted = {"url": url, "objectId": 1, "type": "ticket", "level": "owner", **more}
        answer = self.call("POST", "system/callbacks", wanted)
        assert answer.status_code == 201, answer.text
        return int(answer.get_json()["id"])

    def _post(self, url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> int:
        self.posts.append((url, body, headers))
        return self.answers.pop(0) if self.answers else 202


def number_of(table: Mapping[int, Mapping[str, Any]], name: str) -> int:
    return next(number for number, one in table.items() if one["name"] == name)


def replace(path: str, value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


def problems(answer: TestResponse) -> list[tuple[str, str]]:
    """The inner codes and fields of a refused object."""
    assert answer.status_code == 400, answer.text
    body = answer.get_json()
    assert body["code"] == "InvalidObject"
    return [(one["code"], one["field"]) for one in body["errors"]]
