"""What others try on the way through an identity provider: each ends at the page to log in, without a session."""

from __future__ import annotations

import threading
from urllib.parse import urlencode

import pytest
from werkzeug.wrappers import Response

from connector.web.login.oidc.asking import MOST_BYTES, is_askable
from connector.web.login.oidc.tokens import LEEWAY_SECONDS
from connector.web.login.slowing import FREE_OF_ADDRESS
from tests.connector.web.console.pages import PAGE, words_of
from tests.connector.web.login.oidc.conftest import (
    PUBLIC,
    a_key,
    as_json,
    not_signed,
    query_of,
    signed_by,
    signed_with_our_own_secret,
    signed_with_the_public_key,
)
from tests.connector.web.login.test_login import ELSEWHERE

DESK = {"name": "Ruth Okonjo", "groups": ["Service Desk"]}
NOT_BEGUN, NOT_PROVEN = "was not begun in this browser a moment ago", "does not prove who you are"


def is_refused(browser, answer, words):
    assert answer.status_code == 403
    assert words in words_of(answer)
    assert browser.cookie() is None
    return not browser.is_in()


# --- who comes back -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [None, "", "x", "another's", "twice", "\ud800"])
def test_another_state_lets_nobody_in_and_the_right_one_still_does(oidc, state):
    browser, other = oidc.browser(users=[]), oidc.browser(users=[])
    oidc.provider.claims = DESK
    back = oidc.provider.way_back(oidc.sent_out(browser))
    right = query_of(back)
    said = {"code": right["code"][0], "state": state}
    if state == "another's":
        said["state"] = query_of(oidc.sent_out(other))["state"][0]
    query = {name: value for name, value in said.items() if value is not None}
    path = f"{back}&state=x" if state == "twice" else f"/login/oidc?{urlencode(query, errors='surrogatepass')}"
    if state == "\ud800":
        assert browser.get(path).status_code == 400
    else:
        assert is_refused(browser, browser.get(path), NOT_BEGUN)
    assert browser.get(back).status_code == 303


def test_a_way_back_counts_once_also_with_a_copy_of_the_cookie(oidc):
    browser = oidc.browser(users=[])
    oidc.provider.claims = DESK
    address = oidc.sent_out(browser)
    copied, back = browser.cookie("escalator_oidc"), oidc.provider.way_back(address)
    assert browser.get(back).status_code == 303
    assert browser.cookie("escalator_oidc") is None
    thief = oidc.moved(oidc.browser(users=[]), users=[])
    for path in (back, oidc.provider.way_back(address)):
        thief.client.set_cookie("escalator_oidc", copied)
        assert is_refused(thief, thief.get(path), NOT_BEGUN)


def test_a_code_of_another_browser_logs_nobody_in_as_somebody_else(oidc):
    """The attacker begins a log-in, and has the victim's browser end it: it would then be in the attacker's account."""
    attacker, victim = oidc.browser(users=[]), oidc.browser(users=[])
    back = oidc.provider.way_back(oidc.sent_out(attacker))
    assert is_refused(victim, victim.get(back), NOT_BEGUN)
    own = query_of(oidc.sent_out(victim))["state"][0]
    code = query_of(back)["code"][0]
    assert is_refused(victim, victim.get("/login/oidc", query_string={"code": code, "state": own}), NOT_PROVEN)


def test_a_cookie_of_another_key_or_purpose_is_none(oidc):
    browser = oidc.browser(users=[])
    back = oidc.provider.way_back(oidc.sent_out(oidc.browser(users=[], key="another key that nobody else has")))
    other = oidc.browser(users=[], key="another key that nobody else has")
    oidc.sent_out(other)
    for cookie in (other.cookie("escalator_oidc"), "x", "", other.cookie("escalator_oidc")[:-2]):
        browser.client.set_cookie("escalator_oidc", cookie)
        assert is_refused(browser, browser.get(back), NOT_BEGUN)


def test_over_https_the_browser_itself_holds_that_nobody_else_set_the_cookie(oidc):
    public = "https://console.example.com"
    browser = oidc.browser(users=[], public_url=public)
    browser.address = "10.0.0.7"
    set_ = browser.get("/login/oidc/begin", base_url=public).headers["Set-Cookie"]
    assert set_.startswith("__Host-escalator_oidc=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=600"} <= set(set_.split("; "))


def test_an_answer_that_names_another_provider_is_refused(oidc):
    browser = oidc.browser(users=[])
    oidc.provider.claims = DESK
    mixed = oidc.provider.way_back(oidc.sent_out(browser), iss="https://evil.example.com")
    assert is_refused(browser, browser.get(mixed), NOT_PROVEN)
    own = oidc.provider.way_back(oidc.sent_out(browser), iss=oidc.provider.url)
    assert browser.get(own).status_code == 303


def test_a_provider_that_says_its_name_is_not_believed_without(oidc):
    oidc.provider.document = {"authorization_response_iss_parameter_supported": True}
    browser = oidc.browser(users=[])
    assert is_refused(browser, oidc.logs_in(browser, **DESK), NOT_PROVEN)


@pytest.mark.parametrize("said", [{"code": ""}, {"code": "x" * 5000}, {}])
def test_without_a_code_the_provider_is_not_asked(oidc, said):
    browser = oidc.browser(users=[])
    state = query_of(oidc.sent_out(browser))["state"][0]
    assert is_refused(browser, browser.get("/login/oidc", query_string={**said, "state": state}), NOT_BEGUN)
    assert "/token" not in oidc.provider.asked


def test_whoever_tries_codes_is_slowed_by_address_and_the_provider_is_spared(oidc):
    browser = oidc.browser(users=[])
    for _ in range(FREE_OF_ADDRESS):
        state = query_of(oidc.sent_out(browser))["state"][0]
        assert browser.get(f"/login/oidc?code=x&state={state}").status_code == 403
    asked = oidc.provider.asked.count("/token")
    state = query_of(oidc.sent_out(browser))["state"][0]
    waits = browser.get(f"/login/oidc?code=x&state={state}")
    assert (waits.status_code, "Too many tries that proved nobody" in words_of(waits)) == (429, True)
    assert oidc.provider.asked.count("/token") == asked == FREE_OF_ADDRESS


# --- what is signed -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "signed",
    [
        not_signed,
        signed_with_our_own_secret,
        signed_with_the_public_key,
        signed_by("second"),
        lambda claims: signed_by("first")(claims)[:-4] + "AAAA",
        lambda claims: signed_by("first")({**claims, "groups": []}).rpartition(".")[0] + "." + _signature(claims),
        lambda claims: signed_by("first", crit=["b64"], b64=False)(claims),
        lambda claims: _with_a_key_inside(claims),
        lambda claims: "x" * 70_000,
        lambda claims: "a.b.c",
        lambda claims: "é.é.é",
        lambda claims: None,
        lambda claims: {"a": 1},
    ],
    ids=[
        "alg none", "our secret", "the public key as a secret", "a key that is unknown", "another signature",
        "the signature of other claims", "critical", "a key in its own header", "giant", "no token", "no ascii", "null",
        "an object",
    ],
)  # fmt: skip
def test_what_the_provider_did_not_sign_proves_nobody(oidc, signed):
    oidc.provider.signed = signed
    browser = oidc.browser(users=[])
    assert is_refused(browser, oidc.logs_in(browser, **DESK), NOT_PROVEN)


def _signature(claims):
    return signed_by("first")(claims).rpartition(".")[2]


def _with_a_key_inside(claims):
    """A token that brings the key along that it is signed with."""
    from joserfc import jwt

    key = a_key("second")
    return jwt.encode({"alg": "RS256", "jwk": key.as_dict(private=False), "kid": "second"}, claims, key)


WRONG = {
    "another issuer": {"iss": "https://evil.example.com"},
    "no issuer": {"iss": None},
    "for another client": {"aud": "another"},
    "for another client, in our name": {"aud": "another", "azp": "console"},
    "for nobody": {"aud": None},
    "for several, and another's": {"aud": ["console", "another"], "azp": "another"},
    "for several, and nobody's": {"aud": ["console", "another"]},
    "another nonce": {"nonce": "x"},
    "no nonce": {"nonce": None},
    "no subject": {"sub": None},
    "an empty subject": {"sub": ""},
    "a number for a subject": {"sub": 4711},
    "no end": {"exp": None},
    "an end that is none": {"exp": "tomorrow"},
    "an end that is true": {"exp": True},
}


@pytest.mark.parametrize("claims", WRONG.values(), ids=WRONG.keys())
def test_what_was_signed_for_somebody_or_something_else_proves_nobody(oidc, claims):
    browser = oidc.browser(users=[])
    assert is_refused(browser, oidc.logs_in(browser, **DESK, **claims), NOT_PROVEN)


@pytest.mark.parametrize(("name", "seconds"), [("exp", -LEEWAY_SECONDS - 1), ("nbf", LEEWAY_SECONDS + 2)])
def test_what_is_too_old_or_of_a_time_to_come_proves_nobody_but_clocks_may_differ_a_little(oidc, name, seconds):
    browser = oidc.browser(users=[])
    at = int(oidc.now()) + seconds
    assert is_refused(browser, oidc.logs_in(browser, **DESK, **{name: at}), NOT_PROVEN)
    little = at + (3 if name == "exp" else -3)
    assert oidc.logs_in(browser, **DESK, **{name: little}).status_code == 303


# --- where to -------------------------------------------------------------------------------------------------


def test_nobody_is_taken_elsewhere_by_way_of_the_provider(oidc):
    browser = oidc.browser(users=[])
    for to in [*ELSEWHERE, "/login/oidc", "/login/oidc/begin?next=/"]:
        assert oidc.logs_in(browser, to, **DESK).headers["Location"] == "/", to


def test_no_name_that_we_are_asked_by_gets_into_the_address_that_people_come_back_to(oidc):
    browser = oidc.browser(users=[])
    told = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "Forwarded": "host=evil.example"}
    answer = browser.get("/login/oidc/begin", headers={**PAGE, **told})
    assert query_of(answer.headers["Location"])["redirect_uri"] == [f"{PUBLIC}/login/oidc"]
    for path in ("/login/oidc/begin", "/login/oidc?code=x&state=x", "/login"):
        refused = browser.get(path, headers={**PAGE, "Host": "evil.example"})
        assert (refused.status_code, "evil" in refused.text) == (403, False)
    more = {"redirect_uri": "https://evil.example/", "client_id": "x"}
    sent = browser.get("/login/oidc/begin", query_string=more).headers["Location"]
    assert "evil.example" not in sent


# --- a hostile or broken provider -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"issuer": "https://evil.example.com"}, "names another issuer"),
        ({"issuer": None}, "names another issuer"),
        ({"token_endpoint": "http://evil.example.com/token"}, "none with https"),
        ({"token_endpoint": "https://user:word@evil.example.com/"}, "none with https"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "none with https"),
        ({"jwks_uri": "file:///etc/passwd"}, "none with https"),
        ({"jwks_uri": ["https://a.example.com"]}, "none with https"),
    ],
)
def test_a_document_that_leads_elsewhere_is_refused(oidc, document, words):
    oidc.provider.document = document
    answer = oidc.browser(users=[]).get("/login/oidc/begin")
    assert (answer.status_code, words in words_of(answer)) == (503, True)
    assert "Location" not in answer.headers


def test_only_where_the_issuer_is_this_machine_may_it_name_addresses_of_this_machine():
    assert not is_askable("http://127.0.0.1:80/metadata", "https://idp.example.com")
    assert is_askable("http://127.0.0.1:80/metadata", "http://localhost:90")
    assert is_askable("https://oauth2.googleapis.com/token", "https://accounts.google.com")
    for odd in (
        "https://a.example.com/\\b",
        "https://a.example.com/ b",
        "https://a:0/",
        "https://[",
        "https://a/#b",
        1,
    ):
        assert not is_askable(odd, "https://idp.example.com")


GIANT = Response(b'{"x": "' + b"x" * MOST_BYTES + b'"}', content_type="application/json")
BROKEN = {
    "a giant answer": (lambda: GIANT, "larger than 256 KB"),
    "no JSON": (lambda: Response("<html>"), "no JSON"),
    "a deep answer": (lambda: Response("[" * 100_000), "no JSON"),
    "a list": (lambda: as_json([]), "no JSON object"),
    "a redirection": (lambda: Response(status=302, headers={"Location": "http://127.0.0.1:1/"}), "answered 302"),
}


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/keys", "/token"])
@pytest.mark.parametrize(("answer", "words"), BROKEN.values(), ids=BROKEN.keys())
def test_a_provider_that_answers_anything_else_is_away(oidc, path, answer, words):
    browser = oidc.browser(users=[])
    if path != "/.well-known/openid-configuration":
        oidc.sent_out(browser)
    oidc.provider.answers[path] = answer
    told = browser.get("/login/oidc/begin") if path.endswith("configuration") else oidc.logs_in(browser, **DESK)
    assert (told.status_code, words in words_of(told), browser.is_in()) == (503, True, False)
    assert oidc.provider.asked.count(path) == 1


def test_keys_that_are_no_list_or_too_many_are_none(oidc):
    for keys in (None, {}, [a_key("first").as_dict(private=False)] * 101):
        oidc.provider.answers["/keys"] = lambda keys=keys: as_json({"keys": keys})
        answer = oidc.logs_in(oidc.browser(users=[]), **DESK)
        assert (answer.status_code, "publishes no list of keys" in words_of(answer)) == (503, True)


def test_nobody_waits_long_for_a_provider_that_is_slow_and_few_wait_at_all(oidc, desk):
    go_on = threading.Event()

    def slow():
        assert go_on.wait(60)
        return as_json({})

    oidc.seconds = 0.05
    oidc.provider.answers["/.well-known/openid-configuration"] = slow
    browser = oidc.browser()
    told = []
    try:
        for _ in range(4):
            told.append(words_of(browser.get("/login/oidc/begin")))
            desk.monotonic[0] += 10
        assert browser.log_in("bo").status_code == 303
    finally:
        go_on.set()
    assert all("it took longer than 0.05 s" in one for one in told[:3])
    assert "Too many people log in at this moment" in told[3]


def test_a_provider_that_is_not_there_is_told_without_its_address(oidc):
    oidc.provider.url = "http://127.0.0.1:1/tenant"
    answer = oidc.browser(users=[]).get("/login/oidc/begin")
    assert (answer.status_code, "connection refused" in words_of(answer)) == (503, True)
    assert "127.0.0.1:1/" not in answer.text


def test_no_user_of_a_file_of_the_hosts_is_sent_to_the_provider(oidc, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password a-secret-of-the-host\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    seen = []
    answer = oidc.provider._answer
    oidc.provider._answer = lambda request: seen.append(request.headers.get("Authorization")) or answer(request)
    assert oidc.logs_in(oidc.browser(users=[]), **DESK).status_code == 303
    assert len(seen) == 3
    assert seen[0] is seen[2] is None
