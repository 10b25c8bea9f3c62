"""Rows of the page Escalations and lines of its sheets: a deed with what is known of its ticket now. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from connector.report.drawings import Rung, ladder_mark
from connector.report.figures import came_of
from connector.report.page import because
from connector.report.sheet import field_of
from connector.report.story import Story, Subject
from connector.report.trail import ToldTicket
from connector.report.words import length_text
from connector.store.records import Key
from connector.web.console.escalations.deeds import FoundOverriding, FoundRise, FoundTraining

_OVERRIDDEN = {"off": "override ended", "no limit": "no limit", "later": "later"}
_TONES = (
    ("open", "running"),
    ("no ", "running"),
    ("resolved", "good"),
    ("plan", "good"),
    ("fixed", "good"),
    ("went up", "escalated"),
)
"""How what came of it begins, and the class of its tone; the rest is told as closed."""


@dataclass(frozen=True, slots=True)
class DeedRow:
    """An escalation as the page shows it. ``tone``, ``came_of_it``: what came of it, in a tone and in words."""

    found: FoundRise
    subject: Subject
    rungs: tuple[Rung, ...]
    because: str
    used: str
    lacking: tuple[str, ...]
    tone: str
    came_of_it: str
    due_at: datetime | None


def deed_row(found: FoundRise, told: ToldTicket | None, places: Mapping[str, tuple[int, int]], of: int) -> DeedRow:
    """The row of an escalation. ``places``: of the tiers on their ladders; ``of``: how many the usual one has."""
    rise = found.rise
    place, rungs = places.get(rise.to, (0, of))
    words, minutes = came_of(_story(found, told), rise)
    after = f" after {length_text(minutes)}" if minutes is not None else ""
    due = (told.snapshot if told else {}).get("due_at")
    is_open = words.startswith("open")
    return DeedRow(
        found,
        _subject(found.subject, told),
        ladder_mark(place, rungs),
        because(rise),
        f"{rise.used_minutes:.0f} of {rise.limit_minutes:.4g} min" if rise.limit_minutes else "",
        rise.lacking,
        _tone(words, is_final=rise.is_final),
        f"{words}{after}",
        datetime.fromisoformat(due) if is_open and isinstance(due, str) else None,
    )


def _story(found: FoundRise, told: ToldTicket | None) -> Story:
    return told.story if told and told.story else Story(found.subject, rises=(found.rise,))


def _subject(said: Subject, told: ToldTicket | None) -> Subject:
    """The ticket as it is known now, or as the entry told of it."""
    return told.subject if told and (told.subject.summary or told.subject.client) else said


def _tone(words: str, *, is_final: bool) -> str:
    if is_final and words.startswith("no "):
        return "overdue"
    return next((tone for begins, tone in _TONES if words.startswith(begins)), "shut")


def how(found: FoundOverriding) -> str:
    """What an override did, in a word or two; why not, where it was refused."""
    one = found.overriding
    return f"refused: {one.refused}" if one.refused else _OVERRIDDEN.get(one.how, one.how)


Line = Sequence[str]

RISE_HEADINGS = (
    *("what", "at", "system", "ticket", "summary", "client", "board", "from", "to", "because", "reasons", "stage"),
    *("limit minutes", "used minutes", "held by", "asked by", "mode", "none recorded", "not documented", "came of it"),
    "link",
)
OVERRIDING_HEADINGS = ("what", "at", "system", "ticket", "summary", "client", "tier", "by", "how", "reason", "refused")
TRAINING_HEADINGS = ("at", "system", "ticket", "summary", "client", "for whom", "topic", "done by", "done at")
GAP_HEADINGS = ("section", "at", "system", "ticket", "summary", "client", "from", "held by")


def rise_line(row: DeedRow) -> Line:
    """The line of an escalation, with a field for each heading."""
    rise, subject = row.found.rise, row.subject
    return _line(
        "escalation" if rise.is_done else "would have been an escalation",
        *_about(rise.at, subject),
        subject.board,
        rise.tier,
        rise.to or "final escalation",
        row.because,
        " & ".join(rise.reasons),
        rise.stage,
        rise.limit_minutes,
        rise.used_minutes,
        rise.holder,
        "; ".join(rise.asked_by),
        rise.mode,
        "; ".join(row.lacking),
        "; ".join(rise.undocumented),
        row.came_of_it,
        subject.link,
    )


def gap_lines(row: DeedRow) -> list[Line]:
    """A line for each section of its note that had nothing to say."""
    rise = row.found.rise
    return [_line(section, *_about(rise.at, row.subject), rise.tier, rise.holder) for section in row.lacking]


def overriding_line(found: FoundOverriding, told: Mapping[Key, ToldTicket]) -> Line:
    """The line of an override."""
    one = found.overriding
    what = "override refused" if one.refused else "override"
    subject = _subject(Subject(*found.key), told.get(found.key))
    return _line(what, *_about(one.at, subject), one.tier, one.by, one.how, one.reason, one.refused)


def training_line(found: FoundTraining, told: Mapping[Key, ToldTicket]) -> Line:
    """The line of a training request."""
    one, tick = found.training, found.tick
    subject = _subject(Subject(*found.key), told.get(found.key))
    return _line(*_about(one.at, subject), one.who, one.topic, *((tick.by, tick.at) if tick else ("", "")))


def _about(at: datetime, subject: Subject) -> tuple[object, ...]:
    return at, subject.connection, subject.ticket, subject.summary, subject.client


def _line(*values: object) -> Line:
    return tuple(map(field_of, values))
