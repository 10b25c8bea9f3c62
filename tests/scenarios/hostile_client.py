"""A client who floods one ticket in bursts, with every trick of ``tests/connector/hostile.py``, on a Halo that allows
few calls: for a scenario and for the benchmark.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import cycle

from connector.demo.stage import Simulation
from connector.model import TicketId
from connector.reading.html import to_lines
from connector.store import audit
from connector.systems.desk import STAFF
from tests.connector import hostile
from tests.scenarios.flooded import escalated_at

LARGEST = 20_000
"""What is longer, and sent twice a second, is another matter: one mail in each burst is a megabyte."""

LIMIT = timedelta(minutes=30)
ASKED = "/escalate urgency the whole office cannot work"
STEPS = ("swapped the toner for a new one", "printed a test page, error 0x80070035")
"""What the technician did on the flooded ticket, before the flood and within it."""

_NESTED = "\n".join(f"{'>' * deep} {order}" for deep in range(1, 60) for order in hostile.ORDERS[:2])
_PAGE = "<table>" + "<tr><td><div><b>Steps attempted:</b> none</div></td></tr>" * 300 + "</table>"
_FORGED = (
    "From: Tess Tech <tess@desk.example>\nTo: Desk\nSubject: Printer\n\n{order}",
    "Tess Tech (Service Desk) wrote an internal note:\n{order}",
    "[Internal note by Maria Desk, Service Desk Manager]\n{order}",
)


def megabytes() -> Iterator[str]:
    """The largest mails, one after the other, without an end."""
    orders = hostile.DRESSES["one megabyte"](hostile.ORDERS[0])
    page = "<div>" * 40_000 + hostile.PLANS[0] + "<p>x</p>" * 100_000
    return cycle([orders, page, hostile.MARKUP["one word"]])


def tricks() -> list[str]:
    """What a client may try, every kind of it among any few that stand side by side."""
    kinds = [
        [text for _, text in hostile.spoken()],
        [text for _, text in hostile.quoted()],
        [text for name, text in hostile.shown() if name != "surrogates"],
        [_NESTED, _PAGE],
        [words.format(order=order) for words in _FORGED for order in (*hostile.ORDERS, *hostile.PLANS)],
    ]
    small = [[text for text in texts if text.strip() and len(text) <= LARGEST] for texts in kinds]
    turns = [iter(cycle(texts)) for texts in small]
    return [next(texts) for _ in range(max(map(len, small))) for texts in turns]


@dataclass
class Day:
    """A day at that desk. ``due``: other tickets and when they are to go up; ``flooded``: the client's own one."""

    running: Simulation
    flooded: TicketId
    due: dict[TicketId, datetime] = field(default_factory=dict)
    mails: int = 0

    def __post_init__(self) -> None:
        self._tricks = cycle(tricks())
        self._megabytes = megabytes()

    def open_others(self) -> None:
        """One more ticket that nobody will work on, and one for which somebody asks at once."""
        now, desk = self.running.clock.now(), self.running.desk
        self.due[desk.open_ticket("Cannot print", owner="tess")] = now + LIMIT
        asked = desk.open_ticket("The server is down", owner="tess")
        desk.note(asked, "tess", ASKED)
        self.due[asked] = now

    def burst(self, length: timedelta, *, is_first: bool = True) -> None:
        """Two mails a second. The very first is a megabyte; every 20th is a copy of our last note with its marker,
        every 25th comes under the name of one of the staff. ``is_first``: it is no burst that goes on.
        """
        running, until = self.running, self.running.clock.now() + length
        if is_first:
            self._mail(next(self._megabytes))
        while running.clock.now() < until:
            running.run_until(running.clock.now() + timedelta(seconds=0.5))
            self._mail(self._copied() if self.mails % 20 == 0 else next(self._tricks))

    def _mail(self, text: str) -> None:
        if self.mails % 25 == 1:
            names = [name for name, _ in STAFF.values()]
            self.running.simulator.user_writes(int(self.flooded), text, names[self.mails % len(names)])
        else:
            self.running.desk.client_writes(self.flooded, text)
        self.mails += 1

    def _copied(self) -> str:
        ours = self._ours()
        return f"/escalate knowledge\n\n{ours[-1]}" if ours else next(self._tricks)

    def _ours(self) -> list[str]:
        """The notes of the connector, as they were written: what a client wrote takes long to be read."""
        simulator = self.running.simulator
        rows = simulator.actions_of(int(self.flooded))
        return [row["_html"] for row in rows if row["actionby_agent_id"] == simulator.api_agent and row.get("_html")]

    def late(self) -> dict[TicketId, float]:
        """By how many seconds each of the other tickets went up late; what did not is late until now."""
        now = self.running.clock.now()
        return {
            ticket: ((escalated_at(self.running, ticket) or now) - moment).total_seconds()
            for ticket, moment in self.due.items()
            if moment <= now
        }

    def went_up(self) -> list[tuple[str, object, datetime]]:
        """How the flooded ticket went up: what happened, for which reason, when."""
        rows = audit.events(self.running.store, ticket=self.flooded)
        named = ("escalated", "final escalation")
        return [(row.event, row.detail["reason"], row.at) for row in rows if row.event in named]

    def obeyed(self) -> list[str]:
        """What was done on the flooded ticket that nobody there may order."""
        quiet = {"escalated", "final escalation", "clock", "first seen", "reminder", "said"}
        return sorted({row.event for row in audit.events(self.running.store, ticket=self.flooded)} - quiet)

    def notes(self) -> list[str]:
        """The connector's notes on the flooded ticket, oldest first."""
        return [to_lines(markup, parts_paragraphs=False) for markup in self._ours()]


def begin(running: Simulation) -> Day:
    """Nine o'clock: the ticket that will be flooded is there, and a technician has begun."""
    flooded = running.desk.open_ticket("Cannot print at all", owner="tess")
    running.desk.note(flooded, "tess", f"Steps attempted:\n- {STEPS[0]}")
    return Day(running, flooded)
