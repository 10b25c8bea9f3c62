"""One question to the identity provider: so much is read of an answer, so long is waited, and nothing is followed.

Few are asked at once: each takes a thread that webhooks want, too. One that hangs keeps its place until it ends, and
nobody waits for it any more.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests

from connector.systems.reach import why
from connector.systems.variables import is_loopback
from connector.web.login.oidc.refusals import away, busy

CONNECT_SECONDS, READ_SECONDS, IN_ALL_SECONDS = 3.0, 5.0, 8.0
MOST_BYTES = 256 * 1024
MOST_AT_ONCE = 3

_PIECE = 1024
_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity"}
_OK, _BAD_REQUEST, _UNAUTHORIZED = 200, 400, 401


@dataclass(frozen=True, slots=True)
class ProviderQuestion:
    """What is asked, of which address; ``form``: posted, with ``basic`` as user and password, where there is one."""

    url: str
    form: str = ""
    basic: tuple[str, str] | None = None


class Asking:
    """Asks one provider. Safe for several threads. Raises NotLetIn."""

    def __init__(self, seconds: float = IN_ALL_SECONDS, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._monotonic = monotonic
        self._room = threading.BoundedSemaphore(MOST_AT_ONCE)

    def __call__(self, question: ProviderQuestion) -> tuple[int, Mapping[str, Any]]:
        """Status (200, 400 or 401), and the JSON object that was answered."""
        if not self._room.acquire(blocking=False):
            raise busy()
        answer: Future[tuple[int, Mapping[str, Any]]] = Future()
        threading.Thread(target=self._fulfil, args=(question, answer), name="asking a provider", daemon=True).start()
        try:
            return answer.result(self._seconds)
        except FutureTimeout:
            raise away(f"it took longer than {self._seconds:g} s") from None

    def _fulfil(self, question: ProviderQuestion, answer: Future[tuple[int, Mapping[str, Any]]]) -> None:
        try:
            answer.set_result(self._ask(question))
        except BaseException as error:  # noqa: BLE001  # it is raised where the answer is waited for
            answer.set_exception(error)
        finally:
            self._room.release()

    def _ask(self, question: ProviderQuestion) -> tuple[int, Mapping[str, Any]]:
        begun_at = self._monotonic()
        headers = dict(_HEADERS)
        if question.form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            with requests.request(
                "POST" if question.form else "GET",
                question.url,
                data=question.form or None,
                headers=headers,
                auth=question.basic or _nothing,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                stream=True,
            ) as answer:
                return answer.status_code, self._object(answer, begun_at)
        except requests.RequestException as error:
            told = why(error, CONNECT_SECONDS, READ_SECONDS).words.partition(":")[0]
            raise away(told or "it does not answer as it should") from None

    def _object(self, answer: requests.Response, begun_at: float) -> Mapping[str, Any]:
        if answer.status_code not in (_OK, _BAD_REQUEST, _UNAUTHORIZED):
            raise away(f"it answered {answer.status_code}")
        found = bytearray()
        for piece in answer.iter_content(_PIECE):
            found += piece
            if len(found) > MOST_BYTES:
                raise away(f"its answer is larger than {MOST_BYTES // 1024} KB")
            if self._monotonic() - begun_at > self._seconds:
                raise away(f"it took longer than {self._seconds:g} s")
        try:
            value = json.loads(found)
        except (ValueError, RecursionError):
            raise away("its answer is no JSON") from None
        if not isinstance(value, dict):
            raise away("its answer is no JSON object")
        return value


def _nothing(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
    """No user and no password, also where a file of the host's has one for that name."""
    return prepared


def is_askable(url: object, issuer: str) -> bool:
    """Whether an address may be asked, or people be sent to it: https, or this very machine where the issuer is."""
    if not isinstance(url, str) or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return False
    try:
        parts = urlsplit(url)
        has_port = parts.port != 0
    except ValueError:
        return False
    if not parts.hostname or not has_port or "@" in parts.netloc or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url) and is_loopback(issuer))
