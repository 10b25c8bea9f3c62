"""What is owed after a final escalation, and the reminders of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.model import AuthorKind, EntryKind, Visibility
from connector.policy.policy import FinalEscalation
from connector.rules.follow_up import CLIENT_WORD, NEW_PLAN, Reminder, due_reminder, reminders, still_owed
from tests.builders import (
    SR_IT,
    TESS,
    WAITING,
    WORKING,
    a_calendar,
    a_policy,
    a_ticket,
    at,
    round_the_clock,
    seen,
    turned,
)
from tests.connector.speech import IRENE, decided, said

SINCE = at("10:00")
FINAL = FinalEscalation(reminder_minutes=60, reminders=3)


def owed(*entries, client_was_told=False):
    return still_owed(a_ticket(entries=entries), SINCE, client_was_told=client_was_told)


def clock(changes=(), calendar=None, **given):
    record = a_ticket(owner=TESS, place=SR_IT, status=WORKING)
    policy = a_policy(calendars={"default": calendar}) if calendar else a_policy()
    return decided(replace(record, **given), at("10:00"), [*seen(record), *changes], policy).clock


@pytest.mark.process("final-owed")
def test_a_new_plan_and_word_to_the_client_are_owed():
    assert owed() == (NEW_PLAN, CLIENT_WORD)
    assert owed(client_was_told=True) == (NEW_PLAN,)


@pytest.mark.parametrize(
    ("entry", "still"),
    [
        (said("New plan: swap it", at("10:00"), IRENE), (CLIENT_WORD,)),
        (said("New plan: swap it", at("10:30"), IRENE, entry_kind=EntryKind.TIME_ENTRY), (CLIENT_WORD,)),
        (said("We swap it today.", at("10:30"), IRENE, visibility=Visibility.CLIENT), (NEW_PLAN,)),
        (said("New plan: swap it", at("10:30"), IRENE, visibility=Visibility.CLIENT), ()),
        (said("New plan: swap it", at("09:59"), IRENE), (NEW_PLAN, CLIENT_WORD)),
        (said("We swap it.", at("09:59"), IRENE, visibility=Visibility.CLIENT), (NEW_PLAN, CLIENT_WORD)),
        (said("Plan: swap it", at("10:30"), IRENE), (NEW_PLAN, CLIENT_WORD)),
        (replace(said("New plan: swap it", at("10:30"), IRENE), is_claimed=True), (NEW_PLAN, CLIENT_WORD)),
        (
            replace(said("We swap it today.", at("10:30"), IRENE, visibility=Visibility.CLIENT), is_claimed=True),
            (NEW_PLAN, CLIENT_WORD),
        ),
        (said("New plan: tbd", at("10:30"), IRENE), (NEW_PLAN, CLIENT_WORD)),
        (said("> New plan: swap it", at("10:30"), IRENE), (NEW_PLAN, CLIENT_WORD)),
        (
            said("New plan: x", at("10:30"), kind=AuthorKind.CLIENT, visibility=Visibility.CLIENT),
            (NEW_PLAN, CLIENT_WORD),
        ),
        (said("New plan: x", at("10:30"), kind=AuthorKind.CONNECTOR), (NEW_PLAN, CLIENT_WORD)),
        (said("Seen?", at("10:30"), IRENE, visibility=Visibility.UNKNOWN), (NEW_PLAN, CLIENT_WORD)),
    ],
)
def test_only_an_agents_note_after_the_final_escalation_pays_a_debt(entry, still):
    assert owed(entry) == still


@pytest.mark.process("final-reminders")
def test_reminders_come_every_so_many_working_minutes_up_to_their_number():
    assert list(reminders(FINAL, clock(), SINCE)) == [
        Reminder(1, at("11:00")),
        Reminder(2, at("12:00")),
        Reminder(3, at("13:00")),
    ]
    assert list(reminders(FinalEscalation(reminders=0), clock(), SINCE)) == []


def test_a_reminder_that_falls_due_at_closing_time_waits_for_the_opening():
    assert [one.at for one in reminders(FINAL, clock(), at("15:00"))] == [
        at("16:00"),
        at("08:00", day=16),
        at("09:00", day=16),
    ]


def test_waiting_moves_the_reminders_and_an_open_end_holds_them():
    waited = (turned(WORKING, WAITING, at("10:30")), turned(WAITING, WORKING, at("11:30")))
    assert next(reminders(FINAL, clock(waited), SINCE)).at == at("12:00")
    waits = (turned(WORKING, WAITING, at("11:30")),)
    assert [one.at for one in reminders(FINAL, clock(waits, status=WAITING), SINCE)] == [at("11:00")]


def test_a_calendar_that_ends_reminds_no_more():
    ending = a_calendar({}, overrides={"2026-01-15": [["09:00", "12:30"]]})
    ended = replace(clock(calendar=round_the_clock()), calendar=ending)
    assert [one.at for one in reminders(FINAL, ended, SINCE)] == [at("11:00"), at("12:00")]


@pytest.mark.parametrize(
    ("now", "sent", "due", "next_at"),
    [
        ("10:30", (), None, "11:00"),
        ("11:00", (), 1, "12:00"),
        ("11:59", (1,), None, "12:00"),
        ("12:00", (1,), 2, "13:00"),
        ("12:30", (), 2, "13:00"),
        ("13:00", (1,), 3, None),
        ("16:00", (), 3, None),
        ("16:00", (3,), None, None),
        ("12:30", (3,), None, "13:00"),
        ("12:30", (1, 2), None, "13:00"),
    ],
)
def test_of_several_missed_reminders_only_the_last_is_sent(now, sent, due, next_at):
    reminder, then = due_reminder(FINAL, clock(), SINCE, sent, at(now))
    assert (reminder.number if reminder else None, then) == (due, at(next_at) if next_at else None)
