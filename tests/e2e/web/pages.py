"""The pages of the console, a line each: what is looked at in every page, and what there are pictures of."""

from __future__ import annotations

from dataclasses import dataclass

from connector.web.console.gate import Role


@dataclass(frozen=True, slots=True)
class PageOf:
    """A page. ``path``: where it is, with ``{risen}`` for a ticket of the desk that went up.

    ``role``: whoever looks at it; None: somebody who is not logged in. ``status``: what the answer is.
    """

    name: str
    path: str
    role: Role | None
    status: int = 200


PAGES = (
    PageOf("login", "/login", None),
    PageOf("now", "/", Role.MANAGER),
    PageOf("ticket", "/tickets/{risen}", Role.TECHNICIAN),
    PageOf("escalations", "/escalations", Role.MANAGER),
    PageOf("insight", "/insight", Role.VIEWER),
    PageOf("policy", "/policy", Role.ADMINISTRATOR),
    PageOf("health", "/health", Role.ADMINISTRATOR),
)
"""What people look at."""

REFUSALS = (
    PageOf("no-page", "/no/such/page", Role.VIEWER, 404),
    PageOf("no-ticket", "/tickets/connectwise/99999", Role.VIEWER, 404),
    PageOf("nothing-found", "/?client=nobody+of+that+name", Role.VIEWER),
)
"""What they are shown where there is nothing."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a page is looked at: the colours of the system, the size of the window in CSS pixels."""

    name: str
    scheme: str
    width: int
    height: int


LOOKS = (Look("light", "light", 1280, 800), Look("dark", "dark", 1280, 800), Look("phone", "light", 390, 844))
