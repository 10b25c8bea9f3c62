"""``escalator demo --stay``: the desk goes on, the other commands find it, and a pilot can be made of it."""

from __future__ import annotations

import io
import socket
import subprocess
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from connector.cli.main import cli
from connector.clock import PacedClock
from connector.config.env_file import read_env_file
from connector.config.settings import load_settings
from connector.demo import stay
from connector.demo.morning import Arrived
from connector.demo.screenplay import CLOSING_CURTAIN, FATES, OPENING, clock, demo_policy
from connector.demo.stay import GOES_ON_AT, ROUND, StayingDesk, staying
from connector.model import Mode
from tests.connector.quiet_logging import logging_as_before
from tests.no_sockets import calls_without_sockets

__all__ = ["calls_without_sockets", "logging_as_before"]

pytestmark = pytest.mark.usefixtures("logging_as_before")
PILOT = {"TIER_2_MODE": "warn", "ESCALATION_MODE_HALOPSA": "observe", "ESCALATION_MODES": "unheard of"}
HERE, THERE = 0, 1


@pytest.fixture
def one_morning(calls_without_sockets: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a day before, where a test does not look back."""
    monkeypatch.setattr(stay, "DAYS_BEFORE", 0)


def fates(*words: str) -> list:
    return [fate for fate in FATES if any(word in fate.summary for word in words)]


def escalator(desk: StayingDesk, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    """A command as it is called in the folder that the demo left, at the desk's present moment."""
    now = desk.shift.morning.stage.clock.now()
    stands = PacedClock(now, 1, datetime.now(UTC))
    monkeypatch.chdir(desk.folder)
    monkeypatch.setattr("connector.config.demo_clock.PacedClock", lambda *_: stands)
    return CliRunner().invoke(cli, arguments)


def ticket(desk: StayingDesk, words: str) -> Arrived:
    return next(one for one in desk.shift.morning.tickets if words in one.fate.summary)


@pytest.mark.usefixtures("one_morning")
def test_a_pilot_at_the_demos_desk_does_its_part_and_the_commands_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stay, "FATES", fates("Backup job", "Printer", "Invoices", "Call recording"))
    with staying(tmp_path, PILOT, speed=1, port=0) as desk:
        desk.shift.go_on(clock("10:30"))
        # One tier in enforce: up at the second. The next in warn: warned of there, and left.
        backup = ticket(desk, "Backup job")
        assert (backup.went_up, backup.desk.ticket(backup.number).tier) == (("09:35:00",), 2)
        warnings = [line.splitlines()[0] for line in backup.told]
        assert [line.partition(" (")[0] for line in warnings] == [
            "Write “Plan: …” by 09:35",
            "Write “Plan: …” by 10:05",
        ]
        assert warnings[1].endswith("This is a pilot: nothing is moved yet.")
        # A second system in observe: nothing is written there.
        there = [one for one in desk.shift.morning.tickets if one.fate.at == THERE]
        assert [len(one.notes) for one in there] == [0, 0]
        assert {one.desk.ticket(one.number).tier for one in there} == {1}
        resolved, running = ((one.desk.system, one.number) for one in there)

        told = escalator(desk, monkeypatch, "explain", backup.desk.system, backup.number).stdout
        assert "escalation from First Touch (T1/2) to Tier 3" in told
        assert "Mode: warn: warnings and answers are written, and nothing is moved" in told
        result = escalator(desk, monkeypatch, "explain", *running)
        assert result.exit_code == 0, result.stderr
        told = result.stdout
        assert "Mode: observe: this is decided and recorded, and nothing of it is written or moved" in told

        assert escalator(desk, monkeypatch, "explain", *resolved).exit_code == 0

        checked = escalator(desk, monkeypatch, "check")
        assert checked.exit_code == 0
        words = "connectwise: enforce at First Touch (T1/2), Sr IT Manager; warn at Tier 3 / Service Desk Manager"
        assert f"{words}; halopsa: observe" in " ".join(checked.stdout.split())
        assert "has no effect" not in checked.stdout

        rows = [line.split("\t") for line in escalator(desk, monkeypatch, "tickets").stdout.splitlines()]
        states = {row[1]: row[3] for row in rows}
        assert states[f"connectwise {backup.number}"].endswith(" [warn]")
        assert states[" ".join(running)].endswith(" [observe]")


def test_the_folder_configures_the_desk_that_is_played(tmp_path: Path) -> None:
    with staying(tmp_path, {}, speed=60, port=0) as desk:
        kept = read_env_file(tmp_path / ".env")
        settings = load_settings(kept.values, kept=kept)
        played = demo_policy(desk.shift.morning.stage.desks)
        written = replace(settings.policy, calendars=played.calendars, version=played.version)
        assert (written, settings.mode_said) == (played, Mode.ENFORCE)
        assert settings.policy.calendars["default"].hours_text == "24x7 (America/New_York)"
        assert settings.demo_clock is not None
        assert (settings.demo_clock.start, settings.demo_clock.speed) == (GOES_ON_AT, 60)
        assert GOES_ON_AT <= settings.demo_clock.now() < GOES_ON_AT + timedelta(hours=1)
        sent = [subprocess.run(["sh", tmp_path / "webhook.sh"], capture_output=True, check=True) for _ in range(2)]
        assert [one.stdout.strip() for one in sent] == [b'{"accepted":1}', b'{"accepted":0}']


@pytest.mark.usefixtures("one_morning")
def test_rounds_follow_and_what_is_left_of_one_is_put_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stay, "FATES", fates("Backup job", "Printer"))
    with staying(tmp_path, {}, speed=1, port=0) as desk:
        morning = desk.shift.morning
        first = ticket(desk, "Backup job")
        desk.shift.go_on(OPENING + ROUND + timedelta(minutes=8))
        assert first.desk.ticket(first.number).status == "Resolved"
        assert len(morning.tickets) == 4
        desk.shift.go_on(OPENING + 2 * ROUND + timedelta(minutes=40))
        assert len(morning.tickets) == len(morning.fates) == 4
        assert first not in morning.tickets
        at = [one.went_up for one in morning.tickets if "Backup" in one.fate.summary]
        assert at == [("11:45:00", "12:15:00", "13:15:00"), ("13:55:00",)]


@pytest.mark.usefixtures("calls_without_sockets")
@pytest.mark.parametrize("is_terminal", [False, True])
def test_it_says_what_can_be_done_goes_on_and_closes(monkeypatch: pytest.MonkeyPatch, is_terminal: bool) -> None:
    monkeypatch.setattr(stay, "FATES", fates("Printer", "Call recording"))
    monkeypatch.setattr("sys.argv", ["bin/escalator"])
    out = io.StringIO()
    ticks = iter((False, False, True))
    stopped = SimpleNamespace(wait=lambda seconds: next(ticks))
    stay.main({}, 60, 0, Console(file=out, width=100, force_terminal=is_terminal), stopped)
    told = out.getvalue()
    folder = told.partition("  cd ")[2].split()[0]
    assert f"{Path('bin/escalator').absolute()} explain connectwise 1002" in told
    assert "60 times as fast" in told
    assert ("min left" if is_terminal else "connectwise #1002 arrives: Printer on floor 2 jams") in told
    assert told.rstrip().endswith("The desk is closed.")
    assert folder
    assert not Path(folder).exists()


def test_a_signal_closes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    handlers = {}
    monkeypatch.setattr(stay.signal, "signal", handlers.__setitem__)
    stopped = stay._told_to_stop()
    assert not stopped.is_set()
    handlers[stay.signal.SIGTERM](15, None)
    assert stopped.is_set()
    assert isinstance(stopped, threading.Event)


def test_a_port_that_is_taken_is_told_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = CliRunner().invoke(cli, ["demo", "--stay", "--port", str(port)])
    assert result.exit_code == 1
    assert (
        result.stderr
        == f"escalator: port {port} cannot be listened on (Address already in use): say another one with --port\n"
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--speed", "60"], "--speed is for --stay alone"),
        (["--port", "8001"], "--port is for --stay alone"),
        (["--stay", "--speed", "61"], "61.0 is not in the range"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: list[str], told: str) -> None:
    result = CliRunner().invoke(cli, ["demo", *arguments])
    assert result.exit_code == 2
    assert told in result.stderr


def test_a_mode_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIER_2_MODE", "enforced")
    result = CliRunner().invoke(cli, ["demo", "--stay", "--port", "0"])
    assert result.exit_code == 2
    assert "TIER_2_MODE" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.usefixtures("one_morning")
def test_the_desk_is_served_by_the_demo_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stay, "FATES", fates("Printer"))
    with staying(tmp_path, {}, speed=1, port=0) as desk:
        for command in ("run", "web", "worker"):
            refused = escalator(desk, monkeypatch, command)
            assert refused.exit_code == 2, command
            assert "DEMO_CLOCK: the demo's desk is served by the demo" in refused.stderr


def test_the_morning_has_clocks_that_run_where_it_goes_on() -> None:
    assert OPENING < GOES_ON_AT < CLOSING_CURTAIN
    assert clock("09:25") == GOES_ON_AT
    assert max(act.at for fate in FATES for act in fate.acts) < OPENING + ROUND
