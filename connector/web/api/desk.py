"""The desk as programs see it, and what they may do to it: the report, the brake, dead letters."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from connector.connection.waiting import document_of, waiting_at
from connector.report import document
from connector.report.figures import tally
from connector.report.trail import scope_of, stories
from connector.store.pace.brake import Brakes
from connector.store.records import DeadLetter
from connector.systems.kept import KeptEach
from connector.web.api.access import ApiCaller
from connector.web.api.parameters import cursor_text, no_cursor, require_known
from connector.web.api.parts import ApiParts
from connector.web.api.trail import since_of
from connector.web.console.frame import zone_of
from connector.web.console.parts import ConsoleParts
from connector.web.deps import Deps
from connector.web.problems import HttpProblem

LONGEST_REPORT = timedelta(days=92)
REPORT_KEPT_SECONDS = 60.0
"""A report goes through all that is known of its time: it is made once in that time, and one at a time."""

MOST_REPORTS = 32
"""Of so many periods reports are kept at once."""

_KIND = "dead letters"


class DeskAnswers:
    """Answers what is asked of the desk. Raises HttpProblem, StoreUnavailable."""

    def __init__(self, deps: Deps, parts: ConsoleParts, own: ApiParts) -> None:
        self._mailbox = deps.mailbox
        self._store = deps.mailbox.store
        self._nudge = deps.nudge
        self._policy = parts.policy
        self._pace = own.pace
        self._zone = zone_of(parts)
        self._modes = {name: modes.most(parts.policy) for name, modes in parts.modes.items()}
        self._names = sorted(parts.modes)
        self._making = threading.BoundedSemaphore(1)
        self._reports = KeptEach(self._report, deps.monotonic, REPORT_KEPT_SECONDS, MOST_REPORTS)

    # --- the report -------------------------------------------------------------------------------------------

    def report(self, _: ApiCaller | None, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """What happened since a day, or would have, in figures."""
        return self._reports.get(since_of(asked["since"], self._store.now(), self._zone, LONGEST_REPORT).isoformat())

    def _report(self, since: str) -> Mapping[str, Any]:
        if not self._making.acquire(blocking=False):
            detail = "Another report is being made. Ask again in some seconds."
            raise HttpProblem(429, "too_much_at_once", "Too much at once", detail, {"Retry-After": "10"})
        try:
            begins, now = datetime.fromisoformat(since), self._store.now()
            scope = scope_of(self._store, begins, now, self._zone.key, self._modes)
            return document.document_of(tally(stories(self._store, scope, self._policy), scope, self._policy))
        finally:
            self._making.release()

    # --- the brake --------------------------------------------------------------------------------------------

    def brakes(self, _: ApiCaller | None, __: Mapping[str, Any]) -> dict[str, Any]:
        """What waits on each connection."""
        return {"items": [self._brake(name) for name in self._names]}

    def hold(self, caller: ApiCaller | None, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Have nothing go up by time; how it stands then."""
        require_known("connection", asked["connection"], self._names)
        Brakes(self._store).hold(asked["connection"], _name(caller))
        return self._changed(asked["connection"])

    def release(self, caller: ApiCaller | None, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Let what is held go up; how it stands then."""
        require_known("connection", asked["connection"], self._names)
        Brakes(self._store).release(asked["connection"], _name(caller))
        return self._changed(asked["connection"])

    def _changed(self, name: str) -> dict[str, Any]:
        self._wake()
        return self._brake(name)

    def _brake(self, name: str) -> dict[str, Any]:
        return document_of(waiting_at(self._store, self._policy, self._pace, name))

    # --- dead letters -----------------------------------------------------------------------------------------

    def letters(self, _: ApiCaller | None, asked: Mapping[str, Any]) -> dict[str, Any]:
        """A page of what was given up on."""
        require_known("connection", asked["connection"], self._names)
        names, limit = [asked["connection"]] if asked["connection"] else self._names, asked["limit"]
        after = None if asked["cursor"] is None else _after(asked["cursor"])
        found = self._mailbox.dead_letters_behind(names, after, limit + 1)
        has_more, found = len(found) > limit, found[:limit]
        return {
            "items": [_letter(one) for one in found],
            "has_more": has_more,
            "next": cursor_text(_KIND, found[-1].connection, found[-1].ticket) if has_more else None,
        }

    def replay(self, caller: ApiCaller | None, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Have one tried again, at once and from the first attempt."""
        connection, ticket = asked["connection"], asked["ticket"]
        require_known("connection", connection, self._names)
        if not self._mailbox.replay(connection, ticket, _name(caller)):
            detail = "It was never given up on, or somebody has replayed it. Nothing was changed."
            raise HttpProblem(409, "no_dead_letter", "This is no dead letter", detail)
        self._wake()
        return {"system": connection, "ticket": ticket, "replayed": True}

    def _wake(self) -> None:
        if self._nudge is not None:
            self._nudge()


def _name(caller: ApiCaller | None) -> str:
    assert caller is not None  # what changes something has a scope
    return caller.name


def _letter(one: DeadLetter) -> dict[str, Any]:
    return {
        "system": one.connection,
        "ticket": one.ticket,
        "attempts": one.attempts,
        "failing_since": one.failing_since.isoformat() if one.failing_since else None,
        "error": one.error or "",  # a parked row may have none
        "mail": one.mail,
    }


def _after(parts: list[Any]) -> tuple[str, str]:
    match parts:
        case [kind, str(connection), str(ticket)] if kind == _KIND:
            return connection, ticket
    raise no_cursor()
