"""Homes and managers by their names, for tickets of a system that cannot be asked."""

from __future__ import annotations

from connector.backtest.by_name import homes_by_name, managers_by_name
from connector.model import Place
from connector.policy.policy import Ladder
from tests.builders import DESK, ELSEWHERE, TIER_3, a_policy, a_tier


def test_a_home_is_found_among_the_places_where_tickets_were():
    places = {DESK, TIER_3}
    tiers = (
        a_tier(1, homes={"psa": "service desk>First Touch"}),
        a_tier(2, homes={"psa": "Tier 3"}),
        a_tier(3, homes={"psa": "Nowhere"}),
    )
    policy = a_policy(tiers=tiers)
    plant = Ladder("Plant", frozenset(), frozenset(), a_policy(tiers=tiers[:1], ladder="Plant"))
    homes = homes_by_name(a_policy(tiers=tiers, ladders=(plant,)), "psa", {*places, ELSEWHERE})
    assert homes.places == {1: DESK, 2: Place(TIER_3.path[:1])}
    assert homes.ladders["Plant"].places == {1: DESK}
    assert homes_by_name(policy, "other", places).places == {}


def test_managers_are_who_is_configured():
    policy = a_policy(tiers=(a_tier(1, managers=("Mara | mara.m", "irene")),))
    assert managers_by_name(policy) == {1: {"mara": "Mara", "mara.m": "mara.m", "irene": "irene"}}
