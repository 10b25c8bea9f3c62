"""Sends messages to chat and e-mail, by Apprise, which knows how each of some hundred services wants to be told.

They are plain text, and stay that wherever they go: a client's words call nobody, and draw no link (``plain``). The
library is loaded when the first message is sent. Its targets are addresses with secrets in them: what goes wrong is
told by where it is configured and by its kind alone.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.errors import Temporary
from connector.model import Finding, Severity
from connector.systems.variables import Secret
from connector.terminal import shown
from connector.turn.announcements import Audience
from connector.worker.bounded import Bounded

SEND_SECONDS = 10.0
"""How long a target may take to take a message: its turn keeps a thread from tickets meanwhile."""

_CALLS = re.compile(r"@|<(?=[!@#&/a-z])|\](?=\()", re.IGNORECASE)
_BROKEN = "\N{ZERO WIDTH SPACE}"


class Refused(Temporary):
    """A target did not take a message: because of the message, or because it takes none at the moment."""


def plain(text: str) -> str:
    """A text in which nothing calls anybody or hides where it leads to, in whatever service: ``@channel``, ``@here``,
    ``<!everyone>``, ``<@U1>``, ``<at>``, ``<users/all>``, ``@room``, ``[a bank](elsewhere)``. It looks as before: what
    begins such a thing is followed by a space without width.
    """
    return _CALLS.sub(lambda found: found[0] + _BROKEN, shown(text))


class Notifier:
    """The configured targets, each by the name of its row. Safe for several threads.

    A name is a hash of the target's address: what waits for a target reaches that one or none, however the lists are
    changed; and who reads the names learns no address.
    """

    def __init__(
        self,
        told: Sequence[Secret] = (),
        alarmed: Sequence[Secret] = (),
        tiers: Mapping[int, Sequence[Secret]] | None = None,
    ) -> None:
        """``told``: NOTIFY_URLS; ``alarmed``: ALARM_URLS; ``tiers``: TIER_n_NOTIFY_URLS by n."""
        self._targets: dict[str, _Target] = {}
        self._bounded = Bounded(SEND_SECONDS)
        self.audience = Audience(
            self._named("NOTIFY_URLS", told),
            self._named("ALARM_URLS", alarmed),
            {n: self._named(f"TIER_{n}_NOTIFY_URLS", targets) for n, targets in (tiers or {}).items()},
        )
        # Versions before named a row by the target's place in NOTIFY_URLS.
        self._before = {str(n): name for n, name in enumerate(self.audience.told)}

    def knows(self, name: str) -> bool:
        """Whether a target of that name is configured."""
        return self._before.get(name, name) in self._targets

    def named(self, name: str) -> str:
        """What may be said of a target that is configured: where, and its kind."""
        return self._targets[self._before.get(name, name)].shown

    def send(self, name: str, title: str, text: str) -> None:
        """Send a message to one target. Raises Refused when it was not taken; Temporary when no answer came, or the
        target is not understood.
        """
        target = self._targets[self._before.get(name, name)]
        sender = _sender(target.address.reveal())
        if sender is None:
            raise Temporary(f"{target.shown}: the address is not understood")
        taken: list[bool] = []
        try:
            self._bounded(name, lambda: taken.append(_deliver(sender, " ".join(plain(title).split()), plain(text))))
        except Temporary as error:
            raise Temporary(f"{target.shown}: the message was not taken: {error}") from error
        if taken != [True]:
            raise Refused(f"{target.shown}: the message was not taken")

    def check(self) -> Iterator[Finding]:
        """Whether each target is understood; nothing is sent."""
        for target in self._targets.values():
            if _sender(target.address.reveal()) is None:
                message = "the address is not understood; see the list of services at Apprise"
                yield Finding(Severity.ERROR, target.shown, message)
            else:
                message = "the address is understood; as nothing is sent, its first message shows whether it is taken"
                yield Finding(Severity.UNTESTED, target.shown, message)

    def _named(self, variable: str, targets: Sequence[Secret]) -> tuple[str, ...]:
        names = [_name_of(target) for target in targets]
        for number, (name, target) in enumerate(zip(names, targets, strict=True), start=1):
            self._targets.setdefault(name, _Target(target, f"{variable}, target {number}"))
        return tuple(dict.fromkeys(names))


@dataclass(frozen=True, slots=True)
class _Target:
    """An address, and where it is configured."""

    address: Secret
    where: str

    @property
    def shown(self) -> str:
        """What may be said of it: where it is configured, and its kind."""
        return f"{self.where} ({self.address.reveal().partition(':')[0]})"


def _name_of(target: Secret) -> str:
    """The same for the same address, at every start and in every process. Slow on purpose: addresses hold passwords."""
    digest = hashlib.scrypt(target.reveal().encode(), salt=b"escalator target", n=2**12, r=8, p=1, dklen=6)
    return f"t{digest.hex()}"


def _sender(address: str) -> Any:
    """What sends to an address, and to nowhere else that this one names; None when no service has such addresses."""
    import apprise

    from connector.worker.short_answers import have_answers_short

    have_answers_short()
    # The library logs whole addresses.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    # In the thread that is bounded: the library has few of its own, which one that hangs keeps, and they keep a
    # process from ending.
    asset = apprise.AppriseAsset(http_redirects=False, async_mode=False, service_timeout=0)
    return apprise.Apprise.instantiate(address, asset=asset, suppress_exceptions=True)


def _deliver(sender: Any, title: str, text: str) -> bool:
    """Whether it was taken. It is said that it is plain text, so that what the service would read in it is escaped."""
    import apprise

    service = apprise.Apprise()
    service.add(sender)
    return bool(service.notify(body=text, title=title, body_format=apprise.NotifyFormat.TEXT))
