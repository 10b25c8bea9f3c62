"""What the console is handed besides what all of the web side has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response

from connector.policy.modes import Modes
from connector.policy.policy import Policy
from connector.web.console.gate import WhoAsks, at_this_machine

if TYPE_CHECKING:
    from connector.turn.explaining.account import Explainer

DrawPage = Callable[..., Response]
"""Draws a page outside of the navigation: of a template's name, and of what it needs by keywords."""


@dataclass(frozen=True, slots=True)
class ConsoleParts:
    """The policy in force, the modes by connection, and who is asked who asks (see ``gate``).

    ``explainer_of``: makes who explains a connection's tickets; None where no ticket system can be asked.
    ``escalations_per_hour``: so many by time go up within an hour before the brake holds them; 0 for any number.
    ``policy_document``: the written form of ``policy``; ``said``: what is set, by name, without secrets.
    ``login``: makes the routes of the login, which nobody has to be let in for; None where there is none.
    """

    policy: Policy
    modes: Mapping[str, Modes]
    who_asks: WhoAsks = at_this_machine
    login: Callable[[DrawPage], Blueprint] | None = None
    explainer_of: Callable[[str], Explainer] | None = None
    escalations_per_hour: int = 0
    policy_document: Mapping[str, Any] = field(default_factory=dict)
    said: Mapping[str, str] = field(default_factory=dict)
