"""The escalation note: what the next tier reads when a ticket arrives. Pure.

``compose`` puts together what is known; what the ticket says comes from ``findings``, the shortening is done by
``layout``. Every text from the ticket is made harmless first: nothing that somebody wrote can pass for a heading, a
marker or a command of ours. The note can be read as plain text, as Markdown, and with its line breaks lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.model import Reason, Stage, TicketRecord
from connector.notes.layout import NONE, Section, fitted
from connector.notes.phrases import Times, joined, minutes_text, name_of, number, quoted, reasons_text
from connector.policy.policy import EndOfDay, FixStartsAt, Policy, StartsAt, Tier
from connector.reading.findings import Found, find
from connector.rules.commands import Request
from connector.rules.escalation import Demand
from connector.rules.evidence import DiagnosisPlan, entries_within
from connector.rules.limits import Decision, StageClock
from connector.rules.overrides import Override
from connector.rules.stints import Stint
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
class EscalationNote:
    """What an escalation note is made of: a decision with a running clock, and the demand that it led to.

    ``to``: None for the final escalation, which calls ``people`` (role, name; an empty name is nobody configured).
    ``assignment`` says in plain words who has the ticket now; ``earlier``: a line for each escalation before this one.
    The connector's own notes on the ticket are marked as such.
    """

    decision: Decision
    demand: Demand
    policy: Policy
    to: Tier | None
    assignment: str
    marker: str
    people: tuple[tuple[str, str], ...] = ()
    earlier: tuple[str, ...] = ()

    @property
    def record(self) -> TicketRecord:
        return self.decision.record

    @property
    def tier(self) -> Tier:
        """The tier that the ticket leaves, or on which the final escalation finds it."""
        assert self.decision.tier is not None
        return self.decision.tier

    @property
    def stint(self) -> Stint:
        assert self.decision.stint is not None
        return self.decision.stint

    @property
    def clock(self) -> StageClock:
        assert self.decision.clock is not None
        return self.decision.clock

    @property
    def times(self) -> Times:
        """Moments in the zone of the calendar that counts."""
        return Times(self.clock.calendar.zone, self.decision.at)


def compose(note: EscalationNote, limit: int) -> str:
    """The internal note of an escalation in at most ``limit`` characters, its marker alone on the last line.

    Long histories are shortened from the middle, with the count of what was left out. Raises ValueError when
    ``limit`` is below ``SHORTEST_LIMIT``.
    """
    if limit < SHORTEST_LIMIT:
        raise ValueError(f"a note needs room for {SHORTEST_LIMIT} characters, not {limit}")
    return fitted(_head(note), _sections(note), f"Ref. {note.marker}", limit)


def _sections(note: EscalationNote) -> list[Section]:
    found = find(note.record, entries_within(note.stint.period, note.record.entries), note.decision.staff)
    times = note.times
    return [
        Section("Issue", _issue(note.record), weight=2),
        Section("Reason for escalation", _reason(note, times), weight=4),
        _listed("Steps attempted", found.steps, times, "steps", weight=5),
        _listed("Error codes", found.errors, times, "error codes", weight=3),
        _listed("Research", found.research, times, "findings", weight=2),
        Section(
            "Internal discussions",
            (
                *map(quoted, note.earlier),
                *(_override(one, times) for one in note.decision.commands.applied),
                *_told(found.discussions, times),
            ),
            "discussions",
        ),
        Section(
            "Missing permissions",
            (*_permissions_asked_for(note, times), *_told(found.permissions, times)),
            "permissions",
        ),
        Section("Next steps", (*_asked(note), *_told(found.next_steps, times)), "next steps", weight=4),
        Section("Client", tuple(_client(note)), weight=3),
    ]


def _listed(heading: str, found: Sequence[Found], times: Times, noun: str, weight: int = 1) -> Section:
    return Section(heading, tuple(_told(found, times)), noun, weight)


def _told(found: Sequence[Found], times: Times) -> Iterator[str]:
    """Each finding with when and by whom; the ticket's own words never come first on a line."""
    for item in found:
        where = "In the summary" if item.in_summary else f"{times.short(item.at)} {name_of(item.by)}"
        yield f"{where}: {quoted(item.text)}"


# --- the first line -------------------------------------------------------------------------------------------


def _head(note: EscalationNote) -> str:
    why = ", ".join(_why(note, reason) for reason in note.demand.reasons)
    origin = name_of(note.tier.name)
    if note.to:
        return f"ESCALATED from {origin} to {name_of(note.to.name)}: {why}."
    return f"FINAL ESCALATION: {why} at {origin}, the last tier. {_call(note)}"


def _why(note: EscalationNote, reason: Reason) -> str:
    if reason is not Reason.TIME:
        return _WHY[reason]
    return f"no {note.clock.stage.owed} after {minutes_text(note.clock.limit_minutes)}"


def _call(note: EscalationNote) -> str:
    called = [f"{name_of(name)} ({name_of(role)})" for role, name in note.people if name]
    missing = [name_of(role) for role, name in note.people if not name]
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


def _reason(note: EscalationNote, times: Times) -> tuple[str, ...]:
    clock, stint = note.clock, note.stint
    article = "a" if clock.stage is Stage.DIAGNOSIS else "the"
    sentences = [
        f"{reasons_text(note.demand.reasons)}. {number(clock.used_minutes)} of {minutes_text(clock.limit_minutes)} "
        f"for {article} {clock.stage.owed} are used, "
        f"counted from {times.short(clock.counted_from)}{_ran_out(note, times)}.",
        *_raised(note, times),
    ]
    if clock.factor != 1:
        sentences.append(f"{clock.base_minutes:g} minutes, times {clock.factor:g} for the priority.")
    paused = clock.paused_minutes(note.decision.at)
    if paused >= 1:
        sentences.append(f"{minutes_text(round(paused))} of waiting did not count.")
    holders = ", then ".join(name_of(name) for name in stint.holders) or "nobody as its owner"
    since = times.short(stint.clock_from or stint.entered_at)
    sentences.append(f"Held by {name_of(note.tier.name)} since {since}, with {holders}.")
    if stint.plan:
        sentences.append(_plan(stint.plan, times))
    sentences.append(f"Times are {times.zone_text}.")
    return tuple(sentences)


def _ran_out(note: EscalationNote, times: Times) -> str:
    clock = note.clock
    if Reason.TIME not in note.demand.reasons or clock.due_at is None:
        return ""
    limit_at = clock.limit_at or clock.due_at
    ran_out = f"; the limit ran out at {times.short(limit_at)}"
    if clock.override is not None and clock.due_at > limit_at:
        ran_out += f", and by an override of {name_of(clock.override.by)} it applied from {times.short(clock.due_at)}"
    if clock.deferred_to is not None:
        ran_out += f"; the escalation waited for the client's opening at {times.short(clock.deferred_to)}"
    return ran_out


def _raised(note: EscalationNote, times: Times) -> Iterator[str]:
    """Who asked for the escalation, what is blocked, and what is not documented yet."""
    for request in note.demand.requests:
        kinds = joined([reason.value.lower() for reason in request.reasons])
        yield f"{name_of(request.by)} asked for it at {times.short(request.at)} ({kinds})" + _said(request)
    if note.stint.critical_at is not None and Reason.URGENCY in note.demand.reasons:
        yield f"The priority rose to a critical one at {times.short(note.stint.critical_at)}."
    if note.demand.undocumented:
        yield f"NOT DOCUMENTED YET: {'; '.join(note.demand.undocumented)}."


def _said(request: Request) -> str:
    words = quoted(request.detail).rstrip(".")
    if not words:
        return "."
    return f"; blocked: “{words}”." if Reason.URGENCY in request.reasons else f": “{words}”."


def _permissions_asked_for(note: EscalationNote, times: Times) -> Iterator[str]:
    """The permissions that were named with the request itself."""
    for request in note.demand.requests:
        if Reason.PERMISSION in request.reasons and request.detail:
            yield f"{times.short(request.at)} {name_of(request.by)}: {quoted(request.detail)}"


def _override(override: Override, times: Times) -> str:
    """An override that was applied, as every later note lists it."""
    how = "off" if override.is_off else "no limit in that stint"
    if override.until is not None:
        how = f"until {times.short(override.until)}"
    reason = f", because: {quoted(override.reason)}" if override.reason else ""
    return f"{times.short(override.at)} {name_of(override.by)}: override at {name_of(override.tier)}, {how}{reason}"


def _plan(plan: DiagnosisPlan, times: Times) -> str:
    who = f" by {name_of(plan.by)}" if plan.by else ""
    words = quoted(plan.text)
    return f"Diagnosis plan{who} at {times.short(plan.at)}" + (f": “{words}”." if words else ", without text.")


def _asked(note: EscalationNote) -> Iterator[str]:
    """What is asked of those who get the ticket. The next tier's clocks start anew, with the diagnosis."""
    yield f"Assignment: {quoted(note.assignment).rstrip('.')}."
    for name, why in note.policy.skipped_above(note.tier):
        yield f"Passed over: {name_of(name)} ({quoted(why).rstrip('.')})."
    for request in note.demand.requests:
        if Reason.KNOWLEDGE in request.reasons:
            topic = quoted(request.detail or note.record.summary).rstrip(".")
            yield f"Training request for {name_of(request.by)}: {topic}."
    tier = note.to
    if tier is None:
        people = [name_of(name) for _, name in note.people if name]
        who = f"{joined(people)}: agree" if people else "Agree"
        yield f'{who} on a new plan, and record it in a note with a line starting with "New plan:".'
        yield "Tell the client how it goes on."
        return
    anew = "" if note.clock.stage is Stage.DIAGNOSIS else "new or confirmed "
    since = "this assignment" if tier.starts_at is StartsAt.ASSIGNMENT else "your first touch"
    fix_since = "that plan" if note.policy.fix_starts_at is FixStartsAt.PLAN else since
    yield (
        f"Record a {anew}diagnosis plan within {minutes_text(tier.diagnosis_minutes * note.clock.factor)} of {since}: "
        'a line starting with "Plan:" in a note or time entry.'
    )
    yield f"Bring the fix within {minutes_text(tier.fix_minutes * note.clock.factor)} of {fix_since}."


def _client(note: EscalationNote) -> Iterator[str]:
    contact, client = note.record.contact.strip(), note.record.client
    who = [name_of(contact)] if contact else []
    who += [name_of(client.name)] if client else []
    yield f"{' at '.join(who) or NONE}."
    calendar = note.clock.calendar
    local = note.times
    if note.policy.has_calendar_of(client):
        yield f"Local time there: {local.full(note.decision.at)}. Working hours: {calendar.hours_text}."
    else:
        yield (
            f"Their own hours are not configured; by the tier's calendar it is {local.full(note.decision.at)}, "
            f"working hours {calendar.hours_text}."
        )
    yield from _day(note, local)


def _day(note: EscalationNote, local: Times) -> Iterator[str]:
    """Whether the client's day is about to end or over, and what that means for the work."""
    now, calendar, policy = note.decision.at, note.clock.calendar, note.policy
    if not calendar.is_open(now):
        yield f"Closed now, {_opening(calendar, now, local)}."
        return
    if policy.end_of_day is EndOfDay.IGNORE:
        return
    closing = end_of_day(calendar, now, policy.end_of_day_minutes)
    if closing:
        left = round((closing - now) / timedelta(minutes=1))
        is_critical = policy.is_critical(note.record.priority)
        advice = "the priority is critical, so go on" if is_critical else "reschedule rather than work on"
        yield f"The day ends at {local.short(closing)}, in {left} minutes: {advice}."


def _opening(calendar: WorkingCalendar, now: datetime, local: Times) -> str:
    try:
        return f"until {local.full(calendar.next_open(now))}"
    except CalendarError:
        return "and the calendar has no further opening"
