"""What people ordered on a ticket: escalations asked for, overrides, and what nobody could follow. Pure.

Read anew from the entries at every turn, like the clocks; nothing of it is stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connector.model import AuthorKind, Entry, Reason, Visibility
from connector.policy.policy import Policy
from connector.reading.command_lines import PLAN_COMMAND, may_speak
from connector.reading.command_words import EscalateWords, HelpWords, Unclear, spoken_in
from connector.reading.plans import near_plan_in, plan_in
from connector.rules.evidence import entries_within
from connector.rules.overrides import Discretion, Override, overrides_in
from connector.rules.stints import Stint, Timeline

Managers = Mapping[int, Mapping[str, str]]
"""For each tier's number those who may override there: identifier (case-folded) to name."""


@dataclass(frozen=True, slots=True)
class Request:
    """An escalation that a technician asked for. ``detail``: the free text with it, ``topic`` the part on its line."""

    entry: str
    by: str
    identifier: str
    at: datetime
    reasons: tuple[Reason, ...]
    detail: str
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Misunderstood:
    """A command that cannot be followed, and why, as a sentence; or a line that nearly is a plan, as it stands."""

    entry: str
    by: str
    at: datetime
    command: str
    problem: str


@dataclass(frozen=True, slots=True)
class Question:
    """Somebody asked what can be commanded."""

    entry: str
    by: str


@dataclass(frozen=True, slots=True)
class Commands:
    """``overrides``: of every stint by its key; all else of the running stint alone.

    ``near_plan``: what nearly recorded its plan, as long as it has none.

    What was said before the clock of an adopted ticket began is history: it asks for nothing and is not answered.
    """

    overrides: Mapping[str, tuple[Override, ...]] = field(default_factory=dict)
    managers: Managers = field(default_factory=dict)
    requests: tuple[Request, ...] = ()
    unclear: tuple[Misunderstood, ...] = ()
    questions: tuple[Question, ...] = ()
    near_plan: Misunderstood | None = None

    def overrides_of(self, stint: Stint) -> tuple[Override, ...]:
        """The overrides of a stint, applied and refused, oldest first."""
        return self.overrides.get(stint.key, ())

    @property
    def applied(self) -> tuple[Override, ...]:
        """Every override that was applied, of all stints, oldest first."""
        every = (one for stint in self.overrides.values() for one in stint if not one.refused)
        return tuple(sorted(every, key=lambda one: one.at))

    @property
    def refused(self) -> tuple[Override, ...]:
        """Every override that was not applied and says why it was asked for, of all stints, oldest first."""
        every = (one for stint in self.overrides.values() for one in stint if one.refused and one.reason)
        return tuple(sorted(every, key=lambda one: one.at))


NOTHING = Commands()

_NOTHING_HEARD: Mapping[str, str] = {}


def says_something(entry: Entry) -> bool:
    """Whether an entry speaks a command, well or badly: an agent's own, and never one that the client can see."""
    is_heard = entry.is_heard and entry.is_agents and entry.visibility is Visibility.INTERNAL
    return is_heard and may_speak(entry.text) and bool(spoken_in(entry.text))


def read_commands(
    timeline: Timeline, policy: Policy, managers: Managers, heard: Mapping[str, str] = _NOTHING_HEARD
) -> Commands:
    """What was ordered on a ticket. ``managers`` may lack tiers: nobody may override there.

    ``heard``: entries whose commands an earlier turn took for a stint, by its key; there they stay.
    """
    speaking = [entry for entry in timeline.record.entries if says_something(entry)]
    near_plan = _near_plan(timeline)
    if not (speaking or near_plan):
        return NOTHING
    overrides: dict[str, tuple[Override, ...]] = {}
    for stint in timeline.stints:
        mine = _said_in(stint, timeline, speaking, heard)
        if mine:
            discretion = _discretion(stint, timeline, policy, managers)
            overrides[stint.key] = overrides_in(mine, discretion, stint.plan.at if stint.plan else None)
    overrides = _each_once(overrides)
    current = timeline.current
    said = _said_in(current, timeline, speaking, heard) if current else ()
    requests: list[Request] = []
    unclear: list[Misunderstood] = []
    questions: list[Question] = []
    for entry in said:
        if current is not None and entry.at < listens_from(current):
            continue
        for words in spoken_in(entry.text):
            if isinstance(words, EscalateWords):
                if _left_with(entry, timeline):
                    continue
                who = (entry.author.name, entry.author.identifier)
                requests.append(Request(entry.id, *who, entry.at, words.reasons, words.detail, words.topic))
            elif isinstance(words, Unclear):
                unclear.append(Misunderstood(entry.id, entry.author.name, entry.at, words.command, words.problem))
            elif isinstance(words, HelpWords):
                questions.append(Question(entry.id, entry.author.name))
    return Commands(overrides, managers, tuple(requests), tuple(unclear), tuple(questions), near_plan)


def _each_once(overrides: Mapping[str, tuple[Override, ...]]) -> dict[str, tuple[Override, ...]]:
    """Of an entry that two stints heard, what the later one makes of it, unless only the earlier one applies it.

    ``overrides``: by the stints' keys, of the oldest stint first.
    """
    kept: dict[str, tuple[bool, int]] = {}
    for index, of_stint in enumerate(overrides.values()):
        for one in of_stint:
            kept[one.entry] = max(kept.get(one.entry, (False, index)), (not one.refused, index))
    return {
        key: tuple(one for one in of_stint if kept[one.entry][1] == index)
        for index, (key, of_stint) in enumerate(overrides.items())
    }


def _left_with(entry: Entry, timeline: Timeline) -> bool:
    """Whether an entry asked for the very move that the running stint began with, not for one tier more.

    One from before the stint, or from the second in which it began, did if its author held the ticket in the stint
    before and not in this: who hands a ticket on by hand asked for that. In the second of the connector's own move no
    date tells what came first: there only who got the ticket with that move asks for more.
    """
    *earlier, stint = timeline.stints
    began, said = (moment.replace(microsecond=0) for moment in (stint.entered_at, entry.at))
    if not earlier or said > began:
        return False
    had, has = (entry.author.name in one.holders for one in (earlier[-1], stint))
    return (had or not has) if stint.is_by_us and said == began else (had and not has)


def _near_plan(timeline: Timeline) -> Misunderstood | None:
    """The first line of an agent's that nearly records the plan that the running stint owes; by mail, any plan."""
    stint, record = timeline.current, timeline.record
    if stint is None or stint.plan is not None:
        return None
    for entry in entries_within(stint.period, record.entries):
        is_heard = entry.author.kind is AuthorKind.AGENT and entry.at >= listens_from(stint)
        if is_heard and not record.came_with(entry) and (line := _nearly(entry)):
            return Misunderstood(entry.id, entry.author.name, entry.at, PLAN_COMMAND, line)
    return None


def _nearly(entry: Entry) -> str | None:
    mailed = plan_in(entry.text, obeys=False) if entry.is_claimed else None
    return mailed or near_plan_in(entry.text)


def _said_in(stint: Stint, timeline: Timeline, entries: Sequence[Entry], heard: Mapping[str, str]) -> tuple[Entry, ...]:
    """The entries of a stint: those that were taken for it, and of all others those that lie in its time."""
    keys = {one.key for one in timeline.stints}
    taken = {entry: key for entry, key in heard.items() if key in keys}
    within = {entry.id for entry in entries_within(stint.period, entries)}
    mine = (one for one in entries if (taken[one.id] == stint.key if one.id in taken else one.id in within))
    return tuple(sorted(mine, key=lambda entry: entry.at))


def listens_from(stint: Stint) -> datetime:
    """From when on what is said in a stint is heard: its beginning, or the moment its ticket was adopted."""
    return stint.clock_from if stint.adopted and stint.clock_from is not None else stint.heard_after or stint.entered_at


def _discretion(stint: Stint, timeline: Timeline, policy: Policy, managers: Managers) -> Discretion:
    tier = policy.tier(stint.tier)
    _, calendar = policy.calendar_of(tier, timeline.record.client)
    tiers_own = policy.calendars[tier.calendar]
    return Discretion(
        tier=tier.name,
        managers=managers.get(stint.tier, {}),
        most_minutes=policy.override_max_minutes,
        calendar=calendar,
        zone=tiers_own.zone,
    )
