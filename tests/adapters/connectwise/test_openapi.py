"""What the adapter sends and what the simulator answers, held against the vendor's own document where it is at hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import cache

import pytest

from adapters.connectwise.simulator import Simulator
from adapters.connectwise.tickets import Tickets
from connector.clock import VirtualClock
from connector.errors import AdapterError, KeyUnknown
from connector.model import Ownership, Target
from tests.adapters.connectwise.connected import START, Desk
from tests.adapters.openapi import REFERENCE, Exchange, Specification, record

SPECIFICATION = REFERENCE / "connectwise-openapi.json"
PREFIX = "/v2025_1/apis/3.0"

pytestmark = [
    pytest.mark.reference,
    pytest.mark.skipif(not SPECIFICATION.is_file(), reason="the vendor's document is not at hand"),
]

DEVIATIONS: dict[str, str] = {
    f"GET /login/companyinfo/trainco: is outside {PREFIX}": "it has the API alone; the developer guide has this",
    f"GET /v2025_1//system/callbackkey/index.rails: is outside {PREFIX}": "the same: where signing keys are served",
}
"""What is not as the vendor's document has it, and why."""


@cache
def specification() -> Specification:
    return Specification(SPECIFICATION, PREFIX)


@pytest.fixture
def recorded() -> Iterator[tuple[Desk, list[Exchange]]]:
    clock = VirtualClock(START)
    posted: list[tuple[str, bytes, dict[str, str]]] = []

    def post(url: str, body: bytes, headers: dict[str, str], timeout: float) -> int:
        posted.append((url, body, headers))
        return 202

    simulator = Simulator(clock, callback_delivery="manual", post=post).standard_desk()  # type: ignore[arg-type]
    found = record(simulator.app)
    with simulator.serve():
        desk = Desk(simulator, clock, posted)  # type: ignore[arg-type]
        yield desk, found
        desk.system.line.close()


def everything(desk: Desk) -> None:
    """All that the adapter ever asks and writes, and what the site refuses of it."""
    system, simulator = desk.system, desk.simulator
    system.webhooks.register()
    first, second, child = desk.a_ticket(owner="tess", contact="Connie Client"), desk.a_ticket(), desk.a_ticket()
    with pytest.raises(KeyUnknown) as unknown:
        system.webhooks.verify(desk.requests()[0])
    system.webhooks.learn_key(unknown.value.reference)
    desk.clock.advance(timedelta(minutes=5))
    simulator.bundle(int(child), int(second))
    simulator.add_note(int(first), "Plan: a cable", "tess")
    simulator.add_note(int(child), "Looked at it", "tess")
    simulator.add_note(int(first), "Any news?", contact="Connie Client")
    simulator.add_time_entry(int(first), "tom", "Read the log", START, START, internal_notes="Nothing there")
    simulator.add_time_entry(int(first), "tom", "Still reading")
    simulator.set_status(int(first), "Plan made", by="tess")
    simulator.resolve(int(child), by="tess")
    system.line.check()
    for ticket in (first, second, child):
        system.tickets.read(ticket)
    system.tickets.write_note(first, "Escalated. ESC-1", "ESC-1")
    system.tickets.write_message(first, "We are on it. MSG-1", "MSG-1")
    place, sam = system.directory.locate("Tier 3 > Seniors"), system.directory.member("sam")
    status, priority = system.directory.status_in(place, "New"), system.directory.priority("Priority 2 - High")
    system.tickets.reassign(first, Target(place, sam, status, priority))
    system.tickets.add_people(first, [system.directory.member("irene")])
    simulator.classify(int(second), type="Hardware", subType="Printer", item="Toner")
    simulator.faults.board_move_refuses = frozenset({"type"})
    simulator.faults.owner_removal = frozenset({"null"})
    system.tickets.reassign(second, Target(system.directory.locate("Sr IT"), Ownership.NOBODY))
    assert isinstance(system.tickets, Tickets)
    system.tickets.trail(first, START)
    list(system.tickets.changed_since(START))
    list(system.tickets.open_tickets([place]))
    system.directory.people(place)
    refused(desk)
    system.webhooks.registrations()
    (registration,) = simulator.state.callbacks.values()
    simulator.state.callbacks[registration["id"]] = {**registration, "inactiveFlag": True}
    system.webhooks.register()
    system.webhooks.remove()
    simulator.faults.all_notes_missing = True
    system.tickets.read(first)


def refused(desk: Desk) -> None:
    """What the site says no to: each form of its errors."""
    system, simulator = desk.system, desk.simulator
    ticket = desk.a_ticket()
    wrong = system.directory.status_in(system.directory.locate("Tier 3"), "New")
    with pytest.raises(AdapterError):
        system.tickets.reassign(ticket, Target(status=wrong))
    for wrong_one in ({"private_key": "wrong"}, {"client_id": "wrong"}):
        with pytest.raises(AdapterError):
            desk.connected(**wrong_one).tickets.read(ticket)
    simulator.delete(int(ticket))
    with pytest.raises(AdapterError):
        system.tickets.read(ticket)


def problems(exchange: Exchange) -> Iterator[str]:
    """What is wrong with a call. One that asks for some fields alone gets no others, required or not."""
    for problem in specification().problems(exchange):
        if "fields" not in exchange.query or ": required " not in problem:
            yield problem


def test_what_is_sent_and_answered_is_as_the_vendor_has_it(recorded: tuple[Desk, list[Exchange]]) -> None:
    desk, exchanges = recorded
    everything(desk)
    found = {problem for exchange in exchanges for problem in problems(exchange)}
    assert sorted(found) == sorted(DEVIATIONS)
    assert len({(one.method, one.path) for one in exchanges}) > 25
    assert {one.status for one in exchanges} >= {200, 201, 204, 400, 401, 403, 404}


@pytest.mark.parametrize(
    ("exchange", "problem"),
    [
        (Exchange("GET", f"{PREFIX}/service/nowhere", {}, None, 200, {}), "no such path"),
        (Exchange("DELETE", f"{PREFIX}/service/boards", {}, None, 204, None), "no such method"),
        (Exchange("GET", f"{PREFIX}/service/tickets", {"condition": "id=1"}, None, 200, []), "condition is not known"),
        (Exchange("GET", f"{PREFIX}/service/tickets", {"pageSize": "all"}, None, 200, []), "pageSize is no integer"),
        (Exchange("GET", f"{PREFIX}/service/tickets", {}, None, 200, {"id": 1}), "answered: $: type 'array'"),
        (Exchange("GET", f"{PREFIX}/service/tickets/1", {}, None, 200, {"id": "1"}), "answered: id: type 'integer'"),
        (Exchange("PATCH", f"{PREFIX}/service/tickets/1", {}, {"op": "replace"}, 200, None), "sent: $: type 'array'"),
        (Exchange("POST", f"{PREFIX}/service/tickets/1/notes", {}, {"note": "x"}, 201, None), "note is not known"),
        (Exchange("GET", f"{PREFIX}/service/tickets/1", {}, None, 404, {"code": 404}), "answered: code: type 'string'"),
    ],
)
def test_what_is_not_as_the_vendor_has_it_is_noticed(exchange: Exchange, problem: str) -> None:
    found = list(specification().problems(exchange))
    assert any(problem in one for one in found), found
