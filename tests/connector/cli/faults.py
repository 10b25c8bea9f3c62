"""What tests of planted faults share: an empty place to start commands in, and what a clear answer is."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from connector.cli.main import cli

SECRET = "geheim-geheim-geheim"
MOST_SECONDS = 8.0
"""So long may a command wait for something in all. By what it asks for, not by the clock: that tells what else the
machine does. What never ends is ended by the limits of the tests.
"""
OURS = ("CONNECTWISE_", "HALOPSA_", "RT_", "TIER_", "FINAL_", "ESCALATION_", "WORK_", "DATABASE_URL", "PORT", "TZ")

Changes = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Told:
    """What a command answered."""

    code: int
    output: str
    waited: float = 0.0
    """Seconds that it slept, as far as it did so in this process."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, and nothing of ours in the environment; a folder ``data`` is beside it."""
    (tmp_path / "data").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for name in list(os.environ):
        if name.startswith(OURS):
            monkeypatch.delenv(name)
    return tmp_path / "here"


def told(command: str, environ: Changes) -> Told:
    """What a command tells in this process."""
    waits: list[float] = []
    sleep = time.sleep

    def noted(seconds: float) -> None:
        waits.append(seconds)
        sleep(seconds)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(time, "sleep", noted)
        result = CliRunner().invoke(cli, command.split(), env=environ)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Told(result.exit_code, result.output, sum(waits))


def assert_clear(found: Told, says: Sequence[str], code: int) -> None:
    """It was said with what, where and what to do, by its exit code, without a long wait, and with no secret."""
    assert [part for part in says if part not in found.output] == [], found.output
    assert found.code == code, found.output
    assert "Traceback" not in found.output
    assert SECRET not in found.output
    assert found.waited < MOST_SECONDS
