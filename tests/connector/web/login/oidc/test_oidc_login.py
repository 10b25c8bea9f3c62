"""Logging in by an identity provider: the way there and back, who it is, and how long that lasts."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from structlog.testing import capture_logs

from connector.web.console.gate import Role
from connector.web.login.oidc.people import NO_GROUP, TOO_MANY_GROUPS
from connector.web.login.oidc.way import LASTS
from connector.web.login.sessions import IDLE, LONGEST
from tests.connector.web.console.pages import words_of
from tests.connector.web.login.oidc.conftest import PUBLIC, a_key, as_json, query_of, signed_by

DESK = {"name": "Ruth Okonjo", "groups": ["Service Desk"]}


def test_who_is_vouched_for_is_taken_to_where_they_wanted_with_name_and_role(oidc):
    browser = oidc.browser(users=[])
    answer = oidc.logs_in(browser, "/health?since=1", **DESK)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/health?since=1")
    assert "Ruth Okonjo, technician" in words_of(browser.get("/health"))


def test_the_provider_is_asked_for_a_code_with_pkce_state_and_nonce_and_told_our_configured_address(oidc):
    address = oidc.sent_out(oidc.browser(users=[]))
    said = query_of(address)
    assert address.startswith(f"{oidc.provider.url}/authorize?")
    assert {name: value[0] for name, value in said.items() if name not in ("state", "nonce", "code_challenge")} == {
        "response_type": "code",
        "client_id": "console",
        "redirect_uri": f"{PUBLIC}/login/oidc",
        "scope": "openid profile email",
        "code_challenge_method": "S256",
    }
    assert all(len(said[name][0]) >= 43 for name in ("state", "nonce", "code_challenge"))


def test_groups_are_asked_for_where_the_provider_offers_them_and_the_secret_is_sent_as_it_likes(oidc):
    oidc.provider.document = {
        "scopes_supported": ["openid", "groups"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    }
    browser = oidc.browser(users=[])
    assert query_of(oidc.sent_out(browser))["scope"] == ["openid profile email groups"]
    assert oidc.logs_in(browser, **DESK).headers["Location"] == "/health"


def test_the_page_offers_both_ways_where_there_are_both_and_the_one_alone_where_there_is_one(oidc):
    both, alone = oidc.browser().get("/login?next=/health"), oidc.browser(users=[]).get("/login")
    assert "Log in with 127.0.0.1 Or with an account of this service: Name Password" in words_of(both)
    assert f'href="{PUBLIC}/login/oidc/begin?next=%2Fhealth"' in both.text
    assert "Log in with 127.0.0.1" in words_of(alone)
    assert "Password" not in alone.text
    assert "Log in with" not in words_of(oidc.login.browser().get("/login"))
    assert oidc.browser().log_in("bo").status_code == 303


def test_without_accounts_of_our_own_no_password_is_looked_at(oidc):
    browser = oidc.browser(users=[])
    answer = browser.post("/login", {"csrf": "x", "name": "bo", "password": "x"})
    assert (answer.status_code, "Nobody logs in with a password here" in words_of(answer)) == (403, True)


def test_who_has_no_group_that_counts_is_told_so_and_has_no_session(oidc):
    browser = oidc.browser(users=[])
    answer = oidc.logs_in(browser, name="Nora", groups=["others"])
    assert (answer.status_code, NO_GROUP in words_of(answer), browser.is_in()) == (403, True, False)


def test_who_has_more_groups_than_are_named_is_told_what_to_do(oidc):
    browser = oidc.browser(users=[])
    answer = oidc.logs_in(browser, name="Nora", _claim_names={"groups": "src1"}, _claim_sources={"src1": {}})
    assert (answer.status_code, TOO_MANY_GROUPS in words_of(answer), browser.is_in()) == (403, True, False)


def test_a_provider_that_is_away_is_told_and_passwords_go_on(oidc):
    oidc.provider.answers["/.well-known/openid-configuration"] = lambda: as_json({}, 502)
    browser = oidc.browser()
    answer = browser.get("/login/oidc/begin?next=/health")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "cannot be used at this moment: it answered 502" in words_of(answer)
    assert "aria-invalid" not in answer.text
    assert browser.log_in("bo", "wrong password").text.count("aria-invalid") == 2
    assert browser.log_in("bo").status_code == 303


def test_a_provider_that_failed_is_asked_again_after_a_while_and_one_that_answered_for_an_hour_is_not(oidc, desk):
    oidc.provider.answers["/.well-known/openid-configuration"] = lambda: as_json({}, 502)
    browser = oidc.browser(users=[])
    assert {browser.get("/login/oidc/begin").status_code for _ in range(3)} == {503}
    assert len(oidc.provider.asked) == 1
    oidc.provider.answers.clear()
    desk.monotonic[0] += 5
    assert [browser.get("/login/oidc/begin").status_code for _ in range(3)] == [303] * 3
    assert len(oidc.provider.asked) == 2


# --- sessions -------------------------------------------------------------------------------------------------


def test_a_session_goes_on_at_every_process_without_the_provider(oidc):
    browser = oidc.browser(users=[])
    oidc.logs_in(browser, **DESK)
    asked = list(oidc.provider.asked)
    assert browser.is_in()
    assert oidc.moved(browser, users=[]).is_in()
    assert oidc.provider.asked == asked


@pytest.mark.parametrize("change", ["role", "group", "secret", "issuer", "gone"])
def test_a_session_ends_when_what_is_configured_of_the_provider_changes(oidc, change):
    browser = oidc.browser()
    oidc.logs_in(browser, **DESK)
    match change:
        case "role":
            oidc.roles["Service Desk"] = Role.VIEWER
        case "group":
            oidc.roles["further"] = Role.VIEWER
        case "secret":
            oidc.secret = "another"
        case "issuer":
            oidc.provider.url = "https://other.example.com"
    moved = oidc.login.moved(browser, public_url=PUBLIC) if change == "gone" else oidc.moved(browser)
    assert moved.get("/health").headers["Location"].endswith("why=changed")


def test_a_session_ends_by_time_as_any_other(oidc, clock):
    browser = oidc.browser(users=[])
    oidc.logs_in(browser, **DESK)
    clock.advance(IDLE)
    assert browser.get("/health").headers["Location"].endswith("why=idle")
    oidc.logs_in(browser, **DESK)
    for _ in range(int(LONGEST / (IDLE / 2)) - 1):
        clock.advance(IDLE / 2)
        assert browser.is_in()
    clock.advance(IDLE / 2)
    assert browser.get("/health").headers["Location"].endswith("why=age")


def test_log_out_everywhere_ends_the_sessions_of_that_person_and_of_nobody_who_is_called_so(oidc):
    here, other = oidc.browser(), oidc.browser()
    oidc.logs_in(here, name="Ruth O", groups=["leads"])
    there = oidc.beside(here)
    oidc.logs_in(there, name="Ruth O", groups=["leads"])
    oidc.logs_in(other, name="Ruth O", groups=["leads"], sub="another")
    here.post("/logout/everywhere", {"csrf": here.token("/health")})
    assert [one.is_in() for one in (here, there, other)] == [False, False, True]


def test_who_is_called_like_an_account_of_ours_is_told_apart_and_known_by_no_cookie_of_it(oidc):
    browser = oidc.browser()
    oidc.logs_in(browser, name="RUTH OKONJO", groups=["leads"])
    assert "RUTH OKONJO (127.0.0.1:" in words_of(browser.get("/health"))
    assert browser.cookie("escalator_device", "/login") is None


def test_new_keys_of_the_provider_are_found_at_once_and_it_is_not_asked_for_each_unknown_one(oidc, desk):
    browser = oidc.browser(users=[])
    oidc.logs_in(browser, **DESK)
    oidc.provider.kids, oidc.provider.signed = ["second"], signed_by("second")
    answers = [oidc.logs_in(oidc.beside(browser), **DESK).status_code for _ in range(3)]
    assert answers == [403] * 3
    assert oidc.provider.asked.count("/keys") == 1
    desk.monotonic[0] += 60
    assert oidc.logs_in(oidc.beside(browser), **DESK).status_code == 303
    assert oidc.provider.asked.count("/keys") == 2


def test_of_several_keys_the_one_that_is_named_counts_and_others_than_for_signing_do_not(oidc):
    oidc.provider.kids = ["second", "first"]
    assert oidc.logs_in(oidc.browser(users=[]), **DESK).status_code == 303
    secret = {"kty": "oct", "k": "AAAA", "kid": "first"}
    for other in (secret, {**a_key("first").as_dict(private=False), "use": "enc"}, "x", {"kty": "RSA", "kid": "first"}):
        oidc.provider.answers["/keys"] = lambda other=other: as_json({"keys": [other]})
        assert oidc.logs_in(oidc.browser(users=[]), **DESK).status_code == 403


# --- what is told ---------------------------------------------------------------------------------------------


def test_the_log_tells_of_log_ins_by_name_and_of_refusals_by_our_own_words_alone(oidc):
    browser = oidc.browser(users=[])
    with capture_logs() as told:
        oidc.logs_in(browser, name="Ruth Okonjo", groups=["leads"], email="secret@example.com")
        oidc.logs_in(browser, name="Nora Secret", groups=["secret group"])
        oidc.logs_in(browser, name="Nora Secret", groups=["leads"], nonce="secret")
        back = oidc.provider.way_back(oidc.sent_out(browser))
        browser.get(f"/login/oidc?error=access_denied&error_description=secret&{back.partition('?')[2]}")
    said = [(one["event"], one.get("reason"), one.get("detail"), one["name"], one.get("way")) for one in told]
    assert said == [
        ("logged in", None, None, "Ruth Okonjo (4711 at the identity provider)", "oidc"),
        ("log-in refused", "no role", "none of its groups is in OIDC_ROLES", "of no account", "oidc"),
        ("log-in refused", "not proven", "its nonce", "of no account", "oidc"),
        ("log-in refused", "refused by the provider", "access_denied", "of no account", "oidc"),
    ]
    assert "secret" not in json.dumps(told, default=str).lower()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("access_denied", "did not let you through, or you turned back there"),
        ("temporarily_unavailable", "is too busy at this moment"),
        ("<script>x</script>", "The identity provider refused this service."),
    ],
)
def test_an_error_of_the_provider_is_told_in_plain_words_and_its_text_is_not(oidc, error, words):
    browser = oidc.browser(users=[])
    state = query_of(oidc.sent_out(browser))["state"][0]
    answer = browser.get("/login/oidc", query_string={"error": error, "error_description": "<b>raw", "state": state})
    assert (answer.status_code, words in words_of(answer)) == (403, True)
    assert "raw" not in answer.text
    assert "<script>x" not in answer.text


def test_a_secret_that_has_expired_is_told_as_the_services_fault(oidc):
    oidc.secret = "an old one"
    answer = oidc.logs_in(oidc.browser(users=[]), **DESK)
    assert (answer.status_code, "it does not take the secret that this service has" in words_of(answer)) == (503, True)


def test_who_takes_too_long_at_the_provider_begins_anew(oidc, clock):
    browser = oidc.browser(users=[])
    back = oidc.provider.way_back(oidc.sent_out(browser))
    clock.advance(LASTS)
    assert "was not begun in this browser a moment ago" in words_of(browser.get(back))


def test_a_process_without_a_provider_loads_nothing_of_it():
    code = (
        "import sys; import connector.app.web_side, connector.web.login.door; "
        "print([name for name in sys.modules if name.partition('.')[0] in ('authlib', 'joserfc', 'cryptography')])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
