"""Wrong passwords: slowed by user and address, for all processes, and told; nobody is locked out by strangers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from connector.metrics import Metrics
from connector.store.database.tables import login_try, void_session
from connector.web.login import slowing
from connector.web.login.slowing import FREE_OF_ADDRESS, FREE_TRIES
from connector.web.login.telling import MOST_SAID, WINDOW_SECONDS, LoginLog
from tests.connector.web.console.pages import words_of
from tests.connector.web.login.conftest import Browser

MINUTE = timedelta(minutes=1)
WRONG = "a wrong password"


def wrong(browser, times=1, name="Ruth Okonjo"):
    return [browser.log_in(name, WRONG).status_code for _ in range(times)]


def test_two_hundred_wrong_passwords_are_slowed_and_told(login, desk):
    browser = login.browser("10.0.0.7")
    with capture_logs() as told:
        answers = wrong(browser, 200)
    assert answers == [403] * FREE_TRIES + [429] * (200 - FREE_TRIES)
    assert [one for one in told if one["event"] == "wrong passwords are slowed"] == [
        {"event": "wrong passwords are slowed", "log_level": "error", "name": "Ruth Okonjo", "address": "10.0.0.7"}
    ]
    assert sum(one["event"] == "log-in refused" for one in told) == FREE_TRIES + MOST_SAID
    assert WRONG not in str(told)
    desk.later(WINDOW_SECONDS)
    with capture_logs() as told:
        wrong(browser)
    assert {"event": "more log-ins refused", "log_level": "warning", "reason": "too many tries", "count": 175} in told


def test_who_has_to_wait_is_told_how_long_and_their_right_password_is_not_looked_at(login, clock):
    browser = login.browser("10.0.0.7")
    wrong(browser, FREE_TRIES)
    answer = browser.log_in()
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    assert "Too many wrong passwords. Nothing was tried: wait a minute, then try again." in words_of(answer)
    clock.advance(MINUTE)
    assert wrong(browser) == [403]
    answer = browser.log_in()
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "120")
    assert "wait 2 minutes" in words_of(answer)
    clock.advance(2 * MINUTE)
    assert browser.log_in().status_code == 303
    browser.client.delete_cookie("escalator", path="/")
    browser.client.delete_cookie("escalator_device", path="/login")
    assert wrong(browser, FREE_TRIES + 1) == [403] * FREE_TRIES + [429]


def test_all_processes_count_together(login):
    answers = [wrong(Browser(login.site().client(), "10.0.0.7"))[0] for _ in range(FREE_TRIES + 1)]
    assert answers == [403] * FREE_TRIES + [429]


def test_a_name_in_any_form_is_the_same_and_one_that_nobody_has_is_slowed_alike(login):
    names = ["Ruth Okonjo", "ruth okonjo", " RUTH OKONJO "]
    browser = login.browser("10.0.0.7")
    assert [wrong(browser, 1, names[n % 3])[0] for n in range(FREE_TRIES + 1)] == [403] * FREE_TRIES + [429]
    assert wrong(browser, FREE_TRIES + 1, "nobody") == [403] * FREE_TRIES + [429]


def test_an_address_is_slowed_whatever_names_it_tries_and_so_are_its_neighbours_of_one_host(login):
    names = [f"name {n}" for n in range(FREE_OF_ADDRESS)]
    one, other = login.browser("2001:db8::1"), login.browser("2001:db8::ffff")
    assert [wrong(one if n % 2 else other, 1, name)[0] for n, name in enumerate(names)] == [403] * FREE_OF_ADDRESS
    assert wrong(one, 1, "yet another") == wrong(other, 1, "and another") == [429]
    assert wrong(login.browser("2001:db8:0:1::1"), 1, "yet another") == [403]


def test_a_right_password_gives_an_address_its_own_try_back_and_no_more(login):
    browser = login.browser("10.0.0.7")
    for n in range(FREE_OF_ADDRESS - 1):
        wrong(browser, 1, f"name {n}")
    assert [login.browser("10.0.0.7").log_in("bo").status_code for _ in range(3)] == [303] * 3
    assert wrong(login.browser("10.0.0.7"), 2, "another") == [403, 429]


def test_a_user_is_slowed_wherever_the_tries_come_from(login, monkeypatch):
    monkeypatch.setattr(slowing, "FREE_OF_USER", 7)
    answers = [wrong(login.browser(f"10.0.{n}.1"))[0] for n in range(8)]
    assert answers == [403] * 7 + [429]


def test_nobody_who_has_logged_in_here_before_is_locked_out_by_strangers(login, monkeypatch):
    monkeypatch.setattr(slowing, "FREE_OF_USER", 7)
    ruth = login.browser("10.9.9.9")
    ruth.log_in()
    ruth.client.delete_cookie("escalator", path="/")
    assert [wrong(login.browser(f"10.0.{n}.1"))[0] for n in range(8)] == [403] * 7 + [429]
    wrong(login.browser("10.9.9.9"), FREE_TRIES + 1)
    assert ruth.log_in().status_code == 303


def test_a_browser_that_is_known_is_slowed_by_itself_and_known_for_its_own_user_alone(login):
    browser = login.browser("10.0.0.7")
    browser.log_in("bo")
    browser.client.delete_cookie("escalator", path="/")
    assert wrong(browser, FREE_TRIES + 1, "bo") == [403] * FREE_TRIES + [429]
    assert wrong(browser, FREE_TRIES + 1) == [403] * FREE_TRIES + [429]
    other = login.browser("10.0.0.8")
    other.client.set_cookie("escalator_device", "made-up", path="/login")
    assert wrong(other, FREE_TRIES + 1, "bo") == [403] * FREE_TRIES + [429]


def test_what_is_kept_of_tries_names_nobody_and_no_address(login, desk):
    browser = login.browser("10.0.0.7")
    wrong(browser, 2)
    browser.log_in()
    browser.post("/logout", {"csrf": browser.token("/health")})
    with desk.mailbox.store.reading() as conn:
        rows = str([*conn.execute(select(login_try)), *conn.execute(select(void_session))])
    assert len(rows) > 100
    assert "10.0.0" not in rows
    assert "uth" not in rows.casefold()


@pytest.mark.parametrize("result", ["logged_in", "logged_out", "wrong_password", "too_many_tries", "foreign_form"])
def test_each_is_counted_by_what_became_of_it(desk, result):
    metrics = Metrics()
    telling = LoginLog(lambda: 0.0, metrics.logins)
    telling.did("logged in", "a", "b")
    telling.did("logged out", "a", "b")
    for reason in ("wrong password", "too many tries", "foreign form"):
        telling.refused(reason, "a", "b")
    assert metrics.registry.get_sample_value("escalator_logins_total", {"result": result}) == 1
