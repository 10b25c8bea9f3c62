from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta

import pytest
import structlog
from rich.console import Console

from connector.clock import VirtualClock
from connector.demo import show
from connector.demo.screenplay import FATES, OPENING, demo_policy
from connector.demo.stage import at_desks, default_desk, stage


@pytest.fixture(autouse=True)
def _logging_as_it_was():
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def run_demo(width: int = 100) -> tuple[int, str]:
    out = io.StringIO()
    code = show.main(Console(file=out, width=width, force_terminal=False))
    return code, out.getvalue()


def test_the_demo_shows_every_fate_and_ends_well():
    code, told = run_demo()
    assert code == 0
    assert all(fate.summary.split()[0] in told for fate in FATES)
    assert "FINAL ESCALATION" in told
    assert "404 Unable to find managed network beacon." in told
    assert "Tier 3 > Seniors, sam" in told


def test_the_demo_ends_with_1_when_a_fate_is_not_as_it_should_be(monkeypatch):
    wrong = (replace(FATES[0], goes_up=("09:30:00",)), FATES[1])
    monkeypatch.setattr(show, "FATES", wrong)
    code, told = run_demo()
    assert code == 1
    assert "Not as it should be" in told
    assert "expected ('09:30:00',)" in " ".join(told.split())


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
