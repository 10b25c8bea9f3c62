"""Who may see the console. Without a login: whoever sits at this machine, and nobody else.

Where a login plugs in: ``ConsoleParts.who_asks`` is one function of the kind ``WhoAsks``, asked before each request of
the console's own routes. It gives the ``Viewer``, or raises: ``HttpProblem`` 401 or 403 to refuse (people are shown a
page, programs a problem), or ``werkzeug.exceptions.abort(redirect(...))`` to send the browser to a page of the login's
own, whose routes are not guarded. ``at_this_machine`` is asked where no other is given. Templates have the viewer as
``viewer`` (``viewer.may(Role.MANAGER)``), routes ``viewer_of_request()``; ``require(role)`` refuses the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from flask import Blueprint, Request, g, request

from connector.systems.addresses import plain
from connector.web.console import forms
from connector.web.problems import HttpProblem

NOT_THIS_MACHINE = "not_this_machine"
NOT_ALLOWED = "not_allowed"

_FORWARDED = re.compile(
    r"HTTP_(?:X_FORWARDED(?:_\w+)?|X_ORIGINAL_\w+|FORWARDED(?:_\w+)?|VIA|X_REAL_IP|X_CLIENT_IP|X_CLUSTER_CLIENT_IP"
    r"|X_ENVOY_\w+|CLIENT_IP|TRUE_CLIENT_IP|CF_\w+|FASTLY_CLIENT_IP|FLY_\w+|X_AZURE_\w+|X_PROXYUSER_IP|PROXY_\w+)"
)
_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::\d{1,5})?", re.ASCII)


class Role(IntEnum):
    """What somebody may do; each may also what those before it may."""

    VIEWER = 1
    TECHNICIAN = 2
    MANAGER = 3
    ADMINISTRATOR = 4


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks. ``member``: who that is in the ticket system, by the identifier that policies have; empty: nobody.

    ``is_logged_in``: False for whoever sits at this machine where there is no login. ``subject``: what an identity
    provider calls them for good; the name is what they chose.
    """

    name: str
    role: Role
    member: str = ""
    is_logged_in: bool = True
    subject: str = ""

    @property
    def told(self) -> str:
        """Who that is, for the audit trail."""
        if not self.is_logged_in:
            return f"{self.name}, without a login"
        return f"{self.name} ({self.subject} at the identity provider)" if self.subject else self.name

    def may(self, role: Role) -> bool:
        """Whether that role is among what this one may do."""
        return self.role >= role


WhoAsks = Callable[[Request], Viewer]
"""Says who asks, or raises; see above."""

AT_THIS_MACHINE = Viewer("this machine", Role.ADMINISTRATOR, is_logged_in=False)


def at_this_machine(asked: Request) -> Viewer:
    """Whoever sits here: peer and Host are both loopback, and nobody passed the request on. Raises HttpProblem 403.

    The Host is looked at because a name of somebody else's may be made to lead here, and a browser then shows what it
    finds to that somebody's page.
    """
    why = why_not_this_machine(asked)
    if why:
        raise HttpProblem(403, NOT_THIS_MACHINE, "The console is for this machine only", why)
    forms.require_here(asked)
    return AT_THIS_MACHINE


def guard(routes: Blueprint, who_asks: WhoAsks) -> None:
    """Ask who it is before each request of these routes."""

    @routes.before_request
    def ask() -> None:
        g.viewer = who_asks(request)


def viewer_of_request() -> Viewer | None:
    """Who asks; None where nobody was asked, or it was refused."""
    found: Viewer | None = g.get("viewer")
    return found


def require(role: Role) -> Viewer:
    """Who asks, if that may do what ``role`` may. Raises HttpProblem 403."""
    found = viewer_of_request()
    if found is None or not found.may(role):
        raise HttpProblem(403, NOT_ALLOWED, "Not for everybody", f"This needs the role {role.name.lower()}.")
    return found


def why_not_this_machine(asked: Request) -> str:
    """Why a request is none of this machine's own; empty where it is."""
    if not _is_loopback(asked.remote_addr or ""):
        return "You asked from another machine, and no login is configured."
    if any(_FORWARDED.fullmatch(name) for name in asked.environ):
        return "A proxy passed your request on, and no login is configured."
    if not is_this_machine(named_host(asked)):
        return "You asked by a name that is not this machine's own, and no login is configured."
    return ""


def named_host(asked: Request) -> str:
    """Under which name somebody asked, in small letters and without a port; empty for none."""
    host = _HOST.fullmatch(asked.environ.get("HTTP_HOST", ""))
    return host["name"].strip("[]").lower().rstrip(".") if host else ""


def is_this_machine(name: str) -> bool:
    """Whether a host's name means this very machine."""
    return name == "localhost" or _is_loopback(name)


def _is_loopback(address: str) -> bool:
    found = plain(address)
    return found is not None and found.is_loopback
