"""What is owed after a final escalation: a new plan and word to the client; reminders until both are there. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from connector.model import TicketRecord, Visibility
from connector.policy.policy import FinalEscalation
from connector.reading.plans import new_plan_in
from connector.rules.limits import StageClock
from connector.working_time.rules import CalendarError

NEW_PLAN = "a new plan (“New plan: …” in a note)"
CLIENT_WORD = "word to the client (a note that the client sees)"


@dataclass(frozen=True, slots=True)
class Reminder:
    """The reminder of that number, counted from 1, and when it is due."""

    number: int
    at: datetime


def still_owed(record: TicketRecord, since: datetime, *, client_was_told: bool) -> tuple[str, ...]:
    """What of the two is not there yet. ``client_was_told``: the connector sent its message itself."""
    later = [entry for entry in record.entries if entry.at >= since]
    agents = [entry for entry in later if entry.is_agents]
    has_plan = any(new_plan_in(entry.text) for entry in agents)
    has_word = client_was_told or any(entry.visibility is Visibility.CLIENT for entry in agents)
    return tuple(words for words, is_there in ((NEW_PLAN, has_plan), (CLIENT_WORD, has_word)) if not is_there)


def reminders(final: FinalEscalation, clock: StageClock, since: datetime) -> Iterator[Reminder]:
    """The reminders after a final escalation at ``since``, by the clock's calendar and pauses, oldest first."""
    for number in range(1, final.reminders + 1):
        try:
            at = clock.calendar.add(since, number * final.reminder_minutes, clock.spans)
            if at is None:
                return
            yield Reminder(number, clock.calendar.next_open(at))
        except CalendarError:
            return


def due_reminder(
    final: FinalEscalation, clock: StageClock, since: datetime, sent: Collection[int], now: datetime
) -> tuple[Reminder | None, datetime | None]:
    """The reminder to send now, if any, and when the next one will be due.

    Of several that were missed only the last is sent; it stands for those before it.
    """
    due: Reminder | None = None
    for one in reminders(final, clock, since):
        if one.at > now:
            return due, one.at
        due = None if any(number >= one.number for number in sent) else one
    return due, None
