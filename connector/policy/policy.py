"""The policy: the ladder of tiers with its limits, calendars, priorities and status corrections.

Pure values. How a policy is written down (environment, JSON) is the business of ``config`` and
``document``. Lengths are working minutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from connector.model import Mode, Place, Ref, Status, StatusGroup, TicketRecord
from connector.working_time.calendar import WorkingCalendar


class StartsAt(StrEnum):
    """When a tier's stint starts to count."""

    FIRST_TOUCH = "first_touch"
    ASSIGNMENT = "assignment"


class FixStartsAt(StrEnum):
    """What the fix limit is measured from."""

    PLAN = "plan"
    STINT = "stint"


QUEUE, ROUND_ROBIN, LEAST_LOADED = "queue", "round_robin", "least_loaded"
"""Who gets a ticket on arrival, besides a fixed member: nobody yet, each in turn, the one with the least to do."""


@dataclass(frozen=True, slots=True)
class Tier:
    """A rung of the ladder. ``homes`` maps a ticket system's name to the configured home there.

    ``next``: the number of the tier that it escalates to, 0 for the one that follows. ``skip``: why escalations pass it
    over, empty where they do not. ``mode``: how much is done to what it holds, where that is said for it.
    """

    number: int
    name: str
    homes: Mapping[str, str]
    diagnosis_minutes: float
    fix_minutes: float
    starts_at: StartsAt
    managers: tuple[str, ...] = ()
    assign: str = QUEUE
    status: str = ""
    calendar: str = "default"
    next: int = 0
    skip: str = ""
    mode: Mode | None = None


@dataclass(frozen=True, slots=True)
class FinalEscalation:
    """Who is called together when the last tier breaches, and how the ticket is marked.

    The people are member identifiers of the ticket system; an empty one is not configured.
    """

    sr_it_manager: str = ""
    service_desk_manager: str = ""
    account_manager: str = ""
    status: str = ""
    priority: str = ""
    client_message: str = ""
    reminder_minutes: float = 60
    reminders: int = 5
    add_people: bool = False

    @property
    def people(self) -> Mapping[str, str]:
        """The three that a final escalation calls together: role to identifier."""
        return {
            "Sr IT Manager": self.sr_it_manager,
            "Service Desk Manager": self.service_desk_manager,
            "Account Manager": self.account_manager,
        }


class EndOfDay(StrEnum):
    ADVISE = "advise"
    DEFER = "defer"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Ladder:
    """A further ladder, for tickets at its tiers' homes whose client and priority are among those that it names.

    ``clients``: names or ids, ``priorities``: names, both case-folded; empty takes any. ``policy`` is the whole policy
    with this ladder's tiers in place of the usual ones.
    """

    name: str
    clients: frozenset[str]
    priorities: frozenset[str]
    policy: Policy

    def takes(self, client: Ref | None, priority: Ref | None) -> bool:
        """Whether a ticket of that client and priority may be on this ladder."""
        known_as = {client.id.casefold(), client.name.casefold()} if client else set()
        is_clients = not self.clients or bool(self.clients & known_as)
        return is_clients and (
            not self.priorities or (priority is not None and priority.name.casefold() in self.priorities)
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything that decides when a ticket goes up, and where to.

    ``status_groups`` maps a status name (case-folded) to the group that the operator gives it; it wins over what
    the ticket system says. ``priority_factors`` maps a priority name (case-folded) to the factor on the limits.
    ``client_calendars`` maps a client's name or id (case-folded) to the name of a calendar.
    ``escalate_when_critical``: a priority that rises to a critical one takes the ticket up at once.
    ``untouched_minutes``: after so many a ticket is told of that nobody has touched; 0 for never.
    ``ladders``: further ones; a ticket that none of them takes is on ``tiers``. ``ladder``: this one's name.
    ``version`` identifies the content: equal policies have equal versions.
    """

    tiers: tuple[Tier, ...]
    calendars: Mapping[str, WorkingCalendar]
    final: FinalEscalation = field(default_factory=FinalEscalation)
    client_calendars: Mapping[str, str] = field(default_factory=dict)
    priority_factors: Mapping[str, float] = field(default_factory=dict)
    critical_priorities: frozenset[str] = frozenset()
    status_groups: Mapping[str, StatusGroup] = field(default_factory=dict)
    fix_starts_at: FixStartsAt = FixStartsAt.PLAN
    warn_at: float = 0.8
    untouched_minutes: float = 0
    end_of_day: EndOfDay = EndOfDay.ADVISE
    end_of_day_minutes: float = 30
    override_max_minutes: float = 480
    escalate_when_critical: bool = False
    ladders: tuple[Ladder, ...] = ()
    ladder: str = ""
    version: str = ""

    @property
    def every_ladder(self) -> tuple[Policy, ...]:
        """The policy of each ladder, the usual one first."""
        return (self, *(ladder.policy for ladder in self.ladders))

    def for_ticket(self, record: TicketRecord, homes: Homes) -> tuple[Policy, Homes]:
        """The ladder that a ticket is on, with its homes.

        A ladder whose homes do not all resolve may be the one: then nobody can tell, and it is taken for it.
        """
        doubtful: tuple[Policy, Homes] | None = None
        for ladder in self.ladders:
            there = homes.ladders.get(ladder.name)
            if there is None or not ladder.takes(record.client, record.priority):
                continue
            if there.tier_at(record.place) is not None:
                return ladder.policy, there
            if not there.is_certain(record.place):
                doubtful = doubtful or (ladder.policy, there)
        if doubtful is not None and homes.tier_at(record.place) is None:
            return doubtful
        return self, homes

    def tier(self, number: int) -> Tier:
        """The tier of that number, counted from 1."""
        return self.tiers[number - 1]

    def with_limits_of(self, number: int, then: Tier) -> Policy:
        """This policy with the limits of an earlier tier in the one of that number; all else stays."""
        tier = self.tier(number)
        limited = replace(tier, diagnosis_minutes=then.diagnosis_minutes, fix_minutes=then.fix_minutes)
        return replace(self, tiers=(*self.tiers[: number - 1], limited, *self.tiers[number:]))

    def next_tier(self, tier: Tier) -> Tier | None:
        """The next rung that is not skipped, or None above the last one: final escalation."""
        above = self._above(tier)
        while above is not None and above.skip:
            above = self._above(above)
        return above

    def skipped_above(self, tier: Tier) -> tuple[tuple[str, str], ...]:
        """The tiers that an escalation from ``tier`` passes over: name, and the reason given."""
        passed = []
        above = self._above(tier)
        while above is not None and above.skip:
            passed.append((above.name, above.skip))
            above = self._above(above)
        return tuple(passed)

    def _above(self, tier: Tier) -> Tier | None:
        """The tier that ``tier`` names as the next one."""
        if tier.next:
            return self.tier(tier.next)
        return self.tiers[tier.number] if tier.number < len(self.tiers) else None

    def group_of(self, status: Status) -> StatusGroup:
        """What a status means for the clocks: the operator's word first, then the system's."""
        groups = self.status_groups
        return groups.get(status.name.casefold(), status.group) if groups else status.group

    def factor_of(self, priority: Ref | None) -> float:
        """The factor that a priority puts on the limits; 1 without a rule."""
        return 1.0 if priority is None else self.priority_factors.get(priority.name.casefold(), 1.0)

    def is_critical(self, priority: Ref | None) -> bool:
        """Whether a priority is that of a critical function that is blocked."""
        return priority is not None and priority.name.casefold() in self.critical_priorities

    def calendar_of(self, tier: Tier, client: Ref | None) -> tuple[str, WorkingCalendar]:
        """The calendar that counts, with its name: the client's own one, else the tier's."""
        name = tier.calendar
        if client is not None:
            for known_as in (client.id, client.name):
                name = self.client_calendars.get(known_as.casefold(), name)
        return name, self.calendars[name]

    def has_calendar_of(self, client: Ref | None) -> bool:
        """Whether a client has a calendar of its own."""
        return client is not None and any(
            known_as.casefold() in self.client_calendars for known_as in (client.id, client.name)
        )


@dataclass(frozen=True, slots=True)
class Homes:
    """The tiers' homes in one ticket system, resolved.

    ``unresolved`` maps tier numbers to what was wrong, ``hidden`` has the configured texts of those homes.
    ``ladders``: those of the further ladders, by their names.
    """

    places: Mapping[int, Place]
    unresolved: Mapping[int, str] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()
    ladders: Mapping[str, Homes] = field(default_factory=dict)

    @property
    def every_place(self) -> tuple[Place, ...]:
        """The homes of all ladders, each once."""
        every = {place.key: place for homes in (self, *self.ladders.values()) for place in homes.places.values()}
        return tuple(every.values())

    @property
    def every_problem(self) -> tuple[str, ...]:
        """What of all ladders does not resolve, one sentence each."""
        return tuple(problem for homes in (self, *self.ladders.values()) for problem in homes.unresolved.values())

    def is_watched(self, place: Place) -> bool:
        """Whether a tier of any ladder lives at a place."""
        return any(homes.tier_at(place) is not None for homes in (self, *self.ladders.values()))

    def tier_at(self, place: Place) -> int | None:
        """The number of the tier that lives at ``place``: the most specific home that matches, or None."""
        best: int | None = None
        depth = 0
        for number, home in self.places.items():
            if len(home.path) > depth and place.is_within(home):
                best, depth = number, len(home.path)
        return best

    def is_certain(self, place: Place) -> bool:
        """Whether no unresolved home may be where a ticket lives: a home inside the one that matches would win."""
        if not self.unresolved:
            return True
        tier = self.tier_at(place)
        if tier is None:
            return False
        inside = f"{self.places[tier]} >".casefold()
        return not any(text.casefold().startswith(inside) for text in self.hidden)
