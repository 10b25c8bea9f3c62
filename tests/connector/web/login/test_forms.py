"""Forms of other sites, other names of this machine: refused before anything happens, with and without a login."""

from __future__ import annotations

import re
from itertools import product

import pytest
from flask import Blueprint
from structlog.testing import capture_logs

from connector.systems.addresses import networks
from connector.web.app import create_app
from connector.web.console import forms, gate
from connector.web.login.sessions import IDLE
from tests.connector.web.console.pages import PAGE, words_of
from tests.connector.web.login.conftest import PASSWORDS, Browser

PUBLIC = "https://escalator.example.com"
HOSTILE = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "http://localhost:9999"},
    {"Origin": "ftp://localhost"},
    {"Origin": "http://[evil"},
    {"Origin": "http://localhost@evil.example"},
]
GOOD = [{}, {"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://localhost"}, {"Origin": "HTTPS://LOCALHOST"}]


def acting(site, who_asks):
    """A site with a form that does something, as the pages have them; and what it has done."""
    done = []
    routes = Blueprint("acts", __name__)
    gate.guard(routes, who_asks)

    @routes.route("/act", methods=["POST", "PUT", "PATCH", "DELETE"])
    def act():
        done.append(gate.viewer_of_request().name)
        return "done"

    app = create_app(site.deps(), site.parts)
    app.register_blueprint(routes)
    return Browser(app.test_client()), done


@pytest.fixture
def acted(login):
    site = login.site(public_url=PUBLIC, proxies=networks(["10.0.0.1"]))
    browser, done = acting(site, site.parts.who_asks)
    browser.log_in()
    return browser, done


def test_a_form_of_ours_does_what_it_says(acted):
    browser, done = acted
    for headers in GOOD:
        assert browser.post("/act", {"csrf": browser.token("/health")}, headers=headers).text == "done", headers
        assert browser.post("/act", {}, headers={**headers, "X-CSRF-Token": browser.token("/health")}).text == "done"
    assert done == ["Ruth Okonjo"] * 2 * len(GOOD)


def test_a_form_of_another_site_does_nothing_though_it_knew_the_token(acted):
    browser, done = acted
    for headers in HOSTILE:
        answer = browser.post("/act", {"csrf": browser.token("/health")}, headers=headers)
        assert (answer.status_code, done) == (403, []), headers
        assert "This form is not from here, or too old" in words_of(answer)
    assert browser.is_in()


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_without_the_sessions_own_token_nothing_is_done(acted, login, method):
    browser, done = acted
    other = login.browser(public_url=PUBLIC)
    other.log_in("bo")
    for data in (b"", b"csrf=", b"csrf=x", b"csrf=" + other.token("/health").encode(), "csrf=é".encode(), b"csrf=\xff"):
        with capture_logs() as told:
            answer = getattr(browser.client, method)(
                "/act", data=data, headers=PAGE, content_type="application/x-www-form-urlencoded"
            )
        assert (answer.status_code, done) == (403, []), data
        assert [one["reason"] for one in told if one["event"] == "log-in refused"] == ["foreign form"]


def test_a_token_of_before_is_none_of_the_next_session(acted):
    browser, done = acted
    token = browser.token("/health")
    browser.post("/logout", {"csrf": token})
    browser.log_in()
    assert browser.post("/act", {"csrf": token}).status_code == 403
    assert done == []


def test_who_is_out_is_asked_to_log_in_and_nothing_is_done(acted, clock):
    browser, done = acted
    token = browser.token("/health")
    clock.advance(IDLE)
    answer = browser.post("/act", {"csrf": token})
    assert (answer.status_code, answer.headers["Location"], done) == (303, "/login?why=idle", [])


# --- logging in -----------------------------------------------------------------------------------------------


def test_nobody_is_logged_in_by_another_sites_form(login):
    browser = login.browser(public_url=PUBLIC)
    for headers in HOSTILE:
        assert browser.log_in(headers=headers).status_code == 403, headers
    assert not browser.is_in()
    assert browser.log_in().status_code == 303


@pytest.mark.parametrize("token", ["", "x", "of another browser"])
def test_a_page_that_is_too_old_logs_nobody_in_and_is_shown_anew(login, token):
    browser, other = login.browser(), login.browser()
    browser.get("/login")
    given = other.token() if token == "of another browser" else token
    form = {"csrf": given, "name": "bo", "password": PASSWORDS["bo"], "next": "/health"}
    answer = browser.post("/login", form)
    assert answer.status_code == 403
    assert "This page was too old to log in with. Nothing was tried" in words_of(answer)
    assert 'value="bo"' in answer.text
    assert not browser.is_in()
    assert browser.log_in("bo").status_code == 303


def test_a_form_without_its_cookie_logs_nobody_in(login):
    browser = login.browser()
    token = browser.token()
    browser.client.delete_cookie("escalator_login", path="/login")
    assert browser.post("/login", {"csrf": token, "name": "bo", "password": PASSWORDS["bo"]}).status_code == 403


def test_a_cookie_that_was_planted_is_replaced(login):
    browser = login.browser()
    browser.client.set_cookie("escalator_login", "planted", path="/login")
    browser.get("/login")
    assert browser.cookie("escalator_login", "/login") != "planted"


# --- other names ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("public_url", ["", PUBLIC])
def test_by_a_name_that_is_not_ours_nothing_is_answered(login, public_url):
    client = login.browser(public_url=public_url).client
    hosts = ["evil.example", "escalator.example.com.evil.example", "10.0.0.7", "", "escalator.example.com@evil", "a b"]
    for host, path in product(hosts, ("/login", "/", "/health")):
        answer = client.get(path, headers=PAGE, environ_overrides={"HTTP_HOST": host, "REMOTE_ADDR": "10.0.0.9"})
        assert answer.status_code == 403, (host, path)
        assert "This is not the console" in words_of(answer)
        assert ("as PUBLIC_URL says it" in words_of(answer)) is bool(public_url)
        assert "Set-Cookie" not in answer.headers


def test_by_our_own_names_it_is(login):
    client = login.browser(public_url=PUBLIC).client
    ours = ["escalator.example.com", "ESCALATOR.example.com:443", "escalator.example.com.", "localhost:8000", "[::1]"]
    assert [client.get("/login", headers={**PAGE, "Host": host}).status_code for host in ours] == [200] * len(ours)


# --- without a login ------------------------------------------------------------------------------------------


@pytest.fixture
def alone(desk):
    browser, done = acting(desk, gate.at_this_machine)

    @browser.client.application.get("/form")
    def form():
        return forms.token_of_request()

    return browser, done


def test_without_a_login_a_form_of_ours_does_what_it_says(alone):
    browser, done = alone
    token = browser.get("/form").text
    assert browser.get("/form").text == token
    assert browser.post("/act", {"csrf": token}).text == "done"
    assert done == ["this machine"]


def test_without_a_login_a_form_of_another_site_does_nothing(alone):
    browser, done = alone
    for headers in HOSTILE:
        assert browser.post("/act", {"csrf": browser.get("/form").text}, headers=headers).status_code == 403, headers
    assert done == []


def test_without_a_login_a_form_needs_the_token_too(alone):
    browser, done = alone
    tokens = ["", "x", "A" * 32, "é"]
    assert {browser.post("/act", {"csrf": token}).status_code for token in tokens} == {403}
    browser.get("/form")
    assert {browser.post("/act", {"csrf": token}).status_code for token in tokens} == {403}
    browser.client.set_cookie("escalator_form", "")
    assert browser.post("/act", {"csrf": ""}).status_code == 403
    assert done == []


# -- every form there is -----------------------------------------------------------------------------------------

OF_PROGRAMS = ("/webhooks/", "/api/")


def test_every_route_that_changes_something_wants_the_token(login):
    browser = login.browser()
    browser.log_in()
    assert login.first is not None
    paths = [
        re.sub(r"<[^>]*any\(([a-z-]+)[^>]*>", r"\1", rule.rule).replace("<connection>", "psa")
        for rule in login.first.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and not rule.rule.startswith(OF_PROGRAMS) and rule.rule != "/login"
    ]
    paths = [re.sub(r"<[^>]*>", "1", path) for path in paths]
    assert "/tickets/psa/1/override" in paths
    for path in paths:
        answer = browser.post(path, {"reason": "the vendor calls back"})
        assert answer.status_code == 403, path
        assert "This form is not from here, or too old" in words_of(answer), path
