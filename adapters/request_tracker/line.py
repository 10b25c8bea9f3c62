"""The way to one RT, and what ``escalator check`` asks it: reads only, and every problem becomes a finding.

RT's API has no list of rights. What it offers at a queue or ticket (its links) tells SeeQueue, ShowTicket,
CreateTicket, ModifyTicket and CommentOnTicket; who may own where, and ReassignTicket, only a move can tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from adapters.line import PROBED, HttpLine, asked, clock_finding, failed
from adapters.payloads import json_of, moment, text
from adapters.request_tracker.client import RtClient
from adapters.request_tracker.directory import NOTE_KEY, SHOW_TICKETS, Directory, can_do
from adapters.request_tracker.mapping import record_id, to_query
from adapters.request_tracker.variables import RequestTrackerSettings
from connector.errors import ConnectorError, PayloadError
from connector.model import Finding, Severity, TicketId

_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Line(HttpLine):
    """The way to one RT. ``homes``: the configured homes there."""

    client: RtClient
    directory: Directory
    settings: RequestTrackerSettings
    homes: Sequence[str]

    def check(self) -> list[Finding]:
        """One finding per point, in the order in which to mend them. Raises nothing of the contract's errors."""
        reach = self._reachability()
        if any(finding.severity is Severity.ERROR for finding in reach):
            return reach
        found = [*reach, asked("time zone", self._time_zone), asked("field of notes", self._note_key)]
        queues = asked("queues", self._queues)
        if queues.severity is Severity.OK:
            found += [asked(f"home {home!r}", partial(self._home, home)) for home in dict.fromkeys(self.homes)]
        else:
            found.append(queues)
        if not self.settings.webhook_secret:
            message = "RT_WEBHOOK_SECRET is not set: no webhook is accepted, and changes are found by the poll only"
            found.append(Finding(Severity.WARNING, "webhook", message))
        return [*found, _UNTOLD]

    def probe(self) -> list[TicketId]:
        """See the contract."""
        params = {"query": "id > 0", "orderby": "id", "order": "DESC", "per_page": str(PROBED)}
        rows = self.client.page("tickets", "read the first tickets", SHOW_TICKETS, params).rows
        return [TicketId(record_id(row.get("id"), "ticket: id")) for row in rows]

    def _reachability(self) -> list[Finding]:
        try:
            answer = self.client.ask("rt", "reach RT", "nothing more than its token")
            about = json_of(answer, "reach RT")
            version = text(about.get("Version")) if isinstance(about, dict) else ""
            if not version:
                raise PayloadError("rt: Version", "missing: this does not look like RT")
            account = self.directory.account.get()
        except ConnectorError as error:
            return [failed("site", error, "RT_URL")]
        who = f"RT {version} answers, and knows the connector as {account.user.name!r}"
        fine = Finding(Severity.OK, "site", who)
        return [fine, clock_finding(self.client.http.clock_skew(answer), "RT")]

    def _time_zone(self) -> tuple[Severity, str]:
        """Searches read our dates in the account's zone: two that must differ prove which one that is."""
        account = self.directory.account.get()
        named = account.zone_name or "none"
        params = {"query": "id > 0", "orderby": "LastUpdated", "order": "DESC", "per_page": "1"}
        what = "look at the newest change"
        rows = self.client.page("tickets", what, SHOW_TICKETS, {**params, "fields": "LastUpdated"}).rows
        if not rows:
            return Severity.UNTESTED, f"the account's is {named}; there is no ticket yet to prove it with"
        at = moment(rows[0].get("LastUpdated"), "ticket: LastUpdated")
        number = record_id(rows[0].get("id"), "ticket: id")
        zone = account.zone or _UTC
        found = [self._is_found(number, operator, at, zone) for operator in (">=", ">")]
        if found != [True, False]:
            return Severity.ERROR, (
                f"the account's is {named}, and searches by time do not fit it: set the Timezone of the connector's "
                "account to UTC, or changes are missed"
            )
        if account.zone_name != "UTC":
            return Severity.WARNING, f"the account's is {named}; UTC is safer, it has no hour twice"
        return Severity.OK, "searches read the connector's dates as UTC"

    def _is_found(self, number: str, operator: str, at: datetime, zone: ZoneInfo) -> bool:
        query = f"id = {number} AND LastUpdated {operator} '{to_query(at, zone)}'"
        what = "prove the time zone of searches"
        return bool(self.client.page("tickets", what, SHOW_TICKETS, {"query": query, "per_page": "1"}).rows)

    def _note_key(self) -> tuple[Severity, str]:
        if self.directory.has_note_key.get():
            return Severity.OK, f"notes carry their marker in {NOTE_KEY!r}, too"
        return Severity.WARNING, (
            f"there is no custom field {NOTE_KEY!r} of ticket transactions (contrib/request-tracker makes it), or "
            "the account lacks SeeCustomField: notes are found again by their text alone"
        )

    def _queues(self) -> tuple[Severity, str]:
        """Whether any can be seen: else no home can, for one and the same reason."""
        if self.directory.sees_queues():
            return Severity.OK, "can be seen"
        return Severity.ERROR, "none can be seen: the connector's account needs the right SeeQueue"

    def _home(self, home: str) -> tuple[Severity, str]:
        queue = self.directory.locate(home).path[0]
        if not can_do(self.directory.queue_details.get(queue.id, 0.0), "create"):
            return Severity.ERROR, "the connector's account needs CreateTicket there, or nothing can be moved to it"
        params = {"query": f"Queue = {queue.id} AND Status = '__Active__'", "fields": "_hyperlinks", "per_page": "1"}
        rows = self.client.page("tickets", f"read a ticket of {home!r}", SHOW_TICKETS, params).rows
        if not rows:
            return Severity.UNTESTED, f"{_AT_TICKETS}: no open ticket can be seen there; create one, and check again"
        lacking = [right for ref, right in _LINKS if not can_do(rows[0], ref)]
        if lacking:
            return Severity.ERROR, f"the connector's account needs {' and '.join(lacking)} there"
        return Severity.OK, "its tickets can be read, commented on and moved"


_LINKS = (("comment", "CommentOnTicket"), ("lifecycle", "ModifyTicket"))
_AT_TICKETS = "ShowTicket, CommentOnTicket, ModifyTicket"
_UNTOLD = Finding(
    Severity.UNTESTED,
    "rights to write",
    "only a write can prove them: ReassignTicket and ShowTicketComments for the connector's "
    "account, OwnTicket for the people of each queue. The escalation of a test ticket shows them",
)
