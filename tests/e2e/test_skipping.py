"""``make e2e-rt`` and ``make e2e-web`` say plainly when they cannot run, and fail when they could have."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest
from click.testing import CliRunner

from tests.e2e.rt import packages
from tests.e2e.rt.__main__ import main
from tests.e2e.web import chromium
from tests.e2e.web.__main__ import main as main_of_web


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


@pytest.fixture
def no_browser(bare: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The same machine, without a Chromium too."""
    bare.setattr(chromium, "program", lambda: "")
    bare.setattr(chromium, "_is_installed", lambda name: False)
    return bare


@pytest.mark.parametrize(
    ("user", "programs", "arguments", "why"),
    [
        (1000, "/usr/bin/{}", (), "only root may install it"),
        (0, "", (), "this machine has no apt"),
        (0, "/usr/bin/{}", ("--no-apt",), "apt was not to be used"),
    ],
)
def test_without_a_browser_it_says_what_to_do(
    no_browser: pytest.MonkeyPatch, user: int, programs: str, arguments: tuple[str, ...], why: str
) -> None:
    no_browser.setattr("os.geteuid", lambda: user)
    no_browser.setattr("shutil.which", lambda name: programs.format(name) or None)
    result = CliRunner().invoke(main_of_web, arguments)
    assert result.exit_code == 0
    assert result.output.startswith("SKIPPED: no test ran in a browser: there is no Chromium (chromium, ")
    assert f"and {why}: install it, or have Playwright fetch one" in result.output


def test_root_on_debian_gets_a_browser_and_the_fonts_of_the_pictures(no_browser: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []
    no_browser.setattr("subprocess.run", lambda command, **given: ran.append(command))
    assert chromium.install() == ["chromium", "fonts-noto-core", "fonts-dejavu-core"]
    assert ran[-1][-3:] == ["chromium", "fonts-noto-core", "fonts-dejavu-core"]


def test_a_browser_without_the_fonts_is_enough_for_who_may_not_install(no_browser: pytest.MonkeyPatch) -> None:
    no_browser.setattr(chromium, "program", lambda: "/usr/bin/chromium")
    no_browser.setattr("os.geteuid", lambda: 1000)
    assert chromium.install() == []
    assert chromium.missing() == ["fonts-noto-core", "fonts-dejavu-core"]


def test_a_browser_that_could_be_installed_and_was_not_is_a_failure(no_browser: pytest.MonkeyPatch) -> None:
    def fail(command: list[str], **given: Any) -> subprocess.CompletedProcess[str]:
        raise subprocess.CalledProcessError(100, command)

    no_browser.setattr("subprocess.run", fail)
    result = CliRunner().invoke(main_of_web, [])
    assert result.exit_code != 0
    assert "SKIPPED" not in result.output
