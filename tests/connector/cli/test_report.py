"""``escalator report``: on a terminal, as lines, a page, a sheet, a document, a message."""

from __future__ import annotations

import csv
import json
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import pytest

from connector.cli.insight.output import private_file, since_when
from connector.report.sheet import HEADINGS
from connector.store import audit
from connector.store.connections import Connections
from connector.store.queries import ended_stints
from connector.store.records import NOTIFY, AuditEvent, Event
from tests.connector.cli.test_main import a_store, connected, desk, escalator, folder
from tests.connector.quiet_logging import logging_as_before
from tests.connector.report.test_trail import ended, risen

__all__ = ["connected", "desk", "folder", "logging_as_before"]

pytestmark = pytest.mark.usefixtures("logging_as_before")
HOUR = timedelta(hours=1)


@pytest.fixture
def filled(folder: Path, connected: dict[str, str]) -> dict[str, str]:
    """An environment with a ticket that would have gone up, and one that was resolved."""
    with a_store(folder) as store:
        now = datetime.now(UTC)
        Connections(store).ensure("connectwise", "observe", "v1")
        detail = risen(reason="Time", mode="observe", client="=cmd()|Acme", summary="<b>No VPN</b>")
        with store.writing() as conn:
            kept = {
                "connection": "connectwise",
                "client": "=cmd()|Acme",
                "summary": "<b>No VPN</b>",
                "plan_minutes": 50.0,
                "fix_minutes": 5.0,
            }
            rows = [ended("1", now - HOUR, **kept), ended("2", now - HOUR, connection="connectwise", was_warned=False)]
            ended_stints.write(conn, [*rows, ended("3", now - 40 * 24 * HOUR, connection="connectwise")])
            audit.append(conn, [(("connectwise", "1"), AuditEvent(Event.WOULD_ESCALATE, detail))], now - HOUR)
    return connected


def test_the_five_sentences_come_first_then_tables_as_lines(filled: dict[str, str]) -> None:
    lines = escalator("report", **filled).stdout.splitlines()
    assert lines[0] == (
        "1. Of 2 tickets, 1 would have gone up, from First Touch (T1/2). None would have reached the final escalation."
    )
    assert [line[:2] for line in lines[:5]] == ["1.", "2.", "3.", "4.", "5."]
    assert "First Touch (T1/2): to the plan\t30 min\t31 min\t1\t1" in lines
    assert "'=cmd()|Acme\t1\t1" in lines


def test_how_far_back_it_looks_is_said(filled: dict[str, str]) -> None:
    assert escalator("report", "--since", "50d", **filled).stdout.startswith("1. Of 3 tickets,")
    day = f"{datetime.now(UTC) - timedelta(days=50):%Y-%m-%d}"
    assert escalator("report", "--since", day, **filled).stdout.startswith("1. Of 3 tickets,")


@pytest.mark.parametrize("since", ["7", "0d", "7h", "99999d", "yesterday", "2999-01-01", "1900-01-01", ""])
def test_what_is_no_time_to_begin_from_is_refused(filled: dict[str, str], since: str) -> None:
    result = escalator("report", "--since", since, **filled)
    assert result.exit_code == 2
    assert "7d" in result.stderr


def test_since_begins_at_midnight_in_the_zone_also_on_the_day_the_clock_is_changed() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    now = datetime(2026, 10, 26, 9, tzinfo=UTC)
    assert since_when("1d", now, berlin) == datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert since_when("2026-10-26", now, berlin) == datetime(2026, 10, 25, 23, tzinfo=UTC)
    with pytest.raises(click.BadParameter, match="lies ahead"):
        since_when("2026-10-27", now, berlin)


def test_page_and_sheet_are_written_for_their_owner_alone(filled: dict[str, str], folder: Path) -> None:
    result = escalator("report", "--html", "week.html", "--csv", "week.csv", **filled)
    assert result.exit_code == 0
    assert "Written: week.html" in result.stderr
    for name in ("week.html", "week.csv"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    page = (folder / "week.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;No VPN&lt;/b&gt;" in page
    assert "escalator report --since 7d --csv week.csv" in page
    with (folder / "week.csv").open(encoding="utf-8", newline="") as file:
        headings, *rows = list(csv.reader(file))
    assert tuple(headings) == HEADINGS
    by = {(row[0], row[2]): dict(zip(headings, row, strict=True)) for row in rows}
    assert set(by) == {("stint", "1"), ("stint", "2"), ("would have been an escalation", "1")}
    assert by["stint", "1"]["client"] == "'=cmd()|Acme"
    assert by["stint", "1"]["plan minutes"] == "50"
    assert by["would have been an escalation", "1"]["counted"] == "yes"
    assert [path.name for path in folder.iterdir() if path.name.startswith(".week")] == []


def test_a_file_that_cannot_be_written_leaves_what_was_there(filled: dict[str, str], folder: Path) -> None:
    result = escalator("report", "--html", "nowhere/week.html", **filled)
    assert result.exit_code == 1
    assert "nowhere/week.html" in result.stderr
    old = folder / "old.html"
    old.write_text("before")

    def fails() -> None:
        with private_file(old) as new:
            new.write_text("half")
            raise ValueError

    with pytest.raises(ValueError):
        fails()
    assert [old.read_text(), [path.name for path in folder.glob(".old*")]] == ["before", []]


def test_what_is_no_file_is_not_replaced_and_a_link_stays_one(filled: dict[str, str], folder: Path) -> None:
    result = escalator("report", "--csv", "week", "--html", "week", **filled)
    assert (result.exit_code, "is named for two things" in result.stderr, (folder / "week").exists()) == (
        2,
        True,
        False,
    )
    os.mkfifo(folder / "pipe")
    result = escalator("report", "--csv", "pipe", **filled)
    assert (result.exit_code, "no regular file" in result.stderr) == (1, True)
    assert (folder / "pipe").is_fifo()
    (folder / "real.csv").write_text("before")
    (folder / "link.csv").symlink_to("real.csv")
    assert escalator("report", "--csv", "link.csv", **filled).exit_code == 0
    assert (folder / "link.csv").is_symlink()
    assert (folder / "real.csv").read_text().startswith("what,")


def test_the_document_holds_the_same(filled: dict[str, str]) -> None:
    found = json.loads(escalator("report", "--json", **filled).stdout)
    assert len(found["sentences"]) == 5
    assert (found["tickets"], found["escalations"]["would_have_been"], found["modes"]) == (
        2,
        1,
        {"connectwise": "observe"},
    )
    assert found["escalations"]["by_tier"] == {"First Touch (T1/2)": 1}
    assert found["listed"][0]["after_minutes"] == 50
    assert found["stages"][0]["past_limit"] == 1


def test_the_sentences_are_sent_to_those_who_are_told(filled: dict[str, str], folder: Path) -> None:
    refused = escalator("report", "--notify", **filled)
    assert (refused.exit_code, "NOTIFY_URLS" in refused.stderr) == (2, True)
    told = {**filled, "NOTIFY_URLS": "json://localhost/one, json://localhost/two"}
    assert escalator("report", "--notify", **told).exit_code == 0
    with a_store(folder) as store, store.reading() as conn:
        from sqlalchemy import select

        from connector.store.database.tables import inbox

        sent = conn.execute(select(inbox.c.ticket, inbox.c.body)).all()
    assert len(sent) == 2
    assert all(row.ticket.startswith(NOTIFY) for row in sent)
    message = json.loads(sent[0].body)
    assert message["title"].startswith("Report of ")
    assert [line[:2] for line in message["text"].splitlines()] == ["1.", "2.", "3.", "4.", "5."]


def test_without_a_connection_it_is_a_usage_error(folder: Path) -> None:
    assert escalator("report").exit_code == 2
