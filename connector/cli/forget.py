"""``forget``: removes what is kept of a ticket's words and people, and leaves the audit trail provable."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connector.cli import common
from connector.past.file import NAME, PastPlace
from connector.store.database.scrubbing import scrub
from connector.store.editions import LONGEST_SILENCE
from connector.store.forgetting.ticket import Forgetting, KeptOfTicket, OtherPlace
from connector.store.records import CHORE, Key
from connector.turn.outcomes import GONE
from connector.wording import in_utc

if TYPE_CHECKING:
    from connector.app.wiring import Wiring

OVER = frozenset(verdict.value for verdict in GONE)
"""The states of rows of tickets that nobody watches: they are kept for a moment only."""

STAYS = (
    "The entries of the audit trail stay, with the ticket's number, moment, event and digest. Copies stay where they "
    "are: in the ticket system, in backups and exports, and where messages were sent (docs/operating.md)."
)


@click.command()
@click.argument("connection")
@click.argument("tickets", metavar="TICKET...", nargs=-1, required=True)
@click.option("--by", metavar="WHO", help="Who does it, or on which request: kept. [default: your account]")
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
@common.as_json
def forget(connection: str, tickets: tuple[str, ...], by: str | None, is_sure: bool, is_json: bool) -> None:
    """Remove what is kept of TICKET's words and people; the audit trail stays, and provable.

    Refused while the ticket is watched. It cannot be undone.
    """
    with common.wired() as parts:
        forgetting = Forgetting(parts.store, OVER, places_elsewhere(parts))
        name = _named(parts, forgetting, connection)
        keys = [(name, ticket) for ticket in dict.fromkeys(tickets)]
        kept = {key: forgetting.kept_of(key) for key in keys}
        unknown = [key for key in keys if not kept[key].is_known or key[1].startswith(CHORE)]
        if unknown:
            common.say(f"nothing is known of {', '.join(map(' '.join, unknown))}", is_error=True)
            raise SystemExit(1)
        is_served = name in parts.connections or forgetting.is_worked_on(name, LONGEST_SILENCE)
        for key in keys:
            forgetting.require_unwatched(key, is_served=is_served)
        if any(one.counts for one in kept.values()) and not is_sure:
            _ask(forgetting.places, kept, is_json=is_json)
        who = by.strip() if by and by.strip() else common.account()
        try:
            removed = {key: forgetting.forget(key, who, is_served=is_served) for key in keys}
        finally:  # where one fails, nothing is to be left of those before it
            scrub(parts.store, forgetting.tables)
    if is_json:
        common.answer([_document(key, kept[key], removed[key]) for key in keys])
        return
    for key in keys:
        common.say(_done(key, kept[key], removed[key]))
    common.say(STAYS)


def places_elsewhere(_parts: Wiring) -> list[OtherPlace]:
    """Where something of a ticket may lie outside of the database. What keeps such a file adds it here."""
    return [PastPlace(Path(NAME))]


def _named(parts: Wiring, forgetting: Forgetting, name: str) -> str:
    """The connection of that name, in any case, also one that is not configured any more."""
    known = list(dict.fromkeys([*parts.connections, *forgetting.connections()]))
    found = next((one for one in known if one.casefold() == name.casefold()), None)
    if found is None:
        raise click.UsageError(f"{name!r} is not known; known: {', '.join(known) or 'none'}")
    return found


def _ask(places: Mapping[str, str], kept: Mapping[Key, KeptOfTicket], *, is_json: bool) -> None:
    """Show what would go, and ask. Raises SystemExit where the answer is no, UsageError where nobody can be asked."""
    if is_json or not common.is_on_terminal():
        raise click.UsageError("it cannot be undone, and nobody can be asked here: add --yes")
    for (name, ticket), one in kept.items():
        common.say(f"{name} {ticket}: is kept" if one.counts else f"{name} {ticket}: nothing is kept any more")
        for place, count in one.counts.items():
            common.say(f"  {count:>6}  {places[place]}")
        if one.is_parked:
            common.say("  It was given up on. Where it is still open, it is read again with the next change of it.")
    common.say(STAYS)
    if not common.agree("Remove it? It cannot be undone.", default=False):
        common.say("nothing was removed")
        raise SystemExit(1)


def _done(key: Key, kept: KeptOfTicket, removed: Mapping[str, int]) -> str:
    if removed:
        counts = ", ".join(f"{name} {count}" for name, count in removed.items())
        return f"{' '.join(key)}: forgotten ({counts})"
    when = f" since it was forgotten at {in_utc(kept.forgotten_at)}" if kept.forgotten_at else ""
    return f"{' '.join(key)}: nothing was kept{when}"


def _document(key: Key, kept: KeptOfTicket, removed: Mapping[str, int]) -> dict[str, Any]:
    before = kept.forgotten_at.isoformat() if kept.forgotten_at else None
    return {"system": key[0], "ticket": key[1], "removed": removed, "forgotten_before": before}
