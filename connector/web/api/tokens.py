"""The text of a token, and what is kept of it: by its id it is found, by a digest of all of it it is proven.

A digest without a salt, which takes no time, is enough: a token is chance, and nobody guesses 256 bits.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import string
from dataclasses import dataclass, field
from datetime import timedelta

PREFIX = "esct_"
"""How each begins, so that a search for lost secrets finds it."""

ID_LENGTH = 12
_SECRET_BYTES, _SECRET_LENGTH = 32, 43

LASTS, LONGEST = timedelta(days=90), timedelta(days=366)
"""For how long one is good where nothing is said, and at most."""

_OF_IDS = string.ascii_lowercase + string.digits
_NOBODYS = hashlib.sha256(secrets.token_bytes(32)).hexdigest()


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just made. ``text``: what its program sends; nothing of it is kept but ``hash``."""

    id: str
    text: str = field(repr=False)

    @property
    def hash(self) -> str:
        """What is kept of it."""
        return hash_of(self.text)


def new_token() -> NewToken:
    """Make one, of chance."""
    id_ = "".join(secrets.choice(_OF_IDS) for _ in range(ID_LENGTH))
    return NewToken(id_, f"{PREFIX}{id_}_{secrets.token_urlsafe(_SECRET_BYTES)}")


def id_of(text: str) -> str:
    """The id in a text that has the form of a token; empty for any other text."""
    id_, line, secret = text.removeprefix(PREFIX).partition("_")
    has_form = text.startswith(PREFIX) and line and len(id_) == ID_LENGTH and len(secret) == _SECRET_LENGTH
    return id_ if has_form and set(id_) <= set(_OF_IDS) else ""


def hash_of(text: str) -> str:
    """The digest of a token."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def is_of(hashed: str | None, text: str) -> bool:
    """Whether that digest is this token's; for None, where there is no such token, it takes as long to say no."""
    return hmac.compare_digest(hash_of(text), hashed or _NOBODYS) and hashed is not None
