"""Up to a hundred signed bodies a door, of the expected form, with odd values in it; as many requests on the wire."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.doors import wire
from tests.fuzz.webhooks import KEY_URL, _signed, client

bounded = settings(database=None, suppress_health_check=list(HealthCheck))

TEXTS = st.one_of(
    st.sampled_from(
        ["", "\0", "\ud800", "\udfff\ud800", "é", "\u202e", "x" * 300, "12", " 12 ", "12\0", "-1", "1e3", "١٢"]
    ),
    st.text(st.characters(codec=None), max_size=20),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.just(2**70), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=8,
)
FORMS = {
    "connectwise": {
        "Action": "updated",
        "Type": "ticket",
        "ID": 4711,
        "MessageId": "m",
        "MemberId": "ava",
        "Entity": '{"id": 4711, "_info": {"updatedBy": "ava"}}',
    },
    "halopsa": {"id": "d", "object_id": 12, "event": "updated", "agent_id": 3, "ticket": {"id": 12, "summary": "x"}},
    "rt": {
        "version": 1,
        "event": "updated",
        "delivery_id": "d",
        "ticket": {"id": 1, "noted_id": 2, "queue": "Desk", "owner": "ava", "status": "open", "last_updated": "x"},
        "transaction": {"id": 3, "created": None},
        "actor": {"id": 4},
    },
}
ANSWERS = {202, 400}


def answered(system: str, body: bytes) -> int:
    """The status that a signed body is answered with."""
    headers = _signed(system, body)
    answer = client().post(f"/webhooks/{system}", data=body, headers=headers, content_type="application/json")
    return answer.status_code


@st.composite
def bodies(draw: st.DrawFn, system: str) -> bytes:
    """A good body in which some fields hold something else, or are missing, or stand one level further down."""
    form = dict(FORMS[system])
    for name in draw(st.lists(st.sampled_from(sorted(form)), max_size=3)):
        value = draw(VALUES)
        inner = form.get(name)
        form[name] = (
            {**inner, draw(st.sampled_from(sorted(inner))): value} if isinstance(inner, dict) and inner else value
        )
    form.update(draw(st.dictionaries(TEXTS, VALUES, max_size=2)))
    if system == "connectwise":
        form["Metadata"] = {"key_url": KEY_URL}
    whole = draw(st.sampled_from([form, [form, form], {"more": [form]}])) if system == "halopsa" else form
    return json.dumps(whole, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")


@pytest.mark.examples
@pytest.mark.parametrize("system", FORMS)
def test_a_signed_body_is_taken_or_refused_whatever_it_holds(system: str) -> None:
    assert answered(system, json.dumps({**FORMS[system], "Metadata": {"key_url": KEY_URL}}).encode()) == 202

    @bounded
    @given(bodies(system))
    def run(body: bytes) -> None:
        assert answered(system, body) in ANSWERS

    run()


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """A request as a hostile sender writes it: a good one, in which pieces are odd, doubled or cut out."""
    body = draw(st.sampled_from([b"", b"{}", json.dumps(FORMS["rt"]).encode(), b"x" * 5000]))
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
    lines = [
        draw(
            st.sampled_from(
                [b"POST /webhooks/rt HTTP/1.1", b"GET /health/live HTTP/1.1", b"GET /%00 HTTP/1.0", b"X / HTTP/9"]
            )
        ),
        b"Host: x",
        b"Content-Type: application/json",
        *(f"{name}: {value}".encode() for name, value in _signed("rt", body).items()),
        *draw(st.lists(st.binary(max_size=40), max_size=2)),
        *draw(
            st.lists(
                st.sampled_from([b"SCRIPT_NAME: /x", b"Expect: 100-continue", b"X: \0", b"Connection: close"]),
                max_size=2,
            )
        ),
        *draw(
            st.lists(
                st.sampled_from(
                    [b"Transfer-Encoding: chunked", b"Content-Length: %d" % len(body), b"Content-Length: -1"]
                ),
                max_size=2,
            )
        ),
    ]
    said = bytearray(b"\r\n".join([*lines, b"", b""]) + draw(st.sampled_from([body, chunked])))
    for at in draw(st.lists(st.integers(0, len(said) - 1), max_size=3)):
        said[at : at + draw(st.integers(0, 4))] = draw(st.binary(max_size=4))
    return bytes(said)


@bounded
@given(st.one_of(requests(), st.binary(max_size=300)))
def test_whatever_comes_over_the_wire_is_answered_once_and_by_no_error_of_ours(data: bytes) -> None:
    wire(data)
