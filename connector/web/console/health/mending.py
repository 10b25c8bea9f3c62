"""What somebody does on Health: replay a dead letter, hold the brake, release it. Each is told in the audit trail."""

from __future__ import annotations

from flask import Response

from connector.store.pace.brake import Brakes
from connector.web.console.forms import see_other
from connector.web.console.gate import Role, require
from connector.web.console.health import HOLD
from connector.web.console.parts import ConsoleParts
from connector.web.deps import Deps
from connector.web.problems import HttpProblem


class Mending:
    """Takes the forms in."""

    def __init__(self, deps: Deps, parts: ConsoleParts) -> None:
        self._mailbox = deps.mailbox
        self._connections = parts.modes
        self._nudge = deps.nudge

    def replay(self, connection: str, ticket: str) -> Response:
        """Try a dead letter again. Raises HttpProblem 403, 409 where it is none any more, StoreUnavailable."""
        viewer = require(Role.ADMINISTRATOR)
        if not self._mailbox.replay(connection, ticket, viewer.told):
            raise HttpProblem(
                409,
                "no_dead_letter",
                "This is no dead letter any more",
                "Somebody has replayed it, or a turn of it ended well meanwhile. Nothing was changed.",
            )
        return self._done("dead-letters")

    def brake(self, connection: str, act: str) -> Response:
        """Hold or release a brake. Raises HttpProblem 403, 404, StoreUnavailable."""
        viewer = require(Role.MANAGER)
        if connection not in self._connections:
            raise HttpProblem(404, "not_found", "There is no such connection", "See the connections on Health.")
        brakes = Brakes(self._mailbox.store)
        if act == HOLD:
            brakes.hold(connection, viewer.told)
        else:
            brakes.release(connection, viewer.told)
        return self._done("brake")

    def _done(self, where: str) -> Response:
        if self._nudge is not None:
            self._nudge()
        return see_other(f"/health#{where}")
