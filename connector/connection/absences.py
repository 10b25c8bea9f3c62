"""Whether tickets that are not found are deleted, or out of sight with all others of their place.

A board, team or queue may be deleted, or the account may lose it: then each of its tickets is "not found", while
others can be read. That is no deletion. Whether a place is in sight is asked of the ticket system, and not guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import Enum
from itertools import islice

import structlog

from connector.connection.homes import HomeBook, is_inside
from connector.errors import Busy, ConnectorError, Unreachable
from connector.model import Place, TicketId
from connector.store.mailbox import Mailbox
from connector.store.records import Claim, Delivery
from connector.store.troubles import TroubleKind, Troubles
from connector.systems.contract import TicketSystem
from connector.systems.kept import KeptEach

SEVERAL = 3
"""So many tickets of a place, and none that can be read: then it is no matter of the tickets."""

TRIED = 5
"""So many of the tickets that a place lists are read before it counts as out of sight."""

SIGHT_SECONDS = 60.0
"""For how long what was seen of a place is believed."""

_NAME = "sight: tickets at "

log = structlog.get_logger("connector.connection")


class Absence(Enum):
    """What it means that a ticket is not found."""

    GONE = "it is deleted, or merged into another"
    UNSURE = "nothing of its place can be read, and there is too little of it to tell"
    OUT_OF_SIGHT = "its place is out of sight"


class Absences:
    """Judges tickets of one connection that are not found. Safe for several threads.

    ``alarm``: makes an alarm's messages; see ``Announcer.alarm``. Raises StoreUnavailable.
    """

    def __init__(
        self,
        connection: str,
        system: TicketSystem,
        homes: HomeBook,
        mailbox: Mailbox,
        alarm: Callable[[str, str, Sequence[str], str], list[Delivery]],
        now: Callable[[], datetime],
    ) -> None:
        self._id = connection
        self._system = system
        self._homes = homes
        self._mailbox = mailbox
        self._troubles = Troubles(mailbox.store)
        self._alarm = alarm
        self._places: dict[str, Place] = {}
        self._shown = KeptEach(self._shows_one, lambda: now().timestamp(), SIGHT_SECONDS)

    def judge(self, claim: Claim) -> Absence:
        """What it means that this ticket is not found; people are told, once, where its place is out of sight.

        Raises Busy and Unreachable where the place could not be asked for.
        """
        place = (claim.snapshot or {}).get("place")
        if not isinstance(place, str):
            return Absence.GONE  # it was never read
        home = self._home(place)
        if self._homes.is_lost(place):
            return Absence.OUT_OF_SIGHT  # the survey tells of the home
        if home is None:
            return Absence.GONE  # nobody watches that place any more
        self._places[home.key] = home
        if self._shown.get(home.key):
            return Absence.GONE
        known = self._mailbox.at_place(self._id, place, SEVERAL)
        if len(known) < SEVERAL and claim.held_by != name_of_sight(place):
            return Absence.UNSURE
        self._tell(place, known)
        return Absence.OUT_OF_SIGHT

    def _home(self, place: str) -> Place | None:
        """The most specific home that a ticket's place lies in."""
        found = [home for home in self._homes.current().every_place if is_inside(place, str(home))]
        return max(found, key=lambda home: len(home.path), default=None)

    def _shows_one(self, key: str) -> bool:
        """Whether a ticket of that place can be read."""
        try:
            for listed in islice(self._system.tickets.open_tickets((self._places[key],)), TRIED):
                if self._can_be_read(listed.id):
                    return True
        except (Busy, Unreachable):
            raise
        except ConnectorError as error:
            log.info("place not listed", connection=self._id, place=str(self._places[key]), error=str(error))
        return False

    def _can_be_read(self, ticket: TicketId) -> bool:
        try:
            self._system.tickets.read(ticket)
        except (Busy, Unreachable):
            raise
        except ConnectorError:
            return False
        return True

    def _tell(self, place: str, known: Sequence[str]) -> None:
        name, cause = name_of_sight(place), f"no ticket at {place!r} can be read any more"
        met = self._troubles.meet(self._id, TroubleKind.OUT_OF_SIGHT, name, cause, {"tickets": list(known)})
        if met.told_at is not None:
            return
        lines = (
            f"Not found are, among others: {', '.join(known)}. Tickets elsewhere can be read.",
            "They stay on the clock and are looked for again and again; none goes up before it can be read.",
        )
        alarm, title = f"sight/{place}/{met.since.isoformat()}", f"{self._id}: {cause}"
        if self._troubles.tell(met, self._alarm(alarm, title, lines, TroubleKind.OUT_OF_SIGHT.code)):
            log.error("tickets out of sight", connection=self._id, place=place)


def name_of_sight(place: str) -> str:
    """What the trouble of a place that is out of sight is named, and what holds its tickets."""
    return f"{_NAME}{place} cannot be read"


def is_of_sight(held_by: str) -> bool:
    """Whether it is such a trouble that holds a ticket."""
    return held_by.startswith(_NAME)
