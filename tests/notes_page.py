"""``python -m tests.notes_page``: writes docs/notes.md, the notes of one ticket that climbs three tiers.

They are taken from the simulated ticket systems, as each of them shows them.
"""

from __future__ import annotations

import logging
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from adapters.halopsa.desk import HaloDesk
from connector.clock import VirtualClock
from connector.demo.screenplay import demo_policy
from connector.demo.stage import stage
from connector.model import StatusGroup, TicketId
from connector.systems.catalogue import ticket_systems
from connector.systems.desk import Desk, DeskNote
from connector.working_time.calendar import WorkingCalendar

PAGE = Path(__file__).parents[1] / "docs" / "notes.md"
ZONE = ZoneInfo("Europe/London")
DAY = datetime(2026, 1, 15, tzinfo=ZONE)
SUMMARY = "Cloudflare WARP does not connect"

Act = Callable[[Desk, TicketId], None]


def _note(by: str, text: str) -> Act:
    return lambda desk, ticket: desk.note(ticket, by, text)


def _client(text: str) -> Act:
    return lambda desk, ticket: desk.client_writes(ticket, text)


def _status(by: str, group: StatusGroup) -> Act:
    return lambda desk, ticket: desk.set_status(ticket, by, group)


def _taken(by: str) -> Act:
    return lambda desk, ticket: desk.assign(ticket, by, by)


STORY: tuple[tuple[str, Act], ...] = (
    ("09:08", _note("tess", "Toggled the Cloudflare ZTNA agent's connection off and on again, no change")),
    ("09:12", _note("tess", "Plan: find out what the agent misses on the way to its network")),
    ("09:20", _note("tom", "Tried another WiFi network with her, same result")),
    ("09:25", _status("tess", StatusGroup.WAITING)),
    ("09:35", _client("It does work in the browser.\n\nConnie")),
    ("09:35", _status("tess", StatusGroup.WORKING)),
    (
        "09:50",
        _note(
            "tess",
            "Read the Event Viewer and the Cloudflare logs.\n"
            "The log said `404 Unable to find managed network beacon.`\n"
            "Research: https://docs.example.com/ztna/managed-networks says nothing of this code",
        ),
    ),
    ("10:12", _note("tom", "/override 1h because we are nearly there")),
    ("10:15", _note("maria", "/override 20m because the vendor calls back at half past ten")),
    ("10:40", _taken("sam")),
    ("10:45", _note("sam", "Plan: re-issue the beacon's certificate and point the profile to it")),
    ("10:58", _note("sam", "Re-issued the certificate: the agent sees the beacon, error TLS_CERT_UNTRUSTED")),
    ("11:04", _note("sam", "/escalate permission")),
    (
        "11:08",
        _note(
            "sam",
            "/escalate knowledge and permission: Cloudflare ZTNA beacon setup\n"
            "Missing permissions: Zero Trust Admin in the client's Cloudflare account\n"
            "Next steps: upload the new fingerprint under Settings > Network, then restart the agent",
        ),
    ),
)


TITLES = (
    "Before a breach: the warning",
    "An override by somebody who may not",
    "An override by the manager",
    "The first escalation, by time",
    "An escalation that was asked for too early",
    "The second escalation, asked for",
    "On the last tier: the warning",
    "The final escalation",
    "A reminder",
)
SECOND = 5
"""Which of them is shown on every system."""

SYSTEMS = {"rt": "Request Tracker", "connectwise": "ConnectWise PSA", "halopsa": "HaloPSA"}

INTRODUCTION = """\
# The notes

*Written by `python -m tests.notes_page`; a test holds it against what is really written.*

One ticket that climbs three tiers, with every note that the connector writes on it, taken from the simulated ticket
systems. All of them are internal. Names, times and texts are invented; the office is in London.

First each note as Request Tracker shows it, in plain lines; then the second escalation as ConnectWise PSA and HaloPSA
show it. Apart from the ticket's number, the names of priorities and the references, the words are the same everywhere.
Every note has a reference of its own; on this page one and the same stands for all of them.
"""


@dataclass(frozen=True)
class Climbed:
    """The connector's notes on the ticket at one system; ``source``: each as the system keeps it."""

    notes: tuple[DeskNote, ...]
    source: tuple[str, ...]


def climb(system: str, until: str = "13:20") -> Climbed:
    """Have the story happen at one system."""
    clock = VirtualClock(DAY + timedelta(hours=8, minutes=55))
    desk = ticket_systems()[system].simulated(clock)
    week = {day: [["08:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    calendar = WorkingCalendar.from_mapping({"tz": ZONE.key, "hours": week})
    policy = replace(demo_policy([desk]), calendars={"default": calendar})
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'notes.db'}"
        with stage(clock.now(), policy, url, desks=[desk], clock=clock, poll_every=timedelta(hours=1)) as running:
            running.run_until(_at("09:00"))
            ticket = desk.open_ticket(SUMMARY, owner="tess", description="My VPN has been off since this morning.")
            for moment, act in STORY:
                running.run_until(_at(moment))
                act(desk, ticket)
                running.settle()
            running.run_until(_at(until))
            notes = tuple(note for note in desk.notes(ticket) if note.by_connector)
            kept = {str(row["id"]): str(row["_html"]) for row in _actions(desk, ticket) if "_html" in row}
            notes = tuple(replace(note, text=_referred(note.text)) for note in notes)
            return Climbed(notes, tuple(_referred(kept.get(note.id, note.text)) for note in notes))


def _referred(text: str) -> str:
    """The text with a reference that is always the same: the real one is signed with a new key each time."""
    return re.sub(r"ESC-[A-Z2-7]{10}-[A-Z2-7]{10}", "ESC-JEXAJSPTB7-BGXUHXOQO2", text)


def _actions(desk: Desk, ticket: TicketId) -> list[Any]:
    return desk.simulator.actions_of(int(ticket)) if isinstance(desk, HaloDesk) else []


def _at(clock: str) -> datetime:
    hours, minutes = map(int, clock.split(":"))
    return DAY + timedelta(hours=hours, minutes=minutes)


def page(climbed: Mapping[str, Climbed]) -> str:
    """The page of what was written at each system."""
    parts = [INTRODUCTION]
    for title, note in zip(TITLES, climbed["rt"].notes, strict=True):
        parts.append(f"## {title}, {note.at.astimezone(ZONE):%H:%M}\n\n{_block(note.text)}")
    second = TITLES[SECOND].lower()
    text = climbed["connectwise"].notes[SECOND].text
    parts.append(f"## On ConnectWise PSA: {second}\n\n{_block(text)}")
    html = climbed["halopsa"].source[SECOND]
    parts.append(f"## On HaloPSA: {second}\n\n{html}\n\nIn Halo this is kept as\n\n{_block(html, 'html')}")
    return "\n".join(parts)


def _block(text: str, language: str = "text") -> str:
    return f"```{language}\n{text}\n```\n"


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    PAGE.write_text(page({system: climb(system) for system in SYSTEMS}), encoding="utf-8")


if __name__ == "__main__":
    main()
