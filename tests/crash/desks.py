"""The simulated desk of the crash tests in real time, its tickets, and what must be true of each in the end."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable

from sqlalchemy import func, select

from adapters.connectwise.simulator import API_MEMBER, Simulator
from connector.store import audit
from connector.store.chain.proof import verify
from connector.store.database.engine import Store
from connector.store.database.tables import worker
from connector.store.journal import Journal
from connector.store.mailbox import Mailbox
from connector.store.records import Delivery, Source, StepState
from connector.turn.saga import StepKind
from tests.connector.mailboxes import steps_of
from tests.crash.workers import NAME, PATIENCE, Order


def order_for(simulator: Simulator, database_url: str, **given: float) -> Order:
    """The order for workers on this simulator and database."""
    keys = (simulator.base_url, simulator.company, simulator.public_key, simulator.private_key)
    return Order(database_url, *keys, **given)  # type: ignore[arg-type]  # lengths and counts alike


def open_tickets(simulator: Simulator, count: int) -> list[int]:
    """So many tickets on the first tier, owned, whose clocks run."""
    return [
        simulator.create_ticket(
            f"Printer {number} is on fire",
            "Acme",
            board="Service Desk",
            team="First Touch",
            owner="tess",
            priority="Priority 3 - Normal",
        )
        for number in range(count)
    ]


def announce(mailbox: Mailbox, tickets: list[int], word: str = "created") -> None:
    """Deliver what a webhook would have said of them."""
    mailbox.deliver([Delivery(NAME, str(t), f"{word} {t}", Source.WEBHOOK) for t in tickets])


def until(condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Wait for what other processes bring about. AssertionError when they do not."""
    never, end = threading.Event(), time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, f"it did not come about: {what}"
        never.wait(0.02)


def our_notes(simulator: Simulator, ticket: int) -> list[str]:
    """What the connector wrote on a ticket."""
    return [note["text"] for note in simulator.notes(ticket) if note["createdBy"] == API_MEMBER]


def is_up(simulator: Simulator, ticket: int) -> bool:
    """Whether a ticket stands on the second tier."""
    found = simulator.ticket(ticket)
    return (found["board"]["name"], found["team"]["name"]) == ("Tier 3", "Seniors")


def escalations(store: Store) -> Counter[int]:
    """How many escalations of each ticket the audit trail has."""
    return Counter(int(row.ticket) for row in audit.events(store, NAME) if row.event == "escalated")


def moves_by_ticket(store: Store, *states: StepState) -> Counter[int]:
    """How many moves the journal has of each ticket, in these states."""
    steps = steps_of(Journal(store), f"{NAME}/")
    return Counter(int(step.saga.split("/")[1]) for step in steps if step.n == StepKind.MOVE and step.state in states)


def recoveries(store: Store) -> int:
    """How many escalations were found done, by their marks, by a worker that had not carried them out."""
    return sum(row.event == "escalated" and bool(row.detail.get("recovered")) for row in audit.events(store, NAME))


def held(mailbox: Mailbox) -> dict[str, str]:
    """Whose lease is on which row, chores included."""
    return {row.ticket: row.owner for row in mailbox.list_tickets([NAME], 10_000) if row.owner is not None}


def workers_seen(store: Store) -> int:
    """How many workers have ever completed a cycle."""
    with store.reading() as conn:
        return int(conn.execute(select(func.count()).select_from(worker)).scalar_one())


def are_settled(simulator: Simulator, mailbox: Mailbox, tickets: list[int]) -> bool:
    """Whether every ticket went up, its journal is closed, and nothing is due or in anybody's hands."""
    if not all(is_up(simulator, ticket) for ticket in tickets):
        return False
    stats = mailbox.stats(NAME)
    return stats.due == stats.leased == 0 and set(moves_by_ticket(mailbox.store, StepState.DONE)) == set(tickets)


def assert_each_went_up_once(
    simulator: Simulator, store: Store, tickets: list[int], moves: Counter[int] | None = None
) -> None:
    """One note, one move, one audit entry a ticket; nothing open in the journal; the trail sound; no dead letter."""
    mailbox = Mailbox(store)
    once = dict.fromkeys(tickets, 1)
    assert {ticket: len(our_notes(simulator, ticket)) for ticket in tickets} == once
    assert all(is_up(simulator, ticket) for ticket in tickets)
    if moves is not None:
        assert dict(moves) == once
    assert dict(escalations(store)) == once
    assert dict(moves_by_ticket(store, *StepState)) == dict(moves_by_ticket(store, StepState.DONE)) == once
    assert mailbox.dead_letters() == []
    report = verify(store)
    assert report.is_intact, report.why
    assert simulator.errors == []
