"""The console behind a login, on a real SQLite database, with moved time and passwords that are cheap to look at."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from connector.metrics import Metrics
from connector.systems.variables import Secret
from connector.web.app import create_app
from connector.web.login.accounts import Account, account
from connector.web.login.door import LoginDoor
from connector.web.login.origin import Places
from connector.web.login.passwords import HashCost, hash_of
from connector.web.login.telling import LoginLog
from tests.connector.web.conftest import Desk
from tests.connector.web.console.pages import PAGE

PASSWORDS = {"Ruth Okonjo": "correct horse battery", "bo": "another good password"}
CHEAP = HashCost(memory_kib=8, passes=1, lanes=1)
HASHES = {name: hash_of(password, CHEAP) for name, password in PASSWORDS.items()}
KEY = "a key of the tests, and of nothing else"


def accounts(**changes: str) -> list[Account]:
    """Ruth, a manager, and Bo, a viewer; ``changes`` of Ruth's account."""
    ruth = {"name": "Ruth Okonjo", "role": "manager", "password_hash": HASHES["Ruth Okonjo"], "member": "rokonjo"}
    ruth.update(changes)
    return [
        account(ruth["name"], ruth["role"], Secret(ruth["password_hash"]), ruth["member"]),
        account("bo", "viewer", Secret(HASHES["bo"])),
    ]


@dataclass
class Browser:
    """A browser at the console: what it sends, as a person would have it do."""

    client: FlaskClient
    address: str = "127.0.0.1"
    form: str = ""

    def get(self, path: str, **more) -> TestResponse:
        more.setdefault("headers", PAGE)
        return self.client.get(path, environ_overrides={"REMOTE_ADDR": self.address}, **more)

    def post(self, path: str, data, headers=(), **more) -> TestResponse:
        said = {**PAGE, **dict(headers)}
        return self.client.post(path, data=data, headers=said, environ_overrides={"REMOTE_ADDR": self.address}, **more)

    def token(self, path: str = "/login", **more) -> str:
        return re.search(r'name="csrf" value="([^"]*)"', self.get(path, **more).text)[1]

    def log_in(self, name="Ruth Okonjo", password=None, to="/health", **more) -> TestResponse:
        """Post the form of the page to log in, which stays open meanwhile."""
        if not self.form or self.cookie("escalator_login", "/login") is None:
            self.client.delete_cookie("escalator", path="/")  # who is in is not shown the page
            self.form = self.token()
        password = PASSWORDS.get(name, "") if password is None else password
        return self.post("/login", {"csrf": self.form, "name": name, "password": password, "next": to}, **more)

    def cookie(self, name="escalator", path="/") -> str | None:
        found = self.client.get_cookie(name, path=path)
        return found.value if found else None

    def is_in(self) -> bool:
        return self.get("/health").status_code == 200


@dataclass
class LoginDesk:
    """A desk whose console asks who somebody is. Each site stands for a web process."""

    desk: Desk
    first: Flask | None = None

    def site(self, users=None, key=KEY, public_url="", proxies=(), way_of=None):
        store = self.desk.mailbox.store
        telling = LoginLog(lambda: self.desk.monotonic[0], Metrics().logins)
        users = accounts() if users is None else users
        door = LoginDoor(store, users, key, Places(public_url, proxies), telling, way_of)
        parts = replace(self.desk.parts, who_asks=door.who_asks, login=door.routes)
        return replace(self.desk, parts=parts)

    def browser(self, address="127.0.0.1", **more) -> Browser:
        """A browser at the one process, or at one of these settings."""
        if not more:
            self.first = self.first or create_app(self.desk.deps(), self.site().parts)
            return Browser(self.first.test_client(), address)
        return Browser(self.site(**more).client(), address)

    def moved(self, browser: Browser, **more) -> Browser:
        """The same browser, cookies and all, at another process, or at the same after a restart."""
        other = Browser(self.site(**more).client(), browser.address)
        other.client._cookies = browser.client._cookies
        return other


@pytest.fixture
def login(desk: Desk) -> LoginDesk:
    return LoginDesk(desk)
