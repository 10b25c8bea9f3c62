from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.halopsa.client import HaloClient
from adapters.halopsa.variables import HaloSettings, WebhookBasic, WebhookBearer, WebhookProof, WebhookSignature
from adapters.halopsa.webhook import MOST_EVENTS, Webhooks
from connector.clock import SystemClock
from connector.errors import PayloadError, SignatureError
from connector.model import InboundRequest, Notice
from tests.adapters.halopsa.simulated import fixture, fixtures

BASIC = WebhookBasic("halo", ("geheim-ä", "older"))
BEARER = WebhookBearer(("token-1", "token-2"))
SIGNED = WebhookSignature("x-halo-signature", ("a secret, für alle", "older"))
BODY = b'{"object_id": 5120}'


def a_webhook(proof: WebhookProof = BEARER) -> Webhooks:
    url = "https://halo.example.com"
    settings = HaloSettings(url, f"{url}/auth", "client", client_secret="secret", proof=proof)
    return Webhooks(HaloClient(settings, SystemClock()), settings, "")


def basic(user: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def signature(secret: str, body: bytes = BODY) -> str:
    return base64.b64encode(hmac.new(secret.encode("utf-8"), body, hashlib.sha256).digest()).decode()


@pytest.mark.parametrize(
    ("proof", "headers"),
    [
        (BASIC, basic("halo", "geheim-ä")),
        (BASIC, basic("halo", "older")),
        (BEARER, {"authorization": "Bearer token-1"}),
        (BEARER, {"authorization": "bearer  token-2 "}),
        (SIGNED, {"x-halo-signature": signature("a secret, für alle")}),
        (SIGNED, {"x-halo-signature": signature("older")}),
        (SIGNED, {"x-halo-signature": "SHA256=" + signature("older")}),
    ],
)
def test_a_genuine_webhook_is_verified_in_each_of_the_three_ways(proof: WebhookProof, headers: dict[str, str]) -> None:
    a_webhook(proof).verify(InboundRequest(BODY, headers))


@pytest.mark.parametrize(
    ("proof", "headers"),
    [
        (BASIC, {}),
        (BASIC, basic("halo", "wrong")),
        (BASIC, basic("other", "older")),
        (BASIC, {"authorization": "Basic %%%"}),
        (BASIC, {"authorization": "Basic"}),
        (BASIC, {"authorization": "Bearer token-1"}),
        (BEARER, {}),
        (BEARER, {"authorization": "Bearer"}),
        (BEARER, {"authorization": "Bearer token-3"}),
        (BEARER, {"authorization": "Bearer tok\udcffen"}),
        (BEARER, {"authorization": "token-1"}),
        (BEARER, basic("halo", "older")),
        (SIGNED, {}),
        (SIGNED, {"x-halo-signature": " "}),
        (SIGNED, {"x-halo-signature": signature("wrong")}),
        (SIGNED, {"x-halo-signature": signature("older", BODY + b" ")}),
        (SIGNED, {"x-halo-signature": hmac.new(b"older", BODY, hashlib.sha256).hexdigest()}),
        (SIGNED, {"x-halo-signature": "older"}),
        (SIGNED, {"authorization": "Bearer older"}),
    ],
)
def test_anything_else_is_refused(proof: WebhookProof, headers: dict[str, str]) -> None:
    with pytest.raises(SignatureError) as caught:
        a_webhook(proof).verify(InboundRequest(BODY, headers))
    assert "older" not in str(caught.value)


@pytest.mark.parametrize("name", fixtures("webhook"))
def test_a_recorded_webhook_means_what_is_expected(name: str) -> None:
    recorded = fixture(name)
    body = json.dumps(recorded["payload"]).encode()
    expected = [
        {**one, "delivery": hashlib.sha256(body).hexdigest()} if one["delivery"] == "sha256" else one
        for one in recorded["expected"]
    ]
    assert [told(notice) for notice in a_webhook().parse(InboundRequest(body))] == expected


def told(notice: Notice) -> dict[str, Any]:
    return {
        "ticket": notice.ticket,
        "delivery": notice.delivery,
    }


@pytest.mark.parametrize(
    ("body", "field", "problem"),
    [
        ("nonsense", "$", "not JSON"),
        ("[" * 100_000, "$", "not JSON"),
        ('"text"', "$", "must be object"),
        ("7", "$", "must be object"),
        ("{}", "$", "must have object_id"),
        ('{"id": "5f0c2f8e-0000-4000-8000-000000000001"}', "$", "must have object_id"),
        ('{"object_id": 3.5}', "$.object_id", "not a whole number"),
        ('{"object_id": NaN}', "$", "not JSON"),
        ('{"object_id": 0}', "$.object_id", ""),
        ('{"object_id": "5f0c2f8e-0000-4000-8000-000000000001"}', "$.object_id", ""),
        ('{"object_id": null, "ticket": {"id": 1}}', "$.object_id", ""),
        ('{"ticket": {"id": "5f0c2f8e-0000-4000-8000-000000000001"}}', "$.ticket.id", ""),
        ('{"ticket": 7}', "$.ticket", "must be object"),
        ('{"ticket_id": true}', "$.ticket_id", ""),
        ('[{"object_id": 1}, {"object_id": "x"}]', "$[1].object_id", ""),
        ('[{"object_id": 1}, 7]', "$[1]", "must be object"),
        ('{"events": [{"object_id": 1}, {"x": 2}]}', "$.*[1]", "must have object_id"),
        ("[[[[[[1]]]]]]", "$[0][0][0][0]", "must be object"),
        ('{"object_id": 1, "event": 7}', "$.event", "must be string or null"),
    ],
)
def test_a_body_of_another_form_is_refused_with_the_field(body: str, field: str, problem: str) -> None:
    with pytest.raises(PayloadError) as caught:
        a_webhook().parse(InboundRequest(body.encode()))
    assert caught.value.field == field
    assert problem in caught.value.problem
    assert "5f0c2f8e" not in str(caught.value)


def test_a_batch_has_its_bound() -> None:
    body = json.dumps([{"object_id": n + 1} for n in range(MOST_EVENTS + 1)]).encode()
    with pytest.raises(PayloadError, match="more than 1000"):
        a_webhook().parse(InboundRequest(body))


def test_the_guid_of_the_delivery_is_never_the_ticket() -> None:
    (notice,) = a_webhook().parse(InboundRequest(b'{"id": "77", "ticket_id": 5120}'))
    assert notice.ticket == "5120"
    assert notice.delivery != "77"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "object_id", "ticket", "object", "ticket_id", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(_JSON)
def test_every_body_is_read_or_refused(body: Any) -> None:
    try:
        notices = a_webhook().parse(InboundRequest(json.dumps(body).encode()))
    except PayloadError:
        return
    assert all(notice.ticket.isdigit() and notice.delivery for notice in notices)
    assert len({notice.delivery for notice in notices}) == len(notices)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"object_id": "12\\u0000"}', "$.object_id"),
        ('{"object_id": "12\\ud800"}', "$.object_id"),
        ('{"object_id": 12, "id": "a\\u0000b"}', "$.id"),
        ('[{"object_id": 12, "id": "a"}, {"object_id": 13, "id": "a\\udfff"}]', "$[1].id"),
    ],
)
def test_a_ticket_or_a_delivery_named_by_what_no_database_takes_is_refused(body: str, field: str) -> None:
    with pytest.raises(PayloadError) as caught:
        a_webhook().parse(InboundRequest(body.encode()))
    assert caught.value.field == field


def test_half_a_character_elsewhere_in_a_body_is_no_reason_to_refuse_it() -> None:
    body = b'{"object_id": 12, "ticket": {"id": 12, "summary": "down \\ud83d\\u0000"}, "\\udcff": [{"\\u0000": 1}]}'
    assert [notice.ticket for notice in a_webhook().parse(InboundRequest(body))] == ["12"]
