"""What the ticket systems answer: whatever comes back while a ticket is read, the adapter says so in its own words.

The parts of the input, parted by NUL, are the answers to the calls of one reading, in their order; then comes 404.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import cache

import responses
from requests import PreparedRequest

from connector.clock import SystemClock
from connector.config.settings import load_settings
from connector.errors import ConnectorError
from connector.model import TicketId
from connector.systems.catalogue import ticket_systems
from connector.systems.contract import TicketSystem
from tests.fuzz.frame import Target
from tests.fuzz.webhooks import ENVIRONMENT

SYSTEMS = ("connectwise", "halopsa", "rt")
MOST_CALLS = 8
ASKED = TicketId("4711")
SAID = {
    "/auth/token": '{"access_token": "the-access-token", "expires_in": 3600, "token_type": "Bearer"}',
    "/Agent/me": '{"id": 9, "name": "Connector"}',
    "/api/Agent?": "[]",
    "/api/Team?": "[]",
    "/api/Status": "[]",
    "/api/Priority": "[]",
    "/system/members?": "[]",
    "/statuses?": "[]",
    "/login/companyinfo/": '{"Codebase": "v2025_1/"}',
    "/user/40": '{"id": 40, "Name": "connector", "RealName": "Connector", "Privileged": 1}',
}
"""What is asked for besides the ticket, and remembered; by a part of the address."""

ANYTHING = re.compile(".*")


class NoKeys:
    """Learns no key."""

    def get(self, reference: str) -> tuple[str, datetime] | None:
        return None

    def put(self, reference: str, key: str) -> None:
        """Forget it."""


@cache
def system(name: str) -> TicketSystem:
    """A ticket system that asks once, and as often as it likes."""
    configured = load_settings(ENVIRONMENT).connections[name]
    connect = ticket_systems()[name].connect
    return connect(configured.settings, ["Desk"], NoKeys(), SystemClock(), "", calls_per_window=None, attempts=1)


def _answering(data: bytes) -> Callable[[PreparedRequest], tuple[int, dict[str, str], bytes | str]]:
    answers = data.split(b"\0")[:MOST_CALLS]

    def answer(request: PreparedRequest) -> tuple[int, dict[str, str], bytes | str]:
        for part, said in SAID.items():
            if part in (request.url or ""):
                return 200, {}, said
        return (200, {}, answers.pop(0)) if answers else (404, {}, "{}")

    return answer


def _target(name: str) -> Target:
    def run(data: bytes) -> None:
        tickets = system(name).tickets
        with responses.RequestsMock(assert_all_requests_are_fired=False) as mocked:
            for method in (responses.GET, responses.POST):
                mocked.add_callback(method, ANYTHING, _answering(data), content_type="application/json")
            try:
                record = tickets.read(ASKED)
            except ConnectorError:
                return
        for entry in record.entries:
            assert isinstance(entry.text, str)

    return run


TARGETS: dict[str, Target] = {name: _target(name) for name in SYSTEMS}
