"""Which tickets a number is of: for each group of escalations the tickets, as far as they are listed. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from itertools import count as numbers
from typing import TypeVar

from connector.report.figures import Figures, ListedRise
from connector.report.story import Alone, Subject
from connector.report.words import day_name, name, ranked

_MOST_ROWS = 15
"""So many clients or boards stand one by one."""

_MOST_FOUND = 24
"""So many tickets are named behind one number."""

_Key = TypeVar("_Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class NamedTicket:
    """A ticket behind a number, and the row where it stands; no ``anchor`` where it stands in no list."""

    subject: Subject
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A number with its tickets. ``tickets``: of how many, where that is told; ``more``: tickets that are not named."""

    id: str
    name: str
    number: int
    found: tuple[NamedTicket, ...] = ()
    tickets: int = 0
    second: str = ""

    @property
    def more(self) -> int:
        """How many of the number's are not named here."""
        return self.number - len(self.found)


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups of a report, each list in its order; ``hours`` by weekday and hour."""

    tiers: tuple[Group, ...]
    reasons: tuple[Group, ...]
    boards: tuple[Group, ...]
    clients: tuple[Group, ...]
    hours: tuple[Group, ...]
    missing: tuple[Group, ...]
    alone: tuple[Group, ...]
    managers: tuple[Group, ...]
    trainings: tuple[Group, ...]
    made: Group

    @staticmethod
    def hour_id(day: int, hour: int) -> str:
        """The id of an hour's group."""
        return f"hour-{day}-{hour}"


def groups_of(figures: Figures) -> Groups:
    """Every number of the figures that has tickets behind it."""
    rises = [(f"rise-{n}", one) for n, one in enumerate(figures.listed)]
    board = _groups("board", figures.by_board, rises, lambda one: [(one.subject.connection, one.subject.board)])
    client = _groups("client", figures.by_client, rises, lambda one: [one.subject.client])
    return Groups(
        tiers=tuple(_named(_groups("tier", figures.by_tier, rises, lambda one: [one.rise.tier]))),
        reasons=tuple(_named(_groups("reason", figures.by_reason, rises, lambda one: one.rise.reasons))),
        boards=tuple(_with_tickets("board", board, figures.tickets_by_board, lambda key: _board_name(*key))),
        clients=tuple(_with_tickets("client", client, figures.tickets_by_client, name)),
        hours=tuple(
            Group(Groups.hour_id(*hour), f"{day_name(hour[0])}, {hour[1]} to {hour[1] + 1}", group.number, group.found)
            for hour, group in sorted(
                _groups("hour", figures.by_hour, rises, lambda one: [_hour_of(figures, one)]).items()
            )
        ),
        missing=tuple(_named(_groups("missing", figures.missing, rises, lambda one: one.rise.missing or ()))),
        alone=tuple(_alone(figures)),
        managers=tuple(_managers(figures)),
        trainings=tuple(_trainings(figures)),
        made=Group("made", "", figures.warned.made, _cut(NamedTicket(one) for one in figures.listed_made)),
    )


def _groups(
    prefix: str,
    counter: Counter[_Key],
    rises: Iterable[tuple[str, ListedRise]],
    keys: Callable[[ListedRise], Iterable[_Key]],
) -> dict[_Key, Group]:
    """A group for each key of the counter, the most frequent first."""
    found: dict[_Key, list[NamedTicket]] = {}
    for anchor, one in rises:
        for key in dict.fromkeys(keys(one)):
            found.setdefault(key, []).append(NamedTicket(one.subject, anchor))
    ids = numbers(1)
    return {
        key: Group(f"{prefix}-{next(ids)}", str(key), number, _cut(found.get(key, ())))
        for key, number in ranked(counter)
    }


def _cut(found: Iterable[NamedTicket]) -> tuple[NamedTicket, ...]:
    return tuple(found)[:_MOST_FOUND]


def _named(groups: dict[_Key, Group]) -> Iterable[Group]:
    return groups.values()


def _with_tickets(
    prefix: str, groups: dict[_Key, Group], tickets: Counter[_Key], told: Callable[[_Key], str]
) -> Iterable[Group]:
    """Each with how many tickets it had, those with the most escalations first; the rest in one row."""
    order = sorted(tickets, key=lambda key: (-groups[key].number if key in groups else 0, -tickets[key], str(key)))
    for n, key in enumerate(order[:_MOST_ROWS]):
        group = groups.get(key, Group(f"{prefix}-none-{n}", "", 0))
        yield Group(group.id, told(key), group.number, group.found, tickets[key])
    if rest := order[_MOST_ROWS:]:
        number = sum(groups[key].number for key in rest if key in groups)
        found = _cut(one for key in rest if key in groups for one in groups[key].found)
        yield Group(f"{prefix}-rest", f"{len(rest):,} more", number, found, sum(tickets[key] for key in rest))


def _board_name(connection: str, board: str) -> str:
    return f"{connection}, {name(board)}"


def _hour_of(figures: Figures, one: ListedRise) -> tuple[int, int]:
    local = one.rise.at.astimezone(figures.zone)
    return local.weekday(), local.hour


def _alone(figures: Figures) -> Iterable[Group]:
    for n, (why, number) in enumerate(ranked(figures.alone), 1):
        because = [
            f"{name(detail)}{f' ({times:,})' if times < number else ''}" for detail, times in _details(figures, why)
        ]
        found = _cut(NamedTicket(subject) for subject, _ in figures.listed_alone[why])
        yield Group(f"alone-{n}", why.value.capitalize(), number, found, second="; ".join(because[:3]))


def _details(figures: Figures, why: Alone) -> Iterable[tuple[str, int]]:
    return [(detail, times) for detail, times in ranked(figures.alone_because[why]) if detail]


def _managers(figures: Figures) -> Iterable[Group]:
    """Who overrode, how often, and how often that was refused."""
    for n, (by, number) in enumerate(ranked(figures.applied_by + figures.refused_by), 1):
        refused = figures.refused_by[by]
        found = [NamedTicket(subject) for subject, one in figures.listed_overridings if one.by == by]
        second = f"{refused:,} of these not applied" if refused else ""
        yield Group(f"manager-{n}", name(by), number, _cut(found), second=second)


def _trainings(figures: Figures) -> Iterable[Group]:
    for n, ((who, topic), number) in enumerate(ranked(figures.trainings_of), 1):
        found = [
            NamedTicket(subject) for subject, one in figures.listed_trainings if (one.who, one.topic) == (who, topic)
        ]
        yield Group(f"training-{n}", name(who), number, _cut(found), second=name(topic))
