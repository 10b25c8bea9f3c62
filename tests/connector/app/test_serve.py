"""The servers: real processes that start, answer, and stop in an orderly way; and the small parts by themselves."""

from __future__ import annotations

import gc
import io
import logging
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from flask import Flask
from gunicorn.config import Config
from prometheus_client import values

from adapters.connectwise.simulator import Simulator
from connector import logs
from connector.app import serve as serving
from connector.app import web_side, wiring, worker_side
from connector.app.serve import Listening, Logger, PortTaken, Site, _Server, serve, shared_metrics
from connector.app.stopping import leave_in_time
from connector.clock import SystemClock
from connector.config.console_variables import ROLES
from connector.config.processes import web_processes
from connector.config.settings import load_settings
from connector.errors import ConfigError
from connector.metrics import Metrics, exposition
from connector.store.database.engine import Store
from connector.store.heartbeats import last_cycle_at
from connector.store.logins.tokens import ApiTokens
from connector.web.api.tokens import new_token
from connector.web.console.gate import Role
from connector.web.login.oidc.way import OidcWay
from connector.web.login.passwords import HashCost, hash_of
from tests.connector.mailboxes import until
from tests.connector.quiet_logging import logging_as_before

__all__ = ["logging_as_before"]

HOMES = {
    "TIER_1_HOME": "Service Desk",
    "TIER_2_HOME": "Tier 3",
    "TIER_3_HOME": "Sr IT",
    "WORK_TIME_ZONE": "UTC",
}
OURS = ("CONNECTWISE_", "TIER_", "FINAL_", "ESCALATION_", "PROMETHEUS_", "WEB_", "WORK_")
PATIENCE = 30
SELDOM = 0.05
"""How often a process is asked: each answer takes some of its time."""


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Service:
    """A running ``escalator`` with its log."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path, url: str) -> None:
        self.process = process
        self.log = log
        self.url = url

    def get(self, path: str) -> requests.Response:
        return requests.get(self.url + path, timeout=PATIENCE)

    def answers(self, path: str, status: int = 200) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.get(path).status_code == status
        except requests.ConnectionError:
            return False

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@pytest.fixture
def desk() -> Iterator[Simulator]:
    simulator = Simulator(SystemClock(), callback_delivery="thread").standard_desk()
    with simulator.serve():
        yield simulator


@pytest.fixture
def environ(desk: Simulator, tmp_path: Path, sqlite_template: Path) -> dict[str, str]:
    """The settings of this desk, with a database that is up to date."""
    shutil.copyfile(sqlite_template, tmp_path / "escalator.db")
    port = str(a_free_port())
    ours = {
        **desk.environment(),
        **HOMES,
        "PORT": port,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'escalator.db'}",
        "WORK_HOURS": "24x7",
        "ESCALATION_MODE": "enforce",
    }
    return {**{name: value for name, value in os.environ.items() if not name.startswith(OURS)}, **ours}


@contextmanager
def service(command: str, environ: dict[str, str], folder: Path) -> Iterator[Service]:
    log = folder / f"{command}.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-c", "from connector.cli import main; main()", command],
            env=environ,
            cwd=folder,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
        try:
            yield Service(process, log, f"http://127.0.0.1:{environ['PORT']}")
        finally:
            if process.poll() is None:
                process.kill()
            process.wait(PATIENCE)


@pytest.mark.crash
@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.soak)])
def test_run_serves_works_and_stops_in_an_orderly_way(desk: Simulator, environ, tmp_path, number):
    with service("run", environ, tmp_path) as run:
        until(lambda: run.answers("/health/ready"), SELDOM)
        until(lambda: any(not row["inactiveFlag"] for row in desk.callbacks()), SELDOM)
        ticket = desk.create_ticket("VPN down", "Acme", board="Service Desk", owner="tess")
        desk.wait_delivered(PATIENCE)
        until(lambda: 'outcome="running",system="connectwise"} ' in run.get("/metrics").text, SELDOM)
        assert run.stop(number) == 0
        said = run.log.read_text()
    assert '"event": "starting"' in said
    assert "Traceback" not in said
    assert environ["CONNECTWISE_PRIVATE_KEY"] not in said
    assert str(ticket) not in said


@pytest.mark.crash
def test_two_web_processes_and_a_worker_share_the_work_and_the_counts(desk: Simulator, environ, tmp_path):
    with (
        service("web", {**environ, "WEB_CONCURRENCY": "2"}, tmp_path) as web,
        service("worker", {**environ, "WORKER_METRICS_PORT": (watched := str(a_free_port()))}, tmp_path) as worker,
    ):
        until(lambda: web.answers("/health/ready"), SELDOM)
        until(lambda: "no_worker_cycle" not in web.get("/health/status").text, SELDOM)
        for _ in range(20):
            requests.post(f"{web.url}/webhooks/connectwise", data=b"{}", timeout=PATIENCE)
        expected = 'escalator_deliveries_total{result="unsupported_media_type",system="connectwise"} 20.0'
        until(lambda: expected in web.get("/metrics").text, SELDOM)
        assert web.get("/nowhere").headers["Content-Type"] == "application/problem+json"
        ready = requests.get(f"http://127.0.0.1:{watched}/health/ready", timeout=PATIENCE)
        assert (ready.status_code, ready.json()["checks"]["worker"]["holds"]) == (200, True)
        assert worker.stop() == 0
        assert web.stop(signal.SIGINT) == 0
        assert "Traceback" not in web.log.read_text() + worker.log.read_text()
        assert '"event": "stopped"' in worker.log.read_text()


# -- the parts -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "processes"), [(" 3 ", 3), ("64", 64)])
def test_the_number_of_web_processes_comes_from_the_platform(text, processes):
    assert web_processes({"WEB_CONCURRENCY": text}, is_sqlite=True) == processes


def test_by_default_a_file_is_written_by_one_process_and_a_server_by_two():
    assert (web_processes({}, is_sqlite=True), web_processes({}, is_sqlite=False)) == (1, 2)


@pytest.mark.parametrize("text", ["0", "65", "-1", "two", "1.5", "²"])
def test_a_wrong_number_of_web_processes_is_refused(text):
    with pytest.raises(ConfigError, match="WEB_CONCURRENCY"):
        web_processes({"WEB_CONCURRENCY": text}, is_sqlite=True)


def test_an_ipv6_address_is_bound_in_brackets():
    assert (Listening("::", 80).bind, Listening("0.0.0.0", 80).bind) == ("[::]:80", "0.0.0.0:80")


def test_a_port_is_waited_for_while_its_owner_is_just_ending(monkeypatch):
    monkeypatch.setattr(serving, "PORT_PATIENCE_SECONDS", PATIENCE)
    owner = socket.create_server(("127.0.0.1", 0))
    monkeypatch.setattr(serving.time, "sleep", lambda seconds: owner.close())
    serving._require_free(Listening("127.0.0.1", owner.getsockname()[1]))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_port_that_stays_taken_is_a_failure_and_no_configuration(monkeypatch, host):
    monkeypatch.setattr(serving, "PORT_PATIENCE_SECONDS", -1)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with (
        socket.create_server((host, 0), family=family) as owner,
        pytest.raises(PortTaken, match="is in use by another"),
    ):
        serving._require_free(Listening(host, owner.getsockname()[1]))


def test_one_process_shares_its_counts_with_nobody():
    with shared_metrics(1) as folder:
        assert folder == ""


def test_shared_counts_are_summed_and_the_folder_goes_afterwards():
    before = values.ValueClass
    with shared_metrics(2) as folder:
        first, second = Metrics(), Metrics()
        first.count_call("psa", "GET", 200)
        second.count_call("psa", "GET", 200)
        text = exposition(first, _Nothing(), folder).decode()
        assert 'escalator_calls_total{method="GET",status="200",system="psa"} 2.0' in text
        assert os.listdir(folder)  # noqa: PTH208  # a look is enough
    assert not Path(folder).exists()
    assert values.ValueClass is before
    assert "PROMETHEUS_MULTIPROC_DIR" not in os.environ


class _Nothing:
    def describe(self):
        return []

    def collect(self):
        return []


def test_a_forked_process_leaves_the_shared_folder_to_its_parent(monkeypatch):
    before = values.ValueClass
    block = shared_metrics(2)
    folder = block.__enter__()
    with monkeypatch.context() as child:
        child.setattr(os, "getpid", lambda: -1)
        block.__exit__(None, None, None)
    assert Path(folder).exists()
    Path(folder).rmdir()
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR")
    values.ValueClass = before


@pytest.mark.usefixtures("logging_as_before")
def test_the_servers_messages_go_through_our_logging_and_no_request_is_logged():
    stream = io.StringIO()
    logs.configure(stream=stream)
    logger = Logger(Config())
    logger.info("Listening at: %s", "http://127.0.0.1:1")
    assert '"event": "Listening at: http://127.0.0.1:1"' in stream.getvalue()
    logging.getLogger("gunicorn.access").info("GET /?token=geheim-42")
    assert "geheim-42" not in stream.getvalue()


def test_a_site_is_made_in_the_web_process_begun_after_it_is_ready_and_ended(monkeypatch):
    done: list[str] = []
    app = Flask("x")

    def make() -> Site:
        done.append("made")
        return Site(app, lambda: done.append("begun"), lambda: done.append("ended"))

    server = _Server(make, Listening("127.0.0.1", 0, processes=3, threads=7))
    monkeypatch.setattr(serving, "settle", lambda: done.append("settled"))
    assert (server.cfg.workers, server.cfg.threads, server.cfg.preload_app) == (3, 7, False)
    server._begin(None)
    server._end(None, None)
    assert done == []
    assert server.load() is app
    server._begin(None)
    server._end(None, None)
    assert done == ["made", "settled", "begun", "ended"]


def test_serving_hands_over_to_the_server_with_memory_that_the_collector_leaves_shared(monkeypatch):
    shared: list[int] = []
    monkeypatch.setattr(_Server, "run", lambda server: shared.append(gc.get_freeze_count()))
    try:
        serve(lambda: Site(Flask("x"), lambda: None, lambda: None), Listening("127.0.0.1", 0))
    finally:
        gc.unfreeze()
    [before_the_fork] = shared
    assert before_the_fork > 10_000


def test_a_web_process_with_a_worker_starts_and_stops_it(desk, environ, tmp_path):
    settings = load_settings(environ)
    site = web_side.web_site(settings, has_worker=True)
    client = site.app.test_client()
    assert client.get("/health/ready").status_code == 503
    site.begin()
    store = Store.open(environ["DATABASE_URL"])
    until(lambda: last_cycle_at(store) is not None)
    site.end()
    store.close()


def test_a_web_process_without_a_worker_just_answers(desk, environ):
    settings = load_settings(environ)
    site = web_side.web_site(settings)
    site.begin()
    assert site.app.test_client().get("/health/live").status_code == 200
    site.end()


def test_a_web_process_with_accounts_asks_who_it_is(desk, environ):
    hashed = hash_of("correct horse battery", HashCost(memory_kib=35840, passes=1, lanes=1))
    login = {"CONSOLE_USERS": f"ruth:manager:{hashed}:r", "SESSION_KEY": "abcdefghijklmnopqrstuvwxyz0123456789"}
    settings = load_settings({**environ, **login})
    site = web_side.web_site(settings)
    client = site.app.test_client()
    page = {"Accept": "text/html"}
    assert client.get("/health", headers=page).headers["Location"] == "/login?next=%2Fhealth"
    token = re.search(r'name="csrf" value="([^"]*)"', client.get("/login", headers=page).text)[1]
    client.post("/login", data={"csrf": token, "name": "ruth", "password": "correct horse battery"})
    assert "ruth, manager" in client.get("/health", headers=page).text
    assert 'escalator_logins_total{result="logged_in"} 1.0' in client.get("/metrics").text
    site.end()


@pytest.mark.parametrize("has_login", [False, True])
def test_a_web_process_lets_tokens_in_and_counts_wrong_ones_with_the_log_ins(desk, environ, has_login):
    hashed = hash_of("correct horse battery", HashCost(memory_kib=35840, passes=1, lanes=1))
    login = {"CONSOLE_USERS": f"ruth:manager:{hashed}:r", "SESSION_KEY": "abcdefghijklmnopqrstuvwxyz0123456789"}
    settings = load_settings({**environ, **(login if has_login else {})})
    site = web_side.web_site(settings)
    made, store = new_token(), Store.open(environ["DATABASE_URL"])
    ApiTokens(store).add(made.id, "monitor", made.hash, ["read"], timedelta(days=1), "ruth")
    store.close()
    client = site.app.test_client()
    right, wrong = ({"Authorization": f"Bearer {text}"} for text in (made.text, new_token().text))
    found = client.get("/api/v1/brake", headers=right).json["items"]
    assert [one["waiting"] for one in found] == [0]
    assert client.get("/api/v1/brake", headers=wrong).status_code == 401
    assert 'escalator_logins_total{result="wrong_token"} 1.0' in client.get("/metrics").text
    site.end()


def test_a_web_process_with_a_provider_sends_people_there_and_reads_what_is_configured(desk, environ, monkeypatch):
    ways = []
    of_settings = OidcWay.__init__
    monkeypatch.setattr(OidcWay, "__init__", lambda way, *given: ways.append(given[0]) or of_settings(way, *given))
    login = {
        "OIDC_ISSUER": "http://127.0.0.1:1/desk",
        "OIDC_CLIENT_ID": "console",
        "OIDC_CLIENT_SECRET": "x",
        "OIDC_ROLES": "Service Desk:technician",
        "PUBLIC_URL": "https://console.example.com",
        "SESSION_KEY": "abcdefghijklmnopqrstuvwxyz0123456789",
        "TIER_1_MANAGERS": "okonjo | Ruth Okonjo, lead",
    }
    settings = load_settings({**environ, **login})
    site = web_side.web_site(settings)
    client, page = site.app.test_client(), {"Accept": "text/html"}
    assert client.get("/health", headers=page).headers["Location"] == "/login?next=%2Fhealth"
    assert "https://console.example.com/login/oidc/begin?next=%2F" in client.get("/login", headers=page).text
    assert client.get("/login/oidc/begin", headers=page).status_code == 503
    site.end()
    [found] = ways
    assert found.provider.redirect == "https://console.example.com/login/oidc"
    assert (found.roles, set(found.managers)) == (
        {"Service Desk": Role.TECHNICIAN},
        {"okonjo", "Ruth Okonjo", "lead"},
    )


def test_every_role_of_the_configuration_is_one_of_the_consoles():
    assert [role.upper() for role in ROLES] == [role.name for role in Role]


@pytest.mark.usefixtures("logging_as_before")
@pytest.mark.parametrize("home", ["Service Desk", "Servise Desk"])
def test_homes_that_do_not_resolve_are_reported_at_the_start(desk, environ, home):
    stream = io.StringIO()
    logs.configure(form="json", stream=stream)
    settings = load_settings({**environ, "TIER_1_HOME": home})
    parts = wiring.wire(settings)
    worker_side.report_homes(worker_side.connections_of(parts))
    parts.close()
    assert ("home does not resolve" in stream.getvalue()) == (home != "Service Desk")


@pytest.mark.usefixtures("logging_as_before")
def test_a_ticket_system_that_does_not_answer_at_the_start_is_reported_and_no_reason_to_stop(desk, environ):
    stream = io.StringIO()
    logs.configure(form="json", stream=stream)
    settings = load_settings({**environ, "CONNECTWISE_URL": f"http://127.0.0.1:{a_free_port()}"})
    parts = wiring.wire(settings)
    worker_side.report_homes(worker_side.connections_of(parts))
    parts.close()
    assert "homes could not be looked up at the start" in stream.getvalue()


def test_what_is_not_stopped_in_time_is_ended() -> None:
    stopped, left = threading.Event(), threading.Event()

    leave_in_time(stopped, left.set, seconds=0)
    assert not left.wait(0.05)
    stopped.set()

    assert left.wait(PATIENCE)


def test_a_process_that_a_thread_would_keep_at_its_exit_is_ended() -> None:
    code = (
        "import threading\n"
        "from connector.app.stopping import leave_in_time\n"
        "from connector.worker.worker import leave\n"
        "stopped = threading.Event()\n"
        "leave_in_time(stopped, leave, seconds=0.1)\n"
        "threading.Thread(target=threading.Event().wait).start()\n"
        "stopped.set()\n"
    )

    done = subprocess.run([sys.executable, "-c", code], timeout=PATIENCE, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "not stopped in time" in done.stdout + done.stderr


def test_a_migration_that_fails_ends_the_start_with_its_exit_code(environ, tmp_path, monkeypatch):
    (tmp_path / "escalator.db").unlink()
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(SystemExit) as ended:
        wiring.prepare_database(load_settings(environ), migrates=True)
    assert ended.value.code == 1
