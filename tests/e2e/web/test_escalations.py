"""*Escalations*: what went up is sought and taken along as a sheet, and training is ticked off by whoever may."""

from __future__ import annotations

from playwright.sync_api import expect

from connector.web.console.gate import Role
from tests.e2e.web.conftest import Visits
from tests.e2e.web.desk import Open


def test_what_is_sought_is_what_the_sheet_has(visits: Visits, still: Open) -> None:
    visitor = visits(still, Role.VIEWER)
    visitor.page.get_by_role("link", name="Escalations").click()
    visitor.sees("18 escalations in the last 7 days, 15 of them because time ran out.")
    visitor.page.get_by_label("Ticket, client, holder or reason").fill("globex")
    visitor.page.get_by_role("button", name="Search").click()
    visitor.page.wait_for_url("**q=globex*")
    rows = visitor.page.locator("table.deeds tr:has(td.client)")
    expect(rows.first).to_contain_text("Phones are down in the whole office")
    found = rows.count()
    assert 0 < found < 18
    sheet = visitor.downloads(visitor.page.get_by_role("link", name="CSV", exact=True))
    assert len(sheet) == found
    assert {line["client"] for line in sheet} == {"Globex Ltd"}
    assert sheet[0]["summary"] == "Phones are down in the whole office"


def test_a_manager_ticks_a_training_off_and_takes_it_back(visits: Visits, desk: Open) -> None:
    visitor = visits(desk, Role.MANAGER)
    visitor.goes_to("/escalations")
    request = visitor.page.locator("section[aria-labelledby=training] tbody tr")
    expect(request).to_contain_text("recording licences of the phone system")
    request.get_by_role("button").click()
    expect(request).to_contain_text("Maria Desk, 09:31")
    expect(visitor.page.locator("section[aria-labelledby=training]")).to_contain_text("0 open of 1")
    request.get_by_role("button").click()
    expect(visitor.page.locator("section[aria-labelledby=training]")).to_contain_text("1 open of 1")

    viewer = visits(desk, Role.VIEWER)
    viewer.goes_to("/escalations")
    expect(viewer.page.locator("section[aria-labelledby=training]").get_by_role("button")).to_have_count(0)
