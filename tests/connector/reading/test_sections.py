"""What records a plan, and what is somebody else's text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.reading.sections import (
    COMMAND,
    FREE,
    OTHER,
    PLAN,
    labelled,
    sections_in,
    without_bullet,
)

GMAIL = "On Thu, Jan 15, 2026 at 9:00 AM Tess Tech <tess@desk.example> wrote:"


def test_sections_of_the_template_are_found_with_their_lines():
    text = (
        "/escalate knowledge\n"
        "**Steps attempted:**\n1. Toggled the agent\n2) Read the logs\n\nAlso restarted it\n"
        "Error code: 404\n"
        "## Research\n- https://docs.example/beacon\n"
        "Internal discussion: Sam agrees\n"
        "Client: in a meeting\n\nfree words\n"
        "Missing permissions: read the tunnel's settings\n/var/log is full\n"
        "Next steps\n"
        "**Next step**\ncall Carla\n"
        "Steps taken: once more\n"
    )
    assert sections_in(text) == {
        "Steps attempted": ["Toggled the agent", "Read the logs", "Also restarted it", "once more"],
        "Error codes": ["404"],
        "Research": ["https://docs.example/beacon"],
        "Internal discussions": ["Sam agrees"],
        "Missing permissions": ["read the tunnel's settings", "/var/log is full", "Next steps"],
        "Next steps": ["call Carla"],
    }


def test_an_empty_section_is_left_out():
    assert sections_in("Research:\nNext steps: call") == {"Next steps": ["call"]}


def test_lines_are_labelled_with_what_they_belong_to():
    lines = ["hello", "", "Plan: a", "b", "", "c", "Issue: d", "e", "/override 45m because", "f"]
    assert [found for found in labelled(lines) if found[1]] == [
        (FREE, ["hello"]),
        (PLAN, ["a", "b"]),
        (FREE, ["c"]),
        (OTHER, ["d", "e"]),
        (COMMAND, ["45m because"]),
        (FREE, ["f"]),
    ]


@pytest.mark.parametrize(
    ("line", "bare"),
    [
        ("- item", "item"),
        ("3. item", "item"),
        ("3) item", "item"),
        ("-5 degrees", "-5 degrees"),
        ("10.0.0.1", "10.0.0.1"),
    ],
)
def test_a_bullet_is_taken_off_and_a_minus_stays(line, bare):
    assert without_bullet(line) == bare


def test_a_command_belongs_to_no_section_however_it_is_written():
    for command in (
        "/escalate knowledge",
        "**/escalate knowledge**",
        "- /escalate knowledge",
        "／overide 45m",
        "1. /override off",
    ):
        assert sections_in(f"Research: read the docs\n{command}") == {"Research": ["read the docs"]}
        assert [label for label, held in labelled([command, "free words"]) if held] == [COMMAND, FREE]


def test_a_path_at_the_start_of_a_line_is_no_command_and_is_not_lost():
    assert [found for found in labelled(["/etc is full", "/var/log as well"]) if found[1]] == [
        (FREE, ["/etc is full", "/var/log as well"])
    ]


WORDS = st.text("abcxyz ", min_size=1, max_size=12).map(str.strip).filter(bool)
LINES = st.one_of(
    WORDS, st.just(""), WORDS.map("- {}".format), WORDS.map("Plan: {}".format), WORDS.map("Next steps: {}".format)
)


@given(st.lists(st.one_of(LINES, st.just("/escalate knowledge")), max_size=12))
def test_no_own_line_is_lost_when_lines_are_labelled(lines):
    held = " ".join(line for _, found in labelled(lines) for line in found)
    words = list(lines)
    for sign in ("- ", "Plan: ", "Next steps: ", "/escalate "):
        words = [line.removeprefix(sign) for line in words]
    assert held.split() == " ".join(words).split()


def test_what_stands_below_a_command_is_the_technicians_own_words():
    lines = ["/escalate knowledge the beacon", "pinged it", "- traced it", "Research: its documentation"]
    assert [found for found in labelled(lines) if found[1]] == [
        (COMMAND, ["knowledge the beacon"]),
        (FREE, ["pinged it", "traced it"]),
        ("Research", ["its documentation"]),
    ]


@pytest.mark.parametrize(
    "line", ["/plan restart it", "**/plan** restart it", "- /plan: restart it", "/plan\nrestart it"]
)
def test_a_plan_may_be_a_command(line):
    assert [found for found in labelled(line.split("\n")) if found[1]] == [(PLAN, ["restart it"])]
