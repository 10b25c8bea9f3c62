"""The page Policy: what is in force, in full; and what a pasted document would change, or what is wrong with it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from connector.errors import Permanent
from connector.model import Mode, PlacedStatus, Status, StatusGroup
from connector.policy.document import read_policy
from connector.policy.modes import Modes
from connector.policy.policy import Homes
from connector.store.policy_log import PolicyLog
from connector.systems.kept import KEEP_SECONDS
from connector.web.console.gate import Role, Viewer
from connector.web.console.policy.trial import MOST_CHARACTERS, MOST_SHOWN
from tests.builders import DESK, a_policy, a_tier
from tests.connector.web.console.pages import PAGE, words_of
from tests.connector.web.console.test_now_page import HOSTILE

ADMINISTRATOR = Viewer("ines", Role.ADMINISTRATOR)

DOCUMENT = {
    "calendars": {
        "default": {
            "holidays": ["2026-03-09"],
            "tz": "America/New_York",
            "hours": {"mon": [["08:00", "12:00"], ["13:00", "17:00"]], "sun": [["22:00", "24:00"]]},
        },
        "unused": {"tz": "UTC", "hours": {"mon": [["08:00", "17:00"]]}},
    },
    "tiers": [
        {"name": "First Touch", "homes": {"psa": "Desk"}, "managers": ["ruth"], "diagnosis_minutes": 30},
        {"name": "Second", "homes": {"psa": "Desk > 2"}, "assign": "least_loaded", "fix_minutes": 90},
    ],
    "priority_factors": {"Critical": 0.5},
}


def with_first(**changes):
    return json.dumps({**DOCUMENT, "tiers": [{**DOCUMENT["tiers"][0], **changes}]})


@dataclass
class Directory:
    """A ticket system that knows statuses."""

    found: list[PlacedStatus]
    error: Exception | None = None
    asked: int = 0

    def statuses(self, place):
        self.asked += 1
        if self.error:
            raise self.error
        return self.found


@dataclass
class Explains:
    """As much of an explainer as the page asks."""

    directory: Directory
    reader: Explains | None = None
    homes: Explains | None = None
    system: Explains | None = None

    def __post_init__(self):
        self.reader = self.homes = self.system = self

    def current(self):
        return Homes({1: DESK})


@dataclass
class Given:
    desk: object
    directory: Directory = field(default_factory=lambda: Directory([]))

    def client(self, viewer=ADMINISTRATOR, **parts):
        policy = parts.pop("policy", read_policy(DOCUMENT, ["psa"]))
        self.desk.parts = replace(
            self.desk.parts,
            policy=policy,
            modes={"psa": Modes(Mode.OBSERVE)},
            policy_document=DOCUMENT,
            who_asks=lambda _: viewer,
            explainer_of=lambda _: Explains(self.directory),
            **parts,
        )
        return self.desk.client()


@pytest.fixture
def given(desk):
    return Given(desk)


def words(client, status=200, **form):
    answer = client.post("/policy", data=form, headers=PAGE) if form else client.get("/policy", headers=PAGE)
    assert answer.status_code == status
    return words_of(answer)


def test_the_ladder_stands_there_as_it_is_in_force(given):
    text = words(given.client())
    assert "The default ladder is in force: 30 min for a plan, 60 for the fix on First Touch, 2 tiers." in text
    assert "First Touch 30 60 first touch Desk nobody yet ruth Second observe" in text
    assert "Second 30 90 assignment Desk &gt; 2 who has the least to do nobody final escalation observe" in text
    assert "critical × 0.5" in text
    assert "Sr IT Manager: nobody is configured" in text


def test_a_further_ladder_says_whose_tickets_it_takes(given):
    further = {"name": "gold", "clients": ["Acme"], "priorities": ["High"], "tiers": DOCUMENT["tiers"][:1]}
    further = {**further, "tiers": [{**DOCUMENT["tiers"][0], "diagnosis_minutes": 10}]}
    policy = read_policy({**DOCUMENT, "ladders": [further]}, ["psa"])
    text = words(given.client(policy=policy))
    assert "2 ladders are in force" in text
    assert "Ladder gold For tickets at these homes of acme with priority high." in text


def test_the_calendars_that_are_used_are_drawn_for_two_weeks_with_their_closed_days(given):
    page = given.client().get("/policy")
    text = words_of(page)
    assert "default: Mon 08:00-12:00, 13:00-17:00" in text or "default: Mon 08:00-12:00" in text
    assert "unused" not in text.split("Calendars, the next two weeks")[1].split("Statuses by group")[0]
    assert text.count("08:00–12:00") == 1  # the second Monday is a closed day
    assert "a closed day" in text
    assert text.count("22:00–24:00") == 2
    assert len(re.findall(r'<rect class="open"', page.text)) == 4
    assert 'x="33.3%" width="16.7%"' in page.text
    assert "Next closed day: Mon 9 Mar." in text


def test_on_the_day_the_clocks_change_the_hours_stand_where_they_are(given, desk):
    desk.clock.advance(timedelta(days=3))  # New York's clocks go on in the night to Sunday 8 March
    page = given.client().get("/policy")
    assert 'x="91.3%" width="8.7%"' in page.text  # 21 of 23 hours


def test_statuses_stand_by_their_group_and_what_was_assumed_is_said(given, desk):
    given.directory.found = [
        PlacedStatus(Status("1", "New", StatusGroup.NEW), "the board says so"),
        PlacedStatus(Status("2", "Parked", StatusGroup.WORKING), "nobody says", is_assumed=True),
        PlacedStatus(Status("3", "On hold", StatusGroup.WORKING), "nobody says", is_assumed=True),
    ]
    client = given.client(policy=replace(read_policy(DOCUMENT), status_groups={"on hold": StatusGroup.WAITING}))
    text = words(client)
    assert "new New" in text
    assert "work in progress Parked assumed" in text
    assert "waiting On hold" in text
    assert "On hold assumed" not in text
    assert "1 status assumed." in text
    words(client)
    assert given.directory.asked == 1
    desk.later(KEEP_SECONDS + 1)
    words(client)
    assert given.directory.asked == 2


def test_statuses_that_cannot_be_read_are_told_of(given):
    given.directory.error = Permanent("the rights are missing")
    text = words(given.client())
    assert "The statuses of psa could not be read: the rights are missing." in text
    assert "The statuses of 1 connection could not be read." in text


def test_each_variable_that_is_set_says_what_it_decides_and_no_secret(given):
    text = words(given.client(said={"TIER_2_FIX_MINUTES": "90", "RT_TOKEN": ""}))
    assert "TIER_2_FIX_MINUTES 90 " in text
    assert "RT_TOKEN set, and not shown" in text
    assert "2 are set" in text


def test_it_says_since_when_each_policy_is_in_force(given, desk):
    assert "No policy has come into force yet." in words(given.client())
    log = PolicyLog(desk.mailbox.store)
    log.bring_into_force("v-old", {})
    desk.clock.advance(timedelta(hours=1))
    log.bring_into_force(read_policy(DOCUMENT, ["psa"]).version, DOCUMENT)
    text = words(given.client())
    assert re.search(r"[0-9a-f]{12} since 05:00, which this process has read v-old since 04:00", text)


# -- what would change -------------------------------------------------------------------------------------------


def test_what_a_sound_document_would_change_is_told_and_nothing_is_applied(given, desk):
    changed = json.loads(json.dumps(DOCUMENT))
    changed["tiers"][0]["diagnosis_minutes"] = 45
    changed["calendars"]["default"]["holidays"] = ["2026-03-10"]
    text = words(given.client(), document=json.dumps(changed))
    assert "It is sound, and differs in 2 places. Nothing was applied." in text
    assert "tiers[0].diagnosis_minutes 30 45" in text
    assert "calendars.default.closed days 2026-03-09 2026-03-10" in text
    assert "escalator backtest --policy policy.json --since 30d" in text
    assert PolicyLog(desk.mailbox.store).rows() == []


def test_the_document_in_force_changes_nothing(given):
    client = given.client()
    shown = re.search(r"<textarea[^>]*>(.*?)</textarea>", client.get("/policy").text, re.DOTALL)[1]
    document = shown.replace("&#34;", '"').replace("&gt;", ">")
    assert json.loads(document) == DOCUMENT
    assert "It is sound, and says what is in force. Nothing would change." in words(client, document=document)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("", "nothing was pasted"),
        ("{", "it is no JSON: "),
        ("[" * 100_000, "it is nested too deeply"),
        ('{"tiers": [], "tiers": []}', "is given twice in one object"),
        ("[]", "an object"),
        (
            json.dumps({**DOCUMENT, "tiers": [{**DOCUMENT["tiers"][0], "diagnosis_minutes": "45"}]}),
            "diagnosis_minutes: ",
        ),
        (json.dumps({**DOCUMENT, "tiers": [{**DOCUMENT["tiers"][0], "homes": {"other": "x"}}]}), "other"),
        ("x" * (MOST_CHARACTERS + 1), "it has 200,001 characters; at most 200,000 are read here"),
    ],
)
def test_what_is_wrong_with_a_document_is_told_by_where_it_is(given, document, expected):
    text = words(given.client(), 422, document=document)
    assert "This document is not sound: " in text
    assert expected in text


def test_of_very_many_faults_the_first_are_told(given):
    document = json.dumps({**DOCUMENT, **{f"unknown_{n}": 1 for n in range(MOST_SHOWN + 20)}})
    answer = given.client().post("/policy", data={"document": document})
    assert answer.status_code == 422
    assert answer.text.count("<li>") < MOST_SHOWN + 30


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TECHNICIAN, Role.MANAGER])
def test_who_is_no_administrator_reads_it_and_checks_nothing(given, role):
    client = given.client(Viewer("vic", role))
    text = words(client)
    assert "An administrator can check a policy document here" in text
    assert "Policy document (JSON)" not in text
    assert client.post("/policy", data={"document": "{}"}).status_code == 403


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_policy_says_is_text_and_nothing_else(given, text):
    given.directory.found = [PlacedStatus(Status("1", text, StatusGroup.NEW), text, is_assumed=True)]
    policy = a_policy(tiers=(a_tier(1, name=text, homes={"psa": text}, managers=(text,)),))
    client = given.client(policy=policy, said={"TIER_1_NAME": text})
    pages = client.get("/policy"), client.post("/policy", data={"document": json.dumps({text: text, "tiers": text})})
    for answer in pages:
        assert not re.search(r"<(?:script|img|style)|\son\w+=\"|[\u202e\u2066\x1b]", answer.text)
