"""Where the answers come from: options, a person at a terminal, the environment and ``.env``, or what is proposed.

A person is asked, with what is known as the default; a script is never: what it did not say is either known, proposed
for sure and accepted by ``--yes``, not needed, or missing, and then every missing one is named at once. What was
answered is written down by variable. A secret is never shown, and masked from then on, also where it is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from connector import redaction
from connector.cli import common
from connector.cli.setup.env_lines import quoted
from connector.cli.setup.proposals import NOTHING, Proposal
from connector.errors import ConfigError

NONE = "-"
"""What a person answers where nothing is to stand there."""

Check = Callable[[str], str]
"""The answer as it is written down; raises ValueError with what is wrong, as a sentence."""


def as_it_is(text: str) -> str:
    """No check."""
    return text


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is asked: the variable, and the words. ``check`` makes of the answer what is written down.

    ``make``: a value of what two sides have only to agree upon; nobody is asked then. ``known``: what counts as set
    already, where it is not what stands under the name.
    """

    name: str
    words: str
    check: Check = as_it_is
    proposal: Proposal = NOTHING
    is_needed: bool = False
    is_secret: bool = False
    make: Callable[[], str] | None = None
    known: str | None = None


@dataclass
class Answers:
    """``known``: the variables that are set already; ``said``: by options; ``taken``: what was answered so far.

    ``is_ahead``: only to see what will be missing.
    """

    known: Mapping[str, str]
    said: dict[str, str]
    is_asking: bool
    takes_proposals: bool = False
    is_ahead: bool = False
    taken: dict[str, str] = field(default_factory=dict)
    missing: list[Prompt] = field(default_factory=list)
    _secrets: dict[str, list[str]] = field(default_factory=dict)

    def explain(self, text: str) -> None:
        """Say something to a person who is about to be asked."""
        if self.is_asking:
            common.say(text)

    def _tell(self, text: str) -> None:
        if not self.is_ahead:
            common.say(f"  {text}")

    def take(self, question: Prompt, *, again: bool = False) -> str:
        """The answer to a question, empty where there is none. ``again``: what options said was wrong.

        Raises ConfigError for a wrong answer of a script, click.Abort where a person leaves.
        """
        said = self.said.get(question.name)
        if said is not None and not again:
            return self._checked(question, said)
        known = self._known(question)
        if question.make is not None:
            if known:
                return self._checked(question, known)
            self._tell(f"{question.name}: made for you{'; it will stand in .env' if question.is_secret else ''}")
            return self._keep(question, question.make())
        if self.is_asking:
            return self._asked(question)
        if known:
            return self._checked(question, known)
        if question.proposal.text and question.proposal.is_sure and self.takes_proposals:
            self._tell(f"{question.name}: {question.proposal.text} (proposed, and taken)")
            return self._checked(question, question.proposal.text)
        if question.is_needed:
            self.missing.append(question)
        return ""

    def stop_if_missing(self) -> None:
        """Raise ConfigError with every answer that is missing, and how to give it."""
        if self.missing:
            raise ConfigError([*map(_how_to_say, self.missing), _AND_SO])

    def picks(self, items: Sequence[str], look_up: Check) -> Check:
        """A check that has a person say the number of an item, or a part of its name; a script writes it out."""

        def check(text: str) -> str:
            if not self.is_asking or text in items:
                return look_up(text)
            if text.isascii() and text.isdigit() and 1 <= int(text) <= len(items):
                return look_up(items[int(text) - 1])
            holding = [item for item in items if text.casefold() in item.casefold()]
            same = [item for item in holding if item.casefold() == text.casefold()]
            if len(holding) > 1 and not same:
                raise ValueError(f"that could be {', '.join(map(repr, holding[:5]))}: say its number, or more of it")
            return look_up((same or holding or [text])[0])

        return check

    def _known(self, question: Prompt) -> str:
        return self.known.get(question.name, "") if question.known is None else question.known

    def _checked(self, question: Prompt, text: str) -> str:
        """An answer that nobody has just typed: empty stands for nothing."""
        try:
            return self._keep(question, question.check(text)) if text else self._keep(question, "")
        except ValueError as error:
            if not self.is_asking:
                raise ConfigError([_sentence(question, error)]) from None
            common.say(f"  {_sentence(question, error)}", is_error=True)
            return self._asked(question)

    def _asked(self, question: Prompt) -> str:
        known = self._known(question)
        default = known or question.proposal.text
        words = question.words
        if question.is_secret:
            kept = "the one just given" if known == self.taken.get(question.name) else "the one that is set"
            words += f" (hidden; Enter keeps {kept})" if known else " (hidden)"
        elif not default and not question.is_needed:
            words += " (Enter: none)"
        elif default and not known and not question.proposal.is_sure:
            words += " (a guess)"
        while True:
            answer = common.ask(f"  {words}", default, is_hidden=question.is_secret)
            if answer in ("", NONE) and question.is_needed:
                common.say("  An answer is needed here; Ctrl-C leaves.", is_error=True)
                continue
            try:
                kept = self._keep(question, "" if answer in ("", NONE) else question.check(answer))
                if kept and kept != answer and not question.is_secret:
                    common.say(f"    {kept}")
                return kept
            except ValueError as error:
                common.say(f"  {_sentence(question, error)}", is_error=True)

    def _keep(self, question: Prompt, text: str) -> str:
        if text:
            try:
                quoted(text)
            except ValueError as error:
                raise ValueError(f"{question.name}: {error}{_ELSEWHERE if question.is_secret else ''}") from None
        if question.is_secret:
            self._secrets.pop(question.name, None)  # what was wrong is said nowhere any more
            self._mask(question, text)
        self.taken[question.name] = text
        return text

    def _mask(self, question: Prompt, secret: str) -> None:
        self._secrets.setdefault(question.name, []).append(secret)
        redaction.know("setup", [one for secrets in self._secrets.values() for one in secrets])


_ELSEWHERE = ": put it into a file, and say --secret-file"
_AND_SO = "nothing was written; on a terminal `escalator init` asks for all of it"


def _sentence(question: Prompt, error: ValueError) -> str:
    told = str(error)
    return told if told.startswith(question.name) else f"{question.name}: {told}"


def _how_to_say(question: Prompt) -> str:
    if question.is_secret:
        return f"{question.name}: is missing: set it in the environment, or --secret-file {question.name}=PATH"
    text = question.proposal.text
    option = f"--set {question.name}={quoted(text) if text else '…'}"
    if not text:
        return f"{question.name}: is missing: {option}"
    kind = "proposed; --yes takes it" if question.proposal.is_sure else "a guess"
    return f"{question.name}: is missing: {option} ({kind})"
