"""The strict simulator: what it refuses, ignores without a word, and does besides."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from adapters.halopsa import simulator as module
from adapters.halopsa.simulation.faults import ERROR_FORMS, RATE_TEXT
from adapters.halopsa.simulator import Simulator
from adapters.simulation import serving
from connector.clock import VirtualClock
from tests.adapters.halopsa.simulated import START, Site


@pytest.fixture
def site() -> Site:
    return Site()


def test_a_call_without_a_good_token_is_refused(site: Site) -> None:
    ticket = site.a_ticket()
    good = site.token()
    assert site.call("GET", f"Tickets/{ticket}", token=good).status_code == 200
    assert site.call("GET", f"Tickets/{ticket}", token="").status_code == 401
    assert site.call("GET", f"Tickets/{ticket}", token="made up").status_code == 401
    site.clock.advance(timedelta(seconds=3600))
    assert site.call("GET", f"Tickets/{ticket}", token=good).status_code == 401
    fresh = site.token()
    site.simulator.revoke_tokens()
    assert site.call("GET", f"Tickets/{ticket}", token=fresh).status_code == 401


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({}, 200, None),
        ({"scope": "read:tickets edit:tickets"}, 200, None),
        ({"scope": "read:agents"}, 400, "invalid_scope"),
        ({"scope": ""}, 400, "invalid_scope"),
        ({"client_secret": "wrong"}, 400, "invalid_client"),
        ({"client_id": "wrong"}, 400, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_the_token_endpoint_is_strict(site: Site, changes: dict[str, str], status: int, error: str | None) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": site.simulator.client_id,
        "client_secret": site.simulator.client_secret,
        "scope": "all",
        **changes,
    }
    client = site.simulator.app.test_client()
    answer = client.post("/auth/token", data=form)
    assert (answer.status_code, answer.get_json().get("error")) == (status, error)
    assert client.post("/auth/token", json=form).status_code == 400


def test_the_tenant_is_checked_where_there_is_one() -> None:
    site = Site(tenant="harbour")
    form = {
        "grant_type": "client_credentials",
        "client_id": site.simulator.client_id,
        "client_secret": site.simulator.client_secret,
        "scope": "all",
    }
    client = site.simulator.app.test_client()
    assert client.post("/auth/token", data=form).status_code == 404
    assert client.post("/auth/token?tenant=Harbour", data=form).status_code == 200
    assert client.get("/api/authinfo").get_json()["tenant_id"] == "harbour"
    assert site.simulator.environment()["HALOPSA_TENANT"] == "harbour"


@pytest.mark.parametrize("sent", [{"summary": "x"}, [], [7], "text"])
def test_only_arrays_of_objects_are_taken(site: Site, sent: Any) -> None:
    assert site.call("POST", "Tickets", sent).status_code == 400
    assert site.call("POST", "Actions", sent).status_code == 400


def test_a_body_that_is_no_json_is_refused(site: Site) -> None:
    headers = {"Authorization": f"Bearer {site.token()}"}
    client = site.simulator.app.test_client()
    assert client.post("/api/Tickets", data="[", headers=headers).status_code == 415
    wrong = client.post("/api/Tickets", data="[", content_type="application/json", headers=headers)
    assert wrong.status_code == 400


def test_a_bare_object_is_taken_where_the_instance_is_lenient(site: Site) -> None:
    site.faults.strict_arrays = False
    assert site.call("POST", "Tickets", {"summary": "x"}).status_code == 201


def test_a_post_without_an_id_creates_and_answers_the_last_one(site: Site) -> None:
    answer = site.call("POST", "Tickets", [{"summary": "one"}, {"summary": "two"}])
    assert (answer.status_code, answer.get_json()["summary"]) == (201, "two")
    assert len(site.simulator.state.tickets) == 2
    both = site.call("POST", "Tickets", [{"summary": "three"}, {"summary": "four"}], returnall="true").get_json()
    assert [ticket["summary"] for ticket in both] == ["three", "four"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"id": 99}, 404),
        ({"id": "x"}, 400),
        ({"id": 1001, "agent_id": 95.0}, 400),
        ({"id": 1001, "agent_id": 999}, 400),
        ({"id": 1001, "team_id": 999}, 400),
        ({"id": 1001, "status_id": 999}, 400),
        ({"id": 1001, "priority_id": 999}, 400),
        ({"id": "1001", "agent_id": "5", "_agent01_ok": True}, 201),
        ({"id": 1001, "nonsense": 7, "actions": [{"note": "x"}], "note": "y"}, 201),
    ],
)
def test_what_is_written_to_a_ticket_is_checked_and_unknown_fields_are_ignored(
    site: Site, sent: dict[str, Any], status: int
) -> None:
    ticket = site.a_ticket()
    assert site.call("POST", "Tickets", [sent]).status_code == status
    assert len(site.simulator.actions_of(int(ticket))) == 1


def test_an_agent_outside_the_team_is_a_question_that_only_the_flag_answers(site: Site) -> None:
    ticket = site.a_ticket()
    irene = site.simulator._agent("Irene Systems")
    sent = {"id": int(ticket), "agent_id": irene}
    assert site.call("POST", "Tickets", [sent]).status_code == 400
    assert site.call("POST", "Tickets", [{**sent, "_agent01_ok": True}]).get_json()["agent_id"] == irene


def test_a_change_of_the_team_alone_resets_the_agent(site: Site) -> None:
    ticket = site.a_ticket(agent="Tess Tech")
    answer = site.call("POST", "Tickets", [{"id": int(ticket), "team": "Tier 3"}]).get_json()
    assert (answer["team"], answer["agent_id"], answer["agent_name"]) == ("Tier 3", 1, "Unassigned")


def test_dates_differ_between_reads_and_writes_and_sentinels_stand_for_nothing(site: Site) -> None:
    site.clock.advance(timedelta(milliseconds=250))
    ticket = site.a_ticket()
    read = site.call("GET", f"tickets/{ticket}").get_json()
    assert (read["dateoccurred"], read["dateclosed"]) == ("2026-03-02T09:00:00.25", "1899-12-30T00:00:00")
    written = site.call("POST", "TICKETS", [{"id": int(ticket), "summary": "x"}]).get_json()
    assert written["dateoccurred"] == "2026-03-02T09:00:00.2500000Z"
    assert "last_update" not in written
    assert written["flastupdate"].endswith("Z")


def test_rows_of_a_list_are_thinner_and_pages_are_capped(site: Site) -> None:
    for _ in range(103):
        site.a_ticket()
    page = site.call("GET", "Tickets", pageinate="true", page_size="500", page_no="2", order="id").get_json()
    assert (page["record_count"], page["page_size"], len(page["tickets"])) == (103, 100, 3)
    assert not {"priority", "agent_name", "team_id", "details"} & set(page["tickets"][0])
    assert len(site.call("GET", "Tickets", count="7").get_json()["tickets"]) == 7


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 2),
        ({"includeclosed": "true"}, 3),
        ({"open_only": "true"}, 2),
        ({"closed_only": "true"}, 1),
        ({"team": "3"}, 1),
        ({"agent_id": "1", "includeclosed": "true"}, 2),
        ({"status": "9", "includeclosed": "true"}, 1),
        ({"ticketids": "1001,1002"}, 2),
        ({"lastupdatefromdate": "2026-03-02T09:01:00", "includeclosed": "true"}, 1),
        ({"lastupdatefromdate": "2026-03-02T09:01:00Z", "includeclosed": "true"}, 1),
        ({"lastupdatefromdate": "yesterday"}, 2),
        ({"openonly": "true", "lastupdatedfrom": "2026-03-02T09:01:00"}, 2),
    ],
)
def test_filters_work_and_those_that_are_not_known_are_ignored(site: Site, query: dict[str, str], count: int) -> None:
    site.a_ticket(agent="Tess Tech")
    site.a_ticket(team="Tier 3")
    closed = site.a_ticket()
    site.later(2)
    site.simulator.set_status(int(closed), "Closed")
    assert site.call("GET", "Tickets", **query).get_json()["record_count"] == count


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"outcome_id": 7, "note": "x"}, "ticket_id must be included"),
        ({"ticket_id": 1001, "note": "x"}, "An Outcome must be entered for this Action"),
        ({"ticket_id": 1001, "outcome_id": 77}, "An Outcome must be entered for this Action"),
        ({"ticket_id": 1001, "outcome": "No such"}, "An Outcome must be entered for this Action"),
    ],
)
def test_an_action_needs_its_ticket_and_its_outcome(site: Site, sent: dict[str, Any], words: str) -> None:
    site.a_ticket()
    answer = site.call("POST", "Actions", [sent])
    assert answer.status_code == 400
    assert words in answer.get_json()["error"]


def test_a_wrong_name_for_hiding_makes_a_public_note(site: Site) -> None:
    ticket = site.a_ticket()
    sent = {"ticket_id": int(ticket), "outcome": "Private Note", "note": "x", "hiddenfromclient": True}
    assert site.call("POST", "Actions", [sent]).get_json()["hiddenfromuser"] is False


def test_actions_count_per_ticket_come_newest_first_and_need_their_ticket(site: Site) -> None:
    one, two = site.a_ticket(), site.a_ticket()
    for ticket in (one, two):
        sent = {
            "ticket_id": int(ticket),
            "outcome_id": 7,
            "note_html": "<p>a &amp; b</p><p>c</p>",
            "hiddenfromuser": True,
        }
        assert site.call("POST", "Actions", [sent]).get_json()["id"] == 2
    listed = site.call("GET", "Actions", ticket_id=one).get_json()
    assert [row["id"] for row in listed["actions"]] == [2, 1]
    assert (listed["actions"][0]["note"], "note_html" in listed["actions"][0]) == ("a & bc", False)
    with_html = site.call("GET", "Actions", ticket_id=one, includehtmlnote="true").get_json()
    assert with_html["actions"][0]["note_html"] == "<p>a &amp; b</p><p>c</p>"
    assert site.call("GET", "Actions/2").status_code == 400
    assert site.call("GET", "Actions/2", ticket_id=one).get_json()["ticket_id"] == int(one)
    assert site.call("GET", "Actions/9", ticket_id=one).status_code == 404
    assert "when deleting an Action" in site.call("DELETE", "Actions/2").get_json()["error"]
    assert site.call("DELETE", "Actions/2", ticket_id=one).status_code == 200
    assert site.call("GET", "Actions", ticket_id=one, count="1").get_json()["record_count"] == 1
    assert site.call("GET", "Actions").status_code == 400
    assert site.call("GET", "Actions", ticket_id="99").status_code == 404


def test_an_action_is_changed_by_its_id(site: Site) -> None:
    ticket = site.a_ticket()
    site.simulator.add_note(int(ticket), "x", "Tess Tech")
    sent = {"ticket_id": int(ticket), "id": 2, "note_html": "y", "hiddenfromuser": False}
    assert site.call("POST", "Actions", [sent]).status_code == 201
    row = site.simulator.actions_of(int(ticket))[-1]
    assert (row["_html"], row["hiddenfromuser"]) == ("y", False)


def test_an_action_can_do_more_to_its_ticket_than_add_a_note(site: Site) -> None:
    ticket = int(site.a_ticket())
    kind = site.simulator.state.ticket_types[1]
    kind["statusaftertechupdate"] = 3
    base = {"ticket_id": ticket, "outcome_id": 7, "note": "x", "hiddenfromuser": True}
    site.call("POST", "Actions", [base])
    assert site.simulator.ticket(ticket)["status_id"] == 3
    site.call("POST", "Actions", [{**base, "new_status": "4", "status_id": 9}])
    assert site.simulator.ticket(ticket)["status_id"] == 4
    sam = site.simulator._agent("Sam Senior")
    site.call("POST", "Actions", [{**base, "new_team": "Tier 3", "new_agent": sam, "new_priority": 1}])
    shown = site.simulator.ticket(ticket)
    assert (shown["team"], shown["agent_id"], shown["priority_id"]) == ("Tier 3", sam, 1)
    site.simulator.state.outcomes[7]["newstatus"] = 28
    site.call("POST", "Actions", [base])
    assert site.simulator.ticket(ticket)["onhold"] is True
    kind["statusafteruserupdate"] = 2
    site.simulator.user_writes(ticket, "hello")
    assert site.simulator.ticket(ticket)["status_id"] == 2
    site.call("POST", "Actions", [{**base, "outcome_id": 16}])
    assert len(site.simulator.mails()) == 1


@pytest.mark.parametrize("form", ERROR_FORMS)
def test_errors_have_no_fixed_form(site: Site, form: str) -> None:
    site.faults.error_form = form
    answer = site.call("GET", "Tickets/99")
    assert answer.status_code == 404
    assert "not found" in answer.text
    assert (answer.mimetype == "text/plain") is (form == "text")
    assert site.call("GET", "Nowhere").status_code == 404


def test_too_many_calls_in_five_minutes_are_answered_429_in_plain_text(site: Site) -> None:
    ticket, token = site.a_ticket(), site.token()
    site.faults.rolling_limit(3, 300.0)
    statuses = [site.call("GET", f"Tickets/{ticket}", token=token).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    refused = site.call("GET", f"Tickets/{ticket}", token=token)
    assert (refused.text, refused.mimetype, refused.headers.get("Retry-After")) == (RATE_TEXT, "text/plain", None)
    site.clock.advance(timedelta(seconds=300))
    assert site.call("GET", f"Tickets/{ticket}", token=token).status_code == 200
    site.faults.rolling_limit(1, 300.0, names_wait=True)
    site.call("GET", f"Tickets/{ticket}", token=token)
    site.clock.advance(timedelta(seconds=100))
    assert site.call("GET", f"Tickets/{ticket}", token=token).headers["Retry-After"] == "200"


def test_an_outage_refuses_everything(site: Site) -> None:
    site.faults.outage = True
    assert site.call("GET", "Tickets", token="x").status_code == 503


def test_a_deleted_ticket_is_gone_and_its_id_is_not_taken_again(site: Site) -> None:
    ticket = site.a_ticket()
    assert site.call("DELETE", f"Tickets/{ticket}").status_code == 200
    assert site.call("GET", f"Tickets/{ticket}").status_code == 404
    assert site.a_ticket() != ticket


def test_setup_tables_are_given_in_their_several_shapes(site: Site) -> None:
    assert {team["name"] for team in site.call("GET", "Team").get_json()} >= {"First Touch", "Tier 3"}
    assert len(site.call("GET", "Team", showall="true").get_json()) == len(site.call("GET", "Team").get_json()) + 1
    agents = site.call("GET", "Agent").get_json()["results"]
    everyone = {"includedisabled": "true", "includeapiagents": "true", "includeunassigned": "true"}
    assert len(site.call("GET", "Agent", **everyone).get_json()["results"]) == len(agents) + 3
    site.faults.agent_envelope = "agents"
    assert set(site.call("GET", "Agent").get_json()) == {"agents"}
    me = site.call("GET", "Agent/me").get_json()
    assert (me["id"], me["isapiagent"]) == (site.simulator.api_agent, True)
    assert site.call("GET", f"Agent/{me['id']}").get_json() == me
    assert site.call("GET", "Agent/999").status_code == 404
    assert len(site.call("GET", "Priority", slaid="1").get_json()) == 4
    assert {row["type"] for row in site.call("GET", "Status", type="0").get_json()} == {0, 1}
    assert site.call("GET", "Client").get_json()["record_count"] == 3
    for name in ("Outcome", "TicketType", "Workday", "WebhookEvent"):
        assert site.call("GET", name).status_code == 200


def test_webhooks_need_a_sound_address_and_do_not_give_out_their_secret(site: Site) -> None:
    assert site.call("POST", "Webhook", [{"url": "ftp://x"}]).status_code == 400
    sent = {"url": "https://hook.example.com/x", "authentication_type": "1", "basic_password": "hush"}
    made = site.call("POST", "Webhook", [sent]).get_json()
    assert made["authentication_type"] == 1
    assert "basic_password" not in made
    assert site.call("GET", f"Webhook/{made['id'].upper()}").get_json()["id"] == made["id"]
    assert site.call("POST", "Webhook", [{**sent, "id": "5f0c2f8e"}]).status_code == 404
    assert site.call("POST", "Notification", [{"webhook_id": "x", "eventno": 3}]).status_code == 404
    assert site.call("DELETE", "Notification/99").status_code == 404


def test_a_webhook_that_fails_again_and_again_is_disabled_and_nothing_is_sent_twice(site: Site) -> None:
    made = site.call("POST", "Webhook", [{"url": "https://hook.example.com/x"}]).get_json()
    site.call("POST", "Notification", [{"webhook_id": made["id"], "eventno": "3"}])
    site.answers = [500, 0, 404, 202, 500, 500, 500, 500, 500]
    for _ in range(11):
        site.a_ticket()
        site.simulator.deliver_pending()
    assert len(site.posts) == 9
    assert [delivery.has_arrived for delivery in site.simulator.deliveries].count(True) == 1
    assert site.simulator.webhooks()[0]["disabled"] is True
    assert len(site.call("GET", "WebhookEvent", webhook_id=made["id"]).get_json()) == 9
    assert site.simulator.proof(made["id"], b"x") == {}


def test_webhooks_leave_behind_threads_or_at_once() -> None:
    posted: list[str] = []

    def post(url: str, body: bytes, headers: Any, timeout: float) -> int:
        posted.append(url)
        return 202

    for mode in ("inline", "thread"):
        site = Site(callback_delivery=mode, post=post)
        made = site.call("POST", "Webhook", [{"url": f"https://hook.example.com/{mode}"}]).get_json()
        site.call("POST", "Notification", [{"webhook_id": made["id"], "eventno": 3}])
        site.a_ticket()
        assert site.simulator.wait_delivered(10)
        site.simulator.stop()
    assert posted == ["https://hook.example.com/inline", "https://hook.example.com/thread"]


def test_the_command_tells_how_to_reach_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted:
        def wait(self) -> None:
            raise KeyboardInterrupt

    monkeypatch.setattr(serving, "Waiting", Interrupted)
    result = CliRunner().invoke(module.main, ["--port", "0"])
    assert result.exit_code == 0
    assert "export HALOPSA_URL=http://127.0.0.1:" in result.output
    assert "Stopped." in result.output


def test_a_mistake_of_the_simulator_itself_is_not_hidden() -> None:
    simulator = Simulator(VirtualClock(START)).standard_desk()
    simulator.app.view_functions["GET /api/team"] = lambda: 1 / 0

    def serve() -> None:
        with simulator.serve() as address, requests.Session() as session:
            session.trust_env = False
            assert session.get(f"{address}/api/team", timeout=5).status_code == 500
            with pytest.raises(RuntimeError, match="serving already"):
                simulator.start()

    with pytest.raises(RuntimeError, match="the simulator itself failed"):
        serve()
