from __future__ import annotations

import ast
import re

import pytest

from tests.attacks import ATTACKS, Attack
from tests.attacks_page import PAGE, page

EVERY = [attack for attacks in ATTACKS.values() for attack in attacks]


def names_in(file: str) -> set[str]:
    """The names of the tests that a file of this repository holds; it is not imported."""
    path = PAGE.parent.parent / file
    found = ast.parse(path.read_text(encoding="utf-8")).body if path.is_file() else []
    return {node.name for node in found if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


@pytest.mark.parametrize("attack", EVERY, ids=lambda attack: attack.what)
def test_every_attack_is_tried_by_tests_that_there_are(attack: Attack):
    named = [test.partition("::") for test in attack.tests]
    assert named
    assert [f"{file}::{name}" for file, _, name in named if name not in names_in(file)] == []


@pytest.mark.parametrize("attack", EVERY, ids=lambda attack: attack.what)
def test_an_attack_is_a_sentence_and_was_seen_on_a_commit_that_is_named(attack: Attack):
    assert re.fullmatch(r"[^|]+\.", attack.what)
    assert re.fullmatch(r"|[0-9a-f]{7}", attack.open_at)
    assert attack.open_at or not attack.seen
    assert len(set(attack.tests)) == len(attack.tests)


def test_no_attack_stands_there_twice():
    assert len({attack.what for attack in EVERY}) == len(EVERY)


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.attacks_page"
