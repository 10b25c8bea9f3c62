"""Builds a ``Policy`` from its written form, a JSON document (see ``policy.schema.json``).

The flat environment variables are turned into the same document first, so there is one way in. Every problem is
reported at once, with its path. Pure: where the document comes from is the business of ``config``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, TypeVar

from connector.model import StatusGroup
from connector.policy.ladders import DEFAULT_CALENDAR, contradictions, impossible_limits, tier_from, tier_problems
from connector.policy.policy import EndOfDay, FinalEscalation, FixStartsAt, Ladder, Policy, Tier
from connector.policy.schema import check
from connector.wording import Path, Problem, clipped, did_you_mean
from connector.working_time.calendar import WorkingCalendar
from connector.working_time.form import CalendarFormError
from connector.working_time.hours import WorkHoursError, holiday_dates, week_from
from connector.working_time.zones import names_no_region, region_meant

DEFAULT_ZONE = "UTC"
DEFAULT_HOURS = "mon-fri 08:00-17:00"
DEFAULT_CRITICAL_FACTOR = 0.5

_Value = TypeVar("_Value")


class PolicyError(ValueError):
    """A policy document is wrong. ``problems``: every one found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


def parse_document(text: str) -> object:
    """A document from JSON. Raises ValueError for what is no JSON, a key given twice, NaN and Infinity."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            twice = next(key for index, (key, _) in enumerate(pairs) if key in dict(pairs[:index]))
            raise ValueError(f"the key {clipped(twice)} is given twice in one object")
        return found

    def refuse(constant: str) -> object:
        raise ValueError(f"{constant} is no number")

    try:
        return json.loads(text, object_pairs_hook=once, parse_constant=refuse)
    except json.JSONDecodeError as error:
        raise ValueError(f"is no JSON: {error.msg} in line {error.lineno}, column {error.colno}") from error
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error


def read_policy(document: object, systems: Collection[str] | None = None) -> Policy:
    """The policy that a document describes. Raises PolicyError with every problem.

    ``systems``: the names that ``homes`` may have; None lets any stand.
    """
    refused, sound = check(document)
    reader = _Reader(refused, sound, systems)
    policy = reader.policy()
    if reader.problems:
        raise PolicyError(reader.problems)
    return replace(policy, version=_version(policy, reader.calendar_forms))


def missing_homes(tiers: Sequence[Collection[str]], connected: Collection[str]) -> list[Path]:
    """The paths of the homes that tiers lack. ``tiers``: for each, the ticket systems in which it has a home."""
    return [
        ("tiers", index, "homes", system)
        for index, systems in enumerate(tiers)
        for system in connected
        if system not in systems
    ]


def doubtful_zones(calendars: Mapping[str, Mapping[str, Any]]) -> list[Problem]:
    """A problem for each calendar, in its written form, whose zone names no region: ``EST`` has no summer time."""
    problems = []
    for name, form in calendars.items():
        zone = form.get("tz", "")
        if names_no_region(zone):
            region = region_meant(zone)
            instead = f"did you mean {region!r}?" if region else "expected a region such as 'Europe/Berlin', or UTC"
            message = f"{clipped(zone)} names an offset, not the region whose clocks you work by; {instead}"
            problems.append(Problem(("calendars", name, "tz"), message, is_complete=True))
    return problems


def missing_zones(policy: Policy, calendars: Mapping[str, Mapping[str, Any]]) -> list[Path]:
    """The paths of the zones that the written form of calendars lacks, of those that the policy uses."""
    used = {tier.calendar for one in policy.every_ladder for tier in one.tiers} | set(policy.client_calendars.values())
    return [("calendars", name, "tz") for name in sorted(used) if "tz" not in calendars.get(name, {})]


def _version(policy: Policy, calendars: Mapping[str, Any]) -> str:
    """Equal for equal policies: worked out from what was built, not from how it was written down."""
    content = content_of(policy) | {"calendars": calendars}
    numbers_alike = json.loads(json.dumps(content), parse_int=float)
    return hashlib.sha256(json.dumps(numbers_alike, sort_keys=True).encode()).hexdigest()[:12]


def content_of(policy: Policy) -> dict[str, Any]:
    """All that a policy says of when and where to, as plain values; without its calendars.

    Not in which mode a tier is: that is no other policy (see ``Edition``).
    """
    ladders = [
        [
            one.name,
            sorted(one.clients),
            sorted(one.priorities),
            content_of(one.policy)["tiers"],
            asdict(one.policy.final),
        ]
        for one in policy.ladders
    ]
    plain = asdict(replace(policy, calendars={}, critical_priorities=frozenset(), ladders=()))
    for tier in plain["tiers"]:
        del tier["mode"]
    return plain | {"critical_priorities": sorted(policy.critical_priorities), "ladders": ladders}


class _Reader:
    """Builds the parts from a document that is sound in form, and collects what is wrong with its meaning."""

    def __init__(self, refused: list[Problem], sound: dict[str, Any], systems: Collection[str] | None) -> None:
        self.problems = list(refused)
        self.refused = {problem.path for problem in refused}
        self.sound = sound
        self.systems = systems
        self.calendar_forms: dict[str, Mapping[str, Any]] = {}

    def problem(self, path: Path, message: str, *, is_complete: bool = False) -> None:
        if path not in self.refused:
            self.problems.append(Problem(path, message, is_complete=is_complete))

    def policy(self) -> Policy:
        final = self.final(self.sound.get("final", {}))
        tiers = self.ladder(("tiers",), self.sound.get("tiers", ()), final)
        calendars = self.calendars()
        clients: dict[str, str] = self.folded("clients", self.sound.get("clients", {}))
        for client, name in self.sound.get("clients", {}).items():
            self.known_calendar(("clients", client), name)
        critical = frozenset(_each(self.sound.get("critical_priorities", ())))
        factors = dict.fromkeys(critical, float(self.sound.get("critical_factor", DEFAULT_CRITICAL_FACTOR)))
        factors |= self.folded("priority_factors", self.sound.get("priority_factors", {}), float)
        plain: dict[str, Any] = {
            key: float(self.sound[key])
            for key in ("warn_at", "untouched_minutes", "end_of_day_minutes", "override_max_minutes")
            if key in self.sound
        }
        policy = Policy(
            tiers=tiers,
            calendars=calendars,
            final=final,
            client_calendars=clients,
            priority_factors=factors,
            critical_priorities=critical,
            status_groups=self.status_groups(),
            fix_starts_at=FixStartsAt(self.sound.get("fix_starts_at", FixStartsAt.PLAN)),
            end_of_day=EndOfDay(self.sound.get("end_of_day", EndOfDay.ADVISE)),
            escalate_when_critical=bool(self.sound.get("escalate_when_critical", False)),
            **plain,
        )
        policy = replace(policy, ladders=tuple(self.ladders(policy)))
        for problem in (*contradictions(policy), *impossible_limits(policy)):
            self.problem(problem.path, problem.message)
        return policy

    # --- ladders

    def ladder(self, path: Path, raws: Sequence[Mapping[str, Any]], final: FinalEscalation) -> tuple[Tier, ...]:
        """The tiers of one ladder; ``path`` is where they stand."""
        tiers = tuple(tier_from(index, raw, final) for index, raw in enumerate(raws))
        for problem in tier_problems(tiers, raws, self.systems):
            self.problem((*path, *problem.path), problem.message)
        for tier in tiers:
            self.known_calendar((*path, tier.number - 1, "calendar"), tier.calendar)
        return tiers

    def ladders(self, usual: Policy) -> Iterator[Ladder]:
        """The further ladders, each with the rest of the policy."""
        names: dict[str, int] = {}
        for index, raw in enumerate(self.sound.get("ladders", ())):
            name = str(raw.get("name", "")).strip()
            if names.setdefault(name.casefold(), index) != index:
                self.problem(("ladders", index, "name"), f"{clipped(name)} is another ladder's name already")
            final = self.final(raw["final"]) if "final" in raw else usual.final
            tiers = self.ladder(("ladders", index, "tiers"), raw.get("tiers", ()), final)
            clients, priorities = (frozenset(_each(raw.get(key, ()))) for key in ("clients", "priorities"))
            yield Ladder(name, clients, priorities, replace(usual, tiers=tiers, final=final, ladder=name))

    # --- calendars

    def calendars(self) -> dict[str, WorkingCalendar]:
        raw: dict[str, Any] = {DEFAULT_CALENDAR: {}} | self.sound.get("calendars", {})
        built = {name: self.calendar(name, form) for name, form in raw.items()}
        return {name: calendar for name, calendar in built.items() if calendar is not None}

    def calendar(self, name: str, raw: Mapping[str, Any]) -> WorkingCalendar | None:
        path: Path = ("calendars", name)
        form: dict[str, Any] = {"tz": DEFAULT_ZONE, "hours": DEFAULT_HOURS, "holidays": [], **raw}
        if any(problem.path[:3] == (*path, "hours") for problem in self.problems):
            form["hours"] = "24x7"  # its problems are known; what is left of it must not cause further ones
        if isinstance(form["hours"], str):
            form["hours"] = self.read((*path, "hours"), week_from, form["hours"], week_from("24x7"))
        form["holidays"] = self.read((*path, "holidays"), holiday_dates, form["holidays"], [])
        try:
            calendar = WorkingCalendar.from_mapping(form, name)
        except CalendarFormError as error:
            for problem in error.problems:
                self.problem(("calendars", *problem.path), problem.message, is_complete=True)
            return None
        self.calendar_forms[name] = form
        return calendar

    def read(self, path: Path, read: Callable[[Any], object], raw: object, instead: Any) -> Any:
        try:
            return read(raw)
        except WorkHoursError as error:
            for message in error.problems:
                self.problem(path, message, is_complete=True)
            return instead

    def known_calendar(self, path: Path, name: str) -> None:
        known = {DEFAULT_CALENDAR, *self.sound.get("calendars", {})}
        if name not in known and not {("calendars",), ("calendars", name)} & self.refused:
            self.problem(path, f"there is no calendar {clipped(name)}{did_you_mean(name, known)}")

    # --- the rest

    def final(self, raw: Mapping[str, Any]) -> FinalEscalation:
        convert: Mapping[str, Callable[[Any], Any]] = {"reminder_minutes": float, "reminders": int, "add_people": bool}
        return FinalEscalation(**{key: convert.get(key, str.strip)(value) for key, value in raw.items()})

    def status_groups(self) -> dict[str, StatusGroup]:
        groups: dict[str, StatusGroup] = {}
        for key, names in self.sound.get("statuses", {}).items():
            for index, written in enumerate(names):
                for name in _each([written]):
                    group = groups.setdefault(name, StatusGroup(key))
                    if group != key:
                        message = f"{clipped(written)} is in the group {group.value!r} already"
                        self.problem(("statuses", key, index), message)
        return groups

    def folded(
        self, key: str, raw: Mapping[str, Any], convert: Callable[[Any], _Value] = lambda value: value
    ) -> dict[str, _Value]:
        """A mapping by case-folded names; two names that are equal then must not disagree."""
        found: dict[str, _Value] = {}
        for written, value in raw.items():
            for name in _each([written]):
                if found.setdefault(name, convert(value)) != convert(value):
                    self.problem((key, written), "is given twice, in different writings, with different values")
        return found


def _each(written: Iterable[str]) -> Iterator[str]:
    """Names to compare with: case-folded, those that stand side by side (``High | P2``) one by one."""
    for text in written:
        yield from (name.strip().casefold() for name in text.split("|") if name.strip())
