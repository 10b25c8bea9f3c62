"""A hostile answer gives an error of the contract, or what it would have given were it none. Never a third thing.

Every call that an operation makes is made hostile in turn, in each of the ways, on each simulated system.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from adapters.simulation.hostility import STRAYED, Hostility
from connector.errors import AdapterError, ConnectorError, OutcomeUnknown, PayloadError, Permanent, Temporary
from connector.model import Target, TicketId
from connector.systems.catalogue import ticket_systems
from connector.systems.contract import TicketSystem
from tests.contract.worlds import START, World, simulated_world

MARKER = "ESC-7HK2M4QXPA-3ZB5N6T2QR"
NOTE = f"ESCALATED.\n\n{MARKER}"
ODD = ["Plan: swap the cable", "/help", "\N{GRINNING FACE} on it"]

Operation = Callable[[World, TicketSystem, TicketId], object]

READS: dict[str, Operation] = {
    "read": lambda world, system, ticket: facts(system.tickets.read(ticket)),
    "trail": lambda world, system, ticket: system.tickets.trail(ticket, START),
    "changed": lambda world, system, ticket: sorted(one.id for one in system.tickets.changed_since(START)),
    "open": lambda world, system, ticket: sorted(one.id for one in system.tickets.open_tickets([world.home(1)])),
    "people": lambda world, system, ticket: [one.identifier for one in system.directory.people(world.home(1))],
    "statuses": lambda world, system, ticket: [one.status.name for one in system.directory.statuses(world.home(1))],
    "probe": lambda world, system, ticket: sorted(system.line.probe()),
}
WRITES: dict[str, Operation] = {
    "note": lambda world, system, ticket: system.tickets.write_note(ticket, NOTE, MARKER).id and None,
    "message": lambda world, system, ticket: system.tickets.write_message(ticket, NOTE, MARKER).id and None,
    "move": lambda world, system, ticket: (
        system.tickets.reassign(ticket, Target(world.home(2), world.person("sam"))).place
    ),
}
HARMLESS = frozenset({Hostility.COOKIES})
AT_LENGTH = frozenset({Hostility.HUGE, Hostility.ENDLESS, Hostility.DEEP, Hostility.BOMB, Hostility.VALUES})
"""What takes long to be given, and is refused in one place, before any reading makes something of it."""


def facts(record: Any) -> object:
    """What is decided by: not what the ticket says."""
    told = [(one.id, one.kind, one.author, one.at, one.visibility, len(one.text) > 0) for one in record.entries]
    return record.id, record.place, record.status, record.owner, record.priority, told, record.changes


@pytest.fixture(params=list(ticket_systems()))
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    with simulated_world(ticket_systems()[request.param]) as made:
        # A number that is nothing else's: on one system they all begin with 1.
        made.desk.simulator.state._next_ids.setdefault("ticket", 70_001)  # type: ignore[attr-defined]
        yield made


def two_tickets(world: World) -> tuple[TicketId, TicketId]:
    """Two tickets on which people wrote; what is written there differs."""
    found = world.worked_on(), world.worked_on()
    for ticket, words in zip(found, (ODD, ["/escalate urgency all is lost"]), strict=True):
        for line in words:
            world.desk.note(ticket, "tess", line)
        world.desk.client_writes(ticket, "Any news?")
        world.desk.time_entry(ticket, "tom", "Looked at the switch", 10)
    world.tick()
    return found


def calls_of(world: World, operation: Operation, ticket: TicketId) -> tuple[object, list[tuple[str, str]]]:
    """What it gives, and the calls that a new connection makes for it."""
    system = world.connect()
    world.desk.simulator.forget_calls()  # type: ignore[attr-defined]  # every simulated desk has one
    given = operation(world, system, ticket)
    calls = [(call.method, call.path) for call in world.desk.simulator.calls]  # type: ignore[attr-defined]
    return given, list(dict.fromkeys(calls))


def outcome_of(operation: Operation, world: World, system: TicketSystem, ticket: TicketId) -> object:
    """What it gives, or the error of the contract that it raises, whose words can be shown to people."""
    try:
        return operation(world, system, ticket)
    except (AdapterError, PayloadError) as error:
        found = error
    assert len(str(found)) < 1500, f"{len(str(found))} characters"
    assert str(found).isprintable(), str(found)
    return found


def patience(kind: Hostility) -> dict[str, Any]:
    return {"attempts": 1, "total_seconds": 0.2 if kind is Hostility.DRIPPING else 10.0}


@pytest.mark.variants("names")
@pytest.mark.parametrize(
    ("kind", "names"),
    [(kind, names) for kind in Hostility for names in ([[one] for one in READS] if kind in AT_LENGTH else [READS])],
    ids=lambda value: value if isinstance(value, str) else "all" if len(value) > 1 else value[0],
)
def test_whatever_call_of_a_reading_is_answered_hostilely_it_is_refused_or_does_not_matter(
    world: World, kind: Hostility, names: Iterable[str]
) -> None:
    ticket, other = two_tickets(world)
    numbers = {ticket: other, other: ticket} if kind is Hostility.OTHER_TICKET else {ticket: "8812345"}
    faults = world.desk.simulator.faults  # type: ignore[attr-defined]
    for name in names:
        operation = READS[name]
        honest, calls = calls_of(world, operation, ticket)
        for method, path in calls:
            system = world.connect(**patience(kind))
            faults.be_hostile(kind, method=method, path=f"^{re.escape(path)}$", numbers=numbers)
            found = outcome_of(operation, world, system, ticket)
            faults.reset()
            is_list = name in ("changed", "open", "probe")
            if is_list and kind in (Hostility.WRONG_ID, Hostility.OTHER_TICKET):
                # Which tickets there are, only the list tells; each is read by itself before anything is done to it.
                continue
            if kind is Hostility.SURROGATES:
                assert not isinstance(found, ConnectorError), (name, method, path, found)
                continue
            assert isinstance(found, ConnectorError) or found == honest, (name, method, path, found)
            assert kind not in HARMLESS or found == honest, (name, method, path, found)
    assert world.desk.simulator.cookies == []  # type: ignore[attr-defined]
    assert not [call for call in world.desk.simulator.calls if STRAYED in call.path]  # type: ignore[attr-defined]


@pytest.mark.variants("name")
@pytest.mark.parametrize("kind", list(Hostility))
@pytest.mark.parametrize("name", WRITES)
def test_whatever_call_of_a_write_is_answered_hostilely_it_is_proven_or_unknown_and_done_once(
    world: World, name: str, kind: Hostility
) -> None:
    operation = WRITES[name]
    ticket, other = two_tickets(world)
    numbers = {ticket: other} if kind is Hostility.OTHER_TICKET else {ticket: "8812345"}
    faults = world.desk.simulator.faults  # type: ignore[attr-defined]
    _, calls = calls_of(world, operation, world.worked_on())
    for method, path in calls:
        target = world.worked_on()
        before = len(world.desk.notes(target))
        asked = re.sub(r"\d+", r"\\d+", path)
        system = world.connect(**patience(kind))
        faults.be_hostile(kind, method=method, path=f"^{asked}$", numbers={target: numbers[ticket]})
        found = outcome_of(operation, world, system, target)
        faults.reset()
        added = len(world.desk.notes(target)) - before
        assert added in (0, 1), (method, path, found)
        if not isinstance(found, ConnectorError):
            assert added == (name != "move"), (method, path)
            assert name != "move" or world.desk.ticket(target).tier == 2
        elif method != "GET" and added:
            # What may have happened is never told as if it had not.
            assert isinstance(found, OutcomeUnknown | PayloadError | Permanent | Temporary), (method, path, found)
        assert kind not in HARMLESS or not isinstance(found, ConnectorError), (method, path, found)
    assert [note for note in world.desk.notes(other) if note.by_connector] == []
    assert world.desk.ticket(other).tier == 1
