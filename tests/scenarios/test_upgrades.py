"""A database of an older version, with work pending, goes on: nothing is lost, and nothing is done twice.

``fixtures/upgrade`` has two, made by the versions of their days in this very scenario: at nine five tickets are opened;
one waits for the client since 09:05, one went up on an order of 09:17, another was to go up on one of 09:20, when its
note was written and its move was refused; one is a dead letter. Beside each, the notes that stood on its desk. The
files are SQLite's; for PostgreSQL their rows are carried into tables that the migrations of their days make there.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import MetaData, create_engine, select, text

from adapters.connectwise.desk import ConnectWiseDesk
from adapters.connectwise.simulator import API_MEMBER, Simulator
from connector.cli.forget import OVER
from connector.clock import VirtualClock
from connector.demo.stage import Simulation, stage
from connector.store import audit
from connector.store.chain.proof import verify
from connector.store.chain.signatures import signed_head
from connector.store.database import schema
from connector.store.database.engine import Store
from connector.store.database.schema import SchemaState
from connector.store.database.scrubbing import scrub
from connector.store.forgetting.ticket import Forgetting
from tests.builders import at
from tests.databases import POSTGRESQL, SQLITE
from tests.scenarios.canaries import every_row
from tests.scenarios.conftest import scenario_policy
from tests.scenarios.desks import events, our_notes, where

FOLDER = Path(__file__).parent.parent.parent / "fixtures" / "upgrade"
TICKETS = ("timer", "half", "parked", "paused", "moved")


def as_it_stood(clock: VirtualClock, notes: dict[str, list[dict[str, str]]]) -> tuple[Simulator, dict[str, int]]:
    """The desk of the scenario at 09:21, with everything that an older version wrote there."""
    simulator = Simulator(clock).standard_desk()
    fields = {"company": "Acme", "board": "Service Desk", "team": "First Touch", "owner": "tess"}
    fields |= {"priority": "Priority 3 - Normal", "contact": "Connie Client"}
    clock.move_to(at("09:00"))
    tickets = {name: simulator.create_ticket(name, **fields) for name in TICKETS}
    clock.move_to(at("09:05"))
    simulator.set_status(tickets["paused"], "Waiting on client", by="tess")
    for name, moment in (("moved", "09:17"), ("half", "09:20")):
        clock.move_to(at(moment))
        for note in notes[name]:
            simulator.add_note(tickets[name], note["text"], note["by"])
        if name == "moved":
            simulator.move(tickets[name], "Tier 3", "Seniors", by=API_MEMBER)
            simulator.assign(tickets[name], None, by=API_MEMBER)
    clock.move_to(at("09:21"))
    return simulator, tickets


def carried(file: Path, store: Store) -> None:
    """Set up an empty database as one was at a SQLite file's version, with that file's rows."""
    old = create_engine(f"sqlite:///{file}")
    with old.connect() as source, store.writing() as conn:
        schema.upgrade(conn, source.execute(text("SELECT version_num FROM alembic_version")).scalar_one())
        made, there = MetaData(), MetaData()
        made.reflect(conn)
        there.reflect(source)
        for table in made.sorted_tables:
            conn.execute(table.delete())  # a migration may begin with a row
            rows = [dict(row) for row in source.execute(select(there.tables[table.name])).mappings()]
            if rows:
                conn.execute(table.insert(), rows)
            if "id" in table.c and table.c.id.server_default is not None:
                last = max((row["id"] for row in rows), default=0)
                conn.execute(text(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), {last + 1}, false)"))
    old.dispose()


FILES = sorted(path.name.removesuffix(".db.gz") for path in FOLDER.glob("*.db.gz"))
TURNS = [
    pytest.param((kind, name), id=f"{kind}-{name}", marks=[pytest.mark.soak] if (n + m) % 2 else [])
    for n, kind in enumerate((SQLITE, POSTGRESQL))
    for m, name in enumerate(FILES)
]
"""Each version on each database; `make test` takes each on one, by turns on SQLite and on PostgreSQL."""


@pytest.fixture(params=TURNS)
def upgraded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Simulation, dict[str, int]]]:
    """The present version on that database and desk, from 09:21 on."""
    kind, name = request.param
    file = tmp_path / "escalator.db"
    file.write_bytes(gzip.decompress((FOLDER / f"{name}.db.gz").read_bytes()))
    notes = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))["notes"]
    url = f"sqlite:///{file}" if kind == SQLITE else request.getfixturevalue("empty_postgresql_url")
    store = Store.open(url)
    if kind == POSTGRESQL:
        carried(file, store)
    assert store.schema_state() is SchemaState.OLD
    store.close()
    clock = VirtualClock(at("08:55"))
    simulator, tickets = as_it_stood(clock, notes)
    desks = [ConnectWiseDesk(simulator)]
    with stage(clock.now(), scenario_policy(warn_at=0.8), url, desks=desks, clock=clock) as running:
        yield running, tickets


def test_what_was_pending_goes_on_and_nothing_is_done_twice(upgraded: tuple[Simulation, dict[str, int]]) -> None:
    desk, tickets = upgraded
    before = {name: len(our_notes(desk, ticket)) for name, ticket in tickets.items()}
    assert before == {"timer": 0, "half": 1, "parked": 0, "paused": 0, "moved": 1}
    desk.run_until(at("09:23"))
    assert where(desk, tickets["half"])[0] == "Tier 3"
    desk.run_until(at("09:46"))
    boards = {name: where(desk, ticket)[0] for name, ticket in tickets.items()}
    assert boards == {
        "timer": "Tier 3",
        "half": "Tier 3",
        "parked": "Service Desk",
        "paused": "Service Desk",
        "moved": "Tier 3",
    }
    written = {name: [note["text"].split()[0] for note in our_notes(desk, ticket)] for name, ticket in tickets.items()}
    assert written == {
        "timer": ["Write", "ESCALATED"],
        "half": ["ESCALATED", "Write"],
        "parked": [],
        "paused": [],
        "moved": ["ESCALATED", "Write"],
    }
    (by_time,) = events(desk, tickets["timer"], "escalated")
    assert by_time.at == at("09:30")
    assert len(events(desk, tickets["half"], "escalated")) == 1
    assert len(events(desk, tickets["moved"], "escalated")) == 1


def test_a_dead_letter_is_still_there_and_can_be_replayed(upgraded: tuple[Simulation, dict[str, int]]) -> None:
    desk, tickets = upgraded
    desk.run_until(at("09:35"))
    (letter,) = desk.mailbox.dead_letters()
    assert (letter.ticket, letter.error) == (str(tickets["parked"]), "it does not work")
    assert desk.mailbox.replay("connectwise", letter.ticket, "tests")
    desk.run_until(at("09:36"))
    assert where(desk, tickets["parked"])[0] == "Tier 3"
    assert desk.mailbox.dead_letters() == []


def test_a_pause_still_holds_the_clock(upgraded: tuple[Simulation, dict[str, int]]) -> None:
    desk, tickets = upgraded
    desk.run_until(at("10:00"))
    desk.simulator.set_status(tickets["paused"], "In Progress", by="tess")
    desk.run_until(at("10:24"))
    assert where(desk, tickets["paused"])[0] == "Service Desk"
    desk.run_until(at("10:26"))
    assert where(desk, tickets["paused"])[0] == "Tier 3"
    (escalated,) = events(desk, tickets["paused"], "escalated")
    assert escalated.at == at("10:25")


@pytest.mark.usefixtures("careless_sqlite")
def test_what_older_versions_kept_of_people_is_forgotten_and_their_chains_still_prove(
    upgraded: tuple[Simulation, dict[str, int]],
) -> None:
    desk, tickets = upgraded
    heads = [audit.head(desk.store), signed_head(desk.store)]
    url = desk.store.engine.url.render_as_string(hide_password=False)
    assert "Tess Tech" in every_row(url)
    for ticket in tickets.values():
        desk.simulator.resolve(ticket)
    desk.run_until(at("09:30"))
    forgetting = Forgetting(desk.store, OVER)
    removed = [forgetting.forget(("connectwise", str(one)), "officer", is_served=True) for one in tickets.values()]
    scrub(desk.store, forgetting.tables)
    left = every_row(url)
    assert [word for word in ("Tess Tech", "tess", "the whole office", "Acme", "Connie") if word in left] == []
    report = verify(desk.store)
    assert (report.why, report.forgotten) == ("", sum(one["audit_entry"] for one in removed))
    assert report.by_statement > 0
    assert [verify(desk.store, head).why for head in heads] == ["", ""]
