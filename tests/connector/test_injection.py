"""Hundreds of hostile texts: none acts, none breaks a note of the connector, none is shown unescaped in one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from itertools import product

import pytest

from connector.model import Author, AuthorKind, Entry, Person, Reason, Ref, Stage, TicketRecord, Visibility
from connector.notes.escalation_note import compose
from connector.notes.marker import Marks
from connector.notes.material import EscalationNote
from connector.notes.short_notes import note
from connector.policy.policy import Policy
from connector.reading.command_words import spoken_in
from connector.reading.findings import find
from connector.reading.plans import new_plan_in, plan_in
from connector.rules.commands import NOTHING, Commands, Request, read_commands
from connector.rules.escalation import Demand, Documentation, demand_of
from connector.rules.evidence import DiagnosisPlan
from connector.rules.follow_up import CLIENT_WORD, NEW_PLAN, still_owed
from connector.rules.limits import Decision, evaluate
from connector.rules.overrides import Override
from connector.rules.stints import build_timeline
from connector.turn.duties import Situation, duties_of
from connector.wording import NOTE_SECTIONS
from tests.builders import HOMES, NINE, TESS, a_note, a_policy, a_ticket, a_tier, at, seen
from tests.connector import hostile
from tests.connector.speech import decided

MANAGERS = {1: {"tess": "Tess Tech", "": "Anybody"}}
"""Everybody here is a manager: what is not obeyed is not obeyed for whose or where it is."""

SAID, QUOTED, SHOWN = dict(hostile.spoken()), dict(hostile.quoted()), dict(hostile.shown())


def by_dress(texts: Mapping[str, str]) -> dict[str, list[tuple[str, str]]]:
    """The texts by what stands before the colon of their names: a test for each dress, not for each text."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name, text in texts.items():
        found.setdefault(name.partition(":")[0], []).append((name, text))
    return found


SAID_IN, QUOTED_IN = by_dress(SAID), by_dress(QUOTED)

OUTSIDERS = (
    (AuthorKind.CLIENT, Visibility.CLIENT),
    (AuthorKind.CLIENT, Visibility.INTERNAL),
    (AuthorKind.UNKNOWN, Visibility.INTERNAL),
    (AuthorKind.UNKNOWN, Visibility.UNKNOWN),
    (AuthorKind.CONNECTOR, Visibility.INTERNAL),
)
FIVE_PAST = at("09:05")
MARKER = "ESC-7HK2M4QXPA-3ZB5N6T2QR"


def an_entry(text, kind: AuthorKind, visibility: Visibility, when=FIVE_PAST, by="Connie Client", account="") -> Entry:
    return replace(a_note(text, when), author=Author(kind, by, "tess", account), visibility=visibility)


def judged(*entries: Entry, policy: Policy | None = None, **given) -> Decision:
    """How a ticket with these entries stands ten minutes after nine."""
    policy = policy or a_policy()
    record = a_ticket(owner=TESS, entries=entries, **given)
    timeline = build_timeline(record, seen(record, NINE), policy, HOMES)
    return evaluate(timeline, policy, at("09:10"), read_commands(timeline, policy, MANAGERS))


def acts(decision: Decision) -> list[str]:
    """What a decision would lead to because of what was written."""
    policy, documentation = a_policy(warn_at=0), Documentation(decision)
    duties = duties_of(Situation("rt", decision, policy, (), documentation), None)
    found = [say.what for say in duties.says]
    if demand_of(decision, policy, documentation) is not None:
        found.append("escalation")
    if decision.clock is not None and decision.clock.stage is not Stage.DIAGNOSIS:
        found.append("plan")
    if decision.commands != NOTHING:
        found.append("order")
    return found


def test_there_are_many_hostile_texts():
    assert len(SAID) >= 200
    assert len(QUOTED) >= 150
    assert len(SHOWN) >= 50


@pytest.mark.process("commands-outsiders", "plan-client")
@pytest.mark.parametrize("dress", SAID_IN)
def test_nothing_that_outsiders_write_acts(dress):
    for (name, text), (kind, visibility) in product(SAID_IN[dress], OUTSIDERS):
        assert acts(judged(an_entry(text, kind, visibility))) == [], (name, kind)


@pytest.mark.parametrize("dress", SAID_IN)
def test_nothing_that_outsiders_write_pays_what_a_final_escalation_owes(dress):
    for name, text in SAID_IN[dress]:
        outside = [an_entry(text, *author) for author in OUTSIDERS]
        record = a_ticket(owner=TESS, entries=tuple(outside))
        assert still_owed(record, NINE, client_was_told=False) == (NEW_PLAN, CLIENT_WORD), name


@pytest.mark.process("commands-agents")
@pytest.mark.parametrize("dress", SAID_IN)
def test_no_command_is_obeyed_where_the_client_can_see_it(dress):
    commands = [(name, text) for name, text in SAID_IN[dress] if not name.endswith(hostile.PLANS)]
    for (name, text), visibility in product(commands, (Visibility.CLIENT, Visibility.UNKNOWN)):
        decision = judged(an_entry(text, AuthorKind.AGENT, visibility, by="Tess Tech"))
        assert [act for act in acts(decision) if act != "plan"] == [], name


@pytest.mark.process("commands-quoted")
@pytest.mark.parametrize("dress", QUOTED_IN)
def test_nothing_acts_that_an_agent_quotes_forwards_or_shows_as_code(dress):
    for name, text in QUOTED_IN[dress]:
        decision = judged(an_entry(text, AuthorKind.AGENT, Visibility.INTERNAL, by="Tess Tech"))
        assert acts(decision) == [], name
        assert new_plan_in(text) is None, name


@pytest.mark.parametrize("name", SHOWN)
def test_no_forgery_is_taken_for_a_note_of_the_connectors(name):
    marks = Marks("a secret of this connection")
    for kind in (AuthorKind.AGENT, AuthorKind.CLIENT, AuthorKind.UNKNOWN):
        for visibility in Visibility:
            entry = an_entry(SHOWN[name], kind, visibility, account="7")
            assert marks.recognise([entry], {"7"}) == (entry,)


def test_a_reply_that_quotes_a_real_marker_is_its_authors_own():
    marks = Marks("a secret of this connection")
    reply = an_entry(
        f"Plan: new cable\n\n> Ref. {marks.marker('saga')}", AuthorKind.AGENT, Visibility.INTERNAL, account="7"
    )
    assert marks.recognise([reply], {"7"}) == (reply,)
    forged = an_entry(
        f"I am the connector. Ref. {marks.marker('saga')}", AuthorKind.CLIENT, Visibility.CLIENT, account="7"
    )
    assert marks.recognise([forged], {"7"}) == (forged,)


# --- in the connector's own notes -----------------------------------------------------------------------------


def an_escalation(text: str) -> EscalationNote:
    """A note in which a hostile text stands in every place that takes words from the ticket system."""
    entries = (
        an_entry(text, AuthorKind.CLIENT, Visibility.CLIENT, at("09:01"), by=text),
        an_entry(text, AuthorKind.AGENT, Visibility.INTERNAL, at("09:02"), by=text),
        an_entry(f"Steps attempted:\n{text}", AuthorKind.AGENT, Visibility.INTERNAL, at("09:03")),
        an_entry(f"Research:\n{text}\nNext steps:\n{text}", AuthorKind.AGENT, Visibility.INTERNAL, at("09:04")),
        an_entry(f'The error was "{text}"', AuthorKind.AGENT, Visibility.INTERNAL, at("09:05")),
        an_entry(f"Missing permissions:\n- {text}", AuthorKind.AGENT, Visibility.INTERNAL, at("09:06")),
    )
    every = (Reason.TIME, Reason.KNOWLEDGE, Reason.URGENCY)
    record = a_ticket(
        summary=text, contact=text, client=Ref("16", text), priority=Ref("3", text), owner=TESS, entries=entries
    )
    policy = a_policy(tiers=(a_tier(1), replace(a_tier(2), skip=text), a_tier(3)))
    found = decided(record, at("10:00"), policy=policy)
    assert found.stint is not None
    stint = replace(found.stint, holders=(text, "Tess Tech"), plan=DiagnosisPlan(NINE, text, text, "note"))
    override = Override("2", text, "tess", NINE, "First Touch (T1/2)", Stage.FIX, text)
    decision = replace(
        found,
        timeline=replace(found.timeline, stints=(stint,), current=stint),
        commands=Commands({stint.key: (override,)}),
    )
    demand = Demand("fix", every, (Request("1", text, "tess", NINE, every[1:], text),))
    people = (("Sr IT Manager", text),)
    return EscalationNote(decision, demand, policy, a_tier(2), text, MARKER, people, earlier=((NINE, text),))


def unsafe(text: str) -> set[str]:
    """What of a text would work as markup, or cannot be seen."""
    found = {char for char in text if char != "\n" and unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    return found | set(re.findall(r"<[a-zA-Z/!?]|\]\(|\]\[|\]:|`|~~", text))


@pytest.mark.process("note-fits")
@pytest.mark.variants("limit")
@pytest.mark.parametrize("limit", [500, 2000, 30_000])
@pytest.mark.parametrize("name", SHOWN)
def test_no_text_breaks_the_escalation_note(name, limit):
    text = compose(an_escalation(SHOWN[name]), limit)
    lines = text.splitlines()
    assert len(text) <= limit
    assert lines[-1] == f"Ref. {MARKER}"
    assert len(re.findall(r"(?i)(?<![a-z0-9])esc-", text)) == 1
    assert lines[0].startswith("ESCALATED to Tier 3 / Service Desk Manager: ")
    assert lines[1].startswith("Asked of")
    assert [line for line in lines if line in NOTE_SECTIONS] == list(NOTE_SECTIONS)
    assert not [line for line in lines if re.match(rf"(?:{'|'.join(NOTE_SECTIONS)})\W", line)]
    assert "**" not in text
    assert not [line for line in lines if re.match(r"[#>|~_*-]", line)]
    assert unsafe(text) == set()
    assert spoken_in(text) == []
    assert plan_in(text) is None
    assert new_plan_in(text) is None


@pytest.mark.parametrize("name", SHOWN)
def test_no_text_breaks_a_short_note(name):
    text = SHOWN[name]
    policy = replace(a_policy(), tiers=(a_tier(1, managers=("tess",)), a_tier(2), a_tier(3)))
    person = Person("100", "tess", text)
    entries = (
        an_entry(f"/override 2h because {text}", AuthorKind.AGENT, Visibility.INTERNAL, by=text),
        an_entry(f"/escalate knowledge {text}", AuthorKind.AGENT, Visibility.INTERNAL, at("09:06"), by=text),
        an_entry("/overide 2h", AuthorKind.AGENT, Visibility.INTERNAL, at("09:07"), by=text),
        an_entry(f"/escalate {text}", AuthorKind.AGENT, Visibility.INTERNAL, at("09:08"), by=text),
    )
    record: TicketRecord = a_ticket(owner=person, entries=entries, summary=text, client=Ref("16", text))
    timeline = build_timeline(record, seen(record, NINE), policy, HOMES)
    decision = evaluate(timeline, policy, at("11:30"), read_commands(timeline, policy, MANAGERS))
    duties = duties_of(Situation("rt", decision, policy, (), Documentation(decision)), None)
    assert {say.what for say in duties.says} >= {"answer"}
    for say in duties.says:
        written = note(say.lines, MARKER, 2000)
        assert len(written) <= 2000
        assert written.splitlines()[-1] == f"Ref. {MARKER}"
        assert len(re.findall(r"(?i)(?<![a-z0-9])esc-", written)) == 1
        assert unsafe(written) == set()
        assert spoken_in(written) == []


@pytest.mark.parametrize("size", [100_000, pytest.param(1_000_000, marks=pytest.mark.soak)])
@pytest.mark.parametrize("piece", ["w", "w ", "<p>x</p>\n", "> somebody else\n"])
def test_a_note_of_a_megabyte_is_read_to_its_end(piece, size):
    text = piece * (size // len(piece)) + "\n\n/escalate urgency the till"
    entry = an_entry(text, AuthorKind.AGENT, Visibility.INTERNAL)
    find(a_ticket(entries=(entry,)), (entry,))
    assert len(spoken_in(text)) == 1
    assert plan_in(text) is None
