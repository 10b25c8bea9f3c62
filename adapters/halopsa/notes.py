"""Actions of a ticket: reading them, writing one for staff only or one that the client sees.

Outcome 7 is Halo's own private note; it cannot send mail. Outcome 16 mails the client whatever is asked for, and is
never used (https://github.com/KelvinTegelaar/CIPP-API, https://github.com/AnielGammaTech/triageit).
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from adapters.halopsa.client import HaloClient, records
from adapters.halopsa.entries import Ourselves, visibility_of
from adapters.halopsa.mapping import occurred_at, optional_whole, whole
from adapters.payloads import Json, label, text
from connector.clock import Clock
from connector.errors import AdapterError, OutcomeUnknown, PayloadError, Permanent, VisibleNote
from connector.model import NoteRef, TicketId, Visibility
from connector.reading.html import to_html

OUTCOME = 7
ACTIONS_READ = "read:tickets, and to view tickets of other agents and unassigned ones"
ACTIONS_ADD = "edit:tickets, to modify tickets, and to use the action 'Private Note' (outcome 7)"
MOST_ACTIONS = 1000


class Notes:
    """Notes at one instance."""

    def __init__(self, client: HaloClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def actions(self, ticket_id: TicketId) -> list[dict[str, Any]]:
        """All actions of a ticket with their HTML, in no certain order; one call, two for very long tickets."""
        rows, total = self._asked(ticket_id, MOST_ACTIONS)
        if total > len(rows):
            rows, total = self._asked(ticket_id, total + MOST_ACTIONS)
            if total > len(rows):
                raise Permanent(f"read the actions of {label(ticket_id)}: {total} are there, {len(rows)} are given")
        return rows

    def write_internal(self, ticket_id: TicketId, words: str, status: int, us: Ourselves) -> NoteRef:
        """Add an internal note, once. Raises VisibleNote when nothing proves that the client can't see it."""
        row, note = self._written(ticket_id, words, status, us, is_hidden=True)
        if visibility_of(row) is not Visibility.INTERNAL:
            raise VisibleNote(
                f"ALARM: action {note.id} on {label(ticket_id)} did not come back as hidden from the user: the client "
                f"may see it. Look at the action and at the outcome {OUTCOME} in Halo's configuration"
            )
        return note

    def write_for_client(self, ticket_id: TicketId, words: str, status: int, us: Ourselves) -> NoteRef:
        """Add a note that the client sees, once, without a mail. Raises Permanent when it came back hidden."""
        row, note = self._written(ticket_id, words, status, us, is_hidden=False)
        if visibility_of(row) is not Visibility.CLIENT:
            raise Permanent(
                f"action {note.id} on {label(ticket_id)} came back hidden from the user: the client does not see the "
                f"message. Let the outcome {OUTCOME} be shown to users where it is asked for, or send no messages"
            )
        return note

    def _written(
        self, ticket_id: TicketId, words: str, status: int, us: Ourselves, *, is_hidden: bool
    ) -> tuple[Json, NoteRef]:
        what = f"write a note on {label(ticket_id)}"
        action = {
            "ticket_id": int(ticket_id),
            "outcome_id": OUTCOME,
            "note_html": to_html(words),
            "hiddenfromuser": is_hidden,
            "sendemail": False,
            # Without it the ticket's type may move the status by itself ("status after technician update").
            "new_status": status,
            "new_slastatus": -1,
        }
        answer = self._client.post("Actions", [action], what, ACTIONS_ADD)
        try:
            note = self._reference(answer, ticket_id)
        except PayloadError as error:
            raise OutcomeUnknown(f"{what}: answered well, but not with an action ({error})") from error
        application = text(answer.get("actionby_application_id"))
        if application:
            us.applications.add(application)
        self._put_status_back(ticket_id, answer)
        return answer, note

    def _put_status_back(self, ticket_id: TicketId, action: Json) -> None:
        """Undo what a note did to the status: it is to do nothing.

        The type's own rule can have been stronger, or somebody changed the status while the note was on its way.
        """
        path = f"{label(ticket_id)}: action"
        old = optional_whole(action.get("old_status"), f"{path}: old_status")
        new = optional_whole(action.get("new_status"), f"{path}: new_status")
        if not old or not new or old < 0 or new < 0 or old == new:
            return
        # The note is written; whether this works too is seen when the ticket is read next.
        with suppress(AdapterError):
            ticket = {"id": int(ticket_id), "status_id": old}
            self._client.post("Tickets", [ticket], f"keep the status of {label(ticket_id)}", ACTIONS_ADD)

    def _asked(self, ticket_id: TicketId, count: int) -> tuple[list[dict[str, Any]], int]:
        what = f"read the actions of {label(ticket_id)}"
        params = {"ticket_id": ticket_id, "count": str(count), "includehtmlnote": "true"}
        body = self._client.get("Actions", what, ACTIONS_READ, params)
        rows = [row for row in records(body, "actions", what) if _is_of(row, ticket_id, what)]
        total = optional_whole(body.get("record_count"), what) if isinstance(body, dict) else None
        return rows, total or 0

    def _reference(self, row: Json, ticket_id: TicketId) -> NoteRef:
        path = f"{label(ticket_id)}: action"
        return NoteRef(str(whole(row.get("id"), f"{path}: id")), occurred_at(row, path) or self._clock.now())


def _is_of(row: Json, ticket_id: TicketId, path: str) -> bool:
    """Whether an action is this ticket's: a filter that was not understood would give those of others."""
    number = optional_whole(row.get("ticket_id"), f"{path}: ticket_id")
    return number is None or number == int(ticket_id)
