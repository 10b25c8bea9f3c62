"""The page Now: the open clocks, the nearest first; what needs somebody on top, in a sentence with the number in it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from flask import Request, Response

from connector.connection.due_next import as_seen, modes_by_tier
from connector.notes.marker import path_of
from connector.report.words import count
from connector.store.queries.board import EACH_ONCE, SOON, Board, Chosen, ClockGroup, cursor_at
from connector.store.records import TicketRow
from connector.systems.kept import Kept
from connector.web.console.frame import Frame, as_page
from connector.web.console.now.asked import NOBODY, STATES, WARNED, Asked, asked_by, cursor_text, known
from connector.web.console.now.rationed import Ration, Rationed
from connector.web.console.now.standing import (
    MOST,
    NEAREST,
    DeskStanding,
    Does,
    does,
    minutes_since,
    nearest_of,
    standing,
    warned_of,
)
from connector.web.console.parts import ConsoleParts
from connector.web.console.rows import BoardRow, RowMaker, last_tiers, next_opening, sagas_of, stage_word
from connector.web.console.words import Wall
from connector.web.deps import Deps
from connector.working_time.calendar import WorkingCalendar

KEPT_SECONDS = 2.0
EVERY_SECONDS = 10
"""How often the page is read anew, where it may."""

LIVE = Ration(fresh=5.0, oldest=120.0, share=0.03, most=64)
"""How old what is read anew may be, where several look at the same, or very many at different things."""

PAGE = 100
"""So many rows a list has."""

FIRST_OF = {
    ClockGroup.PAST: 20,
    ClockGroup.FINAL: 10,
    ClockGroup.NEXT: 30,
    ClockGroup.WAITS: 10,
    ClockGroup.LATER: 15,
    ClockGroup.PAUSED: 10,
    ClockGroup.NO_CLOCK: 5,
}
"""So many rows of each group stand on the first look."""


@dataclass(frozen=True, slots=True)
class RowGroup:
    """Rows under a heading; ``beside`` it how many there are, and ``more`` leads to the others."""

    heading: str
    beside: str
    rows: Sequence[BoardRow]
    more: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the numbers on top: its class, words, number, and the address of its tickets."""

    tone: str
    words: str
    number: str
    address: str


class NowPage:
    """Draws it."""

    def __init__(self, deps: Deps, parts: ConsoleParts, frame: Frame) -> None:
        self._deps = deps
        self._parts = parts
        self._frame = frame
        self._store = deps.mailbox.store
        self._board = Board(self._store)
        self._modes = {name: modes_by_tier(parts.policy, modes) for name, modes in parts.modes.items()}
        self._tiers = list(dict.fromkeys(tier.name for one in parts.policy.every_ladder for tier in one.tiers))
        self._does = does(parts)
        self._standing = Kept(
            lambda: standing(self._store, parts, frame.wall(self._store.now())), deps.monotonic, KEPT_SECONDS
        )

        self._live = Rationed(self._piece, deps.monotonic, time.thread_time, LIVE)

    def get(self, request: Request) -> Response:
        """The page that an address asks for; to a page that reads itself anew, what of it may be another.

        That is the same for all who look at the same, so it is drawn for all of them at once. Raises HttpProblem,
        StoreUnavailable.
        """
        if request.headers.get("HX-Request") == "true":
            return as_page(self._live.get(request.query_string.decode("utf-8", "replace")))
        wall, told = self._told(request.args)
        return self._frame.page("now.html", "now", wall, **told, is_live=False)

    def _piece(self, query: str) -> str:
        wall, told = self._told(dict(reversed(parse_qsl(query))))
        return self._frame.piece("now_parts.html", wall, **told, is_live=True)

    def _told(self, query: Mapping[str, str]) -> tuple[Wall, dict[str, Any]]:
        """What the templates need. Raises HttpProblem, StoreUnavailable."""
        asked = asked_by(query)
        stands = self._standing.get()
        wall = self._frame.wall(self._store.now())
        groups, further = self._list(asked, wall) if asked.is_list else (self._groups(asked, stands, wall), "")
        return wall, {
            "asked": asked,
            "groups": groups,
            "further": further,
            "stands": stands,
            "does": self._does.value,
            "headline": headline(stands, self._does, wall),
            "figures": self._figures(stands),
            "open_count": _number(stands.open),
            "since": lambda moment: f"{minutes_since(moment, wall.now)} min",
            "opening": next_opening(self._desk_calendar(), wall.now),
            "tiers": self._tiers,
            "connections": sorted(self._parts.modes),
            "states": STATES,
            "every": EVERY_SECONDS,
            "here": asked.address(after=query.get("after", "")),
            "stage_word": stage_word,
            "ticket_address": path_of,
        }

    def _groups(self, asked: Asked, stands: DeskStanding, wall: Wall) -> list[RowGroup]:
        """The first rows of every group."""
        chosen = self._chosen(asked)
        found = self._board.first(chosen, wall.now, FIRST_OF)
        made = iter(self._rows([row for group in EACH_ONCE for row in found[group]], wall))
        groups = []
        for group in EACH_ONCE:
            rows = [next(made) for _ in found[group]]
            if rows:
                is_all = len(rows) < FIRST_OF[group]
                of = len(rows) if is_all else stands.counts[group] if not asked.connection else MOST + 1
                more = "" if is_all or of == len(rows) else asked.address(state=group.value)
                beside = _tickets(of) if not more else f"the first {len(rows)}"
                if more and not asked.connection:
                    beside += f" of {_number(of)}"
                groups.append(RowGroup(self._heading(group, wall), beside, rows, more))
        return groups

    def _list(self, asked: Asked, wall: Wall) -> tuple[list[RowGroup], str]:
        """One list, and the address of its next page."""
        if not (known(asked.tier, self._tiers) and known(asked.connection, list(self._parts.modes))):
            return [], ""
        chosen = self._chosen(asked)
        if asked.state == WARNED:
            rows = list(warned_of(self._board, nearest_of(self._board, chosen, wall.now)))
            beside = f"{_tickets(len(rows))} of the {NEAREST} that are due next"
            return ([RowGroup("Warned", beside, self._rows(rows, wall))] if rows else []), ""
        group = ClockGroup(asked.state) if asked.state else ClockGroup.ALL
        rows = self._board.page(chosen, group, wall.now, PAGE + 1, asked.after)
        has_more = len(rows) > PAGE
        rows = rows[:PAGE]
        further = asked.address(after=cursor_text(cursor_at(group, rows[-1]))) if has_more else ""
        if not rows:
            return [], ""
        which = "" if asked.after is None else "the next "
        beside = f"{which}{_tickets(len(rows))}{', and more' if has_more else ''}"
        heading = self._heading(group, wall) if asked.state else "By what is due first"
        return [RowGroup(heading, beside, self._rows(rows, wall))], further

    def _chosen(self, asked: Asked) -> Chosen:
        names = [asked.connection] if asked.connection else sorted(self._parts.modes)
        is_nobody = asked.holder.lower() == NOBODY
        return Chosen(
            tuple(name for name in names if name in self._parts.modes),
            last_tiers(self._parts.policy),
            asked.tier,
            asked.client,
            "" if is_nobody else asked.holder,
            is_nobody,
        )

    def _rows(self, rows: Sequence[TicketRow], wall: Wall) -> list[BoardRow]:
        maker = RowMaker(self._parts.policy, wall, self._board.said(sagas_of(rows)))
        policy = self._parts.policy
        return [maker.row(row, as_seen(row, policy, self._modes[row.connection], wall.now)) for row in rows]

    def _heading(self, group: ClockGroup, wall: Wall) -> str:
        would = self._does is Does.WOULD
        match group:
            case ClockGroup.PAST:
                return "Would have gone up" if would else "Past its limit"
            case ClockGroup.FINAL:
                return "Final escalation would be due" if would else "Final escalation"
            case ClockGroup.NEXT:
                return f"Next 30 minutes, until {wall.at(wall.now + SOON)}"
            case ClockGroup.NO_CLOCK:
                return "No clock yet"
        return STATES[group].capitalize()

    def _figures(self, stands: DeskStanding) -> list[Figure]:
        counts = stands.counts
        went = {
            Does.GOES: ("escalated", "went up today", stands.went_up),
            Does.WOULD: ("would", "would have gone up today", stands.would_have),
            Does.EITHER: ("escalated", "went up today, or would", stands.went_up + stands.would_have),
        }[self._does]
        is_calm = self._does is Does.WOULD
        past_words = "would have gone up" if is_calm else "past limit"
        warned = _number(len(stands.warned)) + ("+" if stands.has_more else "")
        return [
            Figure(
                "would" if is_calm else "overdue",
                past_words,
                _number(counts[ClockGroup.PAST]),
                "/?state=past",
            ),
            Figure("", "due in 30 min", _number(counts[ClockGroup.NEXT]), "/?state=next"),
            Figure("warned", "would be warned" if is_calm else "warned", warned, "/?state=warned"),
            Figure("paused", "paused", _number(counts[ClockGroup.PAUSED]), "/?state=paused"),
            Figure(*went[:2], _number(went[2]), ""),
        ]

    def _desk_calendar(self) -> WorkingCalendar:
        policy = self._parts.policy
        return policy.calendars[policy.tiers[0].calendar]


def headline(stands: DeskStanding, what: Does, wall: Wall) -> str:
    """How it stands, in a sentence."""
    due, past = stands.counts[ClockGroup.NEXT], stands.counts[ClockGroup.PAST]
    until = wall.at(stands.now + SOON)
    if not stands.open:
        return "No clock is running."
    goes = {
        Does.GOES: ("goes up", "go up"),
        Does.WOULD: ("would go up", "would go up"),
        Does.EITHER: ("goes up, or would,", "go up, or would,"),
    }[what][due != 1]
    first = f"{_tickets(due, is_first=True)} {goes} by {until} unless a plan, a fix or a pause comes first."
    if not due:
        first = f"Nothing {'would go' if what is Does.WOULD else 'goes'} up by {until}."
    if not past:
        return first
    if what is Does.WOULD:
        return f"{first} {_number(past, is_first=True)} would have gone up already."
    stuck = "is past its limit" if past == 1 else "are past their limit"
    return f"{first} {_number(past, is_first=True)} {stuck}."


def _number(number: int, *, is_first: bool = False) -> str:
    if number > MOST:
        return f"{'More' if is_first else 'more'} than {MOST:,}"
    return f"{number:,}"


def _tickets(number: int, *, is_first: bool = False) -> str:
    return f"{_number(number, is_first=is_first)} tickets" if number > MOST else count(number, "ticket")
