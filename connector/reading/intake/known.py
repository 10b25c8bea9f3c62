"""Texts that were taken in lately: a ticket on which mail keeps coming is not read anew with each mail. Pure."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable

from connector.reading.intake.texts import Text, taken_in

_MOST_CHARACTERS = 4_000_000
_AROUND = 200
"""What is kept with a text, in characters."""


class KnownTexts:
    """What was made of texts with one reader, those that were used last, up to a number of characters. Thread-safe.

    They are known by a digest: what they were made from may be large.
    """

    def __init__(self, read: Callable[[str], str], most: int = _MOST_CHARACTERS) -> None:
        self._read = read
        self._most = most
        self._size = 0
        self._known: OrderedDict[bytes, Text] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, source: str) -> Text:
        """See ``taken_in``."""
        digest = hashlib.blake2b(source.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        with self._lock:
            known = self._known.get(digest)
            if known is not None:
                self._known.move_to_end(digest)
                return known
        text = taken_in(source, self._read)
        with self._lock:
            if digest not in self._known:
                self._known[digest] = text
                self._size += len(text.words) + _AROUND
            while self._size > self._most:
                self._size -= len(self._known.popitem(last=False)[1].words) + _AROUND
        return text
