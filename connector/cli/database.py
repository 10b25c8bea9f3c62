"""``migrate``, and ``database``: what is done once, per release or in a lifetime. No server and no ticket system."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from sqlalchemy import URL

from connector import redaction
from connector.cli import common
from connector.config.secret_values import secret_of_file, secret_texts
from connector.config.service_variables import DATABASE_URL
from connector.errors import ConfigError
from connector.store.database.engine import Store
from connector.store.database.errors import StoreUnavailable
from connector.store.database.schema import SchemaState
from connector.store.database.sqlite_file import file_of, require_usable
from connector.wording import in_utc

if TYPE_CHECKING:
    from connector.store.relocation.copying import Copied, CopyProgress

MUCH = 10.0
"""Seconds by which two clocks differ so much that it is said."""

SAID_EVERY = 100_000
"""Rows of one table between two lines that say how far it is, where there is no terminal."""


@click.command()
def migrate() -> None:
    """Bring the database's schema up to date."""
    url = common.settings().database_url
    require_usable(url)
    store = Store.open(url)
    try:
        before = store.migrate()
    finally:
        store.close()
    done = {SchemaState.CURRENT: "was up to date", SchemaState.EMPTY: "was set up"}.get(
        before, "was brought up to date"
    )
    common.say(f"The database {done}.")


@click.group()
def database() -> None:
    """Move everything from the file to PostgreSQL, or work with a file again that was left."""


@database.command()
@click.option("--to", "url", metavar="URL", help="Where to: postgresql://USER:PASSWORD@HOST/NAME, an empty database.")
@click.option(
    "--to-file",
    "file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="A file that holds this address: so the password is in no shell's history and in no list of processes.",
)
@common.as_json
def copy(url: str | None, file: Path | None, is_json: bool) -> None:
    """Copy everything from the SQLite file of DATABASE_URL to PostgreSQL, and leave the file.

    End every process of the service first. Killed or failed half-way, say the same again: it goes on.
    """
    from connector.store.relocation import copying

    common.require_no_demo(common.settings())
    with _file() as source, _target(url, file) as target, _told_of_target(), _shown() as tell:
        to = _place(target)
        done = copying.copy(source, target, (f"the file {file_of(str(source.engine.url))}", to), tell)
    if is_json:
        common.answer({"to": to, **(_plain(done) if done else {"rows": None})})
    elif done is None:
        common.say(f"It was copied to {to} before, to the end: there is nothing to do")
    else:
        for line in _lines(done, to):
            common.say(line)
    if done and not done.trail.is_intact:
        raise SystemExit(1)


@database.command()
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
def reopen(is_sure: bool) -> None:
    """Work with the file again that was left for another database: take its mark off.

    What was done since with the other database is not in it; no process may work there any more.
    """
    from connector.store.relocation import copying

    with _file() as source:
        what = "nothing that was done with the other database since is in this file, and nobody may work there any more"
        if not is_sure and not (common.is_on_terminal() and common.agree(f"Sure? {what}.", default=False)):
            raise click.UsageError(f"{what}: say --yes if that is so")
        left = copying.reopen(source)
    if left is None:
        common.say("The file was not left: there is nothing to do")
    else:
        common.say(f"The file is worked with again. It had been left for {left.place} at {in_utc(left.begun_at)}")


# --- both sides -----------------------------------------------------------------------------------------------


@contextmanager
def _file() -> Iterator[Store]:
    """The store of the file that DATABASE_URL names. Raises ConfigError for a server, or where there is no file."""
    url = common.settings().database_url
    path = file_of(url)
    if path is None:
        raise ConfigError(
            ["DATABASE_URL names no SQLite file: for this command, set it to the address of the one that is left"]
        )
    if not path.exists():
        raise ConfigError([f"DATABASE_URL names a file that is not there: {path}"])
    require_usable(url)
    store = Store.open(url)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def _target(url: str | None, file: Path | None) -> Iterator[Store]:
    """The store of the address that was given, or that a file holds. Raises UsageError for none, or what is none."""
    if (url is None) == (file is None):
        raise click.UsageError("give the target's address with --to, or with --to-file the file that holds it")
    option = "--to" if file is None else "--to-file"
    try:
        address = url or secret_of_file(str(file))
        redaction.know("target", list(secret_texts([address])))
        address = str(DATABASE_URL.parse(address))
    except ValueError as error:
        raise click.UsageError(f"{option} {error}") from None
    if not address.startswith("postgresql"):
        raise click.UsageError(f"{option} must name a PostgreSQL database: postgresql://USER:PASSWORD@HOST/NAME")
    with _told_of_target():
        store = Store.open(address)
    redaction.know("target", [store.engine.url.password or "", *_secret_options(store)])
    try:
        yield store
    finally:
        store.close()


@contextmanager
def _told_of_target() -> Iterator[None]:
    """What is said of the target's address speaks of the option, not of the variable that names the file."""
    try:
        yield
    except ConfigError as error:
        raise ConfigError([_of_option(problem) for problem in error.problems]) from error
    except StoreUnavailable as error:
        raise StoreUnavailable(_of_option(str(error)), error.retry_after) from error


def _of_option(said: str) -> str:
    return said if "set DATABASE_URL" in said else said.replace("DATABASE_URL", "the target's address")


def _place(store: Store) -> str:
    """What a server's database is called for people: its address without a password."""
    url = store.engine.url
    kept = {name: value for name, value in url.query.items() if name in ("host", "port", "service")}
    without = URL.create("postgresql", url.username, None, url.host, url.port, url.database, kept)
    return without.render_as_string(hide_password=False)


def _secret_options(store: Store) -> list[str]:
    return [str(value) for name, value in store.engine.url.query.items() if "password" in name]


# --- what is said ---------------------------------------------------------------------------------------------


@contextmanager
def _shown() -> Iterator[Callable[[CopyProgress], None]]:
    """Shows how far it is, on standard error: a bar on a terminal, else a line now and then."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _say_progress
        return
    columns = (TextColumn("{task.description:42}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=console) as bar:
        tasks: dict[str, TaskID] = {}

        def tell(one: CopyProgress) -> None:
            task = tasks.get(one.step)
            if task is None:
                task = tasks[one.step] = bar.add_task("", total=one.total)
            bar.update(task, completed=one.all_rows, total=one.total, description=f"{one.step} {one.table}")

        yield tell


def _say_progress(one: CopyProgress) -> None:
    if one.is_table_done and one.rows:
        common.say(f"{one.step} {one.table}: {one.rows} rows", is_error=True)
    elif one.is_further(SAID_EVERY):
        common.say(f"{one.step} {one.table}: {one.rows} rows so far", is_error=True)


def _lines(done: Copied, to: str) -> Iterator[str]:
    rows = sum(done.rows.values())
    before = f", {rows - done.added} of them by an earlier run" if done.added < rows else ""
    yield f"Copied to {to}: {rows} rows of {len(done.rows)} tables{before}; each was compared and is the same"
    if done.trail.is_intact:
        cut = f", {done.trail.cut} earlier ones cut at signed checkpoints" if done.trail.cut else ""
        yield f"The audit trail is intact there: {done.trail.rows} entries{cut}; the head is that of the file:"
    else:
        yield f"The audit trail is there as it was, and was NOT intact: {done.trail.chain}: {done.trail.why}; its head:"
    yield done.head.text
    seconds = done.ahead.total_seconds()
    if abs(seconds) > MUCH:
        way = "ahead of" if seconds > 0 else "behind"
        yield f"Its clock, which counts from now on, is {abs(seconds):.0f} s {way} this host's: set both by NTP"
    yield "The file is left as it was, and marked: nothing works with it any more"
    yield "Now set DATABASE_URL to the new address, and start the service"


def _plain(done: Copied) -> dict[str, object]:
    trail = {**asdict(done.trail), "is_intact": done.trail.is_intact}
    head = {"entries": done.head.entries, "hash": done.head.hash, "head": done.head.text}
    ahead = round(done.ahead.total_seconds(), 1)
    return {"rows": done.rows, "added": done.added, "audit": trail, **head, "clock_ahead_seconds": ahead}
