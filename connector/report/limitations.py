"""What the figures of a report cannot say, in sentences. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from connector.report.figures import Figures
from connector.report.words import count, is_or_are, was


def limitations(figures: Figures, sheet: str) -> tuple[str, ...]:
    """A sentence each. ``sheet``: the command that writes every row."""
    return (*figures.scope.cannot_tell, *unknown(figures), *_cut(figures, sheet))


def unknown(figures: Figures) -> Iterator[str]:
    """What nobody knows of what is counted, a sentence each."""
    lengths = figures.lengths.values()
    if figures.would:
        yield (
            f"{'The one' if figures.would == 1 else f'The {figures.would:,}'} that would have gone up stayed: what the "
            "next tier would have done is not known, nor what would have come of a second stage."
        )
    if figures.done and (over := sum(one.over for one in lengths)):
        yield (
            f"{count(over, 'stage')} past the limit {was(over)} broken off by the escalation, or {is_or_are(over)} "
            "open: how long they would have taken is not known; they stand where they were last."
        )
    if elsewhere := sum(one.elsewhere for one in lengths):
        told = f"{count(elsewhere, 'stage')} ended elsewhere before the limit, or {is_or_are(elsewhere)} open"
        yield f"{told}: not drawn."
    if scaled := sum(one.scaled for one in lengths):
        yield f"{count(scaled, 'stage')} had another limit than usual: drawn by the share of it."
    if assumed := sum(one.assumed for one in lengths):
        yield f"Of {count(assumed, 'stage')} the limit was not recorded then: the usual one is taken."
    if figures.resting:
        yield (
            f"{count(figures.resting, 'escalation')} {'rests' if figures.resting == 1 else 'rest'} on an assumption; "
            "they are marked †."
        )


def _cut(figures: Figures, sheet: str) -> Iterator[str]:
    if len(figures.listed) < figures.rises:
        yield f"Of the {figures.rises:,} escalations the {len(figures.listed):,} that took longest are listed."
    yield f"Every stint and every escalation, one a line: {sheet}"
