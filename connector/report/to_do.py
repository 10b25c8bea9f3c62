"""What to do by the figures: before switching on, or next. The last of the five sentences. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from connector.report.figures import Figures
from connector.report.lengths import OtherLimit
from connector.report.story import Alone
from connector.report.tone import Tone, is_on
from connector.report.words import among, count, length_text, limit_text, name, owed, ranked, strong, top, was
from connector.wording import NOTE_SECTIONS

_WRITTEN_DOWN = NOTE_SECTIONS[2:5]
"""What a technician can be asked to write down."""

_OFTEN = 3
"""What came less often is no habit."""

_MOST_TO_DO = 2


def what_to_do(figures: Figures, tone: Tone) -> str:
    """At most two things, the most pressing first; that nothing is to be done where nothing is."""
    if not figures.tickets:
        return "Nothing to go by yet: look again when tickets have come."
    to_do = list(_to_do(figures))[:_MOST_TO_DO]
    when = "Next" if is_on(figures) else "Before you switch on"
    if figures.scope.is_replayed:
        when = "Before you choose these limits"
    elif tone is Tone.BOTH:
        when = "Before you switch on the rest"
    if to_do:
        return f"{when}: {', and '.join(to_do)}."
    if is_on(figures):
        return "By these figures nothing needs to be changed."
    fine = (
        "Nothing stands against these limits"
        if figures.scope.is_replayed
        else ("Nothing stands in the way of switching on")
    )
    return f"{strong(fine)}: {_how_many(figures)}."


def _to_do(figures: Figures) -> Iterator[str]:
    rises, has_to_switch = figures.rises, not is_on(figures)
    if figures.assumed:
        words, number = ranked(figures.assumed)[0]
        yield f"look at what was assumed ({name(words)}): {among(number, rises)} {_rests(number)} on it (†)"
    if unknown := figures.alone[Alone.UNKNOWN]:
        yield f"see why {count(unknown, 'ticket')} could not be judged"
    if has_to_switch and figures.never_planned * 3 >= max(rises, 3):
        yield (
            f"have plans written down (“Plan: …” in a note): {among(figures.never_planned, rises)} "
            f"{was(figures.never_planned)} resolved without one"
        )
    elif choice := (_choice(figures) if has_to_switch else _habit(figures)):
        yield choice
    named = [one for one in ranked(figures.trainings_of) if one[0][0].strip()]  # of others it was forgotten
    if named:
        (who, topic), number = named[0]
        asked = (
            f"{number:,} of {count(figures.trainings, 'training request')} {'asks' if number == 1 else 'ask'} for it"
        )
        yield f"teach {name(who)}: {name(topic)} ({asked})"
    lacking = Counter({section: figures.missing[section] for section in _WRITTEN_DOWN if figures.missing[section]})
    if lacking:
        section, number = ranked(lacking)[0]
        if number * 2 >= figures.notes and number >= _OFTEN:
            yield f"have “{section}” written down: {among(number, figures.notes)} notes {_have(figures)} none"


def _habit(figures: Figures) -> str:
    """The stage that most went up in, where it is a habit."""
    first = top(figures.by_stage)
    if first is None or figures.by_stage[first] < _OFTEN or figures.by_stage[first] * 2 < figures.rises:
        return ""
    tier, stage = first
    return f"see what keeps {name(tier)} from a {owed(stage)} in time ({among(figures.by_stage[first], figures.rises)})"


def _have(figures: Figures) -> str:
    return "had" if figures.done == figures.rises and not figures.scope.is_replayed else "would have had"


def _choice(figures: Figures) -> str:
    """The next longer limit of the stage that most went up in, where it would have caught a third less or fewer."""
    first = top(figures.by_stage)
    if first is None:
        return ""
    found = [lengths for (_, tier, stage), lengths in figures.lengths.items() if (tier, stage) == first]
    if len(found) != 1 or found[0].scaled or found[0].assumed:
        return ""
    lengths, (tier, stage) = found[0], first
    now = lengths.longer_than(lengths.limit)
    for other in lengths.other_limits():
        if other.minutes > lengths.limit and (saved := now.least - other.most) * 3 >= max(now.least, 3 * _OFTEN):
            there = f"for the {owed(stage)} on {name(tier)}"
            fewer = f"with {other.minutes:g}, {saved:,} fewer would have taken longer{_took(other)}"
            return f"choose {lengths.limit:g} or {limit_text(other.minutes)} {there}: {fewer}"
    return ""


def _took(other: OtherLimit) -> str:
    return f" (half of the rest took {length_text(other.median)})" if other.median is not None else ""


def _how_many(figures: Figures) -> str:
    """``3 to 4 would have gone up a working day``; over all the time where there was less than one a day."""
    number, days, more = figures.would, figures.working_days, " more" if figures.done else ""
    if not number:
        return f"nothing{more} would have gone up"
    if number < days or days < 1:
        return f"{number:,}{more} would have gone up in {count(days, 'working day')}"
    low, high = number // days, -(-number // days)
    return f"{low:,}{f' to {high:,}' if high > low else ''}{more} would have gone up a working day"


def _rests(number: int) -> str:
    return "rests" if number == 1 else "rest"
