"""What of a ticket was too much to be read, said where a person looks. Pure."""

from __future__ import annotations

from connector.model import TicketRecord
from connector.notes.phrases import joined


def not_read(record: TicketRecord) -> str:
    """What of a ticket's entries was not read, in a sentence; empty where everything was."""
    cut = [entry.unread for entry in record.entries if entry.unread]
    sources = sum(entry.is_source for entry in record.entries)
    parts = []
    if record.left_out:
        parts.append(f"{_counted(record.left_out, 'older entry', 'older entries')} of clients and others")
    if cut:
        ends = "the end" if len(cut) == 1 else "the ends"
        parts.append(f"{ends} of {_counted(len(cut), 'entry', 'entries')} (about {sum(cut):,} characters)")
    if sources:
        parts.append(f"the markup of {_counted(sources, 'entry', 'entries')}, shown as it was written")
    return f"Too much to be read, and not in this: {joined(parts)}." if parts else ""


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
