"""A value that a process manager read in ``.env`` by rules of its own is not taken for one that somebody set."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from connector.config.dotenv_readers import as_we_read_it
from connector.config.env_file import read_env_file

FILE = """\
# what the README writes
TIER_1_HOME=Service Desk > First Touch
WORK_HOURS=mon-fri 08:00-17:00
HALOPSA_WEBHOOK_USER=halo              # Basic, which others run in production
DATABASE_URL=postgresql://user:pa#ss@host/escalator
FINAL_CLIENT_MESSAGE="We're on it and will call you."
FINAL_STATUS='In progress'
EMPTY=
FINAL_ACCOUNT_MANAGER=O'Brien

"""
OURS = {
    "TIER_1_HOME": "Service Desk > First Touch",
    "WORK_HOURS": "mon-fri 08:00-17:00",
    "HALOPSA_WEBHOOK_USER": "halo",
    "DATABASE_URL": "postgresql://user:pa#ss@host/escalator",
    "FINAL_CLIENT_MESSAGE": "We're on it and will call you.",
    "FINAL_STATUS": "In progress",
    "EMPTY": "",
    "FINAL_ACCOUNT_MANAGER": "O'Brien",
}
HONCHO = {  # what honcho 2.0.0 sets, seen by its own parser
    "TIER_1_HOME": "ServiceDesk>FirstTouch",
    "WORK_HOURS": "mon-fri08:00-17:00",
    "HALOPSA_WEBHOOK_USER": "halo",
    "DATABASE_URL": "postgresql://user:pa",
    "FINAL_CLIENT_MESSAGE": "We're on it and will call you.",
    "FINAL_STATUS": "In progress",
}
FOREMAN = {  # what foreman 0.87 sets
    **OURS,
    "HALOPSA_WEBHOOK_USER": "halo              # Basic, which others run in production",
}


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., dict[str, str]]:
    def read(environ: dict[str, str], text: str = FILE) -> dict[str, str]:
        path = tmp_path / ".env"
        path.write_text(text, encoding="utf-8")
        return as_we_read_it(environ, read_env_file(path))

    return read


@pytest.mark.parametrize("environ", [HONCHO, FOREMAN, {}], ids=["honcho", "foreman", "neither"])
def test_our_own_reading_of_the_file_counts(read, environ):
    assert read({**environ, "PATH": "/bin"}) == {**OURS, "PATH": "/bin"}


def test_what_somebody_set_wins(read):
    set_ = {"TIER_1_HOME": "Service  Desk", "WORK_HOURS": "24x7", "FINAL_STATUS": ""}
    assert read({**HONCHO, **set_}) == {**OURS, **set_}


def test_a_reading_of_another_variable_is_none_of_this_one(read):
    assert read({"FINAL_STATUS": "ServiceDesk>FirstTouch"})["FINAL_STATUS"] == "ServiceDesk>FirstTouch"


def test_what_stands_between_double_quotes_is_read_as_foreman_does(read):
    text = r'FINAL_CLIENT_MESSAGE="say \"hi\""'
    assert read({"FINAL_CLIENT_MESSAGE": 'say "hi"'}, text) == {"FINAL_CLIENT_MESSAGE": 'say "hi"'}
