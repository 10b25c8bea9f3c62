"""All that ``escalator check`` looks at, in the order in which to mend it, and the findings as they are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connector.app.wiring import Wiring, notifier_of
from connector.cli.checks.calendars import of_calendars, of_zone_data
from connector.cli.checks.connections import of_connections
from connector.cli.checks.database import of_database, of_database_clock, of_pooler
from connector.cli.checks.public_address import of_public_address
from connector.cli.checks.settings import of_settings
from connector.clock import SystemClock
from connector.model import Finding, Severity

_READ = (Severity.ERROR, Severity.WARNING, Severity.OK, Severity.UNTESTED)
"""What needs somebody comes first, what could not be looked at last."""


def every(parts: Wiring) -> Iterator[Finding]:
    """Every finding, each as soon as it is made; raises nothing of the connector's errors.

    Reads only, but for a nonce in our own database, which the public address is asked for.
    """
    yield from of_settings(parts.settings)
    yield of_database(parts.store)
    yield from of_database_clock(parts.store, SystemClock())
    yield from of_pooler(parts.store)
    now = parts.store.now()
    yield from of_calendars(parts.settings, now)
    yield of_zone_data(now)
    yield from of_public_address(parts.settings, parts.store)
    yield from notifier_of(parts.settings).check()
    yield from of_connections(parts.connections, parts.settings)


def as_read(found: Sequence[Finding]) -> list[Finding]:
    """The findings in the order in which somebody reads them."""
    return sorted(found, key=lambda finding: _READ.index(finding.severity))


def counts(found: Sequence[Finding]) -> dict[str, int]:
    """How many findings there are of each severity."""
    names = {
        Severity.ERROR: "errors",
        Severity.WARNING: "warnings",
        Severity.OK: "fine",
        Severity.UNTESTED: "not_tested",
    }
    return {names[one]: sum(finding.severity is one for finding in found) for one in _READ}


def in_one_line(found: Sequence[Finding]) -> str:
    """The same as a sentence."""
    errors, warnings, fine, untested = counts(found).values()
    told = (_several(errors, "error"), _several(warnings, "warning").lower(), f"{fine} fine", f"{untested} not tested")
    return f"{', '.join(told)}."


def _several(count: int, word: str) -> str:
    return f"{count or 'No'} {word}{'' if count == 1 else 's'}"
