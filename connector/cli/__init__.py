"""The command line: ``escalator``."""

from connector.cli.main import main

__all__ = ["main"]
