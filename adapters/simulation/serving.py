"""A simulated system as a whole: served, looked at from outside, and its webhooks sent when told to."""

from __future__ import annotations

import shlex
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event as Waiting

import click
from flask import Flask, got_request_exception

from adapters.simulation.faults import CallFaults
from adapters.simulation.outbox import Outbox, Sending
from adapters.simulation.server import Call, CallLog, FailingLayer, Server
from adapters.simulation.state import Ground


class Served(ABC):
    """The part of a simulator that is the same on every system. Safe to use from several threads.

    ``short_path``: how a path stands in the log of calls, and what the switches are matched with.
    """

    faults: CallFaults

    def __init__(self, app: Flask, state: Ground, outbox: Outbox, short_path: Callable[[str], str]) -> None:
        self.app = app
        self.errors: list[BaseException] = []
        """Exceptions that escaped from the simulator itself: each one is a mistake in it."""
        self._ground = state
        self._outbox = outbox
        self._log = CallLog()
        self._server: Server | None = None
        got_request_exception.connect(self._note_error, app)
        self._layer = FailingLayer(app.wsgi_app, state.faults, state.clock, self._log, short_path)
        app.wsgi_app = self._layer  # type: ignore[method-assign]  # Flask's documented way to wrap it

    @abstractmethod
    def environment(self) -> dict[str, str]:
        """The connector's environment variables that point at this simulator while it is serving."""

    @property
    def base_url(self) -> str:
        """Where the simulator is served."""
        return self._ground.base_url

    def start(self, port: int = 0) -> str:
        """Listen on 127.0.0.1 (``port`` 0: any free one); returns the base URL."""
        if self._server is not None:
            raise RuntimeError("the simulator is serving already")
        self._layer.start()
        self._server = Server(self.app, port)
        self._ground.base_url = self._server.address
        self._server.start()
        return self._server.address

    def stop(self) -> None:
        """Stop listening and delivering; calls that hang are let go. May be called twice."""
        self._layer.stop()
        server, self._server = self._server, None
        if server is not None:
            server.stop()
        self._outbox.stop()

    @contextmanager
    def serve(self, port: int = 0) -> Iterator[str]:
        """``start`` and ``stop`` around a block; gives the base URL.

        Raises RuntimeError at the end when the simulator itself failed meanwhile.
        """
        try:
            yield self.start(port)
        finally:
            self.stop()
        if self.errors:
            raise RuntimeError("the simulator itself failed") from self.errors[0]

    def _note_error(self, app: Flask, exception: BaseException) -> None:
        self.errors.append(exception)

    # Looking.

    @property
    def calls(self) -> list[Call]:
        """The calls so far (the last 100,000): method, path as it is shortened, status (0: no answer)."""
        return self._log.list()

    def call_counts(self) -> Counter[str]:
        """How many calls there were of each method."""
        return self._log.counts()

    @property
    def cookies(self) -> list[str]:
        """The cookies that came back."""
        return self._layer.cookies

    def forget_calls(self) -> None:
        """Begin counting anew."""
        self._log.clear()

    # Webhooks.

    @property
    def deliveries(self) -> list[Sending]:
        """The webhooks that were sent, with every status that came back (0: no answer)."""
        return list(self._outbox.sent)

    def deliver_pending(self) -> list[Sending]:
        """Send the webhooks that wait (``manual``); returns what was sent."""
        return self._outbox.deliver_pending()

    def keep_pending(self) -> list[Sending]:
        """The webhooks that wait (``manual``), in order, which are not sent then."""
        return self._outbox.keep_pending()

    def pending_callbacks(self) -> int:
        """How many webhooks wait or are being sent."""
        return self._outbox.pending()

    def wait_delivered(self, timeout: float) -> bool:
        """Wait until no webhook waits or is being sent (``thread``); False after ``timeout`` seconds."""
        return self._outbox.wait_delivered(timeout)


def serve_by_hand(simulator: Served, port: int, name: str, homes: Sequence[str], more: str = "") -> None:
    """Serve a furnished simulator until interrupted, and tell how to reach it. ``homes``: those of the tiers."""
    with simulator.serve(port) as address:
        click.echo(f"A simulated {name} listens on {address}. Settings to reach it:\n")
        for variable, value in simulator.environment().items():
            click.echo(f"export {variable}={shlex.quote(value)}")
        told = " ".join(f"TIER_{number}_HOME='{home}'" for number, home in enumerate(homes, start=1))
        click.echo(f"\n{told} WORK_TIME_ZONE=UTC\n\n{more}Stop it with Ctrl-C.")
        try:
            Waiting().wait()
        except KeyboardInterrupt:
            click.echo("Stopped.")
