"""Texts of tickets and people that are made to be run, at every page that shows them: they stay text."""

from __future__ import annotations

import pytest

from connector.web.console.gate import Role
from tests.e2e.web.conftest import Visits
from tests.e2e.web.desk import Open

HOSTILE = '=1+1<img src=x onerror="window.ran = 1"><script>window.ran = 1</script>"\' {{7*7}}'
SAID = "=cmd|' /C calc'!A0 </textarea><script>window.ran = 1</script>"


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MANAGER], ids=lambda role: role.name.lower())
def test_hostile_texts_are_shown_and_nothing_of_them_runs(visits: Visits, desk: Open, role: Role) -> None:
    one = desk.stage.desk
    number = one.open_ticket(HOSTILE, owner="tess", description=HOSTILE)
    desk.stage.settle()
    one.note(number, "tess", f"/override 2h because {SAID}")
    one.note(number, "tess", f"/escalate urgency {SAID}")
    desk.go_on_to("09:32")
    visitor = visits(desk, role)
    for path in ("/", f"/tickets/{one.system}/{number}", "/escalations"):
        visitor.goes_to(path)
        visitor.sees("<img src=x onerror=")
        assert visitor.page.evaluate("() => window.ran") is None
        assert visitor.page.locator("main img, main script").count() == 0
    sheet = visitor.downloads(visitor.page.get_by_role("link", name="CSV", exact=True))
    line = next(line for line in sheet if HOSTILE[4:20] in line["summary"])
    assert [cell for cell in line.values() if cell[:1] in tuple("=+-@")] == []
    visitor.goes_to("/?client=%22%3E%3Cscript%3Ewindow.ran%3D1%3C/script%3E")
    visitor.sees('No ticket matches client "><script>window.ran=1</script>')
    assert visitor.page.evaluate("() => window.ran") is None
