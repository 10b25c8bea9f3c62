"""The five sentences that a manager reads first: what went up, why, when and whose, who made it, what to do. Pure.

Each is true of the figures, word for word: what would have been is never told as what was, and a thing stands out only
where no other one comes to as much.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from connector.model import Reason, Stage
from connector.report.figures import LONG, Figures, Hour
from connector.report.story import Alone
from connector.report.to_do import what_to_do
from connector.report.tone import Tone, tone_of
from connector.report.words import (
    NOT_RECORDED,
    STRONG,
    among,
    count,
    day_name,
    day_text,
    is_or_are,
    joined,
    limit_text,
    moment_text,
    name,
    owed,
    ranked,
    strong,
    top,
    was,
)

_WEEK = timedelta(days=7)

FEW = 2
"""So many escalations are told one by one."""

_STANDS_OUT = 3
"""From so many on, an hour or a day may be the worst."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, or two, in parts: each with whether it is what the eye should fall on."""

    parts: tuple[tuple[str, bool], ...]

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(part for part, _ in self.parts)


def sentences(figures: Figures) -> tuple[Sentence, ...]:
    """The five sentences."""
    tone = tone_of(figures)
    told = (_what_went_up, _why, _when_and_whose, _who_was_warned, what_to_do)
    return tuple(_sentence(one(figures, tone)) for one in told)


def title_of(figures: Figures) -> str:
    """``Report of the week, Mon 19 Oct to Sun 25 Oct 2026``."""
    scope, zone = figures.scope, figures.zone
    since, until = scope.since.astimezone(zone), scope.until.astimezone(zone)
    last = (scope.until - timedelta(microseconds=1)).astimezone(zone)
    what = "Backtest" if scope.is_replayed else "Report"
    is_whole = since.time() == until.time() == since.min.time()
    is_week = is_whole and since.weekday() == 0 and (until.date() - since.date()) == _WEEK
    return f"{what} {'of the week, ' if is_week else 'of '}{day_text(since)} to {day_text(last)} {last.year}"


def _sentence(marked: str) -> Sentence:
    """What stands between two ``STRONG`` is what the eye should fall on."""
    parts = marked.split(STRONG)
    return Sentence(tuple((part, bool(n % 2)) for n, part in enumerate(parts) if part))


# --- what went up ----------------------------------------------------------------------------------------------


def _what_went_up(figures: Figures, tone: Tone) -> str:
    tickets, rises = figures.tickets, figures.rises
    if not tickets:
        left = (
            f"; {count(figures.left_alone, 'ticket')} {was(figures.left_alone)} left alone"
            if figures.left_alone
            else ""
        )
        return f"{strong('No ticket had a clock')} in this time{left}."
    went_up = {Tone.DID: "went up", Tone.WOULD: "would have gone up", Tone.BOTH: "went up, or would have"}[tone]
    if not rises:
        if tickets == 1:
            stayed = {Tone.DID: "did not go up", Tone.WOULD: "would not have gone up", Tone.BOTH: "did not go up"}[tone]
            return f"{strong(f'The one ticket {stayed}')}."
        return f"Of {count(tickets, 'ticket')}, {strong(f'none {went_up}')}."
    return f"{_risen(figures, tone, went_up)}{_from(figures)}. {_finals(figures, tone)}"


def _risen(figures: Figures, tone: Tone, went_up: str) -> str:
    tickets, rises, up = figures.tickets, figures.rises, figures.gone_up
    if tone is Tone.BOTH:
        done = f"{count(figures.done, 'escalation')} {was(figures.done)} done"
        return f"Of {count(tickets, 'ticket')}: {strong(f'{done}, and {figures.would:,} more would have been')}"
    times = "" if up == rises else f", {rises:,} times in all"
    if tickets == 1:
        return strong(f"The one ticket {went_up}{times}")
    if up == tickets:
        return strong(f"All {tickets:,} tickets {went_up}{times}")
    return f"Of {count(tickets, 'ticket')}, {strong(f'{up:,} {went_up}{times}')}"


def _from(figures: Figures) -> str:
    told = [(tier, figures.by_tier[tier]) for tier in figures.tiers if figures.by_tier[tier]]
    if len(told) == 1:
        return f", {'all ' if figures.rises > 1 else ''}from {_tier(told[0][0])}"
    return f": {joined([f'{number:,} from {_tier(tier)}' for tier, number in told])}"


def _tier(tier: str) -> str:
    return "a tier that is not recorded" if tier == NOT_RECORDED else name(tier)


def _finals(figures: Figures, tone: Tone) -> str:
    finals = figures.finals
    if not finals:
        return {
            Tone.DID: "None reached the final escalation.",
            Tone.WOULD: "None would have reached the final escalation.",
            Tone.BOTH: "None reached the final escalation, or would have.",
        }[tone]
    reached = {Tone.DID: "reached", Tone.WOULD: "would have reached", Tone.BOTH: "reached, or would have reached,"}[
        tone
    ]
    who = "It" if figures.rises == 1 else f"{finals:,} of these"
    return f"{who} {reached} the final escalation."


# --- why -------------------------------------------------------------------------------------------------------


def _why(figures: Figures, tone: Tone) -> str:
    if not figures.rises:
        return _how_long(figures)
    asked, by_time = figures.asked_for, figures.by_stage.total()
    first = top(figures.by_stage)
    if first is None or asked > figures.by_stage[first]:
        if asked:
            return f"{strong(f'{_of_all(asked, figures.rises)} {was(asked)} asked for')} by people: {_kinds(figures)}."
        if not by_time and not figures.by_reason:
            return "Why is not recorded."
        if not by_time:
            return f"None of them for want of time: {_kinds(figures)}."
        told = [
            f"{number:,} had no {owed(stage)} in time on {name(tier)}"
            for (tier, stage), number in ranked(figures.by_stage)
        ]
        return f"No stage stood out: {joined(told[:3])}."
    return f"{_breached(figures, *first)}{_still(figures, first)}."


def _how_long(figures: Figures) -> str:
    for (_, tier, stage), lengths in figures.lengths.items():
        if lengths.median is not None:
            ended = "had a plan, or were resolved," if stage is Stage.DIAGNOSIS else "were fixed"
            within = f"within {limit_text(lengths.median)}"
            half = f"Half of the tickets on {name(tier)}"
            return f"{half} {ended} {strong(within)}; the limit is {limit_text(lengths.limit)}."
    return "How long plans and fixes took is not known."


def _kinds(figures: Figures) -> str:
    """Every reason with its number, most first; reasons combine."""
    ranked = sorted(figures.by_reason.items(), key=lambda one: (-one[1], list(Reason).index(one[0])))
    return joined([f"{reason.value.lower()} {number:,}" for reason, number in ranked])


def _breached(figures: Figures, tier: str, stage: Stage) -> str:
    number = figures.by_stage[tier, stage]
    limits = [limit for (there, of, limit) in figures.by_limit if (there, of) == (tier, stage)]
    within = f"within {limit_text(limits[0])}" if len(limits) == 1 else "within the limit"
    return f"{strong(f'{_of_all(number, figures.rises)} had no {owed(stage)} {within}')} on {name(tier)}"


def _still(figures: Figures, key: tuple[str, Stage]) -> str:
    """How many had it long after that still not, where that is known of all of them."""
    number, long_after = figures.by_stage[key], figures.long_after[key]
    limits = [limit for (tier, stage, limit) in figures.by_limit if (tier, stage) == key]
    if figures.known_after[key] < number or len(limits) != 1:
        return ""
    half_again = limit_text(LONG * limits[0]).removesuffix(" minutes")
    after = f"after {half_again}"
    if not long_after:
        return (
            f"; {'it' if number == 1 else 'none of these'} took {'no ' if number == 1 else ''}longer than {half_again}"
        )
    if number == 1:
        return f"; it still had none {after}"
    return f"; {'all' if long_after == number else f'{long_after:,}'} of these still had none {after}"


# --- when and whose --------------------------------------------------------------------------------------------


def _when_and_whose(figures: Figures, tone: Tone) -> str:
    if not figures.rises:
        return _what_was_left(figures)
    if figures.rises <= FEW:
        told = [
            f"ticket {one.subject.ticket}{_of_client(one.subject.client)}{_in(one.subject.connection, figures)}, "
            f"{moment_text(one.rise.at, figures.zone)}"
            for one in figures.listed
        ]
        return f"{'It' if figures.rises == 1 else 'They'} {_would_be(tone, figures.rises)} {joined(told)}."
    return f"{_worst_time(figures, tone)} {_clients(figures)}"


def _of_client(client: str) -> str:
    return f" of {name(client)}" if client.strip() else ""


def _in(connection: str, figures: Figures) -> str:
    return f" ({connection})" if len(figures.scope.connections) > 1 else ""


def _would_be(tone: Tone, number: int) -> str:
    return "would have been" if tone is Tone.WOULD else was(number)


def _what_was_left(figures: Figures) -> str:
    """Where nothing went up, what there was beside it."""
    if not figures.left_alone:
        return "No ticket was left alone."
    told = [f"{number:,} {_ALONE[why]}" for why, number in ranked(figures.alone)]
    return f"{count(figures.left_alone, 'ticket')} {was(figures.left_alone)} left alone: {joined(told)}."


_ALONE = {
    Alone.UNKNOWN: "unknown",
    Alone.NOT_WATCHED: "not watched",
    Alone.PAUSED: "paused for long",
    Alone.ADOPTED: "open before the connector came",
}


def _worst_time(figures: Figures, tone: Tone) -> str:
    was = "would have been" if tone is Tone.WOULD else "was"
    if (hour := top(figures.by_hour)) is not None and figures.by_hour[hour] >= _STANDS_OUT:
        day, begin, end = _widened(figures.by_hour, hour)
        number = sum(figures.by_hour[day, one] for one in range(begin, end))
        which = f"{day_name(day)} from {begin} to {end}"
        return f"{which} {was} the worst: {among(number, figures.rises)}."
    days: Counter[int] = Counter()
    for (day, _), number in figures.by_hour.items():
        days[day] += number
    if (worst := top(days)) is not None and days[worst] >= _STANDS_OUT:
        return f"{day_name(worst)} {was} the worst day: {among(days[worst], figures.rises)}."
    return "No hour and no day stood out."


def _widened(by_hour: Counter[Hour], hour: Hour) -> tuple[int, int, int]:
    """The worst hour of a weekday, with the one beside it that has half as many or more."""
    day, begin = hour
    before, after = by_hour[day, begin - 1], by_hour[day, begin + 1]
    if max(before, after) * 2 < by_hour[hour] or before == after:
        return day, begin, begin + 1
    return (day, begin, begin + 2) if after > before else (day, begin - 1, begin + 1)


def _clients(figures: Figures) -> str:
    known = Counter({client: number for client, number in figures.by_client.items() if client.strip()})
    if not known:
        return "Whose they are is not recorded."
    order = ranked(known)
    if len(order) == 1:
        return f"{_of_all(order[0][1], figures.rises)} {is_or_are(order[0][1])} of {name(order[0][0])}."
    two = order[0][1] + order[1][1]
    if order[1][1] > 1 and two * 5 >= figures.rises * 2 and (len(order) == FEW or order[1][1] > order[2][1]):
        who = joined([name(client) for client, _ in order[:2]])
        return f"{who} have {'all' if two == figures.rises else f'{two:,}'} of them."
    if order[0][1] > max(1, order[1][1]) and order[0][1] * 4 >= figures.rises:
        return f"{name(order[0][0])} has {order[0][1]:,} of them."
    return "No client stood out."


# --- who was warned --------------------------------------------------------------------------------------------


def _who_was_warned(figures: Figures, tone: Tone) -> str:
    warned, written = figures.warned, figures.warned.written
    if not warned.count:
        nobody = "would have been warned" if tone is Tone.WOULD else "was warned"
        return f"No ticket {nobody}."
    if not written:
        begun = f"{count(warned.count, 'ticket')} would have been warned"
    elif written == warned.count:
        begun = f"{count(warned.count, 'ticket')} {was(warned.count)} warned"
    else:
        begun = f"{count(written, 'ticket')} {was(written)} warned, and {warned.count - written:,} more would have been"
    return f"{begun}; {_made(figures)}{'' if written or not warned.made else ', without a warning'}{_rest(figures)}."


def _made(figures: Figures) -> str:
    warned = figures.warned
    if warned.count == 1:
        if warned.open or warned.moved:
            return "it is still open" if warned.open else "it was moved on by people"
        return strong("it was resolved in time" if warned.made else "it was not resolved in time")
    which = "none" if not warned.made else "all" if warned.made == warned.count else f"{warned.made:,}"
    return strong(f"{which} of these {was(warned.made)} resolved in time")


def _rest(figures: Figures) -> str:
    """What became of the others that did not go up."""
    if figures.warned.count == 1:
        return ""
    told = [
        f"{number:,} {is_or_are(number)} still open"
        if what == "open"
        else f"{number:,} {was(number)} moved on by people"
        for what, number in (("open", figures.warned.open), ("moved", figures.warned.moved))
        if number
    ]
    return f"; {joined(told)}" if told else ""


def _of_all(number: int, of: int) -> str:
    """``18 of the 31``, ``All 31``, ``It``."""
    if of == 1 and number == 1:
        return "It"
    return f"All {of:,}" if number == of else among(number, of)
