"""What these tests look for they find: a page with each fault is told from one without."""

from __future__ import annotations

import pytest

from connector.web.console.gate import Role
from tests.e2e.web.conftest import Visits
from tests.e2e.web.desk import Open
from tests.e2e.web.pages import LOOKS


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_faults_of_a_page_are_found(visits: Visits, still: Open, look: object) -> None:
    visitor = visits(still, Role.VIEWER, look)
    visitor.page.evaluate(
        """() => {
          const field = document.createElement("input"), wide = document.createElement("div");
          document.querySelector("main").append(field, wide);
          wide.style.width = "3000px"; wide.textContent = "wide";
        }"""
    )
    assert [one.partition(":")[0] for one in visitor.weighty_faults()] == ["label"]
    assert visitor.width_beyond() > 0


def test_the_browsers_complaints_are_heard(visits: Visits, still: Open) -> None:
    visitor = visits(still, Role.VIEWER)
    visitor.page.evaluate(
        "() => { document.querySelector('main').insertAdjacentHTML('beforeend', '<b style=\"color: red\">!</b>'); }"
    )
    visitor.page.evaluate("() => { setTimeout(() => { throw new Error('of a script'); }); }")
    visitor.page.wait_for_function("() => new Promise(done => setTimeout(() => done(true)))")
    complaints, visitor.complaints = visitor.complaints, []
    assert len(complaints) == 2
    assert "Content Security Policy" in complaints[0]
    assert "of a script" in complaints[1]
