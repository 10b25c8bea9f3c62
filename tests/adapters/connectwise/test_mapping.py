from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.connectwise.entries import entries_of_time, entry_of_all_notes, entry_of_note
from adapters.connectwise.mapping import ticket_record, to_wire
from adapters.connectwise.statuses import board_statuses
from adapters.names import plain, same_name
from adapters.payloads import moment
from connector.errors import PayloadError
from connector.model import AuthorKind, Entry, Person, Ref, StatusGroup, TicketId, TicketRecord
from tests.adapters.connectwise.site import FIXTURES, NOW, STATUSES, fixture, fixtures

AVA = Person("12", "ava", "Ava Agent")
LAST_UPDATE = datetime(2026, 3, 2, 9, 20, tzinfo=UTC)
READERS: dict[str, Callable[..., Entry | list[Entry]]] = {
    "all_notes": entry_of_all_notes,
    "note": entry_of_note,
    "time": lambda data, *more: entries_of_time(data, TicketId("4711"), *more),
}
ENTRIES = [(kind, name) for kind in READERS for name in fixtures(kind)]


class Staff:
    """Ava, and nobody else."""

    def author(self, name: str) -> Person | None:
        return AVA if name.casefold() in ("ava", "ava agent") else None

    def kind_of(self, member: Person) -> AuthorKind:
        return AuthorKind.AGENT


def group_of(board: Ref, status: Ref) -> StatusGroup:
    found = board_statuses(STATUSES, "statuses").get(status.id)
    return found.status.group if found else StatusGroup.UNKNOWN


def as_read(payload: dict[str, Any]) -> TicketRecord:
    return ticket_record(payload, group_of, NOW, "https://na.example.com/4711")


def described(record: TicketRecord, names: set[str]) -> dict[str, Any]:
    """The named facts of a record in the words of the fixtures."""
    facts: dict[str, Any] = {
        "id": record.id,
        "place": str(record.place),
        "status": record.status.group.value,
        "owner": record.owner.identifier if record.owner else None,
        "client": record.client.name if record.client else None,
        "contact": record.contact,
        "is_escalatable": record.is_escalatable,
        "why_not": record.why_not,
    }
    for name in ("entered_at", "updated_at", "responded_at", "planned_at", "resolved_at"):
        at = getattr(record, name)
        facts[name] = at.isoformat() if at else None
    return {name: facts[name] for name in names}


@pytest.mark.parametrize("name", fixtures("ticket"))
def test_a_recorded_ticket_is_read_as_expected(name: str) -> None:
    recorded = fixture(name)
    expected = recorded["expected"]
    if "error" in expected:
        with pytest.raises(PayloadError) as caught:
            as_read(recorded["payload"])
        assert str(caught.value) == expected["error"]
        return
    record = as_read(recorded["payload"])
    assert described(record, set(expected)) == expected
    assert record.read_at == NOW


@pytest.mark.parametrize(("kind", "name"), ENTRIES)
def test_a_recorded_entry_is_read_as_expected(kind: str, name: str) -> None:
    recorded = fixture(name)
    expected = recorded["expected"]

    def read() -> list[Entry]:
        found = READERS[kind](recorded["payload"], "ticket 4711", Staff(), LAST_UPDATE)
        return found if isinstance(found, list) else [found]

    if "error" in expected:
        with pytest.raises(PayloadError) as caught:
            read()
        assert str(caught.value) == expected["error"]
        return
    told = [
        {
            "id": entry.id,
            "kind": entry.kind.value,
            "author": [entry.author.kind.value, entry.author.name, entry.author.identifier],
            "at": entry.at.isoformat(),
            "visibility": entry.visibility.value,
            "text": entry.text,
        }
        for entry in read()
    ]
    assert told == (expected if isinstance(expected, list) else [expected])


def test_every_recorded_event_is_used_by_a_test() -> None:
    kinds = {fixture(path.stem)["kind"] for path in FIXTURES.glob("*.json")}
    assert kinds == {"ticket", "callback", *READERS}


@pytest.mark.parametrize(
    "value", ["", None, 1756, "2026-03-02", "2026-02-30T09:15:00Z", "09:15", "2026-03-02 09:15:00"]
)
def test_a_date_of_another_form_is_refused_with_its_field(value: Any) -> None:
    with pytest.raises(PayloadError, match=r"^ticket 1: dateX: "):
        moment(value, "ticket 1: dateX")


def test_moments_are_written_to_the_second_in_utc() -> None:
    at = moment("2026-03-02T10:20:30.987654321+01:00", "x")
    assert to_wire(at) == "2026-03-02T09:20:30Z"
    assert moment("2026-03-02T09:20:30z", "x") == at.replace(microsecond=0)


@pytest.mark.parametrize("board", [{"name": "x"}, {"id": "7"}, {"id": True}])
def test_a_reference_without_a_numeric_id_is_refused(board: Any) -> None:
    with pytest.raises(PayloadError, match=r"^ticket 4711: board: id: "):
        as_read({**fixture("ticket_unassigned")["payload"], "board": board})


def test_a_contact_is_named_also_where_only_the_reference_does() -> None:
    payload = {**fixture("ticket_unassigned")["payload"], "contactName": ""}
    assert as_read(payload).contact == "Nina Contact"
    assert as_read({**payload, "contact": None}).contact == ""


def test_names_are_compared_without_what_the_eye_does_not_see() -> None:
    assert plain("\u200bPlan\u00a0made\r\n ") == "Plan made"
    assert same_name("Plan  MADE\ufeff", "plan made")
    assert not same_name("Plan made", "Planmade")
