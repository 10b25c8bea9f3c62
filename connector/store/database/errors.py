"""What can go wrong with the store, in words that the rest of the connector may catch.

Nothing of the database library leaves the store: its errors are translated where transactions begin and end.
"""

from __future__ import annotations

from connector.errors import ConnectorError


class StoreError(ConnectorError):
    """The base of the store's errors."""


class StoreUnavailable(StoreError):
    """The database could not be reached, or did not answer in time; nothing half-done was left behind.

    ``retry_after``: seconds after which another try makes sense.
    """

    def __init__(self, message: str, retry_after: float = 5.0) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class StoreMoved(StoreUnavailable):
    """The database was moved to another place while this process ran: nothing is written to what was left."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retry_after=30.0)


class LeaseLost(StoreError):
    """A ticket is no longer held by who asks: its lease ran out and somebody else took it over."""

    def __init__(self, connection: str, ticket: str) -> None:
        self.connection = connection
        self.ticket = ticket
        super().__init__(f"the lease of {connection} {ticket} is lost: the turn belongs to another worker now")
