from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.adapters.connectwise.connected import Desk, opened


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A simulated service desk with a connection to it."""
    with opened() as made:
        yield made
