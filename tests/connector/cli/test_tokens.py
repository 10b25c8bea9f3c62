"""``escalator console token``: what it makes, shows once, lists and revokes."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from connector.cli.main import cli
from connector.store.database.engine import Store
from connector.store.logins.tokens import ApiTokens
from connector.web.api.tokens import PREFIX, id_of, is_of
from tests.connector.quiet_logging import logging_as_before

__all__ = ["logging_as_before"]

pytestmark = pytest.mark.usefixtures("logging_as_before")


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    url = f"sqlite:///{tmp_path}/tokens.db"
    with_schema = Store.open(url)
    with_schema.migrate()
    with_schema.close()

    def invoke(*arguments, code=0):
        done = CliRunner().invoke(cli, ["console", "token", *arguments], env={"DATABASE_URL": url})
        assert done.exit_code == code, done.output
        return done

    invoke.url = url
    return invoke


def kept(run):
    store = Store.open(run.url)
    try:
        return ApiTokens(store).every()
    finally:
        store.close()


def test_it_is_printed_once_alone_and_a_digest_of_it_is_kept(run):
    done = run("--name", "wall display", "--scope", "set-brake", "--scope", "read", "--days", "7")
    [token] = done.stdout.splitlines()
    [row] = kept(run)
    assert token.startswith(PREFIX)
    assert is_of(row.hash, token)
    assert (row.id, row.name, row.scopes) == (id_of(token), "wall display", ("read", "set-brake"))
    assert (row.expires_at - row.made_at).days == 7
    assert f"wall display: good until {row.expires_at:%Y-%m-%d %H:%M} UTC" in done.stderr
    assert "for read, set-brake. It is not shown again." in done.stderr
    listed = run("list").output + run("list", "--json").output
    assert token[-43:] not in listed
    assert row.hash not in listed


def test_where_nothing_is_said_it_reads_for_90_days_and_is_called_by_its_id(run):
    found = json.loads(run("--json").stdout)
    [row] = kept(run)
    assert (found["name"], found["scopes"], found["used_at"]) == (row.id, ["read"], None)
    assert is_of(row.hash, found["token"])
    assert (row.expires_at - row.made_at).days == 90
    assert json.loads(run("list", "--json").stdout) == [{name: found[name] for name in found if name != "token"}]


def test_it_is_revoked_by_its_name_and_who_did_it_is_kept(run):
    run("--name", "display")
    assert run("revoke", "display").stdout == "display: revoked\n"
    assert kept(run) == []
    assert "there is no token 'display'" in run("revoke", "display", code=1).stderr
    run("--name", "display")
    assert json.loads(run("revoke", "display", "--json").stdout)["revoked"]["name"] == "display"


@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        (("--days", "367"), 2, "367 is not in the range 1<=x<=366"),
        (("--scope", "everything"), 2, "'everything' is not one of"),
        (("--name", "x" * 61), 2, "--name: at most 60 characters that can be seen"),
        (("--name", "a\x1b[31m"), 2, "--name: at most 60 characters that can be seen"),
        (("--name", "taken"), 1, "there is a token 'taken' already"),
    ],
)
def test_what_cannot_be_made_is_told_and_nothing_is(run, arguments, code, problem):
    run("--name", "taken")
    assert problem in run(*arguments, code=code).stderr
    assert len(kept(run)) == 1


def test_the_table_says_which_are_expired_and_when_each_was_used(run):
    run("--name", "display")
    [line] = run("list").stdout.splitlines()
    assert line.split("\t")[0::2] == ["display", "read", "never"]
