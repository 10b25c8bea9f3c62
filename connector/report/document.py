"""The figures of a report as a document for a program to read. Pure. Moments are in ISO 8601, in UTC."""

from __future__ import annotations

from typing import Any

from connector.report.figures import Figures, ListedRise
from connector.report.lengths import Lengths, LengthsKey
from connector.report.sentences import sentences
from connector.report.story import HowEnded, Rise, Subject
from connector.report.tone import tone_of
from connector.report.words import day_name


def document_of(figures: Figures) -> dict[str, Any]:
    """All that is counted, and what is listed; names as they are, the most frequent first."""
    scope = figures.scope
    return {
        "since": scope.since.isoformat(),
        "until": scope.until.isoformat(),
        "made_at": scope.made_at.isoformat(),
        "zone": scope.zone,
        "systems": list(scope.connections),
        "modes": {name: mode.value for name, mode in scope.modes},
        "is_replayed": scope.is_replayed,
        "tells_of": tone_of(figures).value,
        "sentences": [one.text for one in sentences(figures)],
        "tickets": figures.tickets,
        "working_days": figures.working_days,
        "escalations": {
            "done": figures.done,
            "would_have_been": figures.would,
            "tickets": figures.gone_up,
            "final": figures.finals,
            "asked_for": figures.asked_for,
            "resting_on_assumptions": figures.resting,
            "by_tier": {tier: figures.by_tier[tier] for tier in figures.tiers if figures.by_tier[tier]},
            "by_reason": {reason.value: number for reason, number in figures.by_reason.most_common()},
            "by_client": dict(figures.by_client.most_common()),
            "by_board": [
                {"system": system, "board": board, "escalations": number}
                for (system, board), number in figures.by_board.most_common()
            ],
            "by_hour": [
                {"day": day_name(day), "hour": hour, "escalations": number}
                for (day, hour), number in sorted(figures.by_hour.items())
            ],
        },
        "tickets_by_client": dict(figures.tickets_by_client.most_common()),
        "stints": {
            tier: {how.value: figures.held[tier, how] for how in HowEnded if figures.held[tier, how]}
            for tier in figures.tiers
            if any(figures.held[tier, how] for how in HowEnded)
        },
        "warned": {
            "tickets": figures.warned.count,
            "written": figures.warned.written,
            "resolved_in_time": figures.warned.made,
            "went_up": figures.warned.went_up,
            "moved_by_people": figures.warned.moved,
            "open": figures.warned.open,
        },
        "stages": [_stage(key, lengths) for key, lengths in figures.lengths.items()],
        "missing": dict(figures.missing.most_common()),
        "undocumented": dict(figures.undocumented.most_common()),
        "overrides": {"applied_by": dict(figures.applied_by), "refused_by": dict(figures.refused_by)},
        "training_requests": [
            {"who": who, "topic": topic, "requests": number}
            for (who, topic), number in figures.trainings_of.most_common()
        ],
        "left_alone": {why.value: number for why, number in figures.alone.most_common()},
        "left_alone_because": {why.value: dict(figures.alone_because[why].most_common()) for why in figures.alone},
        "assumed": dict(figures.assumed.most_common()),
        "cannot_tell": list(scope.cannot_tell),
        "listed": [_listed(one) for one in figures.listed],
    }


def _stage(key: LengthsKey, lengths: Lengths) -> dict[str, Any]:
    ladder, tier, stage = key
    return {
        "ladder": ladder,
        "tier": tier,
        "stage": stage.value,
        "limit_minutes": lengths.limit,
        "steps": list(lengths.steps),
        "past_limit": lengths.past,
        "median_minutes": lengths.median,
        "other_limits": [
            {"minutes": one.minutes, "took_longer_at_least": one.least, "took_longer_at_most": one.most}
            for one in lengths.other_limits()
        ],
    }


def _listed(one: ListedRise) -> dict[str, Any]:
    return {
        **_subject(one.subject),
        **rise_document(one.rise),
        "came_of_it": one.came_of_it,
        "after_minutes": one.after_minutes,
    }


def rise_document(rise: Rise) -> dict[str, Any]:
    """An escalation, done or not, as it was when it was due."""
    return {
        "at": rise.at.isoformat(),
        "is_done": rise.is_done,
        "mode": rise.mode.value,
        "from": rise.tier,
        "to": rise.to or None,
        "reasons": [reason.value for reason in rise.reasons],
        "stage": rise.stage.value,
        "limit_minutes": rise.limit_minutes,
        "used_minutes": rise.used_minutes,
        "missing": None if rise.missing is None else list(rise.missing),
        "undocumented": list(rise.undocumented),
        "asked_by": list(rise.asked_by),
    }


def _subject(subject: Subject) -> dict[str, Any]:
    return {
        "system": subject.connection,
        "ticket": subject.ticket,
        "summary": subject.summary,
        "client": subject.client,
        "board": subject.board,
        "link": subject.link,
        "assumed": list(subject.assumed),
    }
