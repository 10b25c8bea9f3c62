"""A backtest that is killed while it reads a desk's past tickets: run again it goes on, and its report is the same."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from adapters.connectwise.desk import ConnectWiseDesk, simulated
from connector.cli.main import cli
from connector.clock import VirtualClock
from connector.model import StatusGroup
from connector.past.file import NAME
from tests.builders import at
from tests.connector.quiet_logging import logging_as_before
from tests.crash.desks import until
from tests.crash.services import COMMAND, environment, run_to_end

__all__ = ["logging_as_before"]

pytestmark = [pytest.mark.crash, pytest.mark.timeout(120), pytest.mark.usefixtures("logging_as_before")]

TICKETS, READ = 8, 3
BACKTEST = ["backtest", "--since", "2026-01-15", "--until", "2026-01-16", "--json"]


@pytest.fixture
def desk() -> Iterator[ConnectWiseDesk]:
    """A desk on which every other ticket was planned too late, served to whoever calls."""
    clock = VirtualClock(at("09:00"))
    desk = simulated(clock)
    with desk.serve():
        opened = [desk.open_ticket(f"Was solved {n}", owner="tess") for n in range(TICKETS)]
        for minutes, tickets in ((20, opened[::2]), (50, opened[1::2])):
            clock.move_to(at(f"09:{minutes}"))
            for ticket in tickets:
                desk.note(ticket, "tess", "Plan: restart the spooler")
                desk.set_status(ticket, "tess", StatusGroup.RESOLVED)
        clock.move_to(at("17:00"))
        yield desk


def test_a_backtest_that_was_killed_while_it_read_tells_the_same_when_it_is_run_again(
    desk: ConnectWiseDesk, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = environment(
        {
            **desk.simulator.environment(),
            "DATABASE_URL": sqlite_url,
            "TIER_1_HOME": "Service Desk > First Touch",
            "TIER_2_HOME": "Tier 3 > Seniors",
            "TIER_3_HOME": "Sr IT",
        }
    )
    cut, whole = tmp_path / "cut", tmp_path / "whole"
    cut.mkdir()
    whole.mkdir()
    monkeypatch.chdir(whole)
    in_one_go = CliRunner().invoke(cli, BACKTEST, env=environ, catch_exceptions=False)

    # The call for one more ticket hangs, so that the process stands in the midst of its reading.
    *_, next_one = order_of(whole / NAME)[: READ + 1]
    desk.simulator.faults.drop_before_performing(path=f"tickets/{next_one}$", hang=True)
    with subprocess.Popen([*COMMAND, *BACKTEST], env=environ, cwd=cut, stdout=subprocess.PIPE) as process:
        try:
            until(lambda: len(order_of(cut / NAME)) == READ, "so many tickets are kept")
        finally:
            process.kill()
    assert process.returncode == -signal.SIGKILL
    desk.simulator.faults.reset()

    again, told = report(run_to_end(BACKTEST, environ, cut))
    assert f"{TICKETS - READ} past tickets read, {READ} had been before" in told
    assert order_of(cut / NAME) == order_of(whole / NAME)
    assert again == report(in_one_go.stdout)[0]
    assert again["escalations"]["tickets"] == TICKETS / 2


def order_of(file: Path) -> list[str]:
    """The tickets that are kept, in the order in which they were read; none where there is no file yet."""
    return [json.loads(line)["ticket"] for line in file.read_text().splitlines()] if file.exists() else []


def report(told: str) -> tuple[dict[str, Any], str]:
    """The report of a run but for when it was made, and what the run said besides."""
    document, end = json.JSONDecoder().raw_decode(told)
    del document["made_at"]
    return document, told[end:]
