"""The escalations that were asked for on a ticket: by whom, and each kind with its own words. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from connector.model import Reason, Visibility
from connector.notes.material import EscalationNote
from connector.reading.command_words import EscalateWords, spoken_in
from connector.rules.commands import Request


def others_on(note: EscalationNote) -> tuple[Request, ...]:
    """What was asked for and is not answered by this note: on earlier tiers, or what still waits."""
    return tuple(request for request in _spoken(note) if request not in note.demand.requests)


def _spoken(note: EscalationNote) -> Iterator[Request]:
    for entry in note.record.entries:
        author = entry.author
        if entry.is_heard and entry.is_agents and entry.visibility is Visibility.INTERNAL:
            for words in spoken_in(entry.text):
                if isinstance(words, EscalateWords):
                    said = (words.reasons, words.detail, words.topic)
                    yield Request(entry.id, author.name, author.identifier, entry.at, *said)


def parts_of(request: Request, permissions: Collection[str]) -> Iterator[tuple[tuple[Reason, ...], str]]:
    """The kinds of a request, each with its own words: those with the command, or the ``permissions`` that are missing.

    What several kinds share is about all of them; where the permissions are known by themselves, about the others.
    """
    others = tuple(reason for reason in request.reasons if reason is not Reason.PERMISSION)
    known = "; ".join(words for words in permissions if words != request.detail)
    if others == request.reasons or not known:
        yield request.reasons, request.detail
    elif not others:
        yield request.reasons, request.detail or known
    else:
        yield others, request.detail
        yield (Reason.PERMISSION,), known
