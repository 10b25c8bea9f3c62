"""How a row of the board says how its clock stands: a tone, a word and why, in each state."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.connection.due_next import as_seen
from connector.store.records import TicketRow
from connector.web.console.rows import RowMaker, RowState, last_tiers, next_opening, places_of, warning_of
from connector.web.console.words import Wall
from tests.builders import a_calendar, a_policy, a_tier
from tests.connector.boards import TIERS, a_row
from tests.connector.mailboxes import START

POLICY = a_policy(
    tiers=tuple(a_tier(n, name=name) for n, name in enumerate(TIERS, 1)),
)
WALL = Wall(START, next(iter(POLICY.calendars.values())).zone)
SAID = {"psa/1/s1/diagnosis/warning": (START - timedelta(minutes=2), True)}


def state_of(due_in=None, mode="enforce", said=(), policy=POLICY, **given) -> RowState:
    shown = a_row("1", due_in, **given)
    row = TicketRow(**{name: shown.get(name) for name in TicketRow.__dataclass_fields__})
    return RowMaker(policy, WALL, dict(said)).state(row, as_seen(row, policy, dict.fromkeys(TIERS, mode), START))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"due_in": 5}, RowState("running", "running", "In Progress")),
        ({"due_in": 5, "said": SAID}, RowState("warned", "warned 08:58", "In Progress")),
        (
            {"due_in": 5, "said": {warning: (at, False) for warning, (at, _) in SAID.items()}},
            RowState("warned", "would be warned 08:58", "In Progress"),
        ),
        ({"due_in": -1}, RowState("overdue", "past its limit", "to be looked at now")),
        ({"due_in": -1, "verdict": "breached"}, RowState("overdue", "past its limit", "because")),
        ({"due_in": -1, "verdict": "breached", "mode": "warn"}, RowState("would", "would have gone up", "because")),
        (
            {"due_in": -1, "verdict": "breached", "mode": "warn/enforce"},
            RowState("overdue", "past its limit", "because"),
        ),
        ({"due_in": -1, "verdict": "breached", "tier": TIERS[2]}, RowState("overdue", "final escalation", "because")),
        (
            {"due_in": -1, "verdict": "breached", "tier": TIERS[2], "mode": "observe"},
            RowState("would", "final escalation would be due", "because"),
        ),
        ({"due_in": -1, "verdict": "breached", "braked": "x"}, RowState("held", "held by the brake", "because")),
        ({"due_in": 5, "verdict": "overridden"}, RowState("overridden", "overridden until 09:05", "because")),
        ({"verdict": "overridden"}, RowState("overridden", "no limit", "because")),
        ({"verdict": "paused"}, RowState("paused", "paused", "In Progress")),
        (
            {"verdict": "paused", "paused_since": (START - timedelta(days=3)).isoformat(), "status": "With client"},
            RowState("paused", "paused since Fri 09:00", "With client"),
        ),
        ({"due_in": -1, "verdict": "due at opening"}, RowState("shut", "waits for the next opening", "because")),
        ({"due_in": -1, "verdict": "deferred"}, RowState("shut", "waits for the next opening", "because")),
        ({"verdict": "untouched", "status": "New"}, RowState("shut", "not touched yet", "New")),
        ({"verdict": "not begun"}, RowState("shut", "waits to be taken up", "it was open before the connector came")),
        ({"verdict": "unknown"}, RowState("shut", "unknown", "because")),
        ({"verdict": None}, RowState("shut", "not read yet", "the first look at it is to come")),
        ({"due_in": 5, "is_dead": True, "error": "it refuses"}, RowState("down", "parked", "it refuses")),
        ({"due_in": 5, "is_dead": True}, RowState("down", "parked", "its turns failed for too long")),
        (
            {"due_in": 5, "attempts": 2, "error": "it refuses", "wake_at": START + timedelta(minutes=9)},
            RowState("down", "its turn fails", "it refuses; tried again 09:09"),
        ),
        ({"due_in": 5, "attempts": 2, "error": "no"}, RowState("down", "its turn fails", "no; tried again 09:05")),
        ({"due_in": -5, "attempts": 2, "error": "no"}, RowState("down", "its turn fails", "no")),
    ],
)
def test_each_state_has_its_tone_its_word_and_why(given, expected):
    assert state_of(**given) == expected


def test_a_clock_that_stands_still_while_the_desk_is_closed_says_until_when():
    shut = a_policy(tiers=POLICY.tiers, calendars={"default": a_calendar({"mon": [["10:00", "12:00"]]})})
    assert state_of(90, policy=shut) == RowState("shut", "closed until 10:00", "In Progress")


def test_a_calendar_that_nobody_knows_or_that_ends_opens_never():
    assert next_opening(None, START) is None
    assert next_opening(a_calendar({"mon": [["10:00", "12:00"]]}), START.replace(year=9999, month=12, day=29)) is None


def row_of(due_in=None, **given):
    shown = a_row("1", due_in, **given)
    row = TicketRow(**{name: shown.get(name) for name in TicketRow.__dataclass_fields__})
    return RowMaker(POLICY, WALL, {}).row(row, as_seen(row, POLICY, {}, START))


def test_a_bar_is_never_longer_than_its_limit_and_absent_without_one():
    row = row_of(5, used_minutes=802.9)
    assert (row.used, row.limit, row.bar, row.left, row.is_over) == (802, "30", 100, 0, True)
    row = row_of(5, used_minutes=7.5, limit_minutes=7.5 * 4)
    assert (row.used, row.bar, row.left, row.is_over) == (7, 25, 22, False)
    assert row.mark == POLICY.warn_at * 100
    row = row_of()
    assert (row.used, row.limit, row.bar, row.mark, row.left) == (None, "", None, None, None)


def test_what_would_have_gone_up_needs_nobody():
    assert not row_of(-5, verdict="breached", used_minutes=40).is_over  # no mode is known there: the most careful one


def test_an_override_moves_the_limit_of_the_bar_and_leaves_a_mark_where_it_was():
    row = row_of(20, verdict="overridden", used_minutes=40)
    assert (row.used, row.limit, row.left, row.mark) == (40, "60", 20, 50)
    assert row.bar == pytest.approx(66.7)
    row = row_of(20, verdict="overridden", used_minutes=40, calendar="gone")
    assert (row.used, row.limit) == (40, "30")
    assert row_of(None, verdict="overridden", used_minutes=4, limit_minutes=30).limit == "30"
    assert row_of(60 * 30, verdict="overridden", used_minutes=900).limit == "1,800"


def test_the_ladder_shows_the_tier_that_holds_it():
    assert [[rung.is_held for rung in row_of(5, tier=tier).rungs] for tier in (*TIERS, "gone")] == [
        [True, False, False],
        [False, True, False],
        [False, False, True],
        [False, False, False],
    ]
    assert places_of(POLICY) == {name: (n, 3) for n, name in enumerate(TIERS, 1)}
    assert last_tiers(POLICY) == {TIERS[2]}


def test_a_ticket_without_a_stage_has_no_warning():
    assert warning_of("psa", "1", {"stint": "s1", "stage": None}) == ""
    assert warning_of("psa", "1", {}) == ""
