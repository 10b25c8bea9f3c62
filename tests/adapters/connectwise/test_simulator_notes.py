"""Notes and time entries of the simulator."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.adapters.connectwise.simulated import INTERNAL, NINE, Site, problems, replace


@pytest.fixture
def site() -> Site:
    return Site()


def post(site: Site, ticket: int, **fields: Any) -> Any:
    answer = site.call("POST", f"service/tickets/{ticket}/notes", {"text": "seen", **INTERNAL, **fields})
    assert answer.status_code == 201, answer.json
    return answer.json


def test_a_note_comes_back_as_it_was_recorded(site: Site) -> None:
    ticket = site.a_ticket()
    site.clock.advance(timedelta(minutes=2))
    note = post(site, ticket, processNotifications=False)
    assert (note["ticketId"], note["text"]) == (ticket, "seen")
    assert [note[name] for name in INTERNAL] == [True, False, False]
    # These two do not follow the place.
    assert (note["internalFlag"], note["externalFlag"]) == (True, True)
    assert note["member"]["identifier"] == note["createdBy"] == "connector-api"
    assert note["dateCreated"] == note["_info"]["lastUpdated"] == "2026-01-15T09:02:00Z"
    assert "contact" not in note
    assert site.get(f"service/tickets/{ticket}/notes").json == [note]
    assert site.get(f"service/tickets/{ticket}/notes/{note['id']}").json == note


@pytest.mark.parametrize("flags", [{}, dict.fromkeys(INTERNAL, False)])
def test_a_note_without_a_place_is_refused(site: Site, flags: dict[str, bool]) -> None:
    answer = site.call("POST", f"service/tickets/{site.a_ticket()}/notes", {"text": "x", **flags})
    assert problems(answer) == [
        ("ServiceNote", "detailDescriptionFlag, internalAnalysisFlag, resolutionFlag"),
    ]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"text": " "}, "text"),
        ({"member": {"id": 999}}, "member/id"),
        ({"resolutionFlag": "no"}, "resolutionFlag"),
    ],
)
def test_a_wrong_note_is_refused(site: Site, sent: dict[str, Any], field: str) -> None:
    answer = site.call("POST", f"service/tickets/{site.a_ticket()}/notes", {"text": "x", **INTERNAL, **sent})
    assert field in [one for _, one in problems(answer)]


def test_a_note_can_be_given_to_another_member(site: Site) -> None:
    assert post(site, site.a_ticket(), member={"identifier": "tess"})["member"]["name"] == "Tess Tech"


def test_a_note_moves_the_tickets_last_updated(site: Site) -> None:
    ticket = site.a_ticket()
    site.clock.advance(timedelta(minutes=2))
    post(site, ticket)
    assert site.simulator.ticket(ticket)["_info"]["lastUpdated"] == "2026-01-15T09:02:00Z"


def test_missing_notes_and_tickets_are_not_found(site: Site) -> None:
    ticket = site.a_ticket()
    answer = site.get(f"service/tickets/{ticket}/notes/404")
    assert (answer.status_code, answer.json["message"]) == (404, "Service Note 404 not found")
    assert site.call("POST", "service/tickets/404/notes", {"text": "x", **INTERNAL}).status_code == 404
    assert site.get("service/tickets/404/allNotes").status_code == 404


@pytest.mark.parametrize("name", ["note", "noteType"])
def test_unknown_names_in_conditions_on_notes_are_refused(site: Site, name: str) -> None:
    answer = site.get(f"service/tickets/{site.a_ticket()}/notes", conditions=f"{name}='x'")
    assert answer.json == {"code": "ApiFindCondition", "message": f"{name} is not a recognized name."}


def test_conditions_on_the_place_of_notes(site: Site) -> None:
    ticket = site.a_ticket()
    site.simulator.add_note(ticket, "hello", contact="Connie Client")
    post(site, ticket)
    path = f"service/tickets/{ticket}/notes"
    (public,) = site.get(path, conditions="detailDescriptionFlag=true").json
    assert (public["text"], public["contact"]["name"]) == ("hello", "Connie Client")
    assert "member" not in public
    assert site.get(f"{path}/count").json == {"count": 2}


def test_a_note_can_be_changed_and_deleted(site: Site) -> None:
    ticket = site.a_ticket()
    path = f"service/tickets/{ticket}/notes/{post(site, ticket)['id']}"
    assert site.call("PATCH", path, [replace("text", "other")]).json["text"] == "other"
    assert site.call("PATCH", path, [replace("internalAnalysisFlag", False)]).status_code == 400
    assert site.call("PATCH", path, [replace("createdBy", "x")]).status_code == 400
    assert site.call("DELETE", path).status_code == 204
    assert site.call("DELETE", path).status_code == 404


# Both kinds in one list.


def test_all_notes_shows_notes_and_time_entries(site: Site) -> None:
    ticket = site.a_ticket()
    note = site.simulator.add_note(ticket, "looked", "tess")
    end = NINE + timedelta(minutes=15)
    entry = site.simulator.add_time_entry(ticket, "tom", "Plan: swap it", NINE, end)
    kinds = {one["noteType"]: one for one in site.get(f"service/tickets/{ticket}/allNotes").json}
    assert (kinds["TicketNote"]["id"], kinds["TimeEntryNote"]["id"]) == (note, entry)
    assert kinds["TicketNote"]["ticket"] == site.simulator.state.ticket_reference(site.simulator.ticket(ticket))
    time = kinds["TimeEntryNote"]
    assert (time["text"], time["member"]["identifier"]) == ("Plan: swap it", "tom")
    assert (time["timeStart"], time["timeEnd"]) == ("2026-01-15T09:00:00Z", "2026-01-15T09:15:00Z")
    assert time["internalAnalysisFlag"] is True
    assert all("dateCreated" not in one for one in kinds.values())
    assert [one["noteType"] for one in site.get(f"service/tickets/{ticket}/notes").json if "noteType" in one] == []


@pytest.mark.parametrize(
    ("places", "note_has", "entry_has"),
    [
        (frozenset(), set(), set()),
        (frozenset({"dateCreated"}), {"dateCreated"}, {"dateCreated"}),
        (frozenset({"_info/dateEntered"}), {"dateEntered"}, {"dateEntered"}),
        (frozenset({"_info/lastUpdated", "timeStart"}), {"lastUpdated"}, {"lastUpdated", "timeStart"}),
    ],
)
def test_where_all_notes_tells_times_can_be_switched(
    site: Site, places: frozenset[str], note_has: set[str], entry_has: set[str]
) -> None:
    ticket = site.a_ticket()
    site.simulator.add_time_entry(ticket, "tom", "x", NINE, NINE + timedelta(minutes=1))
    site.simulator.add_note(ticket, "y", "tess")
    site.simulator.faults.all_notes_dates = places
    dates = {"dateCreated", "dateEntered", "lastUpdated", "timeStart", "timeEnd"}
    for one in site.get(f"service/tickets/{ticket}/allNotes").json:
        wanted = entry_has if one["noteType"] == "TimeEntryNote" else note_has
        assert dates & (set(one) | set(one["_info"])) == wanted


def test_an_old_site_has_no_all_notes(site: Site) -> None:
    site.simulator.faults.all_notes_missing = True
    answer = site.get(f"service/tickets/{site.a_ticket()}/allNotes")
    assert (answer.status_code, answer.json["message"]) == (404, "The endpoint does not exist.")


# Switches.


def test_a_note_can_come_back_visible_to_the_client(site: Site) -> None:
    site.simulator.faults.note_comes_back_public = True
    assert post(site, site.a_ticket())["detailDescriptionFlag"] is True


def test_newlines_can_become_blanks(site: Site) -> None:
    ticket = site.a_ticket()
    assert post(site, ticket, text="a\r\nb\nc")["text"] == "a\r\nb\nc"
    site.simulator.faults.newlines_become_blanks = True
    assert post(site, ticket, text="a\r\nb\nc")["text"] == "a b c"


def test_a_note_can_become_readable_only_later(site: Site) -> None:
    ticket = site.a_ticket()
    site.simulator.faults.notes_readable_after = 20.0
    note = post(site, ticket)
    for path in ("notes", "allNotes"):
        assert site.get(f"service/tickets/{ticket}/{path}").json == []
    assert site.get(f"service/tickets/{ticket}/notes/{note['id']}").status_code == 404
    assert site.simulator.notes(ticket) == [note]
    site.clock.advance(timedelta(seconds=20))
    assert site.get(f"service/tickets/{ticket}/notes").json == [note]


# Time entries.


def test_a_time_entry_is_found_by_the_servers_own_condition(site: Site) -> None:
    ticket, other = site.a_ticket(), site.a_ticket()
    entry = site.simulator.add_time_entry(ticket, "tess", "looked", NINE, NINE + timedelta(minutes=30))
    site.simulator.add_time_entry(other, "tess", "elsewhere")
    conditions = f"(chargeToType='ServiceTicket' OR chargeToType='ProjectTicket') AND chargeToId={ticket}"
    (found,) = site.get("time/entries", conditions=conditions).json
    assert (found["id"], found["notes"], found["actualHours"]) == (entry, "looked", 0.5)
    assert found["dateEntered"] == "2026-01-15T09:00:00Z"
    assert found["addToInternalAnalysisFlag"] is True
    assert site.get(f"service/tickets/{ticket}/timeentries").json == [{"id": entry, "_info": {}}]
    assert site.simulator.ticket(ticket)["actualHours"] == 0.5


def test_a_time_entry_that_is_still_running_has_no_end(site: Site) -> None:
    ticket = site.a_ticket()
    site.simulator.add_time_entry(ticket, "tess", "looking")
    assert "timeEnd" not in site.simulator.time_entries(ticket)[0]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"timeStart": None}, "timeStart"),
        ({"timeStart": "nine"}, "timeStart"),
        ({"timeStart": "2026-01-15T09:00:00"}, "timeStart"),
        ({"chargeToType": "Ticket"}, "chargeToType"),
        ({"chargeToId": 404}, "chargeToId"),
        ({"member": {"id": 999}}, "member/id"),
    ],
)
def test_a_wrong_time_entry_is_refused(site: Site, sent: dict[str, Any], field: str) -> None:
    right = {
        "chargeToId": site.a_ticket(),
        "chargeToType": "ServiceTicket",
        "timeStart": "2026-01-15T09:00:00Z",
    }
    assert field in [one for _, one in problems(site.call("POST", "time/entries", {**right, **sent}))]


def test_a_time_entry_over_http_can_be_deleted_again(site: Site) -> None:
    ticket = site.a_ticket()
    sent = {"chargeToId": ticket, "chargeToType": "ServiceTicket", "timeStart": "2026-01-15T09:00:00Z"}
    entry = site.call("POST", "time/entries", sent).json["id"]
    assert site.get(f"time/entries/{entry}").json["member"]["identifier"] == "connector-api"
    assert site.call("DELETE", f"time/entries/{entry}").status_code == 204
    assert site.get(f"time/entries/{entry}").status_code == 404
    assert site.simulator.time_entries(ticket) == []


def test_a_note_is_by_one_person(site: Site) -> None:
    with pytest.raises(ValueError, match="by a member or by a contact"):
        site.simulator.add_note(site.a_ticket(), "x")
