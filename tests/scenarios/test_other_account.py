"""The API account is changed while an escalation is half done: nothing is doubled, and all of it stays ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from adapters.request_tracker.simulation.furnishing import CONNECTOR_RIGHTS
from connector.clock import VirtualClock
from connector.demo.stage import Simulation, at_desks, stage
from connector.errors import Temporary
from connector.model import TicketId, TicketRecord
from connector.store import audit
from connector.systems.catalogue import ticket_systems
from connector.systems.desk import Desk, DeskNote
from tests.builders import at, minutes
from tests.scenarios.conftest import scenario_policy

SYSTEMS = list(ticket_systems())
KEY = "00000000-0000-4000-8000-0000000000b2"

MOVES = {"connectwise": ("PATCH", "tickets/"), "halopsa": ("POST", "Tickets"), "rt": ("PUT", "ticket/")}
"""How each system is asked to move a ticket."""

Open = Callable[[], AbstractContextManager[Simulation]]


def another_account(system: str, simulator: Any) -> None:
    """An administrator makes another account for the connector, and gives it the new keys."""
    match system:
        case "connectwise":
            simulator.add_api_member("another-api", "another public key", "another private key")
            simulator.public_key, simulator.private_key = "another public key", "another private key"
        case "halopsa":
            simulator.add_application(KEY, "another secret", "Another application", "Another agent")
            simulator.client_id, simulator.client_secret = KEY, "another secret"
        case "rt":
            simulator.add_user("another", "Another Account")
            simulator.add_group("Another group", ["another"])
            simulator.grant("Another group", *CONNECTOR_RIGHTS)
            simulator.token = simulator.add_token("another")
        case _:
            raise AssertionError(f"how does {system} get another account?")


@pytest.fixture(params=SYSTEMS)
def desk(request: pytest.FixtureRequest, clock: VirtualClock) -> Desk:
    found: Desk = ticket_systems()[request.param].simulated(clock)
    return found


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(at("08:55"))


@pytest.fixture
def opened(desk: Desk, clock: VirtualClock, sqlite_url: str) -> Open:
    """Starts the connector on the desk, as often as it is asked to: what it knows stands in the database."""
    policy = at_desks(scenario_policy(), [desk])

    @contextmanager
    def open_() -> Iterator[Simulation]:
        with stage(clock.now(), policy, sqlite_url, desks=[desk], clock=clock, poll_every=minutes(60)) as running:
            yield running

    return open_


def ours(desk: Desk, ticket: TicketId) -> list[DeskNote]:
    """The notes that carry a marker of the connector's, whoever wrote them."""
    return [note for note in desk.notes(ticket) if "Ref. ESC-" in note.text]


def escalations(running: Simulation, ticket: TicketId) -> list[audit.AuditRow]:
    return [row for row in audit.events(running.store, ticket=ticket) if row.event == "escalated"]


def goes_up_once_more(running: Simulation, desk: Desk, ticket: TicketId) -> None:
    """What was half done was finished by 09:45, once, and the next tier's limit counts from then on."""
    running.run_until(at("09:45"))
    assert (desk.ticket(ticket).tier, len(ours(desk, ticket)), len(escalations(running, ticket))) == (2, 1, 1)
    running.run_until(at("10:20"))
    assert (desk.ticket(ticket).tier, len(ours(desk, ticket)), len(escalations(running, ticket))) == (3, 2, 2)
    first, second = (note.text for note in ours(desk, ticket))
    assert "ESCALATED to Tier 3" in first
    assert "ESCALATED to Sr IT" in second
    assert "Ref. ESC-" not in second[: second.index("Ref. ESC-")]


def test_between_the_note_and_the_move(desk: Desk, opened: Open, clock: VirtualClock) -> None:
    faults = desk.simulator.faults  # type: ignore[attr-defined]  # every desk here is a simulated one
    method, path = MOVES[desk.system]
    with opened() as running:
        running.run_until(at("09:00"))
        ticket = desk.open_ticket("Half done", owner="tess")
        faults.fail_next(None, 503, method=method, path=path)
        running.run_until(at("09:30"))
        assert (desk.ticket(ticket).tier, len(ours(desk, ticket))) == (1, 1)
    faults.reset()
    another_account(desk.system, desk.simulator)  # type: ignore[attr-defined]
    with opened() as running:
        goes_up_once_more(running, desk, ticket)


def test_between_the_note_and_the_move_while_the_client_copies_the_note(desk: Desk, opened: Open) -> None:
    faults = desk.simulator.faults  # type: ignore[attr-defined]
    method, path = MOVES[desk.system]
    with opened() as running:
        running.run_until(at("09:00"))
        ticket = desk.open_ticket("Half done, and copied", owner="tess")
        faults.fail_next(None, 503, method=method, path=path)
        running.run_until(at("09:30"))
        [note] = ours(desk, ticket)
        faults.reset()
        desk.client_writes(ticket, note.text)
        desk.client_writes(ticket, f"/escalate knowledge\n\n{note.text}")
    another_account(desk.system, desk.simulator)  # type: ignore[attr-defined]
    with opened() as running:
        for moment, tier in ((at("09:45"), 2), (at("10:20"), 3)):
            running.run_until(moment)
            internal = [note for note in ours(desk, ticket) if note.is_internal]
            assert (desk.ticket(ticket).tier, len(internal), len(escalations(running, ticket))) == (
                tier,
                tier - 1,
                tier - 1,
            )


def test_between_a_note_whose_outcome_is_unknown_and_its_retry(desk: Desk, opened: Open, clock: VirtualClock) -> None:
    faults = desk.simulator.faults  # type: ignore[attr-defined]
    method, pattern = faults.NOTES
    with opened() as running:
        running.run_until(at("09:00"))
        ticket = desk.open_ticket("No answer", owner="tess")
        faults.accept_but_never_answer(1, method=method, path=pattern.pattern)
        running.settle()
        clock.move_to(at("09:30"))
        running.worker.run_until_idle()
        assert (desk.ticket(ticket).tier, len(ours(desk, ticket))) == (1, 1)
    another_account(desk.system, desk.simulator)  # type: ignore[attr-defined]
    with opened() as running:
        goes_up_once_more(running, desk, ticket)


def test_between_a_move_that_nobody_heard_of_and_its_retry(desk: Desk, opened: Open) -> None:
    with opened() as running:
        running.run_until(at("09:00"))
        ticket = desk.open_ticket("Moved unheard", owner="tess")
        running.settle()
        running.run_until(at("09:29"))
        move = running.system.tickets.reassign

        def unheard(*given: Any) -> TicketRecord:
            move(*given)
            raise Temporary("its connection was cut, and every one after it")

        running.system.tickets.reassign = unheard  # type: ignore[method-assign]  # until the connector is stopped
        running.clock.move_to(at("09:30"))
        running.worker.run_until_idle()
        assert (desk.ticket(ticket).tier, len(ours(desk, ticket))) == (2, 1)
        assert escalations(running, ticket) == []
    another_account(desk.system, desk.simulator)  # type: ignore[attr-defined]
    with opened() as running:
        goes_up_once_more(running, desk, ticket)


def test_a_first_note_of_the_other_account_whose_outcome_is_unknown_is_found_too(
    desk: Desk, opened: Open, clock: VirtualClock
) -> None:
    faults = desk.simulator.faults  # type: ignore[attr-defined]
    with opened() as running:
        running.run_until(at("09:00"))
        before = desk.open_ticket("Goes up under the first account", owner="tess")
        running.run_until(at("09:31"))
        assert desk.ticket(before).tier == 2
    another_account(desk.system, desk.simulator)  # type: ignore[attr-defined]
    method, pattern = faults.NOTES
    with opened() as running:
        ticket = desk.open_ticket("No answer", owner="tom")
        running.settle()
        faults.accept_but_never_answer(1, method=method, path=pattern.pattern)
        running.run_until(at("10:00"))
        running.run_until(at("10:15"))
        assert (desk.ticket(ticket).tier, len(escalations(running, ticket))) == (2, 1)
        assert [len(ours(desk, one)) for one in (before, ticket)] == [2, 1]


def test_what_a_technician_pasted_below_a_plan_is_that_persons_and_the_plan_counts(desk: Desk, opened: Open) -> None:
    with opened() as running:
        running.run_until(at("09:00"))
        ticket = desk.open_ticket("Pasted", owner="tess")
        running.run_until(at("09:31"))
        [escalated] = ours(desk, ticket)
        desk.note(ticket, "sam", f"Plan: move the mailbox\n\n{escalated.text}")
        running.run_until(at("10:20"))
        assert desk.ticket(ticket).tier == 2
        running.run_until(at("10:32"))
        assert desk.ticket(ticket).tier == 3
        assert "of Sam Senior's plan" in ours(desk, ticket)[-1].text.splitlines()[0]
