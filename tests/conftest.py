"""What all tests share: the databases, and that none of them is timed."""

from hypothesis import settings

pytest_plugins = ["tests.databases"]

# How long one example takes says something about the machine, and what else it does.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
