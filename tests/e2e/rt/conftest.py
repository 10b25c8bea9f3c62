"""Fixtures on a real Request Tracker. Nothing here is collected unless ``E2E_RT_DATABASE`` says which kind to make."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.crash.services import a_free_port
from tests.e2e.rt.api import CLIENT, JUDGE, Api
from tests.e2e.rt.instance import POSTGRESQL, SQLITE, Instance
from tests.e2e.rt.receiver import Receiver

DATABASE = os.environ.get("E2E_RT_DATABASE", "")
if DATABASE not in (SQLITE, POSTGRESQL):
    collect_ignore_glob = ["test_*.py"]


IS_FULL = bool(os.environ.get("E2E_RT_FULL"))


def proven_on(database: str) -> pytest.MarkDecorator:
    """What takes long and hardly depends on the database runs on one kind only, unless ``E2E_RT_FULL`` is set."""
    return pytest.mark.skipif(not IS_FULL and database != DATABASE, reason=f"runs on {database}, or with E2E_RT_FULL")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The contract suite comes last: it leaves hundreds of tickets and mails behind, which other tests look through."""
    items.sort(key=lambda item: item.path.name == "test_contract.py")


_figures: list[str] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was measured, whatever the verdict."""
    if _figures:
        terminalreporter.section(f"figures, Request Tracker on {DATABASE}")
        terminalreporter.line("\n".join(_figures))


@pytest.fixture(scope="session")
def figures() -> list[str]:
    """Lines to be printed at the end."""
    return _figures


@pytest.fixture(scope="session")
def standing() -> Iterator[Instance]:
    """The instance, running. ``E2E_RT_HOME`` keeps it there for the next time."""
    with TemporaryDirectory(prefix="escalator-rt-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)  # PostgreSQL's user passes through
        home = Path(os.environ.get("E2E_RT_HOME") or Path(folder) / "rt")
        instance = Instance.at(home, DATABASE)
        try:
            instance.start()
            yield instance
        finally:
            instance.close()


@pytest.fixture
def instance(standing: Instance) -> Iterator[Instance]:
    """The instance, running, whatever a test did to it; at first its webhooks go nowhere."""
    standing.send_webhooks_to("")
    standing.start()
    standing.start_sender()
    yield standing
    standing.send_webhooks_to("")


@pytest.fixture
def judge(instance: Instance) -> Api:
    """Who sees everything."""
    return Api(instance, JUDGE)


@pytest.fixture
def tess(instance: Instance) -> Api:
    """A technician of the first tier."""
    return Api(instance, "tess")


@pytest.fixture
def client(instance: Instance) -> Api:
    """The client's contact."""
    return Api(instance, CLIENT)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Takes webhooks in the connector's place."""
    receiver = Receiver(a_free_port())
    receiver.open()
    yield receiver
    receiver.close()
