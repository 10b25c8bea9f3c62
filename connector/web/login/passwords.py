"""Passwords: which are taken, what is kept of one, and whether one is right. Nothing of one is told."""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass

from argon2.exceptions import Argon2Error, InvalidHashError
from argon2.low_level import Type, hash_secret, verify_secret

SHORTEST, MOST_BYTES = 12, 1024
"""A password has so many characters at least, and takes so many bytes at most."""

FEWEST_CHARACTERS = 5
"""So many different ones are in it."""

_SALT_BYTES, _DIGEST_BYTES = 16, 32


@dataclass(frozen=True, slots=True)
class HashCost:
    """What one check of a password takes: KiB of memory, and how often they are gone over, by so many threads."""

    memory_kib: int
    passes: int
    lanes: int


COST = HashCost(memory_kib=32 * 1024, passes=3, lanes=1)
"""Of what is made anew: about 50 ms, and little enough memory for a small container."""


def require_good(password: str) -> None:
    """Raise ValueError, with what to do, for a password that is not to be taken."""
    if len(password) < SHORTEST:
        raise ValueError(f"the password is shorter than {SHORTEST} characters: take a longer one, several words do")
    if len(_bytes(password)) > MOST_BYTES:
        raise ValueError(f"the password is longer than {MOST_BYTES} bytes: take a shorter one")
    if len(set(password)) < FEWEST_CHARACTERS:
        raise ValueError(f"the password has fewer than {FEWEST_CHARACTERS} different characters: take another one")


def hash_of(password: str, cost: HashCost = COST) -> str:
    """What to keep of a password."""
    salt = secrets.token_bytes(_SALT_BYTES)
    hashed = hash_secret(
        _bytes(password), salt, cost.passes, cost.memory_kib, cost.lanes, hash_len=_DIGEST_BYTES, type=Type.ID
    )
    return hashed.decode()


def is_right(hashed: str, password: str) -> bool:
    """Whether it is the password that ``hashed`` was kept of. Takes what the hash says, for a wrong one as well."""
    try:
        return verify_secret(hashed.encode(), _bytes(password), Type.ID)
    except (Argon2Error, InvalidHashError):
        return False


def is_too_long(password: str) -> bool:
    """Whether it is longer than any that is taken."""
    return len(password) > MOST_BYTES or len(_bytes(password)) > MOST_BYTES


def _bytes(password: str) -> bytes:
    """The bytes that stand for a password, however its letters were put together where it was typed."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
