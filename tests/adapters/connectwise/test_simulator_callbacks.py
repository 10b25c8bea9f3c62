"""The simulator's callbacks: registering, signing, sending, retrying, losing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.server
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, ClassVar

import pytest
import requests

from connector.systems.desk import serve_in_background
from tests.adapters.connectwise.simulated import Site, problems, replace


@pytest.fixture
def site() -> Site:
    return Site()


def bodies(site: Site) -> list[Any]:
    """What was sent so far, read."""
    return [json.loads(body) for _, body, _ in site.posts]


def independent_signature(key_answer: bytes, body: bytes) -> str:
    """The documented steps, apart from the simulator's code."""
    key = hashlib.sha256(json.loads(key_answer)["signing_key"].encode("utf-8")).digest()
    return base64.b64encode(hmac.digest(key, body, "sha256")).decode("ascii")


# Registering.


def test_a_registration_comes_back_completed(site: Site) -> None:
    sent = {
        "id": 0,
        "url": "https://hook.example/in?recordId=",
        "objectId": 0,
        "type": "ticket",
        "level": "owner",
    }
    answer = site.call("POST", "system/callbacks", sent)
    assert answer.status_code == 201
    made = answer.json
    assert made["objectId"] == 1
    assert made["memberId"] == site.simulator.api_member
    assert (made["payloadVersion"], made["inactiveFlag"]) == ("3.0.0", False)
    assert "description" not in made
    assert site.get("system/callbacks", conditions='url contains "hook.example"').json == [made]
    assert site.get("system/callbacks/count").json == {"count": 1}
    assert site.get(f"system/callbacks/{made['id']}").json == made


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"url": "nonsense", "level": "galaxy"}, [("InvalidField", "url"), ("InvalidObject", "level")]),
        ({"url": "http://hook.example/in"}, [("InvalidField", "url")]),
        ({"url": "https://[broken"}, [("InvalidField", "url")]),
        ({"type": "weather"}, [("InvalidObject", "type")]),
        ({"description": "x" * 101}, [("MaxLengthField", "description")]),
        ({"objectId": "1"}, [("InvalidField", "objectId")]),
        ({"level": None}, [("MissingRequiredField", "level")]),
    ],
)
def test_a_wrong_registration_is_refused(site: Site, wrong: dict[str, Any], expected: list[Any]) -> None:
    right = {"url": "https://hook.example/in", "objectId": 1, "type": "ticket", "level": "owner"}
    assert problems(site.call("POST", "system/callbacks", {**right, **wrong})) == expected


def test_the_same_registration_again_is_refused(site: Site) -> None:
    site.register()
    again = {"url": "https://hook.example/in?recordId=", "objectId": 0, "type": "Ticket", "level": "Owner"}
    assert problems(site.call("POST", "system/callbacks", again)) == [("ObjectExists", "objectId")]


def test_a_registration_can_be_changed_replaced_and_removed(site: Site) -> None:
    number = site.register()
    path = f"system/callbacks/{number}"
    assert site.call("PATCH", path, [replace("inactiveFlag", True)]).json["inactiveFlag"] is True
    assert site.call("PATCH", path, [replace("memberId", 5)]).status_code == 400
    wanted = {"url": "https://other.example/?recordId=", "objectId": 2, "type": "ticket", "level": "board"}
    replaced = site.call("PUT", path, wanted).json
    assert (replaced["id"], replaced["objectId"], replaced["inactiveFlag"]) == (number, 2, False)
    assert site.call("DELETE", path).status_code == 204
    assert site.call("DELETE", path).status_code == 404


# What is sent.


def test_a_callback_names_the_ticket_and_holds_a_summary_as_text(site: Site) -> None:
    number = site.register()
    ticket = site.a_ticket(by="maria")
    (sent,) = site.simulator.deliver_pending()
    (body,) = bodies(site)
    assert (body["Action"], body["Type"], body["ID"]) == ("added", "ticket", ticket)
    assert (body["CompanyId"], body["MemberId"], body["CallbackObjectRecId"]) == ("trainco", "maria", number)
    assert body["ProductInstanceId"] is None
    assert json.loads(body["Entity"])["_info"]["lastUpdated"] == "2026-01-15T09:00:00Z"
    assert "//system/callbackkey/index.rails?companyName=trainco&id=" in body["Metadata"]["key_url"]
    assert sent.statuses == (202,)


def test_the_id_runs_on_from_the_registered_address(site: Site) -> None:
    site.register("https://hook.example/in?recordId=")
    site.register("https://hook.example/in?token=abc")
    ticket = site.a_ticket()
    site.simulator.deliver_pending()
    assert [url for url, _, _ in site.posts] == [
        f"https://hook.example/in?recordId={ticket}&action=added",
        f"https://hook.example/in?token=abc{ticket}&action=added",
    ]


def test_a_deleted_tickets_entity_is_null(site: Site) -> None:
    site.register()
    ticket = site.a_ticket()
    site.simulator.delete(ticket)
    site.simulator.deliver_pending()
    assert [(body["Action"], body["Entity"] is None) for body in bodies(site)] == [
        ("added", False),
        ("deleted", True),
    ]


def test_whatever_touches_a_ticket_tells_of_it(site: Site) -> None:
    ticket = site.a_ticket()
    site.register()
    desk = site.simulator
    desk.add_note(ticket, "x", "tess")
    desk.add_time_entry(ticket, "tess", "x")
    desk.set_status(ticket, "In Progress", by="tess")
    desk.assign(ticket, "tess")
    desk.move(ticket, "Tier 3")
    desk.set_priority(ticket, "Priority 1 - Critical")
    desk.set_summary(ticket, "y")
    site.patch(ticket, replace("summary", "z"))
    desk.deliver_pending()
    sent = bodies(site)
    assert {body["Action"] for body in sent} == {"updated"}
    assert [body["MemberId"] for body in sent] == [
        "tess",
        "tess",
        "tess",
        "dispatch",
        "dispatch",
        "dispatch",
        "dispatch",
        "connector-api",
    ]
    assert len({body["MessageId"] for body in sent}) == 8


def test_levels_choose_the_tickets(site: Site) -> None:
    ticket = site.a_ticket()
    board = site.register("https://a.example/?recordId=", level="Board", objectId=site.board("Tier 3"))
    own = site.register("https://b.example/?recordId=", level="ticket", objectId=ticket)
    status = site.status("Service Desk", "In Progress")
    by_status = site.register("https://c.example/?recordId=", level="status", objectId=status)
    site.register("https://d.example/?recordId=", type="contact")
    site.simulator.set_status(ticket, "In Progress")
    site.simulator.move(ticket, "Tier 3")
    site.a_ticket()
    site.simulator.deliver_pending()
    assert [body["CallbackObjectRecId"] for body in bodies(site)] == [own, by_status, board, own]


def test_an_inactive_registration_is_passed_over(site: Site) -> None:
    site.register(inactiveFlag=True)
    site.a_ticket()
    assert site.simulator.deliver_pending() == []


def test_a_refused_write_tells_nothing(site: Site) -> None:
    ticket = site.a_ticket()
    site.register()
    assert site.patch(ticket, replace("nothing", 1)).status_code == 400
    assert site.simulator.pending_callbacks() == 0


# Signatures.


def test_the_signature_holds_over_the_exact_bytes(site: Site) -> None:
    number = site.register()
    site.a_ticket(summary="Café – Réseau")
    site.simulator.deliver_pending()
    ((_, body, headers),) = site.posts
    key_url = json.loads(body)["Metadata"]["key_url"]
    answer = site.client.get(key_url.removeprefix("http://localhost"))
    assert answer.status_code == 200
    assert headers["x-content-signature"] == independent_signature(answer.data, body)
    assert "Café" in body.decode()
    assert site.simulator.key_url(number) == key_url
    assert site.simulator.signature(number, b"other") == independent_signature(answer.data, b"other")


def test_every_registration_has_a_key_of_its_own_and_keys_can_change(site: Site) -> None:
    one, other = site.register(), site.register("https://other.example/?recordId=")
    first = site.simulator.key_url(one)
    assert first != site.simulator.key_url(other)
    before = site.simulator.signature(one, b"x")
    site.simulator.rotate_signing_key(one, keep_guid=True)
    assert site.simulator.key_url(one) == first
    assert site.simulator.signature(one, b"x") != before
    site.simulator.rotate_signing_key(one)
    assert site.simulator.key_url(one) != first


@pytest.mark.parametrize("query", ["companyName=trainco&id=none", "companyName=other&id={guid}"])
def test_an_unknown_signing_key_is_not_found(site: Site, query: str) -> None:
    guid = site.simulator.key_url(site.register()).rpartition("=")[2]
    path = f"/v2025_1//system/callbackkey/index.rails?{query.format(guid=guid)}"
    assert site.client.get(path).status_code == 404


# Arriving, or not.


@pytest.mark.parametrize("status", [404, 409, 419, 429])
def test_four_statuses_are_tried_twice_again(site: Site, status: int) -> None:
    site.register()
    site.answers = [status, status, status]
    site.a_ticket()
    (sent,) = site.simulator.deliver_pending()
    assert sent.statuses == (status, status, status)
    assert not sent.has_arrived
    assert len({body["MessageId"] for body in bodies(site)}) == 1


@pytest.mark.parametrize("status", [400, 401, 500, 503, 0])
def test_other_failures_are_not_tried_again(site: Site, status: int) -> None:
    site.register()
    site.answers = [status]
    site.a_ticket()
    (sent,) = site.simulator.deliver_pending()
    assert sent.statuses == (status,)
    assert site.simulator.deliver_pending() == []


def test_a_retry_that_arrives_ends_it(site: Site) -> None:
    site.register()
    site.answers = [429, 200]
    site.a_ticket()
    assert site.simulator.deliver_pending()[0].statuses == (429, 200)


def test_three_failing_days_in_a_row_switch_a_registration_off(site: Site) -> None:
    number = site.register()

    def a_day(status: int, days: int = 1) -> bool:
        site.answers = [status, status]
        site.a_ticket()
        site.a_ticket()
        site.simulator.deliver_pending()
        site.clock.advance(timedelta(days=days))
        return bool(site.get(f"system/callbacks/{number}").json["inactiveFlag"])

    assert [a_day(500), a_day(500), a_day(200)] == [False, False, False]
    assert [a_day(500, days=2), a_day(500), a_day(500), a_day(500)] == [False, False, False, True]


# Switches.


def test_events_can_be_lost(site: Site) -> None:
    site.register()
    site.simulator.faults.callbacks_lose_next = 1
    site.a_ticket()
    kept = site.a_ticket()
    site.simulator.faults.callbacks_lose_all = True
    site.a_ticket()
    site.simulator.deliver_pending()
    assert [body["ID"] for body in bodies(site)] == [kept]


@pytest.mark.parametrize(("same", "ids"), [(True, 1), (False, 3)])
def test_events_can_be_duplicated(site: Site, same: bool, ids: int) -> None:
    site.register()
    site.simulator.faults.callbacks_duplicate = 2
    site.simulator.faults.callbacks_duplicate_ids = same
    site.a_ticket()
    site.simulator.deliver_pending()
    assert len(site.posts) == 3
    assert len({body["MessageId"] for body in bodies(site)}) == ids


def test_events_can_be_reordered(site: Site) -> None:
    site.register()
    tickets = [site.a_ticket() for _ in range(3)]
    site.simulator.faults.callbacks_reorder = True
    site.simulator.deliver_pending()
    assert [body["ID"] for body in bodies(site)] == tickets[::-1]


def test_signatures_can_be_wrong(site: Site) -> None:
    number = site.register()
    site.simulator.faults.callbacks_wrong_signature = True
    site.a_ticket()
    site.simulator.deliver_pending()
    ((_, body, headers),) = site.posts
    assert headers["x-content-signature"] != site.simulator.signature(number, body)


def test_the_key_address_can_be_a_lie(site: Site) -> None:
    site.register()
    site.simulator.faults.callbacks_key_url = "https://evil.example/key"
    site.a_ticket()
    site.simulator.deliver_pending()
    assert bodies(site)[0]["Metadata"]["key_url"] == "https://evil.example/key"


@pytest.mark.parametrize(("honoured", "sent"), [(False, 1), (True, 0)])
def test_own_changes_are_left_out_only_where_the_site_honours_it(site: Site, honoured: bool, sent: int) -> None:
    ticket = site.a_ticket()
    site.register(isSelfSuppressedFlag=True)
    site.simulator.faults.self_suppression_honoured = honoured
    site.patch(ticket, replace("summary", "mine"))
    assert len(site.simulator.deliver_pending()) == sent
    site.simulator.set_summary(ticket, "theirs", by="tess")
    assert len(site.simulator.deliver_pending()) == 1


@pytest.mark.parametrize(("honoured", "sent"), [(False, 1), (True, 0)])
def test_skip_callback_works_only_where_the_site_honours_it(site: Site, honoured: bool, sent: int) -> None:
    ticket = site.a_ticket()
    site.register()
    site.simulator.faults.skip_callback_honoured = honoured
    answer = site.patch(ticket, replace("summary", "y"), replace("skipCallback", True))
    assert "skipCallback" not in answer.json
    assert len(site.simulator.deliver_pending()) == sent


def test_inline_callbacks_have_arrived_when_the_call_returns() -> None:
    site = Site(callback_delivery="inline")
    site.register()
    site.a_ticket()
    assert len(site.posts) == 1


# Over a real socket.


class Receiver(http.server.BaseHTTPRequestHandler):
    """Keeps what it is sent; answers with what stands in ``answers``, then 202."""

    got: ClassVar[list[tuple[str, bytes, str]]] = []
    answers: ClassVar[list[int]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((self.path, body, self.headers["x-content-signature"]))
        self.send_response(self.answers.pop(0) if self.answers else 202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the tests' output clean."""


@pytest.fixture
def receiver() -> Iterator[str]:
    Receiver.got.clear()
    Receiver.answers.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    stop = serve_in_background(server, "receiver")
    yield f"http://127.0.0.1:{server.server_port}/in?recordId="
    stop()


def test_threads_deliver_over_a_socket_with_retries_and_a_true_signature(receiver: str) -> None:
    site = Site(callback_delivery="thread", post=None, retry_waits=(0.01, 0.01))
    with site.simulator.serve():
        site.register(receiver)
        Receiver.answers[:] = [429, 409]
        ticket = site.a_ticket(summary="Über")
        assert site.simulator.wait_delivered(10)
        assert [sent.statuses for sent in site.simulator.deliveries] == [(429, 409, 202)]
        path, body, signature = Receiver.got[-1]
        assert path == f"/in?recordId={ticket}&action=added"
        key = requests.get(json.loads(body)["Metadata"]["key_url"], timeout=5)
        assert signature == independent_signature(key.content, body)


def test_a_receiver_that_is_not_there_is_a_failure_without_a_status() -> None:
    site = Site(callback_delivery="thread", post=None)
    with site.simulator.serve() as address:
        gone = address
    with site.simulator.serve():
        site.register(f"{gone}/in?recordId=")
        site.a_ticket()
        assert site.simulator.wait_delivered(10)
        assert site.simulator.deliveries[0].statuses == (0,)


def test_threads_reorder_delay_and_burst() -> None:
    site = Site(callback_delivery="thread", callback_workers=1)
    faults = site.simulator.faults
    site.register()
    faults.callbacks_burst = 3
    first = [site.a_ticket(), site.a_ticket()]
    assert not site.simulator.wait_delivered(0.2)
    assert site.posts == []
    faults.callbacks_burst = 0
    assert site.simulator.wait_delivered(10)
    assert [body["ID"] for body in bodies(site)] == first
    faults.callbacks_reorder = True
    later = [site.a_ticket(), site.a_ticket()]
    assert site.simulator.wait_delivered(10)
    assert sorted(body["ID"] for body in bodies(site)[2:]) == later
    assert [body["ID"] for body in bodies(site)[2:]] == later[::-1]
    site.simulator.stop()
