"""The escalation note: what the next tier reads when a ticket arrives. Pure.

``compose`` puts together what is known: the first two lines are in ``first_lines``, what the tiers did in
``tiers_work``, the shortening is done by ``layout``. Every text from the ticket is made harmless first, and never comes
first on a line: nothing that somebody wrote can pass for a heading, a marker or a command of ours. The note is plain
lines; how a ticket system shows headings and lists is the affair of its adapter.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from connector.model import AuthorKind, Reason, Stage
from connector.notes.first_lines import first_lines
from connector.notes.layout import NONE, Item, Section, fitted
from connector.notes.material import EscalationNote
from connector.notes.phrases import Times, in_full, joined, minutes_text, name_of, quoted, reasons_text, used_text
from connector.notes.tiers_work import TiersWork, told, work_of
from connector.policy.policy import EndOfDay
from connector.reading.own_words import own_lines
from connector.rules.commands import Request
from connector.rules.overrides import Override
from connector.rules.stints import Stint
from connector.wording import NOTE_SECTIONS
from connector.working_time.calendar import WorkingCalendar
from connector.working_time.client_day import end_of_day
from connector.working_time.rules import CalendarError

SHORTEST_LIMIT = 500
"""The smallest note limit, in characters, that ``compose`` works with."""

ISSUE, REASON, STEPS, ERRORS, RESEARCH, DISCUSSIONS, PERMISSIONS, NEXT, CLIENT = NOTE_SECTIONS

_MOST_EARLIER = 4
_LONGEST_HEARD = 200


def compose(note: EscalationNote, limit: int) -> str:
    """The internal note of an escalation in at most ``limit`` characters, its marker alone on the last line.

    Long histories are shortened from the middle, with the count of what was left out. Raises ValueError when
    ``limit`` is below ``SHORTEST_LIMIT``.
    """
    if limit < SHORTEST_LIMIT:
        raise ValueError(f"a note needs room for {SHORTEST_LIMIT} characters, not {limit}")
    head = first_lines(note)
    return fitted("\n".join(head), _sections(note, head), f"Ref. {note.marker}", limit)


def _sections(note: EscalationNote, head: tuple[str, str]) -> list[Section]:
    work, times = work_of(note), note.times
    clients = {entry.author.name for entry in note.record.entries if entry.author.kind is AuthorKind.CLIENT}
    return [
        Section(ISSUE, _lines(_issue(note)), weight=2),
        Section(REASON, _lines(_reason(note, times, head)), weight=4),
        Section(STEPS, work.steps, "steps", 6, is_numbered=True, none=work.none),
        Section(ERRORS, _lines(told(work.errors, times, clients)), "error codes", 3, none=work.none),
        Section(RESEARCH, _lines(told(work.research, times)), "findings", 2, none=work.none),
        Section(DISCUSSIONS, _lines(_discussions(note, work, times)), "discussions", 2),
        Section(
            PERMISSIONS,
            _lines((*_permissions_asked_for(note, work, times), *told(work.permissions, times))),
            "permissions",
        ),
        Section(NEXT, _lines(_next_steps(note, work, times)), "next steps", 4, is_numbered=True),
        Section(CLIENT, _lines(_client(note, times)), weight=3),
    ]


def _lines(texts: Iterator[str] | tuple[str, ...]) -> tuple[Item, ...]:
    return tuple(map(Item, texts))


# --- the issue and the reason -----------------------------------------------------------------------------------


def _issue(note: EscalationNote) -> Iterator[str]:
    record = note.record
    summary, contact = quoted(record.summary), record.contact.strip()
    names = [record.client.name if record.client else "", contact]
    who = f"From {', '.join(name_of(name) for name in names if name)}." if any(names) else f"From: {NONE}."
    priority = name_of(record.priority.name) if record.priority else NONE
    yield f"“{summary}”." if summary else f"Summary: {NONE}."
    yield f"{who} Priority: {priority}. Ticket {name_of(record.id)}."


def _reason(note: EscalationNote, times: Times, head: tuple[str, str]) -> Iterator[str]:
    clock = note.clock
    article = "a" if clock.stage is Stage.DIAGNOSIS else "the"
    waited = clock.paused_minutes(note.decision.at)
    less = f", less {minutes_text(round(waited), '')} of waiting" if waited >= 1 else ""
    yield (
        f"{reasons_text(note.demand.reasons)}. {name_of(note.tier.name)} used "
        f"{used_text(clock.used_minutes, clock.limit_minutes)} for {article} {clock.stage.owed}: "
        f"{times.short(clock.counted_from)} to {times.short(note.decision.at)}{less}."
    )
    yield from _ran_out(note, times)
    if clock.factor != 1:
        priority = name_of(note.record.priority.name) if note.record.priority else "the priority"
        yield f"The limit is {minutes_text(clock.base_minutes, '')} times {clock.factor:g}, for {priority}."
    yield from _raised(note, times)
    yield _held(note, times)
    is_said = note.calendar.zone.key in head[1]
    yield (
        f"Times without a date are of {times.day}." if is_said else f"Times are {times.day}, {note.calendar.zone.key}."
    )


def _ran_out(note: EscalationNote, times: Times) -> Iterator[str]:
    """When the limit ran out, where that was not just now, and what held the escalation up."""
    clock = note.clock
    if Reason.TIME not in note.demand.reasons or clock.due_at is None:
        return
    limit_at = clock.limit_at or clock.due_at
    told = f"The limit ran out at {times.short(limit_at)}"
    if clock.override is not None and clock.due_at > limit_at:
        told += f"; by an override of {name_of(clock.override.by)} it applied from {times.short(clock.due_at)}"
    if clock.deferred_to is not None:
        told += f"; the escalation waited for the client's opening at {times.short(clock.deferred_to)}"
    if times.short(limit_at) != times.short(note.decision.at) or clock.deferred_to is not None:
        yield f"{told}."


def _raised(note: EscalationNote, times: Times) -> Iterator[str]:
    """Who asked for the escalation, what is blocked, and what is not documented yet."""
    for request in note.demand.requests:
        kinds = joined([reason.value.lower() for reason in request.reasons])
        yield f"Asked for by {name_of(request.by)} at {times.short(request.at)} ({kinds}){_said(request)}"
    if note.stint.critical_at is not None and Reason.URGENCY in note.demand.reasons:
        yield f"The priority rose to a critical one at {times.short(note.stint.critical_at)}."
    if note.demand.undocumented:
        yield f"Not documented yet: {'; '.join(note.demand.undocumented)}."


def _said(request: Request) -> str:
    words = in_full(request.detail).rstrip(".")
    if not words:
        return "."
    return f"; blocked: “{words}”." if Reason.URGENCY in request.reasons else f": “{words}”."


def _held(note: EscalationNote, times: Times) -> str:
    """Who had the ticket, now and before."""
    since = times.short(note.stint.clock_from or note.stint.entered_at)
    sentences = [
        f"Held by {who} since {since}." if (who := _holders(note.stint)) else f"Nobody owned it since {since}."
    ]
    *before, _ = note.decision.timeline.stints
    shown = [_stay(note, stint, times) for stint in before[-_MOST_EARLIER:]]
    if shown:
        more = f"; and {len(before) - len(shown)} earlier stays" if len(before) > len(shown) else ""
        sentences.append(f"Before that {'; '.join(reversed(shown))}{more}.")
    return " ".join(sentences)


def _stay(note: EscalationNote, stint: Stint, times: Times) -> str:
    start, end = stint.clock_from or stint.entered_at, stint.ended_at
    until = f" to {times.short(end)}" if end else ""
    who = _holders(stint) or "nobody"
    return f"{who} at {name_of(note.policy.tier(stint.tier).name)}, {times.short(start)}{until}"


def _holders(stint: Stint) -> str:
    return ", then ".join(name_of(name) for name in stint.holders)


# --- discussions, permissions, what comes next --------------------------------------------------------------------


def _discussions(note: EscalationNote, work: TiersWork, times: Times) -> Iterator[str]:
    """What was said among colleagues, decided by managers and escalated before, oldest first."""
    said: list[tuple[datetime, str]] = []
    said += [(at, f"{times.short(at)} {quoted(words)}") for at, words in note.earlier]
    said += [(one.at, _override(one, times)) for one in note.decision.commands.applied]
    said += [(one.at, _refused(one, times)) for one in note.decision.commands.refused]
    talks = zip(work.discussions, told(work.discussions, times), strict=True)
    said += [(one.at, line) for one, line in talks]
    yield from (line for _, line in sorted(said, key=lambda pair: pair[0]))


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


def _permissions_asked_for(note: EscalationNote, work: TiersWork, times: Times) -> Iterator[str]:
    """The permissions that were named with the request itself; what several reasons share may be about another."""
    for request in note.demand.requests:
        is_about_them = len(request.reasons) == 1 or not work.permissions
        if Reason.PERMISSION in request.reasons and request.detail and is_about_them:
            yield f"{times.short(request.at)} {name_of(request.by)}: {in_full(request.detail)}"


def _next_steps(note: EscalationNote, work: TiersWork, times: Times) -> Iterator[str]:
    """What was planned, what is asked of those who get the ticket, and the training that is needed."""
    plan = note.stint.plan
    if plan:
        words = in_full(plan.text)
        whose = f"{name_of(plan.by)}'s plan" if plan.by else "The plan"
        yield f"{whose} of {times.short(plan.at)}" + (f": “{words}”." if words else " has no words.")
    yield from told(work.next_steps, times)
    yield from _asked(note, times)
    for name, why in note.policy.skipped_above(note.tier):
        yield f"Passed over: {name_of(name)} ({quoted(why).rstrip('.')})."
    for request in note.demand.requests:
        if Reason.KNOWLEDGE in request.reasons:
            topic = quoted(request.detail or note.record.summary).rstrip(".")
            yield f"Training requested for {name_of(request.by)}: {topic}."


def _asked(note: EscalationNote, times: Times) -> Iterator[str]:
    tier = note.to
    if tier is not None:
        yield f"Your plan {note.due.plan_text(times)}, the fix {note.due.fix_text(times)}."
    else:
        people = [f"{name_of(name)} ({name_of(role)})" for role, name in note.people if name]
        who = f"{joined(people)}: agree" if people else "Agree"
        yield f"{who} on a new plan, and record it in an internal note: “New plan: …”."
        yield "Tell the client how it goes on, in a note that the client sees."
    assignment = quoted(note.assignment).rstrip(".")
    if assignment:
        yield f"{assignment[0].upper()}{assignment[1:]}."


# --- the client -------------------------------------------------------------------------------------------------


def _client(note: EscalationNote, times: Times) -> Iterator[str]:
    now, calendar = note.decision.at, note.calendar
    hours = f"working hours {calendar.hours_text}"
    if note.policy.has_calendar_of(note.record.client):
        yield f"{times.full(now)} there, {hours}."
    else:
        yield f"Their own hours are not known. By the tier's calendar: {times.full(now)}, {hours}."
    yield from _day(note, times)
    yield _last_heard(note, times)


def _day(note: EscalationNote, times: Times) -> Iterator[str]:
    """Whether the client's day is about to end or over, and what that means for the work."""
    now, calendar, policy = note.decision.at, note.calendar, note.policy
    if not calendar.is_open(now):
        yield f"Closed now, {_opening(calendar, now, times)}."
        return
    if policy.end_of_day is EndOfDay.IGNORE:
        return
    closing = end_of_day(calendar, now, policy.end_of_day_minutes)
    if closing:
        left = round((closing - now) / timedelta(minutes=1))
        is_critical = policy.is_critical(note.record.priority)
        advice = "the priority is critical, so go on" if is_critical else "reschedule rather than work on"
        yield f"The day ends at {times.short(closing)}, in {minutes_text(left, '')}: {advice}."


def _opening(calendar: WorkingCalendar, now: datetime, times: Times) -> str:
    try:
        return f"until {times.full(calendar.next_open(now))}"
    except CalendarError:
        return "and the calendar has no further opening"


def _last_heard(note: EscalationNote, times: Times) -> str:
    """What the client wrote last, in own words."""
    clients = (entry for entry in note.record.entries if entry.author.kind is AuthorKind.CLIENT)
    for entry in sorted(clients, key=lambda entry: entry.at, reverse=True):
        words = quoted(" ".join(own_lines(entry.text)), _LONGEST_HEARD)
        if words:
            return f"Last word from the client at {times.short(entry.at)}, {name_of(entry.author.name)}: “{words}”."
    return f"Last word from the client: {NONE}."
