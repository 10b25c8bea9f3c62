"""The way to one instance, and what ``escalator check`` asks it: reads only, and every problem becomes a finding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.halopsa.client import PAGE_SIZE, HaloClient, records
from adapters.halopsa.directory import SETUP_READ, Agent, Directory
from adapters.halopsa.mapping import TICKETS_READ, owner_of, whole
from adapters.halopsa.outcomes import NoteOutcomes
from adapters.halopsa.poll import WITH_CLOSED, Poll
from adapters.halopsa.refusals import token_refusal
from adapters.halopsa.registrations import Registrations
from adapters.halopsa.workdays import Workday, workday
from adapters.line import PROBED, HttpLine, asked, clock_finding, failed
from connector.errors import ConnectorError
from connector.model import Finding, Severity, TicketId

_WRITES = (
    "edit:tickets of the application; of the agent: to use the action of notes, to modify tickets, also closed ones "
    "and those not assigned to it, to re-assign them, to update status and re-assign outside of actions"
)


@dataclass(frozen=True, slots=True)
class Line(HttpLine):
    """The way to one instance. ``homes``: the configured homes there."""

    client: HaloClient
    directory: Directory
    outcomes: NoteOutcomes
    poll: Poll
    registrations: Registrations
    homes: Sequence[str]

    def check(self) -> list[Finding]:
        """One finding per point, in the order in which to mend them. Raises nothing of the contract's errors."""
        reach = _reachability(self.client)
        if any(finding.severity is Severity.ERROR for finding in reach):
            return reach
        directory = self.directory
        basis = [
            asked("agent", lambda: _ourselves(directory.me.get())),
            *_tickets(self.client),
            asked("agents", lambda: f"{len(directory.agents.get())} agents can be read"),
            asked("teams", lambda: f"{len(directory.teams.get())} teams can be read"),
            asked("statuses", lambda: f"{len(directory.all_statuses())} ticket statuses can be read"),
            asked("priorities", lambda: f"{len(directory.priority_list.get())} priorities can be read"),
        ]
        if all(finding.severity is Severity.ERROR for finding in basis):
            # One cause, told once.
            message = f"nothing at all can be read; if it is not the rights, look at HALOPSA_URL. {basis[0].message}"
            return [*reach, Finding(Severity.ERROR, "rights", message)]
        return [
            *reach,
            *basis,
            *_unless_broken(basis, "tickets", lambda: [_poll(self.poll), _visible(self.client, directory)]),
            asked("note outcome", lambda: _outcome(self.outcomes)),
            asked("webhook registrations", self.registrations.list_readable, "webhook registrations can be read"),
            *_workdays(self.client),
            Finding(Severity.UNTESTED, "rights to write", f"only a write can prove them: {_WRITES}"),
            *_unless_broken(basis, "teams", lambda: _homes(directory, list(dict.fromkeys(self.homes)))),
        ]

    def probe(self) -> list[TicketId]:
        """See the contract."""
        return [TicketId(str(whole(row.get("id"), "Tickets: id"))) for row in self.client.first_tickets(PROBED)]


def _unless_broken(found: Sequence[Finding], subject: str, more: Callable[[], list[Finding]]) -> list[Finding]:
    """Further findings, unless what they stand on has failed: that is told already."""
    failed = [finding for finding in found if finding.subject == subject and finding.severity is Severity.ERROR]
    return [] if failed else more()


def _reachability(client: HaloClient) -> list[Finding]:
    try:
        answer = client.tokens.ask()
        if answer.status not in (200, 201):
            return [Finding(Severity.ERROR, "credentials", str(token_refusal(answer)))]
        client.tokens.current()
    except ConnectorError as error:
        return [failed("credentials", error)]
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
        params |= WITH_CLOSED
        rows = records(client.get("Tickets", what, TICKETS_READ, params), "tickets", what)
        found = [Finding(Severity.OK, "tickets", "tickets can be read")]
        if not rows:
            return found
        ticket: Any = client.get(f"Tickets/{rows[0].get('id')}", what, TICKETS_READ, {"include_auditing": "true"})
    except ConnectorError as error:
        return [failed("tickets", error)]
    if isinstance(ticket, dict) and isinstance(ticket.get("audit_log"), list):
        return [*found, Finding(Severity.OK, "audit log", "it comes with the tickets")]
    message = (
        "it does not come with the tickets: moves between teams and agents are known from when the connector sees "
        "them, not from when they were made"
    )
    return [*found, Finding(Severity.WARNING, "audit log", message)]


def _poll(poll: Poll) -> Finding:
    try:
        return poll.finding()
    except ConnectorError as error:
        return failed("poll", error)


def _visible(client: HaloClient, directory: Directory) -> Finding:
    """Whose tickets can be seen: nobody's and other agents' must be, and only such a ticket proves it."""

    def look() -> tuple[Severity, str]:
        what, me = "look at the open tickets", directory.me.get().person.id
        params = {"open_only": "true", "pageinate": "true", "page_size": str(PAGE_SIZE), "page_no": "1"}
        rows = records(client.get("Tickets", what, TICKETS_READ, params), "tickets", what)
        owners = [owner_of(row, directory, what) for row in rows]
        kinds = {
            "unassigned ones": any(owner is None for owner in owners),
            "those of other agents": any(owner is not None and owner.id != me for owner in owners),
        }
        seen = [kind for kind, is_seen in kinds.items() if is_seen]
        unseen = [kind for kind, is_seen in kinds.items() if not is_seen]
        missing = f"none is there or none may be seen: {' and '.join(unseen)}" if unseen else ""
        told = "; ".join(filter(None, (f"seen: {' and '.join(seen)}" if seen else "", missing)))
        return Severity.UNTESTED if unseen else Severity.OK, told

    return asked("open tickets", look)


def _outcome(outcomes: NoteOutcomes) -> tuple[Severity, str]:
    """Whether there is an action to write notes with, and whether it does nothing else."""
    outcome = outcomes.look()
    if outcome.effects:
        return Severity.WARNING, f"{outcome} also {', '.join(outcome.effects)}; its configuration should not"
    return Severity.OK, f"notes are written with {outcome}, which does nothing else"


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
    message = f"in Halo: {hours}, WORK_TIME_ZONE={found.zone}, closures: {found.holidays}"
    return Finding(Severity.OK, subject, message)


def _home(directory: Directory, home: str) -> Finding:
    def read() -> tuple[Severity, str]:
        team = directory.locate(home).path[0]
        count = len(directory.members(team))
        found = f"{count} agent{'' if count == 1 else 's'} in that team"
        me = directory.me.get()
        if unseen := " and ".join(me.unseen.get(team.id, ())):
            message = f"our own agent may not see the {unseen} of that team, which would look as if they did not exist"
            return Severity.ERROR, f"{found}; {message}"
        return Severity.OK, found

    return asked(f"home {home!r}", read)


def _homes(directory: Directory, homes: Sequence[str]) -> list[Finding]:
    """Each home, and those to which our agent can assign only by a right that no reading shows."""
    found = [_home(directory, home) for home in homes]
    foreign = [home for home, one in zip(homes, found, strict=True) if one.severity is Severity.OK]
    me = directory.me.get().teams if foreign else None
    foreign = [] if me is None else [home for home in foreign if directory.locate(home).path[0].id not in me]
    if not foreign:
        return found
    why = f"our own agent is no member of {', '.join(foreign)} and needs the right to assign to other teams"
    return [*found, Finding(Severity.UNTESTED, "assignment", f"{why}: only a write can prove it")]
