"""The names of a policy that any of the connected systems may know: managers, statuses, priorities. Reads only.

A system may call a person, a status or a priority otherwise than another one does; what none of them knows is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from connector.connection.names import first_known
from connector.errors import ConnectorError, UnknownName
from connector.model import Finding, Person, Place, Severity
from connector.notes.phrases import MEANINGS
from connector.policy.policy import Policy
from connector.systems.contract import Directory


@dataclass(frozen=True, slots=True)
class Reached:
    """A connected system that answers: what it can be asked for names, and those of the tiers' homes that it has."""

    directory: Directory
    homes: Sequence[Place]


def of_shared_names(policy: Policy, reached: Mapping[str, Reached]) -> Iterator[Finding]:
    """The managers, statuses and priorities of the policy: one of the connected systems has to know each."""
    for ladder in policy.every_ladder:
        for tier in ladder.tiers:
            for manager in tier.managers:
                subject = f"{ladder.ladder + ': ' if ladder.ladder else ''}tier {tier.number} ({tier.name}) manager"
                yield _known(subject, reached, partial(_active_member, manager), tells_where_not=True)
    for name, group in policy.status_groups.items():
        yield _known(f"status {name!r} ({MEANINGS[group]})", reached, partial(_status, name))
    for name in sorted({*policy.priority_factors, *policy.critical_priorities}):
        yield _known(f"priority {name!r}", reached, partial(_priority, name, policy.priority_factors.get(name, 1.0)))


def _known(
    subject: str, reached: Mapping[str, Reached], ask: Callable[[Reached], str], *, tells_where_not: bool = False
) -> Finding:
    """What each system that knows a name says of it; nobody's is an error.

    ``tells_where_not``: a warning where only some know it, because there is no other name that could stand for it.
    """
    known: list[str] = []
    unknown: dict[str, str] = {}
    for id_, one in reached.items():
        try:
            known.append(ask(one) + (f" in {id_}" if len(reached) > 1 else ""))
        except UnknownName as error:
            unknown[id_] = str(error)
        except ConnectorError as error:
            return Finding(Severity.ERROR, subject, f"could not be looked up in {id_}: {error}")
    if not known:
        return Finding(Severity.ERROR, subject, "; ".join(unknown.values()))
    where_not = f"; not known in {', '.join(unknown)}" if unknown and tells_where_not else ""
    return Finding(Severity.WARNING if where_not else Severity.OK, subject, "; ".join(known) + where_not)


def called(person: Person) -> str:
    """A person's name, with the identifier where that is another one."""
    return person.name if person.name == person.identifier else f"{person.name} ({person.identifier})"


def _active_member(name: str, reached: Reached) -> str:
    person = first_known(name, reached.directory.member)
    if not person.is_active:
        raise UnknownName("active member", name)
    return called(person)


def _status(name: str, reached: Reached) -> str:
    """A configured status has to exist at one of the homes at least."""
    unknown: UnknownName | None = None
    for home in reached.homes:
        try:
            return f"{reached.directory.status_in(home, name).name!r} at {home}"
        except UnknownName as error:
            unknown = unknown or error
    assert unknown is not None
    raise unknown


def _priority(name: str, factor: float, reached: Reached) -> str:
    return f"{reached.directory.priority(name).name!r}, limits times {factor:g}"
