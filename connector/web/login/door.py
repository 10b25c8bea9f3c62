"""The door of the console: who asks, the page to log in, and the way out.

A further way to log in ends where this one does: in ``LoginDoor.let_in``, with whom the account is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlencode

from flask import Blueprint, Request, Response, after_this_request, g, request
from werkzeug.exceptions import HTTPException

from connector.store.database.engine import Store
from connector.web.console import forms
from connector.web.console.gate import Viewer
from connector.web.console.parts import DrawPage
from connector.web.login.accounts import LOCAL, Account, Accounts, TooBusy
from connector.web.login.keys import Signing
from connector.web.login.origin import Places, local_path
from connector.web.login.sessions import Over, Session, Sessions
from connector.web.login.slowing import FREE_TRIES, Slowing
from connector.web.login.telling import LoginLog
from connector.web.problems import HttpProblem

LOGIN, LOGOUT, LOGOUT_EVERYWHERE = "/login", "/logout", "/logout/everywhere"
SESSION, SECURE_SESSION, FORM, DEVICE = "escalator", "__Host-escalator", "escalator_login", "escalator_device"
"""The names of the cookies. Of the second a browser itself holds that nobody else's name set it."""

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
    ) -> None:
        """``key``: what everything is signed with."""
        self._signing = Signing(key)
        self._accounts = Accounts(accounts, self._signing)
        self._sessions = Sessions(store, self._accounts, self._signing)
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
        return HTTPException(response=_to(to))

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
                return _to(to)
            return self._page(draw, to, says=SAID.get(request.args.get("why", ""), ""))

        @routes.post(LOGIN)
        def log_in() -> Response:
            return self._log_in(draw)

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
        answer = draw("login.html", next=to, says=says, problem=problem, name=name, token=token)
        answer.status_code = status
        if form != kept:
            self._set(answer, FORM, form, path=LOGIN, samesite="Strict")
        return answer

    def _log_in(self, draw: DrawPage) -> Response:
        """Look at a name and a password, in this order: size, the form's own token, how many tries there were, the
        password. Nothing tells whether there is such a name.
        """
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

    def let_in(self, account: Account, to: str, way: str) -> Response:
        """Begin a session for who has proven who they are; ``way``: how. What was there before of one is gone."""
        viewer = account.viewer
        self._telling.did(
            "logged in", viewer.name, self._places.sender(request), role=viewer.role.name.lower(), way=way
        )
        answer = self._with_session(_to(to), request, self._sessions.begin(account))
        answer.delete_cookie(FORM, path=LOGIN)
        device = self._slowing.device(viewer.name)
        self._set(answer, DEVICE, device, path=LOGIN, samesite="Strict", max_age=int(DEVICE_KEPT.total_seconds()))
        return answer

    def _to_wait(self, draw: DrawPage, to: str, name: str, wait: timedelta) -> Response:
        minutes = math.ceil(wait / timedelta(minutes=1))
        length = "a minute" if minutes == 1 else f"{minutes} minutes"
        problem = f"Too many wrong passwords. Nothing was tried: wait {length}, then try again."
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
        answer = _to(_login_address("/", OUT_EVERYWHERE if is_everywhere else OUT))
        self._forget_session(answer, asked)
        return answer

    # --- cookies ----------------------------------------------------------------------------------------------

    def _session_cookie(self, asked: Request) -> str:
        return asked.cookies.get(self._session_name(asked), "")

    def _session_name(self, asked: Request) -> str:
        return SECURE_SESSION if self._places.is_secure(asked) else SESSION

    def _with_session(self, answer: Response, asked: Request, session: Session) -> Response:
        if not g.get("is_out"):
            self._set(answer, self._session_name(asked), self._sessions.cookie(session), path="/", samesite="Lax")
        return answer

    def _forget_session(self, answer: Response, asked: Request) -> None:
        name = self._session_name(asked)
        answer.delete_cookie(name, path="/", secure=name == SECURE_SESSION, httponly=True, samesite="Lax")

    def _set(
        self, answer: Response, name: str, value: str, *, path: str, samesite: str, max_age: int | None = None
    ) -> None:
        is_secure = self._places.is_secure(request)
        answer.set_cookie(name, value, max_age, path=path, httponly=True, secure=is_secure, samesite=samesite)


def _login_address(to: str, why: str) -> str:
    said = {"next": to} if local_path(to) != "/" else {}
    query = urlencode({**said, **({"why": why} if why else {})})
    return f"{LOGIN}?{query}" if query else LOGIN


def _to(path: str) -> Response:
    """Send a browser to a page of ours."""
    answer = Response(status=303)
    answer.headers["Location"] = path
    return answer
