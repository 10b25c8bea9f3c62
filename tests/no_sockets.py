"""HTTP between the parties of a scenario without sockets: a request is handed to the application that would serve it.

All listen as ever, and what is sent is what would be: the requests as the connector prepares them, the answers as
``urllib3`` reads them. Only the way between them is cut short, which takes a fifth of a scenario's time. Where the way
itself is in question, it is taken: a simulator that is told to break off, to be slow or to answer hostilely is called
over its socket, and so is whatever listens in another process, or no more.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse

from adapters.simulation.serving import Served
from connector.demo import stage

Application = Callable[[Mapping[str, Any], Callable[..., Any]], Any]


@contextmanager
def handed_over() -> Iterator[None]:
    """Within it, simulators that are started and stages that are opened are called without sockets."""
    found: dict[str, Callable[[], Application | None]] = {}
    make_server, start, stop, send = stage.make_server, Served.start, Served.stop, HTTPAdapter.send

    def made(*args: Any, **named: Any) -> Any:
        server = make_server(*args, **named)
        origin, close = f"http://127.0.0.1:{server.server_port}", server.server_close

        def closed() -> None:
            found.pop(origin, None)
            close()

        server.server_close = closed
        found[origin] = lambda: server.app
        return server

    def started(simulator: Served, port: int = 0) -> str:
        address = start(simulator, port)
        found[_origin(address)] = lambda: None if simulator.faults.needs_a_socket else simulator.app
        return address

    def stopped(simulator: Served) -> None:
        found.pop(_origin(simulator.base_url), None)
        stop(simulator)

    def sent(adapter: HTTPAdapter, request: requests.PreparedRequest, *args: Any, **named: Any) -> requests.Response:
        application = found.get(_origin(request.url), lambda: None)()
        if application is None:
            return send(adapter, request, *args, **named)
        return adapter.build_response(request, _answer(application, request))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(stage, "make_server", made)
        patched.setattr(Served, "start", started)
        patched.setattr(Served, "stop", stopped)
        patched.setattr(HTTPAdapter, "send", sent)
        yield


@pytest.fixture
def calls_without_sockets() -> Iterator[None]:
    """The parties of a test call each other without sockets."""
    with handed_over():
        yield


def _origin(url: str) -> str:
    return "/".join(url.split("/", 3)[:3])


def _answer(application: Application, request: requests.PreparedRequest) -> HTTPResponse:
    """What the application answers, as it is read from a socket."""
    told: list[Any] = []
    body = application(_environ(request), lambda status, headers, exc_info=None: told.extend((status, headers)))
    try:
        whole = b"".join(body)
    finally:
        getattr(body, "close", lambda: None)()
    status, headers = told
    code, _, reason = status.partition(" ")
    return HTTPResponse(
        io.BytesIO(whole),
        HTTPHeaderDict(headers),
        int(code),
        reason=reason,
        preload_content=False,
        request_method=request.method,
    )


def _environ(request: requests.PreparedRequest) -> dict[str, Any]:
    """What werkzeug's server makes of the request."""
    parts = urlsplit(request.url)
    body = request.body or b""
    raw = body.encode() if isinstance(body, str) else body
    target = request.path_url.encode().decode("latin-1")
    headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.headers.items()}
    length, kind = headers.pop("HTTP_CONTENT_LENGTH", None), headers.pop("HTTP_CONTENT_TYPE", None)
    return {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(parts.path or "/").encode().decode("latin-1"),
        "QUERY_STRING": parts.query.encode().decode("latin-1"),
        "REQUEST_URI": target,
        "RAW_URI": target,
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_NAME": parts.hostname,
        "SERVER_PORT": str(parts.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": parts.netloc,
        **{name: _text(value) for name, value in headers.items()},
        **({} if length is None else {"CONTENT_LENGTH": _text(length)}),
        **({} if kind is None else {"CONTENT_TYPE": _text(kind)}),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(raw),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
