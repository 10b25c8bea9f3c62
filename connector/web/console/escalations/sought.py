"""What a look at the escalations asks for: search and filters as they stand in the address, and in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from connector.model import Reason
from connector.report.page import because
from connector.report.story import Rise, Subject
from connector.report.words import joined
from connector.store.database.tables import from_micros, to_micros
from connector.store.queries.reported import DeedCursor
from connector.web.console.periods import USUAL, ToldPeriod, period_of
from connector.web.console.words import Wall
from connector.web.problems import HttpProblem
from connector.wording import NOTE_SECTIONS

_LONGEST = 100
_NAMES = ("q", "connection", "tier", "reason", "missing", "client", "board")


@dataclass(frozen=True, slots=True)
class SoughtDeeds:
    """The search and the filters; empty for all. ``q``: a part of the ticket's number or summary, of client, holder,
    tier or reason; ``missing``: a section of the note with nothing to say; ``client``, ``board``: the whole name, in
    any case, as Insight leads here; ``before``: the entry behind which the page begins.
    """

    period: ToldPeriod
    q: str = ""
    connection: str = ""
    tier: str = ""
    reason: str = ""
    missing: str = ""
    client: str = ""
    board: str = ""
    before: DeedCursor | None = None

    @property
    def is_filtered(self) -> bool:
        """Whether some of the period's are not asked for."""
        return any(getattr(self, name) for name in _NAMES)

    def address(self, path: str = "/escalations", **changes: str) -> str:
        """The address of the same look, but for these changes; from its beginning."""
        since = "" if self.period.since == USUAL else self.period.since
        said = {name: getattr(self, name) for name in _NAMES} | {"since": since, "until": self.period.until} | changes
        query = urlencode({name: value for name, value in said.items() if value})
        return f"{path}?{query}" if query else path

    def said(self) -> str:
        """The filters in words: ``tier Sr IT Manager and reason Time``."""
        named = {"q": "search", "missing": "none recorded:"}
        return joined([f"{named.get(name, name)} {getattr(self, name)}" for name in _NAMES if getattr(self, name)])

    def takes(self, subject: Subject, rise: Rise) -> bool:
        """Whether an escalation is among those that are sought."""
        if self.tier and rise.tier != self.tier:
            return False
        if self.reason and self.reason not in rise.reasons:
            return False
        if self.missing and self.missing not in rise.lacking:
            return False
        if (self.client and not _is(self.client, subject.client)) or (
            self.board and not _is(self.board, subject.board)
        ):
            return False
        return self.has_words(
            *(subject.ticket, f"{subject.connection} {subject.ticket}", subject.summary, subject.client, subject.board),
            *(rise.tier, rise.to or "final escalation", rise.holder, *rise.asked_by, *rise.reasons, because(rise)),
        )

    def has_words(self, *texts: str) -> bool:
        """Whether one of the texts has what is searched for, in any case."""
        sought = self.q.casefold()
        return not sought or any(sought in text.casefold() for text in texts)


def _is(name: str, found: str) -> bool:
    """Whether a name of an address is that one."""
    return name.casefold() == _name(found).casefold()


def _name(text: str) -> str:
    """A name as an address has it."""
    return " ".join(text.split())[:_LONGEST]


def sought_by(query: Mapping[str, str], wall: Wall, connections: Sequence[str]) -> SoughtDeeds:
    """What an address asks for. Raises HttpProblem 400 for what it cannot ask, with what is wrong."""
    said = {name: _name(query.get(name, "")) for name in _NAMES}
    for name, choices in (("connection", connections), ("reason", tuple(Reason)), ("missing", NOTE_SECTIONS)):
        if said[name] and said[name] not in choices:
            told = f"One of: {', '.join(choices)}." if choices else "There is none."
            raise HttpProblem(400, f"no_such_{name}", f"There is no such {_CALLED[name]}", told)
    return SoughtDeeds(period_of(query, wall), **said, before=_cursor(query.get("before", "")))


_CALLED = {"connection": "connection", "reason": "reason", "missing": "section of a note"}


def cursor_text(cursor: DeedCursor) -> str:
    """An entry as the address names it."""
    return f"{to_micros(cursor.at)}|{cursor.n}|{cursor.connection}"


def _cursor(text: str) -> DeedCursor | None:
    if not text:
        return None
    try:
        moment, n, connection = text.split("|", 2)
        cursor = DeedCursor(from_micros(int(moment)), connection, int(n))
    except (ValueError, OverflowError):
        cursor = None
    if cursor is None or not 0 <= cursor.n < _MOST_ENTRIES:
        raise HttpProblem(400, "no_such_page", "There is no such page", "Begin anew from the first page.")
    return cursor


_MOST_ENTRIES = 2**62
