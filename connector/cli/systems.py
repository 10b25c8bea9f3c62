"""``check`` and ``webhooks``: the commands that ask or change the ticket system's side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import TypeVar

import click

from connector.cli import common
from connector.cli.checks import checklist
from connector.cli.checks.registration import to_install
from connector.cli.common import Command
from connector.model import Registration
from connector.systems.contract import Webhooks

T = TypeVar("T")


@click.command()
@common.as_json
def check(is_json: bool) -> None:
    """Check settings, names, rights, calendars, the webhook's registration and the database.

    Exit 1 where there is an error.
    """
    with common.wired(needs_connection=True, needs_schema=False) as parts, common.told_otherwise("connector.store"):
        found = checklist.as_read(list(checklist.every(parts)))
    if is_json:
        common.answer({**checklist.counts(found), "findings": [asdict(finding) for finding in found]})
    else:
        rows = [(finding.severity.value, finding.subject, finding.message) for finding in found]
        common.table(("", "subject", "finding"), rows)
        common.say(checklist.in_one_line(found))
    if checklist.counts(found)["errors"]:
        raise SystemExit(1)


def _of_a_system(command: Command) -> Command:
    """The argument SYSTEM, where every connection is meant without it, and the option ``--json``."""
    return click.argument("system", required=False)(common.as_json(command))


@click.group()
def webhooks() -> None:
    """Look at, make or remove the webhook's registration."""


@webhooks.command()
@_of_a_system
def status(system: str | None, is_json: bool) -> None:
    """Show the registrations; exit 1 unless exactly one is there and active.

    Where an administrator installs the sender, what to install is said instead (in JSON: null), and nothing is wrong.
    """
    found, installed = _asked(system, lambda side: side.registrations())
    if is_json:
        listed = {name: [asdict(registration) for registration in all_] for name, all_ in found.items()}
        common.answer({**listed, **dict.fromkeys(installed)})
    else:
        _show([(name, registration) for name, all_ in found.items() for registration in all_])
        _tell({name: "not registered" for name, all_ in found.items() if not all_} | installed)
    if any(len(all_) != 1 or not all_[0].is_active for all_ in found.values()):
        raise SystemExit(1)


@webhooks.command()
@_of_a_system
def register(system: str | None, is_json: bool) -> None:
    """Leave exactly one active registration, finding and repairing what is there."""
    made, installed = _asked(system, lambda side: side.register())
    if is_json:
        common.answer({**{name: asdict(one) for name, one in made.items()}, **dict.fromkeys(installed)})
    else:
        _show(list(made.items()))
        _tell(installed)
    _refuse_if_named(system, installed)


@webhooks.command()
@click.option("--elsewhere", metavar="ID", help="Remove that one alone, which leads to another address (see `check`).")
@_of_a_system
def remove(system: str | None, is_json: bool, elsewhere: str | None) -> None:
    """Remove this connector's registrations."""
    if elsewhere is not None and system is None:
        raise click.UsageError("--elsewhere needs the SYSTEM in which the registration is")
    removed, installed = _asked(system, partial(_removed, elsewhere))
    if is_json:
        common.answer({**removed, **dict.fromkeys(installed)})
    else:
        _tell({name: f"{count} removed" for name, count in removed.items()} | installed)
    _refuse_if_named(system, installed)


def _asked(name: str | None, ask: Callable[[Webhooks], T]) -> tuple[dict[str, T], dict[str, str]]:
    """What one connection or each says whose registrations are made from here; what to install at the others."""
    with common.wired(needs_connection=True, needs_schema=False) as parts:
        chosen = list(parts.connections.values()) if name is None else [common.connection_named(parts, name)]
        managed = [one for one in chosen if one.system.manages_webhooks]
        installed = {one.id: to_install(one.system) for one in chosen if one not in managed}
        return {one.id: ask(one.system.webhooks) for one in managed}, installed


def _removed(elsewhere: str | None, side: Webhooks) -> int:
    if elsewhere is None:
        return side.remove()
    side.remove_elsewhere(elsewhere)
    return 1


def _show(rows: Sequence[tuple[str, Registration]]) -> None:
    shown = [(name, one.id, "active" if one.is_active else "switched off", one.url) for name, one in rows]
    if shown:
        common.table(("system", "id", "state", "address"), shown)
    for name, one in rows:
        if one.lacks:
            common.say(f"{name}: not sent for: {', '.join(one.lacks)}; the poll finds these")


def _tell(said: Mapping[str, str]) -> None:
    for name, what in said.items():
        common.say(f"{name}: {what}")


def _refuse_if_named(system: str | None, installed: Mapping[str, str]) -> None:
    """Exit 1 when somebody asked by name for what cannot be done from here; among others it is only told."""
    if system in installed:
        raise SystemExit(1)
