"""What each connected system says of itself, of the policy's names, and of the webhook's registration. Reads only.

What stands on something that failed is not looked at: of one cause one finding is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from connector.cli.checks.names import of_names
from connector.cli.checks.registration import of_registration
from connector.cli.checks.shared_names import Reached, of_shared_names
from connector.config.settings import Settings
from connector.errors import ConnectorError, UnknownName
from connector.model import Finding, Place, Severity
from connector.policy.policy import Policy
from connector.systems.contract import Connection

ERROR, UNTESTED = Severity.ERROR, Severity.UNTESTED


def of_connections(connections: Mapping[str, Connection], settings: Settings) -> Iterator[Finding]:
    """What each connected system says of itself and of its names in the policy, then the names that any may know."""
    reached: dict[str, Reached] = {}
    for id_, connection in connections.items():
        homes: list[Place] = []
        for finding in _each_cause_once(list(_of_connection(connection, settings, homes))):
            yield replace(finding, subject=f"{id_}: {finding.subject}")
        if homes:
            reached[id_] = Reached(connection.system.directory, homes)
    if reached:
        yield from of_shared_names(settings.policy, reached)


def _of_connection(connection: Connection, settings: Settings, homes: list[Place]) -> Iterator[Finding]:
    """The adapter's own findings, then the policy's names, then the registration. The homes found join ``homes``."""
    system = connection.system
    own = system.line.check()
    if any(finding.severity is ERROR for finding in own) and not _answers(connection, settings.policy):
        yield from own
        yield Finding(UNTESTED, "names and webhook", "not looked at, as no home can be seen: mend the error first")
        return
    names = list(of_names(connection, settings.policy, homes))
    # A home that does not resolve is told with its tier.
    told = {finding.message for finding in names if finding.severity is ERROR}
    yield from (one for one in own if not (one.subject.startswith("home ") and one.message in told))
    yield from names
    if settings.public_url:
        yield from of_registration(connection)


def _answers(connection: Connection, policy: Policy) -> bool:
    """Whether the system shows any home, or names that are near: where it shows none, it is not their names."""
    for tier in (tier for ladder in policy.every_ladder for tier in ladder.tiers):
        try:
            connection.system.directory.locate(tier.homes.get(connection.id, ""))
        except UnknownName as error:
            if error.near:
                return True
        except ConnectorError:
            return False
        else:
            return True
    return False


def _each_cause_once(found: Sequence[Finding]) -> Iterator[Finding]:
    """Of errors with one cause the first; the others are named as what could not be looked at because of it."""
    first: dict[str, str] = {}
    others: dict[str, list[str]] = {}
    for finding in found:
        if finding.severity is not ERROR or not finding.cause:
            yield finding
        elif finding.cause in first:
            others.setdefault(finding.cause, []).append(finding.subject)
        else:
            first[finding.cause] = finding.subject
            yield finding
    for cause, subjects in others.items():
        behind = f"not looked at, because of the error under {first[cause]!r}: {cause}"
        yield Finding(UNTESTED, ", ".join(dict.fromkeys(subjects)), behind)
