"""What a worker keeps at hand of one connection: its state in the database, read as seldom as is right.

The moment of the first start and the marker key never change. Whether the survey of what was open is over is asked
again until it is.
"""

from __future__ import annotations

import threading

from connector.store.connections import Connections, ConnectionState


class ConnectionBook:
    """The state of one connection. Safe for several threads."""

    def __init__(self, connections: Connections, name: str) -> None:
        self._connections = connections
        self._name = name
        self._lock = threading.Lock()
        self._kept: ConnectionState | None = None

    def state(self) -> ConnectionState:
        """The connection's state. Raises StoreError when the connection was never started."""
        with self._lock:
            if self._kept is None or self._kept.swept_at is None:
                self._kept = self._connections.get(self._name)
            return self._kept

    def remember(self, name: str, value: object) -> None:
        """Keep something learned about the ticket system for all workers and for good."""
        with self._lock:
            self._connections.update_state(self._name, {name: value})
            self._kept = None
