"""Who may call the simulator, and what it refuses and derives when tickets are written."""

from __future__ import annotations

import base64
import re
from datetime import timedelta
from typing import Any

import pytest

from adapters.simulation.refusal import Refusal
from tests.adapters.connectwise.simulated import Site, number_of, problems, replace


@pytest.fixture
def site() -> Site:
    return Site()


def basic(text: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


# Who may call.


def test_a_call_without_credentials_is_unauthorized(site: Site) -> None:
    answer = site.client.get("/v2025_1/apis/3.0/system/info", headers={"clientId": site.simulator.client_id})
    assert (answer.status_code, answer.json["code"]) == (401, "Unauthorized")


@pytest.mark.parametrize(
    "header", [basic("trainco+simulated-public-key:wrong"), basic("no colon"), {"Authorization": "Basic %%%"}]
)
def test_wrong_credentials_are_unauthorized(site: Site, header: dict[str, str]) -> None:
    assert site.get("system/info", headers=header).status_code == 401


@pytest.mark.parametrize(("status", "text"), [(404, "does not exist"), (400, "Cannot route")])
def test_bad_credentials_can_look_like_another_error(site: Site, status: int, text: str) -> None:
    site.simulator.faults.bad_auth_status = status
    answer = site.get("system/info", headers=basic("trainco+wrong:wrong"))
    assert answer.status_code == status
    assert text in answer.json["message"]


@pytest.mark.parametrize("client_id", ["", "another"])
def test_a_missing_or_foreign_client_id_is_forbidden(site: Site, client_id: str) -> None:
    assert site.get("system/info", headers={"clientId": client_id}).status_code == 403


def test_another_company_in_the_credentials_is_not_found(site: Site) -> None:
    header = basic(f"other+{site.simulator.public_key}:{site.simulator.private_key}")
    assert site.get("system/info", headers=header).status_code == 404


def test_the_router_codebase_always_works_and_an_old_one_is_gone_after_an_upgrade(site: Site) -> None:
    assert site.call("GET", "system/info").status_code == 200
    site.simulator.change_codebase("v2025_2/")
    assert site.call("GET", "system/info").status_code == 404
    assert site.call("GET", "system/info", codebase="v2025_2").status_code == 200
    assert site.call("GET", "system/info", codebase="v4_6_release").status_code == 200


def test_the_company_look_up_needs_no_credentials(site: Site) -> None:
    info = site.client.get("/login/companyinfo/trainco").json
    assert info["Codebase"] == "v2025_1/"
    assert info["CompanyID"] == "trainco"


def test_the_company_look_up_of_an_unknown_company_is_null(site: Site) -> None:
    answer = site.client.get("/login/companyinfo/nobody")
    assert (answer.status_code, answer.json) == (200, None)


def test_a_cloud_host_without_the_api_prefix_is_refused(site: Site) -> None:
    site.simulator.faults.cloud_mode = True
    refused = site.call("GET", "system/info", base_url="http://na.example.net")
    assert refused.json == {"code": "Security", "message": "SSL is required.", "errors": None}
    assert site.call("GET", "system/info", base_url="http://api-na.example.net").status_code == 200


def test_an_unknown_address_and_a_wrong_method_have_their_own_errors(site: Site) -> None:
    missing = site.get("service/nothing")
    assert (missing.status_code, missing.json["message"]) == (404, "The endpoint does not exist.")
    assert site.call("DELETE", "service/boards").status_code == 405


def test_every_answer_carries_a_request_id(site: Site) -> None:
    ids = {site.get("system/info").headers["x-cw-request-id"] for _ in range(2)}
    assert len(ids) == 2


def test_every_call_is_noted(site: Site) -> None:
    site.get("system/info")
    site.get("service/tickets/5")
    assert site.simulator.calls == [("GET", "system/info", 200), ("GET", "service/tickets/5", 404)]
    assert site.simulator.call_counts() == {"GET": 2}


# What a ticket looks like.


def test_what_is_null_is_left_out_and_times_are_in_info(site: Site) -> None:
    site.clock.advance(timedelta(milliseconds=700))
    number = site.a_ticket()
    ticket = site.get(f"service/tickets/{number}").json
    assert "owner" not in ticket
    assert "resources" not in ticket
    assert None not in ticket.values()
    assert "lastUpdated" not in ticket
    assert ticket["_info"]["lastUpdated"] == "2026-01-15T09:00:00Z"
    assert ticket["_info"]["dateEntered"] == "2026-01-15T09:00:00Z"
    assert ticket["status"]["Sort"] == 0
    assert "/apis/3.0//service/boards/" in ticket["board"]["_info"]["board_href"]


def test_resources_is_one_text_of_identifiers(site: Site) -> None:
    number = site.a_ticket(owner="tess")
    wanted = {"objectId": number, "member": {"identifier": "tom"}, "type": {"identifier": "S"}}
    assert site.call("POST", "schedule/entries", wanted).status_code == 201
    assert site.get(f"service/tickets/{number}").json["resources"] == "tess, tom"


def test_a_missing_ticket_is_not_found(site: Site) -> None:
    answer = site.get("service/tickets/404")
    assert (answer.status_code, answer.json) == (
        404,
        {"code": "NotFound", "message": "Service Ticket 404 not found"},
    )


def test_fields_cuts_the_answer(site: Site) -> None:
    number = site.a_ticket()
    answer = site.get(f"service/tickets/{number}", fields="id,status/name,owner/id")
    assert answer.json == {"id": number, "status": {"name": "New"}}


def test_dates_of_info_can_not_be_asked_for_by_their_bare_names(site: Site) -> None:
    answer = site.get(f"service/tickets/{site.a_ticket()}", fields="dateEntered")
    assert (answer.status_code, answer.json["code"]) == (400, "ApiFindCondition")


def test_a_distorted_ticket_is_given_out_so_and_stays_sound(site: Site) -> None:
    number = site.a_ticket()
    site.simulator.distort(number, {"board": None, "strange": 1}, without=["status"])
    for found in (site.get(f"service/tickets/{number}").json, site.get("service/tickets").json[0]):
        assert found["board"] is None
        assert found["strange"] == 1
        assert "status" not in found
    site.simulator.distort(number)
    assert site.get(f"service/tickets/{number}").json["status"]["name"] == "New"


# Creating.


def test_creating_a_ticket_answers_201_and_places_it(site: Site) -> None:
    wanted = {"summary": "No sound", "company": {"identifier": "Globex"}, "initialDescription": "since today"}
    answer = site.call("POST", "service/tickets", wanted)
    assert answer.status_code == 201
    assert answer.json["board"]["name"] == "Service Desk"
    assert answer.json["status"]["name"] == "New"
    assert answer.json["_info"]["enteredBy"] == "connector-api"
    assert "initialDescription" not in answer.json
    (note,) = site.simulator.notes(answer.json["id"])
    assert note["detailDescriptionFlag"] is True


def test_a_ticket_without_summary_or_company_is_refused(site: Site) -> None:
    assert problems(site.call("POST", "service/tickets", {})) == [
        ("MissingRequiredField", "summary"),
        ("MissingRequiredField", "company"),
    ]


def test_an_unknown_company_is_refused(site: Site) -> None:
    answer = site.call("POST", "service/tickets", {"summary": "x", "company": {"id": 19299}})
    assert problems(answer) == [("NotFound", "company/id")]
    assert answer.json["errors"][0]["message"] == "company 19299 not found"


def test_a_long_summary_is_refused(site: Site) -> None:
    number = site.a_ticket()
    assert problems(site.patch(number, replace("summary", "x" * 101))) == [("MaxLengthField", "summary")]
    assert site.patch(number, replace("summary", "x" * 100)).status_code == 200


# PATCH.


def test_a_patch_must_be_an_array(site: Site) -> None:
    path = f"service/tickets/{site.a_ticket()}"
    assert site.call("PATCH", path, replace("summary", "x")).status_code == 400
    assert site.call("PATCH", path, data="[]", content_type="text/plain").status_code == 415
    assert site.call("PATCH", path, data="[", content_type="application/json").status_code == 400


@pytest.mark.parametrize("path", ["summary", "/summary"])
def test_a_leading_slash_of_a_path_is_let_through(site: Site, path: str) -> None:
    assert site.patch(site.a_ticket(), replace(path, "y")).json["summary"] == "y"


@pytest.mark.parametrize("path", ["Summary", "nothing", "id", "_info", "closedFlag", "dateResplan", "summary/x", ""])
def test_a_path_that_can_not_be_written_is_refused(site: Site, path: str) -> None:
    number = site.a_ticket()
    before = site.simulator.ticket(number)
    assert site.patch(number, replace(path, "x")).status_code == 400
    assert site.simulator.ticket(number) == before


@pytest.mark.parametrize(
    "operation", [{"op": "Replace", "path": "summary", "value": "x"}, {"op": "replace", "path": "summary"}, "x"]
)
def test_an_operation_in_the_wrong_form_is_refused(site: Site, operation: Any) -> None:
    assert site.patch(site.a_ticket(), operation).status_code == 400


def test_one_wrong_operation_stops_them_all(site: Site) -> None:
    number = site.a_ticket()
    answer = site.patch(number, replace("summary", "new"), replace("status", {"id": 9999}))
    assert problems(answer) == [("NotFound", "status/id")]
    assert site.simulator.ticket(number)["summary"] == "VPN drops"


def test_a_path_into_a_reference_answers_well_and_changes_nothing(site: Site) -> None:
    number = site.a_ticket()
    wanted = replace("status/id", site.status("Service Desk", "In Progress"))
    assert site.patch(number, wanted).json["status"]["name"] == "New"
    site.simulator.faults.subpath_patch_works = True
    assert site.patch(number, wanted).json["status"]["name"] == "In Progress"


def test_a_patch_moves_last_updated_and_names_the_api_member(site: Site) -> None:
    number = site.a_ticket()
    site.clock.advance(timedelta(seconds=90))
    info = site.patch(number, replace("summary", "y")).json["_info"]
    assert (info["lastUpdated"], info["updatedBy"]) == ("2026-01-15T09:01:30Z", "connector-api")
    assert info["dateEntered"] == "2026-01-15T09:00:00Z"


# Board, status, team, owner.


def test_a_status_of_another_board_is_refused(site: Site) -> None:
    foreign = site.status("Tier 3", "In Progress")
    answer = site.patch(site.a_ticket(), replace("status", {"id": foreign}))
    assert problems(answer) == [("NotFound", "status/id")]
    assert answer.json["errors"][0]["message"] == f"Service Status {foreign} not found for Service Board 1"


def test_an_unknown_status_name_is_refused_by_its_name(site: Site) -> None:
    answer = site.patch(site.a_ticket(), replace("status", {"name": "Nowhere"}))
    assert problems(answer) == [("NotFound", "status/name")]


def test_an_inactive_status_is_refused(site: Site) -> None:
    old = site.simulator.add_status("Service Desk", "Old", inactive=True)
    assert problems(site.patch(site.a_ticket(), replace("status", {"id": old}))) == [("InvalidField", "status/id")]


def test_a_team_of_another_board_is_refused(site: Site) -> None:
    answer = site.patch(site.a_ticket(), replace("team", {"id": site.team("Tier 3", "Seniors")}))
    assert problems(answer) == [("NotFound", "team/id")]


def test_board_status_team_and_owner_move_together(site: Site) -> None:
    number = site.a_ticket()
    moved = site.patch(
        number,
        replace("board", {"id": site.board("Tier 3")}),
        replace("status", {"id": site.status("Tier 3", "Assigned")}),
        replace("team", {"id": site.team("Tier 3", "Seniors")}),
        replace("owner", {"id": site.member("sam")}),
    ).json
    assert [moved[name]["name"] for name in ("board", "status", "team", "owner")] == [
        "Tier 3",
        "Assigned",
        "Seniors",
        "Sam Senior",
    ]
    assert moved["resources"] == "sam"


def test_a_move_without_a_status_takes_the_new_boards_default(site: Site) -> None:
    moved = site.patch(site.a_ticket(status="In Progress"), replace("board", {"name": "Tier 3"})).json
    assert moved["status"]["id"] == site.status("Tier 3", "New")
    assert moved["team"]["id"] == site.team("Tier 3", "Seniors")


def test_a_move_without_a_status_can_be_refused(site: Site) -> None:
    site.simulator.faults.board_move_needs_status = True
    answer = site.patch(site.a_ticket(), replace("board", {"name": "Tier 3"}))
    assert problems(answer) == [("NotFound", "status/id")]


def test_an_inactive_board_is_refused(site: Site) -> None:
    closed = site.simulator.add_board("Closed", inactive=True)
    assert ("InvalidField", "board/id") in problems(site.patch(site.a_ticket(), replace("board", {"id": closed})))


@pytest.mark.parametrize(("value", "code"), [({"id": 999}, "NotFound"), ({"identifier": "gone"}, "InvalidField")])
def test_an_unknown_or_inactive_owner_is_refused(site: Site, value: dict[str, Any], code: str) -> None:
    answer = site.patch(site.a_ticket(), replace("owner", value))
    assert [one for one, _ in problems(answer)] == [code]


REMOVALS = {
    "remove": {"op": "remove", "path": "owner"},
    "null": replace("owner", None),
    "empty": replace("owner", ""),
}


@pytest.mark.parametrize("form", REMOVALS)
def test_an_owner_goes_only_by_the_forms_that_are_switched_on(site: Site, form: str) -> None:
    number = site.a_ticket(owner="tess")
    site.simulator.faults.owner_removal = frozenset(REMOVALS) - {form}
    assert problems(site.patch(number, REMOVALS[form])) == [("InvalidField", "owner")]
    site.simulator.faults.owner_removal_is_ignored = True
    assert site.patch(number, REMOVALS[form]).json["owner"]["identifier"] == "tess"
    site.simulator.faults.owner_removal = frozenset({form})
    gone = site.patch(number, REMOVALS[form]).json
    assert "owner" not in gone
    assert "resources" not in gone


# Service-level dates and closing.


def test_each_stage_is_stamped_when_it_is_first_reached(site: Site) -> None:
    number = site.a_ticket()
    desk = site.simulator
    for status, minutes in (("In Progress", 5), ("Plan made", 10), ("In Progress", 10), ("Resolved", 15)):
        site.clock.advance(timedelta(minutes=minutes))
        desk.set_status(number, status, by="tess")
    ticket = desk.ticket(number)
    assert [ticket[name] for name in ("dateResponded", "dateResplan", "dateResolved")] == [
        "2026-01-15T09:05:00Z",
        "2026-01-15T09:15:00Z",
        "2026-01-15T09:40:00Z",
    ]
    assert ticket["resplanBy"] == "tess"
    assert ticket["closedFlag"] is False


def test_a_ticket_created_in_a_later_stage_is_stamped_at_creation(site: Site) -> None:
    ticket = site.simulator.ticket(site.a_ticket(status="Plan made"))
    assert ticket["dateResponded"] == ticket["dateResplan"] == ticket["_info"]["dateEntered"]
    assert "dateResolved" not in ticket


def test_a_waiting_status_stamps_nothing(site: Site) -> None:
    ticket = site.simulator.ticket(site.a_ticket(status="Waiting on client"))
    assert "dateResponded" not in ticket


def test_closing_sets_the_closed_fields_and_reopening_takes_them_back(site: Site) -> None:
    number = site.a_ticket()
    site.simulator.close_ticket(number, by="tess")
    closed = site.simulator.ticket(number)
    assert (closed["closedFlag"], closed["closedBy"]) == (True, "tess")
    assert closed["closedDate"] == closed["dateResolved"] == "2026-01-15T09:00:00Z"
    site.simulator.reopen(number, "In Progress")
    again = site.simulator.ticket(number)
    assert again["closedFlag"] is False
    assert not {"closedDate", "closedBy", "dateResolved"} & set(again)
    assert again["dateResponded"] == "2026-01-15T09:00:00Z"


def test_resolving_is_not_closing(site: Site) -> None:
    number = site.a_ticket()
    site.simulator.resolve(number)
    ticket = site.simulator.ticket(number)
    assert (ticket["status"]["name"], ticket["closedFlag"]) == ("Resolved", False)


def test_a_closed_ticket_refuses_a_patch_when_switched_so(site: Site) -> None:
    number = site.a_ticket()
    site.simulator.close_ticket(number)
    assert site.patch(number, replace("summary", "y")).status_code == 200
    site.simulator.faults.closed_tickets_refuse_patch = True
    refused = site.patch(number, replace("summary", "z"))
    assert (refused.status_code, refused.json["code"]) == (403, "Security")


# The site's own rules.


def test_a_workflow_rule_takes_a_patch_back_behind_its_answer(site: Site) -> None:
    number = site.a_ticket(owner="tess")
    site.simulator.faults.workflow_reverts = frozenset({"owner", "board", "status"})
    site.simulator.faults.workflow_times = 1
    wanted = (replace("board", {"name": "Tier 3"}), replace("owner", {"identifier": "sam"}))
    assert site.patch(number, *wanted).json["owner"]["identifier"] == "sam"
    after = site.get(f"service/tickets/{number}").json
    assert (after["owner"]["identifier"], after["board"]["name"]) == ("tess", "Service Desk")
    assert after["_info"]["updatedBy"] == "workflow"
    site.patch(number, *wanted)
    assert site.get(f"service/tickets/{number}").json["owner"]["identifier"] == "sam"


def test_a_workflow_rule_can_set_fields_of_its_own(site: Site) -> None:
    number = site.a_ticket()
    site.simulator.faults.workflow_sets = {"status": {"name": "Scheduled"}}
    site.patch(number, replace("summary", "y"))
    assert site.simulator.ticket(number)["status"]["name"] == "Scheduled"


# The other verbs.


def test_a_put_replaces_everything(site: Site) -> None:
    number = site.a_ticket(owner="tess")
    answer = site.call("PUT", f"service/tickets/{number}", {"summary": "n", "company": {"id": 16}})
    assert answer.status_code == 200
    assert (answer.json["id"], answer.json["summary"]) == (number, "n")
    assert "owner" not in answer.json
    assert answer.json["_info"]["enteredBy"] == "dispatch"


def test_a_deleted_ticket_is_gone_with_its_entries(site: Site) -> None:
    number = site.a_ticket()
    site.simulator.add_time_entry(number, "tess", "looked at it")
    assert site.call("DELETE", f"service/tickets/{number}").status_code == 204
    assert site.get(f"service/tickets/{number}").status_code == 404
    assert site.get(f"service/tickets/{number}/notes").status_code == 404
    assert site.get("time/entries").json == []
    with pytest.raises(Refusal, match="not found"):
        site.simulator.ticket(number)


def test_a_merged_ticket_names_its_parent_and_is_closed(site: Site) -> None:
    child, parent = site.a_ticket(), site.a_ticket(summary="The same")
    sent = {"mergeTicketIds": [child], "status": {"id": site.status("Service Desk", ">Closed")}}
    assert site.call("POST", f"service/tickets/{parent}/merge", sent).json["success"] is True
    merged = site.simulator.ticket(child)
    assert (merged["mergedParentTicket"]["id"], merged["closedFlag"]) == (parent, True)
    assert site.simulator.ticket(parent)["hasMergedChildTicketFlag"] is True
    assert site.call("POST", f"service/tickets/{parent}/merge", {"status": {"id": 1}}).status_code == 400


def test_a_schedule_entry_can_hand_over_ownership(site: Site) -> None:
    number = site.a_ticket(owner="tess")
    sent = {"objectId": number, "member": {"identifier": "sam"}, "type": {"id": 4}, "ownerFlag": True}
    entry = site.call("POST", "schedule/entries", sent).json
    assert site.simulator.ticket(number)["owner"]["identifier"] == "sam"
    assert site.get(f"service/tickets/{number}/scheduleentries").json[0]["id"] == entry["id"]
    assert site.call("DELETE", f"schedule/entries/{entry['id']}").status_code == 204
    wrong = {"objectId": 1, "member": {"identifier": "gone"}}
    assert len(problems(site.call("POST", "schedule/entries", wrong))) == 3


def test_the_audit_trail_tells_of_moves(site: Site) -> None:
    number = site.a_ticket()
    site.simulator.assign(number, "tess", by="maria")
    lines = site.get("system/audittrail", type="Ticket", id=number).json
    assert re.search(r'Owner has been updated from "\(none\)" to "Tess Tech"', lines[-1]["text"])
    assert lines[-1]["enteredBy"] == "maria"
    forward = site.get("system/audittrail", headers={"pagination-type": "forward-only"}, type="Ticket", id=number)
    assert forward.status_code == 400


# Setup tables.


def test_setup_tables_answer_names_to_ids(site: Site) -> None:
    board = site.board("Service Desk")
    statuses = {one["name"]: one for one in site.get(f"service/boards/{board}/statuses").json}
    assert statuses["New"]["defaultFlag"] is True
    assert statuses["Waiting on client"]["escalationStatus"] == "NoEscalation"
    assert statuses[">Closed"]["closedStatus"] is True
    team = site.get(f"service/boards/{board}/teams").json[0]
    assert (team["boardId"], team["members"]) == (board, [site.member(name) for name in ("tess", "tom", "gone")])
    assert site.get("system/members/gone").json["inactiveFlag"] is True
    assert site.get(f"system/members/{site.member('tess')}").json["identifier"] == "tess"
    assert site.get("service/priorities/count").json == {"count": 4}
    assert len(site.get("service/teams").json) == 4
    assert site.get("service/statuses").json == []


@pytest.mark.parametrize("path", ["service/boards/99/statuses", "service/boards/99", "system/members/nobody"])
def test_a_setup_record_that_is_not_there_is_not_found(site: Site, path: str) -> None:
    assert site.get(path).status_code == 404


def test_names_of_python_calls_must_exist(site: Site) -> None:
    with pytest.raises(LookupError, match="no board 'Nowhere'"):
        site.a_ticket(board="Nowhere")


def test_recorded_records_are_given_out_as_they_were(site: Site) -> None:
    ticket = {
        "id": 77,
        "summary": "Recorded",
        "board": {"id": 40, "name": "Remote"},
        "status": {"id": 900, "name": "Queued"},
        "company": {"id": 5, "identifier": "Old", "name": "Old Co"},
        "owner": {"id": 638, "identifier": "rec", "name": "Rec Orded"},
        "priority": {"id": 70, "name": "Odd", "sort": 9},
        "team": {"id": 801, "name": "Night"},
        "closedFlag": False,
        "_info": {"lastUpdated": "2022-09-01T08:45:10Z", "dateEntered": "2022-09-01T08:00:00Z"},
    }
    later = site.a_ticket()
    site.simulator.load_ticket(ticket, "NotResponded")
    note = {"id": 9, "text": "old", "_info": {}, "member": {"id": 639, "identifier": "two", "name": "T Wo"}}
    site.simulator.load_note(note, 77)
    site.simulator.load_time_entry({"id": 8, "timeStart": "2022-09-01T08:00:00Z"}, 77)
    assert site.get("service/tickets/77").json == ticket
    assert [one["id"] for one in site.get("service/tickets").json] == [77, later]
    assert site.get("service/tickets/77/notes").json == [{**note, "ticketId": 77}]
    assert site.get("time/entries", conditions="chargeToId=77").json[0]["id"] == 8
    assert number_of(site.simulator.state.boards, "Remote") == 40
    assert site.get("service/boards/40/statuses").json[0]["escalationStatus"] == "NotResponded"
    changed = site.patch(77, replace("owner", {"identifier": "two"})).json
    assert changed["owner"]["id"] == 639


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("summary", " ", "MissingRequiredField"),
        ("summary", 5, "InvalidField"),
        ("company", None, "MissingRequiredField"),
        ("company", "Acme", "InvalidField"),
        ("priority", {"id": 99}, "NotFound"),
        ("contact", {"name": "Nobody"}, "NotFound"),
        ("severity", "Huge", "InvalidField"),
        ("budgetHours", "many", "InvalidField"),
        ("automaticEmailCcFlag", "yes", "InvalidField"),
        ("requiredDate", 20260115, "InvalidField"),
        ("customFields", {}, "InvalidField"),
        ("type", "Incident", "InvalidField"),
        ("status", "New", "InvalidField"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(site: Site, name: str, value: Any, code: str) -> None:
    answer = site.patch(site.a_ticket(), replace(name, value))
    assert [one for one, _ in problems(answer)] == [code]


def test_fields_that_can_be_written_are_kept(site: Site) -> None:
    fields = {
        "severity": "High",
        "budgetHours": 2.5,
        "automaticEmailCcFlag": True,
        "requiredDate": "2026-01-20T00:00:00Z",
        "customFields": [{"id": 1, "value": "x"}],
        "type": {"id": 14, "name": "Incident"},
    }
    number = site.a_ticket()
    changed = site.patch(number, *(replace(name, value) for name, value in fields.items())).json
    assert {name: changed[name] for name in fields} == fields
    moved = site.patch(number, replace("board", {"name": "Tier 3"}), {"op": "remove", "path": "requiredDate"}).json
    # A type belongs to its board.
    assert not {"type", "requiredDate"} & set(moved)


def test_a_team_can_be_taken_off_and_renamed(site: Site) -> None:
    number = site.a_ticket()
    assert "team" not in site.patch(number, {"op": "remove", "path": "team"}).json
    site.simulator.rename_team("Service Desk", "First Touch", "Front Line")
    assert site.patch(number, replace("team", {"name": "Front Line"})).json["team"]["name"] == "Front Line"


def test_an_unwritable_field_of_a_new_ticket_is_refused(site: Site) -> None:
    answer = site.call("POST", "service/tickets", {"summary": "x", "company": {"id": 16}, "closedFlag": True})
    assert problems(answer) == [("InvalidField", "closedFlag")]
