"""What would have been done to past tickets: by hand, and against a look at every minute of their lives."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from connector.backtest.replay import Rules, replay
from connector.backtest.ticket import Life, PastTicket
from connector.model import (
    Aspect,
    Author,
    AuthorKind,
    Change,
    Entry,
    EntryKind,
    Mode,
    Person,
    Reason,
    Stage,
    Visibility,
)
from connector.policy.policy import FixStartsAt, StartsAt
from connector.report.story import Alone, HowEnded
from connector.rules.commands import read_commands
from connector.rules.escalation import Documentation, demand_of
from connector.rules.limits import evaluate
from connector.rules.stints import build_timeline
from tests.builders import (
    CLOSED,
    CRITICAL,
    DESK,
    ELSEWHERE,
    HOMES,
    NEW,
    NINE,
    NORMAL,
    ODD,
    PLANNED,
    RESOLVED,
    SAM,
    SR_IT,
    TESS,
    TIER_3,
    WAITING,
    WORKING,
    a_change,
    a_note,
    a_policy,
    a_ticket,
    a_tier,
    at,
    given_to,
    moved,
    turned,
)

SINCE, UNTIL = NINE - timedelta(days=30), NINE + timedelta(days=30)
MANAGER = Author(AuthorKind.AGENT, "Mara Manager", "mara")


def past(
    *changes: Change, entries: tuple[Entry, ...] = (), not_told: tuple[str, ...] = (), **given: object
) -> PastTicket:
    """A ticket of nine o'clock that ends where its changes lead it."""
    ends = {change.what: change.new for change in changes}
    state = {"place": DESK, "status": NEW, "owner": None, "priority": NORMAL} | {
        str(what): new for what, new in ends.items()
    }
    record = a_ticket(**{**state, "entries": entries, "read_at": UNTIL, **given})
    return PastTicket("psa", record, changes, not_told)


def told(ticket: PastTicket, since: datetime = SINCE, until: datetime = UNTIL, **given: object):
    managers = {number: {"mara": "Mara Manager"} for number in (1, 2, 3)}
    return replay(ticket, Rules(a_policy(**given), HOMES, lambda _: managers), since, until)


def test_a_ticket_without_a_plan_would_have_gone_up_at_the_second_of_its_limit():
    story = told(past(given_to(TESS, at("09:05:07")), turned(NEW, RESOLVED, at("11:00"))))
    [rise] = story.rises
    assert rise.at == at("09:35:07")
    assert (rise.tier, rise.to, rise.reasons, rise.stage) == (
        "First Touch (T1/2)",
        "Tier 3 / Service Desk Manager",
        (Reason.TIME,),
        Stage.DIAGNOSIS,
    )
    assert (rise.limit_minutes, rise.used_minutes, rise.mode) == (30, 30, Mode.OBSERVE)
    assert rise.missing == ("Steps attempted", "Error codes", "Research", "Internal discussions")
    [stint] = story.stints
    assert (stint.how_ended, stint.plan_minutes, stint.was_warned) == (HowEnded.RESOLVED, None, True)
    assert (stint.plan_limit, stint.fix_limit, stint.holder) == (30, 60, "Tess Tech")
    assert story.subject.board == "Service Desk > First Touch"
    moves_on = moved(DESK, TIER_3, rise.at, "connector")
    went = told(past(given_to(TESS, at("09:05:07")), moves_on))
    assert (went.rises[0].at, went.subject.board) == (moves_on.at, "Service Desk > First Touch")


def test_what_a_note_would_have_lacked_is_told_by_all_that_was_there():
    words = a_note("Rebooted it, still 0x80070005", at("09:20"))
    later = a_note("Research: KB 17", at("10:20"))
    ticket = past(
        given_to(TESS, at("09:05")),
        turned(NEW, RESOLVED, at("11:00")),
        entries=(a_note("Hello", at("09:06")), words, later),
    )
    assert told(ticket).rises[0].missing == ("Research", "Internal discussions")
    unread = replay(ticket, Rules(a_policy(), HOMES), SINCE, UNTIL, reads_notes=False)
    assert unread.rises[0].missing is None


def test_what_was_done_in_time_would_have_left_it_alone():
    plan = a_note("Plan: replace the beacon", at("09:20"))
    given = (given_to(TESS, at("09:05")), given_to(SAM, at("09:30"), TESS))
    story = told(past(*given, turned(NEW, RESOLVED, at("10:00")), entries=(plan,)))
    assert story.rises == ()
    [stint] = story.stints
    assert stint.holder == "Sam Senior"
    assert (stint.plan_minutes, stint.fix_minutes, stint.was_warned) == (15, 40, False)


OURS = a_note("ESCALATED to Tier 3", at("09:35"), "The Connector", AuthorKind.CONNECTOR)
WENT_UP = (moved(DESK, TIER_3, at("09:35"), "connector"), a_change(Aspect.OWNER, TESS, None, at("09:35"), "connector"))


@pytest.mark.parametrize(
    ("then", "written"),
    [
        pytest.param((), (a_note("Plan: I know this one", at("09:35"), "Sam Senior"),), id="plans"),
        pytest.param((), (a_note("/escalate knowledge routing", at("09:35"), "Sam Senior"),), id="asks"),
        pytest.param((given_to(SAM, at("09:35")),), (), id="takes it"),
        pytest.param((moved(TIER_3, DESK, at("09:35")),), (), id="moves it back"),
        pytest.param((turned(NEW, RESOLVED, at("09:35")),), (), id="resolves it"),
    ],
)
def test_what_people_do_in_the_second_of_our_move_takes_nothing_from_what_had_us_move(then, written):
    ticket = past(given_to(TESS, at("09:05")), *WENT_UP, *then, entries=(OURS, *written), read_at=at("09:50"))
    [rise] = told(ticket).rises
    assert (rise.at, rise.tier, rise.reasons) == (at("09:35"), "First Touch (T1/2)", (Reason.TIME,))


@pytest.mark.parametrize("order", [1, -1])
def test_what_people_did_first_in_the_second_of_our_move_is_what_had_us_move(order):
    asks = a_note("/escalate urgency the till is down", at("09:20"))
    entries = (asks, replace(OURS, at=at("09:20")))[::order]
    moves_on = moved(DESK, TIER_3, at("09:20"), "connector")
    ticket = past(given_to(TESS, at("09:05")), moves_on, entries=entries, read_at=at("09:45"))
    assert [(rise.at, rise.reasons) for rise in told(ticket).rises] == [(at("09:20"), (Reason.URGENCY,))]


def test_the_systems_own_date_of_a_plan_is_a_plan():
    story = told(past(given_to(TESS, at("09:00")), turned(NEW, RESOLVED, at("11:30")), planned_at=at("09:20")))
    assert [(rise.stage, rise.at) for rise in story.rises] == [(Stage.FIX, at("10:20"))]


def test_warned_is_who_came_close_to_a_limit():
    plan = a_note("Plan: replace the beacon", at("09:30"))
    late = past(given_to(TESS, at("09:05")), turned(NEW, RESOLVED, at("10:00")), entries=(plan,))
    assert told(late).stints[0].was_warned
    assert not told(late).stints[0].is_warning_written
    assert not told(late, warn_at=0).stints[0].was_warned


def test_both_stages_of_a_stint_may_have_been_missed():
    plan = a_note("Plan: replace the beacon", at("10:00"))
    story = told(past(given_to(TESS, at("09:00")), turned(NEW, RESOLVED, at("12:00")), entries=(plan,)))
    assert [(rise.stage, rise.at) for rise in story.rises] == [
        (Stage.DIAGNOSIS, at("09:30")),
        (Stage.FIX, at("11:00")),
    ]


URGENT = a_note("/escalate urgency the till is down", at("09:40"))
RISEN = a_change(Aspect.PRIORITY, NORMAL, CRITICAL, at("09:40"), "history")


@pytest.mark.parametrize(("changes", "entries"), [((), (URGENT,)), ((RISEN,), ())])
def test_what_asks_for_more_than_a_stage_that_ran_out_is_answered_with_the_plan(changes, entries):
    made = turned(NEW, PLANNED, at("10:00"))
    ticket = past(given_to(TESS, at("09:00")), *changes, made, turned(PLANNED, RESOLVED, at("10:20")), entries=entries)
    rises = told(ticket, escalate_when_critical=True).rises
    assert [(rise.stage, rise.at) for rise in rises] == [(Stage.DIAGNOSIS, at("09:30")), (Stage.FIX, at("10:00"))]


def test_a_pause_moves_the_limit_and_what_ran_out_meanwhile_waits_for_its_end():
    story = told(
        past(
            given_to(TESS, at("09:00")),
            turned(NEW, WAITING, at("09:10")),
            turned(WAITING, WORKING, at("10:10")),
            turned(WORKING, CLOSED, at("11:00")),
        )
    )
    assert [rise.at for rise in story.rises] == [at("10:30")]


def test_a_priority_that_rises_brings_the_limit_forward():
    critical = a_change(Aspect.PRIORITY, NORMAL, CRITICAL, at("09:10"))
    story = told(past(given_to(TESS, at("09:00")), critical, turned(NEW, CLOSED, at("11:00"))))
    [rise] = story.rises
    assert (rise.at, rise.limit_minutes) == (at("09:15"), 15)
    risen = told(
        past(given_to(TESS, at("09:00")), critical, turned(NEW, CLOSED, at("11:00"))), escalate_when_critical=True
    )
    assert [(one.at, one.reasons) for one in risen.rises] == [
        (at("09:10"), (Reason.URGENCY,)),
        (at("09:15"), (Reason.TIME, Reason.URGENCY)),
    ]


def test_what_ran_out_at_closing_time_is_judged_at_the_next_opening():
    story = told(past(given_to(TESS, at("16:30")), turned(NEW, CLOSED, at("12:00", 16)), entered_at=at("16:00")))
    assert [rise.at for rise in story.rises] == [at("08:00", 16)]


def test_who_asks_for_an_escalation_gets_it_as_soon_as_it_is_documented():
    asks = a_note("/escalate knowledge", at("09:10"))
    tried = a_note("Steps attempted: restarted it\nError codes: none shown\nResearch: KB 17", at("09:12"))
    story = told(past(given_to(TESS, at("09:05")), turned(NEW, CLOSED, at("09:40")), entries=(asks, tried)))
    rise = story.rises[0]
    assert (rise.at, rise.reasons, rise.asked_by) == (at("09:12"), (Reason.KNOWLEDGE,), ("Tess Tech",))
    assert [one.who for one in story.trainings] == ["Tess Tech"]
    assert [one.at for one in story.rises] == [at("09:12"), at("09:35")]
    assert told(past(given_to(TESS, at("09:05")), turned(NEW, CLOSED, at("09:40")), entries=(asks,))).trainings != ()


def test_an_override_moves_the_limit_and_a_strangers_does_not():
    said = replace(a_note("/override 45m because the vendor calls back", at("09:20")), author=MANAGER)
    story = told(past(given_to(TESS, at("09:00")), turned(NEW, CLOSED, at("12:00")), entries=(said,)))
    assert [rise.at for rise in story.rises] == [at("10:05")]
    [overriding] = story.overridings
    assert (overriding.by, overriding.refused, overriding.how) == ("mara", "", "later")
    strangers = replace(said, author=Author(AuthorKind.AGENT, "Tess Tech", "tess"))
    story = told(past(given_to(TESS, at("09:00")), turned(NEW, CLOSED, at("12:00")), entries=(strangers,)))
    assert [rise.at for rise in story.rises] == [at("09:30")]
    assert story.overridings[0].refused
    lifted = replace(a_note("/override none the client is away", at("09:20")), author=MANAGER)
    dropped = replace(a_note("/override off", at("09:25")), author=MANAGER)
    story = told(past(given_to(TESS, at("09:00")), turned(NEW, CLOSED, at("12:00")), entries=(lifted, dropped)))
    assert [one.how for one in story.overridings] == ["no limit", "off"]
    assert [one.how for one in told(past(entries=(lifted, dropped)), since=at("09:22")).overridings] == ["off"]


def test_each_tier_has_its_stint_and_the_last_one_its_final_escalation():
    story = told(
        past(
            given_to(TESS, at("09:00")),
            moved(DESK, TIER_3, at("09:20")),
            moved(TIER_3, SR_IT, at("09:40"), "connector"),
            turned(NEW, CLOSED, at("12:00")),
        )
    )
    assert [(one.tier, one.how_ended) for one in story.stints] == [
        ("First Touch (T1/2)", HowEnded.MOVED),
        ("Tier 3 / Service Desk Manager", HowEnded.WENT_UP),
        ("Sr IT Manager", HowEnded.RESOLVED),
    ]
    [rise] = story.rises
    assert (rise.tier, rise.to, rise.is_final, rise.at) == ("Sr IT Manager", "", True, at("10:40"))


def test_only_what_lies_in_the_time_that_was_asked_for_is_told():
    ticket = past(given_to(TESS, at("09:00")), turned(NEW, CLOSED, at("12:00")))
    assert told(ticket, since=at("09:31")).rises == ()
    assert len(told(ticket, since=at("09:31")).stints) == 1
    assert told(ticket, since=at("12:30")).stints == ()
    still = told(ticket, until=at("09:29"))
    assert still.rises == ()
    assert still.stints[0].how_ended is HowEnded.RUNNING
    assert told(ticket, until=at("08:00")).stints[0].began_at == NINE


def test_what_is_left_alone_says_why():
    def alone(*changes: Change, **given: object):
        left = told(past(*changes, **given)).left_alone
        assert left is not None
        return left.why, left.detail

    assert alone(place=ELSEWHERE)[0] is Alone.NOT_WATCHED
    assert alone(is_escalatable=False, why_not="it is project work") == (Alone.NOT_WATCHED, "it is project work")
    assert alone(turned(NEW, ODD, at("09:10")))[0] is Alone.UNKNOWN
    long = (given_to(TESS, at("09:00")), turned(NEW, WAITING, at("09:10")))
    assert alone(*long) == (Alone.PAUSED, "Waiting on client")
    assert told(past(*long), until=at("09:00", 18)).left_alone is None
    assert told(past(moved(DESK, ELSEWHERE, at("09:10")))).left_alone is None
    late = told(past(given_to(TESS, at("09:00")), turned(NEW, WAITING, at("10:10"))))
    assert (len(late.rises), late.left_alone) == (1, None)  # it would have gone up before it was paused for long
    again = (*long, turned(WAITING, RESOLVED, at("09:20")), turned(RESOLVED, WAITING, at("09:40")))
    held = told(past(*again))
    assert ([one.how_ended for one in held.stints], held.left_alone) == ([HowEnded.RESOLVED, HowEnded.RUNNING], None)
    assert told(past(), until=at("10:00")).left_alone is None


def test_assumed_history_is_told_with_the_ticket():
    assert told(past(not_told=("moves not told",))).subject.assumed == ("moves not told",)


def test_the_desks_people_are_known_besides_those_who_wrote():
    asks = a_note("/escalate permission: admin of the mail domain\nNext steps: add the record", at("09:10"))
    ticket = past(given_to(TESS, at("09:05")), turned(NEW, CLOSED, at("09:20")), entries=(asks,))
    story = replay(ticket, Rules(a_policy(), HOMES, staff=frozenset({"Sam Senior"})), SINCE, UNTIL)
    assert [rise.reasons for rise in story.rises] == [(Reason.PERMISSION,)]


# --- against a look at every minute ---------------------------------------------------------------------------

LINES = (
    "Called the client, no answer.",
    "Plan: replace the beacon",
    "Event ID 7031 again",
    "/escalate urgency the till is down",
    "/override 20m the vendor calls back",
    "/override none the client is away",
    "/override off",
    "Steps attempted: rebooted",
)
STATUSES = (NEW, WORKING, WAITING, PLANNED, RESOLVED, ODD)
PLACES = (DESK, TIER_3, SR_IT, ELSEWHERE)


def a_random_ticket(dice: random.Random) -> PastTicket:
    """Six hours of whatever people do, on whole minutes."""
    values = {
        Aspect.PLACE: (DESK, PLACES),
        Aspect.STATUS: (NEW, STATUSES),
        Aspect.OWNER: (None, (None, TESS, Person("7", "mara", "Mara Manager"))),
        Aspect.PRIORITY: (NORMAL, (NORMAL, CRITICAL)),
    }
    now = {what: first for what, (first, _) in values.items()}
    changes, entries, when = [], [], NINE
    for number in range(dice.randint(2, 14)):
        when += timedelta(minutes=dice.randint(0, 40))
        if dice.random() < 0.5:
            what = dice.choice((*values, Aspect.STATUS))
            new = dice.choice(values[what][1])
            if new != now[what]:
                changes.append(a_change(what, now[what], new, when, "history"))
                now[what] = new
        else:
            author = dice.choice(
                (MANAGER, Author(AuthorKind.AGENT, "Tess Tech", "tess"), Author(AuthorKind.CLIENT, "C"))
            )
            text, seen = dice.choice(LINES), Visibility.INTERNAL
            entries.append(Entry(f"e{number}", EntryKind.NOTE, author, when, text, seen))
    return past(*changes, entries=tuple(entries), read_at=NINE + timedelta(hours=8))


def minute_by_minute(ticket: PastTicket, rules: Rules) -> dict[tuple[str, str], datetime]:
    """When each escalation would have come, by a look at every minute that hides nothing and skips nothing."""
    life, found = Life(ticket, ticket.record.entries), {}
    now = NINE
    while now < ticket.record.read_at:
        record, changes = life.at(now)
        timeline = build_timeline(record, changes, rules.policy, rules.homes)
        decision = evaluate(
            timeline, rules.policy, now, read_commands(timeline, rules.policy, rules.managers(rules.policy))
        )
        demand = demand_of(decision, rules.policy, Documentation(decision))
        if demand is not None and decision.stint is not None:
            found.setdefault((decision.stint.key, demand.key), now)
        now += timedelta(minutes=1)
    return found


@pytest.mark.parametrize("block", [0, *(pytest.param(block, marks=pytest.mark.soak) for block in range(1, 12))])
@pytest.mark.untraced
def test_no_look_is_missing(block):
    dice = random.Random(block)
    policies = (
        a_policy(),
        a_policy(escalate_when_critical=True, fix_starts_at=FixStartsAt.STINT),
        a_policy(tiers=(a_tier(1, starts_at=StartsAt.ASSIGNMENT, fix_minutes=10), a_tier(2), a_tier(3))),
    )
    rises = 0
    for _ in range(12):
        ticket = a_random_ticket(dice)
        rules = Rules(dice.choice(policies), HOMES, lambda _: {n: {"mara": "Mara Manager"} for n in (1, 2, 3)})
        story = replay(ticket, rules, SINCE, UNTIL)
        expected = minute_by_minute(ticket, rules)
        assert sorted(rise.at for rise in story.rises) == sorted(expected.values()), ticket
        rises += len(expected)
    assert rises > 5
