"""What all tests share: the databases."""

pytest_plugins = ["tests.databases"]
