"""Where a request ends in the bytes that came so far: enough to know when it is there as a whole, and no more.

What a request means, and whether it is one at all, the server's parser says, once, over the whole of it. Were the two
of another opinion, it would find too few bytes and refuse them, or leave some over for the next request. Pure.
"""

from __future__ import annotations

import re
from enum import Enum, auto

MOST_HEAD_BYTES = 32 * 1024
MOST_BODY_BYTES = 512 * 1024
"""Of a request's body as it is sent, which is more than the largest one that is taken (``webhooks.MOST_BYTES``)."""

_LONGEST_LINE = 8 * 1024
_FRAMING = re.compile(rb"\r\n(content-length|transfer-encoding)[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE)
_EXPECTS = re.compile(rb"\r\nexpect[ \t]*:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)
_SIZE = re.compile(rb"[ \t]*([0-9a-fA-F]{1,15})[ \t]*(?:;|$)")
_HEALTH = (b"GET /health/", b"HEAD /health/")


class Part(Enum):
    """How far a request is."""

    HEAD = auto()
    BODY = auto()
    CHUNK_SIZE = auto()
    TRAILERS = auto()
    WHOLE = auto()
    HEAD_TOO_LARGE = auto()


class Incoming:
    """The bytes of one request, and of those that follow it, while they come in."""

    def __init__(self, received: bytes = b"") -> None:
        self.data = bytearray()
        self.part = Part.HEAD
        self.awaits_continue = False
        self._at = 0
        self._end = 0
        if received:
            self.feed(received)

    @property
    def is_health(self) -> bool:
        """Whether it asks how the service is."""
        return self.data.startswith(_HEALTH)

    @property
    def is_at_its_end(self) -> bool:
        """Whether nothing more need be read of it: it is whole, or certain to be refused."""
        return self.part in (Part.WHOLE, Part.HEAD_TOO_LARGE)

    def feed(self, received: bytes) -> None:
        """Take further bytes in. What lies behind the end is left to the next request."""
        self.data += received
        self.awaits_continue = False
        if self.part is Part.HEAD:
            self._read_head()
        while self.part in (Part.CHUNK_SIZE, Part.TRAILERS) and self._read_line():
            pass
        if self.part is Part.BODY and len(self.data) >= self._end:
            self.part = Part.WHOLE
        if not self.is_at_its_end and self.part is not Part.HEAD and len(self.data) > self._most:
            self.part = Part.WHOLE

    @property
    def _most(self) -> int:
        return MOST_HEAD_BYTES + MOST_BODY_BYTES

    def _read_head(self) -> None:
        found = self.data.find(b"\r\n\r\n", max(0, self._at - 3))
        self._at = len(self.data)
        if found > MOST_HEAD_BYTES or (found < 0 and len(self.data) > MOST_HEAD_BYTES):
            self.part = Part.HEAD_TOO_LARGE
        elif found >= 0:
            self._at = found + 4
            self._expect(bytes(self.data[: self._at]))

    def _expect(self, head: bytes) -> None:
        """Read from a whole head what follows it. What says it twice, or oddly, is for the parser to refuse."""
        said = [(name.lower(), value.strip()) for name, value in _FRAMING.findall(head)]
        self.part = Part.WHOLE
        if len(said) != 1:
            return
        [(name, value)] = said
        if name == b"transfer-encoding":
            self.part = Part.CHUNK_SIZE
        elif value.isdigit() and len(value) < 10 and 0 < int(value) <= MOST_BODY_BYTES:
            self.part, self._end = Part.BODY, self._at + int(value)
        self.awaits_continue = self.part is not Part.WHOLE and _EXPECTS.search(head) is not None

    def _read_line(self) -> bool:
        """Go on by one line of chunked framing, and by the chunk that it announces; False where more must come."""
        if self._at > len(self.data):
            return False
        end = self.data.find(b"\r\n", self._at)
        if end < 0:
            if len(self.data) - self._at > _LONGEST_LINE:
                self.part = Part.WHOLE
            return False
        line = bytes(self.data[self._at : end])
        self._at = end + 2
        if self.part is Part.TRAILERS:
            if not line:
                self.part = Part.WHOLE
            return bool(line)
        size = _SIZE.match(line)
        if size is None:
            self.part = Part.WHOLE
        elif int(size[1], 16) == 0:
            self.part = Part.TRAILERS
        else:
            self._at += int(size[1], 16) + 2
            if self._at > self._most:
                self.part = Part.WHOLE
        return self.part is not Part.WHOLE
