from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as given_settings
from hypothesis import strategies as st

from adapters.connectwise.client import ConnectWiseClient
from adapters.connectwise.webhook import _ENVELOPE, Webhooks, _fits_plainly
from connector.clock import VirtualClock
from connector.errors import KeyOutdated, KeyUnknown, PayloadError, SignatureError
from connector.model import InboundRequest
from tests.adapters.connectwise.site import KEY_URL, NOW, MemoryKeys, fixture, fixtures, settings

KEY = "a signing key, für alle"
EXAMPLES = Path(__file__).parents[4] / "shared" / "reference" / "connectwise-examples.json"


def independent_signature(key: str, body: bytes) -> str:
    inner = hashlib.sha256(key.encode("utf-8")).digest()
    return b64encode(hmac.new(inner, body, hashlib.sha256).digest()).decode()


def body_of(**changes: Any) -> bytes:
    return json.dumps({**fixture("callback_ticket_updated")["payload"], **changes}).encode()


def a_request(body: bytes | None = None, signature: str | None = None, token: str | None = None) -> InboundRequest:
    body = body_of() if body is None else body
    signature = independent_signature(KEY, body) if signature is None else signature
    return InboundRequest(body, {"x-content-signature": signature}, {} if token is None else {"token": token})


def a_webhook(clock: VirtualClock | None = None, known: str | None = KEY, **changes: Any) -> Webhooks:
    clock = clock or VirtualClock(NOW)
    keys = MemoryKeys(clock)
    if known is not None:
        keys.put(KEY_URL, known)
    site = settings(**changes)
    return Webhooks(site, ConnectWiseClient(site, clock), keys, clock)


def test_a_genuine_callback_is_verified() -> None:
    a_webhook().verify(a_request())


def test_one_changed_byte_is_noticed() -> None:
    genuine = a_request()
    forged = InboundRequest(genuine.body.replace(b"4711", b"4712"), genuine.headers)
    with pytest.raises(SignatureError, match="does not fit"):
        a_webhook().verify(forged)


def test_the_raw_bytes_count_and_not_what_they_mean() -> None:
    genuine = a_request()
    respaced = json.dumps(json.loads(genuine.body), separators=(",", ":")).encode()
    with pytest.raises(SignatureError):
        a_webhook().verify(InboundRequest(respaced, genuine.headers))


@pytest.mark.parametrize("signature", ["", "   ", "AAAA", "ä" * 44, "\udcff"])
def test_a_missing_or_senseless_signature_is_refused(signature: str) -> None:
    with pytest.raises(SignatureError):
        a_webhook().verify(a_request(signature=signature))


def test_the_raw_key_and_the_hex_digest_are_no_signatures() -> None:
    body = body_of()
    raw_key = b64encode(hmac.digest(KEY.encode(), body, "sha256")).decode()
    inner = hashlib.sha256(KEY.encode()).digest()
    for wrong in (raw_key, hmac.digest(inner, body, "sha256").hex()):
        with pytest.raises(SignatureError):
            a_webhook().verify(a_request(body, wrong))


def test_an_unknown_key_is_asked_for() -> None:
    with pytest.raises(KeyUnknown) as caught:
        a_webhook(known=None).verify(a_request())
    assert caught.value.reference == KEY_URL


def test_a_mismatch_with_an_old_key_asks_for_the_key_again() -> None:
    clock = VirtualClock(NOW)
    webhook = a_webhook(clock, known="the key before")
    with pytest.raises(SignatureError):
        webhook.verify(a_request())
    clock.advance(timedelta(hours=1, seconds=1))
    with pytest.raises(KeyOutdated):
        webhook.verify(a_request())


@pytest.mark.parametrize(
    "address",
    [
        KEY_URL.replace("https://na.", "https://evil."),
        KEY_URL.replace("https://na.myconnectwise.net", "https://na.myconnectwise.net.evil.example"),
        KEY_URL.replace("https://", "https://user@"),
        KEY_URL.replace("https://na.myconnectwise.net", "https://evil.example\\@na.myconnectwise.net"),
        KEY_URL.replace("https://", "http://"),
        KEY_URL.replace(".net/", ".net:8443/"),
        KEY_URL.replace(".net/", ".net:none/"),
        KEY_URL.replace("https:", "file:"),
        KEY_URL + "#x",
        KEY_URL + " ",
        KEY_URL + "\n",
        "https:///x",
        "not an address",
        "",
        KEY_URL + "x" * 600,
    ],
)
def test_a_key_address_anywhere_else_is_refused_before_any_look_up(address: str) -> None:
    with pytest.raises(SignatureError):
        a_webhook().verify(a_request(body_of(Metadata={"key_url": address})))


@pytest.mark.parametrize(
    "address",
    [
        KEY_URL.replace("=harbour", "=otherco"),
        KEY_URL.replace("=harbour", "="),
        KEY_URL.replace("companyName=harbour&", ""),
        KEY_URL + "&companyName=otherco",
        KEY_URL + "&COMPANYNAME=otherco",
    ],
)
def test_another_customer_of_the_same_cloud_cannot_sign_for_us(address: str) -> None:
    with pytest.raises(SignatureError, match="not the configured company"):
        a_webhook().verify(a_request(body_of(Metadata={"key_url": address})))


@pytest.mark.parametrize(
    ("address", "changes"),
    [
        (KEY_URL.replace("//na.", "//api-na."), {}),
        (KEY_URL.replace("//na.", "//NA."), {}),
        (KEY_URL.replace("na.myconnectwise", "staging.vendor"), {"callback_hosts": ("staging.vendor.net",)}),
        (
            "http://127.0.0.1:8900/v2025_1//system/callbackkey/index.rails?id=0f0e0d0c-0000-4000-8000-000000000001",
            {"url": "http://127.0.0.1:8900"},
        ),
    ],
)
def test_the_site_itself_and_the_named_hosts_may_serve_keys(address: str, changes: dict[str, Any]) -> None:
    with pytest.raises(KeyUnknown) as caught:
        a_webhook(known=None, **changes).verify(a_request(body_of(Metadata={"key_url": address})))
    assert caught.value.reference == address.replace("//NA.", "//na.")


@pytest.mark.parametrize(
    "address",
    [
        KEY_URL.replace("//system/callbackkey/index.rails", "/services/system_io/actionprocessor/upload.rails"),
        KEY_URL.replace("//system/", "/apis/3.0/system/"),
        KEY_URL.replace("//system/", "//system//"),
        KEY_URL.replace("/v2025_1/", "/v2025_1/../"),
        KEY_URL.replace("index.rails", "index.rails/x"),
        KEY_URL.replace("callbackkey", "callback%6bey"),
        KEY_URL.replace("-000000000001", "-00000000001"),
        KEY_URL.replace("0f0e0d0c", "0f0e0d0g"),
        KEY_URL.partition("&id=")[0],
        KEY_URL + "&id=0f0e0d0c-0000-4000-8000-000000000002",
        KEY_URL + "&ID=0f0e0d0c-0000-4000-8000-000000000002",
    ],
)
def test_only_the_sites_own_path_of_keys_with_one_guid_is_asked(address: str) -> None:
    with pytest.raises(SignatureError):
        a_webhook(known=None).verify(a_request(body_of(Metadata={"key_url": address})))


@pytest.mark.parametrize(
    "address",
    [
        KEY_URL.replace("0f0e0d0c", "0F0E0D0C"),
        KEY_URL.replace("//na.", "//NA."),
        KEY_URL.replace("companyName=harbour", "COMPANYname=Harbour"),
        KEY_URL + "&more=1",
        KEY_URL.replace("?companyName=harbour&id=0f0e0d0c-0000-4000-8000-000000000001", "")
        + "?id=0f0e0d0c-0000-4000-8000-000000000001&companyName=harbour",
    ],
)
def test_a_known_key_is_known_however_it_is_named(address: str) -> None:
    a_webhook().verify(a_request(body_of(Metadata={"key_url": address})))


def test_a_key_address_that_is_refused_is_not_said_back() -> None:
    with pytest.raises(SignatureError) as caught:
        a_webhook().verify(a_request(body_of(Metadata={"key_url": "https://evil.example/key"})))
    assert "evil" not in str(caught.value)


@pytest.mark.parametrize("name", ["m\0", "m\ud800", "\udcff"])
def test_a_delivery_named_by_what_no_database_takes_is_refused(name: str) -> None:
    with pytest.raises(PayloadError) as caught:
        a_webhook().parse(a_request(body_of(MessageId=name)))
    assert caught.value.field == "$.MessageId"


def test_half_a_character_elsewhere_in_a_body_is_no_reason_to_refuse_it() -> None:
    body = body_of(Entity=json.dumps({"summary": "VPN \ud83d down\0"}), MemberId="\0", Odd="\udcff")
    assert [notice.ticket for notice in a_webhook().parse(a_request(body))] == ["4711"]


def test_either_of_two_tokens_is_accepted_and_nothing_else() -> None:
    webhook = a_webhook(webhook_token=("new-token", "old-token"))
    webhook.verify(a_request(token="new-token"))
    webhook.verify(a_request(token="old-token"))
    for wrong in (None, "", "new-toke", "ñ"):
        with pytest.raises(SignatureError, match="token"):
            webhook.verify(a_request(token=wrong))


def test_of_one_that_was_kept_the_signature_alone_is_checked() -> None:
    webhook = a_webhook(webhook_token=("new-token", "old-token"))
    kept = replace(a_request(), is_kept=True)
    webhook.verify(kept)
    with pytest.raises(SignatureError, match="does not fit"):
        webhook.verify(replace(kept, body=body_of(ID=4712)))


def test_a_token_is_asked_for_before_a_key_is() -> None:
    webhook = a_webhook(known=None, webhook_token=("new-token",))
    with pytest.raises(SignatureError, match="token"):
        webhook.verify(a_request())
    with pytest.raises(KeyUnknown):
        webhook.verify(a_request(token="new-token"))


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe\xff", b"[" * 200_000, b"9" * 5000])
def test_a_body_that_is_no_json_is_refused_without_a_crash(body: bytes) -> None:
    request = a_request(body)
    with pytest.raises(PayloadError):
        a_webhook().verify(request)
    with pytest.raises(PayloadError):
        a_webhook().parse(request)


@pytest.mark.parametrize("body", [b"[]", b"null", b'{"Metadata": 1}', b'{"Metadata": {"key_url": 5}}'])
def test_a_body_without_a_key_address_says_so(body: bytes) -> None:
    with pytest.raises(PayloadError, match=r"\$\.Metadata\.key_url"):
        a_webhook().verify(a_request(body))


@pytest.mark.parametrize("name", fixtures("callback"))
def test_a_recorded_callback_is_read_as_expected(name: str) -> None:
    recorded = fixture(name)
    request = a_request(json.dumps(recorded["payload"]).encode())
    if isinstance(recorded["expected"], dict):
        with pytest.raises(PayloadError) as caught:
            a_webhook().parse(request)
        assert str(caught.value) == recorded["expected"]["error"]
        return
    found = [
        {
            "ticket": notice.ticket,
            "delivery": notice.delivery,
        }
        for notice in a_webhook().parse(request)
    ]
    assert found == recorded["expected"]


def test_a_callback_without_message_id_is_named_by_its_content() -> None:
    payload = fixture("callback_ticket_updated")["payload"]
    del payload["MessageId"]
    body = json.dumps(payload).encode()
    assert a_webhook().parse(a_request(body))[0].delivery == hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize(
    ("change", "field"),
    [({"ID": 0}, "$.ID"), ({"ID": True}, "$.ID"), ({"ID": 2**60}, "$.ID"), ({"MessageId": "x" * 201}, "$.MessageId")],
)
def test_values_out_of_bounds_are_refused_with_their_path(change: dict[str, Any], field: str) -> None:
    with pytest.raises(PayloadError) as caught:
        a_webhook().parse(a_request(body_of(**change)))
    assert caught.value.field == field


def test_an_entity_nested_to_the_bottom_is_only_unreadable() -> None:
    notices = a_webhook().parse(a_request(body_of(Entity="[" * 100_000)))
    assert [notice.ticket for notice in notices] == ["4711"]


@pytest.mark.reference
@pytest.mark.skipif(not EXAMPLES.exists(), reason="the team's reference cases are not here")
def test_the_reference_vector_verifies_and_its_wrong_variants_do_not() -> None:
    examples = json.loads(EXAMPLES.read_text(encoding="utf-8"))["examples"]
    vector = next(example for example in examples if example["id"] == "signature_vector")
    body = vector["raw_body_utf8"].encode()
    clock = VirtualClock(NOW)
    keys = MemoryKeys(clock)
    keys.put(json.loads(body)["Metadata"]["key_url"], vector["key_url_response"]["signing_key"])
    site = settings(url="https://sandbox-na.myconnectwise.net", company="exampleco")
    webhook = Webhooks(site, ConnectWiseClient(site, clock), keys, clock)
    good = vector["x-content-signature"]
    webhook.verify(a_request(body, good))
    key = vector["key_url_response"]["signing_key"].encode()
    raw_key = b64encode(hmac.digest(key, body, "sha256")).decode()
    hexadecimal = hmac.digest(hashlib.sha256(key).digest(), body, "sha256").hex()
    escaped = json.dumps(json.loads(body), separators=(",", ":")).encode()
    spaced = json.dumps(json.loads(body), ensure_ascii=False).encode()
    for wrong in (
        a_request(body, raw_key),
        a_request(body, hexadecimal),
        a_request(escaped, good),
        a_request(spaced, good),
    ):
        with pytest.raises(SignatureError):
            webhook.verify(wrong)


FIELDS = ("Action", "Type", "ID", "MessageId", "Entity", "Metadata")
ODD_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([0, 1, 2**53, 2**53 + 1, 1.0, "", "x" * 50, "x" * 51, "x" * 200, "x" * 201]),
    st.sampled_from([{}, [], {"key_url": KEY_URL}, {"key_url": None}, {"key_url": 1, "more": True}]),
    st.text(max_size=5),
)


# On a busy machine the first draw alone can take too long for the health check.
@given_settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), ODD_VALUES, max_size=2), st.sets(st.sampled_from(FIELDS), max_size=1))
def test_the_quick_look_at_a_callback_never_accepts_what_the_schema_refuses(
    odd: dict[str, Any], left: set[str]
) -> None:
    body = {**fixture("callback_ticket_updated")["payload"], **odd}
    body = {name: value for name, value in body.items() if name not in left}
    assert not _fits_plainly(body) or _ENVELOPE.is_valid(body)


def test_the_quick_look_knows_the_usual_callback_and_nothing_that_is_no_object() -> None:
    assert _fits_plainly(fixture("callback_ticket_updated")["payload"])
    assert not _fits_plainly([])
