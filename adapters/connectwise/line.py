"""The way to one site, and what ``escalator check`` asks it: reads only, and every problem becomes a finding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from adapters.connectwise.callbacks import RIGHT as CALLBACKS_RIGHT
from adapters.connectwise.callbacks import Callbacks
from adapters.connectwise.client import ConnectWiseClient
from adapters.connectwise.directory import MEMBERS_READ, TABLE_SETUP, Directory
from adapters.connectwise.mapping import info, record_id, to_wire
from adapters.connectwise.moves import RIGHT as MOVES_RIGHT
from adapters.connectwise.notes import NOTES_ADD, TIME_READ
from adapters.connectwise.resources import PATH, RIGHT
from adapters.connectwise.tickets import TICKETS_READ
from adapters.connectwise.trail import TRAIL_READ, read_trail
from adapters.line import PROBED, HttpLine, asked, clock_finding, failed
from adapters.payloads import moment, objects_of
from connector.errors import ConnectorError
from connector.model import Finding, Severity, TicketId

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
        rights = [
            _right("tickets", TICKETS_READ, lambda: _first(self.client, "service/tickets", "tickets", TICKETS_READ)),
            _right("members", MEMBERS_READ, lambda: f"{len(directory.members.get())} members"),
            _right("boards", TABLE_SETUP, lambda: f"{len(directory.boards.get())} active service boards"),
            _right("priorities", TABLE_SETUP, lambda: f"{len(directory.priority_list.get())} priorities"),
            _right("time entries", TIME_READ, lambda: _first(self.client, "time/entries", "time entries", TIME_READ)),
        ]
        if all(finding.severity is Severity.ERROR for finding in rights):
            # One cause, told once.
            return [
                *reach,
                replace(rights[0], subject="access", message=f"nothing at all can be read: {rights[0].message}"),
            ]
        return [
            *reach,
            *rights,
            *_unless_broken(
                rights, "tickets", lambda: [_asked("poll", lambda: _poll(self.client)), _trail(self.client)]
            ),
            _right("webhook registrations", CALLBACKS_RIGHT, self._registrations),
            _people(self.client),
            _WRITES,
            *_unless_broken(rights, "boards", lambda: [_home(directory, home) for home in dict.fromkeys(self.homes)]),
        ]

    def probe(self) -> list[TicketId]:
        """See the contract."""
        what = "read the first tickets"
        params = {"pageSize": str(PROBED), "fields": "id", "orderBy": "id desc"}
        rows = objects_of(self.client.get("service/tickets", what, TICKETS_READ, params), what)
        return [TicketId(str(record_id(row, what))) for row in rows]

    def _registrations(self) -> str:
        self.callbacks.list_readable()
        return "webhook registrations"


_WRITES = Finding(
    Severity.UNTESTED,
    "rights to write",
    "only a write can prove Add and Edit: "
    f"{NOTES_ADD} for notes, {MOVES_RIGHT} for moves; Add, Edit and Delete of callbacks for `webhooks register`",
)


def _reachability(client: ConnectWiseClient) -> list[Finding]:
    try:
        answer = client.company_info()
        address = client.address()
    except ConnectorError as error:
        return [failed("site", error, "CONNECTWISE_URL")]
    fine = Finding(Severity.OK, "site", f"answers; calls go to {address}")
    return [fine, clock_finding(client.http.clock_skew(answer), "the site")]


def _unless_broken(found: Sequence[Finding], subject: str, more: Callable[[], list[Finding]]) -> list[Finding]:
    """Further findings, unless what they stand on has failed: that is told already."""
    failed = [finding for finding in found if finding.subject == subject and finding.severity is Severity.ERROR]
    return [] if failed else more()


def _right(subject: str, right: str, read: Callable[[], str]) -> Finding:
    """Whether something can be read, and which setting of the security role says so."""
    return _asked(subject, lambda: f"{read()} can be read: {right}")


def _first(client: ConnectWiseClient, path: str, what: str, right: str) -> str:
    client.get(path, f"read {what}", right, {"pageSize": "1", "fields": "id"})
    return what


def _poll(client: ConnectWiseClient) -> tuple[Severity, str]:
    """Whether the poll's filter finds what it must: the ticket that was changed last."""
    what = "look for the ticket that was changed last"
    params = {"pageSize": "1", "fields": "id,_info", "orderBy": "lastUpdated desc"}
    rows: Any = client.get("service/tickets", what, TICKETS_READ, params)
    if not rows:
        return Severity.UNTESTED, "whether its filter finds what was changed: there is no ticket to find"
    newest = record_id(rows[0], what)
    changed_at = moment(info(rows[0]).get("lastUpdated"), what)
    conditions = f"lastUpdated >= [{to_wire(changed_at)}]"
    found = {row.get("id") for row in client.pages("service/tickets", what, TICKETS_READ, conditions, "id")}
    if newest in found:
        return Severity.OK, "its filter finds the ticket that was changed last"
    return Severity.ERROR, f"its filter does not find ticket {newest}, which was changed last: changes would be missed"


def _trail(client: ConnectWiseClient) -> Finding:
    """Whether the audit trail can be read, which alone tells who moved a ticket."""

    def read() -> tuple[Severity, str]:
        params = {"pageSize": "1", "fields": "id"}
        rows: Any = client.get("service/tickets", "read tickets", TICKETS_READ, params)
        if not rows:
            return Severity.UNTESTED, f"there is no ticket to read it of; it needs {TRAIL_READ}"
        read_trail(client, TicketId(str(record_id(rows[0], "tickets"))))
        return Severity.OK, f"who moved a ticket, and when, can be read: {TRAIL_READ}"

    found = _asked("audit trail", read)
    if found.severity is not Severity.ERROR:
        return found
    return Finding(
        Severity.WARNING, found.subject, f"{found.message}. Without it nobody can tell who moves a ticket back"
    )


def _people(client: ConnectWiseClient) -> Finding:
    """Reading shows that the right is there at all; whether it may add cannot be seen without adding."""
    found = _right("people on tickets", RIGHT, lambda: _first(client, PATH, "schedule entries", RIGHT))
    if found.severity is Severity.OK:
        return replace(found, severity=Severity.UNTESTED, message=f"{found.message}; only a write can prove Add")
    return Finding(Severity.WARNING, found.subject, f"{found.message}. Only FINAL_ADD_PEOPLE needs it")


def _home(directory: Directory, home: str) -> Finding:
    def read() -> None:
        board = directory.locate(home).path[0]
        directory.board_statuses.get(board.id)
        directory.teams.get(board.id)

    return _asked(f"home {home!r}", read, f"its statuses and teams can be read: {TABLE_SETUP}")
