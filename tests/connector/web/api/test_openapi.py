"""The document: valid, of the routes that there are, and for anybody."""

from __future__ import annotations

import re

import pytest
from jsonschema import Draft202012Validator

from connector.web.api.handlers import handlers_of
from connector.web.api.openapi import document
from connector.web.api.operations import BASE, OPERATIONS
from connector.web.api.parts import ApiParts
from connector.web.api.schemas import SCHEMAS
from connector.web.api.scopes import ApiScope
from connector.web.console.ticket.reading import TicketLooks
from tests.connector.web.api.documented import require_documented


def test_anybody_may_read_it_and_nothing_of_this_installation_is_in_it(api):
    answer = api.nobody(address="203.0.113.9").get("/openapi.json", headers={"Host": "elsewhere"})
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.json == document()
    assert "psa" not in answer.text
    assert "1.2.3" not in answer.text
    again = api.nobody().get("/openapi.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_it_is_made_of_the_routes_that_there_are(api):
    rules = {
        rule.rule: rule.methods - {"HEAD"} for rule in api.site().url_map.iter_rules() if rule.rule.startswith(BASE)
    }
    told = {
        path.replace("{", "<").replace("}", ">"): set(map(str.upper, one)) for path, one in document()["paths"].items()
    }
    assert {re.sub("path:", "", rule): methods for rule, methods in rules.items()} == told


def test_each_operation_has_a_handler_and_each_schema_is_sound_and_used(api):
    deps, parts = api.desk.deps(), api.desk.parts
    handlers = handlers_of(deps, parts, ApiParts(), TicketLooks(deps, parts))
    assert set(handlers) == {one.id for one in OPERATIONS}
    used = set(re.findall(r"#/components/schemas/(\w+)", str(document())))
    assert used == set(SCHEMAS)
    for schema in SCHEMAS.values():
        Draft202012Validator.check_schema(schema)


def test_every_object_is_closed_so_that_nothing_is_answered_that_is_not_told():
    def objects(schema):
        if isinstance(schema, dict):
            if schema.get("type") == "object":
                yield schema
            for one in schema.values():
                yield from objects(one)
        elif isinstance(schema, list):
            for one in schema:
                yield from objects(one)

    is_open = [one for name, schema in SCHEMAS.items() if name != "OpenApi" for one in objects(schema)]
    assert is_open
    assert all("additionalProperties" in one for one in is_open)


def test_each_scope_is_asked_for_by_something_and_told_with_its_words():
    assert {one.scope for one in OPERATIONS} - {None} <= set(ApiScope)
    told = document()["components"]["securitySchemes"]["token"]["description"]
    assert all(f"`{scope.value}`: {scope.words}" in told for scope in ApiScope)


def test_an_answer_that_is_not_in_it_is_found(api):
    program = api.program()
    answer = program.get("/tickets")
    answer.set_data(b'{"items": [], "has_more": false, "next": null, "secret": 1}')
    with pytest.raises(AssertionError, match="secret"):
        require_documented(answer, "GET", f"{BASE}/tickets")
    answer.status_code = 418
    with pytest.raises(AssertionError, match="418 is not documented"):
        require_documented(answer, "GET", f"{BASE}/tickets")
