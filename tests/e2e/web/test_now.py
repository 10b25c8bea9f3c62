"""*Now*: a clock that runs out under somebody's eyes, and the filters."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from connector.web.console.gate import Role
from tests.e2e.web.conftest import Visits
from tests.e2e.web.desk import Open
from tests.e2e.web.visitor import Visitor

BACKUP = "Backup job has been silent since Friday"
OFFLINE = ("error: Failed to load resource: net::ERR_INTERNET_DISCONNECTED", "error: htmx:")
LOOKS_AGAIN = 11
"""In seconds of the browser: by then the page has read itself anew."""


def row(visitor: Visitor, words: str) -> Locator:
    return visitor.page.locator("tr.clock", has_text=words)


def test_a_clock_runs_out_before_ones_eyes_and_the_escalation_appears(visits: Visits, desk: Open) -> None:
    visitor = visits(desk, Role.MANAGER)
    visitor.sees("4 tickets go up by 10:01")
    visitor.page.evaluate("() => { window.isTheSamePage = true; }")
    expect(row(visitor, BACKUP)).to_contain_text("26 of 30 min")
    expect(row(visitor, BACKUP)).to_contain_text("First Touch")

    desk.go_on_to("09:34")
    visitor.waits(LOOKS_AGAIN)
    expect(row(visitor, BACKUP)).to_contain_text("29 of 30 min")
    expect(row(visitor, BACKUP)).to_contain_text("in 1 min")
    went_up = visitor.page.locator(".figures div", has_text="went up today").locator("dd")
    expect(went_up).to_contain_text("3")

    desk.go_on_to("09:35")
    visitor.waits(LOOKS_AGAIN)
    expect(row(visitor, BACKUP)).to_contain_text("Tier 3")
    expect(row(visitor, BACKUP)).to_contain_text("0 of 30 min")
    expect(went_up).to_contain_text("4")
    assert visitor.page.evaluate("() => window.isTheSamePage") is True
    assert desk.ticket(BACKUP).went_up == ("09:35:00",)

    row(visitor, BACKUP).get_by_role("link", name=BACKUP).click()
    visitor.sees("went up once")
    visitor.sees("escalation from First Touch (T1/2) to Tier 3")


def test_a_page_that_gets_no_answer_says_how_old_it_is(visits: Visits, desk: Open) -> None:
    visitor = visits(desk, Role.VIEWER)
    visitor.sees("4 tickets go up by 10:01")
    visitor.page.context.set_offline(True)
    visitor.waits(LOOKS_AGAIN)
    visitor.sees("This page is less than a minute old. The connector does not answer")
    visitor.complaints[:] = [one for one in visitor.complaints if not one.startswith(OFFLINE)]
    visitor.page.context.set_offline(False)
    visitor.waits(LOOKS_AGAIN)
    expect(visitor.page.locator("#stale")).to_be_hidden()


def test_filters_stand_in_the_address_and_hold_while_the_page_looks_anew(visits: Visits, desk: Open) -> None:
    visitor = visits(desk, Role.VIEWER)
    visitor.page.get_by_label("Holder").fill("Tess")
    visitor.page.get_by_label("State").select_option("warned")
    visitor.page.get_by_role("button", name="Filter").click()
    visitor.page.wait_for_url("**/*state=warned*")
    assert "holder=Tess" in visitor.page.url
    expect(visitor.page.locator("tr.clock")).to_have_count(2)
    desk.go_on_to("09:33")
    visitor.waits(LOOKS_AGAIN)
    expect(visitor.page.locator("tr.clock")).to_have_count(1)
    expect(visitor.page.locator("tr.clock")).to_contain_text(BACKUP)
    expect(visitor.page.get_by_label("Holder")).to_have_value("Tess")
    visitor.page.get_by_role("link", name="Show all").click()
    expect(visitor.page).to_have_url(f"{desk.url}/")
    expect(visitor.page.locator("tr.clock")).to_have_count(10)


def test_each_number_on_top_leads_to_as_many_tickets(visits: Visits, still: Open) -> None:
    visitor = visits(still, Role.VIEWER)
    figures = visitor.page.locator(".figures div")
    links = [figures.nth(n).locator("a") for n in range(figures.count()) if figures.nth(n).locator("a").count()]
    wanted = [(link.get_attribute("href"), int(link.inner_text().split()[0])) for link in links]
    assert len(wanted) >= 3
    for address, number in wanted:
        visitor.goes_to(str(address))
        expect(visitor.page.locator("tr.clock")).to_have_count(number)
