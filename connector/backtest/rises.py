"""What is told of an escalation that would have been: when, where to, why, and what its note had lacked. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from connector.model import Mode, Reason, TicketRecord
from connector.policy.policy import Policy
from connector.reading.findings import find
from connector.report.story import Rise, Training
from connector.rules.commands import Request
from connector.rules.escalation import Demand
from connector.rules.limits import Decision

_SECTIONS = ("Steps attempted", "Error codes", "Research", "Internal discussions")
"""The sections of a note whose being empty is told, by their headings."""


def rise_of(decision: Decision, policy: Policy, demand: Demand, whole: TicketRecord | None) -> Rise:
    """The escalation that a decision demands. ``whole``: the ticket as it was read, with all its entries, by which is
    told what the note would have lacked; None where nobody asks for that.
    """
    stint, tier, clock = decision.stint, decision.tier, decision.clock
    assert stint is not None
    assert tier is not None
    assert clock is not None
    to = policy.next_tier(tier)
    return Rise(
        at=decision.at,
        stint=stint.key,
        tier=tier.name,
        to=to.name if to else "",
        reasons=demand.reasons,
        stage=clock.stage,
        limit_minutes=clock.limit_minutes,
        used_minutes=clock.used_minutes,
        mode=Mode.OBSERVE,
        missing=tuple(_missing(decision, whole)) if whole is not None else None,
        undocumented=demand.undocumented,
        asked_by=tuple(request.identifier or request.by for request in demand.requests),
    )


def _missing(decision: Decision, whole: TicketRecord) -> Iterator[str]:
    """The sections of a note that would have had nothing to say, by all that was on the ticket then."""
    found = find(decision.record, [entry for entry in whole.entries if entry.at <= decision.at], decision.staff)
    held = (found.steps, found.errors, found.research, found.discussions)
    return (heading for heading, has in zip(_SECTIONS, held, strict=True) if not has)


def trainings_of(requests: Iterable[Request], whole: TicketRecord) -> Iterator[tuple[str, Training]]:
    """The training requests of those who asked for knowledge, by the entries that they came of."""
    for request in requests:
        if Reason.KNOWLEDGE in request.reasons:
            yield request.entry, Training(request.at, request.by, request.detail or whole.summary)
