"""``backtest`` over a file: what it counts, compares and refuses. At a desk its commands are run by those of the pages
(``test_docs_commands``).
"""

from __future__ import annotations

import csv
import json
import stat
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from connector.cli.main import cli
from tests.connector.quiet_logging import logging_as_before
from tests.past_desk import POLICY, write

__all__ = ["logging_as_before"]

pytestmark = pytest.mark.usefixtures("logging_as_before")
SINCE = ("--since", "2026-07-27", "--until", "2026-10-26")


@pytest.fixture(scope="module")
def quarter(tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("quarter") / "quarter.jsonl"
    write(file)
    return file


@pytest.fixture
def run(tmp_path, monkeypatch, quarter):
    """Runs ``backtest`` over the quarter, under the desk's policy unless told otherwise."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policy.json").write_text(json.dumps(POLICY))
    tiers = [{**POLICY["tiers"][0], "diagnosis_minutes": 45}, *POLICY["tiers"][1:]]
    (tmp_path / "longer.json").write_text(json.dumps({**POLICY, "tiers": tiers}))

    def run_(*words: str, policy: str = "policy.json", file: Path = quarter, code: int = 0) -> Result:
        said = ("--policy", policy, "--from-file", str(file), *(SINCE if "--since" not in words else ()))
        found = CliRunner().invoke(cli, ["backtest", *said, *words], env={"WORK_TIME_ZONE": "America/New_York"})
        assert found.exit_code == code, found.output
        return found

    return run_


def test_five_sentences_come_first_and_every_number_is_in_the_sheet(run, tmp_path):
    found = run("--csv", "rows.csv", "--html", "page.html", "--json")
    document = json.loads(found.stdout)
    assert len(document["sentences"]) == 5
    with (tmp_path / "rows.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert stat.S_IMODE((tmp_path / "rows.csv").stat().st_mode) == 0o600
    ups = [row for row in rows if row["what"].startswith("would")]
    assert ups
    firsts = {(row["ticket"], row["stint"]) for row in ups}
    assert f"{len(firsts)} times in all" in document["sentences"][0]
    page = (tmp_path / "page.html").read_text()
    assert "past tickets, replayed: nothing of this happened" in page
    assert "What would have caught what took too long" in page
    assert Counter(row["ticket"] for row in ups).total() >= len(firsts)


def test_two_policies_are_compared_ticket_by_ticket(run, tmp_path):
    found = run("--against", "policy.json", "--html", "page.html", "--csv", "a.csv", "--json", policy="longer.json")
    compared = json.loads(found.stdout)["comparison"]
    assert (compared["new"], compared["old"]) == ("longer.json", "policy.json")
    assert compared["only_old"] > 0
    assert compared["later"] > 0
    assert (compared["sooner"], compared["only_new"]) == (0, 0)
    with (tmp_path / "a.csv").open() as file:
        rows = [(row["what"], row["counted"], row["ticket"], row["stint"]) for row in csv.DictReader(file)]
    ours = {tuple(where) for _, counted, *where in rows if counted == "yes"}
    theirs = {tuple(where) for what, _, *where in rows if what.endswith("under the policy compared with")}
    assert len(theirs - ours) == compared["only_old"]
    assert len(theirs & ours) == compared["later"] + compared["same"]
    assert "Ticket by ticket" in (tmp_path / "page.html").read_text()
    shown = run("--against", "policy.json", policy="longer.json").output
    assert "longer.json, against policy.json:" in shown
    assert f"only under the old policy\t{compared['only_old']}" in shown


def test_the_limit_that_catches_is_told(run):
    [plan, *_] = json.loads(run("--json", "--too-long", "4h", "--catch", "80").stdout)["catches"]
    assert plan["tier"] == "First Touch"
    assert plan["caught"] >= 0.8 * plan["long"]
    assert "would have caught" in run("--too-long", "90m").output or "caught" in run("--too-long", "90m").output


def test_a_file_without_a_time_that_fits_counts_nothing(run):
    nothing = json.loads(run("--json", "--since", "2026-11-01").stdout)
    assert nothing["sentences"][0].startswith("No")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--since", "yesterday"), "expected days"),
        (("--since", "2026-10-26", "--until", "2026-10-01"), "--since must lie before --until"),
        (("--too-long", "long"), "expected for example 240"),
        (("--system", "rt"), "--from-file asks no ticket system"),
        (("--csv", "rows", "--html", "./rows"), "rows is named for two things"),
        (("--set", "TIER_1_DIAGNOSIS_MINUTES=45"), "--policy and --set exclude one another"),
    ],
)
def test_what_makes_no_sense_is_refused_as_wrong_usage(run, words, says):
    assert says in run(*words, code=2).output


def test_the_tickets_are_not_written_over(run, tmp_path, quarter):
    link = tmp_path / "quarter.csv"
    link.symlink_to(quarter)
    before = quarter.read_bytes()
    assert "is named for two things" in run("--csv", "quarter.csv", code=2).output
    assert quarter.read_bytes() == before


def test_a_policy_that_is_none_is_refused_with_its_file(run, tmp_path):
    (tmp_path / "wrong.json").write_text('{"tiers": []}')
    assert "wrong.json: tiers" in run(policy="wrong.json", code=2).output
    (tmp_path / "other.json").write_text(json.dumps({"tiers": [{"name": "A", "homes": {"rt": "Support"}}]}))
    assert "no tier has a home in 'desk'" in run(policy="other.json", code=2).output
    (tmp_path / "far.json").write_text(json.dumps({"tiers": [{"name": "A", "homes": {"desk": "Nowhere"}}]}))
    found = run(policy="far.json", code=2).output
    assert "none of the tiers' homes in 'desk' is among the places of its tickets: Projects, Support, Tier 3" in found


def test_a_line_that_is_no_ticket_is_named(run, tmp_path, quarter):
    wrong = tmp_path / "wrong.jsonl"
    first, *_ = lines = quarter.read_text().splitlines()
    wrong.write_text("\n".join([*lines, first.replace('"ticket":"46001"', '"ticket":46001'), ""]))
    found = run(file=wrong, code=2).output
    assert "wrong.jsonl, line 467: ticket: expected the ticket's number as a text" in found
    assert "Traceback" not in found


def test_without_anything_connected_it_says_what_to_set(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = CliRunner().invoke(cli, ["backtest"], env={"WORK_TIME_ZONE": "UTC"})
    assert found.exit_code == 2
    assert "no ticket system is connected" in found.output


def test_a_changed_variable_must_be_one_of_the_policy(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for changed in ("LOG_LEVEL=debug", "TIER_1_DIAGNOSIS_MINUTES"):
        found = CliRunner().invoke(cli, ["backtest", "--set", changed], env={"WORK_TIME_ZONE": "UTC"})
        assert (found.exit_code, "expected a policy variable" in found.output) == (2, True)
    found = CliRunner().invoke(
        cli, ["backtest", "--set", "TIER_1_DIAGNOSIS_MINUTES=soon"], env={"WORK_TIME_ZONE": "UTC"}
    )
    assert (found.exit_code, "--set: TIER_1_DIAGNOSIS_MINUTES" in found.output) == (2, True)
