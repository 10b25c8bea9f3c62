"""The simulator failing on command, and its server."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import pytest
import requests
from click.testing import CliRunner

from adapters.connectwise import simulator as module
from adapters.simulation import serving
from adapters.simulation.server import NoAnswer
from tests.adapters.connectwise.simulated import INTERNAL, NINE, Site, replace


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def served() -> Iterator[tuple[Site, requests.Session, str]]:
    site = Site()
    with site.simulator.serve() as address, requests.Session() as session:
        session.trust_env = False
        session.headers.update(site.headers)
        yield site, session, f"{address}/v2025_1/apis/3.0/"


@pytest.mark.parametrize("status", [500, 502, 503])
def test_the_next_calls_fail_and_are_not_performed(site: Site, status: int) -> None:
    ticket = site.a_ticket()
    site.simulator.faults.fail_next(2, status, method="PATCH", path=rf"tickets/{ticket}$")
    assert site.get(f"service/tickets/{ticket}").status_code == 200
    assert [site.patch(ticket, replace("summary", "y")).status_code for _ in range(3)] == [status, status, 200]
    assert site.simulator.calls[1] == ("PATCH", f"service/tickets/{ticket}", status)


def test_a_failure_before_the_call_leaves_everything_as_it_was(site: Site) -> None:
    ticket = site.a_ticket()
    site.simulator.faults.fail_next(1, 500)
    site.patch(ticket, replace("summary", "y"))
    assert site.simulator.ticket(ticket)["summary"] == "VPN drops"


def test_a_chosen_failure_can_have_a_body_of_its_own(site: Site) -> None:
    body = {"code": "InvalidObject", "message": "old data"}
    site.simulator.faults.fail_next(1, 400, body=body)
    assert site.get("system/info").json == body


@pytest.mark.parametrize(("retry_after", "header"), [(17, "17"), (None, None)])
def test_too_many_requests_with_and_without_retry_after(
    site: Site, retry_after: int | None, header: str | None
) -> None:
    site.simulator.faults.fail_next(1, 429, retry_after=retry_after)
    answer = site.get("system/info")
    assert answer.status_code == 429
    assert answer.headers.get("Retry-After") == header
    assert set(answer.json) == {"error", "message"}


def test_the_token_bucket_runs_dry_and_fills_by_the_clock(site: Site) -> None:
    site.simulator.faults.rate_limit(per_minute=30, burst=2)
    assert [site.get("system/info").status_code for _ in range(2)] == [200, 200]
    refused = site.get("system/info")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "2")
    site.clock.advance(timedelta(seconds=2))
    assert [site.get("system/info").status_code for _ in range(2)] == [200, 429]


def test_random_failures_come_in_a_fixed_sequence_and_their_share(site: Site) -> None:
    def run() -> list[int]:
        site.simulator.faults.random_failures(0.3, (500, 503), seed=7)
        return [site.get("system/info").status_code for _ in range(100)]

    first = run()
    assert first == run()
    assert set(first) == {200, 500, 503}
    assert 15 <= sum(status != 200 for status in first) <= 45
    site.simulator.faults.random_failures(0)
    assert {site.get("system/info").status_code for _ in range(20)} == {200}


def test_a_right_can_be_missing(site: Site) -> None:
    site.simulator.faults.forbid(method="GET", path="^system/members")
    for _ in range(3):
        assert site.get("system/members").status_code == 403
    assert site.get("system/info").status_code == 200


def test_an_outage_answers_404_to_everything(site: Site) -> None:
    ticket = site.a_ticket()
    site.simulator.faults.outage = True
    assert site.get(f"service/tickets/{ticket}").status_code == 404
    assert site.client.get("/login/companyinfo/trainco").status_code == 404


def test_the_servers_clock_can_be_wrong(site: Site) -> None:
    assert parsedate_to_datetime(site.get("system/info").headers["Date"]) == NINE
    site.simulator.faults.clock_skew = 600
    assert parsedate_to_datetime(site.get("system/info").headers["Date"]) == NINE + timedelta(minutes=10)


def test_an_unknown_switch_is_refused(site: Site) -> None:
    with pytest.raises(AttributeError, match="no switch named 'latencyy'"):
        site.simulator.faults.latencyy = 1  # type: ignore[attr-defined]  # on purpose


def test_reset_puts_everything_back(site: Site) -> None:
    faults = site.simulator.faults
    faults.outage = True
    faults.workflow_sets["summary"] = "x"
    faults.fail_next(None, 500)
    faults.rate_limit(1, 0)
    faults.random_failures(1.0)
    faults.reset()
    assert site.get("system/info").status_code == 200
    assert faults.workflow_sets == {}


@pytest.mark.parametrize("hang", [False, True])
def test_a_call_can_be_performed_and_never_answered(site: Site, hang: bool) -> None:
    ticket = site.a_ticket()
    faults = site.simulator.faults
    faults.accept_but_never_answer(method="POST", path="notes$", hang=hang)
    caught: list[type[BaseException]] = []

    def call() -> None:
        with pytest.raises(NoAnswer) as seen:
            site.call("POST", f"service/tickets/{ticket}/notes", {"text": "x", **INTERNAL})
        caught.append(seen.type)

    caller = threading.Thread(target=call)
    caller.start()
    while caller.is_alive():
        faults.release()
        caller.join(0.01)
    assert caught == [NoAnswer]
    assert len(site.simulator.notes(ticket)) == 1
    assert site.simulator.calls == [("POST", f"service/tickets/{ticket}/notes", 0)]


def test_a_call_can_be_dropped_before_it_is_performed(site: Site) -> None:
    ticket = site.a_ticket()
    site.simulator.faults.drop_before_performing(method="PATCH")
    with pytest.raises(NoAnswer):
        site.patch(ticket, replace("summary", "y"))
    assert site.simulator.ticket(ticket)["summary"] == "VPN drops"
    assert site.patch(ticket, replace("summary", "y")).status_code == 200


# Over a real socket.


def test_one_connection_serves_many_calls(served: tuple[Site, requests.Session, str]) -> None:
    site, _, base = served
    ticket = site.a_ticket(summary="Größe")
    parts = urlsplit(base)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    connection.connect()
    first = connection.sock
    for _ in range(3):
        connection.request("GET", f"{parts.path}service/tickets/{ticket}", headers=site.headers)
        answer = connection.getresponse()
        assert json.loads(answer.read())["summary"] == "Größe"
        assert connection.sock is first
    connection.close()


def test_what_is_written_over_a_socket_is_there(served: tuple[Site, requests.Session, str]) -> None:
    site, session, base = served
    ticket = site.a_ticket()
    path = f"{base}service/tickets/{ticket}"
    assert session.post(f"{path}/notes", json={"text": "x", **INTERNAL}).status_code == 201
    assert session.patch(path, json=[replace("owner", {"identifier": "tess"})]).status_code == 200
    assert session.delete(path).status_code == 204
    assert session.get(path).status_code == 404


def test_an_unread_body_does_not_spoil_the_next_call(served: tuple[Site, requests.Session, str]) -> None:
    _, session, base = served
    refused = session.post(f"{base}service/tickets", json={"summary": "x" * 5000}, headers={"clientId": ""})
    assert refused.status_code == 403
    assert session.get(f"{base}system/info").status_code == 200


def test_a_dropped_call_breaks_the_connection(served: tuple[Site, requests.Session, str]) -> None:
    site, session, base = served
    ticket = site.a_ticket()
    site.simulator.faults.accept_but_never_answer(method="PATCH")
    with pytest.raises(requests.ConnectionError):
        session.patch(f"{base}service/tickets/{ticket}", json=[replace("summary", "y")], timeout=10)
    assert session.get(f"{base}service/tickets/{ticket}").json()["summary"] == "y"


def test_a_hanging_call_runs_into_the_callers_time_out(served: tuple[Site, requests.Session, str]) -> None:
    site, session, base = served
    ticket = site.a_ticket()
    site.simulator.faults.accept_but_never_answer(method="PATCH", hang=True)
    with pytest.raises(requests.Timeout):
        session.patch(f"{base}service/tickets/{ticket}", json=[replace("summary", "y")], timeout=0.2)
    assert site.simulator.ticket(ticket)["summary"] == "y"


def test_latency_is_longer_than_an_impatient_caller(served: tuple[Site, requests.Session, str]) -> None:
    site, session, base = served
    site.simulator.faults.latency = 30.0
    with pytest.raises(requests.Timeout):
        session.get(f"{base}system/info", timeout=0.2)


def test_the_environment_leads_to_the_simulator(served: tuple[Site, requests.Session, str]) -> None:
    site, _, base = served
    found = site.simulator.environment()
    assert base.startswith(found["CONNECTWISE_URL"])
    assert found["CONNECTWISE_COMPANY"] == "trainco"
    assert site.simulator.base_url == found["CONNECTWISE_URL"]


def test_a_simulator_serves_once_at_a_time_and_again(site: Site) -> None:
    with site.simulator.serve(), pytest.raises(RuntimeError, match="serving already"):
        site.simulator.start()
    with site.simulator.serve() as address:
        answer = requests.get(f"{address}/login/companyinfo/trainco", timeout=5)
    assert answer.json()["Codebase"] == "v2025_1/"


def test_a_mistake_in_the_simulator_is_not_hidden(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site.simulator.state, "ticket", None)

    def use() -> None:
        with site.simulator.serve() as address:
            path = f"{address}/v2025_1/apis/3.0/service/tickets/1"
            statuses.append(requests.get(path, headers=site.headers, timeout=5).status_code)

    statuses: list[int] = []
    with pytest.raises(RuntimeError, match="the simulator itself failed"):
        use()
    assert statuses == [500]


def test_many_threads_write_without_losing_anything(served: tuple[Site, requests.Session, str]) -> None:
    site, _, _ = served
    ticket = site.a_ticket()

    def write() -> None:
        client = site.simulator.app.test_client()
        for _ in range(25):
            path = f"/v2025_1/apis/3.0/service/tickets/{ticket}/notes"
            client.post(path, json={"text": "x", **INTERNAL}, headers=site.headers)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = [note["id"] for note in site.simulator.notes(ticket)]
    assert len(set(numbers)) == 100


def test_the_command_prints_the_settings_and_serves_until_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            if timeout is None:
                raise KeyboardInterrupt
            return super().wait(timeout)

    monkeypatch.setattr(serving, "Waiting", Interrupted)
    result = CliRunner().invoke(module.main, ["--port", "0"])
    assert result.exit_code == 0, result.output
    assert "export CONNECTWISE_URL=http://127.0.0.1:" in result.output
    assert result.output.endswith("Stopped.\n")
