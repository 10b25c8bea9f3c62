"""The queues at which a tier could live, and the priorities, as the strict simulator has them."""

from __future__ import annotations

import pytest

from adapters.request_tracker.simulation.furnishing import CONNECTOR_GROUP
from connector.errors import UnknownName
from connector.model import Ref
from tests.adapters.request_tracker.simulated import Site


def listed(site: Site) -> list[str]:
    return [str(place) for place in site.connect().directory.places()]


def test_places_are_the_queues_in_use_that_the_account_may_see(site: Site) -> None:
    site.simulator.add_queue("Retired").is_disabled = True
    assert listed(site) == ["First Touch", "Tier 3", "Sr IT", "Network / Voice"]
    site.simulator.revoke(CONNECTOR_GROUP, "SeeQueue")
    site.simulator.grant(CONNECTOR_GROUP, "SeeQueue", queue="Sr IT")
    assert listed(site) == ["Sr IT"]


def test_the_queue_of_approvals_is_nobodys_home(site: Site) -> None:
    shown = site.call("escalator", "GET", "queues/all", fields="Name,Disabled", find_disabled_rows="1").get_json()
    assert {"___Approvals": "2", "Tier 3": "0"}.items() <= {
        row["Name"]: row["Disabled"] for row in shown["items"]
    }.items()
    plain = site.call("escalator", "GET", "queues/all", fields="Name").get_json()
    assert "___Approvals" not in {row["Name"] for row in plain["items"]}
    with pytest.raises(UnknownName):
        site.system.directory.locate("___Approvals")


@pytest.mark.parametrize("is_newer", [False, True], ids=["before 5.0.6", "since 5.0.6"])
def test_queues_beyond_a_page_are_there(site: Site, is_newer: bool) -> None:
    site.faults.newer_paging = is_newer
    for number in range(230):
        site.simulator.add_queue(f"Queue {number}")
    assert {f"Queue {number}" for number in range(230)} <= set(listed(site))


def test_priorities_are_those_of_the_configuration(site: Site) -> None:
    system = site.connect(priorities={"Low": 0, "High": 75, "P1": 100})
    assert system.directory.priorities() == [Ref("0", "Low"), Ref("75", "High"), Ref("100", "P1")]
    assert [system.directory.priority(one.name) for one in system.directory.priorities()] == [
        Ref("0", "Low"),
        Ref("75", "High"),
        Ref("100", "P1"),
    ]
