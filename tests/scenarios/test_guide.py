"""The escalation guide's own example, on input of our own; and the main job on recorded input where that is at hand."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from adapters.connectwise.simulator import Simulator
from adapters.connectwise.system import connect
from adapters.connectwise.variables import ConnectWiseSettings
from connector.clock import VirtualClock
from connector.store.database.engine import Store
from connector.store.group_commit import GroupCommit
from connector.store.mailbox import Mailbox
from connector.store.signing_keys import SigningKeyStore
from connector.systems.contract import Connection
from connector.web.app import create_app
from connector.web.deps import Deps, ServiceFacts
from tests.builders import NINE, a_tier, at
from tests.connector.mailboxes import changes_seen
from tests.scenarios.conftest import scenario_policy
from tests.scenarios.desks import a_ticket_on, our_notes, post, where

NAME = "connectwise"
EXAMPLES = Path(__file__).parents[3] / "shared" / "reference" / "connectwise-examples.json"

NOTE = """\
ESCALATED to Tier 3 / Service Desk Manager: no fix within 60 working minutes of Tess Tech's plan.
Asked of you: a plan by 10:55 (UTC), “Plan: …” in a note, then the fix within 60 minutes of it. \
Nobody owns this ticket: please take it.

Issue
“Cloudflare WARP does not connect”.
The client: Acme Corp, Connie Client. Priority: Priority 3 - Normal. Ticket {ticket}.

Reason for escalation
Time. First Touch (T1/2) used 60 of 60 working minutes for the fix: 09:25 to 10:25.
Held by Tess Tech since 09:00.
Times without a date are of Thu 15 Jan.

Steps attempted
First Touch (T1/2), Tess Tech
1. 09:08 Toggled the Cloudflare ZTNA agent's connection off and on again.
2. 09:20 tried another WiFi network - same result
3. 09:50 Read the Event Viewer and the Cloudflare logs. \
The log said '404 Unable to find managed network beacon.'

Error codes
09:50 Tess Tech: 404 Unable to find managed network beacon.

Research
09:58 Tess Tech: Research found that the local beacon server isn't found.

Internal discussions
none recorded

Missing permissions
none recorded

Next steps
1. Tess Tech's plan of 09:25: “find out what the agent misses on the way to its network”.
2. Your plan by 10:55, the fix within 60 minutes of it.

Client
Local time and working hours: not known; ask the client, Connie Client.
By the tier's own hours, Mon-Fri 08:00-17:00: open now.
Last word from the client: none recorded.

Ref. {marker}"""


@pytest.mark.process(
    "note-issue", "note-reason", "note-steps", "note-errors", "note-research", "note-next", "note-client", "note-none"
)
def test_the_guides_own_example_comes_out_right(desk):
    ticket = a_ticket_on(desk, "Cloudflare WARP does not connect")
    desk.run_until(at("09:08"))
    said = "Toggled the Cloudflare ZTNA agent's connection off and on again."
    desk.simulator.add_time_entry(ticket, "tess", said, at("09:00"), at("09:08"))
    desk.run_until(at("09:20"))
    desk.simulator.add_note(ticket, "tried another WiFi network - same result", "tess")
    desk.run_until(at("09:25"))
    desk.simulator.add_note(ticket, "Diagnosis plan: find out what the agent misses on the way to its network", "tess")
    desk.run_until(at("09:50"))
    said = "Read the Event Viewer and the Cloudflare logs. The log said `404 Unable to find managed network beacon.`"
    desk.simulator.add_time_entry(ticket, "tess", said, at("09:30"), at("09:50"))
    desk.run_until(at("09:58"))
    desk.simulator.add_note(ticket, "Research found that the local beacon server isn't found.", "tess")
    desk.run_until(at("10:25"))
    (note,) = our_notes(desk, ticket)
    marker = note["text"].splitlines()[-1].removeprefix("Ref. ")
    assert note["text"] == NOTE.format(ticket=ticket, marker=marker)
    assert where(desk, ticket) == ("Tier 3", "Seniors", None)


def examples() -> dict[str, Any]:
    """The recorded examples by name; skips where they are not beside this repository."""
    if not EXAMPLES.exists():
        pytest.skip("the team's recorded examples are not here")
    return {entry["id"]: entry for entry in json.loads(EXAMPLES.read_text(encoding="utf-8"))["examples"]}


@pytest.mark.reference
def test_recorded_tickets_and_notes_go_through_the_running_app(open_stage):
    known = examples()
    clock = VirtualClock(at("08:50"))
    simulator = Simulator(clock, company="exampleco", callback_delivery="manual")
    simulator.load_ticket(known["ticket_new_unassigned"]["data"], "NotResponded")
    simulator.load_ticket(known["ticket_assigned_in_progress"]["data"], "Responded")
    simulator.load_ticket(known["ticket_after_update"]["data"], "Responded")
    simulator.load_ticket(known["tickets_list_closed"]["data"][0], "Resolved")
    for note in known["notes_list"]["data"]:
        simulator.load_note(note, 945370)
    simulator.add_board("Sr IT")
    for manager in ("irene", "maria", "adam"):
        simulator.add_member(manager, manager.title())
    tiers = (
        a_tier(1, homes={NAME: "Network Security - South"}),
        a_tier(2, homes={NAME: "Professional Services"}),
        a_tier(3),
    )
    desk = open_stage(scenario_policy(tiers=tiers), simulator=simulator, clock=clock)
    desk.run_until(at("09:19:59"))
    assert all(our_notes(desk, ticket) == [] for ticket in (493, 200, 945370, 3186))
    desk.run_until(at("09:20"))
    # Open since 2022 and adopted at 08:50; what the recorded status stamped at creation is no plan.
    assert where(desk, 200)[0] == "Professional Services"
    assert where(desk, 945370)[0] == "Professional Services"
    (note,) = our_notes(desk, 945370)
    assert "“update_ticket_few_parameters”" in note["text"]
    assert where(desk, 493)[0] == "Sr IT"
    assert where(desk, 3186) == ("Network Security - South", "Network Security", "User")


@pytest.mark.reference
def test_recorded_callbacks_go_through_the_running_app(open_stage):
    known = examples()
    clock = VirtualClock(at("08:50"))
    simulator = Simulator(clock, company="exampleco", callback_delivery="manual").standard_desk()
    desk = open_stage(simulator=simulator, clock=clock)
    desk.run_until(NINE)
    simulator.load_ticket(known["ticket_new_unassigned"]["data"], "NotResponded")
    (registration,) = (entry["id"] for entry in simulator.callbacks())
    simulator.faults.callbacks_lose_all = True
    answers = {}
    for name in ("callback_contact_updated", "callback_contact_deleted", "callback_ticket_updated_COMPOSED"):
        body = dict(known[name]["data"])
        assert post(desk.url, json.dumps(body).encode(), "bm90IG91cnM=").status_code == 401
        body["Metadata"] = {**body["Metadata"], "key_url": simulator.key_url(registration)}
        raw = json.dumps(body).encode()
        answers[name] = post(desk.url, raw, simulator.signature(registration, raw))
        desk.settle()
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 202)
    assert [row.new.name for row in changes_seen(desk.mailbox, NAME, "493") if row.what.value == "status"] == [
        "New (not responded)"
    ]


@pytest.mark.reference
def test_the_signature_vector_verifies_over_http(sqlite_url):
    vector = examples()["signature_vector"]
    raw, signature = vector["raw_body_utf8"].encode(), vector["x-content-signature"]
    clock = VirtualClock(NINE)
    with closing(Store.open(sqlite_url, clock)) as store:
        keys = SigningKeyStore(store, NAME)
        keys.put(json.loads(raw)["Metadata"]["key_url"], vector["key_url_response"]["signing_key"])
        site = ConnectWiseSettings("https://sandbox-na.myconnectwise.net", "exampleco", "k", "k", "k")
        system = connect(site, ["Service Desk"], keys, clock)
        mailbox = Mailbox(store)
        group = GroupCommit(mailbox)
        client = create_app(
            Deps({NAME: Connection(NAME, system)}, mailbox, group.deliver, ServiceFacts("test", "observe"))
        ).test_client()
        headers = {"x-content-signature": signature, "content-type": "application/json"}
        accepted = client.post("/webhooks/connectwise", data=raw, headers=headers)
        refused = client.post("/webhooks/connectwise", data=raw.replace(b"493", b"494", 1), headers=headers)
        again = client.post("/webhooks/connectwise", data=raw, headers=headers)
        group.stop()
    assert (accepted.status_code, accepted.json) == (202, {"accepted": 1})
    assert refused.status_code == 401
    assert (again.status_code, again.json) == (202, {"accepted": 0})
