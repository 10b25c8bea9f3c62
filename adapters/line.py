"""The line of the contract, as far as it is the same on every system that is asked by HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from adapters.absence import NotThere
from adapters.http import HttpClient
from adapters.payloads import NO_JSON
from connector.errors import ConnectorError, UnknownName, Unreachable
from connector.model import Finding, Lane, Severity
from connector.systems.certificates import told_of_refused
from connector.systems.reach import causes

PROBED = 5
"""How many tickets a probe of the line asks for."""

MOST_SKEW_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class HttpLine:
    """What a line through one HTTP client tells of itself; the adapter adds ``check`` and ``probe``."""

    http: HttpClient

    @property
    def calls(self) -> int:
        """See the contract."""
        return self.http.calls

    @property
    def budget(self) -> Mapping[Lane, int] | None:
        """See the contract."""
        return self.http.budget.left

    def waits(self, lane: Lane, calls: int) -> float:
        """See the contract."""
        return self.http.budget.waits(lane, calls)

    def close(self) -> None:
        """See the contract."""
        self.http.close()


def asked(subject: str, ask: Callable[[], object], fine: str = "", *, if_absent: str = "") -> Finding:
    """What the answer to a question makes, or the error: a finding. Raises nothing of the contract's errors.

    The answer is a text, or a severity with one; where it says nothing, ``fine`` does. ``if_absent`` goes behind a 404.
    """
    try:
        answer = ask()
    except NotThere as error:
        return Finding(Severity.ERROR, subject, f"{error}{if_absent}", error.cause)
    except ConnectorError as error:
        return failed(subject, error)
    if isinstance(answer, tuple):
        severity, message = answer
        return Finding(severity, subject, message)
    return Finding(Severity.OK, subject, fine or str(answer))


def failed(subject: str, error: ConnectorError, address: str = "") -> Finding:
    """What an error makes: a finding. ``address``: the variables that say where calls go, and may be wrong.

    Where a certificate was refused, it is looked at: until when it was valid, for which names.
    """
    message = str(error)
    if isinstance(error, Unreachable) and (shown := _of_certificate(error)):
        message = f"{message} ({shown})"
    elif isinstance(error, Unreachable) and address and error.cause in _OF_ADDRESS:
        message = f"{message}; is {address} right?"
    # Of names that are not known each is a finding; what is said of people without their names is the same of all.
    cause = "" if isinstance(error, UnknownName) else getattr(error, "cause", "")
    return Finding(Severity.ERROR, subject, message, cause)


_OF_ADDRESS = (NO_JSON,)
"""Causes that a wrong address has, too, and of which the message does not say so."""


def _of_certificate(error: ConnectorError) -> str:
    """What the certificate tells that a call was refused for."""
    asked_for = next((url for one in causes(error) if (url := getattr(getattr(one, "request", None), "url", ""))), "")
    parts = urlsplit(asked_for)
    return told_of_refused(error, parts.hostname, parts.port or 443) if parts.hostname else ""


def clock_finding(skew: float | None, site: str) -> Finding:
    """Whether two clocks agree; ``skew``: seconds by which that of the ``site`` is ahead, None when it tells none."""
    if skew is None:
        return Finding(Severity.WARNING, "clock", f"{site} names no time to compare with")
    if abs(skew) > MOST_SKEW_SECONDS:
        way = "behind" if skew > 0 else "ahead of"
        message = f"this host's clock is {abs(skew):.0f} s {way} {site}'s: limits would be judged wrongly"
        return Finding(Severity.ERROR, "clock", message)
    return Finding(Severity.OK, "clock", f"within {abs(skew):.0f} s of {site}'s")
