"""Who gets in to the API: by a token, by a session, at this machine; and what wrong tokens come to."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from structlog.testing import capture_logs

from connector.store.database.tables import api_token, login_try
from connector.store.logins.tokens import USED_EVERY, ApiTokens
from connector.web.api.scopes import ApiScope
from connector.web.api.tokens import PREFIX, id_of, is_of, new_token
from connector.web.login.slowing import FREE_OF_ADDRESS, FREE_TRIES
from tests.connector.web.api.conftest import Program
from tests.connector.web.login.conftest import PASSWORDS, Browser

ELSEWHERE = "203.0.113.9"


def count(store, table):
    with store.reading() as conn:
        return conn.execute(select(func.count()).select_from(table)).scalar_one()


# -- tokens ------------------------------------------------------------------------------------------------------


def test_a_token_opens_what_its_scope_says_from_anywhere_by_any_name(api):
    program = api.program(ApiScope.READ, address=ELSEWHERE)
    answer = program.get("/tickets", headers={"Host": "connector:8000"})
    assert (answer.status_code, answer.json) == (200, {"items": [], "has_more": False, "next": None})
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert set(map(str.lower, answer.vary)) == {"authorization", "cookie"}


def test_another_scope_does_not_open_it_and_the_refusal_names_the_one_that_would(api):
    answer = api.program(ApiScope.SET_BRAKE).get("/tickets")
    assert answer.status_code == 403
    assert 'error="insufficient_scope", scope="read"' in answer.headers["WWW-Authenticate"]
    assert "A token needs the scope read, a session the role viewer or more." in answer.json["detail"]


WRONG = (
    "Bearer",
    "Bearer ",
    "Bearer x",
    f"Bearer {PREFIX}",
    f"Bearer {PREFIX}{'a' * 12}_{'b' * 43}",
    "Bearer é€ \u202e",
    "bearer x y",
)


@pytest.mark.parametrize("said", WRONG)
def test_what_is_no_token_is_not_let_in_whatever_it_is(api, said):
    said = said.encode().decode("latin-1")
    answer = api.nobody(headers={"Authorization": said}).get("/tickets")
    assert answer.status_code == 401
    assert answer.json["code"] == "wrong_token"
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="escalator", error="invalid_token"'


def test_of_a_right_token_no_sign_may_be_another(api):
    token = api.token()
    program = api.nobody()
    for place in range(len(token)):
        other = "b" if token[place] != "b" else "c"
        program.client = api.site().test_client() if place % 20 == 0 else program.client
        program.address = f"198.51.100.{place}"
        program.token = token[:place] + other + token[place + 1 :]
        assert program.get("/tickets").status_code == 401, place
    assert Program(program.client, token).get("/tickets").status_code == 200


def test_wrong_tokens_of_the_same_id_and_of_none_are_told_in_the_same_words(api):
    token = api.token()
    guessed = token[:-1] + ("A" if token[-1] != "A" else "B")
    answers = [
        api.nobody(headers={"Authorization": f"Bearer {one}"}).get("/tickets") for one in (guessed, new_token().text)
    ]
    assert answers[0].data == answers[1].data


def test_one_that_expired_says_so_and_one_that_was_revoked_is_none_any_more(api):
    expired, revoked = api.token(days=1), api.token(name="wall display", days=30)
    program = Program(api.site().test_client(), revoked)
    assert program.get("/tickets").status_code == 200
    ApiTokens(api.store).revoke("wall display", "the tests")
    assert program.get("/tickets").json["code"] == "wrong_token"
    api.desk.clock.advance(timedelta(days=1))
    answer = Program(program.client, expired).get("/tickets")
    assert (answer.status_code, answer.json["detail"]) == (401, "This token expired at 2026-03-03T09:00:00+00:00.")


def test_two_hundred_wrong_tokens_are_slowed_and_told_and_the_right_one_still_comes_in(api):
    right = api.token(name="monitor")
    site = api.site().test_client()
    with capture_logs() as logs:
        answers = [Program(site, new_token().text, ELSEWHERE).get("/tickets") for _ in range(200)]
    assert [answer.status_code for answer in answers] == [401] * FREE_OF_ADDRESS + [429] * (200 - FREE_OF_ADDRESS)
    assert answers[-1].headers["Retry-After"] == "60"
    assert {log["event"] for log in logs} == {"log-in refused", "wrong passwords are slowed"}
    assert [log["address"] for log in logs if log["log_level"] == "error"] == [ELSEWHERE]
    assert Program(site, right, ELSEWHERE).get("/tickets").status_code == 200
    assert Program(site, new_token().text, "198.51.100.1").get("/tickets").status_code == 401


def test_guesses_at_one_token_are_slowed_sooner_and_told_by_its_name(api):
    token = api.token(name="monitor")
    guess = token[:-1] + ("A" if token[-1] != "A" else "B")
    program = Program(api.site().test_client(), guess, ELSEWHERE)
    with capture_logs() as logs:
        found = [program.get("/tickets").status_code for _ in range(FREE_TRIES + 1)]
    assert found == [401] * FREE_TRIES + [429]
    assert {log["name"] for log in logs} == {"monitor"}


def test_a_program_with_a_wrong_token_keeps_nobody_from_logging_in(api):
    site = api.site().test_client()
    for _ in range(FREE_OF_ADDRESS + 1):
        answer = Program(site, new_token().text).get("/tickets")
    assert answer.status_code == 429
    assert Browser(site).log_in().status_code == 303


def test_a_flood_of_wrong_tokens_that_wait_writes_nothing(api):
    site = api.site().test_client()
    for _ in range(FREE_OF_ADDRESS):
        Program(site, new_token().text).get("/tickets")
    before = count(api.store, login_try)
    Program(site, new_token().text).get("/tickets")
    assert count(api.store, login_try) == before


def test_its_last_use_is_noted_to_the_hour_and_not_with_each_request(api):
    program = Program(api.site().test_client(), api.token(name="monitor"))
    used = lambda: ApiTokens(api.store).every()[0].used_at  # noqa: E731
    assert used() is None
    program.get("/tickets")
    first = used()
    assert first == api.desk.clock.now()
    api.desk.clock.advance(USED_EVERY - timedelta(seconds=1))
    program.get("/tickets")
    assert used() == first
    api.desk.clock.advance(timedelta(seconds=1))
    program.get("/tickets")
    assert used() == first + USED_EVERY


def test_no_token_is_in_the_database_in_a_log_or_in_an_answer(api, tmp_path):
    right, wrong = api.token(), new_token().text
    site = api.site().test_client()
    with capture_logs() as logs:
        answers = [
            Program(site, one).get(path) for one in (right, wrong) for path in ("/tickets", "/nowhere", "/tickets?x=1")
        ]
    with api.store.reading() as conn:
        rows = [str(dict(row._mapping)) for row in conn.execute(select(api_token))]
    told = [*map(str, logs), *(answer.text + str(answer.headers) for answer in answers), *rows]
    assert len(rows) == 1
    for one in (right, wrong):
        assert not any(one[len(PREFIX) + 13 :] in text for text in told)


def test_an_unknown_scope_of_a_later_version_lets_nobody_do_anything(api):
    made = new_token()
    ApiTokens(api.store).add(made.id, "later", made.hash, ["everything"], timedelta(days=1), "the tests")
    assert Program(api.site().test_client(), made.text).get("/tickets").status_code == 403


def test_the_form_of_a_token_is_read_and_nothing_else_is_one():
    made = new_token()
    assert id_of(made.text) == made.id
    assert made.text not in repr(made)
    assert is_of(made.hash, made.text)
    assert not is_of(None, made.text)
    for text in ("", PREFIX, made.text[1:], made.text + "x", made.text.upper(), f"{PREFIX}{'_' * 12}_{'x' * 43}"):
        assert id_of(text) == "", text


# -- sessions, and this machine ----------------------------------------------------------------------------------


@pytest.mark.parametrize("accepts", ["*/*", "application/json", "text/html"])
def test_without_a_token_or_a_session_nobody_is_let_in_or_sent_elsewhere(api, accepts):
    answer = api.nobody().get("/tickets", headers={"Accept": accepts})
    assert (answer.status_code, answer.json["code"]) == (401, "no_token")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="escalator"'
    assert "Location" not in answer.headers


def test_a_session_reads_what_its_role_may(api):
    browser = api.browser()
    browser.log_in("bo", PASSWORDS["bo"])
    assert Program(browser.client).get("/tickets").status_code == 200


@pytest.mark.parametrize("said", ["", "Basic cnV0aDpwYXNz", "Digest username=x"])
def test_credentials_that_are_a_proxys_own_are_neither_a_token_nor_in_the_way(api, said):
    assert api.nobody(headers={"Authorization": said}).get("/tickets").json["code"] == "no_token"
    browser = api.browser()
    browser.log_in()
    assert Program(browser.client, headers={"Authorization": said}).get("/tickets").status_code == 200


def test_a_token_decides_alone_whoever_is_logged_in(api):
    browser = api.browser()
    browser.log_in()
    assert Program(browser.client, new_token().text).get("/tickets").status_code == 401
    assert Program(browser.client, api.token(ApiScope.SET_BRAKE)).get("/tickets").status_code == 403


def test_by_a_name_that_is_not_ours_a_session_opens_nothing(api):
    browser = api.browser()
    browser.log_in()
    answer = Program(browser.client).get("/tickets", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.json["code"]) == (403, "unknown_host")


def test_without_a_login_it_is_for_this_machine_only_with_a_token_or_without(at_home):
    token = at_home.token(ApiScope.READ)
    site = at_home.site().test_client()
    for one in ("", token):
        assert Program(site, one).get("/tickets").status_code == 200
        for refused in (
            Program(site, one, ELSEWHERE),
            Program(site, one, headers={"X-Forwarded-For": "127.0.0.1"}),
            Program(site, one, headers={"Host": "evil.example"}),
        ):
            answer = refused.get("/tickets")
            assert (answer.status_code, answer.json["code"]) == (403, "not_this_machine")
    assert Program(site, new_token().text).get("/tickets").status_code == 401
