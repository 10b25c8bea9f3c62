"""Health that knows: whatever keeps tickets from going up, ``/health/status`` says so by cause, and names nobody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
import requests

from connector.demo.stage import Simulation
from connector.policy.modes import OBSERVES
from connector.store.database.errors import StoreUnavailable
from connector.store.mailbox import Mailbox
from connector.store.records import Failed, Outcome
from connector.store.troubles import TroubleKind, Troubles
from connector.web.reasons import Inspector
from tests.builders import NINE, at, minutes
from tests.scenarios.conftest import scenario_policy
from tests.scenarios.desks import a_ticket_on, where
from tests.scenarios.test_kept_policies import a_document
from tests.scenarios.test_notifications import Recorder
from tests.scenarios.test_policies_in_force import another_worker, opened, together, under

Open = Callable[..., Simulation]


def status(desk: Simulation) -> dict[str, Any]:
    answer = requests.get(f"{desk.url}/health/status", timeout=10)
    assert (answer.status_code == 200) == (answer.json()["status"] == "good")
    found: dict[str, Any] = answer.json()
    return found


def codes(desk: Simulation) -> list[str]:
    return [reason["code"] for reason in status(desk)["reasons"]]


@pytest.fixture
def open_stage(open_stage: Open) -> Open:
    """What is late, or gone, is told by what is done each minute; by the polls, above all."""
    return partial(open_stage, poll_every=minutes(1))


@pytest.fixture
def desk(open_stage: Open) -> Simulation:
    """A running stage at nine in the morning, polled as often as it is unless told otherwise: each minute."""
    running = open_stage()
    running.run_until(NINE)
    return running


def test_a_desk_at_work_is_good_and_says_when_it_last_heard_of_its_ticket_system(desk: Simulation) -> None:
    a_ticket_on(desk)
    desk.run_until(NINE + minutes(31))
    found = status(desk)
    assert (found["status"], found["reasons"]) == ("good", [])
    one = found["connections"]["connectwise"]
    assert at("09:30") <= datetime.fromisoformat(one["last_good_call_at"]) <= at("09:31")
    assert one["last_good_poll_seconds"] <= 60
    assert (one["failing_since"], one["past_deadline"], one["dead_letters"]) == (None, 0, 0)


def test_tickets_that_are_not_moved_in_time_are_told_with_how_late_they_are(
    open_stage: Open, database_url: str
) -> None:
    desk = open_stage(url=database_url)
    desk.run_until(NINE)
    ticket = a_ticket_on(desk, "Payroll of Carla Client is blocked")
    desk.run_until(NINE + minutes(29))
    desk.simulator.faults.outage = True
    desk.run_until(NINE + minutes(33))
    assert requests.get(f"{desk.url}/health/ready", timeout=10).status_code == 200
    found = status(desk)
    (reason,) = [one for one in found["reasons"] if one["code"] == "past_deadline"]
    assert reason["message"] == "1 ticket is past the deadline, the latest by 3 min"
    for secret in (str(ticket), "Carla", "Payroll", "Acme", "Tess", "127.0.0.1"):
        assert secret not in str(found)
    assert found["connections"]["connectwise"]["past_deadline"] == 1
    desk.simulator.faults.outage = False
    desk.run_until(NINE + minutes(50))
    assert where(desk, ticket)[0] == "Tier 3"
    assert status(desk)["reasons"] == []


def test_a_ticket_system_that_serves_nobody_is_told_once_and_not_as_a_late_poll_besides(desk: Simulation) -> None:
    desk.simulator.faults.outage = True
    desk.run_until(NINE + minutes(4))
    assert codes(desk) == ["connection_down"]


def test_while_a_connection_comes_back_health_says_so_and_names_no_second_reason(
    open_stage: Open, database_url: str
) -> None:
    desk = open_stage(url=database_url)
    desk.run_until(NINE)
    for n in range(12):
        a_ticket_on(desk, f"Nobody can print on floor {n}")
    desk.run_until(NINE + minutes(20))
    desk.simulator.faults.outage = True
    desk.run_until(NINE + minutes(50))
    assert set(codes(desk)) == {"connection_down", "past_deadline"}
    desk.simulator.faults.outage = False
    desk.run_until(NINE + minutes(50) + timedelta(seconds=31))
    assert [one.kind for one in Troubles(desk.store).all()] == [TroubleKind.CONNECTION_DOWN]
    found = status(desk)
    assert found["connections"]["connectwise"]["failing_since"] is None
    assert codes(desk) in ([], ["past_deadline"])
    for reason in found["reasons"]:
        assert "answers again since 09:50:" in reason["message"]
        assert reason["message"].endswith("and they are coming up")
    desk.run_until(NINE + minutes(53))
    assert (status(desk)["reasons"], Troubles(desk.store).all()) == ([], [])


def test_a_limit_that_ran_out_at_closing_time_is_not_late_before_the_opening(open_stage: Open) -> None:
    desk = open_stage(scenario_policy(), start=at("16:25"), poll_every=timedelta(minutes=30))
    desk.run_until(at("16:30"))
    ticket = a_ticket_on(desk)
    desk.run_until(at("20:00"))
    assert where(desk, ticket)[0] == "Service Desk"
    assert status(desk)["connections"]["connectwise"]["past_deadline"] == 0
    assert codes(desk) == []


def test_what_was_escalated_only_in_observe_mode_is_not_late(open_stage: Open) -> None:
    desk = open_stage(modes=OBSERVES)
    desk.run_until(NINE)
    a_ticket_on(desk)
    desk.run_until(NINE + minutes(45))
    assert codes(desk) == []


@pytest.mark.parametrize(
    ("kind", "cause"),
    [
        (TroubleKind.OTHER_EDITION, "a worker with the mode observe and the policy 1 claims nothing"),
        (TroubleKind.REFUSAL, "the right Service Desk > Service Tickets (Edit) is missing"),
        (TroubleKind.HOME_UNRESOLVED, "tier 2: there is no board 'Tier 3'"),
        (TroubleKind.CONNECTION_DOWN, "the credentials are refused"),
    ],
)
def test_whatever_stands_in_the_way_is_told_until_it_is_over(desk: Simulation, kind: TroubleKind, cause: str) -> None:
    troubles = Troubles(desk.store)
    troubles.meet("connectwise", kind, "x", cause)
    desk.run_until(NINE + minutes(1))
    assert [(one["code"], one["message"]) for one in status(desk)["reasons"]] == [(kind.code, cause)]
    troubles.end("connectwise", kind, "x")
    assert status(desk)["reasons"] == []


def test_a_worker_that_stopped_is_told_though_the_web_process_goes_on(desk: Simulation) -> None:
    desk.clock.advance(timedelta(seconds=61))
    assert "no_worker_cycle" in codes(desk)


def test_a_database_that_is_gone_is_never_fine(desk: Simulation, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise StoreUnavailable("the database does not answer")

    monkeypatch.setattr(desk.store, "now", away)
    assert codes(desk) == ["database_unavailable"]
    assert requests.get(f"{desk.url}/health/ready", timeout=10).status_code == 503


def test_changes_that_webhooks_told_of_are_counted_apart_from_those_that_the_poll_found(open_stage: Open) -> None:
    desk = open_stage()
    desk.run_until(NINE)
    ticket = a_ticket_on(desk)
    desk.run_until(NINE + minutes(5))
    before = status(desk)["connections"]["connectwise"]
    assert before["told_by_webhook"] >= 1
    assert before["found_by_poll"] == 0
    desk.simulator.faults.callbacks_lose_all = True
    desk.simulator.add_note(ticket, "On it.", "tess")
    desk.run_until(NINE + minutes(8))
    after = status(desk)["connections"]["connectwise"]
    assert (after["told_by_webhook"], after["found_by_poll"]) == (before["told_by_webhook"], 1)


def test_an_outside_watcher_is_told_once_a_minute_and_not_while_anything_is_wrong(desk: Simulation) -> None:
    told: list[datetime] = []
    inspector = Inspector(desk.mailbox, desk.connections, minutes(1))
    desk.connected.chores.heartbeat = lambda: told.append(desk.clock.now()) if inspector.look().is_good else None
    desk.connected.chores.schedule()
    desk.run_until(NINE + minutes(10))
    assert 10 <= len(told) <= 11
    desk.simulator.faults.outage = True
    desk.run_until(NINE + minutes(20))
    assert told[-1] <= NINE + minutes(14)
    desk.simulator.faults.outage = False
    desk.run_until(NINE + minutes(30))
    assert told[-1] >= NINE + minutes(29)


def test_a_watcher_that_is_not_wanted_any_more_is_not_told(desk: Simulation) -> None:
    desk.connected.chores.heartbeat = lambda: None
    desk.connected.chores.schedule()
    desk.run_until(NINE + minutes(2))
    desk.connected.chores.heartbeat = None
    desk.run_until(NINE + minutes(4))
    assert "@heartbeat" not in desk.mailbox.standing("connectwise").chores


def test_workers_that_idle_because_another_policy_is_in_force_are_told_until_it_is_over(open_stage: Open) -> None:
    desk = opened(open_stage, a_document(30))
    other = another_worker(desk, "other", a_document(45))
    together(desk, [other, desk.worker], at("09:02"))
    reasons = status(desk)["reasons"]
    assert [reason["code"] for reason in reasons] == ["other_policy_or_mode"]
    assert "claims nothing" in reasons[0]["message"]
    together(desk, [desk.worker], at("09:05"))  # the other one has ended
    assert codes(desk) == []


def test_a_home_that_does_not_resolve_is_told_by_its_place(open_stage: Open) -> None:
    wrong = a_document(30)
    wrong["tiers"][1]["homes"] = {"connectwise": "Tier 3 > Nobody"}
    desk = opened(open_stage, wrong)
    desk.run_until(NINE + minutes(1))
    found = {reason["code"]: reason["message"] for reason in status(desk)["reasons"]}
    assert "no team on the board 'Tier 3' named 'Nobody'" in found["home_unresolved"]
    under(desk, a_document(30))
    desk.run_until(NINE + minutes(12))
    assert codes(desk) == []


def test_what_a_turn_ended_with_and_cannot_be_stored_is_told_once_and_when_it_can_be_again(
    open_stage: Open, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    notifier = Recorder(1)
    desk = open_stage(url=database_url, notifier=notifier)
    desk.run_until(NINE)
    ticket, refused = a_ticket_on(desk, "Payroll is blocked"), [False]
    desk.run_until(NINE + minutes(5))
    finish = Mailbox.finish

    def choosy(self: Mailbox, outcomes: Sequence[Outcome], in_doubt: Any = ()) -> list[bool]:
        if refused[0] and any(one.claim.ticket == str(ticket) and not isinstance(one, Failed) for one in outcomes):
            raise ValueError("a character that no text may have")
        return finish(self, outcomes, in_doubt)

    monkeypatch.setattr(Mailbox, "finish", choosy)
    refused[0] = True
    desk.simulator.add_note(ticket, "On it.", "tess")
    desk.run_until(NINE + minutes(5) + timedelta(seconds=20))
    ((_, title, text),) = notifier.sent
    assert title == "connectwise: what a turn ended with cannot be stored"
    assert f"ticket {ticket}" in text
    assert "docs/runbook.md#finishing_failed" in text
    (reason,) = [one for one in status(desk)["reasons"] if one["code"] == "finishing_failed"]
    assert not any(secret in str(reason) for secret in (str(ticket), "Payroll", "character"))
    desk.run_until(NINE + minutes(10))
    assert len(notifier.sent) == 1
    refused[0] = False
    desk.run_until(NINE + minutes(15))
    assert [title for _, title, _ in notifier.sent[1:]] == ["connectwise: what turns end with can be stored again"]
    assert codes(desk) == []
