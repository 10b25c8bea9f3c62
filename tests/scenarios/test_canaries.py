"""Twenty secrets that nobody else has, and ticket systems that repeat whatever they were sent: none of them comes back.

Every command, both forms of the log at its lowest level, the doors, turns and chores, refused settings, crashes; then
the database, byte by byte.
"""

from __future__ import annotations

import base64
from contextlib import suppress
from urllib.parse import quote

import pytest
from click import Context
from click.testing import CliRunner

from connector import terminal
from connector.app import web_side, worker_side
from connector.cli import common
from connector.cli.main import cli
from connector.store.mailbox import Mailbox
from connector.store.records import Delivery, Source
from tests.connector.quiet_logging import logging_as_before
from tests.scenarios.canaries import (
    CALLBACK,
    CANARIES,
    CHAT,
    DATABASE,
    HALO,
    KEYS,
    RT,
    SENDERS,
    SYSTEMS,
    WATCHER,
    environ,
    every_row,
    found_in,
    parrot,
)

__all__ = ["environ", "logging_as_before", "parrot"]

pytestmark = pytest.mark.usefixtures("logging_as_before")

COMMANDS: tuple[tuple[str, ...], ...] = (
    ("check",),
    ("check", "--json"),
    ("webhooks", "status"),
    ("webhooks", "register", "--json"),
    ("webhooks", "remove"),
    *(("explain", name, "1") for name in SYSTEMS),
    ("explain", "halopsa", "1", "--json"),
    *(("init", name, "--yes") for name in SYSTEMS),
    *(("backtest", "--system", name) for name in SYSTEMS),
)
"""Those that ask the ticket systems: once for each way in which these repeat what they were sent."""

OTHER_COMMANDS: tuple[tuple[str, ...], ...] = (
    ("migrate",),
    ("dead-letters", "list"),
    ("dead-letters", "list", "--json"),
    ("dead-letters", "replay", "--all"),
    ("audit", "head"),
    ("audit", "verify"),
    ("export",),
    ("export", "training"),
    ("forget", "connectwise", "1", "--yes"),
    ("forget", "rt", "2", "--yes", "--json"),
    ("console", "password"),
    ("console", "token"),
    ("console", "token", "list"),
    ("console", "token", "list", "--json"),
    ("console", "token", "revoke", "nobody's"),
    ("policy", "show"),
    ("policy", "apply"),
    ("report",),
    ("report", "--json"),
    ("report", "--notify"),
    ("tickets",),
    ("tickets", "--json"),
    ("tickets", "--csv"),
    ("brake", "status"),
    ("brake", "hold"),
    ("brake", "release"),
    ("database", "copy", "--to", f"postgresql://me:{quote(DATABASE[1], safe='')}@127.0.0.1:9/db?connect_timeout=1"),
    ("database", "copy", "--to", f"postgresql://me@127.0.0.1:9/db?password={quote(DATABASE[0], safe='')}"),
    ("database", "copy", "--to", f"postgresql://me:{DATABASE[0]}@host:{DATABASE[0]}/db"),
    ("database", "copy", "--to-file", DATABASE[1]),
    ("database", "reopen"),
    ("--help",),
    ("check", "--nonsense"),
    ("explain", "nobody", "1"),
)

IN_PROCESSES = {"demo", "run", "web", "worker"}
"""Those of ``tests/crash/test_canaries_of_processes.py``."""


@pytest.fixture(autouse=True)
def _nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that fails is not asked for ten minutes."""
    monkeypatch.setattr("connector.past.collect.GIVES_UP_AFTER", 0.0)


def run(environ: dict[str, str], *arguments: str) -> str:
    """All that a command says, its crash included."""
    result = CliRunner().invoke(cli, arguments, env=environ)
    assert result.exception is None or isinstance(result.exception, SystemExit), (arguments, result.exception)
    return result.output + result.stderr


def test_twenty_canaries_are_twenty_and_would_be_found():
    assert len(set(CANARIES)) >= 20
    for secret in CANARIES:
        for text in (secret.upper(), quote(secret), base64.b64encode(f"me:{secret}".encode()).decode(), secret[:24]):
            assert secret in found_in(f"… {text} …")


def test_no_command_is_left_out():
    tried = {command for command, *_ in (*COMMANDS, *OTHER_COMMANDS)} | IN_PROCESSES
    assert set(cli.list_commands(Context(cli))) <= tried


@pytest.mark.parametrize(
    "status", [200, 302, 401, 500, *(pytest.param(one, marks=pytest.mark.soak) for one in (400, 403, 404, 409, 418))]
)
def test_no_command_says_what_a_system_repeats(environ, parrot, status):
    parrot.status = status
    run(environ, "migrate")
    for form, command in zip(("json", "text") * len(COMMANDS), COMMANDS, strict=False):
        said = run({**environ, "LOG_LEVEL": "debug", "LOG_FORMAT": form}, *command)
        assert found_in(said) == set(), said
    assert parrot.asked > len(COMMANDS)


@pytest.mark.parametrize("status", [200, 400, 418, 500])
def test_no_row_no_log_and_no_answer_holds_any(environ, parrot, status, database_url, monkeypatch, capsys):
    parrot.status = status
    environ = {**environ, "DATABASE_URL": database_url}
    for name, value in {**environ, "LOG_LEVEL": "debug", "LOG_FORMAT": "json"}.items():
        monkeypatch.setenv(name, value)
    run(environ, "migrate")
    answers = ""
    with common.wired() as parts:
        mailbox = Mailbox(parts.store)
        worker = worker_side.worker_of(parts)
        deps = web_side.deps_of(parts, lambda found, within: mailbox.deliver(found), worker)
        client = web_side.create_app(deps).test_client()
        path, query = (
            "/v2025_1//system/callbackkey/index.rails",
            "companyName=acme&id=0f0e0d0c-0000-4000-8000-000000000001",
        )
        key = f"{environ['CONNECTWISE_URL']}{path}?{query}"
        body = {"Action": "updated", "Type": "ticket", "ID": 1, "Metadata": {"key_url": key}}
        signed = {"x-content-signature": "c2ln"}
        posted = [
            client.post(f"/webhooks/connectwise?token={quote(CALLBACK[0], safe='')}", json=body, headers=signed),
            client.post(
                f"/webhooks/connectwise?token={quote(HALO[0], safe='')}",
                json=body,
                headers={**signed, "x-odd": KEYS[1]},
            ),
            client.post("/webhooks/halopsa", json={CHAT[0]: 1}, auth=("halo", KEYS[1])),
            client.post(f"/webhooks/{quote(KEYS[1], safe='')}", json={}),
            client.post("/webhooks/rt", json={}, headers={"x-rt-signature": RT}),
        ]
        assert posted[0].status_code == 202
        for path in ("/", "/health/live", "/health/ready", "/health/status", "/metrics", f"/{quote(RT)}"):
            posted.append(client.get(path))
        mailbox.deliver([Delivery(name, "1", "canary", Source.MANUAL) for name in SYSTEMS])
        worker.run_until_idle(500)
        posted += [client.get(path) for path in ("/", "/health/status", "/metrics")]
        answers = "\n".join(f"{answer.headers}{answer.get_data(as_text=True)}" for answer in posted)
        rows = every_row(database_url)
    captured = capsys.readouterr()
    assert found_in(answers) == set()
    assert found_in(captured.out + captured.err) == set()
    assert "chore failed" in captured.err
    assert "connectwise" in rows
    assert found_in(rows) == set()
    said = "".join(run({**environ, "LOG_LEVEL": "debug"}, *command) for command in OTHER_COMMANDS)
    assert found_in(said) == set()
    assert '"turn failed"' in said or status != 400


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CONNECTWISE_URL", f"https://me:{KEYS[1]}@na.myconnectwise.net"),
        ("HALOPSA_URL", f"https://acme.halopsa.com/?key={HALO[1]}"),
        ("RT_URL", f"{'x' * 50}:{SENDERS[1]}@rt.example"),
        ("PUBLIC_URL", f"https://me:{RT}@escalator.example"),
        ("HOST", f"me:{WATCHER}@host/x"),
        ("RT_TOKEN", DATABASE[1]),
        ("RT_TOKEN_FILE", DATABASE[1]),
        ("NOTIFY_URLS", f"no-address {CHAT[0]}"),
        ("HEARTBEAT_URL", f"ftp://{WATCHER}"),
        ("RT_WEBHOOK_SECRET", f"{SENDERS[0]},{SENDERS[1]},{CHAT[0]}"),
        ("PORT", KEYS[0]),
        ("DATABASE_URL", f"mysql://me:{DATABASE[0]}@host/db"),
        ("DATABASE_URL", f"postgresql://me:{DATABASE[0]}@host:{DATABASE[0]}/db"),
        ("DATABASE_URL", f"postgresql://me:{quote(DATABASE[1], safe='')}@127.0.0.1:9/db?connect_timeout=1"),
        ("WEB_CONCURRENCY", KEYS[0]),
    ],
)
def test_a_refused_variable_is_told_without_what_is_secret_in_it(environ, name, value):
    given = {one: text for one, text in environ.items() if one != name.removesuffix("_FILE")} | {name: value}
    for command in ("check", "migrate", "web"):
        said = run({**given, "LOG_LEVEL": "debug"}, command)
        assert found_in(said) == set(), said


def test_a_crash_of_a_command_tells_none(environ, monkeypatch, capsys):
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    common.settings()
    with suppress(ValueError):
        raise ValueError(f"refused: {KEYS[1]} {quote(HALO[0])} {base64.b64encode(f'me:{RT}'.encode()).decode()}")
    error = ValueError(f"refused: {KEYS[1]} {quote(HALO[0])} {base64.b64encode(f'me:{RT}'.encode()).decode()}")
    terminal._told(ValueError, error, None)
    said = capsys.readouterr().err
    assert "ValueError: refused: ***" in said
    assert found_in(said) == set()
