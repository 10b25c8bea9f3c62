"""A Chromium, and desks to look at with it. Nothing here is collected unless ``E2E_WEB_CHROMIUM`` says where it is."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from connector.web.console.gate import Role
from tests.e2e.web.chromium import flags
from tests.e2e.web.desk import PEOPLE, Open, Person, opened
from tests.e2e.web.pages import LOOKS, Look

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.e2e.web.visitor import Visitor

CHROMIUM = os.environ.get("E2E_WEB_CHROMIUM", "")
if not CHROMIUM:
    collect_ignore_glob = ["test_*.py"]

LIGHT = LOOKS[0]
Visits = Callable[..., "Visitor"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium without a window of its own."""
    from playwright.sync_api import expect, sync_playwright  # in the environment of this target alone

    expect.set_options(timeout=10_000)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=flags())
        yield running
        running.close()


@pytest.fixture(scope="session")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """A desk with some days behind it whose time stands still: nobody moves it or changes anything."""
    with opened(tmp_path_factory.mktemp("still"), days_before=2) as desk:
        yield desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Open]:
    """A desk of a test's own, on which time may be moved."""
    with opened(tmp_path) as desk:
        yield desk


@pytest.fixture
def visits(browser: Browser) -> Iterator[Visits]:
    """Somebody with a browser of their own at a desk, logged in where it is said who. In the end no browser has
    complained of anything.
    """
    from tests.e2e.web.visitor import Visitor  # the same

    visitors: list[Visitor] = []
    with ExitStack() as stack:

        def visit(desk: Open, who: Role | Person | None = None, look: Look = LIGHT) -> Visitor:
            context = browser.new_context(
                viewport={"width": look.width, "height": look.height},
                color_scheme="dark" if look.scheme == "dark" else "light",
                locale="en-US",
                reduced_motion="reduce",
            )
            stack.callback(context.close)
            visitor = Visitor.in_a(context, desk.url)
            visitors.append(visitor)
            if who is not None:
                visitor.goes_to("/login")
                visitor.logs_in(PEOPLE[who] if isinstance(who, Role) else who)
                visitor.page.wait_for_url(f"{desk.url}/")
            return visitor

        yield visit
        assert [one.complaints for one in visitors if one.complaints] == []
