"""Messages to the client and people beside the owner: first on a scripted site, then on the strict simulator."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from adapters.connectwise.simulator import Simulator
from adapters.connectwise.system import connect
from adapters.connectwise.variables import settings_from
from connector.clock import VirtualClock
from connector.errors import Forbidden, NotFound, OutcomeUnknown, Permanent
from connector.model import Person, TicketId, Visibility
from connector.systems.contract import TicketSystem
from tests.adapters.connectwise.site import API, NOW, MemoryKeys, a_site, a_ticket, connected
from tests.doubles import our_note

ID = TicketId("4711")
TICKET = "service/tickets/4711"
GONE = {"code": "NotFound", "message": "Service Ticket 4711 not found"}
AVA, BEN, CYN = (
    Person("12", "ava", "Ava Agent"),
    Person("13", "Ben", "Ben Bridge"),
    Person("14", "cyn", "Cyn Cole"),
)
OWNED = {"owner": {"id": 12, "identifier": "ava", "name": "Ava Agent"}, "resources": "ava, robot"}
MESSAGE = {
    "id": 951,
    "ticketId": 4711,
    "text": "We are on it.\nESC-1",
    "detailDescriptionFlag": True,
    "internalAnalysisFlag": False,
    "resolutionFlag": False,
    "internalFlag": True,
    "externalFlag": True,
    "dateCreated": "2026-03-02T09:59:58Z",
}


def test_a_message_goes_to_the_discussion_alone_and_notifications_stay_as_the_site_has_them() -> None:
    with a_site() as site:
        site.answer("POST", f"{TICKET}/notes", MESSAGE, 201)
        note = connected().tickets.write_message(ID, "We are on it.\nESC-1", "ESC-1")
        (sent,) = site.payloads("POST")
    assert (note.id, note.at) == ("951", datetime(2026, 3, 2, 9, 59, 58, tzinfo=UTC))
    assert sent == {
        "text": "We are on it.\nESC-1",
        "internalAnalysisFlag": False,
        "detailDescriptionFlag": True,
        "resolutionFlag": False,
    }


@pytest.mark.parametrize("flags", [{"detailDescriptionFlag": False}, {"detailDescriptionFlag": None}])
def test_a_message_that_came_back_hidden_is_an_error(flags: dict[str, Any]) -> None:
    with a_site() as site:
        site.answer("POST", f"{TICKET}/notes", {**MESSAGE, **flags, "internalAnalysisFlag": True}, 201)
        with pytest.raises(Permanent, match="message 951 on ticket 4711 did not come back as part of the discussion"):
            connected().tickets.write_message(ID, "ESC-1", "ESC-1")


@pytest.mark.parametrize("failure", [requests.ReadTimeout("slow"), requests.ConnectionError("reset")])
def test_a_message_without_an_answer_is_not_written_twice(failure: Exception) -> None:
    with a_site() as site:
        site.mock.post(f"{API}{TICKET}/notes", body=failure)
        with pytest.raises(OutcomeUnknown):
            connected().tickets.write_message(ID, "ESC-1", "ESC-1")
        assert len(site.payloads("POST")) == 1


def test_a_message_without_its_marker_or_its_ticket_is_not_written() -> None:
    with a_site() as site:
        with pytest.raises(Permanent, match="lacks its marker"):
            connected().tickets.write_message(ID, "We are on it.", "ESC-1")
        assert site.asked == []
        site.answer("POST", f"{TICKET}/notes", GONE, 404)
        site.answer("GET", "service/tickets", [])
        with pytest.raises(NotFound):
            connected().tickets.write_message(ID, "ESC-1", "ESC-1")


def test_who_is_not_on_the_ticket_yet_gets_one_schedule_entry_each() -> None:
    with a_site() as site:
        site.answer("GET", TICKET, a_ticket(**OWNED))
        site.answer("GET", TICKET, a_ticket(**{**OWNED, "resources": "ava, robot, BEN, cyn"}))
        site.answer("POST", "schedule/entries", {"id": 1}, 201)
        assert connected().tickets.add_people(ID, [AVA, BEN, CYN, BEN]) == (AVA, BEN, CYN, BEN)
        sent = site.payloads("POST")
    assert sent == [
        {"objectId": 4711, "type": {"id": 4}, "member": {"id": number}, "ownerFlag": False} for number in (13, 14)
    ]


@pytest.mark.parametrize("people", [[], [AVA]])
def test_who_is_on_the_ticket_is_left_alone(people: list[Person]) -> None:
    with a_site() as site:
        site.answer("GET", TICKET, a_ticket(owner=OWNED["owner"]))
        assert connected().tickets.add_people(ID, people) == tuple(people)
        assert [method for method, _, _, _ in site.asked] == ["GET", "GET"]


def test_one_whom_the_site_refuses_does_not_keep_off_the_others() -> None:
    no = {"code": "InvalidObject", "errors": [{"code": "InvalidField", "field": "member/id"}]}
    inactive = Person("15", "gone", "Gil Gone", is_active=False)
    with a_site() as site:
        site.answer("GET", TICKET, a_ticket())
        site.answer("GET", TICKET, a_ticket(resources="cyn"))
        site.answer("POST", "schedule/entries", no, 400)
        site.answer("POST", "schedule/entries", {"id": 1}, 201)
        assert connected().tickets.add_people(ID, [BEN, inactive, CYN]) == (CYN,)
        assert len(site.payloads("POST")) == 2


def test_a_missing_right_to_put_people_on_tickets_is_named() -> None:
    with a_site() as site:
        site.answer("GET", TICKET, a_ticket())
        site.answer("POST", "schedule/entries", {"code": "Security", "message": "You may not."}, 403)
        with pytest.raises(Forbidden, match=r"Service Desk > Resource Scheduling \(Add, Inquire\)"):
            connected().tickets.add_people(ID, [BEN])


def test_people_without_an_answer_are_not_put_there_twice() -> None:
    with a_site() as site:
        site.answer("GET", TICKET, a_ticket())
        site.mock.post(f"{API}schedule/entries", body=requests.ReadTimeout("slow"))
        with pytest.raises(OutcomeUnknown, match="put 'Ben' on ticket 4711"):
            connected().tickets.add_people(ID, [BEN, CYN])
        assert len(site.payloads("POST")) == 1


def test_people_on_a_ticket_that_is_gone_is_not_found() -> None:
    with a_site() as site:
        site.answer("GET", TICKET, a_ticket())
        site.answer("POST", "schedule/entries", GONE, 404)
        site.answer("GET", "service/tickets", [])
        with pytest.raises(NotFound):
            connected().tickets.add_people(ID, [BEN])


# On the simulator


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    made = Simulator(VirtualClock(NOW), callback_delivery="manual").standard_desk()
    with made.serve():
        yield made


@pytest.fixture
def system(simulator: Simulator) -> Iterator[TicketSystem]:
    clock = VirtualClock(NOW)
    made = connect(
        settings_from(simulator.environment()), ["Service Desk"], MemoryKeys(clock), clock, attempts=1, read_seconds=2.0
    )
    yield made
    made.line.close()


def test_the_client_sees_a_message_and_not_a_note(simulator: Simulator, system: TicketSystem) -> None:
    ticket = TicketId(str(simulator.create_ticket("VPN drops", "Acme", "Service Desk")))
    system.tickets.write_message(ticket, "We are on it. ESC-1", "ESC-1")
    system.tickets.write_note(ticket, "Escalated. ESC-2", "ESC-2")
    seen = {entry.text: entry.visibility for entry in system.tickets.read(ticket).entries}
    assert seen == {"We are on it. ESC-1": Visibility.CLIENT, "Escalated. ESC-2": Visibility.INTERNAL}
    assert our_note(system, ticket, "ESC-1") is None


def test_people_are_on_the_simulated_ticket_once_and_gone_with_it(simulator: Simulator, system: TicketSystem) -> None:
    number = simulator.create_ticket("VPN drops", "Acme", "Service Desk", owner="tess")
    ticket, people = (
        TicketId(str(number)),
        [system.directory.member(name) for name in ("irene", "maria", "gone", "tess")],
    )
    there = system.tickets.add_people(ticket, people)
    assert [person.identifier for person in there] == ["irene", "maria", "tess"]
    assert system.tickets.add_people(ticket, people) == there
    assert simulator.ticket(number)["resources"] == "tess, irene, maria"
    assert simulator.ticket(number)["owner"]["identifier"] == "tess"
    assert len(simulator.state.schedule) == 2
    simulator.delete(number)
    assert not simulator.state.schedule


def test_who_was_put_there_unseen_is_not_put_there_again(simulator: Simulator, system: TicketSystem) -> None:
    number = simulator.create_ticket("VPN drops", "Acme", "Service Desk")
    ticket, irene = TicketId(str(number)), system.directory.member("irene")
    simulator.faults.accept_but_never_answer(path="schedule/entries", method="POST")
    with pytest.raises(OutcomeUnknown):
        system.tickets.add_people(ticket, [irene])
    assert system.tickets.add_people(ticket, [irene]) == (irene,)
    assert len(simulator.state.schedule) == 1


def test_schedule_entries_are_listed_by_ticket_and_given_one_by_one(simulator: Simulator, system: TicketSystem) -> None:
    number = simulator.create_ticket("VPN drops", "Acme", "Service Desk")
    other = simulator.create_ticket("Printer jams", "Acme", "Service Desk")
    for ticket in (number, other):
        system.tickets.add_people(TicketId(str(ticket)), [system.directory.member("irene")])
    client = system.tickets._client
    (entry,) = client.pages("schedule/entries", "read", "none", f"type/id=4 AND objectId={other}")
    assert client.get(f"schedule/entries/{entry['id']}", "read", "none") == entry
    assert (entry["objectId"], entry["member"]["identifier"], entry["ownerFlag"]) == (other, "irene", False)
