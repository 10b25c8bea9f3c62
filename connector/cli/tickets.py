"""``tickets``: what is due next, by deadline: as a table, a sheet, a document, or a table that is drawn anew."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from shutil import get_terminal_size

import click

from connector.cli import common
from connector.connection.due_next import FAILING, FIELDS, PARKED, DueTicket, document_of, due_tickets
from connector.policy.policy import Policy
from connector.rules.limits import Verdict
from connector.store.database.engine import Store
from connector.store.editions import LONGEST_SILENCE
from connector.store.heartbeats import last_cycle_at
from connector.store.queries.open_tickets import OpenTickets, Wanted
from connector.wording import in_utc

FIRST_SCREEN = 50
EVERY_SECONDS = 5.0
"""How often ``--watch`` draws the table anew."""

_STATES = (*(verdict.value for verdict in Verdict), FAILING, PARKED)
_HEADINGS = ("due", "ticket", "used", "state", "client", "holder", "tier", "stage", "summary", "why", "link")
_ON_A_SCREEN = len(_HEADINGS) - 3
"""So many of them have room on a terminal, and the summary on a wide one; the rest is for those who read lines."""

WIDE, _KEPT = 140, 4
_HOURS = 120
"""From so many minutes on a distance is told in hours."""

_UNITS = {"": 1, "m": 1, "min": 1, "h": 60, "d": 1440}

_Found = Callable[[], Iterator[DueTicket]]


def _length(_: click.Context, __: click.Parameter, text: str | None) -> timedelta | None:
    """``90``, ``90m``, ``2h`` or ``1d``."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d{1,6}) ?(m|min|h|d|)", text.strip().lower(), re.ASCII)
    if found is None:
        raise click.BadParameter(f"{text!r} is no length; expected minutes, or for example 90m, 2h, 1d")
    return timedelta(minutes=int(found[1]) * _UNITS[found[2]])


@click.command()
@click.option("--system", help="Only of this connected ticket system.")
@click.option("--tier", help="Only of tiers whose name contains this.")
@click.option("--client", help="Only of clients whose name contains this.")
@click.option("--holder", help="Only of holders whose name contains this.")
@click.option("--state", "states", multiple=True, type=click.Choice(_STATES), help="Only in this state.")
@click.option("--due-within", callback=_length, help="Only what was due, or is within that time: 90m, 2h, 1d.")
@click.option("--limit", type=click.IntRange(0), default=FIRST_SCREEN, show_default=True, help="How many; 0: all.")
@click.option("--watch", is_flag=True, help="Draw the table anew every few seconds, until interrupted.")
@click.option("--csv", "is_csv", is_flag=True, help="Print a sheet.")
@common.as_json
def tickets(
    system: str | None,
    tier: str | None,
    client: str | None,
    holder: str | None,
    states: tuple[str, ...],
    due_within: timedelta | None,
    limit: int,
    watch: bool,
    is_csv: bool,
    is_json: bool,
) -> None:
    """List the watched tickets, what is due next on top. Asks the database alone."""
    if watch + is_csv + is_json > 1:
        raise click.UsageError("--watch, --csv and --json exclude one another")
    if watch and not sys.stdout.isatty():
        raise click.UsageError("--watch needs a terminal; without one, --json or --csv")
    with common.wired(needs_connection=True) as parts:
        if system is not None:
            system = common.connection_named(parts, system).id
        names = [system] if system is not None else sorted(parts.connections)
        modes = {name: parts.settings.modes_of(name) for name in names}
        watched, policy = OpenTickets(parts.store), parts.settings.policy
        named = {"tier": tier, "client": client, "holder": holder}
        columns = {column: _like(watched, column, text) for column, text in named.items() if text}

        def wanted() -> Wanted:
            before = parts.store.now() + due_within if due_within is not None else None
            verdicts = set(states) - {FAILING, PARKED}
            return Wanted(columns, verdicts, FAILING in states, PARKED in states, before)

        def found() -> Iterator[DueTicket]:
            return islice(due_tickets(watched, policy, modes, wanted(), parts.store.now()), limit or None)

        if is_json:
            common.json_list(map(document_of, found()))
        elif is_csv:
            common.sheet(FIELDS, (document_of(one).values() for one in found()))
        elif watch:
            _watch(found, policy, parts.store.now)
        else:
            count = _print_table(found(), policy, parts.store.now())
            if limit and count == limit:
                every = sum(watched.count(name, wanted()) for name in names)
                common.say(f"{count} of {every}; --limit 0 shows all", is_error=True)
            _tell_if_nobody_watches(parts.store)


def _tell_if_nobody_watches(store: Store) -> None:
    last = last_cycle_at(store)
    if last is None or store.now() - last > LONGEST_SILENCE:
        when = f" since {in_utc(last)}" if last else ""
        common.say(f"No worker is running{when}: nothing goes up, and this is what was read last", is_error=True)


def _like(watched: OpenTickets, column: str, text: str) -> list[str]:
    """The names of a column that contain a text, in any case; says so where none does."""
    found = [name for name in watched.names_in(column) if text.casefold() in name.casefold()]
    if not found:
        common.say(f"no watched ticket has a {column} whose name contains {text!r}", is_error=True)
    return found


def _print_table(found: Iterable[DueTicket], policy: Policy, now: datetime) -> int:
    """A row in a line: on a terminal what has room there."""
    fields = _ON_A_SCREEN + (get_terminal_size().columns >= WIDE) if sys.stdout.isatty() else len(_HEADINGS)
    rows = [_row(one, policy, now)[:fields] for one in found]
    common.table(_HEADINGS[:fields], rows, keeps=_KEPT)
    return len(rows)


def _watch(found: _Found, policy: Policy, now: Callable[[], datetime]) -> None:
    """Until it is interrupted."""
    try:
        while True:
            rows = list(found())
            click.clear()
            _print_table(rows, policy, now())
            time.sleep(EVERY_SECONDS)
    except KeyboardInterrupt:
        return


def _row(one: DueTicket, policy: Policy, now: datetime) -> tuple[str, ...]:
    """The fields of a line, what is asked for first in front; the state with a mode in which nothing is moved."""
    used = "" if one.used_minutes is None else f"{one.used_minutes:.0f}/{one.limit_minutes:g}"
    state = f"{one.state} [{one.mode}]" if one.mode and one.mode != "enforce" else one.state
    ticket = f"{one.system} {one.ticket}"
    named = (one.client, one.holder or "nobody", one.tier, one.stage, one.summary, one.why, one.link)
    return (_due(one, policy, now), ticket, used, state, *named)


def _due(one: DueTicket, policy: Policy, now: datetime) -> str:
    """How far it is from now, and when, in the zone of the calendar that counts; the day where it is not today."""
    if one.due_at is None:
        return "-"
    calendar = policy.calendars.get(one.calendar) or policy.calendars[policy.tiers[0].calendar]
    local = one.due_at.astimezone(calendar.zone)
    day = "" if local.date() == now.astimezone(calendar.zone).date() else f"{local:%Y-%m-%d} "
    minutes = (one.due_at - now) / timedelta(minutes=1)
    far = f"{abs(minutes):.0f} min" if abs(minutes) < _HOURS else f"{abs(minutes) / 60:.0f} h"
    return f"{f'in {far}' if minutes >= 0 else f'{far} ago'}, {day}{local:%H:%M} {local.tzname()}"
