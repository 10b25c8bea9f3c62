"""A copy from a file to PostgreSQL: everything, to the byte; stopped anywhere and begun again; refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import text

from connector.clock import VirtualClock
from connector.errors import ConfigError
from connector.store import audit
from connector.store.chain.proof import verify
from connector.store.chain.signatures import signed_head
from connector.store.database import moved, schema
from connector.store.database.engine import Store
from connector.store.database.errors import StoreMoved
from connector.store.database.schema import SchemaState
from connector.store.heartbeats import beat
from connector.store.mailbox import Mailbox
from connector.store.relocation import copying, sides
from connector.store.relocation.copying import Copied, CopyProgress, CopyStep
from connector.store.relocation.sides import CopyFailed
from tests.connector.mailboxes import START, a_delivery, claim_one
from tests.connector.store.relocation.files import fill, path_of, rows_of

Opener = Callable[..., Store]
PLACES = ("the file escalator.db", "postgresql://escalator@db/escalator")


class Killed(BaseException):
    """What ends a copy at a chosen point."""


@pytest.fixture
def source(sqlite_url: str, open_store: Opener) -> Store:
    """A file with rows in every table."""
    store = open_store(sqlite_url)
    fill(store)
    return store


@pytest.fixture
def target(postgresql_url: str, open_store: Opener) -> Store:
    """A database that was migrated and never used, which counts as empty; it is made sooner than one without tables."""
    return open_store(postgresql_url)


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of four rows: what takes several of them is small."""
    monkeypatch.setattr(sides, "PAGE_ROWS", 4)


def copy(source: Store, target: Store, tell: Callable[[CopyProgress], None] = lambda _: None) -> Copied:
    done = copying.copy(source, target, PLACES, tell)
    assert done is not None
    return done


def kill(*_: object) -> None:
    raise Killed


def killed_at(point: int) -> Callable[[CopyProgress], None]:
    """Ends the copy when so much was told."""
    left = iter(range(point))

    def tell(_: CopyProgress) -> None:
        if next(left, None) is None:
            raise Killed

    return tell


def state(store: Store) -> SchemaState:
    return store.schema_state()


# --- everything -----------------------------------------------------------------------------------------------


def test_everything_is_copied_to_the_byte(source: Store, target: Store) -> None:
    before, head = rows_of(source), signed_head(source)
    assert all(before[name] for name in before if name not in ("audit", "audit_checkpoint", "worker"))
    done = copy(source, target)
    assert rows_of(target) == before == rows_of(source)
    assert done.added == sum(done.rows.values()) == sum(map(len, before.values()))
    assert done.rows == {name: len(rows) for name, rows in before.items()}
    assert done.trail.is_intact
    assert done.trail.rows == 15
    assert done.head == audit.head(target)
    assert verify(target, head).is_intact
    assert state(target) is SchemaState.CURRENT


def test_the_target_counts_on_behind_the_highest_number(source: Store, target: Store) -> None:
    highest = max(row[0] for row in rows_of(source)["inbox"])
    copy(source, target)
    Mailbox(target).deliver([a_delivery(delivery="new")])
    with target.reading() as conn:
        assert conn.execute(text("SELECT id FROM inbox WHERE delivery = 'new'")).scalar_one() == highest + 1


def test_a_file_without_any_row_is_copied_too(sqlite_url: str, target: Store, open_store: Opener) -> None:
    copy(open_store(sqlite_url), target)
    Mailbox(target).deliver([a_delivery("first")])
    assert verify(target).is_intact


def test_an_empty_target_gets_its_tables(source: Store, empty_postgresql_url: str, open_store: Opener) -> None:
    before, target = rows_of(source), open_store(empty_postgresql_url)
    copy(source, target)
    assert rows_of(target) == before
    assert state(target) is SchemaState.CURRENT


def test_progress_is_told_of_every_step_up_to_all_rows(source: Store, target: Store) -> None:
    told: list[CopyProgress] = []
    done = copy(source, target, told.append)
    rows = sum(done.rows.values())
    assert [one.step for one in told if one.is_table_done] == [step for step in CopyStep for _ in done.rows]
    last = {one.step: one for one in told}
    assert {step: (one.all_rows, one.total) for step, one in last.items()} == {
        CopyStep.LOOK: (rows, None),
        CopyStep.CARRY: (rows, rows),
        CopyStep.COMPARE: (rows, rows),
    }
    assert any(one.is_further(5) for one in told)


# --- stopped and begun again ----------------------------------------------------------------------------------


@pytest.mark.parametrize("point", [0, 60, 100, 165, *(pytest.param(one, marks=pytest.mark.soak) for one in (30, 140))])
def test_killed_anywhere_it_goes_on_and_nothing_is_lost_or_doubled(source: Store, target: Store, point: int) -> None:
    before = rows_of(source)
    with pytest.raises(Killed):
        copy(source, target, killed_at(point))
    there = rows_of(target) if state(target) is SchemaState.ARRIVING else {}
    there = {} if point == 0 else there
    done = copy(source, target)
    assert rows_of(target) == before
    assert done.added == sum(map(len, before.values())) - sum(map(len, there.values()))


@pytest.mark.parametrize("name", ["_leave", "_expect", "_compare", "_prove", "_finish"])
def test_killed_between_two_steps_it_goes_on(
    source: Store, target: Store, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows_of(source)
    with monkeypatch.context() as patch:
        patch.setattr(copying, name, kill)
        with pytest.raises(Killed):
            copy(source, target)
    copy(source, target)
    assert rows_of(target) == before


def test_killed_when_the_file_is_left_and_the_target_still_closed_it_opens_the_target(
    source: Store, target: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(moved, "arrive", kill)
        with pytest.raises(Killed):
            copy(source, target)
    assert (state(source), state(target)) == (SchemaState.LEFT, SchemaState.ARRIVING)
    assert copy(source, target).added == 0
    assert state(target) is SchemaState.CURRENT


def test_once_more_after_the_end_there_is_nothing_to_do(source: Store, target: Store) -> None:
    copy(source, target)
    Mailbox(target).deliver([a_delivery("since then")])
    there = rows_of(target)
    assert copying.copy(source, target, PLACES) is None
    assert rows_of(target) == there


def test_the_same_target_may_be_called_otherwise_when_it_goes_on(source: Store, target: Store) -> None:
    with pytest.raises(Killed):
        copy(source, target, killed_at(60))
    pooled = "postgresql://escalator@pool:6432/escalator"
    assert copying.copy(source, target, (PLACES[0], pooled)) is not None
    with pytest.raises(ConfigError, match="was moved to postgresql://escalator@pool:6432/escalator on"):
        source.require_current_schema()


def test_two_copies_at_once_add_nothing_twice(source: Store, target: Store) -> None:
    before = rows_of(source)
    turns: list[Copied] = []

    def another(one: CopyProgress) -> None:
        if one.step is CopyStep.CARRY and not turns:
            turns.append(copy(source, target))
            raise Killed

    with pytest.raises(Killed):
        copy(source, target, another)
    assert rows_of(target) == before


# --- the fence ------------------------------------------------------------------------------------------------


def test_from_the_mark_on_nobody_writes_to_the_file(source: Store, target: Store, sqlite_url: str) -> None:
    running = Mailbox(Store.open(sqlite_url))
    running.deliver([a_delivery("in time")])
    with pytest.raises(Killed):
        copy(source, target, killed_at(69))
    before = rows_of(source)
    with pytest.raises(StoreMoved, match="moved away: its place is postgresql://escalator@db/escalator now") as told:
        running.deliver([a_delivery("too late")])
    assert told.value.retry_after == 30
    assert rows_of(source) == before
    running.store.close()


def test_each_table_of_the_file_is_fenced_against_each_deed(source: Store, target: Store) -> None:
    copy(source, target)
    with closing(sqlite3.connect(path_of(source), isolation_level=None)) as file:
        for name, rows in rows_of(source).items():
            deeds = [f"INSERT OR IGNORE INTO {name} DEFAULT VALUES", f"REPLACE INTO {name} DEFAULT VALUES"]
            if rows:
                column = file.execute(f"SELECT name FROM pragma_table_info('{name}')").fetchone()[0]
                deeds += [f"DELETE FROM {name}", f'UPDATE OR IGNORE {name} SET "{column}" = "{column}"']
            for deed in deeds:
                with pytest.raises(sqlite3.IntegrityError, match="moved away"):
                    file.execute(deed)


def test_what_opens_either_side_meanwhile_is_refused_and_told_why(source: Store, target: Store) -> None:
    with pytest.raises(Killed):
        copy(source, target, killed_at(100))
    with pytest.raises(ConfigError) as of_file:
        source.require_current_schema()
    assert str(of_file.value) == (
        "the database is being moved to postgresql://escalator@db/escalator: let `escalator database copy` go on to "
        "its end; to work with this file all the same: `escalator database reopen`"
    )
    with pytest.raises(ConfigError) as of_target:
        target.migrate()
    assert str(of_target.value) == (
        "the database is a copy of the file escalator.db that is not whole yet: let `escalator database copy` go on to "
        "its end"
    )


def test_a_program_of_before_takes_both_for_a_newer_version_s(source: Store, target: Store) -> None:
    with pytest.raises(Killed):
        copy(source, target, killed_at(100))
    for store in (source, target):
        with store.reading() as conn:
            assert schema.version(conn) > schema.REVISION


# --- refused --------------------------------------------------------------------------------------------------


def test_it_is_refused_while_a_worker_gives_signs_of_life(source: Store, target: Store) -> None:
    source._clock = clock = VirtualClock(START)
    beat(source, "host-1-abc")
    clock.advance(timedelta(seconds=12))
    with pytest.raises(CopyFailed) as told:
        copy(source, target)
    assert str(told.value) == (
        "a worker is at work, or was a moment ago (host-1-abc): end every process of the service; once it has ended, "
        "the copy can begin 49 s from now"
    )
    assert (state(source), state(target)) == (SchemaState.CURRENT, SchemaState.CURRENT)
    clock.advance(timedelta(seconds=48))
    assert copy(source, target).rows["worker"] == 1


def test_it_is_refused_while_a_ticket_is_held(sqlite_url: str, target: Store, open_store: Opener) -> None:
    clock = VirtualClock(START)
    source = open_store(sqlite_url, clock)
    Mailbox(source).deliver([a_delivery("one")])
    claim_one(Mailbox(source), "host-2-def")
    with pytest.raises(CopyFailed, match="host-2-def"):
        copy(source, target)
    clock.advance(timedelta(minutes=10))
    copy(source, target)


def test_a_worker_that_starts_while_it_looks_is_seen_before_the_mark(source: Store, target: Store) -> None:
    def start(one: CopyProgress) -> None:
        if one.step is CopyStep.LOOK and one.table == "policy":
            beat(source, "late")

    with pytest.raises(CopyFailed, match="late"):
        copy(source, target, start)
    assert state(source) is SchemaState.CURRENT


def test_a_target_that_holds_anything_is_refused(source: Store, target: Store) -> None:
    beat(target, "somebody")
    with pytest.raises(ConfigError, match="the target is not empty"):
        copy(source, target)
    assert state(source) is SchemaState.CURRENT


@pytest.mark.parametrize(("version", "told"), [("0001", "an older schema"), ("9999", "a newer version of escalator")])
def test_a_target_of_another_version_is_refused(source: Store, target: Store, version: str, told: str) -> None:
    with target.writing() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
    with pytest.raises(ConfigError, match=told):
        copy(source, target)


def test_a_half_done_copy_of_another_file_is_refused(
    source: Store, target: Store, tmp_path, open_store: Opener
) -> None:
    other = open_store(f"sqlite:///{tmp_path / 'other.db'}")
    other.migrate()
    with pytest.raises(Killed):
        copy(other, target, killed_at(60))
    with pytest.raises(ConfigError, match=r"another copy of the file escalator\.db that is not whole"):
        copy(source, target)
    assert state(source) is SchemaState.CURRENT


def test_a_file_that_goes_elsewhere_is_refused(
    source: Store, target: Store, empty_postgresql_url: str, open_store: Opener
) -> None:
    with pytest.raises(Killed):
        copy(source, target, killed_at(100))
    with pytest.raises(ConfigError, match="is being moved to postgresql://escalator@db/escalator"):
        copying.copy(
            source, open_store(empty_postgresql_url), (PLACES[0], "postgresql://escalator@elsewhere/escalator")
        )


WRONG = {
    "UPDATE mailbox SET error = 'a' || char(0) || 'b' WHERE ticket = 'z0'": "error holds a NUL",
    "UPDATE mailbox SET error = CAST(x'61ff' AS TEXT) WHERE ticket = 'z0'": "error is no text in UTF-8",
    "UPDATE mailbox SET error = x'00' WHERE ticket = 'z0'": "error is no text, but another kind of value",
    "UPDATE mailbox SET attempts = 3000000000 WHERE ticket = 'z0'": "attempts is a larger number than fits there",
    "UPDATE mailbox SET fence = 'many' WHERE ticket = 'z0'": "fence is no whole number",
    "UPDATE mailbox SET is_dead = 2 WHERE ticket = 'z0'": "is_dead is neither 0 nor 1",
}


@pytest.mark.parametrize(("statement", "why"), WRONG.items())
def test_a_row_that_cannot_be_carried_is_named_before_anything_is_marked(
    source: Store, target: Store, statement: str, why: str
) -> None:
    with closing(sqlite3.connect(path_of(source))) as file, file:
        assert file.execute(statement).rowcount == 1
    with pytest.raises(CopyFailed) as told:
        copy(source, target)
    first, named = str(told.value).splitlines()
    assert first.startswith("1 rows cannot be carried")
    assert named.startswith(f"  mailbox (connection 'z0', ticket 'z0'): {why}")
    assert (state(source), state(target)) == (SchemaState.CURRENT, SchemaState.CURRENT)


def test_a_key_that_is_no_text_is_named(source: Store, target: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sides, "PAGE_ROWS", 1)
    with closing(sqlite3.connect(path_of(source))) as file, file:
        file.execute("UPDATE nonce SET nonce = CAST(x'ff' AS TEXT) WHERE nonce = 'z0'")
    with pytest.raises(CopyFailed, match="its key is no text in UTF-8"):
        copy(source, target)


def test_of_many_rows_that_cannot_be_carried_some_are_named_and_all_are_counted(source: Store, target: Store) -> None:
    with closing(sqlite3.connect(path_of(source))) as file, file:
        file.executemany("INSERT INTO nonce VALUES (?, ?, 1)", [(f"n{n}", "\0") for n in range(25)])
    with pytest.raises(CopyFailed, match="25 rows cannot be carried") as told:
        copy(source, target)
    assert len(str(told.value).splitlines()) == 22
    assert str(told.value).endswith("and 5 more")


# --- not the same ---------------------------------------------------------------------------------------------


def tampered(target: Store, statement: str) -> Callable[[CopyProgress], None]:
    """Changes the target behind the copy's back, before it compares."""

    def tell(one: CopyProgress) -> None:
        if one.step is CopyStep.CARRY and one.all_rows == one.total and one.is_table_done and one.table == "worker":
            with target.writing() as conn:
                conn.execute(text(statement))

    return tell


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        (
            "UPDATE mailbox SET attempts = attempts - 1 WHERE ticket = 'z0'",
            "mailbox (connection 'z0', ticket 'z0'): is another",
        ),
        ("DELETE FROM inbox WHERE id = 8", "inbox (id 8): is missing in the target"),
        ("INSERT INTO nonce VALUES ('zz', 'x', 1)", "nonce (nonce 'zz'): is not in the file"),
        ("INSERT INTO nonce VALUES ('a', 'x', 1)", "nonce (nonce 'a'): is not in the file"),
    ],
)
def test_a_row_that_is_not_the_same_is_named_and_the_target_stays_closed(
    source: Store, target: Store, statement: str, named: str
) -> None:
    with pytest.raises(CopyFailed, match="1 rows are not the same on both sides") as told:
        copy(source, target, tampered(target, statement))
    assert named in str(told.value)
    assert state(target) is SchemaState.ARRIVING


def test_a_trail_that_was_not_sound_before_is_carried_as_it_was_and_told(source: Store, target: Store) -> None:
    with closing(sqlite3.connect(path_of(source))) as file, file:
        file.execute("UPDATE audit_entry SET detail = '{}' WHERE connection = 'psa' AND n = 3")
    done = copy(source, target)
    assert (done.trail.chain, done.trail.first_bad_id, done.trail.why) == ("psa", 3, "its content was changed")
    assert state(target) is SchemaState.CURRENT


def test_a_trail_that_is_another_there_is_refused(
    source: Store, target: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "_compare", lambda *_: None)
    change = "UPDATE audit_entry SET detail = '{}' WHERE connection = 'psa' AND n = 3"
    with pytest.raises(CopyFailed, match="audit trail is not that of the file: its content was changed"):
        copy(source, target, tampered(target, change))


# --- the file is taken back -----------------------------------------------------------------------------------


def test_a_file_that_was_left_can_be_worked_with_again(source: Store, target: Store) -> None:
    copy(source, target)
    left = copying.reopen(source)
    assert left is not None
    assert left.place == PLACES[1]
    source.require_current_schema()
    Mailbox(source).deliver([a_delivery("again")])
    with source.reading() as conn:
        assert conn.execute(text("SELECT count(*) FROM sqlite_master WHERE type = 'trigger'")).scalar_one() == 0
    assert copying.reopen(source) is None


def test_a_copy_ends_when_its_file_is_taken_back_meanwhile(source: Store, target: Store) -> None:
    def take_back(one: CopyProgress) -> None:
        if one.step is CopyStep.CARRY:
            copying.reopen(source)

    with pytest.raises(CopyFailed, match="mark was taken off: somebody works with it again"):
        copy(source, target, take_back)
    with pytest.raises(ConfigError, match="another copy"):
        copy(source, target)
