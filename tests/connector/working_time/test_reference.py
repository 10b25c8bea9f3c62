"""The team's shared cases with an independent oracle's answers, where they are at hand."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from connector.working_time.calendar import WorkingCalendar

pytestmark = pytest.mark.reference

ROOT = Path(__file__).parents[3]
CASES = ROOT.parent / "shared" / "reference" / "business-time-cases.json"


def moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def answer(calendar: WorkingCalendar, case: dict[str, Any]) -> object:
    pauses = [(moment(start), moment(end)) for start, end in case.get("pauses", ())]
    if case["kind"] in ("add", "sla"):
        return calendar.add(moment(case["start"]), case["minutes"], pauses)
    return round(calendar.between(moment(case["start"]), moment(case["end"]), pauses), 6)


@pytest.mark.untraced
def test_every_shared_case_gives_the_expected_answer_and_no_other():
    if not CASES.exists():
        pytest.skip("the shared reference cases are not beside this repository")
    document = json.loads(CASES.read_text(encoding="utf-8"))
    calendars = {name: WorkingCalendar.from_mapping(form) for name, form in document["calendars"].items()}
    wrong = []
    for case in document["cases"]:
        expected = moment(case["expected"]) if case["kind"] in ("add", "sla") else case["expected"]
        found = answer(calendars[case["calendar"]], case)
        if found != expected:
            wrong.append((case["id"], expected, found))
    assert len(document["cases"]) > 0
    assert wrong == []
