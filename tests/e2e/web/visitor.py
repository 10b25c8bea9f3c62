"""Somebody in front of a browser: what they do, what they see, and what the browser complains of meanwhile."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Response, expect

from tests.e2e.web.desk import Person

WEIGHTY = ("serious", "critical")
_OUTLINE = """() => {
  const at = document.activeElement, style = getComputedStyle(at), box = at.getBoundingClientRect();
  return {
    what: (at.innerText || at.getAttribute("aria-label") || at.tagName).trim().split("\\n")[0],
    id: at.id,
    isSeen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && box.width > 0 && box.height > 0,
    isInside: box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth,
  };
}"""


@dataclass
class Visitor:
    """A person with a browser of their own. ``complaints``: errors and reports of the browser, except refusals that
    are expected.
    """

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)
    expected: int = 200

    @classmethod
    def in_a(cls, context: BrowserContext, url: str) -> Visitor:
        """Somebody in a new window of this browser."""
        page = context.new_page()
        page.clock.install()
        visitor = cls(page, url)
        page.on("console", visitor._hear)
        page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        return visitor

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        if self.expected >= 400 and f"the server responded with a status of {self.expected}" in message.text:
            return
        self.complaints.append(f"{message.type}: {message.text}")

    def goes_to(self, path: str, status: int = 200) -> Response:
        """Have them open an address of the console, which answers so."""
        self.expected = status
        answer = self.page.goto(self.url + path)
        assert answer is not None
        assert answer.status == status, f"{path}: {answer.status}"
        return answer

    def logs_in(self, person: Person, password: str = "", *, status: int = 200) -> None:
        """Have them fill in the form that is open, and send it."""
        self.expected = status
        self.page.get_by_label("Name").fill(person.name)
        self.page.get_by_label("Password").fill(password or person.password)
        self.page.get_by_role("button", name="Log in").click()

    def logs_out(self, button: str = "Log out") -> None:
        """Have them open the menu of their name, and log out."""
        self.page.locator(".account summary").click()
        self.page.get_by_role("button", name=button, exact=True).click()

    def waits(self, seconds: int) -> None:
        """Have the browser's clock go on by so much at once: what its scripts do every few seconds they do."""
        self.page.clock.run_for(seconds * 1000)

    def downloads(self, link: Locator) -> list[dict[str, str]]:
        """Have them follow a link to a sheet, and open it: its lines by their headings."""
        with self.page.expect_download() as told:
            link.click()
        file = told.value.path()
        return list(csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines()))

    def sees(self, words: str) -> None:
        """Wait until the page says so."""
        expect(self.page.locator("body")).to_contain_text(words)

    def weighty_faults(self) -> list[str]:
        """What keeps people with a disability from using the page: what axe finds serious or critical."""
        found: list[dict[str, Any]] = Axe().run(self.page).response["violations"]
        return [
            f"{one['id']}: {node['html'][:200]} ({' '.join(node['target'])})"
            for one in found
            if one["impact"] in WEIGHTY
            for node in one["nodes"]
        ]

    def width_beyond(self) -> int:
        """By how many CSS pixels the page is wider than the window."""
        return int(
            self.page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        )

    def focused(self) -> dict[str, Any]:
        """What has the focus: ``what``, and whether that ``isSeen`` and ``isInside`` the window."""
        return dict(self.page.evaluate(_OUTLINE))

    def tabs_to(self, what: str, most: int = 60) -> None:
        """Have them press Tab until ``what`` has the focus, by its words or its id; each stop on the way is seen."""
        for _ in range(most):
            self.page.keyboard.press("Tab")
            at = self.focused()
            assert at["isSeen"], at
            if what in (at["what"], at["id"]):
                return
        raise AssertionError(f"no {what!r} within {most} stops")
