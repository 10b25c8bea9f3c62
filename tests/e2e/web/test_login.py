"""Logging in and out, and who may see what."""

from __future__ import annotations

from playwright.sync_api import expect

from connector.web.console.gate import Role
from tests.e2e.web.conftest import Visits
from tests.e2e.web.desk import PEOPLE, Open

MARIA, VERA = PEOPLE[Role.MANAGER], PEOPLE[Role.VIEWER]


def test_who_is_not_logged_in_is_led_to_the_form_and_then_to_the_page_they_asked_for(
    visits: Visits, desk: Open
) -> None:
    visitor = visits(desk)
    visitor.goes_to("/?state=warned")
    visitor.sees("You will be taken to the first page, filtered.")
    visitor.logs_in(MARIA)
    expect(visitor.page).to_have_url(f"{desk.url}/?state=warned")
    expect(visitor.page.get_by_label("State")).to_have_value("warned")


def test_a_wrong_password_is_told_and_the_right_one_lets_in(visits: Visits, desk: Open) -> None:
    visitor = visits(desk)
    visitor.goes_to("/login")
    visitor.logs_in(MARIA, "wrong horse battery", status=403)
    told = visitor.page.get_by_role("alert")
    expect(told).to_contain_text("Name or password is wrong")
    assert visitor.weighty_faults() == []
    expect(visitor.page.get_by_label("Password")).to_have_value("")
    expect(visitor.page.get_by_label("Password")).to_have_accessible_description(
        "Name or password is wrong. After 5 tries there is a wait of one minute."
    )
    visitor.logs_in(MARIA)
    visitor.sees("Maria Desk, manager")


def test_after_logging_out_no_page_and_no_step_back_shows_anything(visits: Visits, desk: Open) -> None:
    visitor = visits(desk, Role.MANAGER)
    visitor.sees("tickets go up by 10:01")
    visitor.logs_out()
    visitor.sees("You are logged out.")
    visitor.page.go_back()
    visitor.sees("Log in")
    expect(visitor.page.locator("body")).not_to_contain_text("tickets go up")


def test_log_out_everywhere_ends_the_session_in_another_browser(visits: Visits, desk: Open) -> None:
    here, there, other = visits(desk, Role.MANAGER), visits(desk, Role.MANAGER), visits(desk, Role.VIEWER)
    here.logs_out("Log out everywhere")
    here.sees("here and everywhere else")
    there.goes_to("/health")
    there.sees("You were logged out.")
    other.goes_to("/health")
    other.sees(VERA.name)


def test_a_session_that_nobody_uses_ends_though_the_page_looks_anew(visits: Visits, desk: Open) -> None:
    visitor = visits(desk, Role.MANAGER)
    visitor.sees("tickets go up by 10:01")
    desk.go_on_to("09:55")
    visitor.waits(11)
    visitor.sees("Read at 09:31")
    desk.go_on_to("10:02")
    visitor.expected = 401
    visitor.waits(11)
    visitor.sees("You were logged out: nothing was done for 30 minutes.")
