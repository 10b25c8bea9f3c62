"""The ticket systems that this version can connect to. A new adapter is one line in ``SYSTEMS``.

An adapter's folder offers ``variables.py`` (``VARIABLES``, ``settings_from``), ``system.py`` (``connect``) and
``desk.py`` (``simulated``). They are imported when first used: a deployment pays only for the systems that it connects.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from adapters.contract import SigningKeys, TicketSystem
    from adapters.desk import Desk
    from adapters.variables import Variable
    from connector.clock import Clock


@dataclass(frozen=True, slots=True)
class AdapterEntry:
    """One ticket system: its name as in the paths and in ``TIER_n_HOME_<NAME>``, and its package."""

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
        self, settings: Any, homes: Sequence[str], keys: SigningKeys, clock: Clock, **http_options: Any
    ) -> TicketSystem:
        """A connection. ``homes``: every configured home there. No call is made yet.

        ``http_options`` go to the adapter's HTTP client (see ``adapters.http.HttpOptions``).
        """
        system = self._module("system").connect(settings, homes, keys, clock, **http_options)
        return cast("TicketSystem", system)

    def simulated(self, clock: Clock) -> Desk:
        """The service desk of ``adapters.desk`` on a simulator of its own."""
        return cast("Desk", self._module("desk").simulated(clock))

    def _module(self, name: str) -> Any:
        return import_module(f"{self.package}.{name}")


SYSTEMS: Mapping[str, AdapterEntry] = {
    entry.name: entry
    for entry in (
        AdapterEntry("connectwise", "adapters.connectwise"),
        AdapterEntry("halopsa", "adapters.halopsa"),
        AdapterEntry("rt", "adapters.request_tracker"),
    )
}
