"""Who may see the console: without a login whoever sits at this machine, and nobody else by any way around."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import redirect
from werkzeug.exceptions import abort

from connector.web.console.gate import AT_THIS_MACHINE, NOT_ALLOWED, NOT_THIS_MACHINE, Role, Viewer, require
from connector.web.problems import HttpProblem
from tests.connector.web.console.pages import PAGE, words_of

PATHS = ("/", "/health", "/tickets/psa/1")
WHO = Viewer("Ruth Okonjo", Role.MANAGER, "ruth")


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"])
def test_whoever_sits_here_is_let_in_and_told_why(desk, peer):
    client = desk.client()
    for host in ("localhost", "LOCALHOST:8000", "127.0.0.1", "127.0.0.2:80", "[::1]", "[::1]:8000"):
        answer = client.get("/health", headers={"Host": host}, environ_overrides={"REMOTE_ADDR": peer})
        assert answer.status_code == 200, host
        assert "without a login: this machine only" in answer.text


def test_another_machine_is_refused(desk):
    client = desk.client()
    for peer in ("10.0.0.7", "::ffff:10.0.0.7", "2001:db8::1", "", "unix:", "127.0.0.1.evil", "0.0.0.0"):
        for path in PATHS:
            answer = client.get(path, environ_overrides={"REMOTE_ADDR": peer})
            assert (answer.status_code, answer.json["code"]) == (403, NOT_THIS_MACHINE), (path, peer)
            assert answer.json["detail"] == "You asked from another machine, and no login is configured."


FORWARDED = (
    *("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded", "Forwarded", "Forwarded-For"),
    *("X-Real-IP", "Via", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP", "Fly-Client-IP", "X-Original-Host"),
)


def test_what_a_proxy_passed_on_is_refused_whatever_it_says(desk):
    client = desk.client()
    for name in FORWARDED:
        for value in ("127.0.0.1", "", "for=127.0.0.1"):
            answer = client.get("/health", headers={name: value})
            assert (answer.status_code, answer.json["code"]) == (403, NOT_THIS_MACHINE), (name, value)
            assert answer.json["detail"] == "A proxy passed your request on, and no login is configured."


NAMES = (
    *("evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evil.example:8000", "10.0.0.7", "[::2]"),
    "a b",
)


def test_a_name_that_leads_here_but_is_not_ours_is_refused(desk):
    client = desk.client()
    for host in NAMES:
        answer = client.get("/health", headers={"Host": host})
        assert (answer.status_code, answer.json["code"]) == (403, NOT_THIS_MACHINE), host
        assert (
            answer.json["detail"] == "You asked by a name that is not this machine's own, and no login is configured."
        )


def test_a_request_without_a_host_is_refused(desk):
    answer = desk.client().get("/health", environ_overrides={"HTTP_HOST": ""})
    assert answer.status_code == 403


def test_who_is_refused_gets_a_page_that_says_why_and_what_to_do(desk):
    answer = desk.client().get("/health", headers=PAGE, environ_overrides={"REMOTE_ADDR": "10.0.0.7"})
    assert (answer.status_code, answer.mimetype) == (403, "text/html")
    words = words_of(answer)
    assert "This page is for the machine that the connector runs on" in words
    assert "ssh -L 8000:127.0.0.1:8000" in words
    for told in ("1.2.3", "observe", "psa", "Health"):
        assert told not in words


@pytest.mark.parametrize("path", ["/health/live", "/metrics", "/static/console.css"])
def test_what_is_no_page_stays_open_to_programs(desk, path):
    headers = {"X-Forwarded-For": "10.0.0.7", "Host": "escalator.example"}
    assert desk.client().get(path, headers=headers, environ_overrides={"REMOTE_ADDR": "10.0.0.7"}).status_code == 200


@pytest.mark.parametrize("method", ["post", "put", "delete", "options"])
def test_no_other_method_passes_the_gate(desk, method):
    answer = getattr(desk.client(), method)("/health", environ_overrides={"REMOTE_ADDR": "10.0.0.7"})
    assert answer.status_code in (403, 405)


# -- where a login plugs in --------------------------------------------------------------------------------------


def with_login(desk, who_asks):
    desk.parts = replace(desk.parts, who_asks=who_asks)
    return desk.client()


def test_a_login_says_who_asks(desk):
    answer = with_login(desk, lambda _: WHO).get("/health", environ_overrides={"REMOTE_ADDR": "10.0.0.7"})
    assert answer.status_code == 200
    assert "Ruth Okonjo" in answer.text
    assert "this machine only" not in answer.text


def test_a_login_may_refuse_or_send_elsewhere(desk):
    def refuses(_):
        raise HttpProblem(401, "log_in", "Log in first")

    answer = with_login(desk, refuses).get("/health", headers=PAGE)
    assert (answer.status_code, answer.mimetype) == (401, "text/html")
    answer = with_login(desk, lambda _: abort(redirect("/login"))).get("/health")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/login")


@pytest.mark.parametrize("role", list(Role))
def test_each_role_may_what_those_before_it_may(role):
    assert [other for other in Role if Viewer("x", role).may(other)] == [other for other in Role if other <= role]
    assert AT_THIS_MACHINE.role is Role.ADMINISTRATOR


def test_a_route_may_require_a_role(desk):
    desk.parts = replace(desk.parts, who_asks=lambda _: WHO)
    with desk.client() as client:
        client.get("/health")
        assert require(Role.MANAGER) == WHO
        with pytest.raises(HttpProblem) as refused:
            require(Role.ADMINISTRATOR)
    assert (refused.value.status, refused.value.code) == (403, NOT_ALLOWED)
    assert refused.value.detail == "This needs the role administrator."


def test_where_nobody_was_asked_nobody_may(desk):
    with desk.client() as client:
        client.get("/health/live")
        with pytest.raises(HttpProblem):
            require(Role.VIEWER)


@pytest.mark.parametrize(
    ("viewer", "told"),
    [
        (Viewer("ruth", Role.MANAGER), "ruth"),
        (Viewer("token wall", Role.VIEWER, subject="4711"), "token wall (4711 at"),
        (AT_THIS_MACHINE, "this machine, without a login"),
    ],
)
def test_who_did_it_is_told_so_that_nobody_passes_for_another(viewer, told):
    assert viewer.told.startswith(told)
    assert viewer.told.endswith("at the identity provider)") is bool(viewer.subject)
