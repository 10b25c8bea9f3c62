"""What all pages share: the headers, the frame, the style sheet, and errors as pages for people."""

from __future__ import annotations

import re

import pytest
from structlog.testing import capture_logs

from connector.web.console import assets
from connector.web.console.frame import PAGES
from tests.connector.web.console.pages import PAGE, elements_with, words_of
from tests.connector.web.test_app import away


def test_only_what_a_page_loads_may_be_loaded(desk):
    policy = desk.client().get("/health").headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "style-src 'self'" in policy
    assert "form-action 'self'" in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("path", [address for _, _, address in PAGES])
def test_every_page_of_the_navigation_is_there_and_says_that_it_is_shown(desk, path):
    answer = desk.client().get(path)
    assert answer.status_code == 200
    assert f'<a href="{path}" aria-current="page">' in answer.text
    assert not elements_with(answer.text, "style")
    assert not re.search(r"<style|\son\w+=|javascript:", answer.text)


def test_the_style_sheet_is_our_own_and_is_found_anew_when_it_changes(desk):
    (address,) = [one for one in elements_with(desk.client().get("/health").text, "href") if ".css" in one]
    answer = desk.client().get(address)
    assert (answer.status_code, answer.mimetype) == (200, "text/css")
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.data == assets.asset("console.css").body
    assert address.endswith(f"?v={assets.asset('console.css').version}")


@pytest.mark.parametrize("name", ["nothing.css", "..%2Fpages.css", "pages.css"])
def test_no_other_file_is_given(desk, name):
    assert desk.client().get(f"/static/{name}").status_code == 404


@pytest.mark.parametrize("path", ["/nowhere", "/healthy", "/tickets"])
def test_an_unknown_page_is_a_page_for_people_and_a_problem_for_programs(desk, path):
    answer = desk.client().get(path, headers=PAGE)
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert "There is no such page" in words_of(answer)
    answer = desk.client().get(path)
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


@pytest.mark.parametrize("path", ["/webhooks/nobody", "/api/v1/x", "/health/nothing", "/metrics/x", "/static/x"])
def test_where_programs_ask_a_browser_gets_a_problem_as_well(desk, path):
    answer = desk.client().get(path, headers=PAGE)
    assert answer.mimetype == "application/problem+json"


def test_a_failure_of_ours_is_a_page_with_the_reference_of_the_log(desk, monkeypatch):
    monkeypatch.setattr("connector.web.console.health.health_page.headline", lambda _: 1 / 0)
    with capture_logs() as logged:
        answer = desk.client().get("/health", headers=PAGE)
    assert (answer.status_code, answer.mimetype) == (500, "text/html")
    (reference,) = re.findall(r"<code>([0-9a-f]{8})</code>", answer.text)
    assert [entry["reference"] for entry in logged] == [reference]
    assert "ZeroDivisionError" not in answer.text
    assert "Tickets are not touched by this." in words_of(answer)


def test_a_database_that_is_away_is_told_to_people(desk, monkeypatch):
    monkeypatch.setattr("connector.web.console.health.health_page.headline", away)
    answer = desk.client().get("/health", headers=PAGE)
    assert (answer.status_code, answer.mimetype) == (503, "text/html")
    assert "The database does not answer." in words_of(answer)
    assert int(answer.headers["Retry-After"]) >= 1
