"""Acting on a ticket from its page: who may, what is refused and why, and what comes of it on the ticket."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from connector.web.console.gate import Role
from tests.e2e.web.conftest import Visits
from tests.e2e.web.desk import PEOPLE, RUTH, Open, Person

BACKUP = "Backup job has been silent since Friday"
LOOKS_AGAIN = 4
"""In seconds of the browser: while something is handed in, a ticket's page reads itself anew every three."""


def test_a_manager_overrides_and_not_without_a_reason(visits: Visits, desk: Open) -> None:
    visitor = visits(desk, Role.MANAGER)
    visitor.page.get_by_role("link", name=BACKUP).click()
    visitor.page.get_by_text("Override this limit").click()
    visitor.page.get_by_label("How long").fill("45m")
    visitor.expected = 422
    visitor.page.get_by_role("button", name="Override").click()
    visitor.sees("Say why in two words or more")
    assert visitor.weighty_faults() == []
    assert desk.ticket(BACKUP).told[1:] == []
    expect(visitor.page.get_by_label("How long")).to_have_value("45m")

    visitor.page.get_by_label("Reason").fill("vendor calls back at ten")
    visitor.page.get_by_role("button", name="Override").click()
    visitor.sees("Handed in by Maria Desk at 09:31")
    desk.stage.settle()
    visitor.waits(LOOKS_AGAIN)
    visitor.sees("Due 10:16, in 45 min")
    visitor.sees("overridden until 10:16")
    expect(visitor.page.locator("body")).not_to_contain_text("Handed in by")
    assert desk.ticket(BACKUP).told[-1].startswith("Override by Maria Desk: the diagnosis plan is due at 10:16")
    assert "Reason: vendor calls back at ten." in desk.ticket(BACKUP).told[-1]
    desk.go_on_to("09:36")
    visitor.goes_to("/?state=overridden")
    expect(visitor.page.locator("tr.clock", has_text=BACKUP)).to_contain_text("by Maria Desk")
    assert desk.ticket(BACKUP).went_up == ()


@pytest.mark.parametrize("person", [PEOPLE[Role.TECHNICIAN], RUTH], ids=lambda person: person.name)
def test_who_may_not_override_is_told_who_may(visits: Visits, still: Open, person: Person) -> None:
    visitor = visits(still, person)
    visitor.page.get_by_role("link", name="Mailbox does not receive").click()
    visitor.sees("Only Maria Desk may override at First Touch (T1/2).")
    expect(visitor.page.get_by_text("Override this limit")).to_have_count(0)
    expect(visitor.page.get_by_text("Escalate now")).to_be_visible()


def test_a_technician_has_a_ticket_escalated_now(visits: Visits, desk: Open) -> None:
    visitor = visits(desk, Role.TECHNICIAN)
    visitor.page.get_by_role("link", name=BACKUP).click()
    visitor.page.get_by_text("Escalate now").click()
    visitor.page.get_by_label("Why it has to go up").select_option("urgency")
    visitor.page.get_by_label("What it needs").fill("the restore test is tonight")
    visitor.page.get_by_role("button", name="Escalate to Tier 3").click()
    visitor.sees("Handed in by Tess Tech at 09:31")
    desk.stage.settle()
    visitor.waits(LOOKS_AGAIN)
    visitor.sees("went up once")
    assert desk.ticket(BACKUP).went_up == ("09:31:00",)
    assert "the restore test is tonight" in desk.ticket(BACKUP).notes[-1].text
