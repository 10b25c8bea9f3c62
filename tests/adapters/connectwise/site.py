"""A scripted ConnectWise site for unit tests: answers what it is told to, and keeps what it was asked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import responses

from adapters.connectwise.system import connect
from adapters.connectwise.variables import ConnectWiseSettings
from connector.clock import VirtualClock
from connector.systems.contract import TicketSystem

COMPANY_INFO = "/login/companyinfo/harbour"
ROOT = "https://api-na.myconnectwise.net"
API = f"{ROOT}/v2025_1/apis/3.0/"
KEY_URL = (
    "https://na.myconnectwise.net/v2025_1//system/callbackkey/index.rails"
    "?companyName=harbour&id=0f0e0d0c-0000-4000-8000-000000000001"
)
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
FIXTURES = Path(__file__).parents[3] / "fixtures" / "connectwise"

STATUSES = [
    {"id": 71, "name": "New", "escalationStatus": "NotResponded", "defaultFlag": True},
    {"id": 72, "name": "In progress", "escalationStatus": "Responded"},
    {"id": 73, "name": "Plan made", "escalationStatus": "ResolutionPlan"},
    {"id": 74, "name": "Waiting on client", "escalationStatus": "NoEscalation"},
    {"id": 75, "name": "Resolved", "escalationStatus": "Resolved"},
    {"id": 76, "name": ">Closed", "escalationStatus": "Resolved", "closedStatus": True},
    {"id": 77, "name": "Old", "escalationStatus": "Responded", "inactive": True},
]
STATUSES_TIER_3 = [
    {"id": 81, "name": "Arrived", "escalationStatus": "NotResponded", "defaultFlag": True},
    {"id": 82, "name": "IN  PROGRESS", "escalationStatus": "Responded"},
    {"id": 83, "name": "Waiting on client", "escalationStatus": "NoEscalation"},
]
BOARDS = [
    {"id": 7, "name": "Help Desk"},
    {"id": 8, "name": "Tier 3"},
    {"id": 9, "name": "Alarms > Night"},
    {"id": 10, "name": "Retired", "inactiveFlag": True},
    {"id": 11, "name": "Rollouts", "projectFlag": True},
]
TEAMS = {
    7: [{"id": 72, "name": "First Touch", "boardId": 7, "members": [12, 13, 15, 16], "defaultFlag": True}],
    8: [
        {"id": 82, "name": "Engineers", "boardId": 8, "members": [14], "defaultFlag": True},
        {"id": 83, "name": "Managers", "boardId": 8, "members": [12]},
    ],
}
MEMBERS = [
    {"id": 12, "identifier": "ava", "firstName": "Ava", "lastName": "Agent", "licenseClass": "F"},
    {"id": 13, "identifier": "Ben", "firstName": "Ben", "lastName": "Bridge", "licenseClass": "F"},
    {"id": 14, "identifier": "cyn", "firstName": "Cyn", "lastName": "Cole", "licenseClass": "A"},
    {"id": 15, "identifier": "gone", "firstName": "Gil", "lastName": "Gone", "inactiveFlag": True},
    {"id": 16, "identifier": "robot", "firstName": "Robot", "lastName": "", "licenseClass": "X"},
]
PRIORITIES = [{"id": 1, "name": "Priority 1 - Critical"}, {"id": 3, "name": "Priority 3 - Medium"}]


class MemoryKeys:
    """Signing keys in memory, fetched at a moment that the test chooses."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self.kept: dict[str, tuple[str, datetime]] = {}

    def get(self, reference: str) -> tuple[str, datetime] | None:
        return self.kept.get(reference)

    def put(self, reference: str, key: str) -> None:
        self.kept[reference] = (key, self._clock.now())


class Site:
    """Registers answers with ``responses``; ``asked`` lists what came in as (method, path, query, payload)."""

    def __init__(self, mock: responses.RequestsMock) -> None:
        self.mock = mock

    def answer(
        self,
        method: str,
        path: str,
        body: Any = None,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """One more answer for that call; the last one stays."""
        url = path if "://" in path else API + path
        self.mock.add(method, url, body=json.dumps(body), status=status, headers=dict(headers or {}))

    def lists(self) -> None:
        """The site's own lists: boards, statuses, teams, members, priorities."""
        self.answer("GET", "service/boards", BOARDS)
        self.answer("GET", "service/boards/7/statuses", STATUSES)
        self.answer("GET", "service/boards/8/statuses", STATUSES_TIER_3)
        for board, teams in TEAMS.items():
            self.answer("GET", f"service/boards/{board}/teams", teams)
        self.answer("GET", "system/members", MEMBERS)
        self.answer("GET", "service/priorities", PRIORITIES)

    @property
    def asked(self) -> list[tuple[str, str, dict[str, str], Any]]:
        found = []
        for call in self.mock.calls:
            parts = urlsplit(str(call.request.url))
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            payload = json.loads(call.request.body) if call.request.body else None
            found.append((str(call.request.method), parts.path.rpartition("/3.0/")[2], query, payload))
        return found

    def payloads(self, method: str) -> list[Any]:
        """What was sent with that method, in order."""
        return [payload for verb, _, _, payload in self.asked if verb == method]


@contextmanager
def a_site(codebase: str = "v2025_1/") -> Iterator[Site]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        site = Site(mock)
        site.answer("GET", f"{ROOT}/login/companyinfo/harbour", {"Codebase": codebase, "IsCloud": "True"})
        yield site


def settings(**changes: Any) -> ConnectWiseSettings:
    return ConnectWiseSettings(
        **{
            "url": "https://na.myconnectwise.net",
            "company": "harbour",
            "public_key": "public-1",
            "private_key": "private-1",
            "client_id": "client-1",
            **changes,
        }
    )


def connected(clock: VirtualClock | None = None, **changes: Any) -> TicketSystem:
    """A connection without retries and without waiting. ``changes``: settings, or ``webhook_url``."""
    clock = clock or VirtualClock(NOW)
    webhook_url = changes.pop("webhook_url", "https://escalator.example.com/webhooks/connectwise")
    homes = ["Help Desk > First Touch", "Tier 3"]
    return connect(settings(**changes), homes, MemoryKeys(clock), clock, webhook_url, attempts=1)


def fixture(name: str) -> dict[str, Any]:
    found = json.loads((FIXTURES / f"{name}.json").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def fixtures(kind: str) -> list[str]:
    """The names of the recorded events of that kind."""
    names = sorted(path.stem for path in FIXTURES.glob("*.json"))
    return [name for name in names if fixture(name)["kind"] == kind]


def a_ticket(**changes: Any) -> dict[str, Any]:
    """A ticket of the Help Desk, untouched."""
    return {**fixture("ticket_unassigned")["payload"], **changes}
