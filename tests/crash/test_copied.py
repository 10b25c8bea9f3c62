"""A service that outgrew its file: copied to PostgreSQL while work is pending, killed on the way again and again.

What was pending goes on there as if nothing had been: nothing is lost, nothing is done twice.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import Connection

from connector.clock import VirtualClock
from connector.demo.stage import Simulation, at_desks, default_desk, stage
from connector.store import audit
from connector.store.chain.proof import verify
from connector.store.chain.signatures import signed_head
from connector.store.database import moved
from connector.store.database.engine import Store
from connector.store.mailbox import Mailbox
from connector.store.records import Failed
from connector.store.relocation import copying, sides
from connector.store.relocation.columns import CarriedTable, Values
from connector.systems.desk import Desk
from tests.builders import at
from tests.connector.store.relocation.files import rows_of
from tests.crash.services import environment, run_to_end
from tests.crash.workers import forkserver
from tests.scenarios.conftest import scenario_policy
from tests.scenarios.desks import a_ticket_on, events, our_notes, where, writes

pytestmark = [pytest.mark.crash, pytest.mark.timeout(120)]

PLACES = ("the file escalator.db", "postgresql://db/escalator")


@contextmanager
def running_at(desk: Desk, clock: VirtualClock, url: str) -> Iterator[Simulation]:
    with stage(clock.now(), at_desks(scenario_policy(), [desk]), url, desks=[desk], clock=clock) as running:
        yield running


def copy_and_die(file: str, to: str, point: str, page: int) -> None:
    """In a process of its own: copy, and die in the midst of the transaction with that page of a table.

    ``marks``: once the file is marked; ``last``: once the file is left and the target not open yet.
    """
    sides.PAGE_ROWS = 3
    add, expect, arrive = sides.add, moved.expect, moved.arrive
    pages = Counter[str]()

    def added(conn: Connection, one: CarriedTable, rows: Sequence[Values]) -> None:
        add(conn, one, rows)
        pages[one.name] += 1
        die_at(one.name, pages[one.name])

    def die_at(name: str, page_now: int = 1) -> None:
        if (name, page_now) == (point, page):
            os.kill(os.getpid(), signal.SIGKILL)

    with (
        patch.object(copying, "add", added),
        patch.object(moved, "expect", lambda *given: (die_at("marks"), expect(*given))),
        patch.object(moved, "arrive", lambda conn: (die_at("last"), arrive(conn))),
    ):
        copying.copy(Store.open(file), Store.open(to), PLACES)


def killed(file: str, to: str, point: str, page: int) -> None:
    process = forkserver.Process(target=copy_and_die, args=(file, to, point, page))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL


def post_while_it_stands(running: Simulation, ticket: int) -> None:
    """Have a webhook of a ticket accepted that no worker has looked at yet: mail that waits."""
    running.simulator.add_note(ticket, "Plan: replace the cable", "tess")
    assert running.desk.deliver() == 1


@pytest.mark.process("crash")
def test_what_was_pending_in_the_file_goes_on_in_the_other_database_and_happens_once(
    sqlite_url: str, empty_postgresql_url: str, tmp_path: Path
) -> None:
    clock = VirtualClock(at("08:55"))
    desk = default_desk(clock)
    with running_at(desk, clock, sqlite_url) as before:
        before.run_until(at("09:00"))
        half, paused, planned = (a_ticket_on(before, summary) for summary in ("Half way up", "On hold", "Planned"))
        before.run_until(at("09:10"))
        before.simulator.set_status(paused, "Waiting on client", by="tess")
        later = a_ticket_on(before, "Its time comes later")
        before.run_until(at("09:20"))
        before.simulator.faults.fail_next(100, 503, method="PATCH", path=f"tickets/{half}")
        before.simulator.resolve(planned, by="tess")
        before.run_until(at("09:30"))
        [claim] = before.mailbox.claim_new("w", "connectwise", ["4711"], timedelta(minutes=1))
        before.mailbox.finish([Failed(claim, "it does not work", None)])
        post_while_it_stands(before, later)
        assert (len(our_notes(before, half)), where(before, half)[0]) == (1, "Service Desk")
        head, rows = signed_head(before.store), rows_of(before.store)
    assert [row for row in rows["inbox"] if row[-1] is None]
    assert [row[2] for row in rows["step"]] == ["begun"]

    for point, page in (("marks", 1), ("audit_entry", 2), ("mailbox", 2), ("last", 1)):
        killed(sqlite_url, empty_postgresql_url, point, page)
    environ = environment({"DATABASE_URL": sqlite_url})
    told = run_to_end(["database", "copy", "--to", empty_postgresql_url], environ, tmp_path)
    assert f"{sum(map(len, rows.values()))} of them by an earlier run; each was compared and is the same" in told
    there = Store.open(empty_postgresql_url, clock)
    assert rows_of(there) == rows
    assert audit.head(there).chains == head.chains
    there.close()
    environ["DATABASE_URL"] = empty_postgresql_url
    assert "intact: " in run_to_end(["audit", "verify", "--expect", head.text], environ, tmp_path)

    before.simulator.faults.reset()
    with running_at(desk, clock, empty_postgresql_url) as running:
        running.run_until(at("09:45"))
        assert (len(our_notes(running, half)), where(running, half)[0]) == (1, "Tier 3")
        assert len([path for method, path, status in writes(running) if method == "PATCH" and status == 200]) == 1
        assert len(events(running, half, "escalated")) == 1
        running.run_until(at("10:30"))
        assert (len(our_notes(running, paused)), where(running, paused)[0]) == (0, "Service Desk")
        # The plan came as mail that nobody had looked at: 60 minutes for the fix, from 09:30 on.
        assert (len(our_notes(running, later)), where(running, later)[0]) == (1, "Tier 3")
        assert [one.ticket for one in Mailbox(running.store).dead_letters()] == ["4711"]
        running.simulator.set_status(paused, "In Progress", by="tess")
        running.run_until(at("10:49"))
        assert our_notes(running, paused) == []
        running.run_until(at("10:51"))
        assert where(running, paused)[0] == "Tier 3"
        assert verify(running.store, head).is_intact
