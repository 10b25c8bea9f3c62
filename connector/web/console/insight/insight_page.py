"""The page Insight: does it help? The report's sentences and figures over time, each drawing with its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from flask import Request, Response

from connector.report.drawings import columns_drawing, rows_drawing, shares_drawing
from connector.report.figures import Figures
from connector.report.limitations import unknown
from connector.report.page import WENT, DrawnStage, stages_of
from connector.report.sentences import sentences
from connector.report.sheet import written
from connector.report.story import HowEnded
from connector.report.tone import Tone, tone_of
from connector.report.words import count, length_text, name
from connector.store.connections import Connections
from connector.web.console.escalations.sought import SoughtDeeds
from connector.web.console.frame import Frame
from connector.web.console.insight import tables
from connector.web.console.insight.counting import CountedFigures
from connector.web.console.insight.tables import InsightTable
from connector.web.console.parts import ConsoleParts
from connector.web.console.periods import PERIODS, ToldPeriod, period_of
from connector.web.console.words import Wall
from connector.web.deps import Deps
from connector.web.problems import HttpProblem

_LABEL = 26
"""So many letters of a tier's name stand beside a bar."""


class InsightLook(NamedTuple):
    """A look at the page: what was asked for, and the figures of it."""

    wall: Wall
    sought: SoughtDeeds
    figures: Figures


class InsightPage:
    """Draws it, and writes its sheets. Raises HttpProblem, StoreUnavailable."""

    def __init__(self, deps: Deps, parts: ConsoleParts, frame: Frame) -> None:
        self._frame = frame
        self._store = deps.mailbox.store
        self._names = sorted(parts.modes)
        self._counted = CountedFigures(deps, parts, frame)

    def get(self, request: Request) -> Response:
        """The page that an address asks for."""
        look = self._look(request)
        figures, sought = look.figures, look.sought
        tone, stages = tone_of(figures), stages_of(figures)
        every = tables_of(look, stages)
        return self._frame.page(
            "insight.html",
            "insight",
            look.wall,
            sought=sought,
            figures=figures,
            headline=headline(figures, sought.period, tone),
            sentences=sentences(figures) if figures.tickets else (),
            tone=tone.value,
            went=WENT[tone],
            tables=every,
            columns=_columns(every["days"]),
            of_weeks=any(first != last for first, last in tables.spans_of(figures)),
            tiers=[name(tier) for tier in every["days"].headings[1:-1]],
            stages=stages,
            reasons=rows_drawing(_bars(every["reasons"])),
            paused=rows_drawing(_bars(every["paused"])),
            paused_all=length_text(sum(figures.paused_by_tier.values())),
            shares=shares_drawing(_shares(figures)),
            resolved=sum(figures.held[tier, HowEnded.RESOLVED] for tier in figures.tiers),
            limitations=(*figures.scope.cannot_tell, *unknown(figures)),
            since=[] if figures.tickets else self._since(),
            connections=self._names,
            periods=PERIODS,
            address=sought.address,
            limit=lambda minutes: f"{minutes:.4g}",
        )

    def sheet(self, name: str, request: Request) -> Response:
        """The table of that name as a sheet."""
        look = self._look(request)
        every = tables_of(look, stages_of(look.figures))
        if name not in every:
            raise HttpProblem(404, "no_such_sheet", "There is no such sheet", f"One of: {', '.join(every)}.")
        answer = Response(written(every[name].lines()), content_type="text/csv; charset=utf-8")
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return answer

    def _look(self, request: Request) -> InsightLook:
        wall = self._frame.wall(self._store.now())
        period = period_of(request.args, wall)
        connection = request.args.get("connection", "").strip()
        if connection and connection not in self._names:
            told = f"One of: {', '.join(self._names)}." if self._names else "There is none."
            raise HttpProblem(400, "no_such_connection", "There is no such connection", told)
        figures = self._counted.of(period, connection)
        return InsightLook(wall, SoughtDeeds(period, connection=connection), figures)

    def _since(self) -> list[tuple[str, object]]:
        """Since when each connection has been there, as far as it was started."""
        known = Connections(self._store).known(self._names)
        return [(name, state.first_started_at) for name, state in sorted(known.items())]


def tables_of(look: InsightLook, stages: list[DrawnStage]) -> Mapping[str, InsightTable]:
    """The tables of a look by their names."""
    figures, sought = look.figures, look.sought
    went = WENT[tone_of(figures)].column
    every = (
        tables.days_table(figures, sought, went),
        tables.stages_table(stages),
        tables.reasons_table(figures, sought, went),
        tables.paused_table(figures),
        tables.resolved_table(figures),
        tables.clients_table(figures, sought, went),
        tables.boards_table(figures, sought, went),
    )
    return {table.name: table for table in every}


def headline(figures: Figures, period: ToldPeriod, tone: Tone) -> str:
    """Whether it helps, in a sentence."""
    if not figures.tickets:
        return f"Not enough to draw: no clock ran {period.words}."
    goes = {Tone.DID: "went up", Tone.WOULD: "would have gone up", Tone.BOTH: "went up, or would have,"}[tone]
    first = f"{figures.gone_up:,} of {count(figures.tickets, 'ticket')} {goes} {period.words}"
    warned = figures.warned
    if not warned.count:
        return f"{first}."
    were = "would have been warned" if not warned.written else "were warned"
    return f"{first}; {warned.made:,} of the {warned.count:,} that {were} made it."


def _columns(days: InsightTable) -> object:
    """The drawing of the escalations by day, or week, from their table."""
    named = days.headings[1:-1]
    return columns_drawing(
        [
            (_short(row[0].text), [(tier, int(str(cell.value))) for tier, cell in zip(named, row[1:-1], strict=True)])
            for row in days.rows
        ]
    )


def _short(label: str) -> str:
    """``Mon 19 Oct`` as there is room for it: a week is named by its first day."""
    return label.partition(" to ")[0].partition(" ")[2]


def _bars(table: InsightTable) -> list[tuple[str, float, str]]:
    """What is drawn of a table's rows: their names, their lengths, and these in words."""
    return [(_cut(row[0].text), float(str(row[1].value)), row[1].text) for row in table.rows]


def _cut(text: str) -> str:
    return text if len(text) <= _LABEL else f"{text[: _LABEL - 1].rstrip()}…"


def _shares(figures: Figures) -> list[tuple[str, int, int]]:
    """Where tickets were resolved, by tier, and those that went up from the last one."""
    return [
        (f"resolved on {name(tier)}", figures.held[tier, HowEnded.RESOLVED], min(n, 3))
        for n, tier in enumerate(figures.tiers, 1)
    ]
