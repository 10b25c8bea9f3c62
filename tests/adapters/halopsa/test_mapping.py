"""What the recorded tickets, actions and histories say in the connector's words."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.halopsa.entries import DETAILS, Ourselves, details_of, entries_of
from adapters.halopsa.history import Reader, aspects_told
from adapters.halopsa.mapping import number, placed, tells_of_waiting, ticket_record, whole
from adapters.halopsa.workdays import workday
from adapters.payloads import first_moment, moment, optional_moment
from connector.errors import PayloadError
from connector.model import (
    Aspect,
    Author,
    AuthorKind,
    Person,
    Place,
    Ref,
    Status,
    StatusGroup,
    TicketId,
    Value,
    Visibility,
)
from tests.adapters.halopsa.simulated import FIXTURES, fixture, fixtures

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
TICKET = TicketId("5120")


class Names:
    """The lists of an instance."""

    teams = (Ref("13", "Service Desk"), Ref("14", "Tier 3"))
    people = (
        Person("3", "Escalations", "Escalations"),
        Person("5", "Ava Agent", "Ava Agent"),
        Person("6", "Ben", "Ben Bridge"),
    )
    statuses = (
        Status("1", "New", StatusGroup.NEW),
        Status("2", "In Progress", StatusGroup.WORKING),
        Status("9", "Closed", StatusGroup.CLOSED),
        Status("25", "Third Line Review", StatusGroup.UNKNOWN),
        Status("26", "Parked", StatusGroup.WAITING),
    )
    priorities = (Ref("1", "P1 Critical"), Ref("3", "P3 Medium"))

    def team_by_id(self, number: str) -> Ref | None:
        return next((team for team in self.teams if team.id == number), None)

    def team_named(self, name: str) -> Ref | None:
        return next((team for team in self.teams if team.name == name), None)

    def person(self, number: int, name: str) -> Person:
        return next((one for one in self.people if one.id == str(number)), Person(str(number), name, name))

    def person_named(self, name: str) -> Person | None:
        return next((one for one in self.people if one.name == name), None)

    def status_by_id(self, number: int, name: str = "") -> Status:
        known = (status for status in self.statuses if status.id == str(number))
        return next(known, Status(str(number), name, StatusGroup.UNKNOWN))

    def is_assumed(self, status: Status) -> bool:
        return status.group is StatusGroup.UNKNOWN

    def priority_by_id(self, number: int, sla: int | None, name: str = "") -> Ref:
        return next((one for one in self.priorities if one.id == str(number)), Ref(str(number), name))


def ourselves(*, knows_application: bool = True) -> Ourselves:
    us = Ourselves("3", is_api=True)
    if knows_application:
        us.applications.add("Escalation Connector")
    return us


def told(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def as_read(payload: dict[str, Any]) -> Any:
    return ticket_record(payload, Names(), NOW, "https://halo.example.com/ticket?id=5120")


@pytest.mark.parametrize("name", fixtures("ticket"))
def test_a_recorded_ticket_means_what_is_expected(name: str) -> None:
    recorded = fixture(name)
    record = as_read(recorded["payload"])
    (place,) = record.place.path
    assert {
        "id": record.id,
        "place": [place.id, place.name],
        "status": [record.status.id, record.status.group.value],
        "owner": record.owner.name if record.owner else None,
        "priority": [record.priority.id, record.priority.name] if record.priority else None,
        "client": record.client.name if record.client else None,
        "contact": record.contact,
        "entered_at": told(record.entered_at),
        "updated_at": told(record.updated_at),
        "responded_at": told(record.responded_at),
        "resolved_at": told(record.resolved_at),
        "is_escalatable": record.is_escalatable,
    } == recorded["expected"]
    assert record.read_at == NOW
    assert bool(record.why_not) is not record.is_escalatable


@pytest.mark.parametrize("name", fixtures("action"))
def test_a_recorded_action_means_what_is_expected(name: str) -> None:
    recorded = fixture(name)
    found = list(entries_of([recorded["payload"]], TICKET, Names(), ourselves(), NOW))
    if recorded["expected"] is None:
        assert found == []
        return
    (entry,) = found
    assert {
        "id": entry.id,
        "kind": entry.kind.value,
        "author": [entry.author.kind.value, entry.author.name, entry.author.identifier],
        "at": told(entry.at),
        "visibility": entry.visibility.value,
        "text": entry.text,
    } == recorded["expected"]


@pytest.mark.parametrize("name", fixtures("history"))
def test_a_recorded_history_means_what_is_expected(name: str) -> None:
    recorded = fixture(name)
    payload = recorded["payload"]
    reader = Reader(TICKET, Names(), Names.statuses, Names.priorities, ourselves())
    found = reader.changes(payload["actions"], payload["audit_log"], Names.statuses[1], NOW)
    assert [
        [told(one.at), one.what.value, id_of(one.old), id_of(one.new), one.how, one.who] for one in found
    ] == recorded["expected"]


def id_of(value: Value) -> str | None:
    if value is None:
        return None
    return value.key if isinstance(value, Place) else value.id


@pytest.mark.parametrize("name", fixtures("workday"))
def test_a_recorded_workday_means_what_is_expected(name: str) -> None:
    recorded = fixture(name)
    found = workday(recorded["payload"])
    assert [found.name, found.hours, found.zone, found.holidays] == recorded["expected"]


def test_every_fixture_is_used() -> None:
    kinds = {fixture(path.stem)["kind"] for path in FIXTURES.glob("*.json")}
    assert kinds == {"ticket", "action", "history", "workday", "webhook", "error"}


@pytest.mark.parametrize(
    ("row", "group", "why"),
    [
        ({"id": 1, "name": "Neu"}, StatusGroup.NEW, "its number"),
        ({"id": 2, "name": "Being worked on"}, StatusGroup.WORKING, "its number"),
        ({"id": 9, "name": "Done"}, StatusGroup.CLOSED, "its number"),
        ({"id": 9, "name": "Resolved"}, StatusGroup.RESOLVED, "this name"),
        ({"id": 31, "name": "  ON   hold "}, StatusGroup.WAITING, "this name"),
        ({"id": 2, "name": "In Progress", "slaaction": "Hold"}, StatusGroup.WAITING, "slaaction)"),
        ({"id": 31, "name": "Whatever", "slaaction": "h"}, StatusGroup.WAITING, "slaaction)"),
        ({"id": "22", "name": "Plan Made"}, StatusGroup.PLANNED, "this name"),
    ],
)
def test_a_status_means_what_halo_says(row: Any, group: StatusGroup, why: str) -> None:
    found = placed(row, is_telling=True)
    assert (found.status.group, found.is_assumed) == (group, False)
    assert why in found.why


@pytest.mark.parametrize(
    ("row", "telling", "silent"),
    [
        ({"id": 31, "name": "Whatever", "slaaction": "R"}, StatusGroup.WORKING, StatusGroup.WORKING),
        ({"id": 10, "name": "With CAB"}, StatusGroup.WORKING, StatusGroup.WORKING),
        ({"id": 11, "name": "Waiting on parts"}, StatusGroup.WORKING, StatusGroup.WAITING),
        ({"id": 12, "name": "Wartet auf Kunde", "slaaction": ""}, StatusGroup.WORKING, StatusGroup.WAITING),
        ({"id": 13, "name": "New - from the portal"}, StatusGroup.NEW, StatusGroup.NEW),
        ({"id": 14, "name": "Completed"}, StatusGroup.RESOLVED, StatusGroup.RESOLVED),
        ({"id": 15, "name": "Third Line Review", "slaaction": "h"}, StatusGroup.WAITING, StatusGroup.WORKING),
        ({"id": 16, "name": ""}, StatusGroup.WORKING, StatusGroup.WORKING),
    ],
)
def test_a_status_of_the_desks_own_is_work_unless_it_holds_the_service_level_or_all_say_the_same(
    row: Any, telling: StatusGroup, silent: StatusGroup
) -> None:
    assert placed(row, is_telling=True).status.group is telling
    found = placed(row, is_telling=False)
    assert (found.status.group, found.is_assumed) == (silent, True)


def test_whether_the_statuses_tell_of_waiting_is_seen_from_the_open_ones() -> None:
    def row(number: int, name: str, action: str = "") -> dict[str, Any]:
        return {"id": number, "name": name, "slaaction": action}

    open_ones = [row(1, "New"), row(40, "Triage")]
    assert not tells_of_waiting([])
    assert not tells_of_waiting(open_ones)
    assert not tells_of_waiting([*open_ones, row(9, "Closed", "h"), row(23, "Resolved", "h")])
    assert tells_of_waiting([*open_ones, row(41, "Parts", "h")])
    assert not tells_of_waiting([row(1, "New", "h"), row(41, "Parts", "h")])


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({"id": None}, "ticket ?: id"),
        ({"id": 3.5}, "ticket 3.5: id"),
        ({"status_id": None}, "ticket 5120: status_id"),
        ({"status_id": "open"}, "ticket 5120: status_id"),
        ({"team_id": 3.5}, "ticket 5120: team_id"),
        ({"agent_id": True}, "ticket 5120: agent_id"),
        ({"dateoccurred": None, "datecreated": "1900-01-01T00:00:00"}, "ticket 5120: dateoccurred"),
        ({"dateoccurred": "02/03/2026"}, "ticket 5120: dateoccurred"),
        ({"last_update": "2026-02-30T00:00:00"}, "ticket 5120: last_update"),
    ],
)
def test_what_must_be_there_is_refused_with_its_path(payload: dict[str, Any], field: str) -> None:
    with pytest.raises(PayloadError) as caught:
        as_read({**fixture("ticket_read")["payload"], **payload})
    assert caught.value.field == field


@pytest.mark.parametrize(("value", "wanted"), [(7, 7), ("7", 7), (" 7 ", 7), (18.0, 18), ("18.0", 18), ("-1", -1)])
def test_whole_numbers_come_in_several_forms(value: Any, wanted: int) -> None:
    assert whole(value, "x") == wanted


@pytest.mark.parametrize("value", [3.5, "3.5", "", None, True, "abc", [], math.nan, math.inf, 2**60, "١"])
def test_no_whole_number_is_made_of_anything_else(value: Any) -> None:
    with pytest.raises(PayloadError):
        whole(value, "x")


def test_hours_are_read_leniently() -> None:
    assert [number(value) for value in (0.5, "0.25", None, True, "x", [])] == [0.5, 0.25, 0.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    "value", ["0001-01-01T00:00:00", "1899-12-30T00:00:00", "1900-01-01T00:00:00.000", "1980-12-31T23:59:59Z", "", None]
)
def test_a_sentinel_date_is_not_set(value: Any) -> None:
    assert optional_moment(value, "x") is None
    with pytest.raises(PayloadError, match="missing"):
        moment(value, "x")


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("2026-06-29T15:41:46.637", "2026-06-29T15:41:46.637000+00:00"),
        ("2026-09-01T08:00:00", "2026-09-01T08:00:00+00:00"),
        ("2024-06-20T14:45:15.9746271Z", "2024-06-20T14:45:15.974627+00:00"),
        ("2026-07-01T10:00:00+02:00", "2026-07-01T08:00:00+00:00"),
        ("2026-07-01T10:00:00-0500", "2026-07-01T15:00:00+00:00"),
    ],
)
def test_a_date_without_a_zone_is_utc_and_an_explicit_one_wins(value: str, wanted: str) -> None:
    assert told(moment(value, "x")) == wanted


def test_the_first_date_that_is_set_counts() -> None:
    data = {"a": "1899-12-30T00:00:00", "b": "2026-03-02T09:00:00", "c": "2026-03-02T10:00:00"}
    assert first_moment(data, ("missing", "a", "b", "c"), "x") == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert first_moment(data, ("missing", "a"), "x") is None


def test_until_our_application_is_known_every_program_of_our_agent_is_us() -> None:
    row = fixture("action_by_the_program_of_our_agent")["payload"]
    (entry,) = entries_of([row], TICKET, Names(), ourselves(knows_application=False), NOW)
    assert entry.author.kind is AuthorKind.CONNECTOR


def test_a_person_at_work_in_our_agents_name_is_not_us() -> None:
    row = {**fixture("action_private_note")["payload"], "who": "Escalations", "who_agentid": 3, "actionby_agent_id": 3}
    (entry,) = entries_of([row], TICKET, Names(), ourselves(knows_application=False), NOW)
    assert entry.author == Author(AuthorKind.AGENT, "Escalations", "Escalations")


def test_the_description_is_an_entry_of_the_client_unless_an_action_says_the_same() -> None:
    data = fixture("ticket_read")["payload"]
    (entry,) = details_of(data, [], NOW)
    assert (entry.id, entry.text, entry.at) == (DETAILS, "It says SMTP 554 since noon.", NOW)
    assert (entry.author, entry.visibility) == (Author(AuthorKind.CLIENT, "Nora User"), Visibility.CLIENT)
    said = entries_of([fixture("action_first_user_email")["payload"]], TICKET, Names(), ourselves(), NOW)
    assert details_of(data, said, NOW) == []
    assert details_of({"details": " "}, [], NOW) == []


def test_no_change_is_younger_than_now() -> None:
    row = {**fixture("action_from_the_future")["payload"], "old_status": 1, "new_status": 2}
    reader = Reader(TICKET, Names(), Names.statuses, Names.priorities, ourselves())
    assert [one.at for one in reader.changes([row], None, Names.statuses[1], NOW)] == [NOW]


def test_a_status_that_only_the_ticket_shows_to_be_closed_is_so_in_its_history_too() -> None:
    closed = Status("25", "Third Line Review", StatusGroup.CLOSED)
    row = {**fixture("action_private_note")["payload"], "old_status": 2, "new_status": 25}
    reader = Reader(TICKET, Names(), Names.statuses, Names.priorities, ourselves())
    assert [one.new for one in reader.changes([row], None, closed, NOW)] == [closed]


def test_what_happened_within_one_second_stays_in_the_order_of_its_numbers() -> None:
    row = fixture("action_private_note")["payload"]
    rows = [
        {**row, "id": number, "old_status": old, "new_status": new} for number, old, new in ((12, 9, 2), (11, 2, 9))
    ]
    date = (NOW - timedelta(minutes=5)).isoformat()
    moves = [(2, "Tier 3", "Service Desk"), (1, "Service Desk", "Tier 3")]
    audit = [{"id": n, "date": date, "value": "Team", "from": old, "to": new} for n, old, new in moves]
    reader = Reader(TICKET, Names(), Names.statuses, Names.priorities, ourselves())
    found = reader.changes(rows, audit, Names.statuses[1], NOW)
    statuses = [one.new.id for one in found if isinstance(one.new, Status)]
    places = [str(one.new) for one in found if one.what is Aspect.PLACE]
    assert (statuses, places) == (["9", "2"], ["Tier 3", "Service Desk"])


def test_an_audit_row_of_an_agent_that_people_use_too_is_not_taken_for_ours() -> None:
    payload = fixture("history_of_our_own_move")["payload"]
    reader = Reader(TICKET, Names(), Names.statuses, Names.priorities, Ourselves("3", is_api=False))
    assert {one.how for one in reader.changes([], payload["audit_log"], Names.statuses[1], NOW)} == {"history"}


@pytest.mark.parametrize(
    ("who", "agent", "seconds", "left"),
    [
        ("System", 3, 2, 0),
        ("Ticket Rule", 0, 2, 0),
        ("", 0, 60, 0),
        ("System", 3, 90, 2),
        ("Ava Agent", 5, 2, 2),
    ],
)
def test_what_a_rule_did_and_we_put_back_at_once_is_no_change(who: str, agent: int, seconds: int, left: int) -> None:
    def row(at: datetime, old: str, new: str, name: str, number: int) -> dict[str, Any]:
        return {"date": at.isoformat(), "value": "Team", "from": old, "to": new, "username": name, "agent_id": number}

    begun = NOW - timedelta(minutes=5)
    audit = [
        row(begun, "Tier 3", "Service Desk", who, agent),
        row(begun + timedelta(seconds=seconds), "Service Desk", "Tier 3", "Escalations", 3),
    ]
    reader = Reader(TICKET, Names(), Names.statuses, Names.priorities, ourselves())
    assert len(reader.changes([], audit, Names.statuses[1], NOW)) == left
    assert reader.told == {Aspect.PLACE}


@pytest.mark.parametrize(
    ("data", "audit", "told"),
    [
        ({}, [], set(Aspect)),
        ({"reassigncount": 0}, [], set(Aspect)),
        ({"reassigncount": 2}, [], {Aspect.STATUS, Aspect.PRIORITY}),
        ({}, None, set()),
    ],
)
def test_silence_counts_only_where_the_audit_log_is_understood(data: Any, audit: Any, told: set[Aspect]) -> None:
    assert aspects_told(data, audit, frozenset()) == told
    assert aspects_told({"reassigncount": 2}, [], frozenset({Aspect.OWNER})) == set(Aspect)
    assert aspects_told(data, None, frozenset({Aspect.STATUS, Aspect.OWNER})) == {Aspect.STATUS}
