"""What a turn leaves behind for a report: tickets at no tier's home, since when a clock stands still, ended stints."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pytest

from connector.model import Change, TicketRecord
from connector.rules.limits import Decision, evaluate
from connector.rules.stints import build_timeline
from connector.store.records import PAUSED_SINCE, Claim, EndedStint, Finished, Step, StepState
from connector.turn.outcomes import finished, seen_elsewhere, with_ended
from connector.turn.saga import StepKind
from tests.builders import (
    CLOSED,
    CRITICAL,
    DESK,
    ELSEWHERE,
    HOMES,
    NINE,
    RESOLVED,
    TESS,
    TIER_3,
    WAITING,
    WORKING,
    a_policy,
    a_ticket,
    at,
    moved,
    seen,
    turned,
)


def judged(record: TicketRecord, changes: Sequence[Change] = (), now: datetime = NINE) -> Decision:
    timeline = build_timeline(record, changes or seen(record), a_policy(), HOMES)
    return evaluate(timeline, a_policy(), now)


def elsewhere(record: TicketRecord, changes: Sequence[Change] = ()) -> str:
    found = seen_elsewhere(Finished(Claim("psa", "4711", 1), None), judged(record, changes), a_policy(), HOMES)
    return found.unwatched


def test_an_open_ticket_at_no_tiers_home_is_kept_with_its_place() -> None:
    assert elsewhere(a_ticket(place=ELSEWHERE)) == "Projects"


@pytest.mark.parametrize(
    "record",
    [a_ticket(), a_ticket(status=WORKING), a_ticket(place=ELSEWHERE, status=CLOSED), a_ticket(status=RESOLVED)],
    ids=["at home", "worked on", "closed elsewhere", "resolved at home"],
)
def test_what_is_a_tiers_or_is_over_is_not(record: TicketRecord) -> None:
    assert elsewhere(record) == ""


def test_what_was_a_tiers_before_is_told_by_its_stints() -> None:
    start = a_ticket(status=WORKING, owner=TESS)
    changes = [*seen(start), moved(DESK, ELSEWHERE, at("09:10"))]
    assert elsewhere(a_ticket(place=ELSEWHERE, status=WORKING, owner=TESS), changes) == ""


def test_since_when_a_clock_stands_still_is_kept_while_it_does() -> None:
    start = a_ticket(status=WORKING, owner=TESS)
    changes = [*seen(start), turned(WORKING, WAITING, at("09:10"))]
    paused = judged(a_ticket(status=WAITING, owner=TESS), changes, at("09:30"))
    kept = finished(Claim("psa", "4711", 1), paused, (), None).snapshot
    assert kept is not None
    assert kept[PAUSED_SINCE] == at("09:10").isoformat()
    running = judged(start, now=at("09:05"))
    assert PAUSED_SINCE not in (finished(Claim("psa", "4711", 1), running, (), None).snapshot or {})


def ended(step: StepKind | None = None, snapshot: dict[str, object] | None = None) -> EndedStint:
    """The row of a critical ticket's stint on First Touch, which a person took to Tier 3."""
    start = a_ticket(status=WORKING, owner=TESS, priority=CRITICAL, url="https://psa.example.com/4711")
    changes = [*seen(start), moved(DESK, TIER_3, at("09:10"))]
    now = a_ticket(place=TIER_3, status=WORKING, owner=TESS, priority=CRITICAL, url="https://psa.example.com/4711")
    decision = judged(now, changes, at("09:11"))
    key = decision.timeline.stints[0].key
    claim = Claim("psa", "4711", 1, snapshot={"read_at": NINE.isoformat(), "stint": key, **(snapshot or {})})
    saga = f"psa/4711/{key}/diagnosis/warning"
    steps = [] if step is None else [Step(saga, step, StepState.DONE, {}, at("09:05"))]
    (row,) = with_ended(Finished(claim, None), decision, a_policy(), steps).ended
    return row


def test_a_stint_that_is_over_is_kept_with_its_limits_and_what_it_was_about() -> None:
    row = ended(snapshot={"place": "Service Desk > First Touch"})
    assert (row.plan_limit, row.fix_limit) == (15, 30)
    assert (row.summary, row.link) == ("VPN client cannot connect", "https://psa.example.com/4711")
    assert (row.board, row.has_left, row.is_escalated) == ("Service Desk > First Touch", True, False)


def test_where_it_stood_is_not_guessed_once_it_has_left() -> None:
    assert ended(snapshot={"stint": "another"}).board == ""


@pytest.mark.parametrize(
    ("step", "was_warned", "is_written"),
    [(None, False, False), (StepKind.WOULD, True, False), (StepKind.SAID, True, True)],
)
def test_whether_its_warning_was_written_is_kept(step: StepKind | None, was_warned: bool, is_written: bool) -> None:
    row = ended(step)
    assert (row.was_warned, row.is_warning_written) == (was_warned, is_written)
