"""What ``escalator check`` looks at, each point as a finding. Reads only; nothing is created or written.

The adapter checks its own access; here the policy is held against what the ticket system has: homes, statuses,
people, priorities, and the webhook's registration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from connector.config.settings import Settings
from connector.connection.names import first_known
from connector.errors import AdapterError, ConfigError, ConnectorError, Permanent, UnknownName
from connector.model import Finding, Place, Severity
from connector.policy.policy import LEAST_LOADED, QUEUE, ROUND_ROBIN, Policy, Tier
from connector.store.database.engine import Store
from connector.store.database.errors import StoreUnavailable
from connector.store.database.schema import SchemaState
from connector.systems.contract import Connection, TicketSystem

T = TypeVar("T")
OK, WARNING, ERROR = Severity.OK, Severity.WARNING, Severity.ERROR


def of_settings(settings: Settings) -> Iterator[Finding]:
    """What the settings alone tell; they were valid, or nobody would be here."""
    policy = settings.policy
    yield Finding(OK, "settings", f"mode {settings.mode}, policy {policy.version}, {len(policy.tiers)} tiers")
    for name, calendar in policy.calendars.items():
        yield Finding(OK, f"calendar {name!r}", calendar.hours_text)
    if not settings.public_url:
        every = f"changes are found by the poll alone, every {settings.reconcile_seconds:g} s"
        yield Finding(WARNING, "PUBLIC_URL", f"is not set, so no webhook can be registered: {every}")


def of_database(store: Store) -> Finding:
    """Whether the database answers and has the schema that is needed."""
    name = store.engine.url.database
    if not store.is_postgresql and name and not Path(name).exists():
        return Finding(WARNING, "database", "does not exist yet: `escalator run` or `escalator migrate` makes it")
    try:
        state = store.schema_state()
    except StoreUnavailable as error:
        return Finding(ERROR, "database", str(error))
    match state:
        case SchemaState.CURRENT:
            return Finding(OK, "database", "answers, and its schema is up to date")
        case SchemaState.EMPTY:
            return Finding(WARNING, "database", "is empty: `escalator run` or `escalator migrate` sets it up")
        case SchemaState.OLD:
            return Finding(ERROR, "database", "has an older schema: run `escalator migrate`")
        case SchemaState.NEWER:
            return Finding(ERROR, "database", "was set up by a newer version of escalator: install that version")


def of_connection(connection: Connection, settings: Settings) -> Iterator[Finding]:
    """The adapter's own findings, then the policy's names, then the registration."""
    system = connection.system
    yield from system.line.check()
    homes: list[Place] = []
    for policy in settings.policy.every_ladder:
        last = len(homes)
        for tier in policy.tiers:
            yield from _tier(connection, tier, homes, policy.ladder)
        if homes[last:]:
            yield from _final(system, policy, homes[-1])
    if homes:
        for name, group in settings.policy.status_groups.items():
            yield _status_name(system, name, group.value, homes)
    for name in sorted({*settings.policy.priority_factors, *settings.policy.critical_priorities}):
        yield _priority(system, name, settings.policy.priority_factors.get(name, 1.0))
    if settings.public_url:
        yield _registration(system)


def _tier(connection: Connection, tier: Tier, homes: list[Place], ladder: str) -> Iterator[Finding]:
    subject = f"{ladder + ': ' if ladder else ''}tier {tier.number} ({tier.name})"
    system = connection.system
    home = tier.homes.get(connection.id, "")
    place, finding = _asked(
        f"{subject} home", lambda: system.directory.locate(home), lambda found: f"{home!r} is {found}"
    )
    yield finding
    if place is None:
        return
    homes.append(place)
    if tier.status:
        _, finding = _asked(
            f"{subject} status",
            lambda: first_known(tier.status, lambda name: system.directory.status_in(place, name)),
            lambda found: f"{found.name!r} is there",
        )
        yield finding
    if tier.assign not in (QUEUE, ROUND_ROBIN, LEAST_LOADED):
        yield _person(system, f"{subject} assignee", tier.assign)
    for manager in tier.managers:
        yield _manager(system, f"{subject} manager", manager)


def _final(system: TicketSystem, policy: Policy, last: Place) -> Iterator[Finding]:
    final = policy.final
    for role, name in final.people.items():
        subject = f"final escalation, {role}"
        if name:
            yield _person(system, subject, name)
        else:
            yield Finding(WARNING, subject, "is not configured: the final note can only name the role")
    if final.status:
        yield _asked(
            "final status",
            lambda: first_known(final.status, lambda name: system.directory.status_in(last, name)),
            lambda found: f"{found.name!r} is at {last}",
        )[1]
    if final.priority:
        yield _asked(
            "final priority",
            lambda: first_known(final.priority, system.directory.priority),
            lambda found: f"{found.name!r}",
        )[1]


def _status_name(system: TicketSystem, name: str, group: str, homes: list[Place]) -> Finding:
    """A configured status name has to exist at one of the homes at least."""
    subject, problem = f"status {name!r} ({group})", ""
    for home in homes:
        try:
            found = system.directory.status_in(home, name)
        except UnknownName as error:
            problem = problem or str(error)
        except AdapterError as error:
            return Finding(ERROR, subject, f"could not be looked up: {error}")
        else:
            return Finding(OK, subject, f"{found.name!r} is at {home}")
    return Finding(ERROR, subject, f"is at no tier's home: {problem}")


def _priority(system: TicketSystem, name: str, factor: float) -> Finding:
    return _asked(
        f"priority {name!r}",
        lambda: system.directory.priority(name),
        lambda found: f"{found.name!r}, limits times {factor:g}",
    )[1]


def _person(system: TicketSystem, subject: str, name: str) -> Finding:
    found = _asked(subject, lambda: first_known(name, system.directory.member), lambda p: f"{p.name} ({p.identifier})")
    person = found[0]
    if person is not None and not person.is_active:
        return Finding(ERROR, subject, f"{person.identifier!r} is not active any more: nothing can be assigned there")
    return found[1]


def _manager(system: TicketSystem, subject: str, name: str) -> Finding:
    """A manager may be known in another of the connected systems only: there he may override, here he may not."""
    found = _person(system, subject, name)
    return replace(found, severity=WARNING) if found.severity is ERROR else found


def to_install(system: TicketSystem) -> str:
    """What an administrator installs so that webhooks are sent; empty where registrations are made from here."""
    if system.manages_webhooks:
        return ""
    try:
        system.webhooks.registrations()
    except Permanent as error:
        return str(error)
    return "an administrator installs what sends the webhooks; see the adapter's README"


def _registration(system: TicketSystem) -> Finding:
    sender = to_install(system)
    if sender:
        # Whether it is there cannot be seen from here; without it the poll still finds every change.
        return Finding(WARNING, "webhook", f"cannot be seen or registered from here: {sender}")
    try:
        found = system.webhooks.registrations()
    except (AdapterError, ConfigError) as error:
        return Finding(ERROR, "webhook", f"the registration could not be looked up: {error}")
    active = [registration for registration in found if registration.is_active]
    remedy = "run `escalator webhooks register`"
    if not found:
        return Finding(ERROR, "webhook", f"is not registered: {remedy}")
    if not active:
        return Finding(ERROR, "webhook", f"is registered, but switched off: {remedy}")
    if len(found) > 1:
        return Finding(ERROR, "webhook", f"is registered {len(found)} times: {remedy}")
    return Finding(OK, "webhook", "is registered once and active")


def _asked(subject: str, ask: Callable[[], T], good: Callable[[T], str]) -> tuple[T | None, Finding]:
    """What the ticket system says to a question, and the finding that this makes."""
    try:
        found = ask()
    except UnknownName as error:
        return None, Finding(ERROR, subject, str(error))
    except ConnectorError as error:
        return None, Finding(ERROR, subject, f"could not be looked up: {error}")
    return found, Finding(OK, subject, good(found))
