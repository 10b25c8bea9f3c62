"""What a mended policy mends, and which policy and mode are in force while several workers have their own."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from connector.app.connect import connect, worker_of
from connector.demo.stage import Simulation, monotonic_of
from connector.policy.document import read_policy
from connector.policy.modes import ENFORCES, OBSERVES, Modes
from connector.store.connections import Connections
from connector.store.policy_log import PolicyLog
from connector.store.troubles import TroubleKind, Troubles
from connector.systems.contract import Connection
from connector.turn.turn import TurnSettings
from connector.worker.standing import SETTLED_AFTER
from connector.worker.worker import Worker
from tests.builders import NINE, at, minutes
from tests.scenarios.desks import a_ticket_on, events, our_notes, where
from tests.scenarios.test_kept_policies import a_document
from tests.scenarios.test_meanwhile import restarted
from tests.scenarios.test_notifications import Recorder


def under(desk: Simulation, document: dict[str, Any], *, modes: Modes = ENFORCES) -> None:
    """Restart the connector under another policy."""
    policy = read_policy(document)
    PolicyLog(desk.store).bring_into_force(policy.version, document)
    restarted(desk, modes=modes, policy=policy)


def opened(
    open_stage: Callable[..., Simulation], document: dict[str, Any], *, modes: Modes = ENFORCES, **given: Any
) -> Simulation:
    """A stage at nine, under a policy that is in the log."""
    desk = open_stage(read_policy(document), modes=modes, document=document, **given)
    desk.run_until(NINE)
    return desk


def another_worker(desk: Simulation, name: str, document: dict[str, Any], *, modes: Modes = ENFORCES) -> Worker:
    """A worker process of its own, started now."""
    connection = desk.connected.connection
    made = connect(
        Connection(connection.id, connection.system),
        desk.store,
        read_policy(document),
        TurnSettings(modes=modes),
        minutes(1),
        keeps_webhooks=True,
        jitter=random.Random(1),
        document=document,
    )
    settings = replace(desk.worker.settings, name=name)
    return worker_of(desk.store, [made], settings, monotonic=monotonic_of(desk.clock))


def together(desk: Simulation, workers: Sequence[Worker], moment: datetime) -> None:
    """Let the workers run side by side until a moment, each looking every five seconds."""
    while True:
        desk.simulator.deliver_pending()
        while sum(worker.run_until_idle() for worker in workers):
            desk.simulator.deliver_pending()
        if desk.clock.now() >= moment:
            return
        desk.clock.move_to(min(moment, desk.clock.now() + timedelta(seconds=5)))


def waiting(desk: Simulation) -> list[str]:
    """The editions whose workers wait, as health shows them."""
    return [one.name for one in Troubles(desk.store).all() if one.kind is TroubleKind.OTHER_EDITION]


def noted_at(desk: Simulation, ticket: int) -> list[datetime]:
    """When the connector wrote its notes on a ticket."""
    return [datetime.fromisoformat(note["dateCreated"]) for note in our_notes(desk, ticket)]


# -- one policy for every ticket ---------------------------------------------------------------------------------


@pytest.mark.process("change-of-mind")
@pytest.mark.parametrize("adopts_from_now", [True, False])
def test_the_limits_of_a_trial_escalate_nobody_after_the_switch_to_enforce(open_stage, adopts_from_now):
    desk = opened(open_stage, a_document(30), modes=OBSERVES, adopts_from_now=adopts_from_now)
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:10"))
    under(desk, a_document(240))
    desk.run_until(at("12:59"))
    assert our_notes(desk, ticket) == []
    assert events(desk, ticket, "policy kept") == []
    desk.run_until(at("13:10"))
    assert "within 240 working minutes" in our_notes(desk, ticket)[0]["text"]


@pytest.mark.process("change-of-mind")
def test_the_limits_of_a_later_trial_escalate_nobody_after_the_switch_back_to_enforce(open_stage):
    """Only the first switch to enforce adopts; what began in a later trial has the limits in force when that ended."""
    desk = opened(open_stage, a_document(240))
    early = a_ticket_on(desk, "begun while it was enforced")
    desk.run_until(at("09:10"))
    under(desk, a_document(10), modes=OBSERVES)
    desk.run_until(at("09:15"))
    ticket = a_ticket_on(desk, "begun in the trial")
    desk.run_until(at("09:40"))
    under(desk, a_document(180))
    desk.run_until(at("12:14"))
    assert noted_at(desk, ticket) == []
    desk.run_until(at("13:00"))
    assert [noted_at(desk, one)[0] for one in (ticket, early)] == [at("12:15"), at("13:00")]


@pytest.mark.process("change-of-mind")
def test_a_home_that_was_mended_counts_for_a_ticket_whose_limit_is_an_earlier_one(open_stage):
    wrong = a_document(30)
    wrong["tiers"][1]["homes"] = {"connectwise": "Service Desk > Dispatch"}
    desk = opened(open_stage, wrong)
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:05"))
    under(desk, a_document(45))
    desk.run_until(at("09:30"))
    found = desk.simulator.ticket(ticket)
    assert "within 30 working minutes" in our_notes(desk, ticket)[0]["text"]
    assert (found["board"]["name"], found["team"]["name"]) == ("Tier 3", "Seniors")


@pytest.mark.process("change-of-mind")
def test_a_policy_edited_while_fifty_stints_run_judges_none_by_a_mixture(open_stage):
    """Half of them were adopted from a trial in observe mode, half began since. The edit mends all that there is."""
    trial, begun = a_document(5), a_document(45)
    edited = a_document(20) | {
        "statuses": {"waiting": ["In Progress"]},
        "calendars": {"default": {"hours": "mon-fri 08:00-10:45 11:30-17:00"}},
    }
    edited["tiers"][1] |= {"homes": {"connectwise": "Sr IT"}, "status": "In Progress"}
    edited["tiers"][2] |= {"homes": {"connectwise": "Tier 3 > Seniors"}}
    desk = opened(open_stage, trial, modes=OBSERVES)
    adopted = [a_ticket_on(desk, f"adopted {n}") for n in range(25)]
    desk.run_until(at("10:00"))
    under(desk, begun)
    desk.run_until(at("10:10"))
    running = [a_ticket_on(desk, f"running {n}") for n in range(25)]
    waits, *running = running
    desk.simulator.set_status(waits, "In Progress")
    desk.run_until(at("10:20"))
    under(desk, edited)
    desk.run_until(at("10:25"))
    new = a_ticket_on(desk, "begun under the edited policy")
    desk.run_until(at("12:30"))
    # Adopted at ten and running since ten past: 45 minutes each, on the present calendar. 10:45, the closing time of
    # today, is judged at the next opening; ten minutes of the others are left then.
    assert {tuple(noted_at(desk, ticket)) for ticket in adopted} == {(at("11:30"),)}
    assert {tuple(noted_at(desk, ticket)) for ticket in running} == {(at("11:40"),)}
    assert noted_at(desk, new) == [at("11:30")]
    assert noted_at(desk, waits) == []
    assert {where(desk, ticket)[0] for ticket in (*adopted, *running, new)} == {"Sr IT"}
    assert {desk.simulator.ticket(ticket)["status"]["name"] for ticket in (*adopted, *running)} == {"In Progress"}
    assert {row.detail["limit_minutes"] for ticket in adopted for row in events(desk, ticket, "escalated")} == {45}


# -- what was mended mends every ticket --------------------------------------------------------------------------


def mended(desk: Simulation, document: dict[str, Any]) -> None:
    """Restart under the mended policy, and let one survey happen: once no worker takes tickets by the one before."""
    under(desk, document)
    desk.run_until(desk.clock.now() + SETTLED_AFTER)


def test_a_status_that_was_placed_wrongly_and_is_mended_mends_every_ticket_at_once(open_stage):
    document = a_document(30)
    desk = opened(open_stage, document | {"statuses": {"resolved": ["In Progress"], "waiting": ["Scheduled"]}})
    done, waits = a_ticket_on(desk, status="In Progress"), a_ticket_on(desk, "two", status="Scheduled")
    desk.run_until(at("09:45"))
    assert (our_notes(desk, done), our_notes(desk, waits)) == ([], [])
    mended(desk, document | {"statuses": {"working": ["In Progress", "Scheduled"]}})
    assert [noted_at(desk, ticket) for ticket in (done, waits)] == [[at("09:45:20")], [at("09:45:20")]]


def test_a_manager_who_was_named_wrongly_and_is_mended_may_override_what_he_overrode(open_stage):
    document = a_document(30)
    tiers = [document["tiers"][0] | {"managers": ["mariaa"]}, *document["tiers"][1:]]
    desk = opened(open_stage, document | {"tiers": tiers})
    ticket = a_ticket_on(desk)
    desk.simulator.add_note(ticket, "/override 60m because the vendor calls back", "maria")
    desk.run_until(at("09:10"))
    assert "Not applied" in our_notes(desk, ticket)[0]["text"]
    mended(desk, document | {"tiers": [tiers[0] | {"managers": ["maria"]}, *tiers[1:]]})
    desk.run_until(at("09:59"))
    assert events(desk, ticket, "escalated") == []
    desk.run_until(at("10:00"))
    assert len(events(desk, ticket, "escalated")) == 1


def test_a_holiday_that_was_wrong_and_is_mended_mends_every_ticket_at_once(open_stage):
    document = a_document(30)
    wrong = document | {"calendars": {"default": {"hours": "mon-fri 08:00-17:00", "holidays": ["2026-01-15"]}}}
    desk = opened(open_stage, wrong)
    ticket = a_ticket_on(desk)
    desk.run_until(at("11:00"))
    assert our_notes(desk, ticket) == []
    mended(desk, document)
    assert noted_at(desk, ticket) == [at("11:00:20")]


def test_a_home_that_does_not_resolve_is_told_of_once_and_its_tickets_come_up_when_it_does(open_stage):
    document = a_document(30)
    wrong = [document["tiers"][0] | {"homes": {"connectwise": "Service Desk > First Tuch"}}, *document["tiers"][1:]]
    notifier = Recorder(1)
    desk = opened(open_stage, document | {"tiers": wrong}, notifier=notifier)
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:45"))
    assert our_notes(desk, ticket) == []
    (trouble,) = Troubles(desk.store).all()
    assert (trouble.kind, trouble.name) == (TroubleKind.HOME_UNRESOLVED, "tier 1: Service Desk > First Tuch")
    assert "tier 1 (First Touch (T1/2)): there is no team" in trouble.cause
    assert [title for _, title, _ in notifier.sent] == ["connectwise: a home does not resolve"]
    # Mended in the ticket system, without a restart.
    desk.simulator.rename_team("Service Desk", "First Touch", "First Tuch")
    desk.run_until(at("09:47"))
    assert Troubles(desk.store).all() == []
    assert [title for _, title, _ in notifier.sent][1:] == ["connectwise: a home resolves again"]
    assert desk.mailbox.snapshots("connectwise", [str(ticket)])[str(ticket)]["verdict"] == "running"
    desk.run_until(at("10:20"))
    assert len(our_notes(desk, ticket)) == 1


def test_a_home_that_was_mended_in_the_policy_is_a_trouble_no_more(open_stage):
    document = a_document(30)
    wrong = [document["tiers"][0] | {"homes": {"connectwise": "Service Desk > First Tuch"}}, *document["tiers"][1:]]
    desk = opened(open_stage, document | {"tiers": wrong})
    ticket = a_ticket_on(desk)
    desk.run_until(at("09:10"))
    assert len(Troubles(desk.store).all()) == 1
    mended(desk, document)
    assert Troubles(desk.store).all() == []
    assert desk.mailbox.snapshots("connectwise", [str(ticket)])[str(ticket)]["verdict"] == "running"


def test_what_might_live_in_a_home_that_does_not_resolve_goes_on_when_that_is_mended(open_stage):
    """A team inside the board that is another tier's home: until it resolves nobody can tell whose a ticket is."""
    document = a_document(30)
    board = document["tiers"][0] | {"homes": {"connectwise": "Service Desk"}}
    inside = document["tiers"][1] | {"homes": {"connectwise": "Service Desk > Senjors"}}
    desk = opened(open_stage, document | {"tiers": [board, inside, document["tiers"][2]]})
    ticket = a_ticket_on(desk, "two", team="First Touch")
    desk.run_until(at("09:07"))
    assert desk.mailbox.snapshots("connectwise", [str(ticket)])[str(ticket)]["verdict"] == "unknown"
    desk.simulator.add_team("Service Desk", "Senjors")
    desk.run_until(at("09:09"))
    assert desk.mailbox.snapshots("connectwise", [str(ticket)])[str(ticket)]["verdict"] == "running"


# -- several workers with policies and modes of their own ----------------------------------------------------------


def wider(document: dict[str, Any]) -> dict[str, Any]:
    """The same with the whole board as the first tier's home."""
    first, *rest = document["tiers"]
    return document | {"tiers": [first | {"homes": {"connectwise": "Service Desk"}}, *rest]}


def test_a_rolling_deploy_that_adds_a_home_neither_loses_nor_doubles(open_stage, database_url):
    narrow = a_document(10)
    desk = opened(open_stage, narrow, url=database_url)
    old = desk.worker
    here, there = a_ticket_on(desk, "one"), a_ticket_on(desk, "two", team="Dispatch", status="In Progress")
    together(desk, [old], at("09:05"))
    new = another_worker(desk, "new", wider(narrow))
    # The old worker does not know it yet: what it takes of the new home, it forgets.
    late = a_ticket_on(desk, "three", team="Dispatch")
    desk.simulator.deliver_pending()
    new.cycle()
    old.run_until_idle()
    assert desk.mailbox.snapshots("connectwise", [str(there), str(late)]) == {}
    together(desk, [old, new], at("09:06"))
    assert old.cycle() == 0
    assert waiting(desk) == [f"enforce {read_policy(narrow).version}"]
    together(desk, [old, new], at("09:16"))
    assert [noted_at(desk, ticket) for ticket in (here, there, late)] == [[at("09:10")], [at("09:15")], [at("09:15")]]
    # The old one ends with the deployment: health is good again within two minutes.
    together(desk, [new], at("09:18"))
    assert waiting(desk) == []


def test_observe_to_enforce_and_back_and_forth_adopts_once_and_writes_once(open_stage, database_url):
    document = a_document(10)
    desk = opened(open_stage, document, modes=OBSERVES, url=database_url)
    observing = desk.worker
    first = a_ticket_on(desk, "one")
    together(desk, [observing], at("09:30"))
    enforcing = another_worker(desk, "enforcing", document)
    together(desk, [observing, enforcing], at("09:35"))
    second = a_ticket_on(desk, "two")
    together(desk, [observing, enforcing], at("09:41"))
    assert [noted_at(desk, ticket) for ticket in (first, second)] == [[at("09:40")], []]
    # Rolled back: an old worker starts again, and nothing more is written.
    again = another_worker(desk, "observing again", document, modes=OBSERVES)
    together(desk, [again, enforcing], at("09:50"))
    assert (noted_at(desk, second), events(desk, second, "would escalate") != []) == ([], True)
    # And forward: nothing is adopted anew, what was due meanwhile goes up once.
    last = another_worker(desk, "last", document)
    together(desk, [again, enforcing, last], at("09:52"))
    assert noted_at(desk, first) == [at("09:40")]
    (went_up,) = noted_at(desk, second)
    assert at("09:50") <= went_up <= at("09:50:30")
    assert [where(desk, ticket)[0] for ticket in (first, second)] == ["Tier 3", "Tier 3"]


def test_an_old_workers_restart_puts_its_own_in_force_and_what_ends_with_it_goes_on(open_stage, database_url):
    old_document, new_document = a_document(10), wider(a_document(10))
    desk = opened(open_stage, old_document, url=database_url)
    new = another_worker(desk, "new", new_document)
    together(desk, [desk.worker, new], at("09:01"))
    there = a_ticket_on(desk, "two", team="Dispatch")
    together(desk, [desk.worker, new], at("09:02"))
    restarted_one = another_worker(desk, "old again", old_document)
    here = a_ticket_on(desk, "one")
    together(desk, [restarted_one, new], at("09:04"))
    assert waiting(desk) == [f"enforce {read_policy(new_document).version}"]
    # The old worker ends at last. After a minute of silence the new ones go on.
    together(desk, [new], at("09:06"))
    assert waiting(desk) == []
    together(desk, [new], at("09:30"))
    assert noted_at(desk, here) == [at("09:12")]
    (went_up,) = noted_at(desk, there)
    assert at("09:11") <= went_up <= at("09:16")


def test_where_those_in_force_give_no_sign_of_life_the_living_go_on(open_stage, database_url):
    document = a_document(10)
    desk = opened(open_stage, document, url=database_url)
    ticket = a_ticket_on(desk)
    together(desk, [desk.worker], at("09:09"))
    another_worker(desk, "dies at once", a_document(240))
    together(desk, [desk.worker], at("09:10"))
    assert (waiting(desk), noted_at(desk, ticket)) == ([f"enforce {read_policy(document).version}"], [])
    together(desk, [desk.worker], at("09:12"))
    (went_up,) = noted_at(desk, ticket)
    assert at("09:10") <= went_up <= at("09:10:10")
    assert waiting(desk) == []
    assert Connections(desk.store).get("connectwise").policy_version == read_policy(document).version
