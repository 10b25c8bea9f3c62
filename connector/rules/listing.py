"""What a list of open tickets tells without a look at each: of which ones the clock may run. Pure.

Unknown is never fine: where a list does not tell what is needed, the answer is that it may run.
"""

from __future__ import annotations

from datetime import datetime

from connector.model import Aspect, ListedTicket, StatusGroup, TicketRecord
from connector.policy.policy import Homes, Policy, StartsAt

_NEEDED = frozenset({Aspect.PLACE, Aspect.STATUS, Aspect.OWNER})
_STANDS_STILL = frozenset({StatusGroup.WAITING, StatusGroup.RESOLVED, StatusGroup.CLOSED})


def may_run(ticket: ListedTicket, policy: Policy, homes: Homes) -> bool:
    """Whether the clock of a listed ticket may run under a policy, as far as the list tells."""
    if not ticket.is_escalatable:
        return False
    if ticket.place is None or ticket.status is None:
        return True
    place = ticket.place
    group = policy.group_of(ticket.status)
    every = (homes, *homes.ladders.values())
    if group is StatusGroup.UNKNOWN or not all(one.is_certain(place) for one in every):
        return True
    return homes.is_watched(place) and group not in _STANDS_STILL


def is_over(ticket: ListedTicket, policy: Policy) -> bool:
    """Whether a listed ticket is in a status that ends its stint well; what the list does not tell is not over."""
    return ticket.status is not None and policy.group_of(ticket.status) in (StatusGroup.RESOLVED, StatusGroup.CLOSED)


def is_touched(ticket: ListedTicket, policy: Policy, homes: Homes) -> bool:
    """Whether the list alone tells that somebody of the desk has touched a ticket, or that its tier waits for no touch.

    A note of an agent is a touch as well, and no list tells of notes: False says that nobody can tell.
    """
    if ticket.place is None or ticket.status is None:
        return False
    is_new = policy.group_of(ticket.status) in (StatusGroup.NEW, StatusGroup.UNKNOWN)
    if ticket.owner is not None or not is_new:
        return True
    ladders = [(policy, homes), *((one.policy, homes.ladders[one.name]) for one in policy.ladders)]
    tiers = [(one, there.tier_at(ticket.place)) for one, there in ladders]
    starts = {one.tier(number).starts_at for one, number in tiers if number is not None}
    return starts == {StartsAt.ASSIGNMENT}


def tells_ladder(ticket: ListedTicket, policy: Policy) -> bool:
    """Whether the list tells what decides on which ladder a ticket is, how urgent it is, and by which calendar."""
    by_client = bool(policy.client_calendars) or any(ladder.clients for ladder in policy.ladders)
    return Aspect.PRIORITY in ticket.tells and (ticket.tells_client or not by_client)


def as_listed(ticket: ListedTicket, asked_at: datetime) -> TicketRecord | None:
    """A ticket as a list that was asked for then tells of it, without entries and history; None where that is too
    little to go by.
    """
    if ticket.place is None or ticket.status is None or ticket.entered_at is None or not ticket.tells >= _NEEDED:
        return None
    return TicketRecord(
        id=ticket.id,
        summary="",
        place=ticket.place,
        status=ticket.status,
        owner=ticket.owner,
        priority=ticket.priority,
        client=ticket.client,
        contact="",
        entered_at=ticket.entered_at,
        updated_at=ticket.updated_at,
        read_at=asked_at,
        is_escalatable=ticket.is_escalatable,
        why_not=ticket.why_not,
    )
