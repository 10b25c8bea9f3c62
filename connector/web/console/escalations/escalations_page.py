"""The page Escalations: what was done, why and what came of it, the newest first; then what it teaches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import quote

from flask import Request, Response

from connector.model import Reason
from connector.notes.marker import path_of
from connector.report.figures import Figures
from connector.report.tone import Tone, tone_of
from connector.report.trail import ToldTicket
from connector.report.words import count, day_text, ranked, was
from connector.store.records import Key
from connector.web.console.escalations.deed_rows import DeedRow, deed_row, how
from connector.web.console.escalations.deeds import (
    MOST_WORDS,
    Deeds,
    FoundOverriding,
    FoundRise,
    FoundRises,
)
from connector.web.console.escalations.sought import SoughtDeeds, cursor_text, sought_by
from connector.web.console.escalations.training import why_not
from connector.web.console.frame import Frame
from connector.web.console.gate import viewer_of_request
from connector.web.console.parts import ConsoleParts
from connector.web.console.periods import PERIODS
from connector.web.console.rows import places_of
from connector.web.console.words import Wall
from connector.web.deps import Deps

PAGE = 50
"""So many rows of a kind stand on the page."""

_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class DeedDay:
    """The rows of a day. ``beside``: which day, and how many there are in all."""

    heading: str
    beside: str
    rows: Sequence[DeedRow]


@dataclass(frozen=True, slots=True)
class DocumentationGap:
    """A section of the notes that had nothing to say, in so many; the address of all of them, and the first tickets."""

    section: str
    number: int
    address: str
    first: Sequence[FoundRise]


class EscalationsPage:
    """Draws it."""

    def __init__(self, deps: Deps, parts: ConsoleParts, frame: Frame) -> None:
        self._frame = frame
        self._store = deps.mailbox.store
        self._deeds = Deeds(self._store, parts)
        self._places = places_of(parts.policy)
        self._rungs = len(parts.policy.tiers)
        self._tiers = list(dict.fromkeys(tier.name for one in parts.policy.every_ladder for tier in one.tiers))

    def get(self, request: Request) -> Response:
        """The page that an address asks for. Raises HttpProblem, StoreUnavailable."""
        wall, deeds = self._frame.wall(self._store.now()), self._deeds
        sought = sought_by(request.args, wall, deeds.names)
        looked = deeds.rises(sought)
        every = deeds.counted(looked.rises, sought)
        figures = deeds.figures(every, sought)
        behind = deeds.rises(sought, sought.before) if sought.before else looked
        rows = deeds.counted(behind.rises, sought) if sought.before else every
        overridings = [one for one in deeds.overridings(sought) if one.is_sought(sought)]
        trainings = [one for one in deeds.trainings(sought) if one.is_sought(sought)]
        shown_trainings = sorted(trainings, key=lambda one: one.tick is not None)[:PAGE]  # the open ones first
        keys = {one.key for one in rows[:PAGE]} | {one.key for one in overridings[:PAGE]}
        told = deeds.told(keys | {one.key for one in shown_trainings}, sought, wall.now)
        made = [deed_row(one, told.get(one.key), self._places, self._rungs) for one in rows[:PAGE]]
        return self._frame.page(
            "escalations.html",
            "escalations",
            wall,
            sought=sought,
            headline=headline(figures, looked, sought),
            second=reasons_of(figures, tone_of(figures)),
            tone=tone_of(figures).value,
            instead=_instead(*deeds.resolved(sought), tone_of(figures)) if not every and not sought.is_filtered else "",
            days=_days(made, every, wall),
            further=_further(sought, rows, behind),
            looked=len(behind.rises) if behind.behind else 0,
            gaps=_gaps(figures, every, sought),
            notes=figures.notes,
            overridings=[(one, _about(one.key, told), how(one)) for one in overridings[:PAGE]],
            overriders=_overriders(overridings),
            refused=sum(bool(one.overriding.refused) for one in overridings),
            override_count=_at_most(len(overridings), MOST_WORDS),
            trainings=[(one, _about(one.key, told)) for one in shown_trainings],
            training_count=_at_most(len(trainings), MOST_WORDS),
            open_trainings=sum(one.tick is None for one in trainings),
            tick_address=lambda one, to: sought.address(f"/escalations/training/{quote(one.connection)}/{one.n}/{to}"),
            not_tick=why_not(viewer_of_request()),
            most_rows=PAGE,
            tiers=self._tiers,
            connections=deeds.names,
            reasons=[reason.value for reason in Reason],
            periods=PERIODS,
            ticket_address=path_of,
        )


def _about(key: Key, told: Mapping[Key, ToldTicket]) -> tuple[str, str]:
    """A ticket's summary and client, as far as they are known."""
    found = told.get(key)
    return (found.subject.summary, found.subject.client) if found else ("", "")


def headline(figures: Figures, looked: FoundRises, sought: SoughtDeeds) -> str:
    """How many there are, in a sentence."""
    number, when = figures.rises, sought.period.words
    many = f"{number:,}{'' if looked.behind is None else ' or more'}"
    tone = tone_of(figures)
    which = " match" if sought.is_filtered else ""
    if not number and looked.behind is None:
        what = "Nothing that matches " if sought.is_filtered else "Nothing "
        return f"{what}{'would have gone' if tone is Tone.WOULD else 'went'} up {when}."
    one = number == 1 and looked.behind is None
    happened = {
        Tone.DID: f"escalation{'' if one else 's'}",
        Tone.WOULD: f"escalation{'' if one else 's'} would have been",
        Tone.BOTH: f"escalation{'' if one else 's'} {'was' if one else 'were'}, or would have been,",
    }[tone]
    if which:
        happened = f"escalation{'' if one else 's'} {'matches' if one else 'match'}"
    by_time = figures.by_reason[Reason.TIME]
    because = f", {by_time:,} of them because time ran out" if by_time and number > 1 else ""
    because = ", because time ran out" if by_time and number == 1 else because
    return f"{many} {happened} {when}{because}."


def reasons_of(figures: Figures, tone: Tone) -> str:
    """How many tickets those are, and what else is to be known of them all, in a sentence; empty for none."""
    if not figures.rises:
        return ""
    would = tone is not Tone.DID
    said = [f"{count(figures.gone_up, 'ticket')} {'would have gone' if would and not figures.done else 'went'} up"]
    if figures.would and figures.done:
        said = [f"{figures.done:,} were done, {figures.would:,} would have been"]
    others = [(reason, number) for reason, number in ranked(figures.by_reason) if reason is not Reason.TIME]
    said += [f"{number:,} for {reason.value.lower()}" for reason, number in others]
    said += [f"{figures.finals:,} the final escalation"] if figures.finals else []
    return f"{', '.join(said)}."


def _instead(resolved: int, warned: int, tone: Tone) -> str:
    """What was, where nothing went up, in a sentence; empty where that was nothing, too."""
    if not resolved:
        return ""
    told = f"{count(resolved, 'ticket')} {was(resolved)} resolved by who held {'it' if resolved == 1 else 'them'}"
    if not warned:
        return f"{told}."
    return f"{told}; {warned:,} {'would have been' if tone is Tone.WOULD else was(warned)} warned and made it."


def _days(rows: Iterable[DeedRow], every: Iterable[FoundRise], wall: Wall) -> list[DeedDay]:
    """The rows day by day, each with how many of all are of that day."""
    numbers = Counter(one.rise.at.astimezone(wall.zone).date() for one in every)
    today = wall.now.astimezone(wall.zone).date()
    days = []
    for day, each in groupby(rows, key=lambda row: row.found.rise.at.astimezone(wall.zone).date()):
        of = list(each)
        near = {0: "Today", 1: "Yesterday"}.get((today - day).days, "")
        name = day_text(day) if day.year == today.year else f"{day_text(day)} {day.year}"
        number = count(max(numbers[day], len(of)), "escalation")
        days.append(DeedDay(near or name, f"{name}, {number}" if near else number, of))
    return days


def _further(sought: SoughtDeeds, rows: Sequence[FoundRise], looked: FoundRises) -> str:
    """The address of the next page; empty where there is none."""
    if len(rows) > PAGE:
        return sought.address(before=cursor_text(rows[PAGE - 1].cursor))
    return sought.address(before=cursor_text(looked.behind)) if looked.behind else ""


def _gaps(figures: Figures, every: Sequence[FoundRise], sought: SoughtDeeds) -> list[DocumentationGap]:
    return [
        DocumentationGap(
            section,
            number,
            sought.address(missing=section),
            [one for one in every if section in one.rise.lacking][:_MOST_NAMED],
        )
        for section, number in ranked(figures.missing)
    ]


def _overriders(overridings: Iterable[FoundOverriding]) -> list[tuple[str, int]]:
    """Who overrode how often, refused ones left out."""
    return ranked(Counter(one.overriding.by for one in overridings if not one.overriding.refused))


def _at_most(number: int, most: int) -> str:
    return f"{number:,}" if number < most else f"the last {most:,}"
