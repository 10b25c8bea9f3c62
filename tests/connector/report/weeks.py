"""Made-up weeks of a desk: the stories of tickets, built with good defaults; Monday is 19 October 2026."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connector.model import Mode, Reason, Stage
from connector.policy.policy import Policy
from connector.report.story import (
    Alone,
    HowEnded,
    LeftAlone,
    Overriding,
    Rise,
    Scope,
    StintRow,
    Story,
    Subject,
    Training,
)
from tests.builders import a_policy, a_tier, office_hours

MONDAY = datetime(2026, 10, 19, tzinfo=UTC)
FIRST, THIRD, SENIOR = "First Touch", "Tier 3", "Sr IT Manager"
NEXT = {FIRST: THIRD, THIRD: SENIOR, SENIOR: ""}


def policy(**given: Any) -> Policy:
    tiers = (a_tier(1, name=FIRST), a_tier(2, name=THIRD), a_tier(3, name=SENIOR))
    return a_policy(**{"tiers": tiers, "calendars": {"default": office_hours()}, **given})


def scope(mode: Mode = Mode.OBSERVE, **given: Any) -> Scope:
    plain = Scope(
        since=MONDAY,
        until=MONDAY + timedelta(days=7),
        made_at=MONDAY + timedelta(days=7, hours=8),
        zone="UTC",
        connections=("psa",),
        modes=(("psa", mode),),
    )
    return replace(plain, **given)


def moment(day: int, clock: str) -> datetime:
    """``moment(0, "08:30")``: Monday."""
    hours, minutes = map(int, clock.split(":"))
    return MONDAY + timedelta(days=day, hours=hours, minutes=minutes)


def resolved(
    ticket: int, plan: float | None = 10, fix: float = 20, *, client: str = "Bluewater", **given: Any
) -> Story:
    """A ticket that was resolved on First Touch, by itself."""
    return story(ticket, [stint(ticket, plan=plan, fix=fix, **given)], client=client)


def risen(
    ticket: int,
    at: datetime,
    *,
    client: str = "Bluewater",
    tier: str = FIRST,
    stage: Stage = Stage.DIAGNOSIS,
    mode: Mode = Mode.OBSERVE,
    plan: float | None = None,
    fix: float | None = None,
    assumed: tuple[str, ...] = (),
    reasons: tuple[Reason, ...] = (Reason.TIME,),
    limit: float | None = None,
    then: HowEnded = HowEnded.RESOLVED,
    board: str = "Service Desk",
    connection: str = "psa",
    is_warned: bool = True,
    **given: Any,
) -> Story:
    """A ticket that went up, or would have. In enforce mode what became of it on the next tier is ``then``."""
    limit = limit or (30 if stage is Stage.DIAGNOSIS else 60)
    is_done = mode is Mode.ENFORCE
    how = HowEnded.WENT_UP if is_done and NEXT[tier] else HowEnded.RESOLVED
    row = stint(ticket, tier=tier, plan=plan, fix=None if is_done else fix, how=how, warned=is_warned)
    row = replace(row, worked_minutes=limit if is_done else (plan or 0) + (fix or 0), is_warning_written=mode.writes)
    row = replace(row, **{"plan_limit" if stage is Stage.DIAGNOSIS else "fix_limit": limit})
    rows = [row]
    if is_done and NEXT[tier]:
        rows.append(stint(ticket, tier=NEXT[tier], key="2", began=at, plan=5, fix=10, how=then))
    rise = Rise(at, row.key, tier, NEXT[tier], reasons, stage, limit, limit, mode, **given)
    subject = {"client": client, "assumed": assumed, "board": board, "connection": connection}
    return story(ticket, rows, [rise], **subject)


def stint(
    ticket: int,
    *,
    tier: str = FIRST,
    key: str = "1",
    plan: float | None = None,
    fix: float | None = None,
    how: HowEnded = HowEnded.RESOLVED,
    warned: bool = False,
    written: bool = False,
    began: datetime | None = None,
    **given: Any,
) -> StintRow:
    worked = None if fix is None else (plan or 0) + fix
    row = StintRow(
        key=f"{ticket}/{key}",
        tier=tier,
        began_at=began or moment(0, "08:00"),
        how_ended=how,
        plan_minutes=plan,
        fix_minutes=fix,
        worked_minutes=worked,
        plan_limit=60 if tier == SENIOR else 30,
        fix_limit=60,
        was_warned=warned,
        is_warning_written=written,
    )
    return replace(row, **given)


def story(ticket: int, rows: list[StintRow], rises: list[Rise] | None = None, **subject: Any) -> Story:
    plain = {"summary": f"Summary of {ticket}", "client": "Bluewater", "board": "Service Desk", "connection": "psa"}
    who = Subject(ticket=str(ticket), **{**plain, **subject})
    return Story(who, tuple(rows), tuple(rises or ()))


def alone(ticket: int, why: Alone, detail: str = "", connection: str = "psa") -> Story:
    return Story(Subject(connection, str(ticket)), left_alone=LeftAlone(why, detail))


def overridden(story: Story, by: str, refused: str = "") -> Story:
    return replace(story, overridings=(Overriding(moment(1, "09:00"), by, FIRST, "later", "vendor calls", refused),))


def taught(story: Story, who: str, topic: str) -> Story:
    return replace(story, trainings=(Training(moment(1, "09:00"), who, topic),))
