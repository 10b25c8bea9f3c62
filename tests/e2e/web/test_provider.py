"""Logging in by an identity provider, from its page and back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from connector.web.console.gate import Role
from tests.e2e.web.conftest import Visits
from tests.e2e.web.desk import PEOPLE, Open, opened
from tests.e2e.web.provider import provider
from tests.e2e.web.visitor import Visitor

MARIA = {"sub": "maria", "name": "Maria of the provider", "groups": ["Desk managers", "Everybody"]}
NORA = {"sub": "nora", "name": "Nora", "groups": ["Everybody"]}


@pytest.fixture
def vouched(tmp_path: Path) -> Iterator[Open]:
    """A desk whose console takes people from a provider, too."""
    with provider([MARIA, NORA]) as issuer, opened(tmp_path, issuer=issuer) as desk:
        yield desk


def logs_in_there(visitor: Visitor, who: str, status: int = 200) -> None:
    """Have them follow the link of the page to log in, and choose who they are at the provider, whose style sheet would
    come from elsewhere; we answer so.
    """
    visitor.page.route(re.compile("^https://"), lambda route: route.fulfill(body="", content_type="text/css"))
    visitor.page.get_by_role("link", name="Log in with localhost").click()
    choice = visitor.page.get_by_role("button", name=who, exact=True)
    choice.wait_for()
    visitor.expected = status
    choice.click()


def test_who_comes_from_the_provider_is_at_the_page_they_wanted_and_out_when_they_log_out(
    visits: Visits, vouched: Open
) -> None:
    visitor = visits(vouched)
    visitor.goes_to("/?state=warned")
    assert visitor.weighty_faults() == []
    logs_in_there(visitor, "maria")
    expect(visitor.page).to_have_url(f"{vouched.url}/?state=warned")
    visitor.sees("Maria of the provider, manager")
    visitor.logs_out()
    visitor.sees("You are logged out.")
    visitor.goes_to("/health")
    visitor.sees("Log in with localhost")


def test_who_is_in_no_group_that_counts_is_told_so_and_may_still_use_an_account(visits: Visits, vouched: Open) -> None:
    visitor = visits(vouched)
    visitor.goes_to("/login")
    logs_in_there(visitor, "nora", 403)
    expect(visitor.page.get_by_role("alert")).to_contain_text("in none of the groups that may see this console")
    assert visitor.weighty_faults() == []
    visitor.logs_in(PEOPLE[Role.VIEWER])
    visitor.sees("Vera Lindqvist, viewer")
