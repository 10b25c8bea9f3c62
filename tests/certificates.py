"""Certificates for tests, made as they are needed: an authority, and what it signs for any name and any time.

Written out in DER, so that nothing has to be installed for it; ECDSA on P-256, of which one key is enough.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
Point = tuple[int, int] | None
ECDSA_SHA256, EC_KEY, P256 = "2a8648ce3d040302", "2a8648ce3d0201", "2a8648ce3d030107"
COMMON_NAME, BASIC_CONSTRAINTS, ALTERNATIVE_NAMES = "550403", "551d13", "551d11"
KEY_USAGE, KEY_OF_ITS_OWN, KEY_OF_ITS_AUTHORITY = "551d0f", "551d0e", "551d23"
SIGNS_CERTIFICATES = bytes.fromhex("03020106")


def add(a: Point, b: Point) -> Point:
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % P == 0:
        return None
    slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P) if a == b else (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def times(number: int, point: Point) -> tuple[int, int]:
    found: Point = None
    while number:
        if number & 1:
            found = add(found, point)
        point, number = add(point, point), number >> 1
    assert found is not None
    return found


def der(tag: int, *content: bytes) -> bytes:
    body = b"".join(content)
    size = len(body)
    length = bytes([size]) if size < 128 else bytes([0x82]) + size.to_bytes(2, "big")
    return bytes([tag]) + length + body


def sequence(*content: bytes) -> bytes:
    return der(0x30, *content)


def oid(number: str) -> bytes:
    return der(0x06, bytes.fromhex(number))


def integer(number: int) -> bytes:
    return der(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def bits(content: bytes) -> bytes:
    return der(0x03, b"\0", content)


def name(text: str) -> bytes:
    return sequence(der(0x31, sequence(oid(COMMON_NAME), der(0x0C, text.encode()))))


def moment(at: datetime) -> bytes:
    return der(0x17, f"{at:%y%m%d%H%M%SZ}".encode())


def pem(kind: str, content: bytes) -> str:
    return f"-----BEGIN {kind}-----\n{base64.encodebytes(content).decode()}-----END {kind}-----\n"


class Authority:
    """One that signs. Its own certificate is at ``path``; ``shown`` has those that it signed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = secrets.randbelow(N - 1) + 1
        x, y = times(self._key, G)
        self._public = b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big")
        self.path = folder / "authority.pem"
        self.path.write_text(pem("CERTIFICATE", self._certificate("Authority of tests", timedelta(days=9), True)))

    def server(
        self,
        host: str,
        *,
        ends_in: timedelta = timedelta(days=9),
        is_self_signed: bool = False,
        says_whose_key: bool = True,
    ) -> Path:
        """A file with a key and a certificate for a name. ``says_whose_key``: as RFC 5280 asks for."""
        path = self._folder / f"{host}.pem"
        issuer = host if is_self_signed else ""
        key = pem(
            "EC PRIVATE KEY",
            sequence(
                integer(1),
                der(0x04, self._key.to_bytes(32, "big")),
                der(0xA0, oid(P256)),
                der(0xA1, bits(self._public)),
            ),
        )
        path.write_text(key + pem("CERTIFICATE", self._certificate(host, ends_in, False, issuer, says_whose_key)))
        return path

    def _certificate(
        self, host: str, ends_in: timedelta, is_authority: bool, issuer: str = "", says_whose_key: bool = True
    ) -> bytes:
        now = datetime.now(UTC)
        algorithm = sequence(oid(ECDSA_SHA256))
        constraints = sequence(der(0x01, b"\xff")) if is_authority else sequence()
        extensions = [sequence(oid(BASIC_CONSTRAINTS), der(0x01, b"\xff"), der(0x04, constraints))]
        key = hashlib.sha1(self._public, usedforsecurity=False).digest()
        if is_authority:
            extensions.append(sequence(oid(KEY_USAGE), der(0x01, b"\xff"), der(0x04, SIGNS_CERTIFICATES)))
        if says_whose_key:
            extensions.append(sequence(oid(KEY_OF_ITS_OWN), der(0x04, der(0x04, key))))
            extensions.append(sequence(oid(KEY_OF_ITS_AUTHORITY), der(0x04, sequence(der(0x80, key)))))
        if not is_authority:
            names = sequence(der(0x82, host.encode()))
            extensions.append(sequence(oid(ALTERNATIVE_NAMES), der(0x04, names)))
        signed = sequence(
            der(0xA0, integer(2)),
            integer(secrets.randbits(64)),
            algorithm,
            name(issuer or "Authority of tests"),
            sequence(moment(now - timedelta(days=90)), moment(now + ends_in)),
            name(host),
            sequence(sequence(oid(EC_KEY), oid(P256)), bits(self._public)),
            der(0xA3, sequence(*extensions)),
        )
        return sequence(signed, algorithm, bits(self._signature(signed)))

    def _signature(self, signed: bytes) -> bytes:
        digest = int.from_bytes(hashlib.sha256(signed).digest(), "big")
        once = secrets.randbelow(N - 1) + 1
        r = times(once, G)[0] % N
        return sequence(integer(r), integer(pow(once, -1, N) * (digest + r * self._key) % N))


@contextmanager
def speaking_tls(certificate: Path, host: str = "127.0.0.1") -> Iterator[int]:
    """A port that shows a certificate to whoever comes, and says nothing; gives its number."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = socket.create_server((host, 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = server.accept()
            except OSError:
                return
            with suppress(OSError), context.wrap_socket(plain, server_side=True):
                pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server.getsockname()[1]
    finally:
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)
