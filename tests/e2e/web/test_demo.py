"""``escalator demo --stay`` opens on a console full of life, without anything to be set up."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from tests.e2e.web.conftest import Visits


@pytest.fixture
def url() -> Iterator[str]:
    """Where the demo says that its console is."""
    command = [sys.executable, "-m", "connector", "demo", "--stay", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        said = ""
        for line in demo.stdout:
            said += line
            if found := re.search(r"^  (http://127\.0\.0\.1:\d+)/ ", line):
                break
        assert "Open the console in a browser on this machine:" in said
        yield found[1]
        demo.send_signal(signal.SIGINT)
        assert "The desk is closed." in demo.stdout.read()


def test_the_demos_console_is_full_of_life(visits: Visits, url: str) -> None:
    visitor = visits(SimpleNamespace(url=url))
    visitor.goes_to("/")
    visitor.sees("tickets go up by")
    visitor.sees("without a login: this machine only")
    assert visitor.page.locator("tr.clock").count() >= 10
    for words in ("Final escalation", "Next 30 minutes", "Due later", "Paused"):
        expect(visitor.page.locator("tr.group", has_text=words)).to_have_count(1)
    assert visitor.weighty_faults() == []

    visitor.page.get_by_role("link", name="Phones are down in the whole office").click()
    visitor.sees("went up once")
    for page in visitor.page.locator("nav.pages a").evaluate_all("found => found.map(one => one.getAttribute('href'))"):
        visitor.goes_to(page)
        assert visitor.page.locator("main tbody tr").count() >= 2, page
    visitor.goes_to("/escalations")
    visitor.sees("Backup job has been silent since Friday")
