"""What a terminal gets: no secret, no sign that it would obey, no formula in a field."""

from __future__ import annotations

import csv
import json
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector import terminal
from connector.redaction import MASK, know
from connector.terminal import cell, shown, shown_json

CLEAR_SCREEN = "\x1b[2J\x1b[H"
SIGN = "\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    "obeyed",
    ["\x1b", "\x07", "\x08", "\r", "\0", "\x7f", "\x9b", "\x85", "\u202e", "\u2066", "\u200f", "\u2028", "\ud83d"],
)
def test_a_sign_that_a_terminal_would_obey_is_replaced(obeyed):
    assert shown(f"a{obeyed}b") == f"a{SIGN}b"


def test_lines_tabs_and_the_letters_of_all_languages_stay():
    text = "Zeile\n\tTabulator, naïve 日本語 עברית 🙂 👩‍💻"
    assert shown(text) == text
    assert shown("one\r\ntwo") == "one\ntwo"


def test_an_escaped_sequence_cannot_hide_a_line():
    assert "\x1b" not in shown(f"Ticket 1 is late{CLEAR_SCREEN}all is well")


ANY_TEXT = st.text() | st.characters(categories=["Cs"])


@given(st.recursive(st.none() | ANY_TEXT, lambda some: st.lists(some) | st.dictionaries(ANY_TEXT, some)))
def test_any_document_comes_out_as_lines_that_every_file_takes_and_reads_as_it_was(document):
    for indent in (None, 2):
        text = shown_json(document, indent)
        text.encode("utf-8")
        assert not terminal._OBEYED.search(text)
        assert json.loads(text) == document


def test_secrets_show_neither_in_lines_nor_in_documents_nor_in_what_has_no_form_of_its_own():
    know("settings", ["geheim-geheim"])
    assert shown("a geheim-geheim b") == f"a {MASK} b"
    assert json.loads(shown_json({"geheim-geheim": [ValueError("geheim-geheim")]})) == {MASK: [MASK]}


@pytest.mark.parametrize(
    "formula",
    ["=1+1", "+1+1", "@SUM(A1)", "-2+cmd|' /C calc'!A0", '=HYPERLINK("x")', "\t=1", "\r=1", " =1", "\xa0=1", "\uff1d1"],
)
def test_a_field_cannot_become_a_formula(formula):
    assert cell(formula)[0] == "'"


@pytest.mark.parametrize("text", ['"=1+1"', "\"=cmd|'/c calc'!A0", '"a quote that would take the next lines with it'])
def test_a_quote_mark_in_front_is_none_that_a_sheet_would_take_away(text):
    [[field]] = csv.reader([cell(text)], delimiter="\t")
    assert field.startswith("'")


@pytest.mark.parametrize("plain", ["-12", "-0.5", "", "-", "4711", "a=b", "no +1"])
def test_other_fields_stay_as_they_are(plain):
    assert cell(plain) == plain


def test_a_field_is_one_field_of_one_line():
    assert cell("a\tb\r\nc\nd") == "a b c d"


def test_what_nobody_caught_is_told_without_secrets_in_every_thread(capsys, monkeypatch):
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    know("settings", ["geheim-geheim"])
    terminal.tell_crashes_without_secrets()

    def crash() -> None:
        raise ValueError("no number: 'geheim-geheim'")

    thread = threading.Thread(target=crash)
    thread.start()
    thread.join()
    try:
        crash()
    except ValueError:
        sys.excepthook(*sys.exc_info())
    told = capsys.readouterr().err
    assert told.count("ValueError: no number: '***'") == 2
    assert "geheim" not in told
