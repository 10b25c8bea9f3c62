"""Webhooks: sent for every change, believed only from the right sender, registered exactly once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit

import pytest

from connector.errors import ConnectorError, KeyUnknown, NotFound, PayloadError, Permanent, SignatureError
from connector.model import InboundRequest, StatusGroup, TicketId
from connector.systems.desk import Desk
from connector.web.address import address_of
from tests.contract.worlds import World

SHORTEST_PROOF = 16
ELSEWHERE = "https://another.example.com"

EVENTS: dict[str, Callable[[Desk, TicketId], None]] = {
    "a note": lambda desk, ticket: desk.note(ticket, "tess", "Restarted the agent"),
    "the client's words": lambda desk, ticket: desk.client_writes(ticket, "Any news?"),
    "a status": lambda desk, ticket: desk.set_status(ticket, "tess", StatusGroup.WAITING),
    "an owner": lambda desk, ticket: desk.assign(ticket, "tess", "tom"),
    "a move": lambda desk, ticket: desk.move(ticket, "tess", 2),
}
GARBAGE = {
    "nothing": b"",
    "no JSON": b"not json",
    "half of it": b'{"a": ',
    "a list": b"[]",
    "null": b"null",
    "a number": b"1",
    "a text": b'"x"',
    "an empty object": b"{}",
    "no UTF-8": b"\xff\xfe\x00",
    "a nesting bomb": b"[" * 100_000,
    "wrong types": b'{"ID": {}, "id": [], "ticket": {"id": {}}, "ticket_id": null, "event": 1, "Action": 3}',
    "a huge number": b'{"ID": 1e999, "id": 99999999999999999999999999, "ticket": 1e999}',
    "odd characters": b'{"ID": "\\u0000\\ud800", "id": "../1"}',
}


def a_webhook(world: World) -> InboundRequest:
    """A genuine webhook, whose sender is known by now."""
    world.has_webhooks_sent()
    world.desk.note(world.worked_on(), "tess", "Restarted the agent")
    request = world.webhooks()[-1]
    world.let_in(request)
    return request


@pytest.mark.parametrize("event", EVENTS)
def test_each_kind_of_change_is_told_of_its_ticket(world: World, event: str) -> None:
    world.has_webhooks_sent()
    ticket = world.worked_on()
    world.noticed()
    world.tick()
    EVENTS[event](world.desk, ticket)
    notices = world.noticed()
    assert ticket in {notice.ticket for notice in notices}
    for notice in notices:
        assert notice.delivery


def test_a_new_ticket_is_told_of(world: World) -> None:
    world.has_webhooks_sent()
    ticket = world.ticket()
    assert ticket in {notice.ticket for notice in world.noticed()}


def test_webhooks_arrive_where_the_connector_listens_for_this_system(world: World) -> None:
    a_webhook(world)
    assert set(world.catcher.paths) == {urlsplit(world.webhook_url).path}


def test_each_delivery_has_a_name_of_its_own_that_does_not_change(world: World) -> None:
    world.has_webhooks_sent()
    ticket = world.worked_on()
    for n in range(3):
        world.tick()
        world.desk.note(ticket, "tess", f"Note {n}")
    requests = world.webhooks(3)
    first = [notice.delivery for request in requests for notice in world.let_in(request)]
    again = [notice.delivery for request in requests for notice in world.system.webhooks.parse(request)]
    assert first == again
    assert len(set(first)) == len(first) >= 3


def test_a_genuine_webhook_is_verified_without_a_call(world: World) -> None:
    request = a_webhook(world)
    before = world.system.line.calls
    world.system.webhooks.verify(request)
    assert world.system.webhooks.parse(request)
    assert world.system.line.calls == before


def test_a_webhook_without_what_proves_its_sender_is_refused(world: World) -> None:
    request = a_webhook(world)
    bare = InboundRequest(request.body, {"content-type": request.headers.get("content-type", "application/json")})
    with pytest.raises(SignatureError):
        world.system.webhooks.verify(bare)


def test_a_proof_that_was_changed_is_refused(world: World) -> None:
    request = a_webhook(world)
    harmless = {
        "content-type",
        "content-length",
        "host",
        "user-agent",
        "accept",
        "accept-encoding",
        "connection",
        "date",
    }
    changed = {
        name: value if name in harmless else f"{value[:-3]}{'aaa' if value[-3:] != 'aaa' else 'bbb'}"
        for name, value in request.headers.items()
    }
    with pytest.raises((SignatureError, KeyUnknown)):
        world.system.webhooks.verify(replace(request, headers=changed, query=dict.fromkeys(request.query, "wrong")))


def test_a_proof_that_differs_in_one_character_is_refused(world: World) -> None:
    request = a_webhook(world)
    refused = []
    for name, value in request.headers.items():
        middle = len(value) // 2
        other = value[:middle] + ("0" if value[middle : middle + 1] != "0" else "1") + value[middle + 1 :]
        if len(value) >= SHORTEST_PROOF and name != "user-agent":
            try:
                world.system.webhooks.verify(replace(request, headers={**request.headers, name: other}))
            except (SignatureError, KeyUnknown):
                refused.append(name)
    assert refused


def test_garbage_with_a_genuine_proof_is_refused_in_the_contracts_words(world: World) -> None:
    genuine = a_webhook(world)
    for kind, body in GARBAGE.items():
        request = replace(genuine, body=body)
        try:
            world.system.webhooks.verify(request)
            notices = world.system.webhooks.parse(request)
        except (SignatureError, PayloadError, KeyUnknown):
            continue
        assert notices == [], kind


def test_garbage_is_never_parsed_into_a_ticket_that_cannot_be(world: World) -> None:
    genuine = a_webhook(world)
    for kind, body in GARBAGE.items():
        try:
            notices = world.system.webhooks.parse(replace(genuine, body=body))
        except PayloadError:
            continue
        assert notices == [], kind


def test_what_refuses_a_webhook_tells_no_secret(world: World) -> None:
    request = a_webhook(world)
    wrong = {name: f"{value}x" for name, value in request.headers.items()}
    for bad in (replace(request, headers=wrong), replace(request, headers={}), replace(request, body=b"{}")):
        try:
            world.system.webhooks.verify(bad)
        except ConnectorError as error:
            told = f"{error!r} {error}"
            assert not any(secret in told for secret in world.secrets.values())
            assert not any(value in told for name, value in request.headers.items() if "sign" in name or "auth" in name)


def test_lost_webhooks_are_found_by_the_poll(world: World) -> None:
    world.has_webhooks_sent()
    ticket = world.worked_on()
    world.noticed()
    world.desk.lose_webhooks(lost=True)
    since = world.now()
    world.desk.note(ticket, "tess", "Restarted the agent")
    assert world.webhooks(0) == []
    assert ticket in {changed.id for changed in world.system.tickets.changed_since(since)}
    world.desk.lose_webhooks(lost=False)
    world.desk.note(ticket, "tess", "Restarted it again")
    assert ticket in {notice.ticket for notice in world.noticed()}


# Registrations


def needs_registrations(world: World) -> None:
    world.needs(world.system.manages_webhooks, "has its webhooks installed by an administrator")


def test_a_registration_is_made_exactly_once(world: World) -> None:
    needs_registrations(world)
    assert world.system.webhooks.registrations() == []
    made = world.system.webhooks.register()
    assert made.is_active
    assert made.lacks == ()
    assert made.url.startswith(world.webhook_url)
    assert world.system.webhooks.registrations() == [made]
    assert world.system.webhooks.register() == made
    assert world.connect().webhooks.register() == made
    assert world.system.webhooks.registrations() == [made]


def test_a_registration_that_somebody_removed_is_made_again(world: World) -> None:
    needs_registrations(world)
    world.system.webhooks.register()
    assert world.connect().webhooks.remove() == 1
    assert world.system.webhooks.registrations() == []
    made = world.system.webhooks.register()
    assert world.system.webhooks.registrations() == [made]
    assert a_webhook(world)


def test_only_our_own_registrations_are_seen_repaired_and_removed(world: World) -> None:
    needs_registrations(world)
    other = world.connect(webhook_url=address_of(ELSEWHERE, world.entry.name))
    theirs = other.webhooks.register()
    ours = world.system.webhooks.register()
    assert world.system.webhooks.registrations() == [ours]
    assert other.webhooks.registrations() == [theirs]
    assert world.system.webhooks.remove() == 1
    assert world.system.webhooks.remove() == 0
    assert world.system.webhooks.registrations() == []
    assert other.webhooks.registrations() == [theirs]
    other.webhooks.remove()


def test_a_registration_of_an_earlier_address_is_seen_and_removed_by_its_id_alone(world: World) -> None:
    needs_registrations(world)
    earlier = world.connect(webhook_url=world.webhook_url.replace(world.public_url, ELSEWHERE))
    theirs, ours = earlier.webhooks.register(), world.system.webhooks.register()
    [found] = world.system.webhooks.elsewhere()
    assert (found.id, found.is_active, found.lacks) == (theirs.id, True, ())
    assert found.url == world.webhook_url.replace(world.public_url, ELSEWHERE)
    assert [one.id for one in earlier.webhooks.elsewhere()] == [ours.id]
    for other in (ours.id, "4711", "x"):
        with pytest.raises(NotFound):
            world.system.webhooks.remove_elsewhere(other)
    world.system.webhooks.remove_elsewhere(found.id)
    assert world.system.webhooks.elsewhere() == earlier.webhooks.registrations() == []
    assert world.system.webhooks.registrations() == [ours]


def test_a_registration_that_is_called_as_ours_are_is_seen_under_any_path(world: World) -> None:
    needs_registrations(world)
    other = world.connect(webhook_url=f"{ELSEWHERE}/hooks")
    other.webhooks.register()
    assert [one.url for one in world.system.webhooks.elsewhere()] == [f"{ELSEWHERE}/hooks"]
    other.webhooks.remove()


def test_where_an_administrator_installs_the_sender_each_call_says_what_to_install(world: World) -> None:
    world.needs(not world.system.manages_webhooks, "registers its webhooks through the API")
    side = world.system.webhooks
    calls = (side.registrations, side.register, side.remove, side.elsewhere, partial(side.remove_elsewhere, "1"))
    for call in calls:
        with pytest.raises(Permanent) as refused:
            call()
        assert len(str(refused.value)) > 20
        assert not any(secret in str(refused.value) for secret in world.secrets.values())


def test_the_sender_can_be_told_to_send_again(world: World) -> None:
    sender = world.system.sender
    assert sender.busy_status in (429, 503)
    assert sender.patience_seconds is None or sender.patience_seconds >= 1.0
