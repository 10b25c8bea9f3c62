from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest

from adapters.request_tracker.variables import RequestTrackerSettings
from adapters.request_tracker.webhook import Webhooks
from connector.clock import VirtualClock
from connector.errors import PayloadError, SignatureError
from connector.model import InboundRequest
from tests.adapters.request_tracker.fixtures import fixture, fixtures
from tests.adapters.request_tracker.simulated import NINE, SECRET, a_site

BODY = json.dumps(fixture("webhook_comment")["payload"]).encode()
SENT_AT = str(int(NINE.timestamp()))


def a_webhook(*secrets: str, clock: VirtualClock | None = None) -> Webhooks:
    settings = RequestTrackerSettings("https://rt.example.com", "1-40-0123456789abcdef", secrets)
    return Webhooks(settings, clock or VirtualClock(NINE))


def signature(secret: str = SECRET, body: bytes = BODY, sent_at: str = SENT_AT) -> str:
    return "sha256=" + hmac.new(secret.encode(), sent_at.encode() + b"." + body, hashlib.sha256).hexdigest()


def a_request(body: bytes = BODY, sent_at: str = SENT_AT, signed: str | None = None) -> InboundRequest:
    headers = {
        "x-rt-timestamp": sent_at,
        "x-rt-signature": signature(SECRET, body, sent_at) if signed is None else signed,
    }
    return InboundRequest(body, headers)


def test_a_genuine_webhook_is_verified() -> None:
    a_webhook(SECRET).verify(a_request())


def test_either_secret_fits_while_they_are_rotated() -> None:
    a_webhook("a new secret", SECRET).verify(a_request())
    a_webhook(SECRET, "an old secret").verify(a_request())


def test_one_changed_byte_is_noticed() -> None:
    forged = InboundRequest(BODY.replace(b"4711", b"4712"), a_request().headers)
    with pytest.raises(SignatureError, match="does not fit"):
        a_webhook(SECRET).verify(forged)


def test_the_time_is_part_of_what_is_signed() -> None:
    later = str(int(SENT_AT) + 1)
    with pytest.raises(SignatureError, match="does not fit"):
        a_webhook(SECRET).verify(a_request(sent_at=later, signed=signature()))


@pytest.mark.parametrize(
    "signed", ["", "   ", "sha256=", "AAAA", "ä" * 40, "\udcff", signature()[7:], signature().upper()]
)
def test_a_missing_or_senseless_signature_is_refused(signed: str) -> None:
    with pytest.raises(SignatureError):
        a_webhook(SECRET).verify(a_request(signed=signed))


@pytest.mark.parametrize("sent_at", ["soon", "-1", "1e3", "9" * 13, "٣"])
def test_a_time_that_is_no_number_of_seconds_is_refused_though_it_is_signed(sent_at: str) -> None:
    with pytest.raises(SignatureError):
        a_webhook(SECRET).verify(a_request(sent_at=sent_at))


def test_a_missing_time_is_told() -> None:
    with pytest.raises(SignatureError, match="x-rt-timestamp is missing"):
        a_webhook(SECRET).verify(InboundRequest(BODY, {"x-rt-signature": signature()}))


@pytest.mark.parametrize("seconds", [-301, 301, 86400])
def test_a_webhook_that_is_sent_again_later_is_refused(seconds: int) -> None:
    clock = VirtualClock(NINE)
    sent_at = str(int(SENT_AT) - seconds)
    with pytest.raises(SignatureError, match="too long ago"):
        a_webhook(SECRET, clock=clock).verify(a_request(sent_at=sent_at))


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_five_minutes_off_are_borne(seconds: int) -> None:
    a_webhook(SECRET).verify(a_request(sent_at=str(int(SENT_AT) + seconds)))


def test_without_a_secret_nothing_is_believed() -> None:
    with pytest.raises(SignatureError, match="RT_WEBHOOK_SECRET"):
        a_webhook().verify(a_request(signed=signature("")))


@pytest.mark.parametrize("name", fixtures("webhook"))
def test_a_recorded_webhook_is_read_as_expected(name: str) -> None:
    recorded = fixture(name)
    request = a_request(json.dumps(recorded["payload"]).encode())
    expected = recorded["expected"]
    if isinstance(expected, dict):
        with pytest.raises(PayloadError) as caught:
            a_webhook(SECRET).parse(request)
        assert str(caught.value) == expected["error"]
        return
    found = [
        {
            "ticket": notice.ticket,
            "delivery": notice.delivery,
        }
        for notice in a_webhook(SECRET).parse(request)
    ]
    assert found == expected


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_is_refused_without_being_repeated(body: bytes) -> None:
    with pytest.raises(PayloadError, match=r"^\$: not JSON"):
        a_webhook(SECRET).parse(a_request(body))


def test_a_problem_does_not_repeat_what_was_sent() -> None:
    body = json.dumps({**fixture("webhook_comment")["payload"], "event": "hunter2" * 40}).encode()
    with pytest.raises(PayloadError) as caught:
        a_webhook(SECRET).parse(a_request(body))
    assert "hunter2" not in str(caught.value)


def test_what_the_simulator_sends_is_believed_and_names_the_ticket() -> None:
    posts: list[tuple[bytes, Any]] = []

    def post(url: str, body: bytes, headers: Any, timeout: float) -> int:
        posts.append((body, headers))
        return 202

    with a_site(post=post, signs_with=SECRET) as site:
        site.desk.send_webhooks_to("https://escalator.example.com/webhooks/rt")
        ticket = site.ticket()
        # A delivery is signed when it leaves: what waited is not too old.
        site.clock.advance(timedelta(hours=1))
        assert site.desk.deliver() == len(posts) > 0
        for body, headers in posts:
            request = InboundRequest(body, {name.lower(): value for name, value in headers.items()})
            site.system.webhooks.verify(request)
            (notice,) = site.system.webhooks.parse(request)
            assert notice.ticket == ticket
        assert {delivery.url for delivery in site.simulator.deliveries} == {"https://escalator.example.com/webhooks/rt"}


@pytest.mark.parametrize("name", ["d\0", "d\ud800"])
def test_a_delivery_named_by_what_no_database_takes_is_refused(name: str) -> None:
    body = json.dumps({**json.loads(BODY), "delivery_id": name}).encode()
    with pytest.raises(PayloadError) as caught:
        a_webhook().parse(a_request(body))
    assert caught.value.field == "$.delivery_id"


def test_half_a_character_elsewhere_in_a_body_is_no_reason_to_refuse_it() -> None:
    body = json.dumps({**json.loads(BODY), "\udcff": "\0", "actor": {"name": "\ud83d"}}).encode()
    assert len(a_webhook().parse(a_request(body))) == 1
