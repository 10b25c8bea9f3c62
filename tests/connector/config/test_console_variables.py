"""Who may log in to the console: what is read, what is refused, and what of it is told."""

from __future__ import annotations

import pytest

from connector.config.console_variables import CONSOLE_USERS, SESSION_KEY, ConsoleLogin, ConsoleUser
from connector.config.secret_values import secret_texts
from connector.config.settings import load_settings
from connector.errors import ConfigError
from connector.redaction import MASK, Redactor
from connector.systems.variables import Secret

SALT, DIGEST = "c2FsdHNhbHRzYWx0c2FsdA", "ZGlnZXN0" * 5 + "ZGk"
KEY = SESSION_KEY.example


def a_hash(memory=32768, passes=3, lanes=1, salt=SALT, digest=DIGEST):
    return f"$argon2id$v=19$m={memory},t={passes},p={lanes}${salt}${digest}"


def users(text):
    return load_settings({"CONSOLE_USERS": text, "SESSION_KEY": KEY}).console.users


def refused(text, **more):
    with pytest.raises(ConfigError) as caught:
        load_settings({"CONSOLE_USERS": text, "SESSION_KEY": KEY, **more})
    [problem] = caught.value.problems
    assert problem.startswith("CONSOLE_USERS: ")
    assert "expected accounts as name:role:hash" in problem
    return problem


def test_without_a_variable_nobody_may_log_in():
    assert load_settings({}).console == ConsoleLogin()
    assert load_settings({"SESSION_KEY": KEY}).console == ConsoleLogin((), Secret(KEY))


def test_accounts_are_read_with_their_role_hash_and_member():
    found = users(f"ruth.okonjo:Manager:{a_hash()}:okonjo: r ; ; Bo Li : viewer : {a_hash(7168, 5)} ;")
    assert found == (
        ConsoleUser("ruth.okonjo", "manager", Secret(a_hash()), "okonjo: r"),
        ConsoleUser("Bo Li", "viewer", Secret(a_hash(7168, 5))),
    )
    assert DIGEST not in repr(found)


def test_a_name_is_read_in_one_form_however_its_letters_are_put_together():
    assert (
        users(f"Andre\N{COMBINING ACUTE ACCENT}:viewer:{a_hash()}")[0].name == "Andr\N{LATIN SMALL LETTER E WITH ACUTE}"
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (";", "names nobody"),
        ("ruth", "account 1 has no role of viewer, technician, manager, administrator;"),
        (
            f"ruth:manger:{a_hash()}",
            "account 1 (ruth) has no role of viewer, technician, manager, administrator; did you",
        ),
        (f"ruth:manger:{a_hash()}", "did you mean 'manager'?"),
        (f":viewer:{a_hash()}", "account 1 has no name"),
        (f"ru*th:viewer:{a_hash()}", "account 1 has no name"),
        (
            f"a:viewer:{a_hash()};ruth:viewer:{a_hash()};Ruth:manager:{a_hash()}",
            "account 3 (Ruth) stands there already",
        ),
        (f"'ruth:viewer:{a_hash()}'", "account 1 begins with a quote"),
        ("ruth:viewer", "account 1 (ruth) has no argon2id hash"),
        ("ruth:viewer:=19=32768,t=3,p=1", "in single quotes where a shell"),
        (f"ruth:viewer:{a_hash().replace('id', 'i', 1)}", "account 1 (ruth) has no argon2id hash"),
        (f"ruth:viewer:{a_hash().replace('19', '16', 1)}", "account 1 (ruth) has no argon2id hash"),
        (f"ruth:viewer:{a_hash(salt='c2FsdA')}", "account 1 (ruth) has no argon2id hash"),
        (f"ruth:viewer:{a_hash(digest='A' * 25)}", "account 1 (ruth) has no argon2id hash"),
        (f"ruth:viewer:{a_hash(digest='A' * 42 + 'B')}", "account 1 (ruth) has no argon2id hash"),
        (f"ruth:viewer:{a_hash(memory=7167, passes=16)}", "account 1 (ruth) has a hash that is too weak"),
        (f"ruth:viewer:{a_hash(memory=7168, passes=4)}", "account 1 (ruth) has a hash that is too weak"),
        (f"ruth:viewer:{a_hash(memory=262145)}", "account 1 (ruth) has a hash that takes too much to check"),
        (f"ruth:viewer:{a_hash(passes=17)}", "takes too much to check (at most m=262144,t=16,p=16)"),
        (f"ruth:viewer:{a_hash(lanes=17)}", "takes too much to check"),
        (f"ruth:viewer:{a_hash(lanes=0)}", "takes too much to check"),
    ],
)
def test_a_wrong_account_is_told_with_its_place_and_what_to_do(text, problem):
    assert problem in refused(text)


def test_every_wrong_account_is_told_in_one_message():
    told = refused(f"ruth:viewer:x; bo:view:{a_hash()}")
    assert "account 1 (ruth) has no argon2id hash" in told
    assert "account 2 (bo) has no role" in told


@pytest.mark.parametrize("secret", ["correct horse battery", "Correct-Horse!Battery$Staple"])
@pytest.mark.parametrize("form", ["{0}", "ruth:{0}", "ruth:viewer:{0}", "{0}:viewer:x"])
def test_a_password_in_any_place_is_not_told(form, secret):
    assert secret not in refused(form.format(secret))


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        (None, "is missing (CONSOLE_USERS is set): make one with `openssl rand -base64 36`"),
        ("x" * 31, "is shorter than 32 characters: make one with"),
        ("abcdefghi" * 5, "has fewer than 10 different characters: make one with"),
    ],
)
def test_a_key_that_is_missing_or_weak_is_refused_with_how_to_make_one(key, problem):
    environ = {"CONSOLE_USERS": f"ruth:viewer:{a_hash()}", **({"SESSION_KEY": key} if key else {})}
    with pytest.raises(ConfigError) as caught:
        load_settings(environ)
    [told] = caught.value.problems
    assert told.startswith(f"SESSION_KEY: {problem}")
    assert key is None or key not in told


def test_both_may_stand_in_files(tmp_path):
    (tmp_path / "users").write_text(f"ruth:viewer:{a_hash()}\n")
    (tmp_path / "key").write_text(f"{KEY}\n")
    found = load_settings(
        {"CONSOLE_USERS_FILE": str(tmp_path / "users"), "SESSION_KEY_FILE": str(tmp_path / "key")}
    ).console
    assert ([one.name for one in found.users], found.session_key) == (["ruth"], Secret(KEY))


def test_a_hash_is_masked_wherever_it_comes_back():
    hide = Redactor(secret_texts([f"ruth:viewer:{a_hash()}; bo:viewer:{a_hash(digest='B' * 43)}"]))
    assert MASK in hide(a_hash())
    assert DIGEST not in hide(f"{a_hash()} {DIGEST}")
    assert "B" * 43 not in hide(a_hash(digest="B" * 43))
    assert hide("ruth is a viewer") == "ruth is a viewer"


def test_the_example_is_nobodys_password():
    assert CONSOLE_USERS.example.endswith("$" + "A" * 43)
