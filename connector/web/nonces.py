"""Gives back the answer to a nonce that ``check`` has stored: the proof that an address leads to this very service.

Whoever asks for anything else learns nothing and costs nothing: what is no nonce is not looked up, all that are good
are read once a second at most however many ask, and a database that does not answer is no obstacle to anything.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping

from connector.store.database.errors import StoreError
from connector.store.queries.nonces import Nonces
from connector.systems.kept import Kept
from connector.web.deps import Deps
from connector.web.patience import ASKED_SECONDS, answered_within

KEPT_SECONDS = 1.0
PARAMETER = "nonce"

Answers = Callable[[str], str]
"""The answer to a nonce; empty where there is none."""

_FORM = re.compile(r"[A-Za-z0-9_-]{32}", re.ASCII)


def answers_of(deps: Deps) -> Answers:
    """What answers the nonces of this service's database."""
    ask = answered_within(ASKED_SECONDS, lambda _: Nonces(deps.mailbox.store).answers())
    kept = Kept(lambda: _asked(ask), deps.monotonic, KEPT_SECONDS)

    def answer(nonce: str) -> str:
        if not _FORM.fullmatch(nonce):
            return ""
        found = ""
        for known, its_answer in kept.get().items():
            if hmac.compare_digest(known, nonce):
                found = its_answer
        return found

    return answer


def _asked(ask: Callable[[None], Mapping[str, str]]) -> Mapping[str, str]:
    """What is known; nothing, for as long as it is kept, while the database does not answer."""
    try:
        return ask(None)
    except StoreError:
        return {}
