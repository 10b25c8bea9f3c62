"""A client floods one ticket with all tricks: everybody else's tickets are on time, and so is that one.

``python -m bench hostile_client`` does the same for a day, with ten bursts of ten minutes.
"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from connector.wording import NOTE_SECTIONS
from tests.builders import at
from tests.scenarios.flooded import after_a_policy_edit, refusals
from tests.scenarios.hostile_client import STEPS, begin, tricks

BURST = timedelta(minutes=1)


def test_there_are_many_tricks_and_all_kinds_of_them_in_one_burst() -> None:
    told = tricks()
    assert len(set(told)) > 400
    first = "\n".join(told[: 4 * 60])
    for kind in ("/escalate", "> /", "Ref. ESC-", "<script>", "\u200b", "Tess Tech", "Plan:", "<table>"):
        assert kind in first, kind


@pytest.mark.long
def test_a_client_who_floods_a_ticket_with_tricks_delays_nobody_and_orders_nothing(sqlite_url: str) -> None:
    with after_a_policy_edit(sqlite_url, 0) as running:
        running.run_until(at("09:00"))
        day = begin(running)
        running.run_until(at("09:01"))
        day.open_others()
        running.run_until(at("09:29:30"))
        day.open_others()
        day.burst(BURST)
        running.desk.time_entry(day.flooded, "sam", STEPS[1], 5)
        running.run_until(at("09:59:30"))
        day.open_others()
        day.burst(BURST)
        running.run_until(at("10:05"))

        assert day.mails >= 240
        assert len(day.late()) == 5
        assert max(day.late().values()) <= 60, day.late()
        assert refusals(running) == []

        assert [(event, reason) for event, reason, _ in day.went_up()] == [("escalated", "Time")] * 2
        for (_, _, moment), limit in zip(day.went_up(), (at("09:30"), at("10:00")), strict=True):
            assert moment - limit <= timedelta(seconds=60)
        assert day.obeyed() == []
        first, second = day.notes()
        for note, to in ((first, "Tier 3"), (second, "Sr IT")):
            lines = [line for line in note.splitlines() if line.strip()]
            assert lines[0].startswith(f"ESCALATED to {to}")
            assert [line for line in lines if line in NOTE_SECTIONS] == list(NOTE_SECTIONS)
            assert re.fullmatch(r"Ref\. ESC-[A-Z2-7]{10}-[A-Z2-7]{10}", lines[-1].strip())
            assert STEPS[0] in note
        assert STEPS[1] in second
