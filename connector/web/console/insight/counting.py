"""The report's figures of a period, counted for a page: bounded, one period at a time, and kept for a while.

A period with more than ``MOST_STINTS`` stints that are over is refused: counting it would keep a process that takes
webhooks in busy for too long, and a command does it as well.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from urllib.parse import parse_qsl, urlencode

from connector.report.figures import Figures, tally
from connector.report.trail import scope_of, stories
from connector.store.queries import ended_stints
from connector.systems.kept import KeptEach
from connector.web.console.frame import Frame, zone_of
from connector.web.console.parts import ConsoleParts
from connector.web.console.periods import ToldPeriod, period_of
from connector.web.deps import Deps
from connector.web.patience import answered_within
from connector.web.problems import HttpProblem, unavailable

KEPT_SECONDS = 300.0
"""How old figures may be that several look at."""

MOST_KEPT = 32
"""Of so many periods figures are kept at once."""

PATIENCE_SECONDS = 6.0
"""How long they are waited for; they go on being counted."""

MOST_STINTS = 30_000

TOO_MANY = "too_many_to_count"
BEING_COUNTED = "being_counted"


class CountedFigures:
    """Counts them. Raises HttpProblem 400 for what is too much, 503 for what takes its time, StoreUnavailable."""

    def __init__(self, deps: Deps, parts: ConsoleParts, frame: Frame) -> None:
        self._store = deps.mailbox.store
        self._parts = parts
        self._frame = frame
        self._modes = {name: modes.most(parts.policy) for name, modes in parts.modes.items()}
        self._counting = threading.Lock()
        self._kept = KeptEach(self._count, deps.monotonic, KEPT_SECONDS, MOST_KEPT)
        late = partial(unavailable, BEING_COUNTED, "The figures are being counted. Look again in a moment.", 5)
        self._asked: Callable[[str], Figures] = answered_within(PATIENCE_SECONDS, self._kept.get, late)

    def of(self, period: ToldPeriod, connection: str) -> Figures:
        """The figures of a period, of one connection or (empty) of all, counted some minutes ago at most."""
        return self._asked(urlencode({"since": period.since, "until": period.until, "connection": connection}))

    def _count(self, key: str) -> Figures:
        asked, store, policy = dict(parse_qsl(key)), self._store, self._parts.policy
        period = period_of(asked, self._frame.wall(store.now()))
        only = asked.get("connection", "")
        modes = {name: mode for name, mode in self._modes.items() if not only or name == only}
        with self._counting:
            with store.reading() as conn:
                if ended_stints.count(conn, period.begins, period.ends, MOST_STINTS) > MOST_STINTS:
                    raise HttpProblem(400, TOO_MANY, "Too much for a page", _too_many(period))
            zone = zone_of(self._parts).key
            scope = scope_of(store, period.begins, period.ends, zone, modes, store.now())
            return tally(stories(store, scope, policy), scope, policy)


def _too_many(period: ToldPeriod) -> str:
    since = period.since if period.since != "today" else "1d"
    return (
        f"More than {MOST_STINTS:,} stints ended {period.words}. Choose a shorter period, or have a command count "
        f"them: escalator report --since {since} --html report.html"
    )
