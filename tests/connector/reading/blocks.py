"""Notes put together from the blocks that people's notes consist of, in any order, for properties.

Each block knows which of its words must be found again, and which nobody may take for the author's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

UNHURRIED = settings(suppress_health_check=[HealthCheck.too_slow])
"""Machines are shared: how long an example takes says nothing."""

SENTENCES = (
    "Restarted the {} twice, no change",
    "restarted {} and it came back",
    "{} shows error 0x80070005 again",
    "0x80070005",
    "Event ID 1014 on {}. Rebooted {}; still the same.",
    "8:41 called about {}, no answer",
    "2026-01-15 09:10 moved {} to channel 11",
    "[L2] port of {} is up",
    "Asked Sam about {}, he says wait",
    "Restarted {} and asked Sam, he suggests {}",
    "Sam Senior: try {}",
    "[10:32 AM] Sam Senior: try {}",
    "[10:33 AM] Tess Tech: did {}",
    "Client agreed to {} at noon",
    "Spoke to the carrier about {}",
    "Googled {}, first hit says {}",
    "Read the documentation of {}, nothing",
    "Applied the fix from https://kb.example.com/{}, it starts again",
    "https://docs.example.com/{}",
    "Installed KB5041585 on {}",
    "I don't have access to {}, need the admin role",
    "Need local admin on {}.",
    "Once granted: reset {}",
    "I will restart {} then",
    "Reset {}, no error shown",
    "PS: {} is broken as well",
    "CLIENT CANT USE {}. REBOOTED {}. SAME.",
    "Spooler auf {} neu gestartet, keine Fehlermeldung",
    "Relance de {}, aucun effet",
    "Reinicié {}, igual",
    "Printer {} opnieuw toegevoegd",
    "✓ {} works for another user",
    "the plan of {} is on the wall",
    "{} | {} | ok",
)
HEADINGS = (
    "Steps attempted",
    "Error codes",
    "Research",
    "Internal discussions",
    "Missing permissions",
    "Next steps",
    "Issue",
    "Client",
    "Actions",
    "Troubleshooting",
    "Result",
    "REPORTED BY",
    "Nächste Schritte",
    "Étapes effectuées",
    "Pasos realizados",
    "Ondernomen stappen",
    "Chat with tier 3",
)
ORDERS = ("Plan: swap {}", "/escalate urgency {}", "/override none because of {}", "New plan: swap {}", "/plan swap {}")
HEADS = (
    "On Thu, 15 Jan 2026 at 08:05, Carla Client <carla@acme.example> wrote:",
    "Am 15.01.2026 um 08:05 schrieb Carla Client <carla@acme.example>:",
    "-----Original Message-----",
    "From: Carla Client <carla@acme.example>\nSent: Thursday, January 15, 2026 8:05 AM\nTo: Desk\nSubject: Printer",
)
OUTPUTS = (
    "Pinging 10.0.0.1 with 32 bytes of data:\nReply from 10.0.0.1: bytes=32 time=1ms TTL=64\nRequest timed out.",
    "Log Name:      System\nSource:        DNS Client\nEvent ID:      1014\nLevel:         Warning",
    "2026-01-15 09:10:11,123 ERROR [main] com.example.Sync - refused\n    at com.example.Sync.run(Sync.java:41)",
)
SIGNATURES = (
    "Regards,\nTess Tech",
    "Kind regards\nTess Tech\nSenior Technician\nTel: 020 7946 0000",
    "Mit freundlichen Grüßen\n\nTess Tech\ntess@msp.example",
)
TOLD = ("I told her", "Told the client", "Wrote to Carla", "09:12 Wrote to Carla", "10:05 wrote in chat")


@dataclass(frozen=True)
class Block:
    """Lines of a note, with the words of them that must be found, and those that nobody may take for the author's."""

    lines: tuple[str, ...]
    own: tuple[str, ...] = ()
    theirs: tuple[str, ...] = ()


_numbers = count()


def _filled(form: str) -> tuple[str, tuple[str, ...]]:
    """A sentence with words in it that stand nowhere else."""
    made = tuple(f"gadget{next(_numbers)}x" for _ in range(form.count("{}")))
    return form.format(*made), made


def _block(forms: Sequence[str], before: str = "", mark: str = "", head: str = "") -> Block:
    filled = [_filled(form) for form in forms]
    lines = [f"{mark}{text}" for text, _ in filled]
    return Block(
        (*([head] if head else []), *([before + lines[0], *lines[1:]])), tuple(w for _, ws in filled for w in ws)
    )


sentences = st.sampled_from(SENTENCES)
some = st.lists(sentences, min_size=1, max_size=4)
headings = st.sampled_from(HEADINGS)
paragraphs = some.map(_block)
lists = st.tuples(some, st.sampled_from(["- ", "* ", "• ", "1. ", "  - "])).map(lambda it: _block(it[0], mark=it[1]))
behind = st.tuples(headings, sentences).map(lambda it: _block([it[1]], before=f"{it[0]}: "))
above = st.tuples(headings, some, st.sampled_from(["- ", "  ", ""]), st.sampled_from([":", ":\n"])).map(
    lambda it: _block(it[1], mark=it[2], head=it[0] + it[3])
)
titled = st.tuples(headings, some).map(lambda it: _block(it[1], head=f"## {it[0]}"))
plans = st.sampled_from(["Plan: swap {}", "Diagnosis plan: read the log of {}", "New plan: swap {}"]).map(
    lambda form: _block([form])
)
commands = st.sampled_from(["/escalate knowledge", "/override 45m because the vendor calls back"]).map(
    lambda line: Block((line,))
)
told = st.tuples(st.sampled_from(TOLD), plans, st.sampled_from(["", "  "])).map(
    lambda it: Block((f"{it[0]}:", *(it[2] + line for line in it[1].lines)), own=(it[0].casefold(), *it[1].own))
)
outputs = st.sampled_from(OUTPUTS).map(lambda text: Block(tuple(text.splitlines())))
rules = st.sampled_from(["--", "____________________", "=====", "", "* * *"]).map(lambda line: Block((line,)))


@st.composite
def quotes(draw: st.DrawFn) -> Block:
    """Marked lines, which end where the mark ends."""
    block = _block(draw(st.lists(st.sampled_from(SENTENCES[:5] + ORDERS), min_size=1, max_size=4)), mark="> ")
    return Block(("", *block.lines, ""), theirs=block.own)


@st.composite
def replies(draw: st.DrawFn) -> Block:
    """The rest of a note that is a mail of somebody else's."""
    block = _block(draw(st.lists(st.sampled_from(SENTENCES[:5] + ORDERS), min_size=1, max_size=4)))
    return Block(("", draw(st.sampled_from(HEADS)), *block.lines), theirs=block.own)


blocks = st.one_of(paragraphs, lists, behind, above, titled, plans, commands, rules, told, outputs, quotes())


@st.composite
def notes(draw: st.DrawFn) -> Block:
    """A whole note: a greeting perhaps, blocks with or without blank lines between, a signature and a quoted mail
    perhaps."""
    parts = draw(st.lists(blocks, min_size=1, max_size=6))
    if draw(st.booleans()):
        parts.insert(0, Block(("Hi all,", "")))
    if draw(st.booleans()):
        parts.append(Block(("", *draw(st.sampled_from(SIGNATURES)).splitlines())))
    if draw(st.booleans()):
        parts.append(draw(replies()))
    lines: list[str] = []
    for part in parts:
        lines += [*part.lines, *([""] if draw(st.booleans()) else [])]
    return Block(
        tuple(lines), tuple(w for part in parts for w in part.own), tuple(w for part in parts for w in part.theirs)
    )


def text_of(block: Block) -> str:
    return "\n".join(block.lines)
