"""Every case of what people write holds on each ticket system whose form it is."""

from __future__ import annotations

import pytest

from tests.cases.forms import FILES, SYSTEMS, cases_of, systems_of
from tests.cases.judge import run

ABOUT = sorted({cases_of(file)[0].about for file in FILES})


@pytest.mark.process("note-nothing-lost", "commands-quoted")
@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("about", ABOUT)
def test_a_case_of_each_file_holds(about, system):
    there = [[case for case in cases_of(file) if case.about == about and system in case.on] for file in FILES]
    outcomes = run(system, [case for cases in there for case in cases[:1]])
    assert outcomes
    assert [(outcome.case.id, outcome.problems) for outcome in outcomes if outcome.problems] == []


@pytest.mark.soak
@pytest.mark.process("note-nothing-lost", "commands-quoted")
@pytest.mark.parametrize(("file", "system"), [(file, system) for file in FILES for system in systems_of(file)])
def test_every_case_of_a_file_holds(file, system, record_property):
    outcomes = run(system, [case for case in cases_of(file) if system in case.on])
    wrong = {outcome.case.id: outcome.problems for outcome in outcomes if outcome.problems}
    record_property("cases", len(outcomes))
    print(f"{file} on {system}: {len(outcomes) - len(wrong)} of {len(outcomes)} hold")
    assert not wrong
