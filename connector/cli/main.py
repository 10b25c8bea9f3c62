"""The command line: ``escalator``. Exit codes: 0 fine, 1 a finding or failure, 2 wrong usage or configuration."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click

from connector import __version__, logs, terminal
from connector.errors import ConfigError, ConnectorError

_COMMANDS = {
    "audit": ("inspection", "The audit trail."),
    "backtest": (
        "insight.backtest",
        "Say what would have been done to past tickets, and what other limits would have done.",
    ),
    "brake": ("pace", "See what waits at the brake, let it go up, or have nothing go up by time."),
    "check": ("systems", "Check settings, names, rights, calendars, the webhook's registration and the database."),
    "console": ("console", "Let people log in to the console, and programs use the API."),
    "database": ("database", "Move everything from the file to PostgreSQL, or work with a file again that was left."),
    "dead-letters": ("inspection", "Look at what was given up on, and try it again."),
    "demo": ("serving", "Show a service desk's morning at high speed, on two simulated ticket systems."),
    "explain": ("explain", "Show which minutes of TICKET counted, why, and what stands in its way."),
    "export": ("inspection", "Print the audit trail, or the training requests in it, as JSON lines, oldest first."),
    "forget": ("forget", "Remove what is kept of TICKET's words and people; the audit trail stays, and provable."),
    "init": ("setup.command", "Connect a ticket system: asks, tries, proposes, and writes .env."),
    "migrate": ("database", "Bring the database's schema up to date."),
    "policy": ("policies", "Look at the policies that are in force, and apply the newest to stints that are running."),
    "report": (
        "insight.report",
        "Say what went up, or would have, why, and what to do about it.",
    ),
    "run": ("serving", "Run web and worker together; brings the database up to date by itself."),
    "tickets": ("tickets", "List the watched tickets, what is due next on top."),
    "web": ("serving", "Run the web service alone: webhooks, health, metrics, console."),
    "webhooks": ("systems", "Look at, make or remove the webhook's registration."),
    "worker": ("serving", "Run a worker alone; start as many as you like."),
}
"""The commands: the module of each, loaded when it is called, and what it is for. So ``--help`` loads none of them."""


@contextmanager
def loading() -> Iterator[None]:
    """Load modules meanwhile. What they bring stays: nobody looks through it for garbage, neither while it grows nor
    later.
    """
    was_collecting, before = gc.isenabled(), len(sys.modules)
    gc.disable()
    try:
        yield
    finally:
        if len(sys.modules) > before:
            gc.freeze()
        if was_collecting:
            gc.enable()


class CommandGroup(click.Group):
    """Loads commands late, and turns the connector's errors into messages and exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _ = _COMMANDS[cmd_name]
        with loading():
            found = import_module(f"connector.cli.{module}")
        command: click.Command = getattr(found, cmd_name.replace("-", "_"))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, what) for name, (_, what) in _COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            for problem in error.problems:
                click.echo(terminal.shown(f"escalator: {problem}"), err=True)
            ctx.exit(2)
        except ConnectorError as error:
            click.echo(terminal.shown(f"escalator: {logs.masked(str(error))}"), err=True)
            ctx.exit(1)


@click.group(cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="escalator")
def cli() -> None:
    """Watch the escalation limits of service-desk tickets, and carry out what they ask for.

    Configured by the environment, and by a file .env in the working directory.
    """


def main() -> None:
    """The console script. Whatever it and its children make is for the owner alone."""
    os.umask(0o077)
    terminal.tell_crashes_without_secrets()
    try:
        cli(prog_name="escalator")
    finally:
        gc.freeze()  # the interpreter would look through all of it once more, before it ends
