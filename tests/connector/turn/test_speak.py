"""Each short note once: whatever happens between the journal and the ticket system."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connector.clock import VirtualClock
from connector.errors import Forbidden, OutcomeUnknown, Permanent, Temporary
from connector.notes.marker import Marks
from connector.store import audit
from connector.store.database.errors import LeaseLost
from connector.store.journal import Journal
from connector.store.mailbox import Mailbox
from connector.store.records import AuditEvent, Claim, Event, Step, StepState
from connector.turn.duties import Say
from connector.turn.saga import StepKind
from connector.turn.speak import Speaker
from tests.builders import SAM, TESS
from tests.connector.mailboxes import LEASE, a_held_ticket, claim_one, steps_of
from tests.connector.turn.desk_double import API, DeskDouble, Died, die, no_answer, refuse
from tests.doubles import a_system

SAGA = "psa/4711/x/answer/77"
SAY = Say(
    SAGA,
    "answer",
    ("Tess Tech: done.", "Really."),
    (AuditEvent(Event.REMINDED, {"entry": "77"}),),
    facts={"heard": ["77"]},
)
MESSAGE = Say("psa/4711/x/final/client", "message to the client", ("We are on it.",), (), to_client=True)
MARKS = Marks("key")
REF = f"Ref. {MARKS.marker(SAGA)}"


class Talk:
    """A speaker on a ticket that it reads anew at every try, as a turn does."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox
        self.system = DeskDouble()
        self.journal = Journal(mailbox.store)
        self.speaker = Speaker(a_system(self.system), self.journal, MARKS)
        self.claim: Claim = a_held_ticket(mailbox, "4711")

    def say(self, say: Say = SAY) -> None:
        record = self.system.record
        record = replace(record, entries=MARKS.recognise(record.entries, {API}))
        self.speaker.say(self.claim, record, self.steps(), say)

    def steps(self) -> list[Step]:
        return steps_of(self.journal, "psa/4711/")

    def events(self) -> list[str]:
        return [row.event for row in audit.events(self.mailbox.store, "psa", "4711")]

    def restart(self, clock: VirtualClock) -> None:
        """Another worker takes the ticket over."""
        clock.advance(LEASE)
        self.claim = claim_one(self.mailbox, "second")


@pytest.fixture
def sqlite_only(sqlite_url: str, open_store: Callable[..., Any], clock: VirtualClock) -> Mailbox:
    return Mailbox(open_store(sqlite_url, clock))


@pytest.fixture
def talk(sqlite_only: Mailbox) -> Talk:
    return Talk(sqlite_only)


def test_a_note_is_written_with_its_marker_and_kept_on_record_with_its_audit(talk):
    talk.say()
    assert talk.system.texts == [f"Tess Tech: done.\nReally.\n\n{REF}"]
    (step,) = talk.steps()
    assert (step.saga, step.n, step.state) == (SAGA, StepKind.SAID, StepState.DONE)
    assert step.outcome == {"marker": REF.removeprefix("Ref. "), "what": "answer", "heard": ["77"]}
    assert talk.events() == ["reminded"]


def test_a_note_that_stands_already_is_not_written_again(talk):
    talk.say()
    talk.say()
    assert talk.system.writes == ["note"]
    assert talk.events() == ["reminded", "reminded"]  # the turn asks first whether a duty was done


@pytest.mark.process("crash")
def test_a_crash_right_after_the_write_repeats_nothing(talk, clock):
    talk.system.after = die
    with pytest.raises(Died):
        talk.say()
    talk.restart(clock)
    talk.say()
    assert talk.system.writes == ["note"]
    assert (talk.steps()[0].state, talk.events()) == (StepState.DONE, ["reminded"])


def test_a_crash_right_before_the_write_loses_nothing(talk, clock):
    talk.system.before = die
    with pytest.raises(Died):
        talk.say()
    assert (talk.system.texts, talk.events()) == ([], [])
    talk.restart(clock)
    talk.say()
    assert len(talk.system.texts) == 1


def test_after_an_unknown_outcome_nothing_is_repeated_before_it_could_have_surfaced(talk, clock):
    talk.system.before = no_answer
    with pytest.raises(OutcomeUnknown):
        talk.say()
    clock.advance(timedelta(seconds=10))
    with pytest.raises(Temporary) as caught:
        talk.say()
    assert caught.value.retry_after == 20
    assert talk.system.texts == []
    clock.advance(timedelta(seconds=20))
    talk.say()
    assert len(talk.system.texts) == 1


def test_a_note_that_surfaces_late_is_found(talk, clock):
    talk.system.after = no_answer
    with pytest.raises(OutcomeUnknown):
        talk.say()
    clock.advance(timedelta(seconds=10))
    talk.say()
    assert (talk.system.writes, talk.steps()[0].state) == (["note"], StepState.DONE)


def test_a_refused_note_is_tried_again_after_a_while(talk, clock):
    talk.system.before = refuse
    with pytest.raises(Permanent):
        talk.say()
    assert (talk.steps()[0].state, talk.events()) == (StepState.BEGUN, [])
    clock.advance(timedelta(seconds=30))
    talk.say()
    assert len(talk.system.texts) == 1


def test_whoever_lost_the_ticket_writes_nothing(talk, clock):
    clock.advance(LEASE)
    claim_one(talk.mailbox, "second")
    with pytest.raises(LeaseLost):
        talk.say()
    assert (talk.system.writes, talk.steps()) == ([], [])


@pytest.mark.process("final-message")
def test_the_client_is_told_where_he_sees_it_and_the_message_is_found_again(talk):
    talk.say(MESSAGE)
    assert talk.system.writes == ["message"]
    assert talk.system.texts[0].startswith("We are on it.\n\nRef. ESC-")
    talk.say(MESSAGE)
    assert talk.system.writes == ["message"]


def test_a_message_that_came_to_be_internal_has_not_told_the_client(talk):
    talk.system.write_note("4711", f"We are on it.\n\nRef. {MARKS.marker(MESSAGE.saga)}", "")
    talk.say(MESSAGE)
    assert talk.system.writes == ["note", "message"]


@pytest.mark.process("observe")
def test_an_observer_writes_to_the_audit_trail_and_nowhere_else(talk):
    talk.speaker.would_say(talk.claim, SAY)
    assert talk.system.writes == []
    (step,) = talk.steps()
    assert (step.n, step.state) == (StepKind.WOULD, StepState.DONE)
    assert step.outcome == {"what": "answer", "heard": ["77"]}
    (first, would) = audit.events(talk.mailbox.store, "psa", "4711")
    assert (first.event, would.event, would.detail) == (
        "reminded",
        "would write",
        {"what": "answer", "note": "Tess Tech: done.\nReally."},
    )


# --- people on the ticket -------------------------------------------------------------------------------------


def added(talk: Talk, *people) -> dict[str, Any]:
    talk.speaker.add_people(talk.claim, talk.system.record, "psa/4711/x/final/people", people)
    (row,) = audit.events(talk.mailbox.store, "psa", "4711")
    assert row.event == "people added"
    (step,) = talk.steps()
    assert (step.state, step.outcome) == (StepState.DONE, row.detail)
    return dict(row.detail)


@pytest.mark.process("final-people")
def test_people_are_put_on_the_ticket_and_recorded(talk):
    assert added(talk, TESS, SAM) == {"added": ["tess", "sam"], "missing": [], "why": ""}
    assert talk.system.on_ticket == (TESS, SAM)


def test_who_did_not_get_on_the_ticket_is_recorded(talk, monkeypatch):
    monkeypatch.setattr(talk.system, "add_people", lambda ticket, people: (TESS,))
    assert added(talk, TESS, SAM) == {"added": ["tess"], "missing": ["sam"], "why": ""}


def test_a_missing_right_is_recorded_and_stops_nothing(talk):
    def forbid() -> None:
        raise Forbidden("the right to add resources is missing")

    talk.system.before = forbid
    assert added(talk, TESS) == {"added": [], "missing": ["tess"], "why": "the right to add resources is missing"}


def test_a_system_without_such_a_field_is_not_asked(talk):
    talk.speaker = replace(talk.speaker, system=a_system(talk.system, can_add_people=False))
    assert added(talk, TESS) == {
        "added": [],
        "missing": ["tess"],
        "why": "the ticket system has no field for people beside the owner",
    }
    assert talk.system.writes == []


def test_where_nobody_is_configured_nobody_is_added(talk):
    assert added(talk) == {"added": [], "missing": [], "why": ""}
    assert talk.system.writes == []


def test_another_error_is_left_to_the_next_turn(talk):
    talk.system.before = no_answer
    with pytest.raises(OutcomeUnknown):
        talk.speaker.add_people(talk.claim, talk.system.record, "psa/4711/x/final/people", (TESS,))
    assert [step.state for step in talk.steps()] == [StepState.BEGUN]
