from __future__ import annotations

from dataclasses import replace

from connector.model import (
    BY_CONNECTOR,
    Aspect,
    Change,
    Doer,
    Person,
    Place,
    Ref,
    Remembered,
    Status,
    StatusGroup,
    Trace,
)
from connector.rules.history import (
    ADOPTED,
    FIRST_SIGHT,
    dated,
    is_different,
    last_move_did_not_hold,
    moved_by_us,
    moves_by_us,
    observe,
    untold,
    with_history,
)
from tests.builders import (
    CRITICAL,
    DESK,
    ELSEWHERE,
    NEW,
    NINE,
    NORMAL,
    RESOLVED,
    SAM,
    SR_IT,
    TESS,
    TIER_3,
    WORKING,
    a_change,
    a_ticket,
    at,
    moved,
    seen,
    turned,
)


def observed(record, known=(), *, is_watched=True, adopted_at=None):
    return observe(record, known, is_watched=is_watched, adopted_at=adopted_at)


def test_the_first_sight_of_a_ticket_is_a_state_of_every_aspect():
    record = a_ticket(owner=TESS, updated_at=at("09:05"), read_at=at("09:06"))
    rows = observed(record)
    assert {(row.what, row.old, row.new, row.how) for row in rows} == {
        (Aspect.PLACE, None, DESK, FIRST_SIGHT),
        (Aspect.OWNER, None, TESS, FIRST_SIGHT),
        (Aspect.STATUS, None, NEW, FIRST_SIGHT),
        (Aspect.PRIORITY, None, NORMAL, FIRST_SIGHT),
    }
    times = {row.what: row.at for row in rows}
    assert times[Aspect.PLACE] == at("09:06")
    assert times[Aspect.OWNER] == at("09:05")


def test_of_a_ticket_that_is_not_watched_only_the_place_is_kept():
    (row,) = observed(a_ticket(place=ELSEWHERE), is_watched=False)
    assert (row.what, row.new) == (Aspect.PLACE, ELSEWHERE)


def test_the_survey_of_open_tickets_adopts_at_the_moment_of_the_first_start():
    rows = observed(a_ticket(read_at=at("09:03")), adopted_at=NINE)
    assert {row.how for row in rows} == {ADOPTED}
    assert next(row.at for row in rows if row.what is Aspect.PLACE) == NINE


def test_a_change_has_the_time_of_the_tickets_last_update():
    known = seen(a_ticket())
    (row,) = observed(a_ticket(status=WORKING, updated_at=at("09:10"), read_at=at("09:12")), known)
    assert (row.at, row.what, row.old, row.new, row.how) == (at("09:10"), Aspect.STATUS, NEW, WORKING, "observed")


def test_a_change_is_never_in_the_future_of_the_read():
    (row,) = observed(a_ticket(status=WORKING, updated_at=at("09:30"), read_at=at("09:12")), seen(a_ticket()))
    assert row.at == at("09:12")


def test_a_change_is_never_before_what_is_known():
    known = seen(a_ticket(), at("09:20"))
    (row,) = observed(a_ticket(status=WORKING, updated_at=at("09:10"), read_at=at("09:25")), known)
    assert row.at == at("09:20")


def test_a_resolution_has_the_systems_own_time():
    record = a_ticket(status=RESOLVED, resolved_at=at("09:29:59"), updated_at=at("09:40"), read_at=at("09:41"))
    (row,) = observed(record, seen(a_ticket()))
    assert row.at == at("09:29:59")


def test_a_resolution_time_before_what_is_known_is_not_believed():
    record = a_ticket(status=RESOLVED, resolved_at=at("08:00"), updated_at=at("09:40"), read_at=at("09:41"))
    (row,) = observed(record, seen(a_ticket()))
    assert row.at == at("09:40")


def test_nothing_changed_is_nothing_seen():
    assert observed(a_ticket(read_at=at("09:30")), seen(a_ticket())) == ()


def test_a_renaming_in_the_ticket_system_is_no_change():
    assert not is_different(DESK, Place((Ref("1", "Renamed"), Ref("25", "Too"))))
    assert not is_different(TESS, Person("100", "tess", "Tess Married-Name"))
    assert not is_different(NORMAL, Ref("3", "P3"))
    assert not is_different(None, None)


def test_a_status_that_means_something_else_now_is_a_change():
    assert is_different(NEW, Status(NEW.id, NEW.name, StatusGroup.WAITING))
    assert is_different(TESS, None)
    assert is_different(NORMAL, CRITICAL)


def test_a_move_of_ours_is_recorded_at_the_time_of_its_answer():
    before = a_ticket(owner=TESS)
    after = a_ticket(owner=SAM, place=TIER_3, updated_at=at("09:30:01"), read_at=at("09:30:02"))
    rows = moved_by_us(before, after, seen(before))
    assert {(row.what, row.new, row.at, row.how) for row in rows} == {
        (Aspect.PLACE, TIER_3, at("09:30:01"), BY_CONNECTOR),
        (Aspect.OWNER, SAM, at("09:30:01"), BY_CONNECTOR),
    }


def test_a_move_that_took_several_calls_is_dated_by_the_one_that_moved_it():
    before = a_ticket(owner=TESS)
    times = {"placed_at": at("09:30:01"), "updated_at": at("09:30:03"), "read_at": at("09:30:04")}
    rows = moved_by_us(before, a_ticket(owner=SAM, place=TIER_3, **times), seen(before))
    assert [(row.what, row.at) for row in rows] == [(Aspect.PLACE, at("09:30:01")), (Aspect.OWNER, at("09:30:03"))]


def test_a_move_of_a_ticket_without_known_history_is_not_before_its_entry():
    (row,) = moved_by_us(a_ticket(), a_ticket(place=TIER_3, updated_at=at("08:00")), ())
    assert row.at == NINE


def test_a_ticket_known_from_before_it_was_watched_is_adopted_all_the_same():
    known = observed(a_ticket(), is_watched=False)
    rows = observed(a_ticket(read_at=at("12:00")), known, adopted_at=at("12:00"))
    assert [(row.at, row.new, row.how) for row in rows if row.what is Aspect.PLACE] == [(at("12:00"), DESK, ADOPTED)]
    assert observed(a_ticket(read_at=at("12:01")), (*known, *rows), adopted_at=at("12:01")) == ()


# --- systems that keep a history ------------------------------------------------------------------------------

ALL = frozenset(Aspect)


def test_a_whole_history_needs_no_observation():
    record = a_ticket(place=TIER_3, changes=(moved(DESK, TIER_3, at("09:30"), "history"),), history_of=ALL)
    known, rest = with_history(record, [moved(DESK, TIER_3, at("09:31"))])
    assert known == record.changes
    assert observe(record, known, is_watched=True, adopted_at=None, aspects=rest) == ()


def test_what_a_history_does_not_explain_is_observed():
    record = a_ticket(place=TIER_3, history_of=ALL, updated_at=at("09:40"), read_at=at("09:41"))
    record = replace(record, changes=(moved(TIER_3, DESK, at("09:30"), "history"),))
    known, rest = with_history(record, [])
    assert rest == {Aspect.PLACE}
    (new,) = observe(record, known, is_watched=True, adopted_at=None, aspects=rest)
    assert (new.old, new.new, new.at, new.how) == (DESK, TIER_3, at("09:40"), "observed")
    assert with_history(record, [new])[0] == (*record.changes, new)


def test_aspects_without_a_history_are_observed_as_ever():
    record = a_ticket(history_of=ALL - {Aspect.OWNER}, owner=SAM)
    known, rest = with_history(record, [])
    assert [change.what for change in observe(record, known, is_watched=True, adopted_at=None, aspects=rest)] == [
        Aspect.OWNER
    ]


def test_a_ticket_with_a_history_is_adopted_once_in_a_survey():
    record = a_ticket(history_of=ALL)
    known, rest = with_history(record, [])
    (adopted,) = observe(record, known, is_watched=True, adopted_at=at("09:10"), aspects=rest)
    assert (adopted.what, adopted.how, adopted.at) == (Aspect.PLACE, ADOPTED, at("09:10"))
    known, rest = with_history(record, [adopted])
    assert known == (adopted,)
    assert observe(record, known, is_watched=True, adopted_at=at("09:10"), aspects=rest) == ()


def test_a_plan_that_was_seen_is_no_state_of_the_ticket_and_is_never_forgotten():
    plan = Change(at("09:40"), Remembered.PLAN, None, Ref("n1", "restart it"), "observed", "Tess Tech")
    record = a_ticket(status=WORKING, updated_at=at("09:30"), read_at=at("09:31"))
    known = [*seen(replace(record, status=NEW), NINE), plan]
    assert [(change.what, change.at) for change in observed(record, known)] == [(Aspect.STATUS, at("09:30"))]
    assert with_history(replace(record, history_of=ALL), [plan])[0] == (plan,)
    moved_on = moved_by_us(record, replace(record, place=TIER_3), [plan])
    assert [(change.what, change.at) for change in moved_on] == [(Aspect.PLACE, at("09:30"))]


def test_our_own_moves_to_a_place_are_counted_whatever_came_in_between():
    def ours(old, new, when):
        return moved(old, new, when, BY_CONNECTOR)

    changes = [
        ours(DESK, TIER_3, at("09:00", day=14)),
        ours(DESK, TIER_3, at("09:30")),
        moved(TIER_3, DESK, at("09:40")),
        moved(DESK, TIER_3, at("09:50")),
        ours(TIER_3, ELSEWHERE, at("10:00")),
        ours(DESK, TIER_3, at("10:30")),
    ]
    assert [change.at for change in moves_by_us(changes, TIER_3, at("09:00", day=14))] == [at("09:30"), at("10:30")]


# --- who made a change, and when at the earliest --------------------------------------------------------------


def test_what_the_record_does_not_date_happened_between_the_last_look_and_the_last_update():
    first = a_ticket(owner=TESS)
    later = replace(
        first, place=TIER_3, updated_at=at("09:20"), read_at=at("09:21"), updated_by="Tom", updater=Doer.PERSON
    )
    (row,) = observe(later, seen(first), is_watched=True, adopted_at=None, last_look=at("09:10"))
    assert (row.at, row.not_before, row.who, row.by) == (at("09:20"), at("09:10"), "Tom", Doer.PERSON)
    (row,) = observe(later, seen(first), is_watched=True, adopted_at=None)
    assert row.not_before == NINE
    assert untold([row]) == NINE
    assert untold([*seen(first)]) is None


def test_a_resolution_has_its_own_time_and_is_the_last_updaters_only_in_that_second():
    first = a_ticket(owner=TESS, status=WORKING)
    over = replace(first, status=RESOLVED, resolved_at=at("09:15"), updated_at=at("09:20"), read_at=at("09:21"))
    over = replace(over, updated_by="Tom", updater=Doer.PERSON)
    (row,) = observe(over, seen(first), is_watched=True, adopted_at=None)
    assert (row.at, row.not_before, row.who) == (at("09:15"), None, "")
    (row,) = observe(replace(over, updated_at=at("09:15")), seen(first), is_watched=True, adopted_at=None)
    assert (row.at, row.who, row.by) == (at("09:15"), "Tom", Doer.PERSON)


def test_an_audit_trail_dates_what_was_observed_and_names_who_did_it():
    guess = replace(moved(DESK, TIER_3, at("09:20")), not_before=at("09:10"))
    taken = replace(a_change(Aspect.OWNER, TESS, None, at("09:20")), not_before=at("09:10"))
    status = replace(turned(NEW, WORKING, at("09:20")), not_before=at("09:10"))
    given = replace(a_change(Aspect.OWNER, None, SAM, at("09:20")), not_before=at("09:10"))
    traces = [
        Trace(at("09:05"), Aspect.PLACE, "Tier 3", "too early", Doer.PERSON),
        Trace(at("09:12"), Aspect.PLACE, "tier 3", "Tom", Doer.PERSON),
        Trace(at("09:14"), Aspect.PLACE, "Elsewhere", "nobody", Doer.PERSON),
        Trace(at("09:13"), Aspect.OWNER, "", "rule", Doer.PROGRAM),
        Trace(at("09:15"), Aspect.OWNER, "sam", "Sam", Doer.PERSON),
    ]
    found = dated([guess, taken, status, given, moved(DESK, SR_IT, at("09:01"))], traces)
    told = [(row.at, row.what, row.who, row.by, row.not_before) for row in found]
    assert told == [
        (at("09:01"), Aspect.PLACE, "", Doer.UNKNOWN, None),
        (at("09:12"), Aspect.PLACE, "Tom", Doer.PERSON, None),
        (at("09:13"), Aspect.OWNER, "rule", Doer.PROGRAM, None),
        (at("09:15"), Aspect.OWNER, "Sam", Doer.PERSON, None),
        (at("09:20"), Aspect.STATUS, "", Doer.UNKNOWN, at("09:10")),
    ]


def test_who_turned_a_move_of_ours_back_decides_whether_it_held():
    ours = moved(DESK, TIER_3, at("09:30"), BY_CONNECTOR)

    def is_turned_back(when, by=Doer.UNKNOWN, how="observed", place=DESK):
        back = replace(moved(TIER_3, place, at(when), how), by=by)
        return last_move_did_not_hold([ours, turned(NEW, WORKING, at("09:30")), back])

    assert not is_turned_back("09:30", Doer.PERSON)
    assert is_turned_back("14:00", Doer.PROGRAM)
    assert is_turned_back("14:00", how=BY_CONNECTOR)
    assert is_turned_back("09:32")
    assert not is_turned_back("09:33")
    assert not is_turned_back("09:31", Doer.PROGRAM, place=SR_IT)
