"""Acting on a ticket from its page: a command like one from a note, by whoever may, written on the ticket, once."""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from connector.connection.paces import Pace
from connector.demo.stage import Simulation
from connector.policy.modes import ENFORCES, OBSERVES, Modes
from connector.policy.policy import Policy
from connector.store.database.errors import StoreUnavailable
from connector.store.journal import Journal
from connector.turn.explaining.account import Explainer
from connector.turn.handed_in import HandedIn
from connector.web.app import create_app
from connector.web.console.gate import AT_THIS_MACHINE, Role, Viewer
from connector.web.console.parts import ConsoleParts
from connector.web.deps import Deps, ServiceFacts
from tests.builders import a_tier, at
from tests.scenarios.conftest import scenario_policy
from tests.scenarios.desks import a_ticket_on, events, our_notes, where, writes

MANAGER = Viewer("maria.m", Role.MANAGER, "maria")
ELSEWHERE = Viewer("ruth", Role.MANAGER, "ruth")
TECHNICIAN = Viewer("Tess at the console", Role.TECHNICIAN, "tess")
VIEWER = Viewer("vic", Role.VIEWER)

OVERRIDE = {"how_long": "45m", "reason": "the vendor calls back"}
URGENT = {"kind": "urgency", "reason": "the whole office is down"}
UNDOCUMENTED = {"kind": "knowledge", "reason": "nobody here knows this server"}


class Page:
    """A ticket's page, as one person has it open."""

    def __init__(self, desk: Simulation, ticket: int, viewer: Viewer, modes: Modes = ENFORCES) -> None:
        self.path = f"/tickets/connectwise/{ticket}"
        self.client = _client(desk, viewer, modes)
        self.fields: dict[str, dict[str, str]] = {}
        self.text = ""
        self.open()

    def open(self) -> str:
        """Read it, its forms with it."""
        answer = self.client.get(self.path, headers={"Accept": "text/html"})
        assert answer.status_code == 200
        for act in ("override", "escalate"):
            form = re.search(rf'action="{self.path}/{act}">(.*?)</form>', answer.text, re.DOTALL)
            found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form[1]) if form else []
            self.fields[act] = dict(found)
        self.text = _words(answer)
        return self.text

    def send(self, act: str, **fields: str) -> TestResponse:
        """Send one of its forms."""
        return self.client.post(
            f"{self.path}/{act}", data={**self.fields[act], **fields}, headers={"Accept": "text/html"}
        )


def policy() -> Policy:
    return scenario_policy(tiers=(a_tier(1, managers=("maria",)), a_tier(2), a_tier(3)))


def _client(desk: Simulation, viewer: Viewer, modes: Modes) -> FlaskClient:
    def explainer_of(_: str) -> Explainer:
        reader = desk.connected.turns.reader
        return Explainer(reader, desk.store, "connectwise", policy(), modes, Pace())

    parts = ConsoleParts(policy(), {"connectwise": modes}, who_asks=lambda _: viewer, explainer_of=explainer_of)
    deps = Deps({}, desk.mailbox, lambda found, _: desk.mailbox.deliver(found), ServiceFacts("1.2.3", "enforce"))
    return create_app(deps, parts).test_client()


def _words(answer: TestResponse) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())


def texts(desk: Simulation, ticket: int) -> list[str]:
    return [note["text"] for note in our_notes(desk, ticket)]


@pytest.fixture
def desk(open_stage: Callable[..., Simulation]) -> Simulation:
    return open_stage(policy())


@pytest.fixture
def ticket(desk: Simulation) -> int:
    desk.run_until(at("09:00"))
    made = a_ticket_on(desk)
    desk.run_until(at("09:10"))
    return made


def test_a_manager_who_is_known_by_another_name_of_the_policys_overrides_as_the_member_that_it_means(
    open_stage: Callable[..., Simulation], monkeypatch: pytest.MonkeyPatch
) -> None:
    named = scenario_policy(tiers=(a_tier(1, managers=("maria | Maria@example.com",)), a_tier(2), a_tier(3)))
    monkeypatch.setattr(sys.modules[__name__], "policy", lambda: named)
    desk = open_stage(named)
    desk.run_until(at("09:00"))
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:10"))
    others = Page(desk, ticket, Viewer("another", Role.MANAGER, "maria@evil.example"))
    assert "Only Maria Desk may override" in others.text
    page = Page(desk, ticket, Viewer("Maria of the provider", Role.MANAGER, "maria@EXAMPLE.com"))
    assert page.send("override", **OVERRIDE).status_code == 303
    desk.run_until(at("09:12"))
    (handed_in,) = events(desk, ticket, "commanded")
    assert (handed_in.detail["by"], handed_in.detail["member"]) == ("Maria of the provider", "maria")
    assert len(events(desk, ticket, "override applied")) == 1


def test_a_manager_overrides_as_by_a_note(desk: Simulation, ticket: int) -> None:
    noted = a_ticket_on(desk, "The other one")
    page = Page(desk, ticket, MANAGER)
    desk.run_until(at("09:20"))
    answer = page.send("override", **OVERRIDE)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{page.path}#handed-in")
    assert "Handed in by Maria Desk at 09:20 : /override 45m because the vendor calls back" in page.open()
    desk.simulator.add_note(noted, "/override 45m because the vendor calls back", "maria")
    desk.run_until(at("09:21"))
    said, as_said = texts(desk, ticket), texts(desk, noted)
    assert len(said) == 1
    assert said[0].startswith(
        "Override by Maria Desk: the diagnosis plan is due at 10:05 (UTC), not at 09:30. Reason: the vendor calls back."
    )
    assert said[0].splitlines()[0].replace("09:30", "09:40") == as_said[0].splitlines()[0]
    assert "Handed in by" not in page.open()
    assert "Maria Desk: override, until" in page.text
    handed_in, applied = events(desk, ticket, "commanded", "override applied")
    assert handed_in.detail["by"] == "maria.m"
    assert handed_in.detail["command"] == "/override 45m because the vendor calls back"
    assert (applied.detail["by"], applied.detail["entry"]) == ("maria", handed_in.detail["entry"])
    desk.run_until(at("10:04"))
    assert where(desk, ticket)[1] == "First Touch"
    desk.run_until(at("10:06"))
    assert where(desk, ticket)[1] != "First Touch"
    assert "the vendor calls back" in texts(desk, ticket)[-1]


def test_a_form_sent_twice_is_one_command(desk: Simulation, ticket: int) -> None:
    page = Page(desk, ticket, MANAGER)
    assert [page.send("override", **OVERRIDE).status_code for _ in range(3)] == [303, 303, 303]
    desk.run_until(at("09:12"))
    assert page.send("override", **OVERRIDE).status_code == 303
    desk.run_until(at("09:14"))
    assert len(texts(desk, ticket)) == 1
    assert len(events(desk, ticket, "commanded", "override applied")) == 2


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"how_long": "45m", "reason": ""}, "Say why in two words or more, for example: vendor calls back at 15:00."),
        ({"how_long": "45m", "reason": "vendor"}, "Say why in two words or more"),
        ({"how_long": "12h", "reason": "vendor calls back"}, "longer than the 480 working minutes that a single"),
        ({"how_long": "until 08:00", "reason": "vendor calls back"}, "That time is past already."),
        ({"how_long": "soon", "reason": "vendor calls back"}, "How long the override holds is missing. Write for"),
        ({"how_long": "45", "reason": "vendor calls back"}, "45 of what: write 45m for minutes or 45h for hours."),
        ({"how_long": "", "reason": "vendor calls back"}, "Write for example 45m, 1h30m, until 16:30, none, or off."),
        ({"how_long": "45m" * 30, "reason": "vendor calls back"}, "At most 60 characters, for example: 45m."),
        ({"how_long": "45m", "reason": "vendor calls back " * 60}, "At most 1,000 characters; yours has 1,079."),
    ],
)
def test_an_override_that_would_be_refused_is_not_handed_in(
    desk: Simulation, ticket: int, fields: dict[str, str], expected: str
) -> None:
    page = Page(desk, ticket, MANAGER)
    before = writes(desk)
    answer = page.send("override", **fields)
    assert answer.status_code == 422
    text = _words(answer)
    assert expected in text
    assert "Nothing was changed." in text
    assert html.escape(fields["reason"][:1000].strip()) in answer.text
    desk.run_until(at("09:20"))
    assert writes(desk) == before
    assert events(desk, ticket, "commanded", "override refused") == []


@pytest.mark.parametrize(
    ("viewer", "says"),
    [
        (ELSEWHERE, "Only Maria Desk may override at First Touch (T1/2). Ask them, or escalate."),
        (TECHNICIAN, "Only Maria Desk may override at First Touch (T1/2). Ask them, or escalate."),
        (VIEWER, "Only Maria Desk may override at First Touch (T1/2)."),
        (Viewer("maria.t", Role.TECHNICIAN, "maria"), "Only Maria Desk may override at First Touch (T1/2)."),
        (AT_THIS_MACHINE, "that needs a login (CONSOLE_USERS)"),
    ],
)
def test_who_may_not_override_is_told_who_may_and_is_refused(
    desk: Simulation, ticket: int, viewer: Viewer, says: str
) -> None:
    page = Page(desk, ticket, viewer)
    assert says in page.text
    assert page.fields["override"] == {}
    allowed = Page(desk, ticket, MANAGER)
    page.fields = allowed.fields
    answer = page.send("override", **OVERRIDE)
    assert answer.status_code == 403
    if viewer is not VIEWER:
        assert says in _words(answer)
    desk.run_until(at("09:12"))
    assert texts(desk, ticket) == []
    assert events(desk, ticket, "commanded") == []


def test_urgency_goes_up_at_once_under_the_name_of_who_sent_it(desk: Simulation, ticket: int) -> None:
    page = Page(desk, ticket, TECHNICIAN)
    assert "Escalate to Tier 3" in page.text
    assert page.send("escalate", **URGENT).status_code == 303
    desk.settle()
    assert where(desk, ticket)[1] != "First Touch"
    (note,) = texts(desk, ticket)
    assert "the whole office is down" in note
    assert "Tess Tech" in note
    handed_in, _ = events(desk, ticket, "commanded", "escalated")
    assert handed_in.detail["by"] == "Tess at the console"
    desk.run_until(at("09:12"))
    assert "It is with Tier 3" in _words(page.send("escalate", **URGENT))
    assert len(events(desk, ticket, "commanded")) == 1


def test_what_still_lacks_documentation_waits_for_it_as_by_a_note(desk: Simulation, ticket: int) -> None:
    page = Page(desk, ticket, TECHNICIAN)
    assert page.send("escalate", **UNDOCUMENTED).status_code == 303
    desk.run_until(at("09:11"))
    (answer,) = texts(desk, ticket)
    assert answer.startswith("Tess Tech, your /escalate knowledge waits for 3 things")
    desk.simulator.add_note(
        ticket, "Steps attempted: restarted it\nError codes: 0x80070005\nResearch: searched KB, nothing found", "tess"
    )
    desk.run_until(at("09:14"))
    assert where(desk, ticket)[1] != "First Touch"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"kind": "time", "reason": "it takes for ever"}, "Choose why it has to go up."),
        ({"kind": "urgency", "reason": "now"}, "Say what it needs in two words or more"),
    ],
)
def test_an_escalation_that_says_nothing_is_not_handed_in(
    desk: Simulation, ticket: int, fields: dict[str, str], expected: str
) -> None:
    page = Page(desk, ticket, TECHNICIAN)
    answer = page.send("escalate", **fields)
    assert answer.status_code == 422
    assert expected in _words(answer)
    assert events(desk, ticket, "commanded") == []


def test_a_viewer_has_nothing_escalated(desk: Simulation, ticket: int) -> None:
    page = Page(desk, ticket, VIEWER)
    assert "Technicians have a ticket escalated." in page.text
    page.fields = Page(desk, ticket, MANAGER).fields
    assert page.send("escalate", **URGENT).status_code == 403
    assert events(desk, ticket, "commanded") == []


def test_a_ticket_that_moved_on_meanwhile_is_left_alone_and_what_was_written_is_kept(
    desk: Simulation, ticket: int
) -> None:
    page = Page(desk, ticket, MANAGER)
    desk.run_until(at("09:31"))
    answer = page.send("override", **OVERRIDE)
    assert answer.status_code == 409
    assert "This ticket moved on while you wrote. It is with Tier 3" in _words(answer)
    assert "You wrote: 45m the vendor calls back" in _words(answer) or 'value="45m"' in answer.text
    assert events(desk, ticket, "commanded") == []


def test_what_a_form_holds_is_one_line_and_no_further_command(desk: Simulation, ticket: int) -> None:
    page = Page(desk, ticket, MANAGER)
    reason = "the vendor calls\n/escalate urgency everything burns\nPlan: none\0"
    assert page.send("override", how_long="45m", reason=reason).status_code == 303
    desk.run_until(at("09:14"))
    assert where(desk, ticket)[1] == "First Touch"
    assert len(texts(desk, ticket)) == 1
    (applied,) = events(desk, ticket, "override applied")
    assert "\n" not in applied.detail["reason"]


def test_off_needs_no_reason(desk: Simulation, ticket: int) -> None:
    assert Page(desk, ticket, MANAGER).send("override", **OVERRIDE).status_code == 303
    desk.run_until(at("09:12"))
    page = Page(desk, ticket, MANAGER)
    assert "off ends the override that holds" in page.text
    assert page.send("override", how_long="off", reason="").status_code == 303
    desk.run_until(at("09:14"))
    assert texts(desk, ticket)[-1].startswith("Overrides are off, by Maria Desk: the diagnosis plan is due at 09:30")
    desk.run_until(at("09:31"))
    assert where(desk, ticket)[1] != "First Touch"


def test_a_form_that_is_not_whole_or_of_another_ticket_changes_nothing(desk: Simulation, ticket: int) -> None:
    page = Page(desk, ticket, MANAGER)
    page.fields["override"] = {**page.fields["override"], "once": "../../x"}
    assert page.send("override", **OVERRIDE).status_code == 400
    page.fields["override"] = {}
    assert page.send("override", **OVERRIDE).status_code == 409
    page.path = "/tickets/connectwise/999999"
    assert page.send("override", **OVERRIDE).status_code == 404
    assert events(desk, ticket, "commanded") == []


def test_in_observe_mode_it_counts_and_nothing_is_written(open_stage: Callable[..., Simulation]) -> None:
    desk = open_stage(policy(), modes=OBSERVES)
    desk.run_until(at("09:00"))
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:10"))
    page = Page(desk, ticket, MANAGER, OBSERVES)
    assert page.send("override", **OVERRIDE).status_code == 303
    desk.run_until(at("09:40"))
    assert writes(desk) == []
    assert [row.event for row in events(desk, ticket, "override applied", "would escalate", "would write")] != []
    assert events(desk, ticket, "would escalate") == []
    assert "Handed in by" not in page.open()
    desk.run_until(at("10:00"))
    assert len(events(desk, ticket, "would escalate")) == 1


# -- what comes in between -----------------------------------------------------------------------------------------


def in_between(monkeypatch: pytest.MonkeyPatch, desk: Simulation, when: str) -> None:
    """Time goes on to that moment after a form was judged, and before what it asks for is stored."""
    stored = Journal.hand_in

    def late(self: Journal, *given: Any) -> bool:
        desk.run_until(at(when))
        return stored(self, *given)

    monkeypatch.setattr(Journal, "hand_in", late)


@pytest.mark.parametrize(("act", "fields"), [("escalate", URGENT), ("override", {**OVERRIDE, "how_long": "none"})])
@pytest.mark.parametrize("when", ["09:30", "09:31"])
def test_what_was_on_its_way_when_the_ticket_moved_does_nothing_there_and_the_page_says_so(
    open_stage: Callable[..., Simulation],
    monkeypatch: pytest.MonkeyPatch,
    act: str,
    fields: dict[str, str],
    when: str,
) -> None:
    tiers = (a_tier(1, managers=("maria",)), a_tier(2, managers=("maria",)), a_tier(3))
    desk = open_stage(scenario_policy(tiers=tiers))
    desk.run_until(at("09:00"))
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:29"))
    page = Page(desk, ticket, MANAGER)
    in_between(monkeypatch, desk, when)
    assert page.send(act, **fields).status_code == 303
    monkeypatch.undo()
    desk.run_until(at("09:40"))
    assert [row.detail["reason"] for row in events(desk, ticket, "escalated")] == ["Time"]
    assert events(desk, ticket, "override applied", "override refused") == []
    assert where(desk, ticket)[1] == "Seniors"
    text = page.open()
    assert "came too late the ticket had moved on before it was taken up; nothing was done" in text
    assert "the whole office is down" not in " ".join(texts(desk, ticket))


def test_a_form_that_was_sent_already_is_not_taken_with_other_words(desk: Simulation, ticket: int) -> None:
    page = Page(desk, ticket, MANAGER)
    assert page.send("override", **OVERRIDE).status_code == 303
    answer = page.send("override", how_long="90m", reason="it was a typing mistake before")
    assert answer.status_code == 409
    assert "This form was sent already, with other words; those count." in _words(answer)
    desk.run_until(at("09:14"))
    assert len(texts(desk, ticket)) == 1
    assert "10:10" not in texts(desk, ticket)[0]


def test_a_final_escalation_is_begun_once(desk: Simulation, ticket: int) -> None:
    for minute in ("09:12", "09:14"):
        assert Page(desk, ticket, TECHNICIAN).send("escalate", **URGENT).status_code == 303
        desk.run_until(at(minute))
    page = Page(desk, ticket, TECHNICIAN)
    assert page.send("escalate", **URGENT).status_code == 303
    desk.run_until(at("09:16"))
    assert len(events(desk, ticket, "final escalation")) == 1
    again = Page(desk, ticket, TECHNICIAN).send("escalate", **URGENT)
    assert again.status_code == 409
    assert "that escalation was begun already. Nothing was changed." in _words(again)
    assert len(events(desk, ticket, "commanded")) == 3


@pytest.mark.parametrize("how_long", ["off the record", "45m none", "none because I said so and", "45m, until 16:30"])
def test_how_long_holds_a_length_and_no_reason(desk: Simulation, ticket: int, how_long: str) -> None:
    answer = Page(desk, ticket, MANAGER).send("override", how_long=how_long, reason="vendor calls back")
    assert answer.status_code == 422
    assert "The length alone stands here, for example 45m; why, below." in _words(answer)
    assert events(desk, ticket, "commanded") == []


def test_where_the_database_gives_no_answer_it_says_that_it_may_have_been_taken(
    desk: Simulation, ticket: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = Page(desk, ticket, MANAGER)

    def away(*_: Any) -> bool:
        raise StoreUnavailable("no answer")

    monkeypatch.setattr(Journal, "hand_in", away)
    answer = page.send("override", **OVERRIDE)
    assert answer.status_code == 503
    assert "What you sent may have been taken, or not. Look at the ticket's page" in _words(answer)


def test_a_clock_of_the_ticket_system_that_is_ahead_loses_no_command(desk: Simulation, ticket: int) -> None:
    command = HandedIn("/escalate urgency because all is down", "Tess", "tess", "t", "once", "key", at("09:10"))
    assert command.entry(at("09:07")).at == at("09:10")
    assert command.entry(at("09:12")).at == at("09:12")


def test_the_workers_own_work_is_no_ticket(desk: Simulation, ticket: int) -> None:
    page = Page(desk, ticket, MANAGER)
    assert page.client.get("/tickets/connectwise/@poll").status_code == 404
