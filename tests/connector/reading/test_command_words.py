"""The commands that a note speaks, and the texts in which nobody commands anything."""

from __future__ import annotations

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.model import Reason
from connector.reading.command_lines import command_in
from connector.reading.command_words import (
    ESCALATE_FORMS,
    OVERRIDE_FORMS,
    PLAN_FORMS,
    EscalateWords,
    HelpWords,
    OverrideWords,
    Unclear,
    gist,
    spoken_in,
)
from connector.reading.html import to_text
from connector.reading.override_time import Lasting, Until, Whole

K, P, U = Reason.KNOWLEDGE, Reason.PERMISSION, Reason.URGENCY
GMAIL = "On Thu, Jan 15, 2026 at 9:00 AM Tess Tech <tess@desk.example> wrote:"


@pytest.mark.process("command-line")
@pytest.mark.parametrize(
    ("text", "reasons", "detail"),
    [
        ("/escalate knowledge", (K,), ""),
        ("/ESCALATE Knowledge", (K,), ""),
        ("/escalate permission", (P,), ""),
        ("/escalate permissions", (P,), ""),
        ("/escalate urgency", (U,), ""),
        ("/escalate urgent", (U,), ""),
        ("/escalate knowledge permission", (K, P), ""),
        ("/escalate urgency, knowledge", (U, K), ""),
        ("/escalate knowledge and permission", (K, P), ""),
        ("/escalate knowledge & urgency + permission", (K, U, P), ""),
        ("/escalate knowledge/permission", (K, P), ""),
        ("/escalate knowledge knowledge", (K,), ""),
        ("/escalate: knowledge", (K,), ""),
        ("/escalate urgency the payroll is blocked", (U,), "the payroll is blocked"),
        ("/escalate urgency: the payroll is blocked", (U,), "the payroll is blocked"),
        ("/escalate urgency - the payroll is blocked", (U,), "the payroll is blocked"),
        ("/escalate urgency — the payroll is blocked", (U,), "the payroll is blocked"),
        ("/escalate urgency because the payroll is blocked", (U,), "the payroll is blocked"),
        ("/escalate urgency since payroll runs today", (U,), "payroll runs today"),
        ("/escalate knowledge and the logs say nothing", (K,), "the logs say nothing"),
        ("/escalate urgency\nThe payroll\nis blocked.", (U,), "The payroll is blocked."),
        ("/escalate urgency payroll:\nnobody gets paid", (U,), "payroll: nobody gets paid"),
        ("/escalate urgency\n\nBehind a blank line", (U,), "Behind a blank line"),
        ("/escalate urgency\n\n\nNot this", (U,), ""),
        ("/escalate urgency payroll\n\nNot this", (U,), "payroll"),
        ("/escalate urgency\n- this\n- and this", (U,), "this and this"),
        ("/escalate urgency\n\n1. this, too\n\nnot this", (U,), "this, too"),
        ("/escalate urgency\nSteps attempted: not this", (U,), ""),
        ("/escalate urgency\n/var/spool is full", (U,), "/var/spool is full"),
        ("  /escalate knowledge  ", (K,), ""),
        ("**/escalate knowledge**", (K,), ""),
        ("/escalate **knowledge** because of the beacon", (K,), "of the beacon"),
        ("*/escalate knowledge*", (K,), ""),
        ("- /escalate knowledge", (K,), ""),
        ("1. /escalate knowledge", (K,), ""),
        ("## /escalate knowledge", (K,), ""),
        ("/escalate\u00a0knowledge", (K,), ""),
        ("/escalate\u202fknowledge", (K,), ""),
        ("\u200b/esca\u00adlate knowledge", (K,), ""),
        ("／escalate knowledge", (K,), ""),
        ("<p>&#47;escalate knowledge", (K,), ""),
        ("<p>&sol;escalate knowledge", (K,), ""),
        ("<p><strong>/escalate</strong> knowledge</p>", (K,), ""),
        ("<div>/escalate&nbsp;knowledge<br>about the beacon</div>", (K,), "about the beacon"),
        ("Hello\r\n/escalate knowledge\r\n\r\n\r\nBye", (K,), ""),
        (f"/escalate knowledge\n{GMAIL}\n/escalate urgency", (K,), ""),
        ("________________________________\n/escalate knowledge", (K,), ""),
        ("From: 10.0.0.1\nTo: 10.0.0.2\n/escalate knowledge", (K,), ""),
        ("On the server the service wrote:\n/escalate knowledge", (K,), ""),
        ("15:00 mailed Bob <bob@desk.example>:\n/escalate knowledge", (K,), ""),
        ("/escalate knowledge\n\n________", (K,), ""),
    ],
)
def test_an_escalation_is_asked_for_in_every_form_people_write(text, reasons, detail):
    (words,) = spoken_in(to_text(text))
    assert isinstance(words, EscalateWords)
    assert (words.reasons, words.detail) == (reasons, detail)


def test_what_is_said_with_a_command_is_kept_in_bounded_length():
    (words,) = spoken_in("/escalate urgency " + "word " * 1000)
    assert isinstance(words, EscalateWords)
    assert len(words.detail) == 2000
    (override,) = spoken_in("/override 45m " + "word " * 1000)
    assert isinstance(override, OverrideWords)
    assert len(override.reason) == 2000


@pytest.mark.process("override-forms")
@pytest.mark.parametrize(
    ("text", "span", "reason"),
    [
        ("/override 45m because the vendor calls back at 15:00", Lasting(45), "the vendor calls back at 15:00"),
        ("/override 45m the vendor calls back", Lasting(45), "the vendor calls back"),
        ("/override 1h30m: the vendor calls back", Lasting(90), "the vendor calls back"),
        ("/override 45m — the vendor calls back", Lasting(45), "the vendor calls back"),
        ("/override 45m reason: the vendor calls back", Lasting(45), "the vendor calls back"),
        ("/override **45m** because the vendor calls", Lasting(45), "the vendor calls"),
        ("/Override 45 min., the vendor", Lasting(45), "the vendor"),
        ("/override until 16:30 because of a part", Until("", time(16, 30)), "of a part"),
        ("/override until tomorrow 10:00 a part comes", Until("tom", time(10)), "a part comes"),
        ("/override none because it is planned work", Whole.NONE, "it is planned work"),
        ("/override off", Whole.OFF, ""),
        ("/override off, thanks", Whole.OFF, "thanks"),
        ("/override 45m because “Bob’s part” comes", Lasting(45), '"Bob\'s part" comes'),
        ("/override 45m becausewise words", Lasting(45), "becausewise words"),
        ("/override 45m", Lasting(45), ""),
    ],
)
def test_an_override_is_read_with_its_reason(text, span, reason):
    assert spoken_in(text) == [OverrideWords(span, reason)]


@pytest.mark.parametrize(
    ("reason", "is_documented"),
    [
        ("the vendor calls back", True),
        ("vendor calls", True),
        ("vendor visit", True),
        ("", False),
        ("vendor", False),
        ("verylongword", False),
        ("a b c d", False),
        ("call - - - - - -", False),
        ("verylongword …", False),
        ("der Händler kommt", True),
    ],
)
def test_a_reason_has_two_words_and_ten_letters(reason, is_documented):
    assert OverrideWords(Lasting(45), reason).is_documented is is_documented


@pytest.mark.parametrize(
    ("text", "command", "problem"),
    [
        ("/escalate", "escalate", f"the kind of escalation is missing; write {ESCALATE_FORMS}"),
        ("/escalate 45", "escalate", f"the kind of escalation is missing; write {ESCALATE_FORMS}"),
        ("/escalate time", "escalate", f"'time' is no kind of escalation; write {ESCALATE_FORMS}"),
        ("/escalate knowlege", "escalate", f"'knowlege' is no kind of escalation; write {ESCALATE_FORMS}"),
        ("/override", "override", f"how long the override holds is missing; write {OVERRIDE_FORMS}"),
        ("/override 45", "override", f"45 of what: write 45m for minutes or 45h for hours; write {OVERRIDE_FORMS}"),
        ("/overide 45m because", "override", f"there is no command /overide; did you mean {OVERRIDE_FORMS}?"),
        ("/OverRides off", "override", f"there is no command /overrides; did you mean {OVERRIDE_FORMS}?"),
        ("/esclate knowledge", "escalate", f"there is no command /esclate; did you mean {ESCALATE_FORMS}?"),
        ("/escalation knowledge", "escalate", f"there is no command /escalation; did you mean {ESCALATE_FORMS}?"),
    ],
)
def test_a_command_that_cannot_be_followed_says_what_is_wrong(text, command, problem):
    assert spoken_in(text) == [Unclear(command, problem)]


def test_what_is_said_of_a_wrong_word_is_short_whatever_its_length():
    (words,) = spoken_in("/escalate " + "x" * 100_000)
    assert isinstance(words, Unclear)
    assert len(words.problem) < 300


SILENT = [
    "",
    "Restarted the agent.",
    "and/or",
    "please /escalate knowledge",
    "see `/escalate knowledge`",
    "'/escalate knowledge'",
    "/escalate.md is the page",
    "/escalate/knowledge",
    "/var/log is full",
    "/etc is full",
    "/help me",
    "/a b",
    "//escalate knowledge",
    "escalate knowledge",
    "> /escalate knowledge",
    "&gt; /override 45m because of quotes",
    "<blockquote>/escalate knowledge</blockquote>",
    "<pre>/override none because of code</pre>",
    "```\n/override none because of code\n```",
    "~~~\n/escalate urgency",
    f"{GMAIL}\n/escalate urgency the ward",
    f"{GMAIL}\n> /escalate urgency the ward",
    "-----Original Message-----\n/override none because I say so",
    "Begin forwarded message:\n/override none because I say so",
    "---------- Forwarded message ---------\n/escalate knowledge",
    "From: Carla\nSent: Thursday\nTo: Tess\nSubject: VPN\n\n/escalate urgency",
    "Von: Carla\nGesendet: Donnerstag\n/escalate urgency",
    "----- Forwarded by Tess Tech/Desk on 01/15/2026 -----\n/escalate urgency",
    "________________________________\nVon: Carla\nAn: Tess\n/escalate urgency",
    "________________________________\n**From:** Carla\n\n/escalate urgency",
    "From: Carla Client <carla@acme.example>\nTo: Help Desk\n\n/escalate urgency",
    "On Thursday Carla wrote:\n/escalate urgency",
    "Carla <carla@acme.example> writes:\n/escalate urgency",
    "2026-01-15 9:00 GMT+01:00 Carla <carla@acme.example>:\n/escalate urgency",
    "15.01.26, 9:00 Carla Client\n<carla@acme.example>:\n/escalate urgency",
    "<p>x</p><!-- \n/escalate knowledge\n -->",
    "<style>\n/escalate knowledge\n</style><p>x</p>",
]


@pytest.mark.process("commands-quoted")
@pytest.mark.parametrize("text", SILENT)
def test_nobody_commands_in_passing_in_quotes_forwards_or_code(text):
    assert spoken_in(to_text(text)) == []


def test_a_note_may_speak_several_commands_and_they_keep_their_order():
    text = "/escalate knowledge the beacon\n/escalate urgency\nthe ward\n\n/override 45m because Sam is on it\n/overide"
    assert spoken_in(text) == [
        EscalateWords((K,), "the beacon", "the beacon"),
        EscalateWords((U,), "the ward"),
        OverrideWords(Lasting(45), "Sam is on it"),
        Unclear("override", f"there is no command /overide; did you mean {OVERRIDE_FORMS}?"),
    ]


def test_a_line_commands_only_with_one_of_the_commands_or_nearly():
    assert command_in("/escalate knowledge") == ("escalate", "escalate", "knowledge")
    assert command_in("  2) **/Overide 45m**") == ("overide", "override", "45m")
    assert command_in("/etc is full") is None
    assert command_in("no slash") is None


def test_of_a_note_full_of_commands_only_the_first_are_heard():
    text = "\n".join(f"/override {n}m because the vendor calls" for n in range(1, 1000))
    heard = spoken_in(text)
    assert [words.how_long for words in heard] == [Lasting(n) for n in range(1, 21)]


def test_the_gist_of_a_note_is_that_of_its_commands_alone():
    asked = gist("/escalate knowledge")
    assert asked == gist("/escalate knowledge\nthe beacon") == gist("Hello\n\n**/Escalate knowledge**")
    assert asked not in {gist("/escalate knowledge now"), gist("/esclate knowledge"), gist("nothing")}
    assert gist("> /escalate knowledge") == gist("nothing")
    assert gist("/override 45m because \ud800 of it") != gist("/override 45m because of it")


PIECES = [
    "/escalate",
    "/override",
    "／override",
    "/overide",
    " knowledge",
    " urgency",
    " until ",
    "45m",
    "none",
    "16:30",
    "tomorrow",
    "2026-01-16T10:00",
    " because ",
    "\n",
    "\n\n",
    "> ",
    "```",
    "<p>",
    "</blockquote>",
    "<blockquote>",
    "&#47;",
    "On 2026 x wrote:",
    "\u202e",
    "\x00",
    "*",
]
ANYTHING = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=20).map("".join)


@given(ANYTHING)
def test_any_text_is_heard_without_trouble(text):
    assert len(gist(text)) == 8
    for words in spoken_in(text):
        assert isinstance(words, EscalateWords | OverrideWords | HelpWords | Unclear)
        assert not isinstance(words, Unclear) or "\n" not in words.problem


@given(ANYTHING)
def test_nothing_is_ever_heard_from_what_is_quoted_fenced_or_forwarded(text):
    plain = text.translate({ord(sign): None for sign in "`~"})
    assert spoken_in("> " + "\n> ".join(plain.splitlines())) == []
    assert spoken_in(f"```\n{plain}\n```") == []
    # Marked lines right below a head would say that unmarked ones below them are the author's.
    unmarked = "\n".join(line for line in plain.splitlines() if not line.lstrip().startswith(">"))
    assert spoken_in(f"Hello\n-----Original Message-----\n{unmarked}") == []
    assert spoken_in(f"Hello\n{GMAIL}\n{unmarked}") == []
    assert spoken_in(f"From: Carla\nSent: Thursday\n\n{unmarked}") == []


@pytest.mark.process("command-line")
@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("/pln restart it", "plan"),
        ("/lpan restart it", ""),
        ("/plna restart it", "plan"),
        ("/plann restart it", "plan"),
        ("/pplan restart it", "plan"),
        ("/hlep", "help"),
        ("/hep", "help"),
        ("/helpp", "help"),
        ("/esclate knowledge", "escalate"),
        ("/escalation knowledge", "escalate"),
        ("/ escalate knowledge", "escalate"),
        ("\\escalate knowledge", "escalate"),
        ("/overide 45m because", "override"),
        ("/overwrite 45m because", "override"),
        ("/play the video", ""),
        ("/plant the tree", ""),
        ("/hello world", ""),
        ("/plans of the floor", "plan"),
        ("/closed the window", ""),
        ("/mnt is full", ""),
        ("/fixing it now", ""),
        ("\\plan of the floor", ""),
        ("\\\\escalate\\share", ""),
    ],
)
def test_a_slip_of_the_fingers_is_answered_and_another_word_is_not(word, meant):
    spoken = spoken_in(word)
    assert [one.command for one in spoken if isinstance(one, Unclear)] == ([meant] if meant else [])
    assert len(spoken) == bool(meant)


@pytest.mark.process("commands-near")
@pytest.mark.parametrize("text", ["/help", "/Help!", "- /help please", "**/help** escalate", "/help:"])
def test_help_is_asked_for(text):
    assert spoken_in(text) == [HelpWords()]


@pytest.mark.process("commands-near")
@pytest.mark.parametrize("text", ["/plan", "/plan tbd", "/plan\n\nLooked at it.\nPlan:"])
def test_a_plan_that_is_commanded_without_one_is_answered(text):
    assert spoken_in(text) == [Unclear("plan", f"the plan itself is missing; write {PLAN_FORMS}")]


@pytest.mark.parametrize("text", ["/plan restart it", "/plan\nrestart it", "/plan:\n\n- restart it"])
def test_a_plan_that_is_commanded_needs_no_answer(text):
    assert spoken_in(text) == []


@pytest.mark.parametrize(
    ("text", "topic", "detail"),
    [
        ("/escalate (knowledge) the beacon\nStill broken", "the beacon", "the beacon Still broken"),
        ("/escalate - knowledge: the beacon", "the beacon", "the beacon"),
        ("/escalate knowledge\n\nStill broken\nand slow", "", "Still broken and slow"),
        ("/escalate knowledge\n____", "", ""),
    ],
)
def test_the_topic_is_what_stands_on_the_commands_own_line(text, topic, detail):
    (words,) = spoken_in(text)
    assert words == EscalateWords((K,), detail, topic)
