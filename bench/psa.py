"""A simulated ticket system in a process of its own, apart from the interpreter that is measured."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection as Pipe
from typing import Any

from adapters.connectwise.simulator import Simulator

BEGAN = timedelta(hours=2)
"""How long ago the tickets began: past every diagnosis limit of the first tier, also those of low priorities."""

TEXTS = (
    "Toggled the agent's connection off and on again, no change.",
    "Tried another WiFi network, the error is the same there: `404 Unable to find the gateway.`",
    "Read the Event Viewer: Event ID 7031, the service terminated unexpectedly (0x80070005).",
    "Research: https://docs.example.com/vpn/7031 says the gateway's profile may be stale.",
)


class ShiftedClock:
    """The host's clock, moved by ``shift``: what happened hours ago can be made up now."""

    def __init__(self) -> None:
        self.shift = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift


class Psa:
    """The caller's end of a running simulator."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self.environment: dict[str, str] = pipe.recv()
        self.url = self.environment["CONNECTWISE_URL"]

    def overdue_tickets(self, count: int) -> list[int]:
        """New tickets of the first tier with four notes and no plan, long past their limit."""
        found: list[int] = self._ask("tickets", count)
        return found

    def calls(self) -> Counter[str]:
        """The calls since this was asked last, by method and kind of path: ``GET service/tickets/#``."""
        found: Counter[str] = self._ask("calls")
        return found

    def places(self, tickets: list[int]) -> Counter[str]:
        """On which boards the tickets are."""
        found: Counter[str] = self._ask("places", tickets)
        return found

    def _ask(self, *question: Any) -> Any:
        self._pipe.send(question)
        return self._pipe.recv()


@contextmanager
def psa() -> Iterator[Psa]:
    """A furnished site with no waiting of its own, stopped at the end."""
    spawning = multiprocessing.get_context("spawn")
    mine, theirs = spawning.Pipe()
    process = spawning.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    try:
        yield Psa(mine)
    finally:
        mine.close()
        process.join(20)


def _serve(pipe: Pipe) -> None:
    clock = ShiftedClock()
    simulator = Simulator(clock, callback_delivery="manual").standard_desk()
    with simulator.serve():
        pipe.send(simulator.environment())
        while True:
            try:
                what, *given = pipe.recv()
            except EOFError:
                return
            match what:
                case "tickets":
                    pipe.send(_overdue(simulator, clock, given[0]))
                case "calls":
                    pipe.send(_calls(simulator))
                case "places":
                    pipe.send(Counter(simulator.ticket(n)["board"]["name"] for n in given[0]))


def _overdue(simulator: Simulator, clock: ShiftedClock, count: int) -> list[int]:
    made = []
    for _ in range(count):
        clock.shift = -BEGAN
        ticket = simulator.create_ticket(
            "VPN client cannot connect since the update",
            company="Acme",
            board="Service Desk",
            team="First Touch",
            owner="tess",
            priority="Priority 3 - Normal",
            contact="Connie Client",
        )
        for n, text in enumerate(TEXTS):
            clock.shift = timedelta(minutes=4 * (n + 1)) - BEGAN
            simulator.add_note(ticket, text, "tess")
        made.append(ticket)
    clock.shift = timedelta()
    return made


def _calls(simulator: Simulator) -> Counter[str]:
    found: Counter[str] = Counter()
    for call in simulator.calls:
        path = "/".join("#" if part.isdigit() else part for part in call.path.partition("?")[0].split("/"))
        found[f"{call.method} {path}"] += 1
    simulator.forget_calls()
    return found
