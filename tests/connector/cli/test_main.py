"""The command line: what each command answers, and its exit code."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from adapters.connectwise import system as connectwise
from adapters.connectwise.simulator import Simulator
from adapters.connectwise.webhook import Webhooks
from connector import __version__
from connector.app import serve, wiring, worker_side
from connector.app.connect import worker_of
from connector.app.serve import Listening
from connector.cli import common
from connector.cli.main import cli
from connector.clock import SystemClock
from connector.config.settings import load_settings
from connector.errors import Permanent
from connector.model import Registration
from connector.store.audit import AuditHead, Telling
from connector.store.chain.cutting import cut
from connector.store.chain.signatures import sign_head, signed_head
from connector.store.connections import Connections
from connector.store.database.engine import Store
from connector.store.database.errors import StoreUnavailable
from connector.store.database.schema import SchemaState
from connector.store.mailbox import Mailbox
from connector.store.policy_log import PolicyLog
from connector.store.records import (
    AuditEvent,
    Braked,
    Claim,
    Event,
    Failed,
    Finished,
    Source,
    Unbegun,
)
from connector.store.troubles import TroubleKind, Troubles
from connector.worker.worker import WorkerSettings
from tests.connector.mailboxes import START, a_delivery, claim_one, record
from tests.connector.quiet_logging import logging_as_before

__all__ = ["logging_as_before"]

pytestmark = pytest.mark.usefixtures("logging_as_before")
OURS = ("CONNECTWISE_", "TIER_", "FINAL_", "ESCALATION_")
HOMES = {
    "TIER_1_HOME": "Service Desk",
    "TIER_2_HOME": "Tier 3",
    "TIER_3_HOME": "Sr IT",
    "WORK_TIME_ZONE": "UTC",
}
PUBLIC = {"PUBLIC_URL": "http://127.0.0.1:9"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, and nothing of ours in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(OURS):
            monkeypatch.delenv(name)
    return tmp_path


@pytest.fixture
def desk() -> Iterator[Simulator]:
    simulator = Simulator(SystemClock(), callback_delivery="manual").standard_desk()
    with simulator.serve():
        yield simulator


@pytest.fixture
def connected(desk: Simulator, folder: Path) -> dict[str, str]:
    """The environment of a connection to the simulated desk."""
    return {**desk.environment(), **HOMES}


def escalator(*arguments: str, **environ: str) -> Result:
    result = CliRunner().invoke(cli, arguments, env=environ)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@contextmanager
def a_store(path: Path) -> Iterator[Store]:
    store = Store.open(f"sqlite:///{path / 'escalator.db'}")
    store.migrate()
    try:
        yield store
    finally:
        store.close()


def a_dead_letter(mailbox: Mailbox, ticket: str) -> None:
    mailbox.deliver([a_delivery(ticket, f"mail of {ticket}")])
    mailbox.finish([Failed(claim_one(mailbox), "it does not work", None)])


# -- the environment -------------------------------------------------------------------------------------------


def test_the_file_env_is_read_and_the_environment_wins(folder):
    (folder / ".env").write_text("PORT=1234\nHOST='::1'\n")
    seen = CliRunner().invoke(cli, ["migrate"], env={"PORT": "x"})
    assert seen.exit_code == 2
    assert "'x'" in seen.output
    (folder / ".env").write_text("PORT=abc\n")
    assert "'abc'" in escalator("migrate").output


@pytest.mark.parametrize(
    ("written", "why"),
    [("PORT=1\n".encode("utf-16"), "is no UTF-8 text"), (b"#" * (1 << 20) + b"\n", "is larger than")],
)
def test_a_file_of_settings_that_cannot_be_read_is_a_usage_error(folder, written, why):
    (folder / ".env").write_bytes(written)
    result = escalator("check")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"escalator: .env in {folder} ")
    assert why in result.stderr


def test_values_of_the_file_env_are_taken_as_they_stand(folder, monkeypatch):
    monkeypatch.delenv("PORT", raising=False)
    (folder / ".env").write_text("FINAL_STATUS=${HOME}\nPORT=1\n")
    found = common.environment()
    assert (found["FINAL_STATUS"], found["PORT"]) == ("${HOME}", "1")


def test_every_problem_of_the_configuration_is_told_on_stderr_with_exit_2(folder):
    result = escalator("run", PORT="abc", TIER_1_NAM="x", CONNECTWISE_PRIVATE_KEY="geheim-42")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) >= 2
    assert "TIER_1_NAME" in result.stderr
    assert "geheim-42" not in result.output


@pytest.mark.parametrize("command", [["run"], ["web"], ["worker"], ["check"], ["webhooks", "status"]])
def test_with_nothing_connected_the_exit_code_is_2(folder, command):
    result = escalator(*command)
    assert (result.exit_code, "no ticket system is connected" in result.stderr) == (2, True)


@pytest.mark.parametrize("command", [["nonsense"], ["check", "--nonsense"], ["explain", "psa"]])
def test_wrong_usage_is_exit_2(folder, command):
    assert escalator(*command).exit_code == 2


def test_help_lists_every_command_of_the_design():
    shown = escalator("--help").stdout
    for command in (
        "run",
        "web",
        "worker",
        "migrate",
        "check",
        "demo",
        "webhooks",
        "explain",
        "dead-letters",
        "audit",
        "brake",
    ):
        assert f"\n  {command} " in shown
    assert "\n  export " in shown


def test_the_version_is_told():
    assert __version__ in escalator("--version").stdout


# -- policies --------------------------------------------------------------------------------------------------


def test_the_policies_that_were_in_force_are_listed_and_the_newest_is_applied_to_running_stints(connected, folder):
    with a_store(folder) as store:
        log, mailbox = PolicyLog(store), Mailbox(store)
        assert escalator("policy", "apply", **connected).exit_code == 1
        log.bring_into_force("v1", {"tiers": []})
        log.bring_into_force("v2", {"tiers": [{}]})
        mailbox.deliver([a_delivery("7", "mail", "connectwise")])
        before = escalator("policy", "show", **connected)
        assert [line.split("\t")[::2] for line in before.stdout.splitlines()] == [
            ["v1", "all stints before the next"],
            ["v2", "stints that began since"],
        ]
        applied = escalator("policy", "apply", **connected)
        assert (applied.exit_code, applied.stdout) == (
            0,
            "policy v2 counts for running stints as well; 1 tickets are looked at anew\n",
        )
        rows = json.loads(escalator("policy", "show", "--json", **connected).stdout)
        assert [(row["version"], row["applied_at"] is not None) for row in rows] == [("v1", False), ("v2", True)]
        assert json.loads(escalator("policy", "apply", "--json", **connected).stdout) == {"version": "v2", "tickets": 1}


def test_before_the_first_start_there_is_no_policy_to_apply(connected, folder):
    with a_store(folder):
        result = escalator("policy", "apply", **connected)
    assert (result.exit_code, result.stderr) == (1, "no policy is in force yet: start the connector first\n")


# -- the database ----------------------------------------------------------------------------------------------


def test_migrate_sets_a_database_up_and_says_so(folder):
    assert "was set up" in escalator("migrate").stdout
    assert "up to date" in escalator("migrate").stdout


@pytest.mark.parametrize("command", [["web"], ["worker"], ["explain", "connectwise", "1"]])
def test_what_needs_the_schema_refuses_to_start_without_it(connected, command):
    result = escalator(*command, **connected)
    assert result.exit_code == 2
    assert "escalator migrate" in result.stderr


def test_a_database_out_of_reach_is_exit_1_without_its_password(folder):
    result = escalator("audit", "verify", DATABASE_URL="postgresql://user:geheim-42@127.0.0.1:1/x")
    assert result.exit_code == 1
    assert "geheim-42" not in result.output
    assert "Traceback" not in result.output


def test_an_intact_audit_trail_is_exit_0_and_a_changed_one_exit_1(folder):
    with a_store(folder) as store:
        for number in range(3):
            record(store, "psa", "4711", AuditEvent(Event.CLOCK, {"number": number}))
        assert escalator("audit", "verify").exit_code == 0
        with store.writing() as conn:
            conn.exec_driver_sql("UPDATE audit_entry SET detail = '{}' WHERE n = 2")
    result = escalator("audit", "verify")
    assert result.exit_code == 1
    assert "at entry 2" in result.stdout
    assert json.loads(escalator("audit", "verify", "--json").stdout)["first_bad_id"] == 2


def test_a_head_that_was_kept_elsewhere_is_expected_in_the_trail(folder):
    with a_store(folder) as store:
        for number in range(3):
            record(store, "psa", "4711", AuditEvent(Event.CLOCK, {"number": number}))
    head = escalator("audit", "head").stdout.strip()
    kept = head.rpartition(":")[2]
    told = json.loads(escalator("audit", "head", "--json").stdout)
    assert told == {"entries": 3, "hash": hashlib.sha256(head.encode()).hexdigest(), "head": head}
    assert escalator("audit", "verify", "--expect", head).exit_code == 0
    result = escalator("audit", "verify", "--expect", f"psa=3:{'0' * 64}")
    assert (result.exit_code, "at entry 3" in result.stdout) == (1, True)
    for wrong in ("3", "x:y", f"-1:{kept}", f"3:{kept[:-1]}", f"{head},@told=2026"):
        assert escalator("audit", "verify", "--expect", wrong).exit_code == 2


def test_a_head_from_before_a_checkpoint_is_taken_and_what_of_it_is_left_is_said(folder):
    with a_store(folder) as store:
        Connections(store).ensure("psa", "enforce", "v1")
        old = store.now() - timedelta(days=800)
        record(store, "psa", "4711", AuditEvent(Event.CLOCK, {}, old))
        head = signed_head(store)
        key = Connections(store).get("psa").marker_key
        then = Telling(old.replace(microsecond=0), "psa", sign_head(head, old.replace(microsecond=0), key))
        record(store, "psa", "4711", AuditEvent(Event.CLOCK, {}, old + timedelta(days=1)))
        assert cut(store, store.now() - timedelta(days=750)) == 2
    result = escalator("audit", "verify", "--expect", AuditHead(head.chains, then).text)
    assert (result.exit_code, "of psa all that the head speaks of was cut" in result.stdout) == (0, True)
    result = escalator("audit", "verify", "--expect", head.text)  # told now: KEEP_MONTHS would have kept what is gone
    assert (result.exit_code, "psa at entry 2" in result.stdout) == (1, True)


def test_a_trail_whose_end_was_cut_off_is_not_intact(folder):
    with a_store(folder) as store:
        record(store, "psa", "4711", AuditEvent(Event.CLOCK, {}))
        with store.writing() as conn:
            conn.exec_driver_sql("DELETE FROM audit_head")
    result = escalator("audit", "verify")
    assert (result.exit_code, "as a whole" in result.stdout) == (1, True)


def test_export_prints_the_trail_as_json_lines_with_both_hashes(folder):
    with a_store(folder) as store:
        for number in range(2):
            record(store, "psa", "4711", AuditEvent(Event.CLOCK, {"why": f"é{number}"}))
    first, second = (json.loads(line) for line in escalator("export").stdout.splitlines())
    assert (first["event"], first["ticket"], first["detail"]) == ("clock", "4711", {"why": "é0"})
    assert second["previous_hash"] == first["hash"]


@pytest.mark.parametrize("value", ["detail = '{'", "at = 9223372036854775807"])
def test_an_export_ends_at_an_entry_that_was_tampered_with_and_says_where(folder, value):
    with a_store(folder) as store:
        for n in range(3):
            record(store, "psa", str(n), AuditEvent(Event.CLOCK, {}))
        with store.writing() as conn:
            conn.execute(text(f"UPDATE audit_entry SET {value} WHERE n = 2"))
    result = escalator("export")
    assert (result.exit_code, "Traceback" in result.stderr) == (1, False)
    assert len(result.stdout.splitlines()) <= 1
    assert (
        "of the chain psa holds what the connector never writes: `escalator audit verify` tells more" in result.stderr
    )
    assert escalator("audit", "verify").exit_code == 1


def test_an_export_is_json_also_where_the_terminal_lacks_most_letters(folder):
    told = "é 日本語 \N{GRINNING FACE} \u202e"
    with a_store(folder) as store:
        record(store, "psa", "4711", AuditEvent(Event.CLOCK, {"why": told}))
    command = [sys.executable, "-c", "from connector.cli import main; main()", "export"]
    environ = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    done = subprocess.run(command, env=environ, capture_output=True, encoding="latin-1", check=True)
    assert json.loads(done.stdout)["detail"] == {"why": told}


def test_dead_letters_are_listed_for_people_and_programs(folder):
    with a_store(folder) as store:
        a_dead_letter(Mailbox(store), "4711")
    assert escalator("dead-letters", "list").stdout.startswith("psa\t4711\t1\t")
    [letter] = json.loads(escalator("dead-letters", "list", "--json").stdout)
    assert (letter["ticket"], letter["error"], letter["mail"]) == ("4711", "it does not work", 1)


def test_a_replayed_ticket_is_due_with_the_mail_that_says_that_a_person_wanted_it(folder):
    with a_store(folder) as store:
        mailbox = Mailbox(store)
        a_dead_letter(mailbox, "4711")
        assert escalator("dead-letters", "replay", "psa", "4711").exit_code == 0
        claim = claim_one(mailbox)
        assert (claim.ticket, claim.attempts) == ("4711", 0)
        assert [mail.source for mail in claim.mail] == [Source.WEBHOOK, Source.MANUAL]


def test_all_dead_letters_can_be_replayed(folder):
    with a_store(folder) as store:
        mailbox = Mailbox(store)
        mailbox.schedule("psa", "@poll", START)
        mailbox.finish([Failed(claim_one(mailbox), "it does not work", None)])
        a_dead_letter(mailbox, "4711")
        result = escalator("dead-letters", "replay", "--all", "--json")
        assert json.loads(result.stdout) == {"replayed": [["psa", "@poll"], ["psa", "4711"]]}
        assert mailbox.dead_letters() == []
        claims = mailbox.claim("worker", 10, timedelta(minutes=1), ["psa"])
        assert {claim.ticket for claim in claims} == {"@poll", "4711"}


def test_replaying_what_is_no_dead_letter_is_exit_1(folder):
    with a_store(folder):
        result = escalator("dead-letters", "replay", "psa", "1")
    assert (result.exit_code, "is no dead letter" in result.stderr) == (1, True)


@pytest.mark.parametrize("arguments", [[], ["psa"], ["psa", "1", "--all"]])
def test_replay_wants_one_ticket_or_all(folder, arguments):
    assert escalator("dead-letters", "replay", *arguments).exit_code == 2


# -- the ticket system -----------------------------------------------------------------------------------------


def test_check_finds_nothing_wrong_once_the_webhook_is_registered(connected):
    first = escalator("check", **connected, **PUBLIC)
    assert first.exit_code == 1
    assert "escalator webhooks register" in first.stdout
    assert escalator("webhooks", "register", **connected, **PUBLIC).exit_code == 0
    second = escalator("check", **connected, **PUBLIC)
    assert second.exit_code == 0
    assert second.stdout.splitlines()[-1].startswith("No errors, ")


def test_check_names_a_home_that_is_not_there_and_the_near_one(connected):
    result = escalator("check", "--json", **{**connected, "TIER_2_HOME": "Tier3"})
    answer = json.loads(result.stdout)
    assert (result.exit_code, answer["errors"] >= 1) == (1, True)
    assert list(answer) == ["errors", "warnings", "fine", "not_tested", "findings"]
    assert {tuple(finding) for finding in answer["findings"]} == {("severity", "subject", "message", "cause")}
    wrong = [finding["message"] for finding in answer["findings"] if finding["severity"] == "error"]
    assert any("'Tier 3'" in message for message in wrong)


def test_check_says_that_credentials_are_wrong(connected):
    result = escalator("check", **{**connected, "CONNECTWISE_PRIVATE_KEY": "geheim-42"})
    assert result.exit_code == 1
    assert "geheim-42" not in result.output


def test_check_writes_nothing_anywhere(connected, desk, folder):
    desk.forget_calls()
    escalator("check", **connected)
    assert set(desk.call_counts()) == {"GET"}
    assert list(folder.iterdir()) == []


def test_the_registration_is_shown_made_once_and_removed(connected, desk):
    status = ("webhooks", "status", "connectwise")
    environ = {**connected, **PUBLIC}
    first = escalator(*status, **environ)
    assert (first.exit_code, first.stdout) == (1, "connectwise: not registered\n")
    made = json.loads(escalator("webhooks", "register", "--json", **environ).stdout)
    escalator("webhooks", "register", **environ)
    assert len(desk.callbacks()) == 1
    shown = escalator(*status, **environ)
    assert (shown.exit_code, "active" in shown.stdout) == (0, True)
    assert json.loads(escalator(*status, "--json", **environ).stdout) == {"connectwise": [made["connectwise"]]}
    elsewhere = {**environ, "PUBLIC_URL": "https://earlier.example.com"}
    assert escalator("webhooks", "register", **elsewhere).exit_code == 0
    warning = next(line for line in escalator("check", **environ).stdout.splitlines() if "webhook elsewhere" in line)
    assert "looks like ours and leads to https://earlier.example.com/webhooks/connectwise: unless another" in warning
    command = warning.rpartition("`escalator ")[2].removesuffix("`").split()
    assert escalator(*command, **environ).stdout == "connectwise: 1 removed\n"
    assert "webhook elsewhere" not in escalator("check", **environ).stdout
    assert escalator(*command, **environ).exit_code == 1
    assert escalator("webhooks", "remove", "--elsewhere", "1", **environ).exit_code == 2
    assert escalator("webhooks", "remove", **environ).stdout == "connectwise: 1 removed\n"
    assert json.loads(escalator("webhooks", "remove", "--json", **environ).stdout) == {"connectwise": 0}


def test_events_that_a_registration_lacks_are_shown(connected, desk, monkeypatch):
    found = [Registration("7", "https://escalator.example.com/x", is_active=True, lacks=("Ticket Deleted",))]
    monkeypatch.setattr(Webhooks, "registrations", lambda self: found)
    shown = escalator("webhooks", "status", **{**connected, **PUBLIC})
    assert shown.exit_code == 0
    assert "connectwise: not sent for: Ticket Deleted; the poll finds these" in shown.stdout
    told = json.loads(escalator("webhooks", "status", "--json", **{**connected, **PUBLIC}).stdout)
    assert told["connectwise"][0]["lacks"] == ["Ticket Deleted"]


def test_where_an_administrator_installs_the_sender_the_commands_say_so(connected, desk, monkeypatch):
    words = "install the scrip 'Tell the connector'"

    def installed(self):
        raise Permanent(words)

    def by_hand(made, **given):
        return made(**{**given, "manages_webhooks": False})

    monkeypatch.setattr(connectwise, "TicketSystem", partial(by_hand, connectwise.TicketSystem))
    monkeypatch.setattr(Webhooks, "registrations", installed)
    environ = {**connected, **PUBLIC}
    for command, code in (("status", 0), ("register", 0), ("remove", 0)):
        result = escalator("webhooks", command, **environ)
        assert (result.exit_code, result.stdout) == (code, f"connectwise: {words}\n")
        result = escalator("webhooks", command, "--json", **environ)
        assert (result.exit_code, json.loads(result.stdout)) == (code, {"connectwise": None})
    for command, code in (("status", 0), ("register", 1), ("remove", 1)):
        assert escalator("webhooks", command, "connectwise", **environ).exit_code == code
    checked = escalator("check", **environ)
    assert (checked.exit_code, words in checked.stdout) == (0, True)
    assert desk.callbacks() == []


def test_a_registration_without_a_public_address_is_a_configuration_problem(connected):
    result = escalator("webhooks", "register", **connected)
    assert (result.exit_code, "PUBLIC_URL" in result.stderr) == (2, True)


def test_a_system_that_is_not_connected_is_wrong_usage_and_those_that_are_get_named(connected, folder):
    escalator("migrate", **connected)
    result = escalator("explain", "psa", "4711", **connected)
    assert (result.exit_code, "connected: connectwise" in result.stderr) == (2, True)


def started(parts: wiring.Wiring) -> None:
    """What a worker remembers when it starts."""
    worker_of(parts.store, worker_side.connections_of(parts), WorkerSettings("test"))


def test_explain_shows_the_working_of_a_ticket(connected, desk, folder):
    environ = {**connected, "WORK_HOURS": "24x7"}
    ticket = str(desk.create_ticket("VPN down", "Acme", board="Service Desk", owner="tess"))
    with wired(environ, folder) as parts:
        started(parts)
    text = escalator("explain", "connectwise", ticket, **environ)
    assert text.exit_code == 0
    assert f"Ticket {ticket} at Service Desk" in text.stdout
    assert "Decision: " in text.stdout
    assert text.stdout.splitlines()[-1] == "Mode: observe: " + (
        "this is decided and recorded, and nothing of it is written or moved"
    )
    enforcing = escalator("explain", "connectwise", ticket, ESCALATION_MODE="enforce", **environ)
    assert "observe" not in enforcing.stdout
    answer = json.loads(escalator("explain", "connectwise", ticket, "--json", **environ).stdout)
    assert (answer["ticket"], answer["lines"][0]) == (ticket, text.stdout.splitlines()[0])


def test_explain_speaks_of_the_ladder_that_the_ticket_is_on(desk, folder):
    ladder = {
        "name": "Acme",
        "tiers": [
            {"name": "Acme Desk", "homes": {"connectwise": "Service Desk"}},
            {"name": "Acme Experts", "homes": {"connectwise": "Tier 3"}},
        ],
    }
    policy = {
        "tiers": [{"homes": {"connectwise": "Sr IT"}}],
        "ladders": [ladder],
        "calendars": {"default": {"tz": "UTC"}},
    }
    environ = {**desk.environment(), "ESCALATION_POLICY": json.dumps(policy)}
    first = str(desk.create_ticket("VPN down", "Acme", board="Service Desk", owner="tess"))
    second = str(desk.create_ticket("VPN down", "Acme", board="Tier 3"))
    with wired(environ, folder) as parts:
        started(parts)
    assert "  Acme Desk: from " in escalator("explain", "connectwise", first, **environ).stdout
    assert "  Acme Experts: from " in escalator("explain", "connectwise", second, **environ).stdout


def claim_of(mailbox: Mailbox) -> Claim:
    """The one ticket of the connection that wants a turn, held."""
    claims = mailbox.claim("test", 10, timedelta(minutes=1), ["connectwise"])
    (claim,) = [one for one in claims if not one.is_chore]
    return claim


def test_explain_names_what_stands_in_the_way_of_a_ticket_and_what_is_to_be_done(connected, desk, folder):
    environ = {**connected, "WORK_HOURS": "24x7"}
    ticket = str(desk.create_ticket("VPN down", "Acme", board="Service Desk", owner="tess"))
    with wired(environ, folder) as parts:
        started(parts)
        mailbox, troubles = Mailbox(parts.store), Troubles(parts.store)
        for _ in range(3):
            met = troubles.meet("connectwise", TroubleKind.REFUSAL, "move: the field type is required", "the type")
        troubles.meet("connectwise", TroubleKind.REFUSAL, "turn: another", "what other tickets meet")
        mailbox.deliver([a_delivery(ticket, "mail", "connectwise")])
        claim = claim_of(mailbox)
        failed = Failed(claim, "400: type", claim.mail[0].received_at + timedelta(minutes=5), held_by=met.name)
        mailbox.finish([failed])
        found = escalator("explain", "connectwise", ticket, **environ)
        assert found.exit_code == 0
        said = found.stdout.split("In the way (refusal): ")[1].splitlines()
        assert said[:2] == ["the type", "  Last answer: 400: type"]
        assert "; met 3 times" in said[2]
        assert said[3].startswith("  Tried again by itself at ")
        assert said[4:] == ["  What to do: docs/runbook.md#refusal"]
        mailbox.deliver([a_delivery(ticket, "more", "connectwise")])
        mailbox.finish([Failed(claim_of(mailbox), "400: type", None, held_by=met.name)])
        answer = json.loads(escalator("explain", "connectwise", ticket, "--json", **environ).stdout)
        (one,) = answer["in_the_way"]
        assert (one["code"], one["cause"], one["count"], one["is_parked"]) == ("refusal", "the type", 3, True)
        assert f"escalator dead-letters replay connectwise {ticket}" in answer["lines"][-2]
        desk.faults.fail_next(None, 401)
        troubles.meet("connectwise", TroubleKind.CONNECTION_DOWN, "", "the keys are refused", {"why": "401"})
        refused = escalator("explain", "connectwise", ticket, **environ)
        assert (refused.exit_code, "In the way (connection_down): the keys are" in refused.stdout) == (1, True)
        assert json.loads(escalator("explain", "connectwise", ticket, "--json", **environ).stdout)["verdict"] is None


def test_explain_tells_of_a_ticket_that_waits_to_be_taken_up_how_many_come_before_it(connected, desk, folder):
    tickets = [str(desk.create_ticket("VPN down", "Acme", board="Service Desk", owner="tess")) for _ in range(3)]
    environ = {**connected, "WORK_HOURS": "24x7", "ADOPT_PER_HOUR": "6"}
    with wired(environ, folder) as parts:
        started(parts)
        early = escalator("explain", "connectwise", tickets[2], **environ).stdout
        mailbox = Mailbox(parts.store)
        for n, ticket in enumerate(tickets):
            mailbox.deliver([a_delivery(ticket, f"mail of {ticket}", "connectwise")])
            waits = Unbegun(START, is_critical=n == 1, entered_at=START + timedelta(minutes=n), calendar="default")
            claim = claim_of(mailbox)
            done = (claim.mail[0].id,)
            mailbox.finish([Finished(claim, None, snapshot={"adopted": True}, unbegun=waits, done_mail=done)])
        said = escalator("explain", "connectwise", tickets[2], **environ).stdout
        shown = json.loads(escalator("brake", "status", "--json", **environ).stdout)
    assert "Waits to be taken up; it joins the queue with its next turn" in early
    assert "Decision: not begun: it was open before the connector came" in said
    assert "Waits to be taken up: 2 come before it; at 6 in a working hour its clock begins, about " in said
    assert [(one["connection"], one["waiting"], one["adopted"]) for one in shown] == [("connectwise", 0, 3)]
    assert shown[0]["adopted_until"] is not None


def test_brake_shows_what_waits_holds_it_and_lets_it_go(connected, desk, folder):
    tickets = [str(desk.create_ticket("VPN down", "Acme", board="Service Desk", owner="tess")) for _ in range(2)]
    environ = {**connected, "WORK_HOURS": "24x7", "ESCALATIONS_PER_HOUR": "1"}
    with wired(environ, folder) as parts:
        started(parts)
        mailbox = Mailbox(parts.store)
        for n, ticket in enumerate(tickets):
            mailbox.deliver([a_delivery(ticket, f"mail of {ticket}", "connectwise")])
            waits = Braked(f"connectwise/{ticket}/s/fix", START + timedelta(minutes=n), "default")
            claim = claim_of(mailbox)
            done = (claim.mail[0].id,)
            mailbox.finish([Finished(claim, None, snapshot={"braked": waits.saga}, braked=waits, done_mail=done)])
        fields = escalator("brake", "status", **environ).stdout.split("\t")
        assert (fields[:2], fields[2][-3:]) == (["connectwise", "2"], "UTC")
        said = escalator("explain", "connectwise", tickets[1], **environ).stdout
        assert "Waits at the brake: 1 come before it; it goes up, about " in said
        assert escalator("brake", "hold", "connectwise", **environ).stdout.startswith("held: connectwise; ")
        said = escalator("explain", "connectwise", tickets[1], **environ).stdout
        assert "Held at the brake: nothing goes up by time since " in said
        assert "\tit is released; held since " in escalator("brake", "status", **environ).stdout
        answer = escalator("brake", "release", "--json", **environ).stdout
        assert json.loads(answer) == {"released": {"connectwise": 2}}
        assert escalator("brake", "release", **environ).stdout == "connectwise: 0 released\n"
        assert json.loads(escalator("brake", "hold", "--json", **environ).stdout) == {"held": ["connectwise"]}
        assert escalator("brake", "release", "nonsense", **environ).exit_code == 2
        woken = {row.ticket for row in mailbox.list_tickets() if row.wake_at is not None}
        assert woken >= set(tickets)


def test_explain_of_a_ticket_that_was_given_up_on_says_why(connected, desk, folder):
    ticket = str(desk.create_ticket("VPN down", "Acme", board="Service Desk", owner="tess"))
    with wired(connected, folder) as parts:
        started(parts)
        mailbox = Mailbox(parts.store)
        mailbox.deliver([a_delivery(ticket, "mail", "connectwise")])
        mailbox.finish([Failed(claim_of(mailbox), "it does not work", None)])
    said = escalator("explain", "connectwise", ticket, **connected).stdout
    assert "In the way (dead_letters): it was given up on\n  Last answer: it does not work\n" in said


def test_what_a_system_answered_steers_no_terminal_and_becomes_no_formula(connected, desk, folder):
    ticket = str(desk.create_ticket("VPN down", "Acme", board="Service Desk", owner="tess"))
    with wired(connected, folder) as parts:
        started(parts)
        mailbox = Mailbox(parts.store)
        mailbox.deliver([a_delivery(ticket, "mail", "connectwise")])
        mailbox.finish([Failed(claim_of(mailbox), "=HYPERLINK(1)\x1b[2J\x9b1m\u202e, all is well", None)])
        record(parts.store, "connectwise", ticket, AuditEvent(Event.CLOCK, {"why": "=HYPERLINK(1)\x1b[2J\u202e"}))
    commands = (("dead-letters", "list"), ("dead-letters", "list", "--json"), ("explain", "connectwise", ticket))
    for arguments in (*commands, ("export",)):
        said = escalator(*arguments, **connected).stdout
        assert "HYPERLINK(1)" in said
        assert set(said) & set("\x1b\x9b\u202e") == set()
    [fields] = escalator("dead-letters", "list", **connected).stdout.splitlines()
    assert fields.split("\t")[-1].startswith("'=HYPERLINK(1)")


def test_explain_of_a_ticket_that_does_not_exist_is_exit_1(connected, folder):
    with wired(connected, folder) as parts:
        started(parts)
    result = escalator("explain", "connectwise", "999999", **connected)
    assert (result.exit_code, "999999" in result.stderr) == (1, True)


def test_explain_before_the_first_start_is_exit_1_and_starts_nothing(connected, folder):
    escalator("migrate", **connected)
    for _ in range(2):
        result = escalator("explain", "connectwise", "1", **connected)
        assert (result.exit_code, "never started" in result.stderr) == (1, True)


@contextmanager
def wired(environ: dict[str, str], folder: Path) -> Iterator[wiring.Wiring]:
    with a_store(folder):
        parts = wiring.wire(load_settings(environ))
    try:
        yield parts
    finally:
        parts.close()


# -- the services ----------------------------------------------------------------------------------------------


class Served:
    """Stands in for the server: keeps what it was asked to serve."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[tuple[object, Listening]] = []
        monkeypatch.setattr(serve, "serve", lambda make, listening: self.calls.append((make, listening)))


def test_run_migrates_by_itself_and_listens_where_it_is_told(connected, folder, monkeypatch):
    served = Served(monkeypatch)
    result = escalator("run", **connected, HOST="::1", PORT="1234")
    assert result.exit_code == 0
    [(_, listening)] = served.calls
    assert (listening.bind, listening.processes) == ("[::1]:1234", 1)
    store = Store.open(f"sqlite:///{folder / 'escalator.db'}")
    assert store.schema_state() is SchemaState.CURRENT
    store.close()
    [line] = [json.loads(text) for text in result.stderr.splitlines()]
    assert (line["event"], line["mode"], line["connections"]) == ("starting", "observe", ["connectwise"])
    assert (line["database"], line["version"]) == ("sqlite", __version__)


@pytest.mark.parametrize("command", ["run", "web"])
def test_the_address_of_the_start_line_stands_where_host_is_not_set(connected, folder, monkeypatch, command):
    served = Served(monkeypatch)
    escalator("migrate", **connected)
    for host in ({}, {"HOST": " "}, {"HOST": "::1"}):
        assert escalator(command, "--host", "0.0.0.0", **connected, **host).exit_code == 0
    (folder / ".env").write_text("HOST=127.0.0.2\n")
    assert escalator(command, "--host", "0.0.0.0", **connected).exit_code == 0
    hosts = [listening.host for _, listening in served.calls]
    assert hosts == ["0.0.0.0", "0.0.0.0", "::1", "127.0.0.2"]


def test_an_address_of_the_start_line_that_is_none_is_exit_2(connected):
    result = escalator("web", "--host", "http://x", **connected)
    assert result.exit_code == 2
    assert "--host" in result.stderr


def test_what_honcho_makes_of_the_file_env_does_not_count(folder):
    (folder / ".env").write_text("TIER_1_HOME=Service Desk > First Touch\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIER_1_HOME", "ServiceDesk>FirstTouch")
        assert common.environment()["TIER_1_HOME"] == "Service Desk > First Touch"


def test_web_runs_as_many_processes_as_the_platform_says(connected, monkeypatch):
    served = Served(monkeypatch)
    escalator("migrate", **connected)
    for concurrency in ("", "5"):
        assert escalator("web", **connected, WEB_CONCURRENCY=concurrency).exit_code == 0
    assert [listening.processes for _, listening in served.calls] == [1, 5]


def test_a_web_concurrency_that_is_no_number_is_exit_2(connected):
    escalator("migrate", **connected)
    result = escalator("web", **connected, WEB_CONCURRENCY="many")
    assert (result.exit_code, "WEB_CONCURRENCY" in result.stderr) == (2, True)


def test_demo_ends_with_the_exit_code_of_the_demo(monkeypatch):
    class Demo:
        @staticmethod
        def main() -> int:
            return 1

    monkeypatch.setitem(sys.modules, "connector.demo.show", Demo)
    assert escalator("demo").exit_code == 1


def test_an_error_at_work_is_told_masked_with_exit_1(folder, monkeypatch):
    def away():
        raise StoreUnavailable("cannot reach postgresql://user:geheim-42@host")

    monkeypatch.setattr(common, "settings", away)
    result = escalator("migrate")
    assert (result.exit_code, "geheim-42" in result.stderr) == (1, False)


def test_the_command_gives_its_exit_codes_to_the_shell(folder):
    def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "connector", *arguments]
        return subprocess.run(command, env={**os.environ, **environ}, capture_output=True, text=True, check=False)

    assert run("migrate").returncode == 0
    wrong = run("run")
    assert (wrong.returncode, "Traceback" in wrong.stderr) == (2, False)


@pytest.mark.parametrize("command", ["run", "web"])
def test_a_web_concurrency_that_is_no_number_is_exit_2_in_a_process_of_its_own(folder, connected, command):
    """gunicorn reads it as well, when it is loaded."""
    environ = {**os.environ, **connected, "WEB_CONCURRENCY": "many"}
    line = [sys.executable, "-m", "connector", command]
    wrong = subprocess.run(line, env=environ, capture_output=True, text=True, check=False, timeout=60)
    assert (wrong.returncode, "Traceback" in wrong.stderr) == (2, False)
    assert "WEB_CONCURRENCY: 'many' is not a whole number" in wrong.stderr


def test_tables_on_a_terminal_show_headings_and_take_no_markup(monkeypatch, capsys):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    common.table(("system", "error"), [("psa", "[red]no markup[/red]")])
    shown = capsys.readouterr().out
    assert "system" in shown
    assert "[red]no markup[/red]" in shown


def test_lines_away_from_a_terminal_keep_to_one_line_each(capsys):
    common.table(("a", "b"), [("x\ty", "one\ntwo")])
    assert capsys.readouterr().out == "x y\tone two\n"


def test_worker_names_are_never_the_same():
    assert worker_side.worker_name() != worker_side.worker_name()
