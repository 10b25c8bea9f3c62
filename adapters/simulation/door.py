"""What is around every call to a simulated system: its answers, its refusals as answers, and its date."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from adapters.simulation.refusal import JSON_TYPE, Refusal, dumped
from adapters.simulation.state import Ground


class FrontDoor(ABC):
    """Answers a refusal as it says, and dates every answer with the ground's clock and its skew."""

    def __init__(self, app: Flask, ground: Ground) -> None:
        self._app = app
        self._ground = ground
        app.register_error_handler(Refusal, self.refused)
        app.register_error_handler(HTTPException, self.http_error)
        app.after_request(self.headed)

    def serve(self, method: str, rule: str, view: Callable[..., Response]) -> None:
        """Serve ``view`` at an address. The state stands still while it looks and acts, as in a transaction."""

        def still(**parts: Any) -> Response:
            with self._ground.acting():
                return view(**parts)

        self._app.add_url_rule(rule, f"{method} {rule}", still, methods=[method], provide_automatic_options=False)

    @abstractmethod
    def http_error(self, error: HTTPException) -> Response:
        """What is answered where no view is, or not for that method."""

    def refused(self, refusal: Refusal) -> Response:
        """A refusal as an answer."""
        answer = Response(refusal.payload, refusal.status, content_type=refusal.content_type)
        answer.headers.extend(refusal.headers)
        return answer

    def headed(self, answer: Response) -> Response:
        """The answer with the headers that each one has."""
        at = self._ground.clock.now() + timedelta(seconds=self._ground.faults.clock_skew)
        answer.headers["Date"] = format_datetime(at.replace(microsecond=0), usegmt=True)
        return answer


def as_json(body: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(dumped(body), status, content_type=JSON_TYPE)
