"""A simulated system as a Flask application, which is quick to make: tests make thousands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Self

from flask import Flask
from werkzeug.routing import Map


class Application(Flask):
    """The application of one simulator. All simulators of a name serve the same addresses, each with views of its own.

    To compile the addresses takes most of the time of making one: it is done for the first of a name.
    """

    _addresses: ClassVar[dict[str, Map]] = {}

    def __init__(self, name: str) -> None:
        super().__init__(name, static_folder=None)
        known = self._addresses.get(name)
        self._is_first = known is None
        self._is_complete = False
        self.url_map = known or self.url_map

    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: Callable[..., Any] | None = None,
        *args: Any,
        **options: Any,
    ) -> None:
        if self._is_complete:
            self._leave_the_others()
        if self._is_first:
            super().add_url_rule(rule, endpoint, view_func, *args, **options)
        elif endpoint is not None and view_func is not None:
            self.view_functions[endpoint] = view_func

    def complete(self) -> Self:
        """All addresses were added; returns itself. RuntimeError when the first of its name serves others."""
        if {rule.endpoint for rule in self.url_map.iter_rules()} != self.view_functions.keys():
            raise RuntimeError(f"{self.name} serves other addresses than the first one of that name")
        self._addresses.setdefault(self.name, self.url_map)
        self._is_complete = True
        return self

    def _leave_the_others(self) -> None:
        """What is added to one alone, none of the others serves: its addresses are its own from here on."""
        shared = self.url_map
        rules = [rule.empty() for rule in shared.iter_rules()]
        self.url_map = Map(rules, strict_slashes=shared.strict_slashes, merge_slashes=shared.merge_slashes)
        self._is_first, self._is_complete = True, False
