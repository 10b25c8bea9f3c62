"""The three doors: any body, signed as it should be or not, is answered with what a webhook may be answered with.

The first byte says how the rest is sent. The application is the real one; what it accepts is not stored.
"""

from __future__ import annotations

import tempfile
import time
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from flask.testing import FlaskClient

from adapters.connectwise import webhook as connectwise
from adapters.halopsa import webhook as halopsa
from adapters.request_tracker import webhook as rt
from connector.app.wiring import wire
from connector.config.settings import load_settings
from connector.store.mailbox import Mailbox
from connector.store.records import Delivery
from connector.store.signing_keys import SigningKeyStore
from connector.web.app import create_app
from connector.web.deps import Deps, ServiceFacts
from tests.fuzz.frame import Target

KEY_URL = (
    "https://na.myconnectwise.net/v2025_1//system/callbackkey/index.rails"
    "?companyName=harbour&id=0f0e0d0c-0000-4000-8000-000000000001"
)
SECRET = "a-long-random-text"
ENVIRONMENT = {
    "CONNECTWISE_URL": "https://api-na.myconnectwise.net",
    "CONNECTWISE_COMPANY": "harbour",
    "CONNECTWISE_PUBLIC_KEY": "the-public-key",
    "CONNECTWISE_PRIVATE_KEY": "the-private-key",
    "CONNECTWISE_CLIENT_ID": "00000000-0000-0000-0000-000000000000",
    "HALOPSA_URL": "https://acme.halopsa.com",
    "HALOPSA_CLIENT_ID": "00000000-0000-0000-0000-000000000000",
    "HALOPSA_CLIENT_SECRET": "your-client-secret",
    "HALOPSA_WEBHOOK_SECRET": SECRET,
    "HALOPSA_WEBHOOK_SIGNATURE_HEADER": "X-Halo-Signature",
    "RT_URL": "https://rt.example.com",
    "RT_TOKEN": "1-40-0123456789abcdef0123456789abcdef",
    "RT_WEBHOOK_SECRET": SECRET,
    "TIER_1_HOME": "Desk",
    "TIER_2_HOME": "Tier 3",
    "TIER_3_HOME": "Sr IT",
    "WORK_TIME_ZONE": "UTC",
}
ANSWERS = {202, 400, 401, 413, 415}
UNSIGNED, ODD_TYPE, ODD_HEADER = 1, 2, 4
"""Bits of the first byte: not signed; another media type; a header with whatever the body begins with."""


@cache
def client() -> FlaskClient:
    """The web application with the three systems connected, on a database of its own."""
    folder = tempfile.mkdtemp(prefix="fuzz-")
    parts = wire(load_settings({**ENVIRONMENT, "DATABASE_URL": f"sqlite:///{Path(folder) / 'fuzz.db'}"}))
    parts.store.migrate()
    SigningKeyStore(parts.store, "connectwise").put(KEY_URL, SECRET)

    def deliver(deliveries: Sequence[Delivery], within: float | None = None) -> list[bool]:
        return [True] * len(deliveries)

    facts = ServiceFacts(version="0", mode="observe")
    return create_app(Deps(parts.connections, Mailbox(parts.store), deliver, facts)).test_client()


def _signed(system: str, body: bytes) -> Mapping[str, str]:
    if system == "connectwise":
        return {connectwise.SIGNATURE_HEADER: connectwise.sign(SECRET, body).decode()}
    if system == "halopsa":
        return {"x-halo-signature": halopsa.sign(SECRET, body).decode()}
    now = str(int(time.time()))
    return {rt.TIMESTAMP_HEADER: now, rt.SIGNATURE_HEADER: rt.sign(SECRET, now, body).decode()}


def _target(system: str) -> Target:
    def run(data: bytes) -> None:
        how, body = (data[0], data[1:]) if data else (0, b"")
        headers = {} if how & UNSIGNED else dict(_signed(system, body))
        if how & ODD_HEADER:
            headers["x-odd"] = headers["x-rt-signature"] = b64encode(body[:64]).decode()
        kind = "text/plain" if how & ODD_TYPE else "application/json"
        answer = client().post(f"/webhooks/{system}", data=body, headers=headers, content_type=kind)
        assert answer.status_code in ANSWERS, answer.status_code

    return run


TARGETS: dict[str, Target] = {system: _target(system) for system in ("connectwise", "halopsa", "rt")}
