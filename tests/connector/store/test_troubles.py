"""What stands in the way: one row a cause, told once, told once that it is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from connector.clock import VirtualClock
from connector.store.database.engine import Store
from connector.store.mailbox import Mailbox
from connector.store.records import NOTIFY, Delivery, Source
from connector.store.troubles import Trouble, TroubleKind, Troubles
from tests.connector.mailboxes import PATIENCE, START, in_thread

MINUTE = timedelta(minutes=1)
DOWN = TroubleKind.CONNECTION_DOWN


@pytest.fixture
def troubles(mailbox: Mailbox) -> Troubles:
    return Troubles(mailbox.store)


def word(name: str) -> list[Delivery]:
    return [Delivery("psa", f"{NOTIFY}0", name, Source.NOTIFICATION, b"{}")]


def messages(mailbox: Mailbox) -> list[str]:
    claims = mailbox.claim("reader", 10, MINUTE, ["psa"])
    mailbox.hand_back(claims)
    return [mail.delivery for claim in claims for mail in claim.mail]


def test_a_trouble_that_is_met_again_is_the_same_one(troubles: Troubles, clock: VirtualClock) -> None:
    first = troubles.meet("psa", DOWN, "", "no connection", {"tickets": 1})
    clock.advance(MINUTE)
    again = troubles.meet("psa", DOWN, "", "credentials refused", {"tickets": 2})
    assert first == Trouble("psa", DOWN, "", "no connection", START, START, 1, None, {"tickets": 1})
    assert again == Trouble("psa", DOWN, "", "credentials refused", START, START + MINUTE, 2, None, {"tickets": 2})
    troubles.meet("psa", TroubleKind.REFUSAL, "move", "status refused")
    troubles.meet("other", DOWN, "", "no connection")
    assert [(one.connection, one.kind) for one in troubles.all()] == [
        ("psa", DOWN),
        ("other", DOWN),
        ("psa", TroubleKind.REFUSAL),
    ]
    assert troubles.all("other")[0].count == 1


def test_people_are_told_once_and_once_that_it_is_over(
    troubles: Troubles, mailbox: Mailbox, clock: VirtualClock
) -> None:
    met = troubles.meet("psa", DOWN, "", "no connection")
    assert troubles.tell(met, word("down"))
    assert not troubles.tell(met, word("down again"))
    assert troubles.all()[0].told_at == START
    clock.advance(MINUTE)
    over = troubles.end("psa", DOWN, "", word("back"))
    assert over is not None
    assert over.since == START
    assert troubles.end("psa", DOWN, "", word("back again")) is None
    assert not troubles.tell(met, word("too late"))
    assert troubles.all() == []
    assert messages(mailbox) == ["down", "back"]


def test_of_what_nobody_was_told_nobody_is_told_that_it_is_over(troubles: Troubles, mailbox: Mailbox) -> None:
    troubles.meet("psa", DOWN, "", "no connection")
    assert troubles.end("psa", DOWN, "", word("back")) is not None
    assert messages(mailbox) == []


def test_of_several_processes_one_tells(database_url: str, open_store: Callable[..., Store]) -> None:
    several = [Troubles(open_store(database_url)) for _ in range(4)]
    met = [in_thread(partial(one.meet, "psa", DOWN, "", "no connection")) for one in several]
    counts = sorted(future.result(PATIENCE).count for future in met)
    told = [in_thread(partial(one.tell, several[0].all()[0], word("down"))) for one in several]
    assert counts == [1, 2, 3, 4]
    assert sorted(future.result(PATIENCE) for future in told) == [False, False, False, True]


def test_a_trouble_that_was_met_again_meanwhile_is_not_over(troubles: Troubles, clock: VirtualClock) -> None:
    troubles.meet("psa", TroubleKind.REFUSAL, "move: full", "full")
    clock.advance(MINUTE)
    troubles.meet("psa", TroubleKind.REFUSAL, "move: full", "full")
    assert troubles.end("psa", TroubleKind.REFUSAL, "move: full", unless_met_after=START) is None
    assert len(troubles.all()) == 1
    assert troubles.end("psa", TroubleKind.REFUSAL, "move: full", unless_met_after=START + MINUTE) is not None
    assert troubles.all() == []
