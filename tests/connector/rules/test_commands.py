"""What is read of people's commands on a ticket: of which stint, from when on, and by whom."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.model import BY_CONNECTOR, AuthorKind, EntryKind, Person, Reason, Stage, Visibility
from connector.policy.policy import Policy
from connector.rules.commands import (
    NOTHING,
    Commands,
    Misunderstood,
    Question,
    Request,
    listens_from,
    read_commands,
    says_something,
)
from connector.rules.overrides import Override
from connector.rules.stints import build_timeline
from tests.builders import (
    ACME,
    DESK,
    ELSEWHERE,
    HOMES,
    SAM,
    TESS,
    TIER_3,
    a_note,
    a_policy,
    a_ticket,
    a_tier,
    at,
    given_to,
    moved,
    office_hours,
    round_the_clock,
    seen,
)
from tests.connector.speech import IRENE, MANAGERS, MARIA, said

OVERRIDE = "/override 45m because the vendor calls"
MO = Person("202", "mo", "Mo Second")


def commands(*entries, changes=None, policy: Policy | None = None, adopted_at=None, **given) -> Commands:
    record = a_ticket(owner=TESS, entries=entries, **given)
    policy = policy or a_policy()
    timeline = build_timeline(record, changes or seen(record), policy, HOMES, adopted_at)
    return read_commands(timeline, policy, MANAGERS)


def up_at(when):
    """The history of a ticket that went up then."""
    return [*seen(a_ticket(owner=TESS)), moved(DESK, TIER_3, when)]


def every_override(found: Commands) -> list[Override]:
    return [one for stint in found.overrides.values() for one in stint]


def test_a_ticket_on_which_nobody_commands_has_no_orders():
    assert commands(said("looked at it", at("09:10")), said("see https://docs.example", at("09:11"))) is NOTHING


def test_a_request_says_who_when_why_and_what_with_it():
    found = commands(said("/escalate knowledge the beacon\n\nmore", at("09:10")))
    assert found.requests == (
        Request("tess-091000", "Tess Tech", "tess", at("09:10"), (Reason.KNOWLEDGE,), "the beacon", "the beacon"),
    )
    assert (every_override(found), found.unclear, found.managers) == ([], (), MANAGERS)


def test_what_cannot_be_followed_is_kept_with_what_is_wrong():
    (word,) = commands(said("/escalate", at("09:10"))).unclear
    assert word == Misunderstood("tess-091000", "Tess Tech", at("09:10"), "escalate", word.problem)
    assert word.problem.startswith("the kind of escalation is missing")


def test_a_note_that_a_client_can_see_orders_nothing():
    entry = said("/escalate knowledge", at("09:10"), visibility=Visibility.CLIENT)
    assert not says_something(entry)
    assert says_something(said("/escalate knowledge", at("09:10")))
    assert not says_something(said("no command", at("09:10")))
    assert commands(entry) is NOTHING


@pytest.mark.process("commands-agents")
@pytest.mark.parametrize(
    ("kind", "visibility", "may"),
    [
        (AuthorKind.AGENT, Visibility.INTERNAL, True),
        (AuthorKind.AGENT, Visibility.CLIENT, False),
        (AuthorKind.AGENT, Visibility.UNKNOWN, False),
        (AuthorKind.CLIENT, Visibility.INTERNAL, False),
        (AuthorKind.CONNECTOR, Visibility.INTERNAL, False),
        (AuthorKind.UNKNOWN, Visibility.INTERNAL, False),
    ],
)
@pytest.mark.parametrize("entry_kind", list(EntryKind))
def test_commands_are_an_agents_where_the_client_cannot_see_them(kind, visibility, may, entry_kind):
    entry = said("/override off", at("09:10"), MARIA, kind, visibility, entry_kind)
    assert says_something(entry) is may
    assert bool(commands(entry).overrides) is may


@pytest.mark.process("commands-agents")
def test_what_was_written_for_another_ticket_orders_nothing_on_this_one():
    entry = replace(said("/escalate knowledge", at("09:10")), is_heard=False)
    assert not says_something(entry)
    assert commands(entry) is NOTHING


@pytest.mark.process("commands-outsiders")
def test_a_mail_that_says_it_is_an_agents_orders_nothing():
    for order in ("/escalate knowledge", OVERRIDE, "/help", "/plan restart it"):
        entry = replace(said(order, at("09:10"), MARIA), is_claimed=True)
        assert not says_something(entry)
        assert not commands(entry).overrides
        assert not commands(entry).requests
        assert not commands(entry).questions


def test_one_note_may_ask_for_several_things():
    found = commands(said(f"/escalate permission\n{OVERRIDE}\n/escalate", at("09:10"), MARIA))
    assert [request.reasons for request in found.requests] == [(Reason.PERMISSION,)]
    assert [(one.by, one.refused) for one in every_override(found)] == [("Maria Desk", "")]
    assert len(found.unclear) == 1


def test_requests_of_an_earlier_tier_are_done_with_and_its_overrides_are_remembered():
    asked = said(f"{OVERRIDE}\n/escalate knowledge\n/escalate", at("09:10"), MARIA)
    again = said("/escalate urgency the ward\n/override off", at("10:10"), IRENE)
    found = commands(asked, again, changes=up_at(at("10:00")), place=TIER_3)
    assert [request.by for request in found.requests] == ["Irene Systems"]
    assert found.unclear == ()
    assert [(one.tier, one.refused) for one in every_override(found)] == [
        ("First Touch (T1/2)", ""),
        ("Tier 3 / Service Desk Manager", "only a manager of Tier 3 / Service Desk Manager may override"),
    ]
    assert [one.by for one in found.applied] == ["Maria Desk"]


def test_applied_overrides_of_all_stints_are_listed_oldest_first():
    early, late = said(OVERRIDE, at("09:10"), MARIA), said(OVERRIDE, at("10:10"), MARIA)
    found = commands(late, early, changes=up_at(at("10:00")), place=TIER_3)
    assert [(one.at, one.tier) for one in found.applied] == [
        (at("09:10"), "First Touch (T1/2)"),
        (at("10:10"), "Tier 3 / Service Desk Manager"),
    ]


def test_overrides_that_were_not_applied_and_say_why_they_were_asked_for_are_listed():
    found = commands(
        said(OVERRIDE, at("09:12")),
        said("/override 30m because it is being swapped", at("09:10")),
        said("/override 30m", at("09:11"), MARIA),
        said(OVERRIDE, at("09:13"), MARIA),
    )
    assert [one.reason for one in found.refused] == ["it is being swapped", "the vendor calls"]


def test_entries_are_heard_in_the_order_of_time_whatever_the_order_they_come_in():
    found = commands(said("/override off", at("09:20"), MARIA), said(OVERRIDE, at("09:10"), MARIA))
    assert [one.is_off for one in every_override(found)] == [False, True]


def test_what_was_said_before_a_ticket_was_adopted_asks_for_nothing():
    old, new = said("/escalate knowledge\n/escalate", at("09:10")), said("/escalate urgency the ward", at("11:00"))
    found = commands(old, new, adopted_at=at("10:00"))
    assert [request.at for request in found.requests] == [at("11:00")]
    assert found.unclear == ()


def test_a_stint_is_heard_from_its_beginning_or_from_its_adoption_on():
    record = a_ticket(owner=TESS)
    usual, adopted = (
        build_timeline(record, seen(record), a_policy(), HOMES, adopted_at).current
        for adopted_at in (None, at("10:00"))
    )
    assert (listens_from(usual), listens_from(adopted)) == (at("09:00"), at("10:00"))


def test_a_ticket_that_no_tier_holds_any_more_asks_for_nothing():
    asked = said(f"/escalate knowledge\n{OVERRIDE}", at("09:10"), MARIA)
    changes = [*seen(a_ticket(owner=TESS)), moved(DESK, ELSEWHERE, at("10:00"))]
    found = commands(asked, changes=changes, place=ELSEWHERE)
    assert (found.requests, found.unclear) == ((), ())
    assert len(found.applied) == 1


def test_a_tier_without_managers_has_none_who_may_override():
    record = a_ticket(owner=TESS, entries=(said(OVERRIDE, at("09:10"), MARIA),))
    timeline = build_timeline(record, seen(record), a_policy(), HOMES)
    (override,) = every_override(read_commands(timeline, a_policy(), {}))
    assert override.is_strangers


def test_a_plan_binds_what_is_said_later_to_the_fix():
    found = commands(
        said(OVERRIDE, at("09:10"), MARIA), said("Plan: swap it", at("09:12")), said(OVERRIDE, at("09:15"), MARIA)
    )
    assert [one.stage.value for one in every_override(found)] == ["diagnosis", "fix"]


def test_working_minutes_are_the_clients_and_times_of_day_the_tiers():
    policy = a_policy(
        tiers=(a_tier(1, calendar="new york"), a_tier(2), a_tier(3)),
        calendars={"default": office_hours(), "new york": office_hours("America/New_York"), "acme": round_the_clock()},
        client_calendars={ACME.name.casefold(): "acme"},
    )
    found = commands(
        said(OVERRIDE, at("09:10"), MARIA, id_="1"),
        said("/override until 07:00 because the vendor calls", at("09:10"), MARIA, id_="2"),
        policy=policy,
    )
    assert [one.until for one in every_override(found)] == [at("09:55"), at("12:00")]


def test_a_stint_without_overrides_has_none():
    record = a_ticket(owner=TESS, place=TIER_3, entries=(said(OVERRIDE, at("09:10"), MARIA),))
    timeline = build_timeline(record, up_at(at("10:00")), a_policy(), HOMES)
    found = read_commands(timeline, a_policy(), MANAGERS)
    first, second = timeline.stints
    assert (len(found.overrides_of(first)), found.overrides_of(second)) == (1, ())


# --- what nearly is one ----------------------------------------------------------------------------------------


def test_a_line_that_nearly_records_the_plan_is_found_as_long_as_there_is_none():
    nearly = said("The plan is to restart it", at("09:10"))
    found = commands(said("looked at it", at("09:05")), nearly, said("Plan to test it", at("09:20")))
    assert found.near_plan == Misunderstood(nearly.id, "Tess Tech", at("09:10"), "plan", "The plan is to restart it")
    assert commands(nearly, said("Plan: restart it", at("09:30"))) is NOTHING


def test_a_plan_by_mail_nearly_is_one():
    mailed = replace(said("Plan: restart it", at("09:10")), is_claimed=True)
    assert commands(mailed).near_plan == Misunderstood(mailed.id, "Tess Tech", at("09:10"), "plan", "restart it")
    nearly = replace(said("The plan is to restart it", at("09:10")), is_claimed=True)
    assert commands(nearly).near_plan is not None
    assert commands(replace(said("Restarted it", at("09:10")), is_claimed=True)) is NOTHING


def test_nobody_but_an_agent_nearly_plans_and_not_before_the_ticket_was_adopted():
    assert commands(said("Plan is to restart it", at("09:10"), kind=AuthorKind.CLIENT)) is NOTHING
    assert commands(said("Plan is to restart it", at("09:10")), adopted_at=at("09:15")) is NOTHING
    typed = said("Plan is to restart it", at("09:00"), visibility=Visibility.CLIENT)
    assert commands(typed) is NOTHING
    left = [*seen(a_ticket(owner=TESS)), moved(DESK, ELSEWHERE, at("09:20"))]
    assert commands(said("Plan is to restart it", at("09:10")), changes=left, place=ELSEWHERE) is NOTHING


def test_who_asks_for_help_is_heard():
    asks = said("/help", at("09:10"))
    assert commands(asks).questions == (Question(asks.id, "Tess Tech"),)


# -- where nothing dates the move that began a stint


def handed_on(*entries, who=SAM, policy=None) -> Commands:
    """On a ticket of Tess's that was handed to somebody of the next tier between 09:10, the last look, and 09:20."""
    change = replace(moved(DESK, TIER_3, at("09:20")), not_before=at("09:10"))
    changes = [*seen(a_ticket(owner=TESS)), change, given_to(who, at("09:20"), TESS)]
    record = a_ticket(owner=who, place=TIER_3, entries=entries)
    policy = policy or a_policy()
    return read_commands(build_timeline(record, changes, policy, HOMES), policy, MANAGERS)


def by_tier(found: Commands) -> list[list[str]]:
    """The entries of the overrides that each stint keeps, of the oldest first."""
    return [[one.entry for one in of_stint] for of_stint in found.overrides.values()]


@pytest.mark.parametrize(
    ("by", "kept"),
    [
        (MARIA, [[], ["maria-091500"]]),  # may override on both
        (MO, [[], ["mo-091500"]]),  # on the new tier alone
        (IRENE, [[], ["irene-091500"]]),  # on neither: she is told so
    ],
)
def test_an_override_before_a_move_that_nothing_dates_is_the_new_tiers(by, kept):
    assert by_tier(handed_on(said(OVERRIDE, at("09:15"), by))) == kept


def test_an_override_that_only_the_old_tier_can_have_meant_stays_with_it():
    managers = {1: {"maria": "Maria Desk"}}
    change = replace(moved(DESK, TIER_3, at("09:20")), not_before=at("09:10"))
    record = a_ticket(owner=TESS, place=TIER_3, entries=(said(OVERRIDE, at("09:15"), MARIA),))
    timeline = build_timeline(record, [*seen(a_ticket(owner=TESS)), change], a_policy(), HOMES)
    found = read_commands(timeline, a_policy(), managers)
    assert by_tier(found) == [["maria-091500"], []]
    assert found.refused == ()


def test_what_the_last_look_had_seen_is_the_old_tiers():
    found = handed_on(said(OVERRIDE, at("09:10"), MARIA), said("/escalate urgency no mail", at("09:10"), SAM))
    assert (by_tier(found), found.requests) == ([["maria-091000"]], ())


def test_who_holds_the_ticket_after_a_move_that_nothing_dates_asked_for_the_next():
    words = "/escalate urgency no mail"
    assert [one.by for one in handed_on(said(words, at("09:15"), SAM)).requests] == ["Sam Senior"]
    assert [one.by for one in handed_on(said(words, at("09:15"), MO)).requests] == ["Mo Second"]
    assert [one.by for one in handed_on(said(words, at("09:15")), who=TESS).requests] == ["Tess Tech"]


def test_who_handed_the_ticket_on_asked_for_that():
    assert handed_on(said("/escalate urgency no mail", at("09:15"))).requests == ()
    assert [one.by for one in handed_on(said("/escalate urgency no mail", at("09:25"))).requests] == ["Tess Tech"]


@pytest.mark.parametrize(
    ("by", "how", "asks"),
    [
        ("Tess Tech", "observed", 0),  # handed it on
        ("Mo Second", "observed", 1),
        ("Sam Senior", "observed", 1),
        ("Tess Tech", BY_CONNECTOR, 0),
        ("Mo Second", BY_CONNECTOR, 0),  # nobody can tell; one wish is one tier
        ("Sam Senior", BY_CONNECTOR, 1),  # got it with that very move
    ],
)
def test_what_is_asked_for_in_the_second_of_a_move_asks_for_one_tier(by, how, asks):
    note = a_note("/escalate urgency no mail", at("09:20"), by)
    changes = [moved(DESK, TIER_3, at("09:20"), how), given_to(SAM, at("09:20"), TESS)]
    record = a_ticket(owner=SAM, place=TIER_3, entries=(note, replace(note, id="later", at=at("09:20:01"))))
    timeline = build_timeline(record, [*seen(a_ticket(owner=TESS)), *changes], a_policy(), HOMES)
    assert len(read_commands(timeline, a_policy(), MANAGERS).requests) == asks + 1


def test_who_keeps_a_ticket_that_the_connector_moved_in_that_second_asked_for_that_move():
    note = a_note("/escalate urgency no mail", at("09:20"))
    changes = [*seen(a_ticket(owner=TESS)), moved(DESK, TIER_3, at("09:20"), BY_CONNECTOR)]
    record = a_ticket(owner=TESS, place=TIER_3, entries=(note,))
    assert read_commands(build_timeline(record, changes, a_policy(), HOMES), a_policy(), MANAGERS).requests == ()


def test_a_question_and_what_nearly_is_a_plan_before_a_move_that_nothing_dates_are_answered():
    found = handed_on(said("/help", at("09:15"), SAM), said("Plann: restart it", at("09:16"), SAM))
    assert [one.by for one in found.questions] == ["Sam Senior"]
    assert found.near_plan is not None


def test_an_override_after_a_plan_before_a_move_that_nothing_dates_is_of_the_fix():
    found = handed_on(said("Plan: restart it", at("09:14"), SAM), said(OVERRIDE, at("09:15"), MARIA))
    assert [one.stage for one in every_override(found)] == [Stage.FIX]
