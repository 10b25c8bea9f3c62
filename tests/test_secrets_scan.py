"""What is committed holds no secret, and a secret that is planted is found."""

from __future__ import annotations

import random
import string
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.secrets_scan import FORMS, MADE_UP, main, secrets_in

ROOT = Path(__file__).parent.parent


class Lots:
    """Draws texts that have a letter and a digit, from a seed; made here, so that none stands in this file."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def some(self, count: int, letters: str = string.ascii_letters + string.digits) -> str:
        return "".join(self._random.choices(letters, k=count - 2)) + "7a"

    def hexed(self, count: int) -> str:
        return self.some(count, string.digits + "abcdef")


PLANTED: dict[str, Callable[[Lots], str]] = {
    "a private key": lambda lots: "-----BEGIN RSA PRIVATE" + f" KEY-----\\n{lots.some(40)}",
    "a cloud account's key": lambda lots: f"aws = 'AKIA{lots.some(16, string.ascii_uppercase).upper()}'",
    "a code host's token": lambda lots: f"git clone https://x:ghp_{lots.some(36)}@host/x",
    "a chat's token": lambda lots: f"bot: xoxb-{lots.hexed(12)}-{lots.some(24)}",
    "a chat's hook": lambda lots: f"https://hooks.slack.com/services/T{lots.some(8)}/B{lots.some(8)}/{lots.some(24)}",
    "a payment key": lambda lots: f"sk_live_{lots.some(24)}",
    "a signed token": lambda lots: f"eyJ{lots.some(20)}.eyJ{lots.some(30)}.{lots.some(43)}",
    "a token of Request Tracker": lambda lots: f"Authorization: token 1-14-{lots.hexed(32)}",
    "a password in an address": lambda lots: f"DATABASE_URL=postgresql://escalator:{lots.some(14)}@db/escalator",
    "a random value of a secret's name": lambda lots: f'  "RT_WEBHOOK_SECRET": "{lots.some(24)}",',
    "a random value": lambda lots: f"the answer was {lots.some(44)} there",
}


@pytest.mark.soak  # `make check` looks through all of it, too
def test_nothing_that_is_committed_looks_like_a_secret(capsys: pytest.CaptureFixture[str]):
    assert (main(), capsys.readouterr().out) == (0, "")


def test_each_form_is_planted_once():
    assert FORMS.keys() <= PLANTED.keys()


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_secret_is_found_wherever_it_is_put_and_not_shown(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    planted = PLANTED[kind](Lots(1))
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "page.md").write_text(f"# A page\n\nand a line\n{planted}\nand one more\n", encoding="utf-8")
    assert main(tmp_path) >= 1
    told = capsys.readouterr().out
    assert f"docs/page.md:4: {kind}\n" in told
    assert planted not in told


@pytest.mark.parametrize("kind", PLANTED)
def test_of_a_hundred_planted_ones_hardly_one_is_taken_for_a_word(kind: str):
    found = [[one for _, one in secrets_in(PLANTED[kind](Lots(seed)))] for seed in range(100)]
    assert sum(kind in kinds for kinds in found) >= 98


def test_what_is_ignored_is_not_looked_at_and_a_folder_without_a_repository_is(tmp_path: Path):
    (tmp_path / ".env").write_text(PLANTED["a payment key"](Lots(1)), encoding="utf-8")
    assert main(tmp_path) >= 1
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text(".env\n", encoding="utf-8")
    assert main(tmp_path) == 0


@pytest.mark.parametrize(
    "line",
    [
        *sorted(MADE_UP),
        "password = base64.b64decode(given, validate=True)",
        'token="1-14-ffffffffffffffffffffffffffffffff"',
        "CONNECTWISE_PRIVATE_KEY=your-private-key",
        '"id": "9b1c1f5e-7a43-4c0e-9df0-3a51d1f7a001"',
        "DATABASE_URL=postgresql://user:password@host/escalator",
        "test_a_key_that_is_older_than_1_hour_is_fetched_anew_before_the_webhook_is_called_forged",
        "at 2026-03-02T09:00:00.000000+00:00 key = 2026-03-02T09:00:00.000000+00:00",
    ],
)
def test_what_is_plainly_made_up_is_no_secret(line: str):
    assert list(secrets_in(line)) == []


def test_the_check_that_runs_before_a_change_lands_looks_for_secrets():
    check = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\ncheck:")[2].partition("\n\n")[0]
    assert "-m tests.secrets_scan" in check
