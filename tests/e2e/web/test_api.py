"""The API as its document says: schemathesis makes requests of it, whole and broken ones, and judges each answer.

No answer is a server's failure, and none has a status, a media type or a form that the document does not publish.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from connector.store.database.tables import mailbox
from connector.store.logins.tokens import ApiTokens
from connector.web.api.scopes import ApiScope
from connector.web.api.tokens import new_token
from tests.connector.boards import a_row
from tests.e2e.web.desk import Open

EXAMPLES = 25
"""So many requests are made up for each operation, besides those that try each bound of each parameter."""

NOT_ASKED = "positive_data_acceptance"
"""That whatever has the form of a cursor is one: the document cannot say which texts we made."""

SYSTEM = "connectwise"


@pytest.fixture(autouse=True)
def _wrong_tokens_are_not_slowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that each wrong one gets 401; that the twenty-first gets 429 others have tried."""
    for name in ("FREE_TRIES", "FREE_OF_ADDRESS", "FREE_OF_USER"):
        monkeypatch.setattr(f"connector.web.login.slowing.{name}", 10**9)


def token(desk: Open) -> str:
    made = new_token()
    may = [scope.value for scope in ApiScope]
    ApiTokens(desk.stage.store).add(made.id, "schemathesis", made.hash, may, timedelta(days=30), "the tests")
    return made.text


def tried(desk: Open, folder: Path, *arguments: str, config: str = "") -> str:
    """What schemathesis says; fails with it where it found anything."""
    (folder / "schemathesis.toml").write_text(config)
    program = Path(sys.executable).with_name("schemathesis")
    document = f"{desk.url}/api/v1/openapi.json"
    how = ["--max-examples", str(EXAMPLES), "--seed", "1", "--no-color", "--exclude-checks", NOT_ASKED]
    done = subprocess.run(
        [program, "run", document, "--url", desk.url, *how, *arguments],
        cwd=folder,
        env={**os.environ, "SCHEMATHESIS_HOOKS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return done.stdout


def test_no_request_breaks_it_or_gets_an_answer_that_is_not_documented(desk: Open, tmp_path: Path) -> None:
    said = tried(desk, tmp_path, "--header", f"Authorization: Bearer {token(desk)}")
    selected, tested = (int(re.search(rf"{word}: +(\d+)", said)[1]) for word in ("Selected", "Tested"))
    assert selected == tested > 10


def test_nor_does_one_that_names_what_is_there(desk: Open, tmp_path: Path) -> None:
    with desk.stage.store.writing() as conn:
        conn.execute(mailbox.insert(), [a_row("4711", -20, connection=SYSTEM, is_dead=True, error="no answer")])
    names = f'[parameters]\nconnection = "{SYSTEM}"\nticket = ["4711", "{desk.morning.tickets[0].number}"]\n'
    tried(desk, tmp_path, "--header", f"Authorization: Bearer {token(desk)}", config=names)


def test_nor_does_one_of_nobody(desk: Open, tmp_path: Path) -> None:
    tried(desk, tmp_path, "--phases", "coverage,fuzzing")
