"""The way to one instance, and what ``escalator check`` asks it: reads only, and every problem becomes a finding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from adapters.absence import NotThere
from adapters.halopsa.client import HaloClient, records
from adapters.halopsa.directory import SETUP_READ, TICKETS_READ, Agent, Directory
from adapters.halopsa.mapping import NOBODY, number, optional_whole
from adapters.halopsa.notes import OUTCOME
from adapters.halopsa.refusals import Refused, token_refusal
from adapters.halopsa.registrations import Registrations
from adapters.halopsa.workdays import Workday, workday
from adapters.line import HttpLine, asked, clock_finding
from adapters.payloads import text
from connector.errors import ConnectorError
from connector.model import Finding, Severity


@dataclass(frozen=True, slots=True)
class Line(HttpLine):
    """The way to one instance. ``homes``: the configured homes there."""

    client: HaloClient
    directory: Directory
    registrations: Registrations
    homes: Sequence[str]

    def check(self) -> list[Finding]:
        """One finding per point, in the order in which to mend them. Raises nothing of the contract's errors."""
        reach = _reachability(self.client)
        if any(finding.severity is Severity.ERROR for finding in reach):
            return reach
        directory = self.directory
        found = [
            *reach,
            asked("agent", lambda: _ourselves(directory.me.get())),
            *_tickets(self.client),
            asked("agents", lambda: f"{len(directory.agents.get())} agents can be read"),
            asked("teams", lambda: f"{len(directory.teams.get())} teams can be read"),
            asked("statuses", lambda: f"{len(directory.all_statuses())} ticket statuses can be read"),
            asked("priorities", lambda: f"{len(directory.priorities.get())} priorities can be read"),
            asked(f"outcome {OUTCOME}", lambda: _outcome(self.client)),
            asked("webhook registrations", self.registrations.list_readable, "webhook registrations can be read"),
            *_workdays(self.client),
        ]
        return [*found, *(_home(directory, home) for home in dict.fromkeys(self.homes))]


def _reachability(client: HaloClient) -> list[Finding]:
    try:
        answer = client.tokens.ask()
        if answer.status not in (200, 201):
            return [Finding(Severity.ERROR, "credentials", str(token_refusal(answer)))]
        client.tokens.current()
    except ConnectorError as error:
        return [Finding(Severity.ERROR, "credentials", str(error))]
    fine = Finding(Severity.OK, "credentials", "the authorisation server gives a token")
    return [fine, clock_finding(client.http.clock_skew(answer), "the instance")]


def _ourselves(me: Agent) -> tuple[Severity, str]:
    if me.is_api:
        return Severity.OK, f"logged in as {me.person.name!r}, an API-only agent"
    return Severity.WARNING, (
        f"logged in as {me.person.name!r}, who is not an API-only agent: what that agent does by hand cannot always "
        "be told from what the connector does. Give the API application an agent of its own"
    )


def _tickets(client: HaloClient) -> list[Finding]:
    """Whether tickets and their audit log can be read; the log tells who moved a ticket, and when."""
    what = "read tickets"
    try:
        params = {"pageinate": "true", "page_size": "1", "page_no": "1", "order": "id", "orderdesc": "true"}
        rows = records(client.get("Tickets", what, TICKETS_READ, params), "tickets", what)
        found = [Finding(Severity.OK, "tickets", "tickets can be read")]
        if not rows:
            return found
        ticket: Any = client.get(f"Tickets/{rows[0].get('id')}", what, TICKETS_READ, {"include_auditing": "true"})
    except ConnectorError as error:
        return [Finding(Severity.ERROR, "tickets", str(error))]
    if isinstance(ticket, dict) and isinstance(ticket.get("audit_log"), list):
        return [*found, Finding(Severity.OK, "audit log", "it comes with the tickets")]
    message = (
        "it does not come with the tickets: moves between teams and agents are known from when the connector sees "
        "them, not from when they were made"
    )
    return [*found, Finding(Severity.WARNING, "audit log", message)]


def _outcome(client: HaloClient) -> tuple[Severity, str]:
    """Whether the action with which notes are written does nothing else."""
    try:
        row = client.get(f"Outcome/{OUTCOME}", f"read the outcome {OUTCOME}", SETUP_READ, {"includedetails": "true"})
    except (NotThere, Refused) as error:
        return Severity.ERROR, f"{error}: notes are written with Halo's own action 'Private Note', which must be there"
    problems = _side_effects(row if isinstance(row, dict) else {})
    if not problems:
        return Severity.OK, "it adds a note and does nothing else"
    action = text(row.get("outcome"))
    return Severity.WARNING, f"the action {action!r} also {', '.join(problems)}; its configuration should not"


def _side_effects(row: dict[str, Any]) -> list[str]:
    def is_set(name: str) -> bool:
        return number(row.get(name)) > 0

    agent = optional_whole(row.get("defaultagent"), "Outcome: defaultagent") or 0
    effects = {
        "sets a status": is_set("newstatus"),
        "sets an agent": agent > NOBODY,
        "sets a team": bool(text(row.get("defaultteam")).strip()),
        "sends mail": is_set("sendemail") and row.get("hidesendemail") is not True,
        "puts the service level on hold": row.get("slaholdischecked") is True,
        "releases the service level": row.get("slareleaseischecked") is True,
        "is shown to users": row.get("hidefromuser") is False and row.get("show_to_user") is True,
    }
    return [effect for effect, is_there in effects.items() if is_there]


def _workdays(client: HaloClient) -> list[Finding]:
    """Halo's own working hours, as this connector would take them; for information only."""
    try:
        rows = client.rows("Workday", "read the workdays", SETUP_READ, "workdays", {"showholidays": "true"})
        return [_told(workday(row)) for row in rows]
    except ConnectorError as error:
        return [Finding(Severity.WARNING, "workdays", f"{error}: only needed to compare working hours")]


def _told(found: Workday) -> Finding:
    subject = f"workday {found.name!r}"
    if not found.zone:
        message = f"its time zone {found.windows_zone!r} is not known: set WORK_TIME_ZONE yourself"
        return Finding(Severity.WARNING, subject, message)
    hours = f"WORK_HOURS={found.hours}" if found.hours else "no open day"
    message = f"in Halo: {hours}, WORK_TIME_ZONE={found.zone}, {found.holidays} closures"
    return Finding(Severity.OK, subject, message)


def _home(directory: Directory, home: str) -> Finding:
    def read() -> str:
        return f"{len(directory.members(directory.locate(home).path[0]))} agents are in that team"

    return asked(f"home {home!r}", read)
