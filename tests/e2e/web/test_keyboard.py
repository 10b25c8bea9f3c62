"""Everything by the keyboard alone: where the focus goes, that it is seen, and that it does what a click does."""

from __future__ import annotations

from playwright.sync_api import expect

from connector.web.console.gate import Role
from tests.e2e.web.conftest import Visits
from tests.e2e.web.desk import PEOPLE, Open

STOPS = "a[href], button, input:not([type=hidden]), select, summary, [tabindex='0']"


def test_log_in_filter_read_a_ticket_and_log_out(visits: Visits, still: Open) -> None:
    visitor, maria = visits(still), PEOPLE[Role.MANAGER]
    keys = visitor.page.keyboard
    visitor.goes_to("/login")
    visitor.tabs_to("name")
    keys.type(maria.name)
    visitor.tabs_to("password")
    keys.type(maria.password)
    keys.press("Enter")
    visitor.sees("4 tickets go up by 10:01")

    visitor.tabs_to("state")
    keys.type("pau")
    visitor.tabs_to("Filter")
    keys.press("Enter")
    visitor.page.wait_for_url("**state=paused*")
    visitor.tabs_to("New laptop for Ms. Ortiz")
    keys.press("Enter")
    visitor.page.wait_for_url("**/tickets/**")
    visitor.sees("Nothing while the pause lasts.")

    visitor.tabs_to("Maria Desk, manager")
    keys.press("Enter")
    visitor.tabs_to("Log out")
    keys.press("Enter")
    visitor.sees("You are logged out.")


def test_the_first_stop_skips_what_every_page_begins_with(visits: Visits, still: Open) -> None:
    visitor = visits(still, Role.VIEWER)
    visitor.goes_to("/")
    visitor.page.keyboard.press("Tab")
    at = visitor.focused()
    assert at == {"what": "Skip to the page", "id": "", "isSeen": True, "isInside": True}
    visitor.page.keyboard.press("Enter")
    visitor.page.keyboard.press("Tab")
    assert visitor.page.evaluate("() => document.getElementById('main').contains(document.activeElement)")


def test_each_stop_is_seen_and_they_come_in_the_order_of_the_page(visits: Visits, still: Open) -> None:
    visitor = visits(still, Role.VIEWER)
    for path in ("/", still.path("/tickets/{risen}"), "/health"):
        visitor.goes_to(path)
        stops = visitor.page.evaluate(
            "stops => [...document.querySelectorAll(stops)]"
            ".filter(one => one.checkVisibility({contentVisibilityAuto: true})).length",
            STOPS,
        )
        seen = []
        for _ in range(stops):
            visitor.page.keyboard.press("Tab")
            at = visitor.focused()
            assert at["isSeen"], f"{path}: {at}"
            assert at["isInside"], f"{path}: {at}"
            seen.append(
                visitor.page.evaluate(
                    "() => { const at = document.activeElement;"
                    " return [...document.querySelectorAll('*')].indexOf(at); }"
                )
            )
        assert seen == sorted(set(seen)), path
        expect(visitor.page.locator("[tabindex]:not([tabindex='0']):not([tabindex='-1'])")).to_have_count(0)
