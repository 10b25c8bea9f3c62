"""From the answers to the text of ``.env``: what is set, why it stands there, and that all of it holds together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from connector.cli.setup.answers import Answers
from connector.cli.setup.desk import TIERS, known_tiers
from connector.cli.setup.env_lines import Setting, quoted, rewritten
from connector.config import reference
from connector.config.dotenv_readers import as_we_read_it
from connector.config.env_file import EnvFile, env_file_of
from connector.config.secret_values import FILE
from connector.config.service_variables import ESCALATION_MODE, mode_of_system
from connector.config.settings import load_settings
from connector.errors import ConfigError
from connector.model import Mode
from connector.systems.catalogue import ticket_systems
from connector.systems.variables import Variable

_HEAD = "# Written by `escalator init`, which can be run again. docs/settings.md says what else can be set.\n"
_NUMBERED = re.compile(r"TIER_[1-9]_")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The new text, and what it changes: names with their values as they may be shown. ``overruled``: names to which
    the environment gives another value, which wins.
    """

    text: str
    changes: Mapping[str, str]
    overruled: tuple[str, ...] = ()


def outcome_of(
    answers: Answers, kept: EnvFile, environ: Mapping[str, str], secret_files: Mapping[str, str], system: str
) -> Outcome:
    """What becomes of the file. Raises ConfigError with every problem of the settings that it makes."""
    wanted = list(_assignments(answers, kept, secret_files, system))
    text = rewritten(kept.text or _HEAD, wanted)
    new = env_file_of(kept.name, text)
    astray = [one.name for one in wanted if new.values.get(one.name) != one.value]
    if astray:
        raise ConfigError([f"{kept.name}: {name} could not be set there: take its line out by hand" for name in astray])
    effective = as_we_read_it(environ, new)
    load_settings(effective, kept=new)
    secret = {variable.name for variable in variables_by_name().values() if variable.is_secret}
    changed = [one for one in wanted if kept.values.get(one.name) != one.value]
    shown = {one.name: _shown(one, is_secret=one.name in secret) for one in changed}
    overruled = [one.name for one in changed if one.value is not None and effective[one.name] != one.value]
    return Outcome(text, shown, tuple(overruled))


def _shown(one: Setting, *, is_secret: bool) -> str:
    if one.value is None:
        return "(no more: made a comment)"
    return "***" if is_secret else quoted(one.value)


def _assignments(answers: Answers, kept: EnvFile, secret_files: Mapping[str, str], system: str) -> Iterator[Setting]:
    """What is to stand there, in the order of ``.env.example``."""
    values = {name: text for name, text in answers.taken.items() if name != TIERS}
    yield from _modes(answers, system)
    for name, variable in variables_by_name().items():
        comment, heading = _plain(variable.meaning), _heading(name)
        if name in values:
            file = secret_files.get(name, "")
            if file and values[name] == answers.said.get(name, answers.known.get(name)):
                yield Setting(name, None)
                yield Setting(name + FILE, file, comment, heading)
                continue
            yield Setting(name, values[name] or None, comment, heading)
            if variable.is_secret and values[name]:
                yield Setting(name + FILE, None)
    count = answers.taken.get(TIERS)
    if count is not None:
        for name in kept.values:
            if _NUMBERED.match(name) and int(name[5]) > int(count) and known_tiers(kept.values) > int(count):
                yield Setting(name, None)


def _modes(answers: Answers, system: str) -> Iterator[Setting]:
    """Nothing is written on a system that nobody has switched on: the mode is said, also beside one that is further."""
    mode = answers.known.get(ESCALATION_MODE.name, "")
    own = mode_of_system(system)
    if not mode:
        yield Setting(ESCALATION_MODE.name, Mode.OBSERVE.value, _plain(ESCALATION_MODE.meaning), "Service")
    elif mode.lower() != Mode.OBSERVE and not is_connected(system, answers.known) and own.name not in answers.known:
        yield Setting(own.name, Mode.OBSERVE.value, _plain(own.meaning), "Service")


def is_connected(system: str, known: Mapping[str, str]) -> bool:
    """Whether the environment connects a system: its address is set."""
    return bool(known.get(ticket_systems()[system].variables[0].name, ""))


def variables_by_name() -> dict[str, Variable]:
    """Every variable by its name, those of tiers by the names for each tier."""
    found: dict[str, Variable] = {}
    for _, variables in reference.groups(ticket_systems()):
        for variable in variables:
            numbered = [variable.name.replace("_n_", f"_{n}_") for n in range(1, 10)] if "_n_" in variable.name else []
            found |= dict.fromkeys(numbered or [variable.name], variable)
    return found


def _heading(name: str) -> str:
    template = _NUMBERED.sub("TIER_n_", name)
    for heading, variables in reference.groups(ticket_systems()):
        if any(variable.name == template for variable in variables):
            return heading
    return ""


def _plain(meaning: str) -> str:
    return meaning.replace("`", "")
