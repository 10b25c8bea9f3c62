"""A small identity provider that really listens, and browsers that go there and come back."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import TestResponse
from werkzeug.wrappers import Request, Response

from connector.systems.desk import serve_in_background
from connector.systems.variables import Secret
from connector.web.console.gate import Role
from connector.web.login.oidc.asking import Asking
from connector.web.login.oidc.provider import ProviderSettings
from connector.web.login.oidc.way import OidcSettings, OidcWay
from tests.connector.web.login.conftest import Browser, LoginDesk

PUBLIC = "http://localhost:8000"
SECRET = "what the provider knows us by: 100%"
ROLES = {"Service Desk": Role.TECHNICIAN, "leads": Role.MANAGER, "1f4e-admins": Role.ADMINISTRATOR}


@cache
def a_key(kid: str) -> RSAKey:
    """A key of a provider, made once."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


class Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        pass


@dataclass
class SmallProvider:
    """The provider. ``claims`` are those of whoever logs in; ``signed`` makes the token of them; ``answers``: in place
    of its own, by path; ``document``: what its document says besides.
    """

    url: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    now: Callable[[], float] = lambda: 0.0
    kids: list[str] = field(default_factory=lambda: ["first"])
    document: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, Callable[[], Response]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    signed: Callable[[dict[str, Any]], str] | None = None

    def app(self, environ: Mapping[str, Any], start: Callable[..., Any]) -> Any:
        request = Request(environ)
        self.asked.append(request.path)
        answer = self.answers.get(request.path, lambda: self._answer(request))()
        return answer(environ, start)

    def _answer(self, request: Request) -> Response:
        match request.path:
            case "/.well-known/openid-configuration":
                own = {
                    "issuer": self.url,
                    "authorization_endpoint": f"{self.url}/authorize",
                    "token_endpoint": f"{self.url}/token",
                    "jwks_uri": f"{self.url}/keys",
                }
                return as_json({**own, **self.document})
            case "/keys":
                return as_json({"keys": [a_key(kid).as_dict(private=False) for kid in self.kids]})
            case "/token":
                return self._token(request)
        return as_json({}, 404)

    def _token(self, request: Request) -> Response:
        form = request.form
        if request.authorization is None:
            told = (form.get("client_id"), form.get("client_secret"))
        else:
            told = (unquote(request.authorization.username), unquote(request.authorization.password))
        if told != ("console", SECRET):
            return as_json({"error": "invalid_client"}, 401)
        kept = self.codes.pop(form.get("code", ""), None)
        made = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if (
            kept is None
            or made.decode().rstrip("=") != kept["code_challenge"]
            or form.get("redirect_uri") != kept["redirect_uri"]
        ):
            return as_json({"error": "invalid_grant", "error_description": "<b>secret words</b>"}, 400)
        now = int(self.now())
        own = {"iss": self.url, "aud": "console", "iat": now, "exp": now + 300, "nonce": kept["nonce"], "sub": "4711"}
        claims = {name: value for name, value in {**own, **self.claims}.items() if value is not None}
        token = (self.signed or signed_by("first"))(claims)
        return as_json({"id_token": token, "access_token": "x", "token_type": "Bearer"})

    def way_back(self, address: str, **more: str) -> str:
        """Where a browser that was sent here is sent back to, once somebody has logged in."""
        said = dict(parse_qsl(urlsplit(address).query))
        code = secrets.token_urlsafe(8)
        self.codes[code] = said
        back = urlsplit(said["redirect_uri"])
        return f"{back.path}?{urlencode({'code': code, 'state': said['state'], **more})}"


def as_json(value: object, status: int = 200) -> Response:
    return Response(json.dumps(value), status, content_type="application/json")


def signed_by(kid: str, **header: object) -> Callable[[dict[str, Any]], str]:
    """Tokens of that key."""
    return lambda claims: jwt.encode({"alg": "RS256", "kid": kid, **header}, claims, a_key(kid))


def signed_with_our_own_secret(claims: dict[str, Any]) -> str:
    """HS256, with what both sides know."""
    return jwt.encode({"alg": "HS256", "kid": "first"}, claims, OctKey.import_key(SECRET))


def signed_with_the_public_key(claims: dict[str, Any]) -> str:
    """HS256, with the text of the key that everybody may read, which a reader who trusts ``alg`` takes for a secret."""
    head, body = (
        base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=")
        for one in ({"alg": "HS256", "kid": "first", "typ": "JWT"}, claims)
    )
    key = a_key("first").as_pem(private=False)
    made = hmac.new(key, f"{head}.{body}".encode(), "sha256").digest()
    return f"{head}.{body}.{base64.urlsafe_b64encode(made).decode().rstrip('=')}"


def not_signed(claims: dict[str, Any]) -> str:
    """``alg`` none."""
    head, body = (
        base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in ({"alg": "none"}, claims)
    )
    return f"{head}.{body}."


@dataclass
class OidcDesk:
    """The console behind that provider. Each site stands for a web process."""

    login: LoginDesk
    provider: SmallProvider
    now: Callable[[], float]
    roles: dict[str, Role] = field(default_factory=lambda: dict(ROLES))
    managers: tuple[str, ...] = ("okonjo", "Lead@Example.com")
    seconds: float = 8.0
    secret: str = SECRET

    def site(self, **more: Any) -> Any:
        more.setdefault("public_url", PUBLIC)
        return self.login.site(way_of=self._way, **more)

    def _way(self, signing: Any) -> OidcWay:
        store, monotonic = self.login.desk.mailbox.store, lambda: self.login.desk.monotonic[0]
        settings = ProviderSettings(self.provider.url, "console", Secret(self.secret), f"{PUBLIC}/login/oidc")
        return OidcWay(
            OidcSettings(settings, self.roles, self.managers),
            store,
            signing,
            Asking(self.seconds),
            monotonic,
            self.now,
        )

    def browser(self, **more: Any) -> Browser:
        """A browser at a process of these settings."""
        return Browser(self.site(**more).client())

    def beside(self, browser: Browser) -> Browser:
        """Another browser at the same process."""
        return Browser(browser.client.application.test_client(), browser.address)

    def moved(self, browser: Browser, **more: Any) -> Browser:
        """The same browser, cookies and all, at another process."""
        other = self.browser(**more)
        other.client._cookies = browser.client._cookies
        return other

    def sent_out(self, browser: Browser, to: str = "/health") -> str:
        """Where the browser is sent that follows the link of the page to log in."""
        answer = browser.get("/login/oidc/begin", query_string={"next": to})
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def logs_in(self, browser: Browser, to: str = "/health", **claims: Any) -> TestResponse:
        """Have somebody with these claims log in."""
        self.provider.claims = claims
        return browser.get(self.provider.way_back(self.sent_out(browser, to)))


@pytest.fixture
def provider() -> Iterator[SmallProvider]:
    made = SmallProvider()
    server = make_server("127.0.0.1", 0, made.app, threaded=True, request_handler=Quiet)
    made.url = f"http://127.0.0.1:{server.server_port}"
    stop = serve_in_background(server, "provider")
    yield made
    stop()


@pytest.fixture
def oidc(login: LoginDesk, provider: SmallProvider, clock: Any) -> OidcDesk:
    def now() -> float:
        return clock.now().timestamp()

    provider.now = now
    return OidcDesk(login, provider, now)


def query_of(address: str) -> dict[str, list[str]]:
    """What an address carries."""
    return parse_qs(urlsplit(address).query)
