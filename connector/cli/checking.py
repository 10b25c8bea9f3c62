"""What ``escalator check`` looks at, each point as a finding. Reads only; nothing is created or written.

The adapter checks its own access; here the policy is held against what the ticket system has: homes, statuses,
people, priorities, and the webhook's registration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import TypeVar

from connector.cli.shared_names import MEANINGS, Reached, of_shared_names
from connector.config.service_variables import mode_of_system
from connector.config.settings import Settings
from connector.connection.names import first_known
from connector.errors import AdapterError, ConfigError, ConnectorError, Permanent, UnknownName
from connector.model import Finding, Place, PlacedStatus, Severity
from connector.policy.policy import LEAST_LOADED, QUEUE, ROUND_ROBIN, Policy, Tier
from connector.store.database.engine import Store
from connector.store.database.errors import StoreUnavailable
from connector.store.database.schema import SchemaState
from connector.store.database.sqlite_file import require_usable
from connector.systems.contract import Connection, TicketSystem

T = TypeVar("T")
_OTHERS = 0o077
OK, WARNING, ERROR = Severity.OK, Severity.WARNING, Severity.ERROR


def of_settings(settings: Settings) -> Iterator[Finding]:
    """What the settings alone tell; they were valid, or nobody would be here."""
    policy = settings.policy
    yield Finding(OK, "settings", f"mode {settings.mode_said}, policy {policy.version}, {len(policy.tiers)} tiers")
    yield from _of_modes(settings)
    for name, calendar in policy.calendars.items():
        yield Finding(OK, f"calendar {name!r}", calendar.hours_text)
    for name, count in sorted(settings.counts.items()):
        # How many tells of a comma inside of one; what they are, nobody is told.
        yield Finding(OK, name, "1 value" if count == 1 else f"{count} values")
    if not settings.public_url:
        every = f"changes are found by the poll alone, every {settings.reconcile_seconds:g} s"
        yield Finding(WARNING, "PUBLIC_URL", f"is not set, so no webhook can be registered: {every}")


def of_holidays(settings: Settings, today: date) -> Iterator[Finding]:
    """Calendars whose closed days, where they are given one by one, are all over: the next ones were forgotten."""
    for name, form in settings.policy_document.get("calendars", {}).items():
        last = max(_dates(form.get("holidays", ())), default=today)
        if last < today:
            again = "say those that come, or a country, such as US-NY, whose days are known for years"
            yield Finding(WARNING, f"holidays of {name!r}", f"the last one by date was {last}: {again}")


def _dates(holidays: Sequence[str]) -> Iterator[date]:
    for written in holidays:
        with suppress(ValueError):  # a country's
            yield date.fromisoformat(written.strip())


def _of_modes(settings: Settings) -> Iterator[Finding]:
    """Modes that are said and do not count, because a more careful one does."""
    for connection in settings.connections:
        said, counts = settings.system_modes.get(connection), settings.modes_of(connection)
        if said is not None and counts.base is not said:
            name = mode_of_system(connection).name
            yield Finding(
                WARNING, name, f"{said} has no effect: ESCALATION_MODE is {counts.base}, which is more careful"
            )
        for tier in (tier for ladder in settings.policy.every_ladder for tier in ladder.tiers):
            if tier.mode is not None and counts.at(tier) is not tier.mode:
                why = f"{connection} as a whole is in {counts.base}, which is more careful"
                yield Finding(WARNING, f"mode of {tier.name}", f"{tier.mode} has no effect: {why}")


def of_database(store: Store) -> Finding:
    """Whether the database answers, can be written and has the schema that is needed; where its file is."""
    name = "" if store.is_postgresql else str(Path(str(store.engine.url.database)).absolute())
    at = f" ({name})" if name else ""
    try:
        if name:
            require_usable(f"sqlite:///{name}")
        if name and not Path(name).exists():
            remedy = "`escalator run` or `escalator migrate` makes it"
            return Finding(WARNING, "database", f"does not exist yet: {remedy}{at}")
        state = store.schema_state()
    except StoreUnavailable as error:
        return Finding(ERROR, "database", str(error))
    match state:
        case SchemaState.CURRENT if name and Path(name).stat().st_mode & _OTHERS:
            return Finding(WARNING, "database", f"others than its owner may open the file: chmod 600 {name}*")
        case SchemaState.CURRENT:
            return Finding(OK, "database", f"answers, and its schema is up to date{at}")
        case SchemaState.EMPTY:
            return Finding(WARNING, "database", f"is empty: `escalator run` or `escalator migrate` sets it up{at}")
        case SchemaState.OLD:
            return Finding(ERROR, "database", f"has an older schema: run `escalator migrate`{at}")
        case SchemaState.NEWER:
            return Finding(ERROR, "database", f"was set up by a newer version of escalator: install that version{at}")


def of_connections(connections: Mapping[str, Connection], settings: Settings) -> Iterator[Finding]:
    """What each connected system says of itself and of its names in the policy, then the names that any may know."""
    reached: dict[str, Reached] = {}
    for id_, connection in connections.items():
        homes: list[Place] = []
        for finding in _of_connection(connection, settings, homes):
            yield replace(finding, subject=f"{id_}: {finding.subject}")
        if homes:
            reached[id_] = Reached(connection.system.directory, homes)
    if reached:
        yield from of_shared_names(settings.policy, reached)


def _of_connection(connection: Connection, settings: Settings, homes: list[Place]) -> Iterator[Finding]:
    """The adapter's own findings, then the policy's names, then the registration. The homes found join ``homes``."""
    system = connection.system
    own = system.line.check()
    yield from own
    if any(finding.severity is ERROR for finding in own) and not _answers(connection, settings.policy):
        yield Finding(WARNING, "names and webhook", "were not looked up: mend the above first, and check again")
        return
    for policy in settings.policy.every_ladder:
        last = len(homes)
        for tier in policy.tiers:
            yield from _tier(connection, tier, homes, policy.ladder)
        if homes[last:]:
            yield from _final(system, policy, homes[-1])
    yield from _statuses(system, settings.policy, homes)
    if settings.public_url:
        yield _registration(system)


def _answers(connection: Connection, policy: Policy) -> bool:
    """Whether the system says anything of a home, be it that there is none."""
    try:
        connection.system.directory.locate(policy.tiers[0].homes.get(connection.id, ""))
    except UnknownName:
        return True
    except ConnectorError:
        return False
    return True


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


def _statuses(system: TicketSystem, policy: Policy, homes: Sequence[Place]) -> Iterator[Finding]:
    """What each status of the homes means; homes that have the same ones are told together."""
    told: dict[tuple[object, ...], tuple[list[PlacedStatus], list[str]]] = {}
    for home in {place.key: place for place in homes}.values():
        placed, finding = _asked(f"statuses at {home}", partial(system.directory.statuses, home), lambda _: "")
        if placed is None:
            yield finding
        else:
            alike = tuple((one.status.name, one.status.group, one.is_assumed) for one in placed)
            told.setdefault(alike, (placed, []))[1].append(str(home))
    for placed, at in told.values():
        yield from _status_groups(policy, placed, "statuses at " + ", ".join(at))


def _status_groups(policy: Policy, statuses: Sequence[PlacedStatus], subject: str) -> Iterator[Finding]:
    groups = {
        group: [one.status.name for one in statuses if policy.group_of(one.status) is group] for group in MEANINGS
    }
    listed = "; ".join(f"{MEANINGS[group]}: {', '.join(names)}" for group, names in groups.items() if names)
    yield Finding(OK, subject, listed or "none")
    assumed = [
        f"{one.status.name} ({MEANINGS[one.status.group]})"
        for one in statuses
        if one.is_assumed and one.status.name.casefold() not in policy.status_groups
    ]
    if assumed:
        yield Finding(
            WARNING,
            subject,
            f"assumed, as the system does not say: {', '.join(assumed)}. Say otherwise, or that it is so, with "
            "WAITING_STATUSES, WORKING_STATUSES, NEW_STATUSES, PLAN_STATUSES, RESOLVED_STATUSES",
        )


def _person(system: TicketSystem, subject: str, name: str) -> Finding:
    found = _asked(subject, lambda: first_known(name, system.directory.member), lambda p: f"{p.name} ({p.identifier})")
    person = found[0]
    if person is not None and not person.is_active:
        return Finding(ERROR, subject, f"{person.identifier!r} is not active any more: nothing can be assigned there")
    return found[1]


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
    if lacks := ", ".join(found[0].lacks):
        told = f"is registered once and active, but is not sent for: {lacks}. The poll finds these; {remedy}, and look "
        return Finding(WARNING, "webhook", f"{told}into the ticket system where that adds nothing")
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
