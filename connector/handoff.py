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

from connector.findings import Found, find
from connector.fitting import NONE, Section, fitted
from connector.model import Entry, Reason, Stage, TicketRecord
from connector.policy import FixStartsAt, StartsAt, Tier
from connector.texts import clip, harmless
from connector.working_time import CalendarError, WorkingCalendar

SHORTEST_LIMIT = 500
"""The smallest note limit, in characters, that ``compose`` works with."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_NAME_WIDTH = 80
_TEXT_WIDTH = 500
_OVERNIGHT = timedelta(hours=4)
"""A closing is the end of the day, and no lunch break, when the next opening is that far away."""

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
    """

    record: TicketRecord
    tier_from: Tier
    tier_to: Tier | None
    reasons: tuple[Reason, ...]
    stage: Stage
    limit_minutes: float
    used_minutes: float
    counted_from: datetime
    due_at: datetime
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
    times = _Times(handoff.zone, handoff.now)
    return [
        Section("Issue", _issue(handoff.record), weight=2),
        Section("Reason for escalation", _reason(handoff, times), weight=4),
        _listed("Steps attempted", found.steps, times, "steps", weight=5),
        _listed("Error codes", found.errors, times, "error codes", weight=3),
        _listed("Research", found.research, times, "findings", weight=2),
        Section(
            "Internal discussions",
            (*map(_quoted, handoff.earlier_escalations), *_told(found.discussions, times)),
            "discussions",
        ),
        _listed("Missing permissions", found.permissions, times, "permissions"),
        Section("Next steps", (*_asked(handoff), *_told(found.next_steps, times)), "next steps", weight=4),
        Section("Client", tuple(_client(handoff)), weight=3),
    ]


def _listed(heading: str, found: Sequence[Found], times: _Times, noun: str, weight: int = 1) -> Section:
    return Section(heading, tuple(_told(found, times)), noun, weight)


def _told(found: Sequence[Found], times: _Times) -> Iterator[str]:
    """Each finding with when and by whom; the ticket's own words never come first on a line."""
    for item in found:
        where = "In the summary" if item.in_summary else f"{times.short(item.at)} {_name(item.by)}"
        yield f"{where}: {_quoted(item.text)}"


def _quoted(text: str) -> str:
    return clip(harmless(clip(text, 4 * _TEXT_WIDTH)), _TEXT_WIDTH)


def _name(text: str) -> str:
    return clip(harmless(clip(text, 4 * _NAME_WIDTH)), _NAME_WIDTH) or "unknown"


# --- the first line -------------------------------------------------------------------------------------------


def _head(handoff: Handoff) -> str:
    why = ", ".join(_why(handoff, reason) for reason in handoff.reasons)
    origin = _name(handoff.tier_from.name)
    if handoff.tier_to:
        return f"ESCALATED from {origin} to {_name(handoff.tier_to.name)}: {why}."
    return f"FINAL ESCALATION: {why} at {origin}, the last tier. {_call(handoff)}"


def _why(handoff: Handoff, reason: Reason) -> str:
    if reason is not Reason.TIME:
        return _WHY[reason]
    owed = "diagnosis plan" if handoff.stage is Stage.DIAGNOSIS else "fix"
    return f"no {owed} after {_minutes(handoff.limit_minutes)}"


def _call(handoff: Handoff) -> str:
    called = [f"{_name(name)} ({_name(role)})" for role, name in handoff.final_people if name]
    missing = [_name(role) for role, name in handoff.final_people if not name]
    if not called and not missing:
        return "Nobody is configured to be called."
    sentences = [f"{_and(called)}: please make a new plan together."] if called else []
    if missing:
        sentences.append(f"Nobody is configured as {_and(missing)}.")
    return " ".join(sentences)


def _and(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), *words[-1:]] if len(words) > 1 else words)


def _minutes(count: float) -> str:
    shown = _number(count)
    return f"{shown} working minute{'' if shown == '1' else 's'}"


def _number(count: float) -> str:
    return f"{round(count, 1):.10g}"


# --- the sections ---------------------------------------------------------------------------------------------


def _issue(record: TicketRecord) -> tuple[str, ...]:
    summary = _quoted(record.summary)
    return (
        f"“{summary}”." if summary else f"{NONE}.",
        f"Client: {_name(record.client.name) if record.client else NONE}.",
        f"Priority: {_name(record.priority.name) if record.priority else NONE}.",
        f"Ticket {_name(record.id)}.",
    )


def _reason(handoff: Handoff, times: _Times) -> tuple[str, ...]:
    owed = "a diagnosis plan" if handoff.stage is Stage.DIAGNOSIS else "the fix"
    kinds = " & ".join(reason.value for reason in handoff.reasons)
    sentences = [
        f"{kinds}. {_number(handoff.used_minutes)} of {_minutes(handoff.limit_minutes)} for {owed} are used, "
        f"counted from {times.short(handoff.counted_from)}; the limit ran out at {times.short(handoff.due_at)}."
    ]
    if handoff.policy_note:
        sentences.append(f"{_quoted(handoff.policy_note).rstrip('.')}.")
    if handoff.paused_minutes >= 1:
        sentences.append(f"{_minutes(round(handoff.paused_minutes))} of waiting did not count.")
    holders = ", then ".join(_name(name) for name in handoff.holders) or "nobody as its owner"
    since = times.short(handoff.stint_started_at)
    sentences.append(f"Held by {_name(handoff.tier_from.name)} since {since}, with {holders}.")
    if handoff.plan:
        sentences.append(_plan(*handoff.plan, times))
    sentences.append(f"Times are {times.zone_text}.")
    return tuple(sentences)


def _plan(text: str, by: str, at: datetime, times: _Times) -> str:
    who = f" by {_name(by)}" if by else ""
    words = _quoted(text)
    return f"Diagnosis plan{who} at {times.short(at)}" + (f": “{words}”." if words else ", without text.")


def _asked(handoff: Handoff) -> Iterator[str]:
    """What is asked of those who get the ticket. The next tier's clocks start anew, with the diagnosis."""
    yield f"Assignment: {_quoted(handoff.assignment).rstrip('.')}."
    tier = handoff.tier_to
    if tier is None:
        people = [_name(name) for _, name in handoff.final_people if name]
        who = f"{_and(people)}: agree" if people else "Agree"
        yield f'{who} on a new plan, and record it in a note with a line starting with "New plan:".'
        yield "Tell the client how it goes on."
        return
    anew = "" if handoff.stage is Stage.DIAGNOSIS else "new or confirmed "
    since = "this assignment" if tier.starts_at is StartsAt.ASSIGNMENT else "your first touch"
    fix_since = "that plan" if handoff.fix_starts_at is FixStartsAt.PLAN else since
    yield (
        f"Record a {anew}diagnosis plan within {_minutes(tier.diagnosis_minutes * handoff.factor)} of {since}: "
        'a line starting with "Plan:" in a note or time entry.'
    )
    yield f"Bring the fix within {_minutes(tier.fix_minutes * handoff.factor)} of {fix_since}."


def _client(handoff: Handoff) -> Iterator[str]:
    contact, client = handoff.record.contact.strip(), handoff.record.client
    who = [_name(contact)] if contact else []
    who += [_name(client.name)] if client else []
    yield f"{' at '.join(who) or NONE}."
    calendar = handoff.calendar
    local = _Times(calendar.zone, handoff.now)
    if handoff.is_clients_calendar:
        yield f"Local time there: {local.full(handoff.now)}. Working hours: {calendar.hours_text}."
    else:
        yield (
            f"Their own hours are not configured; by the tier's calendar it is {local.full(handoff.now)}, "
            f"working hours {calendar.hours_text}."
        )
    yield from _day(handoff, local)


def _day(handoff: Handoff, local: _Times) -> Iterator[str]:
    """Whether the client's day is about to end or over, and what that means for the work."""
    now, calendar = handoff.now, handoff.calendar
    if not calendar.is_open(now):
        yield f"Closed now, {_opening(calendar, now, local)}."
        return
    closing = calendar.closes_at(now)
    if closing and closing - now <= timedelta(minutes=handoff.end_of_day_minutes) and _is_last(calendar, closing):
        left = round((closing - now) / timedelta(minutes=1))
        advice = "the priority is critical, so go on" if handoff.is_critical else "reschedule rather than work on"
        yield f"The day ends at {local.short(closing)}, in {left} minutes: {advice}."


def _is_last(calendar: WorkingCalendar, closing: datetime) -> bool:
    try:
        return calendar.next_open(closing) - closing >= _OVERNIGHT
    except CalendarError:
        return True


def _opening(calendar: WorkingCalendar, now: datetime, local: _Times) -> str:
    try:
        return f"until {local.full(calendar.next_open(now))}"
    except CalendarError:
        return "and the calendar has no further opening"


# --- times ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Times:
    """Moments as people read them in one zone, with the date only where it is not today's."""

    zone: ZoneInfo
    now: datetime

    @property
    def zone_text(self) -> str:
        short = self.now.astimezone(self.zone).tzname() or ""
        return short if short == self.zone.key else f"{short} ({self.zone.key})"

    def short(self, at: datetime) -> str:
        """``09:05``, or ``14 Jan 09:05`` on another day, with the year in another year."""
        local, today = at.astimezone(self.zone), self.now.astimezone(self.zone)
        if local.date() == today.date():
            return f"{local:%H:%M}"
        year = "" if local.year == today.year else f" {local.year}"
        return f"{local.day} {_MONTHS[local.month - 1]}{year} {local:%H:%M}"

    def full(self, at: datetime) -> str:
        """``Thu 15 Jan 09:05 EST``."""
        local = at.astimezone(self.zone)
        return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]} {local:%H:%M} {local.tzname()}"
