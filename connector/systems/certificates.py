"""The certificate that a server shows, whether it is good or not: only to say what is wrong with one that was refused.

Nothing is sent to a server that was asked for it, and nothing is believed of what it shows.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from connector.systems.reach import EXPIRED, OTHER_NAMES, refused_certificate

LOOK_SECONDS = 5.0
_MOST_NAMES = 3
_SEQUENCE, _TIMES, _DNS_NAME = 0x30, {0x17: "%y%m%d%H%M%SZ", 0x18: "%Y%m%d%H%M%SZ"}, 0x82
_ALTERNATIVE_NAMES = bytes.fromhex("0603551d11")
_NAME = re.compile(r"[A-Za-z0-9*._-]{1,100}")


@dataclass(frozen=True, slots=True)
class ShownCertificate:
    """Until when a certificate is valid, and for which names."""

    valid_until: datetime
    names: tuple[str, ...]


def told_of_refused(error: BaseException, host: str, port: int) -> str:
    """What the certificate of a server tells of its refusal: since when it has expired, for which names it is.

    Empty where no certificate was refused, or it cannot be looked at.
    """
    refused = refused_certificate(error)
    code: int = getattr(refused, "verify_code", 0)
    found = shown_by(host, port) if code == EXPIRED or code in OTHER_NAMES else None
    if found is None:
        return ""
    if code == EXPIRED:
        return f"it was valid until {found.valid_until:%Y-%m-%d}"
    more = len(found.names) - _MOST_NAMES
    names = ", ".join(found.names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
    return f"it is for {names}" if names else ""


def shown_by(host: str, port: int) -> ShownCertificate | None:
    """The certificate that a server shows; None where there is none to be seen."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # it was refused already: it is looked at, not trusted
    with (
        suppress(OSError, ValueError, IndexError),
        socket.create_connection((host, port), LOOK_SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=host) as connection,
    ):
        return read(connection.getpeercert(binary_form=True) or b"")
    return None


def read(certificate: bytes) -> ShownCertificate:
    """The end and the names of a certificate in DER. Raises ValueError, IndexError for what is none."""
    signed = _first(_first(certificate))
    for tag, content in _parts(signed):
        match list(_inner(content)) if tag == _SEQUENCE else []:
            case [(begins, _), (ends, end)] if begins in _TIMES and ends in _TIMES:
                until = datetime.strptime(end.decode("ascii"), _TIMES[ends]).replace(tzinfo=UTC)
                return ShownCertificate(until, tuple(_names(signed)))
    raise ValueError("no times are in it")


def _names(signed: bytes) -> Iterator[str]:
    _, found, behind = signed.partition(_ALTERNATIVE_NAMES)
    if not found:
        return
    for tag, name in _parts(_first(_first(behind))):
        text = name.decode("ascii", "replace")
        if tag == _DNS_NAME and _NAME.fullmatch(text):
            yield text


def _first(data: bytes) -> bytes:
    """The content of the first field."""
    for _, content in _parts(data):
        return content
    raise ValueError("a field is empty")


def _inner(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The parts of a field, none where it has none."""
    with suppress(ValueError, IndexError):
        yield from _parts(content)


def _parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The fields that stand one behind the other: the tag and the content of each."""
    at = 0
    while at < len(data):
        tag, length = data[at], data[at + 1]
        at += 2
        if length >= 0x80:
            size = length & 0x7F
            length = int.from_bytes(data[at : at + size], "big")
            at += size
        if at + length > len(data):
            raise ValueError("a field is longer than what holds it")
        yield tag, data[at : at + length]
        at += length
