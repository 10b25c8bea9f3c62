"""Actions of a ticket: reading them, writing one for staff only or one that the client sees.

Which action (outcome) a note is written with, ``outcomes`` knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from adapters.halopsa.client import HaloClient, records
from adapters.halopsa.entries import Ourselves, visibility_of
from adapters.halopsa.mapping import TICKETS_READ, occurred_at, optional_whole, whole
from adapters.halopsa.markup import note_html
from adapters.halopsa.outcomes import NoteOutcome, NoteOutcomes
from adapters.halopsa.refusals import NoAccess, Refused
from adapters.http import TooLarge
from adapters.payloads import Json, is_of, label, text
from connector.clock import Clock
from connector.errors import OutcomeUnknown, PayloadError, Permanent, VisibleNote
from connector.model import NoteRef, TicketId, Visibility
from connector.reading.html import to_html

ACTIONS_ADD = "edit:tickets, to modify tickets, and to use the action that is an internal note"
MOST_ACTIONS = 1000
_ANY: Mapping[str, str] = MappingProxyType({})
FEWER_ACTIONS = (200, 40, 8, 1)
"""So many are asked for, one after the other, where all of them are larger than an answer may be."""

FITS_FOR = timedelta(minutes=10)
"""So long it is believed that a ticket's actions are too large to be asked for together: else each look tries in vain.
"""


@dataclass(frozen=True, slots=True)
class Actions:
    """Actions of a ticket. ``left_out``: how many are not among them, at least, of others than agents."""

    rows: list[dict[str, Any]]
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.rows)


class Notes:
    """Notes at one instance."""

    def __init__(self, client: HaloClient, clock: Clock, outcomes: NoteOutcomes) -> None:
        self._client = client
        self._clock = clock
        self._outcomes = outcomes
        self._fit: dict[TicketId, tuple[int, datetime]] = {}

    def actions(self, ticket_id: TicketId) -> Actions:
        """All actions of a ticket with their HTML, in no certain order; one call, two for very long tickets.

        Where they are larger than an answer may be: the agents', and the newest that one holds; so many are asked for
        at once the next time. Raises TooLarge where the agents' are, too.
        """
        fitted = self._fitted(ticket_id)
        if fitted is None:
            try:
                return Actions(self._all(ticket_id))
            except TooLarge:
                fitted = FEWER_ACTIONS[0]
        found = self._all(ticket_id, agentonly="true")
        known = {row.get("id") for row in found}
        for count in (one for one in FEWER_ACTIONS if one <= fitted):
            # Since when is kept: else a ticket that is read again and again would be read in part for good.
            self._fit[ticket_id] = (count, self._fit.get(ticket_id, (count, self._clock.now()))[1])
            try:
                newest, total = self._asked(ticket_id, count)
            except TooLarge:
                continue
            found += [row for row in newest if row.get("id") not in known]
            return Actions(found, max(1, total - len(found)))
        return Actions(found, 1)

    def _fitted(self, ticket_id: TicketId) -> int | None:
        """How many actions fitted into an answer lately, where not all did; None for a ticket of which all may."""
        count, at = self._fit.get(ticket_id, (None, self._clock.now()))
        if self._clock.now() - at <= FITS_FOR:
            return count
        self._fit = {ticket: fit for ticket, fit in self._fit.items() if self._clock.now() - fit[1] <= FITS_FOR}
        return None

    def _all(self, ticket_id: TicketId, **only: str) -> list[dict[str, Any]]:
        rows, total = self._asked(ticket_id, MOST_ACTIONS, only)
        if total > len(rows):
            rows, total = self._asked(ticket_id, total + MOST_ACTIONS, only)
            if total > len(rows) and not only:
                raise Permanent(f"read the actions of {label(ticket_id)}: {total} are there, {len(rows)} are given")
        return rows

    def write_internal(self, ticket_id: TicketId, words: str, status: int, us: Ourselves) -> tuple[Json, NoteRef]:
        """Add an internal note, once; the action and its name. Raises VisibleNote where nothing proves it internal."""
        row, note, outcome = self._written(ticket_id, words, status, us, is_hidden=True)
        if visibility_of(row) is not Visibility.INTERNAL:
            raise VisibleNote(
                f"ALARM: action {note.id} on {label(ticket_id)} did not come back as hidden from the user: the client "
                f"may see it. Look at the action and at {outcome} in Halo's configuration"
            )
        return row, note

    def write_for_client(self, ticket_id: TicketId, words: str, status: int, us: Ourselves) -> tuple[Json, NoteRef]:
        """Add a note that the client sees, once, without a mail. Raises Permanent when it came back hidden."""
        row, note, outcome = self._written(ticket_id, words, status, us, is_hidden=False)
        if visibility_of(row) is not Visibility.CLIENT:
            raise Permanent(
                f"action {note.id} on {label(ticket_id)} came back hidden from the user: the client does not see the "
                f"message. Let the action {outcome} be shown to users where it is asked for, or send no messages"
            )
        return row, note

    def _written(
        self, ticket_id: TicketId, words: str, status: int, us: Ourselves, *, is_hidden: bool
    ) -> tuple[Json, NoteRef, NoteOutcome]:
        what = f"write a note on {label(ticket_id)}"
        outcome = self._outcomes.current()
        action = {
            "ticket_id": int(ticket_id),
            **outcome.sent,
            "note_html": note_html(words) if is_hidden else to_html(words),
            "hiddenfromuser": is_hidden,
            "sendemail": False,
            # Without it the ticket's type may move the status by itself ("status after technician update").
            "new_status": status,
            "new_slastatus": -1,
        }
        try:
            answer = self._client.post("Actions", [action], what, ACTIONS_ADD)
        except (Refused, NoAccess) as error:
            raise self._outcomes.refused(outcome, error) from error
        try:
            _of_that_or_untold(ticket_id, answer.get("ticket_id"), f"{what}: ticket_id")
            note = self._reference(answer, ticket_id)
        except PayloadError as error:
            raise OutcomeUnknown(f"{what}: answered well, but not with an action ({error})") from error
        application = text(answer.get("actionby_application_id"))
        if application:
            us.applications.add(application)
        return answer, note, outcome

    def _asked(
        self, ticket_id: TicketId, count: int, only: Mapping[str, str] = _ANY
    ) -> tuple[list[dict[str, Any]], int]:
        """The newest actions, and how many there are. ``only``: which of them."""
        what = f"read the actions of {label(ticket_id)}"
        params = {"ticket_id": ticket_id, "count": str(count), "includehtmlnote": "true", **only}
        body = self._client.get("Actions", what, TICKETS_READ, params)
        told = [body.get("ticket_id")] if isinstance(body, dict) else []
        rows = records(body, "actions", what)
        for number in (*told, *(row.get("ticket_id") for row in rows)):
            # A filter that was not understood would give those of others.
            _of_that_or_untold(ticket_id, number, f"{what}: ticket_id")
        total = optional_whole(body.get("record_count"), what) if isinstance(body, dict) else None
        return rows, total or 0

    def _reference(self, row: Json, ticket_id: TicketId) -> NoteRef:
        path = f"{label(ticket_id)}: action"
        return NoteRef(str(whole(row.get("id"), f"{path}: id")), occurred_at(row, path) or self._clock.now())


def _of_that_or_untold(ticket_id: TicketId, told: object, path: str) -> None:
    """Raises PayloadError for what names another ticket."""
    number = optional_whole(told, path)
    if number is not None:
        is_of(ticket_id, number, path)
