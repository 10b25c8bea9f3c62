"""What was done on a ticket, told from the journal's steps."""

from __future__ import annotations

from typing import Any

import pytest

from connector.store.records import Step, StepState
from connector.turn.explaining.done import done_by
from connector.turn.saga import StepKind
from tests.builders import at

FACTS = {"reason": "Time", "from": "T1", "to": "T2", "stage": "fix", "marker": "ESC-1"}


def step(n: StepKind, moment: str, state: StepState = StepState.DONE, saga: str = "psa/1/s/x", **outcome: Any) -> Step:
    return Step(saga, n, state, outcome, at(moment))


NOTE = step(StepKind.NOTE, "09:00", StepState.BEGUN, **FACTS)
WORDS = "escalation from T1 to T2"


@pytest.mark.parametrize(
    ("steps", "detail", "is_done"),
    [
        ([NOTE], "Time, in the fix stage; its note is being written", False),
        ([NOTE, step(StepKind.MOVE, "09:01", **FACTS)], "Time, in the fix stage", True),
        ([step(StepKind.MOVE, "09:01", **{**FACTS, "stage": None})], "Time", True),
        (
            [NOTE, step(StepKind.MOVE, "09:01", StepState.BEGUN, tries=2)],
            "Time, in the fix stage; its note stands, tried to move 2 times",
            False,
        ),
        (
            [NOTE, step(StepKind.MOVE, "09:01", StepState.BEGUN, tries=1, problem="status is New")],
            "Time, in the fix stage; its note stands, tried to move 1 times: status is New",
            False,
        ),
        (
            [NOTE, step(StepKind.MOVE, "09:01", abandoned="it was resolved")],
            "Time, in the fix stage; not finished: it was resolved",
            True,
        ),
        (
            [step(StepKind.NOTE, "09:05", StepState.BEGUN, **FACTS), step(StepKind.MOVE, "09:01", abandoned="x")],
            "Time, in the fix stage; its note is being written",
            False,
        ),
    ],
)
def test_an_escalation_is_one_deed_however_far_it_came(steps, detail, is_done):
    (deed,) = done_by(steps)
    assert (deed.what, deed.detail, deed.is_done, deed.is_real) == (WORDS, detail, is_done, True)
    assert deed.words == f"{WORDS} ({detail})"


def test_deeds_are_in_the_order_of_time_and_tell_no_identity_of_ours():
    found = done_by(
        [
            step(StepKind.SAID, "09:30", saga="b", what="correction", why="it was moved", marker="ESC-2"),
            step(StepKind.SAID, "09:10", StepState.BEGUN, saga="a", what="warning"),
            step(StepKind.SAID, "09:20", saga="c", added=["irene"]),
        ]
    )
    assert [deed.words for deed in found] == [
        "warning (not proven yet)",
        "people put on the ticket",
        "correction: it was moved",
    ]


def test_what_was_only_decided_is_told_as_that():
    found = done_by([step(StepKind.WOULD, "09:10", saga="a"), step(StepKind.WOULD, "09:20", saga="b", what="warning")])
    assert [(deed.words, deed.is_real) for deed in found] == [
        ("escalation, decided and not carried out", False),
        ("warning, decided and not carried out", False),
    ]
