"""What a look at the board asks for: the filters as they stand in the address, and how that is said again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from connector.store.database.tables import from_micros, to_micros
from connector.store.queries.board import ClockGroup, Cursor
from connector.web.problems import HttpProblem

WARNED = "warned"
"""As a state: those of the next ones that were warned of."""

STATES: Mapping[str, str] = {
    ClockGroup.PAST: "past its limit",
    ClockGroup.FINAL: "final escalation",
    ClockGroup.NEXT: "due in 30 min",
    WARNED: "warned",
    ClockGroup.WAITS: "waits for an opening",
    ClockGroup.LATER: "due later",
    ClockGroup.OVERRIDDEN: "overridden",
    ClockGroup.PAUSED: "paused",
    ClockGroup.NO_CLOCK: "no clock yet",
    ClockGroup.FAILING: "its turn fails",
    ClockGroup.PARKED: "parked",
}
"""The states to choose from, in words."""

NOBODY = "nobody"
_LONGEST = 100
_NAMES = ("tier", "client", "holder", "connection", "state")


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters; empty for all. ``after``: the row behind which the page begins."""

    tier: str = ""
    client: str = ""
    holder: str = ""
    connection: str = ""
    state: str = ""
    after: Cursor | None = None

    @property
    def is_list(self) -> bool:
        """Whether it asks for one list instead of all groups."""
        return bool(self.tier or self.client or self.holder or self.state)

    @property
    def is_filtered(self) -> bool:
        """Whether some tickets are not asked for."""
        return self.is_list or bool(self.connection)

    def address(self, **changes: str) -> str:
        """The address of the same look but for these filters; from its beginning."""
        said = {name: changes.get(name, getattr(self, name)) for name in _NAMES}
        query = urlencode({name: value for name, value in said.items() if value} | _only(changes, "after"))
        return f"/?{query}" if query else "/"

    def said(self) -> str:
        """The filters in words: ``tier Sr IT Manager and client Calloway``."""
        named = [(name, getattr(self, name)) for name in _NAMES[:-1]]
        words = [f"{name} {value}" for name, value in named if value]
        words += [f"state “{STATES[self.state]}”"] if self.state else []
        return " and ".join([", ".join(words[:-1]), *words[-1:]] if len(words) > 1 else words)


def _only(changes: Mapping[str, str], name: str) -> dict[str, str]:
    return {name: changes[name]} if changes.get(name) else {}


def asked_by(query: Mapping[str, str]) -> Asked:
    """What an address asks for. Raises HttpProblem 400 for what it cannot ask."""
    said = {name: query.get(name, "").strip()[:_LONGEST] for name in _NAMES}
    if said["state"] and said["state"] not in STATES:
        raise HttpProblem(400, "no_such_state", "There is no such state", f"One of: {', '.join(STATES)}.")
    return Asked(**said, after=_cursor(query.get("after", "")))


def cursor_text(cursor: Cursor) -> str:
    """A row as the address names it."""
    moment = "" if cursor.deadline is None else str(to_micros(cursor.deadline))
    return "|".join((moment, cursor.connection, cursor.ticket))


def _cursor(text: str) -> Cursor | None:
    if not text:
        return None
    try:
        moment, connection, ticket = text.split("|", 2)
        deadline: datetime | None = from_micros(int(moment)) if moment else None
    except (ValueError, OverflowError):
        raise HttpProblem(400, "no_such_page", "There is no such page", "Begin anew from the first page.") from None
    return Cursor(deadline, connection, ticket)


def known(value: str, choices: Sequence[str]) -> bool:
    """Whether a filter may match anything."""
    return not value or value in choices
