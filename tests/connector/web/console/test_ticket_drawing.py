"""The drawing of a ticket's time: what is open keeps its scale, what is closed is narrow, and labels do not touch."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import combinations, cycle
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from connector.turn.explaining.done import Done
from connector.web.console.ticket import drawing
from connector.web.console.ticket.axis import MOST_CLOSED, NARROW, time_axis
from connector.web.console.ticket.drawing import LEFT, WIDTH, Mark, ticket_drawing
from connector.web.console.words import Wall
from tests.builders import (
    DESK,
    ELSEWHERE,
    RESOLVED,
    TESS,
    TIER_3,
    WAITING,
    WORKING,
    a_calendar,
    a_policy,
    a_ticket,
    at,
    moved,
    office_hours,
    round_the_clock,
    seen,
    turned,
)
from tests.connector.speech import MARIA, decided, said

WALL = Wall(at("09:00"), ZoneInfo("UTC"))


# -- the axis ------------------------------------------------------------------------------------------------------


def an_axis(start="09:00", days=0, end="11:00", calendar=None):
    until = at(end) + timedelta(days=days)
    return time_axis(calendar or office_hours(), at(start), until, 100.0, 900.0)


def test_open_time_is_drawn_to_scale():
    axis = an_axis()
    assert [axis.x_of(at(when)) for when in ("09:00", "09:30", "10:00", "11:00")] == [100.0, 325.0, 550.0, 1000.0]
    assert list(axis.stretches(at("09:30"), at("10:00"))) == [(325.0, 225.0)]


def test_what_lies_outside_lies_at_the_end():
    axis = an_axis()
    assert (axis.x_of(at("08:00")), axis.x_of(at("16:00"))) == (100.0, 1000.0)
    assert list(axis.stretches(at("07:00"), at("08:00"))) == []


def test_a_night_is_narrow_and_nothing_is_drawn_in_it():
    axis = an_axis("16:00", 1, "09:00")
    opened, night, morning = axis.pieces
    assert (opened.is_open, night.is_open, morning.is_open) == (True, False, True)
    assert night.width == NARROW
    assert opened.width == pytest.approx(morning.width) == pytest.approx((900 - NARROW) / 2)
    stretches = list(axis.stretches(at("16:30"), at("08:30") + timedelta(days=1)))
    assert len(stretches) == 2
    assert axis.x_of(at("23:00")) > axis.x_of(at("17:00"))


def test_of_a_long_time_the_last_part_is_drawn():
    axis = an_axis("09:00", 60, "11:00")
    assert axis.is_cut
    assert sum(not piece.is_open for piece in axis.pieces) < MOST_CLOSED
    assert axis.x_of(at("11:00") + timedelta(days=60)) == pytest.approx(1000.0, abs=0.2)
    assert not an_axis().is_cut


def test_time_that_is_closed_throughout_is_drawn_all_the_same():
    axis = an_axis("19:00", 0, "21:00")
    assert axis.x_of(at("20:00")) == 550.0


def test_a_calendar_that_never_closes_has_no_narrow_stretch():
    axis = an_axis("09:00", 3, "09:00", round_the_clock())
    assert [piece.is_open for piece in axis.pieces] == [True]
    assert [tick.time for tick in axis.ticks()] == ["16:00", "00:00", "08:00"] * 3


def test_ticks_stand_at_full_steps_and_name_each_day_once():
    ticks = an_axis("16:10", 1, "09:00").ticks()
    assert [tick.time for tick in ticks] == ["16:15", "16:30", "16:45", "08:00", "08:15", "08:30", "08:45"]
    assert [tick.day for tick in ticks] == ["Thu 15 Jan", "", "", "Fri 16 Jan", "", "", ""]


def test_ticks_are_those_of_the_wall_clock_of_the_zone():
    week = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    calendar = a_calendar(week, "Asia/Kathmandu")
    assert [tick.time for tick in an_axis("09:00", 0, "10:30", calendar).ticks()][:3] == ["14:50", "15:00", "15:10"]


# -- labels --------------------------------------------------------------------------------------------------------


def marks_at(*given):
    return drawing._with_room([Mark(kind, x, y, label, label) for kind, x, y, label in given])


def test_labels_go_where_there_is_room_and_those_that_matter_least_are_left_out():
    shown = {mark.kind: mark for mark in marks_at(
        ("warned", 500.0, 56.0, "warned 09:24"),
        ("rise", 520.0, 56.0, "went up 09:30"),
        ("plan", 505.0, 56.0, "plan 09:25"),
    )}  # fmt: skip
    assert (shown["rise"].label, shown["rise"].is_left) == ("went up 09:30", False)
    assert sum(bool(mark.label) for mark in shown.values()) == 2
    assert shown["warned"].title == "warned 09:24"


def test_labels_stay_within_the_drawing_and_never_touch():
    places = (0, 20, 160, 175, 400, 480, 500, 700, 720, 900, 930)
    given = [(kind, LEFT + x, 56.0, f"{kind} 09:{x // 20:02}") for x, kind in zip(places, cycle(drawing._WEIGHT))]
    shown = [mark for mark in marks_at(*given) if mark.label]
    assert 4 < len(shown) < len(given)
    spans = []
    for mark in shown:
        width = drawing._CHARACTER * len(mark.label)
        start = mark.x - 10 - width if mark.is_left else mark.x + 10
        spans.append((start, start + width))
    assert all(start >= LEFT and end <= WIDTH for start, end in spans)
    assert all(one[1] <= other[0] or other[1] <= one[0] for one, other in combinations(spans, 2))


# -- a ticket ------------------------------------------------------------------------------------------------------


def drawn(record, now, changes=None, done=(), **given):
    decision = decided(record, now, changes=changes, **given)
    seen_ = SimpleNamespace(decision=decision, policy=given.get("policy") or a_policy())
    return ticket_drawing(SimpleNamespace(seen=seen_, done=tuple(done)), WALL)


def a_held_ticket(*entries, **given):
    return a_ticket(owner=TESS, entries=entries, **given)


def kinds(found):
    return [mark.kind for mark in found.marks]


def test_the_lane_of_the_tier_shows_both_stages_what_is_ahead_and_the_limit():
    found = drawn(a_held_ticket(said("Plan: replace the client", at("09:10"))), at("09:30"))
    assert [lane.name for lane in found.lanes][-1] == "First Touch (T1/2)"
    assert [(box.kind, box.title) for box in found.boxes] == [
        ("stint diagnosis", "diagnosis, 09:00 to 09:10"),
        ("stint fix", "fix, 09:10 to 09:30"),
        ("stint ahead", "ahead, 09:30 to 10:10"),
    ]
    assert {box.y for box in found.boxes} == {found.lanes[-1].y + 4}
    assert {mark.kind: mark.label for mark in found.marks} == {"plan": "plan 09:10", "due": "due 10:10"}
    diagnosis, fix, ahead = found.boxes
    assert diagnosis.x + diagnosis.width == pytest.approx(fix.x, abs=0.2)
    assert found.present == pytest.approx(ahead.x, abs=0.2)
    assert "First Touch (T1/2) had it from 09:00 until now, plan 09:10. Due 10:10." in found.words


def test_pauses_lie_in_the_stint_and_a_ticket_that_stands_still_has_nothing_ahead():
    changes = [*seen(a_held_ticket(status=WORKING)), turned(WORKING, WAITING, at("09:20"))]
    found = drawn(a_held_ticket(status=WAITING), at("09:40"), changes)
    assert [(box.kind, box.title) for box in found.boxes] == [
        ("stint diagnosis", "diagnosis, 09:00 to 09:40"),
        ("pause", "paused (Waiting on client), 09:20 to 09:40"),
    ]
    assert kinds(found) == []


def test_an_override_reaches_to_its_end_and_the_limit_before_it_is_told():
    found = drawn(a_held_ticket(said("/override 45m because the vendor calls", at("09:20"), MARIA)), at("09:25"))
    override = next(mark for mark in found.marks if mark.kind == "override")
    due = next(mark for mark in found.marks if mark.kind == "due")
    assert override.to_x == due.x
    assert {mark.kind: mark.title for mark in found.marks} == {
        "override": "override 09:20",
        "former": "limit was 09:30",
        "due": "due 10:05",
    }


def test_a_ticket_that_went_up_is_in_the_lane_above_with_what_was_done():
    record = a_held_ticket(place=TIER_3)
    before = seen(a_held_ticket())
    changes = [*before, moved(DESK, TIER_3, at("09:30"), "connector")]
    warned = Done(at("09:24"), "warning", "", is_done=True)
    would = Done(at("09:25"), "warning", "", is_done=True, is_real=False)
    found = drawn(record, at("09:40"), changes, [warned, would])
    lanes = {lane.name: lane.y for lane in found.lanes}
    low, high = lanes["First Touch (T1/2)"], lanes["Tier 3 / Service Desk Manager"]
    assert high < low
    assert [(mark.kind, mark.y, mark.title) for mark in found.marks if mark.kind != "due"] == [
        ("rise", low, "went up 09:30"),
        ("warned", low, "warned 09:24"),
    ]
    assert {box.y for box in found.boxes} == {low + 4, high + 4}


def test_who_moved_it_by_hand_is_no_rise_and_an_end_is_drawn_where_it_was():
    record = a_held_ticket(place=TIER_3)
    changes = [*seen(a_held_ticket()), moved(DESK, TIER_3, at("09:30"))]
    assert "moved on 09:30" in [mark.title for mark in drawn(record, at("09:40"), changes).marks]


def test_a_ticket_that_nobody_has_touched_has_no_stretch_yet():
    found = drawn(a_ticket(), at("09:10"))
    assert (list(found.boxes), kinds(found)) == ([], [])
    assert found.present is not None


def test_long_after_its_end_the_present_is_not_drawn():
    changes = [*seen(a_held_ticket(status=WORKING)), turned(WORKING, RESOLVED, at("09:20"))]
    found = drawn(a_held_ticket(status=RESOLVED), at("09:00") + timedelta(days=3), changes)
    assert found.present is None
    assert [mark.kind for mark in found.marks] == ["end"]


def test_a_ticket_of_no_tier_is_not_drawn():
    assert drawn(a_ticket(place=ELSEWHERE), at("09:10")) is None


def test_a_limit_far_ahead_does_not_stretch_the_drawing():
    long = replace(a_policy(), override_max_minutes=100_000)
    entry = said("/override until 2026-01-22 10:00 because it is planned", at("09:10"), MARIA)
    found = drawn(a_held_ticket(entry), at("09:20"), policy=long)
    assert "due" not in kinds(found)
    assert found.present is not None
    assert found.present > WIDTH / 2
