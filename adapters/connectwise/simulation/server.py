"""How the paths of this system are shortened in the log of calls."""

from __future__ import annotations

_MARK = "/apis/3.0/"


def short_path(path: str) -> str:
    """What lies below ``apis/3.0/``; another path without its leading slash."""
    before, mark, after = path.partition(_MARK)
    return after if mark else before.lstrip("/")
