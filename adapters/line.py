"""The line of the contract, as far as it is the same on every system that is asked by HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from adapters.absence import NotThere
from adapters.http import HttpClient
from connector.errors import ConnectorError
from connector.model import Finding, Lane, Severity

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
        return Finding(Severity.ERROR, subject, f"{error}{if_absent}")
    except ConnectorError as error:
        return Finding(Severity.ERROR, subject, str(error))
    if isinstance(answer, tuple):
        severity, message = answer
        return Finding(severity, subject, message)
    return Finding(Severity.OK, subject, fine or str(answer))


def clock_finding(skew: float | None, site: str) -> Finding:
    """Whether two clocks agree; ``skew``: seconds by which that of the ``site`` is ahead, None when it tells none."""
    if skew is None:
        return Finding(Severity.WARNING, "clock", f"{site} names no time to compare with")
    if abs(skew) > MOST_SKEW_SECONDS:
        way = "behind" if skew > 0 else "ahead of"
        message = f"this host's clock is {abs(skew):.0f} s {way} {site}'s: limits would be judged wrongly"
        return Finding(Severity.ERROR, "clock", message)
    return Finding(Severity.OK, "clock", f"within {abs(skew):.0f} s of {site}'s")
