"""How many web processes there are. Asked before gunicorn is loaded, which ends with a traceback for a wrong number."""

from __future__ import annotations

from collections.abc import Mapping

from connector.errors import ConfigError

WEB_PROCESSES = 2
"""Of ``web`` on PostgreSQL. On SQLite one: two wait for each other's locks, which tenfolds the 99th percentile."""


def web_processes(environ: Mapping[str, str], *, is_sqlite: bool) -> int:
    """How many web processes ``web`` runs: ``WEB_CONCURRENCY``, as hosting platforms set it. Raises ConfigError."""
    text = environ.get("WEB_CONCURRENCY", "").strip() or str(1 if is_sqlite else WEB_PROCESSES)
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 64):
        raise ConfigError([f"WEB_CONCURRENCY: {text!r} is not a whole number from 1 to 64, such as 2"])
    return int(text)
