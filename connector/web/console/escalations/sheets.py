"""The sheets of the page Escalations (CSV): all that is sought, written while it is read, a few entries at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain

from flask import Request, Response

from connector.report.sheet import written
from connector.report.trail import ToldTicket
from connector.store.queries.reported import DeedCursor
from connector.store.records import Key
from connector.web.console.escalations.deed_rows import (
    GAP_HEADINGS,
    OVERRIDING_HEADINGS,
    RISE_HEADINGS,
    TRAINING_HEADINGS,
    DeedRow,
    Line,
    deed_row,
    gap_lines,
    overriding_line,
    rise_line,
    training_line,
)
from connector.web.console.escalations.deeds import AT_ONCE, Deeds, FoundRise
from connector.web.console.escalations.sought import SoughtDeeds, sought_by
from connector.web.console.frame import Frame
from connector.web.console.parts import ConsoleParts
from connector.web.deps import Deps
from connector.web.problems import HttpProblem

Lines = Callable[[SoughtDeeds, datetime], Iterator[Sequence[Line]]]
"""The lines of a sheet, some at a time."""


class EscalationSheets:
    """Writes them. What is sought stands in the address, as that of the page."""

    def __init__(self, deps: Deps, parts: ConsoleParts, frame: Frame) -> None:
        self._frame = frame
        self._store = deps.mailbox.store
        self._deeds = Deeds(self._store, parts)
        self._sheets: Mapping[str, tuple[Line, Lines]] = {
            "escalations": (RISE_HEADINGS, self._rises),
            "gaps": (GAP_HEADINGS, self._gaps),
            "overrides": (OVERRIDING_HEADINGS, self._overridings),
            "training": (TRAINING_HEADINGS, self._trainings),
        }

    def get(self, name: str, request: Request) -> Response:
        """The sheet of that name. Raises HttpProblem, StoreUnavailable."""
        wall = self._frame.wall(self._store.now())
        sought = sought_by(request.args, wall, self._deeds.names)
        if name not in self._sheets:
            raise HttpProblem(404, "no_such_sheet", "There is no such sheet", f"One of: {', '.join(self._sheets)}.")
        headings, lines_of = self._sheets[name]
        return sheet_answer(name, headings, lines_of(sought, wall.now))

    def _rises(self, sought: SoughtDeeds, now: datetime) -> Iterator[Sequence[Line]]:
        for rows in self._rows(sought, now):
            yield [rise_line(row) for row in rows]

    def _gaps(self, sought: SoughtDeeds, now: datetime) -> Iterator[Sequence[Line]]:
        for rows in self._rows(sought, now):
            yield [line for row in rows for line in gap_lines(row)]

    def _rows(self, sought: SoughtDeeds, now: datetime) -> Iterator[Sequence[DeedRow]]:
        """The escalations that count, each looked at with all that is known of its ticket since the period began."""
        behind = sought.before
        while True:
            found = self._deeds.rises(sought, behind, AT_ONCE)
            told = self._deeds.told({one.key for one in found.rises}, sought, now)
            yield [
                deed_row(one, told[one.key], {}, 0)
                for one in found.rises
                if _counts(told[one.key], one) and sought.takes(one.subject, one.rise)
            ]
            behind = found.behind
            if behind is None:
                return

    def _overridings(self, sought: SoughtDeeds, now: datetime) -> Iterator[Sequence[Line]]:
        behind: DeedCursor | None = None
        while found := self._deeds.overridings(sought, behind, AT_ONCE):
            taken = [one for one in found if one.is_sought(sought)]
            told = self._told((one.key for one in taken), sought, now)
            yield [overriding_line(one, told) for one in taken]
            behind = DeedCursor(found[-1].overriding.at, found[-1].connection, found[-1].n)

    def _trainings(self, sought: SoughtDeeds, now: datetime) -> Iterator[Sequence[Line]]:
        behind: DeedCursor | None = None
        while found := self._deeds.trainings(sought, behind, AT_ONCE):
            taken = [one for one in found if one.is_sought(sought)]
            told = self._told((one.key for one in taken), sought, now)
            yield [training_line(one, told) for one in taken]
            behind = DeedCursor(found[-1].training.at, found[-1].connection, found[-1].n)

    def _told(self, keys: Iterator[Key], sought: SoughtDeeds, now: datetime) -> Mapping[Key, ToldTicket]:
        return self._deeds.told(set(keys), sought, now)


def _counts(told: ToldTicket, found: FoundRise) -> bool:
    return told.story is not None and found.rise in told.story.counted_rises


def sheet_answer(name: str, headings: Line, lines: Iterator[Sequence[Line]]) -> Response:
    """A sheet to be kept as a file, written while it is read: of however many lines some are held."""
    first = next(lines, ())  # what cannot be read at all is told before anything is sent
    texts = (written(some) for some in chain([[headings], first], lines))
    answer = Response(texts, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
