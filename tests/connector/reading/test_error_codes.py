"""Error codes and messages are found by their form, and other numbers are left alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from re import _parser as sre_parse  # type: ignore[attr-defined]

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.reading import error_codes
from connector.reading.error_codes import error_spans, errors_in
from connector.reading.error_forms.words import Form

HERE = Path(__file__).parent
CASES = HERE.parent.parent / "cases"
FILES = sorted([*CASES.glob("errors/*.json"), *CASES.glob("own/errors*.json"), HERE / "error_lines.json"])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_code_of_a_line_is_found_and_no_other_number(file):
    """A thousand lines; a test of its own for each would cost more than to read it."""
    missed, wrong = [], []
    for case in json.loads(file.read_text(encoding="utf-8"))["cases"]:
        found = [error.casefold() for error in errors_in(case["line"])]

        def is_in(code, found=found):
            return any(code.casefold() in error for error in found)

        missed += [(case["line"], code, found) for code in case["codes"] if not is_in(code)]
        wrong += [(case["line"], code, found) for code in case.get("not", ()) if is_in(code)]
    assert missed == []
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        ("The update fails with 0x80070005, then 0x8007000e.", ["0x80070005", "0x8007000e"]),
        ("hr = -2147024891", ["-2147024891"]),
        ("STOP 0x7B after the reboot", ["STOP 0x7B"]),
        ("HTTP 503 from the gateway", ["HTTP 503"]),
        ("HTTP/1.1 404 Not Found", ["HTTP/1.1 404 Not Found"]),
        ("HTTP status code: 500", ["HTTP status code: 500"]),
        ("we see 502 Bad Gateway now", ["502 Bad Gateway"]),
        (
            "The log said `404 Unable to find managed network beacon.` twice",
            ["404 Unable to find managed network beacon."],
        ),
        (
            "log said 404 Unable to find managed network beacon. Then it stopped",
            ["404 Unable to find managed network beacon."],
        ),
        ("got a 404 from the server", ["404"]),
        ("returned 500 error", ["500 error"]),
        ("exit code 1603", ["exit code 1603"]),
        ("exited with code 5.", ["exited with code 5"]),
        ("error 1603", ["error 1603"]),
        ("error code: E-1234", ["error code: E-1234"]),
        ("status code 401 Unauthorized", ["status code 401 Unauthorized"]),
        ("errno: 13", ["errno: 13"]),
        ("Event ID 1014, and Event IDs 7031, 7034", ["Event ID 1014", "Event IDs 7031, 7034"]),
        ("EventID=4625", ["EventID=4625"]),
        ("SQLSTATE[42S02]: no table", ["SQLSTATE[42S02]"]),
        ("ORA-12154: TNS", ["ORA-12154"]),
        ("AADSTS50126 at sign-in", ["AADSTS50126"]),
        ("550 5.7.1 relay denied", ["550 5.7.1"]),
        ("ERR_CONNECTION_REFUSED, ECONNREFUSED", ["ERR_CONNECTION_REFUSED", "ECONNREFUSED"]),
        ("blue screen with IRQL_NOT_LESS_OR_EQUAL", ["IRQL_NOT_LESS_OR_EQUAL"]),
        ("System.IO.FileNotFoundException: no such file", ["System.IO.FileNotFoundException: no such file"]),
        ('A pop-up says "The trust relationship failed."', ["The trust relationship failed."]),
        ("the error message was “Access is denied”", ["Access is denied"]),
        ("Error: cannot open C:\\x.txt. Gave up", ["cannot open C:\\x.txt"]),
        ("Fehler: Datei nicht gefunden", ["Datei nicht gefunden"]),
        ("2026-01-15 09:12:01 [ERROR] beacon: timeout", ["beacon: timeout"]),
        ("first\nHTTP 500\nthird\nHTTP 501", ["HTTP 500", "HTTP 501"]),
    ],
)
def test_error_codes_and_messages_are_found_as_they_stand(text, errors):
    assert list(errors_in(text)) == errors


@pytest.mark.parametrize(
    "text",
    [
        "",
        "all is well",
        "Room 404 not found on the plan",
        "192.168.1.404, port 443, 10.0.0.502",
        "call 555-0123 or 404 555 0199",
        "it costs $404, or 500 dollars",
        "returned 404 rows",
        "errors 500 times a day",
        "version 2.5.1.404",
        'the client said "please call me back"',
        "the error code was not found",
        "Error codes: none",
        "an event in 2026",
        "MY_OWN_VARIABLE is set",
        "an Error",
    ],
)
def test_other_numbers_and_words_are_no_errors(text):
    assert list(errors_in(text)) == []


def test_of_two_that_overlap_the_longer_one_counts():
    assert list(errors_in("error 404 Unable to find it")) == ["error 404 Unable to find it"]
    assert list(errors_in('HTTP 503: log says "HTTP 503 again"')) == ["HTTP 503", "HTTP 503 again"]
    assert list(errors_in("Error: 0x80070005 came back")) == ["0x80070005 came back"]


def test_a_message_of_nothing_but_signs_is_not_reported():
    assert list(errors_in('the error ",;: ;,"')) == []


def test_a_very_long_line_is_read_to_its_end():
    assert list(errors_in("x " * 5000 + "HTTP 500")) == ["HTTP 500"]


@pytest.mark.parametrize("before", range(980, 1006))
def test_a_code_across_the_border_of_two_pieces_is_found_once_and_whole(before):
    assert list(errors_in("x" * before + " exit code 1603, then " + "y" * 1000)) == ["exit code 1603"]


def test_codes_that_overlap_are_told_as_one_and_none_is_lost():
    assert list(errors_in("error 1603 Fatal error, 0x80070643 in it")) == ["error 1603 Fatal error, 0x80070643 in it"]
    assert list(errors_in('log says "fails with 0x5" 0x7')) == ["fails with 0x5", "0x7"]


def test_codes_in_the_address_of_a_page_are_those_of_others():
    assert list(errors_in("see https://docs.example.com/0x80070005 about 0x80070006")) == ["0x80070006"]


def bounds(parsed: sre_parse.SubPattern) -> Iterator[int]:
    """The upper bound of every repetition in a pattern."""
    for op, argument in parsed:
        if op in (sre_parse.MAX_REPEAT, sre_parse.MIN_REPEAT):
            yield int(argument[1])
        for part in argument if isinstance(argument, tuple | list) else ():
            for branch in part if isinstance(part, list) else [part]:
                if isinstance(branch, sre_parse.SubPattern):
                    yield from bounds(branch)


@pytest.mark.parametrize("form", error_codes._FORMS, ids=lambda form: form.pattern.pattern[:40])
def test_nothing_is_repeated_without_a_bound_in_any_form(form):
    assert max(bounds(sre_parse.parse(form.pattern.pattern)), default=0) <= 250


def texts_without_an_end() -> list[str]:
    alphabet = (
        "error ",
        'error "',
        "error: ",
        "event ",
        "0x",
        "500 ",
        "A_",
        "a.b.",
        " ",
        "_",
        "-1",
        "code ",
        "log says ",
    )
    return [
        *alphabet,
        "status code of the thing ",
        "display shows ",
        "„",
        "it says ",
        "x: ",
        "https://",
        "fails with 5 of ",
    ]


@pytest.mark.parametrize("unit", texts_without_an_end())
def test_each_form_sees_each_piece_of_a_text_once(unit, monkeypatch):
    """How long one piece takes is bounded by the bounds of the forms, so here no form needs to look."""
    assert len(list(errors_in((unit * 3_000)[:3_000]))) <= 3_000
    seen: list[int] = []

    def counting(piece: str) -> list[Form]:
        seen.append(len(piece))
        return []

    monkeypatch.setattr(error_codes, "_likely", counting)
    for size in (10_000, 40_000, 160_000):
        seen.clear()
        assert list(errors_in((unit * size)[:size])) == []
        assert max(seen) <= 1200
        assert sum(seen) <= 1.3 * size


@given(st.text(alphabet=st.sampled_from('04x5E:"` .rorlghtp[]HTP_A-'), max_size=80))
def test_spans_are_in_order_and_never_overlap(line):
    spans = error_spans(line)
    assert spans == sorted(spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert all(0 <= start < end <= len(line) for start, end in spans)


WORDS = [
    *("0x80070005", "STOP 0x7B", "-2147024891", "HTTP 503", "http/1.1", "502 Bad Gateway", "404", "said", "got 500"),
    *("Status: 5", "response 12", "exit code 1", "Return-Code = ERR_X1", "errno 13", "HRESULT: 5", "event id 1014"),
    *("SQLSTATE[42S02]", "ORA-00942", "AADSTS50076", "CAA20002", "550 5.7.1", "ERR_NAME_NOT_RESOLVED", "ECONNREFUSED"),
    *(
        "EACCES",
        "BSOD",
        "IRQL_NOT_LESS_OR_EQUAL",
        "NullReferenceException: x",
        "TypeError",
        "the log",
        '"',
        "“no”",
        "«",
    ),
    *("`404 no`", "Fehler: kein Netz", "erreur : non", "ERROR] - disk", "FATAL", "error: x", "ſtatus 5", ".", " ", "É"),
]


@given(st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join))
def test_what_a_form_needs_of_a_line_never_hides_what_it_would_find(line: str) -> None:
    every = list(error_codes._FORMS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(error_codes, "_likely", lambda line: every)
        expected = error_spans(line)
    assert error_spans(line) == expected
