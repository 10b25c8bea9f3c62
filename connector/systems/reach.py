"""Why somebody could not be reached, in plain words and with what to do: drawn from what a library raised.

Nothing is asked here, and no library is known by its classes, but those of Python itself: the others are known by name.
"""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

_CERTIFICATE = {
    9: "its certificate is not valid yet: look at this host's clock",
    10: "its certificate has expired: renew it there",
    18: "its certificate is self-signed: give it one of a known authority, or name its file in REQUESTS_CA_BUNDLE",
    62: "its certificate is for another name: use the name that it is for, or have it renewed with this one",
    64: "its certificate is for another address: use the name that it is for, or have it renewed with this one",
}
_AUTHORITY = (
    "its certificate is of an authority that is not known here: have it sent with the whole chain, or name the file of "
    "that authority's certificate in REQUESTS_CA_BUNDLE"
)
_OF_THE_AUTHORITY = frozenset({0, 2, 19, 20, 21})
"""Codes of OpenSSL's verification that say nothing else than that, and that of no code."""

EXPIRED, OTHER_NAMES = 10, (62, 64)
"""Codes of OpenSSL's verification: of a certificate that was valid once, and of one that is somebody else's."""

_NO_WAY = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN})


@dataclass(frozen=True, slots=True)
class UnreachedReason:
    """``words``: why, and behind a colon what to do; empty where nothing tells. ``is_closed``: nobody listens there;
    ``is_late``: what was waited for did not come in time.
    """

    words: str
    is_closed: bool = False
    is_late: bool = False


def why(error: BaseException, connect_seconds: float, read_seconds: float) -> UnreachedReason:
    """The reason that an error tells.

    The seconds are those that were waited for a connection, and for an answer.
    """
    chain = list(causes(error))
    names = {type(one).__name__ for one in chain}
    said = next((words for one in chain if (words := _of(one))), "")
    if "ProxyError" in names:
        inner = f" ({said.partition(':')[0]})" if said else ""
        proxy = f"the proxy that the environment names does not let through{inner}"
        return UnreachedReason(f"{proxy}: mend HTTPS_PROXY, or add to NO_PROXY")
    if said:
        return UnreachedReason(said, is_closed="ConnectionRefusedError" in names)
    if names & {"ConnectTimeout", "ConnectTimeoutError"}:
        late = f"no connection within {connect_seconds:g} s: a firewall in between, or another address"
        return UnreachedReason(late, is_late=True)
    if "TimeoutError" in names or "ReadTimeoutError" in names:
        return UnreachedReason(
            f"no answer within {read_seconds:g} s: it is slow or hangs; look at it there", is_late=True
        )
    return UnreachedReason("")


def refused_certificate(error: BaseException) -> ssl.SSLCertVerificationError | None:
    """The refusal of a certificate that lies behind an error, if one does."""
    return next((one for one in causes(error) if isinstance(one, ssl.SSLCertVerificationError)), None)


def place_of(url: str) -> str:
    """The host and the port of an address, as a message may show them."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{host}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and what it wraps, in the several ways in which the libraries wrap."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        cause = waiting.pop()
        if isinstance(cause, BaseException) and id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            waiting += [getattr(cause, "reason", None), cause.__cause__, cause.__context__, *cause.args]


def _of(cause: BaseException) -> str:
    """What one exception tells by itself."""
    match cause:
        case ssl.SSLCertVerificationError():
            return _of_certificate(getattr(cause, "verify_code", 0), getattr(cause, "verify_message", ""))
        case ssl.SSLError(reason="WRONG_VERSION_NUMBER" | "HTTP_REQUEST"):
            return "it speaks no TLS at that port: correct the port, or https:// and http://"
        case ssl.SSLError():
            reason = getattr(cause, "reason", None) or "it was closed"
            return f"no TLS connection comes about ({reason}): look at its TLS settings"
        case ConnectionRefusedError():
            return "connection refused, as nothing listens there: correct the address and the port, or start it there"
        case socket.gaierror():
            return "the name is not known: correct it, or look at this host's name server"
        case http.client.RemoteDisconnected() | ConnectionResetError() | BrokenPipeError():
            return "it closed the connection without an answer: look at it there, or at a firewall in between"
        case OSError(errno=number) if number in _NO_WAY:
            return "there is no way there: look at this host's network, or at a firewall in between"
    return ""


def _of_certificate(code: int, message: str) -> str:
    if code in _CERTIFICATE or code in _OF_THE_AUTHORITY:
        return _CERTIFICATE.get(code, _AUTHORITY)
    # Such as one of a house's own authority that names no key: Python 3.13 is the first to look.
    return f"its certificate is not in order ({message}): have it issued anew, as RFC 5280 asks; Python 3.13 insists"
