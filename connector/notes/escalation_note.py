"""The escalation note: what the next tier reads when a ticket arrives. Pure.

``compose`` puts together what is known: the first two lines are in ``first_lines``, what the tiers did in
``tiers_work``, the shortening is done by ``layout``. Every text from the ticket is made harmless first, and never comes
first on a line: nothing that somebody wrote can pass for a heading, a marker or a command of ours. The note is plain
lines; how a ticket system shows headings and lists is the affair of its adapter.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from connector.model import AuthorKind, Reason, Stage
from connector.notes.discussions import discussions
from connector.notes.first_lines import first_lines
from connector.notes.layout import NONE, Item, Section, fitted
from connector.notes.marker import foot
from connector.notes.material import EscalationNote
from connector.notes.permissions import missing_on, needed_by, steps_that_wait
from connector.notes.phrases import (
    Times,
    in_full,
    inside,
    joined,
    kinds_text,
    minutes_text,
    name_of,
    outsider,
    quoted,
    reasons_text,
    used_text,
)
from connector.notes.requests import parts_of
from connector.notes.tiers_work import TiersWork, told, work_of
from connector.notes.unread import not_read
from connector.policy.policy import EndOfDay
from connector.reading.layout.signatures import without_courtesies
from connector.reading.own_words import own_lines
from connector.rules.commands import Request
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
    return composed(note, limit).text


class Composed(NamedTuple):
    """A note as it is written, and the headings of its sections in which nothing is recorded."""

    text: str
    missing: tuple[str, ...]


def composed(note: EscalationNote, limit: int) -> Composed:
    """The same, with what it lacks."""
    if limit < SHORTEST_LIMIT:
        raise ValueError(f"a note needs room for {SHORTEST_LIMIT} characters, not {limit}")
    head = first_lines(note)
    sections = _sections(note, head)
    end = foot(note.marker, note.page)
    if limit - len(end) < SHORTEST_LIMIT - len(foot(note.marker)):
        end = foot(note.marker)
    text = fitted("\n".join(head), sections, end, limit)
    return Composed(text, tuple(section.heading for section in sections if not section.lines))


def _sections(note: EscalationNote, head: tuple[str, str]) -> list[Section]:
    work, times = work_of(note), note.times
    return [
        Section(ISSUE, _lines(_issue(note)), weight=2),
        Section(REASON, _lines(_reason(note, work, times, head)), weight=4),
        Section(STEPS, work.steps, "steps", 6, is_numbered=True, none=work.none),
        Section(ERRORS, tuple(_errors(work, times)), "error codes", 3, none=work.none),
        Section(RESEARCH, _lines(told(work.research, times)), "findings", 2, none=work.none),
        Section(DISCUSSIONS, _lines(discussions(note, work, times)), "discussions", 2),
        Section(PERMISSIONS, _lines(told(missing_on(note, work), times)), "permissions"),
        Section(NEXT, _lines(_next_steps(note, work, times)), "next steps", 4, is_numbered=True),
        Section(CLIENT, _lines(_client(note, times)), weight=3),
    ]


def _lines(texts: Iterator[str] | tuple[str, ...]) -> tuple[Item, ...]:
    return tuple(map(Item, texts))


def _errors(work: TiersWork, times: Times) -> Iterator[Item]:
    """What clients and others wrote gives way, where room is short, to what the desk found."""
    for error, line in zip(work.errors, told(work.errors, times), strict=True):
        yield Item(line, is_spare=bool(error.whose) and not error.is_seconded)


# --- the issue and the reason -----------------------------------------------------------------------------------


def _issue(note: EscalationNote) -> Iterator[str]:
    record = note.record
    summary, contact = quoted(record.summary), record.contact.strip()
    names = [record.client.name if record.client else "", contact]
    who = f"The client: {', '.join(outsider(name) for name in names if name) or NONE}."
    priority = name_of(record.priority.name) if record.priority else NONE
    yield f"“{inside(summary)}”." if summary else f"Summary: {NONE}."
    yield f"{who} Priority: {priority}. Ticket {name_of(record.id)}."
    if unread := not_read(record):
        yield unread


def _reason(note: EscalationNote, work: TiersWork, times: Times, head: tuple[str, str]) -> Iterator[str]:
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
    yield from _raised(note, work, times)
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
        told += f"; {name_of(clock.override.by)}'s override moved it to {times.short(clock.due_at)}"
    if clock.deferred_to is not None:
        told += f"; the escalation waited for the client's opening at {times.short(clock.deferred_to)}"
    if times.short(limit_at) != times.short(note.decision.at) or clock.deferred_to is not None:
        yield f"{told}."


def _raised(note: EscalationNote, work: TiersWork, times: Times) -> Iterator[str]:
    """Who asked for the escalation, what is blocked, and what is not documented yet."""
    permissions = needed_by(note, work)
    for request in note.demand.requests:
        yield f"Asked for by {name_of(request.by)} at {times.short(request.at)}{_said(request, permissions)}."
    if note.stint.critical_at is not None and Reason.URGENCY in note.demand.reasons:
        yield f"The priority rose to a critical one at {times.short(note.stint.critical_at)}."
    if note.demand.undocumented:
        yield f"Not documented yet: {'; '.join(note.demand.undocumented)}."


def _said(request: Request, permissions: tuple[str, ...]) -> str:
    """What it was asked for with; kinds that have words of their own stand beside them."""
    first, *others = parts_of(request, permissions if len(request.reasons) > 1 else ())
    if others:
        named = [f"{kinds_text(kinds)}{_words(kinds, words, ' (', ')')}" for kinds, words in (first, *others)]
        return f": {joined(named)}"
    is_urgent = Reason.URGENCY in request.reasons
    return f" ({kinds_text(request.reasons)}){_words(*first, '; ' if is_urgent else ': ')}"


def _words(kinds: tuple[Reason, ...], words: str, before: str, after: str = "") -> str:
    """Words in quotes, if there are any, and that they say what is blocked."""
    words = inside(in_full(words)).rstrip(".")
    blocked = "blocked: " if Reason.URGENCY in kinds else ""
    return f"{before}{blocked}“{words}”{after}" if words else ""


def _held(note: EscalationNote, times: Times) -> str:
    """Who had the ticket, now and before."""
    since = times.short(note.stint.clock_from or note.stint.entered_at)
    sentences = [
        f"Held by {who} since {since}." if (who := _holders(note.stint)) else f"Nobody has owned it since {since}."
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


def _next_steps(note: EscalationNote, work: TiersWork, times: Times) -> Iterator[str]:
    """What was planned, what is asked of those who get the ticket, and the training that is needed."""
    plan = note.stint.plan
    if plan:
        words = inside(in_full(plan.text))
        whose = f"{name_of(plan.by)}'s plan" if plan.by else "The plan"
        yield f"{whose} of {times.short(plan.at)}" + (f": “{words}”." if words else " has no words.")
    permissions = "; ".join(map(in_full, needed_by(note, work))).rstrip(".")
    if permissions:
        perhaps = "" if Reason.PERMISSION in note.demand.reasons else ", if they are not there yet"
        yield f"Grant the missing permissions{perhaps}: {permissions}."
    yield from told(work.next_steps, times, waiting=steps_that_wait(note, work))
    yield from _asked(note, times)
    for name, why in note.policy.skipped_above(note.tier):
        yield f"Passed over: {name_of(name)} ({quoted(why).rstrip('.')})."
    wanted = [
        (request.by, request.detail or note.record.summary)
        for request in note.demand.requests
        if Reason.KNOWLEDGE in request.reasons
    ]
    for who, topic in dict.fromkeys([*note.trainings, *wanted]):
        yield f"Training requested for {name_of(who)}: {quoted(topic).rstrip('.')}."


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
    hours = calendar.rules.week_text
    day = "; ".join(_day(note, times))
    if note.policy.has_calendar_of(note.record.client):
        yield f"{times.short(now)} there, working hours {hours}."
        if day:
            yield f"{day[0].upper()}{day[1:]}."
    else:
        client = note.record.client.name.strip() if note.record.client else ""
        whom = note.record.contact.strip() or client
        yield f"Local time and working hours: not known{f'; ask the client, {outsider(whom)}' if whom else ''}."
        yield f"By the tier's own hours, {hours}: {day or 'open now'}."
    yield _last_heard(note, times)


def _day(note: EscalationNote, times: Times) -> Iterator[str]:
    """Whether the client's day is about to end or over, and what that means for the work."""
    now, calendar, policy = note.decision.at, note.calendar, note.policy
    if not calendar.is_open(now):
        yield f"closed now, {_opening(calendar, now, times)}"
        return
    if policy.end_of_day is EndOfDay.IGNORE:
        return
    closing = end_of_day(calendar, now, policy.end_of_day_minutes)
    if closing:
        left = round((closing - now) / timedelta(minutes=1))
        is_critical = policy.is_critical(note.record.priority)
        advice = "the priority is critical, so go on" if is_critical else "reschedule rather than work on"
        yield f"the day ends at {times.short(closing)}, in {minutes_text(left, '')}: {advice}"


def _opening(calendar: WorkingCalendar, now: datetime, times: Times) -> str:
    try:
        return f"until {times.dated(calendar.next_open(now))}"
    except CalendarError:
        return "and the calendar has no further opening"


def _last_heard(note: EscalationNote, times: Times) -> str:
    """What the client wrote last, in own words, without greeting and signature where there is more."""
    clients = (entry for entry in note.record.entries if entry.author.kind is AuthorKind.CLIENT)
    for entry in sorted(clients, key=lambda entry: entry.at, reverse=True):
        own = own_lines(entry.text)
        said = [line for line in without_courtesies(own, entry.author.name) if line] or own
        words = inside(quoted(" ".join(said), _LONGEST_HEARD)).rstrip(".")
        if words:
            return f"Last word from the client at {times.short(entry.at)}, {outsider(entry.author.name)}: “{words}”."
    return f"Last word from the client: {NONE}."
