"""A report as one HTML file that needs nothing else: five sentences, figures, drawings with their numbers, lists.

What comes from tickets is escaped and holds no sign that turns text around; a link leads to a ticket system alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from connector.model import Mode, Reason, Stage
from connector.report.choosing.catching import Catch
from connector.report.choosing.compare import Comparison, Turn
from connector.report.drawings import LengthsDrawing, Rung, heat, ladder_mark, lengths_drawing
from connector.report.figures import Figures, ListedRise
from connector.report.index import groups_of
from connector.report.lengths import Lengths, LengthsKey, OtherLimit
from connector.report.limitations import limitations
from connector.report.sentences import sentences, title_of
from connector.report.story import HowEnded, Rise, Subject
from connector.report.tone import Tone, modes_at, tone_of
from connector.report.words import NOT_RECORDED, count, day_name, joined, length_text, moment_text, name, owed
from connector.terminal import shown

_MOST_OTHER_LIMITS = 3
"""Of so many stages, those with the most past their limit, a table says what other limits would have caught."""

_OFTEN = 3
"""What came less often past its limit is no ground for another one."""

_LINKS = ("https://", "http://")


@dataclass(frozen=True, slots=True)
class DrawnStage:
    """A stage of a tier, as its drawing and its row of numbers need it."""

    id: str
    title: str
    stage: Stage
    rungs: tuple[Rung, ...]
    lengths: Lengths
    drawing: LengthsDrawing


@dataclass(frozen=True, slots=True)
class _OtherLimits:
    """What other limits of a stage would have caught."""

    id: str
    title: str
    owed: str
    rows: tuple[tuple[OtherLimit, str, str, bool], ...]


@dataclass(frozen=True, slots=True)
class WentWords:
    """How a report says that something went up, in its tone."""

    heading: str
    column: str
    figure: str
    warned: str
    were_warned: str
    made: str
    tone: str


WENT = {
    Tone.DID: WentWords("What went up", "Went up", "went up", "warned", "that were warned", "made it", "escalated"),
    Tone.WOULD: WentWords(
        "What would have gone up",
        "Would have gone up",
        "would go up",
        "would be warned",
        "that would have been warned",
        "made it anyway",
        "would",
    ),
    Tone.BOTH: WentWords(
        "What went up, or would have",
        "Went up, or would have",
        "went up, or would",
        "warned, or would be",
        "that were warned, or would have been",
        "made it",
        "would",
    ),
}


def page(figures: Figures, sheet: str, comparison: Comparison | None = None, catches: Sequence[Catch] = ()) -> str:
    """The page. ``sheet``: the command that writes every row, for what no list has room for.

    ``comparison``: with another policy; ``catches``: the limits that would have caught what took too long.
    """
    tone = tone_of(figures)
    stages = stages_of(figures)
    hours, days = heat(figures.by_hour)
    template = _templates().get_template("report.html")
    return template.render(
        figures=figures,
        scope=figures.scope,
        title=title_of(figures),
        state=_state(figures),
        about=_about(figures),
        sentences=sentences(figures),
        went=WENT[tone],
        tone=tone.value,
        stages=stages,
        other_limits=_other_limits(figures, stages),
        hours=hours,
        days=[(day, day_name(day)[:3], cells) for day, cells in days],
        all_of=lambda day: sum(number for (on, _), number in figures.by_hour.items() if on == day),
        groups=groups_of(figures),
        tiers=tiers_held(figures),
        rises=[_rise(figures, n, one) for n, one in enumerate(figures.listed)],
        limitations=limitations(figures, sheet),
        sheet=sheet,
        comparison=comparison,
        turns=list(Turn),
        catches=catches,
        too_long=catches[0].too_long if catches else 0,
        moment=partial(moment_text, zone=figures.zone),
    )


@cache
def _templates() -> Environment:
    made = Environment(
        loader=PackageLoader("connector.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_harmless,
    )
    filters: Mapping[str, Callable[..., Any]] = {
        "lasting": length_text,
        "counted": count,
        "name": name,
        "joined": joined,
        "number": lambda value: f"{value:,}",
        "limit": lambda minutes: f"{minutes:.4g}",
        "owed": owed,
        "link": link,
    }
    made.filters.update(filters)
    return made


def _harmless(value: Any) -> Any:
    """Without signs that turn text around, and without secrets; what is our own markup stays."""
    return shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def link(subject: Subject) -> str:
    """Where a ticket is found; empty for whatever is no address of a page."""
    return subject.link if subject.link.startswith(_LINKS) else ""


def _state(figures: Figures) -> tuple[str, str]:
    """The class and the words of what was done."""
    scope = figures.scope
    if scope.is_replayed:
        return "would", "past tickets, replayed: nothing of this happened"
    modes = modes_at(figures)
    every = set(modes.values())
    if every == {Mode.ENFORCE}:
        return "good", "enforce mode: what is told here was done" if not figures.would else "enforce mode by now"
    if every == {Mode.WARN}:
        return "would", "warn mode: warnings were written, nothing was moved"
    if every <= {Mode.OBSERVE} and not figures.done:
        return "would", "observe mode: nothing was written"
    by = (
        dict(scope.modes)
        if len({mode for _, mode in scope.modes}) > 1
        else {tier: mode for (_, tier), mode in modes.items()}
    )
    return "would", f"a pilot: {joined([f'{name(one)} in {mode} mode' for one, mode in by.items()])}"


def _about(figures: Figures) -> str:
    scope, zone = figures.scope, figures.zone
    limits = [
        f"{name(tier.name)} {tier.diagnosis_minutes:.4g} and {tier.fix_minutes:.4g} min"
        for (ladder, _), tier in figures.usual.items()
        if not ladder
    ]
    short = scope.made_at.astimezone(zone).tzname() or ""
    times = f"all times {scope.zone}" + (f" ({short})" if short and short != scope.zone else "")
    made = f"made {moment_text(scope.made_at, zone)}"
    return " · ".join([joined(scope.connections), *limits, times, "minutes are working minutes", made])


def stages_of(figures: Figures) -> list[DrawnStage]:
    """The stages of the tiers that took some time, each drawn against its limit."""
    drawn = [(key, lengths) for key, lengths in figures.lengths.items() if lengths.count]
    return [
        DrawnStage(
            f"lengths-{n}", _stage_title(key), key[2], _rungs(figures, *key[:2]), lengths, lengths_drawing(lengths)
        )
        for n, (key, lengths) in enumerate(drawn, 1)
    ]


def _stage_title(key: LengthsKey) -> str:
    ladder, tier, stage = key
    where = f"{name(tier)}, ladder {name(ladder)}" if ladder else name(tier)
    return f"{where}: {'to the plan' if stage is Stage.DIAGNOSIS else 'to the fix'}"


def _rungs(figures: Figures, ladder: str, tier: str) -> tuple[Rung, ...]:
    names = [name for of, name in figures.usual if of == ladder]
    return ladder_mark(names.index(tier) + 1 if tier in names else 0, len(names))


def _other_limits(figures: Figures, stages: list[DrawnStage]) -> list[_OtherLimits]:
    """Of the stages with the most past their limit."""
    most = sorted((one for one in stages if one.lengths.past >= _OFTEN), key=lambda one: -one.lengths.past)[
        :_MOST_OTHER_LIMITS
    ]
    return [
        _OtherLimits(f"other-{one.id}", one.title, owed(one.stage), tuple(_other_rows(one.lengths))) for one in most
    ]


def _other_rows(lengths: Lengths) -> list[tuple[OtherLimit, str, str, bool]]:
    """Each limit with how many took longer, by how many that is more or fewer than now, and whether it is in force."""
    now = lengths.longer_than(lengths.limit)
    rows = []
    for other in lengths.other_limits():
        is_now = other.minutes == lengths.limit
        difference = "" if is_now else _between(other.least - now.least, other.most - now.most, "+,")
        rows.append((other, _between(other.least, other.most, ","), difference, is_now))
    return rows


def _between(least: int, most: int, form: str) -> str:
    low, high = (format(number, form if number else ",").replace("-", "−") for number in sorted((least, most)))
    return low if low == high else f"{low} to {high}"


def tiers_held(figures: Figures) -> list[tuple[str, int, int, int, int, int]]:
    """Each tier that held something: stints, and of these resolved there, gone up, moved by people, still there."""
    ways = (HowEnded.RESOLVED, HowEnded.WENT_UP, HowEnded.MOVED, HowEnded.RUNNING)
    rows = []
    for tier in figures.tiers:
        resolved, went_up, moved, running = (figures.held[tier, how] for how in ways)
        if total := resolved + went_up + moved + running:
            rows.append((tier, total, resolved, went_up, moved, running))
    return rows


def _rise(figures: Figures, n: int, one: ListedRise) -> dict[str, Any]:
    rise = one.rise
    after = f" after {length_text(one.after_minutes)}" if one.after_minutes is not None else ""
    return {
        "id": f"rise-{n}",
        "subject": one.subject,
        "from": rise.tier,
        "to": rise.to or "final escalation",
        "is_done": rise.is_done,
        "at": moment_text(rise.at, figures.zone),
        "because": because(rise),
        "came_of_it": f"{one.came_of_it}{after}",
    }


def because(rise: Rise) -> str:
    """``no plan in 30 min``, ``knowledge, asked for by tess``; ``not recorded`` where that was forgotten."""
    told = [reason.value.lower() for reason in rise.reasons if reason is not Reason.TIME]
    if Reason.TIME in rise.reasons:
        told.insert(0, f"no {owed(rise.stage)} in {rise.limit_minutes:.4g} min")
    asked = f", asked for by {joined(rise.asked_by)}" if rise.asked_by else ""
    return f"{joined(told)}{asked}" or NOT_RECORDED
