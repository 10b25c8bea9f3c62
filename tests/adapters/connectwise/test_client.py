from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
import responses

from adapters.absence import NotThere
from adapters.connectwise.client import ConnectWiseClient
from adapters.connectwise.refusals import NotOffered, Refused
from adapters.http import HttpOptions
from connector.clock import VirtualClock
from connector.errors import Busy, Forbidden, OutcomeUnknown, PayloadError, Permanent, Temporary, Unreachable
from tests.adapters.connectwise.site import API, COMPANY_INFO, NOW, ROOT, Site, a_site, settings

RIGHT = "Service Desk > Service Tickets (Inquire)"


def a_client(monotonic: Callable[[], float] = lambda: 0.0, **changes: Any) -> ConnectWiseClient:
    options = HttpOptions(attempts=1, monotonic=monotonic, calls_per_window=None)
    return ConnectWiseClient(settings(**changes), VirtualClock(NOW), options)


def get(client: ConnectWiseClient, path: str = "service/tickets/1") -> Any:
    return client.get(path, "read ticket 1", RIGHT)


def test_both_spellings_of_the_host_are_the_sites_own() -> None:
    assert a_client(url="https://na.myconnectwise.net").origins == {
        "https://na.myconnectwise.net:443",
        "https://api-na.myconnectwise.net:443",
    }


def test_credentials_and_secrets_do_not_show() -> None:
    shown = repr(settings(webhook_token=("t0ken",)))
    for secret in ("public-1", "private-1", "client-1", "t0ken"):
        assert secret not in shown


def test_every_call_carries_basic_auth_client_id_and_the_version() -> None:
    with a_site() as site:
        site.answer("GET", "service/tickets/1", {"id": 1})
        assert get(a_client()) == {"id": 1}
        info, call = (sent.request for sent in site.mock.calls)
    assert call.headers["clientId"] == "client-1"
    assert call.headers["Accept"] == "application/vnd.connectwise.com+json; version=2025.1"
    pair = base64.b64decode(call.headers["Authorization"].removeprefix("Basic ")).decode()
    assert pair == "harbour+public-1:private-1"
    assert "Authorization" not in info.headers


def test_the_codebase_is_looked_up_once() -> None:
    with a_site() as site:
        site.answer("GET", "service/tickets/1", {"id": 1})
        client = a_client()
        get(client)
        get(client)
        assert [path for _, path, _, _ in site.asked].count(COMPANY_INFO) == 1
        assert len(site.mock.calls) == 3


def test_a_codebase_that_changed_is_found_after_a_404_and_the_call_repeated_once() -> None:
    with a_site("v2024_9/") as site:
        now = [0.0]
        client = a_client(lambda: now[0])
        client.address()
        old = f"{ROOT}/v2024_9/apis/3.0/service/tickets/1"
        site.answer("GET", old, {"code": "NotFound"}, 404)
        site.answer("GET", f"{ROOT}/login/companyinfo/harbour", {"Codebase": "v2025_1/"})
        site.answer("GET", "service/tickets/1", {"id": 1})
        now[0] = 61.0
        assert get(client) == {"id": 1}


def test_404s_do_not_ask_for_the_codebase_more_than_once_a_minute() -> None:
    with a_site() as site:
        now = [0.0]
        client = a_client(lambda: now[0])
        site.answer("GET", "service/tickets/1", {"code": "NotFound"}, 404)
        for now[0] in (1.0, 70.0, 71.0, 72.0):
            with pytest.raises(NotThere):
                get(client)
        assert [path for _, path, _, _ in site.asked].count(COMPANY_INFO) == 2


def test_a_site_without_company_information_is_called_through_the_router() -> None:
    with a_site() as site:
        site.mock.reset()
        site.answer("GET", f"{ROOT}/login/companyinfo/harbour", None, 404)
        site.answer("GET", f"{ROOT}/v4_6_release/apis/3.0/service/tickets/1", {"id": 1})
        assert get(a_client()) == {"id": 1}


def test_a_company_that_is_answered_with_nothing_is_unknown() -> None:
    with a_site() as site:
        site.mock.reset()
        site.mock.add("GET", f"{ROOT}/login/companyinfo/harbour", body=b"")
        with pytest.raises(Unreachable, match="there is no company 'harbour'"):
            get(a_client())


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (None, Unreachable),
        ({"Codebase": "../../x"}, PayloadError),
        ({"CompanyName": "x"}, PayloadError),
        ([], PayloadError),
    ],
)
def test_an_unknown_company_or_odd_codebase_is_explained(body: Any, error: type[Exception]) -> None:
    with a_site() as site:
        site.mock.reset()
        site.answer("GET", f"{ROOT}/login/companyinfo/harbour", body)
        with pytest.raises(error):
            get(a_client())


def test_a_refused_look_up_of_the_company_is_explained() -> None:
    with a_site() as site:
        site.mock.reset()
        site.answer(
            "GET", f"{ROOT}/login/companyinfo/harbour", {"code": "Security", "message": "SSL is required."}, 403
        )
        with pytest.raises(Unreachable, match="https://api-"):
            get(a_client())


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (401, {"code": "Unauthorized", "message": "No."}, Unreachable, "CONNECTWISE_PUBLIC_KEY"),
        (
            403,
            {"code": "Security", "message": "No permission."},
            Forbidden,
            RIGHT.replace("(", r"\(").replace(")", r"\)"),
        ),
        (403, None, Forbidden, "CONNECTWISE_CLIENT_ID"),
        (403, {"message": "A clientId is required."}, Unreachable, "CONNECTWISE_CLIENT_ID"),
        (404, {"code": "NotFound", "message": "Service Ticket 1 not found"}, NotThere, "Service Ticket 1"),
        (404, {"code": "ConnectWiseApi", "message": "The endpoint does not exist."}, NotThere, "endpoint"),
        (400, {"code": "ApiFindCondition", "message": "x is not a recognized name."}, Refused, "recognized name"),
        (400, "Cannot route. Codebase/company is invalid", Unreachable, "CONNECTWISE_COMPANY"),
        (400, {"message": "Cannot route. Codebase/company is invalid"}, Unreachable, "CONNECTWISE_COMPANY"),
        (403, {"code": "Security", "message": "SSL is required.", "errors": None}, Unreachable, "api-"),
        (409, {"code": "Conflict", "message": "In use."}, Temporary, "In use"),
        (405, {"message": "Not allowed"}, NotOffered, "405"),
        (415, ["odd"], Permanent, "415"),
        (429, {"error": "ConnectWiseAPI", "message": "Too many requests."}, Busy, "30 s"),
        (500, {"message": "Oops"}, Unreachable, "Oops"),
        (200, "not json at all", Unreachable, None),
    ],
)
def test_each_refusal_becomes_the_right_error(
    status: int, body: Any, error: type[Exception], words: str | None
) -> None:
    with a_site() as site:
        if words is None:
            site.mock.add("GET", API + "service/tickets/1", body=body, status=status)
        else:
            site.answer("GET", "service/tickets/1", body, status)
        with pytest.raises(error, match=words) as caught:
            get(a_client())
    assert type(caught.value) is error
    for secret in ("public-1", "private-1", "client-1"):
        assert secret not in str(caught.value)


def test_a_refusal_keeps_the_sites_words_fields_and_request_id_but_not_its_body() -> None:
    body = {
        "code": "InvalidObject",
        "message": "ticket object is invalid",
        "secretOfTheBody": "hidden",
        "errors": [
            {"code": "NotFound", "message": "Service Status 17 not found\nfor board", "field": "status/id"},
            {"code": "X", "message": "y" * 500, "field": "a, b"},
            "odd",
        ],
    }
    with a_site() as site:
        site.answer("PATCH", "service/tickets/1", body, 400, {"x-cw-request-id": "abc-1<>\n".strip()})
        with pytest.raises(Refused) as caught:
            a_client().send("PATCH", "service/tickets/1", "reassign ticket 1", RIGHT, [])
    words = str(caught.value)
    assert "status/id: Service Status 17 not found for board" in words
    assert "[request abc-1]" in words
    assert "hidden" not in words
    assert len(words) < 450
    assert caught.value.fields == {"status/id", "a", "b"}
    assert caught.value.codes == {"InvalidObject", "NotFound", "X"}


def test_of_the_fields_that_a_site_names_only_those_that_have_the_form_of_one_are_shown_to_everybody() -> None:
    fields = ("type/id", "Please ask Tess Tech <tess@acme.test>", "x" * 41, "customFields")
    body = {"errors": [{"code": "MissingRequiredField", "message": "no", "field": name} for name in fields]}
    with a_site() as site:
        site.answer("PATCH", "service/tickets/1", body, 400)
        with pytest.raises(Refused) as caught:
            a_client().send("PATCH", "service/tickets/1", "reassign ticket 1", RIGHT, [])
    assert caught.value.cause == "the field customFields, type/id is required"
    assert caught.value.fields == set(fields)


def test_a_write_answered_with_nonsense_has_an_unknown_outcome() -> None:
    with a_site() as site:
        site.mock.add("POST", API + "x", body="<html>", status=201)
        with pytest.raises(OutcomeUnknown):
            a_client().send("POST", "x", "write", RIGHT, {})


def test_a_delete_answers_nothing() -> None:
    with a_site() as site:
        site.mock.add("DELETE", API + "x", status=204)
        assert a_client().send("DELETE", "x", "delete", RIGHT) is None


def test_the_version_is_the_one_that_is_configured() -> None:
    for version, changes in (("2025.1", {}), ("2025.16", {"api_version": "2025.16"})):
        with a_site() as site:
            site.answer("GET", "service/tickets/1", {})
            get(a_client(**changes))
            accept = site.mock.calls[-1].request.headers["Accept"]
        assert accept == f"application/vnd.connectwise.com+json; version={version}"


def test_the_host_that_the_site_names_is_called() -> None:
    with responses.RequestsMock() as mock:
        info = {"Codebase": "v2025_1/", "SiteUrl": "api-eu.myconnectwise.net", "IsCloud": True}
        mock.add("GET", f"{ROOT}{COMPANY_INFO}", json=info)
        mock.add("GET", "https://api-eu.myconnectwise.net/v2025_1/apis/3.0/service/tickets/1", json={"id": 1})
        assert get(a_client()) == {"id": 1}


def test_a_host_that_is_named_after_a_move_is_called_from_then_on() -> None:
    now = [0.0]
    moved = "https://api-au.myconnectwise.net"
    with a_site() as site:
        site.answer("GET", "service/tickets/1", {"code": "NotFound"}, 404)
        client = a_client(lambda: now[0])
        with pytest.raises(NotThere):
            get(client)
        site.mock.replace("GET", ROOT + COMPANY_INFO, json={"Codebase": "v2025_1/", "SiteUrl": moved})
        site.mock.add("GET", f"{moved}/v2025_1/apis/3.0/service/tickets/1", json={"id": 1})
        now[0] = 61.0
        assert get(client) == {"id": 1}


def rows(*ids: int) -> list[dict[str, int]]:
    return [{"id": n} for n in ids]


def listed(client: ConnectWiseClient) -> list[int]:
    return [row["id"] for row in client.pages("things", "read things", RIGHT, 'name contains "x"', "id")]


def link(site: Site, **query: str) -> dict[str, str]:
    text = "&".join(f"{name}={value}" for name, value in query.items())
    return {"Link": f'<https://elsewhere.example.com/things?{text}>; rel="next", <https://x/?pageId=1>; rel="first"'}


def test_a_short_page_is_the_whole_list_whatever_its_link_says() -> None:
    with a_site() as site:
        site.answer("GET", "things", rows(1, 2), headers=link(site, pageId="2"))
        assert listed(a_client()) == [1, 2]
        method, path, query, _ = site.asked[-1]
        assert (method, path) == ("GET", "things")
        assert query == {"pageSize": "1000", "conditions": 'name contains "x"', "fields": "id"}
        assert site.mock.calls[-1].request.headers["pagination-type"] == "forward-only"
        assert len(site.asked) == 2


def test_full_pages_lead_on_by_the_id_in_the_link_and_never_to_its_host() -> None:
    with a_site() as site:
        site.answer("GET", "things", rows(*range(1, 1001)), headers=link(site, pageId="1000"))
        site.answer("GET", "things", rows(1001), headers=link(site, pageId="1001"))
        assert listed(a_client()) == list(range(1, 1002))
        assert [query.get("pageId") for _, _, query, _ in site.asked[1:]] == [None, "1000"]


def test_a_server_that_cuts_the_page_size_still_gives_the_whole_list() -> None:
    with a_site() as site:
        site.answer("GET", "things", rows(*range(1, 26)), headers=link(site, pageId="25"))
        site.answer("GET", "things", rows(*range(26, 31)), headers=link(site, pageId="30"))
        assert listed(a_client()) == list(range(1, 31))


def test_a_server_that_only_knows_page_numbers_is_followed_by_them() -> None:
    with a_site() as site:
        site.answer("GET", "things", rows(*range(1, 1001)), headers=link(site, pageSize="1000", page="2"))
        site.answer("GET", "things", rows(1001))
        assert len(listed(a_client())) == 1001
        assert site.asked[-1][2]["page"] == "2"


@pytest.mark.parametrize("address", ["https://x/?cursor=z", "http://[", "https://x/?pageId="])
def test_a_full_page_with_an_unreadable_link_leads_on_by_the_last_id(address: str) -> None:
    with a_site() as site:
        site.answer("GET", "things", rows(*range(1, 1001)), headers={"Link": f"<{address}>; rel=next"})
        site.answer("GET", "things", [])
        assert len(listed(a_client())) == 1000
        assert site.asked[-1][2]["pageId"] == "1000"


def test_a_full_page_without_a_link_ends_the_list() -> None:
    with a_site() as site:
        site.answer("GET", "things", rows(*range(1, 1001)))
        assert len(listed(a_client())) == 1000


def test_a_list_that_does_not_get_on_is_an_error_and_no_loop() -> None:
    with a_site() as site:
        site.answer("GET", "things", rows(*range(1, 1001)), headers=link(site, pageId="5"))
        with pytest.raises(Permanent, match="does not get on"):
            listed(a_client())


@pytest.mark.parametrize("body", [{"id": 1}, [1], None])
def test_a_list_that_is_none_is_refused(body: Any) -> None:
    with a_site() as site:
        site.answer("GET", "things", body)
        with pytest.raises(PayloadError, match="read things"):
            listed(a_client())
