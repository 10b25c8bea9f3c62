"""Every command that a page tells people to type is one, and works: each is run at a desk, by its ``.env``."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest
from click.testing import CliRunner

from connector.cli.main import cli
from connector.demo import stay
from connector.demo.screenplay import FATES
from connector.demo.stay import StayingDesk, staying
from tests.connector.quiet_logging import logging_as_before
from tests.no_sockets import handed_over
from tests.test_docs import PAGES, ROOT

__all__ = ["logging_as_before"]

pytestmark = pytest.mark.usefixtures("logging_as_before")
HISTORY = ("CHANGELOG.md", "docs/decisions/")
"""What tells of the past is not read: a command may have been another then."""

LONG = {"run", "web", "worker", "init", "demo", "database"}
"""Commands that serve, ask, play or move everything away: of these the page's options are tried, the rest elsewhere."""

TYPED = "correct horse battery"
"""What stands in standard input: a password, where one is read."""

_REFUSED = ("dead-letters replay", "forget")
ENDS_IN = {f"{command} {ticket}": 1 for command in _REFUSED for ticket in ("connectwise 4711", "SYSTEM TICKET")} | {
    "report --notify": 2,
    "console token revoke NAME": 1,
}
"""Where another exit code than 0 is right: nothing is parked there, the ticket is watched, nobody is told, there is no
such token.
"""


@dataclass(frozen=True)
class Told:
    """A command of a page, without the program's name. ``is_mention``: named in a sentence, and without its words."""

    page: str
    words: str
    is_mention: bool

    def __str__(self) -> str:
        return f"{self.page}: {self.words}"


def told_by(page: Path) -> Iterator[Told]:
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^ {4,}(.+)$", text, re.MULTILINE)
    spans = re.findall(r"`([^`]+)`", re.sub(r"\n\s*", " ", text))
    for line, is_span in (*((one, False) for one in blocks), *((one, True) for one in spans)):
        found = re.match(r"(?:[\w./]+/)?(?:escalator|python3? -m connector) (.+)", line.strip())
        if found:
            words = re.sub(r"\s+#.*|\s*[|>] .*", "", found[1]).strip()
            for one in alternatives(words.replace("\\|", "|")):
                yield Told(str(page.relative_to(ROOT)), one, is_span and " " not in one)


def alternatives(words: str) -> Iterator[str]:
    """``status|register`` are two commands, ``[audit|training]`` three: it may be left out."""
    choices = []
    for word in words.split():
        inner = word.strip("[]")
        choices.append([*inner.split("|"), *([""] if word.startswith("[") else [])])
    for chosen in product(*choices):
        yield " ".join(filter(None, chosen))


PAGES_READ = [page for page in PAGES if not str(page.relative_to(ROOT)).startswith(HISTORY)]
COMMANDS = {(told.words, told.is_mention): told for page in PAGES_READ for told in told_by(page)}
"""Each once, whichever page told it last; what takes away what others need comes last."""

IN_ORDER = sorted(COMMANDS.values(), key=lambda told: ("remove" in told.words, told.words))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StayingDesk]:
    with pytest.MonkeyPatch.context() as patch, handed_over():
        patch.setattr(stay, "DAYS_BEFORE", 0)
        patch.setattr(
            stay, "FATES", [fate for fate in FATES if "Printer" in fate.summary or "Invoices" in fate.summary]
        )
        with staying(tmp_path_factory.mktemp("desk"), {}, speed=1, port=0) as open_desk:
            yield open_desk


@pytest.mark.parametrize("told", IN_ORDER, ids=str)
def test_a_command_of_a_page_works(desk: StayingDesk, monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    monkeypatch.chdir(desk.folder)
    words = shlex.split(told.words)
    if words[0] in LONG or told.is_mention:
        words.append("--help")
    elif "--again" in words:  # of what was read before, whichever process did that
        assert CliRunner().invoke(cli, ["backtest", "--since", "90d"]).exit_code == 0
    result = CliRunner().invoke(cli, list(placed(desk, words)), input=TYPED)
    assert result.exit_code == ENDS_IN.get(told.words, 0), result.output


def placed(desk: StayingDesk, words: list[str]) -> Iterator[str]:
    """The words with what stands for something put in."""
    number = desk.shift.morning.tickets[0].number
    stands_for = {"SYSTEM": "connectwise", "CONNECTION": "connectwise", "TICKET": number, "4711": number}
    for word in words:
        if word == "HEAD":
            yield CliRunner().invoke(cli, ["audit", "head"]).stdout.strip()
        else:
            yield stands_for.get(word, word)


def test_the_pages_tell_commands_at_all() -> None:
    assert len(COMMANDS) > 20
    told = {words.split()[0] for words, _ in COMMANDS}
    assert {"run", "check", "tickets", "explain", "webhooks", "brake", "migrate"} <= told
