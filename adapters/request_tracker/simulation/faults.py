"""The switches that make a simulated RT fail, be slow, or behave in the ways in which real ones differ."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from adapters.simulation.faults import CallFaults
from adapters.simulation.refusal import TEXT_TYPE, Refusal


class Faults(CallFaults):
    """Besides those that all simulators have (paths are those below ``/REST/2.0/``):

    ``rights_after_paging``: RT is configured to filter tickets by rights only after it cut the page: totals are not
    told, pages come back short.
    ``newer_paging``: lists as 5.0.6 and later page them: a page beyond the last is answered with the last where the
    user can see all, which is so of a ticket's history, too, and the next page is named.
    ``comments_become_replies``: a rule of the site turns comments into what the client sees.
    A scrip runs after each PUT over HTTP, ``scrip_times`` often (None: always): ``scrip_reverts`` names what it
    puts back (``Queue``, ``Owner``, ``Status``).
    """

    NOTES = ("POST", re.compile(r"^ticket/\d+/comment$", re.IGNORECASE))

    DEFAULTS: ClassVar[Mapping[str, Any]] = {
        **CallFaults.DEFAULTS,
        "rights_after_paging": False,
        "newer_paging": False,
        "comments_become_replies": False,
        "scrip_reverts": frozenset(),
        "scrip_times": None,
    }

    rights_after_paging: bool
    newer_paging: bool
    comments_become_replies: bool
    scrip_reverts: frozenset[str]
    scrip_times: int | None

    def outage_refusal(self) -> Refusal:
        """A web server without the RT behind it."""
        return Refusal(503, "<html><body>Service Unavailable</body></html>", content_type=TEXT_TYPE)

    def failure(self, status: int) -> Refusal:
        """RT's own failures (500) have no body at all."""
        if status >= 500:
            return Refusal(status, "", content_type=TEXT_TYPE)
        return Refusal(status, {"message": f"The simulator was told to answer {status}."})

    def forbidden(self) -> Refusal:
        """The right to see something is missing."""
        return Refusal(403, {"message": "Forbidden"})

    def too_many(self, retry_after: int | None) -> Refusal:
        """RT itself never says this; a proxy before it may."""
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        return Refusal(429, "Too Many Requests", headers, TEXT_TYPE)

    def take_scrip_run(self) -> bool:
        """Whether the scrip runs now; counted down."""
        with self._lock:
            if not self.scrip_reverts or self.scrip_times == 0:
                return False
            if self.scrip_times is not None:
                self.scrip_times -= 1
            return True
