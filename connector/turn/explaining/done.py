"""What was done on a ticket, for people and programs: from the journal's steps, oldest first. Pure.

One deed for each escalation, however far it came, and one for each note of another kind. No identity of ours is told:
nobody else has a use for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connector.rules.limits import Decision
from connector.store.records import Step, StepState
from connector.turn.saga import StepKind, is_carried_out, saga_named, tries_of


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, ``is_done`` or still under way. ``is_real``: not only decided and noted. ``detail``: why, and how
    far it came.
    """

    at: datetime
    what: str
    detail: str
    is_done: bool
    is_real: bool = True

    @property
    def words(self) -> str:
        """It as a clause."""
        return f"{self.what} ({self.detail})" if self.detail else self.what


def done_by(steps: Iterable[Step]) -> list[Done]:
    """What these steps tell, by when it was done."""
    by_saga: dict[str, dict[int, Step]] = {}
    for step in steps:
        by_saga.setdefault(step.saga, {})[step.n] = step
    return sorted((deed for one in by_saga.values() for deed in _deeds(one)), key=lambda deed: deed.at)


def is_settled(steps: Iterable[Step], decision: Decision, connection: str) -> bool:
    """Whether an escalation of the running stint was carried out, or noted where nothing is moved."""
    if decision.stint is None:
        return False
    own = [step for step in steps if step.saga.startswith(saga_named(connection, decision, ""))]
    return any(is_carried_out(step) or (step.n == StepKind.WOULD and not step.outcome.get("what")) for step in own)


def _deeds(of_one: Mapping[int, Step]) -> Iterator[Done]:
    note, move = of_one.get(StepKind.NOTE), of_one.get(StepKind.MOVE)
    if note is not None or move is not None:
        yield _escalation(note, move)
    if (said := of_one.get(StepKind.SAID)) is not None:
        is_done = said.state is StepState.DONE
        yield Done(said.at, _said(said.outcome), "" if is_done else "not proven yet", is_done)
    if (would := of_one.get(StepKind.WOULD)) is not None:
        what = _said(would.outcome) if would.outcome.get("what") else "escalation"
        yield Done(would.at, f"{what}, decided and not carried out", "", is_done=True, is_real=False)


def _escalation(note: Step | None, move: Step | None) -> Done:
    facts = {**(note.outcome if note else {}), **(move.outcome if move else {})}
    what, why = f"escalation from {facts.get('from')} to {facts.get('to')}", _reason(facts)
    if note is not None and (move is None or _is_begun_anew(note, move)):
        return Done(note.at, what, f"{why}; its note is being written", is_done=False)
    assert move is not None
    if is_carried_out(move):
        return Done(move.at, what, why, is_done=True)
    if move.state is StepState.DONE:
        given_up = str(move.outcome["abandoned"])
        return Done(move.at, what, f"{why}; not finished: {given_up}", is_done=True)
    problem = f": {facts['problem']}" if facts.get("problem") else ""
    return Done(move.at, what, f"{why}; its note stands, tried to move {tries_of(move)} times{problem}", is_done=False)


def _is_begun_anew(note: Step, move: Step) -> bool:
    """Whether it was given up once, and has begun again since."""
    return move.state is StepState.DONE and not is_carried_out(move) and note.at > move.at


def _reason(facts: Mapping[str, Any]) -> str:
    reason, stage = str(facts.get("reason", "")), facts.get("stage")
    return f"{reason}, in the {stage} stage" if stage else reason


def _said(outcome: Mapping[str, Any]) -> str:
    what = str(outcome.get("what") or "people put on the ticket")
    return f"{what}: {outcome['why']}" if outcome.get("why") else what
