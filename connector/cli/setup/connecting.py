"""From the variables of a ticket system to one that answers. Which are needed, the adapter's own settings say."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from connector.cli import common
from connector.cli.setup.answers import Answers, Prompt
from connector.cli.setup.proposals import NOTHING, Proposal
from connector.clock import Clock, SystemClock
from connector.errors import ConfigError, ConnectorError
from connector.systems.catalogue import CatalogueEntry
from connector.systems.contract import TicketSystem
from connector.systems.variables import Variable

_ATTEMPTS = 2
"""Of a call: a person waits for the answer."""


@dataclass
class KeysOfASetup:
    """Signing keys for as long as the command runs: no webhook comes in meanwhile."""

    clock: Clock
    kept: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    def get(self, reference: str) -> tuple[str, datetime] | None:
        """See ``SigningKeys``."""
        return self.kept.get(reference)

    def put(self, reference: str, key: str) -> None:
        """See ``SigningKeys``."""
        self.kept[reference] = (key, self.clock.now())


def connect(entry: CatalogueEntry, answers: Answers) -> TicketSystem:
    """The ticket system, once it has answered. A person is asked again until it does; a script gets the error.

    Raises ConfigError, ConnectorError, click.Abort.
    """
    again, blamed = False, ""
    while True:
        ask_for_variables(entry, answers, again=again, blamed=blamed)
        try:
            return _tried(entry, answers)
        except ConnectorError as error:
            if not answers.is_asking:
                raise
            common.say(f"\n  It did not work: {error}\n", is_error=True)
            if not common.agree("  Correct the answers, and try again?", default=True):
                raise
            answers.known = {**answers.known, **_offered_again(entry, answers)}
            again, blamed = True, str(error)


def _offered_again(entry: CatalogueEntry, answers: Answers) -> dict[str, str]:
    """What was just answered, for Enter; of a secret that is set already rather that one: the new one was refused."""
    kept = {one.name for one in entry.variables if one.is_secret and answers.known.get(one.name)}
    return {name: text for name, text in answers.taken.items() if text and name not in kept}


def _tried(entry: CatalogueEntry, answers: Answers) -> TicketSystem:
    settings = entry.settings_from(variables_of(entry, answers))
    common.say(f"\n  Asking {entry.name} …")
    clock = SystemClock()
    system = entry.connect(settings, (), KeysOfASetup(clock), clock, attempts=_ATTEMPTS)
    try:
        system.line.probe()
    except ConnectorError:
        system.line.close()
        raise
    common.say("  It answers, and lets us in.\n")
    return system


def variables_of(entry: CatalogueEntry, answers: Answers) -> dict[str, str]:
    """The values of a system's variables, as far as they are known or answered."""
    values = {one.name: answers.known.get(one.name, "") for one in entry.variables}
    values |= {one.name: answers.said[one.name] for one in entry.variables if one.name in answers.said}
    values |= {one.name: answers.taken[one.name] for one in entry.variables if one.name in answers.taken}
    return {name: text for name, text in values.items() if text}


def ask_for_variables(entry: CatalogueEntry, answers: Answers, *, again: bool = False, blamed: str = "") -> None:
    """The address, then what the settings say is missing without it, until nothing is; and what is ``blamed``."""
    address = entry.variables[0]
    answers.take(_question(address, is_needed=True), again=again)
    asked = {address.name}
    while found := [one for one in entry.variables if one.name not in asked and _is_needed(entry, one, answers)]:
        answers.take(_question(found[0], is_needed=True), again=again)
        asked.add(found[0].name)
    for one in entry.variables:
        is_known = one.name in answers.said or (not answers.is_asking and one.name in answers.known)
        if one.name not in asked and (is_known or one.name in blamed or (one.is_asked and answers.is_asking)):
            answers.take(_question(one, is_needed=False), again=again)


def make_webhook_secrets(entry: CatalogueEntry, answers: Answers) -> None:
    """Where an administrator installs what sends the webhooks: the secrets that both sides have to agree on."""
    for one in entry.variables:
        if one.make is not None and one.is_secret and not one.instead_of:
            answers.take(_question(one, is_needed=False))


def _is_needed(entry: CatalogueEntry, variable: Variable, answers: Answers) -> bool:
    """Whether the settings miss this one where it is not set; what else is wrong with them is told later."""
    values = {name: text for name, text in variables_of(entry, answers).items() if name != variable.name}
    address = entry.variables[0]
    try:
        entry.settings_from({address.name: address.example, **values})
    except ConfigError as error:
        return any(problem.startswith(f"{variable.name}: is missing") for problem in error.problems)
    return False


def _question(variable: Variable, *, is_needed: bool) -> Prompt:
    def check(text: str) -> str:
        variable.read(text)
        return text

    words = f"{_in_short(variable)}\n  {variable.name}"
    usual = Proposal(variable.example, is_sure=True) if variable.is_asked else NOTHING
    return Prompt(variable.name, words, check, usual, is_needed, variable.is_secret, variable.make)


def _in_short(variable: Variable) -> str:
    meaning = variable.meaning.partition("; ")[0].partition(". ")[0].replace("`", "")
    meaning = meaning[:1].upper() + meaning[1:]
    return meaning if variable.is_secret else f"{meaning}, such as {variable.example}"
