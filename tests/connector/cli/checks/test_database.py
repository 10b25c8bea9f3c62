"""What ``check`` tells of the database."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import text

from connector.cli.checks import database
from connector.cli.checks.database import of_database, of_database_clock
from connector.clock import SystemClock, VirtualClock
from connector.model import Finding, Severity
from connector.store.database.engine import Store
from connector.store.database.errors import StoreUnavailable
from connector.store.database.sqlite_file import network_drive

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def test_a_file_that_is_not_there_is_not_made_by_looking(tmp_path: Path, open_store: Callable[..., Store]):
    path = tmp_path / "new.db"
    assert of_database(open_store(f"sqlite:///{path}")).severity is Severity.WARNING
    assert not path.exists()


def test_a_database_is_fine_once_its_schema_is_up_to_date(empty_database_url: str, open_store: Callable[..., Store]):
    store = open_store(empty_database_url)
    assert of_database(store).severity is Severity.WARNING
    store.migrate()
    if not store.is_postgresql:
        path = Path(str(store.engine.url.database))
        path.chmod(0o644)
        finding = of_database(store)
        assert (finding.severity, "chmod 600" in finding.message) == (Severity.WARNING, True)
        path.chmod(0o600)
    assert of_database(store).severity is Severity.OK


MOUNTS = "/dev/sda1 / ext4 rw 0 0\nshort\nnas:/x /mnt/a\\040b nfs4 rw 0 0\n/dev/sdb /mnt/a\\040b/local ext4 rw 0 0\n"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/mnt/a b/escalator.db", "nfs4"),
        ("/mnt/a b/local/escalator.db", ""),
        ("/mnt/a/escalator.db", ""),
        ("/srv/escalator.db", ""),
    ],
)
def test_a_file_on_a_network_drive_is_known_by_what_is_mounted(path: str, kind: str) -> None:
    assert network_drive(Path(path), MOUNTS) == kind


def test_a_database_on_a_network_drive_is_an_error(
    sqlite_url: str, open_store: Callable[..., Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(sqlite_url)
    monkeypatch.setattr(database, "MOUNTS", tmp_path / "mounts")
    assert "network drive" not in of_database(store).message  # the kernel tells nothing
    (tmp_path / "mounts").write_text(f"nas:/x {tmp_path} cifs rw 0 0\n")
    finding = of_database(store)
    assert (finding.severity, "is on a network drive (cifs), where locks" in finding.message) == (Severity.ERROR, True)


@pytest.mark.parametrize(("version", "word"), [("0000", "older"), ("9999", "newer")])
def test_an_older_or_newer_schema_is_an_error(sqlite_url: str, open_store: Callable[..., Store], version, word):
    store = open_store(sqlite_url)
    with store.writing() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
    finding = of_database(store)
    assert finding.severity is Severity.ERROR
    assert word in finding.message


def test_a_database_that_does_not_answer_is_an_error(
    sqlite_url: str, open_store: Callable[..., Store], monkeypatch: pytest.MonkeyPatch
):
    store = open_store(sqlite_url)

    def away():
        raise StoreUnavailable("gone")

    monkeypatch.setattr(store, "schema_state", away)
    assert of_database(store) == Finding(Severity.ERROR, "database", "gone")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(400, "400 s ahead of the database's: "), (-400, "400 s behind the database's: "), (1, "within 1 s")],
)
def test_a_host_whose_clock_is_not_the_databases_is_told(seconds: int, said: str) -> None:
    class Postgresql:
        is_postgresql = True

        def reading(self) -> nullcontext[None]:
            return nullcontext()

        def now(self, conn: object) -> datetime:
            return NOW

    [finding] = of_database_clock(cast(Store, Postgresql()), VirtualClock(NOW + timedelta(seconds=seconds)))
    assert said in finding.message
    assert finding.severity is (Severity.OK if abs(seconds) == 1 else Severity.WARNING)


def test_the_clock_of_the_database_itself_is_asked_for(postgresql_url: str, open_store: Callable[..., Store]) -> None:
    [finding] = of_database_clock(open_store(postgresql_url), SystemClock())
    assert (finding.severity, "within 0 s" in finding.message) == (Severity.OK, True)
    [late] = of_database_clock(open_store(postgresql_url), VirtualClock(datetime(2020, 1, 1, tzinfo=UTC)))
    assert (late.severity, "behind the database's" in late.message) == (Severity.WARNING, True)


def test_where_the_file_has_no_clock_of_its_own_nothing_is_told(sqlite_url: str, open_store: Callable[..., Store]):
    assert list(of_database_clock(open_store(sqlite_url), SystemClock())) == []
