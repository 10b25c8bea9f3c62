"""What ``check`` finds: the policy held against what the ticket system and the database have."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.cli.checks.connections import of_connections
from connector.cli.checks.registration import to_install
from connector.errors import Forbidden, Temporary
from connector.model import Finding, Person, PlacedStatus, Ref, Registration, Severity, Status, StatusGroup
from connector.policy.policy import FinalEscalation, Policy
from tests.connector.cli.checks.situations import a_policy, settings
from tests.connector.web.fakes import FakeSystem
from tests.doubles import a_connection, a_system

NEW, WAITING = StatusGroup.NEW, StatusGroup.WAITING


@pytest.fixture
def system() -> FakeSystem:
    return FakeSystem()


def found(system, policy=None, **changes) -> dict[str, Finding]:
    """The findings by their subjects, without the connection's id in front."""
    connections = {"psa": a_connection(system, manages_webhooks=system.manages_webhooks)}
    return {
        finding.subject.removeprefix("psa: "): finding
        for finding in of_connections(connections, settings(policy, **changes))
    }


def found_in_both(system, other, **changes) -> dict[str, Finding]:
    """The findings of two connected systems."""
    policy = a_policy(**changes)
    tiers = tuple(replace(tier, homes={**tier.homes, "rt": tier.homes["psa"]}) for tier in policy.tiers)
    connections = {"psa": a_connection(system), "rt": a_connection(other, "rt")}
    every = of_connections(connections, settings(replace(policy, tiers=tiers)))
    return {finding.subject: finding for finding in every}


def severity_of(findings: dict[str, Finding], beginning: str) -> Severity:
    [finding] = [finding for subject, finding in findings.items() if subject.startswith(beginning)]
    return finding.severity


def with_tier(number: int, **changes) -> Policy:
    policy = a_policy()
    tiers = [replace(tier, **changes) if tier.number == number else tier for tier in policy.tiers]
    return replace(policy, tiers=tuple(tiers))


def test_a_policy_that_fits_has_only_good_findings(system):
    assert {finding.severity for finding in found(system).values()} == {Severity.OK}


def test_a_home_that_does_not_resolve_is_an_error_with_the_near_matches(system):
    findings = found(system, with_tier(2, homes={"psa": "Tier3"}))
    finding = findings["tier 2 (Tier 3 / Service Desk Manager) home"]
    assert finding.severity is Severity.ERROR
    assert "did you mean" in finding.message


def test_a_status_and_an_assignee_of_a_tier_are_looked_up(system):
    good = found(system, with_tier(2, status="Waiting", assign="tess"))
    assert severity_of(good, "tier 2 (Tier 3 / Service Desk Manager) status") is Severity.OK
    assert severity_of(good, "tier 2 (Tier 3 / Service Desk Manager) assignee") is Severity.OK
    bad = found(system, with_tier(2, status="Waitin", assign="tes"))
    assert severity_of(bad, "tier 2 (Tier 3 / Service Desk Manager) status") is Severity.ERROR
    assert severity_of(bad, "tier 2 (Tier 3 / Service Desk Manager) assignee") is Severity.ERROR


def test_an_assignee_who_is_not_active_any_more_is_an_error(system):
    finding = found(system, with_tier(1, assign="gone"))["tier 1 (First Touch (T1/2)) assignee"]
    assert finding.severity is Severity.ERROR
    assert "not active" in finding.message


def test_the_people_and_marks_of_the_final_escalation_are_looked_up(system):
    final = FinalEscalation("tess", "nobody", "", status="Waiting", priority="critical")
    findings = found(system, a_policy(final=final))
    assert severity_of(findings, "final escalation, Sr IT Manager") is Severity.OK
    assert severity_of(findings, "final escalation, Service Desk Manager") is Severity.ERROR
    assert severity_of(findings, "final escalation, Account Manager") is Severity.WARNING
    assert severity_of(findings, "final status") is Severity.OK
    assert severity_of(findings, "final priority") is Severity.OK
    wrong = found(system, a_policy(final=replace(final, status="Waitin", priority="urgent")))
    assert severity_of(wrong, "final status") is Severity.ERROR
    assert severity_of(wrong, "final priority") is Severity.ERROR


def test_a_configured_status_has_to_be_at_one_home_at_least(system):
    groups = {"Waiting": StatusGroup.WAITING, "wating": StatusGroup.WAITING}
    findings = found(system, a_policy(status_groups=groups))
    assert severity_of(findings, "status 'Waiting'") is Severity.OK
    assert severity_of(findings, "status 'wating'") is Severity.ERROR


def test_a_priority_with_a_factor_is_looked_up(system):
    findings = found(system, a_policy(priority_factors={"critical": 0.5, "crtical": 0.5}))
    assert severity_of(findings, "priority 'critical'") is Severity.OK
    assert "times 0.5" in findings["priority 'critical'"].message
    assert severity_of(findings, "priority 'crtical'") is Severity.ERROR


@pytest.mark.parametrize(
    ("registrations", "word"),
    [
        ([], "not registered"),
        ([Registration("1", "u", is_active=False)], "switched off"),
        ([Registration("1", "u", is_active=True), Registration("2", "u", is_active=True)], "2 times"),
    ],
)
def test_a_webhook_that_is_not_registered_exactly_once_and_active_is_an_error(system, registrations, word):
    system.own_registrations = registrations
    finding = found(system)["webhook"]
    assert finding.severity is Severity.ERROR
    assert word in finding.message
    assert "escalator webhooks register" in finding.message


def test_a_webhook_that_is_not_sent_for_every_event_is_warned_of_and_names_them(system):
    system.own_registrations = [Registration("1", "u", is_active=True, lacks=("Ticket Closed", "Ticket Deleted"))]
    finding = found(system)["webhook"]
    assert finding.severity is Severity.WARNING
    assert "not sent for: Ticket Closed, Ticket Deleted" in finding.message


def test_a_webhook_that_an_administrator_installs_is_told_and_is_no_error(system):
    system.manages_webhooks = False
    finding = found(system)["webhook"]
    assert finding.severity is Severity.UNTESTED
    assert "install the rule 'Tell the connector' at the site" in finding.message


def test_an_adapter_that_does_not_say_what_to_install_has_its_readme(system):
    assert to_install(a_system(system)) == ""
    system.registrations = list
    assert "README" in to_install(a_system(system, manages_webhooks=False))


def test_without_a_public_address_no_registration_is_asked_for(system):
    system.own_registrations = []
    assert "webhook" not in found(system, public_url="")


def test_a_system_that_does_not_answer_makes_findings_not_a_crash(system):
    system.is_down = True
    policy = a_policy(status_groups={"Waiting": StatusGroup.WAITING})
    findings = found(system, policy)
    assert severity_of(findings, "webhook") is Severity.ERROR
    assert "could not be looked up" in findings["tier 1 (First Touch (T1/2)) home"].message


def test_a_status_that_cannot_be_looked_up_is_not_called_missing(system, monkeypatch):
    def down(place, name):
        system.is_down = True
        return FakeSystem.status_in(system, place, name)

    monkeypatch.setattr(system, "status_in", down)
    findings = found(system, a_policy(status_groups={"Waiting": StatusGroup.WAITING}))
    assert "could not be looked up" in findings["status 'Waiting' (waiting)"].message


def test_of_a_system_that_lets_nobody_in_one_cause_is_told_and_no_repetitions(system, monkeypatch):
    refused = Finding(Severity.ERROR, "log-in", "the public key is refused")
    monkeypatch.setattr(system, "check", lambda: [refused])
    system.is_down = True
    findings = found(system, a_policy(status_groups={"waiting": StatusGroup.WAITING}))
    assert [finding for finding in findings.values() if finding.severity is Severity.ERROR] == [refused_of(refused)]
    assert findings["names and webhook"].severity is Severity.UNTESTED
    assert len(findings) == 2


def refused_of(finding: Finding) -> Finding:
    return replace(finding, subject=f"psa: {finding.subject}")


def test_names_are_looked_up_although_a_right_is_missing(system, monkeypatch):
    monkeypatch.setattr(system, "check", lambda: [Finding(Severity.ERROR, "people", "may not be read")])
    wrong = with_tier(1, homes={"psa": "Dsk"})
    assert severity_of(found(system, wrong), "tier 1 (First Touch (T1/2)) home") is Severity.ERROR
    assert severity_of(found(system), "tier 1 (First Touch (T1/2)) home") is Severity.OK


def test_the_statuses_of_the_homes_are_told_by_what_they_mean(system):
    system.known_statuses["Doing"] = Status("2", "Doing", StatusGroup.WORKING)
    findings = found(system, a_policy(status_groups={"doing": StatusGroup.PLANNED}))
    message = findings["statuses at Desk, Tier 3, Sr IT"].message
    assert message == "plan made: Doing; waiting: Waiting"


def test_what_was_assumed_of_a_status_is_told_unless_the_operator_says_it(system, monkeypatch):
    later, doing = Status("3", "Later", StatusGroup.WAITING), Status("2", "Doing", StatusGroup.WORKING)
    assumed = [PlacedStatus(status, "its name", is_assumed=True) for status in (later, doing)]
    monkeypatch.setattr(system, "statuses", lambda place: [*assumed, PlacedStatus(Status("1", "New", NEW), "so it is")])
    finding = found(system, a_policy(status_groups={"doing": StatusGroup.WORKING}))["statuses at Desk, Tier 3, Sr IT"]
    assert finding.severity is Severity.WARNING
    assert "Later (waiting)." in finding.message
    assert "Doing" not in finding.message
    assert "New" not in finding.message
    assert "WAITING_STATUSES" in finding.message


def test_statuses_that_cannot_be_looked_up_are_an_error(system, monkeypatch):
    def down(place):
        raise Temporary("the site does not answer")

    monkeypatch.setattr(system, "statuses", down)
    assert "could not be looked up" in found(system)["statuses at Desk"].message


MANAGER = "tier 2 (Tier 3 / Service Desk Manager) manager"


def with_manager(*names: str) -> dict[str, object]:
    return {"tiers": with_tier(2, managers=names).tiers}


def test_a_manager_whom_no_connected_system_knows_is_an_error(system):
    assert severity_of(found(system, a_policy(**with_manager("tess"))), MANAGER) is Severity.OK
    assert severity_of(found(system, a_policy(**with_manager("nobody"))), MANAGER) is Severity.ERROR
    assert severity_of(found(system, a_policy(**with_manager("gone"))), MANAGER) is Severity.ERROR


def test_a_manager_of_one_system_is_missed_in_the_other_unless_his_name_there_stands_beside(system):
    other = FakeSystem()
    other.members = {"Tess Tech": Person("9", "Tess Tech", "Tess Tech")}
    finding = found_in_both(system, other, **with_manager("tess"))[MANAGER]
    assert (finding.severity, "not known in rt" in finding.message) == (Severity.WARNING, True)
    both = found_in_both(system, other, **with_manager("tess | Tess Tech"))[MANAGER]
    assert both == Finding(Severity.OK, MANAGER, "Tess Tech (tess) in psa; Tess Tech in rt")


def test_a_status_and_a_priority_have_to_be_known_to_one_of_the_systems(system):
    other = FakeSystem()
    other.known_statuses, other.priorities = {"on hold": Status("1", "On hold", WAITING)}, {"p1": Ref("1", "P1")}
    findings = found_in_both(
        system,
        other,
        status_groups={"Waiting": WAITING, "on hold": WAITING, "onhold": WAITING},
        priority_factors={"critical": 0.5, "p1": 0.5, "p2": 0.5},
    )
    assert [severity_of(findings, f"status {name!r}") for name in ("Waiting", "on hold", "onhold")] == [
        Severity.OK,
        Severity.OK,
        Severity.ERROR,
    ]
    assert [severity_of(findings, f"priority {name!r}") for name in ("critical", "p1", "p2")] == [
        Severity.OK,
        Severity.OK,
        Severity.ERROR,
    ]


# -- one cause, one error ----------------------------------------------------------------------------------------


def test_of_errors_with_one_cause_the_first_is_told_and_the_others_are_named_as_not_looked_at(system, monkeypatch):
    missing = "the right to see people is missing"
    own = [Finding(Severity.ERROR, subject, "refused", missing) for subject in ("members", "teams")]
    monkeypatch.setattr(system, "check", lambda: [*own, Finding(Severity.ERROR, "clock", "is wrong")])

    def forbidden(name):
        raise Forbidden("read the members: refused", missing)

    monkeypatch.setattr(system, "member", forbidden)
    findings = found(system, with_tier(1, assign="tess"))
    errors = [subject for subject, finding in findings.items() if finding.severity is Severity.ERROR]
    assert errors == ["members", "clock"]
    [(subjects, behind)] = [(s, f.message) for s, f in findings.items() if f.severity is Severity.UNTESTED]
    assert subjects.startswith("teams, tier 1 (First Touch (T1/2)) assignee, final escalation, Sr IT Manager")
    assert behind == f"not looked at, because of the error under 'members': {missing}"


def test_a_home_that_does_not_resolve_is_told_with_its_tier_alone(system, monkeypatch):
    message = "there is no home named 'Tier3'; did you mean 'Desk' or 'Tier 3' or 'Sr IT'?"
    monkeypatch.setattr(system, "check", lambda: [Finding(Severity.ERROR, "home 'Tier3'", message)])
    findings = found(system, with_tier(2, homes={"psa": "Tier3"}))
    errors = [subject for subject, finding in findings.items() if finding.severity is Severity.ERROR]
    assert errors == ["tier 2 (Tier 3 / Service Desk Manager) home"]


def test_of_names_that_are_not_known_each_is_told(system):
    final = FinalEscalation("nobody", "noone", "tess")
    findings = found(system, a_policy(final=final))
    errors = [subject for subject, finding in findings.items() if finding.severity is Severity.ERROR]
    assert errors == ["final escalation, Sr IT Manager", "final escalation, Service Desk Manager"]


def test_where_no_home_is_seen_at_all_their_names_are_not_blamed(system, monkeypatch):
    monkeypatch.setattr(system, "check", lambda: [Finding(Severity.ERROR, "boards", "none can be seen")])
    system.places = {}
    findings = found(system)
    assert [finding.subject for finding in findings.values() if finding.severity is Severity.ERROR] == ["psa: boards"]
    assert findings["names and webhook"].severity is Severity.UNTESTED


# -- homes -------------------------------------------------------------------------------------------------------


def test_two_tiers_whose_homes_are_one_place_are_an_error(system):
    system.places["tier 3 "] = system.places["Tier 3"]
    message = found(system, with_tier(3, homes={"psa": "tier 3 "}))["tier 3 (Sr IT Manager) home"].message
    assert message == (
        "'tier 3 ' is Tier 3, and so is 'Tier 3' of tier 2 (Tier 3 / Service Desk Manager): a ticket there could be of "
        "either; give each its own"
    )


@pytest.mark.parametrize(("assign", "severity"), [("queue", Severity.WARNING), ("round_robin", Severity.ERROR)])
def test_a_home_with_nobody_active_is_told(system, monkeypatch, assign, severity):
    monkeypatch.setattr(system, "people", lambda place: [])
    finding = found(system, with_tier(2, assign=assign))["tier 2 (Tier 3 / Service Desk Manager) people"]
    assert (finding.severity, finding.message.startswith("nobody active is at Tier 3")) == (severity, True)


def test_people_who_cannot_be_looked_up_are_not_called_missing(system, monkeypatch):
    def down(place):
        raise Temporary("the site does not answer")

    monkeypatch.setattr(system, "people", down)
    finding = found(system)["tier 2 (Tier 3 / Service Desk Manager) people"]
    assert (finding.severity, "could not be looked up" in finding.message) == (Severity.ERROR, True)
