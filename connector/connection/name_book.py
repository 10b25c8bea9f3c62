"""The names of a policy besides homes, held against what a ticket system has: people, statuses, priorities.

A manager, a status that was placed and a priority with a factor are names that any connected system may know: what none
of them knows is wrong. What could not be asked is not wrong: it is neither told nor over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from connector.connection.homes import HomeBook
from connector.connection.names import Staff, first_known
from connector.errors import Busy, ConnectorError, Temporary, UnknownName, Unreachable
from connector.model import Person, Place
from connector.policy.policy import LEAST_LOADED, QUEUE, ROUND_ROBIN, Homes, Policy, Tier
from connector.systems.contract import Connection

STATUS_MISSING_FOR = timedelta(hours=24)
"""So long a status that was placed has to be missing after it was there: a system may know one only while a ticket is
in it."""


class NotActive(UnknownName):
    """A configured person is there, and not active any more."""

    def __init__(self, name: str) -> None:
        super().__init__("member who is active", name)
        self.cause = "a configured person is not active any more"


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A configured name that does not resolve. ``cause``: why and what it is for, in words that name no person;
    ``why``: the same with the name, and what is near; ``effects``: what does not happen until it is mended.
    """

    cause: str
    why: str
    effects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RollCall:
    """What came of asking for every name. ``wrong``: those that do not resolve, ``unasked``: those that nobody could be
    asked for, by kind and name; ``failure``: why not, where the connection itself may be to blame.
    """

    wrong: Mapping[str, Unresolved]
    unasked: frozenset[str]
    failure: ConnectorError | None = None


@dataclass(frozen=True, slots=True)
class _Use:
    """One thing that a name is configured for. ``ask`` raises UnknownName where it does not resolve."""

    key: str
    what_for: str
    effect: str
    ask: Callable[[], object]
    may_come_and_go: bool = False


@dataclass
class NameBook:
    """Looks the names of a policy up in one ticket system, from one thread at a time.

    ``others``: those of the other connected systems. ``has_shared``: whether names that any system may know are this
    one's to look at.
    """

    connection: Connection
    policy: Policy
    staff: Staff
    homes: HomeBook
    now: Callable[[], datetime]
    others: Sequence[NameBook] = ()
    has_shared: bool = True
    _there_at: dict[str, datetime] = field(default_factory=dict)

    def call(self, homes: Homes) -> RollCall:
        """Ask for every name. ``homes``: the tiers', as they resolve now. Raises StoreUnavailable."""
        uses = list(self._uses(homes))
        met: dict[str, list[tuple[_Use, UnknownName]]] = {}
        unasked: set[str] = set()
        failure: ConnectorError | None = None
        for use in uses:
            try:
                if failure is None:
                    use.ask()
                else:
                    unasked.add(use.key)
            except UnknownName as error:
                if self._was_there(use):
                    unasked.add(use.key)
                else:
                    met.setdefault(use.key, []).append((use, error))
            except (Busy, Unreachable) as error:
                unasked.add(use.key)
                failure = error
            except ConnectorError:
                unasked.add(use.key)
            else:
                self._there_at[use.key] = self.now()
        wrong = {key: _unresolved(found) for key, found in met.items() if key not in unasked}
        return RollCall(wrong, frozenset(unasked), failure)

    def _was_there(self, use: _Use) -> bool:
        there_at = self._there_at.get(use.key)
        return use.may_come_and_go and there_at is not None and self.now() - there_at < STATUS_MISSING_FOR

    # -- what names are for --------------------------------------------------------------------------------------

    def _uses(self, homes: Homes) -> Iterator[_Use]:
        for policy in self.policy.every_ladder:
            there = homes.ladders.get(policy.ladder, homes) if policy.ladder else homes
            for tier in policy.tiers:
                yield from self._of_tier(tier, there.places.get(tier.number), policy.ladder)
            yield from self._of_final(policy, there)
        if self.has_shared:
            yield from self._shared()

    def _of_tier(self, tier: Tier, place: Place | None, ladder: str) -> Iterator[_Use]:
        name = _named(tier, ladder)
        if tier.assign not in (QUEUE, ROUND_ROBIN, LEAST_LOADED):
            effect = f"Who is not known keeps tickets from going up to {name}; who is not active gets none."
            yield _Use(
                _person_key(tier.assign), f"who gets the tickets of {name}", effect, partial(self._active, tier.assign)
            )
        if tier.status:
            effect = f"Tickets cannot go up to {name}."
            yield _Use(
                f"status: {tier.status}, tier {tier.number} {ladder}",
                f"the status on arrival at {name}",
                effect,
                partial(self._status, place, tier.status),
            )

    def _of_final(self, policy: Policy, homes: Homes) -> Iterator[_Use]:
        final = policy.final
        for role, name in final.people.items():
            if name:
                effect = "The final escalation calls that person as configured, and gives nobody the ticket."
                what_for = f"the {role} of the final escalation"
                yield _Use(_person_key(name), what_for, effect, partial(self._active, name))
        effect = "The final escalation is not carried out."
        if final.status:
            last = homes.places.get(policy.tiers[-1].number)
            key = f"status: {final.status}, final {policy.ladder}"
            yield _Use(key, "the status of the final escalation", effect, partial(self._status, last, final.status))
        if final.priority:
            ask = partial(first_known, final.priority, self._priority)
            yield _Use(f"priority: {final.priority}", "the priority of the final escalation", effect, ask)

    def _shared(self) -> Iterator[_Use]:
        """What one of the connected systems has to know."""
        policy = self.policy
        for ladder in policy.every_ladder:
            for tier in ladder.tiers:
                effect = "An /override by that person is not applied."
                for name in tier.managers:
                    what_for = f"a manager of {_named(tier, ladder.ladder)}"
                    ask = partial(self._anywhere, partial(NameBook._active, name=name))
                    yield _Use(_person_key(name), what_for, effect, ask)
        for name, group in policy.status_groups.items():
            effect = "Tickets in the status that is meant are judged by what the ticket system says of it."
            ask = partial(self._anywhere, partial(NameBook._placed, name=name))
            yield _Use(f"status: {name}", f"a status of the group {group}", effect, ask, may_come_and_go=True)
        for name in sorted({*policy.priority_factors, *policy.critical_priorities}):
            effect = "Tickets of the priority that is meant are judged like all others."
            ask = partial(self._anywhere, partial(NameBook._priority, name=name))
            yield _Use(f"priority: {name}", "a priority that counts otherwise", effect, ask)

    # -- asking --------------------------------------------------------------------------------------------------

    def _active(self, name: str) -> Person:
        # Who is not known is asked for himself, so that it is said who is near.
        person = self.staff.find(name) or first_known(name, self.connection.system.directory.member)
        if not person.is_active:
            raise NotActive(name)
        return person

    def _priority(self, name: str) -> object:
        return self.connection.system.directory.priority(name)

    def _status(self, place: Place | None, name: str) -> object:
        if place is None:
            raise Temporary("a home that does not resolve has no statuses")
        return first_known(name, partial(self.connection.system.directory.status_in, place))

    def _placed(self, name: str) -> object:
        """A status has to exist at one of the homes at least."""
        homes = self.homes.current()
        unknown: UnknownName | None = None
        for place in homes.every_place:
            try:
                return self.connection.system.directory.status_in(place, name)
            except UnknownName as error:
                unknown = unknown or error
        if unknown is None or homes.every_problem:
            raise Temporary("not every home could be looked at")
        raise unknown

    def _anywhere(self, ask: Callable[[NameBook], object]) -> object:
        """What the first system that knows a name says. Raises UnknownName of the first, where none does."""
        unknown: UnknownName | None = None
        for book in (self, *self.others):
            try:
                return ask(book)
            except UnknownName as error:
                unknown = unknown or error
            except (Busy, Unreachable) as error:
                if book is self:
                    raise
                raise Temporary(f"{book.connection.id} could not be asked: {error}") from error
        assert unknown is not None
        raise unknown


def share(books: Sequence[NameBook]) -> None:
    """Tell the books of one process of each other; the first by name looks at what any system may know."""
    first = min(book.connection.id for book in books)
    for book in books:
        book.others = [other for other in books if other is not book]
        book.has_shared = book.connection.id == first


def _named(tier: Tier, ladder: str) -> str:
    return f"{ladder + ': ' if ladder else ''}tier {tier.number} ({tier.name})"


def _person_key(name: str) -> str:
    return f"person: {name}"


def _unresolved(found: Sequence[tuple[_Use, UnknownName]]) -> Unresolved:
    """The one fact that a name does not resolve, whatever it is for."""
    _, error = found[0]
    what_for = "; ".join(dict.fromkeys(use.what_for for use, _ in found))
    effects = tuple(dict.fromkeys(use.effect for use, _ in found))
    return Unresolved(f"{error.cause}: {what_for}", f"{error} ({what_for})", effects)
