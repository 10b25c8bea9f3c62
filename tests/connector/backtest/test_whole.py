"""Every change that is known of a past ticket: from its system's history, from an audit trail, from nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from connector.backtest.replay import Rules, replay
from connector.backtest.ticket import PastTicket
from connector.backtest.whole import whole
from connector.model import Aspect, AuthorKind, Doer, Person, Place, Ref, Status, Trace
from tests.builders import (
    CRITICAL,
    DESK,
    HOMES,
    NEW,
    NINE,
    NORMAL,
    RESOLVED,
    SAM,
    TESS,
    TIER_3,
    WAITING,
    WORKING,
    a_note,
    a_policy,
    a_ticket,
    at,
    given_to,
    turned,
)


class Known:
    """Names of a desk that has boards with teams; ``Parked`` is known no more."""

    def place(self, path: Sequence[str]) -> Place | None:
        places = {str(place): place for place in (DESK, TIER_3)}
        return places.get(" > ".join(path)) or (Place(DESK.path[:1]) if list(path) == ["Service Desk"] else None)

    def status(self, place: Place, name: str) -> Status | None:
        return {one.name: one for one in (NEW, WORKING, WAITING, RESOLVED)}.get(name)

    def person(self, name: str) -> Person | None:
        return {"tess": TESS, "Sam Senior": SAM}.get(name)

    def priority(self, name: str) -> Ref | None:
        return {one.name: one for one in (NORMAL, CRITICAL)}.get(name)


def known_of(record, traces: Sequence[Trace] | None = None) -> PastTicket:
    return whole("psa", record, traces, Known())


def trace(clock: str, what: Aspect, old: str, new: str) -> Trace:
    return Trace(at(clock), what, new, "Tom", Doer.PERSON, old)


def steps(ticket: PastTicket, what: Aspect) -> list[tuple]:
    return [(one.at, one.old, one.new) for one in ticket.changes if one.what is what]


def test_a_system_with_a_history_tells_all():
    changes = (given_to(TESS, at("09:05")), turned(NEW, RESOLVED, at("10:00")))
    record = a_ticket(owner=TESS, status=RESOLVED, changes=changes, history_of=frozenset(Aspect))
    assert known_of(record) == PastTicket("psa", record, changes, ())


def test_a_history_that_does_not_end_in_the_present_goes_on_to_it():
    changes = (turned(NEW, WORKING, at("09:05")),)
    record = a_ticket(status=RESOLVED, changes=changes, history_of=frozenset(Aspect), updated_at=at("10:00"))
    ticket = known_of(record)
    assert steps(ticket, Aspect.STATUS)[-1] == (at("10:00"), WORKING, RESOLVED)
    assert ticket.not_told == ("statuses and pauses not told in full",)


def test_a_history_in_which_something_is_missing_is_not_told_in_full():
    changes = (given_to(TESS, at("09:05")), given_to(TESS, at("09:20"), SAM))
    record = a_ticket(owner=TESS, changes=changes, history_of=frozenset(Aspect))
    assert known_of(record).not_told == ("owners not told in full",)


def test_a_place_that_has_another_name_today_is_told():
    renamed = known_of(
        a_ticket(place=TIER_3),
        [
            trace("09:10", Aspect.PLACE, "Dispatch", "Old team"),
            trace("09:30", Aspect.PLACE, "Old team", "Seniors"),
            trace("09:30", Aspect.PLACE, "Service Desk", "Tier 3"),
        ],
    )
    board = Place(DESK.path[:1])
    assert steps(renamed, Aspect.PLACE) == [(at("09:10"), board, board), (at("09:30"), board, TIER_3)]
    assert renamed.not_told == ("place 'Service Desk > Old team' is not known any more",)


def test_an_audit_trail_is_gone_back_name_by_name():
    record = a_ticket(place=TIER_3, owner=SAM, status=RESOLVED, priority=CRITICAL)
    ticket = known_of(
        record,
        [
            trace("09:30", Aspect.PLACE, "Service Desk", "Tier 3"),
            trace("09:30", Aspect.PLACE, "First Touch", "Seniors"),
            trace("09:02", Aspect.OWNER, "", "tess"),
            trace("09:30", Aspect.OWNER, "tess", "Sam Senior"),
            trace("09:02", Aspect.STATUS, "New", "In Progress"),
            trace("10:15", Aspect.STATUS, "In Progress", "Resolved"),
            trace("09:40", Aspect.PRIORITY, NORMAL.name, CRITICAL.name),
        ],
    )
    assert ticket.not_told == ()
    assert steps(ticket, Aspect.PLACE) == [(at("09:30"), DESK, TIER_3)]
    assert steps(ticket, Aspect.OWNER) == [(at("09:02"), None, TESS), (at("09:30"), TESS, SAM)]
    assert steps(ticket, Aspect.STATUS) == [(at("09:02"), NEW, WORKING), (at("10:15"), WORKING, RESOLVED)]
    assert steps(ticket, Aspect.PRIORITY) == [(at("09:40"), NORMAL, CRITICAL)]
    assert [change.at for change in ticket.changes] == sorted(change.at for change in ticket.changes)


def test_a_change_in_the_name_that_our_notes_stand_in_is_ours():
    ours = a_note("Escalated", at("09:30"), "API Member", AuthorKind.CONNECTOR)
    traces = [
        replace(trace("09:30", Aspect.PLACE, "Service Desk", "Tier 3"), who="API Member"),
        replace(trace("09:30", Aspect.PLACE, "First Touch", "Seniors"), who="API Member"),
        trace("09:35", Aspect.STATUS, "New", "In Progress"),
    ]
    ticket = known_of(a_ticket(place=TIER_3, status=WORKING, entries=(ours,)), traces)
    assert [(change.what, change.how) for change in ticket.changes] == [
        (Aspect.PLACE, "connector"),
        (Aspect.STATUS, "history"),
    ]


def test_a_team_that_was_given_or_taken_is_a_move_of_its_own():
    given = known_of(a_ticket(), [trace("09:30", Aspect.PLACE, "", "First Touch")])
    assert steps(given, Aspect.PLACE) == [(at("09:30"), Place(DESK.path[:1]), DESK)]
    board = Place(DESK.path[:1])
    taken = known_of(a_ticket(place=board), [trace("09:30", Aspect.PLACE, "First Touch", "")])
    assert steps(taken, Aspect.PLACE) == [(at("09:30"), DESK, board)]


def test_what_two_people_move_in_one_second_is_two_moves():
    there = [
        trace("09:30", Aspect.PLACE, "Service Desk", "Tier 3"),
        trace("09:30", Aspect.PLACE, "First Touch", "Seniors"),
    ]
    back = [
        trace("09:30", Aspect.PLACE, "Tier 3", "Service Desk"),
        trace("09:30", Aspect.PLACE, "Seniors", "First Touch"),
    ]
    ticket = known_of(a_ticket(), [*there, *(replace(one, who="Sam Senior") for one in back)])
    assert steps(ticket, Aspect.PLACE) == [(at("09:30"), DESK, TIER_3), (at("09:30"), TIER_3, DESK)]


def test_where_a_trail_does_not_lead_on_is_told():
    odd = known_of(a_ticket(), [trace("09:30", Aspect.PLACE, "Here", "There")])
    assert (odd.changes, odd.not_told) == ((), ("moves not told before 2026-01-15 09:30 UTC",))
    gone = known_of(a_ticket(), [trace("09:30", Aspect.PLACE, "Old board", "Service Desk")])
    assert gone.not_told == ("moves not told before 2026-01-15 09:30 UTC",)
    nothing = known_of(a_ticket(), [trace("09:30", Aspect.PLACE, "", "")])
    assert (nothing.changes, nothing.not_told) == ((), ())
    parked = known_of(a_ticket(status=WORKING), [trace("09:30", Aspect.STATUS, "Parked", "In Progress")])
    assert parked.not_told == ("status 'Parked' is not known any more",)
    other = known_of(a_ticket(status=WORKING), [trace("09:30", Aspect.STATUS, "New", "Resolved")])
    assert other.not_told == ("statuses and pauses not told before 2026-01-15 09:30 UTC",)


def test_without_a_trail_the_simplest_course_is_assumed_and_told():
    note = a_note("looked at it", at("09:10"))
    record = a_ticket(owner=TESS, status=RESOLVED, entries=(note,), resolved_at=at("10:00"), updated_at=at("11:00"))
    ticket = known_of(record)
    assert ticket.not_told == (
        "moves not told",
        "owners not told",
        "statuses and pauses not told",
        "changes of priority not told",
    )
    assert steps(ticket, Aspect.OWNER) == [(at("09:10"), None, TESS)]
    told = [(when, old.group, new.group) for when, old, new in steps(ticket, Aspect.STATUS)]
    assert told == [(at("09:10"), "new", "working"), (at("10:00"), "working", "resolved")]
    ticket = replace(ticket, record=replace(record, read_at=at("12:00")))
    story = replay(ticket, Rules(a_policy(), HOMES), NINE, at("12:00"))
    assert [rise.at for rise in story.rises] == [at("09:40")]


def test_the_assumed_course_of_tickets_that_nobody_touched_or_that_are_open():
    def groups(**given: object) -> list[tuple]:
        return [(when, new.group) for when, _, new in steps(known_of(a_ticket(**given)), Aspect.STATUS)]

    assert groups() == []
    assert groups(status=RESOLVED, updated_at=at("09:30")) == [(at("09:30"), "resolved")]
    assert groups(status=WORKING, responded_at=at("09:03"), updated_at=at("09:30")) == [(at("09:03"), "working")]
    waits = groups(status=WAITING, planned_at=at("09:03"), updated_at=at("09:30"))
    assert waits == [(at("09:03"), "working"), (at("09:30"), "waiting")]
    owned = known_of(a_ticket(owner=TESS, updated_at=at("09:30")))
    assert steps(owned, Aspect.OWNER) == [(at("09:30"), None, TESS)]


def test_the_move_of_a_moment_decides_where_its_old_status_is_looked_up():
    class Boards(Known):
        def status(self, place: Place, name: str) -> Status | None:
            return WORKING if (place, name) == (DESK, "In Progress") else None

    record = a_ticket(place=TIER_3, status=WAITING)
    traces = [
        trace("09:30", Aspect.PLACE, "Service Desk", "Tier 3"),
        trace("09:30", Aspect.PLACE, "First Touch", "Seniors"),
        trace("09:30", Aspect.STATUS, "In Progress", "Waiting on client"),
    ]
    ticket = whole("psa", record, traces, Boards())
    assert steps(ticket, Aspect.STATUS) == [(at("09:30"), WORKING, WAITING)]
    after = [*traces[:2], trace("09:45", Aspect.STATUS, "In Progress", "Waiting on client")]
    assert whole("psa", record, after, Boards()).not_told == ("status 'In Progress' is not known any more",)
