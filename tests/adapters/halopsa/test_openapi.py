"""What the adapter sends and what the simulator answers, held against the vendor's own document where it is at hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connector.model import Ownership, Target
from tests.adapters.halopsa.simulated import START, Site
from tests.adapters.openapi import REFERENCE, Exchange, Specification, record

SPECIFICATION = REFERENCE / "halopsa-openapi.json"

pytestmark = [
    pytest.mark.reference,
    pytest.mark.skipif(not SPECIFICATION.is_file(), reason="the vendor's document is not at hand"),
]

DEVIATIONS = {
    "POST /auth/token: is outside /api": "the document has the resource server alone; tokens come from another one",
    "GET /lookup: no such path": "the copy at hand is cut to what tickets need; the reference page has this one",
    "POST /Notification: answers 201": "every POST that was observed answered 201, and the document says 200 of all",
}
"""What is not as the vendor's document has it, and why."""


@pytest.fixture
def recorded() -> Iterator[tuple[Site, list[Exchange]]]:
    site = Site()
    found = record(site.simulator.app)
    with site.simulator.serve():
        yield site, found


def everything(site: Site) -> None:
    """All that the adapter ever asks and writes."""
    system = site.connected()
    system.webhooks.register()
    first, second = site.a_ticket(agent="Tess Tech", details="Error 5"), site.a_ticket(team="Tier 3")
    place, sam = system.directory.locate("Tier 3"), system.directory.member("Sam Senior")
    site.simulator.add_note(int(first), "Plan: one", "Tess Tech", minutes=5)
    site.simulator.user_writes(int(first), "any news?")
    system.line.check()
    system.tickets.read(first)
    system.tickets.write_note(first, "Escalated. ESC-1", "ESC-1")
    system.tickets.write_message(first, "We are on it. MSG-1", "MSG-1")
    status, priority = system.directory.status_in(place, "In Progress"), system.directory.priority("High")
    system.tickets.reassign(first, Target(place, sam, status, priority))
    site.faults.rule_reverts = frozenset({"team"})
    system.tickets.reassign(second, Target(system.directory.locate("Sr IT"), Ownership.NOBODY))
    site.faults.rule_after = frozenset({"actions"})
    system.tickets.write_note(second, "Escalated. ESC-2", "ESC-2")
    site.faults.fail_next(1, 404, path="^Tickets/")
    with pytest.raises(Exception, match="yet the instance lists it"):
        system.tickets.read(first)
    list(system.tickets.changed_since(START))
    site.faults.dates_understood = frozenset()
    again = site.connected()
    list(again.tickets.changed_since(START))
    again.line.close()
    list(system.tickets.open_tickets([place]))
    system.directory.people(place)
    system.webhooks.registrations()
    system.webhooks.remove()
    system.line.close()


def test_what_is_sent_and_answered_is_as_the_vendor_has_it(recorded: tuple[Site, list[Exchange]]) -> None:
    site, exchanges = recorded
    everything(site)
    specification = Specification(SPECIFICATION, "/api", any_case=True)
    found = {problem for exchange in exchanges for problem in specification.problems(exchange)}
    assert sorted(found) == sorted(DEVIATIONS)
    assert len({(one.method, one.path) for one in exchanges}) > 20


@pytest.mark.parametrize(
    ("exchange", "problem"),
    [
        (Exchange("GET", "/api/nowhere", {}, None, 200, {}), "no such path"),
        (Exchange("PUT", "/api/Tickets", {}, None, 200, {}), "no such method"),
        (Exchange("GET", "/api/tickets", {"includclosed": "true"}, None, 200, {}), "query: includclosed is not known"),
        (Exchange("GET", "/api/tickets", {"page_no": "x"}, None, 200, {}), "query: page_no is no integer"),
        (Exchange("POST", "/api/actions", {}, {"note": "x"}, 201, {}), "sent: $: type 'array'"),
        (Exchange("POST", "/api/actions", {}, [{"hiddenfromclient": True}], 201, {}), "hiddenfromclient is not known"),
        (Exchange("POST", "/api/tickets", {}, [{"team_id": "x", "id": 1}], 201, {}), "sent: [].team_id: type"),
        (Exchange("GET", "/api/status", {}, None, 200, {"statuses": []}), "answered: $: type 'array'"),
        (Exchange("GET", "/api/status", {}, None, 200, [{"id": "1"}]), "answered: [].id: type 'integer'"),
        (Exchange("POST", "/api/tickets", {}, [{"id": 1}], 204, None), "answers 204"),
    ],
)
def test_what_is_not_as_the_vendor_has_it_is_noticed(exchange: Exchange, problem: str) -> None:
    found = list(Specification(SPECIFICATION, "/api", any_case=True).problems(exchange))
    assert any(problem in one for one in found), found
