"""Twenty secrets that nobody else has, a ticket system that repeats what it was sent, and how to find them again."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from sqlalchemy import create_engine, inspect, make_url

from adapters.http import HttpClient
from connector.systems.desk import serve_in_background

__all__ = ["environ", "parrot"]

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


class Parrot(ThreadingHTTPServer):
    """Answers everything with ``status``, and with all that it was sent: as it came, decoded and encoded."""

    daemon_threads = True

    def __init__(self) -> None:
        self.status = 400
        self.asked = 0
        self.asked_for: set[str] = set()
        super().__init__(("127.0.0.1", 0), Answers)


class Answers(BaseHTTPRequestHandler):
    server: Parrot

    def do_GET(self) -> None:
        self.server.asked += 1
        self.server.asked_for.add(f"{self.command} {self.path.partition('?')[0]}")
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
    stop = serve_in_background(server, "listens")
    yield server
    stop()


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
        "WORK_TIME_ZONE": "UTC",
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


FORMS = {secret: {form.casefold() for form in forms_of(secret)} for secret in CANARIES}


def found_in(text: str) -> set[str]:
    """The canaries that stand in a text, in any form."""
    low = text.casefold()
    return {secret for secret, forms in FORMS.items() if any(form in low for form in forms)}


def every_row(url: str) -> str:
    """All that is stored: of SQLite each byte of its files, of PostgreSQL each value of each table."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        files = Path(address.database or "").parent.glob(f"{Path(address.database or '').name}*")
        return "\n".join(path.read_bytes().decode("latin-1") for path in files)
    engine = create_engine(address.set(drivername="postgresql+psycopg"))
    with engine.connect() as conn:
        tables = inspect(engine).get_table_names()
        found = [value for table in tables for row in conn.exec_driver_sql(f'SELECT * FROM "{table}"') for value in row]
    engine.dispose()
    return "\n".join(value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in found)
