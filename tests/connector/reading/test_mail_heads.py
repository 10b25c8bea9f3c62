"""Where a mail begins that somebody else wrote: the cases' heads, what only looks like one, and what it costs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.reading.html import to_lines, to_text
from connector.reading.own_words import Kind, lines_of, own_lines
from tests.cases.forms import FILES, cases_of
from tests.hard_texts.calls import calls_of

QUOTED = [
    pytest.param(case, id=f"{file}-{case.id}") for file in FILES for case in cases_of(file) if case.about == "quoted"
]


def _squeezed(text: str) -> str:
    return "".join(text.casefold().split())


@pytest.mark.parametrize("case", QUOTED)
def test_of_an_answer_only_the_authors_words_are_the_authors(case):
    (note,) = case.notes
    lines = lines_of(to_lines(note.text) if note.is_html else to_text(note.text))
    own = _squeezed("\n".join(line.words for line in lines if line.kind in (Kind.OWN, Kind.RETOLD)))
    assert [words for words in case.expected["own"] if _squeezed(words) not in own] == []
    assert [words for words in case.expected.get("theirs", ()) if _squeezed(words) in own] == []


@pytest.mark.parametrize(
    "head",
    [
        "On Monday Carla wrote:",
        "Am 15.01.2026 um 08:51 hat Carla Kundin geschrieben:",
        "Carla <carla@acme.example>\nwrote on Monday, 15 January,\nat 9:00:",
        "________________________________\nFrom: Carla",
        "=====\nFrom: Carla\nSent: Thursday\n",
        "From: Carla\nSubject: VPN\nTo: Tess",
        "To: Tess\nDate: 15 Jan 2026\nSubject: VPN",
        "From: carla@acme.example\nSubject: VPN",
        'From "Carla" <carla@acme.example>\nDate 15/01/2026 08:51\nSubject VPN',
        "Subject: VPN\nFrom: Carla <carla@acme.example>\nTo: Tess,\nTom,\nTheo\nDate: Thursday",
        "------ Message from Carla ------",
        "Please do not change this; type your answer above this line",
    ],
)
def test_from_a_head_on_all_is_quoted(head):
    text = f"Rebooted it.\n\n{head}\n\nPlan: call me"
    assert own_lines(text) == ["Rebooted it.", ""]


@pytest.mark.parametrize(
    "text",
    [
        "From: any\nTo: dmz\nService: https\nPlan: watch it",
        "From: Carla",
        "From: Carla\n\n\n\nTo the point",
        "From: Carla <carla@acme.example>\nit came back",
        "From: 1 2 3\nSent: Thursday",
        "From carla@acme.example we heard\nDate 15/01/2026 was wrong\nTo be done",
        "________\nsecond floor",
        "________",
        "-----",
        "--- Original message size ---\n12 KB",
        "On 15 Jan 2026 at 08:51 I wrote:\nthe script",
        "I wrote:\nthe script",
        "09:12 Wrote to Carla:\nplease restart it",
        "15 Jan 2026 at 09:12 wrote to carla@acme.example:\nplease restart it",
        "Then I wrote to Carla <carla@acme.example>:\nplease restart it",
        "On 15 Jan 2026 at 8:51 I wrote to Carla <carla@acme.example>:\nplease restart it",
        "15.01.2026 09:12 Emailed Carla and wrote:\nplease restart it",
        "15.01.2026 09:12 called Carla <carla@acme.example>, wrote:\nplease restart it",
        "15.01.2026 09:12 geschrieben an Carla:\nbitte neu starten",
        "15.01.2026 09:12 Carla geschrieben:\nbitte neu starten",
        "15.01.2026 09:12 J'ai écrit à Carla :\nredémarrez",
        "15.01.2026 09:12 schreef aan Carla:\nherstart",
        "At 9:15 support said:\nit is down",
        "Mails of carla@acme.example said:\nquota",
        "carla@acme.example wrote 12 mails:\nall the same",
        "Mails to carla@acme.example:\nbounce",
        "2026-01-15 09:00 Mailed Bob <bob@desk.example>:\nno answer",
        "On Monday\nthe job\nran:\nfine",
        "15.01.2026 at noon, the job of carla@acme.example wrote",
        "2026 was " + "long " * 100 + ":\nyes",
        "The answers above this line are Tom's",
        "Type above this line of the form the reply number of the client's contract\nyes",
        "Write\n<b> there",
    ],
)
def test_what_only_looks_like_a_head_is_the_authors(text):
    assert own_lines(text) == text.splitlines()


def test_a_likely_attribution_goes_with_the_marked_lines_below_it():
    assert own_lines("Carla wrote:\n> hangs\nReset it") == ["Reset it"]
    assert own_lines("Mails of Carla <carla@acme.example>:\n\n> hangs\nReset it") == ["Reset it"]
    assert own_lines("The client wrote:\n> hangs\nReset it") == ["The client wrote:", "Reset it"]


def test_a_sentence_that_ends_in_an_attribution_stays_and_what_follows_is_quoted():
    told = "Went on site, and then Carla <carla@acme.example> wrote:"
    assert own_lines(f"{told}\nPlan: mine") == [told]
    assert own_lines(f"{told}\n> Plan: mine\nReset it") == [told, "Reset it"]
    dated = "On 15 Jan 2026 at 8:51 Carla <carla@acme.example> wrote:"
    assert own_lines(f"Reset it, mailed <tom@desk.example>\n{dated}\nPlan: mine") == [
        "Reset it, mailed <tom@desk.example>"
    ]


def test_of_a_forwarded_mail_nothing_is_the_authors_where_its_own_quotes_are_marked():
    headers = "From: Carla <carla@acme.example>\nDate: Thu, Jan 15, 2026 at 8:51 AM\nSubject: VPN"
    below = "\n\n> did you restart it?\nyes\nPlan: call me"
    assert own_lines(f"---------- Forwarded message ---------\n{headers}{below}") == []
    assert own_lines(f"-----Original Message-----\n{headers}{below}") == ["yes", "Plan: call me"]


PIECES = [
    *(
        " ",
        "\n",
        "> ",
        "> > > \n",
        "```\n",
        "~~~~\n",
        "____________\n",
        "-----\n",
        "-- Forwarded by x ",
        "a@",
        "<a@",
        "(((",
    ),
    *(
        "From:\n",
        "From: a\n",
        "To: a@b.example,\n",
        "On 15 Jan 2026 08:51 carla\n",
        "On Thursday ",
        "On 1/1/26, 8:51 AM,\n",
    ),
    *(
        "Carla wrote x:\n",
        "wrote ",
        "wrote:\n",
        "<carla@acme.example>\n",
        "reply above this line of ",
        "1.1.",
        "jan 1 ",
    ),
    *("Am 1.1.2026 um 8:51 schrieb der Dienst mit\n", "-- above this line\n", "Carla <carla@acme.example> 8:51\n"),
]


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("sizes", [(3, 12), pytest.param((10, 40), marks=pytest.mark.soak)])
@pytest.mark.untraced
def test_four_times_the_text_takes_four_times_the_calls_and_few_of_them_a_line(piece, sizes):
    counts = [size * 1024 // len(piece) for size in sizes]
    lines_of.cache_clear()
    little, much = (calls_of(lines_of, piece * count) for count in counts)
    assert much <= 5 * little + 500
    assert little <= 250 * (counts[0] + 1)


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=20).map("".join))
def test_every_line_of_any_text_has_one_kind_and_marked_ones_are_never_own(text):
    read = lines_of(text)
    assert [line.words for line in read] == [line.rstrip() for line in text.splitlines()]
    assert not any(line.kind is Kind.OWN and line.words.lstrip().startswith(">") for line in read)


def test_headers_that_came_into_one_line_are_a_mails():
    head = "From: Carla <carla@acme.example> Sent: Thursday, January 15, 2026 8:51 AM To: Support Subject: VPN"
    assert own_lines(f"Restarted it\n\n{head}\n\nPlan: wait for me") == ["Restarted it", ""]
    rule = "From: 10.0.0.0/8 To: any Port: 443"
    assert own_lines(f"{rule}\nPlan: watch it") == [rule, "Plan: watch it"]


def test_a_ticket_system_s_own_heads_are_a_mails():
    for head in (
        "Carla Client updated this ticket on Jan 12, 2026 9:14 AM:",
        "Carla, Monday 9:14 AM wrote in an email:",
    ):
        assert own_lines(f"Reseated it\n\n{head}\n\nPlan: wait for me") == ["Reseated it", ""]
