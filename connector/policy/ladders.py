"""The ladders of a policy document: their tiers, and what no ladder may say. Pure.

Refused are a home of two tiers, a tier that no ticket can reach, two ladders for one ticket, and a limit that can never
be met. Each problem comes with the path of what causes it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

from connector.model import Mode
from connector.policy.policy import QUEUE, FinalEscalation, FixStartsAt, Ladder, Policy, StartsAt, Tier
from connector.wording import Path, Problem, clipped, did_you_mean
from connector.working_time.rules import CalendarError

DEFAULT_TIERS: tuple[tuple[str, float, float], ...] = (
    ("First Touch (T1/2)", 30, 60),
    ("Tier 3 / Service Desk Manager", 30, 60),
    ("Sr IT Manager", 60, 60),
)
"""Name, diagnosis limit and fix limit of the default ladder's tiers. Further tiers have the last one's limits."""

_SERVICE_DESK = 2
"""How many of the default ladder's tiers the Service Desk Manager may override."""

DEFAULT_CALENDAR = "default"

_ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def tier_from(index: int, raw: Mapping[str, Any], final: FinalEscalation) -> Tier:
    """A tier from its form, with what it does not say taken from the default ladder.

    There the first two tiers are the Service Desk Manager's to override, those above the Sr IT Manager's.
    """
    name, diagnosis, fix = DEFAULT_TIERS[min(index, len(DEFAULT_TIERS) - 1)]
    starts_at = StartsAt.ASSIGNMENT if index else StartsAt.FIRST_TOUCH
    manager = final.service_desk_manager if index < _SERVICE_DESK else final.sr_it_manager
    return Tier(
        number=index + 1,
        name=raw.get("name", name).strip(),
        homes={system: home.strip() for system, home in raw.get("homes", {}).items()},
        diagnosis_minutes=float(raw.get("diagnosis_minutes", diagnosis)),
        fix_minutes=float(raw.get("fix_minutes", fix)),
        starts_at=StartsAt(raw.get("starts_at", starts_at)),
        managers=tuple(manager.strip() for manager in raw.get("managers", [manager] if manager else ())),
        assign=raw.get("assign", QUEUE).strip(),
        status=raw.get("status", "").strip(),
        calendar=raw.get("calendar", DEFAULT_CALENDAR),
        next=int(raw.get("next", 0)),
        skip=raw.get("skip", "").strip(),
        mode=Mode(raw["mode"]) if "mode" in raw else None,
    )


def tier_problems(
    tiers: Sequence[Tier], raws: Sequence[Mapping[str, Any]], systems: Collection[str] | None
) -> Iterator[Problem]:
    """What is wrong within one ladder; paths begin at its list of tiers."""
    for index, raw in enumerate(raws):
        if index >= len(DEFAULT_TIERS) and "name" not in raw:
            yield Problem((index, "name"), "is missing; only the first three tiers have a name by default")
    yield from _home_problems(tiers, systems)
    yield from _order_problems(tiers)


def _home_problems(tiers: Sequence[Tier], systems: Collection[str] | None) -> Iterator[Problem]:
    """No home of a system that is not known, none without a name in it, none for two tiers."""
    taken: dict[tuple[str, str], int] = {}
    for tier in tiers:
        for system, home in tier.homes.items():
            path: Path = (tier.number - 1, "homes", system)
            if systems is not None and system not in systems:
                near = did_you_mean(system, systems)
                expected = " or ".join(sorted(systems)) or "none in this version"
                yield Problem(path, f"unknown ticket system; expected {expected}{near}")
            if not all(part.strip() for part in home.split(">")):
                yield Problem(path, f"a name is missing beside '>' (got {clipped(home)})")
            first = taken.setdefault((system, home_key(home)), tier.number)
            if first != tier.number:
                yield Problem(path, f"{clipped(home)} is the home of tier {first} already")


def _order_problems(tiers: Sequence[Tier]) -> Iterator[Problem]:
    """Escalations only go up, and every tier but the first is one that some tier escalates to."""
    reached = {1}
    for tier in tiers:
        if tier.next and not tier.number < tier.next <= len(tiers):
            yield Problem((tier.number - 1, "next"), f"must be the number of a tier above this one, {tier.number}")
        reached.add(tier.next or tier.number + 1)
    for tier in tiers:
        if tier.number not in reached:
            yield Problem(
                (tier.number - 1,), f"tier {tier.number} ({tier.name}) is unreachable: no tier escalates to it"
            )


def home_key(home: str) -> str:
    """A home in a form in which two writings of the same one are equal."""
    return " > ".join(" ".join(part.split()) for part in home.casefold().split(">"))


def contradictions(policy: Policy) -> Iterator[Problem]:
    """Tickets that two further ladders would take, and usual tiers that a further ladder leaves nothing to do."""
    for (first, one), (second, other) in combinations(enumerate(policy.ladders), 2):
        shared = _shared_home(one.policy.tiers, other.policy.tiers)
        if shared and _may_meet(one, other):
            yield Problem(
                ("ladders", second),
                f"a ticket at {clipped(shared)} could be on this ladder and on {clipped(one.name)} (ladders[{first}]); "
                "tell them apart by clients or priorities, or give them homes of their own",
            )
    for ladder in policy.ladders:
        if ladder.clients or ladder.priorities:
            continue
        for tier in policy.tiers:
            if tier.homes and all(
                any(_is_inside(home, theirs.homes.get(system, "")) for theirs in ladder.policy.tiers)
                for system, home in tier.homes.items()
            ):
                yield Problem(
                    ("tiers", tier.number - 1),
                    f"tier {tier.number} ({tier.name}) is unreachable: every ticket there is on the ladder "
                    f"{clipped(ladder.name)}",
                )


def _may_meet(one: Ladder, other: Ladder) -> bool:
    def overlap(mine: frozenset[str], theirs: frozenset[str]) -> bool:
        return not mine or not theirs or bool(mine & theirs)

    return overlap(one.clients, other.clients) and overlap(one.priorities, other.priorities)


def _shared_home(tiers: Sequence[Tier], others: Sequence[Tier]) -> str:
    """A home of the ones that is, or lies in, or around, a home of the others."""
    for tier in tiers:
        for system, home in tier.homes.items():
            theirs = [other.homes.get(system, "") for other in others]
            if any(_is_inside(home, one) or _is_inside(one, home) for one in theirs):
                return home
    return ""


def _is_inside(home: str, around: str) -> bool:
    return bool(home and around) and f"{home_key(home)} >".startswith(f"{home_key(around)} >")


def impossible_limits(policy: Policy) -> Iterator[Problem]:
    """Limits that can never be met: longer than the calendar is ever open, or a fix due before the plan is."""
    yield from _impossible(("tiers",), policy)
    for index, ladder in enumerate(policy.ladders):
        yield from _impossible(("ladders", index, "tiers"), ladder.policy)


def _impossible(path: Path, policy: Policy) -> Iterator[Problem]:
    longest = max([1.0, *policy.priority_factors.values()])
    for tier in policy.tiers:
        here: Path = (*path, tier.number - 1)
        if policy.fix_starts_at is FixStartsAt.STINT and tier.fix_minutes < tier.diagnosis_minutes:
            yield Problem(
                (*here, "fix_minutes"),
                f"the limit can never be met: measured from the stint, the fix is due after {tier.fix_minutes:g} "
                f"minutes, before the diagnosis plan, which is due after {tier.diagnosis_minutes:g}",
            )
        for key, minutes in (("diagnosis_minutes", tier.diagnosis_minutes), ("fix_minutes", tier.fix_minutes)):
            for name in {tier.calendar, *policy.client_calendars.values()} & policy.calendars.keys():
                try:
                    policy.calendars[name].add(_ANY_DAY, minutes * longest)
                except CalendarError:
                    yield Problem(
                        (*here, key),
                        f"the limit can never be met: the calendar {clipped(name)} has not so many working minutes",
                    )
