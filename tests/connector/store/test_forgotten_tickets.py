"""What is kept of a ticket, place by place: found, removed, and nothing of any other; refused while it is watched."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import text

from connector.clock import VirtualClock
from connector.model import Aspect, Change, Ref
from connector.store import audit
from connector.store.chain import forgotten
from connector.store.chain.proof import verify
from connector.store.connections import Connections
from connector.store.database import engine, scrubbing
from connector.store.database.engine import Store
from connector.store.database.errors import StoreUnavailable
from connector.store.database.scrubbing import scrub
from connector.store.database.tables import metadata
from connector.store.forgetting.places import ELSEWHERE_OR_NOTHING, PLACES
from connector.store.forgetting.ticket import Forgetting, StillWatched
from connector.store.heartbeats import beat
from connector.store.journal import Journal
from connector.store.mailbox import Mailbox
from connector.store.records import (
    AuditEvent,
    Braked,
    Claim,
    Delivery,
    EndedStint,
    Event,
    Failed,
    Key,
    Source,
    Unbegun,
    key_row,
)
from connector.store.troubles import TroubleKind, Troubles
from tests.connector.mailboxes import LEASE, PATIENCE, a_delivery, all_done, claim_all, in_thread, record

KEY = ("psa", "47")
WORD = "Zebrafax"
OVER = ("ended", "not watched")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def mailbox(database_url: str, open_store: Callable[..., Store], clock: VirtualClock) -> Mailbox:
    """A connection that was started."""
    mailbox = Mailbox(open_store(database_url, clock))
    Connections(mailbox.store).ensure("psa", "enforce", "v1")
    return mailbox


def forgetting(mailbox: Mailbox) -> Forgetting:
    return Forgetting(mailbox.store, OVER)


def turned(mailbox: Mailbox, ticket: str, verdict: str = "running", *, is_gone: bool = False, mail: str = "") -> None:
    """A turn that leaves something everywhere: texts and names with the word in them."""
    mailbox.deliver([a_delivery(ticket, mail or f"mail of {ticket}")])
    claim, now = in_hand(mailbox), mailbox.store.now()
    change = Change(now, Aspect.OWNER, None, Ref("7", WORD), "observed", WORD)
    Journal(mailbox.store).done(claim, f"psa/{ticket}/stint/note", 1, {"text": WORD}, changes=[change])
    stint = EndedStint(*("psa", ticket, "1", "First", "", WORD, WORD, now, now, WORD), True, True, 1.0, 1.0, 1.0, 0.0)
    mailbox.finish(
        [
            all_done(
                claim,
                now + LEASE,
                snapshot={"verdict": verdict, "summary": WORD, "client": WORD, "holder": WORD},
                audit=(AuditEvent(Event.WARNED, {"who": WORD}),),
                ended=(stint,),
                is_gone=is_gone,
                unbegun=Unbegun(now, False, now, WORD),
                braked=Braked(f"psa/{ticket}/stint/note", now, WORD),
            )
        ]
    )


def in_hand(mailbox: Mailbox) -> Claim:
    """The only ticket that is due."""
    (claim,) = (one for one in claim_all(mailbox) if not one.is_chore)
    return claim


def rows(store: Store) -> str:
    """Every value of every row."""
    with store.reading() as conn:
        return str([[tuple(row) for row in conn.execute(table.select())] for table in metadata.sorted_tables])


def test_each_table_has_a_place_or_a_reason_why_it_has_none() -> None:
    """Whoever adds a table says what becomes of a ticket's words there."""
    places = {table for place in PLACES for table in place.tables}
    assert places | set(ELSEWHERE_OR_NOTHING) == set(metadata.tables)
    assert places & set(ELSEWHERE_OR_NOTHING) == set()
    assert len({place.name for place in PLACES}) == len(PLACES)


def test_what_is_kept_of_one_ticket_goes_and_of_any_other_nothing(mailbox: Mailbox) -> None:
    for ticket in ("4", "470", "147"):
        turned(mailbox, ticket)
    store = mailbox.store
    before, length = rows(store), len(rows(store).split(WORD))
    turned(mailbox, KEY[1], "ended")
    assert len(rows(store).split(WORD)) > length
    kept = forgetting(mailbox).kept_of(KEY)
    assert kept.counts == {
        **{"audit_entry": 1, "mailbox": 1, "inbox": 1, "step": 1, "observed": 1, "ended_stint": 1},
        **{"adopted": 1, "braked": 1},
    }
    assert forgetting(mailbox).forget(KEY, "officer", is_served=True) == kept.counts
    assert len(rows(store).split(WORD)) == length
    for ticket in ("4", "470", "147"):
        assert forgetting(mailbox).kept_of(("psa", ticket)).counts == kept.counts
    assert (verify(store).why, before in rows(store)) == ("", False)
    left = forgetting(mailbox).kept_of(KEY)
    assert (left.counts, left.forgotten_at, left.is_known) == ({}, mailbox.store.now(), True)
    noted = list(audit.events(store, *KEY))[-1]
    assert noted.detail == {
        "by": "officer",
        "entries": {"psa": [4]},
        "removed": {name: count for name, count in kept.counts.items() if name != "audit_entry"},
    }


def test_again_it_removes_nothing_and_notes_nothing(mailbox: Mailbox) -> None:
    turned(mailbox, KEY[1], "ended")
    forgetting(mailbox).forget(KEY, "officer", is_served=True)
    before = rows(mailbox.store)
    assert forgetting(mailbox).forget(KEY, "officer", is_served=True) == {}
    assert rows(mailbox.store) == before


def test_of_what_was_never_there_nothing_is_known(mailbox: Mailbox) -> None:
    turned(mailbox, "470")
    kept = forgetting(mailbox).kept_of(KEY)
    assert (kept.counts, kept.forgotten_at, kept.is_known) == ({}, None, False)


@pytest.mark.parametrize("number", range(len(PLACES)))
def test_who_is_killed_on_the_way_has_removed_nothing_by_halves_and_the_next_one_finishes(
    mailbox: Mailbox, number: int
) -> None:
    turned(mailbox, KEY[1], "ended")
    before = rows(mailbox.store)
    place = PLACES[number]
    with patch.object(type(place), "remove", autospec=True) as remove:
        remove.side_effect = lambda one, conn, key: _dies() if one is place else 0
        with pytest.raises(KeyboardInterrupt):
            forgetting(mailbox).forget(KEY, "officer", is_served=True)
    assert rows(mailbox.store) == before
    forgetting(mailbox).forget(KEY, "officer", is_served=True)
    assert (WORD in rows(mailbox.store), verify(mailbox.store).why) == (False, "")


def _dies() -> int:
    raise KeyboardInterrupt


def test_who_is_killed_between_two_pages_has_noted_the_first_and_the_next_one_finishes(mailbox: Mailbox) -> None:
    for n in range(5):
        record(mailbox.store, *KEY, AuditEvent(Event.WARNED, {"n": n, "who": WORD}))
    whole = forgotten.append
    with patch.object(forgotten, "PAGE", 2), patch.object(forgotten, "append") as append:
        append.side_effect = lambda *given: _dies() if append.call_count > 1 else whole(*given)
        with pytest.raises(KeyboardInterrupt):
            forgetting(mailbox).forget(KEY, "officer", is_served=True)
    assert (verify(mailbox.store).why, verify(mailbox.store).forgotten) == ("", 2)
    assert forgetting(mailbox).kept_of(KEY).counts == {"audit_entry": 3}
    assert forgetting(mailbox).forget(KEY, "officer", is_served=True) == {"audit_entry": 3}
    assert (verify(mailbox.store).why, WORD in rows(mailbox.store)) == ("", False)


# -- what is told of a ticket under other names ----------------------------------------------------------------------


def a_message(name: str, text: str = WORD) -> Delivery:
    row = "@notify:chat"
    body = json.dumps({"title": "Ticket", "text": text}).encode()
    return Delivery("psa", row, f"{row}:{name}", Source.NOTIFICATION, body)


@pytest.mark.parametrize(
    "name",
    [
        "psa/47/stint/time",
        "alarm/47/2026-03-02T09:00:00+00:00",
        "alarm/refusal/47/move: no/2026",
        "alarm/failing/47/2026",
        "alarm/over/47/2026",
        "alarm/message refused/@notify:chat:psa/47/stint/time",
        "alarm/message refused/@notify:chat:alarm/failing/47/2026",
    ],
)
def test_a_message_about_it_that_waits_is_not_sent_any_more(mailbox: Mailbox, name: str) -> None:
    others = {name.replace("47", "470"), name.replace("psa/47", "psa/4/47")} - {name}
    mailbox.deliver([a_message(one) for one in (name, *others)])
    assert forgetting(mailbox).forget(KEY, "officer", is_served=True) == {"messages": 1}
    (claim,) = mailbox.claim("worker", 9, LEASE, ["psa"])
    assert len(claim.mail) == len(others)


def test_so_is_one_of_several_tickets_that_says_of_this_one_what_is_wrong(mailbox: Mailbox) -> None:
    several = "alarm/failing/several/2026"
    mailbox.deliver([a_message(several, f"Ticket 47: {WORD}"), a_message(f"{several}-2", f"Ticket 470: {WORD}")])
    assert forgetting(mailbox).forget(KEY, "officer", is_served=True) == {"messages": 1}


def test_a_webhook_about_it_that_waits_for_its_key_goes(mailbox: Mailbox) -> None:
    bodies = [b'{"ID": 47, "Entity": "Zebrafax"}', b'{"ID": 470}', b'{"ID": 147}', b'{"ID": "47"}', b'{"ID":"a47"}']
    row = key_row("the key")
    mailbox.deliver(
        [Delivery("psa", row, f"{n}", Source.UNVERIFIED, body, {"a": "b"}) for n, body in enumerate(bodies)]
    )
    assert forgetting(mailbox).forget(KEY, "officer", is_served=True) == {"unverified": 2}
    assert WORD not in rows(mailbox.store)
    (claim,) = mailbox.claim("worker", 9, LEASE, ["psa"])
    assert [mail.body for mail in claim.mail] == [b'{"ID": 470}', b'{"ID": 147}', b'{"ID":"a47"}']


def test_the_last_answer_about_it_goes_and_the_trouble_stays(mailbox: Mailbox) -> None:
    store = mailbox.store
    troubles = Troubles(store)
    for ticket in ("47", "470"):
        detail = {"ticket": ticket, "why": f"{WORD} {ticket}", "down": "2026"}
        troubles.meet("psa", TroubleKind.REFUSAL, f"move: {ticket}", "no right", detail)
    Connections(store).update_state("psa", {"notes_stopped": {"ticket": "47", "at": "now", "why": WORD}, "line": "1"})
    assert forgetting(mailbox).forget(KEY, "officer", is_served=True) == {"trouble": 1, "connection": 1}
    found = {one.name: dict(one.detail) for one in troubles.all("psa")}
    assert found["move: 47"] == {"ticket": "47", "down": "2026"}
    assert found["move: 470"]["why"] == f"{WORD} 470"
    state = Connections(store).get("psa").state
    assert (state["notes_stopped"], state["line"]) == ({"ticket": "47", "at": "now"}, "1")


class Cache:
    """A file of past tickets, say."""

    name, what = "cache", "past tickets"

    def __init__(self, *keys: Key) -> None:
        self.keys = list(keys)

    def count(self, key: Key) -> int:
        return self.keys.count(key)

    def remove(self, key: Key) -> int:
        found = self.count(key)
        self.keys = [one for one in self.keys if one != key]
        return found


def test_a_place_outside_of_the_database_forgets_as_well_and_that_is_noted(mailbox: Mailbox) -> None:
    cache = Cache(KEY, KEY, ("psa", "470"))
    both = Forgetting(mailbox.store, OVER, [cache])
    assert both.places["cache"] == "past tickets"
    assert both.kept_of(KEY).counts == {"cache": 2}
    assert both.forget(KEY, "officer", is_served=True) == {"cache": 2}
    assert cache.keys == [("psa", "470")]
    (noted,) = audit.events(mailbox.store, *KEY)
    assert noted.detail == {"by": "officer", "entries": {}, "removed": {"cache": 2}}


# -- while it is watched ---------------------------------------------------------------------------------------------


def refused(mailbox: Mailbox, *, is_served: bool = True) -> str:
    """Why it is not forgotten, when nothing was removed; empty where it was."""
    before, why = rows(mailbox.store), ""
    try:
        forgetting(mailbox).forget(KEY, "officer", is_served=is_served)
    except StillWatched as error:
        why = str(error)
    assert WORD not in why
    assert rows(mailbox.store) == before if why else WORD not in rows(mailbox.store)
    return why


def test_an_open_ticket_is_not_forgotten_unless_nobody_works_on_its_connection(mailbox: Mailbox) -> None:
    turned(mailbox, KEY[1], "paused")
    assert "it is open and watched (state: paused)" in refused(mailbox)
    assert refused(mailbox, is_served=False) == ""


def test_one_that_is_over_is_forgotten_when_nothing_was_told_of_it_since(mailbox: Mailbox) -> None:
    turned(mailbox, KEY[1], "ended")
    mailbox.deliver([a_delivery(KEY[1], "reopened")])
    assert "something was told of it that is not read yet" in refused(mailbox)
    turned(mailbox, KEY[1], "ended", mail="and again")
    assert refused(mailbox) == ""


def test_one_that_was_never_read_is_looked_at_first(mailbox: Mailbox) -> None:
    mailbox.deliver([a_delivery(KEY[1], "told")])
    assert "something was told of it that is not read yet" in refused(mailbox)


def test_one_that_a_worker_has_in_hand_is_left_alone_until_it_is_finished_or_its_lease_is_over(
    mailbox: Mailbox, clock: VirtualClock
) -> None:
    turned(mailbox, KEY[1], "ended")
    mailbox.deliver([a_delivery(KEY[1], "again")])
    claim = in_hand(mailbox)
    for is_served in (True, False):
        assert "a worker has it in hand at this moment" in refused(mailbox, is_served=is_served)
    clock.advance(LEASE + MINUTE)
    assert "not read yet" in refused(mailbox)
    assert refused(mailbox, is_served=False) == ""
    assert mailbox.finish([all_done(claim)]) == [False]  # it had lost it: nothing of it comes back
    assert WORD not in rows(mailbox.store)


def test_a_parked_one_is_forgotten_with_its_mail(mailbox: Mailbox) -> None:
    turned(mailbox, KEY[1])
    mailbox.deliver([a_delivery(KEY[1], "again")])
    mailbox.finish([Failed(in_hand(mailbox), f"no such {WORD}", None)])
    assert forgetting(mailbox).kept_of(KEY).is_parked
    assert refused(mailbox) == ""
    assert mailbox.dead_letters() == []


def test_a_living_worker_may_serve_the_connection(mailbox: Mailbox, clock: VirtualClock) -> None:
    beat(mailbox.store, "one", {"psa": "enforce v1"})
    assert forgetting(mailbox).is_worked_on("psa", MINUTE)
    assert not forgetting(mailbox).is_worked_on("old", MINUTE)
    clock.advance(2 * MINUTE)
    assert not forgetting(mailbox).is_worked_on("psa", MINUTE)
    assert forgetting(mailbox).connections() == ["psa"]


def test_a_turn_that_begins_meanwhile_waits_and_finds_nothing_of_before(mailbox: Mailbox) -> None:
    """On PostgreSQL both go at once: who delivers waits for the row, and its turn begins with nothing."""
    turned(mailbox, KEY[1], "ended")
    whole, futures = forgotten.append, []

    def slowly(*given: object) -> None:
        futures.append(in_thread(lambda: mailbox.deliver([a_delivery(KEY[1], "reopened")])))
        whole(*given)  # type: ignore[arg-type]

    with patch.object(forgotten, "append", slowly):
        forgetting(mailbox).forget(KEY, "officer", is_served=True)
    assert [future.result(PATIENCE) for future in futures] == [[True]]
    claim: Claim = in_hand(mailbox)
    assert ([mail.delivery for mail in claim.mail], claim.snapshot) == (["reopened"], None)
    assert WORD not in rows(mailbox.store)


# -- what the database keeps of what was deleted ---------------------------------------------------------------------


def bytes_of(url: str) -> bytes:
    path = Path(url.removeprefix("sqlite:///"))
    return b"".join(one.read_bytes() for one in sorted(path.parent.glob(f"{path.name}*")))


@pytest.mark.usefixtures("careless_sqlite")
def test_no_byte_of_it_is_left_in_the_files_of_sqlite_while_others_use_them(
    sqlite_url: str, open_store: Callable[..., Store], clock: VirtualClock
) -> None:
    """Neither in free pages nor in the log; nor what was overwritten long before, or lay in pages of its own."""
    store, reader = open_store(sqlite_url, clock), open_store(sqlite_url, clock)
    mailbox = Mailbox(store)
    Connections(store).ensure("psa", "enforce", "v1")
    turned(mailbox, KEY[1])
    record(store, *KEY, AuditEvent(Event.WOULD_WRITE, {"text": f"{WORD} " * 5000}))
    clock.advance(MINUTE)
    turned(mailbox, KEY[1], "ended", mail="later")
    turned(mailbox, "470")
    with reader.reading() as conn:
        conn.execute(text("SELECT count(*) FROM step")).scalar_one()
    forgetting(mailbox).forget(KEY, "officer", is_served=True)
    with store.writing() as conn:
        conn.execute(text("DELETE FROM mailbox"))
        conn.execute(text("DELETE FROM inbox"))
        for table in ("step", "observed", "ended_stint", "audit_entry", "adopted", "braked"):
            where = "saga LIKE 'psa/470/%'" if table == "step" else "ticket = '470'"
            conn.execute(text(f"DELETE FROM {table} WHERE {where}"))
    assert WORD not in rows(store)
    assert WORD.encode() in bytes_of(sqlite_url)
    scrub(store, forgetting(mailbox).tables)
    assert WORD.encode() not in bytes_of(sqlite_url)
    assert KEY[1].encode() in bytes_of(sqlite_url)
    turned(mailbox, "48")  # and it goes on
    with reader.reading() as conn:
        assert conn.execute(text("SELECT count(*) FROM step")).scalar_one() == 1


def test_what_is_busy_for_too_long_is_said_and_can_be_done_again(
    sqlite_url: str, open_store: Callable[..., Store]
) -> None:
    store = open_store(sqlite_url)
    with patch.object(engine, "LOCK_WAIT_SECONDS", 0.05):
        other = open_store(sqlite_url)
    with store.writing(), pytest.raises(StoreUnavailable, match="another process holds it"):
        scrub(other, ())
    with store.reading(is_snapshot=True) as conn:
        conn.execute(text("SELECT count(*) FROM step")).scalar_one()
        with patch.object(scrubbing, "PATIENCE_SECONDS", 0), pytest.raises(StoreUnavailable, match="somebody reads it"):
            scrub(other, ())
    scrub(other, ())


def test_on_postgresql_the_dead_rows_are_cleared(
    postgresql_url: str, open_store: Callable[..., Store], clock: VirtualClock
) -> None:
    store = open_store(postgresql_url, clock)
    mailbox = Mailbox(store)
    Connections(store).ensure("psa", "enforce", "v1")
    turned(mailbox, KEY[1], "ended")
    forgetting(mailbox).forget(KEY, "officer", is_served=True)
    size = text("SELECT pg_relation_size('step') + pg_relation_size('observed') + pg_relation_size('ended_stint')")
    with store.reading() as conn:
        assert conn.execute(size).scalar_one() > 0
    scrub(store, forgetting(mailbox).tables)
    with store.reading() as conn:  # whose rows are all dead, and cleared, are empty
        assert conn.execute(size).scalar_one() == 0
