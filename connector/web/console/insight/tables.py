"""The numbers of the page Insight, as tables: each is shown below its drawing, and is a sheet besides. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from connector.report.figures import Figures
from connector.report.lengths import STEPS
from connector.report.page import DrawnStage, tiers_held
from connector.report.sheet import field_of
from connector.report.words import day_text, length_text, name, ranked
from connector.web.console.escalations.sought import SoughtDeeds

MOST_DAYS = 92
"""So many days are told one by one; what is longer, week by week."""

MOST_ROWS = 20
"""So many clients, or boards, stand on the page; the sheet has all."""

_WEEK = 7


@dataclass(frozen=True, slots=True)
class TableCell:
    """A field: its text on the page, its value in the sheet, where it leads (empty: nowhere), and, where a bar stands
    for it, how long that is, in per cent.
    """

    text: str
    value: object
    address: str = ""
    bar: float | None = None
    is_number: bool = True


@dataclass(frozen=True, slots=True)
class InsightTable:
    """A table. The first field of a row names it. ``total``: the last row, or none."""

    name: str
    caption: str
    headings: tuple[str, ...]
    rows: Sequence[Sequence[TableCell]]
    total: Sequence[TableCell] = ()

    @property
    def shown(self) -> Sequence[Sequence[TableCell]]:
        """The rows that the page has room for."""
        return self.rows if self.name not in _CUT else self.rows[:MOST_ROWS]

    def lines(self) -> Iterator[tuple[str, ...]]:
        """The sheet: the headings, then all rows."""
        yield self.headings
        for row in self.rows:
            yield tuple(field_of(cell.value) for cell in row)


_CUT = frozenset({"clients", "boards"})

_Key = TypeVar("_Key", str, tuple[str, str])

Span = tuple[date, date]
"""The first day and the last one."""


def spans_of(figures: Figures) -> list[Span]:
    """The days of the figures' time, or its weeks from Monday to Sunday where these are too many."""
    zone = figures.zone
    first, last = figures.scope.since.astimezone(zone).date(), figures.scope.until.astimezone(zone).date()
    if figures.scope.until.astimezone(zone).time().isoformat() == "00:00:00" and last > first:
        last -= timedelta(days=1)
    every = 1 if (last - first).days < MOST_DAYS else _WEEK
    begins = first if every == 1 else first - timedelta(days=first.weekday())
    spans = []
    while begins <= last:
        spans.append((max(begins, first), min(begins + timedelta(days=every - 1), last)))
        begins += timedelta(days=every)
    return spans


def days_table(figures: Figures, sought: SoughtDeeds, went: str) -> InsightTable:
    """Escalations by day, or week, and by the tier that they leave."""
    tiers = figures.tiers  # all, so that each keeps its tone
    rows = []
    for first, last in spans_of(figures):
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        at = {"since": first.isoformat(), "until": last.isoformat()}
        numbers = [sum(figures.by_day[day, tier] for day in days) for tier in tiers]
        label = day_text(first) if first == last else f"{day_text(first)} to {day_text(last)}"
        cells = [_count(n, sought.address(**at, tier=tier)) for n, tier in zip(numbers, tiers, strict=True)]
        value = first.isoformat() if first == last else f"{first.isoformat()}/{last.isoformat()}"
        rows.append([_named(label, value), *cells, _count(sum(numbers), sought.address(**at))])
    total = [_count(figures.by_tier[tier], sought.address(tier=tier)) for tier in tiers]
    all_of = _count(figures.rises, sought.address())
    headings = ("day", *map(name, tiers), "all")
    caption = f"{went}, by day and by the tier that they left"
    return InsightTable("days", caption, headings, rows, [_all(), *total, all_of])


def stages_table(stages: Sequence[DrawnStage]) -> InsightTable:
    """How long each stage took, in steps up to its limit and past it."""
    headings = ("stage", "limit", "half took", "9 of 10 took", *(str(n) for n in range(1, 2 * STEPS + 1)))
    rows = []
    for one in stages:
        lengths = one.lengths
        took = [lengths.median, lengths.quantile(0.9)]
        times = [_plain("" if minutes is None else f"{minutes:.4g}", minutes) for minutes in took]
        steps = [_plain(f"{number:,}", number) for number in lengths.steps]
        rows.append([_named(one.title), _plain(f"{lengths.limit:.4g}", lengths.limit), *times, *steps])
    caption = (
        "Working minutes. Six steps of the same length up to the limit, six past it; the last is open. Half and "
        "9 of 10: of those that came to an end on the tier"
    )
    return InsightTable("stages", caption, headings, rows)


def reasons_table(figures: Figures, sought: SoughtDeeds, went: str) -> InsightTable:
    """Escalations by each of their reasons."""
    rows = [
        [_named(reason.value), _count(number, sought.address(reason=reason.value))]
        for reason, number in ranked(figures.by_reason)
    ]
    return InsightTable("reasons", f"{went}, by reason; reasons combine", ("reason", went.lower()), rows)


def resolved_table(figures: Figures) -> InsightTable:
    """What became of what each tier held."""
    headings = ("tier", "held", "resolved there", "share", "went up", "moved by people", "still there")
    rows = []
    for tier, total, resolved, went_up, moved, running in tiers_held(figures):
        over = total - running
        share = 100 * resolved / over if over else None
        shown = TableCell("" if share is None else f"{share:.0f} %", share, bar=share)
        counts = [_plain(f"{number:,}", number) for number in (went_up, moved, running)]
        rows.append([_named(name(tier)), *(_plain(f"{n:,}", n) for n in (total, resolved)), shown, *counts])
    return InsightTable(
        "tiers", "Stints by tier and how they ended; the share is of those that are over", headings, rows
    )


def paused_table(figures: Figures) -> InsightTable:
    """For how long the clock stood still on each tier, in stints that are over."""
    paused = figures.paused_by_tier
    rows = [[_named(name(tier)), _minutes(paused[tier])] for tier in figures.tiers if tier in paused]
    caption = "Working time paused in the stints that are over, by tier"
    return InsightTable("paused", caption, ("tier", "paused minutes"), rows)


def clients_table(figures: Figures, sought: SoughtDeeds, went: str) -> InsightTable:
    """Tickets, escalations and paused time by client."""
    counts = (figures.tickets_by_client, figures.by_client, figures.paused_by_client)
    return _by("clients", "client", *counts, sought, name, went)


def boards_table(figures: Figures, sought: SoughtDeeds, went: str) -> InsightTable:
    """The same by board, team or queue."""

    def told(board: tuple[str, str]) -> str:
        return f"{board[0]}, {name(board[1])}"

    counts = (figures.tickets_by_board, figures.by_board, figures.paused_by_board)
    return _by("boards", "board, team or queue", *counts, sought, told, went)


def _by(
    table: str,
    what: str,
    tickets: Mapping[_Key, int],
    rises: Mapping[_Key, int],
    paused: Mapping[_Key, float],
    sought: SoughtDeeds,
    told: Callable[[_Key], str],
    went: str,
) -> InsightTable:
    keys = sorted(tickets, key=lambda key: (-rises.get(key, 0), -tickets[key], str(key)))
    most = max((100 * rises.get(key, 0) / tickets[key] for key in keys), default=0) or 1
    rows = []
    for key in keys:
        number, of = rises.get(key, 0), tickets[key]
        share = 100 * number / of
        at = {"client": key} if isinstance(key, str) else {"connection": key[0], "board": key[1]}
        address = sought.address(**at) if all(at.values()) else ""
        rows.append(
            [
                _named(told(key)),
                _plain(f"{of:,}", of),
                _count(number, address),
                TableCell(f"{share:.0f}", share, bar=100 * share / most),
                _minutes(paused.get(key, 0.0)),
            ]
        )
    headings = (what, "tickets", went.lower(), "per 100 tickets", "paused minutes")
    return InsightTable(table, f"Tickets, and what {went.lower()}, by {what}", headings, rows)


def _named(text: str, value: str = "") -> TableCell:
    return TableCell(text, value or text, is_number=False)


def _all() -> TableCell:
    return _named("All")


def _plain(text: str, value: object) -> TableCell:
    return TableCell(text, value)


def _count(number: int, address: str) -> TableCell:
    return TableCell(f"{number:,}", number, address if number else "")


def _minutes(minutes: float) -> TableCell:
    return TableCell(length_text(minutes), round(minutes, 2))
