"""The whole of ``escalator init``, from top to bottom: ask, try, look, propose, write, check."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import click

from connector import logs, redaction
from connector.cli import common, systems
from connector.cli.checks.registration import to_install
from connector.cli.setup import desk as desk_questions
from connector.cli.setup import env_saving
from connector.cli.setup.answers import Answers, Prompt
from connector.cli.setup.connecting import ask_for_variables, connect, make_webhook_secrets
from connector.cli.setup.desk import AskedDesk
from connector.cli.setup.outcome import Outcome, is_connected, outcome_of, variables_by_name
from connector.cli.setup.proposals import NOTHING, Proposal
from connector.cli.setup.working_hours import ask_for_hours
from connector.clock import SystemClock
from connector.config.dotenv_readers import as_we_read_it
from connector.config.env_file import EnvFile
from connector.config.secret_values import FILE, secret_of_file
from connector.config.service_variables import ESCALATION_MODE, ESCALATION_POLICY, HOST, PORT, PUBLIC_URL
from connector.config.settings import secrets_of, unknown_names
from connector.errors import ConfigError, ConnectorError
from connector.model import Mode
from connector.systems.catalogue import CatalogueEntry, ticket_systems
from connector.systems.contract import TicketSystem
from connector.systems.variables import given
from connector.wording import did_you_mean

SYSTEM = "SYSTEM"
"""The answer that is no variable: which system."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the options say. ``said``: answers by variable; ``secret_files``: where secrets stand, by variable."""

    system: str = ""
    said: Mapping[str, str] = field(default_factory=dict)
    secret_files: Mapping[str, str] = field(default_factory=dict)
    takes_proposals: bool = False
    registers: bool | None = None


def set_up(wish: Wish) -> None:
    """Everything. Raises ConfigError, ConnectorError, and SystemExit as ``check`` does, or where somebody leaves.

    Nothing is written before all is answered, and then at once.
    """
    try:
        ready = _ask(wish)
    except (click.Abort, KeyboardInterrupt):
        common.say("\nLeft: nothing was written.", is_error=True)
        raise SystemExit(1) from None
    _finish(ready)


@dataclass(frozen=True, slots=True)
class Ready:
    """What all the questions come to."""

    system: str
    path: Path
    kept: EnvFile
    outcome: Outcome
    registers: bool
    to_install: str
    mode: str
    listens_on: str


def _ask(wish: Wish) -> Ready:
    path = Path(common.DOTENV)
    kept = env_saving.found(path)
    environ = as_we_read_it(os.environ, kept)
    redaction.know("settings", secrets_of(environ))
    logs.configure("warning", "auto")
    _refuse_what_would_not_hold(environ, kept)
    _require_known(wish.said)
    answers = _answers(wish, given(environ))
    answers.explain(_WELCOME)
    entry = _which_system(wish, answers)
    others = [name for name in ticket_systems() if name != entry.name and is_connected(name, answers.known)]
    if not answers.is_asking:
        _ask_ahead(entry, answers, has_others=bool(others))
    answers.explain(f"\nHow is {entry.name} reached?")
    system = connect(entry, answers)
    try:
        if not system.manages_webhooks:
            make_webhook_secrets(entry, answers)
        _ask_of_the_desk(AskedDesk(entry.name, system.directory, tuple(others)), answers)
        ask_for_hours(answers, environ, SystemClock().now().date())
        _ask_for_public_url(answers)
        answers.stop_if_missing()
        registers = _registers(wish, system, answers)
        sender = to_install(system)
    finally:
        system.line.close()
    answers.taken.update({name: text for name, text in answers.said.items() if name not in answers.taken})
    outcome = outcome_of(answers, kept, os.environ, {**_files_of(environ), **wish.secret_files}, entry.name)
    _show(path, kept, outcome, answers)
    mode = answers.known.get(ESCALATION_MODE.name, "") or Mode.OBSERVE.value
    listens_on = ":".join(answers.known.get(one.name) or one.example for one in (HOST, PORT))
    return Ready(entry.name, path, kept, outcome, registers, sender, mode.lower(), listens_on)


_WELCOME = """\
This connects the escalator to your ticket system, and keeps what you answer in .env of this folder.
It reads there and writes nothing, neither into the ticket system nor into .env, before you say so at the end.
Enter takes what stands in [brackets], - stands for none; Ctrl-C leaves."""


def _answers(wish: Wish, known: dict[str, str]) -> Answers:
    """What is known at first: also the secrets that stand in files."""
    secret = {one.name for entry in ticket_systems().values() for one in entry.variables if one.is_secret}
    for name, file in _files_of(known).items():
        if name in secret and name not in known:
            try:
                known[name] = secret_of_file(file)
            except ValueError as error:
                raise ConfigError([f"{name}{FILE}: the file that it names {error}"]) from None
    if astray := [name for name in wish.said if name in secret and name not in wish.secret_files]:
        said = ", ".join(astray)
        raise ConfigError([f"{said}: is a secret, and others see a command line: the environment, or --secret-file"])
    redaction.know("settings", [*secrets_of(known), *(wish.said[name] for name in wish.secret_files)])
    return Answers(known, dict(wish.said), common.is_on_terminal(), wish.takes_proposals)


def _files_of(environ: Mapping[str, str]) -> dict[str, str]:
    """Where secrets stand, by variable, as ``<NAME>_FILE`` says."""
    names = {one.name for entry in ticket_systems().values() for one in entry.variables if one.is_secret}
    return {name: environ[name + FILE] for name in names if environ.get(name + FILE, "").strip()}


def _refuse_what_would_not_hold(environ: Mapping[str, str], kept: EnvFile) -> None:
    problems = unknown_names(environ, kept)
    if environ.get(ESCALATION_POLICY.name, "").strip():
        problems.append(
            f"{ESCALATION_POLICY.name}: the policy stands in a document, which `escalator init` does not write: name "
            "the homes there, set the system's variables by hand, and run `escalator check`"
        )
    if problems:
        raise ConfigError(problems)


def _require_known(said: Mapping[str, str]) -> None:
    """Raise ConfigError for a name among the options that is none of ours."""
    known = variables_by_name()
    astray = [name for name in said if name not in known and name != desk_questions.TIERS]
    if astray:
        raise ConfigError([f"{name}: there is no such variable{did_you_mean(name, known)}" for name in astray])


def _which_system(wish: Wish, answers: Answers) -> CatalogueEntry:
    known = list(ticket_systems())

    def check(text: str) -> str:
        if text not in known:
            raise ValueError(f"there is no ticket system {text!r}; there are {', '.join(known)}")
        return text

    connected = [name for name in known if is_connected(name, answers.known)]
    addressed = [name for name in known if ticket_systems()[name].variables[0].name in answers.said]
    only = (addressed or connected)[:1] if len(addressed or connected) == 1 else []
    if wish.system:
        return ticket_systems()[wish.system]
    if not answers.is_asking:
        if only:
            return ticket_systems()[only[0]]
        raise ConfigError([f"which ticket system? `escalator init {'|'.join(known)}`", *_HOW_SCRIPTS])
    common.say("\nWhich ticket system?")
    for number, name in enumerate(known, 1):
        common.say(f"  {number:>3}  {name}{' (connected already)' if name in connected else ''}")
    proposal = Proposal(only[0], is_sure=True) if only else NOTHING
    question = Prompt(SYSTEM, "Its number or name", answers.picks(known, check), proposal, is_needed=True)
    name = answers.take(question)
    del answers.taken[SYSTEM]
    return ticket_systems()[name]


_HOW_SCRIPTS = (
    "this is no terminal, so nobody is asked: answers are options (--set NAME=VALUE) and variables of the environment; "
    "`escalator init --help` has them",
)


def _ask_ahead(entry: CatalogueEntry, answers: Answers, *, has_others: bool) -> None:
    """In a script: everything that is missing for certain, at once, before anything is tried."""
    ahead = Answers(
        answers.known, answers.said, is_asking=False, takes_proposals=answers.takes_proposals, is_ahead=True
    )
    ask_for_variables(entry, ahead)
    if ahead.missing and not answers.takes_proposals:
        # Once it can be asked, what it has is proposed.
        for number in range(1, (desk_questions.known_tiers(answers.known) or 3) + 1):
            name = desk_questions.home_variable(number, entry.name, answers, has_others=has_others)
            ahead.take(Prompt(name, "", is_needed=True))
    ask_for_hours(ahead, os.environ, SystemClock().now().date())
    ahead.stop_if_missing()


def _ask_of_the_desk(desk: AskedDesk, answers: Answers) -> None:
    places = desk_questions.list_places(desk, answers)
    count = desk_questions.ask_for_tiers(answers)
    homes = desk_questions.ask_for_homes(count, places, desk, answers)
    desk_questions.ask_for_homes_elsewhere(count, desk, answers)
    desk_questions.show_statuses(homes, desk, answers)
    desk_questions.ask_for_people(homes, desk, answers)
    desk_questions.ask_for_priorities(desk, answers)


def _ask_for_public_url(answers: Answers) -> None:
    answers.explain("\nCan the ticket system reach this connector? Without that it looks for changes once a minute.")

    def check(text: str) -> str:
        return str(PUBLIC_URL.read(text))

    answers.take(Prompt(PUBLIC_URL.name, f"The address at which it does, such as {PUBLIC_URL.example}", check))


def _show(path: Path, kept: EnvFile, outcome: Outcome, answers: Answers) -> None:
    """What is about to be written; raises click.Abort where a person does not want it."""
    if not outcome.changes:
        return
    common.say(f"\n{path} {'is changed by' if kept.text else 'will hold'}:")
    for name, value in outcome.changes.items():
        common.say(f"  {name}={value}")
    for name in outcome.overruled:
        common.say(f"  {name} has another value in the environment, which wins: take it out there", is_error=True)
    if answers.is_asking and not common.agree(f"\nWrite {path}?", default=True):
        raise click.Abort


def _registers(wish: Wish, system: TicketSystem, answers: Answers) -> bool:
    """Whether the webhook is to be registered: a write on the ticket system, so only where somebody says so."""
    if not system.manages_webhooks or not answers.taken.get(PUBLIC_URL.name):
        return False
    if wish.registers is None and answers.is_asking:
        return common.agree("\nRegister the webhook there now?", default=False)
    return bool(wish.registers)


def _finish(ready: Ready) -> None:
    """The file, the registration, ``check``, and what to run next. Raises SystemExit where ``check`` has an error."""
    if ready.outcome.changes:
        env_saving.save(ready.path, ready.kept.text, ready.outcome.text)
        common.say(f"{ready.path} is written; only its owner can read it.")
    else:
        common.say(f"\n{ready.path} says all of that already; it was left as it is.")
    if ready.to_install:
        common.say(f"\nWebhooks: {ready.to_install}. The secret that both sides need is in {ready.path}.")
    if ready.registers:
        _register(ready.system)
    common.say("\nescalator check\n")
    try:
        systems.check.main([], standalone_mode=False)
    except SystemExit:
        common.say(f"\n{ready.path} is written. Mend what is an error above, then run `escalator check` again.")
        raise
    command = common.command_here()
    explain = f"{command} explain {ready.system} TICKET"
    next_ = {
        f"{command} run": f"starts it, on {ready.listens_on} (HOST and PORT say where)",
        f"{command} tickets": "lists what is due next, in another terminal",
        explain: "tells how one ticket's clock was worked out",
    }
    common.say(f"\nReady. {_MODE.get(ready.mode, '')}")
    if ready.kept.text and ready.outcome.changes:
        common.say("What runs already goes on with what was set before: start it anew.")
    for line, what in next_.items():
        common.say(f"  {line:<{len(explain)}}   {what}")


def _register(system: str) -> None:
    """What keeps it from being registered is told; that it is not, ``check`` counts as an error."""
    common.say("\nRegistering the webhook …")
    try:
        systems.register.main([system], standalone_mode=False)
    except ConnectorError as error:
        common.say(f"It did not work: {error}", is_error=True)


_MODE = {
    "observe": "Mode observe: everything is read and decided, nothing is written there.",
    "warn": "Mode warn: warnings and answers are written, nothing is moved; `escalator check` says where.",
    "enforce": "Mode enforce, where nothing more careful is set: `escalator check` says where.",
}
