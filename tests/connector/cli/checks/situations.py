"""Policies and settings that fit the ticket system of the edges' tests, and changed ones."""

from __future__ import annotations

from dataclasses import replace

from connector.config.settings import Settings, load_settings
from connector.policy.policy import FinalEscalation, Policy

HOMES = ("Desk", "Tier 3", "Sr IT")


def a_policy(**changes) -> Policy:
    policy = load_settings({}).policy
    tiers = tuple(replace(tier, homes={"psa": home}) for tier, home in zip(policy.tiers, HOMES, strict=True))
    people = FinalEscalation("tess", "tess", "tess")
    return replace(policy, **{"tiers": tiers, "final": people, **changes})


def settings(policy: Policy | None = None, **changes) -> Settings:
    return replace(load_settings({}), policy=policy or a_policy(), **{"public_url": "https://me.example", **changes})
