"""What records a plan, and what is somebody else's text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.reading.html import to_text
from connector.reading.sections import (
    COMMAND,
    FREE,
    OTHER,
    PLAN,
    labelled,
    new_plan_in,
    plan_in,
    sections_in,
    without_bullet,
)

GMAIL = "On Thu, Jan 15, 2026 at 9:00 AM Tess Tech <tess@desk.example> wrote:"


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("Plan: restart the agent", "restart the agent"),
        ("Diagnosis plan: read the logs", "read the logs"),
        ("DIAGNOSIS  PLAN : read the logs", "read the logs"),
        ("plan:x", "x"),
        ("   Plan: indented", "indented"),
        ("**Plan:** in bold", "in bold"),
        ("**Plan: all in bold**", "all in bold"),
        ("__Diagnosis plan__: underlined", "underlined"),
        ("- Plan: in a list", "in a list"),
        ("* Plan: in a list", "in a list"),
        ("• Plan: in a list", "in a list"),
        ("2) Plan: numbered", "numbered"),
        ("## Plan: as a title", "as a title"),
        ("Plan： a wide colon", "a wide colon"),
        ("\ufeff\u200bPlan\u00a0: after marks nobody sees", "after marks nobody sees"),
        ("<p>Plan:&nbsp;R&amp;D first", "R&D first"),
        ("Had a look.\r\nPlan: second line\r\n\r\nLater: more", "second line"),
        ("Plan: first\nand on the next line\n\nnot this", "first and on the next line"),
        ("Plan:\nbelow the heading", "below the heading"),
        ("Plan:\n1. ping\n2. trace", "ping trace"),
        ("Plan:\n\n- a list below\n- of two\n\nBye", "a list below of two"),
        ("Plan: “smart quotes” stay", "“smart quotes” stay"),
        ("Plan: one\nPlan: two", "one"),
        ("Plan:\nNext steps: call\nPlan: the real one", "the real one"),
        ("Plan: first\n/escalate knowledge", "first"),
        ("<p>Hello</p><p>Plan:</p><ul><li>ping</li><li>trace</li></ul><p>Bye</p>", "ping trace"),
        ("<div>Plan: in a page<br></div><div>&nbsp;</div><div>Bye</div>", "in a page"),
        ("Press <Enter>, then:\nPlan: no page at all", "no page at all"),
        ("From: 10.0.0.1\nTo: 10.0.0.2\nPlan: open the port", "open the port"),
        ("On 2 of 3 machines it is slow\nPlan: compare them", "compare them"),
        ("On the server the service wrote:\nPlan: read it", "read it"),
        ("mail bob@desk.example about:\nPlan: wait for Bob", "wait for Bob"),
        ("> what is your plan?\nPlan: an answer", "an answer"),
        ("```\nplan: code\n```\nPlan: after the code", "after the code"),
        ("``` inline ``` code\nPlan: after it", "after it"),
        ("~~~~\n~~~\nplan: code\n~~~~\nPlan: after it", "after it"),
        ("</blockquote><p>Plan: after a stray end</p>", "after a stray end"),
    ],
)
def test_a_line_that_starts_with_plan_records_one(text, plan):
    assert plan_in(to_text(text)) == plan


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Restarted the agent.",
        "Planning: soon",
        "Plans: many",
        "the plan: not at the start",
        "My plan: neither",
        "New plan: for the final escalation only",
        "Plan B is to wait",
        "## Plan",
        '"Plan: somebody\'s words"',
        "`Plan: how to write one`",
        "Plan:",
        "Plan: -",
        "Plan: …",
        "Plan: TBD",
        "Plan: none yet.",
        "Plan:\n\nSomething else altogether",
        "Plan:\nNext steps: call",
        "Plan:\n/escalate knowledge",
        "> Plan: quoted",
        "&gt; Plan: quoted",
        "  >> Plan: quoted twice",
        "<blockquote>Plan: quoted</blockquote>",
        "<blockquote>a<blockquote>b</blockquote><p>Plan: still quoted</p></blockquote>",
        "<blockquote>one<br>Plan: two\nPlan: three</blockquote>",
        "<pre>Plan: code</pre>",
        "<p>x</p><style>\nPlan: hidden\n</style>",
        "<p>x</p><!-- \nPlan: <b>hidden</b>\n -->",
        "```\nPlan: code\n```",
        "```text\nPlan: code without an end",
        "~~~\n```\nPlan: code\n~~~",
        "-----Original Message-----\nPlan: old",
        "-- Forwarded message --\nPlan: old",
        "----- Ursprüngliche Nachricht -----\nPlan: old",
        "-------- Message d'origine --------\nPlan: old",
        "Begin forwarded message:\nPlan: old",
        f"{GMAIL}\nPlan: old",
        "On Thu, Jan 15, 2026 at 9:00 AM Tess Tech\n<tess@desk.example> wrote:\nPlan: old",
        "On Thu, Jan 15, 2026 at 9:00 AM\nTess Tech <tess@desk.example>\nwrote:\nPlan: old",
        "**Tess Tech <tess@desk.example> wrote:**\nPlan: old",
        "Am 15.01.2026 um 09:00 schrieb Tess Tech:\nPlan: old",
        "Le 15/01/2026 à 09:00, Tess Tech a écrit :\nPlan: old",
        "From: Tess\nSent: Thursday\nTo: Carla\nSubject: VPN\n\nPlan: old",
        "**From:** Tess\n\n**To:** Carla\n**Date:** Thursday\nPlan: old",
        "Von: Tess\nGesendet: Donnerstag\nPlan: old",
        "De : Tess\nEnvoyé : jeudi\nPlan: old",
    ],
)
def test_what_is_no_plan_or_not_the_author_s_own_records_none(text):
    assert plan_in(to_text(text)) is None


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
        (COMMAND, ["f"]),
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


PIECES = [
    "Plan:",
    "plan",
    "\n",
    "\n\n",
    "> ",
    "```",
    "<p>",
    "</p>",
    "<blockquote>",
    "On 2026 x wrote:",
    "From: a",
    "\r",
    "*",
]


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=20).map("".join))
def test_any_text_is_read_and_quoting_all_of_it_leaves_nothing(text):
    plan = plan_in(text)
    assert plan is None or (plan == plan.strip() and "\n" not in plan)
    assert plan_in("> " + "\n> ".join(text.splitlines())) is None
    plain = text.translate({ord(sign): None for sign in "`"})
    assert plan_in(f"```\n{plain}") is None
    assert plan_in(f"-----Original Message-----\n{plain}") is None


def test_a_command_belongs_to_no_section_however_it_is_written():
    for command in (
        "/escalate knowledge",
        "**/escalate knowledge**",
        "- /escalate knowledge",
        "／overide 45m",
        "1. /override off",
    ):
        assert sections_in(f"Research: read the docs\n{command}") == {"Research": ["read the docs"]}
        assert [label for label, held in labelled([command, "free words"]) if held] == [COMMAND]


def test_a_path_at_the_start_of_a_line_is_no_command_and_is_not_lost():
    assert [found for found in labelled(["/etc is full", "/var/log as well"]) if found[1]] == [
        (FREE, ["/etc is full", "/var/log as well"])
    ]


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("New plan: swap the firewall", "swap the firewall"),
        ("**New plan:**\n- swap it\n- tell Carla", "swap it tell Carla"),
        ("## New plan\nswap it", "swap it"),
        ("NEW  PLAN： swap it\n\nnot this", "swap it"),
        ("new plan: tbd", None),
        ("New plan:", None),
        ("Plan: another one", None),
        ("> New plan: quoted", None),
        ("My new plan: not at the start", None),
        ("nothing", None),
    ],
)
def test_a_line_that_starts_with_new_plan_records_one_after_a_final_escalation(text, plan):
    assert new_plan_in(text) == plan
    assert plan is None or plan_in(text) is None


WORDS = st.text("abcxyz ", min_size=1, max_size=12).map(str.strip).filter(bool)
LINES = st.one_of(
    WORDS, st.just(""), WORDS.map("- {}".format), WORDS.map("Plan: {}".format), WORDS.map("Next steps: {}".format)
)


@given(st.lists(st.one_of(LINES, st.just("/escalate knowledge")), max_size=12))
def test_no_own_line_is_lost_when_lines_are_labelled(lines):
    held = " ".join(line for _, found in labelled(lines) for line in found)
    words = [line for line in lines if not line.startswith("/escalate")]
    for sign in ("- ", "Plan: ", "Next steps: "):
        words = [line.removeprefix(sign) for line in words]
    assert held.split() == " ".join(words).split()


def test_a_list_right_below_a_command_is_the_technicians_own_words():
    assert [
        found for found in labelled(["/escalate knowledge", "the beacon", "- pinged it", "- traced it"]) if found[1]
    ] == [
        (COMMAND, ["the beacon"]),
        (FREE, ["pinged it", "traced it"]),
    ]
