"""What people said on a ticket to the connector and what came of it, and what the connector wrote there. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from connector.model import AuthorKind, Entry
from connector.notes.phrases import joined
from connector.reading.command_lines import ESCALATE, OVERRIDE, command_in
from connector.rules.commands import says_something
from connector.rules.escalation import Documentation
from connector.rules.overrides import Override
from connector.turn.explaining.account import TicketAccount
from connector.turn.handed_in import came_too_late, is_handed_in

MOST_NOTES = 30
"""So many notes of the connector are shown, the newest."""


@dataclass(frozen=True, slots=True)
class SaidLine:
    """A line of somebody's. ``tone``, ``became``: what came of it, as a class and in words; ``why``: more of that.

    ``is_here``: it was said on this page, not in a note of the ticket.
    """

    at: datetime
    who: str
    line: str
    tone: str
    became: str
    why: str = ""
    is_here: bool = False


def said_lines(account: TicketAccount) -> list[SaidLine]:
    """The plans and commands, the newest first."""
    return sorted(_lines(account), key=lambda one: one.at, reverse=True)


def notes_written(account: TicketAccount) -> list[Entry]:
    """What the connector wrote, as it stands on the ticket, the newest first."""
    entries = account.seen.record.entries
    own = [one for one in entries if one.author.kind is AuthorKind.CONNECTOR]
    return own[::-1][:MOST_NOTES]


def _lines(account: TicketAccount) -> Iterator[SaidLine]:
    decision = account.seen.decision
    entries = {entry.id: entry for entry in decision.record.entries}
    for stint in decision.timeline.stints:
        if stint.plan is not None:
            who = stint.plan.by or "nobody is named"
            yield SaidLine(stint.plan.at, who, stint.plan.text or stint.plan.how, "good", "plan recorded")
    commands = decision.commands
    late = came_too_late(account.seen.steps, decision.stint.key if decision.stint else "")
    for entry_id in late:
        if (one := entries.get(entry_id)) is not None:
            why = "the ticket had moved on before it was taken up; nothing was done"
            yield SaidLine(one.at, one.author.name, one.text, "down", "came too late", why, is_here=True)
    every = (one for of_stint in commands.overrides.values() for one in of_stint)
    overrides = [one for one in every if one.entry not in late]
    for override in overrides:
        entry = entries.get(override.entry)
        told = (_own_line(entry, OVERRIDE) or f"override: {override.reason}", *_became(override))
        yield SaidLine(override.at, override.by, *told, is_here=entry is not None and is_handed_in(entry))
    documentation = Documentation(decision)
    for request in commands.requests:
        entry = entries.get(request.entry)
        missing = documentation.missing(request)
        goes = "goes up" if account.mode.moves else "would go up"
        yield SaidLine(
            request.at,
            request.by,
            _own_line(entry, ESCALATE) or f"escalate: {request.detail}",
            "warned" if missing else "good",
            "waits for what is not on the ticket" if missing else goes,
            joined(list(missing)),
            is_here=entry is not None and is_handed_in(entry),
        )
    known = {*late, *(override.entry for override in overrides)}
    known.update(request.entry for request in commands.requests)
    known.update(word.entry for word in commands.unclear)
    for one in decision.record.entries:
        if one.id not in known and says_something(one) and (line := _own_line(one)):
            yield SaidLine(one.at, one.author.name, line, "shut", "of an earlier stint", is_here=is_handed_in(one))
    for word in commands.unclear:
        yield SaidLine(
            word.at, word.by, _own_line(entries.get(word.entry)) or word.command, "down", "not understood", word.problem
        )


def _became(override: Override) -> tuple[str, str, str]:
    if override.refused:
        return "down", "refused", override.refused
    return "good", "off" if override.is_off else "applied", ""


def _own_line(entry: Entry | None, name: str = "") -> str:
    """The line of an entry that commands; empty where it is not found."""
    lines: Sequence[str] = entry.text.splitlines() if entry else ()
    found = (line.strip() for line in lines if (command := command_in(line.lstrip())) and name in ("", command.name))
    return next(found, "")
