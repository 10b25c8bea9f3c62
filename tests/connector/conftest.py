"""A mailbox on each kind of database, with a clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connector.clock import VirtualClock
from connector.store.database.engine import Store
from connector.store.mailbox import Mailbox
from tests.connector.mailboxes import START


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)


@pytest.fixture
def mailbox(database_url: str, open_store: Callable[..., Store], clock: VirtualClock) -> Mailbox:
    return Mailbox(open_store(database_url, clock))
