"""The one HTTP client of all adapters: time-outs, retries, call budget, errors in the connector's own words.

No redirects, no cookies, one host (and those named besides), bounded answers. Requests are prepared here and go out
through a transport of their own. Only calls that are safe to repeat are
repeated, a few times within seconds; what lasts longer is the mailbox's business. A ``429`` makes the whole
connection hold still. Bodies, queries and credentials never appear in messages.
"""

from __future__ import annotations

import random
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import requests
import tenacity
from urllib3.exceptions import HTTPError as Urllib3Error
from urllib3.exceptions import NewConnectionError

from adapters.answers import Answer, calls_left, http_date, retry_after
from adapters.budget import CallBudget
from adapters.transport import Transport, ended_within
from connector.clock import Clock
from connector.errors import AdapterError, Busy, OutcomeUnknown, Permanent, Temporary, Unreachable
from connector.model import Lane
from connector.redaction import redacted_bytes
from connector.systems.contract import CallLedger
from connector.systems.lanes import present_lane
from connector.systems.reach import causes, place_of, why
from connector.systems.variables import is_loopback

DEFAULT_RETRY_AFTER = 30.0
LARGE = 1024 * 1024
"""Of answers that are larger, in bytes, a connection has one at a time in hand until it is read."""

MOST_OF_AN_ERROR = 64 * 1024
"""So much is read of an answer that is none: a refusal, a redirection, an error page."""

MOST_PAGES = 2000
"""No list that is meant to be read is longer."""

_IS_PLAIN = re.compile(r"https?://[a-z0-9.:-]+(?:/(?!\.)[A-Za-z0-9._~-]*)+(?:\?[A-Za-z0-9._~%=&-]*)?").fullmatch
"""An address with nothing in it that would have to be prepared to be sent."""


_IS_HOST = re.compile(r"[a-z0-9.:-]{1,100}").fullmatch


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """How patient and how busy a connection may be. Lengths are in seconds.

    ``attempts``: tries of a call that is safe to repeat; 1 switches retries off. ``calls_per_window``: at most so many
    in any ``window_seconds``, by all processes that share the ``ledger``; None is no limit, or a ledger of its own.
    ``longest_wait``: what a call may wait for the budget, and after which no further try begins; a list, which would
    have to be begun anew, may wait for ``longest_wait_of_lists``.
    ``max_bytes``: the largest answer, once it is unpacked.
    ``on_call(method, status, seconds)`` is told of every answer; status 0 is none.
    """

    connect_seconds: float = 5.0
    read_seconds: float = 10.0
    total_seconds: float = 30.0
    attempts: int = 3
    longest_wait: float = 5.0
    longest_wait_of_lists: float = 330.0
    calls_per_window: int | None = None
    window_seconds: float = 60.0
    ledger: CallLedger | None = None
    max_bytes: int = 16 * 1024 * 1024
    pool_size: int = 32
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    jitter: Callable[[float, float], float] = random.uniform
    on_call: Callable[[str, int, float], object] | None = None


class TooLarge(Permanent):
    """An answer is larger than any may be. A list can be asked for in smaller pages."""


class HttpClient:
    """Calls one host. Safe to use from several threads.

    ``headers`` go with every call, ``auth`` headers only where the call asks for them. ``explain`` draws the
    system's own error text from an answer. ``origins``: further ``scheme://host[:port]`` that absolute
    addresses may point to.
    """

    def __init__(
        self,
        base_url: str,
        clock: Clock,
        options: HttpOptions | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        auth: Mapping[str, str] | None = None,
        origins: Iterable[str] = (),
        explain: Callable[[Answer], str] = lambda answer: "",
    ) -> None:
        self.options = options or HttpOptions()
        self.budget = CallBudget(
            self.options.calls_per_window, self.options.window_seconds, self.options.ledger, self.options.monotonic
        )
        self.calls = 0
        self._base = base_url.rstrip("/")
        self._origins = {origin_of(self._base), *map(origin_of, origins)}
        self._auth = dict(auth or {})
        self._headers = dict(headers or {})
        self._explain = explain
        self._clock = clock
        self._always = {**requests.utils.default_headers(), **self._headers}
        self._transport = Transport(self.options.pool_size)
        self._proxies, self._verify = _environment_of(self._base)
        self._lock = threading.Lock()
        self._large = threading.Lock()
        self._retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_is_worth_a_retry),
            stop=tenacity.stop_after_attempt(max(1, self.options.attempts))
            | tenacity.stop_after_delay(self.options.longest_wait),
            wait=lambda state: self._back_off(state.attempt_number),
            sleep=self.options.sleep,
            reraise=True,
        )

    def clock_skew(self, answer: Answer) -> float | None:
        """Seconds by which the host's clock is ahead of ours, by an answer's Date; None without one."""
        theirs = http_date(answer.headers.get("Date"))
        return None if theirs is None else (theirs - self._clock.now()).total_seconds()

    def call(
        self,
        method: str,
        path: str,
        *,
        what: str,
        params: Mapping[str, str] | None = None,
        payload: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        is_repeatable: bool | None = None,
        is_authenticated: bool = True,
    ) -> Answer:
        """Make one call and return its answer, whatever 2xx or 4xx (but 429) it is.

        ``payload`` goes out as JSON, ``form`` as an HTML form does.
        ``what`` says in words what is tried ("read ticket 4711"). GET is repeatable, everything else only
        when told so. Raises Busy (the call limit), Unreachable (not performed, or repeatable), OutcomeUnknown (sent,
        not repeatable, and no usable answer), Permanent (a foreign host), TooLarge.
        """
        repeatable = method == "GET" if is_repeatable is None else is_repeatable
        url = self._url(path, what)
        if params:
            # Spaces as %20: a plus sign is a plus sign to some query parsers.
            url += "?" + urlencode(params, quote_via=quote)
        everything = {**(self._auth if is_authenticated else {}), **(headers or {})}
        request = _Prepared(method, url, payload, form, everything, what, repeatable)
        answer: Answer = self._retrying(self._once, request)
        if 300 <= answer.status < 400:
            host = _host_named(answer.headers.get("Location", ""))
            # In maintenance some redirect everything: nothing can be done there then, whoever asks for what.
            message = (
                f"{what}: redirected to {host}; configure the address itself, or, where that is a page to log in, let "
                "the API through without it"
            )
            raise Unreachable(message, cause="it redirects to another address")
        return answer

    def allow(self, origin: str) -> None:
        """Let absolute addresses point there, too."""
        self._origins.add(origin_of(origin))

    def close(self) -> None:
        """Give back the connections."""
        self._transport.close()

    def _back_off(self, attempt: int) -> float:
        return self.options.jitter(0.0, min(self.options.longest_wait / 2, 0.25 * 2.0**attempt))

    def _url(self, path: str, what: str) -> str:
        if "://" not in path:
            return f"{self._base}/{path.lstrip('/')}"
        if origin_of(path) not in self._origins:
            raise Permanent(f"{what}: {urlsplit(path).hostname} is not a host that may be called")
        return path

    def _once(self, request: _Prepared) -> Answer:
        self._take_call()
        with self._lock:
            self.calls += 1
        started = self.options.monotonic()
        status = 0
        try:
            answer = self._send(request, started)
            status = answer.status
        finally:
            if self.options.on_call is not None:
                self.options.on_call(request.method, status, self.options.monotonic() - started)
        return self._judged(request, answer)

    def _take_call(self) -> None:
        """Wait until the lane of this thread may make a call, if that is soon; else raise Busy."""
        lane = present_lane()
        patience = self.options.longest_wait_of_lists if lane is Lane.LISTS else self.options.longest_wait
        waited = 0.0
        while (wait := self.budget.take(lane)) > 0:
            waited += wait
            if waited > patience:
                whose = None if self.budget.left is None else lane  # no limit of ours: the system wants no call at all
                raise Busy(f"holding still for {wait:.0f} s to stay within the call limit", wait, whose)
            self.options.sleep(wait)

    def _send(self, request: _Prepared, started: float) -> Answer:
        options = self.options
        try:
            with (
                ended_within(options.total_seconds),
                self._transport.send(
                    self._prepared(request),
                    stream=True,
                    timeout=(options.connect_seconds, options.read_seconds),
                    verify=self._verify,
                    proxies=self._proxies,
                ) as response,
            ):
                return self._answer(response, request, started)
        except (requests.RequestException, Urllib3Error) as error:
            raise _translated(error, request, options) from error

    def _prepared(self, request: _Prepared) -> requests.PreparedRequest:
        """The request as it goes out."""
        prepared = requests.PreparedRequest()
        prepared.prepare_method(request.method)
        if _IS_PLAIN(request.url):
            prepared.url = request.url
        else:
            prepared.prepare_url(request.url, None)
        prepared.prepare_headers({**self._always, **request.headers})
        prepared.prepare_body(request.form, None, request.payload)
        return prepared

    def _answer(self, response: requests.Response, request: _Prepared, started: float) -> Answer:
        """The answer, as far as it is wanted; what is unpacked is counted, and never more of it is kept."""
        status, options = response.status_code, self.options
        parts: list[bytes] = []
        size = 0
        with ExitStack() as held:
            for part in response.iter_content(65536):
                parts.append(part)
                size += len(part)
                if status >= 300 and size >= MOST_OF_AN_ERROR:
                    break
                if size > options.max_bytes:
                    parts.clear()  # the error outlives this call
                    raise _too_large(request, options.max_bytes)
                if options.monotonic() - started > options.total_seconds:
                    raise _unanswered(request, f"no whole answer within {options.total_seconds:g} s")
                if size > LARGE >= size - len(part):
                    held.enter_context(self._alone(request))
            answer = Answer(status, response.headers, b"".join(parts))
            if status >= 300:
                # Some servers and proxies repeat what they were sent.
                return replace(answer, body=redacted_bytes(answer.body[:MOST_OF_AN_ERROR]))
            parts.clear()
            return answer.read() if size > LARGE else answer

    @contextmanager
    def _alone(self, request: _Prepared) -> Iterator[None]:
        """Within it no other large answer of this connection is in hand. Raises what no answer raises."""
        if not self._large.acquire(timeout=self.options.total_seconds):
            raise _unanswered(request, "the answers to other calls are too large to be read beside it")
        try:
            yield
        finally:
            self._large.release()

    def _judged(self, request: _Prepared, answer: Answer) -> Answer:
        if answer.status == 429:
            seconds = retry_after(answer, self._clock)
            seconds = DEFAULT_RETRY_AFTER if seconds is None else seconds
            self.budget.hold_still(seconds)
            raise Busy(f"{request.what}: too many calls; holding still for {seconds:.0f} s", seconds)
        left = calls_left(answer)
        if left is not None:
            self.budget.corrected(left)
        if answer.status >= 500:
            raise self._server_error(request, answer)
        return answer

    def _server_error(self, request: _Prepared, answer: Answer) -> AdapterError:
        text = self._explain(answer)
        message = f"{request.what}: answered {answer.status}" + (f" ({text})" if text else "")
        if not request.is_repeatable:
            return OutcomeUnknown(message)
        return Unreachable(message, retry_after(answer, self._clock), cause=f"it answers {answer.status}")


@dataclass(frozen=True, slots=True)
class _Prepared:
    method: str
    url: str
    payload: Any
    form: Mapping[str, str] | None
    headers: dict[str, str]
    what: str
    is_repeatable: bool


def origin_of(url: str) -> str:
    """``scheme://host:port`` of an address, in lower case, with the scheme's own port filled in.

    Raises ValueError for an address without a host or with a port that is none.
    """
    parts = urlsplit(url)
    if not parts.hostname:
        raise ValueError(f"no host in {url!r}")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{parts.scheme.lower()}://{parts.hostname.lower()}:{port}"


def _host_named(address: str) -> str:
    """The host of an address as a message may show it."""
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        host = ""
    return host if _IS_HOST(host) else "another address"


def page_numbers(what: str) -> Iterator[int]:
    """1, 2, 3, …; raises Permanent where a list has not ended after ``MOST_PAGES``."""
    yield from range(1, MOST_PAGES + 1)
    raise Permanent(f"{what}: the list does not end: {MOST_PAGES} pages were read", "a list does not end")


def _environment_of(base_url: str) -> tuple[dict[str, str], bool | str]:
    """The proxies and the certificates that an administrator gave to this host, if any; looked at once."""
    if is_loopback(base_url):
        return {}, True
    found = requests.Session().merge_environment_settings(base_url, {}, None, None, None)
    verify = found["verify"]
    return dict(found["proxies"]), True if verify is None else verify


def _is_worth_a_retry(error: BaseException) -> bool:
    """Temporary, and the system did not name a time to wait for."""
    return isinstance(error, Temporary) and error.retry_after is None


def _translated(error: Exception, request: _Prepared, options: HttpOptions) -> AdapterError:
    where = place_of(request.url)
    reason = why(error, options.connect_seconds, options.read_seconds).words or type(error).__name__
    if _was_never_sent(error):
        return Unreachable(f"{request.what}: no connection to {where}: {reason}", cause="no connection")
    return _unanswered(request, f"no answer from {where}: {reason}")


def _unanswered(request: _Prepared, problem: str) -> AdapterError:
    if request.is_repeatable:
        return Unreachable(f"{request.what}: {problem}", cause="no answer")
    return OutcomeUnknown(f"{request.what}: sent, but {problem}; it may have happened")


def _too_large(request: _Prepared, most: int) -> AdapterError:
    problem = f"the answer is larger than {most} bytes"
    if not request.is_repeatable:
        return OutcomeUnknown(f"{request.what}: sent, but {problem}; it may have happened")
    return TooLarge(f"{request.what}: {problem}", f"an answer is larger than {most // 2**20} MB")


def _was_never_sent(error: Exception) -> bool:
    """Whether the connection itself failed, so that nothing can have been performed."""
    if isinstance(error, (requests.ConnectTimeout, requests.exceptions.ProxyError)):
        return True
    return any(isinstance(cause, (NewConnectionError, ssl.SSLCertVerificationError)) for cause in causes(error))
