"""``escalator tickets``: what is due next, as a table, lines, a sheet and a document."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text

from connector.cli import tickets
from connector.store.heartbeats import beat
from connector.store.mailbox import Mailbox
from connector.store.records import Failed
from tests.connector.cli.test_main import a_store, connected, desk, escalator, folder
from tests.connector.mailboxes import a_delivery, all_done
from tests.connector.quiet_logging import logging_as_before

__all__ = ["connected", "desk", "folder", "logging_as_before"]

pytestmark = pytest.mark.usefixtures("logging_as_before")
SUMMARY = "=cmd()\x1b[31m VPN\nfails"
ZONE = {"WORK_HOURS": "24x7", "WORK_TIME_ZONE": "America/New_York"}


def looked_at(mailbox: Mailbox, **tickets: dict[str, Any]) -> None:
    """Tickets by their numbers (behind a ``t``), each with what its snapshot is to say besides."""
    mailbox.deliver([a_delivery(name.lstrip("t"), name, "connectwise") for name in tickets])
    now = datetime.now(UTC)
    for claim in mailbox.claim("worker", 9, timedelta(minutes=1), ["connectwise"]):
        more = dict(tickets[f"t{claim.ticket}"])
        minutes = more.pop("minutes", 20)
        usual = {"read_at": now.isoformat(), "verdict": "running", "tier": "First Touch (T1/2)", "calendar": "default"}
        due_at = None if minutes is None else (now + timedelta(minutes=minutes, seconds=20)).isoformat()
        clock = {"used_minutes": 10.0, "limit_minutes": 30.0, "due_at": due_at, "stage": "diagnosis"}
        mailbox.finish([all_done(claim, snapshot={**usual, **clock, **more})])


@pytest.fixture
def filled(folder: Path, connected: dict[str, str]) -> dict[str, str]:
    """An environment with four tickets: one due soon, one later, one paused, one parked."""
    with a_store(folder) as store:
        mailbox = Mailbox(store)
        looked_at(
            mailbox,
            t1={
                "summary": "=cmd()\x1b[31m VPN\nfails",
                "client": "Ācme Ltd",
                "holder": "Tess Tech",
                "link": "https://x/1",
            },
            t2={
                "minutes": 90,
                "client": "Beta",
                "tier": "Sr IT Manager",
                "verdict": "overridden",
                "why": "by Maria",
            },
            t3={"minutes": None, "verdict": "paused", "why": "waiting since nine", "client": "Beta"},
            t4={"minutes": 45},
        )
        mailbox.deliver([a_delivery("4", "again", "connectwise")])
        for claim in mailbox.claim("worker", 9, timedelta(minutes=1), ["connectwise"]):
            mailbox.finish([Failed(claim, "no such right", None)])
    return {**connected, **ZONE, "ESCALATION_MODE": "enforce", "TIER_3_MODE": "warn"}


def listed(environ: dict[str, str], *options: str) -> list[list[str]]:
    result = escalator("tickets", *options, **environ)
    assert result.exit_code == 0
    return [line.split("\t") for line in result.stdout.splitlines()]


def test_what_is_due_next_is_on_top_with_all_that_people_ask(filled: dict[str, str]) -> None:
    rows = listed(filled)
    assert [row[1].split()[1] for row in rows] == ["1", "4", "2", "3"]
    due, ticket, used, state, client, holder, tier, stage, summary, why, link = rows[0]
    assert due.startswith("in 20 min, ")
    assert due.endswith(("EST", "EDT"))  # the zone of the calendar
    assert (client, tier, holder, stage, used) == (
        "Ācme Ltd",
        "First Touch (T1/2)",
        "Tess Tech",
        "diagnosis",
        "10/30",
    )
    assert (state, why, link) == ("running", "", "https://x/1")
    assert ticket == "connectwise 1"
    assert summary == "'=cmd()\N{REPLACEMENT CHARACTER}[31m VPN fails"
    assert [(row[3], row[9]) for row in rows[1:]] == [
        ("parked", "no such right"),
        ("overridden [warn]", "by Maria"),
        ("paused", "waiting since nine"),
    ]
    assert rows[3][0] == "-"


def test_it_says_so_where_nobody_watches(filled: dict[str, str], folder: Path) -> None:
    assert escalator("tickets", **filled).stderr == (
        "No worker is running: nothing goes up, and this is what was read last\n"
    )
    with a_store(folder) as store:
        beat(store, "a worker")
    assert escalator("tickets", **filled).stderr == ""
    with a_store(folder) as store, store.writing() as conn:
        conn.execute(text("UPDATE worker SET seen_at = seen_at - 61000000"))
    assert re.match(
        r"No worker is running since \w+ \d+ \w+ [\d:]+ UTC: nothing goes up", escalator("tickets", **filled).stderr
    )


def test_a_system_is_known_in_any_case(filled: dict[str, str]) -> None:
    assert listed(filled, "--system", "ConnectWise") == listed(filled)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--client", "beta"], ["2", "3"]),
        (["--client", "ācme"], ["1"]),
        (["--tier", "sr it"], ["2"]),
        (["--holder", "tess"], ["1"]),
        (["--state", "paused", "--state", "parked"], ["4", "3"]),
        (["--due-within", "1h"], ["1", "4"]),
        (["--due-within", "2h", "--client", "beta"], ["2"]),
        (["--system", "connectwise", "--limit", "1"], ["1"]),
        (["--limit", "0"], ["1", "4", "2", "3"]),
    ],
)
def test_options_choose_among_them(filled: dict[str, str], options: list[str], expected: list[str]) -> None:
    assert [row[1].split()[1] for row in listed(filled, *options)] == expected


def test_a_name_that_no_ticket_has_is_said_and_how_many_more_there_are(filled: dict[str, str]) -> None:
    result = escalator("tickets", "--client", "gamma", **filled)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.splitlines()[0] == "no watched ticket has a client whose name contains 'gamma'"
    assert escalator("tickets", "--limit", "3", **filled).stderr.splitlines()[0] == "3 of 4; --limit 0 shows all"


def test_the_document_has_moments_and_minutes(filled: dict[str, str]) -> None:
    found = json.loads(escalator("tickets", "--json", **filled).stdout)
    assert [one["ticket"] for one in found] == ["1", "4", "2", "3"]
    assert datetime.fromisoformat(found[0]["due_at"]) > datetime.now(UTC)
    assert (found[0]["used_minutes"], found[0]["limit_minutes"]) == (pytest.approx(10, abs=1), 30.0)
    assert (found[2]["mode"], found[3]["due_at"]) == ("warn", None)
    assert found[0]["summary"] == SUMMARY
    assert json.loads(escalator("tickets", "--json", "--client", "gamma", **filled).stdout) == []


def test_the_sheet_has_no_formula_and_no_sign_that_a_terminal_would_obey(filled: dict[str, str]) -> None:
    sheet = list(csv.DictReader(io.StringIO(escalator("tickets", "--csv", **filled).stdout)))
    assert [row["ticket"] for row in sheet] == ["1", "4", "2", "3"]
    assert sheet[0]["summary"] == "'=cmd()\N{REPLACEMENT CHARACTER}[31m VPN fails"
    assert (sheet[3]["due_at"], sheet[3]["why"]) == ("", "waiting since nine")


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (["--watch", "--json"], "exclude one another"),
        (["--watch"], "needs a terminal"),
        (["--due-within", "soon"], "'soon' is no length; expected minutes, or for example 90m, 2h, 1d"),
        (["--state", "sleeping"], "'sleeping' is not one of"),
        (["--system", "psa"], "connected: connectwise"),
    ],
)
def test_wrong_usage_is_told(filled: dict[str, str], options: list[str], what: str) -> None:
    result = escalator("tickets", *options, **filled)
    assert (result.exit_code, what in result.stderr) == (2, True)


def test_a_table_that_is_watched_is_drawn_until_it_is_interrupted(
    filled: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []

    def interrupted(seconds: float) -> None:
        drawn.append(len(drawn))
        if len(drawn) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(tickets, "sys", SimpleNamespace(stdout=Terminal()))
    monkeypatch.setattr(tickets.time, "sleep", interrupted)
    result = escalator("tickets", "--watch", **filled)
    assert (result.exit_code, drawn) == (0, [0, 1])


class Terminal(io.StringIO):
    """What a terminal says of itself."""

    def isatty(self) -> bool:
        return True
