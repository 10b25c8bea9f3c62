"""What an escalation note is made of, and the limits of those who get the ticket. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from connector.model import TicketRecord
from connector.notes.phrases import Times, minutes_text
from connector.policy.policy import FixStartsAt, Policy, StartsAt, Tier
from connector.rules.escalation import Demand
from connector.rules.limits import Decision, StageClock
from connector.rules.stints import Stint
from connector.working_time.calendar import WorkingCalendar
from connector.working_time.rules import CalendarError


@dataclass(frozen=True, slots=True)
class EscalationNote:
    """What an escalation note is made of: a decision with a running clock, and the demand that it led to.

    ``to``: None for the final escalation, which calls ``people`` (role, name; an empty name is nobody configured).
    ``owner``: who has the ticket now, empty for nobody; ``still_shown``: whom the system shows because an owner cannot
    be removed there; ``assignment`` says in a sentence how that came.
    ``earlier``: each escalation before this one, when and in words; ``trainings``: the training that they requested,
    for whom and in what; ``page``: the address of the ticket's page, if it has one. The connector's own notes on the
    ticket are marked as such.
    """

    decision: Decision
    demand: Demand
    policy: Policy
    to: Tier | None
    assignment: str
    marker: str
    people: tuple[tuple[str, str], ...] = ()
    earlier: tuple[tuple[datetime, str], ...] = ()
    owner: str = ""
    still_shown: str = ""
    trainings: tuple[tuple[str, str], ...] = ()
    page: str = ""

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
    def calendar(self) -> WorkingCalendar:
        """The calendar that counts for those who read the note."""
        return self.policy.calendar_of(self.to or self.tier, self.record.client)[1]

    @property
    def times(self) -> Times:
        """Moments in the zone of that calendar."""
        return Times(self.calendar.zone, self.decision.at)

    @property
    def due(self) -> NextLimits:
        """What the next tier has time for."""
        assert self.to is not None
        return NextLimits(self.to, self.policy, self.calendar, self.clock.factor, self.decision.at)


@dataclass(frozen=True, slots=True)
class NextLimits:
    """The limits of the tier that gets a ticket ``at`` a moment; its clocks start anew, with the diagnosis."""

    tier: Tier
    policy: Policy
    calendar: WorkingCalendar
    factor: float
    at: datetime

    def plan_text(self, times: Times, zone: str = "", kind: str = "") -> str:
        """``by 11:14``, or within how many minutes of the first touch."""
        return self._due(self.tier.diagnosis_minutes, times, zone, kind)

    def fix_text(self, times: Times, kind: str = "") -> str:
        """``within 60 minutes of it``, or by when, where the fix counts from the start."""
        if self.policy.fix_starts_at is FixStartsAt.PLAN:
            return f"within {minutes_text(self.tier.fix_minutes * self.factor, kind)} of it"
        return self._due(self.tier.fix_minutes, times, "", kind)

    def _due(self, minutes: float, times: Times, zone: str, kind: str) -> str:
        length = minutes * self.factor
        if self.tier.starts_at is StartsAt.ASSIGNMENT:
            try:
                due_at = self.calendar.add(self.at, length)
            except CalendarError:
                due_at = None
            if due_at is not None:
                return f"by {times.short(due_at)}{zone}"
        since = "this assignment" if self.tier.starts_at is StartsAt.ASSIGNMENT else "your first touch"
        return f"within {minutes_text(length, kind)} of {since}"
