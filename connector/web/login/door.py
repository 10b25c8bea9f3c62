"""The door of the console: who asks, the page to log in, and the way out.

A name and a password lead in, or an identity provider (``oidc``), which sends people back to ``CAME_BACK``. Both ways
end in ``LoginDoor.let_in``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from flask import Blueprint, Request, Response, after_this_request, g, request
from werkzeug.exceptions import HTTPException

from connector.store.database.engine import Store
from connector.web.address import CAME_BACK
from connector.web.console import forms
from connector.web.console.gate import Viewer
from connector.web.console.parts import DrawPage
from connector.web.login.accounts import LOCAL, Account, Accounts, TooBusy, folded
from connector.web.login.keys import Signing
from connector.web.login.oidc.refusals import NotLetIn
from connector.web.login.origin import Places, local_path
from connector.web.login.outside import OIDC, OutsidePeople, OutsidePerson
from connector.web.login.sessions import Over, Session, Sessions
from connector.web.login.slowing import FREE_TRIES, Slowing
from connector.web.login.telling import LoginLog
from connector.web.problems import HttpProblem

if TYPE_CHECKING:
    from connector.web.login.oidc.way import OidcWay

LOGIN, LOGOUT, LOGOUT_EVERYWHERE = "/login", "/logout", "/logout/everywhere"
SET_OUT = f"{CAME_BACK}/begin"
SESSION, FORM, DEVICE, AWAY = "escalator", "escalator_login", "escalator_device", "escalator_oidc"
"""The names of the cookies; ``AWAY``: of who is at the identity provider."""

SECURE = "__Host-"
"""Before the name of one that a browser itself holds nobody else's name to have set."""

MOST_BYTES = 8 * 1024
"""Of a form to log in."""

DEVICE_KEPT = timedelta(days=180)

OUT, OUT_EVERYWHERE = "out", "everywhere"
SAID = {
    Over.IDLE.value: "You were logged out: nothing was done for 30 minutes.",
    Over.AGE.value: "You were logged out: a session lasts 12 hours at most.",
    Over.ENDED.value: "You were logged out.",
    Over.CHANGED.value: "You were logged out: your account is another one now.",
    OUT: "You are logged out.",
    OUT_EVERYWHERE: "You are logged out, here and everywhere else.",
}
"""What the page says of why somebody stands there."""

WRONG = f"Name or password is wrong. After {FREE_TRIES} tries there is a wait of one minute."
TOO_OLD = "This page was too old to log in with. Nothing was tried: please log in now."
BUSY = "Too many people log in at this moment. Nothing was tried: please try again in a few seconds."


class LoginDoor:
    """The door of one web process; what several of them share is in the database. Raises StoreUnavailable."""

    def __init__(
        self,
        store: Store,
        accounts: Sequence[Account],
        key: str,
        places: Places,
        telling: LoginLog,
        way_of: Callable[[Signing], OidcWay] | None = None,
    ) -> None:
        """``key``: what everything is signed with. ``way_of``: makes the way through an identity provider, if any."""
        self._signing = Signing(key)
        self._accounts = Accounts(accounts, self._signing)
        self._taken = frozenset(folded(one.viewer.name) for one in accounts)
        self._way = way_of(self._signing) if way_of else None
        outside = OutsidePeople(self._signing, self._way.said) if self._way else None
        self._sessions = Sessions(store, self._accounts, self._signing, outside)
        self._slowing = Slowing(store, self._signing)
        self._places = places
        self._telling = telling

    # --- who asks ---------------------------------------------------------------------------------------------

    def who_asks(self, asked: Request) -> Viewer:
        """Who is logged in. Raises HttpProblem, or sends a browser to the page to log in."""
        self._places.require_known(asked)
        found = self._sessions.read(self._session_cookie(asked))
        if isinstance(found, Over):
            raise self._to_login(asked, found)
        session, viewer = found
        if asked.method not in forms.SAFE:
            self._require_own_form(asked, session)
        if (
            "HX-Request" not in asked.headers or asked.method not in forms.SAFE
        ):  # a page that looks anew by itself is idle
            self._note_seen(asked, session)
        g.session, g.csrf = session, self._sessions.token(session)
        return viewer

    def _to_login(self, asked: Request, why: Over) -> Exception:
        here = asked.full_path.rstrip("?") if asked.method in forms.SAFE else "/"
        to = _login_address(here, "" if why is Over.NONE else why.value)
        if "HX-Request" in asked.headers or not asked.accept_mimetypes.accept_html:
            return HttpProblem(401, "log_in", "Log in first", "Nothing was shown or changed.", {"HX-Redirect": to})
        return HTTPException(response=forms.see_other(to))

    def _require_own_form(self, asked: Request, session: Session) -> None:
        """Raise HttpProblem 403 for what another site's page had this browser send."""
        try:
            self._places.require_own_page(asked)
            if not self._sessions.is_token(forms.given_token(asked), session):
                raise forms.foreign_form()
        except HttpProblem:
            self._telling.refused("foreign form", session.name, self._places.sender(asked), path=asked.path)
            raise

    def _note_seen(self, asked: Request, session: Session) -> None:
        seen = self._sessions.seen(session)
        if seen is not None:
            after_this_request(lambda answer: self._with_session(answer, asked, seen))

    # --- the pages --------------------------------------------------------------------------------------------

    def routes(self, draw: DrawPage) -> Blueprint:
        """The door's own routes; ``draw`` makes a page of a template."""
        routes = Blueprint("login", __name__)
        routes.before_request(lambda: self._places.require_known(request))

        @routes.get(LOGIN)
        def page() -> Response:
            to = local_path(request.args.get("next", ""))
            if not isinstance(self._sessions.read(self._session_cookie(request)), Over):
                return forms.see_other(to)
            return self._page(draw, to, says=SAID.get(request.args.get("why", ""), ""))

        @routes.post(LOGIN)
        def log_in() -> Response:
            return self._log_in(draw)

        if self._way is not None:
            self._add_way(routes, draw, self._way)

        @routes.post(LOGOUT)
        def log_out() -> Response:
            return self._log_out(request, is_everywhere=False)

        @routes.post(LOGOUT_EVERYWHERE)
        def log_out_everywhere() -> Response:
            return self._log_out(request, is_everywhere=True)

        return routes

    def _page(
        self, draw: DrawPage, to: str, *, says: str = "", problem: str = "", name: str = "", status: int = 200
    ) -> Response:
        kept = request.cookies.get(FORM, "")
        form = kept if forms.is_value(kept) else forms.a_value()
        token = self._signing.digest("form to log in", form)
        answer = draw(
            "login.html",
            next=to,
            says=says,
            problem=problem,
            is_forms=request.method == "POST",
            name=name,
            token=token,
            has_passwords=bool(self._taken),
            provider=self._way.name if self._way else "",
            begin=f"{self._places.public_url}{SET_OUT}?{urlencode({'next': to})}",
        )
        answer.status_code = status
        if form != kept:
            self._set(answer, FORM, form, path=LOGIN, samesite="Strict")
        return answer

    def _log_in(self, draw: DrawPage) -> Response:
        """Look at a name and a password, in this order: size, the form's own token, how many tries there were, the
        password. Nothing tells whether there is such a name.
        """
        if not self._taken:
            raise HttpProblem(403, "no_passwords", "Nobody logs in with a password here", "Nothing was tried.")
        if (request.content_length or 0) > MOST_BYTES:
            raise HttpProblem(413, "too_large", "This is no form of ours", "It is too large. Nothing was tried.")
        name, to = request.form.get("name", ""), local_path(request.form.get("next", ""))
        address = self._places.sender(request)
        known = self._accounts.find(name)
        whose = known.viewer.name if known else ""
        self._places.require_own_page(request)
        form = request.cookies.get(FORM, "")
        if not form or not self._signing.is_digest(request.form.get(forms.FIELD, ""), "form to log in", form):
            self._telling.refused("foreign form", whose, address)
            return self._page(draw, to, problem=TOO_OLD, name=name, status=403)
        made = self._slowing.take(name, self._places.counted_sender(request), request.cookies.get(DEVICE, ""))
        if made.admitted.wait:
            self._telling.refused("too many tries", whose, address)
            return self._to_wait(draw, to, name, made.admitted.wait)
        try:
            account = self._accounts.log_in(name, request.form.get("password", ""))
        except TooBusy:
            self._slowing.give_back(made)
            self._telling.refused("too many at once", whose, address)
            answer = self._page(draw, to, problem=BUSY, name=name, status=503)
            answer.headers["Retry-After"] = "5"
            return answer
        if account is None:
            self._telling.refused("wrong password" if known else "no such account", whose, address)
            if made.admitted.is_slowed:
                self._telling.slowed(whose, address)
            return self._page(draw, to, problem=WRONG, name=name, status=403)
        self._slowing.was_right(made)
        return self.let_in(account, to, LOCAL)

    def let_in(self, who: Account | OutsidePerson, to: str, way: str) -> Response:
        """Begin a session for who has proven who they are; ``way``: how. What was there before of one is gone."""
        viewer = who.viewer
        self._telling.did(
            "logged in", viewer.told, self._places.sender(request), role=viewer.role.name.lower(), way=way
        )
        answer = self._with_session(forms.see_other(to), request, self._sessions.begin(who))
        answer.delete_cookie(FORM, path=LOGIN)
        if isinstance(who, Account):
            device = self._slowing.device(viewer.name)
            self._set(answer, DEVICE, device, path=LOGIN, samesite="Strict", max_age=int(DEVICE_KEPT.total_seconds()))
        return answer

    # --- by way of an identity provider -----------------------------------------------------------------------

    def _add_way(self, routes: Blueprint, draw: DrawPage, way: OidcWay) -> None:
        @routes.get(SET_OUT)
        def set_out() -> Response:
            to = local_path(request.args.get("next", ""))
            try:
                out = way.set_out(to)
            except NotLetIn as refusal:
                return self._not_let_in(draw, to, refusal)
            answer = forms.see_other(out.address)
            lasts = int(way.lasts.total_seconds())
            self._set(answer, self._host_name(AWAY, request), out.cookie, path="/", samesite="Lax", max_age=lasts)
            return answer

        @routes.get(CAME_BACK)
        def came_back() -> Response:
            try:
                to = way.began(request.args, request.cookies.get(self._host_name(AWAY, request), ""))
            except NotLetIn as refusal:
                return self._not_let_in(draw, "/", refusal)
            answer = self._came_back(draw, way, to)
            self._forget(answer, self._host_name(AWAY, request))
            return answer

    def _came_back(self, draw: DrawPage, way: OidcWay, to: str) -> Response:
        """Let in whom the provider vouches for. What it does not vouch for is counted, by address."""
        made = self._slowing.take_of_address(self._places.counted_sender(request))
        if made.admitted.wait:
            self._telling.refused("too many tries", "", self._places.sender(request))
            return self._to_wait(draw, to, "", made.admitted.wait)
        try:
            person = way.who_came_back(request.args, self._taken)
        except NotLetIn as refusal:
            if not refusal.is_counted:
                self._slowing.give_back(made)
            return self._not_let_in(draw, to, refusal)
        self._slowing.give_back(made)
        return self.let_in(person, to, OIDC)

    def _not_let_in(self, draw: DrawPage, to: str, refusal: NotLetIn) -> Response:
        more = {"detail": refusal.detail} if refusal.detail else {}
        self._telling.refused(refusal.reason, "", self._places.sender(request), way=OIDC, **more)
        answer = self._page(draw, to, problem=refusal.words, status=refusal.status)
        if refusal.status == HTTPStatus.SERVICE_UNAVAILABLE:
            answer.headers["Retry-After"] = "5"
        return answer

    def _to_wait(self, draw: DrawPage, to: str, name: str, wait: timedelta) -> Response:
        minutes = math.ceil(wait / timedelta(minutes=1))
        length = "a minute" if minutes == 1 else f"{minutes} minutes"
        what = "wrong passwords" if request.method == "POST" else "tries that proved nobody"
        problem = f"Too many {what}. Nothing was tried: wait {length}, then try again."
        answer = self._page(draw, to, problem=problem, name=name, status=429)
        answer.headers["Retry-After"] = str(math.ceil(wait.total_seconds()))
        return answer

    def _log_out(self, asked: Request, *, is_everywhere: bool) -> Response:
        self.who_asks(asked)
        session: Session = g.session
        if is_everywhere:
            self._sessions.end_every(session)
        else:
            self._sessions.end(session)
        self._telling.did("logged out", session.name, self._places.sender(asked), everywhere=is_everywhere)
        g.is_out = True
        answer = forms.see_other(_login_address("/", OUT_EVERYWHERE if is_everywhere else OUT))
        self._forget(answer, self._session_name(asked))
        return answer

    # --- cookies ----------------------------------------------------------------------------------------------

    def _session_cookie(self, asked: Request) -> str:
        return asked.cookies.get(self._session_name(asked), "")

    def _session_name(self, asked: Request) -> str:
        return self._host_name(SESSION, asked)

    def _host_name(self, name: str, asked: Request) -> str:
        return SECURE + name if self._places.is_secure(asked) else name

    def _with_session(self, answer: Response, asked: Request, session: Session) -> Response:
        if not g.get("is_out"):
            self._set(answer, self._session_name(asked), self._sessions.cookie(session), path="/", samesite="Lax")
        return answer

    def _forget(self, answer: Response, name: str) -> None:
        answer.delete_cookie(name, path="/", secure=name.startswith(SECURE), httponly=True, samesite="Lax")

    def _set(
        self, answer: Response, name: str, value: str, *, path: str, samesite: str, max_age: int | None = None
    ) -> None:
        is_secure = self._places.is_secure(request)
        answer.set_cookie(name, value, max_age, path=path, httponly=True, secure=is_secure, samesite=samesite)


def _login_address(to: str, why: str) -> str:
    said = {"next": to} if local_path(to) != "/" else {}
    query = urlencode({**said, **({"why": why} if why else {})})
    return f"{LOGIN}?{query}" if query else LOGIN
