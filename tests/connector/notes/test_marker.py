from __future__ import annotations

from dataclasses import replace

import pytest

from connector.model import AuthorKind, Entry, Visibility
from connector.notes.marker import Marks
from tests.builders import NINE, a_note, at

MARKS = Marks("a" * 64)
MARKER = MARKS.marker("psa/4711/20260115T090000Z@1/25/diagnosis")
US, TESS = "900", "100"
"""The ids of our account and of a technician's."""

NOTE = f"ESCALATED from here to there.\nRef. {MARKER}"


def by_us(text: str, kind: AuthorKind = AuthorKind.UNKNOWN, **given: bool) -> Entry:
    return a_note(text, NINE, "Integrator", kind, account=US, **given)


def kinds(*entries: Entry) -> list[AuthorKind]:
    return [entry.author.kind for entry in MARKS.recognise(entries, {US})]


def test_the_same_escalation_always_carries_the_same_marker():
    assert MARKS.marker("psa/4711/20260115T090000Z@1/25/diagnosis") == MARKER
    assert MARKS.marker("psa/4711/20260115T090000Z@1/25/fix") != MARKER


@pytest.mark.parametrize("kind", [AuthorKind.AGENT, AuthorKind.UNKNOWN, AuthorKind.CONNECTOR])
def test_what_our_account_wrote_and_we_signed_is_ours(kind: AuthorKind):
    assert kinds(by_us(NOTE, kind)) == [AuthorKind.CONNECTOR]


def test_a_note_of_an_account_that_was_ours_before_stays_ours():
    (entry,) = MARKS.recognise([by_us(NOTE)], {"901", US})
    assert entry.author.kind is AuthorKind.CONNECTOR


@pytest.mark.parametrize("account", [TESS, ""])
def test_a_technicians_plan_above_our_note_that_he_pasted_stays_his(account: str):
    pasted = a_note(f"Plan: move the mailbox\n\n{NOTE}", NINE, account=account)
    assert MARKS.recognise([pasted], {US}) == (pasted,)


@pytest.mark.parametrize("kind", [AuthorKind.AGENT, AuthorKind.UNKNOWN])
def test_a_mail_is_not_ours_though_it_says_to_be_from_our_account(kind: AuthorKind):
    mail = replace(by_us(NOTE, kind), is_claimed=True)
    assert MARKS.recognise([mail], {US}) == (mail,)


def test_a_marker_signed_with_another_key_is_not_ours():
    forged = Marks("b" * 64).marker("psa/4711/20260115T090000Z@1/25/diagnosis")
    assert kinds(by_us(f"text\nRef. {forged}")) == [AuthorKind.UNKNOWN]


def test_a_client_who_was_sent_a_marker_does_not_speak_with_our_voice():
    from_client = a_note(f"see\nRef. {MARKER}", NINE, "Carla", AuthorKind.CLIENT, account=US)
    unknown = a_note(f"see\nRef. {MARKER}", NINE, "Somebody", AuthorKind.UNKNOWN, internal=False)
    assert kinds(from_client, unknown) == [AuthorKind.CLIENT, AuthorKind.UNKNOWN]


def test_a_reply_to_the_client_that_quotes_our_message_is_a_technicians():
    message = by_us(f"We are on it.\n\nRef. {MARKER}", internal=False)
    reply = by_us(f"We are nearly there.\n\n> We are on it.\n>\n> Ref. {MARKER}", AuthorKind.AGENT, internal=False)
    assert kinds(message, reply) == [AuthorKind.CONNECTOR, AuthorKind.AGENT]


def test_a_note_without_a_marker_or_with_one_early_in_it_is_a_persons():
    plain = by_us("looked at the router", AuthorKind.AGENT)
    quoting = by_us(f"they wrote Ref. {MARKER} " + "and I disagree, " * 20, AuthorKind.AGENT)
    assert kinds(plain, quoting) == [AuthorKind.AGENT, AuthorKind.AGENT]
    assert not MARKS.is_own("ESC- is no marker")


def test_a_note_whose_audience_nobody_knows_is_not_ours():
    assert kinds(replace(by_us(f"see\nRef. {MARKER}"), visibility=Visibility.UNKNOWN)) == [AuthorKind.UNKNOWN]


def test_who_wrote_the_first_note_with_our_marker_is_us_and_nobody_who_copied_it_later():
    first, copy = by_us(NOTE), a_note(f"Plan: reboot\n{NOTE}", at("09:05"), account=TESS)
    assert MARKS.writer_of({MARKER}, [a_note("Rebooted", NINE, account=TESS), first, copy]) == US
    assert MARKS.writer_of({MARKER}, [copy, first]) == TESS
    assert MARKS.writer_of({MARKS.marker("another")}, [first, copy]) == ""
    assert MARKS.writer_of((), [first, copy]) == ""


def test_what_the_client_sees_or_came_by_mail_tells_no_account_of_ours():
    for one in (replace(by_us(NOTE), is_claimed=True), by_us(NOTE, internal=False)):
        assert MARKS.writer_of({MARKER}, [one]) == ""
