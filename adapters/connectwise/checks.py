"""What ``escalator check`` asks a ConnectWise site: reads only, and every problem becomes a finding."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from adapters.connectwise.callbacks import Callbacks
from adapters.connectwise.client import ConnectWiseClient
from adapters.connectwise.directory import Directory
from adapters.connectwise.places import Places
from adapters.connectwise.refusals import NotThere
from adapters.connectwise.resources import PATH, RIGHT
from adapters.findings import clock_finding
from connector.errors import ConnectorError
from connector.model import Finding, Severity


def findings(
    client: ConnectWiseClient,
    directory: Directory,
    callbacks: Callbacks,
    places: Places,
    homes: Sequence[str],
) -> list[Finding]:
    """One finding per point, in the order in which to mend them. Raises nothing of the contract's errors."""
    reach = _reachability(client)
    if any(finding.severity is Severity.ERROR for finding in reach):
        return reach
    found = [
        *reach,
        _asked("tickets", lambda: _first(client), "tickets can be read"),
        _asked("members", lambda: f"{len(directory.members())} members can be read"),
        _asked("boards", lambda: f"{len(directory.boards())} active service boards can be read"),
        _asked("priorities", lambda: f"{len(directory.priorities())} priorities can be read"),
        _asked("webhook registrations", callbacks.list_readable, "webhook registrations can be read"),
        _people(client),
    ]
    return [*found, *(_home(places, home) for home in dict.fromkeys(homes))]


def _reachability(client: ConnectWiseClient) -> list[Finding]:
    try:
        answer = client.company_info()
        codebase = client.codebase()
    except ConnectorError as error:
        return [Finding(Severity.ERROR, "site", str(error))]
    fine = Finding(Severity.OK, "site", f"{client.base_url} answers, codebase {codebase.rstrip('/')}")
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


def _home(places: Places, home: str) -> Finding:
    def read() -> None:
        places.readable(places.locate(home))

    return _asked(f"home {home!r}", read, "its statuses and teams can be read")


def _asked(subject: str, ask: Callable[[], object], fine: str = "") -> Finding:
    try:
        answer = ask()
    except NotThere as error:
        message = f"{error}: check CONNECTWISE_URL, _COMPANY and the keys"
        return Finding(Severity.ERROR, subject, message)
    except ConnectorError as error:
        return Finding(Severity.ERROR, subject, str(error))
    return Finding(Severity.OK, subject, fine or str(answer))
