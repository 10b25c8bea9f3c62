from __future__ import annotations

from typing import Any

import pytest

from connector.model import Finding, Severity
from connector.systems.contract import TicketSystem
from tests.adapters.halopsa.simulated import Site


def checked(system: TicketSystem) -> dict[str, Finding]:
    return {finding.subject: finding for finding in system.line.check()}


def test_a_sound_connection_has_no_problem(site: Site, system: TicketSystem) -> None:
    site.a_ticket()
    found = system.line.check()
    assert {finding.severity for finding in found} == {Severity.OK, Severity.UNTESTED}
    assert [finding.subject for finding in found][-4:-1] == ["home 'First Touch'", "home 'Tier 3'", "home 'Sr IT'"]
    assert {call.method for call in site.simulator.calls if call.path != "auth/token"} == {"GET"}


def test_wrong_credentials_are_one_problem_that_says_what_to_mend(site: Site) -> None:
    system = site.connected(client_secret="wrong")
    (finding,) = system.line.check()
    assert finding.severity is Severity.ERROR
    assert "HALOPSA_CLIENT_SECRET" in finding.message
    system.line.close()


def test_an_instance_that_cannot_be_reached_is_one_problem(site: Site, system: TicketSystem) -> None:
    site.faults.outage = True
    (finding,) = system.line.check()
    assert (finding.severity, finding.subject) == (Severity.ERROR, "credentials")


@pytest.mark.parametrize(("skew", "severity"), [(30.0, Severity.OK), (300.0, Severity.ERROR), (-300.0, Severity.ERROR)])
def test_clocks_that_differ_are_told(site: Site, system: TicketSystem, skew: float, severity: Severity) -> None:
    site.faults.clock_skew = skew
    found = {finding.subject: finding for finding in system.line.check()}
    assert found["clock"].severity is severity


@pytest.mark.parametrize(
    ("path", "subject"),
    [
        ("^Tickets$", "tickets"),
        ("^Agent$", "agents"),
        ("^Agent/me", "agent"),
        ("^Team$", "teams"),
        ("^Status", "statuses"),
        ("^Priority", "priorities"),
        ("^Outcome", "note outcome"),
        ("^Webhook", "webhook registrations"),
    ],
)
def test_each_missing_right_is_a_finding_of_its_own(site: Site, system: TicketSystem, path: str, subject: str) -> None:
    site.a_ticket()
    site.faults.forbid(path=path)
    found = checked(system)
    assert found[subject].severity is Severity.ERROR
    assert "need" in found[subject].message


def test_workdays_are_only_for_comparison(site: Site, system: TicketSystem) -> None:
    site.faults.forbid(path="^Workday")
    assert checked(system)["workdays"].severity is Severity.WARNING
    site.faults.reset()
    for workday in site.simulator.state.workdays.values():
        workday.update({f"inc{day}": False for day in ("monday", "tuesday", "wednesday", "thursday", "friday")})
    assert "no open day" in checked(system)["workday 'Standard Hours'"].message


def test_an_agent_of_a_person_is_warned_of(site: Site) -> None:
    site.simulator.add_application("other", "secret", "Bridge", "Ingo Admin", is_api=False)
    system = site.connected(client_id="other", client_secret="secret")
    assert checked(system)["agent"].severity is Severity.WARNING
    system.line.close()


def test_an_audit_log_that_does_not_come_is_warned_of(site: Site, system: TicketSystem) -> None:
    assert "audit log" not in checked(system)  # no ticket to see it on
    site.a_ticket()
    assert checked(system)["audit log"].severity is Severity.OK
    site.faults.audit_log_missing = True
    assert checked(system)["audit log"].severity is Severity.WARNING


def test_without_the_outcome_no_note_can_be_written(site: Site, system: TicketSystem) -> None:
    del site.simulator.state.outcomes[7]
    assert checked(system)["note outcome"].severity is Severity.ERROR


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"newstatus": 21}, "sets a status"),
        ({"defaultagent": 5}, "sets an agent"),
        ({"defaultteam": "Tier 3"}, "sets a team"),
        ({"slaholdischecked": True}, "puts the service level on hold"),
        ({"slareleaseischecked": True}, "releases the service level"),
        ({"hidefromuser": False, "show_to_user": True}, "is shown to users"),
    ],
)
def test_an_outcome_that_does_more_than_add_a_note_is_warned_of(
    site: Site, system: TicketSystem, settings: dict[str, Any], words: str
) -> None:
    site.simulator.state.outcomes[7].update(settings)
    finding = checked(system)["note outcome"]
    assert finding.severity is Severity.WARNING
    assert words in finding.message


def test_a_home_that_does_not_resolve_names_what_is_near(site: Site) -> None:
    system = site.connected(homes=("First Tuch",))
    finding = checked(system)["home 'First Tuch'"]
    assert finding.severity is Severity.ERROR
    assert "did you mean 'First Touch'" in finding.message
    system.line.close()


# One cause, told once; and what cannot be told


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"client_id": "00000000-0000-4000-8000-00000000beef"}, "HALOPSA_CLIENT_ID"),
        ({"client_secret": "wrong"}, "HALOPSA_CLIENT_SECRET"),
        ({"tenant": "nowhere"}, "HALOPSA_TENANT"),
        ({"auth_url": "{base}/login"}, "HALOPSA_AUTH_URL"),
    ],
)
def test_a_wrong_id_secret_tenant_or_address_is_one_finding(change: dict[str, str], words: str) -> None:
    site = Site(tenant="yourcompany")
    with site.simulator.serve() as base:
        system = site.connected(**{name: value.format(base=base) for name, value in change.items()})
        (finding,) = system.line.check()
        assert (finding.severity, finding.subject) == (Severity.ERROR, "credentials")
        assert words in finding.message
        system.line.close()


@pytest.mark.parametrize("status", [401, 403, 404])
def test_where_everything_is_refused_that_is_told_once(site: Site, system: TicketSystem, status: int) -> None:
    site.a_ticket()
    site.faults.fail_next(None, status, path="^(?!auth)")
    errors = [finding for finding in system.line.check() if finding.severity is not Severity.OK]
    (finding,) = errors
    assert finding.subject == "rights"
    assert "nothing at all can be read" in finding.message


def test_a_401_names_the_agents_rights_before_the_credentials(site: Site, system: TicketSystem) -> None:
    site.a_ticket()
    site.faults.fail_next(None, 401, path="^Priority")
    message = checked(system)["priorities"].message
    assert "also with a new token" in message
    assert message.index("have the right") < message.index("HALOPSA_CLIENT_ID")


def test_what_stands_on_a_list_that_cannot_be_read_is_not_repeated(site: Site, system: TicketSystem) -> None:
    site.faults.forbid(path="^Team$")
    errors = [finding.subject for finding in system.line.check() if finding.severity is Severity.ERROR]
    assert errors == ["teams"]


def test_rights_that_only_a_write_can_prove_are_told_as_not_tested(site: Site, system: TicketSystem) -> None:
    site.a_ticket()
    found = checked(system)
    untested = {subject: one.message for subject, one in found.items() if one.severity is Severity.UNTESTED}
    assert set(untested) == {"open tickets", "rights to write", "assignment"}
    assert "re-assign" in untested["rights to write"]
    assert "to use the action of notes" in untested["rights to write"]
    assert untested["assignment"].startswith("our own agent is no member of First Touch, Tier 3, Sr IT and needs")


def test_whose_tickets_can_be_seen_is_told(site: Site, system: TicketSystem) -> None:
    assert checked(system)["open tickets"].severity is Severity.UNTESTED
    site.a_ticket()
    finding = checked(system)["open tickets"]
    seen, _, unseen = finding.message.partition("none is there or none may be seen")
    assert (finding.severity, seen, unseen) == (Severity.UNTESTED, "seen: unassigned ones; ", ": those of other agents")
    site.a_ticket(agent="Tess Tech")
    finding = checked(system)["open tickets"]
    assert (finding.severity, finding.message) == (Severity.OK, "seen: unassigned ones and those of other agents")


@pytest.mark.parametrize(
    ("access", "words"),
    [("unassigned_access", "unassigned tickets"), ("otheragent_access", "tickets of other agents")],
)
def test_what_our_agent_is_told_not_to_see_of_a_home_is_an_error(site: Site, access: str, words: str) -> None:
    simulator = site.simulator
    tier = next(team["id"] for team in simulator.state.teams.values() if team["name"] == "Tier 3")
    simulator.state.agents[simulator.api_agent]["teams"] = [{"team_id": tier, access: False}]
    system = site.connected()
    found = checked(system)
    assert found["home 'Tier 3'"].severity is Severity.ERROR
    assert words in found["home 'Tier 3'"].message
    assert found["home 'Sr IT'"].severity is Severity.OK
    system.line.close()


def test_statuses_whose_meaning_was_assumed_are_marked_as_such(site: Site, system: TicketSystem) -> None:
    place = system.directory.locate("Tier 3")
    assumed = {one.status.name: one.why for one in system.directory.statuses(place) if one.is_assumed}
    assert set(assumed) == {"Quality Review"}
    assert "work in progress" in assumed["Quality Review"]
