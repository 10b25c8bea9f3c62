"""A service desk's week on a real Request Tracker, with the connector beside it as ``escalator run``."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from email.message import Message

import pytest

from tests.contract.servers import serving
from tests.e2e.rt.api import CLIENT, Api
from tests.e2e.rt.conftest import DATABASE
from tests.e2e.rt.connector import Connector, connector_at
from tests.e2e.rt.instance import POSTGRESQL, Instance
from tests.e2e.rt.newer_paging import NewerPaging
from tests.e2e.rt.stories import STORIES
from tests.e2e.rt.telling import APART, MESSAGE, PACE, Story, after, variables, wait

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

Teller = Callable[[Story], None]


@pytest.fixture(scope="module")
def front(standing: Instance, figures: list[str]) -> Iterator[str]:
    """Where the connector finds RT: on one kind of database as it pages since 5.0.6."""
    if DATABASE != POSTGRESQL:
        yield standing.url
        return
    relay = NewerPaging(standing.url)
    with serving(relay) as address:
        yield address
    figures.append(f"paging as since 5.0.6: {relay.paged} lists, {relay.clamped} of them asked beyond their end")


@pytest.fixture(scope="module")
def connector(standing: Instance, front: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connector]:
    """The connector, at work."""
    standing.start()
    standing.start_sender()
    with connector_at(standing, tmp_path_factory.mktemp("desk"), {**variables(), "RT_URL": front}, "desk") as connector:
        connector.start("run")
        connector.wait_until_ready()
        yield connector
        assert connector.is_running(), connector.log()[-4000:]
        assert connector.stop() == [0]
        assert "Traceback" not in connector.log()


@pytest.fixture(scope="module")
def told(connector: Connector) -> dict[str, tuple[Story, Future[None]]]:
    """All stories, begun one after the other, told to their ends side by side."""
    stories = {teller: Story(connector.instance) for teller in STORIES}
    begin = datetime.now(UTC)

    def tell(number: int, teller: Teller) -> None:
        wait(after(begin, number * APART))
        stories[teller].opened(teller.__name__.replace("_", " "))
        teller(stories[teller])

    with ThreadPoolExecutor(len(stories)) as pool:
        ends = [pool.submit(tell, number, teller) for number, teller in enumerate(stories)]
    return {teller.__name__: (stories[teller], end) for teller, end in zip(stories, ends, strict=True)}


@pytest.mark.parametrize("teller", STORIES, ids=lambda teller: teller.__name__)
def test_the_story_ends_as_it_should(teller: Teller, told: dict[str, tuple[Story, Future[None]]]) -> None:
    story, end = told[teller.__name__]
    end.result()
    story.is_as_told()


@pytest.mark.parametrize("teller", STORIES, ids=lambda teller: teller.__name__)
def test_the_client_sees_none_of_it(teller: Teller, told: dict[str, tuple[Story, Future[None]]]) -> None:
    story, _ = told[teller.__name__]
    client = Api(story.instance, CLIENT)
    for note in story.own_notes():
        assert story.api("sam").texts(note.id).strip()
        assert client.answer("GET", f"/transaction/{note.id}").status_code == 403
        assert client.answer("GET", f"/transaction/{note.id}/attachments").json().get("items") in (None, [])
    if story.api("root").ticket(story.ticket)["Status"] != "deleted":
        seen = client.history(story.ticket)
        assert "Comment" not in {one.type for one in seen}
        texts = {one.id: client.texts(one.id) for one in seen}
        messages = {one.id for one in story.own_messages()}
        assert all(MESSAGE in texts[number] for number in messages)
        assert not [text for number, text in texts.items() if "ESC-" in text and number not in messages]


def test_no_mail_to_the_client_holds_a_note(told: dict[str, tuple[Story, Future[None]]], connector: Connector) -> None:
    mails = connector.instance.mails()
    to_client = [mail for mail in mails if CLIENT in f"{mail['To']} {mail['Cc']} {mail['Bcc']}"]
    to_staff = [mail for mail in mails if mail not in to_client]
    assert to_client
    assert not [mail for mail in to_client if "ESC-" in text_of(mail) and MESSAGE not in text_of(mail)]
    # Proof that this would have found one: the crews get them.
    assert [mail for mail in to_staff if "ESC-" in text_of(mail)]


def test_how_late_escalations_are(told: dict[str, tuple[Story, Future[None]]], figures: list[str]) -> None:
    lateness = [seconds for story, _ in told.values() for seconds in story.lateness]
    figures.append(
        f"{len(lateness)} escalations: {min(lateness):.0f} to {max(lateness):.0f} s after their limits, "
        f"median {statistics.median(lateness):.0f} s; told at pace {PACE}"
    )
    assert min(lateness) >= 0


def text_of(mail: Message) -> str:
    """All text of a mail."""
    parts = (part.get_payload(decode=True) for part in mail.walk() if not part.is_multipart())
    return "\n".join(part.decode(errors="replace") for part in parts if isinstance(part, bytes))
