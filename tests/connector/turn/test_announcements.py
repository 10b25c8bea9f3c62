"""Messages to the configured people: one for each target, named once for good, stored with what it tells of."""

from __future__ import annotations

import json

from connector.clock import VirtualClock
from connector.notes.marker import Pages
from connector.store.journal import Journal
from connector.store.mailbox import Mailbox
from connector.store.records import Delivery, Effect, Mail, Source, StepState
from connector.store.troubles import NOTHING_TO_DO, TroubleKind
from connector.turn.announcements import Announcer, Audience, Hears, message_of
from connector.turn.saga import StepKind
from tests.builders import TESS, a_ticket, a_tier
from tests.connector.mailboxes import LEASE, START, a_held_ticket, all_done, claim_all, steps_of

HEAD = ("ESCALATED to Tier 3: no fix in time.", "Asked of you: a plan by 10:00.")
FACTS = {"reason": "Time", "from": "First Touch (T1/2)", "to": "Tier 3", "told": HEAD}
SAGA = "psa/4711/x/diagnosis"
ONE = Announcer("psa", Audience(told=("0",), alarmed=("0",)))
TWO = Announcer("psa", Audience(told=("0", "1")))
BY_TIER = Announcer("psa", Audience(told=("all",), alarmed=("boss",), tiers={1: ("first", "all"), 2: ("second",)}))


def told(delivery: Delivery) -> tuple[str, str]:
    return message_of(Mail(1, delivery.delivery, delivery.source, START, delivery.body))


def test_without_targets_nobody_is_told():
    assert Announcer("psa", Audience()).escalated(SAGA, a_ticket(), FACTS) == []


def test_each_target_gets_one_message_in_a_row_of_its_own():
    found = TWO.escalated(SAGA, a_ticket(url="https://desk.example/4711"), FACTS)
    assert [(one.connection, one.ticket, one.delivery, one.source) for one in found] == [
        ("psa", "@notify:0", f"@notify:0:{SAGA}", Source.NOTIFICATION),
        ("psa", "@notify:1", f"@notify:1:{SAGA}", Source.NOTIFICATION),
    ]
    assert {told(one) for one in found} == {
        (
            "Ticket 4711: ESCALATED to Tier 3: no fix in time.",
            "Asked of you: a plan by 10:00.\n"
            "“VPN client cannot connect”, client Acme Corp. It was with First Touch (T1/2).\n"
            "https://desk.example/4711",
        )
    }


def test_where_the_ticket_has_a_page_its_address_is_the_last_line():
    announcer = Announcer("psa", Audience(told=("0",)), Pages("https://escalator.example.com"))
    (escalated,) = announcer.escalated(SAGA, a_ticket(url="https://desk.example/4711"), FACTS)
    (warned,) = announcer.told(SAGA, a_ticket(url=""), "Say what you plan.", a_tier(1), Hears.ALL)
    link = "Why, minute by minute: https://escalator.example.com/tickets/psa/4711"
    assert told(escalated)[1].splitlines()[-2:] == ["https://desk.example/4711", link]
    assert told(warned)[1].splitlines()[-1] == link


def test_an_escalation_that_an_earlier_version_began_is_told_with_its_tiers():
    facts = {name: value for name, value in FACTS.items() if name != "told"}
    (found,) = ONE.escalated(SAGA, a_ticket(client=None), facts)
    assert told(found) == (
        "Ticket 4711: First Touch (T1/2) → Tier 3",
        "“VPN client cannot connect”. It was with First Touch (T1/2).",
    )


def test_what_a_client_wrote_is_made_harmless():
    (found,) = ONE.escalated(SAGA, a_ticket(summary="<b>x</b>\n# y\u202e"), FACTS)
    assert told(found)[1].splitlines()[1] == "“‹b›x‹/b› y”, client Acme Corp. It was with First Touch (T1/2)."


def test_what_a_note_says_first_is_told_with_the_ticket_and_its_client():
    (found,) = ONE.told("psa/4711/x/untouched", a_ticket(), "Nobody has touched this ticket.", a_tier(1), Hears.ALL)
    assert found.delivery == "@notify:0:psa/4711/x/untouched"
    assert told(found) == (
        "Ticket 4711: Nobody has touched this ticket.",
        "“VPN client cannot connect”, client Acme Corp. It is with First Touch (T1/2).",
    )


def targets(deliveries: list[Delivery]) -> list[str]:
    return [one.ticket.removeprefix("@notify:") for one in deliveries]


def test_an_escalation_is_told_to_all_and_to_the_tier_where_it_arrives_each_once():
    assert targets(BY_TIER.escalated(SAGA, a_ticket(), {**FACTS, "to_tier": 2, "from_tier": 1})) == ["all", "second"]
    assert targets(BY_TIER.escalated(SAGA, a_ticket(), {**FACTS, "to_tier": 1, "from_tier": 2})) == ["all", "first"]
    assert targets(BY_TIER.escalated(SAGA, a_ticket(), {**FACTS, "to_tier": 3, "from_tier": 2})) == ["all"]


def test_a_final_escalation_is_told_to_the_tier_that_keeps_the_ticket():
    assert targets(BY_TIER.escalated(SAGA, a_ticket(), {**FACTS, "to_tier": None, "from_tier": 2})) == ["all", "second"]


def test_who_held_the_ticket_on_the_tier_that_it_left_is_named():
    (found,) = ONE.escalated(SAGA, a_ticket(), {**FACTS, "held_by": "Tess Technician"})
    assert "It was with Tess Technician, First Touch (T1/2)." in told(found)[1]


def test_a_warning_is_told_to_the_holders_tier_alone_with_the_holder_and_the_link():
    record = a_ticket(url="https://desk.example/4711", owner=TESS)
    (found,) = BY_TIER.told("psa/4711/x/w", record, "12 of 60 minutes left.", a_tier(2), Hears.TIER)
    assert found.ticket == "@notify:second"
    assert told(found) == (
        "Ticket 4711: 12 of 60 minutes left.",
        "“VPN client cannot connect”, client Acme Corp. It is with Tess Tech, Tier 3 / Service Desk Manager.\n"
        "https://desk.example/4711",
    )
    assert BY_TIER.told("psa/4711/x/w", record, "12 of 60 minutes left.", a_tier(3), Hears.TIER) == []


def test_what_all_hear_reaches_the_holders_tier_too_and_what_nobody_hears_is_not_told():
    assert targets(BY_TIER.told("s", a_ticket(), "x", a_tier(1), Hears.ALL)) == ["all", "first"]
    assert BY_TIER.told("s", a_ticket(), "x", a_tier(1), Hears.NOBODY) == []


def test_an_alarm_goes_to_the_targets_of_alarms():
    assert targets(BY_TIER.alarm("a", "b", (), NOTHING_TO_DO)) == ["boss"]


def test_an_alarm_says_what_it_was_given():
    (found,) = ONE.alarm("4711/then", "Ticket 4711 needs a person", ("it did not hold", "", "Look."), NOTHING_TO_DO)
    assert found.delivery == "@notify:0:alarm/4711/then"
    assert told(found) == ("Ticket 4711 needs a person", "it did not hold\nLook.")


def test_an_alarm_points_to_the_runbook():
    (found,) = ONE.alarm("down/then", "Down", ("For 30 s.",), TroubleKind.CONNECTION_DOWN.code)
    assert told(found)[1].splitlines() == ["For 30 s.", "What to do: docs/runbook.md#connection_down"]


def test_an_alarm_needs_no_ticket():
    (found,) = ONE.alarm("down/then", "The ticket system does not answer", ("For 30 s.",), NOTHING_TO_DO)
    assert told(found) == ("The ticket system does not answer", "For 30 s.")


def test_mail_without_a_body_is_an_empty_message():
    assert message_of(Mail(1, "x", Source.NOTIFICATION, START)) == ("", "")
    assert json.loads(ONE.alarm("a", "b", (), NOTHING_TO_DO)[0].body or b"") == {"title": "b", "text": ""}


def test_messages_are_stored_with_the_outcome_they_tell_of_and_not_without_it(
    mailbox: Mailbox, clock: VirtualClock
) -> None:
    first, again, stale = (a_held_ticket(mailbox, name) for name in ("4711", "4712", "4713"))
    messages = tuple(TWO.escalated(SAGA, a_ticket(), FACTS))
    for claim in (first, again):
        assert mailbox.finish([all_done(claim, effect=Effect(SAGA, StepKind.MOVE, {"place": "x"}, messages))]) == [True]
    rows = {one.ticket: [mail.delivery for mail in one.mail] for one in claim_all(mailbox)}
    assert rows == {"@notify:0": [f"@notify:0:{SAGA}"], "@notify:1": [f"@notify:1:{SAGA}"]}
    clock.advance(LEASE)
    assert len(claim_all(mailbox, "other")) == 3
    alarm = tuple(ONE.alarm("a", "Ticket 4713", ("b",), NOTHING_TO_DO))
    effect = Effect("psa/4713/y/fix", StepKind.MOVE, {}, alarm)
    assert mailbox.finish([all_done(stale, effect=effect)]) == [False]
    clock.advance(LEASE)
    assert all("alarm" not in mail.delivery for one in claim_all(mailbox) for mail in one.mail)
    (step,) = steps_of(Journal(mailbox.store), "psa/")
    assert (step.saga, step.state, step.outcome) == (SAGA, StepState.DONE, {"place": "x"})


def test_a_message_to_a_target_whose_own_turn_ends_in_the_same_transaction_is_not_lost(mailbox: Mailbox) -> None:
    ticket, target = a_held_ticket(mailbox, "4711"), a_held_ticket(mailbox, "@notify:0")
    effect = Effect(SAGA, StepKind.MOVE, {}, tuple(ONE.escalated(SAGA, a_ticket(), FACTS)))
    assert mailbox.finish([all_done(target), all_done(ticket, effect=effect)]) == [True, True]
    (claim,) = claim_all(mailbox)
    assert [mail.delivery for mail in claim.mail] == [f"@notify:0:{SAGA}"]
