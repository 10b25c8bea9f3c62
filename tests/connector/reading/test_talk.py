"""With whom somebody talked: colleagues by name and by word, and nobody else."""

from __future__ import annotations

import pytest

from connector.reading.talk import Colleagues

STAFF = ("Tess Tech", "Tom Touch", "Theo Three", "Sandra Desk", "Will Power", "Jo", "X Y")
US = Colleagues(STAFF, ("Carla Client",), "Tess Tech")


@pytest.mark.process("note-discussions")
@pytest.mark.parametrize(
    "text",
    [
        "Discussed with Theo, he thinks it is the name server",
        "Discussed the relay again with Theo Three",
        "Per Sandra, not before six",
        "theo said to try another VLAN",
        "spoke w/ Tom about the policy",
        "Sandra agreed to move it to Friday",
        "8:55 asked theo - no idea",
        "[9:02] I then asked Theo whether it is known",
        "As discussed with Sandra, moved it",
        "Got the OK from Sandra for the swap",
        "Sandra OK'd the overtime",
        "Asked Tom T., he has seen it",
        "@Theo says no",
        "Asked Jo Monday",
        "Theo (tier 3) suggests the relay",
        "Theo from our network team suggests the relay",
        "Will said so",
        "Asked a colleague, he says the user must log off",
        "Team lead approved the swap",
        "Spoke to tier 3, nothing known",
        "Asked one of our seniors",
        "Our network team confirmed the VLAN",
        "Night shift says the backup ran",
        "Escalated to L3 by phone",
        "Discussed internally, we wait",
        "Theo: wait for the vendor",
        "On Theo's advice rolled it back",
        "Theo Three's suggestion: the other uplink",
        "Message from Theo: wait",
        "Theo via Teams: wait",
        "Tier 3 (Theo) says wait",
        "Our account manager says they will pay",
        "Asked in the team channel, nobody knows",
        "Mit Theo besprochen: DNS prüfen",
        "Habe Theo gefragt, er schlägt vor zu warten",
        "Theo meint, es liegt am DNS",
        "Rücksprache mit dem Teamleiter: erst morgen",
        "Kollege sagt, der Server war schon aus",
        "Vu avec Theo, attendre demain",
        "J'ai demandé à Sandra, elle est d'accord",
        "Theo propose de changer le câble",
        "Un collègue dit que c'est connu",
        "Hablé con Theo, dice que es el DNS",
        "Según Sandra, esperar",
        "Un compañero sugiere el cable",
        "Met Theo overlegd, morgen verder",
        "Overleg met Theo, wachten",
        "Collega zegt dat de server uit was",
    ],
)
def test_talk_with_a_colleague(text):
    assert US.talk_at(text) == 0 or US.chat_in([text])


@pytest.mark.process("note-discussions")
@pytest.mark.parametrize(
    "text",
    [
        "Spoke to the carrier, no outage, ticket CR558812",
        "Asked the vendor for a replacement board",
        "Talked to the head of the shop, she allowed the restart",
        "Asked Mrs. Sample to pull the plug",
        "Agreed to ring again at four",
        "Client agreed to a restart",
        "User says it started after the move",
        "called carla, no answer",
        "Carla said it works",
        "Asked Tom from the carrier",
        "Theo (vendor) says wait",
        "Spoke with Theo of the supplier",
        "Asked Theo Baker at the shop",
        "Spoke to Theo's wife",
        "Theo's laptop is off",
        "Carla's suggestion was the cable",
        "Our account manager at the vendor says wait",
        "Tier 3 (vendor) says wait",
        "Her colleague says it works",
        "Asked her team lead to approve",
        "Team lead of accounting approved it",
        "Spoke with tier 2 of the ISP",
        "Carrier: tier 2 says it is known",
        "Microsoft tier 3 says wait",
        "Theo restarted the server",
        "Tess said so",
        "will say so later",
        "asked will to check",
        "Asked whether it works",
        "Kunde sagt, es geht nicht",
        "Hersteller meint, es ist bekannt",
        "Le client dit que ça marche",
        "El proveedor dice que espere",
        "De klant zegt dat het werkt",
        "Asked the the the the boss",
        "X marks the spot",
        "...",
        "",
    ],
)
def test_no_talk_with_a_colleague(text):
    assert US.talk_at(text) is None
    assert not US.chat_in([text])


def test_where_the_talk_begins_in_a_sentence_about_work():
    assert US.talk_at("Rebooted it, Theo says wait") == len("Rebooted it, ")
    assert US.talk_at("Rebooted it and asked Theo") == len("Rebooted it and ")


def test_who_goes_on_is_the_one_of_the_sentence_before():
    assert US.talk_at("He suggests the relay", is_going_on=True) == 0
    assert US.talk_at("He suggests the relay") is None
    assert US.talk_at("He is out", is_going_on=True) is None


def test_a_name_of_two_is_the_client_s():
    us = Colleagues(("Theo Three", "Carla Client"), ("Theo Sample", "Carla Client"), "Tess Tech")
    assert us.talk_at("Theo says wait") is None
    assert us.talk_at("Theo Three says wait") == 0
    assert us.talk_at("Carla Client says wait") is None


@pytest.mark.process("note-discussions")
@pytest.mark.parametrize(
    "lines",
    [
        ["Chat with tier 3:", "[10:32 AM] Theo Three: try without IPv6", "[10:33 AM] Tess Tech: no change"],
        ["Teams chat with the team lead:", "[10:32] Nora New: wait", "[10:33] Tess: ok"],
        ["10:32 <theo> try that", "10:33 <tess> did that"],
        ["Teams: [10:32 AM] Theo Three: try that", "[10:33 AM] Tess Tech: did that"],
        ["Theo Three 10:32 AM", "try that", "Tess Tech 10:35 AM", "did that"],
        ["Theo: try that", "Me: did that"],
        ["2026-01-15 10:32 Theo Three: try that", "2026-01-15 10:33 Theo Three: and that"],
    ],
)
def test_a_pasted_chat_among_colleagues(lines):
    said = range("hat with" in lines[0], len(lines))
    assert US.chat_in(["Before", *lines, "After", "", "Rebooted it"]) == {index + 1 for index in said}


@pytest.mark.parametrize(
    "lines",
    [
        ["Chat with the vendor:", "[10:32 AM] Bob: try this", "[10:33 AM] Tess Tech: did that"],
        ["[10:32 AM] Carla Client: it is off", "[10:33 AM] Tess Tech: restart it", "[10:34 AM] Theo Three: yes"],
        ["9:00 Rebooted: fine", "9:10 Result: same"],
        ["[L1] Theo: x", "Fault 10:32"],
        ["Tess: did that"],
        ["Result: same", "Port 12"],
    ],
)
def test_no_chat_among_colleagues(lines):
    assert US.chat_in(lines) == frozenset()
