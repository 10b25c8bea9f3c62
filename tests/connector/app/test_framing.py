"""Where a request ends: the same place as for the server's parser, in whatever pieces it comes."""

from __future__ import annotations

import pytest
from gunicorn.config import Config
from gunicorn.http import get_parser
from hypothesis import given
from hypothesis import strategies as st

from connector.app.framing import MOST_BODY_BYTES, MOST_HEAD_BYTES, Incoming, Part

POST = b"POST /webhooks/psa HTTP/1.1\r\nHost: x\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
WHOLE = {
    "no body": b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n",
    "a length": POST + b"Content-Length: 5\r\n\r\n{   }",
    "no length": POST + b"Content-Length: 0\r\n\r\n",
    "chunks": CHUNKED + b"2\r\n{ \r\n3;a=b\r\n  }\r\n0\r\n\r\n",
    "no chunk": CHUNKED + b"0\r\n\r\n",
    "trailers": CHUNKED + b"2\r\n{}\r\n0\r\nX-A: b\r\nX-C: d\r\n\r\n",
    "chunks that hold what looks like an end": CHUNKED + b"7\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n",
}


def parsed(data: bytes) -> bytes:
    """What the server's parser leaves over."""
    parser = get_parser(Config(), [data], ("127.0.0.1", 1))
    next(parser)
    assert parser.finish_body()
    return parser.unreader.take_buffered()


@pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE)
def test_a_request_is_whole_with_its_last_byte_and_not_before(data: bytes) -> None:
    assert parsed(data + b"next") == b"next"
    for end in range(len(data)):
        assert not Incoming(data[:end]).is_at_its_end
    assert Incoming(data).part is Part.WHOLE
    assert Incoming(data + b"GET / HTTP/1.1\r\n").part is Part.WHOLE


@given(st.sampled_from(list(WHOLE.values())), st.lists(st.integers(1, 40), max_size=30))
def test_in_whatever_pieces_it_comes_it_is_the_same(data: bytes, sizes: list[int]) -> None:
    request = Incoming()
    for size in sizes:
        request.feed(data[:size])
        data = data[size:]
    if data:
        assert not request.is_at_its_end
        request.feed(data)
    assert request.part is Part.WHOLE


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: -5\r\n",
        b"Content-Length: five\r\n",
        b"Content-Length: " + b"9" * 400 + b"\r\n",
        b"Content-Length: " + str(MOST_BODY_BYTES + 1).encode() + b"\r\n",
    ],
)
def test_what_is_certain_to_be_refused_is_not_waited_for(head: bytes) -> None:
    assert Incoming(POST + head + b"\r\n").part is Part.WHOLE


@pytest.mark.parametrize(
    "body", [b"zz\r\n", b"-1\r\n", b"\r\n", b"fffffffff\r\n", b"1" * 9000, b"0x2\r\n", b"1" * 16 + b"\r\n"]
)
def test_a_chunk_size_that_is_none_or_too_large_ends_it(body: bytes) -> None:
    assert Incoming(CHUNKED + body).part is Part.WHOLE


def test_many_small_chunks_end_it_at_the_bound() -> None:
    request = Incoming(CHUNKED)
    fed = 0
    while not request.is_at_its_end:
        request.feed(b"1\r\nx\r\n" * 1000)
        fed += 6000
    assert fed <= MOST_HEAD_BYTES + MOST_BODY_BYTES + 6000


@pytest.mark.parametrize("end", [b"", b"\r\n\r\n"])
def test_a_head_without_an_end_is_too_large_at_some_point(end: bytes) -> None:
    request = Incoming(POST)
    request.feed(b"X: " + b"y" * MOST_HEAD_BYTES + end)
    assert request.part is Part.HEAD_TOO_LARGE


@pytest.mark.parametrize(
    ("head", "awaits"),
    [
        (b"Content-Length: 5\r\nExpect: 100-continue\r\n", True),
        (b"expect: 100-Continue\r\nTransfer-Encoding: chunked\r\n", True),
        (b"Content-Length: 5\r\n", False),
        (b"Content-Length: 9999999\r\nExpect: 100-continue\r\n", False),
        (b"Expect: 100-continue\r\n", False),
    ],
)
def test_who_waits_to_be_told_to_go_on_is_told_once_and_only_where_a_body_is_wanted(head: bytes, awaits: bool) -> None:
    request = Incoming(POST + head + b"\r\n")
    assert request.awaits_continue is awaits
    request.feed(b"1")
    assert not request.awaits_continue


@pytest.mark.parametrize(
    ("line", "is_health"),
    [
        (b"GET /health/live", True),
        (b"HEAD /health/ready", True),
        (b"GET /healthy", False),
        (b"POST /health/live", False),
    ],
)
def test_what_asks_for_health_is_known_by_its_first_line(line: bytes, is_health: bool) -> None:
    assert Incoming(line + b" HTTP/1.1\r\n\r\n").is_health is is_health
