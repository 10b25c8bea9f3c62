"""What records a plan, what nearly does, and what is a placeholder or somebody else's text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.reading import plans
from connector.reading.command_words import Unclear, spoken_in
from connector.reading.html import to_text
from connector.reading.own_words import own_lines
from connector.reading.plans import near_plan_in, new_plan_in, plan_in, says_a_plan

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
        ("Plan:\n\nbelow a gap\n\nnot this", "below a gap"),
        ("Plan\n\nbelow a title", "below a title"),
        ("Plan: first\nNot this", "first"),
        ("Plan:\n  one\n  two\nnot this", "one two"),
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
    plain = text.translate({ord(sign): None for sign in "`>"})
    assert plan_in(f"```\n{plain}") is None
    assert plan_in(f"-----Original Message-----\n{plain}") is None


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


@pytest.mark.process("plan-line")
@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("/plan restart it", "restart it"),
        ("**/plan** restart it", "restart it"),
        ("- /plan: restart it", "restart it"),
        ("/Plan\n- restart it\n- test it", "restart it test it"),
        ("Plan - restart it", "restart it"),
        ("Plan – restart it", "restart it"),
        ("Plan = restart it", "restart it"),
        ("Plan -> restart it", "restart it"),
        ("Plan → restart it", "restart it"),
        ("Plan (T1): restart it", "restart it"),
        ("Diagnosis plan [tier 2]: restart it", "restart it"),
        ("Action plan: restart it", "restart it"),
        ("Plan of action: restart it", "restart it"),
        ("RESOLUTION PLAN - restart it", "restart it"),
        ("Troubleshooting plan: restart it", "restart it"),
        ("✅ Plan: restart it", "restart it"),
        ("🛠️ **Plan:** restart it", "restart it"),
        ("- ➡️ Plan: restart it", "restart it"),
        ("1. 📌 Plan: restart it", "restart it"),
        ("## Plan\nrestart it", "restart it"),
        ("**Plan**\n- restart it", "restart it"),
        ("Diagnoseplan: Dienst neu starten", "Dienst neu starten"),
        ("Plan d’action : redémarrer", "redémarrer"),
        ("Plan de acción: reiniciar", "reiniciar"),
        ("Plan van aanpak: herstarten", "herstarten"),
    ],
)
def test_what_technicians_write_for_plan_records_one(text, plan):
    assert plan_in(text) == plan
    assert near_plan_in(text) is None


@pytest.mark.process("plan-line")
@pytest.mark.parametrize(
    "placeholder",
    [
        "",
        "?",
        "...",
        "–",
        "TBD",
        "t.b.d.",
        "tbc - waiting for the logs",
        "to be determined",
        "to be confirmed with Theo",
        "to follow",
        "[to be added]",
        "none",
        "none for now",
        "no plan so far",
        "there is no plan yet",
        "nothing yet",
        "unknown",
        "not sure what yet",
        "not sure, the logs are empty",
        "unclear at the moment",
        "don’t know yet",
        "no idea",
        "n/a",
        "pending",
        "coming soon",
        "noch keiner",
        "noch offen",
        "kein Plan",
        "keine Ahnung",
        "folgt",
        "weiß ich noch nicht",
        "wird noch festgelegt",
        "aucun pour l’instant",
        "pas encore défini",
        "à définir",
        "à venir",
        "ninguno por ahora",
        "por definir",
        "aún no",
        "pendiente",
        "nog geen",
        "nog niet bekend",
        "nader te bepalen",
        "volgt",
        "n.t.b.",
    ],
)
def test_a_placeholder_is_no_plan_in_whatever_language(placeholder):
    assert not says_a_plan(placeholder)
    for head in ("Plan: ", "**Plan:** ", "Plan:\n- ", "/plan "):
        assert plan_in(head + placeholder) is None
    assert near_plan_in(f"Plan is {placeholder}") is None


@pytest.mark.parametrize(
    "plan",
    [
        "nothing but a restart helps, so restart it",
        "none of the services start: reinstall them",
        "unknown device in the manager, install its driver",
        "wait until tomorrow",
        "call the vendor to be sure",
        "no change to the server, replace the cable",
        "not the cable: swap the switch",
        "kein Neustart, erst das Protokoll lesen",
        "x",
        " ".join(["none"] * 11),
    ],
)
def test_what_says_what_will_be_done_is_a_plan_however_it_begins(plan):
    assert says_a_plan(plan)
    assert plan_in(f"Plan: {plan}") == plan


@pytest.mark.parametrize(
    "text",
    [
        "Plan is to restart the gateway",
        "The plan is to restart the gateway",
        "My plan is: to restart the gateway",
        "Plan to restart the gateway",
        "- Plan for tonight: restart the gateway",
        "Plan B: restart the gateway",
        "Plan 1: restart the gateway",
        "Plan; restart the gateway",
        "Plan > restart the gateway",
        "Plan.restart the gateway",
        "Plan -- restart the gateway",
        "Next plan: restart the gateway",
        "**My plan:** restart the gateway",
        "Revised plan - restart the gateway",
        "Looked at it.\n✅ The plan: restart the gateway",
    ],
)
def test_a_line_that_means_a_plan_in_other_words_is_noticed_and_not_taken(text):
    assert plan_in(text) is None
    assert near_plan_in(text)


@pytest.mark.process("plan-line")
@pytest.mark.parametrize(
    "text",
    [
        "Our plan is to wait. No plan: the logs are empty.",
        "Floor plan: see the picture",
        "LAN: no link on port 4",
        "Diagnosis: the port is down",
        "Plane: on time",
        "Tier 1: Tess",
        "Service plan: Gold",
        "Backup plan: nightly",
        "Data plan: 10 GB a month",
        "Planned: nothing",
        "Planning: see the board",
        "Plans: two of them",
        "planner shows an error",
        "Plan B failed",
        "Plan comparison attached",
        "Plan type: Gold",
        "We follow the plan: restart it",
        "The plan is: tbd",
        "New plan: tbd",
        "> Plan is to buy a new one",
        "```\nPlan is to add 2\n```",
        "Plan",
        "/plane is a folder",
        "-----Original Message-----\nPlan to restart it",
        "nothing of the kind",
    ],
)
def test_what_only_looks_like_a_plan_is_neither_taken_nor_noticed(text):
    assert plan_in(text) is None
    assert near_plan_in(text) is None


def test_where_the_client_sees_it_a_command_records_nothing_and_a_line_does():
    assert plan_in("/plan restart it", obeys=False) is None
    assert plan_in("Plan: restart it", obeys=False) == "restart it"


@given(
    st.lists(st.one_of(st.sampled_from([*PIECES, "Plan ", "My plan", " - ", "(", "✅"]), st.text(max_size=8))).map(
        "".join
    )
)
def test_any_text_is_looked_at_without_trouble(text):
    near = near_plan_in(text)
    assert near is None or (near and "\n" not in near)


def test_a_long_line_is_shown_in_part():
    assert len(near_plan_in("Plan is to " + "wait " * 100) or "") == 120


def test_what_a_template_leaves_open_is_no_plan():
    assert plan_in("Plan: <describe the fix>") is None
    assert plan_in("Plan: press <Enter>") == "press <Enter>"


def test_a_slash_apart_from_its_word_is_answered():
    [word] = spoken_in("/ plan swap the switch")
    assert isinstance(word, Unclear)


@pytest.mark.parametrize("obeys", [True, False])
def test_a_note_is_read_for_a_plan_once_for_as_long_as_its_words_are_the_same(monkeypatch, obeys):
    read: list[str] = []
    monkeypatch.setattr(plans, "own_lines", lambda text: read.append(text) or own_lines(text))
    note = f"Plan: replace the router that is read once, {obeys}"
    for _ in range(3):
        assert plan_in(note, obeys=obeys) == note.removeprefix("Plan: ")
    assert read == [note]
    assert plan_in(f"{note} today", obeys=obeys) == f"{note} today".removeprefix("Plan: ")
    assert len(read) == 2


def test_very_long_notes_are_not_remembered():
    known = plans._remembered.cache_info()
    assert plan_in("Plan: replace the router\n" + "a line\n" * 1000) == "replace the router"
    now = plans._remembered.cache_info()
    assert (now.currsize, now.misses) == (known.currsize, known.misses)
    assert known.maxsize is not None
