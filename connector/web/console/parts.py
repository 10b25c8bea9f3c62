"""What the console is handed besides what all of the web side has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connector.policy.modes import Modes
from connector.policy.policy import Policy
from connector.web.console.gate import WhoAsks, at_this_machine


@dataclass(frozen=True, slots=True)
class ConsoleParts:
    """The policy in force, the modes by connection, and who is asked who asks (see ``gate``)."""

    policy: Policy
    modes: Mapping[str, Modes]
    who_asks: WhoAsks = at_this_machine
