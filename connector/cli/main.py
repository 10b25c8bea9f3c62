"""The command line: ``escalator``. Exit codes: 0 fine, 1 a finding or failure, 2 wrong usage or configuration."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from connector import __version__, logs
from connector.errors import ConfigError, ConnectorError

_COMMANDS = {
    "run": "serving",
    "web": "serving",
    "worker": "serving",
    "migrate": "serving",
    "check": "systems",
    "webhooks": "systems",
    "explain": "inspection",
    "dead-letters": "inspection",
    "audit": "inspection",
    "export": "inspection",
    "policy": "policies",
}
"""The commands and the module of each, loaded when it is called: ``--help`` is quick, ``migrate`` loads no server."""


class CommandGroup(click.Group):
    """Loads commands late, and turns the connector's errors into messages and exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*_COMMANDS, *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = _COMMANDS.get(cmd_name)
        if module is None:
            return super().get_command(ctx, cmd_name)
        command: click.Command = getattr(import_module(f"connector.cli.{module}"), cmd_name.replace("-", "_"))
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            for problem in error.problems:
                click.echo(f"escalator: {problem}", err=True)
            ctx.exit(2)
        except ConnectorError as error:
            click.echo(f"escalator: {logs.masked(str(error))}", err=True)
            ctx.exit(1)


@click.group(cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="escalator")
def cli() -> None:
    """Watch the escalation limits of service-desk tickets, and carry out what they ask for.

    Configured by the environment, and by a file .env in the working directory.
    """


@cli.command()
def demo() -> None:
    """Show a service desk's morning at high speed, on a simulated ticket system."""
    raise SystemExit(import_module("connector.demo").main())


def main() -> None:
    """The console script."""
    cli(prog_name="escalator")
