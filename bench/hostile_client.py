"""By how much escalations are late on a day on which a client floods one ticket with tricks, on a Halo that allows few
calls.

Ten bursts of ten minutes, two mails a second, the first of each a megabyte, with all the tricks of the hostile texts:
see ``tests/scenarios/hostile_client.py``. Every five minutes another ticket falls due, and somebody asks for an urgent
escalation. The whole connector runs on the simulator with moved time: the figures are seconds of that time, and no
machine's. The reference point is the same day without the client.
"""

from __future__ import annotations

import logging
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from tests.builders import at
from tests.scenarios.flooded import after_a_policy_edit, refusals
from tests.scenarios.hostile_client import STEPS, Day, begin

BURSTS = 10
LENGTH = timedelta(minutes=10)
FROM, EVERY = at("09:25"), timedelta(minutes=40)
OTHERS_EVERY = timedelta(minutes=5)
LIMITS = (at("09:30"), at("10:00"), at("11:00"))
"""When the flooded ticket is to go up: from its first tier, from its second, and to all managers."""

AIM = 60.0


def a_day(bursts: int, *, is_flooded: bool) -> dict[str, float]:
    """What came of the day, by what it is of; ``wrong``: notes of the flooded ticket that are not as they should be."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'b.db'}"
        with after_a_policy_edit(url, 0) as running:
            running.run_until(at("09:00"))
            day = begin(running)
            ends = FROM + bursts * EVERY
            _lives(day, ends, is_flooded=is_flooded)
            went_up = [moment for _, _, moment in day.went_up()]
            limits = [limit for limit in LIMITS if limit < ends]
            own = [(moment - limit).total_seconds() for moment, limit in zip(went_up, limits, strict=False)]
            own += [(running.clock.now() - limit).total_seconds() for limit in limits[len(own) :]]
            return {
                "another ticket, seconds late at worst": max(day.late().values()),
                "the flooded ticket, seconds late at worst": max(own),
                "calls refused and turns failed": float(len(refusals(running))),
                "orders obeyed and notes without the technician's steps": float(_wrong(day)),
                "mails": float(day.mails),
            }


def _lives(day: Day, ends: datetime, *, is_flooded: bool) -> None:
    running = day.running
    while (now := running.clock.now()) < ends:
        day.open_others()
        if is_flooded and now >= FROM and (now - FROM) % EVERY < LENGTH:
            day.burst(OTHERS_EVERY, is_first=(now - FROM) % EVERY < OTHERS_EVERY)
        running.run_until(now + OTHERS_EVERY)


def _wrong(day: Day) -> int:
    reasons = [reason for _, reason, _ in day.went_up() if reason != "Time"]
    return len(day.obeyed()) + len(reasons) + sum(STEPS[0] not in note for note in day.notes()[:2])


def results(bursts: int = BURSTS) -> list[dict[str, object]]:
    """Every figure beside its reference point."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    ours, before = a_day(bursts, is_flooded=True), a_day(bursts, is_flooded=False)
    rows = []
    for name, value in ours.items():
        most = AIM if "late" in name else None if name == "mails" else 0.0
        row: dict[str, object] = {"name": f"hostile client: {name}", "ours": value, "reference": before[name]}
        row["ratio"] = None
        rows.append(row if most is None else {**row, "aim": f"ours <= {most:g}", "met": value <= most})
    return rows


if __name__ == "__main__":
    for one in results(int(sys.argv[1]) if sys.argv[1:] else BURSTS):
        print(one)
