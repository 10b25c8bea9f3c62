"""``make e2e-rt`` says plainly when it cannot run, and fails when it could have."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest
from click.testing import CliRunner

from tests.e2e.rt import packages
from tests.e2e.rt.__main__ import main


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A Debian machine without Request Tracker, and root on it."""
    monkeypatch.setattr(packages, "missing", lambda: ["request-tracker5"])
    monkeypatch.setattr(packages, "_is_installed", lambda name: False)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    return monkeypatch


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, arguments)
    return result.exit_code, result.output


def test_who_is_not_root_is_told_what_is_missing(bare: pytest.MonkeyPatch) -> None:
    bare.setattr("os.geteuid", lambda: 1000)
    code, said = run()
    assert code == 0
    assert said.startswith(
        "SKIPPED: no test ran on Request Tracker: these packages are not installed: request-tracker5"
    )
    assert said.endswith("only root may install them\n")


def test_a_machine_without_apt_is_told_so(bare: pytest.MonkeyPatch) -> None:
    bare.setattr("shutil.which", lambda name: None)
    code, said = run()
    assert (code, said.endswith("this machine has no apt\n")) == (0, True)


def test_without_apt_on_request_nothing_is_installed(bare: pytest.MonkeyPatch) -> None:
    code, said = run("--no-apt")
    assert (code, said.endswith("apt was not to be used\n")) == (0, True)


def test_an_installation_that_fails_is_a_failure(bare: pytest.MonkeyPatch) -> None:
    def fail(command: list[str], **given: Any) -> subprocess.CompletedProcess[str]:
        raise subprocess.CalledProcessError(100, command)

    bare.setattr("subprocess.run", fail)
    code, said = run()
    assert code != 0
    assert "SKIPPED" not in said
