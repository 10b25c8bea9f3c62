"""What a worker keeps at hand of one connection: its state in the database, read as seldom as is right.

The moment of the first start and the marker key never change. Whether the survey of what was open is over is asked
again until it is.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from connector.store.connections import HOMES, SURVEYED, Connections, ConnectionState


class ConnectionBook:
    """The state of one connection. Safe for several threads."""

    def __init__(self, connections: Connections, connection: str) -> None:
        self._connections = connections
        self.id = connection
        self._lock = threading.Lock()
        self._kept: ConnectionState | None = None
        self._changes = 0

    def state(self) -> ConnectionState:
        """The connection's state. Raises StoreError when the connection was never started."""
        kept = self._kept
        if kept is None or kept.swept_at is None or SURVEYED not in kept.state:
            return self.fresh()
        return kept

    def fresh(self) -> ConnectionState:
        """The connection's state as it is now, whatever another process did to it. Raises StoreError.

        Nobody waits for the database of somebody else; what was read before a change of ours is not kept after it.
        """
        changes = self._changes
        found = self._connections.get(self.id)
        with self._lock:
            if changes == self._changes:
                self._kept = found
        return found

    def homes(self) -> Mapping[str, Any]:
        """The homes as they were last found, see ``HomeBook.found``; nothing where they never were."""
        state = self._connections.known([self.id]).get(self.id)
        return state.state.get(HOMES, {}) if state else {}

    def take_turn(self, group: str, loads: Mapping[str, int], fresh: timedelta, *, is_kept: bool) -> str:
        """Whose turn it is in a group; see ``Connections.take_turn``."""
        return self._connections.take_turn(self.id, group, loads, fresh, is_kept=is_kept)

    def forget(self, name: str, value: object) -> bool:
        """Forget what was learned, for all workers; False where something else was learned since."""
        is_done = self._connections.forget(self.id, name, value)
        self._changed()
        return is_done

    def remember(self, name: str, value: object) -> None:
        """Keep something learned about the ticket system for all workers and for good."""
        self._connections.update_state(self.id, {name: value})
        self._changed()

    def add_account(self, account: str) -> None:
        """Keep an account in the ticket system as our own, for all workers and for good."""
        self._connections.add_account(self.id, account)
        self._changed()

    def _changed(self) -> None:
        with self._lock:
            self._changes += 1
            self._kept = None
