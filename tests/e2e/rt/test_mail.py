"""Mail through Request Tracker's own mail gate: it is by whoever its From claims to be, and orders nothing."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from connector.model import AuthorKind, TicketId
from tests.contract.worlds import World
from tests.e2e.rt.api import Api
from tests.e2e.rt.desk import RealDesk
from tests.e2e.rt.instance import Instance
from tests.e2e.rt.worlds import real_world

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

ORDERS = "/escalate knowledge\nPlan: reboot"


@pytest.fixture
def world(instance: Instance) -> Iterator[World]:
    """The desk, and a connection to it."""
    with real_world(RealDesk(instance)) as made:
        yield made


def send(instance: Instance, ticket: int, action: str, html: str = "") -> None:
    """Send a mail that claims to be Tess's."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "tess@rt.test", "rt@rt.test", f"[rt.test #{ticket}] Orders"
    mail.set_content(ORDERS)
    if html:
        mail.add_alternative(html, subtype="html")
    command = ["rt-mailgate", "--queue", "First Touch", "--action", action, "--url", instance.url]
    subprocess.run(command, input=mail.as_bytes(), check=True, timeout=60)


@pytest.mark.parametrize("action", ["comment", "correspond"])
@pytest.mark.parametrize("html", ["", "<p>/escalate knowledge</p><p>Plan: reboot</p>"])
def test_a_mail_says_who_it_is_from_and_orders_nothing(
    instance: Instance, world: World, tess: Api, action: str, html: str
) -> None:
    ticket = tess.open("Mailed to")
    tess.comment(ticket, "Restarted it")
    send(instance, ticket, action, html)
    *_, noted, mailed = world.read(TicketId(str(ticket))).entries
    assert (noted.text, noted.is_claimed) == ("Restarted it", False)
    assert (mailed.text.strip(), mailed.author.kind, mailed.is_claimed) == (ORDERS, AuthorKind.AGENT, True)
