"""The simulator refuses what a real RT refuses, in the same way."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.request_tracker.simulation.furnishing import CONNECTOR_GROUP
from adapters.request_tracker.simulator import Simulator, main
from connector.clock import VirtualClock
from connector.errors import Temporary
from connector.model import TicketId
from tests.adapters.request_tracker.simulated import NINE, Site


def put(site: Site, ticket: TicketId, who: str = "tess", **change: Any) -> Any:
    answer = site.call(who, "PUT", f"ticket/{ticket}", change)
    assert answer.status_code == 200
    return answer.get_json()


def test_nobody_gets_in_without_good_credentials(site: Site) -> None:
    client = site.simulator.app.test_client()
    for header in ("", "token 1-14-bad", "Basic !!", "Basic dGVzczp3cm9uZw==", "Bearer x"):
        answer = client.get("/REST/2.0/rt", headers={"Authorization": header})
        assert (answer.status_code, answer.get_json()) == (401, {"message": "Unauthorized"})
    assert site.call("gone", "GET", "rt").status_code == 401
    site.simulator.withdraw_token(site.simulator.token)
    assert client.get("/REST/2.0/rt", headers={"Authorization": f"token {site.simulator.token}"}).status_code == 401


def test_a_refused_change_is_answered_200_with_a_sentence(site: Site) -> None:
    site.simulator.own_at_home_only()
    ticket = site.ticket()
    assert put(site, ticket, Owner="sam") == [f"Ticket {ticket}: That user may not own tickets in that queue"]
    assert put(site, ticket, Owner="nobody-there") == [f"Ticket {ticket}: That user does not exist"]
    assert put(site, ticket, Status="nonsense") == [
        f"Ticket {ticket}: Status 'nonsense' isn't a valid status for this ticket."
    ]
    assert put(site, ticket, Queue="Nope") == [f"Ticket {ticket}: Queue Nope does not exist"]
    assert put(site, ticket, "adam", Status="open") == [f"Ticket {ticket}: Permission Denied"]
    assert put(site, ticket, Nonsense="x") == []
    assert put(site, ticket, Owner="tess", Queue="First Touch", Status="new", Subject="VPN drops") == []


def test_sentences_come_in_the_users_language(site: Site) -> None:
    site.simulator.user("tess").language = "de"
    ticket = site.ticket()
    assert put(site, ticket, Owner="tom") == [f"Ticket {ticket}: Besitzer wurde von tess zu tom geändert"]
    assert put(site, ticket, Subject="x") == [f"Ticket {ticket}: Subject changed from 'VPN drops' to 'x'"]


def test_notes_are_refused_with_400_whatever_is_missing(site: Site) -> None:
    ticket = site.ticket()
    note = {"Content": "x", "ContentType": "text/plain"}
    for who, path, sent, status, body in (
        ("tess", "ticket/99/comment", note, 400, {"message": "Message could not be recorded"}),
        ("connie@acme.test", f"ticket/{ticket}/comment", note, 400, {"message": "Permission Denied"}),
        (
            "tess",
            f"ticket/{ticket}/comment",
            {"Content": "x"},
            400,
            {"message": "ContentType is a required field for application/json"},
        ),
        ("tess", f"ticket/{ticket}/comment", {}, 201, ["Comments added"]),
        (
            "tess",
            f"ticket/{ticket}/comment",
            {**note, "TxnCustomFields": {"Nope": "x"}, "Status": "nonsense"},
            201,
            [
                "Comments added",
                "Unable to load transaction custom field: Nope",
                "Status 'nonsense' isn't a valid status for this ticket.",
            ],
        ),
    ):
        answer = site.call(who, "POST", path, sent)
        assert (answer.status_code, answer.get_json()) == (status, body)


def test_broken_json_is_400_on_a_change_and_500_without_a_body_on_a_note(site: Site) -> None:
    ticket = site.ticket()
    headers = {"Content-Type": "application/json"}
    client = site.simulator.app.test_client()
    auth = {**headers, "Authorization": site.desk._as_user("tess")}
    assert client.put(f"/REST/2.0/ticket/{ticket}", data=b"{", headers=auth).status_code == 400
    answer = client.post(f"/REST/2.0/ticket/{ticket}/comment", data=b"{", headers=auth)
    assert (answer.status_code, answer.data) == (500, b"")
    assert client.put(f"/REST/2.0/ticket/{ticket}", json=["x"], headers=auth).status_code == 400
    form = {**auth, "Content-Type": "application/x-www-form-urlencoded"}
    assert client.put(f"/REST/2.0/ticket/{ticket}", data=b"a=b", headers=form).status_code == 415


def test_methods_that_are_none_are_told(site: Site) -> None:
    ticket = site.ticket()
    assert site.call("tess", "POST", f"ticket/{ticket}", {}).status_code == 409
    answer = site.call("tess", "DELETE", f"ticket/{ticket}/comment")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert site.call("tess", "GET", "nothing/here").get_json() == {"message": "Not Found"}
    assert site.simulator.app.test_client().get("/").status_code == 404


def test_states_are_matched_on_changes_and_never_on_notes(site: Site) -> None:
    ticket = site.ticket()
    etag = site.call("tess", "GET", f"ticket/{ticket}").headers["ETag"]
    note = {"Content": "x", "ContentType": "text/plain"}
    assert site.call("tess", "POST", f"ticket/{ticket}/comment", note, {"If-Match": etag}).status_code == 412
    for matched, status in ((etag, 200), (etag.strip('"'), 412), ("*", 200)):
        answer = site.call("tess", "PUT", f"ticket/{ticket}", {"Subject": f"x{matched}"}, {"If-Match": matched})
        assert answer.status_code == status


def test_the_state_is_the_newest_transaction_that_one_may_see(site: Site) -> None:
    ticket = site.ticket()
    site.desk.note(ticket, "tess", "internal")
    client = site.call("connie@acme.test", "GET", f"ticket/{ticket}").headers["ETag"]
    assert client != site.call("tess", "GET", f"ticket/{ticket}").headers["ETag"]


def test_what_rt_falls_over_is_500_without_a_body(site: Site) -> None:
    ticket = site.ticket(description="x")
    for path, headers, query in (
        (f"ticket/{ticket}", {"If-Modified-Since": "Mon, 02 Mar 2026 09:00:00 GMT"}, {}),
        ("attachments", {}, {"fields": "Content,Parent"}),
    ):
        answer = site.call("escalator", "GET", path, None, headers, **query)
        assert (answer.status_code, answer.data) == (500, b"")


def test_a_delete_without_the_right_is_500_and_with_it_204(site: Site) -> None:
    ticket = site.ticket()
    assert site.call("tess", "DELETE", f"ticket/{ticket}").status_code == 500
    site.desk.delete(ticket)
    assert site.call("tess", "GET", f"ticket/{ticket}").get_json()["Status"] == "deleted"


def test_creating_is_refused_in_three_ways(site: Site) -> None:
    for sent, status in (
        ({"Subject": "x"}, 400),
        ({"Queue": "Nope", "Subject": "x"}, 403),
        ({"Queue": "Tier 3", "Status": "nonsense"}, 400),
    ):
        assert site.call("tess", "POST", "ticket", sent).status_code == status


def test_an_owner_who_may_not_own_does_not_get_a_new_ticket_and_nothing_is_said(site: Site) -> None:
    site.simulator.own_at_home_only()
    made = site.call("tess", "POST", "ticket", {"Queue": "Tier 3", "Subject": "x", "Owner": "tess"})
    assert made.status_code == 201
    assert site.desk.ticket(TicketId(made.get_json()["id"])).owner is None


def test_the_first_reply_opens_and_a_clients_reply_opens_again(site: Site) -> None:
    ticket = site.ticket()
    site.desk.note(ticket, "tess", "looking", internal=False)
    assert site.desk.ticket(ticket).status == "open"
    site.desk.set_status_named(ticket, "tess", "resolved")
    site.desk.client_writes(ticket, "no")
    data = site.call("tess", "GET", f"ticket/{ticket}").get_json()
    assert data["Status"] == "open"
    assert data["Resolved"] != "1970-01-01T00:00:00Z"
    assert data["Told"] == data["LastUpdated"]


def test_searches_are_refused_as_their_parser_does(site: Site) -> None:
    for query in (
        "Nope = 1",
        "id",
        "id > 1 AND",
        "(id > 1",
        "id ! 1",
        "Status LIKE 'x'",
        "Status > 'x'",
        "LastUpdated = '2026-03-02'",
        "id > 1 id",
        "id @ 1",
    ):
        assert site.call("tess", "GET", "tickets", query=query).status_code == 400, query


def test_searches_find_by_what_they_name(site: Site) -> None:
    first = site.ticket("One")
    second = site.ticket("Two", owner=None, tier=2)
    for query, found in (
        ("", [first, second]),
        ("Owner = 'tess'", [first]),
        ("Owner.Name != 'tess'", [second]),
        (f"Queue = {site.home(2).key} OR id = {first}", [first, second]),
        ("Queue = 'tier 3' AND Status = '__Active__'", [second]),
        ("Status = '__Inactive__'", []),
        ("Subject = 'it\\'s'", []),
        ("Priority >= 50 AND (Type = 'ticket')", [first, second]),
        ("Created < '2026-02-30 00:00:00'", []),
    ):
        items = site.call("tess", "GET", "tickets", query=query).get_json()["items"]
        assert [item["id"] for item in items] == found, query


def test_lists_have_twenty_rows_unless_told_and_never_more_than_a_hundred(site: Site) -> None:
    for asked, given in (("", 20), ("0", 20), ("x", 20), ("7", 7), ("1000", 100)):
        assert site.call("tess", "GET", "tickets", per_page=asked, page="x").get_json()["per_page"] == given


def test_only_staff_look_up_users_groups_and_queues(site: Site) -> None:
    client = "connie@acme.test"
    assert site.call(client, "GET", "users").status_code == 403
    assert site.call(client, "GET", "user/tess").status_code == 403
    assert site.call(client, "GET", f"user/{client}").status_code == 200
    assert site.call(client, "GET", "queue/3").status_code == 403
    assert site.call(client, "GET", "queue/99").status_code == 404
    assert site.call("tess", "GET", "user/nobody-there").status_code == 404
    assert site.call("tess", "GET", "group/9999").status_code == 404
    assert site.call("tess", "GET", "queue/Tier%203").get_json()["Name"] == "Tier 3"
    # A name with a slash cannot be addressed at all.
    assert site.call("tess", "GET", "queue/Network%20%2F%20Voice").status_code == 404


def test_who_has_the_right_to_nothing_sees_nothing(site: Site) -> None:
    ticket = site.ticket(description="secret")
    site.simulator.add_user("nora", "Nora Norights")
    site.simulator._access.passwords[site.simulator.user("nora").id] = "nora-password"
    assert site.call("nora", "GET", f"ticket/{ticket}").status_code == 403
    assert site.call("nora", "PUT", f"ticket/{ticket}", {"Status": "open"}).status_code == 403
    assert site.call("nora", "GET", f"ticket/{ticket}/history").get_json()["items"] == []
    assert site.call("nora", "GET", "attachments").get_json()["items"] == []
    assert site.call("nora", "GET", "tickets").get_json()["total"] == 0
    (row,) = site.simulator.history(int(ticket), "Create")
    assert site.call("nora", "GET", f"transaction/{row.id}").status_code == 403
    assert site.call("nora", "GET", "transaction/9999").status_code == 404


def test_who_may_not_be_asked_for_a_name_that_is_not_there(site: Site) -> None:
    for wrong in (site.simulator.user, site.simulator.group, site.simulator.queue):
        with pytest.raises(LookupError):
            wrong("nobody-there")
    with pytest.raises(LookupError):
        site.simulator.ticket(99)


def test_a_proxy_or_an_outage_is_no_answer_of_rts(site: Site) -> None:
    site.faults.outage = True
    with pytest.raises(Temporary):
        site.home(1)
    site.faults.reset()
    site.faults.fail_next(1, 429, retry_after=7)
    with pytest.raises(Temporary) as caught:
        site.home(1)
    assert caught.value.retry_after == 7
    site.faults.reset()
    site.faults.forbid(path="^queues")
    with pytest.raises(Exception, match="SeeQueue"):
        site.connect().directory.locate("Tier 3")


def test_webhooks_get_lost_come_twice_and_are_tried_again(site: Site) -> None:
    sent: list[str] = []
    answers = [500, 429, 202, 400]

    def post(url: str, body: bytes, headers: Any, timeout: float) -> int:
        sent.append(headers["X-RT-Delivery"])
        return answers.pop(0) if answers else 202

    simulator = Simulator(VirtualClock(NINE), webhook_delivery="manual", post=post).standard_desk()
    simulator.send_webhooks_to("https://escalator.example.com/webhooks/rt")
    tess, queue = simulator.user("tess"), simulator.queue("First Touch")
    with simulator.state.acting() as now:
        ticket, _ = simulator.actions.create(tess, queue, "x", now)
    assert simulator.pending_callbacks() == 1
    assert [delivery.statuses for delivery in simulator.deliver_pending()] == [(500, 429, 202)]
    with simulator.state.acting():
        simulator.actions.set_status(tess, ticket, "open")
    assert [delivery.statuses for delivery in simulator.deliver_pending()] == [(400,)]
    simulator.faults.callbacks_lose_next = 1
    simulator.faults.callbacks_duplicate = 1
    with simulator.state.acting():
        simulator.actions.set_status(tess, ticket, "stalled")
        simulator.actions.set_owner(tess, ticket, "tess")
    assert len(simulator.deliver_pending()) == 2
    assert sent[-1] == sent[-2]
    assert simulator.wait_delivered(0.1)
    simulator.stop()


def test_a_webhook_that_nobody_receives_is_no_error_of_the_simulators(site: Site) -> None:
    site.simulator.send_webhooks_to("http://127.0.0.1:9/webhooks/rt")
    site.ticket()
    assert {delivery.statuses for delivery in site.simulator.deliver_pending()} == {(0,) * 7}


def test_a_simulator_that_serves_already_is_not_served_again(site: Site) -> None:
    with pytest.raises(RuntimeError, match="serving already"):
        site.simulator.start()


def test_a_mistake_of_the_simulators_own_is_not_hidden() -> None:
    simulator = Simulator(VirtualClock(NINE)).standard_desk()
    with pytest.raises(RuntimeError, match="itself failed"), simulator.serve():
        simulator.errors.append(ValueError("a mistake"))


def test_what_is_known_of_rights_can_be_taken_away_again(site: Site) -> None:
    site.simulator.revoke(CONNECTOR_GROUP, "SeeCustomField")
    found = site.call("escalator", "GET", "customfields").get_json()
    assert found["items"] == []


def test_it_can_be_tried_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    from click.testing import CliRunner

    from adapters.simulation import serving

    class Interrupted:
        def wait(self) -> None:
            raise KeyboardInterrupt

    monkeypatch.setattr(serving, "Waiting", Interrupted)
    result = CliRunner().invoke(main, ["--port", "0"])
    assert result.exit_code == 0
    assert "export RT_TOKEN=1-" in result.output
    assert "export RT_PRIORITIES='Low=0, Normal=50, " in result.output
    assert "TIER_2_HOME='Tier 3'" in result.output
