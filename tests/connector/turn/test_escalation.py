"""What the audit trail keeps of an escalation."""

from __future__ import annotations

from dataclasses import replace

from connector.model import Mode, Reason, Target
from connector.rules.commands import Request
from connector.rules.escalation import Demand
from connector.store.records import Step, StepState
from connector.turn.escalation import Escalation, earlier, facts_of
from connector.turn.saga import StepKind
from tests.builders import SR_IT, TESS, WORKING, a_policy, a_ticket, at
from tests.connector.speech import decided, said

PEOPLE = (("Sr IT Manager", "Irene Systems"), ("Account Manager", ""))


def facts(demand: Demand, *, now="09:30", to=2, people=(), mode=Mode.ENFORCE, **given):
    policy = a_policy()
    decision = decided(a_ticket(**{"owner": TESS, "status": WORKING} | given), at(now))
    tier = policy.tier(to) if to else None
    escalation = Escalation(
        "psa/4711/x/diagnosis", "ESC-A-B", decision.tier, tier, Target(), "in the queue of it", "queue"
    )
    return facts_of(decision, escalation, demand, people, mode)


def a_request(*reasons: Reason, detail="", identifier="tess") -> Request:
    return Request("n1", "Tess Tech", identifier, at("09:10"), reasons, detail)


def test_a_breach_is_kept_with_the_clocks_working():
    assert facts(Demand("diagnosis", (Reason.TIME,))) == {
        "reason": "Time",
        "mode": "enforce",
        "from_tier": 1,
        "from": "First Touch (T1/2)",
        "to_tier": 2,
        "to": "Tier 3 / Service Desk Manager",
        "held_by": "Tess Tech",
        "assigned_by": "queue",
        "stint": "20260115T090000Z@1/25",
        "stage": "diagnosis",
        "limit_minutes": 30,
        "used_minutes": 30,
        "working": [
            "diagnosis: 30 working minutes, counted from 2026-01-15 09:00:00 UTC, calendar 'default': "
            "Mon-Fri 08:00-17:00 (UTC)",
            "2026-01-15 09:00:00 UTC to 2026-01-15 09:30:00 UTC: counted, 30.0 min, working hours",
            "used 30.0 of 30 working minutes; due at 2026-01-15 09:30:00 UTC",
        ],
        "summary": "VPN client cannot connect",
        "client": "Acme Corp",
        "board": "Service Desk > First Touch",
        "link": "",
        "due_at": "2026-01-15T09:30:00+00:00",
        "act_at": "2026-01-15T09:30:00+00:00",
    }


def test_a_request_is_kept_with_who_asked_and_what_was_not_documented():
    found = facts(
        Demand(
            "command", (Reason.URGENCY,), (a_request(Reason.URGENCY), a_request(Reason.URGENCY, identifier="")), ("x",)
        ),
        mode=Mode.OBSERVE,
    )
    assert (found["mode"], found["asked_by"], found["undocumented"]) == ("observe", ["tess", "Tess Tech"], ["x"])
    assert not {"due_at", "act_at", "training", "called"} & found.keys()


def test_a_knowledge_gap_is_a_training_request_on_what_was_said_or_else_on_the_summary():
    requests = (
        a_request(Reason.KNOWLEDGE, detail="the beacon"),
        a_request(Reason.PERMISSION, detail="tunnel admin"),
        a_request(Reason.KNOWLEDGE, Reason.URGENCY),
    )
    found = facts(Demand("command", (Reason.KNOWLEDGE, Reason.PERMISSION, Reason.URGENCY), requests))
    assert found["reason"] == "Knowledge & Permission & Urgency"
    assert found["training"] == [
        {"who": "Tess Tech", "identifier": "tess", "topic": "the beacon"},
        {"who": "Tess Tech", "identifier": "tess", "topic": "VPN client cannot connect"},
    ]


def test_a_final_escalation_says_who_was_called_and_which_roles_nobody_has():
    found = facts(Demand("final", (Reason.TIME,)), now="10:00", to=None, people=PEOPLE, place=SR_IT)
    assert (found["to_tier"], found["to"]) == (None, "final escalation")
    assert (found["called"], found["roles_missing"]) == (["Irene Systems"], ["Account Manager"])


def test_the_entries_whose_commands_were_heard_are_kept():
    entry = said("/escalate urgency the ward", at("09:10"), id_="77")
    found = facts(Demand("command", (Reason.URGENCY,)), entries=(entry,))
    assert found["heard"] == ["77"]


# --- escalations before this one ----------------------------------------------------------------------------------


def a_step(n=StepKind.MOVE, state=StepState.DONE, when="09:30", **outcome) -> Step:
    kept = {"from": "First Touch (T1/2)", "to": "Tier 3", "stage": "diagnosis"} | outcome
    return Step("psa/4711/x/diagnosis", n, state, kept, at(when))


def told(*steps: Step) -> list[tuple[str, str]]:
    return [(f"{moment:%H:%M}", words) for moment, words in earlier(steps)]


def test_earlier_escalations_are_told_and_abandoned_ones_are_not():
    assert told(
        a_step(when="10:30", stage="fix", **{"from": "Tier 3", "to": "Sr IT"}),
        a_step(),
        a_step(abandoned="resolved"),
        a_step(n=StepKind.NOTE),
        replace(a_step(), state=StepState.BEGUN),
    ) == [
        ("09:30", "escalated from First Touch (T1/2) to Tier 3: no diagnosis plan in time"),
        ("10:30", "escalated from Tier 3 to Sr IT: no fix in time"),
    ]


def test_the_reason_of_an_earlier_escalation_is_told_where_it_was_not_time_alone():
    assert told(
        a_step(reason="Knowledge", training=[{"topic": "mailbox moves"}]),
        a_step(when="10:30", reason="Time & Urgency", stage="fix"),
    ) == [
        ("09:30", "escalated from First Touch (T1/2) to Tier 3: knowledge (mailbox moves)"),
        ("10:30", "escalated from First Touch (T1/2) to Tier 3: time & urgency"),
    ]
