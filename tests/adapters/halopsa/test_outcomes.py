"""The action that notes are written with: found, configured, refused, and told by ``check``."""

from __future__ import annotations

from typing import Any

import pytest

from connector.errors import Forbidden, Permanent
from connector.model import Severity
from connector.systems.contract import TicketSystem
from tests.adapters.halopsa.simulated import Site


def used(site: Site, system: TicketSystem) -> Any:
    """The number of the action with which a note is written."""
    ticket = site.a_ticket()
    system.tickets.write_note(ticket, "ESC-1", "ESC-1")
    return site.simulator.actions_of(int(ticket))[-1]["outcome_id"]


def connected(site: Site, wanted: str) -> TicketSystem:
    return site.connected(note_outcome=wanted)


def finding(system: TicketSystem) -> tuple[Severity, str]:
    (found,) = [finding for finding in system.line.check() if finding.subject == "note outcome"]
    return found.severity, found.message


def test_the_private_note_that_halo_comes_with_is_used(site: Site, system: TicketSystem) -> None:
    assert used(site, system) == 7
    severity, message = finding(system)
    assert severity is Severity.OK
    assert "'Private Note' (outcome 7)" in message


@pytest.mark.parametrize("name", ["Private Note", "internal  note", "Note", "Agent Note", "Interne Notiz"])
def test_where_it_is_removed_one_of_such_a_name_is_found_that_is_hidden_and_mails_nobody(site: Site, name: str) -> None:
    del site.simulator.state.outcomes[7]
    site.simulator.add_outcome(61, "Note to the client")  # not hidden
    site.simulator.add_outcome(62, "Private Note and mail", hidefromuser=True, sendemail=1)
    site.simulator.add_outcome(63, name, hidefromuser=True)
    site.simulator.add_outcome(64, "Keynote", hidefromuser=True)
    system = site.connected()
    assert used(site, system) == 63
    assert f"{name!r} (outcome 63)" in finding(system)[1]
    system.line.close()


def test_the_usual_number_is_not_used_where_it_came_to_send_mail(site: Site, system: TicketSystem) -> None:
    site.simulator.state.outcomes[7].update(sendemail=1, hidesendemail=False)
    site.simulator.add_outcome(63, "Internal Note", hidefromuser=True, hidden=True)
    assert used(site, system) == 63
    assert site.simulator.mails() == []


def test_without_any_nothing_is_written_and_what_to_do_is_said(site: Site, system: TicketSystem) -> None:
    del site.simulator.state.outcomes[7]
    ticket = site.a_ticket()
    with pytest.raises(Permanent, match="HALOPSA_NOTE_OUTCOME"):
        system.tickets.write_note(ticket, "ESC-1", "ESC-1")
    assert len(site.simulator.actions_of(int(ticket))) == 1
    severity, message = finding(system)
    assert severity is Severity.ERROR
    assert "HALOPSA_NOTE_OUTCOME" in message


@pytest.mark.parametrize("wanted", ["Desk Log", "desk  log", "71"])
def test_a_configured_one_is_used(site: Site, wanted: str) -> None:
    site.simulator.add_outcome(71, "Desk Log")
    system = connected(site, wanted)
    assert used(site, system) == 71
    assert "'Desk Log' (outcome 71)" in finding(system)[1]
    system.line.close()


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("Privat Note", "did you mean 'Private Note'"),
        ("zzz", "there is no action"),
        ("16", "sends mail"),
        ("Email User", "sends mail"),
        ("Mailing", "sends mail"),
    ],
)
def test_a_configured_one_that_is_not_there_or_sends_mail_is_refused(site: Site, wanted: str, words: str) -> None:
    site.simulator.add_outcome(72, "Mailing", sendemail=1)
    system = connected(site, wanted)
    ticket = site.a_ticket()
    with pytest.raises(Permanent, match=words):
        system.tickets.write_note(ticket, "ESC-1", "ESC-1")
    assert finding(system)[0] is Severity.ERROR
    assert len(site.simulator.actions_of(int(ticket))) == 1
    system.line.close()


@pytest.mark.parametrize("form", ["text", "error", "dotnet"])
def test_one_that_is_forbidden_to_our_agent_is_a_lasting_refusal_that_says_so(
    site: Site, system: TicketSystem, form: str
) -> None:
    site.faults.outcomes_forbidden = frozenset({7})
    site.faults.error_form = form
    ticket = site.a_ticket()
    with pytest.raises(Forbidden, match=r"may not use the action 'Private Note' \(outcome 7\)") as caught:
        system.tickets.write_note(ticket, "ESC-1", "ESC-1")
    assert "You do not have access to this Action" in str(caught.value)
    assert len(site.simulator.actions_of(int(ticket))) == 1


def test_the_usual_one_is_used_where_the_list_does_not_have_it(site: Site, system: TicketSystem) -> None:
    site.faults.fail_next(None, 200, path="^Outcome$", body=[])
    assert used(site, system) == 7


def test_an_action_that_is_no_object_is_a_finding_and_stops_no_note(site: Site, system: TicketSystem) -> None:
    site.faults.fail_next(None, 200, path="^Outcome/7", body=["?"])
    assert used(site, system) == 7
    assert finding(system) == (Severity.ERROR, "Outcome/7: not an object")


def test_one_that_was_removed_meanwhile_is_looked_for_anew(site: Site, system: TicketSystem) -> None:
    assert used(site, system) == 7
    del site.simulator.state.outcomes[7]
    site.simulator.add_outcome(63, "Note", hidefromuser=True)
    ticket = site.a_ticket()
    with pytest.raises(Permanent, match="An Outcome must be entered"):
        system.tickets.write_note(ticket, "ESC-1", "ESC-1")
    assert used(site, system) == 63


@pytest.mark.parametrize(("wanted", "number"), [("", 7), ("71", 71), ("Desk Log", 71)])
def test_where_the_actions_may_not_be_read_the_note_is_written_all_the_same(
    site: Site, wanted: str, number: int
) -> None:
    site.simulator.add_outcome(71, "Desk Log")
    site.faults.forbid(path="^Outcome")
    system = connected(site, wanted)
    assert used(site, system) == number
    assert finding(system)[0] is Severity.ERROR
    system.line.close()
