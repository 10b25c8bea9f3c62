"""What an author retells of somebody else's words stays in the note, and is no plan and no command of his."""

from __future__ import annotations

import pytest

from connector.reading.command_words import spoken_in
from connector.reading.findings import find
from connector.reading.own_words import Kind, lines_of
from connector.reading.pieces import pieces_of
from connector.reading.plans import plan_in
from tests.builders import a_note, a_ticket, at

THEIRS = "Plan: out until noon\n/escalate urgency nobody can work"


def set_in(text: str, by: str = "  ") -> str:
    return "\n".join(by + line for line in text.splitlines())


RETOLD = (
    f"Her mail:\n{set_in(THEIRS)}",
    f"Her second mail of today:\n\n{set_in(THEIRS, '    ')}\n\n    Carla",
    f"  Mail from Carla:\n{set_in(THEIRS, '    ')}",
    f"Antwort vom Hersteller:\n{set_in(THEIRS, chr(9))}",
    f"The client's reply was this.\nCarla’s e-mail:\n{set_in(THEIRS)}",
    f"- Carla answered at 09:12:\n{set_in(THEIRS)}",
    f'Restarted it. Carla emailed: "it is broken again\n{THEIRS}"',
    f'She wrote "broken again\n\n{THEIRS}"',
    f"She wrote back:\n\n“it is broken again\n{THEIRS}”",
    f'Client said: "error "5" again\n{THEIRS}"',
    f"Sie sagte: „geht nicht\n{THEIRS}“",
    f"Il a dit « ça ne marche pas\n{THEIRS} »",
    f'He says: "it was never closed\n{THEIRS}',
    f"Called Bob, he wrote:\n{THEIRS}",
    f"10:05 Carla wrote in chat:\nit is down\n{THEIRS}",
    f"Carla (client) replied at 09:12:\n\n{THEIRS}",
    f"The client wrote back again:\n{THEIRS}\n09:20 restarted it",
    f"Frau Client hat mir geschrieben:\n{THEIRS}",
    f"- Carla wrote:\n  - it is down\n{set_in(THEIRS, '  - ')}\n- restarted it",
    f"Carla wrote:\nHi Tess,\n\n{THEIRS}\n\nThanks\nCarla",
    f"Bob emailed:\n{THEIRS}\nNext steps: call him",
)


@pytest.mark.process("commands-quoted")
@pytest.mark.parametrize("text", RETOLD)
def test_what_is_retold_records_no_plan_and_commands_nothing(text):
    assert plan_in(text) is None
    assert spoken_in(text) == []
    assert plan_in(f"{text}\n\nPlan: swap it") == "swap it"
    assert [len(lines) for _, lines in pieces_of(text)] != []


@pytest.mark.process("note-nothing-lost")
@pytest.mark.parametrize("text", RETOLD)
def test_what_is_retold_stays_in_the_note(text):
    record = a_ticket(entries=(a_note(text, at("09:10")),))
    found = find(record, record.entries)
    assert found.plans == ()
    told = "\n".join(one.text for one in (*found.steps, *found.discussions))
    assert "“Plan: out until noon”" in told
    assert "“/escalate urgency nobody can work" in told


@pytest.mark.parametrize(
    "text",
    [
        "I told her:\n  Plan: swap it",
        "Then we wrote to Carla:\n  Plan: swap it",
        "My mail:\n  Plan: swap it",
        "Wrote to Carla:\n  Plan: swap it",
        "Steps attempted:\n  looked\n  Plan: swap it",
        "Carla’s mailbox:\n  Plan: swap it",
        "Carla replied (see mail).\n  Plan: swap it",
        "Her mail:\nPlan: swap it",
        "Her mail:\n  it is broken\nPlan: swap it",
        "Her mail:\n",
        'He said the 24" monitor is dead\nPlan: swap it',
        'Her mail: "it works"\nPlan: swap it',
        'Carla said the service "Print Spooler is gone\nPlan: swap it',
        'Error: "cannot open the file\nPlan: swap it',
        'Restarted it.\n"Broken\nPlan: swap it',
        "She said: „geht nicht“\nPlan: swap it",
        "She said: “works” and “still works”\nPlan: swap it",
        "Carla wrote:\n“it works”\nPlan: swap it",
        "He wrote:\n| it works\nPlan: swap it",
        "He wrote:\n> it works\nPlan: swap it",
        "He wrote:\n```\nit works\n```\nPlan: swap it",
        "He wrote:\nit works\n> Plan: mine\nPlan: swap it",
        "He wrote:\n\n\n\n\nPlan: swap it",
        "He wrote:",
        "Carla wrote:\nit works\n\nPlan: swap it",
        "09:12 Carla wrote:\nit works\n09:15 asked her to wait\nPlan: swap it",
        "Carla wrote:\nit works\nSteps attempted:\n- none\nPlan: swap it",
        "- Carla wrote:\n- Plan: swap it",
        "Carla wrote:\nHi,\n\nit works\n\nRegards,\nCarla\n\nPlan: swap it",
        "I asked Carla and she knows what we wrote:\nPlan: swap it",
        "10:05 wrote in chat:\nPlan: swap it",
        "Replied to Carla and wrote:\nPlan: swap it",
        "The backup job wrote:\nPlan: swap it",
        "At 9:15 the vendor said:\nit is known\nPlan: swap it",
    ],
)
def test_what_the_author_says_himself_is_his(text):
    if "Plan" in text:
        assert plan_in(text) == "swap it"
    assert Kind.RETOLD not in {line.kind for line in lines_of(text) if line.words.startswith("Plan")}


def test_what_is_quoted_within_stays_quoted():
    kinds = [line.kind for line in lines_of("Her mail:\n  > mine\n  theirs\nmine")]
    assert kinds == [Kind.OWN, Kind.QUOTED, Kind.RETOLD, Kind.OWN]
    assert lines_of('She wrote: "one\n> two\nthree"')[1].kind is Kind.QUOTED
