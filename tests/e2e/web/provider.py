"""An identity provider out of a package, in a process of its own, and the console's way through it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import requests

from connector.store.database.engine import Store
from connector.systems.variables import Secret
from connector.web.address import CAME_BACK
from connector.web.console.gate import Role
from connector.web.login.keys import Signing
from connector.web.login.oidc.asking import Asking
from connector.web.login.oidc.provider import ProviderSettings
from connector.web.login.oidc.way import OidcSettings, OidcWay
from tests.crash.desks import until

PATIENCE_SECONDS = 30.0
ROLES = {"Service Desk": Role.TECHNICIAN, "Desk managers": Role.MANAGER}


@contextmanager
def provider(people: Sequence[Mapping[str, object]]) -> Iterator[str]:
    """Its issuer's address, while it runs. It is another site than the console's: ``localhost``, not 127.0.0.1.

    ``people``: their claims; whoever is named ``sub`` there is let in by a click.
    """
    port = a_free_port()
    known = [f"--user-claims={json.dumps(one)}" for one in people]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port), *known]
    issuer = f"http://localhost:{port}"
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as running:
        try:
            until(lambda: _answers(issuer, running), "the provider answers", PATIENCE_SECONDS)
            yield issuer
        finally:
            running.terminate()


def way_through(issuer: str, url: str, managers: Sequence[str]) -> Callable[[Store], Callable[[Signing], OidcWay]]:
    """The way of a console at ``url``, as the product makes it. ``managers``: identifiers that the policy has."""
    settings = ProviderSettings(issuer, "console", Secret("what both know"), url + CAME_BACK)

    def of_store(store: Store) -> Callable[[Signing], OidcWay]:
        return lambda signing: OidcWay(
            OidcSettings(settings, ROLES, managers), store, signing, Asking(), time.monotonic, time.time
        )

    return of_store


def a_free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(issuer: str, running: subprocess.Popen[bytes]) -> bool:
    assert running.poll() is None, f"the provider ended with {running.returncode}"
    try:
        requests.get(issuer, timeout=1)
    except requests.ConnectionError:
        return False
    return True
