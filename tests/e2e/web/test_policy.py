"""*Policy*: what is in force, and what a document that is pasted would change; nothing is applied from there."""

from __future__ import annotations

import json

from playwright.sync_api import expect

from connector.web.console.gate import Role
from tests.e2e.web.conftest import Visits
from tests.e2e.web.desk import Open

DOCUMENT = "Policy document (JSON)"


def test_a_pasted_policy_is_told_what_it_would_change_and_what_is_wrong_with_it(visits: Visits, still: Open) -> None:
    visitor = visits(still, Role.ADMINISTRATOR)
    visitor.page.get_by_role("link", name="Policy").click()
    visitor.sees("30 min for a plan, 60 for the fix on First Touch (T1/2), 3 tiers.")
    field, check = visitor.page.get_by_label(DOCUMENT), visitor.page.get_by_role("button", name="Check it")
    document = json.loads(field.input_value())
    document["tiers"][0]["diagnosis_minutes"] = 45
    field.fill(json.dumps(document))
    check.click()
    visitor.sees("It is sound, and differs in 1 place.")
    difference = visitor.page.locator("section[aria-labelledby=trial] tbody tr")
    expect(difference).to_contain_text("diagnosis_minutes")
    expect(difference.locator("td")).to_have_text(["30", "45"])
    visitor.sees("escalator backtest --policy policy.json")
    assert visitor.weighty_faults() == []
    assert visitor.width_beyond() == 0

    document["tiers"][0]["diagnosis_minutes"] = "soon"
    field.fill(json.dumps(document))
    visitor.expected = 422
    check.click()
    expect(visitor.page.get_by_role("alert")).to_contain_text("This document is not sound")
    visitor.sees("diagnosis_minutes")
    assert visitor.weighty_faults() == []
    visitor.goes_to("/policy")
    visitor.sees("30 min for a plan, 60 for the fix on First Touch (T1/2), 3 tiers.")


def test_who_is_no_administrator_can_read_it_alone(visits: Visits, still: Open) -> None:
    visitor = visits(still, Role.MANAGER)
    visitor.goes_to("/policy")
    visitor.sees("An administrator can check a policy document here")
    expect(visitor.page.get_by_label(DOCUMENT)).to_have_count(0)
