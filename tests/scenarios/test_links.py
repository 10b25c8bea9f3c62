"""What leads from a note or a message to the page that explains it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from connector.demo.stage import Simulation
from connector.notes.marker import Pages
from tests.builders import NINE, minutes
from tests.scenarios.conftest import FINAL, scenario_policy
from tests.scenarios.desks import a_ticket_on
from tests.scenarios.test_notifications import Recorder

CONSOLE = Pages("https://escalator.example.com")


def test_every_note_for_staff_and_every_message_leads_to_the_tickets_page_and_none_for_a_client_does(
    open_stage: Callable[..., Simulation],
) -> None:
    notifier = Recorder(1)
    final = replace(FINAL, client_message="We are making a new plan.", reminders=1)
    desk = open_stage(scenario_policy(final=final, warn_at=0.8), notifier=notifier, pages=CONSOLE)
    desk.run_until(NINE)
    ticket = a_ticket_on(desk)
    desk.run_until(NINE + minutes(400))
    ours = [note for note in desk.desk.notes(ticket) if note.by_connector]
    link = f"Why, minute by minute: https://escalator.example.com/tickets/{desk.desk.system}/{ticket}"
    first = {note.text.split()[0] for note in ours}
    assert {"ESCALATED", "FINAL"} <= first, first
    assert len(ours) > 5
    for note in ours:
        assert note.text.splitlines()[-1].startswith("Ref. ESC-")
        assert (link in note.text.splitlines()) is note.is_internal
    assert any(not note.is_internal for note in ours)
    assert notifier.sent
    assert all(text.splitlines()[-1] == link for _, _, text in notifier.sent)
