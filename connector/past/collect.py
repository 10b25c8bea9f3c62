"""Reads past tickets from their system, within the last lane of its budget, and keeps each as soon as it is read.

Whatever is due or changed meanwhile goes first; a run that was stopped goes on where it was. Nothing is written to the
ticket system. What could not be read is told, ticket by ticket, with why.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from connector.backtest.ticket import PastTicket
from connector.backtest.whole import whole
from connector.errors import Busy, ConnectorError, Forbidden, NotFound, PayloadError, Temporary, UnknownName
from connector.model import Aspect, Lane, Person, Place, Ref, Status, TicketId, TicketRecord, Trace, Value
from connector.notes.marker import Marks
from connector.past.file import PastFile
from connector.systems.contract import Connection
from connector.systems.lanes import in_lane

Answer = TypeVar("Answer")

CALLS_A_TICKET = 4
"""So many calls are waited for before a ticket is read: a system takes three to five."""

FIRST_WAIT, LONGEST_WAIT, GIVES_UP_AFTER = 2.0, 60.0, 600.0
"""Seconds: how long is waited after a first failure, at most, and how long a system may fail in a row."""


@dataclass(slots=True)
class Collected:
    """What a run did: how many tickets it read, how many were kept already, are gone, or could not be read and why.

    ``no_trail``: why the audit trail could not be read, where there is one and a right is missing; else empty.
    """

    listed: int = 0
    read: int = 0
    kept: int = 0
    gone: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    no_trail: str = ""

    @property
    def done(self) -> int:
        """How many tickets of the list need no more work."""
        return self.read + self.kept + self.gone + len(self.failed)


@dataclass(frozen=True, slots=True)
class Collector:
    """Reads one connection's past tickets. ``accounts``: the ids of our own accounts there, by which notes are ours."""

    connection: Connection
    marks: Marks
    accounts: Collection[str]
    sleep: Callable[[float], None]

    def collect(self, since: datetime, kept: PastFile) -> Iterator[Collected]:
        """Read every ticket that was updated from then on; yields how far it is, after each ticket.

        Raises what the list raises, and AdapterError where the system failed for too long: what was read is kept.
        """
        collected, names = Collected(), DirectoryNames(self.connection)
        with in_lane(Lane.LISTS):
            found = self._patiently(partial(self._listed, since))
            collected.listed = len(found)
            yield collected
            with kept.writer() as writer:
                for ticket in sorted(found, key=lambda one: (found[one], one)):
                    if kept.version(self.connection.id, ticket) == found[ticket].isoformat():
                        collected.kept += 1
                        yield collected
                        continue
                    try:
                        past = self._patiently(partial(self._read, ticket, names, collected))
                    except NotFound:
                        collected.gone += 1
                    except Temporary:
                        raise
                    except ConnectorError as error:
                        collected.failed[ticket] = str(error)
                    else:
                        writer.append(past)
                        collected.read += 1
                    yield collected

    def _listed(self, since: datetime) -> dict[str, datetime]:
        return {one.id: one.updated_at for one in self.connection.system.tickets.changed_since(since)}

    def _read(self, ticket: str, names: DirectoryNames, collected: Collected) -> PastTicket:
        record = self.connection.system.tickets.read(TicketId(ticket), ours=self.accounts)
        ours = {*self.accounts, record.read_as} - {""}
        record = replace(record, entries=self.marks.recognise(record.entries, ours), source=None)
        return whole(self.connection.id, record, self._trail(record, collected), names)

    def _trail(self, record: TicketRecord, collected: Collected) -> Sequence[Trace] | None:
        """The audit trail of what the record does not tell; None where there is none, or it cannot be read."""
        if record.history_of.issuperset(Aspect) or collected.no_trail:
            return None
        try:
            return self.connection.system.tickets.trail(record.id, record.entered_at)
        except Temporary:
            raise
        except Forbidden as error:
            collected.no_trail = str(error)
            return None
        except (NotFound, PayloadError):
            return None  # of this ticket alone nobody can tell: its history is marked as assumed

    def _patiently(self, ask: Callable[[], Answer]) -> Answer:
        """An answer, however long budget or system have us wait. Raises Temporary after ten minutes of failures."""
        line, pause, failed_for = self.connection.system.line, FIRST_WAIT, 0.0
        while True:
            while (wait := line.waits(Lane.LISTS, CALLS_A_TICKET)) > 0:
                self.sleep(min(wait, LONGEST_WAIT))
            try:
                return ask()
            except Busy as error:
                self.sleep(min(max(error.retry_after or 0.0, FIRST_WAIT), LONGEST_WAIT))
            except Temporary as error:
                if failed_for >= GIVES_UP_AFTER:
                    raise
                wait = max(error.retry_after or 0.0, pause)
                self.sleep(wait)
                failed_for, pause = failed_for + wait, min(2 * pause, LONGEST_WAIT)


class DirectoryNames:
    """What the names in a connection's audit trails stand for today, each asked for once.

    Somebody who is gone, and a priority that is, are who they were by their names alone.
    """

    def __init__(self, connection: Connection) -> None:
        self._directory = connection.system.directory
        self._known: dict[tuple[str, ...], Value] = {}

    def place(self, path: Sequence[str]) -> Place | None:
        """The place of that path."""
        found = self._ask(("place", *path), lambda: self._directory.locate(" > ".join(path)))
        return found if isinstance(found, Place) else None

    def status(self, place: Place, name: str) -> Status | None:
        """The status of that name at that place."""
        found = self._ask(("status", place.key, name), lambda: self._directory.status_in(place, name))
        return found if isinstance(found, Status) else None

    def person(self, name: str) -> Person:
        """The member of staff of that name."""
        found = self._ask(("person", name), lambda: self._directory.member(name))
        return found if isinstance(found, Person) else Person(f"?{name}", name, name)

    def priority(self, name: str) -> Ref:
        """The priority of that name."""
        found = self._ask(("priority", name), lambda: self._directory.priority(name))
        return found if isinstance(found, Ref) else Ref(f"?{name}", name)

    def _ask(self, key: tuple[str, ...], ask: Callable[[], Value]) -> Value:
        if key not in self._known:
            try:
                self._known[key] = ask()
            except UnknownName:
                self._known[key] = None
        return self._known[key]
