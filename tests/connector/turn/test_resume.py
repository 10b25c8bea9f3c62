"""Going on with an escalation that an earlier turn began: it is finished, given up, or carried out anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connector.clock import VirtualClock
from connector.connection.state import ConnectionBook
from connector.errors import Temporary
from connector.model import Change, StatusGroup
from connector.notes.marker import Marks
from connector.policy.policy import FinalEscalation, Policy
from connector.rules.escalation import Demand, Documentation, demand_of
from connector.store import audit
from connector.store.connections import Connections
from connector.store.journal import Journal
from connector.store.mailbox import Mailbox
from connector.store.records import Delivery, Source, Step, StepState
from connector.turn.announcements import Announcer, Audience
from connector.turn.assignment import Assigner
from connector.turn.escalate import MOVE_TRIES, Escalator, MoveDidNotHold
from connector.turn.escalation import Carried, Destination
from connector.turn.look import Seen
from connector.turn.resume import GivenUp, refuse_endless_moves, resume
from connector.turn.saga import StepKind
from connector.turn.stays import Stay
from tests.builders import (
    DESK,
    ELSEWHERE,
    HOMES,
    RESOLVED,
    SAM,
    SR_IT,
    TESS,
    TIER_3,
    WAITING,
    WORKING,
    a_note,
    a_policy,
    a_tier,
    at,
    moved,
    seen,
    turned,
)
from tests.connector.mailboxes import a_held_ticket, steps_of
from tests.connector.speech import decided
from tests.connector.turn.desk_double import API, DeskDouble
from tests.doubles import a_system

MARKS = Marks("key")
FACTS = {"reason": "Time", "stage": "diagnosis", "from_tier": 1, "from": "First Touch (T1/2)", "to": "Tier 3"}


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(at("09:30"))


class Scene:
    """An escalation whose note was journaled at half past nine, and a turn that looks at what became of it."""

    def __init__(self, mailbox: Mailbox, policy: Policy, number: int = 1) -> None:
        self.mailbox, self.policy = mailbox, policy
        place = {1: DESK, 3: SR_IT}[number]
        self.saga = f"psa/4711/20260115T090000Z@{place.key}/{'diagnosis' if number == 1 else 'final'}"
        self.marker = MARKS.marker(self.saga)
        self.system = DeskDouble(owner=TESS, status=WORKING, place=place)
        self.first = self.system.record
        self.changes: list[Change] = [*seen(self.first)]
        self.new: tuple[Change, ...] = ()
        self.journal = Journal(mailbox.store)
        self.claim = a_held_ticket(mailbox, "4711")
        self.note: Step = self._begin(number)

    def _begin(self, number: int) -> Step:
        tier = self.policy.tier(number)
        decision = decided(self.first, at("09:30"), policy=self.policy)
        plan = self.escalator().plan(decision, HOMES, self.saga)
        facts = FACTS | {"from_tier": number, "from": tier.name}
        intent = {"marker": self.marker, "target": Destination.of(plan.target, self.first).kept(), **facts}
        self.journal.begin(self.claim, self.saga, StepKind.NOTE, intent)
        return steps_of(self.journal, "psa/4711/")[0]

    def escalator(self, *, owner_stays: bool = False) -> Escalator:
        connections = Connections(self.mailbox.store)
        connections.ensure("psa", "enforce", "v1")
        system = a_system(self.system)
        assigner = Assigner(system, ConnectionBook(connections, "psa"))
        announcer = Announcer("psa", Audience(("0",), ("0",)))
        return Escalator(system, self.journal, MARKS, self.policy, assigner, announcer, owner_stays=owner_stays)

    def write_the_note(self) -> None:
        """The note came to stand, and nobody heard of it."""
        self.system.write_note(self.first.id, f"ESCALATED.\nRef. {self.marker}", self.marker)
        self.system.writes.clear()

    def seen(self, now: str = "09:31") -> Seen:
        record = self.system.record
        record = replace(record, entries=MARKS.recognise(record.entries, {API}))
        decision = decided(record, at(now), [*self.changes, *self.new], self.policy)
        steps = tuple(steps_of(self.journal, "psa/4711/"))
        return Seen(self.claim, record, tuple(self.changes), self.new, HOMES, steps, decision, self.policy)

    def resume(self, now: str = "09:31", **given: Any) -> Carried | Stay | GivenUp | None:
        found = self.seen(now)
        demand = demand_of(found.decision, self.policy, Documentation(found.decision))
        move = next((step for step in found.steps if step.saga == self.saga and step.n == StepKind.MOVE), None)
        return resume(self.escalator(**given), found, self.note, move, demand)

    def events(self) -> list[tuple[str, Any]]:
        rows = audit.events(self.mailbox.store, "psa", "4711")
        return [(row.event, row.detail.get("why")) for row in rows]

    def move_step(self) -> Step | None:
        return next((step for step in steps_of(self.journal, "psa/4711/") if step.n == StepKind.MOVE), None)


def told(carried: Carried) -> list[tuple[str, Any]]:
    """What goes to the audit trail when the turn is finished."""
    return [(event.event, event.detail.get("recovered")) for event in carried.audit]


@pytest.fixture
def open_scene(sqlite_url: str, open_store: Callable[..., Any], clock: VirtualClock) -> Callable[..., Scene]:
    def open_(policy: Policy | None = None, number: int = 1) -> Scene:
        return Scene(Mailbox(open_store(sqlite_url, clock)), policy or a_policy(), number)

    return open_


@pytest.fixture
def scene(open_scene: Callable[..., Scene]) -> Scene:
    return open_scene()


def test_an_escalation_whose_note_does_not_stand_and_is_still_due_is_carried_out_anew(scene):
    assert scene.resume() is None
    assert (scene.system.writes, scene.events()) == ([], [])


def test_once_the_note_stands_the_move_is_made_and_nothing_is_written_twice(scene):
    scene.write_the_note()
    carried = scene.resume()
    assert isinstance(carried, Carried)
    assert (carried.record.place, scene.system.writes) == (TIER_3, ["move"])
    assert (carried.effect.saga, carried.effect.n) == (scene.saga, StepKind.MOVE)
    assert told(carried) == [("escalated", None)]


def test_a_plan_that_was_recorded_since_the_note_closes_the_escalation(scene):
    scene.write_the_note()
    entry = replace(a_note("Plan: swap it", at("09:29")), id="late")
    scene.system.record = replace(scene.system.record, entries=(*scene.system.record.entries, entry))
    stay = scene.resume()
    assert isinstance(stay, Stay)
    assert (stay.key, stay.is_over) == ("planned", True)
    assert stay.line == (
        "It stays with First Touch (T1/2): Tess Tech recorded a diagnosis plan at 09:29, while it was being escalated."
    )
    assert scene.system.writes == []


def test_an_override_by_nobody_who_may_changes_nothing(scene):
    scene.write_the_note()
    entry = replace(a_note("/override none because it is planned", at("09:29")), id="late")
    scene.system.record = replace(scene.system.record, entries=(*scene.system.record.entries, entry))
    assert isinstance(scene.resume(), Carried)
    assert scene.system.record.place == TIER_3


def test_a_pause_since_the_note_holds_the_move_and_is_told_once(scene):
    scene.write_the_note()
    scene.system.record = replace(scene.system.record, status=WAITING)
    scene.new = (turned(WORKING, WAITING, at("09:31")),)
    stay = scene.resume()
    assert isinstance(stay, Stay)
    assert (stay.key, stay.is_over) == ("paused/20260115T093100Z", False)
    assert scene.system.writes == []


def test_a_move_back_is_tried_against_after_one_minute_and_after_five(scene):
    scene.write_the_note()
    scene.journal.begin(scene.claim, scene.saga, StepKind.MOVE, {"tries": 1})
    with pytest.raises(MoveDidNotHold) as caught:
        scene.resume()
    assert (caught.value.tries, caught.value.retry_in) == (1, timedelta(minutes=1))
    scene.journal.begin(scene.claim, scene.saga, StepKind.MOVE, {"tries": 2})
    with pytest.raises(MoveDidNotHold) as caught:
        scene.resume()
    assert (caught.value.tries, caught.value.retry_in) == (2, timedelta(minutes=5))


def test_a_plan_that_came_before_the_note_stood_gives_it_up_once_the_note_cannot_surface_any_more(scene, clock):
    scene.system.record = replace(scene.first, entries=(a_note("Plan: swap it", at("09:29")),))
    with pytest.raises(Temporary):
        scene.resume()
    clock.advance(timedelta(seconds=30))
    assert isinstance(scene.resume(), GivenUp)
    assert scene.events() == [("nothing written", "the fix is due in 58 working minutes")]
    assert scene.system.writes == []
    assert scene.move_step().outcome == {"abandoned": "the fix is due in 58 working minutes"}


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ({"status": RESOLVED}, "the ticket is Resolved"),
        ({"is_escalatable": False, "why_not": "merged into 12"}, "the ticket is merged into 12"),
        ({"place": ELSEWHERE}, "the ticket was moved to Projects meanwhile"),
        ({"place": SR_IT}, "the ticket was moved to Sr IT meanwhile"),
    ],
)
def test_a_ticket_that_is_over_or_was_moved_by_others_stays_though_the_note_stands(scene, what, why):
    scene.write_the_note()
    scene.system.record = replace(scene.system.record, **what)
    if "place" in what:
        scene.new = (moved(DESK, what["place"], at("09:31")),)
    if "status" in what:
        scene.new = (turned(WORKING, RESOLVED, at("09:31")),)
    stay = scene.resume()
    assert isinstance(stay, Stay)
    assert (stay.why, stay.is_over) == (why, True)
    assert stay.line.startswith("It stays with ") or "is_escalatable" in what
    assert scene.system.writes == []


def test_a_policy_that_lost_the_tier_gives_it_up(scene):
    scene.write_the_note()
    scene.note = replace(scene.note, outcome=scene.note.outcome | {"from_tier": 4})
    stay = scene.resume()
    assert isinstance(stay, Stay)
    assert (stay.why, stay.line) == ("the policy no longer has the tier that the ticket was to leave", "")


def test_what_was_done_and_not_heard_of_is_recovered(scene):
    scene.write_the_note()
    scene.system.record = replace(scene.system.record, place=TIER_3, owner=None)
    scene.new = (moved(DESK, TIER_3, at("09:31")),)
    carried = scene.resume()
    assert isinstance(carried, Carried)
    assert not carried.is_final
    assert (scene.system.writes, told(carried)) == ([], [("escalated", True)])
    outcome = carried.effect.outcome
    assert (outcome["place"], outcome["recovered"], outcome["reason"]) == ("Tier 3 > Seniors", True, "Time")
    assert not {"marker", "target"} & outcome.keys()


def test_a_recovered_move_whose_owner_stayed_says_so_once(scene):
    scene.write_the_note()
    scene.system.record = replace(scene.system.record, place=TIER_3)
    scene.new = (moved(DESK, TIER_3, at("09:31")),)
    scene.resume()
    assert scene.system.writes == ["note"]
    assert "Tess Tech is still shown as the owner" in scene.system.texts[-1]
    scene.resume(owner_stays=True)
    assert scene.system.writes == ["note"]
    assert [step.n for step in steps_of(scene.journal, "psa/4711/") if step.saga.endswith("/owner")] == [StepKind.SAID]


def test_a_recovered_escalation_is_announced_too(scene):
    scene.write_the_note()
    scene.system.record = replace(scene.system.record, place=TIER_3, owner=None)
    (message,) = scene.resume().effect.deliveries
    assert (message.ticket, message.delivery) == ("@notify:0", f"@notify:0:{scene.saga}")


def test_a_final_escalation_is_finished_or_recovered_where_the_ticket_is(open_scene):
    scene = open_scene(a_policy(final=FinalEscalation(sr_it_manager="sam")), number=3)
    scene.write_the_note()
    carried = scene.resume("10:01")
    assert isinstance(carried, Carried)
    assert (carried.is_final, carried.record.place, carried.record.owner) == (True, SR_IT, SAM)
    again = scene.resume("10:02")
    assert isinstance(again, Carried)
    assert again.is_final
    assert scene.system.writes == ["move"]
    assert told(carried) + told(again) == [("final escalation", None), ("final escalation", True)]


def test_whoever_was_chosen_by_the_first_try_is_kept(open_scene):
    scene = open_scene(a_policy(tiers=(a_tier(1), a_tier(2, assign="round_robin"), a_tier(3))))
    assert Destination.kept_in(scene.note).member == "tess"
    scene.write_the_note()
    assert isinstance(scene.resume(), Carried)
    assert scene.system.record.owner == TESS


def test_nobody_is_kept_where_nobody_was_chosen():
    assert Destination.kept_in(None).member == ""
    assert Destination.kept_in(Step("s", StepKind.NOTE, StepState.BEGUN, {}, at("09:30"))).member == ""


def a_move(tries: int) -> Step:
    return Step("s", StepKind.MOVE, StepState.BEGUN, {"tries": tries}, at("09:30"))


def test_a_move_that_was_turned_back_too_often_waits_for_a_person_who_replays_it(scene, clock):
    refuse_endless_moves(scene.seen(), None, at("09:40"))
    refuse_endless_moves(scene.seen(), a_move(MOVE_TRIES - 1), at("09:40"))
    with pytest.raises(MoveDidNotHold, match="turned back 3 times") as caught:
        refuse_endless_moves(scene.seen(), a_move(MOVE_TRIES), at("09:40"))
    assert caught.value.tries == MOVE_TRIES
    clock.advance(timedelta(minutes=2))
    scene.mailbox.deliver([Delivery("psa", "4711", "replay", Source.MANUAL)])
    scene.claim = scene.mailbox.claim("second", 1, timedelta(seconds=60), ["psa"])[0]
    refuse_endless_moves(scene.seen(), a_move(MOVE_TRIES), at("09:40"))


def test_a_demand_of_another_kind_does_not_keep_a_note_that_never_stood(scene, clock):
    clock.advance(timedelta(seconds=30))
    found = scene.seen()
    outcome = resume(scene.escalator(), found, scene.note, None, Demand("fix", ()))
    assert isinstance(outcome, GivenUp)


def test_an_unknown_status_does_not_end_what_was_begun(scene):
    scene.write_the_note()
    odd = replace(WORKING, id="99", name="Limbo", group=StatusGroup.UNKNOWN)
    scene.system.record = replace(scene.system.record, status=odd)
    assert isinstance(scene.resume(), Carried)
