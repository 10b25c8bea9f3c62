"""What a backtest replays: the file of past tickets, the policies, and what the ticket systems know of names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

import click

from connector.app.wiring import Wiring
from connector.backtest.by_name import homes_by_name, managers_by_name
from connector.backtest.replay import Rules, replay
from connector.backtest.ticket import PastTicket
from connector.cli import common
from connector.config.demo_clock import DEMO_CLOCK
from connector.config.files import text_of
from connector.config.settings import Settings, load_settings, policy_names
from connector.connection.homes import HomeBook
from connector.connection.names import Staff
from connector.connection.state import ConnectionBook
from connector.errors import ConfigError
from connector.past.file import PastFile
from connector.policy.document import PolicyError, missing_homes, parse_document, read_policy
from connector.policy.policy import Policy
from connector.report.story import Story
from connector.store.connections import Connections
from connector.systems.catalogue import ticket_systems
from connector.wording import shown


def policy_in(file: Path | None, changed: Sequence[str], settings: Settings) -> Policy:
    """The policy of a document, or the present one with some of its variables changed (``NAME=VALUE``).

    Raises ConfigError with every problem of it; UsageError for a change that is none.
    """
    if file is not None and changed:
        raise click.UsageError("--policy and --set exclude one another: say it in the document")
    if file is not None:
        return _written_in(file)
    return _changed(changed) if changed else settings.policy


def _written_in(file: Path) -> Policy:
    """The policy of a document; its homes may be those of systems that are not connected."""
    try:
        return read_policy(parse_document(text_of(str(file))))
    except PolicyError as error:
        raise ConfigError([f"{file}: {problem}" for problem in error.problems]) from None
    except ValueError as error:
        raise ConfigError([f"{file}: {error}"]) from None


def _changed(changed: Sequence[str]) -> Policy:
    environ, flat = common.environment(), policy_names(tuple(ticket_systems()))
    environ.pop(DEMO_CLOCK.name, None)  # it forbids what is changed here, and is no affair of a policy's
    for one in changed:
        name, equals, value = one.partition("=")
        name = name.strip()
        if not equals or name not in flat:
            raise click.UsageError(f"--set {name!r}: expected a policy variable, as in TIER_1_DIAGNOSIS_MINUTES=45")
        environ[name] = value.strip()
    try:
        return load_settings(environ).policy
    except ConfigError as error:
        raise ConfigError([f"--set: {problem}" for problem in error.problems]) from None


def rules_of_system(parts: Wiring, connection: str, policy: Policy) -> Rules:
    """The rules for tickets of a connected system: it is asked what the policy's names stand for.

    Raises ConfigError where a home does not resolve, and what the look-ups raise.
    """
    connected = parts.connections[connection]
    for one in policy.every_ladder:
        missing = missing_homes([tier.homes for tier in one.tiers], [connection])
        if missing:
            why = f"is missing ({connection} is connected)"
            raise ConfigError([f"the policy: {shown(path)}: {why}" for path in missing])
    book = ConnectionBook(Connections(parts.store), connection)
    homes_book = HomeBook(connected, policy, parts.store.now, book.homes)
    homes = homes_book.current()
    if homes.every_problem:
        raise ConfigError([f"{connection}: {problem}" for problem in homes.every_problem])
    staff = Staff(connected.system, parts.store.now)
    managers = {one.ladder: staff.managers(one) for one in policy.every_ladder}
    return Rules(policy, homes, lambda one: managers[one.ladder], staff.colleagues(policy, homes))


def rules_by_name(kept: PastFile, connection: str, policy: Policy) -> Rules:
    """The rules for tickets of a file, whose system is not asked. Raises ConfigError where no tier has a home there."""
    if not any(connection in tier.homes for one in policy.every_ladder for tier in one.tiers):
        problem = f"no tier has a home in {connection!r}, whose tickets are in {kept.path}"
        remedy = f'give a policy document with "homes": {{"{connection}": …}} for its tiers with --policy'
        raise ConfigError([f"{problem}: {remedy}"])
    places = kept.places(connection)
    homes = homes_by_name(policy, connection, places)
    if not homes.every_place:
        names = ", ".join(sorted(map(str, places))[:10])
        raise ConfigError([f"none of the tiers' homes in {connection!r} is among the places of its tickets: {names}"])
    return Rules(policy, homes, managers_by_name)


def stories(
    kept: PastFile, rules: Mapping[str, Rules], since: datetime, until: datetime
) -> Iterator[tuple[PastTicket, Story]]:
    """Each past ticket that was touched in the time, with its story; of the first notes it is told what they lack."""
    notes = 0
    for ticket in kept.tickets(frozenset(rules)):
        if ticket.record.updated_at >= since and ticket.record.entered_at < until:
            story = replay(ticket, rules[ticket.connection], since, until, reads_notes=notes < NOTES_READ)
            notes += len(story.rises)
            yield ticket, story


NOTES_READ = 100
"""Of so many escalations it is worked out what their notes would have lacked: it takes longer than the rest."""

RulesOf = Callable[[str, Policy], Rules]
"""The rules for a connection's tickets under a policy."""


def rules_of(kept: PastFile, connections: Sequence[str], rules: RulesOf, policy: Policy) -> dict[str, Rules]:
    """Those of every connection that the file has tickets of."""
    held = kept.connections()
    return {one: rules(one, policy) for one in connections if one in held}


def by_name_in(kept: PastFile) -> RulesOf:
    """Rules that ask nobody."""
    return partial(rules_by_name, kept)
