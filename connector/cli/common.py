"""What the commands share: settings from the environment and ``.env``, the parts wired up, answers as JSON or text."""

from __future__ import annotations

import csv
import getpass
import logging
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from shutil import get_terminal_size
from textwrap import fill
from typing import TYPE_CHECKING, Any, TypeVar

import click
import structlog

from connector import __version__, logs, redaction
from connector.cli.main import loading
from connector.config.demo_clock import DEMO_CLOCK
from connector.config.dotenv_readers import as_we_read_it
from connector.config.env_file import read_env_file
from connector.config.service_variables import HOST
from connector.config.settings import Settings, load_settings, secrets_of
from connector.errors import ConfigError
from connector.store.database.sqlite_file import file_of
from connector.systems.catalogue import ticket_systems
from connector.terminal import cell, shown, shown_json

if TYPE_CHECKING:
    from connector.app.wiring import Wiring
    from connector.systems.contract import Connection

DOTENV = ".env"
Command = TypeVar("Command", bound=Callable[..., Any])

log = structlog.get_logger("connector")


def as_json(command: Command) -> Command:
    """The option ``--json``: the answer for a program to read."""
    return click.option("--json", "is_json", is_flag=True, help="Answer in JSON.")(command)


def environment() -> dict[str, str]:
    """The environment, and below it the file ``.env`` of the working directory, where there is one.

    Raises ConfigError where that cannot be understood.
    """
    return as_we_read_it(os.environ, read_env_file(Path(DOTENV)))


def settings(*, host: str = "") -> Settings:
    """The settings, with logging set up as they say; ``host`` stands where HOST says nothing.

    Raises ConfigError with every problem.
    """
    kept = read_env_file(Path(DOTENV))
    environ = as_we_read_it(os.environ, kept)
    if host and not environ.get(HOST.name, "").strip():
        environ[HOST.name] = host
    redaction.know("settings", secrets_of(environ))
    loaded = load_settings(environ, kept=kept)
    logs.configure(loaded.log_level, loaded.log_format)
    return loaded


def account() -> str:
    """The account that this command runs under."""
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):  # it has no name here, as in a container
        return f"account {os.getuid()}"


def whoever() -> str:
    """Who runs the command, for the audit trail."""
    return f"{account()}, at the command line"


def require_connection(settings: Settings) -> None:
    """Raise ConfigError when no ticket system is connected."""
    if not settings.connections:
        names = " or ".join(f"{name.upper()}_URL" for name in ticket_systems())
        raise ConfigError([f"no ticket system is connected: set {names} and what belongs to it"])


def require_no_demo(settings: Settings) -> None:
    """Raise ConfigError for the demo's own settings: it serves its desk itself, and keeps its time."""
    if settings.demo_clock is not None:
        raise ConfigError(
            [f"{DEMO_CLOCK.name}: the demo's desk is served by the demo: look at it with the other commands"]
        )


def announce(settings: Settings) -> None:
    """Say in one line what is starting, and where the database's file is."""
    file = file_of(settings.database_url)
    log.info(
        "starting",
        version=__version__,
        mode=settings.mode_said,
        connections=sorted(settings.connections),
        database=settings.database_url.partition(":")[0].partition("+")[0],
        policy=settings.policy.version,
        **({} if file is None else {"database_file": str(file)}),
    )


@contextmanager
def wired(*, needs_connection: bool = False, needs_schema: bool = True) -> Iterator[Wiring]:
    """The parts of these settings, given back afterwards. Raises ConfigError, StoreUnavailable."""
    with loading():
        from connector.app import wiring  # ticket systems and all: not for commands that need the settings alone

    loaded = settings()
    if needs_connection:
        require_connection(loaded)
    if needs_schema:
        wiring.prepare_database(loaded, migrates=False)
    with loading():  # the adapters
        parts = wiring.wire(loaded, has_schema=needs_schema)
    try:
        yield parts
    finally:
        parts.close()


@contextmanager
def told_otherwise(logger: str) -> Iterator[None]:
    """Nothing of a logger meanwhile: what it would say is part of the answer."""
    quiet = logging.getLogger(logger)
    before = quiet.level
    quiet.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        quiet.setLevel(before)


def connection_named(parts: Wiring, name: str) -> Connection:
    """The connected ticket system of that name, in any case; a usage error names those that there are."""
    found = next((id_ for id_ in parts.connections if id_.casefold() == name.casefold()), None)
    if found is None:
        known = ", ".join(parts.connections) or "none"
        raise click.UsageError(f"{name!r} is not connected; connected: {known}")
    return parts.connections[found]


def answer(data: object) -> None:
    """Print a JSON document."""
    click.echo(shown_json(data, indent=2))


def json_line(data: object) -> None:
    """Print a JSON document as one of many lines."""
    click.echo(shown_json(data))


def json_list(data: Iterable[object]) -> None:
    """Print a list, one document a line; each as soon as it is there."""
    ahead = "["
    for one in data:
        click.echo(f"{ahead}\n  {shown_json(one)}", nl=False)
        ahead = ","
    click.echo(shown("\n]" if ahead == "," else "[]"))


def sheet(headings: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
    """Print a sheet; nothing in it is a formula."""
    fields = (["" if value is None else str(value) for value in row] for row in rows)
    csv.writer(sys.stdout).writerows(map(cell, row) for row in chain([headings], fields))


def is_on_terminal() -> bool:
    """Whether there is a person to ask."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def command_here() -> str:
    """How our command is called from this folder: by its name, or by its path where it is not among the commands."""
    started = Path(sys.argv[0])
    if started.name != "escalator" or shutil.which("escalator"):
        return "escalator"
    try:
        return str(started.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(started.absolute())


def ask(question: str, default: str = "", *, is_hidden: bool = False) -> str:
    """What a person answers, without blanks around it; ``default`` for nothing. ``is_hidden``: it is not seen.

    Raises click.Abort where they leave.
    """
    seen = f"{shown(question)} [{shown(default)}]" if default and not is_hidden else shown(question)
    answered: str = click.prompt(seen, default=default, show_default=False, hide_input=is_hidden)
    return answered.strip()


def ask_secret(question: str) -> str:
    """What a person types without it being seen, every blank of it. Raises click.Abort where they leave."""
    typed: str = click.prompt(shown(question), default="", show_default=False, hide_input=True)
    return typed


def agree(question: str, *, default: bool) -> bool:
    """Whether a person says yes. Raises click.Abort where they leave."""
    return click.confirm(shown(question), default=default)


def say(text: str, *, is_error: bool = False) -> None:
    """Print a text, on standard error where it tells of one; on a terminal broken between its words."""
    is_seen = (sys.stderr if is_error else sys.stdout).isatty()
    click.echo(shown(_broken(text) if is_seen else text), err=is_error)


def to_copy(line: str) -> None:
    """Print a line that is to be copied: never broken."""
    click.echo(shown(line))


def _broken(text: str) -> str:
    width = get_terminal_size().columns
    return "\n".join(line if len(line) <= width else _in_lines(line, width) for line in text.split("\n"))


def _in_lines(line: str, width: int) -> str:
    indent = line[: len(line) - len(line.lstrip())] + "  "
    return fill(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def table(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]], keeps: int | None = None) -> None:
    """Print rows: as a table on a terminal, else as lines of tab-separated fields without headings.

    ``keeps``: a row takes one line on a terminal, and what does not fit is cut off but for so many fields in front.
    """
    if not sys.stdout.isatty():
        for row in rows:
            click.echo("\t".join(map(cell, row)))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False)
    for n, heading in enumerate(headings):
        widest = max(map(len, (heading, *(row[n] for row in rows)))) if n < (keeps or 0) else None
        drawn.add_column(heading, no_wrap=keeps is not None, min_width=widest)
    for row in rows:
        drawn.add_row(*(Text(shown(field)) for field in row))
    Console().print(drawn)
