"""Every reader does work in proportion to what it reads, and reads any text: calls are counted, no time is taken."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connector.notes.escalation_note import compose
from connector.reading.command_words import gist, spoken_in
from connector.reading.findings import find
from connector.reading.html import to_text
from connector.reading.intake.texts import taken_in
from connector.reading.own_words import own_lines
from connector.reading.plans import near_plan_in, plan_in
from tests.builders import NINE, a_note, a_ticket
from tests.connector.notes.test_escalation_note import an_escalation, local
from tests.connector.reading.test_intake import a_mail
from tests.hard_texts.calls import calls_of

KB = 1024

TEXTS = {
    "blanks": "Plan" + " " * KB,
    "line ends": ("\n" + " " * 15) * 64,
    "headings": "Plan of this and that:\n" * 45,
    "words with a colon": "Steps attempted: \n\n" * 57,
    "unclosed tags": "<a " * 341,
    "unclosed code": "<code>x<pre>" * 85,
    "nested quotes": "<blockquote>" * 85,
    "nested lists": "<ul><li>x" * 113,
    "marks": "> " * 512,
    "heads without an end": "On Thu, Jan 15, 2026 at 8:51 AM somebody of\n" * 23,
    "headers without an end": "From: Carla\nTo:\n" * 64,
    "original messages": "-----Original Message----\n" * 41,
    "rules": "_" * 30 + "\n",
    "commands": "/escalate knowledge\n- x\n" * 43,
    "commanded plans": "/plan it\n" * 113,
    "misspelt plans": "Diagnosys plna 1: tbd\n" * 46,
    "no plans": "/plan tbd\nPlan: none yet\n" * 41,
    "sign-offs": "Regards,\nTess\n\nthen\n" * 51,
    "columns": "Name:     value\n" * 64,
    "errors": 'error 5: it said "no" (0x80070005) ' * 29,
    "dots": ". ; ! ? " * 128,
    "brackets": "<" * KB,
    "fences": "```\nsome words of code\n" * 45,
    "one long word": "a" * KB,
    "links": "https://a.example/b " * 51,
}

READERS: dict[str, Callable[[str], object]] = {
    "HTML": to_text,
    "own lines": own_lines,
    "plan": plan_in,
    "near plan": near_plan_in,
    "gist": gist,
    "commands": spoken_in,
    "findings": lambda text: find(a_ticket(), [a_note(text, NINE)]),
    "intake": lambda text: taken_in(text, to_text),
}

NOTES: dict[str, Callable[[str], object]] = {
    "an agent's": lambda text: compose(an_escalation(entries=(a_note(text, local("09:10")),)), 5000),
    "a client's": lambda text: compose(an_escalation(entries=(a_mail(1, text),)), 5000),
}


@pytest.mark.variants("reader")
@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("sizes", [(3, 12), pytest.param((20, 80), marks=pytest.mark.soak)])
def test_a_reader_makes_calls_in_proportion_to_the_text(text, reader, sizes):
    """Beyond the largest entry that there is, 64 KB. In `make test` one reads each text; a note has all read it."""
    # Some readers remember what they read: no text is any other reader's, nor any other size's.
    texts = (f"{reader} {count} of {sizes} {TEXTS[text] * count}" for count in sizes)
    few, four_times_as_many = (calls_of(READERS[reader], text) for text in texts)
    assert four_times_as_many <= 4.5 * few + 200


@pytest.mark.variants("whose")
@pytest.mark.parametrize("whose", NOTES)
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("sizes", [(2, 8), pytest.param((16, 63), marks=pytest.mark.soak)])
def test_a_whole_note_takes_calls_in_proportion_to_an_entry(text, whose, sizes):
    """Up to the largest entry that there is. A long one is read twice: whole, and without its middle."""
    texts = (f"{whose} {count} of {sizes} {TEXTS[text] * count}" for count in sizes)
    few, four_times_as_many = (calls_of(NOTES[whose], text) for text in texts)
    assert four_times_as_many <= 6.5 * few + 200
