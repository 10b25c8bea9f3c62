"""Notes of a ticket: writing one for staff or one for the client.

Notes for staff go to ``/comment``, and to nothing else: the rights that let an account move tickets also let it mail
the client. ``/correspond`` is written here once, for the message that is meant for the client.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from adapters.payloads import Json, label, moment
from adapters.request_tracker.client import RtClient
from adapters.request_tracker.directory import NOTE_KEY, Directory
from adapters.request_tracker.mapping import record, record_id
from adapters.request_tracker.merges import Merges
from adapters.request_tracker.refusals import Refused
from adapters.request_tracker.transactions import COMMENT, CORRESPOND
from connector.errors import AdapterError, Forbidden, OutcomeUnknown, PayloadError, Permanent, VisibleNote
from connector.model import NoteRef, TicketId

COMMENT_RIGHT = "the right CommentOnTicket (or ModifyTicket) in the ticket's queue"
SEE_COMMENTS = "the right ShowTicketComments in the ticket's queue"
REPLY_RIGHT = "the right ReplyToTicket (or ModifyTicket) in the ticket's queue"

WhyRefused = Callable[[TicketId, str, Refused], AdapterError]
"""What a 400 on a note stands for, found out by reading the ticket: the last one offers ``ref`` or does not."""


class Notes:
    """Notes at one RT. ``why_refused`` turns a 400 on a ticket into the error that is proven."""

    def __init__(self, client: RtClient, directory: Directory, merges: Merges, why_refused: WhyRefused) -> None:
        self._client = client
        self._directory = directory
        self._merges = merges
        self._why_refused = why_refused

    def write_internal(self, ticket_id: TicketId, words: str, marker: str) -> NoteRef:
        """Add a comment, once, and read it again. Raises VisibleNote when nothing proves that it is one."""
        what = f"write a note on {label(ticket_id)}"
        number = self._sent(ticket_id, f"ticket/{ticket_id}/comment", what, COMMENT_RIGHT, words, marker)
        try:
            row = self._written(ticket_id, number, what)
        except Forbidden as error:
            raise VisibleNote(
                f"transaction {number} on {label(ticket_id)} was written as a comment and cannot be read again, so "
                f"nothing proves that the client can't see it, and it would not be found again: the connector's "
                f"account needs {SEE_COMMENTS}"
            ) from error
        if row.get("Type") != COMMENT:
            raise VisibleNote(
                f"ALARM: transaction {number} on {label(ticket_id)} did not come back as a comment: the client may "
                "see it. Look at it, and at what changes comments in this RT"
            )
        return _reference(row)

    def write_visible(self, ticket_id: TicketId, words: str, marker: str) -> NoteRef:
        """Reply to the client, once, and read the reply again."""
        what = f"write to the client on {label(ticket_id)}"
        number = self._sent(ticket_id, f"ticket/{ticket_id}/correspond", what, REPLY_RIGHT, words, marker)
        row = self._written(ticket_id, number, what)
        if row.get("Type") != CORRESPOND:
            raise Permanent(f"{what}: transaction {number} did not come back as a reply: the client may not see it")
        return _reference(row)

    def _sent(self, ticket_id: TicketId, path: str, what: str, right: str, words: str, marker: str) -> str:
        if marker not in words:
            raise Permanent(f"{what}: the text lacks its marker; nothing was written")
        payload: dict[str, Any] = {"Content": words, "ContentType": "text/plain"}
        if self._directory.has_note_key.get():
            payload["TxnCustomFields"] = {NOTE_KEY: marker}
        try:
            return self._client.post(path, what, right, payload)
        except Refused as error:
            raise self._why_refused(ticket_id, right, error) from error

    def _written(self, ticket_id: TicketId, number: str, what: str) -> Json:
        """The transaction that came of it. When it cannot be read now, it will be looked for before any repeat."""
        try:
            row = self._client.get(f"transaction/{number}", what, SEE_COMMENTS)
        except Forbidden:
            raise
        except AdapterError as error:
            raise OutcomeUnknown(f"{what}: written, but could not be read again ({error})") from error
        row = row if isinstance(row, dict) else {}
        try:
            of = record(row, "Object", what)
            self._prove_of(ticket_id, of.get("id") if of.get("type") == "ticket" else None, what)
            is_own = record_id(row.get("id"), f"{what}: transaction: id") == number
        except PayloadError as error:
            raise OutcomeUnknown(f"{what}: answered well, but not with what was written ({error})") from error
        if not is_own:
            raise OutcomeUnknown(f"{what}: answered well, but with another transaction than the one that was written")
        return row

    def _prove_of(self, ticket_id: TicketId, told: object, what: str) -> None:
        """Raises PayloadError unless what was written is of that ticket, or of the one that it became part of."""
        found = record_id(told, f"{what}: transaction: Object: id")
        if found != ticket_id:
            self._merges.prove(ticket_id, found)


def _reference(row: Json) -> NoteRef:
    number = record_id(row.get("id"), "transaction: id")
    try:
        return NoteRef(number, moment(row.get("Created"), f"transaction {number}: Created"))
    except PayloadError as error:
        raise OutcomeUnknown(f"transaction {number} was written, and RT tells no time of it") from error
