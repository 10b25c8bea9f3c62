"""The way to one site, and what ``escalator check`` asks it: reads only, and every problem becomes a finding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from adapters.connectwise.callbacks import Callbacks
from adapters.connectwise.client import ConnectWiseClient
from adapters.connectwise.directory import Directory
from adapters.connectwise.resources import PATH, RIGHT
from adapters.line import HttpLine, asked, clock_finding
from connector.errors import ConnectorError
from connector.model import Finding, Severity

_asked = partial(asked, if_absent=": check CONNECTWISE_URL, _COMPANY and the keys")


@dataclass(frozen=True, slots=True)
class Line(HttpLine):
    """The way to one site. ``homes``: the configured homes there."""

    client: ConnectWiseClient
    directory: Directory
    callbacks: Callbacks
    homes: Sequence[str]

    def check(self) -> list[Finding]:
        """One finding per point, in the order in which to mend them. Raises nothing of the contract's errors."""
        reach = _reachability(self.client)
        if any(finding.severity is Severity.ERROR for finding in reach):
            return reach
        directory = self.directory
        found = [
            *reach,
            _asked("tickets", lambda: _first(self.client), "tickets can be read"),
            _asked("members", lambda: f"{len(directory.members.get())} members can be read"),
            _asked("boards", lambda: f"{len(directory.boards.get())} active service boards can be read"),
            _asked("priorities", lambda: f"{len(directory.priorities.get())} priorities can be read"),
            _asked("webhook registrations", self.callbacks.list_readable, "webhook registrations can be read"),
            _people(self.client),
        ]
        return [*found, *(_home(directory, home) for home in dict.fromkeys(self.homes))]


def _reachability(client: ConnectWiseClient) -> list[Finding]:
    try:
        answer = client.company_info()
        address = client.address()
    except ConnectorError as error:
        return [Finding(Severity.ERROR, "site", str(error))]
    fine = Finding(Severity.OK, "site", f"answers; calls go to {address}")
    return [fine, clock_finding(client.http.clock_skew(answer), "the site")]


def _first(client: ConnectWiseClient) -> None:
    right = "Service Desk > Service Tickets (Inquire)"
    client.get("service/tickets", "read tickets", right, {"pageSize": "1", "fields": "id"})


def _people(client: ConnectWiseClient) -> Finding:
    """Reading shows that the right is there at all; whether it may add cannot be seen without adding."""
    found = _asked(
        "people on tickets",
        lambda: client.get(PATH, "read the schedule entries", RIGHT, {"pageSize": "1", "fields": "id"}),
        "schedule entries can be read",
    )
    if found.severity is Severity.OK:
        return found
    return Finding(Severity.WARNING, found.subject, f"{found.message}. Only FINAL_ADD_PEOPLE needs it")


def _home(directory: Directory, home: str) -> Finding:
    def read() -> None:
        board = directory.locate(home).path[0]
        directory.board_statuses.get(board.id)
        directory.teams.get(board.id)

    return _asked(f"home {home!r}", read, "its statuses and teams can be read")
