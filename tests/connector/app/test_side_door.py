"""What a worker alone offers to those who watch it."""

from __future__ import annotations

import pytest
import requests

from connector.app import web_side, wiring, worker_side
from connector.app.side_door import side_door, watched
from connector.config.settings import load_settings
from connector.errors import ConfigError
from connector.store.heartbeats import beat
from connector.web.app import create_side_app
from tests.connector.app.test_serve import HOMES, a_free_port

CONNECTED = {
    "CONNECTWISE_URL": "http://127.0.0.1:9",
    "CONNECTWISE_COMPANY": "acme",
    "CONNECTWISE_PUBLIC_KEY": "public-1234",
    "CONNECTWISE_PRIVATE_KEY": "private-1234",
    "CONNECTWISE_CLIENT_ID": "client-1234",
}


@pytest.fixture
def parts(sqlite_url):
    port = str(a_free_port())
    settings = load_settings({**CONNECTED, **HOMES, "DATABASE_URL": sqlite_url, "WORKER_METRICS_PORT": port})
    made = wiring.wire(settings)
    yield made
    made.close()


def test_a_worker_offers_its_health_and_metrics_and_nothing_else(parts):
    worker = worker_side.worker_of(parts)
    with watched(parts, worker) as port:
        url = f"http://127.0.0.1:{port}"
        assert requests.get(f"{url}/health/live", timeout=5).json() == {"status": "live"}
        assert requests.get(f"{url}/health/ready", timeout=5).status_code == 503
        assert requests.get(f"{url}/health/status", timeout=5).json()["reasons"][0]["code"] == "no_worker_cycle"
        assert 'escalator_connection_up{system="connectwise"} 1.0' in requests.get(f"{url}/metrics", timeout=5).text
        for path in ("/", "/webhooks/connectwise", "/static/status.css"):
            assert requests.post(url + path, json={}, timeout=5).status_code == 404
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/health/live", timeout=5)


def test_a_worker_that_has_cycled_is_ready(parts):
    worker = worker_side.worker_of(parts)
    beat(parts.store, worker.settings.name)
    with watched(parts, worker) as port:
        assert requests.get(f"http://127.0.0.1:{port}/health/ready", timeout=5).status_code == 200


def test_a_port_that_is_taken_is_a_clear_error(parts):
    worker = worker_side.worker_of(parts)
    with (
        watched(parts, worker),
        pytest.raises(ConfigError, match="several workers on one host need a port"),
    ):
        watched(parts, worker).__enter__()


def test_without_a_port_nothing_listens(parts, sqlite_url):
    settings = load_settings({**CONNECTED, **HOMES, "DATABASE_URL": sqlite_url})
    quiet = wiring.wire(settings)
    with watched(quiet, worker_side.worker_of(quiet)) as port:
        assert port is None
    quiet.close()


def test_an_address_of_the_next_generation_is_listened_to_as_well(parts):
    worker = worker_side.worker_of(parts)
    app = create_side_app(web_side.deps_of(parts, lambda deliveries: [], worker))
    with side_door(app, "::1", 0) as port:
        assert requests.get(f"http://[::1]:{port}/health/live", timeout=5).status_code == 200
