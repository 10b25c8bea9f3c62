"""How the whole service stands, and every reason for which somebody should look; any process can tell.

What cannot be read is not fine: it is a reason of its own. Causes, rights, places and counts only; never a ticket's
number, a person, a client or a host: those are in the alarm and in ``explain``. Each reason has a stable code, under
which ``docs/runbook.md`` says what it means and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connector.store import heartbeats
from connector.store.connections import Connections, ConnectionState
from connector.store.database.engine import Store
from connector.store.database.errors import StoreError
from connector.store.database.schema import SchemaState
from connector.store.editions import LONGEST_SILENCE
from connector.store.mailbox import Mailbox
from connector.store.outages import back_since
from connector.store.pace.adoption import Adoptions
from connector.store.pace.brake import Brakes
from connector.store.records import CHORE, NOTIFY, MailboxStanding
from connector.store.troubles import ReasonCode, Trouble, TroubleKind, Troubles, in_runbook

LONGEST_LAG = timedelta(minutes=5)
"""How long what is due may wait to be taken up."""

LONGEST_FAILING = timedelta(minutes=2)
"""How long one of the worker's own chores may fail."""

LONGEST_MESSAGE = timedelta(minutes=5)
"""How long a target may not take messages."""

POLL_GRACE = timedelta(minutes=2)
"""How much older than its interval the last good poll may be."""

DOWN_AFTER = timedelta(seconds=30)
"""How long a connection may be down before it is told."""


@dataclass(frozen=True, slots=True)
class Concern:
    """Why the service is not good. ``connection``: empty where it is none's; ``since``: None where nobody can tell."""

    code: str
    message: str
    connection: str = ""
    since: datetime | None = None

    @property
    def runbook(self) -> str:
        """Where it stands what this means, and what to do."""
        return in_runbook(self.code)


@dataclass(frozen=True, slots=True)
class ConnectionHealth:
    """How one connection stands. What is None is not known.

    ``down``: the trouble of a connection that is down; ``registration``: how its webhook's registration is kept, in
    words; ``past_deadline``, ``latest_by``: tickets that were to be acted on, and by how much the latest is late;
    ``told_by_webhook``, ``found_by_poll``: changes so far, by what told of them first; ``unbegun``, ``braked``: tickets
    that wait to be taken up, and escalations that wait at the brake.
    """

    name: str
    answered_at: datetime | None = None
    poll_age: timedelta | None = None
    down: Trouble | None = None
    registration: str = "not known"
    past_deadline: int | None = None
    latest_by: timedelta | None = None
    dead_letters: int | None = None
    told_by_webhook: int | None = None
    found_by_poll: int | None = None
    unbegun: int | None = None
    braked: int | None = None


@dataclass(frozen=True, slots=True)
class ServiceHealth:
    """How the whole service stands at a moment; ``at`` and ``cycle_age`` are None where they are not known."""

    reasons: tuple[Concern, ...]
    connections: tuple[ConnectionHealth, ...]
    at: datetime | None = None
    cycle_age: timedelta | None = None

    @property
    def is_good(self) -> bool:
        return not self.reasons


@dataclass(slots=True)
class _Found:
    """What was read so far."""

    now: datetime
    reasons: list[Concern] = field(default_factory=list)


class Inspector:
    """Looks at the whole service. ``connections``: their ids; ``poll_every``: the light poll's interval."""

    def __init__(self, mailbox: Mailbox, connections: Iterable[str], poll_every: timedelta) -> None:
        self._mailbox = mailbox
        self._names = tuple(connections)
        self._poll_every = poll_every

    def look(self) -> ServiceHealth:
        """How it stands now; never raises because of the database."""
        store = self._mailbox.store
        unknown = tuple(map(ConnectionHealth, self._names))
        try:
            found = _Found(store.now())
            schema = store.schema_state()
        except StoreError:  # what it says may name a host
            return ServiceHealth((Concern(ReasonCode.DATABASE_UNAVAILABLE, "the database does not answer"),), unknown)
        if schema is not SchemaState.CURRENT:
            reason = Concern(ReasonCode.SCHEMA_NOT_CURRENT, f"the database's schema is {schema.value}")
            return ServiceHealth((reason,), unknown, found.now)
        try:
            return self._look(store, found)
        except StoreError:
            found.reasons.append(Concern(ReasonCode.NOT_KNOWN, "not everything could be read from the database"))
            return ServiceHealth(tuple(found.reasons), unknown, found.now)

    def _look(self, store: Store, found: _Found) -> ServiceHealth:
        last = heartbeats.last_cycle_at(store)
        cycle_age = max(found.now - last, timedelta(0)) if last else None
        if cycle_age is None:
            found.reasons.append(Concern(ReasonCode.NO_WORKER_CYCLE, "no worker has ever completed a cycle"))
        elif cycle_age > LONGEST_SILENCE:
            message = f"no worker has completed a cycle for {length_text(cycle_age)}"
            found.reasons.append(Concern(ReasonCode.NO_WORKER_CYCLE, message, since=last))
        troubles = [one for one in Troubles(store).all() if not _is_young(one, found.now)]
        found.reasons += _of_troubles(one for one in troubles if back_since(one) is None)
        states = Connections(store).known(self._names)
        connections = tuple(self._connection(name, states.get(name), troubles, found) for name in self._names)
        return ServiceHealth(tuple(found.reasons), connections, found.now, cycle_age)

    def _connection(
        self, name: str, state: ConnectionState | None, troubles: Iterable[Trouble], found: _Found
    ) -> ConnectionHealth:
        if state is None:
            found.reasons.append(Concern(ReasonCode.NEVER_STARTED, "no worker has started it yet", name))
            return ConnectionHealth(name)
        own = [one for one in troubles if one.connection == name]
        outage = next((one for one in own if one.kind is TroubleKind.CONNECTION_DOWN), None)
        back = back_since(outage) if outage else None
        down = outage if back is None else None
        standing = self._mailbox.standing(name)
        poll_age = max(found.now - (state.polled_until or state.first_started_at), timedelta(0))
        found.reasons += _of_mailbox(name, standing, found.now, back)
        if outage is None:  # else what failed before has not been tried again, or is about to be
            found.reasons += _of_failing(name, standing, found.now)
        if down is None:  # else nothing is claimed, and no poll finds anything: that is the same reason
            if standing.lag > LONGEST_LAG:
                message = f"what waits longest has been due for {length_text(standing.lag)}"
                found.reasons.append(Concern(ReasonCode.BACKLOG, message, name, found.now - standing.lag))
            if poll_age > self._poll_every + POLL_GRACE:
                every = length_text(self._poll_every)
                message = f"the last good poll was {length_text(poll_age)} ago; there is to be one every {every}"
                found.reasons.append(Concern(ReasonCode.POLL_LATE, message, name, found.now - poll_age))
            told = {one.name for one in own if one.kind is TroubleKind.CHORE_FAILED}
            found.reasons += _of_chores(name, standing.chores, told, found.now)
        return ConnectionHealth(
            name,
            state.answered_at,
            poll_age,
            down,
            _registration(standing.chores),
            standing.past_deadline,
            standing.latest_by,
            standing.dead_letters,
            state.told_by_webhook,
            state.found_by_poll,
            Adoptions(self._mailbox.store).standing(name).count,
            Brakes(self._mailbox.store).standing(name).count,
        )


def _is_young(trouble: Trouble, now: datetime) -> bool:
    """A ticket system may be away for a moment."""
    return trouble.kind is TroubleKind.CONNECTION_DOWN and now - trouble.since < DOWN_AFTER


def _of_troubles(troubles: Iterable[Trouble]) -> Iterator[Concern]:
    for one in troubles:
        yield Concern(one.kind.code, one.cause, one.connection, one.since)


def _of_mailbox(name: str, standing: MailboxStanding, now: datetime, back: datetime | None) -> Iterator[Concern]:
    """``back``: since when the ticket system answers again, where it was down a moment ago."""
    if standing.past_deadline:
        tickets = "1 ticket is" if standing.past_deadline == 1 else f"{standing.past_deadline} tickets are"
        message = f"{tickets} past the deadline, the latest by {length_text(standing.latest_by)}"
        if back is not None:
            message += f"; the ticket system answers again since {back:%H:%M:%S} UTC, and they are coming up"
        yield Concern(ReasonCode.PAST_DEADLINE, message, name, now - standing.latest_by)
    if standing.dead_letters:
        given_up = f"{standing.dead_letters} given up on; `escalator dead-letters list` has them"
        yield Concern(ReasonCode.DEAD_LETTERS, given_up, name)


def _of_failing(name: str, standing: MailboxStanding, now: datetime) -> Iterator[Concern]:
    if standing.failing:
        turns = "turns of 1 ticket have" if standing.failing == 1 else f"turns of {standing.failing} tickets have"
        message = f"{turns} failed for up to {length_text(standing.failing_for)}, each by itself: none is escalated"
        yield Concern(ReasonCode.TURNS_FAILING, message, name, now - standing.failing_for)


def _of_chores(
    name: str, chores: Mapping[str, timedelta | None], told: Iterable[str], now: datetime
) -> Iterator[Concern]:
    """``told``: the chores of which a trouble tells already."""
    known = {one.removeprefix(CHORE) for one in told}
    silent = [
        age for row, age in chores.items() if row.startswith(NOTIFY) and age is not None and age > LONGEST_MESSAGE
    ]
    if silent:
        targets = "1 target has" if len(silent) == 1 else f"{len(silent)} targets have"
        message = f"{targets} not taken messages for {length_text(max(silent))}"
        yield Concern(ReasonCode.MESSAGES_NOT_TAKEN, message, name, now - max(silent))
    for row, age in sorted(chores.items()):
        chore = row.removeprefix(CHORE)
        if age is not None and age > LONGEST_FAILING and not row.startswith(NOTIFY) and chore not in known:
            message = f"the chore {chore!r} has failed for {length_text(age)}"
            yield Concern(TroubleKind.CHORE_FAILED.code, message, name, now - age)


def _registration(chores: Mapping[str, timedelta | None]) -> str:
    """How the webhook's registration is kept, as the chore that looks after it tells."""
    row = f"{CHORE}webhooks"
    if row not in chores:
        return "not kept from here"
    age = chores[row]
    return "is there and active" if age is None else f"could not be looked after for {length_text(age)}"


def length_text(length: timedelta) -> str:
    """A length as people say it: 45 s, 12 min, 3 h 5 min, 2 d 3 h."""
    seconds = int(length.total_seconds())
    if seconds < 120:
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes < 120:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"
