"""The escalation note: what the next tier reads when a ticket arrives. Pure.

``compose`` puts together what is known; what the ticket says comes from ``findings``, the shortening is done by
``fitting``. Every text from the ticket is made harmless first: nothing that somebody wrote can pass for a heading, a
marker or a command of ours. The note can be read as plain text, as Markdown, and with its line breaks lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from connector.model import Entry, Reason, Stage, TicketRecord
from connector.notes.layout import NONE, Section, fitted
from connector.notes.phrases import Times, joined, minutes_text, name_of, number, quoted, reasons_text
from connector.policy.policy import FixStartsAt, StartsAt, Tier
from connector.reading.findings import Found, find
from connector.rules.commands import Request
from connector.rules.overrides import Override
from connector.working_time.calendar import WorkingCalendar
from connector.working_time.client_day import end_of_day
from connector.working_time.rules import CalendarError

SHORTEST_LIMIT = 500
"""The smallest note limit, in characters, that ``compose`` works with."""

_WHY = {
    Reason.KNOWLEDGE: "more knowledge is needed",
    Reason.PERMISSION: "permissions are missing",
    Reason.URGENCY: "it is urgent",
}


@dataclass(frozen=True, slots=True)
class Handoff:
    """All that an escalation note is made of. Lengths are working minutes, moments are aware.

    ``tier_to``: None for the final escalation, which calls ``final_people`` (role, name; an empty name is nobody
    configured). ``counted_from`` and ``due_at`` are the stage's, ``factor`` the priority's factor on the limits.
    ``holders`` and ``entries`` are the stint's, oldest first, with the connector's own notes marked as such.
    ``plan``: text, by whom, when. ``zone`` is the one that times are shown in; ``calendar`` the one that counted,
    ``is_clients_calendar`` whether it is the client's own. ``assignment`` says in plain words who has the ticket
    now. ``end_of_day_minutes``: how near the end of the day is worth a recommendation; 0 is never.
    ``due_at`` is None where nothing was due. ``requests`` are those of technicians, ``undocumented`` is what they lack.
    ``overrides`` are all of the ticket, ``override`` is the one that held, ``limit_at`` when the limit ran out without
    it; ``waited_until``: the client's opening for which the escalation waited. ``skipped``: tiers passed over, and why.
    """

    record: TicketRecord
    tier_from: Tier
    tier_to: Tier | None
    reasons: tuple[Reason, ...]
    stage: Stage
    limit_minutes: float
    used_minutes: float
    counted_from: datetime
    due_at: datetime | None
    stint_started_at: datetime
    holders: tuple[str, ...]
    entries: tuple[Entry, ...]
    plan: tuple[str, str, datetime] | None
    paused_minutes: float
    calendar: WorkingCalendar
    zone: ZoneInfo
    now: datetime
    marker: str
    assignment: str
    is_clients_calendar: bool = False
    is_critical: bool = False
    end_of_day_minutes: float = 30
    factor: float = 1.0
    fix_starts_at: FixStartsAt = FixStartsAt.PLAN
    final_people: tuple[tuple[str, str], ...] = ()
    policy_note: str = ""
    earlier_escalations: tuple[str, ...] = ()
    requests: tuple[Request, ...] = ()
    undocumented: tuple[str, ...] = ()
    became_critical_at: datetime | None = None
    overrides: tuple[Override, ...] = ()
    override: Override | None = None
    limit_at: datetime | None = None
    waited_until: datetime | None = None
    skipped: tuple[tuple[str, str], ...] = ()


def compose(handoff: Handoff, limit: int) -> str:
    """The internal note of an escalation in at most ``limit`` characters, its marker alone on the last line.

    Long histories are shortened from the middle, with the count of what was left out. Raises ValueError when
    ``limit`` is below ``SHORTEST_LIMIT``.
    """
    if limit < SHORTEST_LIMIT:
        raise ValueError(f"a note needs room for {SHORTEST_LIMIT} characters, not {limit}")
    return fitted(_head(handoff), _sections(handoff), f"Ref. {handoff.marker}", limit)


def _sections(handoff: Handoff) -> list[Section]:
    found = find(handoff.record, handoff.entries)
    times = Times(handoff.zone, handoff.now)
    return [
        Section("Issue", _issue(handoff.record), weight=2),
        Section("Reason for escalation", _reason(handoff, times), weight=4),
        _listed("Steps attempted", found.steps, times, "steps", weight=5),
        _listed("Error codes", found.errors, times, "error codes", weight=3),
        _listed("Research", found.research, times, "findings", weight=2),
        Section(
            "Internal discussions",
            (
                *map(quoted, handoff.earlier_escalations),
                *(_override(one, times) for one in handoff.overrides),
                *_told(found.discussions, times),
            ),
            "discussions",
        ),
        Section(
            "Missing permissions",
            (*_permissions_asked_for(handoff, times), *_told(found.permissions, times)),
            "permissions",
        ),
        Section("Next steps", (*_asked(handoff), *_told(found.next_steps, times)), "next steps", weight=4),
        Section("Client", tuple(_client(handoff)), weight=3),
    ]


def _listed(heading: str, found: Sequence[Found], times: Times, noun: str, weight: int = 1) -> Section:
    return Section(heading, tuple(_told(found, times)), noun, weight)


def _told(found: Sequence[Found], times: Times) -> Iterator[str]:
    """Each finding with when and by whom; the ticket's own words never come first on a line."""
    for item in found:
        where = "In the summary" if item.in_summary else f"{times.short(item.at)} {name_of(item.by)}"
        yield f"{where}: {quoted(item.text)}"


# --- the first line -------------------------------------------------------------------------------------------


def _head(handoff: Handoff) -> str:
    why = ", ".join(_why(handoff, reason) for reason in handoff.reasons)
    origin = name_of(handoff.tier_from.name)
    if handoff.tier_to:
        return f"ESCALATED from {origin} to {name_of(handoff.tier_to.name)}: {why}."
    return f"FINAL ESCALATION: {why} at {origin}, the last tier. {_call(handoff)}"


def _why(handoff: Handoff, reason: Reason) -> str:
    if reason is not Reason.TIME:
        return _WHY[reason]
    owed = "diagnosis plan" if handoff.stage is Stage.DIAGNOSIS else "fix"
    return f"no {owed} after {minutes_text(handoff.limit_minutes)}"


def _call(handoff: Handoff) -> str:
    called = [f"{name_of(name)} ({name_of(role)})" for role, name in handoff.final_people if name]
    missing = [name_of(role) for role, name in handoff.final_people if not name]
    if not called and not missing:
        return "Nobody is configured to be called."
    sentences = [f"{joined(called)}: please make a new plan together."] if called else []
    if missing:
        sentences.append(f"Nobody is configured as {joined(missing)}.")
    return " ".join(sentences)


# --- the sections ---------------------------------------------------------------------------------------------


def _issue(record: TicketRecord) -> tuple[str, ...]:
    summary = quoted(record.summary)
    return (
        f"“{summary}”." if summary else f"{NONE}.",
        f"Client: {name_of(record.client.name) if record.client else NONE}.",
        f"Priority: {name_of(record.priority.name) if record.priority else NONE}.",
        f"Ticket {name_of(record.id)}.",
    )


def _reason(handoff: Handoff, times: Times) -> tuple[str, ...]:
    owed = "a diagnosis plan" if handoff.stage is Stage.DIAGNOSIS else "the fix"
    sentences = [
        f"{reasons_text(handoff.reasons)}. {number(handoff.used_minutes)} of "
        f"{minutes_text(handoff.limit_minutes)} for {owed} are used, "
        f"counted from {times.short(handoff.counted_from)}{_ran_out(handoff, times)}.",
        *_raised(handoff, times),
    ]
    if handoff.policy_note:
        sentences.append(f"{quoted(handoff.policy_note).rstrip('.')}.")
    if handoff.paused_minutes >= 1:
        sentences.append(f"{minutes_text(round(handoff.paused_minutes))} of waiting did not count.")
    holders = ", then ".join(name_of(name) for name in handoff.holders) or "nobody as its owner"
    since = times.short(handoff.stint_started_at)
    sentences.append(f"Held by {name_of(handoff.tier_from.name)} since {since}, with {holders}.")
    if handoff.plan:
        sentences.append(_plan(*handoff.plan, times))
    sentences.append(f"Times are {times.zone_text}.")
    return tuple(sentences)


def _ran_out(handoff: Handoff, times: Times) -> str:
    if Reason.TIME not in handoff.reasons or handoff.due_at is None:
        return ""
    limit_at = handoff.limit_at or handoff.due_at
    ran_out = f"; the limit ran out at {times.short(limit_at)}"
    if handoff.override is not None and handoff.due_at > limit_at:
        ran_out += (
            f", and by an override of {name_of(handoff.override.by)} it applied from {times.short(handoff.due_at)}"
        )
    if handoff.waited_until is not None:
        ran_out += f"; the escalation waited for the client's opening at {times.short(handoff.waited_until)}"
    return ran_out


def _raised(handoff: Handoff, times: Times) -> Iterator[str]:
    """Who asked for the escalation, what is blocked, and what is not documented yet."""
    for request in handoff.requests:
        kinds = joined([reason.value.lower() for reason in request.reasons])
        yield f"{name_of(request.by)} asked for it at {times.short(request.at)} ({kinds})" + _said(request)
    if handoff.became_critical_at is not None and Reason.URGENCY in handoff.reasons:
        yield f"The priority rose to a critical one at {times.short(handoff.became_critical_at)}."
    if handoff.undocumented:
        yield f"NOT DOCUMENTED YET: {'; '.join(handoff.undocumented)}."


def _said(request: Request) -> str:
    words = quoted(request.detail).rstrip(".")
    if not words:
        return "."
    return f"; blocked: “{words}”." if Reason.URGENCY in request.reasons else f": “{words}”."


def _permissions_asked_for(handoff: Handoff, times: Times) -> Iterator[str]:
    """The permissions that were named with the request itself."""
    for request in handoff.requests:
        if Reason.PERMISSION in request.reasons and request.detail:
            yield f"{times.short(request.at)} {name_of(request.by)}: {quoted(request.detail)}"


def _override(override: Override, times: Times) -> str:
    """An override that was applied, as every later note lists it."""
    how = "off" if override.is_off else "no limit in that stint"
    if override.until is not None:
        how = f"until {times.short(override.until)}"
    reason = f", because: {quoted(override.reason)}" if override.reason else ""
    return f"{times.short(override.at)} {name_of(override.by)}: override at {name_of(override.tier)}, {how}{reason}"


def _plan(text: str, by: str, at: datetime, times: Times) -> str:
    who = f" by {name_of(by)}" if by else ""
    words = quoted(text)
    return f"Diagnosis plan{who} at {times.short(at)}" + (f": “{words}”." if words else ", without text.")


def _asked(handoff: Handoff) -> Iterator[str]:
    """What is asked of those who get the ticket. The next tier's clocks start anew, with the diagnosis."""
    yield f"Assignment: {quoted(handoff.assignment).rstrip('.')}."
    for name, why in handoff.skipped:
        yield f"Passed over: {name_of(name)} ({quoted(why).rstrip('.')})."
    for request in handoff.requests:
        if Reason.KNOWLEDGE in request.reasons:
            topic = quoted(request.detail or handoff.record.summary).rstrip(".")
            yield f"Training request for {name_of(request.by)}: {topic}."
    tier = handoff.tier_to
    if tier is None:
        people = [name_of(name) for _, name in handoff.final_people if name]
        who = f"{joined(people)}: agree" if people else "Agree"
        yield f'{who} on a new plan, and record it in a note with a line starting with "New plan:".'
        yield "Tell the client how it goes on."
        return
    anew = "" if handoff.stage is Stage.DIAGNOSIS else "new or confirmed "
    since = "this assignment" if tier.starts_at is StartsAt.ASSIGNMENT else "your first touch"
    fix_since = "that plan" if handoff.fix_starts_at is FixStartsAt.PLAN else since
    yield (
        f"Record a {anew}diagnosis plan within {minutes_text(tier.diagnosis_minutes * handoff.factor)} of {since}: "
        'a line starting with "Plan:" in a note or time entry.'
    )
    yield f"Bring the fix within {minutes_text(tier.fix_minutes * handoff.factor)} of {fix_since}."


def _client(handoff: Handoff) -> Iterator[str]:
    contact, client = handoff.record.contact.strip(), handoff.record.client
    who = [name_of(contact)] if contact else []
    who += [name_of(client.name)] if client else []
    yield f"{' at '.join(who) or NONE}."
    calendar = handoff.calendar
    local = Times(calendar.zone, handoff.now)
    if handoff.is_clients_calendar:
        yield f"Local time there: {local.full(handoff.now)}. Working hours: {calendar.hours_text}."
    else:
        yield (
            f"Their own hours are not configured; by the tier's calendar it is {local.full(handoff.now)}, "
            f"working hours {calendar.hours_text}."
        )
    yield from _day(handoff, local)


def _day(handoff: Handoff, local: Times) -> Iterator[str]:
    """Whether the client's day is about to end or over, and what that means for the work."""
    now, calendar = handoff.now, handoff.calendar
    if not calendar.is_open(now):
        yield f"Closed now, {_opening(calendar, now, local)}."
        return
    closing = end_of_day(calendar, now, handoff.end_of_day_minutes)
    if closing:
        left = round((closing - now) / timedelta(minutes=1))
        advice = "the priority is critical, so go on" if handoff.is_critical else "reschedule rather than work on"
        yield f"The day ends at {local.short(closing)}, in {left} minutes: {advice}."


def _opening(calendar: WorkingCalendar, now: datetime, local: Times) -> str:
    try:
        return f"until {local.full(calendar.next_open(now))}"
    except CalendarError:
        return "and the calendar has no further opening"
