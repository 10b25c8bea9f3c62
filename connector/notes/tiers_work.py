"""What each tier did and found on a ticket, for the escalation note: nobody starts over, on any tier. Pure.

The entries are read stint by stint, and what lies outside of all stints is read as well. Steps stand under the tier and
the people who took them; everything else is the ticket's as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from connector.model import Entry
from connector.notes.layout import NONE, Item
from connector.notes.material import EscalationNote
from connector.notes.phrases import Times, in_full, joined, name_of, outsider
from connector.notes.requests import others_on
from connector.reading.findings import Documented, Found, each_once, find
from connector.rules.commands import Request
from connector.rules.stints import Stint


@dataclass(frozen=True, slots=True)
class TiersWork:
    """The steps under their tiers' names, and what was found on the whole ticket, oldest first.

    ``asked``: the escalations that were asked for and are not answered by the note. ``none``: what a section says in
    which there is nothing, with those who held the ticket.
    """

    steps: tuple[Item, ...]
    errors: tuple[Found, ...]
    research: tuple[Found, ...]
    discussions: tuple[Found, ...]
    permissions: tuple[Found, ...]
    next_steps: tuple[Found, ...]
    asked: tuple[Request, ...]
    none: str


@dataclass(frozen=True, slots=True)
class _Part:
    """What was done in a stint, or before one while no tier had the ticket. ``steps``: the ``plans`` among them."""

    stint: Stint
    is_within: bool
    found: Documented
    steps: tuple[Found, ...]
    plans: tuple[Found, ...]


def work_of(note: EscalationNote) -> TiersWork:
    """Read everything that the note's ticket holds."""
    parts = list(_parts(note))
    held = _holders(part.stint for part in parts if part.is_within)
    return TiersWork(
        steps=tuple(_steps(note, parts)),
        errors=_merged(parts, lambda found: found.errors),
        research=_merged(parts, lambda found: found.research),
        discussions=_merged(parts, lambda found: found.discussions),
        permissions=_merged(parts, lambda found: found.permissions),
        next_steps=_merged(parts, lambda found: found.next_steps),
        asked=others_on(note),
        none=f"{NONE} ({held} held it)" if held else f"{NONE} (nobody owned it)",
    )


def told(found: Iterable[Found], times: Times, waiting: Collection[Found] = ()) -> Iterator[str]:
    """Each finding with when and by whom; the ticket's own words never come first on a line.

    ``waiting``: steps that wait for permissions.
    """
    for item in found:
        where = "In the summary" if item.in_summary else f"{times.short(item.at)} {who_said(item)}"
        if item in waiting:
            where += ", once the permissions are there"
        yield f"{where}: {in_full(item.text)}"


def who_said(item: Found) -> str:
    """Whose words a finding is; who is nobody known to be of the desk is marked as that."""
    if item.via:
        return f"{outsider(item.by)} (client, noted by {name_of(item.via)})"
    return f"{outsider(item.by)} ({item.whose})" if item.whose else name_of(item.by)


def _parts(note: EscalationNote) -> Iterator[_Part]:
    """The stints, oldest first, each with what came before it and after the one before."""
    rest = sorted(note.record.entries, key=lambda entry: entry.at)
    for stint in note.decision.timeline.stints:
        before = [entry for entry in rest if entry.at < stint.entered_at]
        within = [entry for entry in rest if stint.period.holds(entry.at)]
        rest = rest[len(before) + len(within) :]
        if before:
            yield _part(note, stint, before, is_within=False)
        yield _part(note, stint, within, is_within=True)


def _part(note: EscalationNote, stint: Stint, entries: Sequence[Entry], *, is_within: bool) -> _Part:
    found = find(note.record, entries, note.decision.staff)
    running = note.stint.plan.text if note.stint.plan else ""  # that one is among the next steps
    plans = [replace(plan, text=f"Plan: {plan.text}") for plan in found.plans if plan.text != running]
    steps = tuple(sorted([*found.steps, *plans], key=lambda step: step.at))
    return _Part(stint, is_within, found, steps, tuple(plans))


def _steps(note: EscalationNote, parts: Sequence[_Part]) -> Iterator[Item]:
    """What was done, under the tiers' names. A plan has no number: the running one stands elsewhere, and when it is an
    old one and stands here, the steps keep theirs.
    """
    active = {part.stint.tier for part in parts if part.steps}
    is_one = not any(part.steps for part in parts) and len({part.stint.tier for part in parts}) == 1
    for part in parts:
        tier = name_of(note.policy.tier(part.stint.tier).name)
        people = list(dict.fromkeys(map(who_said, part.steps)))
        who = joined(people) or _holders([part.stint]) or "nobody owned it"
        group = f"{tier}, {who}" if part.is_within else f"Before {tier}, {who}"
        for step in part.steps:
            by = f" {who_said(step)}:" if len(people) > 1 else ""
            line = f"{note.times.short(step.at)}{by} {in_full(step.text)}"
            yield Item(line, group, is_counted=step not in part.plans)
        if part.is_within and part.stint.tier not in active and not is_one:
            active.add(part.stint.tier)
            yield Item(NONE, group, is_counted=False)


def _holders(stints: Iterable[Stint]) -> str:
    return ", then ".join(dict.fromkeys(name_of(name) for stint in stints for name in stint.holders))


def _merged(parts: Iterable[_Part], of: Callable[[Documented], Iterable[Found]]) -> tuple[Found, ...]:
    """What was found in all parts, each once."""
    every = (item for part in parts for item in of(part.found))
    return each_once(every, lambda item: " ".join(item.text.casefold().split()))
