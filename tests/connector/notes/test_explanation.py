from __future__ import annotations

from dataclasses import replace

import pytest

from connector.model import Aspect
from connector.notes.explanation import MOST_STRETCHES, explain, held_open, working
from connector.policy.policy import EndOfDay
from connector.rules.commands import read_commands
from connector.rules.limits import KeptLimit, evaluate
from connector.rules.stints import Turns, build_timeline
from tests.builders import (
    ACME,
    CRITICAL,
    DESK,
    ELSEWHERE,
    HOMES,
    NEW,
    NINE,
    NORMAL,
    ODD,
    TESS,
    TIER_3,
    WAITING,
    WORKING,
    a_change,
    a_note,
    a_policy,
    a_ticket,
    at,
    given_to,
    moved,
    office_hours,
    round_the_clock,
    seen,
    turned,
)

NEW_YORK = a_policy(calendars={"default": office_hours("America/New_York")})


def decide(record, now, changes=None, policy=NEW_YORK):
    return evaluate(build_timeline(record, changes or seen(record), policy, HOMES), policy, now)


def test_the_working_is_shown_line_by_line_in_the_calendars_zone():
    start = at("13:10")
    record = a_ticket(owner=TESS, status=WORKING, entered_at=start, updated_at=start, read_at=start)
    changes = [*seen(record), turned(WORKING, WAITING, at("13:20")), turned(WAITING, WORKING, at("13:30"))]
    assert working(decide(record, at("13:40"), changes)) == [
        "diagnosis: 30 working minutes, counted from 2026-01-15 08:10:00 EST, calendar 'default': "
        "Mon-Fri 08:00-17:00 (America/New_York)",
        "2026-01-15 08:10:00 EST to 2026-01-15 08:20:00 EST: counted, 10.0 min, working hours",
        "2026-01-15 08:20:00 EST to 2026-01-15 08:30:00 EST: not counted, 10.0 min, paused: Waiting on client",
        "2026-01-15 08:30:00 EST to 2026-01-15 08:40:00 EST: counted, 10.0 min, working hours",
        "used 20.0 of 30 working minutes; due at 2026-01-15 08:50:00 EST",
    ]


def test_the_prioritys_factor_is_shown():
    record = a_ticket(owner=TESS, priority=CRITICAL)
    assert "15 working minutes (30 x 0.5 for the priority)" in working(decide(record, NINE))[0]


def test_a_pause_that_lasts_says_that_nothing_is_due():
    record = a_ticket(owner=TESS, status=WAITING)
    lines = working(decide(record, at("15:00"), [*seen(a_ticket(owner=TESS)), turned(NEW, WAITING, at("13:10"))]))
    assert lines[-1].endswith("not due while the pause lasts")


def test_a_limit_that_runs_out_at_closing_names_the_next_opening():
    start = at("21:30")
    record = a_ticket(owner=TESS, entered_at=start, updated_at=start, read_at=start)
    assert working(decide(record, start))[-1].endswith(
        "due at 2026-01-15 17:00:00 EST, judged at the next opening, 2026-01-16 08:00:00 EST"
    )


def test_a_long_working_is_shortened_in_the_middle():
    record = a_ticket(owner=TESS, status=WORKING)
    changes = [*seen(record)]
    for n in range(40):
        old, new = (WORKING, WAITING) if n % 2 == 0 else (WAITING, WORKING)
        changes.append(turned(old, new, at(f"09:{n + 1:02d}")))
    policy = a_policy(calendars={"default": round_the_clock()})
    lines = working(decide(record, at("09:58"), changes, policy))
    assert len(lines) == MOST_STRETCHES + 3
    assert any("stretches left out" in line for line in lines)


def test_without_a_clock_the_reason_is_the_working():
    record = a_ticket()
    assert working(decide(record, NINE)) == ["nobody has touched the ticket yet, so its clock has not started"]


def test_the_whole_story_is_told():
    record = a_ticket(owner=TESS, place=TIER_3, entries=(a_note("Plan: swap the cable", at("14:20")),))
    changes = [
        *seen(a_ticket(status=WORKING)),
        given_to(TESS, at("13:05")),
        turned(WORKING, WAITING, at("13:10")),
        turned(WAITING, NEW, at("13:15")),
        a_change(Aspect.PRIORITY, None, NORMAL, at("13:20")),
        moved(DESK, TIER_3, at("14:00")),
    ]
    decision = decide(record, at("14:30"), changes)
    told = "\n".join(explain(decision, NEW_YORK, changes, [(at("14:05"), "first escalation")]))
    assert "Ticket 4711 at Tier 3 > Seniors, status New (new), owner Tess Tech, priority Priority 3 - Normal" in told
    assert "2026-01-15 09:00:00 EST place: Service Desk > First Touch -> Tier 3 > Seniors (observed)" in told
    assert "paused from 2026-01-15 08:10:00 EST until 2026-01-15 08:15:00 EST: Waiting on client" in told
    assert "plan at 2026-01-15 09:20:00 EST by Tess Tech (note)" in told
    assert "Done:\n  2026-01-15 09:05:00 EST first escalation\n" in told
    assert told.endswith("Looks again by itself at 2026-01-15 10:20:00 EST")


def test_the_story_of_a_breach_says_what_is_to_be_done():
    decision = decide(a_ticket(owner=TESS), at("18:00"))
    told = explain(decision, NEW_YORK, ())
    assert told[-1] == "To be escalated now"
    assert "  none" in told
    assert explain(decision, NEW_YORK, (), is_settled=True)[-1] == "Nothing more goes up by time: see Done"


def test_the_story_of_an_unwatched_ticket_has_no_stints():
    record = a_ticket(place=ELSEWHERE, client=ACME, owner=None, priority=None)
    told = explain(decide(record, NINE), NEW_YORK, seen(record))
    assert "owner nobody, priority none" in told[0]
    assert told[-1] == "Looks again when the ticket changes"


def test_the_story_of_a_ticket_of_which_nobody_can_tell_says_that_it_is_looked_at_again():
    told = explain(decide(a_ticket(status=ODD, owner=TESS), at("14:00")), NEW_YORK, ())
    assert told[-2].startswith("Decision: unknown: ")
    assert told[-1] == "Looks again by itself every now and then, and when the ticket changes"


def test_the_story_of_an_adopted_ticket_and_a_running_pause():
    record = a_ticket(status=WAITING, entered_at=at("08:00", day=5))
    timeline = build_timeline(record, seen(record), NEW_YORK, HOMES, adopted_at=NINE)
    told = "\n".join(explain(evaluate(timeline, NEW_YORK, NINE), NEW_YORK, ()))
    assert "the moment from which open tickets are watched" in told
    assert "until now: Waiting on client" in told


@pytest.mark.parametrize(
    ("turns", "line"),
    [
        (Turns(NINE), "clock not started: the ticket was open before the connector came, and waits for its turn"),
        (Turns(NINE, NINE, at("09:30")), "09:30:00 UTC, its turn among the tickets that were open before"),
        (None, "the moment from which open tickets are watched"),
    ],
)
def test_the_story_of_an_adopted_ticket_tells_of_its_turn(turns, line):
    record = a_ticket(status=WORKING, entered_at=at("08:00", day=5))
    timeline = build_timeline(record, seen(record, NINE, "adopted"), a_policy(), HOMES, adopted_at=NINE, turns=turns)
    told = "\n".join(explain(evaluate(timeline, a_policy(), at("10:00")), a_policy(), ()))
    assert line in told


def test_the_story_of_an_adopted_ticket_that_an_agent_touched_tells_of_no_turn():
    record = a_ticket(status=WORKING, entered_at=at("08:00", day=5), entries=(a_note("Looked", at("09:20")),))
    turns = Turns(NINE)
    timeline = build_timeline(record, seen(record, NINE, "adopted"), a_policy(), HOMES, adopted_at=NINE, turns=turns)
    told = explain(evaluate(timeline, a_policy(), at("09:40")), a_policy(), ())
    assert "    clock from 2026-01-15 09:20:00 UTC" in told


def test_the_story_of_an_untouched_ticket_says_so():
    told = "\n".join(explain(decide(a_ticket(), NINE), NEW_YORK, ()))
    assert "clock not started: nobody has touched the ticket" in told


def ordered(*said):
    policy = a_policy()
    record = a_ticket(owner=TESS, status=WORKING, entries=tuple(said))
    timeline = build_timeline(record, seen(record), policy, HOMES)
    commands = read_commands(timeline, policy, {1: {"maria": "Maria Desk"}})
    return evaluate(timeline, policy, at("09:20"), commands)


def commanded(*said):
    return "\n".join(explain(ordered(*said), a_policy(), ()))


def by(identifier, text, when):
    entry = a_note(text, when, identifier.title())
    return replace(entry, author=replace(entry.author, identifier=identifier))


def test_the_story_tells_what_people_said_and_what_became_of_it():
    told = commanded(
        by("tess", "/override 45m because I want to", at("09:05")),
        by("maria", "/override 45m because the vendor calls back", at("09:10")),
        by("tess", "/escalate knowledge", at("09:11")),
        by("tess", "/overide 3h", at("09:12")),
    )
    assert "09:05:00 UTC Tess: override, until 2026-01-15 09:50:00 UTC, for the diagnosis; refused: only a" in told
    assert "09:10:00 UTC Maria: override, until 2026-01-15 09:55:00 UTC, for the diagnosis; applied" in told
    assert "09:11:00 UTC Tess: asked for an escalation (knowledge)" in told
    assert "09:12:00 UTC Tess: there is no command /overide" in told
    assert "due at 2026-01-15 09:55:00 UTC by an override of Maria, instead of 2026-01-15 09:30:00 UTC" in told


def test_the_story_of_a_lifted_limit_and_of_one_that_counts_again():
    none = by("maria", "/override none the client is away all week", at("09:05"))
    assert "no limit in this stint, by an override of Maria" in commanded(none)
    told = commanded(none, by("maria", "/override off", at("09:10")))
    assert "Maria: override, off, for the diagnosis; applied" in told
    assert "due at 2026-01-15 09:30:00 UTC" in told


def test_the_story_of_a_deferred_escalation_names_the_clients_opening():
    policy = a_policy(end_of_day=EndOfDay.DEFER)
    record = a_ticket(owner=TESS, entered_at=at("16:15"))
    timeline = build_timeline(record, seen(record, at("16:15")), policy, HOMES)
    told = "\n".join(explain(evaluate(timeline, policy, at("16:50")), policy, ()))
    assert "near the end of the client's day: it waits for the next opening, 2026-01-16 08:00:00 UTC" in told


def test_the_story_of_a_kept_limit_says_which_it_is_since_when_and_how_to_apply_the_present_one():
    decision = decide(a_ticket(owner=TESS), at("09:10"), policy=a_policy())
    kept = KeptLimit("abc", at("08:00"), "def", 15, at("09:15"))
    told = explain(replace(decision, kept=kept), a_policy(), ())
    begin = told.index("Clock:")
    assert told[begin : told.index("Done:") - 1][-2:] == [
        "  the limit is that of the policy abc, in force from 2026-01-15 08:00:00 UTC, under which this stint began",
        "  the present policy, def, has 15 working minutes: due at 2026-01-15 09:15:00 UTC by that; "
        "`escalator policy apply` has it count for running stints as well",
    ]
    told = explain(replace(decision, kept=replace(kept, present_due_at=None)), a_policy(), ())
    assert any("15 working minutes: not due by that" in line for line in told)


# -- an escalation that is held open


def held(decision, why="the clock stands still"):
    first, moves, closes = held_open(decision, a_policy(), at("09:30"), why)
    assert first == (
        f"held open: the escalation note of 2026-01-15 09:30:00 UTC stands, and the ticket was not moved: {why}"
    )
    assert closes == "a resolution or a move by hand closes it; so does a plan, where a plan was owed"
    return moves


def test_an_escalation_that_is_held_by_a_pause_goes_on_after_it():
    record = a_ticket(owner=TESS, status=WAITING)
    decision = decide(record, at("09:40"), [*seen(a_ticket(owner=TESS)), turned(NEW, WAITING, at("09:30"))], a_policy())
    assert held(decision) == "it moves, without a second note, once the pause ends and its limit is out then"


def test_an_escalation_that_is_held_by_an_override_goes_on_at_its_end():
    decision = ordered(by("maria", "/override 2h because the vendor calls", at("09:10")))
    assert held(decision) == "it moves, without a second note, at 2026-01-15 11:10:00 UTC, if nothing changes before"


def test_an_escalation_that_is_held_for_good_goes_on_when_a_manager_says_so():
    decision = ordered(by("maria", "/override none because the vendor calls", at("09:10")))
    assert held(decision) == (
        "it moves, without a second note, once a manager takes the override back (“/override off”) "
        "and its limit is out then"
    )


def test_an_escalation_that_nobody_can_judge_is_held_until_somebody_can():
    decision = decide(a_ticket(), at("09:40"), policy=a_policy())
    assert held(decision) == (
        "it moves, without a second note, once its clock can be judged again and its limit is out then"
    )
