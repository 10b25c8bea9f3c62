"""The API on a real SQLite database, each of whose answers is held against the document."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from connector.connection.paces import Pace
from connector.metrics import Metrics
from connector.model import Mode
from connector.policy.modes import Modes
from connector.store.database.engine import Store
from connector.store.logins.tokens import ApiTokens
from connector.web.api.access import TokenDoor
from connector.web.api.parts import ApiParts
from connector.web.api.scopes import ApiScope
from connector.web.api.tokens import new_token
from connector.web.app import create_app
from connector.web.login.door import LoginDoor
from connector.web.login.origin import Places
from connector.web.login.telling import LoginLog
from tests.connector.boards import put
from tests.connector.web.api.documented import BASE, require_documented
from tests.connector.web.conftest import Desk
from tests.connector.web.login.conftest import KEY, Browser, accounts

ALL = tuple(ApiScope)


@dataclass
class Program:
    """A program that uses the API."""

    client: FlaskClient
    token: str = ""
    address: str = "127.0.0.1"
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, headers=(), **more) -> TestResponse:
        said = {**({"Authorization": f"Bearer {self.token}"} if self.token else {}), **self.headers, **dict(headers)}
        answer = self.client.open(
            BASE + path, method=method, headers=said, environ_overrides={"REMOTE_ADDR": self.address}, **more
        )
        require_documented(answer, method, BASE + path)
        return answer

    def get(self, path: str, **more) -> TestResponse:
        return self.ask("GET", path, **more)

    def post(self, path: str, **more) -> TestResponse:
        return self.ask("POST", path, **more)

    def items(self, path: str, **more) -> list:
        """Every item of a list, page after page."""
        found, cursor = [], ""
        while True:
            answer = self.get(f"{path}{'&' if '?' in path else '?'}{cursor}", **more)
            assert answer.status_code == 200, answer.text
            found += answer.json["items"]
            if not answer.json["has_more"]:
                return found
            cursor = f"cursor={answer.json['next']}"


@dataclass
class ApiDesk:
    """A desk whose API is asked. ``has_login``: whether the console asks who somebody is."""

    desk: Desk
    metrics: Metrics = field(default_factory=Metrics)
    has_login: bool = True
    pace: Pace | None = None

    @property
    def store(self) -> Store:
        return self.desk.mailbox.store

    def site(self, **changes) -> Flask:
        parts, own = self.desk.parts, ApiParts()
        if self.has_login:
            telling = LoginLog(lambda: self.desk.monotonic[0], self.metrics.logins)
            places = Places("https://escalator.example.com")
            door = LoginDoor(self.store, accounts(), KEY, places, telling)
            parts = replace(parts, who_asks=door.who_asks, login=door.routes)
            own = ApiParts(lambda: TokenDoor(self.store, KEY, places, telling))
        return create_app(self.desk.deps(**changes), parts, replace(own, pace=self.pace))

    def token(self, *scopes: ApiScope, name: str = "", days: float = 1) -> str:
        made = new_token()
        may = [scope.value for scope in scopes or ALL]
        ApiTokens(self.store).add(made.id, name or made.id, made.hash, may, timedelta(days=days), "the tests")
        return made.text

    def program(self, *scopes: ApiScope, **more) -> Program:
        """One with a token for all, or for these scopes."""
        return Program(self.site().test_client(), self.token(*scopes), **more)

    def nobody(self, **more) -> Program:
        """One without a token."""
        return Program(self.site().test_client(), **more)

    def browser(self) -> Browser:
        return Browser(self.site().test_client())

    def filled(self, *rows, explainer=None) -> ApiDesk:
        modes = {"psa": Modes(Mode.ENFORCE)}
        make = (lambda _: explainer) if explainer else None
        self.desk.parts = replace(self.desk.parts, modes=modes, explainer_of=make)
        put(self.store, rows)
        return self


@pytest.fixture
def api(desk: Desk) -> ApiDesk:
    return ApiDesk(desk)


@pytest.fixture
def at_home(desk: Desk) -> ApiDesk:
    """Without a login: for this machine only."""
    return ApiDesk(desk, has_login=False)
