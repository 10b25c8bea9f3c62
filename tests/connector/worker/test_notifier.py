"""Messages really sent, over HTTP, to a listener on this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from connector.errors import Temporary
from connector.model import Severity
from connector.systems.desk import serve_in_background
from connector.systems.variables import Secret
from connector.turn.announcements import Audience
from connector.worker.notifier import Notifier, Refused


class Listener(HTTPServer):
    """Takes what is posted, or refuses it."""

    def __init__(self) -> None:
        self.posted: list[dict[str, str]] = []
        self.asked: list[str] = []
        self.status = 200
        self.redirects_to = ""
        self.answers = 0
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.is_hung_up_on = threading.Event()
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def address(self) -> Secret:
        return Secret(f"json://me:s3cret@127.0.0.1:{self.server_port}/hook")


class Handler(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        self.server.asked.append(self.path)
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.goes_on.wait(30)
        if self.server.status == 200:
            self.server.posted.append(json.loads(body))
        self.send_response(self.server.status)
        if self.server.redirects_to:
            self.send_header("Location", self.server.redirects_to)
        self.end_headers()
        try:
            for _ in range(self.server.answers):
                self.wfile.write(b" " * 65_536)
        except OSError:
            self.server.is_hung_up_on.set()

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def listening() -> Iterator[Listener]:
    server = Listener()
    stop = serve_in_background(server, "listens")
    yield server
    stop()


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as server:
        yield server


def test_a_target_that_hangs_keeps_no_thread_for_long(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connector.worker.notifier.SEND_SECONDS", 0.05)
    notifier = Notifier([listener.address])
    listener.goes_on.clear()
    for why in ("no answer", "still hangs"):
        with pytest.raises(Temporary, match=f"NOTIFY_URLS, target 1 .*not taken: .*{why}"):
            notifier.send(notifier.audience.told[0], "Ticket 4711: Time", "“VPN”")
    listener.goes_on.set()


def test_however_many_targets_hang_another_one_is_told(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library has threads of its own for its calls, at most 32 of them."""
    monkeypatch.setattr("connector.worker.notifier.SEND_SECONDS", 0.02)
    listener.goes_on.clear()
    hanging = Notifier([Secret(f"{listener.address.reveal()}/{n}") for n in range(33)])
    for name in hanging.audience.told:
        with pytest.raises(Temporary):
            hanging.send(name, "Ticket 4711: Time", "“VPN”")
    monkeypatch.setattr("connector.worker.notifier.SEND_SECONDS", 2.0)
    with listening() as other:
        notifier = Notifier([other.address])
        notifier.send(notifier.audience.told[0], "Ticket 4711: Time", "“VPN”")
        assert len(other.posted) == 1
    listener.goes_on.set()


def test_a_message_arrives_with_its_title(listener: Listener) -> None:
    notifier = Notifier([listener.address])
    notifier.send(notifier.audience.told[0], "Ticket 4711: Time", "“VPN”\nClient: Acme")
    (posted,) = listener.posted
    assert (posted["title"], posted["message"]) == ("Ticket 4711: Time", "“VPN”\nClient: Acme")


def test_a_target_that_refuses_is_an_error_without_its_secret(
    listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    listener.status = 500
    with pytest.raises(Temporary, match=r"NOTIFY_URLS, target 1 \(json\): the message was not taken") as caught:
        Notifier([listener.address]).send("0", "t", "x")
    assert "s3cret" not in f"{caught.value} {caplog.text}"


def test_an_address_that_no_service_has_is_an_error_and_a_finding() -> None:
    notifier = Notifier([Secret("nosuch://s3cret"), Secret("json://127.0.0.1/")])
    with pytest.raises(Temporary, match="not understood"):
        notifier.send(notifier.audience.told[0], "t", "x")
    bad, good = notifier.check()
    assert (bad.severity, good.severity) == (Severity.ERROR, Severity.UNTESTED)
    assert "s3cret" not in f"{bad}"


SLACK, MAIL, TEAMS = Secret("slack://a/b/c"), Secret("mailto://u:s3cret@example.com"), Secret("msteams://x/y/z")


def test_a_target_has_the_same_name_wherever_it_stands_and_another_one_has_another():
    before, after = Notifier([SLACK, MAIL]).audience, Notifier([TEAMS, MAIL, SLACK]).audience
    assert before.told == tuple(reversed(after.told[1:]))
    assert len({*before.told, *after.told}) == 3
    assert not any("s3cret" in name for name in before.told)


def test_each_list_has_its_targets_and_one_in_several_lists_is_one():
    notifier = Notifier([SLACK], [MAIL, SLACK], {2: [SLACK, TEAMS]})
    slack, mail, teams = (Notifier([one]).audience.told[0] for one in (SLACK, MAIL, TEAMS))
    assert notifier.audience == Audience((slack,), (mail, slack), {2: (slack, teams)})
    assert [finding.subject for finding in notifier.check()] == [
        "NOTIFY_URLS, target 1 (slack)",
        "ALARM_URLS, target 1 (mailto)",
        "TIER_2_NOTIFY_URLS, target 2 (msteams)",
    ]


def test_a_row_of_an_earlier_version_is_that_of_the_target_at_its_place():
    notifier = Notifier([SLACK])
    assert notifier.knows("0")
    assert not notifier.knows("1")
    assert not notifier.knows(Notifier([MAIL]).audience.told[0])


def test_an_answer_without_an_end_is_read_in_its_beginning(listener: Listener) -> None:
    listener.answers = 1 << 30
    notifier = Notifier([listener.address])
    for _ in range(2):
        notifier.send(notifier.audience.told[0], "Ticket 4711: Time", "“VPN”")
        assert listener.is_hung_up_on.wait(10)
    assert len(listener.posted) == 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_message_goes_nowhere_but_to_its_target(listener: Listener, status: int) -> None:
    listener.status = status
    listener.redirects_to = f"http://127.0.0.1:{listener.server_port}/elsewhere"
    notifier = Notifier([listener.address])
    with pytest.raises(Refused):
        notifier.send(notifier.audience.told[0], "Ticket 4711: Time", "“VPN”")
    assert listener.asked == ["/hook"]
