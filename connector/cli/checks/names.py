"""The policy's names held against what one ticket system has: homes, statuses, people, priorities. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

from connector.cli.checks.shared_names import called
from connector.connection.names import first_known
from connector.errors import ConnectorError, UnknownName
from connector.model import Finding, Place, PlacedStatus, Severity
from connector.notes.phrases import MEANINGS
from connector.policy.policy import LEAST_LOADED, QUEUE, ROUND_ROBIN, Policy, Tier
from connector.systems.contract import Connection, TicketSystem

T = TypeVar("T")
OK, WARNING, ERROR = Severity.OK, Severity.WARNING, Severity.ERROR


def of_names(connection: Connection, policy: Policy, homes: list[Place]) -> Iterator[Finding]:
    """The names of every ladder at one connected system. The homes that are found join ``homes``."""
    system = connection.system
    for ladder in policy.every_ladder:
        placed: dict[str, tuple[str, str]] = {}
        last = len(homes)
        for tier in ladder.tiers:
            yield from _tier(connection, tier, homes, ladder.ladder, placed)
        if homes[last:]:
            yield from _final(system, ladder, homes[-1])
    yield from _statuses(system, policy, homes)


def _tier(
    connection: Connection, tier: Tier, homes: list[Place], ladder: str, placed: dict[str, tuple[str, str]]
) -> Iterator[Finding]:
    """The home of a tier, and what is to be there. ``placed``: the tiers before it on the ladder, by their places."""
    subject = f"{ladder + ': ' if ladder else ''}tier {tier.number} ({tier.name})"
    system = connection.system
    home = tier.homes.get(connection.id, "")
    place, finding = _asked(
        f"{subject} home", lambda: system.directory.locate(home), lambda found: f"{home!r} is {found}"
    )
    if place is None:
        yield finding
        return
    before, written = placed.setdefault(place.key, (subject, home))
    if before == subject:
        yield finding
    else:
        also = f"{home!r} is {place}, and so is {written!r} of {before}: a ticket there could be of either"
        yield Finding(ERROR, f"{subject} home", f"{also}; give each its own")
    homes.append(place)
    yield from _staff(system, tier, place, subject)
    if tier.status:
        _, finding = _asked(
            f"{subject} status",
            lambda: first_known(tier.status, lambda name: system.directory.status_in(place, name)),
            lambda found: f"{found.name!r} is there",
        )
        yield finding
    if tier.assign not in (QUEUE, ROUND_ROBIN, LEAST_LOADED):
        yield _person(system, f"{subject} assignee", tier.assign)


def _staff(system: TicketSystem, tier: Tier, place: Place, subject: str) -> Iterator[Finding]:
    """Whether anybody is there who could take a ticket; that somebody is, goes without saying."""
    people, finding = _asked(f"{subject} people", lambda: system.directory.people(place), lambda _: "")
    if people is None:
        yield finding
    elif not people and tier.assign in (ROUND_ROBIN, LEAST_LOADED):
        nobody = f"nobody active is at {place}, so that tickets go to nobody: add people there, or assign otherwise"
        yield Finding(ERROR, f"{subject} people", nobody)
    elif not people:
        nobody = f"nobody active is at {place}, so nobody may see what arrives: add people there"
        yield Finding(WARNING, f"{subject} people", nobody)


def _final(system: TicketSystem, policy: Policy, last: Place) -> Iterator[Finding]:
    final, unnamed = policy.final, list[str]()
    for role, name in final.people.items():
        subject = f"final escalation, {role}"
        if name:
            yield _person(system, subject, name)
        else:
            unnamed.append(role)
    if unnamed:
        lacking = "is" if len(unnamed) == 1 else "are"
        variables = ", ".join(map(_variable, unnamed))
        why = f"{lacking} not configured ({variables}): the final note can name the role, but nobody"
        yield Finding(WARNING, f"final escalation, {', '.join(unnamed)}", why)
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


def _variable(role: str) -> str:
    return f"FINAL_{role.upper().replace(' ', '_')}"


def _person(system: TicketSystem, subject: str, name: str) -> Finding:
    found = _asked(subject, lambda: first_known(name, system.directory.member), called)
    person = found[0]
    if person is not None and not person.is_active:
        gone = f"{person.identifier!r} is not active any more: nothing can be assigned there; name another one"
        return Finding(ERROR, subject, gone)
    return found[1]


def _asked(subject: str, ask: Callable[[], T], good: Callable[[T], str]) -> tuple[T | None, Finding]:
    """What the ticket system says to a question, and the finding that this makes."""
    try:
        found = ask()
    except UnknownName as error:
        return None, Finding(ERROR, subject, str(error))
    except ConnectorError as error:
        return None, Finding(ERROR, subject, f"could not be looked up: {error}", getattr(error, "cause", ""))
    return found, Finding(OK, subject, good(found))
