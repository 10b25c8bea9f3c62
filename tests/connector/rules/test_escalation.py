"""Why a ticket goes up, and what is still missing for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.model import Aspect, AuthorKind, Reason, Visibility
from connector.policy.policy import EndOfDay
from connector.rules.escalation import (
    BLOCKED_MISSING,
    CODES_MISSING,
    NEXT_MISSING,
    PERMISSIONS_MISSING,
    RESEARCH_MISSING,
    STEPS_MISSING,
    Demand,
    Documentation,
    demand_of,
)
from tests.builders import (
    CRITICAL,
    DESK,
    ELSEWHERE,
    NEW,
    NORMAL,
    ODD,
    RESOLVED,
    SR_IT,
    TESS,
    WAITING,
    WORKING,
    a_calendar,
    a_change,
    a_policy,
    a_ticket,
    at,
    moved,
    seen,
    turned,
)
from tests.connector.speech import MARIA, decided, said

K, P, U, T = Reason.KNOWLEDGE, Reason.PERMISSION, Reason.URGENCY, Reason.TIME
EVERYTHING = (
    "/escalate knowledge the beacon\n\n"
    "Steps attempted:\n- toggled the agent\nError codes: 0x80070005\nResearch: KB5005463 says nothing of it"
)


def demanded(*entries, now=None, changes=None, policy=None, **given) -> Demand | None:
    record = a_ticket(**{"owner": TESS, "entries": entries} | given)
    policy = policy or a_policy()
    decision = decided(record, now or at("09:15"), changes, policy)
    return demand_of(decision, policy, Documentation(decision))


def missing(*entries) -> tuple[str, ...]:
    """What the last request on a ticket lacks."""
    decision = decided(a_ticket(owner=TESS, entries=entries), at("09:15"))
    return Documentation(decision).missing(decision.commands.requests[-1])


# --- what each kind needs -------------------------------------------------------------------------------------


@pytest.mark.process("kind-knowledge", "kind-permission", "kind-urgency")
@pytest.mark.parametrize(
    ("text", "lacking"),
    [
        ("/escalate knowledge", (STEPS_MISSING, CODES_MISSING, RESEARCH_MISSING)),
        ("**/escalate knowledge**", (STEPS_MISSING, CODES_MISSING, RESEARCH_MISSING)),
        ("- /escalate knowledge", (STEPS_MISSING, CODES_MISSING, RESEARCH_MISSING)),
        (EVERYTHING, ()),
        ("/escalate knowledge\n\nSteps attempted: toggled it\nError codes: none\nResearch: none found", ()),
        ("/escalate knowledge\n\nSteps attempted: none\nError codes: none\nResearch: none", (STEPS_MISSING,)),
        ("/escalate knowledge\n\nToggled the agent, it says error 0x80070005.", (RESEARCH_MISSING,)),
        ("/escalate knowledge\n\nhttps://docs.example/beacon", (STEPS_MISSING, CODES_MISSING)),
        ("/escalate permission", (PERMISSIONS_MISSING, NEXT_MISSING)),
        ("/escalate permission to restart the tunnel", (NEXT_MISSING,)),
        ("/escalate permission …", (PERMISSIONS_MISSING, NEXT_MISSING)),
        ("/escalate permission\n\nMissing permissions: tunnel admin", (NEXT_MISSING,)),
        ("/escalate permission\n\nMissing permissions: tunnel admin\nNext steps: restart it", ()),
        ("/escalate permission\n\nMissing permissions: none\nNext steps: none", (PERMISSIONS_MISSING, NEXT_MISSING)),
        ("/escalate knowledge\nReset it twice, no error shown\nRead the documentation of it, nothing", ()),
        ("Reset it, error 0x80070005\nGoogled it, nothing helpful\n/escalate knowledge it", ()),
        ("/escalate knowledge\n- Reset it, HTTP 503\n- Followed KB article 000123, no change", ()),
        ("/escalate knowledge\nZurückgesetzt, keine Fehlermeldung\nIm Internet gesucht, nichts", ()),
        ("/escalate knowledge\nReset it, HTTP 503", (RESEARCH_MISSING,)),
        ("/escalate knowledge\nInstalled KB5041585, HTTP 503", (RESEARCH_MISSING,)),
        ("/escalate permission\nNeed local admin on SRV-7.\nOnce there: restart the spooler", ()),
        ("/escalate permission local admin on SRV-7\nI will restart the spooler service then", ()),
        ("Mir fehlt die Rolle Exchange-Administrator\n/escalate permission\n\nDanach den Dienst neu starten", ()),
        ("/escalate permission\n\nRebooted it", (PERMISSIONS_MISSING, NEXT_MISSING)),
        ("/escalate urgency", (BLOCKED_MISSING,)),
        ("/escalate urgency !", (BLOCKED_MISSING,)),
        ("/escalate urgency the ward cannot print", ()),
        ("/escalate knowledge permission the tunnel\n\nToggled it. Error 404", (RESEARCH_MISSING, NEXT_MISSING)),
    ],
)
def test_what_a_request_lacks_is_found_by_content(text, lacking):
    assert missing(said(text, at("09:10"))) == lacking


@pytest.mark.process("missing-answer")
def test_what_stands_anywhere_on_the_ticket_counts():
    entries = (
        said("Toggled the agent off and on.", at("09:02"), visibility=Visibility.CLIENT),
        said("It says error 0x80070005", at("09:03"), kind=AuthorKind.CLIENT, visibility=Visibility.CLIENT),
        said("According to the vendor's page this is known.", at("09:04"), MARIA),
        said("/escalate knowledge", at("09:10")),
    )
    assert missing(*entries) == ()


def test_neither_a_client_nor_the_connector_documents_an_escalation():
    text = "Steps attempted: all of it\nResearch: all of it\nError codes: none"
    entries = (
        said(text, at("09:02"), kind=AuthorKind.CLIENT, visibility=Visibility.CLIENT),
        said(text, at("09:03"), kind=AuthorKind.CONNECTOR),
        said("/escalate knowledge", at("09:10")),
    )
    assert missing(*entries) == (STEPS_MISSING, CODES_MISSING, RESEARCH_MISSING)


# --- what goes up ---------------------------------------------------------------------------------------------


def test_a_ticket_whose_clock_runs_on_and_for_which_nobody_asks_stays():
    assert demanded() is None


@pytest.mark.process("kind-time")
def test_a_breach_demands_the_escalation_of_its_stage():
    assert demanded(now=at("09:30")) == Demand("diagnosis", (T,))
    assert demanded(said("Plan: swap it", at("09:10")), now=at("10:10")) == Demand("fix", (T,))


@pytest.mark.process("command-at-once")
def test_a_documented_request_goes_up_at_once():
    demand = demanded(said(EVERYTHING, at("09:10")))
    assert (demand.key, demand.reasons, demand.undocumented) == ("command", (K,), ())
    assert [request.detail for request in demand.requests] == ["the beacon"]


@pytest.mark.process("missing-then")
def test_an_incomplete_request_waits_and_goes_up_as_soon_as_it_is_complete():
    asked = said("/escalate permission to restart the tunnel", at("09:10"))
    assert demanded(asked) is None
    demand = demanded(asked, said("Next steps: restart it", at("09:12")))
    assert (demand.key, demand.reasons) == ("command", (P,))


@pytest.mark.process("urgent-at-once")
def test_an_urgent_request_goes_up_at_once_and_what_it_lacks_is_flagged():
    demand = demanded(said("/escalate urgency knowledge", at("09:10")))
    assert (demand.key, demand.reasons) == ("command", (K, U))
    assert demand.undocumented == (BLOCKED_MISSING, STEPS_MISSING, CODES_MISSING, RESEARCH_MISSING)


def test_what_is_blocked_is_handed_over_with_the_urgency():
    demand = demanded(said("/escalate urgency the ward cannot print", at("09:10")))
    assert [request.detail for request in demand.requests] == ["the ward cannot print"]
    assert demand.undocumented == ()


@pytest.mark.process("kinds-combine")
def test_reasons_combine_in_their_usual_order_and_an_incomplete_request_adds_none():
    urgent = said("/escalate urgency the ward", at("09:10"))
    incomplete = said("/escalate knowledge", at("09:11"))
    complete = said("/escalate permission tunnel admin\n\nNext steps: restart it", at("09:12"))
    demand = demanded(urgent, incomplete, complete)
    assert (demand.reasons, len(demand.requests), demand.undocumented) == ((P, U), 2, ())


@pytest.mark.process("kinds-combine")
def test_a_breach_answers_every_request_and_says_what_was_not_documented():
    demand = demanded(
        said("/escalate knowledge", at("09:10")), said("/escalate knowledge", at("09:12")), now=at("09:30")
    )
    assert (demand.key, demand.reasons) == ("diagnosis", (T, K))
    assert len(demand.requests) == 2
    assert demand.undocumented == (STEPS_MISSING, CODES_MISSING, RESEARCH_MISSING)


@pytest.mark.parametrize(
    ("given", "changes", "now"),
    [
        ({"status": WAITING}, [*seen(a_ticket(owner=TESS)), turned(NEW, WAITING, at("09:11"))], at("09:15")),
        ({}, None, at("22:00")),
        ({"owner": None}, None, at("09:15")),
    ],
)
def test_a_command_acts_at_any_hour_and_while_the_clock_stands_still(given, changes, now):
    demand = demanded(said("/escalate urgency the ward", at("09:10")), changes=changes, now=now, **given)
    assert U in demand.reasons


def test_a_command_does_not_wait_for_the_clients_next_day():
    policy = a_policy(end_of_day=EndOfDay.DEFER)
    start = at("16:10")
    given = {"entered_at": start, "updated_at": start, "read_at": start}
    assert demanded(now=at("16:45"), policy=policy, **given) is None
    demand = demanded(said("/escalate urgency the ward", at("16:44")), now=at("16:45"), policy=policy, **given)
    assert (demand.key, demand.reasons) == ("command", (U,))


def test_an_override_does_not_hold_a_request_back():
    none = said("/override none because it is planned", at("09:05"), MARIA)
    assert demanded(none, now=at("12:00")) is None
    assert demanded(none, said("/escalate urgency the ward", at("09:10")), now=at("12:00")).reasons == (U,)


@pytest.mark.parametrize(
    ("given", "changes"),
    [
        ({"status": RESOLVED}, [*seen(a_ticket(owner=TESS)), turned(NEW, RESOLVED, at("09:12"))]),
        ({"status": ODD}, None),
        ({"is_escalatable": False, "why_not": "merged into 12"}, None),
        ({"place": ELSEWHERE}, [*seen(a_ticket(owner=TESS)), moved(DESK, ELSEWHERE, at("09:12"))]),
    ],
)
def test_a_ticket_that_is_over_unknown_or_nobodys_does_not_go_up(given, changes):
    assert demanded(said("/escalate urgency the ward", at("09:10")), changes=changes, now=at("12:00"), **given) is None


@pytest.mark.process("ladder-next")
def test_on_the_last_tier_whatever_the_reason_it_is_the_final_escalation():
    given = {"place": SR_IT, "status": WORKING}
    assert demanded(now=at("10:00"), **given) == Demand("final", (T,))
    assert demanded(said("/escalate urgency the ward", at("09:10")), **given).key == "final"


# --- a priority that rises ------------------------------------------------------------------------------------

RISING = a_policy(escalate_when_critical=True)


def risen(when="09:10", **given):
    """The history of a ticket whose priority rose to a critical one."""
    return [*seen(a_ticket(priority=NORMAL, **given)), a_change(Aspect.PRIORITY, NORMAL, CRITICAL, at(when))]


@pytest.mark.process("kind-risen")
def test_a_priority_that_rises_to_critical_goes_up_at_once_where_the_policy_says_so():
    changes = risen(owner=TESS)
    assert demanded(changes=changes, priority=CRITICAL, now=at("09:11"), policy=RISING) == Demand("urgency", (U,))
    assert demanded(changes=changes, priority=CRITICAL, now=at("09:11")) is None


def test_a_risen_priority_is_a_reason_beside_others():
    changes = risen(owner=TESS)
    demand = demanded(changes=changes, priority=CRITICAL, now=at("09:40"), policy=RISING)
    assert (demand.key, demand.reasons) == ("diagnosis", (T, U))
    demand = demanded(said(EVERYTHING, at("09:10")), changes=changes, priority=CRITICAL, now=at("09:11"), policy=RISING)
    assert (demand.key, demand.reasons) == ("command", (K, U))


def test_a_ticket_that_nobody_has_touched_goes_up_too_when_its_priority_rises():
    changes = risen()
    given = {"owner": None, "priority": CRITICAL, "now": at("09:11")}
    assert demanded(changes=changes, policy=RISING, **given) == Demand("urgency", (U,))
    assert demanded(changes=changes, **given) is None


def test_a_ticket_that_was_critical_from_the_first_has_not_risen():
    assert demanded(priority=CRITICAL, now=at("09:05"), policy=RISING) is None


def test_without_a_clock_that_can_be_worked_out_nothing_goes_up():
    ending = a_calendar({}, overrides={"2026-01-15": [["09:00", "09:10"]]})
    policy = replace(RISING, calendars={"default": ending})
    assert demanded(changes=risen("09:05", owner=TESS), priority=CRITICAL, now=at("09:06"), policy=policy) is None
