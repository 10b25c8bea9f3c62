"""What only Halo does, each as a test of its own against the strict simulator (issue 3, done when 5)."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from adapters.halopsa.system import connect
from connector.errors import Forbidden, OutcomeUnknown, Permanent, Temporary, Unreachable, VisibleNote
from connector.model import BY_CONNECTOR, BY_HISTORY, Aspect, Lane, Ownership, Target, Visibility
from connector.systems.contract import TicketSystem
from tests.adapters.halopsa.simulated import NoKeys, Site
from tests.doubles import our_note


def test_a_token_that_expires_in_mid_turn_is_renewed_and_the_turn_goes_on(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket()
    system.tickets.read(ticket)
    site.faults.token_lifetime = 100
    site.simulator.revoke_tokens()
    note = system.tickets.write_note(ticket, "Escalated. ESC-1", "ESC-1")
    site.clock.advance(timedelta(seconds=101))
    record = system.tickets.reassign(
        ticket, Target(system.directory.locate("Tier 3"), system.directory.member("Sam Senior"))
    )
    assert (str(record.place), note.id) == ("Tier 3", "2")
    assert len(site.simulator.actions_of(int(ticket))) == 2
    assert [call.status for call in site.simulator.calls].count(401) == 1


def test_a_write_is_repeated_after_a_401_because_nothing_was_done(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket()
    system.tickets.read(ticket)
    site.faults.fail_next(1, 401, method="POST", path="Actions$")
    system.tickets.write_note(ticket, "Escalated. ESC-1", "ESC-1")
    assert len(site.simulator.actions_of(int(ticket))) == 2


def test_a_token_that_is_refused_again_at_once_ends_the_call_and_never_loops(site: Site, system: TicketSystem) -> None:
    system.tickets.read(site.a_ticket())
    site.simulator.forget_calls()
    site.faults.fail_next(None, 401, path="^(?!auth)")
    with pytest.raises(Unreachable, match="also with a new token"):
        system.tickets.read(site.a_ticket())
    assert [(call.path.split("/")[0], call.status) for call in site.simulator.calls] == [
        ("Tickets", 401),
        ("auth", 200),
        ("Tickets", 401),
        ("Tickets", 401),
    ]
    assert site.simulator.calls[-1].path == "Tickets"


def test_a_401_of_one_call_alone_is_a_right_that_is_missing(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket()
    system.tickets.read(ticket)
    site.faults.fail_next(None, 401, method="POST", path="^Actions")
    with pytest.raises(Forbidden, match="have the right"):
        system.tickets.write_note(ticket, "ESCALATED.\n\nESC-1", "ESC-1")


def test_a_token_is_renewed_at_four_fifths_of_its_life_without_a_refusal(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket()
    for seconds in (0, 2870, 20):
        site.clock.advance(timedelta(seconds=seconds))
        system.tickets.read(ticket)
    assert [call.status for call in site.simulator.calls if call.path == "auth/token"] == [200, 200]
    assert 401 not in [call.status for call in site.simulator.calls]


def test_many_threads_renew_a_token_once(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket()
    system.tickets.read(ticket)
    site.simulator.revoke_tokens()
    begin = threading.Barrier(8)

    def read() -> None:
        begin.wait()
        system.tickets.read(ticket)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert site.simulator.access.given == 2


def test_a_move_that_is_readable_only_seconds_later_is_waited_for(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket(agent="Tess Tech")
    site.later()
    site.faults.writes_readable_after = 3.0
    record = system.tickets.reassign(ticket, Target(system.directory.locate("Tier 3"), Ownership.NOBODY))
    assert (str(record.place), record.owner) == ("Tier 3", None)
    assert site.slept == [0.5, 1.0, 2.0]
    assert site.simulator.call_counts()["POST"] == 1 + 1  # the token, and one write


def test_a_move_that_does_not_show_in_time_is_an_unknown_outcome_and_not_one_that_failed(
    site: Site, system: TicketSystem
) -> None:
    ticket = site.a_ticket(agent="Tess Tech")
    site.later()
    site.faults.writes_readable_after = 20.0
    with pytest.raises(OutcomeUnknown, match="cannot be read back yet"):
        system.tickets.reassign(ticket, Target(system.directory.locate("Tier 3"), Ownership.NOBODY))
    assert system.settle_seconds >= 20
    site.clock.advance(timedelta(seconds=system.settle_seconds))
    assert str(system.tickets.read(ticket).place) == "Tier 3"


def test_a_note_that_is_readable_only_seconds_later_is_found_then(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket()
    site.faults.writes_readable_after = 12.0
    site.faults.accept_but_never_answer(1, method="POST", path="Actions$")
    with pytest.raises(OutcomeUnknown):
        system.tickets.write_note(ticket, "Escalated. ESC-1", "ESC-1")
    assert our_note(system, ticket, "ESC-1") is None
    site.clock.advance(timedelta(seconds=system.settle_seconds))
    assert our_note(system, ticket, "ESC-1") is not None


@pytest.mark.parametrize("in_answer", [True, False])
def test_a_rule_that_resets_the_team_after_our_write_is_seen(site: Site, system: TicketSystem, in_answer: bool) -> None:
    ticket = site.a_ticket(agent="Tess Tech")
    site.later()
    site.faults.rule_reverts = frozenset({"team"})
    site.faults.rule_in_answer = in_answer
    site.faults.dont_do_rules_ignored = True
    record = system.tickets.reassign(
        ticket, Target(system.directory.locate("Tier 3"), system.directory.member("Sam Senior"))
    )
    assert str(record.place) == "First Touch"
    assert record.owner is not None
    assert record.owner.name == "Sam Senior"
    moves = [change for change in system.tickets.read(ticket).changes if change.what is Aspect.PLACE]
    assert [(str(one.new), one.how) for one in moves[:2]] == [("Tier 3", BY_CONNECTOR), ("First Touch", BY_HISTORY)]


def test_team_and_agent_go_together_so_that_the_teams_own_rule_does_not_reset_the_agent(
    site: Site, system: TicketSystem
) -> None:
    ticket = site.a_ticket(agent="Tess Tech")
    record = system.tickets.reassign(ticket, Target(system.directory.locate("Tier 3")))
    assert str(record.place) == "Tier 3"
    assert record.owner is not None
    assert record.owner.name == "Tess Tech"


def test_a_note_that_comes_back_visible_is_an_alarm(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket()
    site.faults.note_comes_back_visible = True
    with pytest.raises(VisibleNote, match="ALARM: action 2 on ticket"):
        system.tickets.write_note(ticket, "Escalated. ESC-1", "ESC-1")


def test_429_without_retry_after_holds_the_whole_connection_still_for_long_enough(site: Site) -> None:
    moments = [0.0]
    system = site.connected(monotonic=lambda: moments[0])
    ticket = site.a_ticket()
    system.tickets.read(ticket)
    site.faults.fail_next(1, 429, path="Tickets/")
    with pytest.raises(Temporary, match="too many calls") as caught:
        system.tickets.read(ticket)
    assert caught.value.retry_after == 30
    with pytest.raises(Temporary, match="holding still"):
        system.tickets.read(ticket)
    assert system.line.waits(Lane.URGENT, 1) == 30
    moments[0] = 31.0
    system.tickets.read(ticket)
    system.line.close()


def test_429_with_retry_after_holds_still_for_as_long_as_it_says(site: Site, system: TicketSystem) -> None:
    site.faults.fail_next(1, 429, retry_after=47)
    with pytest.raises(Temporary) as caught:
        system.tickets.read(site.a_ticket())
    assert caught.value.retry_after == 47


def test_no_more_calls_are_made_in_any_five_minutes_than_the_settings_say(site: Site) -> None:
    moments = [0.0]
    site.faults.rolling_limit(300, 300.0)
    system = connect(site.settings(), (), NoKeys(), site.clock, attempts=1, monotonic=lambda: moments[0])
    ticket = site.a_ticket()

    def pass_time(seconds: float) -> None:
        moments[0] += seconds
        site.clock.advance(timedelta(seconds=seconds))

    def read_on() -> None:
        for _ in range(200):
            system.tickets.read(ticket)
            pass_time(1.0)

    with pytest.raises(Temporary, match="to stay within the call limit") as caught:
        read_on()
    assert len(site.simulator.calls) == 240
    assert set((system.line.budget or {}).values()) == {0}
    assert caught.value.retry_after is not None
    pass_time(caught.value.retry_after)
    system.tickets.read(ticket)
    assert 429 not in [call.status for call in site.simulator.calls]
    system.line.close()


@pytest.mark.parametrize(
    ("resource", "sent"),
    [
        ("Tickets", [{"summary": "x"}]),
        ("Tickets", [{"id": None}]),
        ("Tickets", [{"id": 0}]),
        ("Tickets", [{"id": "1001"}]),
        ("Tickets", [{"id": True}]),
        ("Tickets", [{"id": 1001}, {"summary": "x"}]),
        ("Tickets", []),
        ("Actions", [{"note": "x"}]),
        ("Actions", [{"id": 1, "note": "x"}]),
        ("Agent", [{"id": 1}]),
    ],
)
def test_no_ticket_is_ever_created_because_nothing_is_posted_without_an_id(
    site: Site, system: TicketSystem, resource: str, sent: list[dict[str, object]]
) -> None:
    before = len(site.simulator.state.tickets)
    with pytest.raises(Permanent, match="nothing was sent"):
        system.tickets._client.post(resource, sent, "try", "no right")
    assert site.simulator.calls == []
    assert len(site.simulator.state.tickets) == before


def test_whatever_is_done_to_a_ticket_there_is_only_one(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket(agent="Tess Tech")
    system.tickets.write_note(ticket, "ESC-1", "ESC-1")
    system.tickets.write_message(ticket, "ESC-2", "ESC-2")
    for owner in (Ownership.KEEP, Ownership.NOBODY, system.directory.member("Sam Senior")):
        for place in (None, system.directory.locate("Tier 3"), system.directory.locate("Sr IT")):
            system.tickets.reassign(
                ticket, Target(place, owner, system.directory.status_in(system.directory.locate("Tier 3"), "New"))
            )
    assert list(site.simulator.state.tickets) == [int(ticket)]


def test_windows_zone_names_are_told_as_the_names_that_the_connector_takes(site: Site, system: TicketSystem) -> None:
    site.simulator.add_workday("Night", "W. Europe Standard Time", "22:00", "00:00")
    site.simulator.add_workday("Odd", "Moon Standard Time")
    found = {finding.subject: finding.message for finding in system.line.check()}
    assert "WORK_TIME_ZONE=Europe/London" in found["workday 'Standard Hours'"]
    assert "mon-fri 22:00-24:00, WORK_TIME_ZONE=Europe/Berlin" in found["workday 'Night'"]
    assert "not known" in found["workday 'Odd'"]


def test_no_mail_goes_to_the_client_whatever_is_written(site: Site, system: TicketSystem) -> None:
    ticket = site.a_ticket()
    system.tickets.write_note(ticket, "ESC-1", "ESC-1")
    system.tickets.write_message(ticket, "ESC-2", "ESC-2")
    assert site.simulator.mails() == []
    visible = [entry.visibility for entry in system.tickets.read(ticket).entries]
    assert visible == [Visibility.INTERNAL, Visibility.CLIENT]
