"""The policy document: what it says, and what is wrong with it, all at once and with paths."""

from __future__ import annotations

import copy
import json

import pytest
from jsonschema import Draft202012Validator

from connector.model import Ref, Status, StatusGroup
from connector.policy.document import (
    PolicyError,
    doubtful_zones,
    missing_homes,
    missing_zones,
    parse_document,
    read_policy,
)
from connector.policy.ladders import home_key
from connector.policy.policy import EndOfDay, FixStartsAt, StartsAt
from connector.policy.schema import schema

FULL = {
    "$schema": "policy.schema.json",
    "tiers": [
        {
            "name": " Desk ",
            "homes": {"psa": " Desk > First ", "other": "Desk"},
            "diagnosis_minutes": 0.05,
            "fix_minutes": 90,
            "starts_at": "assignment",
            "managers": ["sdm ", "boss"],
            "assign": "tess",
            "status": "Escalated",
            "calendar": "nights",
        },
        {"homes": {"psa": "Desk > Second"}},
        {},
        {"name": "Board"},
    ],
    "calendars": {
        "default": {"tz": "Europe/Berlin", "hours": "mon-fri 09:00-17:00", "holidays": ["DE-BY", "2026-12-24"]},
        "nights": {
            "hours": {"mon": [["22:00", "06:00"]]},
            "overrides": {"2026-06-01": [["10:00", "12:00"]]},
            "breaks": {"2026-06-01": [["11:00", "11:30"]]},
        },
    },
    "clients": {"Acme Corp": "nights", "42": "default"},
    "statuses": {"new": ["Fresh"], "working": ["Doing"], "planned": ["Plan"], "waiting": ["W"], "resolved": ["R"]},
    "critical_priorities": ["P1 "],
    "critical_factor": 0.25,
    "priority_factors": {"P4": 2},
    "fix_starts_at": "stint",
    "warn_at": 0,
    "end_of_day": "ignore",
    "end_of_day_minutes": 15,
    "override_max_minutes": 60,
    "final": {
        "sr_it_manager": "srit",
        "service_desk_manager": "sdm",
        "account_manager": "am",
        "status": "Burning",
        "priority": "P1",
        "client_message": "We are on it.",
        "reminder_minutes": 30,
        "reminders": 2,
        "add_people": True,
    },
}


def a_document(**given):
    return {"tiers": [{}, {}, {}], **given}


def problems_of(document, systems=None):
    with pytest.raises(PolicyError) as caught:
        read_policy(document, systems)
    return [str(problem) for problem in caught.value.problems]


# --- what it says ---------------------------------------------------------------------------------------------


@pytest.mark.process("ladder-default", "warning-share", "day-default", "final-reminders")
def test_three_empty_tiers_are_the_default_ladder():
    policy = read_policy(a_document())
    assert [(t.number, t.name, t.diagnosis_minutes, t.fix_minutes, t.starts_at) for t in policy.tiers] == [
        (1, "First Touch (T1/2)", 30, 60, StartsAt.FIRST_TOUCH),
        (2, "Tier 3 / Service Desk Manager", 30, 60, StartsAt.ASSIGNMENT),
        (3, "Sr IT Manager", 60, 60, StartsAt.ASSIGNMENT),
    ]
    assert policy.calendars["default"].hours_text == "Mon-Fri 08:00-17:00 (UTC)"
    assert (policy.warn_at, policy.fix_starts_at, policy.end_of_day) == (0.8, FixStartsAt.PLAN, EndOfDay.ADVISE)
    assert (policy.end_of_day_minutes, policy.override_max_minutes, policy.untouched_minutes) == (30, 480, 0)
    assert (policy.final.reminder_minutes, policy.final.reminders, policy.final.sr_it_manager) == (60, 5, "")


@pytest.mark.process("ladder-managers")
def test_the_managers_of_the_final_escalation_may_override_where_no_others_are_named():
    final = {"sr_it_manager": "srit", "service_desk_manager": "sdm"}
    tiers = [{}, {}, {}, {"name": "Board"}, {"name": "Nobody's", "managers": []}, {"name": "Own", "managers": ["boss"]}]
    policy = read_policy({"tiers": tiers, "final": final})
    assert [tier.managers for tier in policy.tiers] == [("sdm",), ("sdm",), ("srit",), ("srit",), (), ("boss",)]
    assert [tier.managers for tier in read_policy(a_document()).tiers] == [(), (), ()]


@pytest.mark.process("ladder-configured", "start-configured", "fix-configured", "urgency-factor", "plan-status")
def test_a_full_document_is_taken_over_whole():
    policy = read_policy(FULL)
    first, _, _, last = policy.tiers
    assert (first.name, first.homes) == ("Desk", {"psa": "Desk > First", "other": "Desk"})
    assert (first.diagnosis_minutes, first.fix_minutes, first.starts_at) == (0.05, 90, StartsAt.ASSIGNMENT)
    assert (first.managers, first.assign, first.status) == (("sdm", "boss"), "tess", "Escalated")
    assert (last.name, last.diagnosis_minutes, last.fix_minutes) == ("Board", 60, 60)
    assert policy.calendar_of(first, None)[0] == "nights"
    assert policy.calendar_of(last, Ref("1", "ACME corp"))[0] == "nights"
    assert policy.calendar_of(first, Ref("42", "Other"))[0] == "default"
    assert policy.group_of(Status("1", "PLAN", StatusGroup.NEW)) is StatusGroup.PLANNED
    assert policy.factor_of(Ref("1", "p1")) == 0.25
    assert policy.factor_of(Ref("4", "p4")) == 2
    assert policy.critical_priorities == {"p1"}
    assert (policy.warn_at, policy.fix_starts_at, policy.end_of_day) == (0, FixStartsAt.STINT, EndOfDay.IGNORE)
    assert (policy.final.status, policy.final.reminders, policy.final.add_people) == ("Burning", 2, True)
    assert policy.calendars["default"].name == "default"


def test_the_factor_of_a_priority_wins_over_the_critical_one():
    policy = read_policy(a_document(critical_priorities=["P1"], priority_factors={"p1": 0.1}))
    assert policy.factor_of(Ref("1", "P1")) == 0.1


def test_equal_policies_have_equal_versions_however_they_are_written():
    plain = read_policy(a_document())
    spelled_out = read_policy(
        a_document(
            warn_at=0.8,
            untouched_minutes=0,
            end_of_day_minutes=30.0,
            final={"reminders": 5, "reminder_minutes": 60},
            calendars={"default": {"tz": "UTC", "hours": "mon,tue,wed-fri 8:00-17:00", "holidays": []}},
        )
    )
    assert plain.version == spelled_out.version
    assert len(plain.version) == 12


@pytest.mark.parametrize(
    "change",
    [
        {"warn_at": 0.5},
        {"critical_priorities": ["P1"], "critical_factor": 1},
        {"calendars": {"default": {"holidays": ["2026-12-24"]}}},
        {"tiers": [{}, {}]},
    ],
)
def test_another_policy_has_another_version(change):
    assert read_policy(a_document(**change)).version != read_policy(a_document()).version


def test_the_document_is_left_as_it_was():
    document = copy.deepcopy(FULL)
    read_policy(document)
    assert document == FULL


# --- what is wrong --------------------------------------------------------------------------------------------


def test_problems_of_form_and_of_meaning_are_reported_together_with_their_paths():
    document = a_document(
        tiers=[{}, {"fix_minutes": -3}, {"assign": " "}],
        clients={"Acme": "nigths"},
        calendars={"nights": {"tz": "Europe/Berln"}},
    )
    with pytest.raises(PolicyError) as caught:
        read_policy(document)
    assert tuple(map(str, caught.value.problems)) == (
        "tiers[1].fix_minutes: must be more than 0 (got -3); for example 60",
        "tiers[2].assign: must not be empty (got ' '); for example \"queue\"",
        "calendars.nights.tz: there is no time zone 'Europe/Berln'; expected an IANA name such as Europe/Berlin; "
        "did you mean 'Europe/Berlin'?",
        "clients.Acme: there is no calendar 'nigths'; did you mean 'nights'?",
    )


@pytest.mark.parametrize(
    ("document", "start"),
    [
        ([], "the document: must be an object (got [])"),
        ({}, "tiers: is missing"),
        ({"tiers": []}, "tiers: must have at least 1 item (got [])"),
        (a_document(warn_at=1), "warn_at: must be less than 1 (got 1); for example 0.8"),
        (a_document(untouched_minutes=-1), "untouched_minutes: must be at least 0 (got -1)"),
        (a_document(warn_at=-0.1), "warn_at: must be at least 0 (got -0.1)"),
        (a_document(warn_at="0.8"), "warn_at: must be a number (got '0.8')"),
        (a_document(end_of_day="adjourn"), "end_of_day: must be advise or defer or ignore (got 'adjourn')"),
        (a_document(end_of_day_minutes=1441), "end_of_day_minutes: must be at most 1440"),
        (a_document(final={"reminders": 1.5}), "final.reminders: must be a whole number (got 1.5)"),
        (a_document(final={"add_people": 1}), "final.add_people: must be true or false (got 1)"),
        (a_document(fianl={}), "fianl: unknown key; did you mean 'final'?"),
        (a_document(xyzzy=1), "xyzzy: unknown key"),
        (a_document(statuses={"waiting": ["ok", " "]}), "statuses.waiting[1]: must not be empty (got ' ')"),
        (a_document(calendars={"": {}}), "calendars.: the key must not be empty"),
        (a_document(calendars={"c": {"breaks": {"soon": []}}}), "calendars.c.breaks.soon: the key is not of the right"),
        (a_document(calendars={"c": {"hours": 8}}), "calendars.c.hours: must be a text or an object (got 8)"),
        (
            a_document(calendars={"default": 3}, clients={"a": "default"}),
            "calendars.default: must be an object (got 3)",
        ),
        (a_document(calendars=3, clients={"a": "b"}), "calendars: must be an object (got 3)"),
        (a_document(calendars={"n": 3}, clients={"a": "n"}), "calendars.n: must be an object (got 3)"),
        (
            a_document(calendars={"c": {"hours": {"mon": [["8:00", "09:00"]]}}}),
            "calendars.c.hours.mon[0][0]: is not of the right form (got '8:00'); for example \"08:00\"",
        ),
        (
            a_document(calendars={"c": {"hours": {"mon": [["08:00"]]}}}),
            "calendars.c.hours.mon[0]: must have at least 2",
        ),
        (a_document(calendars={"c": {"hours": {}}}), "calendars.c.hours: the calendar has no open minute"),
        (a_document(calendars={"c": {"hours": "mon"}}), "calendars.c.hours: no times in 'mon'"),
        (a_document(calendars={"c": {"holidays": ["USS"]}}), "calendars.c.holidays: 'USS' names no country"),
        (
            a_document(calendars={"c": {"overrides": {"2026-06-01": [["24:00", "01:00"]]}}}),
            "calendars.c.overrides.2026-06-01[0][0]: found '24:00'",
        ),
        (a_document(tiers=[{"calendar": "x"}]), "tiers[0].calendar: there is no calendar 'x'"),
        (a_document(tiers=[{}] * 4), "tiers[3].name: is missing"),
        (a_document(tiers=[{}, {}, {}, {"name": " "}]), "tiers[3].name: must not be empty"),
        (a_document(tiers=[{"homes": {"psa": "> b"}}]), "tiers[0].homes.psa: a name is missing beside '>'"),
        (
            a_document(tiers=[{"homes": {"psa": "A > B"}}, {"homes": {"psa": "a>  b"}}]),
            "tiers[1].homes.psa: 'a>  b' is the home of tier 1 already",
        ),
        (
            a_document(statuses={"new": ["Open", "open"], "waiting": ["OPEN"]}),
            "statuses.waiting[0]: 'OPEN' is in the group 'new' already",
        ),
        (a_document(priority_factors={"P1": 1, "p1": 2}), "priority_factors.p1: is given twice"),
        (a_document(priority_factors={"P1": 0}), "priority_factors.P1: must be more than 0 (got 0)"),
        (a_document(tiers=[{"fix_minutes": float("inf")}]), "tiers[0].fix_minutes: must be at most 10000000"),
    ],
)
def test_one_thing_wrong_is_one_problem_that_says_where_and_what(document, start):
    problems = problems_of(document)
    assert len(problems) == 1, problems
    assert problems[0].startswith(start)


def test_items_of_a_list_that_is_too_long_are_still_looked_at():
    problems = problems_of({"tiers": [*({"name": "x"},) * 9, {"fix_minutes": 0}]})
    assert len(problems) == 2
    assert problems[0].startswith("tiers: must have at most 9 items")
    assert problems[1].startswith("tiers[9].fix_minutes: must be more than 0")


def test_a_ticket_system_that_is_not_known_is_refused_where_the_known_ones_are_given():
    document = a_document(tiers=[{"homes": {"paa": "A"}}])
    assert problems_of(document, {"psa"}) == [
        "tiers[0].homes.paa: unknown ticket system; expected psa; did you mean 'psa'?"
    ]
    assert "expected none in this version" in problems_of(document, ())[0]
    assert read_policy(document).tiers[0].homes == {"paa": "A"}


def test_a_long_value_is_shortened_in_the_message():
    (problem,) = problems_of(a_document(end_of_day="x" * 500))
    assert len(problem) < 200


# --- JSON -----------------------------------------------------------------------------------------------------


def test_a_document_is_read_from_json():
    assert parse_document('{"tiers": [{}]}') == {"tiers": [{}]}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "is no JSON: .* in line 1, column 2"),
        ('{"a": 1, "b": 2, "a": 2}', "the key 'a' is given twice"),
        ("[NaN]", "NaN is no number"),
        ("[-Infinity]", "-Infinity is no number"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_clean_json_is_refused(text, problem):
    with pytest.raises(ValueError, match=problem):
        parse_document(text)


# --- the rest -------------------------------------------------------------------------------------------------


def test_missing_homes_are_found_for_each_connected_system():
    assert missing_homes([{"psa": "A"}, {}], ["psa", "other"]) == [
        ("tiers", 0, "homes", "other"),
        ("tiers", 1, "homes", "psa"),
        ("tiers", 1, "homes", "other"),
    ]


def test_a_calendar_whose_zone_names_no_region_is_doubtful_and_the_region_is_proposed():
    calendars = {"default": {"tz": "EST"}, "late": {"tz": "Etc/GMT+11"}, "here": {"tz": "Europe/Rome"}, "none": {}}
    assert [str(problem) for problem in doubtful_zones(calendars)] == [
        "calendars.default.tz: 'EST' names an offset, not the region whose clocks you work by; "
        "did you mean 'America/New_York'?",
        "calendars.late.tz: 'Etc/GMT+11' names an offset, not the region whose clocks you work by; "
        "expected a region such as 'Europe/Berlin', or UTC",
    ]
    assert read_policy(a_document(calendars={"default": {"tz": "EST"}}))  # as it was kept before this was asked


def test_the_zones_that_are_missing_are_those_of_calendars_in_use():
    ladder = {"name": "VIP", "clients": ["Acme"], "tiers": [{"homes": {"psa": "V"}, "calendar": "vip"}]}
    calendars = {"vip": {}, "late": {"tz": "UTC"}, "nights": {}, "of nobody": {}}
    document = a_document(ladders=[ladder], clients={"Acme": "nights", "Other": "late"}, calendars=calendars)
    missing = missing_zones(read_policy(document), calendars)
    assert missing == [("calendars", name, "tz") for name in ("default", "nights", "vip")]


def test_two_writings_of_a_home_have_one_key():
    assert home_key("Service  Desk>First") == home_key(" service desk > FIRST ")


def test_the_published_schema_is_valid_and_says_what_everything_is():
    Draft202012Validator.check_schema(schema())
    assert Draft202012Validator(schema()).is_valid(FULL)
    assert schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema()["$id"]

    def described(part):
        assert {"title", "description", "examples"} <= set(part), part
        if part.get("type") == "object":
            assert "additionalProperties" in part
        for inner in part.get("properties", {}).values():
            if "$ref" not in inner:
                described(inner)

    described(schema())
    for part in schema()["$defs"].values():
        described(part)


def test_the_examples_of_the_schema_are_valid_themselves():
    def look(part):
        if isinstance(part, dict):
            rules = {**part, "$defs": schema()["$defs"]}
            for example in part.get("examples", ()):
                assert Draft202012Validator(rules).is_valid(example), part
        for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
            look(inner)

    look(json.loads(json.dumps(schema())))


OFFICE = {"mon": [["08:00", "17:00"]]}


@pytest.mark.parametrize(
    ("calendar", "path"),
    [
        ({"tz": 7}, "tz"),
        ({"hour": {}}, "hour"),
        ({"hours": {**OFFICE, "monday": []}}, "hours.monday"),
        ({"hours": {"mon": "08:00-17:00"}}, "hours.mon"),
        ({"hours": {"mon": ["08:00"]}}, "hours.mon[0]"),
        ({"hours": {"mon": [["08:00", "09:00", "10:00"]]}}, "hours.mon[0]"),
        ({"hours": {"mon": [["08:00", 17]]}}, "hours.mon[0][1]"),
        ({"hours": {"mon": [["08:00", "24:01"]]}}, "hours.mon[0][1]"),
        ({"hours": OFFICE, "overrides": []}, "overrides"),
        ({"hours": OFFICE, "overrides": {"24.12.2026": []}}, "overrides.24.12.2026"),
        ({"hours": OFFICE, "breaks": {"2026-12-24": [["12:00", "noon"]]}}, "breaks.2026-12-24[0][1]"),
        ({"hours": OFFICE, "holidays": "DE"}, "holidays"),
        ({"hours": OFFICE, "holidays": [20261225]}, "holidays[0]"),
        ({"hours": OFFICE, "breaks": {"2026-02-30": []}}, "breaks.2026-02-30"),
    ],
)
def test_a_calendar_of_the_wrong_shape_is_refused_at_its_path_and_causes_no_further_problem(calendar, path):
    (problem,) = problems_of(a_document(calendars={"c": calendar}))
    assert problem.startswith(f"calendars.c.{path}: ")
    assert len(problem) < 250


def test_names_that_stand_side_by_side_are_each_meant():
    policy = read_policy(
        a_document(
            statuses={"waiting": ["Waiting on client | With User"]},
            critical_priorities=["Priority 1 | Critical |"],
            priority_factors={"Low | P4": 2},
        )
    )
    assert policy.status_groups == {"waiting on client": StatusGroup.WAITING, "with user": StatusGroup.WAITING}
    assert policy.critical_priorities == {"priority 1", "critical"}
    assert policy.priority_factors == {"priority 1": 0.5, "critical": 0.5, "low": 2, "p4": 2}
