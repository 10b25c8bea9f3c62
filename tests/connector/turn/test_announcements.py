"""Messages to the configured people: one for each target, named once for good, stored with what it tells of."""

from __future__ import annotations

import json

from connector.clock import VirtualClock
from connector.store.journal import Journal
from connector.store.mailbox import Mailbox
from connector.store.records import Delivery, Effect, Mail, Source, StepState
from connector.turn.announcements import Announcer, message_of
from connector.turn.saga import StepKind
from tests.builders import a_ticket
from tests.connector.mailboxes import LEASE, START, a_held_ticket, all_done, claim_all, steps_of

HEAD = ("ESCALATED to Tier 3: no fix in time.", "Asked of you: a plan by 10:00.")
FACTS = {"reason": "Time", "from": "First Touch (T1/2)", "to": "Tier 3", "told": HEAD}
SAGA = "psa/4711/x/diagnosis"


def told(delivery: Delivery) -> tuple[str, str]:
    return message_of(Mail(1, delivery.delivery, delivery.source, START, delivery.body))


def test_without_targets_nobody_is_told():
    assert Announcer("psa", 0).escalated(SAGA, a_ticket(), FACTS) == []


def test_each_target_gets_one_message_in_a_row_of_its_own():
    found = Announcer("psa", 2).escalated(SAGA, a_ticket(url="https://desk.example/4711"), FACTS)
    assert [(one.connection, one.ticket, one.delivery, one.source) for one in found] == [
        ("psa", "@notify:0", f"@notify:0:{SAGA}", Source.NOTIFICATION),
        ("psa", "@notify:1", f"@notify:1:{SAGA}", Source.NOTIFICATION),
    ]
    assert {told(one) for one in found} == {
        (
            "Ticket 4711: ESCALATED to Tier 3: no fix in time.",
            "Asked of you: a plan by 10:00.\n“VPN client cannot connect”, Acme Corp. It was with First Touch (T1/2).\n"
            "https://desk.example/4711",
        )
    }


def test_an_escalation_that_an_earlier_version_began_is_told_with_its_tiers():
    facts = {name: value for name, value in FACTS.items() if name != "told"}
    (found,) = Announcer("psa", 1).escalated(SAGA, a_ticket(client=None), facts)
    assert told(found) == (
        "Ticket 4711: First Touch (T1/2) → Tier 3",
        "“VPN client cannot connect”. It was with First Touch (T1/2).",
    )


def test_what_a_client_wrote_is_made_harmless():
    (found,) = Announcer("psa", 1).escalated(SAGA, a_ticket(summary="<b>x</b>\n# y\u202e"), FACTS)
    assert told(found)[1].splitlines()[1] == "“‹b›x‹/b› y”, Acme Corp. It was with First Touch (T1/2)."


def test_what_a_note_says_first_is_told_with_the_ticket_and_its_client():
    (found,) = Announcer("psa", 1).told("psa/4711/x/untouched", a_ticket(), "Nobody has touched this ticket.")
    assert found.delivery == "@notify:0:psa/4711/x/untouched"
    assert told(found) == (
        "Ticket 4711: Nobody has touched this ticket.",
        "“VPN client cannot connect”, Acme Corp.",
    )


def test_an_alarm_says_which_ticket_why_and_what_to_do():
    (found,) = Announcer("psa", 1).alarm("4711/then", "4711", "the move did not hold")
    assert found.delivery == "@notify:0:alarm/4711/then"
    assert told(found) == (
        "Ticket 4711 needs a person",
        "the move did not hold\nSee `escalator dead-letters list`.",
    )


def test_mail_without_a_body_is_an_empty_message():
    assert message_of(Mail(1, "x", Source.NOTIFICATION, START)) == ("", "")
    assert json.loads(Announcer("psa", 1).alarm("a", "b", "c")[0].body or b"")["title"] == "Ticket b needs a person"


def test_messages_are_stored_with_the_outcome_they_tell_of_and_not_without_it(
    mailbox: Mailbox, clock: VirtualClock
) -> None:
    first, again, stale = (a_held_ticket(mailbox, name) for name in ("4711", "4712", "4713"))
    messages = tuple(Announcer("psa", 2).escalated(SAGA, a_ticket(), FACTS))
    for claim in (first, again):
        assert mailbox.finish([all_done(claim, effect=Effect(SAGA, StepKind.MOVE, {"place": "x"}, messages))]) == [True]
    rows = {one.ticket: [mail.delivery for mail in one.mail] for one in claim_all(mailbox)}
    assert rows == {"@notify:0": [f"@notify:0:{SAGA}"], "@notify:1": [f"@notify:1:{SAGA}"]}
    clock.advance(LEASE)
    assert len(claim_all(mailbox, "other")) == 3
    alarm = tuple(Announcer("psa", 1).alarm("a", "4713", "b"))
    effect = Effect("psa/4713/y/fix", StepKind.MOVE, {}, alarm)
    assert mailbox.finish([all_done(stale, effect=effect)]) == [False]
    clock.advance(LEASE)
    assert all("alarm" not in mail.delivery for one in claim_all(mailbox) for mail in one.mail)
    (step,) = steps_of(Journal(mailbox.store), "psa/")
    assert (step.saga, step.state, step.outcome) == (SAGA, StepState.DONE, {"place": "x"})


def test_a_message_to_a_target_whose_own_turn_ends_in_the_same_transaction_is_not_lost(mailbox: Mailbox) -> None:
    ticket, target = a_held_ticket(mailbox, "4711"), a_held_ticket(mailbox, "@notify:0")
    effect = Effect(SAGA, StepKind.MOVE, {}, tuple(Announcer("psa", 1).escalated(SAGA, a_ticket(), FACTS)))
    assert mailbox.finish([all_done(target), all_done(ticket, effect=effect)]) == [True, True]
    (claim,) = claim_all(mailbox)
    assert [mail.delivery for mail in claim.mail] == [f"@notify:0:{SAGA}"]
