"""``escalator forget``: asks, removes, says what was removed, and what it refuses."""

from __future__ import annotations

import getpass
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector.cli import common
from connector.errors import ConfigError
from connector.store.audit import events
from connector.store.connections import Connections
from connector.store.forgetting.ticket import Forgetting
from connector.store.heartbeats import beat
from connector.store.mailbox import Mailbox
from connector.store.records import AuditEvent, Event, Failed, Key
from tests.connector.cli.test_main import a_store, connected, desk, escalator, folder
from tests.connector.cli.test_tickets import looked_at
from tests.connector.mailboxes import a_delivery, record
from tests.connector.quiet_logging import logging_as_before

__all__ = ["connected", "desk", "folder", "logging_as_before"]

pytestmark = pytest.mark.usefixtures("logging_as_before")
WORD = "Zebrafax"


@pytest.fixture
def filled(folder: Path, connected: dict[str, str]) -> dict[str, str]:
    """Two tickets that are over, one that is open, and one of a connection that is not configured any more."""
    with a_store(folder) as store:
        for name in ("connectwise", "old"):
            Connections(store).ensure(name, "enforce", "v1")
        looked_at(Mailbox(store), t1={"summary": WORD, "verdict": "ended"}, t3={"client": "Beta"})
        for connection, ticket in (("connectwise", "1"), ("connectwise", "2"), ("old", "7")):
            record(store, connection, ticket, AuditEvent(Event.TRAINING_REQUEST, {"who": WORD}))
    return connected


def left(folder: Path) -> list[str]:
    """Whose words are still in the trail."""
    with a_store(folder) as store:
        return [row.ticket for row in events(store) if WORD in str(row.detail)]


def files(folder: Path) -> bytes:
    return b"".join(one.read_bytes() for one in folder.glob("escalator.db*"))


def a_person(monkeypatch: pytest.MonkeyPatch, *, agrees: bool) -> list[str]:
    """Somebody at a terminal; what they are asked."""
    asked: list[str] = []
    monkeypatch.setattr(common, "is_on_terminal", lambda: True)

    def agree(question: str, *, default: bool) -> bool:
        asked.append(question)
        assert not default
        return agrees

    monkeypatch.setattr(common, "agree", agree)
    return asked


def test_it_says_what_is_kept_asks_and_says_what_was_removed(
    filled: dict[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = a_person(monkeypatch, agrees=True)
    result = escalator("forget", "ConnectWise", "1", **filled)
    assert (result.exit_code, asked) == (0, ["Remove it? It cannot be undone."])
    lines = result.stdout.splitlines()
    assert lines[0] == "connectwise 1: is kept"
    assert "       1  its row: summary, client, holder, how it stands" in lines
    assert "connectwise 1: forgotten (mailbox 1, inbox 1, audit_entry 1)" in lines
    assert "Copies stay where they are" in result.stdout
    assert WORD not in result.output
    assert left(folder) == ["2", "7"]
    who = getpass.getuser()
    with a_store(folder) as store:
        assert list(events(store, "connectwise", "1"))[-1].detail["by"] == who


def test_a_no_removes_nothing(filled: dict[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_person(monkeypatch, agrees=False)
    result = escalator("forget", "connectwise", "2", **filled)
    assert (result.exit_code, "nothing was removed" in result.stdout) == (1, True)
    assert left(folder) == ["1", "2", "7"]


def test_where_nobody_can_be_asked_it_wants_to_be_told(filled: dict[str, str], folder: Path) -> None:
    for options in ((), ("--json",)):
        result = escalator("forget", "connectwise", "2", *options, **filled)
        assert (result.exit_code, "nobody can be asked here: add --yes" in result.stderr) == (2, True)
    assert left(folder) == ["1", "2", "7"]


def test_several_go_at_once_for_a_program_and_again_nothing_is_left(filled: dict[str, str], folder: Path) -> None:
    given = ("forget", "connectwise", "2", "1", "2", "--yes", "--json", "--by", "request 12")
    result = escalator(*given, **filled)
    assert result.exit_code == 0
    assert json.loads(result.stdout) == [
        {"system": "connectwise", "ticket": "2", "removed": {"audit_entry": 1}, "forgotten_before": None},
        {
            "system": "connectwise",
            "ticket": "1",
            "removed": {"mailbox": 1, "inbox": 1, "audit_entry": 1},
            "forgotten_before": None,
        },
    ]
    assert left(folder) == ["7"]
    again = json.loads(escalator(*given, **filled).stdout)
    assert [one["removed"] for one in again] == [{}, {}]
    assert datetime.now(UTC) - datetime.fromisoformat(again[0]["forgotten_before"]) < timedelta(minutes=5)
    said = escalator("forget", "connectwise", "2", **filled)  # nothing to ask about
    assert (said.exit_code, "connectwise 2: nothing was kept since it was forgotten at" in said.stdout) == (0, True)


@pytest.mark.usefixtures("careless_sqlite")
def test_not_a_byte_is_left_in_the_file(filled: dict[str, str], folder: Path) -> None:
    assert WORD.encode() in files(folder)
    for system, ticket in (("connectwise", "1"), ("connectwise", "2"), ("old", "7")):
        assert escalator("forget", system, ticket, "--yes", **filled).exit_code == 0
    assert WORD.encode() not in files(folder)
    assert escalator("audit", "verify", **filled).exit_code == 0


@pytest.mark.usefixtures("careless_sqlite")
def test_not_a_byte_is_left_of_the_one_before_another_failed(
    filled: dict[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert escalator("forget", "connectwise", "2", "--yes", **filled).exit_code == 0
    assert escalator("forget", "old", "7", "--yes", **filled).exit_code == 0
    with a_store(folder) as store:
        record(store, "connectwise", "8", AuditEvent(Event.TRAINING_REQUEST, {"who": "Tess"}))
    remove = Forgetting.forget

    def forget(self: Forgetting, key: Key, by: str, *, is_served: bool) -> dict[str, int]:
        if key[1] == "8":
            raise ConfigError(["past-tickets.jsonl: another process is writing to it"])
        return remove(self, key, by, is_served=is_served)

    monkeypatch.setattr(Forgetting, "forget", forget)
    assert escalator("forget", "connectwise", "1", "8", "--yes", **filled).exit_code == 2
    assert WORD.encode() not in files(folder)


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (("connectwise", "3"), 1, "connectwise 3 is not forgotten: it is open and watched (state: running)"),
        (("connectwise", "1", "3"), 1, "connectwise 3 is not forgotten"),
        (("connectwise", "9"), 1, "nothing is known of connectwise 9"),
        (("connectwise", "1", "9"), 1, "nothing is known of connectwise 9"),
        (("connectwise", "@poll"), 1, "nothing is known of connectwise @poll"),
        (("elsewhere", "1"), 2, "'elsewhere' is not known; known: connectwise, old"),
        (("connectwise",), 2, "Missing argument"),
    ],
)
def test_what_is_refused_is_said_and_nothing_is_removed(
    filled: dict[str, str], folder: Path, arguments: tuple[str, ...], code: int, why: str
) -> None:
    result = escalator("forget", *arguments, "--yes", **filled)
    assert (result.exit_code, why in result.stderr) == (code, True), result.stderr
    assert left(folder) == ["1", "2", "7"]


def test_what_nobody_serves_any_more_is_forgotten_while_open(filled: dict[str, str], folder: Path) -> None:
    with a_store(folder) as store:
        mailbox = Mailbox(store)
        mailbox.schedule("old", "7", datetime.now(UTC))
        beat(store, "elsewhere", {"old": "enforce v1"})
    assert "not read yet" in escalator("forget", "old", "7", "--yes", **filled).stderr
    with a_store(folder) as store:
        beat(store, "elsewhere", {"other": "enforce v1"})
    assert escalator("forget", "old", "7", "--yes", **filled).exit_code == 0
    assert left(folder) == ["1", "2"]


def test_what_was_given_up_on_is_said_before_it_is_asked(
    filled: dict[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_store(folder) as store:
        mailbox = Mailbox(store)
        mailbox.deliver([a_delivery("3", "again", "connectwise")])
        for claim in mailbox.claim("worker", 9, timedelta(minutes=1), ["connectwise"]):
            mailbox.finish([Failed(claim, f"no {WORD}", None)])
    a_person(monkeypatch, agrees=True)
    result = escalator("forget", "connectwise", "3", **filled)
    assert (result.exit_code, "It was given up on." in result.stdout) == (0, True)


def test_the_trail_and_what_is_exported_live_with_it(filled: dict[str, str], folder: Path) -> None:
    head = escalator("audit", "head", **filled).stdout.strip()
    escalator("forget", "connectwise", "1", "--yes", **filled)
    verified = escalator("audit", "verify", "--expect", head, **filled)
    assert verified.exit_code == 0
    assert verified.stdout.startswith("intact: 4 entries, 1 of them without its detail, which was forgotten; the head")
    lines = [json.loads(line) for line in escalator("export", **filled).stdout.splitlines()]
    assert [set(line["detail"]) for line in lines if line["ticket"] == "1"] == [
        {"forgotten", "signed_by", "signature"},
        {"by", "entries", "removed"},
    ]
    training = [json.loads(line) for line in escalator("export", "training", **filled).stdout.splitlines()]
    assert [(one["ticket"], one.get("who")) for one in training] == [("1", None), ("2", WORD), ("7", WORD)]
