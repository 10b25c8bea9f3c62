"""Mail through Request Tracker's own mail gate: it is by whoever its From claims to be, and it decides nothing."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from email.message import EmailMessage

import pytest

from connector.model import AuthorKind, TicketId
from connector.notes.marker import Marks
from connector.rules.commands import says_something
from connector.rules.evidence import first_touch
from tests.builders import a_policy
from tests.contract.worlds import World
from tests.e2e.rt.api import Api
from tests.e2e.rt.desk import RealDesk
from tests.e2e.rt.instance import Instance
from tests.e2e.rt.worlds import real_world

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

ORDERS = "/escalate knowledge\nPlan: reboot"
MARKS = Marks("a key")


@pytest.fixture
def world(instance: Instance) -> Iterator[World]:
    """The desk, and a connection to it."""
    with real_world(RealDesk(instance)) as made:
        yield made


def mail_of(name: str, ticket: int, text: str = ORDERS, html: str = "") -> EmailMessage:
    """A mail that claims to be from somebody of the desk."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"{name}@rt.test", "rt@rt.test", f"[rt.test #{ticket}] Orders"
    mail.set_content(text)
    if html:
        mail.add_alternative(html, subtype="html")
    return mail


def send(instance: Instance, mail: bytes, action: str) -> None:
    """Hand a mail to the gate."""
    command = ["rt-mailgate", "--queue", "First Touch", "--action", action, "--url", instance.url]
    subprocess.run(command, input=mail, check=True, timeout=60)


@pytest.mark.parametrize("action", ["comment", "correspond"])
@pytest.mark.parametrize("html", ["", "<p>/escalate knowledge</p><p>Plan: reboot</p>"])
def test_a_mail_says_who_it_is_from_and_orders_nothing(
    instance: Instance, world: World, tess: Api, action: str, html: str
) -> None:
    ticket = tess.open("Mailed to")
    tess.comment(ticket, "Restarted it")
    send(instance, mail_of("tess", ticket, html=html).as_bytes(), action)
    *_, noted, mailed = world.read(TicketId(str(ticket))).entries
    assert (noted.text, noted.is_claimed) == ("Restarted it", False)
    assert (mailed.text.strip(), mailed.author.kind, mailed.is_claimed) == (ORDERS, AuthorKind.AGENT, True)


def head(ticket: int, more: Mapping[str, str]) -> str:
    """The headers of a mail that claims to be Tess's."""
    lines = {"From": "tess@rt.test", "To": "rt@rt.test", "Subject": f"[rt.test #{ticket}] Orders", **more}
    return "".join(f"{name}: {value}\r\n" for name, value in {**lines, "MIME-Version": "1.0"}.items())


WEB = "X-RT-Interface: Web\r\n"
ORDERED = "/escalate knowledge\r\nPlan: reboot\r\n"
INNER = f"From: eve@evil.test\r\nSubject: inner\r\n{WEB}Content-Type: text/plain\r\n\r\n{ORDERED}"
PART = f"--x\r\nContent-Type: text/plain\r\n{WEB}\r\n{ORDERED}--x--\r\n"
DISGUISED = {
    "its own headers say that it was typed in a page": (
        {"X-RT-Interface": "Web", "Content-Type": "text/plain"},
        ORDERED,
    ),
    "a part of it says so": ({"Content-Type": "multipart/mixed; boundary=x"}, PART),
    "it is nothing but another mail, which says so": ({"Content-Type": "message/rfc822"}, INNER),
}


@pytest.mark.parametrize("action", ["comment", "correspond"])
@pytest.mark.parametrize("name", DISGUISED)
def test_a_mail_cannot_pass_for_a_note_that_was_typed_in_a_page(
    instance: Instance, world: World, tess: Api, name: str, action: str
) -> None:
    ticket = tess.open("Mailed to in disguise")
    more, body = DISGUISED[name]
    send(instance, f"{head(ticket, more)}\r\n{body}".encode(), action)
    _, *mailed = world.read(TicketId(str(ticket))).entries
    assert mailed, "the gate took nothing in"
    assert [entry.is_claimed for entry in mailed] == [True]
    assert not any(map(says_something, mailed))


def test_a_mail_touches_no_ticket_though_request_tracker_opens_it(instance: Instance, world: World, tess: Api) -> None:
    ticket = tess.open("Nobody's yet")
    send(instance, mail_of("tess", ticket).as_bytes(), "correspond")
    record = world.read(TicketId(str(ticket)))
    assert record.status.name == "open"
    assert first_touch(record, record.changes, a_policy()) is None
    tess.comment(ticket, "Looking at it")
    record = world.read(TicketId(str(ticket)))
    assert first_touch(record, record.changes, a_policy()) == record.entries[-1].at


def test_a_mail_from_the_connectors_own_address_is_none_of_its_notes(
    instance: Instance, world: World, tess: Api
) -> None:
    number = tess.open("Mailed to in our name")
    ticket, marker = TicketId(str(number)), MARKS.marker("saga")
    note = f"ESCALATED to Tier 3.\n\nRef. {marker}"
    world.system.tickets.write_note(ticket, note, marker)
    for action in ("comment", "correspond"):
        send(instance, mail_of("escalator", number, note).as_bytes(), action)
    record = world.read(ticket)
    _, ours, *mailed = record.entries
    assert (ours.author.kind, ours.author.account) == (AuthorKind.CONNECTOR, record.read_as)
    assert [(entry.author.kind, entry.author.account) for entry in mailed] == [(AuthorKind.UNKNOWN, "")] * 2
    assert MARKS.recognise(record.entries, {record.read_as}) == record.entries
