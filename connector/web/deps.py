"""What the web side is handed: nothing here is looked up from the environment or made by a request."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from connector.metrics import Metrics
from connector.store.mailbox import Mailbox
from connector.store.records import Delivery
from connector.systems.addresses import Network
from connector.systems.contract import Connection

Deliver = Callable[[Sequence[Delivery], float | None], list[bool]]
"""Stores deliveries durably before it returns which of them were new, within so many seconds where such are given; see
``GroupCommit.deliver``.
"""


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """What pages say of this installation."""

    version: str
    mode: str


@dataclass(frozen=True, slots=True)
class Deps:
    """The web side's surroundings. ``connections`` are by id.

    ``nudge`` wakes a worker in the same process, if any; ``worker`` is that one's name. ``poll_every``: the interval of
    the light poll. ``most_unverified_bytes``: so much of a connection may wait for its signing key.
    ``trusted_proxies``: what these say of the sender is believed.
    """

    connections: Mapping[str, Connection]
    mailbox: Mailbox
    deliver: Deliver
    facts: ServiceFacts
    metrics: Metrics = field(default_factory=Metrics)
    nudge: Callable[[], None] | None = None
    most_unverified_bytes: int = 8 * 1024 * 1024
    worker: str = ""
    poll_every: timedelta = timedelta(seconds=60)
    trusted_proxies: Sequence[Network] = ()
    shared_metrics: str = ""
    monotonic: Callable[[], float] = time.monotonic
