"""In which mode a ticket is: what is said for its system and for the tier that holds it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from connector.model import Mode
from connector.policy.policy import Policy, Tier

_CAREFUL_FIRST = tuple(Mode)


def most_careful(said: Iterable[Mode | None]) -> Mode:
    """Of several modes that apply the most careful one counts; where nothing is said, ``observe`` does."""
    return min((mode for mode in said if mode is not None), key=_CAREFUL_FIRST.index, default=Mode.OBSERVE)


def tier_key(ladder: str, tier: str) -> str:
    """What a tier is called where its mode is remembered: a tier is the one of its name on the ladder of its name."""
    return f"{ladder} > {tier}" if ladder else tier


@dataclass(frozen=True, slots=True)
class Modes:
    """The modes on one connection. ``base``: what is said for the connection; None where nothing is."""

    base: Mode | None = None

    def at(self, tier: Tier | None) -> Mode:
        """The mode of what a tier holds; None for a ticket that no tier does."""
        return most_careful((self.base, tier.mode if tier else None))

    def of_tiers(self, policy: Policy) -> Mapping[str, Mode]:
        """The mode of each tier of each ladder, by its key."""
        return {
            tier_key(ladder.ladder, tier.name): self.at(tier) for ladder in policy.every_ladder for tier in ladder.tiers
        }

    def written(self, policy: Policy) -> str:
        """The modes in one word: one for all tiers, else one for each, the usual ladder's first (``enforce/warn``)."""
        modes = list(self.of_tiers(policy).values())
        return modes[0] if len(set(modes)) == 1 else "/".join(modes)

    def most(self, policy: Policy) -> Mode:
        """The least careful one: what is done at most."""
        return max(self.of_tiers(policy).values(), key=_CAREFUL_FIRST.index)

    def said(self, policy: Policy) -> str:
        """The modes as people are told: ``enforce``, or ``enforce at Tier 1; warn at Tier 2, Tier 3``."""
        by_mode: dict[Mode, list[str]] = {}
        for key, mode in self.of_tiers(policy).items():
            by_mode.setdefault(mode, []).append(key)
        if len(by_mode) == 1:
            return next(iter(by_mode))
        return "; ".join(
            f"{mode} at {', '.join(by_mode[mode])}" for mode in reversed(_CAREFUL_FIRST) if mode in by_mode
        )


ENFORCES, OBSERVES = Modes(Mode.ENFORCE), Modes(Mode.OBSERVE)
"""All tiers in one mode."""
