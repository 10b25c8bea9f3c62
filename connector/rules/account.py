"""What a stint that is over took: minutes to the plan and to the fix, and how long it was paused. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from connector.model import TicketRecord
from connector.policy.policy import FixStartsAt, Policy
from connector.rules.stints import Stint


@dataclass(frozen=True, slots=True)
class StintAccount:
    """All in working minutes of the calendar that counted, paused time left out; None where there is nothing to count.

    ``to_plan``: from the start of the clock to the diagnosis plan; ``to_fix``: up to the fix, from where its limit is
    counted, of a stint that ended with the ticket; ``worked``: of its clock in all; ``paused``: what waiting took out.
    """

    to_plan: float | None
    to_fix: float | None
    worked: float | None
    paused: float | None


NOTHING = StintAccount(None, None, None, None)


def account_of(stint: Stint, policy: Policy, record: TicketRecord) -> StintAccount:
    """What an ended stint took; nothing of one whose clock never began."""
    start, end = stint.clock_from, stint.ended_at
    if start is None or end is None:
        return NOTHING
    _, calendar = policy.calendar_of(policy.tier(stint.tier), record.client)
    pauses = [(pause.start, pause.end) for pause in stint.pauses]
    planned_at = stint.plan.at if stint.plan else None
    fix_from = planned_at if planned_at and policy.fix_starts_at is FixStartsAt.PLAN else start
    worked = calendar.between(start, end, pauses)
    return StintAccount(
        None if planned_at is None else calendar.between(start, planned_at, pauses),
        None if stint.has_left else calendar.between(fix_from, end, pauses),
        worked,
        max(0.0, calendar.between(start, end) - worked) if pauses else 0.0,
    )
