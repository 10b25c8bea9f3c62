"""Ticking a training request off, and opening it anew: an entry of the audit trail each, with who did it.

There is no other record of it: how a request stands is what its last entry says. A ticket is not touched, and may be
closed long since, so no turn of it is needed. Two who do the same at once do it once.
"""

from __future__ import annotations

from flask import Request, Response

from connector.report.trail import detail_of, training_of
from connector.store import audit
from connector.store.database.engine import Store
from connector.store.queries import reported
from connector.store.records import AuditEvent, Event
from connector.web.console.escalations import DONE
from connector.web.console.escalations.deeds import MOMENT, TICKS, ticks_of
from connector.web.console.escalations.sought import sought_by
from connector.web.console.forms import see_other
from connector.web.console.frame import Frame
from connector.web.console.gate import NOT_ALLOWED, Role, Viewer, require
from connector.web.console.parts import ConsoleParts
from connector.web.deps import Deps
from connector.web.problems import HttpProblem


class TrainingTicks:
    """Takes the forms. Raises HttpProblem, StoreUnavailable."""

    def __init__(self, deps: Deps, parts: ConsoleParts, frame: Frame) -> None:
        self._store = deps.mailbox.store
        self._names = sorted(parts.modes)
        self._frame = frame

    def post(self, connection: str, n: int, to: str, request: Request) -> Response:
        """Have that request stand so, in the name of who asks; leads back to the same look at the page."""
        viewer = require(Role.MANAGER)
        if why := why_not(viewer):
            raise HttpProblem(403, NOT_ALLOWED, "Not without a login", why)
        sought = sought_by(request.args, self._frame.wall(self._store.now()), self._names)
        if connection not in self._names or not tick(self._store, connection, n, viewer.told, is_done=to == DONE):
            raise HttpProblem(404, "no_such_training", "There is no such training request", _GONE)
        return see_other(f"{sought.address()}#training")


_GONE = "Nothing was changed. It may be older than what is kept, or its ticket was forgotten."


def why_not(viewer: Viewer | None) -> str:
    """Why somebody may not tick off; empty for whoever may."""
    if viewer is None or not viewer.is_logged_in:
        return "Who ticked off is named: that needs a login (CONSOLE_USERS)."
    return "" if viewer.may(Role.MANAGER) else "Managers tick off what was held."


def tick(store: Store, connection: str, n: int, by: str, *, is_done: bool) -> bool:
    """Have a training request stand as done, or open; nothing where it does already. False where there is none."""
    with store.writing() as conn:
        audit.lock_end(conn, connection)  # whoever else ticks waits, and then sees what was done
        entry = reported.entry(conn, connection, n)
        training = training_of(entry, detail_of(entry)) if entry is not None else None
        if entry is None or training is None or entry.event != Event.TRAINING_REQUEST or not training.is_told:
            return False
        now = store.now(conn)
        key = (connection, entry.ticket)
        entries = reported.entries_of(conn, [key], TICKS, entry.at, now + MOMENT)
        was_done = ticks_of(entries).get((connection, n)) is not None
        if was_done != is_done:
            detail = {"request": n, "who": training.who, "topic": training.topic, "by": by}
            event = Event.TRAINING_DONE if is_done else Event.TRAINING_NOT_DONE
            audit.append(conn, [(key, AuditEvent(event, detail))], now)
    return True
