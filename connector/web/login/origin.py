"""Where a request comes from: under which name we were asked, from which site's page, and whether nobody listens in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Request

from connector.systems.addresses import Network, host_of, is_among, sender_of
from connector.web.console import forms
from connector.web.console.gate import is_this_machine, named_host, why_not_this_machine
from connector.web.problems import HttpProblem

UNKNOWN_HOST = "unknown_host"

LONGEST_PATH = 2000
_FIRST = "/"
_OUR_OWN = ("/login", "/login/oidc", "/login/oidc/begin", "/logout", "/logout/everywhere")


@dataclass(frozen=True, slots=True)
class Places:
    """Where this service is found: its public address, empty for none, and the proxies that are believed."""

    public_url: str
    proxies: Sequence[Network] = ()

    def require_known(self, asked: Request) -> None:
        """Raise HttpProblem 403 where we were asked by a name that is not ours: somebody may have it lead here."""
        name = named_host(asked)
        if name and (is_this_machine(name) or name == (urlsplit(self.public_url).hostname or "")):
            return
        where = "as PUBLIC_URL says it" if self.public_url else "or set PUBLIC_URL to the address that people use"
        raise HttpProblem(
            403,
            UNKNOWN_HOST,
            "This is not the console's address",
            f"You asked by a name that is not this service's own. Use its address, {where}. Nothing was shown.",
        )

    def require_own_page(self, asked: Request) -> None:
        """Raise HttpProblem 403 for a form that another site's page sent. A browser tells; the token decides."""
        forms.require_own_page(asked, self.public_url)

    def is_secure(self, asked: Request) -> bool:
        """Whether a cookie is to be sent over https alone: not where somebody sits at this very machine."""
        said = asked.headers.get("X-Forwarded-Proto", "").rpartition(",")[2].strip().lower()
        if said == "https" and is_among(asked.remote_addr or "", self.proxies):
            return True
        return urlsplit(self.public_url).scheme == "https" and bool(why_not_this_machine(asked))

    def sender(self, asked: Request) -> str:
        """The address that somebody asks from, as our proxies say it."""
        return sender_of(asked.remote_addr or "", asked.headers.get("X-Forwarded-For", ""), self.proxies)

    def counted_sender(self, asked: Request) -> str:
        """The same, as senders are told from one another."""
        return host_of(self.sender(asked))


def local_path(text: str) -> str:
    """Where to go next: a path of ours, or the first page for whatever leads elsewhere."""
    is_path = text.startswith("/") and text[1:2] not in ("/", "\\") and len(text) <= LONGEST_PATH
    if not is_path or "\\" in text or not text.isprintable() or " " in text:
        return _FIRST
    return _FIRST if urlsplit(text).path.rstrip("/") in _OUR_OWN else text
