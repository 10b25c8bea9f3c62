"""A message that a target refuses does not hold up the next, and is told; a target that takes none keeps them all."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from connector.errors import Temporary
from connector.store.records import NOTIFY, Claim, Delivery, Event, Finished, Mail, Source
from connector.turn.announcements import Audience
from connector.worker.messages import Messages
from connector.worker.notifier import Refused

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Target:
    """Takes messages but those with one of the words; ``hangs``: gives no answer at all."""

    audience = Audience(("t1",), ("t2",))

    def __init__(self, *refused: str) -> None:
        self.refused = refused
        self.hangs = False
        self.taken: list[str] = []
        self.tries = 0

    def knows(self, name: str) -> bool:
        return True

    def named(self, name: str) -> str:
        return "NOTIFY_URLS, target 1 (slack)"

    def send(self, name: str, title: str, text: str) -> None:
        self.tries += 1
        if self.hangs:
            raise Temporary("no answer")
        if any(word in f"{title} {text}" for word in self.refused):
            raise Refused("not taken")
        self.taken.append(title)


def mail(number: int, text: str = "x") -> Mail:
    body = json.dumps({"title": f"Ticket {number}: Time", "text": text}).encode()
    return Mail(number, f"{NOTIFY}t1:psa/{number}", Source.NOTIFICATION, NOW, body)


def send(target: Target, *waiting: Mail) -> tuple[Finished, list[Delivery]]:
    told: list[Delivery] = []
    messages = Messages("psa", target, lambda: NOW, told.extend)  # type: ignore[arg-type]
    return messages.send_next(Claim("psa", f"{NOTIFY}t1", 1, mail=waiting)), told


def test_the_next_is_sent_and_the_refused_one_given_up_and_told():
    target = Target("poison")
    finished, told = send(target, mail(1, "poison"), mail(2))
    assert target.taken == ["Ticket 2: Time"]
    assert set(finished.done_mail) == {1, 2}
    [entry] = finished.audit
    assert (entry.event, entry.detail["delivery"]) == (Event.MESSAGE_GIVEN_UP, f"{NOTIFY}t1:psa/1")
    [alarm] = told
    assert alarm.ticket == f"{NOTIFY}t2"
    assert json.loads(alarm.body or b"")["title"] == "Ticket 1: a message was refused"
    assert b"poison" not in (alarm.body or b"")


def test_a_target_that_takes_none_keeps_them_all():
    target = Target("Ticket")
    for waiting in ([mail(1)], [mail(1), mail(2)], [mail(n) for n in range(1, 9)]):
        with pytest.raises(Refused):
            send(target, *waiting)
    assert target.taken == []


def test_one_that_was_refused_for_a_moment_is_sent_after_all():
    target = Target("Ticket 1")
    send_to = target.send

    def recovers(name: str, title: str, text: str) -> None:
        send_to(name, title, text)
        target.refused = ()

    target.send = recovers  # type: ignore[method-assign]
    finished, told = send(target, mail(1), mail(2))
    assert (target.taken, finished.done_mail, told) == (["Ticket 2: Time", "Ticket 1: Time"], (1, 2), [])


def test_of_many_that_were_sent_together_one_refused_does_not_hold_up_the_others():
    target = Target("poison")
    waiting = [mail(n, "poison" if n == 3 else "x") for n in range(1, 9)]
    given_up = []
    while waiting:
        finished, told = send(target, *waiting)
        given_up += told
        waiting = [one for one in waiting if one.id not in finished.done_mail]
    assert len(given_up) == 1
    assert "Ticket 3: Time" not in target.taken
    assert target.tries <= 16


def test_the_alarm_that_one_was_refused_tells_of_itself_nobody():
    target = Target("poison")
    _, [alarm] = send(target, mail(1, "poison"), mail(2))
    itself = Mail(3, alarm.delivery, Source.NOTIFICATION, NOW, b'{"title": "poison"}')
    assert send(target, itself, mail(2))[1] == []


def test_without_an_answer_nothing_is_given_up():
    target = Target()
    target.hangs = True
    with pytest.raises(Temporary):
        send(target, mail(1), mail(2))
    assert target.tries == 1
