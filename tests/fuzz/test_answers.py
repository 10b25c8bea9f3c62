"""The tape that mutated answers are made of, and what fuzzing them found, by name."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random

import pytest

from connector.systems.catalogue import ticket_systems
from tests.fuzz.answers import OPERATIONS, answer_target, playing, tape


@pytest.mark.parametrize("system", list(ticket_systems()))
def test_some_mutated_answers_are_refused_and_some_are_taken(system: str) -> None:
    lots = Random(1)
    ends = {answer_target(system, lots.randbytes(32)) is None for _ in range(40)}
    assert ends == {True, False}, "the mutations are too weak or too strong"


@pytest.mark.parametrize("system", list(ticket_systems()))
def test_the_tape_is_read_as_the_system_itself(system: str) -> None:
    assert set(tape(system).answers) == set(OPERATIONS)
    assert [name for name, answers in tape(system).answers.items() if not answers] in ([], ["trail"])


@pytest.mark.parametrize("told", ["NaN", 10**400, 1e300, "1e999", True, [], -5])
def test_a_lifetime_of_a_token_that_cannot_be_is_no_crash(told: object) -> None:
    """Found by the fuzzer: ``cannot convert float NaN to integer``, ``Python int too large to convert to C int``."""
    recorded = tape("halopsa")
    answers = {
        key: replace(answer, body=json.dumps({**json.loads(answer.body), "expires_in": told}).encode())
        if key[1].endswith("/token")
        else answer
        for key, answer in recorded.answers["read"].items()
    }
    assert answers != recorded.answers["read"]
    with playing(answers):
        assert recorded.world.connect().tickets.read(recorded.ticket).id == recorded.ticket
