"""Sends prepared requests and reads the answers, within a time for the whole of each.

The transport of ``requests``, without its session: that would look for cookies, redirects, credentials, hooks and an
environment at each call, which takes longer than to send it.
"""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPResponse
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import ConnectionPool

_present = threading.local()


@contextmanager
def ended_within(seconds: float) -> Iterator[None]:
    """Answers that this thread begins to read are read to their end within so many seconds, or time out.

    A time-out of a socket is for each piece that it receives: one that drips would never end.
    """
    _present.until = time.monotonic() + seconds
    try:
        yield
    finally:
        _present.until = None


class _Timed(io.RawIOBase):
    """What a socket receives, until a moment, with no longer pause than the socket allows."""

    def __init__(self, receives: Any, sock: socket.socket, until: float) -> None:
        self._receives = receives
        self._socket = sock
        self._pause = sock.gettimeout()
        self._until = until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("no whole answer in time")
        self._socket.settimeout(left if self._pause is None else min(self._pause, left))
        received: int | None = self._receives.readinto(buffer)
        return received

    def fileno(self) -> int:
        return int(self._receives.fileno())

    def close(self) -> None:
        self._receives.close()
        super().close()


class _Answer(HTTPResponse):
    """An answer that is read in time, its headers, too."""

    def __init__(self, sock: socket.socket, *args: Any, **named: Any) -> None:
        super().__init__(sock, *args, **named)
        until = getattr(_present, "until", None)
        if until is not None:
            self.fp = io.BufferedReader(_Timed(self.fp.detach(), sock, until))


class _Connection(HTTPConnection):
    response_class = _Answer


class _SecureConnection(HTTPSConnection):
    response_class = _Answer


class Transport(HTTPAdapter):
    """Sends, without looking again and again for what never changes here, or is not wanted.

    The pool of each origin is kept at hand: proxies and certificates, by which it is looked up, stay as they are.
    """

    def __init__(self, pool_size: int) -> None:
        super().__init__(pool_connections=32, pool_maxsize=pool_size, max_retries=0)
        self._pools: dict[tuple[str, ...], ConnectionPool] = {}

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, *args: Any, **named: Any
    ) -> ConnectionPool:
        """See ``HTTPAdapter``."""
        origin = tuple((request.url or "").split("/", 3)[:3])
        pool = self._pools.get(origin)
        if pool is None:
            pool = super().get_connection_with_tls_context(request, *args, **named)
            # urllib3's way to name one's own; its types know it in a subclass only.
            kind: Any = pool
            kind.ConnectionCls = _SecureConnection if origin[0] == "https:" else _Connection
            self._pools[origin] = pool
        return pool

    def request_url(self, request: requests.PreparedRequest, proxies: Mapping[str, str] | None) -> str:
        """See ``HTTPAdapter``: where there is no proxy, the path is all that is sent."""
        return super().request_url(request, proxies) if proxies else request.path_url

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """See ``HTTPAdapter``: no cookies are kept, nobody asks for the text, and the headers are good as they are."""
        response = requests.Response()
        response.status_code, response.reason, response.url = resp.status, resp.reason, req.url or ""
        response.headers = resp.headers
        response.raw, response.request = resp, req
        return response
