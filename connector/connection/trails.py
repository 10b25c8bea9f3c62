"""What a ticket system's audit trail tells, where it can be read; never in a turn's way.

A trail is a help, no need: where the right is missing, an answer is odd or the look-up failed, nobody can tell, and it
is left alone for a while. ``check`` says what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from connector.errors import ConnectorError, NotFound, Temporary
from connector.model import Aspect, Change, Doer, Place, TicketId, TicketRecord, Trace, Value
from connector.rules.history import OBSERVED, is_different, is_sight, of_state
from connector.systems.contract import TicketSystem

log = structlog.get_logger("connector.trails")

LEFT_ALONE = timedelta(hours=1)
"""How long a trail is not asked again that was refused, or answered in a way that nobody understands."""

LEFT_ALONE_SHORTLY = timedelta(minutes=5)
"""The same, of a trail that could not be asked just then."""

BEGINS_STINTS = (Aspect.PLACE, Aspect.STATUS)
"""The aspects of which it matters by which way they came to what they are."""


class Trails:
    """The audit trail of one ticket system. Safe for several threads."""

    def __init__(self, system: TicketSystem, now: Callable[[], datetime]) -> None:
        self._system = system
        self._now = now
        self._not_before: datetime | None = None

    def of(self, ticket: TicketId, since: datetime) -> tuple[Trace, ...]:
        """What the trail tells of a ticket's changes from that moment on; nothing where nobody can tell."""
        now = self._now()
        if self._not_before is not None and now < self._not_before:
            return ()
        try:
            return self._system.tickets.trail(ticket, since) or ()
        except NotFound:
            return ()  # of this ticket alone; the turn itself finds out
        except ConnectorError as error:
            self._not_before = now + (LEFT_ALONE_SHORTLY if isinstance(error, Temporary) else LEFT_ALONE)
            log.info("no audit trail", system=self._system.kind, error=type(error).__name__)
            return ()

    def with_detours(
        self,
        record: TicketRecord,
        known: Sequence[Change],
        new: Sequence[Change],
        traces: Iterable[Trace],
        since: datetime,
    ) -> tuple[Change, ...]:
        """What a look found, with what came in between since that moment and a person has put back, or put further.

        ``known``: the changes that are stored, ``new``: those that the look found. What the trail names and nobody can
        look up is left out.
        """
        since = since.replace(microsecond=0)
        ordered = sorted((one for one in traces if one.at >= since), key=lambda trace: trace.at)
        found = list(new)
        stored = {change.what for change in known if change.at >= since and not is_sight(change)}
        for aspect in BEGINS_STINTS:
            told = [trace for trace in ordered if trace.what is aspect]
            if told and aspect not in stored and told[-1].by is Doer.PERSON:
                mine = [change for change in new if change.what is aspect and not is_sight(change)]
                way = self._way(record, aspect, mine[0].old if mine else record.present(aspect), told)
                if len(way) > 1:
                    floor = max((change.at for change in of_state(known)), default=record.entered_at)
                    found = [change for change in found if change not in mine]
                    found += [replace(change, at=max(change.at, floor)) for change in way]
        return tuple(sorted(found, key=lambda change: change.at))

    def _way(self, record: TicketRecord, aspect: Aspect, before: Value, told: Sequence[Trace]) -> list[Change]:
        """The changes that lead from a value to the present one, as a trail tells them; nothing where they do not."""
        way: list[Change] = []
        for trace in told:
            value = self._value(record, trace)
            if value is not None and is_different(before, value):
                way.append(Change(trace.at, aspect, before, value, OBSERVED, trace.who, trace.by))
                before = value
        return [] if is_different(before, record.present(aspect)) else way

    def _value(self, record: TicketRecord, trace: Trace) -> Value:
        """What a trail's name stands for, where the ticket is; None where nobody can tell."""
        present, name = record.present(trace.what), trace.new
        names = [ref.name for ref in present.path] if isinstance(present, Place) else [record.status.name]
        if name.casefold() in (one.casefold() for one in names):
            return present
        directory = self._system.directory
        try:
            if trace.what is Aspect.STATUS:
                return directory.status_in(record.place, name)
        except ConnectorError:
            return None
        for home in (f"{record.place.path[0].name} > {name}", name):
            try:
                return directory.locate(home)
            except ConnectorError:
                continue
        return None
