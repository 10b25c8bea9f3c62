"""The console of a desk at a fixed moment: the demo's invented desk, played up to it, and the service listening.

Web app and worker are the product's own, the ticket systems simulated; time is moved by the tests alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from connector.clock import VirtualClock
from connector.config.settings import load_settings
from connector.demo.morning import Arrived, Morning
from connector.demo.screenplay import FATES, OPENING, clock
from connector.demo.stage import Simulation, stage
from connector.demo.stay import variables_of
from connector.metrics import Metrics
from connector.store.database.engine import Store
from connector.systems.catalogue import ticket_systems
from connector.systems.desk import Desk
from connector.systems.variables import Secret
from connector.web.console.gate import Role
from connector.web.console.parts import ConsoleParts
from connector.web.login.accounts import Account, account
from connector.web.login.door import LoginDoor
from connector.web.login.origin import Places
from connector.web.login.passwords import HashCost, hash_of
from connector.web.login.telling import LoginLog
from tests.e2e.web.provider import a_free_port, way_through

MOMENT = clock("09:31")
"""When most is going on: clocks that run, are warned of, paused, overridden, and two tickets that went up."""

HOURS = {"WORK_HOURS": "mon-fri 08:00-17:00"}
KEY = "a key of the tests, and of nothing else"
CHEAP = HashCost(memory_kib=8, passes=1, lanes=1)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account. ``member``: as a script calls them at the desk."""

    name: str
    role: Role
    member: str = ""
    password: str = "correct horse battery"


PEOPLE = {
    Role.VIEWER: Person("Vera Lindqvist", Role.VIEWER),
    Role.TECHNICIAN: Person("Tess Tech", Role.TECHNICIAN, "tess"),
    Role.MANAGER: Person("Maria Desk", Role.MANAGER, "maria"),
    Role.ADMINISTRATOR: Person("Ines Duarte", Role.ADMINISTRATOR),
}
"""Of each role one. Maria is the manager of every tier."""

RUTH = Person("Ruth Okonjo", Role.MANAGER)
"""A manager by her account, and of no tier by the policy."""


@dataclass
class Open:
    """The desk while it is open."""

    morning: Morning

    @property
    def stage(self) -> Simulation:
        """What it stands on."""
        return self.morning.stage

    @property
    def url(self) -> str:
        """Where the console is."""
        return self.stage.url

    def go_on_to(self, at: str) -> None:
        """Let everything happen until that time of the morning."""
        self.morning.run_until(clock(at))

    def ticket(self, words: str) -> Arrived:
        """The ticket that is about this."""
        return next(one for one in self.morning.tickets if words in one.fate.summary)

    def address_of(self, words: str) -> str:
        """Where the console has that ticket, below ``/tickets/``."""
        found = self.ticket(words)
        return f"{found.desk.system}/{found.number}"

    def path(self, path: str) -> str:
        """A path of ``pages`` with the tickets that it names."""
        return path.format(risen=self.address_of("Call recording"))


@contextmanager
def opened(folder: Path, *, days_before: int = 0, issuer: str = "") -> Iterator[Open]:
    """The desk at ``MOMENT``. ``folder``: for its database. ``days_before``: so many mornings were before this one.
    ``issuer``: an identity provider that people may come from, too.
    """
    virtual = VirtualClock(OPENING - timedelta(days=days_before))
    desks = [system.simulated(virtual) for system in list(ticket_systems().values())[:2]]
    port = a_free_port() if issuer else 0
    url = f"http://127.0.0.1:{port}"
    with ExitStack() as stack:
        for one in desks:
            stack.enter_context(one.serve())
        settings = load_settings(variables_of(desks, f"sqlite:///{folder / 'desk.db'}") | HOURS)

        def console(parts: ConsoleParts, store: Store) -> ConsoleParts:
            telling = LoginLog(lambda: virtual.now().timestamp(), Metrics().logins)
            way_of = way_through(issuer, url, [desks[0].member("maria")])(store) if issuer else None
            door = LoginDoor(store, _accounts(desks[0]), KEY, Places(url if issuer else ""), telling, way_of)
            said = {name: re.sub(r"(127\.0\.0\.1):\d+", r"\1", value) for name, value in settings.said.items()}
            whole = replace(parts, policy_document=settings.policy_document, said=said)
            return replace(whole, who_asks=door.who_asks, login=door.routes)

        running = stack.enter_context(
            stage(
                virtual.now(),
                settings.policy,
                settings.database_url,
                desks=desks,
                clock=virtual,
                document=settings.policy_document,
                are_served=True,
                console=console,
                port=port,
                threads=1,  # so that what happens at one second is in the same order each time
            )
        )
        morning = Morning(running, list(FATES))
        morning.run_days_before(days_before)
        morning.run_until(MOMENT)
        yield Open(morning)


def _accounts(desk: Desk) -> list[Account]:
    return [
        account(
            one.name,
            one.role.name.lower(),
            Secret(hash_of(one.password, CHEAP)),
            desk.member(one.member) if one.member else "",
        )
        for one in (*PEOPLE.values(), RUTH)
    ]
