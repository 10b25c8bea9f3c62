"""``check`` and ``webhooks``: the commands that ask or change the ticket system's side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import click

from connector.app import wiring
from connector.cli import checking, common
from connector.model import Finding, Registration, Severity
from connector.systems.contract import Connection
from connector.worker.notifier import Notifier


@click.command()
@common.as_json
def check(is_json: bool) -> None:
    """Check settings, names, rights, calendars, the webhook's registration and the database."""
    with common.wired(needs_connection=True, needs_schema=False) as parts:
        found = list(checking.of_settings(parts.settings))
        found.append(checking.of_database(parts.store))
        found += Notifier(parts.settings.notify_urls).check()
        for name, connection in parts.connections.items():
            found += [
                Finding(finding.severity, f"{name}: {finding.subject}", finding.message)
                for finding in checking.of_connection(connection, parts.settings)
            ]
    errors = sum(finding.severity is Severity.ERROR for finding in found)
    if is_json:
        common.answer({"errors": errors, "findings": [asdict(finding) for finding in found]})
    else:
        rows = [(finding.severity.value, finding.subject, finding.message) for finding in found]
        common.table(("", "subject", "finding"), rows)
        click.echo("No errors." if not errors else f"{errors} error{'s' * (errors > 1)}.")
    if errors:
        raise SystemExit(1)


@click.group()
def webhooks() -> None:
    """Look at, make or remove the webhook's registration."""


@webhooks.command()
@click.argument("system", required=False)
@common.as_json
def status(system: str | None, is_json: bool) -> None:
    """Show the registrations; exit 1 unless exactly one is there and active.

    Where an administrator installs the sender, what to install is said instead (in JSON: null), and nothing is wrong.
    """
    with common.wired(needs_connection=True, needs_schema=False) as parts:
        managed, installed = _apart(_chosen(parts, system))
        found = {one.id: one.system.webhooks.registrations() for one in managed}
    if is_json:
        listed = {name: [asdict(registration) for registration in all_] for name, all_ in found.items()}
        common.answer({**listed, **dict.fromkeys(installed)})
    else:
        rows = [_row(name, registration) for name, all_ in found.items() for registration in all_]
        common.table(("system", "id", "state", "address"), rows)
        for name, all_ in found.items():
            if not all_:
                click.echo(f"{name}: not registered")
        _tell(installed)
    if any(len(all_) != 1 or not all_[0].is_active for all_ in found.values()):
        raise SystemExit(1)


@webhooks.command()
@click.argument("system", required=False)
@common.as_json
def register(system: str | None, is_json: bool) -> None:
    """Leave exactly one active registration, finding and repairing what is there."""
    with common.wired(needs_connection=True, needs_schema=False) as parts:
        managed, installed = _apart(_chosen(parts, system))
        made = {one.id: one.system.webhooks.register() for one in managed}
    if is_json:
        common.answer(
            {**{name: asdict(registration) for name, registration in made.items()}, **dict.fromkeys(installed)}
        )
    else:
        common.table(("system", "id", "state", "address"), [_row(name, one) for name, one in made.items()])
        _tell(installed)
    _refuse_if_named(system, installed)


@webhooks.command()
@click.argument("system", required=False)
@common.as_json
def remove(system: str | None, is_json: bool) -> None:
    """Remove this connector's registrations."""
    with common.wired(needs_connection=True, needs_schema=False) as parts:
        managed, installed = _apart(_chosen(parts, system))
        removed = {one.id: one.system.webhooks.remove() for one in managed}
    if is_json:
        common.answer({**removed, **dict.fromkeys(installed)})
    else:
        for name, count in removed.items():
            click.echo(f"{name}: {count} removed")
        _tell(installed)
    _refuse_if_named(system, installed)


def _apart(connections: list[Connection]) -> tuple[list[Connection], dict[str, str]]:
    """The connections whose registrations are made from here; and, by name, what is to be installed at the others."""
    managed = [one for one in connections if one.system.manages_webhooks]
    return managed, {one.id: checking.to_install(one.system) for one in connections if one not in managed}


def _tell(installed: Mapping[str, str]) -> None:
    for name, what in installed.items():
        click.echo(f"{name}: {what}")


def _refuse_if_named(system: str | None, installed: Mapping[str, str]) -> None:
    """Exit 1 when somebody asked by name for what cannot be done from here; among others it is only told."""
    if system in installed:
        raise SystemExit(1)


def _chosen(parts: wiring.Wiring, name: str | None) -> list[Connection]:
    return list(parts.connections.values()) if name is None else [common.connection_named(parts, name)]


def _row(name: str, registration: Registration) -> tuple[str, ...]:
    return (name, registration.id, "active" if registration.is_active else "switched off", registration.url)
