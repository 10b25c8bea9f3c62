"""The ticket systems that can be connected to: found, not listed.

A ticket system is a package that offers ``variables.py`` (``VARIABLES``, ``settings_from``), ``system.py``
(``connect``) and ``desk.py`` (``simulated``). Found are the folders beside the connector that declare a ``NAME``, and
what other installed distributions offer as entry points of the group ``escalation_connector.systems`` (the name, and
the package). Their modules are imported when first used: a deployment pays only for the systems that it connects.
"""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any, cast

from connector.errors import ConfigError

if TYPE_CHECKING:
    from connector.clock import Clock
    from connector.systems.contract import SigningKeys, TicketSystem
    from connector.systems.desk import Desk
    from connector.systems.variables import Variable

FOLDER = "adapters"
"""The package whose folders are looked through."""

GROUP = "escalation_connector.systems"
"""The entry points of other distributions that are looked through."""

_NAME = re.compile(r"[a-z][a-z0-9]*")


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One kind of ticket system: its name as in the paths and in ``TIER_n_HOME_<NAME>``, and its package."""

    name: str
    package: str

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The environment variables that the adapter reads."""
        return cast("tuple[Variable, ...]", self._module("variables").VARIABLES)

    def settings_from(self, values: Mapping[str, str]) -> Any:
        """The adapter's settings from its variables' values; raises ConfigError with every problem."""
        return self._module("variables").settings_from(values)

    def connect(
        self,
        settings: Any,
        homes: Sequence[str],
        keys: SigningKeys,
        clock: Clock,
        webhook_url: str = "",
        **http_options: Any,
    ) -> TicketSystem:
        """The ticket system, ready to be asked. No call is made yet.

        ``homes``: every configured home there. ``webhook_url``: where its webhooks are to be sent, empty where the
        connector is not reached from outside. ``http_options`` go to the adapter's HTTP client.
        """
        system = self._module("system").connect(settings, homes, keys, clock, webhook_url, **http_options)
        return cast("TicketSystem", system)

    def simulated(self, clock: Clock) -> Desk:
        """The service desk on a simulator of its own."""
        return cast("Desk", self._module("desk").simulated(clock))

    def _module(self, name: str) -> Any:
        try:
            return import_module(f"{self.package}.{name}")
        except Exception as error:  # whatever it is that somebody else's module does
            problem = f"the ticket system {self.name!r} ({self.package}) cannot be loaded: {error!r}; install it anew"
            raise ConfigError([problem]) from error


@cache
def ticket_systems() -> Mapping[str, CatalogueEntry]:
    """Every ticket system, by name: our own in the order of their folders, then those of other distributions.

    Raises ConfigError where a name is not made of small letters and digits, or two packages have the same.
    """
    found: dict[str, CatalogueEntry] = {}
    for entry in (*_folders(), *_installed()):
        if not _NAME.fullmatch(entry.name):
            problem = f"{entry.package}: {entry.name!r} cannot name a ticket system; small letters and digits do"
            raise ConfigError([problem])
        known = found.setdefault(entry.name, entry)
        if known != entry:
            problem = f"two ticket systems are named {entry.name!r}: {known.package} and {entry.package}"
            raise ConfigError([f"{problem}; uninstall one of them"])
    return found


def _folders() -> Iterator[CatalogueEntry]:
    for module in pkgutil.iter_modules(import_module(FOLDER).__path__, f"{FOLDER}."):
        name = getattr(import_module(module.name), "NAME", None) if module.ispkg else None
        if name is not None:
            yield CatalogueEntry(name, module.name)


def _installed() -> Iterator[CatalogueEntry]:
    for point in sorted(metadata.entry_points(group=GROUP)):
        yield CatalogueEntry(point.name, point.value)
