"""A ticket's page: what it tells of what happened. And what is told where there is nothing."""

from __future__ import annotations

from playwright.sync_api import expect

from connector.web.console.gate import Role
from tests.e2e.web.conftest import Visits
from tests.e2e.web.desk import Open


def test_the_explanation_tells_which_minutes_counted_and_what_comes_next(visits: Visits, still: Open) -> None:
    visitor = visits(still, Role.TECHNICIAN)
    visitor.page.get_by_role("link", name="Line to the branch office drops").click()
    visitor.sees("Due 10:12, in 41 min")
    visitor.sees("28 of 69 min used, held by Tom Touch")
    told = visitor.page.locator("section", has=visitor.page.get_by_role("heading", name="Line by line"))
    expect(told).to_contain_text("only a manager of First Touch (T1/2) may override")
    expect(told).to_contain_text("override, until 2026-01-15 10:12:00 EST, for the diagnosis; applied")
    expect(visitor.page.locator(".next li").last).to_contain_text("10:12 goes up to Tier 3")


def test_what_was_written_to_a_ticket_that_went_up_is_told(visits: Visits, still: Open) -> None:
    visitor = visits(still, Role.VIEWER)
    visitor.goes_to(still.path("/tickets/{risen}"))
    visitor.sees("went up once")
    done = visitor.page.locator("section", has=visitor.page.get_by_role("heading", name="What was done"))
    expect(done).to_contain_text("escalation from First Touch (T1/2) to Tier 3")


def test_a_viewer_is_offered_nothing_to_do_but_to_log_out(visits: Visits, still: Open) -> None:
    visitor = visits(still, Role.VIEWER)
    for path in ("/", still.path("/tickets/{risen}"), "/health"):
        visitor.goes_to(path)
        forms = visitor.page.locator("form[method=post]").evaluate_all("found => found.map(one => one.action)")
        assert forms == [f"{still.url}/logout", f"{still.url}/logout/everywhere"], path


def test_what_is_not_there_is_told_on_a_page_that_leads_back(visits: Visits, still: Open) -> None:
    visitor = visits(still, Role.VIEWER)
    visitor.goes_to("/no/such/page", 404)
    visitor.sees("There is no such page")
    visitor.page.get_by_role("link", name="Back to the first page").click()
    visitor.sees("tickets go up by 10:01")


def test_another_name_than_our_own_is_refused_on_a_page(visits: Visits, still: Open) -> None:
    visitor = visits(still)
    visitor.url = still.url.replace("127.0.0.1", "console.localhost")
    visitor.goes_to("/", 403)
    visitor.sees("This is not the console's address")
    assert visitor.weighty_faults() == []
