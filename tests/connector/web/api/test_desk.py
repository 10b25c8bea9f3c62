"""The desk by the API: the report, the brake, dead letters, and who may change what."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from connector.connection.paces import Pace
from connector.model import Mode
from connector.policy.modes import Modes
from connector.report.document import document_of
from connector.report.figures import tally
from connector.report.trail import scope_of, stories
from connector.store import audit
from connector.store.pace import brake as brake_module
from connector.store.pace.brake import Brakes
from connector.store.records import PACE, Event
from connector.web.api.desk import REPORT_KEPT_SECONDS
from connector.web.api.parameters import cursor_text
from connector.web.api.scopes import ApiScope
from tests.connector.boards import a_row, put
from tests.connector.mailboxes import START
from tests.connector.web.api.conftest import Program
from tests.connector.web.console.escalations.deeds import a_stint, end, risen, tell

WRITES = (
    ("/brake/psa/hold", ApiScope.SET_BRAKE, "manager"),
    ("/brake/psa/release", ApiScope.SET_BRAKE, "manager"),
    ("/dead-letters/psa/1/replay", ApiScope.REPLAY, "administrator"),
)


def dead(n, **more):
    return a_row(str(n), -20, is_dead=True, attempts=7, error=f"no answer {n}", failing_since=START, **more)


def by(api, event):
    return [(row.connection, row.ticket, row.detail["by"]) for row in audit.events(api.store) if row.event == event]


# -- the report --------------------------------------------------------------------------------------------------


def test_the_report_is_that_of_the_command(api):
    api.filled(a_row("9", 20))
    tell(api.store, ("1", Event.ESCALATED, risen(), 5), ("2", Event.WOULD_ESCALATE, risen(mode="observe"), 65))
    end(api.store, a_stint("1", 90, 60), a_stint("3", 90, 20, was_warned=True))
    found = api.program().get("/report").json
    policy = api.desk.parts.policy
    zone = policy.calendars[policy.tiers[0].calendar].zone.key
    since = START.replace(hour=0) - timedelta(days=7)
    scope = scope_of(api.store, since, START, zone, {"psa": Mode.ENFORCE})
    expected = document_of(tally(stories(api.store, scope, policy), scope, policy))
    assert found["since"] == expected["since"]
    assert found == expected
    assert found["escalations"]["done"] == 1


def test_it_is_made_once_in_a_minute_however_many_ask(api, monkeypatch):
    made = []
    monkeypatch.setattr("connector.web.api.desk.scope_of", lambda *given: made.append(1) or scope_of(*given))
    program = api.filled().program()
    for _ in range(3):
        assert program.get("/report").status_code == 200
    program.get("/report?since=2026-02-23")
    assert len(made) == 1  # the same day
    program.get("/report?since=30d")
    api.desk.later(REPORT_KEPT_SECONDS)
    program.get("/report")
    assert len(made) == 3


def test_one_is_made_at_a_time_and_others_are_told_to_come_again(api, monkeypatch):
    begun, goes_on = threading.Event(), threading.Event()

    def slow(*given):
        begun.set()
        goes_on.wait(30)
        return scope_of(*given)

    monkeypatch.setattr("connector.web.api.desk.scope_of", slow)
    api.filled()
    site = api.site()
    first = Program(site.test_client(), api.token())
    asking = threading.Thread(target=lambda: first.get("/report"))
    asking.start()
    assert begun.wait(30)
    answer = Program(site.test_client(), first.token).get("/report?since=30d")
    goes_on.set()
    asking.join()
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "10")


@pytest.mark.parametrize("since", ["94d", "2025-11-28", "x"])
def test_a_report_is_over_no_longer_time_than_it_says(api, since):
    answer = api.filled().program().get(f"/report?since={since}")
    assert (answer.status_code, answer.json["parameter"]) == (400, "since")
    assert api.program().get("/report?since=92d").status_code == 200


# -- the brake ---------------------------------------------------------------------------------------------------


def test_the_brake_is_held_and_released_and_the_trail_tells_who_did_it(api):
    api.filled()
    program = Program(api.site().test_client(), api.token(name="night shift"))
    assert program.get("/brake").json["items"][0]["held_since"] is None
    held = program.post("/brake/psa/hold").json
    assert (held["connection"], held["held_since"]) == ("psa", START.isoformat())
    assert Brakes(api.store).is_held("psa")
    assert program.get("/brake").json["items"] == [held]
    assert program.post("/brake/psa/release").json["held_since"] is None
    assert by(api, Event.BRAKE_HELD) == by(api, Event.BRAKE_RELEASED) == [("psa", PACE, "token night shift")]
    assert len(api.desk.nudges) == 2
    assert program.post("/brake/nowhere/hold").status_code == 404


# -- dead letters ------------------------------------------------------------------------------------------------


def test_dead_letters_are_listed_page_by_page_and_those_of_others_are_not(api):
    api.filled(*(dead(n) for n in range(5)), a_row("9", 20), dead(7, connection="removed"))
    put(api.store, [dead(n, connection="second") for n in range(2)])
    api.desk.parts = replace(api.desk.parts, modes={name: Modes(Mode.ENFORCE) for name in ("psa", "second")})
    program = api.program()
    whole = program.items("/dead-letters")
    assert [(one["system"], one["ticket"]) for one in whole] == [
        *(("psa", str(n)) for n in range(5)),
        *(("second", str(n)) for n in range(2)),
    ]
    assert whole[0] == {
        "system": "psa",
        "ticket": "0",
        "attempts": 7,
        "failing_since": START.isoformat(),
        "error": "no answer 0",
        "mail": 0,
    }
    assert program.items("/dead-letters?limit=2") == whole
    assert len(program.items("/dead-letters?connection=second")) == 2
    answer = program.get(f"/dead-letters?cursor={cursor_text('tickets', None, 'psa', '1')}")
    assert (answer.status_code, answer.json["parameter"]) == (400, "cursor")


def test_one_is_tried_again_once_and_the_trail_tells_who_had_it(api):
    api.filled(dead(1), a_row("2", 5))
    program = Program(api.site().test_client(), api.token(name="night shift"))
    assert program.post("/dead-letters/psa/1/replay").json == {"system": "psa", "ticket": "1", "replayed": True}
    assert program.items("/dead-letters") == []
    assert by(api, Event.REPLAYED) == [("psa", "1", "token night shift")]
    for path in ("/dead-letters/psa/1/replay", "/dead-letters/psa/2/replay", "/dead-letters/psa/4711/replay"):
        assert program.post(path).status_code == 409
    assert program.post("/dead-letters/nowhere/1/replay").status_code == 404
    assert len(by(api, Event.REPLAYED)) == 1


# -- who may -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "scope", "role"), WRITES)
def test_a_token_needs_the_very_scope_and_no_other_is_enough(api, path, scope, role):
    api.filled(dead(1))
    others = [one for one in ApiScope if one is not scope]
    answer = api.program(*others).post(path)
    assert (answer.status_code, answer.json["code"]) == (403, "not_allowed")
    assert f"a session the role {role} or more" in answer.json["detail"]
    assert api.program(scope).post(path).status_code == 200
    assert api.nobody().post(path).status_code == 401


@pytest.mark.parametrize(("path", "scope", "role"), WRITES)
def test_a_session_changes_something_with_its_own_token_alone_and_where_its_role_may(api, path, scope, role):
    api.filled(dead(1))
    browser = api.browser()
    browser.log_in()  # a manager
    program = Program(browser.client)
    for headers in (
        {},
        {"X-CSRF-Token": "x"},
        {"X-CSRF-Token": browser.token("/health"), "Origin": "https://evil.example"},
    ):
        answer = program.post(path, headers=headers)
        assert (answer.status_code, answer.json["code"]) == (403, "foreign_form")
    answer = program.post(path, headers={"X-CSRF-Token": browser.token("/health")})
    assert answer.status_code == (200 if role == "manager" else 403)
    viewer = api.browser()
    viewer.log_in("bo")
    answer = Program(viewer.client).post(path, headers={"X-CSRF-Token": viewer.token("/health")})
    assert (answer.status_code, answer.json["code"]) == (403, "not_allowed")


def test_the_trail_tells_which_person_held_the_brake(api):
    browser = api.filled().browser()
    browser.log_in()
    Program(browser.client).post("/brake/psa/hold", headers={"X-CSRF-Token": browser.token("/health")})
    assert by(api, Event.BRAKE_HELD) == [("psa", PACE, "Ruth Okonjo")]


def test_without_a_login_another_sites_page_changes_nothing_here_and_a_token_does(at_home):
    at_home.filled()
    site = at_home.site().test_client()
    answer = Program(site).post("/brake/psa/hold")
    assert (answer.status_code, answer.json["code"]) == (403, "foreign_form")
    assert "a program sends a token" in answer.json["detail"]
    assert Program(site, at_home.token(ApiScope.SET_BRAKE)).post("/brake/psa/hold").status_code == 200


def test_until_when_it_waits_is_told_where_the_pace_is_known(api, monkeypatch):
    standing = Brakes(api.filled().store).standing("psa")
    waits = replace(standing, count=3, first_due_at=START, calendars=("default",))
    monkeypatch.setattr(brake_module.Brakes, "standing", lambda *_: waits)
    assert api.program().get("/brake").json["items"][0]["until"] is None
    api.pace = Pace(12, 60)
    found = api.program().get("/brake").json["items"][0]
    assert (found["waiting"], found["until"] is not None) == (3, True)
