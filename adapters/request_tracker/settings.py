"""What a connection to Request Tracker needs to know. Only values: the environment is read elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

STANDARD_PRIORITIES: Mapping[str, int] = MappingProxyType({"Low": 0, "Medium": 50, "High": 100})
"""RT's own names of priorities, unless ``%PriorityAsString`` says otherwise."""


@dataclass(frozen=True, slots=True)
class RequestTrackerSettings:
    """The address and credentials of one Request Tracker.

    ``url``: where people open it, without ``/REST/2.0``. ``webhook_secret``: up to two accepted secrets, none when
    no webhook is sent. ``priorities``: the least number of each priority that has a name.
    The secrets never show in ``repr``.
    """

    url: str
    token: str = field(repr=False)
    webhook_secret: tuple[str, ...] = field(default=(), repr=False)
    priorities: Mapping[str, int] = field(default_factory=lambda: STANDARD_PRIORITIES)

    @property
    def user_id(self) -> str:
        """The id of the account that the token belongs to: its second part (RT::AuthToken)."""
        return self.token.split("-")[1]
