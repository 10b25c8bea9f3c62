"""The webhook at the instance: one, complete, active; and its deliveries end in the right tickets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.halopsa.events import WANTED, lacking, numbers_of
from adapters.halopsa.variables import WebhookBasic, WebhookBearer, WebhookProof, WebhookSignature
from connector.errors import ConfigError, Forbidden, Permanent, SignatureError, Temporary
from connector.model import InboundRequest
from connector.systems.contract import TicketSystem
from tests.adapters.halopsa.simulated import WEBHOOK_URL, Site

URL = WEBHOOK_URL
ALL = {3, 19, 33, 39, 61, 76, 1072}
PROOFS = [
    WebhookBasic("halo", ("first", "second")),
    WebhookBearer(("first", "second")),
    WebhookSignature("x-halo-signature", ("first", "second")),
]


def events_of(site: Site, webhook: str) -> set[int]:
    rows = site.simulator.state.notifications.values()
    numbers = [row["eventno"] for row in rows if row["webhook_id"] == webhook]
    assert len(numbers) == len(set(numbers))
    return set(numbers)


def test_registering_leaves_one_active_webhook_with_all_events_however_often(site: Site, system: TicketSystem) -> None:
    assert system.webhooks.registrations() == []
    first = system.webhooks.register()
    assert system.webhooks.register() == first
    assert (first.url, first.is_active) == (URL, True)
    assert system.webhooks.registrations() == [first]
    assert events_of(site, first.id) == ALL


def test_events_are_found_again_by_name_where_the_list_does_not_tell_whose_they_are(
    site: Site, system: TicketSystem
) -> None:
    site.faults.notifications_thin = True
    first = system.webhooks.register()
    system.webhooks.register()
    assert events_of(site, first.id) == ALL


def test_a_disabled_webhook_is_switched_on_again(site: Site, system: TicketSystem) -> None:
    first = system.webhooks.register()
    site.simulator.state.webhooks[first.id]["disabled"] = True
    (seen,) = system.webhooks.registrations()
    assert seen.is_active is False
    assert system.webhooks.register() == first


def test_what_somebody_changed_is_mended_and_surplus_ones_go(site: Site, system: TicketSystem) -> None:
    kept = system.webhooks.register()
    other = site.call("POST", "Webhook", [{"name": "other", "url": f"{URL}?x=1", "active": True}]).get_json()
    foreign = site.call("POST", "Webhook", [{"name": "foreign", "url": "https://elsewhere.example.com/x"}]).get_json()
    site.call("POST", "Webhook", [{"id": kept.id, "authentication_type": 0, "basic_password": "stolen"}])
    gone = next(number for number, row in site.simulator.state.notifications.items() if row["eventno"] == 76)
    site.call("DELETE", f"Notification/{gone}")
    mended = system.webhooks.register()
    webhooks = {row["id"]: row for row in site.simulator.webhooks()}
    assert set(webhooks) == {mended.id, foreign["id"]}
    assert mended.id in (kept.id, other["id"])
    assert webhooks[mended.id]["authentication_type"] == 2
    assert events_of(site, mended.id) == ALL


def test_a_new_secret_is_brought_to_the_instance(site: Site, system: TicketSystem) -> None:
    first = system.webhooks.register()
    rotated = site.connected(proof=WebhookBearer(("fresh", "simulated-webhook-token")))
    assert rotated.webhooks.register() == first
    (webhook,) = site.simulator.webhooks()
    assert webhook["basic_password"] == "fresh"
    rotated.line.close()


def test_removing_takes_ours_away_and_no_other(site: Site, system: TicketSystem) -> None:
    system.webhooks.register()
    site.call("POST", "Webhook", [{"name": "foreign", "url": "https://elsewhere.example.com/x"}])
    site.call("POST", "Webhook", [{"name": "odd", "url": "https://"}])
    assert system.webhooks.remove() == 1
    assert system.webhooks.remove() == 0
    assert [row["name"] for row in site.simulator.webhooks()] == ["foreign", "odd"]
    assert site.simulator.state.notifications == {}


def test_one_that_somebody_else_deleted_meanwhile_is_gone_all_the_same(
    site: Site, system: TicketSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = system.webhooks.register()
    client = system.webhooks._client
    delete = client.delete

    def after_somebody_else(path: str, what: str, right: str) -> None:
        site.simulator.state.webhooks.pop(first.id)
        delete(path, what, right)

    monkeypatch.setattr(client, "delete", after_somebody_else)
    assert system.webhooks.remove() == 1
    assert site.simulator.webhooks() == []


def test_one_that_answers_404_and_is_still_there_is_not_taken_for_gone(site: Site, system: TicketSystem) -> None:
    system.webhooks.register()
    site.faults.fail_next(1, 404, method="DELETE", path="Webhook/")
    with pytest.raises(Temporary, match="404"):
        system.webhooks.remove()


def test_without_a_public_address_there_is_nothing_to_register(site: Site) -> None:
    system = site.connected(webhook_url="")
    with pytest.raises(ConfigError, match="PUBLIC_URL"):
        system.webhooks.register()
    system.line.close()


def test_a_right_that_is_missing_is_named(site: Site, system: TicketSystem) -> None:
    site.faults.forbid(path="Webhook")
    with pytest.raises(Forbidden, match="administrator access to webhooks"):
        system.webhooks.register()


def test_an_instance_that_does_not_keep_the_address_is_noticed(site: Site, system: TicketSystem) -> None:
    body = {"id": "5f0c2f8e-0000-4000-8000-000000000001", "url": "https://elsewhere.example.com", "active": True}
    site.faults.fail_next(1, 201, method="POST", path="Webhook$", body=body)
    with pytest.raises(Permanent, match="not as it was sent"):
        system.webhooks.register()


@pytest.mark.parametrize("proof", PROOFS)
def test_the_webhooks_of_a_registration_prove_themselves_in_the_configured_way(site: Site, proof: WebhookProof) -> None:
    system = site.connected(proof=proof)
    system.webhooks.register()
    ticket = site.a_ticket()
    (request,) = site.requests()
    system.webhooks.verify(request)
    assert [notice.ticket for notice in system.webhooks.parse(request)] == [ticket]
    site.faults.callbacks_wrong_proof = True
    site.a_ticket()
    (forged,) = site.requests()
    for bad in (forged, InboundRequest(request.body)):
        with pytest.raises(SignatureError):
            system.webhooks.verify(bad)
    system.line.close()


@pytest.mark.parametrize("payload", ["full", "small", "event", "custom"])
@pytest.mark.parametrize("batches", ["none", "array", "object"])
def test_every_kind_of_payload_leads_to_the_ticket(
    site: Site, system: TicketSystem, payload: str, batches: str
) -> None:
    system.webhooks.register()
    ticket = site.a_ticket()
    site.requests()
    site.faults.payload, site.faults.batches = payload, batches
    site.simulator.set_status(int(ticket), "In Progress", by="Tess Tech")
    notices = [notice for request in site.requests() for notice in system.webhooks.parse(request)]
    assert {notice.ticket for notice in notices} == {ticket}
    assert len(notices) > 1  # one change raises several events
    if payload != "custom":
        assert len({notice.delivery for notice in notices}) == len(notices)


def test_a_deletion_is_told(site: Site, system: TicketSystem) -> None:
    system.webhooks.register()
    ticket = site.a_ticket()
    site.requests()
    site.simulator.delete(int(ticket))
    (request,) = site.requests()
    assert [notice.ticket for notice in system.webhooks.parse(request)] == [ticket]


def test_lost_duplicated_and_reordered_webhooks(site: Site, system: TicketSystem) -> None:
    system.webhooks.register()
    site.faults.callbacks_lose_next = 1
    site.a_ticket()
    assert site.requests() == []
    site.faults.callbacks_duplicate = 1
    ticket = site.a_ticket()
    first, second = site.requests()
    assert system.webhooks.parse(first) == system.webhooks.parse(second)
    site.faults.callbacks_duplicate_ids = False
    site.a_ticket()
    first, second = site.requests()
    assert system.webhooks.parse(first)[0].delivery != system.webhooks.parse(second)[0].delivery
    site.faults.callbacks_duplicate = 0
    site.faults.callbacks_reorder = True
    later: list[Any] = [site.a_ticket(), site.a_ticket()]
    assert [system.webhooks.parse(request)[0].ticket for request in site.requests()] == later[::-1]
    assert ticket not in later


# Events


def test_an_event_that_is_refused_costs_no_other_and_is_shown_as_missing(site: Site, system: TicketSystem) -> None:
    site.faults.events_refused = frozenset({19, 76})
    first = system.webhooks.register()
    assert events_of(site, first.id) == ALL - {19, 76}
    assert first.lacks == ("Ticket Status Changed", "Ticket Updated by User")
    assert system.webhooks.registrations() == [first]
    site.faults.events_refused = frozenset()
    mended = system.webhooks.register()
    assert (mended.id, mended.lacks, events_of(site, first.id)) == (first.id, (), ALL)


def test_the_numbers_of_events_are_read_from_the_catalogue_by_name(site: Site, system: TicketSystem) -> None:
    site.faults.event_numbers = {33: 10, 39: 11, 76: 74}
    first = system.webhooks.register()
    assert events_of(site, first.id) == {3, 10, 11, 19, 61, 74, 1072}
    assert first.lacks == ()
    ticket = site.a_ticket()
    site.requests()
    site.simulator.set_status(int(ticket), "In Progress", by="Tess Tech")
    events = {json.loads(request.body)["event"] for request in site.requests()}
    assert "ticket status changed" in events


@pytest.mark.parametrize("status", [403, 404])
def test_without_the_catalogue_the_usual_numbers_are_tried(site: Site, system: TicketSystem, status: int) -> None:
    site.faults.fail_next(None, status, path="^Lookup")
    site.faults.event_numbers = {76: 74}
    first = system.webhooks.register()
    assert events_of(site, first.id) == ALL - {33, 76}
    assert first.lacks == ("Ticket Status Changed", "Ticket Re-assigned")


def test_an_event_that_somebody_removed_is_shown(site: Site, system: TicketSystem) -> None:
    first = system.webhooks.register()
    gone = next(number for number, row in site.simulator.state.notifications.items() if row["eventno"] == 61)
    site.call("DELETE", f"Notification/{gone}")
    (seen,) = system.webhooks.registrations()
    assert (seen.id, seen.is_active, seen.lacks) == (first.id, True, ("Ticket Updated",))


def test_a_webhook_without_any_event_is_no_registration(site: Site, system: TicketSystem) -> None:
    site.faults.events_refused = frozenset(ALL)
    with pytest.raises(Permanent, match="The eventno is not valid"):
        system.webhooks.register()


def test_a_right_that_is_missing_for_events_is_told_at_once(site: Site, system: TicketSystem) -> None:
    site.faults.forbid(method="POST", path="^Notification")
    with pytest.raises(Forbidden, match="administrator access to webhooks and notifications"):
        system.webhooks.register()
    assert sum(call.path == "Notification" and call.method == "POST" for call in site.simulator.calls) == 1


@pytest.mark.parametrize(
    ("catalogue", "numbers"),
    [
        (None, {3, 19, 39, 61, 76, 1072}),
        ({}, set()),
        ({3: "Neues Ticket", 61: "Ticket aktualisiert"}, {3, 61}),
        ({5: "New Ticket Logged - My Team", 4: "New Ticket Logged - All", 6: "New ticket"}, {4}),
        ({10: "A Ticket has been Re-Assigned", 61: "Asset Updated", 62: "ticket updated"}, {10, 62}),
        ({1: "Ticket Updated by End-User", 2: "Ticket closed", 9: "Ticket Closed by Agent"}, {1, 2}),
    ],
)
def test_what_an_event_is_called_tells_its_number(catalogue: dict[int, str] | None, numbers: set[int]) -> None:
    found = numbers_of(catalogue)
    assert set(found.values()) == numbers
    assert len(lacking(found, numbers)) == len(WANTED) - len(numbers)
