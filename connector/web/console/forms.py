"""Forms of ours and of nobody else: what each carries, and the refusal of what another site's page had a browser send.

A template puts ``csrf_field`` of ``parts.html`` into each form that is posted. Its token belongs to the session, or,
without a login, to a cookie of its own that no other site can read. Where a browser says from whose page a form comes,
that has to be ours besides.
"""

from __future__ import annotations

import hmac
import re
import secrets
from urllib.parse import urlsplit

from flask import Request, Response, after_this_request, g, request

from connector.web.problems import HttpProblem

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""The methods that change nothing."""

FIELD, HEADER = "csrf", "X-CSRF-Token"
"""Where a form has its token: in a field, or in a header of what a script sends."""

COOKIE = "escalator_form"
FOREIGN_FORM = "foreign_form"

_VALUE = re.compile(r"[A-Za-z0-9_-]{32}", re.ASCII)


def a_value() -> str:
    """What a cookie of a form holds: chance."""
    return secrets.token_urlsafe(24)


def is_value(text: str) -> bool:
    """Whether that may be such a value."""
    return _VALUE.fullmatch(text) is not None


def token_of_request() -> str:
    """What the forms of a page carry that is drawn in answer to the request at hand."""
    found: str | None = g.get("csrf")
    if found is None:
        kept = request.cookies.get(COOKIE, "")
        found = kept if is_value(kept) else a_value()
        g.csrf = found
        if found != kept:
            after_this_request(_with_cookie)
    return found


def given_token(asked: Request) -> str:
    """What a form carries."""
    return asked.headers.get(HEADER) or asked.form.get(FIELD, "")


def require_here(asked: Request) -> None:
    """Without a login: raise HttpProblem 403 for what changes something and was sent by no form of ours."""
    if asked.method in SAFE:
        return
    require_own_page(asked)
    kept = asked.cookies.get(COOKIE, "")
    if not is_value(kept) or not hmac.compare_digest(kept.encode(), given_token(asked).encode("utf-8", "replace")):
        raise foreign_form()


def require_own_page(asked: Request, public_url: str = "") -> None:
    """Raise HttpProblem 403 where a browser says that another site's page sent this."""
    site, origin = asked.headers.get("Sec-Fetch-Site"), asked.headers.get("Origin")
    if site is not None and site != "same-origin":
        raise foreign_form()
    if site is None and origin is not None and not _is_ours(origin, asked, public_url):
        raise foreign_form()


def see_other(address: str) -> Response:
    """The answer to a form that was taken, and to whoever is to look elsewhere: a browser reads that page next."""
    return Response(status=303, headers={"Location": address})


def foreign_form() -> HttpProblem:
    """The refusal of a form that is none of ours, or no more."""
    return HttpProblem(
        403,
        FOREIGN_FORM,
        "This form is not from here, or too old",
        "Nothing was changed. Open the page anew and send it from there.",
    )


def _is_ours(origin: str, asked: Request, public_url: str) -> bool:
    try:
        said = urlsplit(origin.lower())
    except ValueError:
        return False
    ours = {asked.host.lower(), urlsplit(public_url).netloc.lower()} - {""}
    return said.scheme in ("http", "https") and said.netloc in ours


def _with_cookie(answer: Response) -> Response:
    answer.set_cookie(COOKIE, g.csrf, httponly=True, samesite="Strict")
    return answer
