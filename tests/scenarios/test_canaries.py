"""Twenty secrets that nobody else has, and ticket systems that repeat whatever they were sent: none of them comes back.

Every command, both forms of the log at its lowest level, the doors, turns and chores, refused settings, crashes; then
the database, byte by byte.
"""

from __future__ import annotations

import base64
import json
import os
import re
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from click.testing import CliRunner

from adapters.http import HttpClient
from connector import terminal
from connector.app import web_side, worker_side
from connector.cli import common
from connector.cli.main import cli
from connector.store.mailbox import Mailbox
from connector.store.records import Delivery, Source
from tests.connector.quiet_logging import logging_as_before

__all__ = ["logging_as_before"]

pytestmark = pytest.mark.usefixtures("logging_as_before")

_NUMBERS = iter(range(100, 200))


def canary(odd: str = "") -> str:
    """A secret; ``odd``: signs of it that are written otherwise in addresses, JSON and base64."""
    number = next(_NUMBERS)
    return f"Kanari{number}{odd}Vogel{number * 7919 % 99991}Feder"


KEYS = [canary(), canary("+/="), canary()]
CALLBACK = [canary("&"), canary()]
HALO = [canary("/%"), canary(), canary("+")]
ACCESS = canary("-_")
RT = f"1-14-{canary()}"
SENDERS = [canary("é"), canary('"\\')]
CHAT = [canary(), canary(), canary(), canary(), canary()]
WATCHER = canary()
DATABASE = [canary(), canary("/")]
CANARIES = [*KEYS, *CALLBACK, *HALO, ACCESS, RT, *SENDERS, *CHAT, WATCHER, *DATABASE]

SYSTEMS = ("connectwise", "halopsa", "rt")
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("check",),
    ("check", "--json"),
    ("webhooks", "status"),
    ("webhooks", "register", "--json"),
    ("webhooks", "remove"),
    *(("explain", name, "1") for name in SYSTEMS),
    ("explain", "halopsa", "1", "--json"),
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
    ("policy", "show"),
    ("policy", "apply"),
    ("brake", "status"),
    ("brake", "hold"),
    ("brake", "release"),
    ("--help",),
    ("check", "--nonsense"),
    ("explain", "nobody", "1"),
)


class Parrot(ThreadingHTTPServer):
    """Answers everything with ``status``, and with all that it was sent: as it came, decoded and encoded."""

    daemon_threads = True

    def __init__(self) -> None:
        self.status = 400
        self.asked = 0
        super().__init__(("127.0.0.1", 0), Answers)


class Answers(BaseHTTPRequestHandler):
    server: Parrot

    def do_GET(self) -> None:
        self.server.asked += 1
        body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode("utf-8", "replace")
        if self.path.startswith("/auth/token") and self.server.status != 418:
            return self._send(200, {"access_token": ACCESS, "expires_in": 3600})
        sent = [self.path, *self.headers.values(), body]
        given = [word for one in sent for word in one.split()]
        decoded = [base64.b64decode(word + "==").decode("utf-8", "replace") for word in given if self._is_base64(word)]
        words = " ".join([*sent, *map(unquote, sent), *(quote(one, safe="") for one in sent), *decoded])
        words += " " + " ".join(base64.b64encode(one.encode()).decode() for one in (*given, *decoded))
        told = dict.fromkeys(("message", "error", "error_description", "Message", "name", "summary", "url"), words)
        told |= {"code": words[:60], "errors": [{"message": words, "field": words[-40:], "code": "x"}]}
        if self.server.status == 418:
            return self._send(400, told)
        if self.server.status == 302:
            return self._send(302, told, ("Location", f"https://elsewhere.example/{quote(words)[:900]}"))
        return self._send(self.server.status, told, ("Retry-After", "600"))

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    @staticmethod
    def _is_base64(word: str) -> bool:
        return re.fullmatch(r"[A-Za-z0-9+/]{12,}={0,2}", word) is not None

    def _send(self, status: int, told: object, *headers: tuple[str, str]) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        for name, value in (("Content-Type", "application/json"), ("Content-Length", str(len(body))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def parrot() -> Iterator[Parrot]:
    server = Parrot()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def environ(parrot: Parrot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """All that can be secret is set; nobody waits between two tries of a call."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(HttpClient, "_back_off", lambda self, attempt: 0.0)
    for name in list(os.environ):
        if name.startswith(("CONNECTWISE_", "HALOPSA_", "RT_", "TIER_", "FINAL_", "ESCALATION_")):
            monkeypatch.delenv(name)
    here = f"127.0.0.1:{parrot.server_port}"
    found = {
        "CONNECTWISE_URL": f"http://{here}",
        "CONNECTWISE_COMPANY": "acme",
        "CONNECTWISE_PUBLIC_KEY": KEYS[0],
        "CONNECTWISE_PRIVATE_KEY": KEYS[1],
        "CONNECTWISE_CLIENT_ID": KEYS[2],
        "CONNECTWISE_WEBHOOK_TOKEN": ",".join(CALLBACK),
        "HALOPSA_URL": f"http://{here}",
        "HALOPSA_CLIENT_ID": "the-application",
        "HALOPSA_CLIENT_SECRET": HALO[0],
        "HALOPSA_WEBHOOK_USER": "halo",
        "HALOPSA_WEBHOOK_PASSWORD": f"{HALO[1]}, {HALO[2]}",
        "RT_URL": f"http://{here}",
        "RT_TOKEN": RT,
        "RT_WEBHOOK_SECRET": ",".join(SENDERS),
        "NOTIFY_URLS": f"json://me:{CHAT[0]}@{here}/{CHAT[1]},slack://T0A1B2C3D/B0A1B2C3D/{CHAT[2]}",
        "ALARM_URLS": f"json://{here}/hook/{CHAT[3]}",
        "TIER_1_NOTIFY_URLS": f"json://me:{CHAT[4]}@{here}/",
        "HEARTBEAT_URL": f"http://{here}/ping/{WATCHER}",
        "PUBLIC_URL": "https://escalator.example.com",
        "ESCALATION_MODE": "enforce",
    }
    homes = {f"TIER_{n}_HOME_{name.upper()}": f"Home {n}" for n in (1, 2, 3) for name in SYSTEMS}
    return found | homes


def forms_of(secret: str) -> Iterator[str]:
    """How a secret may stand somewhere; cut in two as well, as a clip would leave it."""
    for one in {secret, secret[:20], secret[-20:]}:
        yield one
        yield quote(one, safe="")
        yield quote(one)
        yield json.dumps(one)[1:-1]
        for before in range(3):
            coded = base64.b64encode(b"." * before + one.encode()).decode().rstrip("=")
            yield coded[4:-2]


def found_in(text: str) -> set[str]:
    """The canaries that stand in a text, in any form."""
    low = text.casefold()
    return {secret for secret in CANARIES if any(form.casefold() in low for form in forms_of(secret))}


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


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 409, 418, 500])
def test_no_command_says_what_a_system_repeats(environ, parrot, status):
    parrot.status = status
    run(environ, "migrate")
    for form, command in zip(("json", "text") * len(COMMANDS), COMMANDS, strict=False):
        said = run({**environ, "LOG_LEVEL": "debug", "LOG_FORMAT": form}, *command)
        assert found_in(said) == set(), said
    assert parrot.asked > len(COMMANDS)


@pytest.mark.parametrize("status", [200, 400, 500])
def test_no_row_no_log_and_no_answer_holds_any(environ, parrot, status, tmp_path, monkeypatch, capsys):
    parrot.status = status
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
        rows = b"".join(path.read_bytes() for path in tmp_path.glob("escalator.db*"))
    captured = capsys.readouterr()
    assert found_in(answers) == set()
    assert found_in(captured.out + captured.err) == set()
    assert "chore failed" in captured.err
    assert found_in(rows.decode("latin-1")) == set()
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
