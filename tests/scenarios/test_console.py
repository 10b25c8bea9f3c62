"""The console on a whole connector: its pages say what explain says, in its words, through a climb and an outage."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
import requests

from connector.connection.paces import Pace
from connector.demo.stage import Simulation
from connector.model import StatusGroup, TicketId
from connector.policy.modes import OBSERVES, Modes
from connector.store.troubles import TroubleKind, Troubles
from connector.turn.explaining.account import Explainer
from tests.builders import a_tier, at
from tests.connector.web.console.test_now_page import HOSTILE
from tests.scenarios.conftest import scenario_policy
from tests.scenarios.desks import a_ticket_on


def words(desk: Simulation, path: str, status: int = 200) -> str:
    answer = requests.get(f"{desk.url}{path}", headers={"Accept": "text/html"}, timeout=10)
    assert answer.status_code == status
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())


def explained(desk: Simulation, ticket: int, modes: Modes) -> tuple[str, ...]:
    reader = desk.connected.turns.reader
    explainer = Explainer(reader, desk.store, "connectwise", scenario_policy(), modes, Pace())
    return explainer.account_of(str(ticket)).lines


@pytest.mark.parametrize("is_observed", [False, True])
def test_a_tickets_page_says_what_explain_says_in_its_words(
    open_stage: Callable[..., Simulation], is_observed: bool
) -> None:
    given = {"modes": OBSERVES} if is_observed else {}
    desk = open_stage(**given)
    desk.run_until(at("09:00"))
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:10"))
    desk.simulator.add_note(ticket, "Plan: replace the client", "tess")
    desk.run_until(at("09:20"))
    desk.simulator.add_note(ticket, "/override 45m because the vendor calls back", "maria")
    desk.run_until(at("09:25"))
    page = words(desk, f"/tickets/connectwise/{ticket}")
    lines = explained(desk, ticket, desk.connected.turns.settings.modes)
    assert len(lines) > 20
    for line in lines:
        assert " ".join(line.rstrip(":").split()) in page, line
    assert f"connectwise {ticket} · Acme" in page
    assert "Not if it is resolved, waits on somebody, or is overridden first." in page
    assert ("would go up to" if is_observed else "goes up to") in page
    assert ("Mode: observe" in page) is is_observed
    board = words(desk, "/")
    assert f"connectwise {ticket}" in board


def test_a_ticket_that_went_up_tells_what_was_done_and_one_that_cannot_be_read_what_was_known(
    open_stage: Callable[..., Simulation],
) -> None:
    desk = open_stage()
    desk.run_until(at("09:00"))
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:35"))
    path = f"/tickets/connectwise/{ticket}"
    page = words(desk, path)
    for expected in ("went up once", "escalation from ", "done", "escalated", "not written down: "):
        assert expected in page
    before, written = page.split("What was written, as it stands on the ticket")
    assert "ESC-" not in before + written.split("Line by line")[1]
    assert "went up today" in words(desk, "/")
    Troubles(desk.store).meet("connectwise", TroubleKind.CONNECTION_DOWN, "", "the credentials are refused")
    page = words(desk, path)
    assert "connectwise does not answer: the credentials are refused." in page
    assert "What stands here is what was read at " in page
    assert "Line by line" not in page
    assert "Nobody can tell without the ticket system; by what was read last it is due" in page
    assert "escalated" in page
    assert "connectwise has not answered since" in words(desk, "/")


def test_a_closed_ticket_is_told_of_and_one_that_was_never_seen_is_not(desk: Simulation) -> None:
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:10"))
    desk.desk.set_status(TicketId(str(ticket)), "tess", StatusGroup.RESOLVED)
    desk.run_until(at("09:20"))
    page = words(desk, f"/tickets/connectwise/{ticket}")
    assert "Nothing: no clock runs." in page
    unwatched = a_ticket_on(desk, "salaries", team=None)
    page = words(desk, f"/tickets/connectwise/{unwatched}", status=404)
    assert "This ticket is not known here" in page
    assert "salaries" not in page


def test_a_tickets_page_tells_what_people_said_what_came_of_it_and_what_was_written(
    open_stage: Callable[..., Simulation],
) -> None:
    tiers = (a_tier(1, managers=("maria",)), a_tier(2), a_tier(3))
    desk = open_stage(scenario_policy(tiers=tiers))
    desk.run_until(at("09:00"))
    ticket = a_ticket_on(desk)
    for when, who, text in (
        ("09:05", "tess", "Plan: replace the client"),
        ("09:06", "maria", "Hello,\n- /override 45m because the vendor calls back"),
        ("09:07", "tess", "/override 45m because I want it"),
        ("09:08", "tess", "/escalate knowledge nobody here knows it"),
        ("09:09", "tess", "/escalade now"),
    ):
        desk.run_until(at(when))
        desk.simulator.add_note(ticket, text, who)
    desk.run_until(at("09:20"))
    page = words(desk, f"/tickets/connectwise/{ticket}")
    said, written = page.split("What people said, and what came of it")[1].split("What was written, as it stands")
    for expected in (
        "09:05 Tess Tech replace the client plan recorded",
        "09:06 Maria Desk - /override 45m because the vendor calls back applied",
        "09:07 Tess Tech /override 45m because I want it refused only a manager of First Touch",
        "09:08 Tess Tech /escalate knowledge nobody here knows it waits for what is not on the ticket what was tried",
        "09:09 Tess Tech /escalade now not understood there is no command /escalade",
    ):
        assert expected in said, expected
    assert said.index("09:09 Tess") < said.index("09:05 Tess")
    assert "earlier stint" not in said
    for note in (entry for entry in desk.simulator.notes(ticket) if "Ref. ESC-" in entry["text"]):
        assert " ".join(note["text"].split()) in written
    desk.run_until(at("10:10"))
    later = words(desk, f"/tickets/connectwise/{ticket}")
    assert "09:08 Tess Tech /escalate knowledge nobody here knows it of an earlier stint" in later


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_ticket_and_its_notes_say_is_text_on_its_page(open_stage: Callable[..., Simulation], text: str) -> None:
    desk = open_stage()
    desk.run_until(at("09:00"))
    ticket = a_ticket_on(desk, text[:90])
    desk.simulator.add_note(ticket, f"Plan: {text}\n{text}\n/override 45m because {text}", "tess")
    desk.run_until(at("09:40"))
    answer = requests.get(f"{desk.url}/tickets/connectwise/{ticket}", headers={"Accept": "text/html"}, timeout=10)
    assert answer.status_code == 200
    assert not re.search(r"<(?:script(?! src=\"/static/)|img|style|iframe)|<[^>]*\son\w+=", answer.text)
    assert not re.search(r"[\u202e\u2066\x1b\x00]", answer.text)
