"""What the statuses of the tiers' homes mean, as each ticket system tells it and the policy corrects it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from connector.errors import ConnectorError, Unreachable
from connector.model import Lane, PlacedStatus
from connector.notes.phrases import MEANINGS
from connector.policy.policy import Policy
from connector.store.outages import back_since
from connector.store.troubles import TroubleKind, Troubles
from connector.systems.kept import KEEP_SECONDS, Kept, KeptEach
from connector.systems.lanes import in_lane
from connector.turn.explaining.account import Explainer
from connector.web.console.parts import ConsoleParts
from connector.web.deps import Deps
from connector.web.patience import answered_within

PATIENCE_SECONDS = 6.0
"""How long the ticket system's answer is waited for."""

FAILED_SECONDS = 30.0
"""How long it is told that there was none, before it is looked for again."""


@dataclass(frozen=True, slots=True)
class StatusGroupRow:
    """The statuses of one group: its name, and each status with whether it was assumed."""

    group: str
    statuses: Sequence[tuple[str, bool]]


@dataclass(frozen=True, slots=True)
class StatusesAt:
    """The statuses of homes that have the same ones. ``why_not``: why nobody can tell."""

    connection: str
    places: Sequence[str]
    rows: Sequence[StatusGroupRow] = ()
    why_not: str = ""

    @property
    def assumed(self) -> int:
        """How many were assumed."""
        return sum(is_assumed for row in self.rows for _, is_assumed in row.statuses)


class StatusGroups:
    """Asks each connected system, in a lane behind everything that is due. Safe for several threads."""

    def __init__(self, deps: Deps, parts: ConsoleParts) -> None:
        make = parts.explainer_of
        explainers = {name: make(name) for name in parts.modes} if make else {}
        self._store = deps.mailbox.store
        self._answers = {
            name: Kept(_answering(name, one, parts.policy), deps.monotonic, KEEP_SECONDS)
            for name, one in explainers.items()
        }
        # A failure is kept, too, for a while: who looks at the page asks a system that is slow no more often.
        self._looks = {
            name: KeptEach(_in_time(name, answer), deps.monotonic, FAILED_SECONDS)
            for name, answer in self._answers.items()
        }

    def all(self) -> list[StatusesAt]:
        """What each says, or why it does not. Raises StoreUnavailable."""
        down = {one.connection: one for one in Troubles(self._store).all() if one.kind is TroubleKind.CONNECTION_DOWN}
        found: list[StatusesAt] = []
        for name in sorted(self._looks):
            if name in down and back_since(down[name]) is None:
                found.append(StatusesAt(name, (), why_not=down[name].cause))
            else:
                found += self._looks[name].get(name)
        return found


def _in_time(name: str, answer: Kept[Sequence[StatusesAt]]) -> Callable[[str], Sequence[StatusesAt]]:
    """What is kept, or asked for now and waited for for a moment; what comes later is kept for the next look."""
    within = answered_within(PATIENCE_SECONDS, lambda _: answer.get(), _late)

    def look(_: str) -> Sequence[StatusesAt]:
        try:
            return within(name)
        except ConnectorError as error:
            return [StatusesAt(name, (), why_not=str(error))]

    return look


def _answering(name: str, explainer: Explainer, policy: Policy) -> Callable[[], Sequence[StatusesAt]]:
    def ask() -> Sequence[StatusesAt]:
        directory, homes = explainer.reader.system.directory, explainer.reader.homes
        alike: dict[tuple[object, ...], tuple[list[PlacedStatus], list[str]]] = {}
        with in_lane(Lane.LOOKS):
            for place in homes.current().every_place:
                found = directory.statuses(place)
                key = tuple((one.status.name, one.status.group, one.is_assumed) for one in found)
                alike.setdefault(key, (found, []))[1].append(str(place))
        return [StatusesAt(name, places, _rows(found, policy)) for found, places in alike.values()]

    return ask


def _rows(found: Sequence[PlacedStatus], policy: Policy) -> list[StatusGroupRow]:
    said = policy.status_groups
    rows = []
    for group, words in MEANINGS.items():
        of_group = [
            (one.status.name, one.is_assumed and one.status.name.casefold() not in said)
            for one in found
            if policy.group_of(one.status) is group
        ]
        if of_group:
            rows.append(StatusGroupRow(words, of_group))
    return rows


def _late() -> Exception:
    return Unreachable(f"no answer within {PATIENCE_SECONDS:.0f} s")
