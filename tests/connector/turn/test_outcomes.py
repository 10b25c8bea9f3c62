"""What a turn leaves behind: which mail is nothing but the echo of an own write."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connector.store.records import ADOPTED, BRAKED, Claim, Finished, Mail, Source
from connector.turn.outcomes import ECHOES, WAKES_AT, echo, echoing, is_settled
from tests.builders import NINE

SECOND = timedelta(seconds=1)
DUE = NINE + timedelta(minutes=30)
SNAPSHOT: dict[str, Any] = {
    "version": NINE.isoformat(),
    "read_at": (NINE + SECOND).isoformat(),
    ECHOES: ["after the note", "after the move"],
    WAKES_AT: DUE.isoformat(),
}


def a_mail(state: str = "after the move", source: Source = Source.WEBHOOK, number: int = 7) -> Mail:
    return Mail(number, f"d{number}", source, NINE, state=state)


def a_claim(*mail: Mail, **given: Any) -> Claim:
    return replace(Claim("psa", "4711", 3, snapshot=SNAPSHOT, mail=mail or (a_mail(),), due_at=DUE), **given)


def test_a_notice_of_the_very_state_that_a_write_left_wants_no_look_and_changes_nothing() -> None:
    claim = a_claim(a_mail("after the note", number=1), a_mail(number=2))
    assert echo(claim, NINE) == Finished(claim, DUE, DUE, SNAPSHOT, (1, 2))


def test_a_ticket_that_wants_no_look_by_itself_wants_none_after_an_echo() -> None:
    found = echo(a_claim(snapshot={**SNAPSHOT, WAKES_AT: None}, due_at=None), NINE)
    assert found is not None
    assert (found.wake_at, found.due_at) == (None, None)


@pytest.mark.parametrize(
    "claim",
    [
        a_claim(a_mail("another")),
        a_claim(a_mail("")),
        a_claim(a_mail(), a_mail("another", number=8)),
        a_claim(a_mail(source=Source.POLL)),
        a_claim(a_mail(source=Source.MANUAL)),
        replace(a_claim(), mail=()),
        a_claim(snapshot=None),
        a_claim(snapshot={**SNAPSHOT, ECHOES: []}),
        a_claim(snapshot={**SNAPSHOT, ADOPTED: True}),
        a_claim(snapshot={**SNAPSHOT, BRAKED: "a saga"}),
        a_claim(snapshot={**SNAPSHOT, "read_at": (NINE + 5 * SECOND).isoformat()}),
        a_claim(snapshot={**SNAPSHOT, WAKES_AT: NINE.isoformat()}),
        a_claim(attempts=1),
        a_claim(is_parked=True),
        a_claim(held_by="a trouble"),
    ],
    ids=lambda claim: "",
)
def test_anything_else_is_looked_at(claim: Claim) -> None:
    assert echo(claim, NINE) is None


def test_the_states_that_are_known_are_kept_with_when_it_wants_to_be_looked_at() -> None:
    finished = echoing(Finished(a_claim(), DUE, snapshot={"place": "Tier 3"}), ("", "after the move"))
    assert finished.snapshot == {"place": "Tier 3", ECHOES: ["after the move"], WAKES_AT: DUE.isoformat()}
    assert echoing(Finished(a_claim(), None), ("one",)).snapshot == {ECHOES: ["one"], WAKES_AT: None}


@pytest.mark.parametrize("lacks", ["version", "read_at"])
def test_what_was_never_read_is_not_settled(lacks: str) -> None:
    assert not is_settled(None)
    assert not is_settled({name: value for name, value in SNAPSHOT.items() if name != lacks})
