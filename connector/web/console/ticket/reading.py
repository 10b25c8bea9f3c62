"""Reads a ticket for a page: from its ticket system when somebody looks, in a lane behind everything that is due.

Once in some seconds however many look, and no answer is waited for for long.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from connector.errors import ConnectorError, NotFound, Unreachable
from connector.model import Lane, Person
from connector.store.outages import back_since
from connector.store.troubles import TroubleKind, Troubles
from connector.systems.kept import KeptEach
from connector.systems.lanes import in_lane
from connector.turn.explaining.account import Explainer, TicketAccount
from connector.turn.explaining.foretold import Foretold, foretold, who_may_override
from connector.turn.handed_in import HandedIn
from connector.web.console.parts import ConsoleParts
from connector.web.deps import Deps
from connector.web.patience import answered_within

KEPT_SECONDS = 10.0
"""How old a reading may be that several look at."""

MOST_KEPT = 64
"""Of so many tickets a reading is kept at once; each is there with all its notes."""

PATIENCE_SECONDS = 6.0
"""How long the ticket system's answer is waited for."""


@dataclass(frozen=True, slots=True)
class TicketLook:
    """A ticket as its system has it, with who may override there (by identifier and other names, case-folded); None:
    they could not be looked up. Or, without an account, why nobody can tell.
    """

    account: TicketAccount | None = None
    managers: Mapping[str, Person] | None = None
    why_not: str = ""


class TicketLooks:
    """The looks of one installation. Safe for several threads."""

    def __init__(self, deps: Deps, parts: ConsoleParts) -> None:
        self._store = deps.mailbox.store
        make = parts.explainer_of
        self._explainers = {name: make(name) for name in parts.modes} if make else {}
        self._kept = {
            name: KeptEach(_asking(one), deps.monotonic, KEPT_SECONDS, MOST_KEPT)
            for name, one in self._explainers.items()
        }
        self._foretelling = answered_within(PATIENCE_SECONDS, _foretell, _late)
        self._naming = answered_within(PATIENCE_SECONDS, _find, _late)

    def explainer(self, connection: str) -> Explainer:
        """Who explains the tickets of a connection that could be asked."""
        return self._explainers[connection]

    def at(self, connection: str, ticket: str) -> TicketLook:
        """The ticket as it stands. Raises StoreUnavailable."""
        kept = self._kept.get(connection)
        if kept is None:
            return TicketLook(why_not="No ticket system can be asked from here.")
        down = [one for one in Troubles(self._store).all(connection) if one.kind is TroubleKind.CONNECTION_DOWN]
        if any(back_since(one) is None for one in down):
            return TicketLook(why_not=f"{connection} does not answer: {down[0].cause}.")
        try:
            return kept.get(ticket)
        except NotFound:
            return TicketLook(why_not=f"{connection} has no such ticket, or not any more.")
        except ConnectorError as error:
            return TicketLook(why_not=f"{connection} could not be asked: {error}.")

    def anew(self, connection: str, ticket: str) -> TicketLook:
        """The same, and never an earlier reading."""
        self.forget(connection, ticket)
        return self.at(connection, ticket)

    def forget(self, connection: str, ticket: str) -> None:
        """Whoever looks next gets no earlier reading."""
        if connection in self._kept:
            self._kept[connection].forget(ticket)

    def person(self, connection: str, member: str) -> Person | None:
        """A member of the ticket system; None for nobody. Raises what looking up raises, and Unreachable."""
        return self._naming((self._explainers[connection], member)) if member else None

    def foretell(self, connection: str, account: TicketAccount, command: HandedIn) -> Foretold:
        """What would come of a command. Raises what looking a name up raises, and Unreachable where that lasts."""
        return self._foretelling((self._explainers[connection], account, command))


def _find(asked: tuple[Explainer, str]) -> Person | None:
    explainer, member = asked
    with in_lane(Lane.LOOKS):
        return explainer.reader.staff.find(member)


def _late() -> Exception:
    return Unreachable(f"no answer within {PATIENCE_SECONDS:.0f} s")


def _asking(explainer: Explainer) -> Callable[[str], TicketLook]:
    def ask(ticket: str) -> TicketLook:
        with in_lane(Lane.LOOKS):
            account = explainer.account_of(ticket)
            try:
                return TicketLook(account, who_may_override(explainer, account))
            except ConnectorError:
                return TicketLook(account)

    return answered_within(PATIENCE_SECONDS, ask, _late)


def _foretell(asked: tuple[Explainer, TicketAccount, HandedIn]) -> Foretold:
    with in_lane(Lane.LOOKS):
        return foretold(*asked)
