"""What a target of notifications answers, as far as it is read: a beginning, however much it sends.

The library reads whole answers into memory, at whatever size, and offers no hook. It makes its sessions by
``requests``, which asks the name ``HTTPAdapter`` of its module for what carries them out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import requests.sessions
from requests.adapters import HTTPAdapter

MOST_BYTES = 1024 * 1024
"""Of one answer, unpacked. A service says whether it took a message in a few hundred."""


class ShortAnswers(HTTPAdapter):
    """Gives answers that end after ``MOST_BYTES``. What is left unread goes with the connection."""

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """See requests."""
        answer = super().build_response(req, resp)
        answer.iter_content = _Beginning(answer)  # type: ignore[method-assign]  # what reads it, all of it
        return answer


class _Beginning:
    """Reads an answer in pieces, like the method that it stands for, and no further than its beginning."""

    def __init__(self, answer: requests.Response) -> None:
        self._answer = answer
        self._whole = answer.iter_content

    def __call__(self, chunk_size: int | None = 1, decode_unicode: bool = False) -> Iterator[Any]:
        read = 0
        for piece in self._whole(chunk_size, decode_unicode):
            yield piece
            read += len(piece)
            if read >= MOST_BYTES:
                self._answer.close()
                return


def have_answers_short() -> None:
    """Have every session of ``requests`` that is made from now on read no more of an answer than that."""
    requests.sessions.HTTPAdapter = ShortAnswers
