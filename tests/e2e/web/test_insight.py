"""*Insight*: what is drawn has its numbers beside it, and the sheet has the same."""

from __future__ import annotations

from playwright.sync_api import expect

from connector.web.console.gate import Role
from tests.e2e.web.conftest import Visits
from tests.e2e.web.desk import Open


def test_the_numbers_beside_a_drawing_are_those_of_its_sheet(visits: Visits, still: Open) -> None:
    visitor = visits(still, Role.VIEWER)
    visitor.page.get_by_role("link", name="Insight").click()
    visitor.sees("14 of 30 tickets went up in the last 7 days; 4 of the 19 that were warned made it.")
    flow = visitor.page.locator("section[aria-labelledby=flow]")
    flow.get_by_text("Numbers").click()
    shown = [row.split("\t") for row in flow.locator("tbody").inner_text().splitlines() if row.strip()]
    sheet = [list(line.values()) for line in visitor.downloads(flow.get_by_role("link", name="CSV"))]
    assert len(sheet) == len(shown) > 2
    assert [cells[1:] for cells in sheet] == [[cell.strip() for cell in cells[1:]] for cells in shown]
    assert sum(int(cells[-1]) for cells in sheet) == 18
    assert visitor.weighty_faults() == []


def test_another_period_is_kept_in_the_address(visits: Visits, still: Open) -> None:
    visitor = visits(still, Role.VIEWER)
    visitor.goes_to("/insight")
    period = visitor.page.get_by_label("Period")
    value = period.locator("option").last.get_attribute("value")
    period.select_option(str(value))
    visitor.page.get_by_role("button", name="Show").click()
    visitor.page.wait_for_url(f"**/insight?*since={value}*")
    expect(period).to_have_value(str(value))
