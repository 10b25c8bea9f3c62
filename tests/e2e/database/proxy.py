"""What stands between the workers and the database: passes everything on, refuses, or holds everything back."""

from __future__ import annotations

import contextlib
import selectors
import socket
import struct
import threading
from types import TracebackType
from typing import Self

_AT_ONCE = struct.pack("ii", 1, 0)
_TICK_SECONDS = 0.02
_CHUNK = 65536


class Proxy:
    """A TCP proxy on a port of the loopback interface. One thread; told what to do from any other.

    ``cut``: nobody gets through, and connections that stand end at once. ``silence``: connections stand and new ones
    are taken, but nothing that is sent arrives, in either direction; ``mend`` lets through what was held back.
    """

    def __init__(self, target_port: int) -> None:
        self._target = ("127.0.0.1", target_port)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = int(self._listener.getsockname()[1])
        self._selector = selectors.DefaultSelector()
        self._other: dict[socket.socket, socket.socket] = {}
        self._is_cut = threading.Event()
        self._is_silent = threading.Event()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)

    def __enter__(self) -> Self:
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._is_over.set()
        self._thread.join()
        self._hang_up()
        self._listener.close()
        self._selector.close()

    def cut(self) -> None:
        """Refuse everybody."""
        self._is_cut.set()

    def silence(self) -> None:
        """Answer nobody."""
        self._is_silent.set()

    def mend(self) -> None:
        """Pass everything on again."""
        self._is_cut.clear()
        self._is_silent.clear()

    def _run(self) -> None:
        while not self._is_over.is_set():
            if self._is_silent.is_set():
                self._is_over.wait(_TICK_SECONDS)
                continue
            if self._is_cut.is_set():
                self._hang_up()
            for key, _ in self._selector.select(_TICK_SECONDS):
                one: socket.socket = key.fileobj  # type: ignore[assignment]  # only sockets are registered
                if one is self._listener:
                    self._take()
                elif one in self._other:
                    self._pass_on(one)

    def _take(self) -> None:
        client, _ = self._listener.accept()
        if self._is_cut.is_set():
            _end(client)
            return
        try:
            server = socket.create_connection(self._target, timeout=5)
        except OSError:
            _end(client)
            return
        server.settimeout(30)
        client.settimeout(30)
        for one, other in ((client, server), (server, client)):
            self._other[one] = other
            self._selector.register(one, selectors.EVENT_READ)

    def _pass_on(self, one: socket.socket) -> None:
        try:
            data = one.recv(_CHUNK)
            if data:
                self._other[one].sendall(data)
                return
        except OSError:
            pass  # either end is gone: so goes the other
        self._forget(one)

    def _forget(self, one: socket.socket) -> None:
        for end in (one, self._other.get(one)):
            if end is not None and self._other.pop(end, None) is not None:
                self._selector.unregister(end)
                _end(end)

    def _hang_up(self) -> None:
        for one in list(self._other):
            if one in self._other:
                self._forget(one)


def _end(one: socket.socket) -> None:
    """Close at once, without a farewell that the other end would wait for."""
    with contextlib.suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    one.close()
