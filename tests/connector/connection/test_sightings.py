"""What a process saw of its ticket systems is written now and then, and added up over all processes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.clock import VirtualClock
from connector.connection.sightings import EVERY_SECONDS, Sightings
from connector.store.connections import Connections, ConnectionState
from connector.store.database.errors import StoreUnavailable
from connector.store.mailbox import Mailbox
from connector.store.records import Claim, Failed, Finished, Mail, Source
from tests.connector.mailboxes import START


class Seen:
    """Sightings of one process, with the connection that they are written to."""

    def __init__(self, connections: Connections, clock: VirtualClock) -> None:
        self.connections = connections
        self.clock = clock
        self.connections.ensure("psa", "observe", "v1")
        self.sightings = Sightings(lambda: clock.now().timestamp())

    def state(self) -> ConnectionState:
        return self.connections.get("psa")

    def turn(self, *sources: Source, ticket: str = "1", before: str | None = "v1", after: str = "v2") -> None:
        mail = tuple(Mail(n, f"d{n}", source, START) for n, source in enumerate(sources))
        claim = Claim("psa", ticket, 1, snapshot={"version": before} if before else None, mail=mail)
        self.sightings.turn(Finished(claim, None, snapshot={"version": after}))

    def write(self) -> None:
        self.sightings.write(self.connections)


@pytest.fixture
def seen(mailbox: Mailbox, clock: VirtualClock) -> Seen:
    return Seen(Connections(mailbox.store), clock)


@pytest.mark.parametrize(("status", "is_good"), [(200, True), (304, True), (0, False), (401, False), (503, False)])
def test_only_a_good_answer_counts_as_one(seen: Seen, status: int, is_good: bool) -> None:
    seen.sightings.call("psa", status)
    seen.clock.advance(timedelta(seconds=3))
    seen.write()
    assert seen.state().answered_at == (START if is_good else None)


def test_good_answers_are_written_seldom_and_never_when_there_is_no_newer_one(seen: Seen) -> None:
    written: list[timedelta | None] = []
    noted = seen.connections.note_signs
    seen.connections.note_signs = lambda name, answered, *counts: (
        written.append(answered)
        or noted(  # type: ignore[method-assign,func-returns-value]
            name, answered, *counts
        )
    )
    for _ in range(12):
        seen.sightings.call("psa", 200)
        seen.write()
        seen.clock.advance(timedelta(seconds=5))
    assert len(written) == 60 / EVERY_SECONDS
    seen.clock.advance(timedelta(hours=1))
    before = seen.state().answered_at
    seen.write()
    seen.write()
    assert seen.state().answered_at == before


def test_a_change_is_a_webhooks_where_one_told_of_it_and_else_the_polls(seen: Seen) -> None:
    seen.turn(Source.WEBHOOK)
    seen.turn(Source.POLL, Source.WEBHOOK)
    seen.turn(Source.POLL, before=None)
    seen.turn(Source.SWEEP)
    seen.turn(Source.POLL, before="v2")
    seen.turn(Source.POLL, ticket="@poll")
    seen.sightings.turn(Failed(Claim("psa", "1", 1), "no", None))
    seen.write()
    assert (seen.state().told_by_webhook, seen.state().found_by_poll) == (2, 1)
    seen.write()
    assert (seen.state().told_by_webhook, seen.state().found_by_poll) == (2, 1)


def test_what_could_not_be_written_is_written_the_next_time(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise StoreUnavailable("gone")

    seen.turn(Source.POLL)
    seen.sightings.call("psa", 200)
    with monkeypatch.context() as patched:
        patched.setattr(seen.connections, "note_signs", away)
        with pytest.raises(StoreUnavailable):
            seen.write()
    seen.write()
    assert (seen.state().answered_at, seen.state().found_by_poll) == (START, 1)
