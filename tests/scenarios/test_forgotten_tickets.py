"""A ticket that had everything, forgotten: not a byte of its words and people is left, and the trail still proves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from connector.cli.forget import OVER
from connector.demo.stage import Simulation
from connector.errors import Temporary
from connector.model import StatusGroup
from connector.store import audit
from connector.store.chain.proof import verify
from connector.store.chain.signatures import signed_head
from connector.store.database.scrubbing import scrub
from connector.store.forgetting.ticket import Forgetting
from connector.systems.catalogue import ticket_systems
from connector.systems.desk import CONTACT
from tests.builders import at
from tests.scenarios.canaries import every_row
from tests.scenarios.test_notifications import Recorder
from tests.scenarios.test_outages import Failing, started

SUMMARY = "Zebrafax weeps ink"
WORDS = ("Zebrafax", "weeps ink", "Quokkadriver", "Wombatco", "Narwhalcert", "Puffinfolder", "0x80FADED1", "Lynxserver")
PEOPLE = ("Tess Tech", "Tom Touch", "Maria Desk", "tess", "Acme", CONTACT, "@acme", "@example")


@pytest.fixture
def chat() -> Recorder:
    """A target that is down: what is to be said there waits."""
    recorder = Recorder(1)
    recorder.down = {"0"}
    return recorder


@pytest.fixture(params=list(ticket_systems()))
def running(request: pytest.FixtureRequest, database_url: str, chat: Recorder) -> Iterator[Simulation]:
    with ExitStack() as stack:
        yield started(stack, request.param, database_url, ["maria"], notifier=chat)


def a_day(running: Simulation) -> tuple[str, str]:
    """Two tickets: one that had everything and is resolved, one of other people that is open. Their numbers."""
    desk = running.desk
    ticket = desk.open_ticket(SUMMARY, client="Acme", owner="tess", description="It ate the Puffinfolder")
    other = desk.open_ticket("Nobody can scan", client="Globex", owner="sofia", tier=2)
    running.run_until(at("09:05"))
    desk.note(ticket, "tess", "Steps attempted:\nReinstalled the Quokkadriver, got 0x80FADED1")
    desk.client_writes(ticket, "The Lynxserver is slow, too")
    running.run_until(at("09:10"))
    desk.note(ticket, "maria", "/override 10m because Wombatco calls back")
    running.run_until(at("09:12"))
    desk.note(ticket, "tess", "/overide 10m please, the Wombatco again")
    running.run_until(at("09:15"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(running.system.tickets, "read", Failing(Temporary(f"{ticket} is busy")), raising=False)
        desk.note(ticket, "tess", "Still at the Quokkadriver")
        running.settle()
    running.run_until(at("09:20"))
    desk.note(ticket, "tess", "/escalate knowledge Narwhalcert\nResearch: searched for Narwhalcert, nothing found")
    running.run_until(at("09:25"))
    desk.assign(ticket, "sam", "tom")
    desk.set_status(ticket, "tom", StatusGroup.RESOLVED)
    running.run_until(at("09:27"))
    return str(ticket), str(other)


def found(text: str, *words: str) -> set[str]:
    return {word for word in words if word.casefold() in text.casefold()}


def forgetting(running: Simulation) -> Forgetting:
    return Forgetting(running.store, OVER)


@pytest.mark.usefixtures("careless_sqlite")
def test_not_a_byte_is_left_and_the_trail_still_proves(running: Simulation, chat: Recorder, database_url: str) -> None:
    ticket, other = a_day(running)
    name = next(iter(running.connections))
    rows = every_row(database_url)
    assert found(rows, *WORDS[:2], *WORDS[3:5], "Acme", "Tess Tech") == {*WORDS[:2], *WORDS[3:5], "Acme", "Tess Tech"}
    kept = forgetting(running).kept_of((name, ticket))
    assert {"audit_entry", "step", "inbox", "messages", "ended_stint"} <= set(kept.counts)
    heads = [audit.head(running.store), signed_head(running.store)]
    untouched = list(audit.events(running.store, name, other))
    removed = forgetting(running).forget((name, ticket), "the officer", is_served=True)
    assert removed == kept.counts
    scrub(running.store, forgetting(running).tables)
    left = every_row(database_url)
    assert found(left, *WORDS, *PEOPLE) == set()
    assert "Globex" in left
    assert "Nobody can scan" in left
    assert [verify(running.store, head).why for head in (None, *heads)] == ["", "", ""]
    assert list(audit.events(running.store, name, other)) == untouched
    events = {row.event for row in audit.events(running.store, name, ticket)}
    assert {"escalated", "override applied", "training request", "forgotten"} <= events
    chat.down = set()
    running.run_until(at("10:00"))
    assert found(str(chat.sent), *WORDS) == set()
