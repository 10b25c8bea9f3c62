"""The console's routes. Light: what draws a page is loaded with the first look at one."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, Response, request

from connector.web.console import assets, gate
from connector.web.console.escalations import DONE, OPEN
from connector.web.console.health import BRAKE_ACTS
from connector.web.console.parts import ConsoleParts
from connector.web.console.ticket import ACTS
from connector.web.deps import Deps
from connector.web.problems import HttpProblem
from connector.web.reasons import ServiceHealth

if TYPE_CHECKING:
    from connector.web.console.escalations.escalations_page import EscalationsPage
    from connector.web.console.escalations.sheets import EscalationSheets
    from connector.web.console.escalations.training import TrainingTicks
    from connector.web.console.frame import Frame
    from connector.web.console.health.health_page import HealthPage
    from connector.web.console.health.mending import Mending
    from connector.web.console.insight.insight_page import InsightPage
    from connector.web.console.now.now_page import NowPage
    from connector.web.console.policy.policy_page import PolicyPage
    from connector.web.console.ticket.reading import TicketLooks
    from connector.web.console.ticket.ticket_page import TicketPage

_OF_PROGRAMS = ("/webhooks/", "/api/", "/health/", "/metrics", "/static/")
"""Where programs ask: they are answered in their own form whatever they accept."""


class Console:
    """The console of one installation."""

    def __init__(self, deps: Deps, parts: ConsoleParts, service: Callable[[], ServiceHealth]) -> None:
        self._deps = deps
        self._parts = parts
        self._service = service

    def register(self, app: Flask) -> None:
        """Add the routes to the app: those of the pages behind the gate, and the files that they load."""
        app.register_blueprint(assets.blueprint())
        routes = Blueprint("console", __name__)
        gate.guard(routes, self._parts.who_asks)

        @routes.get("/")
        def now() -> Response:
            return self._now.get(request)

        @routes.get("/escalations")
        def escalations() -> Response:
            return self._escalations.get(request)

        @routes.get("/escalations/<name>.csv")
        def escalation_sheet(name: str) -> Response:
            return self._escalation_sheets.get(name, request)

        @routes.post(f"/escalations/training/<connection>/<int:n>/<any({DONE}, {OPEN}):to>")
        def tick_training(connection: str, n: int, to: str) -> Response:
            return self._training_ticks.post(connection, n, to, request)

        @routes.get("/insight")
        def insight() -> Response:
            return self._insight.get(request)

        @routes.get("/insight/<name>.csv")
        def insight_sheet(name: str) -> Response:
            return self._insight.sheet(name, request)

        @routes.get("/health")
        def health() -> Response:
            return self._health.get()

        @routes.post("/health/<connection>/dead-letters/<path:ticket>/replay")
        def replay(connection: str, ticket: str) -> Response:
            return self._mending.replay(connection, ticket)

        @routes.post(f"/health/<connection>/brake/<any({', '.join(BRAKE_ACTS)}):act>")
        def brake(connection: str, act: str) -> Response:
            return self._mending.brake(connection, act)

        @routes.get("/policy")
        def policy() -> Response:
            return self._policy.get()

        @routes.post("/policy")
        def tried() -> Response:
            return self._policy.post(request)

        @routes.get("/tickets/<connection>/<path:ticket>")
        def ticket(connection: str, ticket: str) -> Response:
            return self._ticket.get(connection, ticket)

        @routes.post(f"/tickets/<connection>/<path:ticket>/<any({', '.join(ACTS)}):act>")
        def act(connection: str, ticket: str, act: str) -> Response:
            return self._ticket.post(connection, ticket, act)

        app.register_blueprint(routes)
        if self._parts.login is not None:
            app.register_blueprint(self._parts.login(self._apart))

    def refusal(self, problem: HttpProblem) -> Response | None:
        """A refusal as a page, where a browser asked for one."""
        if request.path.startswith(_OF_PROGRAMS) or not _wants_page():
            return None
        return self._frame.refusal(problem)

    def _apart(self, template: str, **told: Any) -> Response:
        return self._frame.apart(template, **told)

    @cached_property
    def _frame(self) -> Frame:
        from connector.web.console.frame import Frame  # what draws: not for a process that only takes webhooks in

        return Frame(self._deps, self._parts)

    @cached_property
    def _now(self) -> NowPage:
        from connector.web.console.now.now_page import NowPage  # the same

        return NowPage(self._deps, self._parts, self._frame)

    @cached_property
    def _ticket(self) -> TicketPage:
        from connector.web.console.ticket.ticket_page import TicketPage  # the same

        return TicketPage(self._deps, self._parts, self._frame, self.looks)

    @cached_property
    def looks(self) -> TicketLooks:
        """What reads tickets, for the pages and for the API."""
        from connector.web.console.ticket.reading import TicketLooks  # the same

        return TicketLooks(self._deps, self._parts)

    @cached_property
    def _escalations(self) -> EscalationsPage:
        from connector.web.console.escalations.escalations_page import EscalationsPage  # the same

        return EscalationsPage(self._deps, self._parts, self._frame)

    @cached_property
    def _escalation_sheets(self) -> EscalationSheets:
        from connector.web.console.escalations.sheets import EscalationSheets  # the same

        return EscalationSheets(self._deps, self._parts, self._frame)

    @cached_property
    def _training_ticks(self) -> TrainingTicks:
        from connector.web.console.escalations.training import TrainingTicks  # the same

        return TrainingTicks(self._deps, self._parts, self._frame)

    @cached_property
    def _insight(self) -> InsightPage:
        from connector.web.console.insight.insight_page import InsightPage  # the same

        return InsightPage(self._deps, self._parts, self._frame)

    @cached_property
    def _policy(self) -> PolicyPage:
        from connector.web.console.policy.policy_page import PolicyPage  # the same

        return PolicyPage(self._deps, self._parts, self._frame)

    @cached_property
    def _mending(self) -> Mending:
        from connector.web.console.health.mending import Mending  # the same

        return Mending(self._deps, self._parts)

    @cached_property
    def _health(self) -> HealthPage:
        from connector.web.console.health.health_page import HealthPage  # the same

        return HealthPage(self._deps, self._parts, self._frame, self._service)


def _wants_page() -> bool:
    accepted = request.accept_mimetypes
    return accepted.quality("text/html") > accepted.quality("application/problem+json")
