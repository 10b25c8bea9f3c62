"""What was talked over, asked for, decided and escalated on a ticket, line by line for the escalation note. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from connector.notes.material import EscalationNote
from connector.notes.phrases import Times, in_full, joined, kinds_text, name_of, quoted
from connector.notes.tiers_work import TiersWork, told
from connector.rules.commands import Request
from connector.rules.escalation import Documentation
from connector.rules.overrides import Override

_MOST_TRACED = 20
"""Of so many requests it is worked out what they waited for: the first ones."""

_APART = timedelta(minutes=1)
"""How far the clocks of a ticket system and of ours may be apart."""


def discussions(note: EscalationNote, work: TiersWork, times: Times) -> Iterator[str]:
    """What was said among colleagues, decided by managers and escalated before, oldest first."""
    said: list[tuple[datetime, str]] = []
    said += [(at, f"{times.short(at)} {quoted(words)}") for at, words in note.earlier]
    said += _asked(note, work, times)
    said += [(one.at, _override(one, times)) for one in note.decision.commands.applied]
    said += [(one.at, _refused(one, times)) for one in note.decision.commands.refused]
    talks = zip(work.discussions, told(work.discussions, times), strict=True)
    said += [(one.at, line) for one, line in talks]
    yield from (line for _, line in sorted(said, key=lambda pair: pair[0]))


def _asked(note: EscalationNote, work: TiersWork, times: Times) -> Iterator[tuple[datetime, str]]:
    """The escalations that were asked for, but for those that a line of an earlier escalation tells already."""
    held: dict[datetime, Documentation] = {}
    for number, request in enumerate(work.asked):
        if number < _MOST_TRACED and request.at not in held:
            held[request.at] = _held_then(note, request.at)
        missing = _missing(held[request.at], request) if number < _MOST_TRACED else ()
        topic = in_full(request.topic)
        followed = [quoted(words) for at, words in note.earlier if at >= request.at - _APART]
        if not missing and any(topic in words for words in followed):
            continue
        who = f"{times.short(request.at)} {name_of(request.by)}"
        waited = f"; it waited for {joined(missing)}" if missing else ""
        words = f": {topic}" if topic else ""
        yield request.at, f"{who} asked for an escalation ({kinds_text(request.reasons)}){words}{waited}"


def _held_then(note: EscalationNote, moment: datetime) -> Documentation:
    """What the ticket held at a moment: what is asked for in one breath is held against one reading of it."""
    decision = note.decision
    record = replace(decision.record, entries=tuple(entry for entry in decision.record.entries if entry.at <= moment))
    return Documentation(replace(decision, timeline=replace(decision.timeline, record=record)))


def _missing(held: Documentation, request: Request) -> list[str]:
    """What a request still needed, in words without the form of the line that says it."""
    return [words.partition(" (")[0] for words in held.missing(request)]


def _refused(override: Override, times: Times) -> str:
    """An override that was not applied: what somebody wrote with it is not lost."""
    who = f"{times.short(override.at)} {name_of(override.by)}"
    return f"{who} asked for an override, which was not applied: {in_full(override.reason)}"


def _override(override: Override, times: Times) -> str:
    """An override that was applied, as every later note lists it."""
    who, tier = f"{times.short(override.at)} {name_of(override.by)}", name_of(override.tier)
    reason = f": {in_full(override.reason)}" if override.reason else ""
    if override.is_off:
        return f"{who} ended the overrides at {tier}{reason}"
    if override.until is None:
        return f"{who} lifted the limit at {tier}{reason}"
    return f"{who} allowed {tier} until {times.short(override.until)}{reason}"
