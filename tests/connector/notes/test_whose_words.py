"""Whose words stand in an escalation note: a client's are marked, cannot leave their quotes, and pass for nobody's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.model import AuthorKind, Entry, Ref
from connector.notes.escalation_note import compose
from connector.notes.phrases import outsider
from connector.wording import NOTE_SECTIONS
from tests.builders import a_note
from tests.connector.notes.test_escalation_note import PEOPLE, RECORD, an_escalation, local

TESS, TOM = "Tess Tech", "Tom Touch"


def from_client(text: str, clock: str = "09:01", name: str = "Carla Client") -> Entry:
    return a_note(text, local(clock), name, AuthorKind.CLIENT, internal=False)


def lines_of(text: str, heading: str) -> list[str]:
    """The lines of a section."""
    lines = text.splitlines()
    begin = lines.index(heading) + 1
    end = next((n for n in range(begin, len(lines)) if lines[n] in NOTE_SECTIONS or lines[n].startswith("Ref. ")), None)
    return [line for line in lines[begin:end] if line]


def errors(*entries: Entry, limit: int = 20_000) -> list[str]:
    return lines_of(compose(an_escalation(entries=entries), limit), "Error codes")


def test_a_clients_words_are_marked_also_where_the_client_has_a_technicians_name():
    client = from_client("It says 0x800CCC0E", name=TESS)
    found = errors(client, a_note("Saw 0x80070005 on the server", local("09:10"), TESS))
    assert found == [f"09:01 {TESS} (client): 0x800CCC0E", f"09:10 {TESS}: 0x80070005"]


def test_who_is_not_known_to_be_of_the_desk_is_marked():
    mailed = replace(a_note("Saw 0x80070005", local("09:10"), TESS), is_claimed=True)
    other = a_note("ALERT 0x800CCC0E", local("09:11"), TESS, AuthorKind.UNKNOWN)
    assert errors(mailed, other) == [
        f"09:10 {TESS} (by e-mail): 0x80070005",
        f"09:11 {TESS} (not known as staff): 0x800CCC0E",
    ]


def test_steps_that_came_by_mail_are_marked_beside_those_that_were_typed():
    mailed = replace(a_note("Restarted the server", local("09:10"), TESS), is_claimed=True)
    typed = a_note("Rebooted the router", local("09:12"), TESS)
    steps = lines_of(compose(an_escalation(entries=(mailed, typed)), 20_000), "Steps attempted")
    assert steps == [
        f"First Touch (T1/2), {TESS} (by e-mail) and {TESS}",
        f"1. 09:10 {TESS} (by e-mail): Restarted the server",
        f"2. 09:12 {TESS}: Rebooted the router",
    ]


@pytest.mark.parametrize("change", [{"is_claimed": True}, {"is_heard": False}])
def test_an_escalation_that_a_mail_or_another_tickets_note_asks_for_was_not_asked_for(change: dict[str, bool]):
    asked = a_note("/escalate permission admin rights on the server", local("09:10"), TESS)
    text = compose(an_escalation(entries=(replace(asked, **change),)), 20_000)
    assert "asked for an escalation" in compose(an_escalation(entries=(asked,)), 20_000)
    assert "asked for an escalation" not in text
    assert "Grant the missing permissions" not in text


@pytest.mark.parametrize("quote", ["”", '"', "“", "″", "„", "〞"])
def test_a_closing_quote_in_what_the_client_wrote_ends_none_of_ours(quote: str):
    forged = f"x{quote}. Client: Acme. Priority: 1 - Critical. Approved by Bob Desk: {quote}go"
    record = replace(RECORD, summary=forged)
    text = compose(an_escalation(record=record, entries=(from_client(forged),)), 20_000)
    summary, _ = lines_of(text, "Issue")
    last = lines_of(text, "Client")[-1]
    assert (summary[0], summary[-2:]) == ("“", "”.")
    assert (summary.count("“"), summary.count("”"), summary.count('"')) == (1, 1, 0)
    assert (last.count("“"), last.count("”"), last.count('"')) == (1, 1, 0)


@pytest.mark.parametrize("role", ["Sr IT Manager", "First Touch", "Service Desk Manager"])
def test_a_client_who_is_called_like_a_role_is_told_as_the_client(role: str):
    record = replace(RECORD, contact=role, client=Ref("16", role))
    client = from_client("It says 0x800CCC0E", name=role)
    given = {"record": record, "entries": (client,), "tier": 3, "to": None, "people": PEOPLE, "clients": {}}
    text = compose(an_escalation(**given), 20_000)  # type: ignore[arg-type]  # as they are named there
    told = [line for line in text.splitlines() if role in line]
    assert f"The client: {role}, {role}. Priority: Priority 3 - Normal. Ticket 4711." in told
    assert f"09:01 {role} (client): 0x800CCC0E" in told
    assert f"Local time and working hours: not known; ask the client, {role}." in told
    assert any(f"Last word from the client at 09:01, {role}: “" in line for line in told)
    assert any(f"and word to the client, {role}. " in line for line in told)


@pytest.mark.parametrize(
    "name", ["Carla Client", "Dr. Carla O’Neill-Smith", "Acme Inc. & Sons", "株式会社", "carla@acme.test", "St. Mary's"]
)
def test_what_is_a_name_is_told_as_one(name: str):
    assert outsider(name) == name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Carla: “go”", "“Carla: ‘go’”"),
        ("Carla. Approved. Bob", "“Carla. Approved. Bob”"),
        ("Carla (Sr IT Manager)", "“Carla (Sr IT Manager)”"),
        ("Tess, 09:02 Tom", "“Tess, 09:02 Tom”"),
        ("Carla, priority 1, approved by Bob Desk", "“Carla, priority 1, approved by Bob Desk”"),
        ('Carla" (client', "“Carla' (client”"),
        ("", "unknown"),
    ],
)
def test_what_could_pass_for_more_than_a_name_stands_in_quotes(name: str, shown: str):
    assert outsider(name) == shown


def test_what_technicians_found_comes_first_where_room_is_short_and_is_kept():
    flood = "\n".join(f"Error 0x8007{n:04X}: the client pasted this one" for n in range(400))
    mine = [a_note(f"The log has 0xC000{n:04X}", local(f"09:{n:02}"), TOM) for n in range(10, 14)]
    codes = errors(from_client(flood, "09:02"), *mine, from_client(flood.replace("8007", "8008"), "09:20"), limit=2000)
    assert [line for line in codes if TOM in line] == codes[:4]
    assert [code for code in range(10, 14) if any(f"0xC000{code:04X}" in line for line in codes)] == [10, 11, 12, 13]
    assert any("left out" in line for line in codes)


def test_where_there_is_room_error_codes_stand_in_the_order_of_their_time():
    found = errors(from_client("It says 0x800CCC0E"), a_note("Saw 0x80070005", local("09:10"), TOM))
    assert [line[:5] for line in found] == ["09:01", "09:10"]


@pytest.mark.parametrize(
    "said",
    ["It says 0xC0000010", "It says “error 0xC0000010: Access is denied.”"],
    ids=["the same", "as a part of more"],
)
def test_what_the_client_said_before_a_technician_found_it_is_kept_where_room_is_short(said: str):
    flood = "\n".join(f"Error 0x8007{n:04X}: the client pasted this one" for n in range(150))
    entries = (from_client(said), from_client(flood, "09:02"), a_note("Saw 0xC0000010", local("09:10"), TOM))
    first, *_ = errors(*entries, limit=1500)
    assert first.startswith("09:01 Carla Client (client): ")
    assert "0xC0000010" in first
