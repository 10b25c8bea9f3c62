"""What records a plan, and what is somebody else's text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.reading.layout.items import without_bullet
from connector.reading.sections import (
    COMMAND,
    FREE,
    PLAN,
    is_heading,
    labelled,
    sections_in,
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
        "Steps attempted": ["Toggled the agent", "Read the logs", "once more"],
        "Error codes": ["404"],
        "Research": ["https://docs.example/beacon"],
        "Internal discussions": ["Sam agrees"],
        "Missing permissions": ["read the tunnel's settings"],
        "Next steps": ["call Carla"],
    }


def test_an_empty_section_is_left_out():
    assert sections_in("Research:\nNext steps: call") == {"Next steps": ["call"]}


def read(text: str) -> list[tuple[str, list[str]]]:
    return list(labelled(text.split("\n")))


def test_lines_are_labelled_with_what_they_belong_to():
    assert read("hello\n\nPlan: a\nb\n\nc\nIssue: d\ne\n/override 45m because\nf") == [
        (FREE, ["hello"]),
        (PLAN, ["a"]),
        (FREE, ["b", "c", "Issue: d", "e"]),
        (COMMAND, ["/override 45m because"]),
        (FREE, ["f"]),
    ]


NEXT = "Next steps"


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        # the text on its own line, and what is indented below it
        ("Next steps: order it\nMeasured it", [(NEXT, ["order it"]), (FREE, ["Measured it"])]),
        (
            "Next steps: order it\n  at Acme's\nMeasured it",
            [(NEXT, ["order it", "at Acme's"]), (FREE, ["Measured it"])],
        ),
        ("Next steps: call\n- Checked it", [(NEXT, ["call"]), (FREE, ["Checked it"])]),
        ("Next steps: in this order:\n- call\n- go", [(NEXT, ["in this order:", "call", "go"])]),
        (f"Next steps: {'x' * 50} the\nlast one", [(NEXT, [f"{'x' * 50} the last one"])]),
        # the list, also below a gap, with what hangs on its items
        ("Next steps:\n- a\n- b\nDid c", [(NEXT, ["a", "b"]), (FREE, ["Did c"])]),
        ("Next steps:\n\n1. a\n\n2. b\n\nDid c", [(NEXT, ["a", "b"]), (FREE, ["Did c"])]),
        ("Next steps:\n- a\n  - b\n  c\nDid d", [(NEXT, ["a", "b", "c"]), (FREE, ["Did d"])]),
        ("Next steps:\n- Client: call her\n- Result: wait", [(NEXT, ["Client: call her", "Result: wait"])]),
        ("Next steps:\n- a\n- Error codes: 5", [(NEXT, ["a"]), ("Error codes", ["5"])]),
        ("Next steps:\n- a\n- /plan go", [(NEXT, ["a"]), (PLAN, ["go"])]),
        ("- Next steps:\n  - a\n- Result: b", [(NEXT, ["a"]), (FREE, ["Result: b"])]),
        ("- Next steps:\n- a\n- Result: b", [(NEXT, ["a"]), (FREE, ["Result: b"])]),
        ("- Next steps:\n- Result: b", [(NEXT, []), (FREE, ["Result: b"])]),
        ("  Next steps:\n- a", [(NEXT, []), (FREE, ["a"])]),
        # the indented lines
        ("Next steps:\n  a\n\n  Client: b\nDid c", [(NEXT, ["a", "Client: b"]), (FREE, ["Did c"])]),
        # the one paragraph
        ("Next steps:\na\nb\n\nDid c", [(NEXT, ["a", "b"]), (FREE, ["Did c"])]),
        ("Next steps:\na\n- Did b", [(NEXT, ["a"]), (FREE, ["Did b"])]),
        ("Next steps:\na\nResult: b", [(NEXT, ["a"]), (FREE, ["Result: b"])]),
        ("### Next Steps\n\na", [(NEXT, ["a"])]),
        ("Next steps\n-----\n\na", [(NEXT, ["a"])]),
        ("== Next steps ==\na", [(NEXT, ["a"])]),
        # unless that is a heading itself
        ("Next steps:\nResult: b", [(NEXT, []), (FREE, ["Result: b"])]),
        ("Next steps:\n\n\n\na", [(NEXT, []), (FREE, ["a"])]),
        ("Next steps\nResearch\na", [(FREE, ["Next steps"]), ("Research", ["a"])]),
        ("Next steps", [(FREE, ["Next steps"])]),
        ("the\nplan", [(FREE, ["the", "plan"])]),
    ],
)
def test_a_heading_owns_its_line_or_else_the_list_the_block_or_the_paragraph_below(text, pieces):
    assert read(text) == pieces


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Result: same with both", ["Result: same with both"]),
        ("**Result:** same", ["Result: same"]),
        ("**Result**: same", ["Result: same"]),
        ("RESULT : same", ["RESULT: same"]),
        ("Résultat： idem", ["Résultat: idem"]),
        ("Tried so far:\n- the port\n- the cable", ["Tried so far: the port", "the cable"]),
        ("Tried so far:\n\n- the port", ["Tried so far: the port"]),
        ("Tried:\nthe port", ["Tried: the port"]),
        ("Tried:\n\nNothing helped", ["Tried:", "Nothing helped"]),
        ("### Problem\n\nIt is down", ["Problem: It is down"]),
        ("## Ticket 17 - the shared mailbox\nIt is down", ["Ticket 17 - the shared mailbox", "It is down"]),
        ("## Ticket 17 - shared\n\n### Problem\nIt is down", ["Ticket 17 - shared", "Problem: It is down"]),
        ("DONE: moved it\nRMA NUMBER:\nBILLED:", ["DONE: moved it"]),
        ("Took the settings of her adapter:\nDNS: x", ["Took the settings of her adapter:", "DNS: x"]),
        ("Steps and results: moved it", ["Steps and results: moved it"]),
        ("At 10:32 it was back", ["At 10:32 it was back"]),
        ("https://docs.example/x", ["https://docs.example/x"]),
        ("C:\\temp was full", ["C:\\temp was full"]),
        ("It said, once more: no", ["It said, once more: no"]),
        ("It was so. Then: no", ["It was so. Then: no"]),
        ("We did all of what he wanted us to: no", ["We did all of what he wanted us to: no"]),
        ("**Rebooted it**\nWaited", ["Rebooted it", "Waited"]),
    ],
)
def test_a_heading_that_no_section_claims_stays_before_its_words(text, said):
    assert read(text) == [(FREE, said)]


@pytest.mark.parametrize(
    ("title", "section"),
    [
        ("steps tried so far", "Steps attempted"),
        ("Troubleshooting steps (Tier 1)", "Steps attempted"),
        ("Durchgeführte Schritte", "Steps attempted"),
        ("ÉTAPES RÉALISÉES", "Steps attempted"),
        ("Pasos realizados", "Steps attempted"),
        ("Uitgevoerde stappen", "Steps attempted"),
        ("Error codes / messages", "Error codes"),
        ("Error codes and messages", "Error codes"),
        ("Fehlercodes", "Error codes"),
        ("Codes d’erreur", "Error codes"),
        ("Código de error", "Error codes"),
        ("Foutmelding", "Error codes"),
        ("KB ARTICLES USED", "Research"),
        ("Recherche", "Research"),
        ("Investigación", "Research"),
        ("Opgezocht", "Research"),
        ("Interne Absprachen", "Internal discussions"),
        ("Échanges internes", "Internal discussions"),
        ("Discusiones internas", "Internal discussions"),
        ("Intern overleg", "Internal discussions"),
        ("Missing rights", "Missing permissions"),
        ("Fehlende Berechtigungen", "Missing permissions"),
        ("Droits manquants", "Missing permissions"),
        ("Permisos faltantes", "Missing permissions"),
        ("Ontbrekende rechten", "Missing permissions"),
        ("NEXT STEPS", "Next steps"),
        ("Next steps for Tier 3", "Next steps"),
        ("Nächste Schritte", "Next steps"),
        ("Naechste Schritte", "Next steps"),
        ("Prochaines étapes", "Next steps"),
        ("Próximos pasos", "Next steps"),
        ("Volgende stappen", "Next steps"),
    ],
)
def test_sections_have_titles_in_several_languages(title, section):
    assert read(f"{title}: some words") == read(f"## {title}\nsome words") == [(section, ["some words"])]


def test_titles_of_two_sections_in_one_are_of_none():
    assert read("Research and next steps: call Acme") == [(FREE, ["Research and next steps: call Acme"])]


def test_any_words_with_a_colon_are_a_heading():
    assert is_heading("Outcome: none")
    assert is_heading("# Outcome")
    assert not is_heading("No outcome")
    assert not is_heading("Research")


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
    for sign in ("- ", "Plan: ", "Next steps: "):
        words = [line.removeprefix(sign) for line in words]
    assert held.split() == " ".join(words).split()


def test_what_stands_below_a_command_is_the_technicians_own_words():
    lines = ["/escalate knowledge the beacon", "pinged it", "- traced it", "Research: its documentation"]
    assert [found for found in labelled(lines) if found[1]] == [
        (COMMAND, ["/escalate knowledge the beacon"]),
        (FREE, ["pinged it", "traced it"]),
        ("Research", ["its documentation"]),
    ]


@pytest.mark.parametrize(
    "line", ["/plan restart it", "**/plan** restart it", "- /plan: restart it", "/plan\nrestart it"]
)
def test_a_plan_may_be_a_command(line):
    assert [found for found in labelled(line.split("\n")) if found[1]] == [(PLAN, ["restart it"])]


@pytest.mark.process("note-nothing-lost")
@pytest.mark.parametrize(
    "words",
    ["I told her", "Told the client", "Wrote to Carla", "Rebooted the switch", "She called", "Carla geschrieben"],
)
def test_words_that_tell_something_are_no_empty_field_of_a_form(words):
    assert list(labelled([f"{words}:", "Plan: swap it"])) == [(FREE, [f"{words}:"]), (PLAN, ["swap it"])]
    assert list(labelled([f"{words}:", "Phone: 12"])) == [(FREE, [f"{words}:", "Phone: 12"])]


@pytest.mark.parametrize("words", ["Reported by", "Sent to", "Affected user", "Result", "TOLD CLIENT"])
def test_an_empty_field_of_a_form_is_nothing(words):
    assert list(labelled([f"{words}:", "Phone: 12"])) == [(FREE, ["Phone: 12"])]
