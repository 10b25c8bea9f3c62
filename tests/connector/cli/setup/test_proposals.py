"""What is proposed of what was found; what is no more than a guess is never taken by a script."""

from __future__ import annotations

import pytest

from connector.cli.setup.proposals import NOTHING, PeopleThere, Proposal, called_at_last, country_of, critical, homes
from connector.model import Person, Place, Ref


def places(*written: str) -> list[Place]:
    return [
        Place(tuple(Ref(f"{n}.{depth}.{name}", name) for depth, name in enumerate(one.split(" > "))))
        for n, one in enumerate(written)
    ]


def proposed(*written: str, tiers: int = 3) -> list[str]:
    """The proposals, a guess with a question mark."""
    found = homes(tiers, places(*written))
    return [one.text + ("" if one.is_sure or not one.text else "?") for one in found]


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (
            [
                "Service Desk",
                "Service Desk > First Touch",
                "Service Desk > Dispatch",
                "Tier 3",
                "Tier 3 > Seniors",
                "Sr IT",
            ],
            ["Service Desk > First Touch", "Tier 3", "Sr IT"],
        ),
        (
            ["1st Line Support", "2nd Line Support", "3rd Line Support"],
            ["1st Line Support", "2nd Line Support", "3rd Line Support"],
        ),
        (["Help Desk", "Escalation", "Systems"], ["Help Desk?", "Escalation?", "Systems?"]),
        (["L1", "L2", "L3", "Infrastructure"], ["L1", "L2", "L3"]),
        (["L1", "L2", "L3", "Sr IT"], ["L1", "L3", "Sr IT"]),
        (["L1", "L3", "Infrastructure"], ["L1", "L3", "Infrastructure?"]),
        (["T1/2", "T3", "Sr. IT Manager"], ["T1/2", "T3", "Sr. IT Manager"]),
        (["1st Line Support", "First Touch", "Tier 3"], ["First Touch", "Tier 3", ""]),
        (["Sales", "Projects"], ["", "", ""]),
        (["Level 1 East", "Level 1 West", "Level 3"], ["Level 1 East?", "Level 3", ""]),
        (["Tier 10", "Tier 13"], ["", "", ""]),
        ([], ["", "", ""]),
    ],
)
def test_homes_are_proposed_by_their_names(there: list[str], expected: list[str]) -> None:
    assert proposed(*there) == expected


def test_a_place_is_proposed_once() -> None:
    assert proposed("Senior IT") == ["", "Senior IT?", ""]
    assert proposed("Support Management") == ["Support Management?", "", ""]


def test_a_ladder_of_another_length_goes_by_numbers() -> None:
    assert proposed("Tier 1", "Tier 2", "Tier 3", "Tier 4", tiers=4) == ["Tier 1", "Tier 2", "Tier 3", "Tier 4"]
    assert proposed("Level 1", "Level 2", "Sr IT", tiers=4) == ["Level 1", "Level 2", "", "Sr IT"]
    assert proposed("1st level", "2nd level", "3rd line", "4th line", tiers=4)[1:] == [
        "2nd level",
        "3rd line",
        "4th line",
    ]
    assert proposed("First Touch", "Sr IT", tiers=2) == ["First Touch", "Sr IT"]
    assert proposed("First Touch", tiers=1) == ["First Touch"]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["Priority 1 - Critical", "Priority 2 - High"], "Priority 1 - Critical"),
        (["Low", "Normal", "High"], ""),
        (["P1", "P10", "Emergency (24x7)"], "P1, Emergency (24x7)"),
        (["Kritisch", "Hoch"], "Kritisch"),
    ],
)
def test_critical_priorities_are_proposed_by_their_names(names: list[str], expected: str) -> None:
    found = critical([Ref(str(n), name) for n, name in enumerate(names)])
    assert found == (Proposal(expected, is_sure=True) if expected else NOTHING)


def test_people_are_no_more_than_guessed() -> None:
    tess, maria, irene, adam = (
        Person(str(n), name.split()[0].lower(), name)
        for n, name in enumerate(["Tess Tech", "Maria Desk", "Irene Systems", "Adam Account"])
    )
    staff = PeopleThere([irene], [tess, maria, irene, adam])
    roles = ("sr_it_manager", "service_desk_manager", "account_manager")
    assert [called_at_last(role, staff) for role in roles] == [Proposal("irene"), Proposal("maria"), Proposal("adam")]
    several = PeopleThere([irene, tess], [tess, irene])
    assert [called_at_last(role, several) for role in roles] == [NOTHING] * 3
    lead = Person("9", "lea", "Lea Team Lead")
    assert called_at_last("sr_it_manager", PeopleThere([irene, lead], [])) == Proposal("lea")


def test_a_country_is_that_of_the_zone_where_its_holidays_are_known() -> None:
    assert country_of("America/New_York", {"US": []}) == Proposal("US", is_sure=True)
    assert country_of("America/New_York", {}) == NOTHING
    assert country_of("UTC", {"US": []}) == NOTHING
    assert country_of("Europe/Berlin", {"DE": []}).text == "DE"
