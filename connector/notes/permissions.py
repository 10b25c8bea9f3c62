"""The permissions that are missing on a ticket, and the steps that wait for them, for the escalation note. Pure."""

from __future__ import annotations

import re
from datetime import datetime

from connector.model import Reason
from connector.notes.material import EscalationNote
from connector.notes.tiers_work import TiersWork
from connector.reading.findings import Found

_ONCE = re.compile(r"(?:once|when|after|as soon as|then)\b", re.IGNORECASE)
"""How a step begins that says itself that it waits."""


def missing_on(note: EscalationNote, work: TiersWork) -> tuple[Found, ...]:
    """Those named with a request, oldest first, and those found on any tier."""
    asked = [
        Found(request.detail, request.by, request.at)
        for request in (*note.demand.requests, *work.asked)
        if Reason.PERMISSION in request.reasons
        and request.detail
        # What several kinds share may be about another.
        and (len(request.reasons) == 1 or not work.permissions)
    ]
    return (*sorted(asked, key=lambda one: one.at), *work.permissions)


def needed_by(note: EscalationNote, work: TiersWork) -> tuple[str, ...]:
    """Those that are asked of whoever gets the ticket, each once; none where nobody asked for any.

    Of an escalation for want of them the stint's own, where it named some.
    """
    is_reason = Reason.PERMISSION in note.demand.reasons
    if not is_reason and not any(Reason.PERMISSION in request.reasons for request in work.asked):
        return ()
    every = missing_on(note, work)
    new = [one for one in every if one.at >= note.stint.entered_at] if is_reason else []
    kept: list[str] = []
    for words in (one.text for one in new or every):
        if not any(words.casefold() in other.casefold() for other in kept):
            kept.append(words)
    return tuple(kept)


def steps_that_wait(note: EscalationNote, work: TiersWork) -> tuple[Found, ...]:
    """The next steps to be taken once the permissions are there, where they do not say so themselves.

    That is what whoever asked for them wrote from then on in the same stint, or else what he had written there before.
    """
    waiting: list[Found] = []
    for request in (*note.demand.requests, *work.asked):
        if Reason.PERMISSION in request.reasons:
            stint = _stint_at(note, request.at)
            own = [one for one in work.next_steps if one.by == request.by and _stint_at(note, one.at) == stint]
            waiting += [one for one in own if one.at >= request.at] or own
    return tuple(step for step in waiting if not _ONCE.match(step.text))


def _stint_at(note: EscalationNote, at: datetime) -> str:
    return next((stint.key for stint in note.decision.timeline.stints if stint.period.holds(at)), "")
