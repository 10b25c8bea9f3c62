"""What a backtest says besides its figures: how two policies differ, and the limits that would have caught the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from connector.cli import common
from connector.report.choosing.catching import Catch
from connector.report.choosing.compare import Comparison, Turn
from connector.report.words import length_text, owed


def print_comparison(comparison: Comparison) -> None:
    """How many escalations there are under both policies, and how many are other ones."""
    common.say("")
    common.say(f"{comparison.new_name}, against {comparison.old_name}:")
    rows = [(turn.value, f"{comparison.turns[turn]:,}") for turn in Turn]
    common.table(("goes up", "escalations"), rows)


def print_catches(catches: Sequence[Catch]) -> None:
    """The limits that would have caught what took too long; nothing where nothing did."""
    if not catches:
        return
    common.say("")
    common.say(f"What would have caught what took longer than {length_text(catches[0].too_long)} in all:")
    rows = [
        (
            f"{one.tier}: to the {owed(one.stage)}",
            length_text(one.in_force),
            "no limit" if one.minutes is None else length_text(one.minutes),
            f"{one.caught:,} of {one.long:,}",
            f"{one.others:,}",
        )
        for one in catches
    ]
    common.table(("stage", "limit in force", "would have caught them", "caught", "others sent up"), rows)


def document_of_comparison(comparison: Comparison | None, catches: Sequence[Catch]) -> dict[str, Any]:
    """The same for a program."""
    compared = None
    if comparison is not None:
        turns = {turn.name.lower(): comparison.turns[turn] for turn in Turn}
        compared = {"new": comparison.new_name, "old": comparison.old_name, **turns}
    return {"comparison": compared, "catches": [asdict(one) for one in catches]}
