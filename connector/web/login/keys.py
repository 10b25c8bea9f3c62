"""What the session key is used for: each purpose has digests of its own, and none tells of another, nor of the key."""

from __future__ import annotations

import hashlib
import hmac
import json

from itsdangerous import BadData, URLSafeSerializer

_DIGEST_CHARACTERS = 43


class Signing:
    """Digests and signed values under one key."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def digest(self, purpose: str, *parts: str) -> str:
        """The same for the same parts alone, and nothing to learn the parts from."""
        said = json.dumps([purpose, *parts]).encode()
        return hmac.new(self._key, said, hashlib.sha256).hexdigest()[:_DIGEST_CHARACTERS]

    def is_digest(self, given: str, purpose: str, *parts: str) -> bool:
        """Whether that is the digest, in a time that tells nothing of it."""
        return hmac.compare_digest(given.encode("utf-8", "replace"), self.digest(purpose, *parts).encode())

    def signed(self, purpose: str, value: dict[str, str | int]) -> str:
        """A value that only we can have written, as the text of a cookie. It is no secret."""
        return str(self._serializer(purpose).dumps(value))

    def read(self, purpose: str, text: str) -> dict[str, str | int] | None:
        """The value of a text that ``signed`` made for that purpose; None for any other text."""
        try:
            value = self._serializer(purpose).loads(text)
        except BadData:
            return None
        return value if isinstance(value, dict) else None

    def _serializer(self, purpose: str) -> URLSafeSerializer:
        signer = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
        return URLSafeSerializer(self._key, salt=purpose, signer_kwargs=signer)
