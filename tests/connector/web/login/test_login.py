"""Logging in and out: who is let in, what is said to who is not, where one is taken."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import g
from structlog.testing import capture_logs

from connector.store.database.errors import StoreUnavailable
from connector.store.logins import void
from connector.systems.addresses import networks
from connector.web.console.gate import Role, Viewer, require
from connector.web.login import accounts as accounts_module
from connector.web.login.door import WRONG
from connector.web.login.keys import Signing
from connector.web.login.origin import local_path
from connector.web.login.slowing import FREE_TRIES
from tests.connector.mailboxes import until
from tests.connector.web.console.pages import PAGE, words_of
from tests.connector.web.login.conftest import HASHES, PASSWORDS, Browser, accounts


def test_who_logs_in_is_taken_to_where_they_wanted_and_seen_by_name_and_role(login):
    browser = login.browser()
    sent = browser.get("/health?since=1")
    assert (sent.status_code, sent.headers["Location"]) == (303, "/login?next=%2Fhealth%3Fsince%3D1")
    page = browser.get(sent.headers["Location"])
    assert "You will be taken to /health?since=1." in words_of(page)
    answer = browser.log_in(to="/health?since=1")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/health?since=1")
    assert "Ruth Okonjo, manager" in words_of(browser.get("/health"))
    assert browser.get("/login?next=/health").headers["Location"] == "/health"


def test_the_viewer_has_role_and_member_of_the_account(login, desk):
    seen = []
    site = login.site()
    app_parts = site.parts

    def who_asks(asked):
        seen.append(app_parts.who_asks(asked))
        return seen[-1]

    site = replace(site, parts=replace(app_parts, who_asks=who_asks))
    browser = Browser(site.client())
    browser.log_in("ruth okonjo", PASSWORDS["Ruth Okonjo"])
    browser.get("/health")
    assert seen == [Viewer("Ruth Okonjo", Role.MANAGER, "rokonjo")]
    assert (seen[0].may(Role.MANAGER), seen[0].may(Role.ADMINISTRATOR)) == (True, False)


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("Ruth Okonjo", "wrong horse battery"),
        ("nobody", PASSWORDS["Ruth Okonjo"]),
        ("bo", PASSWORDS["Ruth Okonjo"]),
        ("Ruth Okonjo", ""),
        ("", ""),
        ("Ruth Okonjo", PASSWORDS["Ruth Okonjo"] + " "),
        ("Ruth Okonjo", PASSWORDS["Ruth Okonjo"].upper()),
        ("Ruth Okonjo", "its hash"),
        ("Ruth Okonjo", "x" * 2000),
        (b"\xff", b"\xff"),
    ],
)
def test_whatever_is_wrong_is_told_in_the_same_words(login, name, password):
    browser = login.browser()
    password = HASHES[name] if password == "its hash" else password
    answer = browser.log_in(name, password)
    assert answer.status_code == 403
    assert WRONG in words_of(answer)
    assert not browser.is_in()
    assert browser.cookie() is None
    assert len(password) < 2 or password not in answer.text


def test_a_wrong_name_takes_what_a_right_one_takes(login, monkeypatch):
    looked_at = []
    monkeypatch.setattr(
        accounts_module.passwords, "is_right", lambda hashed, password: bool(looked_at.append((hashed, password)))
    )
    browser = login.browser()
    browser.log_in("Ruth Okonjo", "some password or other")
    browser.log_in("nobody", "some password or other")
    browser.log_in("NOBODY ", "some password or other")
    (right, _), *nobodys = looked_at
    assert right == HASHES["Ruth Okonjo"]
    assert len(nobodys) == 2
    assert len(set(nobodys)) == 1
    assert nobodys[0][0].rsplit("$", 2)[0] == right.rsplit("$", 2)[0]
    assert nobodys[0][0] not in HASHES.values()


def test_the_hash_that_nobody_has_is_looked_at_as_any_other():
    found = accounts_module.Accounts(accounts(), Signing("key"))
    nobodys = found._some_hash("x")
    hashed = accounts_module.passwords.verify_secret
    with pytest.raises(accounts_module.passwords.Argon2Error, match="does not match"):
        hashed(nobodys.encode(), b"x", accounts_module.passwords.Type.ID)


def test_what_was_typed_stands_in_no_log_and_a_name_only_where_it_is_an_accounts(login):
    browser = login.browser(address="10.0.0.7")
    secret = "correct horse battery!"
    with capture_logs() as told:
        browser.log_in(secret, secret)
        browser.log_in("ruth okonjo", secret)
        browser.log_in("bo")
        browser.post("/logout", {"csrf": browser.token("/health")})
    assert secret not in str(told)
    said = [(one["event"], one.get("reason"), one["name"], one["address"]) for one in told if "address" in one]
    assert said == [
        ("log-in refused", "no such account", "of no account", "10.0.0.7"),
        ("log-in refused", "wrong password", "Ruth Okonjo", "10.0.0.7"),
        ("logged in", None, "bo", "10.0.0.7"),
        ("logged out", None, "bo", "10.0.0.7"),
    ]


def test_the_address_is_the_one_that_our_proxy_names(login):
    browser = login.browser(proxies=networks(["127.0.0.1"]))
    with capture_logs() as told:
        browser.post(
            "/login", {"csrf": browser.token(), "name": "bo"}, headers={"X-Forwarded-For": "1.2.3.4, 10.9.8.7"}
        )
    assert [one["address"] for one in told if "address" in one] == ["10.9.8.7"]


def test_a_name_is_shown_again_as_the_text_that_it_is(login):
    answer = login.browser().log_in('"><script>x</script>', "wrong password")
    assert 'value="&#34;&gt;&lt;script&gt;x&lt;/script&gt;"' in answer.text
    assert "wrong password" not in answer.text


def test_who_is_not_let_in_is_answered_as_what_they_are(login):
    browser = login.browser()
    program = browser.get("/health", headers={"Accept": "application/json"})
    assert (program.status_code, program.json["code"]) == (401, "log_in")
    piece = browser.get("/health", headers={**PAGE, "HX-Request": "true"})
    assert (piece.status_code, piece.headers["HX-Redirect"]) == (401, "/login?next=%2Fhealth")
    assert browser.get("/health/live").status_code == 200
    assert browser.get("/metrics").status_code == 200
    assert browser.post("/webhooks/nobody", {}).status_code == 404


# --- out again ------------------------------------------------------------------------------------------------


def test_who_logs_out_is_out_also_with_a_copy_of_the_cookie(login):
    browser, other = login.browser(), login.browser()
    browser.log_in()
    other.log_in()
    copied = browser.cookie()
    out = browser.post("/logout", {"csrf": browser.token("/health")})
    assert (out.status_code, out.headers["Location"]) == (303, "/login?why=out")
    assert browser.cookie() is None
    assert "You are logged out." in words_of(browser.get("/login?why=out"))
    browser.client.set_cookie("escalator", copied)
    assert browser.get("/health").headers["Location"] == "/login?next=%2Fhealth&why=ended"
    assert other.is_in()


def test_who_logs_out_everywhere_is_out_in_every_browser_at_every_process(login, clock):
    here, there, bo = login.browser(), login.browser(), login.browser()
    here.log_in()
    there.log_in()
    bo.log_in("bo")
    out = here.post("/logout/everywhere", {"csrf": here.token("/health")})
    assert out.headers["Location"] == "/login?why=everywhere"
    assert not login.moved(there).is_in()
    assert bo.is_in()
    clock.advance(timedelta(seconds=1))
    here.log_in()
    assert here.is_in()
    assert not there.is_in()


def test_nobody_is_logged_out_by_a_link_or_without_being_logged_in(login):
    browser = login.browser()
    assert browser.post("/logout", {}).headers["Location"] == "/login"
    browser.log_in()
    assert browser.get("/logout").status_code == 405
    assert browser.is_in()


# --- where to -------------------------------------------------------------------------------------------------


ELSEWHERE = [
    "",
    "health",
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/health\\..\\evil",
    "http:evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/ /evil.example",
    "/health\r\nSet-Cookie: a=b",
    "/login",
    "/login?next=/login",
    "/logout",
    "/logout/everywhere",
    "/login/",
    "/" + "x" * 2000,
    "/\N{RIGHT-TO-LEFT OVERRIDE}health",
]


def test_nobody_is_taken_elsewhere(login):
    browser = login.browser()
    for to in ELSEWHERE:
        assert local_path(to) == "/", to
        assert browser.log_in(to=to).headers["Location"] == "/", to
        assert browser.get("/login", query_string={"next": to}).headers["Location"] == "/", to


@pytest.mark.parametrize(
    "to",
    [
        "/",
        "/?state=warned&tier=2",
        "/health",
        "/tickets/rt/4711?from=mail#note",
        "/tickets/psa/%2F%2Fevil",
        "/loginsight",
    ],
)
def test_a_path_of_ours_is_kept(to):
    assert local_path(to) == to


def test_a_page_says_what_was_asked_for_as_text(login):
    page = login.browser().get("/login", query_string={"next": "/health?<script>", "why": "<script>"})
    assert "<script>" not in page.text
    assert "You will be taken to /health?&lt;script&gt;." in page.text


# --- what else fails ------------------------------------------------------------------------------------------


def test_a_database_that_is_away_lets_nobody_in_and_says_so(login, monkeypatch):
    browser = login.browser()
    browser.log_in()

    def gone(*_):
        raise StoreUnavailable("gone")

    monkeypatch.setattr(void.VoidSessions, "holds", gone)
    assert browser.get("/health").status_code == 503


def test_a_form_that_is_too_large_is_not_read(login):
    browser = login.browser()
    assert browser.post("/login", {"csrf": browser.token(), "name": "x" * 9000}).status_code == 413


def test_one_password_is_looked_at_at_a_time_some_wait_and_no_more(monkeypatch):
    go_on, most, inside = threading.Event(), [], []

    def look(hashed, password):
        inside.append(password)
        most.append(len(inside))
        assert go_on.wait(30)
        inside.pop()
        return True

    monkeypatch.setattr(accounts_module.passwords, "is_right", look)
    found = accounts_module.Accounts(accounts(), Signing("key"))
    answers = []
    places = accounts_module.MOST_AT_ONCE + accounts_module.MOST_WAITING
    threads = [threading.Thread(target=lambda: answers.append(found.log_in("bo", "x"))) for _ in range(places)]
    for thread in threads:
        thread.start()
    until(lambda: found._room._value == 0)
    with pytest.raises(accounts_module.TooBusy):
        found.log_in("bo", "x")
    go_on.set()
    for thread in threads:
        thread.join()
    assert [one.viewer.name for one in answers] == ["bo"] * places
    assert max(most) == accounts_module.MOST_AT_ONCE
    assert found.log_in("bo", "x") is not None


def test_too_many_at_once_are_told_to_come_again_and_not_counted(login, monkeypatch):
    def busy(*_):
        raise accounts_module.TooBusy

    browser = login.browser("10.0.0.7")
    with monkeypatch.context() as patched:
        patched.setattr(accounts_module.Accounts, "log_in", busy)
        answers = [browser.log_in() for _ in range(2 * FREE_TRIES)]
    assert {(one.status_code, one.headers["Retry-After"]) for one in answers} == {(503, "5")}
    assert "Nothing was tried" in words_of(answers[0])
    assert browser.log_in().status_code == 303


def test_each_page_behind_the_door_has_one_way_out_and_carries_a_token(login):
    browser = login.browser()
    browser.log_in()
    text = browser.get("/health").text
    forms = re.findall(r"<form.*?</form>", text, re.DOTALL)
    posted = [form for form in forms if 'method="post"' in form]
    assert sum('action="/logout' in form for form in posted) == 2
    assert all('name="csrf"' in form for form in posted)


def test_a_role_is_asked_for_by_pages(login):
    browser = login.browser()
    with browser.client.application.test_request_context("/"):
        g.viewer = Viewer("bo", Role.VIEWER)
        with pytest.raises(Exception, match="Not for everybody"):
            require(Role.TECHNICIAN)
