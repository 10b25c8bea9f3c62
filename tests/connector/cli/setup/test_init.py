"""``escalator init`` against the simulator of each ticket system: asked at a terminal, and by options."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from connector.cli import common
from connector.cli.main import cli
from connector.clock import SystemClock
from connector.config.env_file import read_env_file
from connector.config.settings import load_settings
from connector.model import Mode
from connector.systems.catalogue import CatalogueEntry, ticket_systems
from connector.systems.desk import Urgency
from connector.systems.variables import Variable
from tests.connector.quiet_logging import logging_as_before

__all__ = ["logging_as_before"]

pytestmark = [pytest.mark.usefixtures("logging_as_before", "folder"), pytest.mark.variants("served")]

ZONE = "Europe/London"
CHOSEN = {"WORK_TIME_ZONE": ZONE, "WORK_HOLIDAYS": "GB-ENG"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory; nothing of ours in the environment, and a machine that says no zone."""
    monkeypatch.chdir(tmp_path)
    prefixes = ("TIER_", "FINAL_", "ESCALATION_", "WORK_", *(f"{name.upper()}_" for name in ticket_systems()))
    for name in list(os.environ):
        if name.startswith(prefixes):
            monkeypatch.delenv(name)
    monkeypatch.setenv("TZ", "UTC")
    return tmp_path


class Served:
    """A simulated desk, what one has to know of it, and how it is told to ``init``."""

    def __init__(self, entry: CatalogueEntry, desk: Any) -> None:
        self.entry, self.name, self.desk = entry, entry.name, desk
        self.variables = {
            one.name: desk.variables()[one.name]
            for one in entry.variables
            if one.name in desk.variables() and one.make is None
        }

    @property
    def secrets(self) -> dict[str, str]:
        return {one.name: self.variables[one.name] for one in self.asked if one.is_secret}

    @property
    def critical(self) -> str:
        """The name of the highest priority, as it is known without more being said."""
        return "High" if self.name == "rt" else self.desk.priority_name(Urgency.CRITICAL)

    @property
    def asked(self) -> list[Variable]:
        return [one for one in self.entry.variables if one.name in self.variables and "PRIORITIES" not in one.name]

    @property
    def options(self) -> list[str]:
        """What a script says: all but the secrets, which are in its environment."""
        said = {name: value for name, value in self.variables.items() if name not in self.secrets}
        homes = {f"TIER_{n}_HOME": home for n, home in enumerate(self.desk.homes, 1)}
        return [self.name, *(f"--set={name}={value}" for name, value in {**said, **homes, **CHOSEN}.items())]

    def typed(self, **changed: str) -> list[str]:
        """What a person types, line by line."""
        values = [changed.get(one.name, self.variables[one.name]) for one in self.asked]
        values += ["" for one in self.entry.variables if one.is_asked]
        people = [self.desk.member(name) for name in ("irene", "maria", "adam")]
        number = list(ticket_systems()).index(self.name) + 1
        end = ["", "y"]  # no address of our own; write it
        return [str(number), *values, "", *self.desk.homes, *people, self.critical, ZONE, "", "GB-ENG", "y", *end]


@pytest.fixture(params=list(ticket_systems()))
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    with a_desk(request.param) as found:
        yield found


class a_desk:
    """The desk of a system, served while the block runs."""

    def __init__(self, name: str) -> None:
        entry = ticket_systems()[name]
        self._entry, self._desk = entry, entry.simulated(SystemClock())
        self._served = self._desk.serve()

    def __enter__(self) -> Served:
        self._served.__enter__()
        return Served(self._entry, self._desk)

    def __exit__(self, *_: object) -> None:
        self._served.__exit__(None, None, None)


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs ``init`` with a person who types these lines, and then nothing more."""

    def run(lines: list[str], *arguments: str, **environ: str) -> Result:
        with monkeypatch.context() as patched:
            patched.setattr(common, "is_on_terminal", lambda: True)
            return invoked("".join(f"{line}\n" for line in lines), *arguments, **environ)

    return run


def invoked(typed: str | None, *arguments: str, **environ: str) -> Result:
    result = CliRunner().invoke(cli, ["init", *arguments], input=typed, env=environ)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def scripted(*arguments: str, **environ: str) -> Result:
    return invoked(None, *arguments, **environ)


def values_in(folder: Path) -> Mapping[str, str]:
    return read_env_file(folder / ".env").values


def told(result: Result) -> str:
    return result.output + result.stderr


def test_a_person_answers_and_the_connector_is_set_up(served: Served, folder: Path, typing) -> None:
    result = typing(served.typed())
    assert result.exit_code == 0, told(result)
    assert "Ready. Mode observe" in result.output
    assert f"escalator explain {served.name} TICKET" in result.output
    assert "Service Desk Manager, who may override" in result.output
    assert not [name for name, secret in served.secrets.items() if secret in told(result)]
    loaded = load_settings(values_in(folder), kept=read_env_file(folder / ".env"))
    assert [tier.homes[served.name] for tier in loaded.policy.tiers] == list(served.desk.homes)
    assert loaded.policy.final.sr_it_manager == served.desk.member("irene")
    assert loaded.policy.final.account_manager == served.desk.member("adam")
    assert loaded.mode is Mode.OBSERVE
    assert loaded.policy.calendars["default"].zone.key == ZONE
    assert values_in(folder)["CRITICAL_PRIORITIES"] == served.critical
    assert stat.S_IMODE((folder / ".env").stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == [".env"]


def test_run_again_it_proposes_what_is_set_and_changes_nothing(served: Served, folder: Path, typing) -> None:
    typing(served.typed())
    before = (folder / ".env").read_bytes()
    again = typing([""] * 30)
    assert again.exit_code == 0, told(again)
    assert "says all of that already" in again.output
    assert (folder / ".env").read_bytes() == before
    assert not [name for name, secret in served.secrets.items() if secret in told(again)]


def test_a_script_says_it_all_by_options(served: Served, folder: Path) -> None:
    result = scripted(*served.options, **served.secrets)
    assert result.exit_code == 0, told(result)
    assert "Ready. Mode observe" in result.output
    values = values_in(folder)
    assert served.variables.items() <= {**served.desk.variables(), **values}.items()
    assert {**CHOSEN, "ESCALATION_MODE": "observe", "TIER_2_HOME": served.desk.homes[1]}.items() <= values.items()
    assert not [name for name, secret in served.secrets.items() if secret in told(result)]
    before = (folder / ".env").read_bytes()
    assert scripted(served.name).exit_code == 0, "what is set is known"
    assert (folder / ".env").read_bytes() == before


def test_a_script_that_says_nothing_is_told_everything_at_once(served: Served, folder: Path) -> None:
    result = scripted(served.name)
    assert result.exit_code == 2
    for one in served.asked:
        assert f"{one.name}: is missing" in told(result)
    for name in served.secrets:
        assert f"--secret-file {name}=PATH" in told(result)
    for name in ("TIER_1_HOME", "TIER_3_HOME", "WORK_TIME_ZONE"):
        assert f"--set {name}=" in told(result)
    assert list(folder.iterdir()) == []


def test_a_script_without_the_homes_is_told_what_is_proposed(served: Served, folder: Path) -> None:
    without = [one for one in served.options if "_HOME=" not in one]
    result = scripted(*without, **served.secrets)
    assert result.exit_code == 2
    assert f"--set TIER_3_HOME='{served.desk.homes[2]}' (proposed; --yes takes it)" in told(result)
    assert list(folder.iterdir()) == []


def test_no_zone_is_ever_taken_from_a_machine_in_utc(served: Served, folder: Path) -> None:
    without = [one for one in served.options if "ZONE" not in one]
    result = scripted(*without, "--yes", **served.secrets)
    assert result.exit_code == 2
    assert "WORK_TIME_ZONE: is missing" in told(result)
    assert list(folder.iterdir()) == []
    assert scripted(*without, "--set=WORK_TIME_ZONE=UTC", **served.secrets).exit_code == 0
    assert values_in(folder)["WORK_TIME_ZONE"] == "UTC"


def test_a_refused_secret_is_one_cause_and_nothing_is_written(served: Served, folder: Path) -> None:
    for name, secret in served.secrets.items():
        wrong = secret[:-4] + "abcd"
        result = scripted(*served.options, **{**served.secrets, name: wrong})
        assert result.exit_code == 1, name
        assert len(result.stderr.splitlines()) == 1
        assert wrong not in told(result)
    assert list(folder.iterdir()) == []


def test_a_person_corrects_a_refused_secret(served: Served, folder: Path, typing) -> None:
    name, secret = list(served.secrets.items())[-1]
    wrong = secret[:-4] + "abcd"
    lines = served.typed(**{name: wrong})
    at = lines.index(wrong) + 1
    corrected = ["y", *(secret if one.name == name else "" for one in served.asked)]
    blamed_besides = [""] if served.name == "halopsa" else []
    usual = ["" for one in served.entry.variables if one.is_asked]
    result = typing([*lines[:at], *usual, *corrected, *blamed_besides, *lines[at:]])
    assert result.exit_code == 0, told(result)
    assert "It did not work" in told(result)
    assert values_in(folder)[name] == secret
    assert wrong not in told(result)
    assert secret not in told(result)


def test_enter_keeps_the_secret_that_was_set_rather_than_the_refused_one(folder: Path, typing) -> None:
    with a_desk("rt") as served:
        assert scripted(*served.options, **served.secrets).exit_code == 0
        (name, secret) = next(iter(served.secrets.items()))
        refused = ["", secret[:-4] + "abcd", "", "y", "", "", ""]  # address, token, priorities; again
        result = typing([*refused, *[""] * 20], "rt")
    assert "hidden; Enter keeps the one that is set" in result.output
    assert "It did not work" in told(result)
    assert result.exit_code == 0, told(result)
    assert values_in(folder)[name] == secret


def test_a_person_is_told_to_start_anew_what_runs_and_what_an_answer_became(folder: Path, typing) -> None:
    with a_desk("rt") as served:
        result = typing(served.typed())
        assert "    First Touch" not in result.output.partition("Tier 1")[2]
        assert "start it anew" not in result.output
        again = served.typed(**{})
        again[again.index(served.critical)] = "2"
        result = typing([*again[:-1], "y", "y"], **served.secrets)
    assert "The critical ones [High]: 2\n    Medium\n" in result.output
    assert "start it anew" in result.output
    assert values_in(folder)["CRITICAL_PRIORITIES"] == "Medium"


def test_what_the_refusal_names_besides_is_asked_for_then(folder: Path, typing) -> None:
    with a_desk("halopsa") as served:
        served.desk.simulator.access.tenant = "acme"
        lines = served.typed()
        at = lines.index(served.variables["HALOPSA_CLIENT_SECRET"]) + 1
        result = typing([*lines[:at], "y", "", "", "", "", "acme", *lines[at:]])
    assert result.exit_code == 0, told(result)
    assert values_in(folder)["HALOPSA_TENANT"] == "acme"


def test_whoever_leaves_leaves_nothing_behind(served: Served, folder: Path, typing) -> None:
    lines = served.typed()
    for count in {0, 1, 2, len(lines) // 2, len(lines) - 1}:
        result = typing(lines[:count])
        assert result.exit_code == 1, (count, told(result))
        assert "nothing was written" in told(result)
        assert list(folder.iterdir()) == []
    assert typing([*lines[:-1], "n"]).exit_code == 1
    assert list(folder.iterdir()) == []


def test_what_is_answered_wrongly_is_asked_again(folder: Path, typing) -> None:
    with a_desk("connectwise") as served:
        lines = served.typed()
        for right, wrong in {
            served.variables["CONNECTWISE_URL"]: "ftp://nowhere",
            "Service Desk > First Touch": "Servcie Desk",
            "Sr IT": "Tier 3 > Nobody",
            "irene": "gone",
            "Priority 1 - Critical": "Priority 9",
            ZONE: "EST",
            "GB-ENG": "GB-XXX",
        }.items():
            lines.insert(lines.index(right), wrong)
        lines.insert(lines.index("Sr IT"), "Service Desk > First Touch")
        result = typing(lines)
    assert result.exit_code == 0, told(result)
    for words in (
        "CONNECTWISE_URL: is not an address",
        "did you mean 'Service Desk'",
        "is the home of another tier already (TIER_1_HOME)",
        "no active member named 'gone'",
        "no priority named 'Priority 9'",
        "did you mean America/New_York?",
        "'GB-XXX' names no part of GB",
    ):
        assert words in told(result), words
    assert values_in(folder)["TIER_3_HOME"] == "Sr IT"


def test_numbers_and_parts_of_names_stand_for_what_is_listed(folder: Path, typing) -> None:
    with a_desk("connectwise") as served:
        lines = served.typed()
        at = lines.index("Service Desk > First Touch")
        lines[at : at + 3] = ["2", "seniors", ""]
        lines[lines.index("irene")] = "6"
        result = typing(lines)
    assert result.exit_code == 0, told(result)
    values = values_in(folder)
    homes = [values[f"TIER_{n}_HOME"] for n in (1, 2, 3)]
    assert homes == ["Service Desk > First Touch", "Tier 3 > Seniors", "Sr IT"]
    assert values["FINAL_SR_IT_MANAGER"] == "irene"


def test_a_second_system_stands_beside_the_first_and_writes_nothing_yet(folder: Path) -> None:
    with a_desk("connectwise") as first, a_desk("halopsa") as second:
        assert scripted(
            *first.options, "--set=FINAL_SR_IT_MANAGER=irene", "--set=CRITICAL_PRIORITIES=Priority 1 - Critical",
            **first.secrets,
        ).exit_code == 0  # fmt: skip
        path = folder / ".env"
        path.write_text("# ours\n" + path.read_text().replace("=observe", "=enforce  # since May"))
        result = scripted(
            *second.options, "--set=FINAL_SR_IT_MANAGER=Irene Systems",
            "--set=CRITICAL_PRIORITIES=Critical, Priority 1 - Critical", **second.secrets,
        )  # fmt: skip
        assert result.exit_code == 0, told(result)
    values = values_in(folder)
    assert path.read_text().startswith("# ours\n")
    assert "ESCALATION_MODE=enforce  # since May\n" in path.read_text()
    assert values["ESCALATION_MODE_HALOPSA"] == "observe"
    assert values["FINAL_SR_IT_MANAGER"] == "irene | Irene Systems"
    loaded = load_settings(values)
    for served in (first, second):
        assert [tier.homes[served.name] for tier in loaded.policy.tiers] == list(served.desk.homes)
    assert loaded.modes_of("connectwise").base is Mode.ENFORCE
    assert loaded.modes_of("halopsa").base is Mode.OBSERVE


def test_a_person_names_those_whom_the_second_system_calls_otherwise(folder: Path, typing) -> None:
    with a_desk("connectwise") as first, a_desk("rt") as second:
        assert scripted(*first.options, "--set=FINAL_ACCOUNT_MANAGER=tom", **first.secrets).exit_code == 0
        path = folder / ".env"
        path.write_text(path.read_text().replace("FINAL_ACCOUNT_MANAGER=tom", "FINAL_ACCOUNT_MANAGER='Tommy T'"))
        lines = second.typed()
        lines[lines.index("adam")] = "-"
        result = typing(lines)
    assert "elsewhere Tommy T; here" in result.output
    assert values_in(folder)["FINAL_ACCOUNT_MANAGER"] == "Tommy T", told(result)
    assert values_in(folder)["FINAL_SR_IT_MANAGER"] == "irene"
    assert values_in(folder)["TIER_2_HOME_RT"] == "Tier 3"


def test_a_new_tier_gets_a_home_in_the_other_system_too(folder: Path, typing) -> None:
    with a_desk("connectwise") as first, a_desk("rt") as second:
        two_tiers = [one for one in first.options if not one.startswith("--set=TIER_3")]
        assert scripted(*two_tiers, "--tiers=2", **first.secrets).exit_code == 0
        lines = second.typed()
        at = lines.index("Sr IT")
        lines[at - 3] = "3"
        result = typing([*lines[: at + 1], "Sr IT", *lines[at + 1 :]])
    assert "Tier 3 (Sr IT Manager) lives in connectwise at: Sr IT" in result.output
    assert values_in(folder)["TIER_3_HOME_CONNECTWISE"] == "Sr IT", told(result)
    assert values_in(folder)["TIER_3_HOME_RT"] == "Sr IT"


def test_fewer_tiers_leave_those_beyond_as_comments(folder: Path) -> None:
    with a_desk("connectwise") as served:
        more = ["--tiers=4", "--set=TIER_4_HOME=Service Desk > Dispatch", "--set=TIER_4_NAME=The board"]
        assert scripted(*served.options, *more, **served.secrets).exit_code == 0
        assert values_in(folder)["TIER_4_NAME"] == "The board"
        assert scripted(served.name, "--tiers=3").exit_code == 0
    assert not [name for name in values_in(folder) if name.startswith("TIER_4")]
    assert "# TIER_4_NAME='The board'" in (folder / ".env").read_text()


def test_the_webhook_is_registered_where_somebody_says_so(folder: Path, typing) -> None:
    with a_desk("connectwise") as served:
        public = "--set=PUBLIC_URL=http://127.0.0.1:8000"
        unregistered = scripted(*served.options, public, **served.secrets)
        assert unregistered.exit_code == 1, "check finds that it is not registered"
        assert served.desk.simulator.callbacks() == []
        lines = ["", *([""] * len(served.asked)), *[""] * 13, "y", ""]
        result = typing(lines)
        assert result.exit_code == 0, told(result)
        assert len(served.desk.simulator.callbacks()) == 1
        again = scripted(served.name, "--register")
        assert again.exit_code == 0, told(again)
        assert len(served.desk.simulator.callbacks()) == 1


def test_a_registration_that_is_refused_is_told_and_ends_with_one(folder: Path) -> None:
    with a_desk("connectwise") as served:
        served.desk.simulator.faults.forbid(method="POST", path="callbacks")
        public = "--set=PUBLIC_URL=http://127.0.0.1:8000"
        result = scripted(*served.options, public, "--register", **served.secrets)
    assert result.exit_code == 1
    assert "It did not work" in told(result)
    assert values_in(folder)["PUBLIC_URL"] == "http://127.0.0.1:8000"


def test_rights_that_are_missing_are_told_and_mended_while_one_waits(folder: Path, typing, monkeypatch) -> None:
    with a_desk("connectwise") as served:
        faults = served.desk.simulator.faults
        faults.forbid(path="boards")
        result = scripted(*served.options, **served.secrets)
        assert result.exit_code == 1
        assert "System > Table Setup" in told(result)
        agree = common.agree

        def mend(question: str, *, default: bool) -> bool:
            faults.reset()
            return agree(question, default=default)

        monkeypatch.setattr(common, "agree", mend)
        lines = served.typed()
        lines.insert(lines.index("Service Desk > First Touch") - 1, "y")
        result = typing(lines)
    assert result.exit_code == 0, told(result)
    assert "It did not work" in told(result)


def test_a_person_who_cannot_mend_it_leaves_with_the_cause(folder: Path, typing) -> None:
    with a_desk("connectwise") as served:
        served.desk.simulator.faults.forbid(path="priorities")
        lines = served.typed()
        result = typing([*lines[: lines.index(served.critical)], "n"])
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("escalator: read the priorities")
    assert list(folder.iterdir()) == []


def test_a_script_takes_what_is_sure_and_says_so(folder: Path) -> None:
    with a_desk("connectwise") as served:
        said = [one for one in served.options if "_HOME=" not in one and "HOLIDAYS" not in one]
        result = scripted(*said, "--yes", **served.secrets)
    assert result.exit_code == 0, told(result)
    values = values_in(folder)
    homes = [values[f"TIER_{n}_HOME"] for n in (1, 2, 3)]
    assert homes == ["Service Desk > First Touch", "Tier 3", "Sr IT"]
    assert (values["WORK_HOLIDAYS"], values["CRITICAL_PRIORITIES"]) == ("GB", "Priority 1 - Critical")
    assert not [name for name in values if name.startswith("FINAL_")], "people are no more than guessed"
    for name in ("TIER_1_HOME", "WORK_HOLIDAYS", "CRITICAL_PRIORITIES"):
        assert f"{name}: {values[name]} (proposed, and taken)" in result.output


def test_a_script_takes_no_guess(folder: Path) -> None:
    with a_desk("halopsa") as served:
        served.desk.simulator.rename_team("First Touch", "Support")
        served.desk.simulator.rename_team("1st Line Support", "Helpdesk")
        said = [one for one in served.options if "_HOME=" not in one]
        result = scripted(*said, "--yes", **served.secrets)
    assert result.exit_code == 2
    assert "--set TIER_1_HOME=Helpdesk (a guess)" in told(result)
    assert "TIER_2_HOME: is missing" not in told(result)
    assert list(folder.iterdir()) == []


def test_of_a_long_list_all_can_be_chosen_from_and_some_is_shown(folder: Path, typing) -> None:
    with a_desk("rt") as served:
        for number in range(60):
            served.desk.simulator.add_queue(f"Queue {number}")
        lines = served.typed()
        lines[lines.index("Sr IT")] = "queue 59"
        result = typing(lines)
    assert result.exit_code == 0, told(result)
    assert "and 24 more: say a part of the name" in result.output
    assert "Queue 36" not in result.output
    assert values_in(folder)["TIER_3_HOME"] == "Queue 59"


def test_the_next_commands_can_be_copied_where_ours_is_not_among_the_commands(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert common.command_here() == "escalator"
    monkeypatch.setenv("PATH", "/nowhere")
    for started, shown in {
        folder / ".venv" / "bin" / "escalator": ".venv/bin/escalator",
        "/opt/ours/escalator": "/opt/ours/escalator",
        "/usr/bin/pytest": "escalator",
    }.items():
        monkeypatch.setattr("sys.argv", [str(started)])
        assert common.command_here() == shown


def test_what_a_terminal_would_obey_is_not_shown(typing) -> None:
    with a_desk("connectwise") as served:
        served.desk.simulator.add_board("Red \x1b[31m board", statuses=())
        served.desk.simulator.add_member("esc", "Esc\x1b]0;owned\x07 Ape")
        served.desk.simulator.add_team("Sr IT", "Odd", ("esc",))
        result = typing(served.typed())
    assert result.exit_code == 0, told(result)
    assert "\x1b" not in told(result)
    assert "\x07" not in told(result)
    assert "Ape" in result.output


# --- secrets ----------------------------------------------------------------------------------------------------


def test_a_secret_on_the_command_line_is_refused_and_not_repeated(served: Served, folder: Path) -> None:
    for name, secret in served.secrets.items():
        result = scripted(served.name, f"--set={name}={secret}")
        assert result.exit_code == 2
        assert f"{name}: is a secret" in told(result)
        assert secret not in told(result)
        pasted = scripted(served.name, f"--set={secret}")
        assert pasted.exit_code == 2
        assert secret not in told(pasted)
    assert list(folder.iterdir()) == []


def test_a_secret_may_stay_in_a_file(served: Served, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("secrets")
    name, secret = next(iter(served.secrets.items()))
    (elsewhere / "one").write_text(f"{secret}\n")
    others = {one: value for one, value in served.secrets.items() if one != name}
    result = scripted(*served.options, f"--secret-file={name}={elsewhere / 'one'}", **others)
    assert result.exit_code == 0, told(result)
    assert values_in(folder)[f"{name}_FILE"] == str(elsewhere / "one")
    assert name not in values_in(folder)
    assert secret not in (folder / ".env").read_text()
    before = (folder / ".env").read_bytes()
    assert scripted(served.name).exit_code == 0
    assert (folder / ".env").read_bytes() == before


@pytest.mark.parametrize("secret", ["", "two\nlines"])
def test_a_file_that_holds_no_secret_is_refused(folder: Path, secret: str) -> None:
    (folder / "key").write_text(secret)
    result = scripted("rt", "--secret-file=RT_TOKEN=key")
    assert result.exit_code == 2
    assert "RT_TOKEN: the file" in told(result)


def test_what_both_sides_agree_on_is_made_and_never_shown(folder: Path, typing) -> None:
    for name, made in {"rt": "RT_WEBHOOK_SECRET", "halopsa": "HALOPSA_WEBHOOK_PASSWORD"}.items():
        with a_desk(name) as served:
            (folder / ".env").unlink(missing_ok=True)
            result = typing(served.typed())
            assert result.exit_code == 0, told(result)
            secret = values_in(folder)[made]
            assert len(secret) >= 32
            assert secret not in told(result)
            assert f"{made}: made for you" in result.output


# --- the file ---------------------------------------------------------------------------------------------------


def test_a_file_that_cannot_be_understood_is_refused_before_anything_is_asked(folder: Path, typing) -> None:
    path = folder / ".env"
    for text, words in {
        "A='b\n": "line 1: cannot be read",
        "RT_TOKKEN=1\n": "line 1: RT_TOKKEN: there is no such variable; did you mean 'RT_TOKEN'?",
        "ESCALATION_POLICY=policy.json\n": "the policy stands in a document",
    }.items():
        path.write_text(text)
        result = typing([])
        assert result.exit_code == 2
        assert words in told(result)
        assert path.read_text() == text
    path.rename(folder / "elsewhere")
    path.symlink_to("elsewhere")
    result = typing([])
    assert (result.exit_code, ".env leads to another file, elsewhere" in told(result)) == (2, True)
    path.unlink()
    path.mkdir()
    assert typing([]).exit_code == 2


def test_a_value_that_the_environment_overrules_is_named(folder: Path) -> None:
    with a_desk("connectwise") as served:
        result = scripted(*served.options, **served.secrets, WORK_HOLIDAYS="US")
    assert "WORK_HOLIDAYS has another value in the environment" in told(result)
    assert values_in(folder)["WORK_HOLIDAYS"] == "GB-ENG"


def test_an_unknown_name_or_system_is_refused(folder: Path) -> None:
    unknown = scripted("rt", "--set=WORK_HOLYDAYS=US")
    assert unknown.exit_code == 2
    assert "did you mean 'WORK_HOLIDAYS'" in told(unknown)
    assert scripted("zendesk").exit_code == 2
    which = scripted()
    assert which.exit_code == 2
    assert "escalator init connectwise|halopsa|rt" in told(which)
    assert "no terminal" in told(which)


def test_a_script_does_not_say_parts_or_numbers(folder: Path) -> None:
    with a_desk("connectwise") as served:
        for part in ("Sr", "6"):
            result = scripted(*served.options, f"--set=TIER_3_HOME={part}", **served.secrets)
            assert result.exit_code == 2, part
            assert f"there is no board named '{part}'" in told(result)
    assert list(folder.iterdir()) == []


def test_a_person_is_replaced_where_no_other_system_is_connected(folder: Path) -> None:
    with a_desk("connectwise") as served:
        for identifier in ("irene", "maria"):
            said = f"--set=FINAL_SR_IT_MANAGER={identifier}"
            assert scripted(*served.options, said, **served.secrets).exit_code == 0
            assert values_in(folder)["FINAL_SR_IT_MANAGER"] == identifier


def test_a_system_that_is_set_up_again_keeps_its_mode_and_the_homes_that_it_shares(folder: Path) -> None:
    with a_desk("halopsa") as first, a_desk("rt") as second:
        assert scripted(*first.options, **first.secrets).exit_code == 0
        path = folder / ".env"
        path.write_text(path.read_text().replace("=observe", "=enforce"))
        assert scripted(first.name).exit_code == 0
        assert "ESCALATION_MODE_HALOPSA" not in values_in(folder)
        assert scripted(*second.options, **second.secrets).exit_code == 0
    values = values_in(folder)
    assert values["ESCALATION_MODE_RT"] == "observe"
    assert not [name for name in values if "_HOME_" in name], "both say the same, so the common name does"


def test_what_does_not_hold_together_is_not_written(folder: Path) -> None:
    with a_desk("rt") as served:
        result = scripted(*served.options, "--set=TIER_2_DIAGNOSIS_MINUTES=soon", **served.secrets)
    assert result.exit_code == 2
    assert "TIER_2_DIAGNOSIS_MINUTES" in told(result)
    assert list(folder.iterdir()) == []


def test_a_typed_secret_that_the_system_repeats_is_masked(folder: Path, typing) -> None:
    with a_desk("connectwise") as served:
        secret = served.secrets["CONNECTWISE_PRIVATE_KEY"]
        repeated = {"code": "Security", "message": f"The key {secret} may not do that."}
        served.desk.simulator.faults.fail_next(None, 403, path="service/tickets", body=repeated)
        result = typing([*served.typed()[: len(served.asked) + 1], "n"])
    assert result.exit_code == 1
    assert "The key *** may not" in told(result)
    assert secret not in told(result)


def test_a_secret_that_is_too_short_to_be_masked_is_not_shown_either(folder: Path) -> None:
    with a_desk("connectwise") as served:
        served.desk.simulator.add_api_member("short", "q7z", "w9x")
        keys = {"CONNECTWISE_PUBLIC_KEY": "q7z", "CONNECTWISE_PRIVATE_KEY": "w9x"}
        result = scripted(*served.options, **{**served.secrets, **keys})
    assert result.exit_code == 0, told(result)
    assert values_in(folder)["CONNECTWISE_PRIVATE_KEY"] == "w9x"
    assert "q7z" not in told(result)
    assert "w9x" not in told(result)


def test_a_secret_that_is_typed_anew_takes_the_place_of_its_file(folder: Path, typing) -> None:
    with a_desk("rt") as served:
        token = served.secrets["RT_TOKEN"]
        (folder / "old").write_text(token[:-4] + "abcd")
        assert scripted(*served.options, **served.secrets).exit_code == 0
        path = folder / ".env"
        path.write_text(path.read_text().replace(f"RT_TOKEN={token}", "RT_TOKEN_FILE=old"))
        result = typing(["", "", "", "y", "", token, *[""] * 20], "rt")
    values = values_in(folder)
    assert (values["RT_TOKEN"], "RT_TOKEN_FILE" in values) == (token, False), told(result)
    assert "# RT_TOKEN_FILE=old" in path.read_text()
    assert result.exit_code == 0, told(result)
