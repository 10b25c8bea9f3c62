"""Calls, tokens and errors, against scripted answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses

from adapters.absence import NotThere
from adapters.answers import Answer
from adapters.halopsa.client import HaloClient
from adapters.halopsa.refusals import Refused, error_text
from adapters.halopsa.variables import HaloSettings, WebhookBearer
from adapters.http import HttpOptions
from connector.clock import VirtualClock
from connector.errors import (
    AdapterError,
    Busy,
    Forbidden,
    OutcomeUnknown,
    PayloadError,
    Permanent,
    Temporary,
    Unreachable,
)
from tests.adapters.halopsa.simulated import START, fixture, fixtures

ROOT = "https://halo.example.com"
TOKEN = f"{ROOT}/auth/token"
TICKETS = f"{ROOT}/api/Tickets"
GOOD = {"access_token": "token-1", "token_type": "Bearer", "expires_in": 3600}


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def a_client(tenant: str = "", **options: Any) -> HaloClient:
    settings = HaloSettings(
        ROOT, f"{ROOT}/auth", "client-1", client_secret="hush", proof=WebhookBearer(("t",)), tenant=tenant
    )
    return HaloClient(settings, VirtualClock(START), HttpOptions(**{"attempts": 1, **options}))


def answered(mock: responses.RequestsMock, body: Any, status: int = 200, **more: Any) -> HaloClient:
    mock.add("POST", TOKEN, json=GOOD)
    text = body if isinstance(body, str | Exception) else json.dumps(body)
    for method in ("GET", "POST", "DELETE"):
        mock.add(method, TICKETS, body=text, status=status, **more)
    return a_client()


def test_a_token_is_asked_for_by_a_form_and_the_tenant_stands_in_the_query(mock: responses.RequestsMock) -> None:
    mock.add("POST", TOKEN, json=GOOD)
    client = a_client(tenant="your company")
    assert client.tokens.current() == client.tokens.current() == "token-1"
    (call,) = mock.calls
    assert call.request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qs(str(call.request.body)) == {
        "grant_type": ["client_credentials"],
        "client_id": ["client-1"],
        "client_secret": ["hush"],
        "scope": ["all"],
    }
    assert parse_qs(urlsplit(str(call.request.url)).query) == {"tenant": ["your company"]}
    assert "Authorization" not in call.request.headers


@pytest.mark.parametrize("lifetime", [{}, {"expires_in": "odd"}, {"expires_in": 0}, {"expires_in": 10**9}])
def test_an_odd_lifetime_is_no_harm(mock: responses.RequestsMock, lifetime: dict[str, Any]) -> None:
    mock.add("POST", TOKEN, json={"access_token": "token-1", **lifetime})
    client = a_client()
    client.tokens.current()
    client.tokens.current()
    assert len(mock.calls) == 1


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (400, {"error": "invalid_client"}, Unreachable, "invalid_client.*HALOPSA_CLIENT_SECRET"),
        (401, {"error": "no"}, Unreachable, "HALOPSA_CLIENT_ID"),
        (400, {"error": "invalid_scope"}, Unreachable, "permission 'all'"),
        (404, {}, Unreachable, "HALOPSA_AUTH_URL"),
        (409, {}, Temporary, "409"),
        (418, {}, Permanent, "418"),
        (429, {}, Busy, "too many"),
        (503, {}, Unreachable, "503"),
        (302, {}, Unreachable, "redirected"),
        (200, "page", Unreachable, "not in JSON.*check HALOPSA_AUTH_URL"),
        (200, {"token": "x"}, PayloadError, "access_token"),
        (200, [], PayloadError, "access_token"),
        (200, {"access_token": ""}, PayloadError, "access_token"),
    ],
)
def test_a_refused_token_says_what_to_mend(
    mock: responses.RequestsMock, status: int, body: Any, kind: type[Exception], words: str
) -> None:
    mock.add("POST", TOKEN, body=body if isinstance(body, str) else json.dumps(body), status=status)
    with pytest.raises(kind, match=words) as caught:
        a_client().tokens.current()
    assert "hush" not in str(caught.value)


def test_a_token_request_is_safe_to_repeat(mock: responses.RequestsMock) -> None:
    mock.add("POST", TOKEN, body=requests.ReadTimeout())
    mock.add("POST", TOKEN, json=GOOD)
    client = a_client(attempts=2, sleep=lambda seconds: None)
    assert client.tokens.current() == "token-1"


def test_a_token_that_was_renewed_meanwhile_is_not_dropped(mock: responses.RequestsMock) -> None:
    mock.add("POST", TOKEN, json=GOOD)
    client = a_client()
    client.tokens.current()
    client.tokens.drop("an older one")
    client.tokens.current()
    assert len(mock.calls) == 1
    client.tokens.drop("token-1")
    client.tokens.current()
    assert len(mock.calls) == 2


@pytest.mark.parametrize("name", fixtures("error"))
def test_the_instances_own_words_are_found_in_every_form_of_error(name: str) -> None:
    payload = fixture(name)["payload"]
    answer = Answer(payload["status"], {}, payload["body"].encode())
    assert error_text(answer) == fixture(name)["expected"]


def test_long_words_are_clipped_and_long_bodies_are_not_read() -> None:
    assert error_text(Answer(400, {}, b"x" * 1000)).endswith("x …")
    assert error_text(Answer(400, {}, b"x" * 30_000)) == ""


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (400, Refused, "refused with 400 .broken."),
        (403, Forbidden, "both need the right to try"),
        (404, NotThere, "invisible"),
        (408, Temporary, "408"),
        (409, Temporary, "409"),
        (405, Permanent, "405"),
        (500, Unreachable, "answered 500 .broken."),
        (302, Unreachable, "redirected"),
    ],
)
def test_each_refusal_of_a_read_has_its_meaning(
    mock: responses.RequestsMock, status: int, kind: type[AdapterError], words: str
) -> None:
    client = answered(mock, {"error": "broken"}, status)
    with pytest.raises(kind, match=words):
        client.get("Tickets", "try", "the right to try")


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (requests.ReadTimeout(), 200, OutcomeUnknown),
        (requests.ConnectionError("reset"), 200, OutcomeUnknown),
        ("broken", 500, OutcomeUnknown),
        ("page", 201, OutcomeUnknown),
        ("[]", 201, OutcomeUnknown),
        ("7", 201, OutcomeUnknown),
        (requests.ConnectTimeout(), 200, Temporary),
        ({"error": "no"}, 400, Refused),
        ("too many", 429, Temporary),
    ],
)
def test_a_write_without_a_usable_answer_has_an_unknown_outcome(
    mock: responses.RequestsMock, body: Any, status: int, kind: type[AdapterError]
) -> None:
    client = answered(mock, body, status)
    with pytest.raises(kind):
        client.post("Tickets", [{"id": 7}], "try", "the right to try")
    assert len([call for call in mock.calls if call.request.url == TICKETS]) == 1


@pytest.mark.parametrize("body", [{"id": 7}, [{"id": 6}, {"id": 7}]])
def test_a_write_sends_an_array_and_takes_one_object_or_an_array_of_them(
    mock: responses.RequestsMock, body: Any
) -> None:
    client = answered(mock, body, 201)
    assert client.post("Tickets", [{"id": 7}], "try", "the right to try") == {"id": 7}
    assert json.loads(mock.calls[-1].request.body) == [{"id": 7}]


@pytest.mark.parametrize(
    ("body", "rows"),
    [
        ([{"id": 1}], [{"id": 1}]),
        ({"record_count": 1, "tickets": [{"id": 1}]}, [{"id": 1}]),
        ({"results": [{"id": 1}]}, [{"id": 1}]),
        ({"columns": [{"id": 9}], "something": [{"id": 1}]}, [{"id": 1}]),
        ({"tickets": []}, []),
    ],
)
def test_a_list_comes_bare_or_in_one_of_several_envelopes(
    mock: responses.RequestsMock, body: Any, rows: list[Any]
) -> None:
    assert answered(mock, body).rows("Tickets", "try", "the right to try", "tickets") == rows


@pytest.mark.parametrize("body", [{"record_count": 0}, 7, "text", [7], {"columns": []}])
def test_what_is_no_list_is_refused(mock: responses.RequestsMock, body: Any) -> None:
    client = answered(mock, json.dumps(body))
    with pytest.raises(PayloadError):
        client.rows("Tickets", "try", "the right to try", "tickets")


def test_an_answer_that_is_not_json_may_come_better_later(mock: responses.RequestsMock) -> None:
    with pytest.raises(Temporary, match="not in JSON"):
        answered(mock, "<html>").get("Tickets", "try", "the right to try")


def pages_of(mock: responses.RequestsMock, *bodies: Any) -> tuple[list[int], list[dict[str, list[str]]]]:
    mock.add("POST", TOKEN, json=GOOD)
    for body in bodies:
        mock.add("GET", TICKETS, json=body)
    rows = [row["id"] for row in a_client().pages("try", "the right to try", {"open_only": "true"})]
    asked = [parse_qs(urlsplit(str(call.request.url)).query) for call in mock.calls if call.request.method == "GET"]
    return rows, asked


def test_pages_are_read_until_all_are_there(mock: responses.RequestsMock) -> None:
    rows, asked = pages_of(
        mock,
        {"record_count": 3, "tickets": [{"id": 1}, {"id": 2}]},
        {"record_count": "3", "tickets": [{"id": 2}, {"id": 3}]},
    )
    assert rows == [1, 2, 3]
    assert [one["page_no"] for one in asked] == [["1"], ["2"]]
    assert asked[0] == {
        "open_only": ["true"],
        "pageinate": ["true"],
        "page_size": ["100"],
        "page_no": ["1"],
        "order": ["id"],
    }


def test_pages_end_at_an_empty_one_or_at_one_that_says_nothing_new(mock: responses.RequestsMock) -> None:
    assert pages_of(mock, {"tickets": [{"id": 1}]}, {"tickets": []})[0] == [1]
    mock.reset()
    assert pages_of(mock, {"record_count": 9, "tickets": [{"id": 1}]}, {"tickets": [{"id": 1}]})[0] == [1]
