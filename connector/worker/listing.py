"""Meets tickets that a list tells of, with as few looks as can be: a look costs calls, a row of a list none.

Judged is by the very rules that a look is judged by, on what the list tells. A ticket goes without a look only where
they say that its clock does not run, whatever may be written on it; what a list does not tell is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice

from connector.model import ChangedTicket, ListedTicket
from connector.rules.history import observe
from connector.rules.limits import Verdict
from connector.rules.listing import as_listed, is_touched, may_run, tells_ladder
from connector.store.mailbox import Mailbox
from connector.store.records import Claim, Finished
from connector.turn import outcomes
from connector.turn.look import Judged, TicketReader, adoption_of
from connector.turn.outcomes import SETTLED

RESTING = (Verdict.PAUSED.value, Verdict.NOT_BEGUN.value)
"""After such a turn nothing runs by itself, whatever the policy, unless a list shows the ticket in a status of work."""

HOLDER = "survey"
"""Who holds a ticket while it is met."""

PAGE = 200
"""So many tickets are met in one go."""

HELD_FOR = timedelta(minutes=2)
"""For so long nobody else takes a ticket that is being met; after a crash in that time it is looked at."""

_NOTHING_RUNS = frozenset({Verdict.PAUSED, Verdict.ENDED, Verdict.NOT_WATCHED, Verdict.NOT_ESCALATABLE})


class Acquaintance:
    """Meets the tickets of one connection's lists. ``ring``: has tickets looked at that a survey found."""

    def __init__(self, reader: TicketReader, mailbox: Mailbox, ring: Callable[[Iterable[ChangedTicket]], None]) -> None:
        self.reader = reader
        self.mailbox = mailbox
        self.ring = ring
        self.id = reader.connection.id

    def meet(self, listed: Iterable[ListedTicket]) -> None:
        """Meet tickets that a survey lists: ring those that need a look, and keep of the others what the list tells.

        Raises StoreUnavailable, and what the list raises.
        """
        surveyed_at = self.reader.now()
        left = iter(listed)
        while page := list(islice(left, PAGE)):
            self._meet_page(page, surveyed_at)

    def _meet_page(self, page: Sequence[ListedTicket], surveyed_at: datetime) -> None:
        snapshots = self.mailbox.snapshots(self.id, [str(one.id) for one in page])
        looks: list[ListedTicket] = []
        new: dict[str, ListedTicket] = {}
        for one in page:
            if (known := snapshots.get(str(one.id))) is not None:
                if self._may_run(one) or not was_read(one, known):
                    looks.append(one)
            elif self._may_go_without(one):
                new[str(one.id)] = one
            else:
                looks.append(one)
        claims = self.mailbox.claim_new(HOLDER, self.id, list(new), HELD_FOR) if new else []
        met: list[Finished] = []
        unmet: list[Claim] = []
        for claim in claims:
            finished = self._met(claim, new[claim.ticket], surveyed_at)
            if finished is None:
                unmet.append(claim)
            else:
                met.append(finished)
        told = {finished.claim.ticket for finished in met}
        looks += [one for name, one in new.items() if name not in told]
        # What is not met is handed on with its mail, which says that a survey found it.
        self.ring(looks)
        self.mailbox.hand_back(unmet)
        self.mailbox.finish(met)

    def _may_run(self, one: ListedTicket) -> bool:
        return may_run(one, self.reader.policies.present, self.reader.homes.current())

    def _may_go_without(self, one: ListedTicket) -> bool:
        """Whether it is worth while to judge a ticket by its list: it stands still, or is known to begin as adopted."""
        policy, homes = self.reader.policies.present, self.reader.homes.current()
        if not may_run(one, policy, homes):
            return True
        return self.reader.adopts_from_now and is_touched(one, policy, homes) and tells_ladder(one, policy)

    def _met(self, claim: Claim, one: ListedTicket, surveyed_at: datetime) -> Finished | None:
        """The outcome of a turn without a look; None where it takes one."""
        reader = self.reader
        record = as_listed(one, surveyed_at)  # its row may be as old as that: what changed since, was not read
        if record is None:
            return None
        adopted_at = adoption_of(surveyed_at, record, reader.connection.state())
        if adopted_at is None or record.updated_at >= adopted_at:
            return None  # its clock counts from its history, or somebody did what no list tells, as with a command
        known, steps = reader.journal.recall(claim.connection, claim.ticket, f"{claim.connection}/{claim.ticket}/")
        if steps:
            return None  # something was done there
        is_watched = reader.homes.current().is_watched(record.place)
        new = observe(record, known, is_watched=is_watched, adopted_at=adopted_at, aspects=one.tells)
        judged = reader.judge(record, (*known, *new), {})
        decision = judged.decision
        if decision.verdict not in _NOTHING_RUNS:
            begins_as_adopted = decision.verdict is Verdict.NOT_BEGUN or _is_due_no_earlier(judged)
            if not begins_as_adopted or not self._may_go_without(one):
                return None
        again = decision.clock.warn_at() if decision.clock and decision.verdict is Verdict.RUNNING else None
        return outcomes.unbegun(outcomes.finished(claim, decision, new, again), decision, judged.policy)


def _is_due_no_earlier(judged: Judged) -> bool:
    """Whether a clock that began with the adoption runs, and a plan that its list does not tell would not shorten it.

    It is looked at in time then, before anything is written: what stands on the ticket can only have it run longer.
    """
    decision = judged.decision
    if decision.verdict is not Verdict.RUNNING or decision.clock is None or decision.tier is None:
        return False
    return decision.clock.base_minutes <= judged.policy.tier(decision.tier.number).fix_minutes


def was_read(ticket: ChangedTicket, snapshot: Mapping[str, object] | None, settled: timedelta = SETTLED) -> bool:
    """Whether the last turn saw this very version, so much later; with ``SETTLED`` it has seen all of its second."""
    if snapshot is None:
        return False
    version, read_at = snapshot.get("version"), snapshot.get("read_at")
    if not isinstance(version, str) or not isinstance(read_at, str):
        return False
    seen = datetime.fromisoformat(version)
    return seen >= ticket.updated_at and datetime.fromisoformat(read_at) - seen >= settled
