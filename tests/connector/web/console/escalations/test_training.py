"""Training requests that are ticked off: by whom, what stands where, that it is undone, and that two do it once."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from connector.model import Mode
from connector.policy.modes import Modes
from connector.store import audit
from connector.store.chain.proof import verify
from connector.store.records import Event
from connector.web.console.escalations.training import tick
from tests.connector.boards import a_row, put
from tests.connector.mailboxes import in_thread
from tests.connector.web.console.escalations.deeds import risen, tell
from tests.connector.web.console.pages import words_of
from tests.connector.web.login.conftest import Browser, LoginDesk

REQUEST = {"who": "Tess", "identifier": "tess", "topic": "Print queues"}
DONE, OPEN = "/escalations/training/psa/2/done", "/escalations/training/psa/2/open"


def told(store):
    knowledge = risen(reason="Knowledge")
    tell(store, ("1", Event.ESCALATED, knowledge, 50), ("1", Event.TRAINING_REQUEST, REQUEST, 50))
    tell(store, ("7", Event.TRAINING_REQUEST, {**REQUEST, "topic": "VPN"}, 40))


def trail(store) -> list[tuple[str, dict[str, object]]]:
    return [(one.event, dict(one.detail)) for one in audit.events(store, "psa") if one.event.startswith("training ")][
        2:
    ]


@pytest.fixture
def login(desk) -> LoginDesk:
    desk.parts = replace(desk.parts, modes={"psa": Modes(Mode.ENFORCE)})
    told(desk.mailbox.store)
    return LoginDesk(desk)


@pytest.fixture
def ruth(login) -> Browser:
    browser = login.browser()
    browser.log_in()
    return browser


def send(browser: Browser, address: str):
    return browser.post(address, {"csrf": browser.token("/escalations")})


def test_a_manager_ticks_off_and_it_says_who_and_when(login, ruth):
    assert "2 open of 2" in words_of(ruth.get("/escalations"))
    answer = send(ruth, DONE + "?since=30d&q=print")
    assert (answer.status_code, answer.location) == (303, "/escalations?q=print&since=30d#training")
    text = words_of(ruth.get("/escalations"))
    assert "1 open of 2" in text
    assert "Print queues Tess No VPN psa 1, Acme 08:10 done Ruth Okonjo, 09:00 Open again" in text
    assert re.search(r"VPN Tess .* open Tick off", text)
    store = login.desk.mailbox.store
    said = {"request": 2, "who": "Tess", "topic": "Print queues", "by": "Ruth Okonjo"}
    assert trail(store) == [("training done", said)]
    rows = ruth.get("/escalations/training.csv").text.splitlines()
    assert rows[2].endswith("Tess,Print queues,Ruth Okonjo,2026-03-02T09:00:00+00:00")


def test_it_is_undone_and_the_trail_keeps_both(login, ruth):
    send(ruth, DONE)
    send(ruth, OPEN)
    assert "2 open of 2" in words_of(ruth.get("/escalations"))
    store = login.desk.mailbox.store
    assert [event for event, _ in trail(store)] == ["training done", "training not done"]
    assert verify(store).is_intact
    put(store, [a_row("1", 5)])
    assert "training not done" in words_of(ruth.get("/tickets/psa/1"))


def test_what_stands_so_already_is_not_told_again(login, ruth):
    for address in (OPEN, DONE, DONE, OPEN, OPEN):
        assert send(ruth, address).status_code == 303
    assert [event for event, _ in trail(login.desk.mailbox.store)] == ["training done", "training not done"]


def test_a_viewer_sees_it_and_ticks_nothing_off(login, ruth):
    bo = login.browser()
    bo.log_in("bo")
    page = bo.get("/escalations")
    assert "Managers tick off what was held." in words_of(page)
    assert "/escalations/training/" not in page.text
    answer = bo.post(DONE, {"csrf": re.search(r'name="csrf" value="([^"]*)"', page.text)[1]})
    assert (answer.status_code, trail(login.desk.mailbox.store)) == (403, [])
    assert "This needs the role manager." in words_of(answer)


def test_without_a_form_of_ours_nothing_is_ticked_off(login, ruth):
    token = ruth.token("/escalations")
    for data, headers in (({}, {}), ({"csrf": token}, {"Sec-Fetch-Site": "cross-site"}), ({"csrf": "x" * 32}, {})):
        assert ruth.post(DONE, data, headers=headers).status_code == 403
    assert ruth.get(DONE).status_code == 405
    assert trail(login.desk.mailbox.store) == []


def test_without_a_login_nobody_is_named_and_nothing_ticked_off(desk):
    told(desk.mailbox.store)
    client = desk.client()
    page = client.get("/escalations")
    assert "that needs a login (CONSOLE_USERS)" in words_of(page)
    assert "/escalations/training/" not in page.text


@pytest.mark.parametrize("address", [DONE.replace("/2/", "/1/"), DONE.replace("/2/", "/99/"), DONE.replace("psa", "x")])
def test_what_is_no_training_request_is_told(login, ruth, address):
    answer = send(ruth, address)
    assert (answer.status_code, trail(login.desk.mailbox.store)) == (404, [])
    assert "There is no such training request" in words_of(answer)


def test_bad_filters_are_refused_and_nothing_is_ticked_off(login, ruth):
    assert send(ruth, DONE + "?since=soon").status_code == 400
    assert trail(login.desk.mailbox.store) == []


def test_a_request_whose_detail_is_forgotten_is_not_ticked_off(login, ruth):
    tell(login.desk.mailbox.store, ("9", Event.TRAINING_REQUEST, {"forgotten": "2026-03-02"}, 5))
    assert "/training/psa/4/" not in ruth.get("/escalations").text
    assert send(ruth, DONE.replace("/2/", "/4/")).status_code == 404


def test_two_who_tick_at_once_do_it_once(store):
    told(store)
    for is_done in (True, False):
        both = [in_thread(lambda is_done=is_done: tick(store, "psa", 2, "Ruth", is_done=is_done)) for _ in range(4)]
        assert [one.result(30) for one in both] == [True] * 4
    assert [event for event, _ in trail(store)] == ["training done", "training not done"]
