"""Load from a process of its own: keep-alive connections, signed webhooks made beforehand, one thread.

``python -m bench.load`` reads what to do as JSON from standard input and writes what came of it as JSON. Bare sockets
and a selector, so that the client takes a small part of what any of the servers takes; its own share of a core is in
the answer.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator

from adapters.connectwise.simulation.callbacks import sign

TICKETS = 500
"""Over how many tickets the webhooks are spread."""

_ENTITY = {
    "summary": "VPN client cannot connect since the update",
    "recordType": "ServiceTicket",
    "board": {"id": 1, "name": "Service Desk", "_info": {"board_href": "https://example.com/service/boards/1"}},
    "status": {"id": 16, "name": "In Progress", "Sort": 2},
    "company": {"id": 250, "identifier": "Acme", "name": "Acme Widgets"},
    "contact": {"id": 301, "name": "Connie Client"},
    "team": {"id": 25, "name": "First Touch"},
    "owner": {"id": 101, "identifier": "tess", "name": "Tess Technician"},
    "priority": {"id": 8, "name": "Priority 3 - Normal", "sort": 5, "level": "Medium"},
    "severity": "Medium",
    "impact": "Medium",
    "dateResplan": None,
    "closedFlag": False,
    "_info": {"lastUpdated": "2026-01-15T09:00:00Z", "updatedBy": "tess", "dateEntered": "2026-01-15T08:55:00Z"},
}


def webhooks(port: int, key: str, key_url: str, count: int) -> Iterator[bytes]:
    """Whole HTTP requests: each a webhook with a message id that no other has, in the system's own form."""
    for n in range(count):
        ticket = 1000 + n % TICKETS
        message = {
            "MessageId": str(uuid.uuid4()),
            "FromUrl": "example.com",
            "CompanyId": "bench",
            "MemberId": "tess",
            "Action": "updated",
            "Type": "ticket",
            "ID": ticket,
            "ProductInstanceId": None,
            "PartnerId": None,
            "Entity": json.dumps({"id": ticket, **_ENTITY}),
            "Metadata": {"key_url": key_url},
            "CallbackObjectRecId": 7,
        }
        body = json.dumps(message).encode()
        head = (
            "POST /webhooks/connectwise HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            "Content-Type: application/json; charset=utf-8",
            f"Content-Length: {len(body)}",
            f"x-content-signature: {sign(key, body)}",
        )
        yield "\r\n".join((*head, "", "")).encode() + body


class Connection:
    """One keep-alive connection with at most one request on its way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent_at = 0.0
        self._received = b""

    def send(self, request: bytes) -> None:
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> int:
        """The status of the answer once it is there whole, else 0. Raises ConnectionError when the server hung up."""
        part = self.socket.recv(65_536)
        if not part:
            raise ConnectionError("the server hung up")
        self._received += part
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            return 0
        self._received = b""
        return int(head[9:12])


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise ValueError("an answer without a length")


def run(port: int, key: str, key_url: str, concurrency: int, seconds: float, most: int) -> dict[str, object]:
    """Keep ``concurrency`` requests on their way for ``seconds``; every answer is waited for.

    Raises RuntimeError when there were not enough webhooks: the load would end before its time.
    """
    prepared = iter(list(webhooks(port, key, key_url, most)))
    waiting = selectors.DefaultSelector()
    connections = [Connection(port) for _ in range(concurrency)]
    latencies: list[float] = []
    statuses: Counter[int] = Counter()
    used_before, begin = time.process_time(), time.perf_counter()
    end_at = begin + seconds
    try:
        for connection in connections:
            waiting.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send(next(prepared))
        open_requests = concurrency
        while open_requests:
            for selected, _ in waiting.select():
                connection = selected.data
                status = connection.receive()
                if not status:
                    continue
                now = time.perf_counter()
                latencies.append(now - connection.sent_at)
                statuses[status] += 1
                if now < end_at:
                    connection.send(next(prepared))
                else:
                    open_requests -= 1
    except StopIteration:
        raise RuntimeError(f"{most} webhooks were not enough for {seconds} s") from None
    took = time.perf_counter() - begin
    client = (time.process_time() - used_before) / took
    for connection in connections:
        connection.socket.close()
    return {"seconds": took, "latencies": latencies, "statuses": statuses, "client": client}


if __name__ == "__main__":
    json.dump(run(**json.load(sys.stdin)), sys.stdout)
