"""``escalator demo --stay``: the desk goes on from the middle of its morning, to be looked at and played with.

The service listens, and a folder is left with an ``.env`` by which the other commands find it. They keep the desk's
time by ``DEMO_CLOCK``; the desk itself is moved on to that time again and again, so that everything happens at its
second.
"""

from __future__ import annotations

import logging
import shlex
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from rich.console import Console
from rich.live import Live

from connector.clock import PacedClock, VirtualClock
from connector.config.demo_clock import DEMO_CLOCK, written
from connector.config.service_variables import (
    DATABASE_URL,
    ESCALATION_MODE,
    PUBLIC_URL,
    RECONCILE_SECONDS,
    mode_of_system,
)
from connector.config.settings import load_settings
from connector.demo.morning import Morning
from connector.demo.screenplay import CLOSING_CURTAIN, FATES, OPENING, POLLS, ZONE, clock, demo_policy, later
from connector.demo.show import table_of
from connector.demo.stage import stage
from connector.errors import ConnectorError
from connector.model import Mode
from connector.policy.policy import Policy
from connector.systems.catalogue import ticket_systems
from connector.systems.desk import Desk
from connector.terminal import shown

GOES_ON_AT = clock("09:25")
"""Here the high speed ends: several clocks run, and the next limits are minutes away."""

ROUND = CLOSING_CURTAIN - OPENING - timedelta(minutes=2)
"""After so long the same tickets arrive once more."""

DAYS_BEFORE = 1
"""So many mornings were before this one, so that there is something to look back on."""

TICK_SECONDS = 0.2
WEBHOOK, COMMAND = "webhook.sh", "escalator demo --stay"


class DemoPortTaken(ConnectorError):
    """Somebody listens there already."""


@dataclass
class Shift:
    """The desk as it goes on: the same tickets arrive round after round, what is left over of one is put away."""

    morning: Morning
    rounds: int = 1

    def go_on(self, now: datetime) -> None:
        """Let everything happen until ``now``, each thing at its second."""
        while now >= OPENING + self.rounds * ROUND:
            self.morning.run_until(OPENING + self.rounds * ROUND)
            self._begin_round()
        self.morning.run_until(max(now, self.morning.stage.clock.now()))

    def _begin_round(self) -> None:
        """The tickets of the round before are resolved, those of the one before that are forgotten."""
        morning, before = self.morning, {id(fate) for fate in self.morning.fates[-len(FATES) :]}
        morning.tickets = [ticket for ticket in morning.tickets if id(ticket.fate) in before]
        morning.put_away()
        morning.fates = morning.fates[-len(FATES) :] + [later(fate, self.rounds * ROUND) for fate in FATES]
        self.rounds += 1


@dataclass(frozen=True, slots=True)
class StayingDesk:
    """The desk at ``GOES_ON_AT``, what it is configured with, and the folder with the ``.env`` that says so."""

    shift: Shift
    variables: Mapping[str, str]
    folder: Path
    clock: PacedClock


@contextmanager
def staying(folder: Path, said: Mapping[str, str], *, speed: float, port: int) -> Iterator[StayingDesk]:
    """The desk, played up to ``GOES_ON_AT``, and then listening. ``said``: the environment, whose modes count.

    ``speed``: how many times as fast as on the wall time passes. ``port``: 0 for any free one. Raises ConfigError for a
    mode that is none, DemoPortTaken.
    """
    _require_free(port)
    virtual = VirtualClock(OPENING - timedelta(days=DAYS_BEFORE))
    desks = [system.simulated(virtual) for system in list(ticket_systems().values())[:2]]
    with ExitStack() as stack:
        for desk in desks:
            stack.enter_context(desk.serve())
        variables = variables_of(desks, f"sqlite:///{folder / 'demo.db'}") | _modes(said)
        settings = load_settings(variables)
        running = stack.enter_context(
            stage(
                virtual.now(),
                settings.policy,
                settings.database_url,
                desks=desks,
                clock=virtual,
                modes=settings.modes_of(""),
                modes_of={name: settings.modes_of(name) for name in settings.connections},
                poll_every=POLLS,
                document=settings.policy_document,
                port=port,
                are_served=True,
                console=lambda parts, _: replace(parts, policy_document=settings.policy_document, said=settings.said),
            )
        )
        shift = Shift(Morning(running, list(FATES)))
        shift.morning.run_days_before(DAYS_BEFORE)
        shift.go_on(GOES_ON_AT)
        _keep_a_webhook(shift.morning, folder / WEBHOOK)
        goes = PacedClock(virtual.now(), speed, datetime.now(UTC))
        variables |= {PUBLIC_URL.name: running.url, DEMO_CLOCK.name: written(goes)}
        _leave(folder / ".env", variables)
        yield StayingDesk(shift, variables, folder, goes)


def variables_of(desks: Sequence[Desk], database_url: str) -> dict[str, str]:
    """The environment that says how the demo is configured at these desks, which answer already."""
    return {
        DATABASE_URL.name: database_url,
        ESCALATION_MODE.name: Mode.ENFORCE.value,
        RECONCILE_SECONDS.name: f"{POLLS.total_seconds():.0f}",
        **{name: value for desk in desks for name, value in desk.variables().items()},
        **_ladder(demo_policy(desks)),
    }


def _require_free(port: int) -> None:
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("127.0.0.1", port))
        except OSError as error:
            raise DemoPortTaken(
                f"port {port} cannot be listened on ({error.strerror}): say another one with --port"
            ) from None


def _ladder(policy: Policy) -> dict[str, str]:
    """The variables that say the demo's policy, but for the hours: this desk never closes."""
    variables = {"WORK_HOURS": "24x7", "WORK_TIME_ZONE": ZONE.key}
    for tier in policy.tiers:
        variables[f"TIER_{tier.number}_MANAGERS"] = ", ".join(tier.managers)
        for system, home in tier.homes.items():
            variables[f"TIER_{tier.number}_HOME_{system.upper()}"] = home
    final = policy.final
    variables["FINAL_SR_IT_MANAGER"] = final.sr_it_manager
    variables["FINAL_SERVICE_DESK_MANAGER"] = final.service_desk_manager
    variables["FINAL_ACCOUNT_MANAGER"] = final.account_manager
    variables["CRITICAL_PRIORITIES"] = ", ".join(sorted(policy.critical_priorities))
    return variables


def _modes(said: Mapping[str, str]) -> dict[str, str]:
    """The modes that are set, for a pilot at this desk."""
    names = {ESCALATION_MODE.name, *(mode_of_system(name).name for name in ticket_systems())}
    names |= {f"TIER_{number}_MODE" for number in range(1, 4)}
    return {name: value for name, value in said.items() if name in names and value.strip()}


def _keep_a_webhook(morning: Morning, script: Path) -> None:
    """Leave a script that sends the webhook of a note, as its system would have: this one was kept back."""
    ticket = morning.tickets[0]
    ticket.desk.note(ticket.number, ticket.fate.owner, "Plan: order a new tray, the rollers are worn")
    url, headers, body = ticket.desk.keep_webhooks()[0]
    told = " ".join(f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items())
    lines = (
        f"# The webhook of a note on {ticket.name}, kept back to be sent by hand. Sent again, it is known already.",
        f"curl -s {told} --data-binary {shlex.quote(body.decode())} {shlex.quote(url)}",
    )
    script.write_text("\n".join(lines) + "\n", "utf-8")


def _leave(file: Path, variables: Mapping[str, str]) -> None:
    lines = [
        f"# The desk of `{COMMAND}`: gone when that ends.",
        *(f'{name}="{value}"' for name, value in variables.items()),
    ]
    file.write_text("\n".join(lines) + "\n", "utf-8")


def main(
    environ: Mapping[str, str],
    speed: float,
    port: int,
    console: Console | None = None,
    stopped: threading.Event | None = None,
) -> None:
    """Play the desk until Ctrl-C, or until ``stopped`` is set; see ``staying``. Raises ConfigError, DemoPortTaken."""
    console = console or Console()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    stopped = stopped or _told_to_stop()
    with tempfile.TemporaryDirectory(prefix="escalator-demo-") as folder:
        console.print("A service desk's days, at high speed up to Thursday, 09:25 in New York ...", highlight=False)
        with staying(Path(folder), environ, speed=speed, port=port) as desk:
            console.print(_guide(desk, Path(sys.argv[0]).absolute()), markup=False, highlight=False, soft_wrap=True)
            (_on_screen if console.is_terminal else _in_lines)(desk, console, stopped)
    console.print("The desk is closed.")


def _told_to_stop() -> threading.Event:
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stopped.set())
    return stopped


def _guide(desk: StayingDesk, command: Path) -> str:
    """What can be done now. ``command``: the one that was called."""
    first, second = (next(t for t in desk.shift.morning.tickets if t.fate.at == at) for at in (0, 1))
    pace = "as on the wall" if desk.clock.speed == 1 else f"{desk.clock.speed:g} times as fast as on the wall"
    escalator = shlex.quote(str(command))
    return shown(
        f"""
The desk stays open; from here on time passes {pace}. Open the console in a browser on this machine:

  {desk.variables[PUBLIC_URL.name]}/    for programs: /health/status and /metrics

In another terminal:

  cd {shlex.quote(str(desk.folder))}    # its .env says how this desk is configured
  {escalator} tickets    # what is due next; --watch keeps it on the screen
  {escalator} explain {first.desk.system} {first.number}
  {escalator} explain {second.desk.system} {second.number}
  {escalator} check
  sh {WEBHOOK}    # sends a webhook that was kept back: 202, accepted once

Ctrl-C closes the desk.
"""
    )


def _on_screen(desk: StayingDesk, console: Console, stopped: threading.Event) -> None:
    morning = desk.shift.morning
    with Live(table_of(morning), console=console, auto_refresh=False) as live:
        while not stopped.wait(TICK_SECONDS):
            desk.shift.go_on(desk.clock.now())
            del morning.told[:-4]
            live.update(table_of(morning), refresh=True)


def _in_lines(desk: StayingDesk, console: Console, stopped: threading.Event) -> None:
    morning = desk.shift.morning
    while True:
        for line in morning.told:
            console.print(shown(line), markup=False, highlight=False, soft_wrap=True)
        morning.told.clear()
        if stopped.wait(TICK_SECONDS):
            return
        desk.shift.go_on(desk.clock.now())
