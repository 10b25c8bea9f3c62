from __future__ import annotations

from dataclasses import replace

from connector.model import AuthorKind, Visibility
from connector.notes.marker import Marks
from tests.builders import NINE, a_note

MARKS = Marks("a" * 64)
MARKER = MARKS.marker("psa/4711/20260115T090000Z@1/25/diagnosis")


def test_the_same_escalation_always_carries_the_same_marker():
    assert MARKS.marker("psa/4711/20260115T090000Z@1/25/diagnosis") == MARKER
    assert MARKS.marker("psa/4711/20260115T090000Z@1/25/fix") != MARKER


def test_a_note_that_ends_in_our_marker_is_ours():
    (entry,) = MARKS.recognise([a_note(f"ESCALATED from here to there.\nRef. {MARKER}", NINE)])
    assert entry.author.kind is AuthorKind.CONNECTOR


def test_a_marker_signed_with_another_key_is_not_ours():
    forged = Marks("b" * 64).marker("psa/4711/20260115T090000Z@1/25/diagnosis")
    note = a_note(f"text\nRef. {forged}", NINE)
    assert MARKS.recognise([note]) == (note,)


def test_a_client_who_was_sent_a_marker_does_not_speak_with_our_voice():
    from_client = a_note(f"see\nRef. {MARKER}", NINE, "Carla", AuthorKind.CLIENT)
    unknown = a_note(f"see\nRef. {MARKER}", NINE, "Somebody", AuthorKind.UNKNOWN, internal=False)
    assert MARKS.recognise([from_client, unknown]) == (from_client, unknown)


def test_a_reply_to_the_client_that_quotes_our_message_is_a_technicians():
    message = a_note(f"We are on it.\n\nRef. {MARKER}", NINE, internal=False)
    reply = a_note(f"We are nearly there.\n\n> We are on it.\n>\n> Ref. {MARKER}", NINE, internal=False)
    ours, theirs = MARKS.recognise([message, reply])
    assert ours.author.kind is AuthorKind.CONNECTOR
    assert theirs == reply


def test_a_note_without_a_marker_or_with_one_early_in_it_is_a_persons():
    plain = a_note("looked at the router", NINE)
    quoting = a_note(f"they wrote Ref. {MARKER} " + "and I disagree, " * 20, NINE)
    assert MARKS.recognise([plain, quoting]) == (plain, quoting)
    assert not MARKS.is_own("ESC- is no marker")


def test_a_note_whose_audience_nobody_knows_is_not_ours():
    unknown = replace(a_note(f"see\nRef. {MARKER}", NINE), visibility=Visibility.UNKNOWN)
    assert MARKS.recognise([unknown]) == (unknown,)


def test_a_message_to_the_client_is_ours_only_where_staff_wrote_it():
    message = a_note(f"We are on it.\n\nRef. {MARKER}", NINE, "Integrator", AuthorKind.UNKNOWN, internal=False)
    assert MARKS.recognise([message]) == (message,)


def test_a_message_that_a_programs_account_wrote_may_be_ours():
    note = a_note(f"We are on it.\n\nRef. {MARKER}", NINE, "Integrator", AuthorKind.UNKNOWN, internal=False)
    message = replace(note, author=replace(note.author, identifier="escalator"))
    (entry,) = MARKS.recognise([message])
    assert entry.author.kind is AuthorKind.CONNECTOR
