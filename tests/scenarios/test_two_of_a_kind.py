"""Two ticket systems of one kind, connected side by side: nothing is keyed by the kind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from sqlalchemy import select

from connector.clock import VirtualClock
from connector.demo.stage import Simulation, at_desks, stage
from connector.store import audit
from connector.store.database.tables import metadata
from connector.store.journal import Journal
from connector.systems.catalogue import ticket_systems
from tests.builders import at
from tests.connector.mailboxes import steps_of
from tests.scenarios.conftest import scenario_policy

IDS = ("north", "south")


@pytest.fixture(params=list(ticket_systems()))
def running(request, sqlite_url) -> Iterator[Simulation]:
    """Both at nine, on one database. The desks give the same number to their first tickets."""
    clock = VirtualClock(at("08:55"))
    desks = [ticket_systems()[request.param].simulated(clock) for _ in IDS]
    policy = at_desks(scenario_policy(), desks, IDS)
    with stage(clock.now(), policy, sqlite_url, desks=desks, ids=IDS, clock=clock) as both:
        both.run_until(at("09:00"))
        yield both


def our_notes(running: Simulation, ticket: str) -> list[list[str]]:
    """The texts of the connector's notes on the tickets of that number, desk by desk."""
    return [[note.text for note in desk.notes(ticket) if note.by_connector] for desk in running.desks]


def values_of(running: Simulation) -> Iterator[tuple[str, str]]:
    """Every text in the database, with the name of its table and column."""
    with running.store.reading() as rows:
        for table in metadata.sorted_tables:
            for row in rows.execute(select(table)).mappings():
                yield from ((f"{table.name}.{name}", value) for name, value in row.items() if isinstance(value, str))


def test_each_has_its_own_tickets_rows_sagas_and_markers(running):
    _, south = running.desks
    ticket, same = (desk.open_ticket("VPN drops", owner="tess") for desk in running.desks)
    assert ticket == same
    running.settle()
    south.note(ticket, "tess", "Plan: swap the cable")
    running.run_until(at("09:45"))
    assert [desk.ticket(ticket).tier for desk in running.desks] == [2, 1]
    assert [len(notes) for notes in our_notes(running, ticket)] == [1, 0]

    rows = {row.connection: row for row in running.mailbox.list_tickets() if row.ticket == ticket}
    assert {id_: (row.snapshot or {})["stage"] for id_, row in rows.items()} == {"north": "diagnosis", "south": "fix"}
    journal = Journal(running.store)
    assert {step.saga.partition("/")[0] for step in steps_of(journal, "north/")} == {"north"}
    assert steps_of(journal, "south/") == []
    escalated = [row for row in audit.events(running.store, ticket=ticket) if row.event == "escalated"]
    assert [row.connection for row in escalated] == ["north"]

    running.run_until(at("10:15"))
    assert [desk.ticket(ticket).tier for desk in running.desks] == [3, 2]
    markers = [notes[0].split()[-1] for notes in our_notes(running, ticket)]
    assert markers[0] != markers[1]
    keys = {id_: running.connections[id_].turns.connection.state().marker_key for id_ in IDS}
    assert keys["north"] != keys["south"]


def test_each_has_its_own_way_in(running):
    kind = running.system.kind
    assert {id_: one.connection.kind for id_, one in running.connections.items()} == dict.fromkeys(IDS, kind)
    answers = {name: requests.post(f"{running.url}/webhooks/{name}", json={}, timeout=5) for name in (*IDS, kind)}
    assert answers[kind].status_code == 404
    assert all(answers[id_].status_code in (400, 401) for id_ in IDS)
    if running.system.manages_webhooks:
        registered = {id_: one.connection.system.webhooks.registrations() for id_, one in running.connections.items()}
        paths = {id_: [one.url.partition("?")[0] for one in found] for id_, found in registered.items()}
        assert paths == {id_: [f"{running.url}/webhooks/{id_}"] for id_ in IDS}


def test_nothing_kept_or_told_is_keyed_by_the_kind(running):
    kind = running.system.kind
    for desk in running.desks:
        desk.open_ticket("VPN drops", owner="tess")
    running.run_until(at("09:45"))
    found = dict.fromkeys(where for where, value in values_of(running) if value == kind or value.startswith(f"{kind}/"))
    assert list(found) == []
    told = requests.get(f"{running.url}/metrics", timeout=5).text
    assert f'system="{kind}"' not in told
    assert all(f'escalator_mailbox_tickets{{state="pending",system="{id_}"}}' in told for id_ in IDS)
    assert all(f'escalator_deliveries_total{{result="accepted",system="{id_}"}}' in told for id_ in IDS)
