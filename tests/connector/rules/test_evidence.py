"""A priority that rises, a plan that a status makes, and the entries of a stretch of time."""

from __future__ import annotations

import pytest

from connector.model import Aspect, Ref, Status, StatusGroup
from connector.rules.evidence import Period, critical_within, entries_within, plan_within
from tests.builders import (
    CRITICAL,
    NEW,
    NORMAL,
    PLANNED,
    TESS,
    WORKING,
    a_change,
    a_note,
    a_policy,
    a_ticket,
    at,
    given_to,
    seen,
    turned,
)

SPAN = Period(at("09:00"), at("12:00"))
URGENT = Ref("2", "Priority 2 - Urgent")
POLICY = a_policy(critical_priorities=frozenset({"priority 1 - critical", "priority 2 - urgent"}))


def priority(old, new, clock):
    return a_change(Aspect.PRIORITY, old, new, at(clock))


@pytest.mark.parametrize(
    ("changes", "risen_at"),
    [
        ([], None),
        ([priority(NORMAL, CRITICAL, "09:00")], None),
        ([priority(NORMAL, CRITICAL, "09:00:01")], "09:00:01"),
        ([priority(NORMAL, CRITICAL, "10:00")], "10:00"),
        ([priority(NORMAL, CRITICAL, "12:00")], None),
        ([priority(NORMAL, CRITICAL, "08:59")], None),
        ([priority(None, CRITICAL, "10:00")], "10:00"),
        ([priority(NORMAL, CRITICAL, "10:00"), priority(CRITICAL, NORMAL, "10:30")], None),
        ([priority(NORMAL, CRITICAL, "10:00"), priority(CRITICAL, None, "10:30")], None),
        (
            [
                priority(NORMAL, CRITICAL, "10:00"),
                priority(CRITICAL, NORMAL, "10:30"),
                priority(NORMAL, CRITICAL, "11:00"),
            ],
            "11:00",
        ),
        ([priority(NORMAL, URGENT, "10:00"), priority(URGENT, CRITICAL, "10:30")], "10:00"),
        ([priority(CRITICAL, URGENT, "10:00")], None),
        ([priority(NORMAL, CRITICAL, "08:30"), priority(CRITICAL, URGENT, "10:00")], None),
        ([turned(NEW, WORKING, at("10:00")), given_to(TESS, at("10:10"))], None),
        ([*seen(a_ticket(priority=CRITICAL), at("10:00"))], None),
    ],
)
def test_a_priority_rises_when_it_becomes_critical_within_the_stint_and_stays_so(changes, risen_at):
    assert critical_within(SPAN, changes, POLICY) == (at(risen_at) if risen_at else None)


def test_the_entries_of_a_stretch_begin_with_it_end_before_its_end_and_come_oldest_first():
    before, first, second, last = (a_note("x", at(clock)) for clock in ("08:59", "09:00", "11:59", "12:00"))
    assert entries_within(SPAN, [last, second, first, before]) == (first, second)
    assert entries_within(Period(at("09:00"), None), [last, first]) == (first, last)


def test_a_planned_status_that_follows_another_one_made_no_new_plan():
    drafted = Status("17", "Plan drafted", StatusGroup.PLANNED)
    changes = [turned(drafted, PLANNED, at("10:00"))]
    assert plan_within(SPAN, False, a_ticket(), changes, POLICY) is None
    made = plan_within(SPAN, False, a_ticket(), [turned(WORKING, PLANNED, at("10:00"))], POLICY)
    assert made is not None
    assert (made.at, made.how) == (at("10:00"), "status Plan made")


def test_a_plan_that_is_commanded_counts_in_internal_notes_alone():
    def plan(*entries):
        period = Period(at("09:00"), None)
        return plan_within(period, True, a_ticket(entries=entries), (), a_policy())

    assert plan(a_note("/plan restart it", at("09:10"))).text == "restart it"
    assert plan(a_note("/plan restart it", at("09:10"), internal=False)) is None
    assert plan(a_note("Plan: restart it", at("09:10"), internal=False)).text == "restart it"
