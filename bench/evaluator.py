"""How many tickets a second one core evaluates, from a 20-entry history to a decision.

The reference point is what any evaluator must do at least: go over the same 20 texts once with one regular expression
that finds plan lines. The aim is 10,000 tickets a second and core.
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable
from datetime import timedelta

from connector.model import AuthorKind, Change, TicketRecord
from connector.policy.policy import Homes, Policy
from connector.rules.commands import read_commands
from connector.rules.limits import Decision, Verdict, evaluate
from connector.rules.stints import build_timeline
from tests.builders import (
    HOMES,
    NEW,
    NINE,
    TESS,
    WAITING,
    WORKING,
    a_note,
    a_policy,
    a_ticket,
    given_to,
    office_hours,
    seen,
    turned,
)

TEXTS = (
    "Toggled the agent's connection off and on again, no change.",
    "Client says the error is the same on the other WiFi network as well.",
    "Read the Event Viewer: Event ID 7031, the service terminated unexpectedly.",
    "Called the vendor, case opened, they want the logs of the last two days.",
)
ROUNDS = 7
SECONDS = 0.4
AIM = 10_000


def a_history() -> tuple[TicketRecord, tuple[Change, ...]]:
    """A ticket with 20 entries, two pauses and an owner, with the plan in the last note."""
    entries = [
        a_note(
            TEXTS[n % len(TEXTS)],
            NINE + timedelta(minutes=n),
            kind=AuthorKind.CLIENT if n % 5 == 4 else AuthorKind.AGENT,
        )
        for n in range(19)
    ]
    entries.append(a_note("Plan: replace the network beacon", NINE + timedelta(minutes=25)))
    record = a_ticket(status=WORKING, owner=TESS, entries=tuple(entries))
    changes = (
        *seen(a_ticket(status=NEW)),
        given_to(TESS, NINE + timedelta(minutes=1)),
        turned(NEW, WORKING, NINE + timedelta(minutes=1)),
        turned(WORKING, WAITING, NINE + timedelta(minutes=5)),
        turned(WAITING, WORKING, NINE + timedelta(minutes=9)),
        turned(WORKING, WAITING, NINE + timedelta(minutes=12)),
        turned(WAITING, WORKING, NINE + timedelta(minutes=14)),
    )
    return record, changes


def rate(action: Callable[[], object]) -> float:
    """Calls a second of one core's time: the best of a few short rounds."""
    best = 0.0
    for _ in range(ROUNDS):
        count, start = 0, time.process_time()
        while time.process_time() - start < SECONDS / ROUNDS:
            for _ in range(20):
                action()
            count += 20
        best = max(best, count / (time.process_time() - start))
    return best


def results() -> list[dict[str, object]]:
    """Interleaved rounds of ours and the reference, medians."""
    policy: Policy = a_policy(calendars={"default": office_hours("America/New_York")})
    homes: Homes = HOMES
    record, changes = a_history()
    now = NINE + timedelta(minutes=40)
    pattern = re.compile(r"^\s*(?:diagnosis )?plan:", re.IGNORECASE | re.MULTILINE)

    def judged() -> Decision:
        timeline = build_timeline(record, changes, policy, homes)
        return evaluate(timeline, policy, now, read_commands(timeline, policy, {}))

    def ours() -> object:
        return judged()

    def reference() -> object:
        return [pattern.search(entry.text) for entry in record.entries]

    assert judged().verdict is Verdict.RUNNING
    pairs = [(rate(ours), rate(reference)) for _ in range(5)]
    own = statistics.median(pair[0] for pair in pairs)
    other = statistics.median(pair[1] for pair in pairs)
    return [
        {
            "name": "evaluator: tickets a second and core, 20 entries",
            "ours": round(own),
            "reference": round(other),
            "ratio": round(own / other, 3),
            "aim": "ours >= 10,000",
            "met": own >= AIM,
        }
    ]


if __name__ == "__main__":
    for row in results():
        print(row)
