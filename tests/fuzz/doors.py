"""The doors from the first byte on: whatever comes over the wire is answered once, and never by an error of ours.

The application is that of the webhooks beside it.
"""

from __future__ import annotations

import logging
import re
from types import SimpleNamespace

from gunicorn.config import Config

from connector.app.answers import answer_to
from connector.app.framing import Incoming
from tests.fuzz.frame import Target
from tests.fuzz.webhooks import client

PIECES = (1, 7, 64, 1000, 100_000)


def wire(data: bytes) -> None:
    """Whatever is said on a connection, in pieces by its length: one answer to what is whole, and none of ours."""
    size = PIECES[len(data) % len(PIECES)]
    request = Incoming()
    for start in range(0, len(data), size):
        request.feed(data[start : start + size])
        if request.is_at_its_end:
            break
    worker = SimpleNamespace(cfg=Config(), log=logging.getLogger("doors"), alive=True, wsgi=client().application)
    answer = answer_to(bytes(request.data), worker, ("192.0.2.1", 1), ("127.0.0.1", 8000))
    statuses = re.findall(rb"^HTTP/1\.1 (\d{3})", answer.data)
    assert b"500" not in statuses, answer.data
    assert len(answer.rest) < len(data) or not data
    assert answer.is_last or request.is_at_its_end, "a connection goes on behind a request that is not there"


TARGETS: dict[str, Target] = {"wire": wire}
