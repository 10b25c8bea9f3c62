"""What a list tells of an open ticket: whether its clock may run, and what is unknown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.model import Aspect, ListedTicket, Ref, Status, StatusGroup, TicketId
from connector.policy.policy import Homes, Ladder
from connector.rules.listing import as_listed, is_over, is_touched, may_run, tells_ladder
from tests.builders import (
    ACME,
    CLOSED,
    DESK,
    ELSEWHERE,
    HOMES,
    NEW,
    NINE,
    NORMAL,
    ODD,
    RESOLVED,
    TESS,
    TIER_3,
    WAITING,
    WORKING,
    a_policy,
    a_tier,
)

TOLD = ListedTicket(
    TicketId("4711"),
    NINE,
    entered_at=NINE,
    place=DESK,
    status=WORKING,
    owner=TESS,
    priority=NORMAL,
    client=ACME,
    tells=frozenset(Aspect),
    tells_client=True,
)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, True),
        ({"status": NEW}, True),
        ({"status": WAITING}, False),
        ({"status": RESOLVED}, False),
        ({"status": CLOSED}, False),
        ({"place": ELSEWHERE}, False),
        ({"is_escalatable": False}, False),
        # Unknown is never fine.
        ({"status": ODD}, True),
        ({"status": None}, True),
        ({"place": None}, True),
    ],
)
def test_the_clock_of_what_waits_is_over_or_is_in_no_home_does_not_run(told: dict[str, object], expected: bool) -> None:
    assert may_run(replace(TOLD, **told), a_policy(), HOMES) is expected  # type: ignore[arg-type]  # by name


def test_the_operators_word_on_a_status_comes_first() -> None:
    waits = a_policy(status_groups={"in progress": StatusGroup.WAITING})
    works = a_policy(status_groups={"waiting on client": StatusGroup.WORKING})
    assert not may_run(TOLD, waits, HOMES)
    assert may_run(replace(TOLD, status=WAITING), works, HOMES)


def test_where_a_home_does_not_resolve_nobody_can_tell_where_a_ticket_lives() -> None:
    lost = Homes({1: DESK}, {2: "no such board"}, ("Tier 3",))
    assert may_run(replace(TOLD, place=ELSEWHERE, status=WAITING), a_policy(), lost)
    ladders = replace(HOMES, ladders={"vip": lost})
    assert may_run(replace(TOLD, place=ELSEWHERE), a_policy(), ladders)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, True),
        ({"owner": None}, True),
        ({"owner": None, "status": NEW}, False),
        ({"owner": None, "status": ODD}, False),
        ({"owner": None, "status": NEW, "place": TIER_3}, True),
        ({"status": None}, False),
        ({"place": None}, False),
    ],
)
def test_an_owner_or_a_status_of_work_is_a_touch_and_a_note_is_in_no_list(
    told: dict[str, object], expected: bool
) -> None:
    assert is_touched(replace(TOLD, **told), a_policy(), HOMES) is expected  # type: ignore[arg-type]  # by name


def test_where_ladders_wait_for_different_things_nobody_can_tell() -> None:
    other = Ladder("vip", frozenset(), frozenset(), a_policy(ladder="vip", tiers=(a_tier(1), a_tier(2))))
    policy = a_policy(ladders=(other,))
    homes = replace(HOMES, ladders={"vip": Homes({1: TIER_3, 2: DESK})})
    untouched = replace(TOLD, owner=None, status=NEW)
    assert not is_touched(untouched, policy, homes)
    assert not is_touched(replace(untouched, place=TIER_3), policy, homes)


def test_a_client_that_is_not_told_matters_only_where_something_goes_by_clients() -> None:
    untold = replace(TOLD, client=None, tells_client=False)
    by_client = Ladder("vip", frozenset({"acme corp"}), frozenset(), a_policy(ladder="vip"))
    assert tells_ladder(TOLD, a_policy(client_calendars={"acme corp": "default"}))
    assert tells_ladder(untold, a_policy())
    assert not tells_ladder(untold, a_policy(client_calendars={"acme corp": "default"}))
    assert not tells_ladder(untold, a_policy(ladders=(by_client,)))
    assert not tells_ladder(replace(TOLD, tells=frozenset(Aspect) - {Aspect.PRIORITY}), a_policy())


def test_what_a_list_tells_is_made_of_its_row_and_an_aspect_that_does_not_hold_is_left_out() -> None:
    row = as_listed(replace(TOLD, is_escalatable=False, why_not="merged into ticket 4700"), NINE)
    assert row is not None
    told = ListedTicket.of(row, frozenset({Aspect.OWNER}), tells_client=True)
    assert (told.id, told.updated_at, told.entered_at) == (TOLD.id, NINE, NINE)
    assert (told.place, told.status, told.owner) == (None, None, TESS)
    assert (told.tells, told.tells_client) == ({Aspect.OWNER}, True)
    assert (told.is_escalatable, told.why_not) == (False, "merged into ticket 4700")
    whole = ListedTicket.of(row, frozenset(Aspect), tells_client=False)
    assert (whole.place, whole.status, whole.priority, whole.client) == (DESK, WORKING, NORMAL, ACME)


def test_a_ticket_as_its_list_tells_of_it_has_no_entries_and_no_history() -> None:
    record = as_listed(TOLD, NINE)
    assert record is not None
    assert (record.place, record.status, record.owner, record.priority) == (DESK, WORKING, TESS, NORMAL)
    assert (record.entries, record.changes, record.history_of) == ((), (), frozenset())
    assert record.read_at == NINE


@pytest.mark.parametrize(
    "untold",
    [{"place": None}, {"status": None}, {"entered_at": None}, {"tells": frozenset({Aspect.PLACE, Aspect.STATUS})}],
)
def test_without_its_place_status_owner_or_beginning_a_list_is_nothing_to_go_by(untold: dict[str, object]) -> None:
    assert as_listed(replace(TOLD, **untold), NINE) is None  # type: ignore[arg-type]  # by name


def test_a_status_is_known_by_its_name_and_not_by_its_group_alone() -> None:
    odd = Status("77", "Waiting on parts", StatusGroup.UNKNOWN)
    policy = a_policy(status_groups={"waiting on parts": StatusGroup.WAITING})
    assert not may_run(replace(TOLD, status=odd, priority=Ref("9", "?")), policy, HOMES)


@pytest.mark.parametrize(("status", "expected"), [(RESOLVED, True), (CLOSED, True), (WAITING, False), (None, False)])
def test_what_is_over_ended_well_and_what_is_not_told_is_not_over(status: Status | None, expected: bool) -> None:
    assert is_over(replace(TOLD, status=status), a_policy()) is expected
