"""Why a ticket goes up now, or what is still missing for it: breaches, technicians' requests, a risen priority. Pure.

What an escalation needs is looked for in all that is on the ticket, by content, not by form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from connector.model import Reason
from connector.policy.policy import Policy
from connector.reading.findings import ERRORS, RESEARCH, Documented, find
from connector.rules.commands import Request
from connector.rules.limits import Decision, Verdict

COMMAND, URGENCY, FINAL = "command", "urgency", "final"
"""What stands for the stage in the identity of an escalation that is not a breach of a stage's limit."""

STEPS_MISSING = "what was tried so far (“Steps attempted: …”)"
CODES_MISSING = "the error codes and messages seen (“Error codes: …”, or “no error shown”)"
RESEARCH_MISSING = "what was looked up (“Research: …”: a link, an article, or “searched for …, nothing found”)"
PERMISSIONS_MISSING = "exactly which permissions are missing (“Missing permissions: …”)"
NEXT_MISSING = "what is to be done once they are there (“Next steps: …”)"
BLOCKED_MISSING = "what is blocked, in the line of “/escalate urgency”"
"""What was not recognised on the ticket, in words, with the line that says it; it may be there in words not known."""


@dataclass(frozen=True, slots=True)
class Demand:
    """An escalation that is due. ``key`` is its part of the identity; ``undocumented``: what it still lacks, in words.

    ``requests`` are those that it answers.
    """

    key: str
    reasons: tuple[Reason, ...]
    requests: tuple[Request, ...] = ()
    undocumented: tuple[str, ...] = ()


class Documentation:
    """What a ticket holds of the things that an escalation needs; read once, when first asked."""

    def __init__(self, decision: Decision) -> None:
        self._decision = decision

    @cached_property
    def found(self) -> Documented:
        """The findings of the whole ticket."""
        record = self._decision.record
        return find(record, record.entries, self._decision.staff)

    def missing(self, request: Request) -> tuple[str, ...]:
        """What a request needs and the ticket lacks, in words."""
        return tuple(
            words
            for reason in request.reasons
            for words, is_there in _NEEDS[reason].items()
            if not is_there(self, request)
        )


def _says(words: str) -> bool:
    return any(map(str.isalnum, words))


_NEEDS: Mapping[Reason, Mapping[str, Callable[[Documentation, Request], bool]]] = {
    Reason.KNOWLEDGE: {
        STEPS_MISSING: lambda held, _: bool(held.found.steps),
        CODES_MISSING: lambda held, _: bool(held.found.errors) or ERRORS in held.found.stated,
        RESEARCH_MISSING: lambda held, _: bool(held.found.research) or RESEARCH in held.found.stated,
    },
    Reason.PERMISSION: {
        PERMISSIONS_MISSING: lambda held, request: bool(held.found.permissions) or _says(request.topic),
        NEXT_MISSING: lambda held, _: bool(held.found.next_steps),
    },
    Reason.URGENCY: {BLOCKED_MISSING: lambda _, request: _says(request.detail)},
}
"""What each kind of escalation needs, in words, and whether it is there."""


def demand_of(decision: Decision, policy: Policy, documentation: Documentation) -> Demand | None:
    """The escalation that is due now, with all its reasons; None while none is. Without a clock nothing goes up."""
    stint, tier, clock = decision.stint, decision.tier, decision.clock
    if stint is None or tier is None or clock is None:
        return None
    requests = decision.commands.requests
    ready = [one for one in requests if Reason.URGENCY in one.reasons or not documentation.missing(one)]
    is_risen = policy.escalate_when_critical and stint.critical_at is not None
    if decision.verdict is Verdict.BREACHED:
        key, answered = clock.stage.value, list(requests)
    elif ready:
        key, answered = COMMAND, ready
    elif is_risen:
        key, answered = URGENCY, []
    else:
        return None
    raised = {reason for request in answered for reason in request.reasons}
    if decision.verdict is Verdict.BREACHED:
        raised.add(Reason.TIME)
    if is_risen:
        raised.add(Reason.URGENCY)
    return Demand(
        key=FINAL if policy.next_tier(tier) is None else key,
        reasons=tuple(reason for reason in Reason if reason in raised),
        requests=tuple(answered),
        undocumented=tuple(dict.fromkeys(lack for request in answered for lack in documentation.missing(request))),
    )
