"""Every case of what people write holds on each ticket system whose form it is."""

from __future__ import annotations

import pytest

from tests.cases.forms import FILES, cases_of, systems_of
from tests.cases.judge import run


@pytest.mark.process("note-nothing-lost", "commands-quoted")
@pytest.mark.parametrize(("file", "system"), [(file, system) for file in FILES for system in systems_of(file)])
def test_every_case_of_a_file_holds(file, system, record_property):
    outcomes = run(system, [case for case in cases_of(file) if system in case.on])
    wrong = {outcome.case.id: outcome.problems for outcome in outcomes if outcome.problems}
    record_property("cases", len(outcomes))
    print(f"{file} on {system}: {len(outcomes) - len(wrong)} of {len(outcomes)} hold")
    assert not wrong
