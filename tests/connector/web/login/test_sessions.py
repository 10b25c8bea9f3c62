"""Sessions: how long they last, what ends them, how their cookie is kept, and what is none of ours."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.systems.addresses import networks
from connector.web.login.door import SAID
from connector.web.login.keys import Signing
from connector.web.login.passwords import hash_of
from connector.web.login.sessions import IDLE, LONGEST, SEEN_EVERY
from tests.connector.web.console.pages import PAGE, words_of
from tests.connector.web.login.conftest import CHEAP, KEY, PASSWORDS, accounts

SECOND = timedelta(seconds=1)
PUBLIC = "https://escalator.example.com"
HERE = {"base_url": "https://escalator.example.com"}


def in_and_why(browser):
    answer = browser.get("/health")
    return answer.headers["Location"].rpartition("why=")[2] if answer.status_code == 303 else ""


def test_who_does_nothing_for_half_an_hour_is_out(login, clock):
    browser = login.browser()
    browser.log_in()
    clock.advance(IDLE - SECOND)
    assert in_and_why(browser) == ""
    clock.advance(IDLE - SECOND)
    assert in_and_why(browser) == ""
    clock.advance(IDLE)
    assert in_and_why(browser) == "idle"
    assert SAID["idle"] in words_of(browser.get("/login?why=idle"))


def test_a_page_that_looks_anew_by_itself_is_nobody_doing_something(login, clock):
    browser = login.browser()
    browser.log_in()
    clock.advance(IDLE - SECOND)
    piece = browser.get("/health", headers={**PAGE, "HX-Request": "true"})
    assert (piece.status_code, "Set-Cookie" in piece.headers) == (200, False)
    clock.advance(SECOND)
    assert in_and_why(browser) == "idle"


def test_after_twelve_hours_everybody_is_out_whatever_they_do(login, clock):
    browser = login.browser()
    browser.log_in()
    for _ in range(int(LONGEST / (IDLE / 2)) - 1):
        clock.advance(IDLE / 2)
        assert browser.is_in()
    clock.advance(IDLE / 2)
    assert in_and_why(browser) == "age"


def test_a_cookie_is_written_anew_once_a_minute_at_most(login, clock):
    browser = login.browser()
    browser.log_in()
    first = browser.cookie()
    clock.advance(SEEN_EVERY - SECOND)
    browser.get("/health")
    assert browser.cookie() == first
    clock.advance(SECOND)
    browser.get("/health")
    assert browser.cookie() != first


@pytest.mark.parametrize(
    "change",
    [
        {"name": "ruth"},
        {"role": "administrator"},
        {"role": "viewer"},
        {"member": "somebody"},
        {"password_hash": "yet another password"},
        {"password_hash": PASSWORDS["Ruth Okonjo"]},
    ],
)
def test_an_account_that_is_another_ends_its_sessions_and_no_others(login, change):
    ruth, bo = login.browser(), login.browser()
    ruth.log_in()
    bo.log_in("bo")
    change = {what: hash_of(to, CHEAP) if what == "password_hash" else to for what, to in change.items()}
    assert in_and_why(login.moved(ruth, users=accounts(**change))) == "changed"
    assert login.moved(bo, users=accounts(**change)).is_in()
    assert login.moved(ruth).is_in()


def test_a_new_key_logs_everybody_out(login):
    browser = login.browser()
    browser.log_in()
    assert not login.moved(browser, key="another key than before").is_in()


def test_any_process_serves_a_session(login):
    browser = login.browser()
    browser.log_in()
    assert login.moved(browser).is_in()


def test_each_log_in_is_a_session_of_its_own_whatever_was_there_before(login):
    browser = login.browser()
    browser.client.set_cookie("escalator", "planted")
    browser.log_in()
    first = browser.cookie()
    other = login.browser()
    other.log_in()
    assert len({first, other.cookie(), "planted"}) == 3


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        ".",
        "a.b",
        Signing("another key").signed("session", {"id": "a", "name": "bo", "proof": "", "begun": 0, "seen": 0}),
        Signing(KEY).signed("device", {"id": "a", "name": "bo", "proof": "", "begun": 0, "seen": 0}),
        Signing(KEY).signed("session", {"id": "a", "name": "bo"}),
        Signing(KEY).signed("session", ["bo"]),
        Signing(KEY).signed("session", {"id": 1, "name": "bo", "proof": "", "begun": 0, "seen": 0}),
        Signing(KEY).signed("session", {"id": "a", "name": "bo", "proof": "x", "begun": 0, "seen": 0}),
        "x" * 3000,
    ],
)
def test_what_we_have_not_written_so_is_no_session(login, value):
    browser = login.browser()
    browser.client.set_cookie("escalator", value)
    assert not browser.is_in()


def test_no_letter_of_a_cookie_can_be_another(login):
    browser = login.browser()
    browser.log_in()
    kept = browser.cookie()
    assert browser.is_in()
    for place in range(0, len(kept) - 1, 7):
        browser.client.set_cookie("escalator", kept[:place] + ("A" if kept[place] != "A" else "B") + kept[place + 1 :])
        assert not browser.is_in(), place


def test_one_who_knows_the_key_alone_makes_no_session(login, clock):
    """The proof is made of the hash, too, which stands elsewhere than a cookie."""
    now = int(clock.now().timestamp() * 1_000_000)
    browser = login.browser()
    made = {
        "id": "a",
        "name": "bo",
        "proof": Signing(KEY).digest("account", "bo", "VIEWER", ""),
        "begun": now,
        "seen": now,
    }
    browser.client.set_cookie("escalator", Signing(KEY).signed("session", made))
    assert in_and_why(browser) == "changed"


def test_a_cookie_of_a_time_to_come_is_none(login, clock):
    browser = login.browser()
    browser.log_in()
    ahead = browser.cookie()
    assert browser.is_in()
    clock._now -= timedelta(hours=1)
    assert login.moved(browser).cookie() == ahead
    assert in_and_why(browser) == "age"


# --- the cookie -----------------------------------------------------------------------------------------------


def set_by(answer):
    return {one.partition("=")[0]: one for one in answer.headers.getlist("Set-Cookie")}


def test_without_https_a_cookie_is_for_this_site_and_no_script(login):
    browser = login.browser()
    form = set_by(browser.get("/login"))["escalator_login"]
    found = set_by(browser.log_in())
    assert found.keys() == {"escalator", "escalator_login", "escalator_device"}
    assert found["escalator"].endswith("; HttpOnly; Path=/; SameSite=Lax")
    assert form.endswith("; HttpOnly; Path=/login; SameSite=Strict")
    assert found["escalator_device"].endswith("; HttpOnly; Path=/login; SameSite=Strict")
    assert "Max-Age=15552000" in found["escalator_device"]
    assert all("Domain" not in one and "Secure" not in one for one in found.values())


def test_where_people_come_by_https_every_cookie_is_for_https_alone(login):
    browser = login.browser("10.0.0.7", public_url=PUBLIC)
    token = browser.token(**HERE)
    answer = browser.post("/login", {"csrf": token, "name": "bo", "password": PASSWORDS["bo"]}, **HERE)
    found = set_by(answer)
    assert found["__Host-escalator"].endswith("; Secure; HttpOnly; Path=/; SameSite=Lax")
    assert "; Secure; HttpOnly; Path=/login" in found["escalator_device"]
    assert browser.get("/health", **HERE).status_code == 200
    out = set_by(browser.post("/logout", {"csrf": browser.token("/health", **HERE)}, **HERE))
    assert "; Secure; HttpOnly; Path=/; SameSite=Lax" in out["__Host-escalator"]
    assert browser.get("/health", **HERE).status_code == 303


@pytest.mark.parametrize(
    ("public_url", "address", "proxies", "said", "is_secure"),
    [
        ("", "127.0.0.1", [], None, False),
        (PUBLIC, "127.0.0.1", [], None, False),
        (PUBLIC, "10.0.0.7", [], None, True),
        (PUBLIC, "127.0.0.1", [], "http", True),
        ("", "10.0.0.7", ["10.0.0.7"], "https", True),
        ("", "10.0.0.7", ["10.0.0.7"], "http, https", True),
        ("", "10.0.0.7", ["10.0.0.7"], "https, http", False),
        ("", "10.0.0.7", [], "https", False),
        ("http://127.0.0.1:8000", "127.0.0.1", [], None, False),
    ],
)
def test_a_cookie_is_for_https_alone_where_nobody_sits_here(login, public_url, address, proxies, said, is_secure):
    browser = login.browser(address, public_url=public_url, proxies=networks(proxies))
    headers = {**PAGE, **({} if said is None else {"X-Forwarded-Proto": said})}
    assert ("Secure" in browser.get("/login", headers=headers).headers["Set-Cookie"]) is is_secure
