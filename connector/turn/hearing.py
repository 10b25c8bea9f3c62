"""In which stint a command was heard. Pure.

Ticket systems tell the time in seconds, and a command may move its ticket within the second in which it was written: by
time alone it would count for the tier that got the ticket, too. What a turn acted on, the journal tells.
"""

from __future__ import annotations

from collections.abc import Iterable

from connector.rules.limits import Decision
from connector.store.records import Step

ANSWER, HEARD = "answer", "heard"
"""An answer's part of its saga; of an escalation's facts, the entries whose commands its turn had heard."""

EDITION = "#"
"""Between an entry and the gist of its commands in an answer's saga."""


def heard_in(decision: Decision) -> dict[str, str]:
    """The entries whose commands count for the running stint, each with the stint's key."""
    stint, orders = decision.stint, decision.orders
    if stint is None:
        return {}
    entries = [one.entry for one in orders.overrides_of(stint)]
    entries += [one.entry for one in orders.requests] + [one.entry for one in orders.unclear]
    return dict.fromkeys(entries, stint.key)


def heard_by(steps: Iterable[Step]) -> dict[str, str]:
    """The entries whose commands were acted on or answered, each with the key of the stint at that time."""
    found: dict[str, str] = {}
    for step in steps:
        stint, is_answer, entry = step.saga.split("/", 2)[-1].rpartition(f"/{ANSWER}/")
        if is_answer:
            found[entry.rpartition(EDITION)[0] or entry] = stint
        entries = step.outcome.get(HEARD)
        if isinstance(entries, list):
            found.update(dict.fromkeys(entries, str(step.outcome.get("stint"))))
    return found
