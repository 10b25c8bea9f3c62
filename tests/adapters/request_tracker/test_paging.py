"""Lists end, and are whole, however RT pages them: before 5.0.6 and since."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from adapters.request_tracker.simulation.actions import attach
from adapters.request_tracker.simulation.furnishing import CONNECTOR_GROUP
from connector.model import TicketId
from connector.systems.catalogue import ticket_systems
from tests.adapters.request_tracker.simulated import HOMES, NINE, Site
from tests.contract.test_finding import (  # noqa: F401
    test_every_changed_and_every_open_ticket_is_found_on_whatever_page,
)
from tests.contract.test_reading import test_long_histories_are_read_whole  # noqa: F401
from tests.contract.worlds import World, simulated_world

BOTH = pytest.mark.parametrize("is_newer", [False, True], ids=["before 5.0.6", "since 5.0.6"])


@pytest.fixture(params=[250, pytest.param(World.many, marks=pytest.mark.soak)])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """For the contract's own tests: an RT that pages as the newer ones do, a hundred tickets at a time."""
    with simulated_world(ticket_systems()["rt"]) as made:
        made.desk.simulator.faults.newer_paging = True  # type: ignore[attr-defined]
        made.many = request.param
        yield made


def page_of(site: Site, path: str, page: int, **query: Any) -> dict[str, Any]:
    found: dict[str, Any] = site.call("escalator", "GET", path, page=str(page), per_page="2", **query).get_json()
    return found


def test_a_page_beyond_the_last_is_empty_before_and_the_last_since(site: Site) -> None:
    for n in range(3):
        site.ticket(f"Ticket {n}")
    before = page_of(site, "tickets", 5, query="id > 0")
    assert (before["page"], before["items"], "next_page" in before) == (5, [], False)
    site.faults.newer_paging = True
    since = page_of(site, "tickets", 5, query="id > 0")
    assert (since["page"], len(since["items"]), since["total"]) == (2, 1, 3)
    assert "next_page" not in since
    assert page_of(site, "tickets", 1, query="id > 0")["next_page"].endswith("page=2&per_page=2&query=id+%3E+0")
    assert page_of(site, "tickets", 3, query="id > 99")["items"] == []


def test_of_a_history_all_is_seen_since_with_the_rights_that_are_recommended(site: Site) -> None:
    ticket = site.ticket()
    site.desk.note(ticket, "tess", "One")
    path = f"ticket/{ticket}/history"
    assert page_of(site, path, 9)["total"] is None
    site.faults.newer_paging = True
    since = page_of(site, path, 9)
    assert (since["page"], since["total"]) == (2, 4)
    site.simulator.revoke(CONNECTOR_GROUP, "ShowTicketComments")
    assert page_of(site, path, 9)["total"] is None


@BOTH
@pytest.mark.parametrize("notes", [0, 98, 99, pytest.param(150, marks=pytest.mark.soak), 198])
def test_a_history_without_a_beginning_ends_all_the_same(site: Site, is_newer: bool, notes: int) -> None:
    site.faults.newer_paging = is_newer
    ticket = site.ticket()
    (created,) = site.simulator.history(int(ticket), "Create")
    created.type = "Import"
    for n in range(notes):
        site.desk.note(ticket, "tess", f"Note {n}")
    site.calls()
    assert [entry.text for entry in site.system.tickets.read(ticket).entries] == [f"Note {n}" for n in range(notes)]
    histories = [path for _, path in site.calls()].count(f"ticket/{ticket}/history")
    assert histories <= (3 if is_newer else 15)


@BOTH
def test_texts_that_fill_a_page_of_attachments_are_read_once(site: Site, is_newer: bool) -> None:
    site.faults.newer_paging = is_newer
    ticket = site.ticket()
    for n in range(50):
        site.desk.note(ticket, "tess", f"Note {n}")
    for row in site.simulator.history(int(ticket), "Comment"):
        attach(site.simulator.state, row, "text/html", "<p>The same again</p>")
    site.calls()
    assert [entry.text for entry in site.system.tickets.read(ticket).entries] == [f"Note {n}" for n in range(50)]
    assert [path for _, path in site.calls()].count("attachments") <= 5


def test_a_page_that_comes_again_and_again_is_taken_once(site: Site) -> None:
    """As a list may be answered whose length is not told: the last page, whatever was asked for."""
    ticket = site.ticket()
    for n in range(49):
        site.desk.note(ticket, "tess", f"Note {n}")
    rows = site.simulator.history(int(ticket), "Comment")
    first = rows[:1] * 2
    parts = [
        {"id": str(number), "TransactionId": str(row.id), "ContentType": "text/plain", "Content": f"{row.id}"}
        for number, row in enumerate([*rows, *first, *rows], start=1)
    ]
    site.faults.fail_next(None, 200, path="^attachments$", body={"items": parts, "total": None})
    expected = ["\n".join([str(row.id)] * (4 if row in first else 2)) for row in rows]
    assert [entry.text for entry in site.system.tickets.read(ticket).entries] == expected


@BOTH
@pytest.mark.parametrize("count", [96, 97, 196])
def test_queues_that_fill_pages_are_all_listed(site: Site, is_newer: bool, count: int) -> None:
    site.faults.newer_paging = is_newer
    for n in range(count):
        site.simulator.add_queue(f"Project {n}")
    assert str(site.system.directory.locate(f"Project {count - 1}")) == f"Project {count - 1}"


@BOTH
@pytest.mark.parametrize("count", [100, 200])
def test_tickets_that_fill_pages_are_all_found(site: Site, is_newer: bool, count: int) -> None:
    site.faults.newer_paging = is_newer
    tess, queue = site.simulator.user("tess"), site.simulator.queue(HOMES[0])
    with site.simulator.state.acting() as now:
        made = [site.simulator.actions.create(tess, queue, f"{n}", now)[0] for n in range(count)]
    expected = [TicketId(str(ticket.id)) for ticket in made]
    assert [found.id for found in site.system.tickets.changed_since(NINE)] == expected
    assert [path for _, path in site.calls()].count("tickets") == count // 100


def test_a_search_that_gives_the_same_tickets_whatever_is_asked_for_ends(site: Site) -> None:
    body = {"items": [{"id": "7", "LastUpdated": "2026-03-02T09:00:00Z"}], "total": 300, "page": 1}
    site.faults.fail_next(None, 200, path="^tickets$", body=body)
    assert [found.id for found in site.system.tickets.changed_since(NINE)] == ["7"]
