"""Runs the demo's morning, shows the clocks while it passes, and judges every fate from the ticket system itself."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from connector.clock import VirtualClock
from connector.demo.morning import Arrived, Morning, is_escalation
from connector.demo.screenplay import CLOSING_CURTAIN, FATES, OPENING, POLLS, ZONE, demo_policy
from connector.demo.stage import stage
from connector.store.records import TicketRow
from connector.systems.catalogue import ticket_systems
from connector.systems.desk import STAFF, DeskNote
from connector.terminal import shown

SHOW_SECONDS = 32.0
"""How long the morning takes on a terminal; elsewhere it takes no longer than the work."""

FRAME = timedelta(minutes=1)


def main(console: Console | None = None) -> int:
    """Run the demo; 0 when every ticket's fate is as it should be, else 1."""
    console = console or Console()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    began = time.monotonic()
    clock = VirtualClock(OPENING)
    desks = [system.simulated(clock) for system in list(ticket_systems().values())[:2]]
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{Path(folder) / 'demo.db'}"
        console.print(
            f"Two simulated ticket systems ({desks[0].system}, {desks[1].system}), the web process and a worker are "
            f"running: a service desk's morning, {OPENING:%H:%M} to {CLOSING_CURTAIN:%H:%M} in New York, "
            "at high speed.\n"
        )
        with stage(OPENING, demo_policy(desks), database, desks=desks, clock=clock, poll_every=POLLS) as running:
            morning = Morning(running, list(FATES))
            running.settle()
            (_show if console.is_terminal else _list)(morning, console)
            problems = _judge(morning, console)
    took = time.monotonic() - began
    if problems:
        console.print(f"\n[bold red]Not as it should be:[/] {_safe('; '.join(problems))}")
        return 1
    console.print(f"\nEvery ticket's fate is as it should be ({took:.0f} s).", style="bold green")
    return 0


def _safe(text: str) -> str:
    """A text as a terminal may have it, and in which rich finds no markup."""
    return escape(shown(text))


def _frames() -> Iterator[datetime]:
    at = OPENING
    while at < CLOSING_CURTAIN:
        at += FRAME
        yield at


def _show(morning: Morning, console: Console) -> None:
    """The live table, paced so that people can follow it."""
    frames = list(_frames())
    pace = SHOW_SECONDS / len(frames)
    with Live(table_of(morning), console=console, auto_refresh=False) as live:
        for at in frames:
            began = time.monotonic()
            morning.run_until(at)
            live.update(table_of(morning), refresh=True)
            time.sleep(max(0.0, pace - (time.monotonic() - began)))


def _list(morning: Morning, console: Console) -> None:
    """Plain lines, where nobody looks at a table that changes."""
    for at in _frames():
        morning.run_until(at)
        for line in morning.told:
            console.print(shown(line), markup=False, highlight=False, soft_wrap=True)
        morning.told.clear()


def table_of(morning: Morning) -> Table:
    """The clocks as they stand, and the last things that happened."""
    now = morning.stage.clock.now()
    table = Table(title=f"{now.astimezone(ZONE):%H:%M}", title_style="bold", expand=True)
    for heading in ("Ticket", "Tier", "Owed", "Clock", "Holder", "Status"):
        table.add_column(heading, no_wrap=heading != "Ticket")
    rows = {(row.connection, row.ticket): row for row in morning.stage.mailbox.list_tickets()}
    for ticket in morning.tickets:
        table.add_row(*_cells(ticket, rows.get((ticket.desk.system, ticket.number)), now))
    table.caption = "\n".join(_safe(line) for line in morning.told[-4:])
    table.caption_justify = "left"
    return table


def _cells(arrived: Arrived, row: TicketRow | None, now: datetime) -> tuple[str, ...]:
    ticket = arrived.desk.ticket(arrived.number)
    holder = STAFF[ticket.owner][0] if ticket.owner else "nobody yet"
    name, state = _safe(f"{arrived.name} {arrived.fate.summary}"), _safe(ticket.status)
    snapshot = (row.snapshot if row else None) or {}
    if not snapshot:
        return name, str(ticket.tier), "", "[green]done[/]", holder, state
    return name, str(snapshot["tier"]), str(snapshot["stage"] or ""), _clock_bar(snapshot, now), holder, state


def _clock_bar(snapshot: dict[str, object], now: datetime) -> str:
    """The share of the limit that is used, and what is left of it."""
    if snapshot["verdict"] == "paused":
        return "[yellow]paused[/]"
    if snapshot["verdict"] == "breached":
        return "[bold red]final escalation[/]"
    due, limit = snapshot["due_at"], snapshot["limit_minutes"]
    if not isinstance(due, str) or not isinstance(limit, float):
        return ""
    left = max(0.0, (datetime.fromisoformat(due) - now) / timedelta(minutes=1))
    filled = round(12 * max(0.0, 1 - left / limit))
    colour = "red" if filled >= 10 else "cyan"
    return f"[{colour}]{'█' * filled}{'░' * (12 - filled)}[/] {left:2.0f} min left"


def _judge(morning: Morning, console: Console) -> list[str]:
    """Read everything back from the ticket system and compare; then show one escalation's note."""
    table = Table(title="What became of them, read back from the ticket system", title_style="bold", expand=True)
    for heading in ("Ticket", "Went up at", "Home, owner", "Why"):
        table.add_column(heading)
    problems: list[str] = []
    for ticket in morning.tickets:
        fate, now = ticket.fate, ticket.desk.ticket(ticket.number)
        found, went_up = (now.tier, now.owner), ticket.went_up
        is_told = all(any(words in note for note in ticket.told) for words in fate.told)
        is_right = found == fate.ends_at and went_up == fate.goes_up and is_told
        if not is_right:
            expected = f"{fate.goes_up} {fate.ends_at} {fate.told}"
            problems.append(f"{ticket.name} {fate.summary}: expected {expected}, found {went_up} {found} {ticket.told}")
        home = ticket.desk.homes[now.tier - 1] if now.tier else "elsewhere"
        table.add_row(
            f"{'[green]✓[/]' if is_right else '[red]✗[/]'} {_safe(f'{ticket.name} {fate.summary}')}",
            "\n".join(went_up) or "-",
            _safe(f"{home}, {now.owner or 'nobody yet'}"),
            fate.moral,
        )
    if len(morning.tickets) != len(FATES):
        problems.append(f"{len(FATES)} tickets should have arrived, {len(morning.tickets)} did")
    console.print()
    console.print(table)
    _print_notes(morning, console)
    return problems


def _print_notes(morning: Morning, console: Console) -> None:
    """One note of each kind that a technician gets: the answer to a command, and an escalation's."""
    _print_note(morning, console, "Call recording", lambda note: not is_escalation(note))
    _print_note(morning, console, "Cloudflare", is_escalation)


def _print_note(morning: Morning, console: Console, summary: str, is_wanted: Callable[[DeskNote], bool]) -> None:
    ticket = next((one for one in morning.tickets if summary in one.fate.summary), None)
    note = next((note for note in ticket.notes if is_wanted(note)), None) if ticket else None
    if ticket is None or note is None:
        return
    console.print(f"\nAn internal note on {ticket.name}, as the technician who gets it sees it:\n", style="bold")
    console.print(Padding(_safe(note.text), (0, 4)), highlight=False)
