"""How late a connection's escalations are while another one, in the same worker, hangs or drips.

For a minute the worker, as it is deployed, is told of two tickets a second that are long past their limits, on a
simulated ticket system in another process. Of its neighbour 300 tickets wait from the beginning, and one more is rung
every quarter of a second; its ticket system accepts and never answers, or sends a byte every half second for ever. The
reference point, in the same run, is the minute without a neighbour. Lateness is from the moment at which a ticket is
told of until its escalation is kept.
"""

from __future__ import annotations

import os
import random
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.connectwise.system import connect as connect_to
from bench.escalations import settings_for
from bench.psa import BEGAN, Psa, ShiftedClock, psa
from bench.servers import settings_of
from bench.timers import share
from connector import logs
from connector.app.connect import Connected, connect, worker_of
from connector.config.settings import load_settings
from connector.policy.modes import ENFORCES
from connector.policy.policy import Policy
from connector.store.database.engine import Store
from connector.store.mailbox import Mailbox
from connector.store.records import Delivery, Finished, Outcome, Source
from connector.store.signing_keys import SigningKeyStore
from connector.systems.catalogue import ticket_systems
from connector.systems.contract import Connection
from connector.turn.turn import TurnSettings
from connector.worker.worker import WorkerSettings

MINE, NEIGHBOUR = "connectwise", "neighbour"
TICKETS, A_SECOND = 120, 2
WAITING, RUNG_EVERY = 300, 0.25
DRIP_SECONDS = 0.5
GIVE_UP_SECONDS = 60.0
AIM = 2.0
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"


@contextmanager
def bad_server(*, drips: bool) -> Iterator[str]:
    """A server that accepts and never answers, or never stops to; its address."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:

        def serve(client: socket.socket) -> None:
            with client, suppress(OSError):
                client.recv(65536)
                if drips:
                    client.sendall(HEAD)
                while not over.wait(DRIP_SECONDS):
                    if drips:
                        client.sendall(b" ")

        def accept() -> None:
            with suppress(OSError):  # closed at the end
                while True:
                    client, _ = listening.accept()
                    threading.Thread(target=serve, args=(client,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            over.set()


def lateness(desk: Psa, neighbour: str | None) -> list[float]:
    """Seconds from due until kept, of each ticket. ``neighbour``: the address of the other ticket system, if any."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        environ = settings_of(
            Path(folder), desk.url, **desk.environment, WORK_HOURS="24x7", ADOPT="history", ESCALATIONS_PER_HOUR="0"
        )
        settings = load_settings(environ, ticket_systems())
        tiers = tuple(
            replace(tier, homes={**tier.homes, NEIGHBOUR: tier.homes[MINE]}) for tier in settings.policy.tiers
        )
        policy = replace(settings.policy, tiers=tiers)
        clock = ShiftedClock()
        clock.shift = -2 * BEGAN  # connected before the tickets came
        store = Store.open(settings.database_url, clock)
        stack.callback(store.close)
        store.migrate()
        found = {MINE: _connected(stack, store, desk, policy, MINE, desk.url, clock)}
        worker_of(store, [found[MINE]], WorkerSettings("before")).run_until_idle()
        clock.shift = timedelta()
        mailbox = Mailbox(store)
        if neighbour is not None:
            found[NEIGHBOUR] = _connected(stack, store, desk, policy, NEIGHBOUR, neighbour, clock)
            mailbox.deliver(_rung(range(WAITING)))
        return _minute(desk, store, mailbox, list(found.values()))


def _connected(
    stack: ExitStack, store: Store, desk: Psa, policy: Policy, id_: str, url: str, clock: ShiftedClock
) -> Connected:
    system = connect_to(
        replace(settings_for(desk), url=url),
        [tier.homes[id_] for tier in policy.tiers],
        SigningKeyStore(store, id_),
        clock,
        calls_per_window=None,
    )
    stack.callback(system.line.close)
    return connect(
        Connection(id_, system),
        store,
        policy,
        TurnSettings(modes=ENFORCES, adopts_from_now=False),
        timedelta(minutes=1),
        keeps_webhooks=False,
        jitter=random.Random(1),  # spreads retries, guards nothing
    )


def _minute(desk: Psa, store: Store, mailbox: Mailbox, found: list[Connected]) -> list[float]:
    due: dict[str, datetime] = {}
    late: dict[str, float] = {}
    done = threading.Event()

    def told(outcome: Outcome) -> None:
        claim = outcome.claim
        if claim.connection == MINE and claim.ticket in due and isinstance(outcome, Finished):
            late.setdefault(claim.ticket, (datetime.now(UTC) - due[claim.ticket]).total_seconds())
            if len(late) == TICKETS:
                done.set()

    worker = worker_of(store, found, WorkerSettings("bench"), told)
    worker.start()
    try:
        with _ringing(mailbox, any(one.connection.id == NEIGHBOUR for one in found)):
            begin = time.monotonic()
            for n in range(TICKETS):
                done.wait(max(0.0, begin + n / A_SECOND - time.monotonic()))
                (ticket,) = desk.overdue_tickets(1)
                due[str(ticket)] = datetime.now(UTC)
                mailbox.deliver([Delivery(MINE, str(ticket), f"bench:{ticket}", Source.WEBHOOK)])
            if not done.wait(GIVE_UP_SECONDS):
                raise RuntimeError(f"{TICKETS - len(late)} tickets did not escalate in time")
    finally:
        worker.stop()
    moved = desk.places([int(ticket) for ticket in due])
    if moved != {"Tier 3": TICKETS}:
        raise RuntimeError(f"the tickets are not all at the next tier: {dict(moved)}")
    return list(late.values())


@contextmanager
def _ringing(mailbox: Mailbox, is_there: bool) -> Iterator[None]:
    """Ring another ticket of the neighbour again and again."""
    over = threading.Event()

    def ring() -> None:
        n = WAITING
        while is_there and not over.wait(RUNG_EVERY):
            mailbox.deliver(_rung(range(n, n + 1)))
            n += 1

    thread = threading.Thread(target=ring)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _rung(numbers: range) -> list[Delivery]:
    return [Delivery(NEIGHBOUR, str(n), f"bench:{n}", Source.WEBHOOK) for n in numbers]


def results() -> list[dict[str, object]]:
    """Every figure beside its reference point; each on a desk of its own."""
    with Path(os.devnull).open("w") as nowhere:
        logs.configure("error", "json", nowhere)
        with psa() as desk:
            alone = lateness(desk, None)
        rows = []
        for name, drips in (("hangs", False), ("drips", True)):
            with bad_server(drips=drips) as url, psa() as desk:
                rows.append(_row(f"p99 lateness in s beside a connection that {name}", lateness(desk, url), alone))
        return rows


def _row(name: str, ours: list[float], alone: list[float]) -> dict[str, object]:
    p99, reference = share(ours, 0.99), share(alone, 0.99)
    return {
        "name": f"neighbours: {name}",
        "ours": round(p99, 3),
        "reference": round(reference, 3),
        "ratio": round(p99 / reference, 2),
        "aim": f"ours <= {AIM:g}",
        "met": p99 <= AIM,
    }


if __name__ == "__main__":
    begin = time.monotonic()
    for row in results():
        print(row)
    print(f"{time.monotonic() - begin:.0f} s")
