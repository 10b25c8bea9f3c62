from __future__ import annotations

from typing import Any

import pytest

from adapters.request_tracker.history import Reader, entries_of
from adapters.request_tracker.mapping import User
from adapters.request_tracker.texts import SILENCE, Written
from adapters.request_tracker.transactions import Transaction, transaction
from adapters.request_tracker.variables import STANDARD_PRIORITIES
from connector.errors import PayloadError
from connector.model import Person, Place, Ref, TicketId, Value
from connector.reading.intake.texts import Text
from tests.adapters.request_tracker.fixtures import fixture, fixtures

BOT = "40"
PEOPLE = {"32": "ava", "34": "cyn"}
QUEUES = {"3": "Help Desk", "4": "Tier 3"}
STAFF = {"32": True, "48": True, "46": False, "47": False}


def person_of(user_id: str) -> Person | None:
    if user_id == "6":
        return None
    name = PEOPLE.get(user_id, f"user {user_id}")
    return Person(user_id, name, name)


def queue_of(number: str) -> Ref:
    return Ref(number, QUEUES.get(number, f"queue {number}"))


def is_staff(user: User) -> bool | None:
    return STAFF.get(user.id)


def rows_of(items: list[dict[str, Any]]) -> list[Transaction]:
    return [transaction(item, "ticket 4711") for item in items]


def shown(value: Value) -> str | None:
    match value:
        case None:
            return None
        case Place():
            return str(value)
        case Person():
            return value.identifier
        case _:
            return value.name


@pytest.mark.parametrize("name", fixtures("history"))
def test_a_recorded_history_gives_the_changes_expected(name: str) -> None:
    recorded = fixture(name)
    reader = Reader({BOT}, queue_of, person_of, STANDARD_PRIORITIES)
    changes = reader.changes(TicketId("4711"), rows_of(recorded["payload"]))
    found = [
        [f"{change.at:%H:%M:%S}", change.what.value, shown(change.old), shown(change.new), change.how]
        for change in changes
    ]
    assert found == recorded["expected"]


@pytest.mark.parametrize("name", fixtures("entries"))
def test_recorded_transactions_give_the_entries_expected(name: str) -> None:
    recorded = fixture(name)
    payload = recorded["payload"]
    texts = {number: Written(Text(words), by_mail=False) for number, words in payload["texts"].items()}
    told = ((row, texts.get(row.id, SILENCE)) for row in rows_of(payload["rows"]))
    entries = entries_of(told, ["kim@harbour.test", "eve"], {BOT}, is_staff)
    found = [
        [
            entry.id,
            entry.kind.value,
            entry.author.kind.value,
            entry.author.identifier,
            entry.visibility.value,
            entry.text,
        ]
        for entry in entries
    ]
    assert found == recorded["expected"]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"id": None}, "ticket 4711: transaction: id: missing"),
        ({"ObjectId": "x"}, "ticket 4711: transaction 70: ObjectId: not a whole number"),
        ({"Created": ""}, "ticket 4711: transaction 70: Created: missing"),
        ({"Creator": "kim"}, "ticket 4711: transaction 70: Creator: not a record"),
    ],
)
def test_a_transaction_of_another_form_is_told_with_its_path(change: dict[str, Any], path: str) -> None:
    item = {**fixture("history_of_an_escalation")["payload"][0], **change}
    with pytest.raises(PayloadError) as caught:
        transaction(item, "ticket 4711")
    assert str(caught.value) == path


def test_time_that_is_no_number_is_no_work() -> None:
    item = {**fixture("history_of_an_escalation")["payload"][0], "TimeTaken": "-5"}
    assert transaction(item, "ticket 4711").minutes == 0
