from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapters.payloads import optional_moment
from adapters.request_tracker.mapping import (
    Surroundings,
    priority_ref,
    record_id,
    records,
    ticket_record,
    to_query,
    user_names,
)
from adapters.request_tracker.texts import body_of
from adapters.request_tracker.variables import STANDARD_PRIORITIES
from connector.errors import PayloadError
from connector.model import TicketId, TicketRecord
from tests.adapters.request_tracker.fixtures import FIXTURES, fixture, fixtures

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def as_read(payload: dict[str, Any]) -> TicketRecord:
    around = Surroundings(NOW, "https://rt.example.com/Ticket/Display.html?id=4711", STANDARD_PRIORITIES)
    return ticket_record(payload, TicketId("4711"), around)


def described(record: TicketRecord, names: set[str]) -> dict[str, Any]:
    """The named facts of a record in the words of the fixtures."""
    facts: dict[str, Any] = {
        "id": record.id,
        "place": str(record.place),
        "status": record.status.group.value,
        "owner": record.owner.identifier if record.owner else None,
        "priority": record.priority.name if record.priority else None,
        "is_escalatable": record.is_escalatable,
        "why_not": record.why_not,
    }
    for name in ("entered_at", "updated_at", "resolved_at"):
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
    assert (record.read_at, record.place.key) == (NOW, "3")


@pytest.mark.parametrize("name", fixtures("attachments"))
def test_recorded_attachments_say_what_was_written(name: str) -> None:
    recorded = fixture(name)
    assert body_of(recorded["payload"]).words == recorded["expected"]


def test_every_recorded_file_is_used_by_a_test() -> None:
    kinds = ("ticket", "history", "entries", "attachments", "webhook", "conversation")
    used = {name for kind in kinds for name in fixtures(kind)}
    assert {path.stem for path in FIXTURES.iterdir()} == used


def test_the_first_second_of_1970_and_nothing_are_no_date() -> None:
    assert optional_moment("1970-01-01T00:00:00Z", "x") is None
    assert optional_moment("", "x") is None
    assert optional_moment(None, "x") is None
    assert optional_moment("1981-01-01T00:00:00Z", "x") is not None


@pytest.mark.parametrize(("value", "expected"), [(7, "7"), ("7", "7"), ("007", "007")])
def test_ids_come_as_number_and_text(value: Any, expected: str) -> None:
    assert record_id(value, "x") == expected


@pytest.mark.parametrize("value", [None, True, "", "x", "7 OR id > 0", 7.5, [], "٣"])
def test_what_is_no_id_is_refused(value: Any) -> None:
    with pytest.raises(PayloadError):
        record_id(value, "x")


@pytest.mark.parametrize(
    ("number", "name"),
    [("0", "Low"), ("49", "Low"), ("50", "Medium"), ("99", "Medium"), ("100", "High"), ("9000", "High")],
)
def test_a_priority_has_the_name_of_the_last_that_begins_at_or_below_it(number: str, name: str) -> None:
    found = priority_ref(number, STANDARD_PRIORITIES)
    assert found is not None
    assert (found.id, found.name) == (number, name)


def test_a_priority_below_all_names_is_called_by_its_number() -> None:
    found = priority_ref("3", {"Urgent": 10})
    assert found is not None
    assert found.name == "3"
    assert priority_ref("", STANDARD_PRIORITIES) is None


def test_a_search_wants_a_moment_in_the_zone_of_who_asks() -> None:
    at = datetime(2026, 3, 2, 9, 0, 1, 999, tzinfo=UTC)
    assert to_query(at, ZoneInfo("UTC")) == "2026-03-02 09:00:01"
    assert to_query(at, ZoneInfo("America/New_York")) == "2026-03-02 04:00:01"


def test_groups_in_a_role_are_no_users() -> None:
    data = {"AdminCc": [{"type": "user", "id": "ava"}, {"type": "group", "id": "29"}, "odd"], "Cc": None}
    assert user_names(data, "AdminCc") == ["ava"]
    assert records(data, "Cc") == []
