"""Every page in light, in dark and on a phone: it fits, people with a disability can use it, the browser finds no fault
with it; and its picture.
"""

from __future__ import annotations

import pytest

from tests.e2e.web import pictures
from tests.e2e.web.conftest import Visits
from tests.e2e.web.desk import Open
from tests.e2e.web.pages import LOOKS, PAGES, REFUSALS, Look, PageOf


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
@pytest.mark.parametrize("page", [*PAGES, *REFUSALS], ids=lambda page: page.name)
def test_a_page_fits_and_everybody_can_use_it(visits: Visits, still: Open, page: PageOf, look: Look) -> None:
    visitor = visits(still, page.role, look)
    visitor.goes_to(still.path(page.path), page.status)
    if page in PAGES:
        pictures.take(visitor.page, f"{page.name}-{look.name}")
    assert visitor.weighty_faults() == []
    assert visitor.width_beyond() == 0


def test_every_page_of_the_navigation_is_looked_at(visits: Visits, still: Open) -> None:
    visitor = visits(still, PAGES[1].role)
    links = visitor.page.locator("nav.pages a").evaluate_all("found => found.map(one => one.getAttribute('href'))")
    assert links
    assert set(links) <= {page.path for page in PAGES}


def test_there_is_no_picture_of_a_page_that_is_gone() -> None:
    drawn = {file.stem for file in pictures.FOLDER.glob("*.png")}
    assert drawn <= {f"{page.name}-{look.name}" for page in PAGES for look in LOOKS}
