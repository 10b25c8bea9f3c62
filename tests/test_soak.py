from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import pytest

from connector.systems.catalogue import ticket_systems
from tests.scenarios.untold import LATE, SOME, UNREAD, UNTOLD, names
from tests.soak import RELIVED, ROTATED, left_to_soak, taken_twice

ROOT = Path(__file__).parent.parent
SYSTEMS = list(ticket_systems())
KINDS = ["down", "slow", "wrong", "hostile"]


@dataclass
class Collected:
    nodeid: str
    callspec: SimpleNamespace = field(repr=False)
    marks: list[pytest.Mark] = field(default_factory=list)

    def iter_markers(self, name: str) -> list[pytest.Mark]:
        return [mark for mark in self.marks if mark.name == name]


def variants_of(name: str, *, marks: Sequence[pytest.MarkDecorator] = (), **params: list[object]) -> list[Collected]:
    """A test with all its variants, as they are collected."""
    sets = [dict(zip(params, values, strict=True)) for values in product(*params.values())]
    found = [mark.mark for mark in marks]
    names = (f"{name}[{'-'.join(map(str, one.values()))}]" for one in sets)
    return [Collected(one, SimpleNamespace(params=values), found) for one, values in zip(names, sets, strict=True)]


def taken(tests: list[Collected]) -> list[dict[str, object]]:
    left = left_to_soak(tests)
    return [test.callspec.params for test in tests if test not in left]


def test_of_a_scenario_on_every_system_and_both_databases_one_variant_is_taken() -> None:
    tests = variants_of("tests/scenarios/test_a.py::test_b", system=SYSTEMS, database=["sqlite", "postgresql"])
    assert len(taken(tests)) == 1


def test_each_thing_that_is_tried_is_taken_and_they_go_round_the_systems() -> None:
    tests = variants_of("tests/scenarios/test_a.py::test_b", system=SYSTEMS, kind=KINDS, odd=[{"a": 1}, {"b": 2}])
    found = taken(tests)
    assert {(one["kind"], str(one["odd"])) for one in found} == set(product(KINDS, ["{'a': 1}", "{'b': 2}"]))
    assert len(found) == 2 * len(KINDS)
    often = Counter(one["system"] for one in found)
    assert set(often) == set(SYSTEMS)
    assert max(often.values()) - min(often.values()) <= 1


def test_several_tests_begin_with_other_systems() -> None:
    tests = [test for n in range(30) for test in variants_of(f"tests/scenarios/test_a.py::test_{n}", system=SYSTEMS)]
    assert {one["system"] for one in taken(tests)} == set(SYSTEMS)


def test_what_is_taken_is_the_same_in_every_process() -> None:
    tests = variants_of("tests/crash/test_a.py::test_b", system=SYSTEMS, kind=KINDS)
    assert taken(tests) == taken(variants_of("tests/crash/test_a.py::test_b", system=SYSTEMS, kind=KINDS))


def test_of_what_a_test_calls_variants_one_is_taken_with_each_of_the_rest() -> None:
    marks = [pytest.mark.variants("kind")]
    tests = variants_of("tests/scenarios/test_a.py::test_b", marks=marks, system=SYSTEMS, kind=KINDS, odd=["a", "b"])
    assert [one["odd"] for one in taken(tests)] == ["a", "b"]


def test_what_costs_least_is_taken_where_the_test_says_so_and_the_rest_goes_round() -> None:
    marks = [pytest.mark.taken_on("sqlite")]
    tests = variants_of(
        "tests/scenarios/test_a.py::test_b", marks=marks, system=SYSTEMS, database=["sqlite", "postgresql"], kind=KINDS
    )
    found = taken(tests)
    assert sorted(str(one["kind"]) for one in found) == sorted(KINDS)
    assert {one["database"] for one in found} == {"sqlite"}
    assert {one["system"] for one in found} == set(SYSTEMS)


def test_elsewhere_every_variant_is_taken_unless_the_test_names_some() -> None:
    tests = variants_of("tests/contract/test_a.py::test_b", system=SYSTEMS)
    assert left_to_soak(tests) == []
    marks = [pytest.mark.variants("system")]
    found = taken(variants_of("tests/contract/test_a.py::test_b", marks=marks, system=SYSTEMS, kind=KINDS))
    assert sorted(str(one["kind"]) for one in found) == sorted(KINDS)
    assert {one["system"] for one in found} == set(SYSTEMS)


def test_a_scenario_without_variants_is_taken_twice_unless_it_takes_long() -> None:
    varied = variants_of("tests/scenarios/test_a.py::test_b", system=SYSTEMS)
    each = variants_of("tests/scenarios/test_a.py::test_3", kind=KINDS)
    unread = variants_of(f"tests/scenarios/test_a.py::{min(names(UNREAD))}")
    one, long = (
        variants_of(f"tests/scenarios/test_a.py::test_{n}", marks=m) for n, m in ((1, []), (2, [pytest.mark.long]))
    )
    elsewhere = variants_of("tests/contract/test_a.py::test_b", system=SYSTEMS)
    tests = [*varied, *one, *each, *unread, *long, *elsewhere]
    assert sorted(map(str, taken_twice(tests, left_to_soak(tests)))) == sorted(map(str, [*one, each[0]]))


def test_what_is_named_as_untold_is_a_scenario_and_named_once() -> None:
    named = [name for table in (LATE, UNTOLD, UNREAD) for of_one_kind in table.values() for name in of_one_kind]
    scenarios = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / RELIVED).glob("test_*.py"))
    assert [name for name in named if f"def {name}(" not in scenarios or named.count(name) > 1] == []
    assert names(LATE) | names(UNTOLD) >= SOME


def test_where_variants_are_left_there_are_tests() -> None:
    assert all((ROOT / place).exists() for place in ROTATED)


@pytest.mark.parametrize(
    ("target", "selected"), [("test", '-m "not soak"'), ("soak", '-m "soak or relived or examples"')]
)
def test_make_test_and_make_soak_run_everything_before_a_change_lands(target: str, selected: str) -> None:
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").partition(f"\n{target}: ")[2].partition("\n\n")[0]
    assert recipe.count("$(BIN)/pytest") == recipe.count(selected) > 0
    assert f"make {target}\n" in (ROOT / ".ci/run").read_text(encoding="utf-8")
