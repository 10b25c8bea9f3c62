"""What is done in a process of its own, and what comes back of it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from connector.cli.apart import apart
from connector.errors import ConfigError
from connector.store.database.errors import StoreUnavailable


def test_it_is_done_in_another_process_which_ends_with_it(tmp_path: Path) -> None:
    told = tmp_path / "told"
    kept: list[int] = []

    def tell() -> None:
        kept.append(1)
        told.write_text(str(os.getpid()))

    apart(tell)
    assert int(told.read_text()) != os.getpid()
    assert kept == []
    with pytest.raises(ChildProcessError):
        os.waitpid(int(told.read_text()), os.WNOHANG)


def test_what_is_wrong_with_the_settings_is_raised_here_with_every_problem() -> None:
    def refuse() -> None:
        raise ConfigError(["the schema is old", "and the file is not ours"])

    with pytest.raises(ConfigError) as caught:
        apart(refuse)
    assert caught.value.problems == ("the schema is old", "and the file is not ours")


def test_a_database_that_is_away_is_raised_here() -> None:
    def fail() -> None:
        raise StoreUnavailable("the database could not do its work: no route")

    with pytest.raises(StoreUnavailable, match="no route"):
        apart(fail)


@pytest.mark.parametrize(("code", "here"), [(1, 1), (3, 3), ("in words", 1)])
def test_an_exit_code_is_the_same_here(code: int | str, here: int) -> None:
    with pytest.raises(SystemExit) as caught:
        apart(lambda: sys.exit(code))
    assert caught.value.code == here


@pytest.mark.parametrize("code", [0, None])
def test_an_end_without_a_failure_is_none(code: int | None) -> None:
    apart(lambda: sys.exit(code))


def test_what_nobody_thought_of_is_told_there_and_ends_this_process_too(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        apart(lambda: os.chdir("/nowhere/at/all"))
    assert caught.value.code == 1
    assert "FileNotFoundError" in capfd.readouterr().err


def test_a_process_that_dies_on_the_way_has_failed() -> None:
    with pytest.raises(SystemExit) as caught:
        apart(lambda: os._exit(0))
    assert caught.value.code == 1
