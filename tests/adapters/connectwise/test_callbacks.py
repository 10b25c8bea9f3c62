from __future__ import annotations

from typing import Any

import pytest

from connector.errors import ConfigError, Forbidden, PayloadError, Permanent, Temporary
from tests.adapters.connectwise.site import API, a_site, connected

PUBLIC = "https://escalator.example.com/webhooks/connectwise"
URL = f"{PUBLIC}?recordId="


def a_callback(id_: int = 31, **changes: Any) -> dict[str, Any]:
    row = {"id": id_, "type": "ticket", "level": "owner", "objectId": 1, "url": URL, "inactiveFlag": False}
    return {**row, **changes}


def _callback_url(id_: int) -> str:
    return f"{API}system/callbacks/{id_}"


def test_without_a_registration_one_is_added() -> None:
    with a_site() as site:
        site.answer("GET", "system/callbacks", [])
        site.answer("POST", "system/callbacks", a_callback(), 201)
        found = connected().webhooks.register()
        (sent,) = site.payloads("POST")
    assert (found.id, found.url, found.is_active) == ("31", URL, True)
    assert sent["url"] == URL
    assert (sent["type"], sent["level"], sent["objectId"]) == ("ticket", "owner", 1)
    assert len(sent["description"]) <= 100


def test_the_list_is_asked_by_host_only_and_the_token_is_in_no_filter() -> None:
    with a_site() as site:
        site.answer("GET", "system/callbacks", [])
        connected(webhook_token=("t0ken",)).webhooks.registrations()
        assert site.asked[-1][2]["conditions"] == 'url contains "escalator.example.com"'


def test_a_right_registration_is_left_alone() -> None:
    with a_site() as site:
        site.answer("GET", "system/callbacks", [a_callback(type="Ticket", level="Owner")])
        assert connected().webhooks.register().id == "31"
        assert {method for method, *_ in site.asked} == {"GET"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"inactiveFlag": True},
        {"url": PUBLIC},
        {"url": f"{PUBLIC}?token=old&recordId="},
        {"level": "board", "objectId": 7},
    ],
)
def test_a_wrong_registration_is_repaired_in_place(wrong: dict[str, Any]) -> None:
    with a_site() as site:
        site.answer("GET", "system/callbacks", [a_callback(**wrong)])
        site.answer("PATCH", "system/callbacks/31", a_callback())
        assert connected().webhooks.register().is_active
        (changes,) = site.payloads("PATCH")
    assert {change["path"]: change["value"] for change in changes} == {
        "type": "ticket",
        "level": "owner",
        "objectId": 1,
        "url": URL,
        "inactiveFlag": False,
    }


def test_surplus_registrations_are_deleted_and_those_of_others_are_not() -> None:
    others = [
        a_callback(20, url="https://other.example.com/webhooks/connectwise?recordId="),
        a_callback(21, url="https://escalator.example.com/other?recordId="),
        a_callback(22, url="not an address"),
        a_callback(23, url=None),
    ]
    with a_site() as site:
        site.answer(
            "GET", "system/callbacks", [a_callback(33), a_callback(32, inactiveFlag=True), *others, a_callback(31)]
        )
        site.mock.delete(_callback_url(32), status=204)
        site.mock.delete(_callback_url(33), status=204)
        assert connected().webhooks.register().id == "31"
        deleted = [path for method, path, *_ in site.asked if method == "DELETE"]
    assert deleted == ["system/callbacks/32", "system/callbacks/33"]


def test_a_registration_that_the_filter_hid_is_found_when_the_site_says_it_exists() -> None:
    exists = {"code": "InvalidObject", "message": "x", "errors": [{"code": "ObjectExists", "message": "y"}]}
    with a_site() as site:
        site.answer("GET", "system/callbacks", [])
        site.answer("GET", "system/callbacks", [a_callback()])
        site.answer("POST", "system/callbacks", exists, 400)
        assert connected().webhooks.register().id == "31"


def test_an_existing_registration_that_is_nowhere_is_explained() -> None:
    exists = {"code": "InvalidObject", "message": "x", "errors": [{"code": "ObjectExists", "message": "y"}]}
    with a_site() as site:
        site.answer("GET", "system/callbacks", [])
        site.answer("POST", "system/callbacks", exists, 400)
        with pytest.raises(Permanent, match="lists none with this address"):
            connected().webhooks.register()


def test_a_refused_url_is_an_error_in_the_sites_words() -> None:
    refused = {
        "code": "InvalidObject",
        "message": "x",
        "errors": [{"code": "InvalidField", "message": "Invalid URL", "field": "url"}],
    }
    with a_site() as site:
        site.answer("GET", "system/callbacks", [])
        site.answer("POST", "system/callbacks", refused, 400)
        with pytest.raises(Permanent, match="url: Invalid URL"):
            connected().webhooks.register()


def test_a_registration_that_cannot_be_repaired_is_replaced() -> None:
    with a_site() as site:
        site.answer("GET", "system/callbacks", [a_callback(inactiveFlag=True)])
        site.answer("PATCH", "system/callbacks/31", {"code": "InvalidObject", "message": "no"}, 400)
        site.mock.delete(_callback_url(31), status=204)
        site.answer("POST", "system/callbacks", a_callback(40), 201)
        assert connected().webhooks.register().id == "40"


def test_a_repair_that_changes_nothing_is_not_believed() -> None:
    with a_site() as site:
        site.answer("GET", "system/callbacks", [a_callback(inactiveFlag=True)])
        site.answer("PATCH", "system/callbacks/31", a_callback(inactiveFlag=True))
        with pytest.raises(Permanent, match="not as it was sent"):
            connected().webhooks.register()


def test_the_token_is_registered_and_never_shown() -> None:
    url = f"{PUBLIC}?token=t0%2Fken&recordId="
    with a_site() as site:
        site.answer("GET", "system/callbacks", [])
        site.answer("POST", "system/callbacks", a_callback(url=url), 201)
        found = connected(webhook_token=("t0/ken", "before")).webhooks.register()
        assert site.payloads("POST")[0]["url"] == url
    assert found.url == f"{PUBLIC}?token=***&recordId="


def test_registrations_are_removed_and_counted() -> None:
    with a_site() as site:
        site.answer("GET", "system/callbacks", [a_callback(31), a_callback(32, inactiveFlag=True)])
        site.mock.delete(_callback_url(31), status=204)
        site.mock.delete(_callback_url(32), status=204)
        system = connected()
        assert [(row.id, row.is_active) for row in system.webhooks.registrations()] == [("31", True), ("32", False)]
        assert system.webhooks.remove() == 2


def test_a_registration_that_is_gone_already_is_removed_too() -> None:
    with a_site() as site:
        site.answer("GET", "system/callbacks", [a_callback(31)])
        site.answer("GET", "system/callbacks", [])
        site.answer("DELETE", "system/callbacks/31", {"code": "NotFound"}, 404)
        assert connected().webhooks.remove() == 1


def test_a_registration_that_cannot_be_deleted_is_an_error() -> None:
    with a_site() as site:
        site.answer("GET", "system/callbacks", [a_callback(31)])
        site.answer("DELETE", "system/callbacks/31", {"code": "NotFound"}, 404)
        with pytest.raises(Temporary):
            connected().webhooks.remove()


@pytest.mark.parametrize(("body", "error"), [([], Permanent), ({"url": URL}, PayloadError)])
def test_a_registration_answered_with_something_else_is_an_error(body: Any, error: type[Exception]) -> None:
    with a_site() as site:
        site.answer("GET", "system/callbacks", [])
        site.answer("POST", "system/callbacks", body, 201)
        with pytest.raises(error):
            connected().webhooks.register()


def test_without_a_public_address_nothing_is_registered() -> None:
    with pytest.raises(ConfigError, match="PUBLIC_URL"):
        connected(webhook_url="").webhooks.register()


def test_a_missing_right_is_named() -> None:
    with a_site() as site:
        site.answer("GET", "system/callbacks", {"code": "Security", "message": "No."}, 403)
        with pytest.raises(Forbidden, match="manage callbacks"):
            connected().webhooks.registrations()
