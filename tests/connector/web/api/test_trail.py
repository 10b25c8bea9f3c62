"""What the API tells of the audit trail: escalations, overrides, and the trail itself, which a reader can prove."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from connector.model import Mode
from connector.policy.modes import Modes
from connector.store import audit
from connector.store.audit import CHECKPOINT, beginning_of, digest_of, hash_of
from connector.store.chain.cutting import cut
from connector.store.chain.forgotten import forget_details
from connector.store.chain.proof import verify
from connector.store.connections import Connections
from connector.store.database.tables import to_json
from connector.store.records import AuditEvent, Event
from connector.web.api.parameters import cursor_text
from tests.connector.mailboxes import START
from tests.connector.web.console.escalations.deeds import SECOND, risen, tell
from tests.connector.web.console.test_now_page import HOSTILE

NEVER = "0" * 64


def two(api):
    """A desk with two connections."""
    api.filled()
    api.desk.parts = replace(api.desk.parts, modes={name: Modes(Mode.ENFORCE) for name in ("psa", "second")})
    return api


def deeds(api):
    two(api)
    kinds = (Event.ESCALATED, Event.WOULD_ESCALATE)
    for name in ("psa", "second"):
        tell(
            api.store,
            *((str(n), kinds[n % 2], risen(mode="observe"), 5 + n // 3) for n in range(9)),
            ("last", Event.FINAL_ESCALATION, risen(to=None, to_tier=None, held_by=""), 60),
            ("old", Event.ESCALATED, risen(), 60 * 24 * 20),
            ("1", Event.OVERRIDE_APPLIED, {"by": "Maria", "tier": 2, "how": "until 16:30", "reason": "vendor"}, 30),
            ("2", Event.OVERRIDE_REFUSED, {"by": "Tess", "tier": 1, "how": "45m", "reason": "busy", "why": "no"}, 20),
            connection=name,
        )
    return api


def test_escalations_come_the_newest_first_each_as_it_was_when_it_was_due(api):
    program = deeds(api).program()
    whole = program.items("/escalations")
    assert len(whole) == 20
    assert [one["at"] for one in whole] == sorted((one["at"] for one in whole), reverse=True)
    for limit in (1, 7):
        assert program.items(f"/escalations?limit={limit}") == whole
    done = next(one for one in whole if one["ticket"] == "0")
    assert (done["is_done"], done["to"], done["holder"], done["reasons"]) == (True, SECOND, "Wei Zhang", ["Time"])
    would = next(one for one in whole if one["ticket"] == "1")
    assert (would["is_done"], would["mode"], would["missing"]) == (False, "observe", ["Research"])
    final = next(one for one in whole if one["ticket"] == "last")
    assert (final["to"], final["holder"]) == (None, None)
    assert {one["system"] for one in program.items("/escalations?connection=second")} == {"second"}
    assert len(program.items("/escalations?since=30d")) == 22
    assert program.items("/escalations?since=2026-03-02") == whole


def test_overrides_are_told_with_those_that_were_refused(api):
    refused, applied = deeds(api).program().items("/overrides?connection=psa")
    assert (refused["by"], refused["refused"], applied["refused"]) == ("Tess", "no", None)
    assert (applied["tier"], applied["how"], applied["reason"]) == (SECOND, "until 16:30", "vendor")


@pytest.mark.parametrize("path", ["/escalations", "/overrides"])
@pytest.mark.parametrize(
    ("query", "named", "said"),
    [
        ("since=tomorrow", "since", "expected days, for example 7d, or a day"),
        ("since=2027-01-01", "since", "expected days"),
        ("since=9999d", "since", "expected days"),
        ("cursor=" + cursor_text("tickets", None, "psa", "1"), "cursor", "the next of an earlier answer"),
        ("cursor=" + cursor_text("deeds", 0, "psa", -1), "cursor", "the next of an earlier answer"),
        ("cursor=" + cursor_text("deeds", 0, "psa", 2**63), "cursor", "the next of an earlier answer"),
        ("cursor=" + cursor_text("deeds", 10**40, "psa", 1), "cursor", "the next of an earlier answer"),
    ],
)
def test_a_wrong_parameter_is_named(api, path, query, named, said):
    answer = deeds(api).program().get(f"{path}?{query}")
    assert (answer.status_code, answer.json["parameter"]) == (400, named)
    assert said in answer.json["detail"]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_people_wrote_comes_through_unharmed(api, text):
    two(api)
    given = dict.fromkeys(("summary", "client", "board", "from", "to", "held_by"), text)
    override = {"by": text, "tier": 1, "how": text, "reason": text, "why": text}
    tell(api.store, ("1", Event.ESCALATED, risen(**given), 5), ("1", Event.OVERRIDE_REFUSED, override, 5))
    program = api.program()
    [rise], [refused] = program.items("/escalations"), program.items("/overrides")
    assert {rise[name] for name in ("summary", "client", "board", "from", "to", "holder")} == {text}
    assert {refused[name] for name in ("by", "how", "reason", "refused")} == {text}
    assert text in [one["detail"].get("summary") for one in program.items("/audit")]
    assert program.get("/audit").data.isascii()


# -- the trail ---------------------------------------------------------------------------------------------------


def fill(api, count, connection="psa", begin=0):
    with api.store.writing() as conn:
        for n in range(begin, begin + count):
            entry = ((connection, str(n % 3)), AuditEvent(Event.CLOCK, {"n": n}))
            audit.append(conn, [entry], START + timedelta(minutes=n))


def test_it_is_what_an_export_has_page_by_page(api):
    fill(two(api), 7)
    fill(api, 4, "second")
    program = api.program()
    expected = [json.loads(json.dumps(one)) for one in audit.export(api.store)]
    for limit in (1, 3, 200):
        found = program.items(f"/audit?limit={limit}")
        assert [one for one in found if one["chain"] != audit.SERVICE] == [
            one for one in expected if one["chain"] != audit.SERVICE
        ]


def test_whoever_goes_on_later_gets_what_was_appended_meanwhile_and_nothing_twice(api):
    fill(two(api), 3)
    program = api.program()
    first = program.get("/audit").json
    assert not first["has_more"]
    cursor = first["next"]
    nothing = program.get(f"/audit?cursor={cursor}").json
    assert (nothing["items"], nothing["has_more"], nothing["next"]) == ([], False, cursor)
    fill(api, 2, begin=3)
    fill(api, 2, "second")  # a chain that begins later, and before which others are read
    fill(api, 1, "another")
    found, has_more = [], True
    while has_more:
        page = program.get(f"/audit?limit=2&cursor={cursor}").json
        found, has_more, cursor = found + page["items"], page["has_more"], page["next"]
    assert sorted((one["chain"], one["id"]) for one in found) == [
        *(("another", 1), ("psa", 4), ("psa", 5), ("second", 1), ("second", 2))
    ]


def test_a_reader_can_prove_what_was_read_by_its_hashes(api):
    fill(two(api), 5)
    entries = [one for one in api.program().items("/audit?limit=2") if one["chain"] == "psa"]
    previous = beginning_of("psa", 0, NEVER)
    for one in entries:
        assert one["previous_hash"] == previous
        digest = digest_of(one["salt"], to_json(one["detail"]))
        at = START + timedelta(minutes=one["id"] - 1)
        previous = hash_of(one["id"], "psa", one["ticket"], at, one["event"], digest, previous)
        assert one["hash"] == previous
    head = api.program().get("/audit/head").json
    assert f"psa=5:{previous}" in head["head"]
    assert verify(api.store, audit.read_head(head["head"]), None).is_intact


def test_one_connections_and_one_tickets_entries_alone_are_read_where_they_are_asked_for(api):
    fill(two(api), 6)
    fill(api, 3, "second")
    program = api.program()
    assert {one["chain"] for one in program.items("/audit?connection=second")} == {"second"}
    found = program.items("/audit?connection=psa&ticket=1&limit=1")
    assert [(one["ticket"], one["id"]) for one in found] == [("1", 2), ("1", 5)]
    answer = program.get("/audit?ticket=1")
    assert (answer.status_code, answer.json["parameter"]) == (400, "ticket")
    assert program.items("/audit?connection=nowhere") == []


def test_what_was_cut_and_what_was_forgotten_is_told_so(api):
    fill(two(api), 6)
    Connections(api.store).ensure("psa", "enforce", "v1")
    cut(api.store, START + timedelta(minutes=3))
    with api.store.writing() as conn:
        forget_details(conn, api.store, ("psa", "1"), "ruth", {})
    found = api.program().items("/audit?connection=psa&limit=1")
    assert (found[0]["event"], found[0]["id"]) == (CHECKPOINT, 3)
    assert [one["id"] for one in found][1:4] == [4, 5, 6]
    forgotten = next(one for one in found if one["id"] == 5)
    assert (forgotten["salt"], list(forgotten["detail"])) == (None, ["forgotten", "signature", "signed_by"])
    assert forgotten["digest"]


@pytest.mark.parametrize(
    "reached", [{"psa": -1}, {"psa": "1"}, {"psa": True}, {"psa": 2**63}, {str(n): 1 for n in range(201)}, ["psa"], 1]
)
def test_a_cursor_that_was_made_up_is_refused(api, reached):
    answer = two(api).program().get(f"/audit?cursor={cursor_text('trail', None, None, reached)}")
    assert (answer.status_code, answer.json["parameter"]) == (400, "cursor")


def test_a_cursor_goes_on_with_what_was_asked_for_and_with_nothing_else(api):
    fill(two(api), 6)
    program = api.program()
    cursor = program.get("/audit?connection=psa&ticket=1&limit=1").json["next"]
    assert program.get(f"/audit?connection=psa&ticket=1&cursor={cursor}").json["items"][0]["id"] == 5
    for query in ("", "connection=psa&", "connection=psa&ticket=2&", "connection=second&ticket=1&"):
        answer = program.get(f"/audit?{query}cursor={cursor}")
        assert (answer.status_code, answer.json["parameter"]) == (400, "cursor")
