"""Lists as Request Tracker pages them since 5.0.6: all that the contract says of them holds, and they end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.contract.servers import serving
from tests.contract.worlds import World
from tests.e2e.rt.api import Api
from tests.e2e.rt.conftest import proven_on
from tests.e2e.rt.desk import RealDesk
from tests.e2e.rt.instance import ACCOUNT, POSTGRESQL, Instance
from tests.e2e.rt.newer_paging import NewerPaging
from tests.e2e.rt.worlds import adopted, real_world

pytestmark = [pytest.mark.e2e, proven_on(POSTGRESQL), pytest.mark.timeout(300)]

globals().update(adopted(["test_finding", "test_history"]))
test_long_histories_are_read_whole = adopted(["test_reading"])["test_reading__long_histories_are_read_whole"]


@pytest.fixture
def newer(instance: Instance) -> Iterator[tuple[NewerPaging, str]]:
    """The relay and its address."""
    relay = NewerPaging(instance.url)
    with serving(relay) as address:
        yield relay, address


@pytest.fixture
def world(instance: Instance, newer: tuple[NewerPaging, str]) -> Iterator[World]:
    """The desk, seen through the relay."""
    with real_world(RealDesk(instance, newer[1])) as made:
        yield made


def test_a_page_beyond_the_last_is_the_last_and_the_next_is_named(
    instance: Instance, newer: tuple[NewerPaging, str], tess: Api
) -> None:
    relay, address = newer
    tickets = [tess.open(f"Ticket {n}") for n in range(3)]
    headers = {"Authorization": f"token {instance.tokens[ACCOUNT]}"}

    def page(path: str, number: int, **query: Any) -> dict[str, Any]:
        params = {"page": number, "per_page": 2, **query}
        found: dict[str, Any] = requests.get(
            f"{address}/REST/2.0/{path}", headers=headers, params=params, timeout=30
        ).json()
        return found

    query = " OR ".join(f"id = {ticket}" for ticket in tickets)
    last = page("tickets", 7, query=query)
    assert (last["page"], last["total"], len(last["items"]), "next_page" in last) == (2, 3, 1, False)
    assert "page=2" in page("tickets", 1, query=query)["next_page"]
    history = page(f"ticket/{tickets[0]}/history", 50)
    assert history["page"] == history["pages"] == -(-history["total"] // 2)
    assert history["items"]
    assert relay.clamped == 2
