"""Why somebody could not be reached: the reasons that no address of a test can have, and what tells none."""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
from itertools import pairwise
from pathlib import Path

import pytest

from connector.systems.certificates import read, shown_by, told_of_refused
from connector.systems.reach import place_of, why
from tests.certificates import Authority, speaking_tls


class ReadTimeoutError(Exception):
    """Named as the library's."""


class ConnectTimeout(Exception):  # as the library has it
    """Named as the library's."""


class ProxyError(Exception):
    """Named as the library's."""


def wrapped(*errors: BaseException) -> BaseException:
    """The first one, raised because of the second one, and so on."""
    for error, cause in pairwise(errors):
        error.__cause__ = cause
    return errors[0]


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "there is no way there: look at this host's network"),
        (OSError(errno.EIO, "Input/output error"), ""),
        (ConnectionResetError(), "it closed the connection without an answer"),
        (http.client.RemoteDisconnected("gone"), "it closed the connection without an answer"),
        (ssl.SSLError("handshake"), "no TLS connection comes about (it was closed)"),
        (wrapped(ConnectTimeout(), OSError("slow")), "no connection within 5 s: a firewall in between"),
        (wrapped(Exception(), ReadTimeoutError()), "no answer within 10 s"),
        (ProxyError("no"), "the proxy that the environment names does not let through: mend HTTPS_PROXY"),
        (
            wrapped(ProxyError("no"), socket.gaierror()),
            "let through (the name is not known): mend HTTPS_PROXY",
        ),
        (wrapped(Exception("outer"), Exception(ConnectionRefusedError())), "connection refused, as nothing listens"),
    ],
)
def test_the_reason_is_told_in_plain_words_with_what_to_do(error: BaseException, says: str) -> None:
    found = why(error, 5.0, 10.0).words
    assert says in found
    assert bool(found) is bool(says)


def test_a_place_is_told_by_host_and_port() -> None:
    assert place_of("https://u:geheim@desk.example/x?y") == "desk.example:443"
    assert place_of("http://[::1]/") == "[::1]:80"


def test_a_certificate_that_is_not_in_order_is_no_matter_of_its_authority(tmp_path: Path) -> None:
    """Python 3.13 refuses what a house's own authority often leaves out."""
    authority = Authority(tmp_path)
    context = ssl.create_default_context(cafile=str(authority.path))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    with (
        speaking_tls(authority.server("desk.test", says_whose_key=False)) as port,
        socket.create_connection(("127.0.0.1", port), 5) as plain,
        pytest.raises(ssl.SSLError) as refused,
    ):
        context.wrap_socket(plain, server_hostname="desk.test")
    found = why(refused.value, 5.0, 10.0).words
    assert found.startswith("its certificate is not in order (Missing Authority Key Identifier): have it issued anew")
    with speaking_tls(authority.server("desk.test")) as port, socket.create_connection(("127.0.0.1", port), 5) as plain:
        context.wrap_socket(plain, server_hostname="desk.test").close()


def test_a_certificate_is_looked_at_only_where_it_tells_more() -> None:
    assert told_of_refused(ssl.SSLCertVerificationError("self-signed"), "nobody.invalid", 443) == ""
    assert told_of_refused(ConnectionRefusedError(), "nobody.invalid", 443) == ""


def test_what_is_no_certificate_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert shown_by("127.0.0.1", port) is None
    for data in (b"", b"\x30\x82\xff\xff\x00", b"\x30\x03\x30\x01\x00"):
        with pytest.raises((ValueError, IndexError)):
            read(data)
