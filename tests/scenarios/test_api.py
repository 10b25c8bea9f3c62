"""The API on a whole connector: one decision, in the same words in note, ``explain``, page and API."""

from __future__ import annotations

from typing import Any

import requests

from connector.demo.stage import Simulation
from connector.store.records import Claim
from tests.builders import at
from tests.connector.web.api.documented import BASE, errors_of
from tests.scenarios.desks import a_ticket_on
from tests.scenarios.test_console import explained, words


def asked(desk: Simulation, path: str) -> Any:
    """What the API answers, as its document says."""
    answer = requests.get(f"{desk.url}{BASE}{path}", timeout=10)
    assert answer.status_code == 200, answer.text
    assert errors_of(answer.json(), "GET", BASE + path) == []
    return answer.json()


def notes_of(desk: Simulation, ticket: int) -> list[str]:
    seen = desk.connected.turns.reader.look(Claim("connectwise", str(ticket), fence=0, snapshot=None))
    return [entry.text for entry in seen.record.entries]


def test_a_decision_is_told_in_the_same_words_in_note_explain_page_and_api(desk: Simulation) -> None:
    desk.run_until(at("09:00"))
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:10"))
    desk.simulator.add_note(ticket, "/override 15m because the vendor calls back", "tess")
    desk.run_until(at("09:35"))
    path = f"/tickets/connectwise/{ticket}"
    told = asked(desk, path)["explanation"]
    page = words(desk, path)
    lines = explained(desk, ticket, desk.connected.turns.settings.modes)
    assert told["lines"] == list(lines)
    assert all(" ".join(line.rstrip(":").split()) in page for line in lines)

    said = "\n".join(lines)
    [refused] = told["overrides"]
    answer, note = notes_of(desk, ticket)[1:3]
    assert refused["refused"] in said
    assert refused["refused"] in page
    assert f"Not applied, {refused['by']}: {refused['refused']}" in answer

    [done] = [deed for deed in told["done"] if deed["what"].startswith("escalation")]
    stint, above = told["stints"]
    assert done["what"] == f"escalation from {stint['tier']} to {above['tier']}"
    assert f"{done['what']} ({done['detail']})" in said
    assert f"{done['what']} ({done['detail']})" in page
    reason = done["detail"].partition(",")[0]
    [rise] = asked(desk, "/escalations")["items"]
    assert (rise["from"], rise["to"], rise["reasons"]) == (stint["tier"], above["tier"], [reason])
    assert note.startswith(f"ESCALATED to {above['tier']}: ")
    assert f"{reason}. {stint['tier']} used 30 of 30 working minutes" in note


def test_the_open_tickets_are_those_of_the_page(desk: Simulation) -> None:
    desk.run_until(at("09:00"))
    tickets = [str(a_ticket_on(desk, f"Printer {n}")) for n in range(3)]
    desk.run_until(at("09:05"))
    rows = asked(desk, "/tickets")["items"]
    assert [row["ticket"] for row in rows] == tickets
    page = words(desk, "/")
    for row in rows:
        assert row["used_minutes"] == 5
        assert f"connectwise {row['ticket']}" in page
        assert row["summary"] in page
