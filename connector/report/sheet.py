"""A report as a sheet: one line a stint, an escalation, an override, a training request, a ticket left alone. Pure.

Every number of a report can be counted from it. Moments are in UTC, in ISO 8601; lengths are working minutes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime

from connector.report.story import Overriding, Rise, StintRow, Story
from connector.terminal import cell

HEADINGS = (
    "what",
    "system",
    "ticket",
    "summary",
    "client",
    "board",
    "link",
    "assumed",
    "at",
    "tier",
    "ladder",
    "stint",
    "by",
    "until",
    "how it ended",
    "plan minutes",
    "plan limit",
    "fix minutes",
    "fix limit",
    "worked minutes",
    "paused minutes",
    "warned",
    "to",
    "reasons",
    "stage",
    "limit minutes",
    "used minutes",
    "mode",
    "counted",
    "detail",
)

_Cells = dict[str, object]


def lines_of(story: Story) -> Iterator[tuple[str, ...]]:
    """The lines of one ticket, each with a field for each heading."""
    subject = story.subject
    about: _Cells = {
        "system": subject.connection,
        "ticket": subject.ticket,
        "summary": subject.summary,
        "client": subject.client,
        "board": subject.board,
        "link": subject.link,
        "assumed": "; ".join(subject.assumed),
    }
    for cells in _all(story):
        full = {**about, **cells}
        yield tuple(field_of(full.get(heading)) for heading in HEADINGS)


def written(lines: Iterable[Iterable[str]]) -> str:
    """Lines as the text of a sheet (CSV); nothing in it is a formula."""
    text = io.StringIO()
    csv.writer(text).writerows(map(cell, line) for line in lines)
    return text.getvalue()


def _all(story: Story) -> Iterator[_Cells]:
    counted = story.counted_rises
    yield from map(_stint, story.stints)
    for rise in story.rises:
        yield {**_rise(rise), "counted": "yes" if rise in counted else "no: not the first of its stint"}
    for rise in story.compared:
        other = "would have been an escalation under the policy compared with"
        yield {**_rise(rise), "what": other, "counted": "no: under the other policy"}
    yield from map(_overriding, story.overridings)
    for one in story.trainings:
        yield {"what": "training request", "at": one.at, "by": one.who, "detail": one.topic}
    if story.left_alone is not None:
        left = story.left_alone
        counted_only = f" ({left.tickets} tickets)" if left.tickets > 1 else ""
        yield {"what": "left alone", "at": left.since, "detail": f"{left.why}: {left.detail}{counted_only}"}


def _stint(row: StintRow) -> _Cells:
    warned = ("written" if row.is_warning_written else "would have been") if row.was_warned else ""
    return {
        "what": "stint",
        "at": row.began_at,
        "tier": row.tier,
        "ladder": row.ladder,
        "stint": row.key,
        "by": row.holder,
        "until": row.ended_at,
        "how it ended": row.how_ended,
        "plan minutes": row.plan_minutes,
        "plan limit": row.plan_limit,
        "fix minutes": row.fix_minutes,
        "fix limit": row.fix_limit,
        "worked minutes": row.worked_minutes,
        "paused minutes": row.paused_minutes,
        "warned": warned,
        "detail": row.ended_by,
    }


def _rise(rise: Rise) -> _Cells:
    lacking = [*rise.undocumented, *(f"{section}: none recorded" for section in rise.missing or ())]
    return {
        "what": "escalation" if rise.is_done else "would have been an escalation",
        "at": rise.at,
        "tier": rise.tier,
        "stint": rise.stint,
        "by": "; ".join(rise.asked_by),
        "to": rise.to or "final escalation",
        "reasons": " & ".join(rise.reasons),
        "stage": rise.stage,
        "limit minutes": rise.limit_minutes,
        "used minutes": rise.used_minutes,
        "mode": rise.mode,
        "detail": "; ".join(lacking),
    }


def _overriding(one: Overriding) -> _Cells:
    what = "override refused" if one.refused else "override"
    detail = one.refused or f"{one.how}: {one.reason}"
    return {"what": what, "at": one.at, "by": one.by, "tier": one.tier, "detail": detail}


def field_of(value: object) -> str:
    """A value as a field of a sheet."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    return f"{round(value, 2):g}" if isinstance(value, float) else str(value)
