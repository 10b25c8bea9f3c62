"""What `deploy/`, the Procfile and the page about them say holds: names, paths and metrics are there, the lines start.

Linters are `make deploy-check`, which needs them installed; `deploy/try-in-a-root` and `deploy/try-the-procfile` do it
for real.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest
import requests
import yaml

from connector.cli.main import cli
from connector.clock import VirtualClock
from connector.config.secret_values import FILE
from connector.config.service_variables import ESCALATION_POLICY, SERVICE_VARIABLES
from connector.metrics import DatabaseCollector, Metrics
from connector.model import Lane
from connector.store import heartbeats
from connector.store.connections import Connections
from connector.store.database.engine import Store
from connector.store.mailbox import Mailbox
from connector.store.troubles import TroubleKind
from connector.systems.catalogue import ticket_systems
from tests.crash.desks import until
from tests.crash.services import a_free_port
from tests.doubles import a_connection

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
VARIABLES = [
    *SERVICE_VARIABLES,
    ESCALATION_POLICY,
    *(one for kind in ticket_systems().values() for one in kind.variables),
]
SECRETS = {one.name + FILE for one in VARIABLES if one.is_secret}
NAMES = {one.name for one in VARIABLES} | SECRETS
CONNECTED = {
    "RT_URL": "http://127.0.0.1:9",
    "RT_TOKEN": "1-40-0123456789abcdef0123456789abcdef",
    "RT_WEBHOOK_SECRET": "made-up-and-long-enough",
    "TIER_1_HOME": "First Touch",
    "TIER_2_HOME": "Higher",
    "TIER_3_HOME": "Highest",
    "WORK_TIME_ZONE": "Europe/London",
}


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


# -- the Procfile ----------------------------------------------------------------------------------------------


def procfile() -> dict[str, str]:
    return dict(line.split(": ", 1) for line in read("Procfile").splitlines())


def test_the_procfile_says_what_a_platform_starts_and_where_the_web_process_listens():
    assert list(procfile()) == ["release", "web", "worker"]
    assert procfile()["web"].endswith(" web --host 0.0.0.0")
    assert read("requirements.txt") == "-r requirements.lock\n"


def test_the_lines_of_the_procfile_start_by_a_shell_with_what_a_platform_sets(tmp_path: Path) -> None:
    """In an environment that holds nothing else; the database is the only thing they share."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n', encoding="utf-8")
    (tmp_path / "bin" / "python").chmod(0o755)
    environ = {
        **CONNECTED,
        "PATH": f"{tmp_path}/bin:/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": f"sqlite:///{tmp_path}/escalator.db",
    }

    def start(name: str) -> subprocess.Popen[str]:
        command = ["sh", "-c", f"exec {procfile()[name]}"]
        return subprocess.Popen(command, cwd=tmp_path, env=environ, stderr=subprocess.PIPE, text=True)

    release = start("release")
    said = release.communicate(timeout=60)[1]
    assert release.returncode == 0, said
    port, side_port = a_free_port(), a_free_port()  # as late as can be: another process may take one meanwhile
    environ |= {"PORT": str(port), "WORKER_METRICS_PORT": str(side_port)}
    running = [start("web"), start("worker")]
    try:
        # Both: a worker that is told to end before it has begun ends as any program does, and not well.
        for one in (port, side_port):
            until(partial(is_ready, f"http://127.0.0.1:{one}", running), "it is ready")
    finally:
        for one in running:
            one.terminate()
        ended = [(one.communicate(timeout=60)[1], one.returncode) for one in running]
    assert [code for _, code in ended] == [0, 0], ended
    assert all('"starting"' in said for said, _ in ended), ended


def is_ready(url: str, running: list[subprocess.Popen[str]]) -> bool:
    """AssertionError when one of those that run has ended."""
    assert all(one.poll() is None for one in running)
    try:
        answer = requests.get(f"{url}/health/ready", timeout=5)
    except requests.ConnectionError:
        return False
    return answer.status_code == 200 and answer.json()["status"] == "ready"


# -- the image -------------------------------------------------------------------------------------------------


def steps(kind: str) -> list[str]:
    text = re.sub(r"\\\n", "", read("deploy/Dockerfile"))
    return re.findall(rf"^{kind} (.+)$", text, re.MULTILINE)


def test_the_image_is_pinned_by_version_and_does_not_run_as_root():
    assert {re.fullmatch(r"python:3\.(\d+)\.\d+-slim-\w+(?: AS build)?", one) is not None for one in steps("FROM")} == {
        True
    }
    assert steps("USER") == ["10001:10001"]


def test_the_image_installs_what_the_lock_names_by_hash_and_compiles_nothing():
    [locked, ours] = [one for one in steps("RUN") if "pip install" in one]
    assert {"--require-hashes", "--no-deps", "--only-binary", "requirements.lock"} <= set(locked.split())
    assert {"--no-deps", "--no-build-isolation"} <= set(ours.split())


def test_the_image_copies_what_is_there_and_passed_on_and_all_that_runs():
    copied = {name for one in steps("COPY") if "--from" not in one for name in one.split()[:-1]}
    lines = [line for line in read(".dockerignore").splitlines() if not line.startswith("#")]
    assert copied == {line[1:] for line in lines if line.startswith("!")}
    assert all((ROOT / name).exists() for name in copied)
    assert lines[0] == "*"
    assert {"connector", "adapters", "pyproject.toml", "README.md", "LICENSE"} <= copied


def test_the_health_check_of_the_image_asks_readiness_by_python_alone():
    [check] = re.findall(r"CMD (\[\"python\".+\])$", read("deploy/Dockerfile"), re.MULTILINE)
    python, option, program = json.loads(check)
    assert (python, option) == ("python", "-c")
    assert "/health/ready" in program
    compile(program, "health check", "exec")
    refused = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PORT": str(a_free_port())},
        capture_output=True,
        check=False,
    )
    assert refused.returncode == 1


def test_the_image_and_the_compose_file_start_commands_that_there_are():
    commands = [json.loads(one)[0] for one in steps("CMD")]
    commands += [one["command"][0] for one in compose()["services"].values() if "command" in one]
    assert sorted(commands) == ["migrate", "run", "web", "worker"]
    assert set(commands) <= set(cli.list_commands(click.Context(cli)))


# -- compose ---------------------------------------------------------------------------------------------------


def compose() -> Any:
    return yaml.safe_load(read("deploy/compose.yaml"))


def test_each_service_is_read_only_without_rights_and_the_worker_runs_twice():
    services = compose()["services"]
    assert set(services) == {"database", "migrate", "web", "worker"}
    for one in services.values():
        assert (one["read_only"], one["cap_drop"]) == (True, ["ALL"])
        assert one["security_opt"] == ["no-new-privileges:true"]
        assert "/tmp" in one["tmpfs"]
    assert services["worker"]["deploy"] == {"replicas": 2}
    assert services["database"]["image"].count(":") == 1


def test_web_and_workers_wait_for_one_migration_and_that_for_the_database():
    services = compose()["services"]
    assert services["migrate"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    for name in ("web", "worker"):
        assert services[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}


def test_every_secret_is_a_file_that_the_service_is_given_by_a_name_that_is_read():
    whole = compose()
    assert all(Path(one["file"]).parts[0] == "secrets" for one in whole["secrets"].values())
    for name in ("migrate", "web", "worker"):
        one = whole["services"][name]
        files = {key: value for key, value in one["environment"].items() if key.endswith(FILE)}
        assert set(files) <= SECRETS
        assert sorted(files.values()) == sorted(f"/run/secrets/{secret}" for secret in one["secrets"])
        assert set(one["environment"]) <= NAMES
        assert set(one["secrets"]) <= set(whole["secrets"])


def test_what_is_said_of_other_secrets_in_comments_are_names_that_are_read():
    said = {
        name
        for path in ("deploy/compose.yaml", "deploy/systemd/credentials.conf", "docs/deploying.md")
        for name in re.findall(rf"\b[A-Z][A-Z_]+{FILE}\b", read(path))
    }
    assert len(said) > 5
    assert said - SECRETS - {"POSTGRES_PASSWORD_FILE"} == set()


# -- systemd ---------------------------------------------------------------------------------------------------


def unit(path: Path) -> list[tuple[str, str, str]]:
    found, section = [], ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.append((section, key, value))
    return found


def hardening(path: Path) -> list[str]:
    return (
        path.read_text(encoding="utf-8")
        .partition("# The same in every unit of the connector.\n")[2]
        .split("\n\n")[0]
        .split()
    )


def test_there_is_a_unit_for_each_command_that_a_deployment_starts():
    started = {path.name: value for path in UNITS for _, key, value in unit(path) if key == "ExecStart"}
    assert started == {
        "escalator-migrate.service": "/opt/escalator/bin/escalator migrate",
        "escalator-run.service": "/opt/escalator/bin/escalator run",
        "escalator-web.service": "/opt/escalator/bin/escalator web",
        "escalator-worker@.service": "/opt/escalator/bin/escalator worker",
    }


def test_every_unit_is_hardened_in_the_same_way():
    [same] = {tuple(hardening(path)) for path in UNITS}
    asked = {"DynamicUser=yes", "StateDirectory=escalator", "ProtectSystem=strict", "NoNewPrivileges=yes", "UMask=0077"}
    assert asked <= set(same)


def test_the_units_name_each_other_and_the_documents_name_their_paths():
    names = {re.sub(r"@\.", "@1.", path.name) for path in UNITS}
    for path in UNITS:
        wanted = {one for _, key, value in unit(path) if key in ("Requires", "After") for one in value.split()}
        assert {one for one in wanted if one.startswith("escalator")} <= names
    page = read("docs/deploying.md")
    started = set(re.findall(r"systemctl (?:enable --now|restart|edit) ([\w@ -]+?)`", page))
    assert {f"{one}.service" for group in started for one in group.split()} <= {*names, "escalator-worker@2.service"}


def test_each_credential_is_named_by_the_variable_of_its_file():
    lines = unit(DEPLOY / "systemd" / "credentials.conf")
    given = {value.split(":")[0] for _, key, value in lines if key == "LoadCredential"}
    named = dict(value.split("=%d/") for _, key, value in lines if key == "Environment")
    assert set(named) <= SECRETS
    assert set(named.values()) == given


# -- proxies ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["deploy/nginx/escalator.conf", "deploy/caddy/Caddyfile"])
def test_the_page_shows_the_proxys_file_as_it_is(path):
    shown = "".join(f"    {line}\n" if line else "\n" for line in read(path).replace("\t", "    ").splitlines())
    assert shown in read("docs/behind-a-proxy.md")


# -- Prometheus and Grafana ------------------------------------------------------------------------------------


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(read("deploy/prometheus/rules.yaml"))["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(read("deploy/grafana/escalator.json"))["panels"]
    return found


def asked_for() -> Iterator[str]:
    yield from (rule["expr"] for rule in rules())
    yield from (target["expr"] for panel in panels() for target in panel["targets"])


@pytest.fixture
def offered(sqlite_url: str, open_store: Callable[..., Store]) -> dict[str, set[str]]:
    """The names that `/metrics` gives, with the labels of each."""
    store = open_store(sqlite_url, VirtualClock(datetime(2026, 3, 2, 14, tzinfo=UTC)))
    heartbeats.beat(store, "worker")
    Connections(store).ensure("psa", "observe", "v1")
    Connections(store).note_signs("psa", timedelta(0), 1, 1)
    found: dict[str, set[str]] = {}
    labels = {
        metric._name: set(metric._labelnames) for metric in vars(Metrics()).values() if hasattr(metric, "_labelnames")
    }
    for family in Metrics().registry.collect():
        ends = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}[family.type]
        found |= {family.name + end: {*labels[family.name], "le"} for end in ends}
    for family in DatabaseCollector(
        Mailbox(store), {"psa": a_connection(SimpleNamespace(budget={Lane.URGENT: 1}))}
    ).collect():
        end = "_total" if family.type == "counter" else ""
        found[family.name + end] = {label for sample in family.samples for label in sample.labels}
    return found


def test_every_metric_and_label_that_the_rules_and_the_dashboard_ask_for_exists(offered):
    said = list(asked_for())
    assert len(said) > 20
    every = set().union(*offered.values())
    for expr in said:
        names = re.findall(r"\bescalator_\w+", expr)
        assert names, expr
        assert [name for name in names if name not in offered] == []
        labels = {one.strip() for group in re.findall(r"by \(([^)]*)\)", expr) for one in group.split(",")}
        labels |= set(re.findall(r"(\w+)=\"", expr))
        assert labels <= every & set().union(*(offered[name] for name in names)), expr


def test_the_kinds_and_states_that_are_asked_for_exist():
    kinds = {one for expr in asked_for() for one in re.findall(r'kind="(\w+)"', expr)}
    states = {one for expr in asked_for() for one in re.findall(r'state="(\w+)"', expr)}
    assert kinds <= {kind.code for kind in TroubleKind}
    assert states <= {"due", "pending", "leased", "dead"}


def test_each_alarm_names_a_paragraph_of_the_runbook():
    headings = set(re.findall(r"^## (\w+)$", read("docs/runbook.md"), re.MULTILINE))
    for rule in rules():
        page, _, heading = rule["annotations"]["runbook"].partition("#")
        assert (page, heading in headings) == ("docs/runbook.md", True), rule["alert"]
        assert rule["labels"]["severity"] in ("critical", "warning")


def test_the_panels_stand_beside_each_other():
    assert len({panel["id"] for panel in panels()}) == len(panels())
    places = [(one["gridPos"]["x"], one["gridPos"]["y"]) for one in panels()]
    assert len(set(places)) == len(places)
    assert all(one["gridPos"]["x"] + one["gridPos"]["w"] <= 24 for one in panels())


def test_prometheus_is_told_of_the_rules_that_are_there():
    said = yaml.safe_load(read("deploy/prometheus/prometheus.yaml"))
    assert [(DEPLOY / "prometheus" / name).exists() for name in said["rule_files"]] == [True]
    assert {one["metrics_path"] for one in said["scrape_configs"]} == {"/metrics"}


# -- the page, the scripts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "page", ["README.md", "docs/deploying.md", "deploy/compose.yaml", "deploy/Dockerfile", "Makefile"]
)
def test_each_file_of_deploy_that_is_named_is_there(page):
    made = {"deploy/escalator.env", "deploy/secrets"}
    named = {one.rstrip("./") for one in re.findall(r"\bdeploy/[\w./@-]+", read(page))} - made
    assert [one for one in sorted(named) if not (ROOT / one).exists() and not one.startswith("deploy/secrets/")] == []


@pytest.mark.parametrize("name", ["verify", "try-in-a-root", "try-the-procfile"])
def test_each_script_can_be_run_and_is_understood_by_the_shell(name):
    script = DEPLOY / name
    assert os.access(script, os.X_OK)
    assert script.read_text(encoding="utf-8").startswith("#!/usr/bin/env bash\n")
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
