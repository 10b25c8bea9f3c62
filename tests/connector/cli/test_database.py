"""``database copy`` and ``database reopen``: what they take, what they say, and what every other command says then."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url

from connector.cli import common
from connector.cli.checks.database import of_database
from connector.model import Severity
from connector.store.chain.signatures import signed_head
from connector.store.database import moved
from connector.store.database.engine import Store
from connector.store.heartbeats import beat
from connector.store.relocation.columns import CARRIED
from tests.connector.cli.test_main import escalator
from tests.connector.quiet_logging import logging_as_before
from tests.connector.store.relocation.files import fill, path_of

__all__ = ["logging_as_before"]

pytestmark = pytest.mark.usefixtures("logging_as_before")
PASSWORD = "wood-Pecker-77"


@pytest.fixture
def source(sqlite_url: str, open_store: Callable[..., Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A file with rows in every table, in the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    store = open_store(sqlite_url)
    fill(store)
    return store


@pytest.fixture
def to(postgresql_url: str) -> str:
    """The address of an empty database, with a password that the server does not ask for."""
    url = make_url(postgresql_url).set(drivername="postgresql", password=PASSWORD)
    return url.render_as_string(hide_password=False)


def place(to: str) -> str:
    return to.replace(f":{PASSWORD}", "")


def test_the_copy_says_what_was_done_and_what_is_to_be_done_now(source: Store, to: str) -> None:
    head = signed_head(source).text
    result = escalator("database", "copy", "--to", to)
    assert result.exit_code == 0
    first, trail, told, *rest = result.stdout.splitlines()
    assert first.startswith(f"Copied to {place(to)}: ")
    assert first.endswith("tables; each was compared and is the same")
    assert trail == "The audit trail is intact there: 15 entries; the head is that of the file:"
    assert told == head.partition(",@told=")[0]
    assert rest == [
        "The file is left as it was, and marked: nothing works with it any more",
        "Now set DATABASE_URL to the new address, and start the service",
    ]
    assert "looked at mailbox: 6 rows\n" in result.stderr
    assert "carried audit_entry: 15 rows\n" in result.stderr
    assert "compared inbox: 6 rows\n" in result.stderr
    assert PASSWORD not in result.output
    assert escalator("audit", "verify", "--expect", head, DATABASE_URL=to).exit_code == 0
    again = escalator("database", "copy", "--to", to)
    assert (again.exit_code, again.stdout) == (
        0,
        f"It was copied to {place(to)} before, to the end: there is nothing to do\n",
    )


def test_the_address_may_stand_in_a_file_and_the_answer_in_json(source: Store, to: str, tmp_path: Path) -> None:
    file = tmp_path / "address"
    file.write_text(f"{to}\n")
    result = escalator("database", "copy", "--to-file", str(file), "--json")
    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert (answer["to"], answer["added"]) == (place(to), sum(answer["rows"].values()))
    assert (answer["audit"]["is_intact"], answer["audit"]["rows"], answer["entries"]) == (True, 15, 15)
    assert abs(answer["clock_ahead_seconds"]) < 5
    assert json.loads(escalator("database", "copy", "--to", to, "--json").stdout)["rows"] is None


@pytest.mark.parametrize("command", ["migrate", "audit head", "export", "dead-letters list"])
def test_every_command_refuses_the_file_that_was_left(source: Store, to: str, command: str) -> None:
    escalator("database", "copy", "--to", to)
    result = escalator(*command.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"escalator: the database was moved to {place(to)} on ")
    assert result.stderr.endswith(
        "UTC: set DATABASE_URL to that one's address, with its password; to work with this file all the same: "
        "`escalator database reopen`\n"
    )


def test_a_copy_that_is_not_whole_is_opened_by_no_command(
    source: Store, to: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(moved, "arrive", _interrupt)
        assert escalator("database", "copy", "--to", to).exit_code == 1
    result = escalator("export", DATABASE_URL=to)
    assert result.exit_code == 2
    assert f"is a copy of the file {path_of(source)} that is not whole yet" in result.stderr
    again = escalator("database", "copy", "--to", to)
    rows = again.stdout.partition(f"Copied to {place(to)}: ")[2].partition(" rows")[0]
    assert f"{rows} rows of {len(CARRIED)} tables, {rows} of them by an earlier run; each was compared" in again.stdout
    assert escalator("export", DATABASE_URL=to).exit_code == 0


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_worker_at_work_is_a_finding(source: Store, to: str) -> None:
    beat(source, "host-1-abc")
    result = escalator("database", "copy", "--to", to)
    assert result.exit_code == 1
    assert "a worker is at work, or was a moment ago (host-1-abc): end every process of the service" in result.stderr


def test_a_trail_that_was_not_intact_is_carried_and_a_finding(source: Store, to: str) -> None:
    with closing(sqlite3.connect(path_of(source))) as file, file:
        file.execute("UPDATE audit_entry SET detail = '{}' WHERE connection = 'psa' AND n = 3")
    result = escalator("database", "copy", "--to", to)
    assert result.exit_code == 1
    assert "was NOT intact: psa: its content was changed" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "give the target's address with --to, or with --to-file"),
        (("--to", "postgresql://u:p@h/n", "--to-file", "x"), "give the target's address with --to, or with --to-file"),
        (("--to", "sqlite:///other.db"), "--to must name a PostgreSQL database"),
        (("--to", "mysql://u@h/n"), "--to is no address of a database that is supported"),
        (("--to-file", "nowhere"), "--to-file is not there: make it, or correct its path"),
        (("--to", f"postgresql://u:{PASSWORD}@h/n?nonsense=1"), "the target's address has an option behind its ?"),
        (("--to", f"postgresql://u:{PASSWORD}@127.0.0.1:1/n"), "correct host and port in the target's address"),
    ],
)
def test_an_address_that_is_none_is_refused_without_a_password(
    source: Store, arguments: tuple[str, ...], told: str
) -> None:
    result = escalator("database", "copy", *arguments)
    assert result.exit_code in (1, 2)
    assert told in result.stderr
    assert PASSWORD not in result.output


def test_what_is_no_file_or_is_not_there_cannot_be_copied(source: Store, to: str, tmp_path: Path) -> None:
    result = escalator("database", "copy", "--to", to, DATABASE_URL=to)
    assert result.exit_code == 2
    assert "DATABASE_URL names no SQLite file" in result.stderr
    result = escalator("database", "copy", "--to", to, DATABASE_URL="sqlite:///elsewhere.db")
    assert result.exit_code == 2
    assert f"DATABASE_URL names a file that is not there: {tmp_path / 'elsewhere.db'}" in result.stderr


def test_the_file_is_taken_back_only_by_who_is_sure(source: Store, to: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert escalator("database", "reopen", "--yes").stdout == "The file was not left: there is nothing to do\n"
    escalator("database", "copy", "--to", to)
    refused = escalator("database", "reopen")
    assert refused.exit_code == 2
    assert "say --yes if that is so" in refused.stderr
    assert escalator("migrate").exit_code == 2
    monkeypatch.setattr(common, "is_on_terminal", lambda: True)
    monkeypatch.setattr(common, "agree", lambda *_, **__: True)
    taken = escalator("database", "reopen")
    assert taken.stdout.startswith(f"The file is worked with again. It had been left for {place(to)} at ")
    assert escalator("migrate").exit_code == 0


def test_check_says_of_the_file_where_it_went(source: Store, to: str) -> None:
    escalator("database", "copy", "--to", to)
    found = of_database(source)
    assert found.severity is Severity.ERROR
    assert found.message.startswith(f"was moved to {place(to)} on ")
