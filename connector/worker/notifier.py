"""Sends messages to chat and e-mail, by Apprise, which knows how each of some hundred services wants to be told.

The library is loaded when the first message is sent. Its targets are addresses with secrets in them: what goes wrong is
told by the target's number and kind alone.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any

from connector.errors import Temporary
from connector.model import Finding, Severity
from connector.systems.variables import Secret


class Notifier:
    """The configured targets, counted from 0. Safe for several threads."""

    def __init__(self, targets: Sequence[Secret] = ()) -> None:
        self._targets = tuple(targets)

    @property
    def count(self) -> int:
        """How many targets there are."""
        return len(self._targets)

    def send(self, number: int, title: str, text: str) -> None:
        """Send a message to one target. Raises Temporary when it was not taken, or the target is not understood."""
        sender = _sender(self._targets[number].reveal())
        if sender is None:
            raise Temporary(f"{self._name(number)}: the address is not understood")
        if not sender.notify(body=text, title=title):
            raise Temporary(f"{self._name(number)}: the message was not taken")

    def check(self) -> Iterator[Finding]:
        """Whether each target is understood; nothing is sent."""
        for number, target in enumerate(self._targets):
            if _sender(target.reveal()) is None:
                message = "the address is not understood; see the list of services at Apprise"
                yield Finding(Severity.ERROR, self._name(number), message)
            else:
                yield Finding(Severity.OK, self._name(number), "the address is understood; nothing was sent")

    def _name(self, number: int) -> str:
        kind = self._targets[number].reveal().partition(":")[0]
        return f"NOTIFY_URLS, target {number + 1} ({kind})"


def _sender(address: str) -> Any:
    """What sends to an address; None when no service has such addresses."""
    import apprise

    # The library logs whole addresses.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    return apprise.Apprise.instantiate(address, suppress_exceptions=True)
