from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from adapters.connectwise.system import connect
from adapters.connectwise.webhook import sign
from connector.clock import VirtualClock
from connector.errors import Forbidden, NotFound, OutcomeUnknown, PayloadError, Permanent, Temporary, UnknownName
from connector.model import (
    EntryKind,
    InboundRequest,
    Ownership,
    Person,
    Place,
    Ref,
    Severity,
    Status,
    StatusGroup,
    Target,
    TicketId,
    Visibility,
)
from connector.systems.catalogue import ticket_systems
from connector.systems.contract import TicketSystem
from tests.adapters.connectwise.site import (
    API,
    BOARDS,
    KEY_URL,
    NOW,
    ROOT,
    STATUSES,
    MemoryKeys,
    Site,
    a_site,
    a_ticket,
    connected,
    fixture,
    settings,
)

ID = TicketId("4711")
TICKET = "service/tickets/4711"
GONE = {"code": "NotFound", "message": "Service Ticket 4711 not found"}
HELP_DESK = Place((Ref("7", "Help Desk"),))
FIRST_TOUCH = Place((Ref("7", "Help Desk"), Ref("72", "First Touch")))
ENGINEERS = Place((Ref("8", "Tier 3"), Ref("82", "Engineers")))
TIER_3 = Place((Ref("8", "Tier 3"),))
ARRIVED = Status("81", "Arrived", StatusGroup.NEW)
CYN = Person("14", "cyn", "Cyn Cole")
AVA_REF = {"id": 12, "identifier": "ava", "name": "Ava Agent"}
MOVED = {
    "board": {"id": 8, "name": "Tier 3"},
    "team": {"id": 82, "name": "Engineers"},
    "status": {"id": 81, "name": "Arrived"},
}
NOTE = {
    "id": 950,
    "ticketId": 4711,
    "text": "Escalated.\nESC-1",
    "internalAnalysisFlag": True,
    "detailDescriptionFlag": False,
    "resolutionFlag": False,
    "dateCreated": "2026-03-02T09:59:58Z",
}


def refused(field: str) -> dict[str, Any]:
    return {"code": "InvalidObject", "message": "x", "errors": [{"code": "NotFound", "message": "y", "field": field}]}


def ops(site: Site) -> list[list[tuple[str, str, Any]]]:
    """The operations of each PATCH sent."""
    return [[(op["op"], op["path"], op.get("value")) for op in payload] for payload in site.payloads("PATCH")]


def test_the_connection_keeps_the_contract_and_is_in_the_registry() -> None:
    clock = VirtualClock(NOW)
    system: TicketSystem = ticket_systems()["connectwise"].connect(
        settings(), ["Help Desk"], MemoryKeys(clock), clock, attempts=1
    )
    assert (system.kind, system.can_add_people) == ("connectwise", True)
    system.line.close()


# Reading


def test_a_ticket_is_read_with_its_notes_in_two_calls() -> None:
    with a_site() as site:
        site.lists()
        site.answer("GET", TICKET, a_ticket())
        later = fixture("all_notes_internal")["payload"]
        earlier = {**later, "id": 900, "_info": {"dateEntered": "2026-03-02T09:16:00Z"}}
        site.answer("GET", f"{TICKET}/allNotes", [later, earlier])
        system = connected()
        system.tickets.read(ID)
        before = system.line.calls
        record = system.tickets.read(ID)
        assert system.line.calls - before == 2
    assert [entry.id for entry in record.entries] == ["900", "901"]
    assert record.status.group is StatusGroup.NEW
    assert record.url == (
        "https://na.myconnectwise.net/v4_6_release/services/system_io/Service/fv_sr100_request.rails?service_recid=4711"
    )
    assert record.read_at == NOW


def test_no_entry_is_younger_than_the_reading() -> None:
    clock = VirtualClock(datetime(2026, 3, 2, 9, 17, tzinfo=UTC))
    with a_site() as site:
        site.lists()
        site.answer("GET", TICKET, a_ticket())
        site.answer("GET", f"{TICKET}/allNotes", [fixture("all_notes_internal")["payload"]])
        assert connected(clock).tickets.read(ID).entries[0].at == clock.now()


def separate_lists(site: Site) -> None:
    site.lists()
    site.answer("GET", TICKET, a_ticket())
    site.answer("GET", f"{TICKET}/notes", [fixture("note_of_the_notes_list")["payload"]])
    site.answer("GET", "time/entries", [fixture("time_entry")["payload"]])


def test_an_old_site_is_read_from_the_separate_lists_and_remembered() -> None:
    with a_site() as site:
        separate_lists(site)
        site.answer(
            "GET", f"{TICKET}/allNotes", {"code": "ConnectWiseApi", "message": "The endpoint does not exist."}, 404
        )
        system = connected()
        record = system.tickets.read(ID)
        system.tickets.read(ID)
        assert [path for _, path, _, _ in site.asked].count(f"{TICKET}/allNotes") == 1
        conditions = next(query["conditions"] for _, path, query, _ in site.asked if path == "time/entries")
    assert [(entry.id, entry.kind) for entry in record.entries] == [
        ("905", EntryKind.NOTE),
        ("time-55", EntryKind.TIME_ENTRY),
        ("time-55-internal", EntryKind.TIME_ENTRY),
    ]
    assert record.entries[0].author.identifier == "ava"
    assert conditions == "chargeToType='ServiceTicket' AND chargeToId=4711"


def test_entries_without_any_time_are_read_from_the_separate_lists_for_that_ticket() -> None:
    with a_site() as site:
        separate_lists(site)
        site.answer("GET", f"{TICKET}/allNotes", [fixture("all_notes_without_time")["payload"]])
        assert [entry.id for entry in connected().tickets.read(ID).entries] == ["905", "time-55", "time-55-internal"]


def test_an_unlisted_status_is_looked_up_once_more_when_the_list_is_old() -> None:
    now = [0.0]
    clock = VirtualClock(NOW)
    fresh = {"id": 99, "name": "Brand new", "escalationStatus": "Responded"}
    with a_site() as site:
        site.answer("GET", "service/boards/7/statuses", STATUSES)
        site.answer("GET", "service/boards/7/statuses", [*STATUSES, fresh])
        site.answer("GET", TICKET, fixture("ticket_in_an_unlisted_status")["payload"])
        site.answer("GET", f"{TICKET}/allNotes", [])
        system = ticket_systems()["connectwise"].connect(
            settings(), [], MemoryKeys(clock), clock, attempts=1, monotonic=lambda: now[0]
        )
        assert system.tickets.read(ID).status.group is StatusGroup.UNKNOWN
        now[0] = 31.0
        assert system.tickets.read(ID).status.group is StatusGroup.WORKING


def test_a_404_is_believed_only_when_the_list_proves_it() -> None:
    with a_site() as site:
        site.answer("GET", TICKET, GONE, 404)
        site.answer("GET", "service/tickets", [])
        with pytest.raises(NotFound):
            connected().tickets.read(ID)
        assert site.asked[-1][2]["conditions"] == "id = 4711"


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [(404, GONE, "404 for everything"), (200, [{"id": 4711}], "lists it"), (500, {}, "could not be found out")],
)
def test_a_404_that_is_not_proven_is_temporary(status: int, body: Any, words: str) -> None:
    with a_site() as site:
        site.answer("GET", TICKET, GONE, 404)
        site.answer("GET", "service/tickets", body, status)
        with pytest.raises(Temporary, match=words):
            connected().tickets.read(ID)


def test_a_404_to_a_move_is_about_what_the_move_names_where_the_ticket_can_be_read() -> None:
    with a_site() as site:
        site.lists()
        site.answer("GET", TICKET, a_ticket())
        site.answer("PATCH", TICKET, GONE, 404)
        site.answer("GET", "service/tickets", [{"id": 4711}])
        target = Target(Place((Ref("12", "Tier 3"),)), Ownership.KEEP)
        with pytest.raises(Permanent, match="it can be read: what is not found is the board Tier 3") as refused:
            connected().tickets.reassign(ID, target)
        assert not isinstance(refused.value, NotFound)
        site.answer("GET", TICKET, GONE, 404)
        with pytest.raises(Temporary, match="lists it"):
            connected().tickets.reassign(ID, target)


@pytest.mark.parametrize("ticket", ["", "abc", "1/../2", "1 or 1=1", "٤"])
def test_what_is_no_ticket_number_gets_into_no_path(ticket: str) -> None:
    with a_site() as site:
        with pytest.raises(NotFound):
            connected().tickets.read(TicketId(ticket))
        assert site.asked == []


def test_a_ticket_that_is_no_object_is_refused() -> None:
    with a_site() as site:
        site.answer("GET", TICKET, [])
        with pytest.raises(PayloadError, match="ticket 4711"):
            connected().tickets.read(ID)


def test_notes_that_answer_404_while_the_ticket_is_there_are_temporary() -> None:
    with a_site() as site:
        site.lists()
        site.answer("GET", TICKET, a_ticket())
        site.answer("GET", f"{TICKET}/allNotes", GONE, 404)
        site.answer("GET", f"{TICKET}/notes", GONE, 404)
        site.answer("GET", "service/tickets", [{"id": 4711}])
        with pytest.raises(Temporary, match="lists it"):
            connected().tickets.read(ID)


def test_webhooks_are_verified_and_read_through_the_connection() -> None:
    clock = VirtualClock(NOW)
    keys = MemoryKeys(clock)
    keys.put(KEY_URL, "abc")
    system = connect(settings(), [], keys, clock)
    body = json.dumps(fixture("callback_ticket_updated")["payload"]).encode()
    request = InboundRequest(body, {"x-content-signature": sign("abc", body).decode()})
    system.webhooks.verify(request)
    assert [notice.ticket for notice in system.webhooks.parse(request)] == [ID]


# Notes


def test_a_note_is_written_internal_and_without_mail() -> None:
    with a_site() as site:
        site.answer("POST", f"{TICKET}/notes", NOTE, 201)
        note = connected().tickets.write_note(ID, "Escalated.\nESC-1", "ESC-1")
        (sent,) = site.payloads("POST")
    assert (note.id, note.at) == ("950", datetime(2026, 3, 2, 9, 59, 58, tzinfo=UTC))
    assert sent == {
        "text": "Escalated.\nESC-1",
        "internalAnalysisFlag": True,
        "detailDescriptionFlag": False,
        "resolutionFlag": False,
        "processNotifications": False,
    }


@pytest.mark.parametrize(
    "flags",
    [
        {"detailDescriptionFlag": True},
        {"resolutionFlag": True},
        {"internalAnalysisFlag": False},
        {"internalAnalysisFlag": None},
    ],
)
def test_a_note_that_does_not_come_back_internal_is_an_alarm(flags: dict[str, Any]) -> None:
    with a_site() as site:
        site.answer("POST", f"{TICKET}/notes", {**NOTE, **flags}, 201)
        with pytest.raises(Permanent, match="ALARM: note 950 on ticket 4711"):
            connected().tickets.write_note(ID, "ESC-1", "ESC-1")


@pytest.mark.parametrize("body", [[], {"text": "x"}, {"id": 950, "dateCreated": "yesterday"}])
def test_a_note_answered_with_something_else_may_have_been_written(body: Any) -> None:
    with a_site() as site:
        site.answer("POST", f"{TICKET}/notes", body, 201)
        with pytest.raises(OutcomeUnknown):
            connected().tickets.write_note(ID, "ESC-1", "ESC-1")


@pytest.mark.parametrize("failure", [requests.ReadTimeout("slow"), requests.ConnectionError("reset")])
def test_a_note_without_an_answer_is_not_written_twice(failure: Exception) -> None:
    with a_site() as site:
        site.mock.post(f"{API}{TICKET}/notes", body=failure)
        with pytest.raises(OutcomeUnknown):
            connected().tickets.write_note(ID, "ESC-1", "ESC-1")
        assert len(site.payloads("POST")) == 1


def test_a_note_without_its_marker_is_not_written() -> None:
    with a_site() as site:
        with pytest.raises(Permanent, match="lacks its marker"):
            connected().tickets.write_note(ID, "Escalated.", "ESC-1")
        assert site.asked == []


def test_a_note_on_a_ticket_that_is_gone_is_not_written() -> None:
    with a_site() as site:
        site.answer("POST", f"{TICKET}/notes", GONE, 404)
        site.answer("GET", "service/tickets", [])
        with pytest.raises(NotFound):
            connected().tickets.write_note(ID, "ESC-1", "ESC-1")


def test_a_move_is_one_patch_of_whole_references_proven_by_its_answer() -> None:
    with a_site() as site:
        site.lists()
        owner = {"id": 14, "identifier": "cyn", "name": "Cyn Cole"}
        site.answer("PATCH", TICKET, a_ticket(**MOVED, owner=owner, priority={"id": 1, "name": "x"}))
        record = connected().tickets.reassign(ID, Target(ENGINEERS, CYN, ARRIVED, Ref("1", "Priority 1 - Critical")))
        assert ops(site) == [
            [
                ("replace", "board", {"id": 8}),
                ("replace", "status", {"id": 81}),
                ("replace", "team", {"id": 82}),
                ("replace", "owner", {"id": 14}),
                ("replace", "priority", {"id": 1}),
            ]
        ]
    assert record.place == ENGINEERS
    assert record.owner == CYN
    assert record.entries == ()


def test_an_answer_that_differs_is_read_again_and_told_as_it_is() -> None:
    with a_site() as site:
        site.lists()
        site.answer("PATCH", TICKET, a_ticket(**MOVED))
        site.answer("GET", TICKET, a_ticket(owner=AVA_REF))
        record = connected().tickets.reassign(ID, Target(ENGINEERS, CYN, ARRIVED))
        assert len(site.payloads("PATCH")) == 1
    assert record.place == FIRST_TOUCH
    assert record.owner is not None
    assert record.owner.identifier == "ava"


def test_a_target_that_asks_for_nothing_writes_nothing() -> None:
    with a_site() as site:
        site.lists()
        site.answer("GET", TICKET, a_ticket())
        assert connected().tickets.reassign(ID, Target()).place == FIRST_TOUCH
        assert site.payloads("PATCH") == []


@pytest.mark.parametrize(
    "owner",
    [
        Person("15", "gone", "Gil Gone"),
        Person("404", "nobody", "No Body"),
        Person("14", "cyn", "Cyn Cole", is_active=False),
    ],
)
def test_nothing_is_reassigned_to_a_member_who_has_left(owner: Person) -> None:
    with a_site() as site:
        site.lists()
        with pytest.raises(Permanent, match="nothing was reassigned"):
            connected().tickets.reassign(ID, Target(ENGINEERS, owner))
        assert site.payloads("PATCH") == []


def test_an_owner_is_taken_off_in_the_same_patch() -> None:
    with a_site() as site:
        site.lists()
        site.answer("PATCH", TICKET, a_ticket(**MOVED))
        assert connected().tickets.reassign(ID, Target(ENGINEERS, Ownership.NOBODY)).owner is None
        assert ops(site) == [
            [("replace", "board", {"id": 8}), ("replace", "team", {"id": 82}), ("remove", "owner", None)]
        ]


def test_the_form_that_took_an_owner_off_is_remembered() -> None:
    with a_site() as site:
        site.lists()
        site.answer("PATCH", TICKET, refused("owner"), 400)
        site.answer("PATCH", TICKET, a_ticket(**MOVED))
        system = connected()
        assert system.tickets.reassign(ID, Target(ENGINEERS, Ownership.NOBODY)).owner is None
        system.tickets.reassign(ID, Target(ENGINEERS, Ownership.NOBODY))
        assert [sent[-1] for sent in ops(site)] == [
            ("remove", "owner", None),
            ("replace", "owner", None),
            ("replace", "owner", None),
        ]


def test_where_no_form_is_accepted_the_ticket_moves_with_its_owner() -> None:
    with a_site() as site:
        site.lists()
        for _ in range(3):
            site.answer("PATCH", TICKET, {"code": "InvalidObject", "message": "no"}, 400)
        site.answer("PATCH", TICKET, a_ticket(**MOVED, owner=AVA_REF))
        site.answer("GET", TICKET, a_ticket(**MOVED, owner=AVA_REF))
        record = connected().tickets.reassign(ID, Target(ENGINEERS, Ownership.NOBODY))
        assert ops(site)[-1] == [("replace", "board", {"id": 8}), ("replace", "team", {"id": 82})]
    assert record.place == ENGINEERS
    assert record.owner is not None


def test_an_owner_that_stays_is_told_after_every_form_was_tried() -> None:
    with a_site() as site:
        site.lists()
        site.answer("PATCH", TICKET, a_ticket(**MOVED, owner=AVA_REF))
        site.answer("GET", TICKET, a_ticket(**MOVED, owner=AVA_REF))
        record = connected().tickets.reassign(ID, Target(ENGINEERS, Ownership.NOBODY))
        assert [len(sent) for sent in ops(site)] == [3, 1, 1]
    assert record.owner is not None
    assert record.place == ENGINEERS


def test_a_refusal_that_is_not_about_the_owner_is_not_tried_in_other_forms() -> None:
    with a_site() as site:
        site.lists()
        site.answer("PATCH", TICKET, refused("status/id"), 400)
        with pytest.raises(Permanent, match="status/id"):
            connected().tickets.reassign(ID, Target(ENGINEERS, Ownership.NOBODY, ARRIVED))
        assert len(site.payloads("PATCH")) == 1


def test_taking_only_the_owner_off_where_it_is_refused_writes_nothing_else() -> None:
    with a_site() as site:
        site.lists()
        site.answer("PATCH", TICKET, refused("owner"), 400)
        site.answer("GET", TICKET, a_ticket(owner=AVA_REF))
        assert connected().tickets.reassign(ID, Target(owner=Ownership.NOBODY)).owner is not None
        assert len(site.payloads("PATCH")) == 3


def test_a_board_that_will_not_have_the_old_team_gets_its_own_default_team() -> None:
    with a_site() as site:
        site.lists()
        site.answer("PATCH", TICKET, refused("team/id"), 400)
        site.answer("PATCH", TICKET, a_ticket(**MOVED))
        assert connected().tickets.reassign(ID, Target(TIER_3, status=ARRIVED)).place == ENGINEERS
        assert [sent[-1] for sent in ops(site)] == [
            ("replace", "status", {"id": 81}),
            ("replace", "team", {"id": 82}),
        ]


def test_a_refused_team_that_was_asked_for_is_an_error() -> None:
    with a_site() as site:
        site.lists()
        site.answer("PATCH", TICKET, refused("team/id"), 400)
        with pytest.raises(Permanent, match="team/id"):
            connected().tickets.reassign(ID, Target(ENGINEERS))


def test_a_move_without_an_answer_is_looked_for() -> None:
    with a_site() as site:
        site.lists()
        site.mock.patch(API + TICKET, body=requests.ReadTimeout("slow"))
        site.answer("GET", TICKET, a_ticket(**MOVED))
        assert connected().tickets.reassign(ID, Target(ENGINEERS)).place == ENGINEERS


@pytest.mark.parametrize(
    "target",
    [
        Target(status=ARRIVED),
        Target(priority=Ref("1", "Priority 1 - Critical")),
        Target(owner=CYN),
        Target(TIER_3),
        Target(FIRST_TOUCH, owner=Ownership.NOBODY),
    ],
)
def test_each_part_of_a_target_is_compared_with_the_answer(target: Target) -> None:
    stays = a_ticket(owner=AVA_REF)
    with a_site() as site:
        site.lists()
        site.answer("PATCH", TICKET, stays)
        site.answer("GET", TICKET, stays)
        connected().tickets.reassign(ID, target)
        assert [path for method, path, *_ in site.asked if method == "GET"].count(TICKET) >= 1


def test_a_move_answered_without_a_ticket_is_read_again() -> None:
    with a_site() as site:
        site.lists()
        site.mock.add("PATCH", API + TICKET, status=204)
        site.answer("GET", TICKET, a_ticket(**MOVED))
        assert connected().tickets.reassign(ID, Target(ENGINEERS)).place == ENGINEERS


@pytest.mark.parametrize("status", [200, 500])
def test_a_move_that_cannot_be_seen_has_an_unknown_outcome(status: int) -> None:
    with a_site() as site:
        site.lists()
        site.mock.patch(API + TICKET, body=requests.ReadTimeout("slow"))
        site.answer("GET", TICKET, a_ticket(), status)
        with pytest.raises(OutcomeUnknown):
            connected().tickets.reassign(ID, Target(ENGINEERS, priority=Ref("1", "x"), owner=CYN))
        assert len(site.payloads("PATCH")) == 1


def test_a_move_of_a_ticket_that_is_gone_is_not_found() -> None:
    with a_site() as site:
        site.answer("PATCH", TICKET, GONE, 404)
        site.answer("GET", "service/tickets", [])
        with pytest.raises(NotFound):
            connected().tickets.reassign(ID, Target(ENGINEERS))


# Names


def test_homes_are_found_by_board_and_team() -> None:
    with a_site() as site:
        site.lists()
        site.answer("GET", "service/boards/9/teams", [{"id": 90, "name": "Watch"}])
        system = connected()
        assert system.directory.locate("Help Desk") == HELP_DESK
        assert system.directory.locate("help desk  >  first touch") == FIRST_TOUCH
        assert str(system.directory.locate("Alarms > Night")) == "Alarms > Night"
        assert [ref.id for ref in system.directory.locate("Alarms > Night > Watch").path] == ["9", "90"]


@pytest.mark.parametrize(
    ("home", "words"),
    [
        ("Help Desc", r"no board named 'Help Desc'; did you mean 'Help Desk'"),
        ("Help Desc > First Touch", r"no board named 'Help Desc'; did you mean 'Help Desk'"),
        (
            "Help Desk > Frist Touch",
            r"no team on the board 'Help Desk' named 'Frist Touch'; did you mean 'First Touch'",
        ),
        ("Retired", "no board named 'Retired'"),
        ("Rollouts", "no board named 'Rollouts'"),
        ("> x", "no board named '> x'"),
    ],
)
def test_a_home_that_does_not_exist_names_what_is_near(home: str, words: str) -> None:
    with a_site() as site:
        site.lists()
        with pytest.raises(UnknownName, match=words):
            connected().directory.locate(home)


def test_two_boards_of_nearly_the_same_name_are_ambiguous_unless_one_is_exact() -> None:
    with a_site() as site:
        site.answer("GET", "service/boards", [*BOARDS, {"id": 20, "name": "HELP DESK"}])
        system = connected()
        assert system.directory.locate("HELP DESK").key == "20"
        with pytest.raises(UnknownName, match="unambiguous board"):
            system.directory.locate("help desk")


def test_a_name_that_came_later_is_found_without_a_restart() -> None:
    now = [0.0]
    clock = VirtualClock(NOW)
    with a_site() as site:
        site.answer("GET", "service/priorities", [{"id": 1, "name": "High"}])
        site.answer("GET", "service/priorities", [{"id": 1, "name": "High"}, {"id": 2, "name": "Low"}])
        system = ticket_systems()["connectwise"].connect(
            settings(), [], MemoryKeys(clock), clock, attempts=1, monotonic=lambda: now[0]
        )
        assert system.directory.priority("high").id == "1"
        now[0] = 31.0
        assert system.directory.priority("Low").id == "2"


def test_members_are_found_by_identifier_only() -> None:
    with a_site() as site:
        site.lists()
        system = connected()
        assert system.directory.member("BEN") == Person("13", "Ben", "Ben Bridge")
        assert not system.directory.member("gone").is_active
        for name in ("13", "Ben Bridge"):
            with pytest.raises(UnknownName, match="no member"):
                system.directory.member(name)


def test_a_status_is_found_among_the_active_ones_of_its_board() -> None:
    with a_site() as site:
        site.lists()
        system = connected()
        assert system.directory.status_in(FIRST_TOUCH, "plan made") == Status("73", "Plan made", StatusGroup.PLANNED)
        with pytest.raises(UnknownName, match="no status on the board 'Help Desk' named 'Old'"):
            system.directory.status_in(FIRST_TOUCH, "Old")


@pytest.mark.parametrize(
    ("current", "arrival"),
    [
        (Status("81", "Arrived", StatusGroup.NEW), None),
        (Status("72", "In progress", StatusGroup.WORKING), "82"),
        (Status("74", "Waiting on client", StatusGroup.WAITING), "81"),
        (Status("71", "New", StatusGroup.NEW), "81"),
    ],
)
def test_a_ticket_arrives_in_a_status_in_which_the_clock_runs(current: Status, arrival: str | None) -> None:
    with a_site() as site:
        site.lists()
        found = connected().directory.arrival_status(TIER_3, current)
        assert (found and found.id) == arrival


def test_a_board_without_any_usable_status_cannot_be_arrived_at() -> None:
    with a_site() as site:
        site.answer("GET", "service/boards/8/statuses", [{"id": 86, "name": "Done", "closedStatus": True}])
        with pytest.raises(UnknownName, match="status to arrive in"):
            connected().directory.arrival_status(TIER_3, Status("71", "New", StatusGroup.NEW))


def test_the_people_of_a_team_are_active_persons_with_their_open_tickets() -> None:
    with a_site() as site:
        site.lists()
        owned = [{"id": 1, "owner": AVA_REF}, {"id": 2, "owner": AVA_REF}, {"id": 3}]
        site.answer("GET", "service/tickets", owned)
        people = connected().directory.people(FIRST_TOUCH)
        assert site.asked[-1][2]["conditions"] == "closedFlag = False and owner/id in (12,13)"
    assert [(person.identifier, person.open_tickets) for person in people] == [("Ben", 0), ("ava", 2)]


def test_the_people_of_a_board_are_those_of_all_its_teams() -> None:
    with a_site() as site:
        site.lists()
        site.answer("GET", "service/tickets", [])
        assert [person.identifier for person in connected().directory.people(TIER_3)] == ["ava", "cyn"]


# Lists of tickets


def test_changed_tickets_are_compared_here_and_not_only_there() -> None:
    at = datetime(2026, 3, 2, 9, 0, 0, 700_000, tzinfo=UTC)
    with a_site() as site:
        site.answer(
            "GET",
            "service/tickets",
            [
                {"id": 1, "_info": {"lastUpdated": "2026-03-02T08:59:59Z"}},
                {"id": 2, "_info": {"lastUpdated": "2026-03-02T09:00:00Z"}},
                {"id": 3, "_info": {"lastUpdated": "2026-03-02T09:30:00Z"}},
                {"id": 4, "_info": {}},
            ],
        )
        found = list(connected().tickets.changed_since(at))
        query = site.asked[-1][2]
    assert [(row.id, row.updated_at) for row in found] == [
        ("2", at.replace(microsecond=0)),
        ("3", at.replace(microsecond=0) + timedelta(minutes=30)),
        ("4", NOW),
    ]
    assert query["conditions"] == "lastUpdated >= [2026-03-02T09:00:00Z]"
    assert query["fields"] == "id,_info"
    assert query["pageSize"] == "1000"


def test_open_tickets_are_those_at_the_homes_and_those_that_cannot_be_told() -> None:
    here = {"board": {"id": 7, "name": "Help Desk"}, "_info": {"lastUpdated": "2026-03-02T09:00:00Z"}}
    with a_site() as site:
        site.answer(
            "GET",
            "service/tickets",
            [
                {"id": 1, **here, "team": {"id": 72, "name": "First Touch"}},
                {"id": 2, **here, "team": {"id": 73, "name": "Projects"}},
                {"id": 3, **here, "board": None},
            ],
        )
        system = connected()
        assert [row.id for row in system.tickets.open_tickets([FIRST_TOUCH, TIER_3])] == ["1", "3"]
        assert site.asked[-1][2]["conditions"] == "closedFlag = False and board/id in (7,8)"
        assert list(system.tickets.open_tickets([])) == []


# Keys and checks


def test_a_signing_key_is_learned_without_showing_credentials() -> None:
    clock = VirtualClock(NOW)
    keys = MemoryKeys(clock)
    with a_site() as site:
        site.mock.get(KEY_URL.split("?")[0], body='{"signing_key": "abc"}', content_type="text/plain")
        system = ticket_systems()["connectwise"].connect(settings(), [], keys, clock, attempts=1)
        system.webhooks.learn_key(KEY_URL)
        sent = site.mock.calls[-1].request
    assert keys.get(KEY_URL) == ("abc", NOW)
    assert sent.headers["clientId"] == "client-1"
    assert "Authorization" not in sent.headers


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, "{}", Permanent),
        (200, '{"signing_key": ""}', Permanent),
        (200, '{"signing_key": 5}', Permanent),
        (200, "[]", Permanent),
        (200, "<html>", Permanent),
        (302, "", Temporary),
        (404, "", Permanent),
        (503, "", Temporary),
    ],
)
def test_a_key_that_cannot_be_had_is_an_error(status: int, body: str, error: type[Exception]) -> None:
    with a_site() as site:
        site.mock.get(KEY_URL.split("?")[0], body=body, status=status)
        with pytest.raises(error):
            connected().webhooks.learn_key(KEY_URL)


def test_a_key_is_fetched_from_no_other_host() -> None:
    with a_site() as site:
        with pytest.raises(Permanent, match="not the configured site"):
            connected().webhooks.learn_key(KEY_URL.replace("//na.", "//evil."))
        assert site.asked == []


def checked(site: Site, headers: dict[str, str] | None = None) -> dict[str, tuple[Severity, str]]:
    site.mock.replace("GET", f"{ROOT}/login/companyinfo/harbour", json={"Codebase": "v2025_1/"}, headers=headers or {})
    return {finding.subject: (finding.severity, finding.message) for finding in connected().line.check()}


def test_a_healthy_site_has_only_good_findings() -> None:
    with a_site() as site:
        site.lists()
        site.answer("GET", "service/tickets", [])
        site.answer("GET", "time/entries", [])
        site.answer("GET", "system/callbacks", [{"id": 1}])
        site.answer("GET", "schedule/entries", [])
        found = checked(site, {"Date": "Mon, 02 Mar 2026 10:00:01 GMT"})
    assert {severity for severity, _ in found.values()} == {Severity.OK, Severity.UNTESTED}
    assert list(found) == [
        "site",
        "clock",
        "tickets",
        "members",
        "boards",
        "priorities",
        "time entries",
        "poll",
        "audit trail",
        "webhook registrations",
        "people on tickets",
        "rights to write",
        "home 'Help Desk > First Touch'",
        "home 'Tier 3'",
    ]


def test_each_missing_right_is_a_finding_of_its_own() -> None:
    no = {"code": "Security", "message": "You may not."}
    with a_site() as site:
        site.answer("GET", "service/tickets", [])
        site.answer("GET", "time/entries", no, 403)
        site.answer("GET", "service/boards", BOARDS)
        site.answer("GET", "service/boards/7/teams", [{"id": 72, "name": "First Touch"}])
        site.answer("GET", "service/boards/7/statuses", no, 403)
        site.answer("GET", "service/boards/8/statuses", [])
        site.answer("GET", "service/boards/8/teams", [])
        site.answer("GET", "service/priorities", [])
        site.answer("GET", "system/members", no, 403)
        site.answer("GET", "system/callbacks", no, 403)
        site.answer("GET", "schedule/entries", no, 403)
        found = checked(site)
    errors = {subject: message for subject, (severity, message) in found.items() if severity is Severity.ERROR}
    assert set(errors) == {"members", "time entries", "webhook registrations", "home 'Help Desk > First Touch'"}
    assert "Member Maintenance" in errors["members"]
    assert "Time Entry (Inquire)" in errors["time entries"]
    assert "Table Setup" in errors["home 'Help Desk > First Touch'"]
    assert found["clock"][0] is Severity.WARNING
    severity, message = found["people on tickets"]
    assert severity is Severity.WARNING
    assert "Resource Scheduling (Add, Inquire)" in message
    assert "FINAL_ADD_PEOPLE" in message


@pytest.mark.parametrize(("date", "way"), [("10:03:00", "180 s behind"), ("09:57:00", "180 s ahead of")])
def test_a_skewed_clock_is_a_finding(date: str, way: str) -> None:
    with a_site() as site:
        site.lists()
        site.answer("GET", "service/tickets", [])
        site.answer("GET", "system/callbacks", [])
        found = checked(site, {"Date": f"Mon, 02 Mar 2026 {date} GMT"})
    assert found["clock"][0] is Severity.ERROR
    assert way in found["clock"][1]


def test_a_site_that_does_not_answer_is_the_one_finding() -> None:
    with a_site() as site:
        site.mock.reset()
        site.mock.get(f"{ROOT}/login/companyinfo/harbour", body=requests.ConnectionError("down"))
        (finding,) = connected().line.check()
    assert (finding.severity, finding.subject) == (Severity.ERROR, "site")


def test_a_404_for_everything_is_explained_as_credentials() -> None:
    with a_site() as site:
        site.answer("GET", "service/tickets", {"code": "NotFound"}, 404)
        for path in ("system/members", "service/boards", "service/priorities", "time/entries"):
            site.answer("GET", path, None, 404)
        message = {finding.subject: finding.message for finding in connected().line.check()}["access"]
    assert "check CONNECTWISE_URL, _COMPANY and the keys" in message


def test_the_budget_can_be_watched_and_held() -> None:
    clock = VirtualClock(NOW)
    with a_site() as site:
        site.answer("GET", TICKET, {"error": "ConnectWiseAPI"}, 429, {"Retry-After": "12"})
        system = connect(settings(), [], MemoryKeys(clock), clock, attempts=1, calls_per_window=60)
        with pytest.raises(Temporary) as caught:
            system.tickets.read(ID)
        assert caught.value.retry_after == 12
        assert set((system.line.budget or {}).values()) == {0}
        assert system.line.calls == 2


def test_a_refused_right_is_named_on_reading() -> None:
    with a_site() as site:
        site.answer("GET", TICKET, {"code": "Security", "message": "No."}, 403)
        with pytest.raises(Forbidden, match=r"Service Tickets \(Inquire\)"):
            connected().tickets.read(ID)


def test_time_entries_of_the_combined_list_are_internal_unless_shown() -> None:
    with a_site() as site:
        site.lists()
        site.answer("GET", TICKET, a_ticket())
        rows = [fixture("all_notes_time_entry")["payload"], fixture("all_notes_running_time_entry")["payload"]]
        site.answer("GET", f"{TICKET}/allNotes", [*rows, rows[0]])
        site.answer("GET", "time/entries", [])
        entries = connected().tickets.read(ID).entries
    assert [entry.visibility for entry in entries] == [Visibility.INTERNAL, Visibility.CLIENT]
