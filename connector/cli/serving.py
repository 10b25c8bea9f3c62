"""``run``, ``web``, ``worker``: the commands that a deployment starts; and ``demo``, which shows them at work."""

from __future__ import annotations

import signal
import threading
from functools import partial
from importlib import import_module
from types import FrameType

import click
import structlog

from connector.app import wiring
from connector.app.serve import Listening, serve, shared_metrics, web_processes
from connector.cli import common

log = structlog.get_logger("connector")


@click.command()
def run() -> None:
    """Run web and worker together; brings the database up to date by itself."""
    settings = common.settings()
    wiring.require_connection(settings)
    wiring.prepare_database(settings, migrates=True)
    wiring.announce(settings)
    serve(partial(wiring.web_site, settings, has_worker=True), Listening(settings.host, settings.port))


@click.command()
def web() -> None:
    """Run the web service alone: webhooks, health, metrics, status page."""
    settings = common.settings()
    wiring.require_connection(settings)
    processes = web_processes(common.environment(), is_sqlite=settings.database_url.startswith("sqlite"))
    wiring.prepare_database(settings, migrates=False)
    wiring.announce(settings)
    with shared_metrics(processes) as folder:
        serve(partial(wiring.web_site, settings, folder), Listening(settings.host, settings.port, processes))


@click.command()
def worker() -> None:
    """Run a worker alone; start as many as you like."""
    with common.wired(needs_connection=True) as parts:
        wiring.announce(parts.settings)
        stopped = threading.Event()

        def stop(number: int, _frame: FrameType | None) -> None:
            log.info("stopping", signal=signal.Signals(number).name)
            stopped.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        wiring.worker_of(parts).run_forever(stopped)
        log.info("stopped")


@click.command()
def demo() -> None:
    """Show a service desk's morning at high speed, on a simulated ticket system."""
    raise SystemExit(import_module("connector.demo").main())
