"""``escalator console password``: what it asks, refuses and prints."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from connector.cli import console
from connector.cli.main import cli
from connector.config.settings import load_settings
from connector.web.login import passwords
from connector.web.login.passwords import COST, HashCost, hash_of, is_right, is_too_long, require_good
from tests.connector.quiet_logging import logging_as_before

__all__ = ["logging_as_before"]

pytestmark = pytest.mark.usefixtures("logging_as_before")
GOOD = " correct horse battery "
CHEAP = HashCost(memory_kib=8, passes=1, lanes=1)


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SESSION_KEY", raising=False)


def run(*arguments, typed=GOOD, **more):
    return CliRunner().invoke(cli, ["console", "password", *arguments], input=typed, **more)


def test_what_it_prints_is_the_hash_and_lines_that_are_taken_as_they_stand(tmp_path):
    done = run("--name", "Ruth Okonjo", "--role", "manager", "--member", "okonjo", typed=f"{GOOD}\n")
    assert done.exit_code == 0, done.output
    hashed, users, key = done.stdout.splitlines()
    assert hashed.startswith(f"$argon2id$v=19$m={COST.memory_kib},t={COST.passes},p={COST.lanes}$")
    assert users == f"CONSOLE_USERS='Ruth Okonjo:manager:{hashed}:okonjo'"
    (tmp_path / ".env").write_text(f"{users}\n{key}\n")
    [user] = load_settings(console.common.environment()).console.users
    assert (user.name, user.role, user.member) == ("Ruth Okonjo", "manager", "okonjo")
    assert is_right(user.password_hash.reveal(), GOOD)
    assert not is_right(user.password_hash.reveal(), GOOD.strip())
    assert GOOD.strip() not in done.output


def test_for_a_program_it_is_json_and_a_key_is_made_where_none_is_set():
    found = json.loads(run("--json").stdout)
    assert found["line"] == f"CONSOLE_USERS='{found['account']}'"
    assert found["account"] == f"NAME:viewer:{found['hash']}"
    assert found["session_key_line"].startswith("SESSION_KEY=")
    assert "session_key_line" not in json.loads(run("--json", env={"SESSION_KEY": "is set"}).stdout)
    assert len(run(env={"SESSION_KEY": "is set"}).stdout.splitlines()) == 2


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", "is shorter than 12 characters"),
        ("eleven char", "is shorter than 12 characters"),
        ("abcd" * 5, "has fewer than 5 different characters"),
        ("é1234" * 205, "is longer than 1024 bytes"),
        ("one password\nand another one\n", "standard input holds several lines"),
        (b"\xff" * 20, "is no UTF-8 text"),
    ],
)
def test_what_is_no_good_password_is_refused(typed, problem):
    done = run(typed=typed)
    assert (done.exit_code, done.stdout) == (2, "")
    assert problem in done.stderr


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--name", "ru:th"), "--name: a name holds no : and no ;"),
        (("--name", "ru*th"), "has no name"),
        (("--member", "O'Brien"), "a quote mark in the member"),
        (("--role", "owner"), "is not one of"),
    ],
)
def test_what_would_be_no_account_is_refused(arguments, problem):
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert problem in done.stderr


def test_a_person_is_asked_twice_and_the_two_have_to_be_the_same(monkeypatch):
    answers = iter([GOOD, GOOD, GOOD, GOOD.upper(), "short"])
    asked = []
    monkeypatch.setattr(console.common, "ask_secret", lambda question: asked.append(question) or next(answers))
    monkeypatch.setattr(console, "_is_asked", lambda: True)
    assert run().exit_code == 0
    assert asked == ["Password (at least 12 characters)", "The same again"]
    assert "the two are not the same" in run().stderr
    assert "is shorter than 12 characters" in run().stderr
    assert len(asked) == 5


def test_a_password_is_right_however_its_letters_were_put_together():
    hashed = hash_of("cafe\N{COMBINING ACUTE ACCENT} au lait", CHEAP)
    assert is_right(hashed, "caf\N{LATIN SMALL LETTER E WITH ACUTE} au lait")
    assert not is_right(hashed, "cafe au lait")
    assert not is_right(hashed, "")
    assert hash_of("the same", CHEAP) != hash_of("the same", CHEAP)


def test_a_hash_that_cannot_be_read_is_nobodys():
    assert not is_right("$argon2id$v=19$m=8,t=1,p=1$c2FsdA$A", "x")
    assert not is_right("", "")


def test_the_bounds_are_bytes_and_the_bound_itself_is_taken():
    longest = "é1234567" * (passwords.MOST_BYTES // 9) + "1234567"
    assert len(longest.encode()) == passwords.MOST_BYTES
    require_good(longest)
    assert not is_too_long(longest)
    assert is_too_long(longest + "1")
    assert is_too_long("x" * 100_000)
