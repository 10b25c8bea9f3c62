"""Several ladders in a policy, tiers passed over, and what no ladder may say."""

from __future__ import annotations

import pytest

from connector.model import Ref
from connector.policy.document import read_policy
from connector.policy.policy import Homes
from tests.builders import ACME, CRITICAL, DESK, ELSEWHERE, NORMAL, SR_IT, TIER_3, a_policy, a_ticket, a_tier
from tests.connector.policy.test_document import a_document, problems_of

VIP = {"name": "VIP", "clients": ["Acme Corp"], "tiers": [{"homes": {"psa": "Desk"}}, {"homes": {"psa": "Board"}}]}


def a_ladder(**given):
    """The ladder with other values; None leaves one out."""
    return {key: value for key, value in (VIP | given).items() if value is not None}


# --- reading --------------------------------------------------------------------------------------------------


def test_a_further_ladder_has_tiers_people_and_selection_of_its_own_and_the_rest_of_the_policy():
    policy = read_policy(
        a_document(
            ladders=[
                a_ladder(
                    name=" VIP ",
                    clients=[" Acme Corp ", "42"],
                    priorities=["P1"],
                    tiers=[{"diagnosis_minutes": 5}, {"skip": " not at night ", "next": 3}, {}],
                    final={"sr_it_manager": "boss"},
                )
            ],
            final={"sr_it_manager": "srit"},
            warn_at=0.5,
        )
    )
    (ladder,) = policy.ladders
    assert (ladder.name, ladder.clients, ladder.priorities) == ("VIP", {"acme corp", "42"}, {"p1"})
    assert [tier.diagnosis_minutes for tier in ladder.policy.tiers] == [5, 30, 60]
    assert (ladder.policy.tiers[1].skip, ladder.policy.tiers[1].next) == ("not at night", 3)
    assert (ladder.policy.ladder, ladder.policy.warn_at, ladder.policy.final.sr_it_manager) == ("VIP", 0.5, "boss")
    assert policy.every_ladder == (policy, ladder.policy)
    assert (policy.ladder, policy.final.sr_it_manager) == ("", "srit")


def test_a_ladder_without_people_of_its_own_calls_the_policys():
    policy = read_policy(a_document(ladders=[VIP], final={"sr_it_manager": "srit"}))
    assert policy.ladders[0].policy.final.sr_it_manager == "srit"


def test_equal_ladders_have_equal_versions_and_different_ones_do_not():
    versions = [
        read_policy(a_document(ladders=[a_ladder(**given)])).version
        for given in (
            {},
            {"clients": ["ACME corp"]},
            {"clients": ["Globex"]},
            {"priorities": ["P1"]},
            {"tiers": [{"homes": {"psa": "Desk"}}, {"homes": {"psa": "Board"}, "fix_minutes": 61}]},
            {"final": {"reminders": 1}},
        )
    ]
    assert versions[0] == versions[1]
    assert len(set(versions)) == 5


# --- what is refused ------------------------------------------------------------------------------------------


def overlap(one, other):
    return problems_of(a_document(ladders=[a_ladder(**one), a_ladder(name="B", **other)]))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {}),
        ({"clients": ["Acme Corp", "Globex"]}, {"clients": ["GLOBEX"]}),
        ({"clients": None}, {}),
        ({"priorities": ["P1"]}, {}),
        ({"priorities": ["P1"]}, {"priorities": ["p1"]}),
        ({}, {"tiers": [{"homes": {"psa": " DESK  >  Team "}}]}),
        ({"tiers": [{"homes": {"psa": "Desk > Team"}}]}, {"tiers": [{"homes": {"psa": "desk"}}]}),
        ({}, {"tiers": [{"homes": {"psa": "Elsewhere"}}, {"homes": {"psa": "Board"}}]}),
    ],
)
def test_two_ladders_for_one_ticket_are_refused_with_their_paths(one, other):
    (problem,) = overlap(one, other)
    assert problem.startswith("ladders[1]: a ticket at ")
    assert problem.endswith(
        "could be on this ladder and on 'VIP' (ladders[0]); tell them apart by clients or priorities, or give them "
        "homes of their own"
    )


@pytest.mark.parametrize(
    "other",
    [
        {"clients": ["Globex"]},
        {"tiers": [{"homes": {"psa": "Elsewhere"}}]},
        {"tiers": [{"homes": {"psa": "Desktop"}}]},
        {"tiers": [{"homes": {"other": "Desk"}}]},
        {"tiers": [{}]},
    ],
)
def test_ladders_that_never_meet_stand_beside_each_other(other):
    policy = read_policy(a_document(ladders=[VIP, a_ladder(name="B", **other)]))
    assert [ladder.name for ladder in policy.ladders] == ["VIP", "B"]


def test_priorities_tell_ladders_apart_as_well():
    ladders = [a_ladder(priorities=["P1"]), a_ladder(name="B", priorities=["P2"])]
    assert len(read_policy(a_document(ladders=ladders)).ladders) == 2


def test_two_ladders_of_one_name_are_refused():
    ladders = [VIP, a_ladder(name="vip ", clients=["Globex"])]
    assert problems_of(a_document(ladders=ladders)) == ["ladders[1].name: 'vip' is another ladder's name already"]


def test_a_tier_whose_every_ticket_is_on_a_further_ladder_is_unreachable():
    tiers = [{"homes": {"psa": "Desk > First"}}, {"homes": {"psa": "Board", "other": "Elsewhere"}}, {}]
    problems = problems_of({"tiers": tiers, "ladders": [a_ladder(clients=None)]})
    assert problems == [
        "tiers[0]: tier 1 (First Touch (T1/2)) is unreachable: every ticket there is on the ladder 'VIP'"
    ]
    assert read_policy({"tiers": tiers, "ladders": [VIP]})
    assert read_policy({"tiers": tiers, "ladders": [a_ladder(clients=None, priorities=["P1"])]})


@pytest.mark.parametrize(
    ("nexts", "problems"),
    [
        ((0, 0, 0), []),
        ((2, 3, 0), []),
        ((3, 3, 0), ["tiers[1]: tier 2 (Tier 3 / Service Desk Manager) is unreachable: no tier escalates to it"]),
        ((3, 0, 0), ["tiers[1]: tier 2 (Tier 3 / Service Desk Manager) is unreachable: no tier escalates to it"]),
        ((0, 0, 4), ["tiers[2].next: must be the number of a tier above this one, 3"]),
        ((0, 2, 0), ["tiers[1].next: must be the number of a tier above this one, 2",
                     "tiers[2]: tier 3 (Sr IT Manager) is unreachable: no tier escalates to it"]),
    ],
)  # fmt: skip
def test_escalations_only_go_up_and_reach_every_tier(nexts, problems):
    document = {"tiers": [{"next": next_} if next_ else {} for next_ in nexts]}
    assert (problems_of(document) if problems else (read_policy(document) and [])) == problems


def test_what_is_wrong_in_a_further_ladder_has_its_path():
    tiers = [{"next": 3}, {"homes": {"nix": "X"}}, {"calendar": "night"}, {}]
    assert problems_of(a_document(ladders=[a_ladder(tiers=tiers)]), ["psa"]) == [
        "ladders[0].tiers[3].name: is missing; only the first three tiers have a name by default",
        "ladders[0].tiers[1].homes.nix: unknown ticket system; expected psa",
        "ladders[0].tiers[1]: tier 2 (Tier 3 / Service Desk Manager) is unreachable: no tier escalates to it",
        "ladders[0].tiers[2].calendar: there is no calendar 'night'",
    ]


@pytest.mark.parametrize(
    ("document", "problems"),
    [
        (
            {"tiers": [{"diagnosis_minutes": 60, "fix_minutes": 30}], "fix_starts_at": "stint"},
            [
                "tiers[0].fix_minutes: the limit can never be met: measured from the stint, the fix is due after 30 "
                "minutes, before the diagnosis plan, which is due after 60"
            ],
        ),
        ({"tiers": [{"diagnosis_minutes": 60, "fix_minutes": 60}], "fix_starts_at": "stint"}, []),
        ({"tiers": [{"diagnosis_minutes": 60, "fix_minutes": 30}]}, []),
        (
            {"tiers": [{}], "calendars": {"default": {"hours": {}, "overrides": {"2027-01-04": [["09:00", "10:00"]]}}},
             "priority_factors": {"P4": 1.5}},
            [
                "tiers[0].fix_minutes: the limit can never be met: the calendar 'default' has not so many working "
                "minutes"
            ],
        ),
        (
            {"tiers": [{}], "clients": {"Acme": "rare"},
             "calendars": {"rare": {"hours": {}, "overrides": {"2027-01-04": [["09:00", "09:20"]]}}}},
            [
                "tiers[0].diagnosis_minutes: the limit can never be met: the calendar 'rare' has not so many working "
                "minutes",
                "tiers[0].fix_minutes: the limit can never be met: the calendar 'rare' has not so many working minutes",
            ],
        ),
    ],
)  # fmt: skip
def test_a_limit_that_can_never_be_met_is_refused(document, problems):
    assert (problems_of(document) if problems else (read_policy(document) and [])) == problems


def test_a_limit_that_can_never_be_met_on_a_further_ladder_has_its_path():
    calendars = {"rare": {"hours": {}, "overrides": {"2027-01-04": [["09:00", "10:00"]]}}}
    (problem,) = problems_of(
        a_document(calendars=calendars, ladders=[a_ladder(tiers=[{"calendar": "rare", "fix_minutes": 61}])])
    )
    assert problem.startswith("ladders[0].tiers[0].fix_minutes: the limit can never be met: the calendar 'rare'")


# --- which ladder a ticket is on ------------------------------------------------------------------------------

POLICY = read_policy(
    a_document(
        ladders=[
            a_ladder(),
            a_ladder(
                name="Urgent", clients=None, priorities=["Priority 1 - Critical"], tiers=[{"homes": {"psa": "Sr IT"}}]
            ),
        ]
    )
)
VIP_HOMES, URGENT_HOMES = Homes({1: DESK, 2: TIER_3}), Homes({1: SR_IT})
HOMES = Homes({1: DESK, 2: TIER_3, 3: SR_IT}, ladders={"VIP": VIP_HOMES, "Urgent": URGENT_HOMES})


def ladder_of(homes=HOMES, **given) -> str:
    policy, found = POLICY.for_ticket(a_ticket(**given), homes)
    assert found is (homes.ladders[policy.ladder] if policy.ladder else homes)
    return policy.ladder


@pytest.mark.parametrize(
    ("given", "ladder"),
    [
        ({}, "VIP"),
        ({"client": Ref("9", "ACME CORP")}, "VIP"),
        ({"client": Ref("acme corp", "Other")}, "VIP"),
        ({"client": Ref("9", "Globex")}, ""),
        ({"client": None}, ""),
        ({"place": SR_IT, "priority": CRITICAL}, "Urgent"),
        ({"place": SR_IT, "priority": NORMAL}, ""),
        ({"place": SR_IT, "priority": None}, ""),
        ({"place": SR_IT, "client": ACME}, ""),
        ({"place": ELSEWHERE}, ""),
    ],
)
def test_a_ticket_is_on_the_ladder_that_takes_its_place_client_and_priority(given, ladder):
    assert ladder_of(**given) == ladder


def test_a_ladder_whose_homes_are_not_all_known_may_be_the_one_where_no_other_is():
    hidden = Homes({1: SR_IT}, {2: "tier 2: there is no board"}, ("Board",))
    homes = Homes({1: DESK}, ladders={"VIP": hidden, "Urgent": hidden})
    assert ladder_of(homes, place=ELSEWHERE) == "VIP"
    assert ladder_of(homes, place=ELSEWHERE, priority=CRITICAL) == "VIP"
    assert ladder_of(homes, place=ELSEWHERE, client=None) == ""
    assert ladder_of(homes, place=DESK) == ""
    assert ladder_of(homes, place=SR_IT) == "VIP"


def test_a_ladder_whose_homes_were_not_looked_up_takes_nothing():
    assert ladder_of(Homes({1: DESK})) == ""


def test_homes_of_all_ladders_are_watched_and_what_is_wrong_with_them_is_told():
    homes = Homes({1: DESK}, {2: "one"}, ladders={"VIP": Homes({1: DESK, 2: TIER_3}, {3: "two"})})
    assert homes.every_place == (DESK, TIER_3)
    assert homes.every_problem == ("one", "two")
    assert [homes.is_watched(place) for place in (DESK, TIER_3, ELSEWHERE)] == [True, True, False]


# --- the next tier --------------------------------------------------------------------------------------------


def test_a_tier_that_is_skipped_is_passed_over_with_its_reason():
    policy = a_policy(tiers=(a_tier(1), a_tier(2, skip="on leave"), a_tier(3)))
    assert policy.next_tier(policy.tier(1)) is policy.tier(3)
    assert policy.skipped_above(policy.tier(1)) == (("Tier 3 / Service Desk Manager", "on leave"),)
    assert policy.skipped_above(policy.tier(2)) == ()


def test_when_all_tiers_above_are_skipped_the_final_escalation_follows():
    policy = a_policy(tiers=(a_tier(1), a_tier(2, skip="on leave"), a_tier(3, skip="ill")))
    assert policy.next_tier(policy.tier(1)) is None
    assert [name for name, _ in policy.skipped_above(policy.tier(1))] == [
        "Tier 3 / Service Desk Manager",
        "Sr IT Manager",
    ]


def test_a_tier_names_the_one_it_escalates_to():
    policy = a_policy(tiers=(a_tier(1, next=3), a_tier(2), a_tier(3)))
    assert policy.next_tier(policy.tier(1)) is policy.tier(3)
    assert policy.skipped_above(policy.tier(1)) == ()
    assert policy.next_tier(policy.tier(3)) is None
