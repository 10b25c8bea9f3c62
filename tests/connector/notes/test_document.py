"""A decision as a document: every moment and every minute."""

from __future__ import annotations

import json
from dataclasses import replace

from connector.model import Aspect, Change, Ref
from connector.notes.document import document_of
from connector.rules.limits import evaluate
from connector.rules.stints import build_timeline
from tests.builders import HOMES, NINE, a_policy, a_ticket, at, seen
from tests.connector.speech import TESS, decided, said

POLICY = a_policy(warn_at=0.8)


def document(now: str, *entries, changes=None, record=None):
    record = replace(record or a_ticket(owner=TESS), entries=entries)
    changes = seen(record) if changes is None else changes
    decision = decided(record, at(now), changes, POLICY)
    found = document_of(decision, POLICY, changes)
    assert json.loads(json.dumps(found)) == found
    return found


def test_the_clock_has_its_moments_and_minutes():
    clock = document("09:10")["clock"]
    assert (clock["stage"], clock["limit_minutes"], clock["used_minutes"]) == ("diagnosis", 30, 10)
    assert (clock["counted_from"], clock["due_at"], clock["warns_at"]) == tuple(
        moment.isoformat() for moment in (NINE, at("09:30"), at("09:24"))
    )
    (stretch,) = clock["stretches"]
    assert (stretch["counts"], stretch["minutes"], stretch["until"]) == (True, 10, at("09:10").isoformat())


def test_a_ticket_that_nobody_watches_has_no_clock():
    decision = evaluate(build_timeline(a_ticket(), seen(a_ticket()), POLICY, HOMES), POLICY, at("09:10"))
    record = replace(decision.record, client=None, priority=None, owner=None)
    bare = replace(decision, clock=None, tier=None, timeline=replace(decision.timeline, record=record, stints=()))
    found = document_of(bare, POLICY, ())
    assert [found[name] for name in ("clock", "tier", "client", "priority", "owner", "stints")] == [
        *[None] * 5,
        [],
    ]


def test_what_people_said_and_what_changed_is_there():
    change = Change(at("09:01"), Aspect.PRIORITY, None, Ref("1", "High"), "observed")
    record = a_ticket(owner=TESS)
    found = document(
        "09:20",
        said("Plan: replace it", at("09:05")),
        said("/override 10m because the vendor calls", at("09:06")),
        said("/escalate knowledge of printers", at("09:07")),
        changes=(*seen(record), change),
    )
    assert found["stints"][0]["plan"]["at"] == at("09:05").isoformat()
    assert found["overrides"][0]["refused"]
    assert found["requests"][0]["reasons"] == ["Knowledge"]
    last = found["changes"][-1]
    assert (last["what"], last["old"], last["new"]) == ("priority", None, "High")
    assert [one["new"] for one in found["changes"] if one["what"] == "place"] == [str(record.place)]
