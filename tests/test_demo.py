from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import structlog
from rich.console import Console

from connector.clock import VirtualClock
from connector.demo import show
from connector.demo.screenplay import FATES, OPENING, demo_policy
from connector.demo.stage import Simulation, at_desks, default_desk, stage
from tests.no_sockets import calls_without_sockets
from tests.scenarios.relived import Twice, relived

__all__ = ["calls_without_sockets"]


@pytest.fixture(autouse=True)
def _logging_as_it_was():
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def run_demo(width: int = 100) -> tuple[int, str]:
    out = io.StringIO()
    code = show.main(Console(file=out, width=width, force_terminal=False))
    return code, out.getvalue()


@contextmanager
def played_again(to: Path, found: dict[str, list[Twice]], *args: Any, **given: Any) -> Iterator[Simulation]:
    """The demo's stage; when its morning is over, its tickets are lived and replayed: with what the systems tell, and
    without the audit trail of the first one.
    """
    with stage(*args, **given) as running:
        yield running
        for how in ("told", "not told"):
            (to / how).mkdir()
            found[how] = list(relived(running, OPENING, to / how))
            running.simulator.faults.forbid(path="audittrail")


def test_the_demo_shows_every_fate_and_ends_well_and_a_backtest_says_the_same(monkeypatch, tmp_path):
    found: dict[str, list[Twice]] = {}
    monkeypatch.setattr(show, "stage", partial(played_again, tmp_path, found))
    code, told = run_demo()
    assert code == 0
    assert_backtested(found)
    assert all(fate.summary.split()[0] in told for fate in FATES)
    assert "FINAL ESCALATION" in told
    assert "404 Unable to find managed network beacon." in told
    assert "Tier 3 > Seniors, sam" in told


def assert_backtested(found: dict[str, list[Twice]]) -> None:
    """Every ticket's escalations are those that it had; where its history was not told, it says what was assumed."""
    fates = sorted(len(fate.goes_up) for fate in FATES)
    assert [sorted(len(one.lived) for one in tickets) for tickets in found.values()] == [fates, fates]
    assert [str(one) for one in found["told"] if not one.is_same or one.assumed] == []
    assert {(one.connection, one.assumed) for one in found["not told"] if not one.is_same} == {
        (
            "connectwise",
            ("moves not told", "owners not told", "statuses and pauses not told", "changes of priority not told"),
        )
    }


@pytest.mark.usefixtures("calls_without_sockets")
def test_the_demo_ends_with_1_when_a_fate_is_not_as_it_should_be(monkeypatch):
    wrong = (replace(FATES[0], goes_up=("09:30:00",)), FATES[1])
    monkeypatch.setattr(show, "FATES", wrong)
    code, told = run_demo()
    assert code == 1
    assert "Not as it should be" in told
    assert "expected ('09:30:00',)" in " ".join(told.split())


@pytest.mark.usefixtures("calls_without_sockets")
def test_the_demo_moves_on_a_terminal(monkeypatch):
    monkeypatch.setattr(show, "SHOW_SECONDS", 0.0)
    monkeypatch.setattr(show, "FATES", FATES[:2])
    out = io.StringIO()
    assert show.main(Console(file=out, width=100, force_terminal=True)) == 0
    assert "min left" in out.getvalue()


def test_a_stage_takes_the_desks_it_is_given_with_their_clock(sqlite_url):
    clock = VirtualClock(OPENING)
    desk = default_desk(clock)
    policy = demo_policy([desk])
    with stage(OPENING, at_desks(policy, [desk]), sqlite_url, desks=[desk], clock=clock) as running:
        assert running.desk is desk
        assert list(running.connections) == [desk.system]
        ticket = desk.open_ticket("Nobody touches it", owner="tess")
        running.run_until(OPENING + timedelta(minutes=31))
        assert desk.ticket(ticket).tier == 2
    with pytest.raises(ValueError, match="their clock"), stage(OPENING, policy, sqlite_url, desks=[desk]):
        pass
