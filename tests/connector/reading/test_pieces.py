"""What a note consists of, piece by piece."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.reading.own_words import lines_of
from connector.reading.pieces import pieces_of
from connector.reading.sections import FREE, PLAN
from tests.hard_texts.calls import calls_of

NOTE = """\
Hi all,

Looked at the log of SRV-9, this one every night:
Jan  5 08:50:58 mail postfix/smtp[912]: timeout
Jan  5 08:50:59 mail postfix/smtp[912]: retry
> Plan: what he wrote
Plan:
  swap the disk
  tell Carla
Error codes:
- 4711
```
Event ID 7
/escalate urgency
```
Result: same

Thanks,
Tess Technician
"""


def test_a_note_is_taken_apart():
    assert list(pieces_of(NOTE, "Tess Technician")) == [
        (FREE, ["Looked at the log of SRV-9, this one every night:", "(2 lines of output)"]),
        (PLAN, ["swap the disk", "tell Carla"]),
        ("Error codes", ["4711"]),
        (FREE, ["(2 lines of output)"]),
        (FREE, ["Result: same"]),
    ]


def test_an_empty_piece_of_code_is_none():
    assert list(pieces_of("```\n```\nRebooted it")) == [(FREE, ["Rebooted it"])]


SOME = st.sampled_from(
    [
        "Plan: ",
        "Next steps:",
        "- ",
        "  ",
        "```\n",
        "> ",
        "Thanks,\n",
        "Jan  5 08:50:58 a b[1]: c",
        "--\n",
        "\n",
        "x: y\n",
        "Tess ",
    ]
)


@given(st.lists(st.one_of(SOME, st.text(max_size=8)), max_size=30).map("".join))
def test_any_text_is_taken_apart(text):
    for label, lines in pieces_of(text, "Tess"):
        assert isinstance(label, str)
        assert all("\n" not in line for line in lines)


HARD = {
    "blanks": " ",
    "blank lines": "\n",
    "a plan and blanks": "Plan" + " " * 60 + "\n",
    "heads without an end": "Next steps:\n",
    "titles": "Plan\n\n",
    "sign-offs": "Thanks\nTess\nfoo bar\n",
    "heads of mails": "Received: from a (by\n",
    "reports": "Generating server: x\n",
    "names and values": "Level:  x\n",
    "columns": "a  b  c\n",
    "hanging lines": "- a\n  b\n",
    "fences": "```\nx\n",
    "quotes": "> x\ny\n",
}


@pytest.mark.parametrize("unit", HARD.values(), ids=HARD)
@pytest.mark.parametrize("sizes", [(1_000, 4_000), pytest.param((2_500, 10_000), marks=pytest.mark.soak)])
@pytest.mark.untraced
def test_work_grows_with_the_text_and_no_faster(unit, sizes):
    def work(text: str) -> None:
        list(pieces_of(text, "Tess"))

    lines_of.cache_clear()
    small, large = (calls_of(work, ("Plan" + unit * size)[:size]) for size in sizes)
    assert large <= 5 * small + 500
