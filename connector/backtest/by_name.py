"""Homes and managers by their names alone, for past tickets of a system that cannot be asked. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from connector.model import Place
from connector.policy.policy import Homes, Policy
from connector.rules.commands import Managers


def homes_by_name(policy: Policy, connection: str, places: Collection[Place]) -> Homes:
    """The homes of the tiers of all ladders, among the places at which the tickets were, by their names in any case.

    A home at which no ticket ever was is nowhere.
    """
    known: dict[str, Place] = {}
    for place in places:
        for depth in range(1, len(place.path) + 1):
            outer = Place(place.path[:depth])
            known.setdefault(str(outer).casefold(), outer)
    usual = _homes(policy, connection, known)
    return replace(usual, ladders={one.name: _homes(one.policy, connection, known) for one in policy.ladders})


def _homes(policy: Policy, connection: str, known: Mapping[str, Place]) -> Homes:
    wanted = ((tier.number, tier.homes.get(connection, "")) for tier in policy.tiers)
    found = ((number, known.get(" > ".join(map(str.strip, home.split(">"))).casefold())) for number, home in wanted)
    return Homes({number: place for number, place in found if place is not None})


def managers_by_name(policy: Policy) -> Managers:
    """For each tier those who may override there, by their identifiers as they are configured."""
    names = ((tier.number, (one.strip() for name in tier.managers for one in name.split("|"))) for tier in policy.tiers)
    return {number: {name.casefold(): name for name in named} for number, named in names}
