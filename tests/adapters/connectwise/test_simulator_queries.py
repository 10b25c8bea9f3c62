"""The simulator's query language, order and pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.adapters.connectwise.simulated import Site

FORWARD = {"pagination-type": "forward-only"}


@pytest.fixture(scope="module")
def site() -> Site:
    """Four tickets, a minute apart, of which the last is closed."""
    site = Site()
    site.a_ticket(summary="VPN drops", owner="tess")
    for more in (
        {"summary": "100% [full] 'disk'", "board": "Tier 3", "company": "Globex"},
        {"summary": "Printer", "priority": "Priority 1 - Critical", "status": "Plan made"},
        {"summary": "vpn slow", "status": ">Closed"},
    ):
        site.clock.advance(timedelta(minutes=1))
        site.a_ticket(**more)
    return site


def found(site: Site, conditions: str, **more: Any) -> list[int]:
    """Which of the four match, from 1."""
    answer = site.get("service/tickets", conditions=conditions, **more)
    assert answer.status_code == 200, answer.json
    return [one["id"] - 1000 for one in answer.json]


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ("", [1, 2, 3, 4]),
        ("id = 1002", [2]),
        ("id != 1002", [1, 3, 4]),
        ("id > 1001 and id <= 1003", [2, 3]),
        ("id < 1002 or id >= 1004", [1, 4]),
        ("id in (1001, 1004)", [1, 4]),
        ("id not in (1001, 1004)", [2, 3]),
        ('board/name = "Tier 3"', [2]),
        ("board/name='tier 3'", [2]),
        ("board/id = 2 OR priority/name like 'Priority 1*'", [2, 3]),
        ("owner/identifier = 'tess'", [1]),
        ("owner/identifier != 'sam'", [1]),
        ("owner/id = null", [2, 3, 4]),
        ("owner/id != null", [1]),
        ("not (owner/id = 5)", [1]),
        ("not owner/id = null", [1]),
        ("closedFlag = False", [1, 2, 3]),
        ("closedFlag = true", [4]),
        ("summary contains 'VPN'", [1, 4]),
        ("summary not contains 'vpn'", [2, 3]),
        ("summary like 'vpn%'", [1, 4]),
        ("summary like '*disk*'", [2]),
        ("summary contains '100%'", [2]),
        ("summary contains '[[]full'", [2]),
        ("summary contains \"'disk'\"", [2]),
        ("summary contains '''disk'''", [2]),
        ("lastUpdated > [2026-01-15T09:01:00Z]", [3, 4]),
        ("lastUpdated >= [2026-01-15T09:01:00Z]", [2, 3, 4]),
        ("dateEntered < [2026-01-15T09:01:00]", [1]),
        ("dateEntered >= [2026-01-15T10:02:00+01:00]", [3, 4]),
        ("dateEntered > [2026-01-15T09:01:59.5Z]", [3, 4]),
        ("dateEntered >= [2026-01-15]", [1, 2, 3, 4]),
        ("dateResplan = null", [1, 2]),
        ("board/id = 1 and (summary = 'Printer' or closedFlag = True) and not id = 1004", [3]),
        ("board/id = 1 AND id = 1003", [3]),
        ("id = 5000", []),
    ],
)
def test_conditions_choose_tickets(site: Site, conditions: str, expected: list[int]) -> None:
    assert found(site, conditions) == expected
    counted = site.get("service/tickets/count", conditions=conditions).json
    assert counted == {"count": len(expected)}


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ("ticket = 5", "ticket is not a recognized name."),
        ("Summary = 'x'", "Summary is not a recognized name."),
        ("_info/lastUpdated > [2026-01-15]", "not a recognized name"),
        ("board = 1", "board is not a recognized name."),
        ("lastUpdated > '2026-01-15'", "not a valid value"),
        ("lastUpdated > 2026-01-15", "not a valid value"),
        ("lastUpdated > [yesterday]", "not a valid date"),
        ("lastUpdated > [2026-02-30]", "not a valid date"),
        ("summary = Printer", "must be in quotes"),
        ("id = '5'", "not a valid value"),
        ("closedFlag = 1", "not a valid value"),
        ("severity = 'Huge'", "Enum value supplied was invalid"),
        ("summary = 'open", "Can not read"),
        ("(id = 5", "Expected )"),
        ("id = 5)", "Unexpected )"),
        ("id = 5 id = 6", "Unexpected id"),
        ("id =", "ends too soon"),
        ("id is 5", "is is not a recognized operator"),
        ("id in 5", "Expected ("),
        ("id contains 5", "contains can not be used with id."),
        ("id not = 5", "after not"),
        ("id < null", "can not be used with null"),
        ("summary like null", "needs a text"),
        ("= 5", "Expected a name"),
        ("(" * 3000 + "id = 5", "nested too deeply"),
    ],
)
def test_conditions_that_the_real_one_would_refuse_are_refused(site: Site, conditions: str, message: str) -> None:
    answer = site.get("service/tickets", conditions=conditions)
    assert (answer.status_code, answer.json["code"]) == (400, "ApiFindCondition")
    assert message in answer.json["message"]


@pytest.mark.parametrize("name", ["childConditions", "customFieldConditions"])
def test_what_is_not_simulated_is_refused_and_not_passed_over(site: Site, name: str) -> None:
    assert site.get("service/tickets", **{name: "x=1"}).status_code == 400


def test_long_conditions_go_by_search(site: Site) -> None:
    conditions = " or ".join(f"id = {number}" for number in range(1001, 2200))
    assert site.get("service/tickets", conditions=conditions).status_code == 414
    answer = site.call("POST", "service/tickets/search", {"conditions": conditions, "orderBy": "id desc"})
    assert [one["id"] for one in answer.json] == [1004, 1003, 1002, 1001]


def test_order_by_several_names(site: Site) -> None:
    assert found(site, "", orderBy="board/name desc, lastUpdated desc") == [2, 4, 3, 1]
    assert found(site, "", orderBy="dateResplan") == [1, 2, 3, 4]
    assert site.get("service/tickets", orderBy="nothing desc").status_code == 400


def test_pages_by_number_have_links_to_each_other(site: Site) -> None:
    first = site.get("service/tickets", pageSize=3, fields="id")
    assert [one["id"] for one in first.json] == [1001, 1002, 1003]
    assert 'rel="next"' in first.headers["Link"]
    assert 'rel="prev"' not in first.headers["Link"]
    second = site.get("service/tickets", pageSize=3, page=2, fields="id")
    assert second.json == [{"id": 1004}]
    assert 'rel="prev"' in second.headers["Link"]
    assert 'rel="next"' not in second.headers["Link"]
    assert site.get("service/tickets", pageSize=3, page=9).json == []


@pytest.mark.parametrize("query", [{"pageSize": 0}, {"pageSize": "x"}, {"page": -1}])
def test_a_senseless_page_is_refused(site: Site, query: dict[str, Any]) -> None:
    assert site.get("service/tickets", **query).status_code == 400


def test_the_page_size_is_25_unless_told_and_cut_at_1000() -> None:
    site = Site()
    for n in range(1101):
        site.simulator.add_company(f"c{n}", f"Company {n}")
    assert len(site.get("company/companies").json) == 25
    assert len(site.get("company/companies", pageSize=5000).json) == 1000
    site.simulator.faults.page_size_cut = 200
    assert len(site.get("company/companies", pageSize=1000).json) == 200


def test_forward_only_pages_run_by_id_to_an_empty_link(site: Site) -> None:
    seen: list[int] = []
    page_id = 0
    for _ in range(3):
        # ``page`` means nothing here.
        query = {"pageSize": 2, "pageId": page_id, "page": 7, "conditions": "id > 1000"}
        answer = site.get("service/tickets", headers=FORWARD, **query)
        if not answer.json:
            assert answer.headers["Link"] == ""
            break
        seen += [one["id"] for one in answer.json]
        page_id = answer.json[-1]["id"]
        assert f"pageId={page_id}" in answer.headers["Link"]
        assert 'rel="next"' in answer.headers["Link"]
    assert seen == [1001, 1002, 1003, 1004]


def test_forward_only_refuses_an_order(site: Site) -> None:
    assert site.get("service/tickets", headers=FORWARD, orderBy="id").status_code == 400
