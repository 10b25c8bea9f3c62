"""The evidence inside a ticket's history: first touches, diagnosis plans, pauses, holders. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.model import (
    BY_CONNECTOR,
    Aspect,
    Change,
    Doer,
    Entry,
    EntryKind,
    Person,
    Ref,
    Remembered,
    Status,
    StatusGroup,
    TicketRecord,
    Value,
    Visibility,
)
from connector.policy.policy import Policy
from connector.reading.plans import may_plan, plan_in
from connector.rules.history import OBSERVED, initial, is_sight, of_state

PLAN_DATE = "resolution plan date"
"""``DiagnosisPlan.how`` of one that only the ticket system's own date tells, which a change of status may set."""

_MOST_REMEMBERED = 500
_MOST_UNPLANNED = 200
_UPON_MAIL = timedelta(seconds=2)
_UNTOUCHED = frozenset({StatusGroup.NEW, StatusGroup.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch in a waiting status; ``end`` is None while it lasts."""

    start: datetime
    end: datetime | None
    status: str


@dataclass(frozen=True, slots=True)
class DiagnosisPlan:
    """A recorded diagnosis plan: when, by whom, in which words, what recorded it, and in which ``entry``, if in one."""

    at: datetime
    by: str
    text: str
    how: str
    entry: str = ""


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time, half open; ``end`` is None while it lasts.

    ``heard_after``: where ``start`` is the latest moment at which it can have begun, the last one at which it had not.
    """

    start: datetime
    end: datetime | None
    heard_after: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether a moment lies inside."""
        return self.start <= at and (self.end is None or at < self.end)

    def hears(self, at: datetime) -> bool:
        """Whether what was said at a moment lies inside, or may do so: nothing is lost to a guess."""
        if self.start <= at:
            return self.end is None or at < self.end
        return self.heard_after is not None and self.heard_after < at


def entries_within(period: Period, entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The entries of a stretch, oldest first, with those that may be its own."""
    return tuple(sorted((entry for entry in entries if period.hears(entry.at)), key=lambda entry: entry.at))


def first_touch(record: TicketRecord, changes: Sequence[Change], policy: Policy) -> datetime | None:
    """When an agent is first known to have had a hand on the ticket; entries and changes come oldest first."""
    moments: list[datetime] = []
    owner, owner_seen = initial(Aspect.OWNER, record, changes)
    if isinstance(owner, Person):
        moments.append(owner_seen.at if owner_seen else record.entered_at)
    status, status_seen = initial(Aspect.STATUS, record, changes)
    if isinstance(status, Status) and policy.group_of(status) not in _UNTOUCHED:
        moments.append(_status_touch(record, status_seen))
    for change in changes:
        if is_sight(change) or _is_by_mail(change, record):
            continue
        if isinstance(change.new, Person) or (
            isinstance(change.new, Status) and policy.group_of(change.new) not in _UNTOUCHED
        ):
            moments.append(change.at)
            break
    for entry in record.entries:
        if entry.is_agents and not record.came_with(entry):
            moments.append(entry.at)
            break
    return min(moments, default=None)


def touched_since(record: TicketRecord, changes: Sequence[Change], policy: Policy, since: datetime) -> datetime | None:
    """When an agent first did something on a ticket after that moment; None while none is known to have.

    What a program did is no agent's doing; where nobody is named, it is one where it would be a first touch.
    """
    moments = [
        change.at
        for change in of_state(changes)
        if change.at > since and not is_sight(change) and change.how != BY_CONNECTOR and _is_agents(change, policy)
    ]
    agents = (entry for entry in record.entries if entry.is_agents)
    moments += [entry.at for entry in agents if entry.at > since]
    return min(moments, default=None)


def _is_by_mail(change: Change, record: TicketRecord) -> bool:
    """Whether a program set a status because a mail came in: whoever sent that has touched nothing."""
    if change.by is not Doer.PROGRAM or not isinstance(change.new, Status):
        return False
    begins = record.entries[:1] if record.entries and record.came_with(record.entries[0]) else ()
    mails = (entry for entry in record.entries[len(begins) :] if entry.is_claimed)
    return any(timedelta(0) <= change.at - mail.at <= _UPON_MAIL for mail in mails)


def _is_agents(change: Change, policy: Policy) -> bool:
    if change.by is not Doer.UNKNOWN:
        return change.by is Doer.PERSON
    is_status = isinstance(change.new, Status) and policy.group_of(change.new) not in _UNTOUCHED
    return is_status or isinstance(change.new, Person)


def _status_touch(record: TicketRecord, seen: Change | None) -> datetime:
    if seen is None:
        return record.entered_at
    if record.responded_at is not None and record.responded_at <= seen.at:
        return max(record.responded_at, record.entered_at)
    return seen.at


def plan_within(
    period: Period,
    is_first: bool,
    record: TicketRecord,
    changes: Sequence[Change],
    policy: Policy,
    unplanned: Collection[str] = (),
) -> DiagnosisPlan | None:
    """The earliest evidence of a plan inside the stint.

    A plan that was seen stays made, whatever became of its entry. ``unplanned``: entries that were seen without one
    before; what they hold now counts from now on.
    """
    found = _seen_plan(period, record, changes) or _written_plan(period, record, unplanned)
    for change in changes:
        if not isinstance(change.new, Status) or policy.group_of(change.new) is not StatusGroup.PLANNED:
            continue
        if isinstance(change.old, Status) and policy.group_of(change.old) is StatusGroup.PLANNED:
            continue  # carried over from where the ticket came from
        at = max(change.at, period.start) if is_first and is_sight(change) else change.at
        if (is_sight(change) <= is_first) and period.holds(at) and (found is None or at < found.at):
            found = DiagnosisPlan(at, change.who, "", f"status {change.new.name}")
    own_field = record.planned_at
    if own_field is not None and period.hears(own_field) and (found is None or own_field < found.at):
        found = DiagnosisPlan(own_field, record.planned_by, "", PLAN_DATE)
    return found


def _seen_plan(period: Period, record: TicketRecord, changes: Sequence[Change]) -> DiagnosisPlan | None:
    """The plan that was seen first, in its present words where it still stands."""
    for change in changes:
        if change.what is Remembered.PLAN and isinstance(change.new, Ref) and period.hears(change.at):
            entry = next((entry for entry in record.entries if entry.id == change.new.id), None)
            text = _plan_of(entry) if entry else None
            how = (entry.kind if entry else EntryKind.NOTE).value
            return DiagnosisPlan(change.at, change.who, text or change.new.name, how, change.new.id)
    return None


def _written_plan(period: Period, record: TicketRecord, unplanned: Collection[str]) -> DiagnosisPlan | None:
    found: DiagnosisPlan | None = None
    for entry in record.entries:
        if not may_plan(entry.text):  # soonest asked, and true of nearly all
            continue
        at = record.read_at if entry.id in unplanned else entry.at
        if found is not None and at >= found.at:
            continue
        if not period.hears(entry.at) or not (at is entry.at or period.hears(at)):
            continue
        if (text := _plan_of(entry)) is not None:
            found = DiagnosisPlan(at, entry.author.name, text, entry.kind.value, entry.id)
    return found


def _plan_of(entry: Entry) -> str | None:
    """The plan that an entry records; an agent's own does, and commands do where the client cannot see them."""
    if not entry.is_agents:
        return None
    return plan_in(entry.text, obeys=entry.visibility is Visibility.INTERNAL)


def plan_sighted(plan: DiagnosisPlan | None, changes: Iterable[Change]) -> tuple[Change, ...]:
    """What is to be remembered of a stint's plan: that its entry recorded it, and when; nothing where that is known."""
    if plan is None or not plan.entry:
        return ()
    if any(change.what is Remembered.PLAN and change.at == plan.at for change in changes):
        return ()
    return (Change(plan.at, Remembered.PLAN, None, Ref(plan.entry, plan.text[:_MOST_REMEMBERED]), OBSERVED, plan.by),)


def without_plan(period: Period, plan: DiagnosisPlan | None, entries: Iterable[Entry]) -> tuple[str, ...]:
    """The agents' entries of a stint that record no plan, as long as none of them does: they may be edited.

    Of very many the last ones.
    """
    if plan is not None and plan.entry:
        return ()
    agents = (entry for entry in entries if entry.is_agents and period.hears(entry.at))
    return tuple(entry.id for entry in agents)[-_MOST_UNPLANNED:]


def critical_within(period: Period, changes: Sequence[Change], policy: Policy) -> datetime | None:
    """When the priority last rose to a critical one during the stint; None when it did not, or fell again.

    A rise in the second in which the stint began is what began it, or the ticket's first priority.
    """
    risen: datetime | None = None
    for change in changes:
        is_within = period.holds(change.at) and change.at > period.start
        if change.what is not Aspect.PRIORITY or is_sight(change) or not is_within:
            continue
        is_now, was = (policy.is_critical(p if isinstance(p, Ref) else None) for p in (change.new, change.old))
        risen = (risen if was else change.at) if is_now else None
    return risen


def pauses_within(period: Period, record: TicketRecord, changes: Sequence[Change], policy: Policy) -> tuple[Pause, ...]:
    """The stretches of the stint that were spent in a waiting status."""
    return tuple(
        Pause(start, end, status.name)
        for status, start, end in _held_within(period, Aspect.STATUS, record, changes, policy)
        if isinstance(status, Status) and policy.group_of(status) is StatusGroup.WAITING
    )


def holders_within(period: Period, record: TicketRecord, changes: Sequence[Change], policy: Policy) -> tuple[str, ...]:
    """The names of those who owned the ticket during the stint, oldest first."""
    owners = (owner for owner, _, _ in _held_within(period, Aspect.OWNER, record, changes, policy))
    return tuple(dict.fromkeys(owner.name for owner in owners if isinstance(owner, Person)))


def _held_within(
    period: Period, aspect: Aspect, record: TicketRecord, changes: Sequence[Change], policy: Policy
) -> Iterator[tuple[Value, datetime, datetime | None]]:
    """The values that an aspect had during the stint, oldest first, each with its beginning and its end."""
    value, _ = initial(aspect, record, changes)
    since = period.start
    for change in changes:
        if change.what is not aspect or is_sight(change):
            continue
        if aspect is Aspect.STATUS and _is_unknown(change.new, policy):
            continue
        if period.end is not None and change.at >= period.end:
            break
        if change.at > period.start:
            yield value, since, change.at
            since = change.at
        value = change.new
    yield value, since, period.end


def _is_unknown(status: Value, policy: Policy) -> bool:
    """An unknown status neither stops a clock nor lets it run on: what was before goes on."""
    return isinstance(status, Status) and policy.group_of(status) is StatusGroup.UNKNOWN
