"""What a request says of itself must be text: NUL, and bytes that are no UTF-8, are refused before anything reads them.

A body is its reader's matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from flask import request

from connector.web.problems import HttpProblem

_SAID = ("CONTENT_TYPE", "CONTENT_LENGTH", "PATH_INFO")


def refuse_what_is_no_text() -> None:
    """Raises HttpProblem 400 for the request at hand, where its path, its query or a header is no text."""
    if not is_text(request.environ):
        raise HttpProblem(400, "not_text", "The address and the headers must be text", "NUL or broken UTF-8 is in one.")


def is_text(environ: Mapping[str, Any]) -> bool:
    """Whether path, query and headers of a WSGI request are text."""
    said = "\n".join(
        [value for name, value in environ.items() if type(value) is str and (name.startswith("HTTP_") or name in _SAID)]
    )
    query = unquote_to_bytes(environ.get("QUERY_STRING", ""))
    return _is_text_of(said.encode("latin-1", "replace")) and _is_text_of(query)


def _is_text_of(said: bytes) -> bool:
    if b"\0" in said:
        return False
    if said.isascii():
        return True
    try:
        said.decode()
    except UnicodeDecodeError:
        return False
    return True
