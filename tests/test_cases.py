"""Every case of what people write holds on each ticket system whose form it is."""

from __future__ import annotations

import pytest

from tests.cases.forms import FILES, SYSTEMS, cases_of
from tests.cases.judge import run


@pytest.mark.process("note-nothing-lost", "commands-quoted")
@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("file", FILES)
def test_every_case_of_a_file_holds(file, system, record_property):
    cases = [case for case in cases_of(file) if system in case.on]
    if not cases:
        pytest.skip(f"no case of {file} has the form of {system}")
    outcomes = run(system, cases)
    wrong = {outcome.case.id: outcome.problems for outcome in outcomes if outcome.problems}
    record_property("cases", len(outcomes))
    print(f"{file} on {system}: {len(outcomes) - len(wrong)} of {len(outcomes)} hold")
    assert not wrong
