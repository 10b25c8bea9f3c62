"""By how much turns are late, lane by lane, on a Halo that allows 240 calls in five minutes while much happens there.

2,000 tickets are to be looked at for a policy that is new; every five minutes one falls due and somebody asks for
an urgent escalation; for ten minutes a client writes two mails a second on one ticket. Three workers share the budget.
The whole connector runs on the simulator with moved time: the figures are seconds of that time, and no machine's. The
reference point is the same day with one lane for everything, as it was before.
"""

from __future__ import annotations

import logging
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import structlog

from connector.connection.gate import Gate
from connector.demo.stage import Simulation
from connector.model import Lane, TicketId
from connector.store.records import Claim, Finished, Outcome
from connector.turn.turn import TicketTurn
from connector.worker.chores import LANES, Chores
from tests.builders import at
from tests.scenarios.flooded import after_a_policy_edit, client_floods, escalated_at, refusals

TICKETS, WORKERS = 2000, 3
EVERY = timedelta(minutes=5)
LIMIT = timedelta(minutes=30)
ASKED = "/escalate urgency the whole office cannot work"
AIM = 60.0

Lateness = dict[str, list[float]]


@contextmanager
def watched(found: dict[Lane, list[float]]) -> Iterator[None]:
    """Notes by how much each turn that was done began after its moment."""

    def watching(kind: type[TicketTurn] | type[Chores]) -> object:
        take = kind.take

        def timed(self: TicketTurn | Chores, claim: Claim) -> Outcome | None:
            now = self.now()
            outcome = take(self, claim)  # type: ignore[arg-type]  # each with its own
            lane = LANES.get(claim.ticket) if claim.is_chore else claim.lane
            if isinstance(outcome, Finished) and claim.wake_at is not None and lane is not None:
                found[lane].append((now - claim.wake_at).total_seconds())
            return outcome

        return patch.object(kind, "take", timed)

    with watching(TicketTurn), watching(Chores):  # type: ignore[attr-defined]  # patches
        yield


@contextmanager
def one_lane() -> Iterator[None]:
    """Everything in one lane, and a connection that holds still as a whole."""
    with (
        patch("adapters.http.present_lane", lambda: Lane.URGENT),
        patch.object(Gate, "turns", lambda _: {}),
    ):
        yield


def day() -> Lateness:
    """The lateness of that day, by what it is of; ``refused``: calls and turns, how many."""
    found: dict[Lane, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder, watched(found):
        url = f"sqlite:///{Path(folder) / 'b.db'}"
        with after_a_policy_edit(url, TICKETS, WORKERS) as running:
            found.clear()
            due, asked = _happens(running)
            told = {f"lane {lane.name.lower()}": found[lane] for lane in Lane}
            written = {"a deadline that passed": due, "an urgent escalation that was asked for": asked}
            for name, tickets in written.items():
                told[name] = [
                    ((escalated_at(running, ticket) or running.clock.now()) - moment).total_seconds()
                    for ticket, moment in tickets.items()
                ]
            return {**told, "refused": [float(len(refusals(running)))]}


def _happens(running: Simulation) -> tuple[dict[TicketId, datetime], dict[TicketId, datetime]]:
    """Until ten: the tickets that fell due and those for which somebody asked, with the moments."""
    desk = running.desk
    due: dict[TicketId, datetime] = {}
    asked: dict[TicketId, datetime] = {}
    noisy = desk.open_ticket("Any news?", owner="tess")
    for n in range(13):
        moment = at("09:00") + n * EVERY
        running.run_until(moment)
        if moment + LIMIT <= at("10:00"):
            due[desk.open_ticket(f"Cannot print {n}", owner="tess")] = moment + LIMIT
        ticket = desk.open_ticket(f"The server is down {n}", owner="tess")
        desk.note(ticket, "tess", ASKED)
        asked[ticket] = moment
        if at("09:10") <= moment < at("09:20"):
            client_floods(running, noisy, moment + EVERY)
    running.run_until(at("10:05"))
    return due, asked


def results() -> list[dict[str, object]]:
    """Every figure beside its reference point."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    ours = day()
    with one_lane():
        before = day()
    rows: list[dict[str, object]] = []
    for name in ours:
        if name == "refused":
            rows.append(_row("lanes: calls refused and turns failed", ours[name][0], before[name][0], 0.0))
            continue
        aim = AIM if name.startswith("a") else None
        rows.append(_row(f"lanes: {name}, seconds late at worst", _worst(ours[name]), _worst(before[name]), aim))
    return rows


def _worst(late: list[float]) -> float:
    return max(late, default=0.0)


def _row(name: str, ours: float, reference: float, aim: float | None) -> dict[str, object]:
    row: dict[str, object] = {"name": name, "ours": ours, "reference": reference}
    row["ratio"] = None if not reference else round(ours / reference, 3)
    return row if aim is None else {**row, "aim": f"ours <= {aim:g}", "met": ours <= aim}


if __name__ == "__main__":
    for row in results():
        print(row)
