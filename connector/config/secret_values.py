"""Which texts of the environment are secret: the values of secret variables, and the parts of them that others repeat.

Reads the files that ``<NAME>_FILE`` names, as container platforms mount them, and no more. A value that is wrong is as
secret as one that is right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from connector.config.files import text_of
from connector.redaction import SHORTEST
from connector.systems.variables import items

FILE = "_FILE"
"""Behind a secret's name: the path of the file that holds it."""

_MOST_BYTES = 64 * 1024
_HOST = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}", re.ASCII)
_LETTER, _DIGIT = re.compile("[A-Za-z]"), re.compile("[0-9]")
_BETWEEN = re.compile(r"[/:@?&=#,;]+")
_LONG = 20
_HASHED = re.compile(
    r"\$argon2[a-z]{1,2}\$[^$;:]{1,20}\$[^$;:]{1,40}\$([A-Za-z0-9+/]{1,200})\$([A-Za-z0-9+/]{1,200})", re.ASCII
)


def secret_texts(values: Iterable[str]) -> Iterator[str]:
    """The texts to be masked, of the values of secret variables: each whole, each item of a list, and of an address its
    password and what looks like a token, and of a password's hash what stands behind its cost.
    """
    for value in values:
        for one in (value, *items(value)):
            if one.startswith("sqlite:"):  # a file's name
                continue
            yield one
            if "://" in one:
                yield from _of_address(one)
        for salt, digest in _HASHED.findall(value):
            yield from (f"{salt}${digest}", digest)


def secret_of_file(path: str) -> str:
    """A secret as a file holds it, without the line's end behind it. Raises ValueError."""
    text = text_of(path, _MOST_BYTES).strip()
    if not text:
        raise ValueError("is empty: write the secret into it")
    if len(text.splitlines()) > 1:
        raise ValueError("holds several lines: write the secret into it, and nothing else")
    return text


def _of_address(address: str) -> Iterator[str]:
    """A user's name is no secret where a password stands behind it, nor is a host, nor a word such as ``services``."""
    rest = address.partition("://")[2]
    yield rest
    user, colon, behind = rest.partition(":")
    if not colon or "@" not in behind or "/" in user:
        yield from filter(_looks_secret, _BETWEEN.split(rest))
        return
    # Where the password holds an @ itself, or the query does: both are tried.
    for password, after in (behind.split("@", 1), behind.rsplit("@", 1)):
        parts = _BETWEEN.split(after)
        # A password that is a name in the same address protects nothing, and masked it would black that name out.
        if password not in (user, *parts):
            yield password
            yield unquote(password)
        yield from filter(_looks_secret, parts)


def _looks_secret(part: str) -> bool:
    if len(part) < SHORTEST or _HOST.fullmatch(part):
        return False
    return len(part) >= _LONG or bool(_LETTER.search(part) and _DIGIT.search(part))
