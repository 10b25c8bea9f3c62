"""Manager discretion: which overrides apply, which are refused and why, and which one holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from connector.model import Person, Stage
from connector.rules.overrides import Discretion, Override, in_force, overrides_in
from tests.builders import TESS, a_calendar, at, office_hours
from tests.connector.speech import MARIA, said

DISCRETION = Discretion("First Touch (T1/2)", {"maria", "mo"}, 480, office_hours(), ZoneInfo("UTC"))
NEW_YORK = replace(DISCRETION, calendar=office_hours("America/New_York"), zone=ZoneInfo("America/New_York"))


def judged(text, when=None, by=MARIA, discretion=DISCRETION, plan_at=None) -> Override:
    (override,) = overrides_in([said(text, when or at("09:10"), by)], discretion, plan_at)
    return override


def test_an_override_says_who_why_until_when_and_for_which_stage():
    assert judged("/override 45m because the vendor calls back") == Override(
        entry="maria-091000",
        by="Maria Desk",
        identifier="maria",
        at=at("09:10"),
        tier="First Touch (T1/2)",
        stage=Stage.DIAGNOSIS,
        reason="the vendor calls back",
        until=at("09:55"),
    )


@pytest.mark.parametrize(
    ("text", "when", "until"),
    [
        ("45m", at("09:10"), at("09:55")),
        ("45m", at("16:45"), at("08:30", day=16)),
        ("45m", at("22:00"), at("08:45", day=16)),
        ("8h", at("09:00"), at("17:00")),
        ("until 16:30", at("09:10"), at("16:30")),
        ("until 20:00", at("16:00"), at("20:00")),
        ("until tomorrow 09:00", at("10:00"), at("09:00", day=16)),
        ("until Monday 09:00", at("16:00", day=16), at("09:00", day=19)),
    ],
)
def test_lengths_are_working_minutes_and_times_are_moments(text, when, until):
    override = judged(f"/override {text} because the vendor calls back", when)
    assert (override.refused, override.until) == ("", until)


@pytest.mark.process("override-forms")
def test_none_lifts_the_limit_and_off_puts_it_back_without_a_reason():
    none, off = judged("/override none because it is planned work"), judged("/override off")
    assert (none.refused, none.lifts, none.is_off, none.until) == ("", True, False, None)
    assert (off.refused, off.lifts, off.is_off, off.until) == ("", False, True, None)


@pytest.mark.process("override-reason")
@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("45m", "the reason is missing: write why, in at least two words, after the time"),
        ("45m because vendor", "the reason is missing: write why, in at least two words, after the time"),
        ("none", "the reason is missing: write why, in at least two words, after the time"),
        ("481m because the vendor calls", "it is longer than the 480 working minutes that a single override may last"),
        (
            "until tomorrow 09:11 because they come later",
            "it is longer than the 480 working minutes that a single override may last",
        ),
        ("until 09:10 because the vendor calls", "that time is past already"),
        (
            "until 16:30 CST because the vendor calls",
            "the time zone CST is not clear where times are those of UTC; write UTC, or a name such as Europe/Berlin",
        ),
        ("until 2026-01-14 10:00 because of a spare part", "that time is past already"),
        ("9999999m", "the reason is missing: write why, in at least two words, after the time"),
    ],
)
def test_a_manager_is_refused_for_what_is_missing_or_too_long(text, refused):
    override = judged(f"/override {text}")
    assert (override.refused, override.is_strangers) == (refused, False)


def test_the_longest_override_is_one_of_exactly_the_most_minutes():
    assert judged("/override 480m because the vendor calls").refused == ""
    assert judged("/override until tomorrow 09:10 because the vendor calls").refused == (
        "it is longer than the 480 working minutes that a single override may last"
    )
    assert judged("/override until tomorrow 08:10 because the vendor calls").refused == ""


@pytest.mark.process("override-managers")
@pytest.mark.parametrize("text", ["45m because the vendor calls back", "45m", "off", "none", "9999m because I say so"])
@pytest.mark.parametrize("by", [TESS, Person("9", "", "Maria Desk"), Person("200", "Maria Desk", "maria")])
def test_whoever_is_no_manager_of_the_tier_is_told_that_first(text, by):
    override = judged(f"/override {text}", by=by)
    assert (override.refused, override.is_strangers) == ("only a manager of First Touch (T1/2) may override", True)


def test_a_managers_identifier_is_compared_without_case():
    assert judged("/override off", by=Person("200", "MARIA", "Maria Desk")).refused == ""


def test_a_calendar_that_ends_before_the_override_does_refuses_it():
    ending = a_calendar({}, overrides={"2026-01-15": [["09:00", "09:30"]]})
    override = judged("/override 45m because the vendor calls", discretion=replace(DISCRETION, calendar=ending))
    assert override.refused == "the calendar ends before that"


@pytest.mark.parametrize(
    ("said_at", "text", "until"),
    [
        (datetime(2026, 3, 6, 15, tzinfo=UTC), "until Monday 09:00", datetime(2026, 3, 9, 13, tzinfo=UTC)),
        (datetime(2026, 3, 9, 15, tzinfo=UTC), "until 16:30", datetime(2026, 3, 9, 20, 30, tzinfo=UTC)),
        (datetime(2026, 1, 15, 15, tzinfo=UTC), "until 16:30", datetime(2026, 1, 15, 21, 30, tzinfo=UTC)),
        (datetime(2026, 10, 30, 15, tzinfo=UTC), "until Monday 09:00", datetime(2026, 11, 2, 14, tzinfo=UTC)),
        (datetime(2026, 3, 6, 21, tzinfo=UTC), "120m", datetime(2026, 3, 9, 13, tzinfo=UTC)),
    ],
)
def test_a_time_of_day_is_the_tiers_before_and_after_a_clock_change(said_at, text, until):
    override = judged(f"/override {text} because the vendor calls", said_at, discretion=NEW_YORK)
    assert (override.refused, override.until) == ("", until)


def test_an_override_concerns_the_stage_that_was_owed_when_it_was_said():
    stages = [
        judged("/override off", at("09:10"), plan_at=plan_at).stage
        for plan_at in (None, at("09:11"), at("09:10"), at("09:05"))
    ]
    assert stages == [Stage.DIAGNOSIS, Stage.DIAGNOSIS, Stage.FIX, Stage.FIX]


def test_several_overrides_of_a_note_are_all_judged_and_other_commands_are_no_overrides():
    text = "/override 45m because the vendor calls\n/escalate knowledge\n\n/overide off\n/override off"
    found = overrides_in([said(text, at("09:10"), MARIA), said("nothing", at("09:11"), MARIA)], DISCRETION, None)
    assert [(one.is_off, one.refused) for one in found] == [(False, ""), (True, "")]


NONE, LATER, OFF = "/override none because it is planned", "/override 45m because the vendor calls", "/override off"
REFUSED = "/override 45m"


@pytest.mark.parametrize(
    ("words", "stage", "holds"),
    [
        ((), Stage.DIAGNOSIS, None),
        ((LATER,), Stage.DIAGNOSIS, 0),
        ((LATER,), Stage.FIX, None),
        ((NONE,), Stage.DIAGNOSIS, 0),
        ((NONE,), Stage.FIX, 0),
        ((LATER, OFF), Stage.DIAGNOSIS, None),
        ((NONE, OFF), Stage.FIX, None),
        ((OFF, LATER), Stage.DIAGNOSIS, 1),
        ((LATER, NONE), Stage.DIAGNOSIS, 1),
        ((NONE, LATER), Stage.DIAGNOSIS, 1),
        ((NONE, LATER), Stage.FIX, None),
        ((LATER, REFUSED), Stage.DIAGNOSIS, 0),
        ((LATER, OFF, REFUSED), Stage.DIAGNOSIS, None),
        ((REFUSED,), Stage.DIAGNOSIS, None),
    ],
)
def test_the_last_word_counts_and_a_time_only_for_its_stage(words, stage, holds):
    entries = [said(text, at(f"09:{10 + n}"), MARIA) for n, text in enumerate(words)]
    overrides = overrides_in(entries, DISCRETION, None)
    assert in_force(overrides, stage) is (None if holds is None else overrides[holds])
