"""What the log is told of log-ins: who, from which address, and why not; never what was typed. Of a flood a part, and
how many more there were.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

import structlog
from prometheus_client import Counter as PrometheusCounter

MOST_SAID, WINDOW_SECONDS = 20, 60.0
"""So many refusals of each kind are said one by one within that time; the others are counted."""

log = structlog.get_logger("connector.web.login")


class LoginLog:
    """Tells of log-ins. Safe for several threads."""

    def __init__(self, monotonic: Callable[[], float], counter: PrometheusCounter) -> None:
        """``counter``: counts all of them, by what became of them."""
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._begun_at = monotonic()
        self._counts: Counter[str] = Counter()
        self._counter = counter

    def did(self, what: str, name: str, address: str, **more: object) -> None:
        """Somebody did something, by name."""
        self._counter.labels(_label(what)).inc()
        log.info(what, name=name, address=address, **more)

    def refused(self, reason: str, name: str, address: str, **more: object) -> None:
        """Something was refused. ``name``: of an account that there is, else empty."""
        self._counter.labels(_label(reason)).inc()
        with self._lock:
            further = self._over()
            self._counts[reason] += 1
            is_said = self._counts[reason] <= MOST_SAID
        for kind, count in further.items():
            log.warning("more log-ins refused", reason=kind, count=count)
        if is_said:
            log.warning("log-in refused", reason=reason, name=name or "of no account", address=address, **more)

    def slowed(self, name: str, address: str) -> None:
        """So many passwords were wrong that whoever tries them has to wait now."""
        log.error("wrong passwords are slowed", name=name or "of no account", address=address)

    def _over(self) -> dict[str, int]:
        """How many were counted only, by kind, when the window is over."""
        if self._monotonic() - self._begun_at < WINDOW_SECONDS:
            return {}
        further = {kind: count - MOST_SAID for kind, count in self._counts.items() if count > MOST_SAID}
        self._begun_at = self._monotonic()
        self._counts.clear()
        return further


def _label(what: str) -> str:
    return what.replace(" ", "_")
