"""``run``, ``web``, ``worker``: the commands that a deployment starts; and ``demo``, which shows them at work.

What runs for weeks loads what it needs and no more: each command imports its own side.
"""

from __future__ import annotations

import os
import signal
import threading
from functools import partial
from importlib import import_module
from types import FrameType

import click
import structlog
from click.core import ParameterSource

from connector.cli import common
from connector.cli.apart import apart
from connector.cli.main import loading
from connector.config.processes import web_processes
from connector.config.service_variables import HOST
from connector.config.settings import Settings

log = structlog.get_logger("connector")


def _host(_context: click.Context, _option: click.Parameter, value: str | None) -> str:
    """Parsed as HOST is."""
    if value is None:
        return ""
    try:
        return str(HOST.parse(value))
    except ValueError as error:
        raise click.BadParameter(f"{value!r} {error}") from error


listening = click.option(
    "--host",
    metavar="ADDRESS",
    callback=_host,
    help="Where to listen, where HOST is not set; without either on 127.0.0.1. The port is PORT, or 8000.",
)
"""The option ``--host``: what a platform's start line says, which the environment may say otherwise."""


@click.command()
@listening
def run(host: str) -> None:
    """Run web and worker together; brings the database up to date by itself."""
    settings = common.settings(host=host)
    common.require_connection(settings)
    common.require_no_demo(settings)
    _web_processes(settings)
    from connector.app import serve

    apart(partial(_prepare_database, settings, migrates=True))
    common.announce(settings)

    def site() -> serve.Site:
        with loading():
            from connector.app import web_side  # after the fork: the one web process needs it, not the master

        return web_side.web_site(settings, has_worker=True)

    serve.serve(site, serve.Listening(settings.host, settings.port, trusted=settings.trusted_proxies))


@click.command()
@listening
def web(host: str) -> None:
    """Run the web service alone: webhooks, health, metrics, console."""
    settings = common.settings(host=host)
    common.require_connection(settings)
    common.require_no_demo(settings)
    processes = _web_processes(settings)
    from connector.app import serve

    prepare = partial(_prepare_database, settings, migrates=False)
    if processes == 1:
        apart(prepare)
    else:
        prepare()
        import_module("connector.app.web_side")  # before the fork: the web processes share it
    common.announce(settings)
    with serve.shared_metrics(processes) as folder:

        def site() -> serve.Site:
            with loading():
                from connector.app import web_side

            return web_side.web_site(settings, folder)

        serve.serve(site, serve.Listening(settings.host, settings.port, processes, trusted=settings.trusted_proxies))


def _web_processes(settings: Settings) -> int:
    return web_processes(common.environment(), is_sqlite=settings.database_url.startswith("sqlite"))


def _prepare_database(settings: Settings, *, migrates: bool) -> None:
    from connector.app import wiring  # the database library and all

    wiring.prepare_database(settings, migrates=migrates)


@click.command()
def worker() -> None:
    """Run a worker alone; start as many as you like."""
    with loading():
        from connector.app import memory, side_door, stopping, worker_side
        from connector.worker.worker import leave

    with common.wired(needs_connection=True) as parts:
        common.require_no_demo(parts.settings)
        common.announce(parts.settings)
        stopped = threading.Event()

        def stop(number: int, _frame: FrameType | None) -> None:
            log.info("stopping", signal=signal.Signals(number).name)
            stopped.set()

        stopping.leave_in_time(stopped, leave)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        one = worker_side.worker_of(parts)
        memory.settle()
        with side_door.watched(parts, one):
            one.run_forever(stopped, stopping.STOP_SECONDS)
        log.info("stopped")


@click.command()
@click.option("--stay", is_flag=True, help="Keep the desk open, with the service listening, to look around.")
@click.option(
    "--speed",
    type=click.FloatRange(1, 60),
    default=1.0,
    show_default=True,
    help="With --stay: how many times as fast as on the wall time passes there.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="With --stay: where the service listens on 127.0.0.1; 0: any free port.",
)
@click.pass_context
def demo(context: click.Context, stay: bool, speed: float, port: int) -> None:
    """Show a service desk's morning at high speed, on two simulated ticket systems.

    With --stay it goes on: look around with the other commands, and post a webhook. ESCALATION_MODE,
    ESCALATION_MODE_<SYSTEM> and TIER_n_MODE in the environment make a pilot of it.
    """
    if stay:
        import_module("connector.demo.stay").main(os.environ, speed, port)
        return
    for name in ("speed", "port"):
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            raise click.UsageError(f"--{name} is for --stay alone")
    raise SystemExit(import_module("connector.demo.show").main())
