"""Escalations a second: our worker, from the due timer to the audited reassignment, beside a bare ``requests`` loop.

The ticket system is a simulator without waiting of its own, in another process. The loop makes the same four calls for
each ticket (read it, read its notes, write a note, move it) with the same time-outs and sessions that are kept open,
and does nothing else: no clocks, no note to compose, no journal, no database. The worker as it is deployed stands
beside the plain loop and beside a loop on as many threads; with one thread, beside the plain loop. All take turns.
"""

from __future__ import annotations

import os
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event, local

import requests

from adapters.connectwise.system import connect as connect_to
from adapters.connectwise.variables import ConnectWiseSettings
from adapters.http import HttpOptions
from bench.psa import BEGAN, Psa, ShiftedClock, psa
from bench.servers import settings_of
from connector import logs
from connector.app.connect import connect, worker_of
from connector.app.memory import settle
from connector.config.settings import load_settings
from connector.policy.modes import ENFORCES
from connector.store.database.engine import Store
from connector.store.mailbox import Mailbox
from connector.store.records import Delivery, Outcome, Source
from connector.store.signing_keys import SigningKeyStore
from connector.systems.catalogue import ticket_systems
from connector.systems.contract import Connection
from connector.turn.turn import TurnSettings
from connector.worker.worker import WorkerSettings

NAME = "connectwise"
THREADS = WorkerSettings("bench").threads
TICKETS = 120
ROUNDS = 7
AIM = 0.6
TIMEOUTS = (HttpOptions().connect_seconds, HttpOptions().read_seconds)
GIVE_UP_SECONDS = 120.0
NOTE_LENGTH = 2_000
"""Of the bare loop's note: about as long as ours."""

Escalate = Callable[[list[int]], float]
"""Escalates the tickets; the seconds that it took."""


@contextmanager
def our_worker(desk: Psa, threads: int) -> Iterator[Escalate]:
    """The connector on a SQLite file of its own, its names looked up; the worker starts and stops with each batch."""
    with tempfile.TemporaryDirectory() as folder:
        environ = settings_of(
            Path(folder), desk.url, **desk.environment, WORK_HOURS="24x7", ADOPT="history", ESCALATIONS_PER_HOUR="0"
        )
        settings = load_settings(environ, ticket_systems())
        clock = ShiftedClock()
        # Connected before the tickets came: they are new ones, whose webhooks come late, and not old ones to adopt.
        clock.shift = -2 * BEGAN
        store = Store.open(settings.database_url, clock)
        store.migrate()
        mailbox = Mailbox(store)
        # The call budget is for a ticket system that is shared with people; here it would be all that is measured.
        system = connect_to(
            settings_for(desk),
            [tier.homes[NAME] for tier in settings.policy.tiers],
            SigningKeyStore(store, NAME),
            clock,
            calls_per_window=None,
        )
        turns = TurnSettings(modes=ENFORCES, adopts_from_now=False)
        far = timedelta(hours=1)
        connected = connect(
            Connection("connectwise", system),
            store,
            settings.policy,
            turns,
            far,
            keeps_webhooks=False,
            jitter=random.Random(1),
        )
        worker_of(store, [connected], WorkerSettings("bench", threads=threads)).run_until_idle()
        clock.shift = timedelta()
        settle()  # as each process of a service does

        def escalate(tickets: list[int]) -> float:
            left, done = {str(n) for n in tickets}, Event()

            def told(outcome: Outcome) -> None:
                left.discard(outcome.claim.ticket)
                if not left:
                    done.set()

            # What the batch before left behind, its changes that the poll finds, is not of this one.
            worker_of(store, [connected], WorkerSettings("bench", threads=threads)).run_until_idle()
            desk.calls()
            worker = worker_of(store, [connected], WorkerSettings("bench", threads=threads), told)
            mailbox.deliver([Delivery(NAME, str(n), f"bench:{n}", Source.WEBHOOK) for n in tickets])
            begin = time.perf_counter()
            worker.start()
            try:
                if not done.wait(GIVE_UP_SECONDS):
                    raise RuntimeError(f"{len(left)} tickets did not escalate in time")
                return time.perf_counter() - begin
            finally:
                worker.stop()

        yield escalate
        system.line.close()
        store.close()


def settings_for(desk: Psa) -> ConnectWiseSettings:
    given = desk.environment
    return ConnectWiseSettings(
        url=desk.url,
        company=given["CONNECTWISE_COMPANY"],
        public_key=given["CONNECTWISE_PUBLIC_KEY"],
        private_key=given["CONNECTWISE_PRIVATE_KEY"],
        client_id=given["CONNECTWISE_CLIENT_ID"],
    )


@contextmanager
def bare_loop(desk: Psa, threads: int) -> Iterator[Escalate]:
    """The same calls with ``requests`` and nothing around them."""
    kept, sessions = local(), list[requests.Session]()
    base = f"{desk.url}/v4_6_release/apis/3.0/"
    given = desk.environment
    company, public, private = (given[f"CONNECTWISE_{x}"] for x in ("COMPANY", "PUBLIC_KEY", "PRIVATE_KEY"))

    def session() -> requests.Session:
        if not hasattr(kept, "session"):
            kept.session = requests.Session()
            kept.session.trust_env = False
            kept.session.auth = (f"{company}+{public}", private)
            kept.session.headers["clientId"] = given["CONNECTWISE_CLIENT_ID"]
            sessions.append(kept.session)
        found: requests.Session = kept.session
        return found

    def one(ticket: int) -> None:
        to, path = session(), f"{base}service/tickets/{ticket}"
        note = {"text": "x" * NOTE_LENGTH, "internalAnalysisFlag": True}
        move = [{"op": "replace", "path": "board", "value": {"id": target}}]
        for answer in (
            to.get(path, timeout=TIMEOUTS),
            to.get(f"{path}/allNotes", params={"pageSize": 1000}, timeout=TIMEOUTS),
            to.post(f"{path}/notes", json=note, timeout=TIMEOUTS),
            to.patch(path, json=move, timeout=TIMEOUTS),
        ):
            answer.raise_for_status()
            answer.json()

    def escalate(tickets: list[int]) -> float:
        with ThreadPoolExecutor(threads) as pool:
            begin = time.perf_counter()
            list(pool.map(one, tickets))
            return time.perf_counter() - begin

    boards = session().get(f"{base}service/boards").json()
    target = next(board["id"] for board in boards if board["name"] == "Tier 3")
    yield escalate
    for opened in sessions:
        opened.close()


def rates(desk: Psa, threads: int) -> tuple[dict[int, list[float]], Counter[str]]:
    """Escalations a second by round: of the worker (0), and of the loop by its threads. And our calls, by kind."""
    calls: Counter[str] = Counter()
    with ExitStack() as stack:
        # A site of its own, as the worker would look at every ticket that the loops change on its own.
        other = stack.enter_context(psa())
        each = {0: (desk, stack.enter_context(our_worker(desk, threads)))}
        each |= {n: (other, stack.enter_context(bare_loop(other, n))) for n in sorted({1, threads})}
        found: dict[int, list[float]] = {n: [] for n in each}
        for site, escalate in each.values():
            escalate(site.overdue_tickets(threads))
        for number in range(ROUNDS):
            for n, (site, escalate) in list(each.items())[:: 1 if number % 2 else -1]:
                tickets = site.overdue_tickets(TICKETS)
                found[n].append(TICKETS / escalate(tickets))
                if n == 0:
                    calls += desk.calls()
                moved = site.places(tickets)
                if moved != {"Tier 3": TICKETS}:
                    raise RuntimeError(f"the tickets are not all at the next tier: {dict(moved)}")
    return found, calls


def results() -> list[dict[str, object]]:
    """Every figure beside its reference point. Logs are written as a service writes them, and thrown away."""
    with Path(os.devnull).open("w") as nowhere:
        logs.configure("info", "json", nowhere)
        try:
            return _results()
        finally:
            logs.configure("error")


def _results() -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for threads in (THREADS, 1):
        with psa() as desk:
            found, calls = rates(desk, threads)
        title = _threads(threads)
        for n in sorted(found.keys() - {0}):
            name = f"escalations, {title}: a second, against a bare loop on {_threads(n)}"
            rows.append(_row(name, found[0], found[n]))
        each = calls.total() / (TICKETS * ROUNDS)
        for n in sorted(found.keys() - {0}):
            name = f"escalations, {title}: calls made a second, against a bare loop on {_threads(n)}"
            rows.append(_row(name, [one * each for one in found[0]], [one * 4 for one in found[n]]))
        rows.append(
            {
                "name": f"escalations, {title}: calls each, against the loop's four",
                "ours": round(each, 2),
                "reference": 4,
                "ratio": round(each / 4, 2),
                "aim": "ours <= 4",
                "met": each <= 4,
            }
        )
    return rows


def _threads(count: int) -> str:
    return f"{count} threads" if count > 1 else "one thread"


def _row(name: str, ours: list[float], bare: list[float]) -> dict[str, object]:
    """The ratio is the median of the rounds' own: what else the machine does changes from round to round."""
    ratio = statistics.median(mine / theirs for mine, theirs in zip(ours, bare, strict=True))
    return {
        "name": name,
        "ours": round(statistics.median(ours), 1),
        "reference": round(statistics.median(bare), 1),
        "ratio": round(ratio, 2),
        "aim": f"ratio >= {AIM}",
        "met": ratio >= AIM,
    }


if __name__ == "__main__":
    for row in results():
        print(row)
