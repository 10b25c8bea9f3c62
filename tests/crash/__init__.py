"""Real processes on real databases, killed, stopped and doubled on purpose."""

import pytest

# What the helpers assert is told as fully as what the tests assert.
pytest.register_assert_rewrite("tests.crash.desks")
