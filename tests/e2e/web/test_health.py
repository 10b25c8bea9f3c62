"""*Health*: what is wrong is told by name, and mended there by whose role it is."""

from __future__ import annotations

from playwright.sync_api import expect

from connector.web.console.gate import Role
from tests.e2e.web.conftest import Visits
from tests.e2e.web.desk import Open

BACKUP = "Backup job has been silent since Friday"
SYSTEM = "connectwise"


def test_a_ticket_system_that_answers_no_more_is_told_on_both_pages(visits: Visits, desk: Open) -> None:
    visitor = visits(desk, Role.ADMINISTRATOR)
    visitor.goes_to("/health")
    visitor.sees("All is well.")
    desk.stage.simulator.faults.fail_next(None, 503)
    desk.go_on_to("09:50")
    visitor.goes_to("/health")
    visitor.sees("down since")
    expect(visitor.page.locator(f"#{SYSTEM}")).to_contain_text("503")
    assert visitor.weighty_faults() == []
    visitor.page.get_by_role("link", name="Now").click()
    visitor.sees(f"{SYSTEM} has not answered since")
    assert visitor.weighty_faults() == []
    expect(visitor.page.locator("tr.clock", has_text=BACKUP)).to_contain_text("First Touch")

    desk.stage.simulator.faults.reset()
    desk.go_on_to("10:00")
    visitor.waits(11)
    expect(visitor.page.locator("tr.clock", has_text=BACKUP)).to_contain_text("Tier 3")
    expect(visitor.page.locator("body")).not_to_contain_text("has not answered")


def test_a_manager_holds_the_brake_and_releases_it(visits: Visits, desk: Open) -> None:
    visitor, viewer = visits(desk, Role.MANAGER), visits(desk, Role.VIEWER)
    visitor.goes_to("/health")
    visitor.page.get_by_role("button", name=f"Hold {SYSTEM}").click()
    visitor.sees("held since 09:31")
    visitor.sees("by Maria Desk")
    desk.go_on_to("09:36")
    visitor.goes_to("/")
    visitor.sees(f"The brake is held on {SYSTEM} since 09:31")
    expect(visitor.page.locator("tr.clock", has_text=BACKUP)).to_contain_text("held by the brake")
    assert visitor.weighty_faults() == []
    assert desk.ticket(BACKUP).went_up == ()

    viewer.goes_to("/health")
    viewer.sees("held since 09:31")
    viewer.sees("A manager holds and releases it")
    expect(viewer.page.get_by_role("button", name="Release")).to_have_count(0)

    visitor.goes_to("/health")
    visitor.page.get_by_role("button", name=f"Release: 2 go up {SYSTEM}").click()
    expect(visitor.page.locator("section[aria-labelledby=brake]")).not_to_contain_text("held since")
    desk.go_on_to("09:37")
    assert len(desk.ticket(BACKUP).went_up) == 1


def test_an_administrator_replays_a_dead_letter_and_nobody_else(visits: Visits, desk: Open) -> None:
    faults = desk.stage.simulator.faults
    faults.workflow_reverts = frozenset({"board", "team", "status", "owner"})
    desk.go_on_to("10:10")
    manager, visitor = visits(desk, Role.MANAGER), visits(desk, Role.ADMINISTRATOR)
    path = desk.address_of(BACKUP)
    for one in (manager, visitor):
        one.goes_to("/health")
        letters = one.page.locator("section[aria-labelledby=dead-letters]")
        expect(letters).to_contain_text(path.replace("/", " "))
        assert one.weighty_faults() == []
    expect(manager.page.get_by_role("button", name="Replay")).to_have_count(0)
    manager.sees("An administrator replays them")

    faults.workflow_reverts = frozenset()
    letter = visitor.page.locator("section[aria-labelledby=dead-letters] tr", has_text=path.replace("/", " "))
    letter.get_by_role("button", name="Replay").click()
    expect(letter).to_have_count(0)
    desk.stage.settle()
    visitor.goes_to(f"/tickets/{path}")
    visitor.sees("went up")
    assert desk.ticket(BACKUP).desk.ticket(desk.ticket(BACKUP).number).tier == 2
