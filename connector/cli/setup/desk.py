"""What is asked of the ticket system's own things: homes, people, priorities; and what its statuses mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from connector.cli import common
from connector.cli.setup import proposals
from connector.cli.setup.answers import Answers, Prompt
from connector.config.policy_variables import (
    MOST_TIERS,
    PLAIN_VARIABLES,
    TIER_VARIABLES,
    PolicyVariable,
    home_ending,
    tier_variable,
)
from connector.connection.names import first_known
from connector.errors import ConnectorError, UnknownName
from connector.model import Person, Place, PlacedStatus
from connector.notes.phrases import MEANINGS
from connector.policy.ladders import DEFAULT_TIERS
from connector.systems.contract import Directory
from connector.systems.variables import items

T = TypeVar("T")
_SHOWN = 40
"""So many of a list are shown; all of it can be answered with."""

TIERS = "TIERS"
"""The answer that is no variable: how many tiers there are."""

_HOME = next(one.variable for one in TIER_VARIABLES if one.path == ("homes",))
_NAME = next(one.variable for one in TIER_VARIABLES if one.path == ("name",))
_CRITICAL = next(one.variable for one in PLAIN_VARIABLES if one.path == ("critical_priorities",))
_CALLED: Mapping[str, str] = {
    "sr_it_manager": "Sr IT Manager, who owns what no tier could mend",
    "service_desk_manager": "Service Desk Manager, who may override on the first two tiers",
    "account_manager": "Account Manager, who talks to the client",
}
"""The three whom a final escalation calls, by the end of their path in the policy."""


@dataclass(frozen=True, slots=True)
class AskedDesk:
    """One system's directory, and which others are connected beside it: its homes and names stand beside theirs."""

    name: str
    directory: Directory
    others: tuple[str, ...] = ()

    @property
    def has_others(self) -> bool:
        """Whether others are connected."""
        return bool(self.others)


# --- homes ----------------------------------------------------------------------------------------------------


def ask_for_tiers(answers: Answers) -> int:
    """How many tiers there are; those above the third get a name."""
    known = known_tiers(answers.known)

    def check(text: str) -> str:
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_TIERS):
            raise ValueError(f"expected a number from 1 to {MOST_TIERS}")
        return str(int(text))

    proposal = proposals.Proposal(str(known or len(DEFAULT_TIERS)), is_sure=True)
    count = int(answers.take(Prompt(TIERS, "How many tiers are there?", check, proposal)) or proposal.text)
    for number in range(len(DEFAULT_TIERS) + 1, count + 1):
        name = tier_variable(number, _NAME).name
        usual = proposals.Proposal(f"Tier {number}", is_sure=True)
        answers.take(Prompt(name, f"What is tier {number} called?", proposal=usual, is_needed=True))
    return count


def known_tiers(known: Mapping[str, str]) -> int:
    """How many tiers the variables that are set speak of; 0 where none does."""
    said = [number for number in range(1, MOST_TIERS + 1) if _is_spoken_of(number, known)]
    return max(said, default=0)


def _is_spoken_of(number: int, known: Mapping[str, str]) -> bool:
    starts = (tier_variable(number, _HOME).name, tier_variable(number, _NAME).name)
    return any(name.startswith(starts) for name in known)


def home_variable(number: int, system: str, answers: Answers, *, has_others: bool) -> str:
    """The variable of a tier's home there: its own where other systems are connected, too, or where it is set.

    What options say under the common name is this system's then, too.
    """
    shared = tier_variable(number, _HOME).name
    own = shared + home_ending(system)
    if not (has_others or own in answers.known or own in answers.said):
        return shared
    if shared in answers.said:
        answers.said.setdefault(own, answers.said.pop(shared))
    return own


def list_places(desk: AskedDesk, answers: Answers) -> list[Place]:
    """The places where a tier could live, shown to a person. Raises ConnectorError, click.Abort."""
    places = patiently(answers, desk.directory.places)
    _list([str(place) for place in places], f"{desk.name} has {len(places)} places where a tier could live:", answers)
    return places


def ask_for_homes(count: int, places: Sequence[Place], desk: AskedDesk, answers: Answers) -> list[Place]:
    """The home of each tier; all that are missing are remembered as missing. Raises ConnectorError, click.Abort."""
    written = [str(place) for place in places]
    proposed = proposals.homes(count, places)
    homes: dict[str, Place] = {}

    def look_up(text: str) -> str:
        place = _located(desk.directory, text)
        if taken := next((name for name, home in homes.items() if home.key == place.key), ""):
            raise ValueError(f"{str(place)!r} is the home of another tier already ({taken})")
        return str(place)

    for number in range(1, count + 1):
        name = home_variable(number, desk.name, answers, has_others=desk.has_others)
        proposal = proposed[number - 1]
        if any(str(home) == proposal.text for home in homes.values()):
            proposal = proposals.NOTHING
        words = f"Tier {number} ({_tier_name(number, answers)}) lives at"
        shared = answers.known.get(tier_variable(number, _HOME).name, "")
        known = answers.known.get(name) or (
            shared if patiently(answers, partial(_is_there, desk.directory, shared)) else ""
        )
        check = answers.picks(written, look_up)
        if home := answers.take(Prompt(name, words, check, proposal, is_needed=True, known=known)):
            homes[name] = desk.directory.locate(home)
        if home and home == shared and name not in answers.known:
            # The common variable says it.
            answers.taken.pop(name)
            answers.said.pop(name, None)
    return list(homes.values())


def ask_for_homes_elsewhere(count: int, desk: AskedDesk, answers: Answers) -> None:
    """Where a new tier lives in the systems beside this one: each has to have it. ``check`` looks them up."""
    shared = [tier_variable(number, _HOME).name for number in range(1, count + 1)]
    for number, name in enumerate(shared, 1):
        for other in desk.others:
            own = name + home_ending(other)
            if not (answers.known.get(own) or answers.known.get(name) or answers.taken.get(name)):
                words = f"Tier {number} ({_tier_name(number, answers)}) lives in {other} at"
                answers.take(Prompt(own, words, is_needed=True))


def _tier_name(number: int, answers: Answers) -> str:
    name = tier_variable(number, _NAME).name
    usual = DEFAULT_TIERS[number - 1][0] if number <= len(DEFAULT_TIERS) else f"tier {number}"
    return answers.taken.get(name) or answers.known.get(name) or usual


def _is_there(directory: Directory, home: str) -> bool:
    try:
        return bool(home) and bool(directory.locate(home).path)
    except UnknownName:
        return False


def _located(directory: Directory, text: str) -> Place:
    try:
        return directory.locate(text)
    except UnknownName as error:
        raise ValueError(str(error)) from None


# --- statuses -------------------------------------------------------------------------------------------------


def show_statuses(homes: Sequence[Place], desk: AskedDesk, answers: Answers) -> None:
    """What the statuses at the homes mean for the clocks; one that nobody placed is marked."""
    told: dict[str, list[str]] = {}
    for home in homes:
        placed = patiently(answers, partial(desk.directory.statuses, home))
        told.setdefault(_meaning(placed), []).append(str(home))
    common.say("\nWhat the statuses mean for the clocks:")
    for meaning, at in told.items():
        common.say(f"  at {', '.join(at)}:\n{meaning}")
    if any("*" in meaning for meaning in told):
        common.say("  * assumed: the system does not say so. If it is wrong, say what it is with WAITING_STATUSES,")
        common.say("    NEW_STATUSES, PLAN_STATUSES or RESOLVED_STATUSES in .env.")


def _meaning(statuses: Sequence[PlacedStatus]) -> str:
    lines = []
    for group, words in MEANINGS.items():
        names = [f"{one.status.name}{' *' * one.is_assumed}" for one in statuses if one.status.group is group]
        if names:
            lines.append(f"    {words:<16} {', '.join(names)}")
    return "\n".join(lines)


# --- people and priorities --------------------------------------------------------------------------------------


def ask_for_people(homes: Sequence[Place], desk: AskedDesk, answers: Answers) -> None:
    """The three whom a final escalation calls; two of them manage the tiers, too."""
    by_home = [patiently(answers, partial(desk.directory.people, home)) for home in homes]
    everybody = list({one.id: one for people in by_home for one in people}.values())
    staff = proposals.PeopleThere(by_home[-1] if by_home else [], everybody)
    answers.explain("\nWho is called when the last tier's limit runs out? They also decide on overrides.")
    identifiers = [one.identifier for one in everybody]
    shown = [f"{one.identifier} ({one.name})" if one.name != one.identifier else one.name for one in everybody]
    _list(shown, "Who works there (anybody else of the system will do, too):", answers)
    for variable in _called():
        role, name = str(variable.path[-1]), variable.variable.name
        known = answers.known.get(name, "")
        is_others = bool(known) and desk.has_others and not _is_known(known, desk)

        def look_up(text: str, name: str = name) -> str:
            return _beside(text, name, desk, answers, lambda one: _active(desk.directory, one))

        words = f"{_CALLED[role]}{f' (elsewhere {known}; here)' if is_others else ''}"
        proposal = proposals.called_at_last(role, staff)
        if not answers.take(
            Prompt(name, words, answers.picks(identifiers, look_up), proposal, known="" if is_others else None)
        ):
            answers.taken[name] = known if is_others else ""


def _called() -> list[PolicyVariable]:
    return [one for one in PLAIN_VARIABLES if one.path[-1] in _CALLED]


def _active(directory: Directory, name: str) -> str:
    person: Person = directory.member(name)
    if not person.is_active:
        raise UnknownName("active member", name)
    if set(person.identifier) & set("|,"):
        raise UnknownName("member whose identifier holds no comma and no |", name)
    return person.identifier


def _is_known(names: str, desk: AskedDesk) -> bool:
    """Whether one of the names stands for somebody there. Raises ConnectorError."""
    try:
        first_known(names, desk.directory.member)
    except UnknownName:
        return False
    return True


def _beside(text: str, name: str, desk: AskedDesk, answers: Answers, look_up: Callable[[str], str]) -> str:
    """An answer as it is written down: beside the name that other connected systems know the same by."""
    try:
        if "|" in text:
            first_known(text, look_up)
            return text
        found = look_up(text)
    except UnknownName as error:
        raise ValueError(str(error)) from None
    others = answers.known.get(name, "")
    if not desk.has_others or not others or found in [one.strip() for one in others.split("|")]:
        return found
    return f"{others} | {found}"


def ask_for_priorities(desk: AskedDesk, answers: Answers) -> None:
    """The priorities that halve the limits."""
    there = [one for one in patiently(answers, desk.directory.priorities) if not set(one.name) & set(",|")]
    names = [one.name for one in there]
    known = items(answers.known.get(_CRITICAL.name, ""))
    proposal = proposals.critical(there)
    is_shared = bool(known) and desk.has_others
    if is_shared:
        together = dict.fromkeys([*known, *items(proposal.text)])
        proposal = proposals.Proposal(", ".join(together), is_sure=True)

    def check(text: str) -> str:
        pick = answers.picks(names, lambda name: _priority(desk, known, name))
        return ", ".join(dict.fromkeys(pick(one) for one in items(text)))

    answers.explain("\nWhich priorities mean that a critical function is blocked? They halve the limits.")
    _list(names, "Priorities (several numbers or names with commas):", answers)
    answers.take(Prompt(_CRITICAL.name, "The critical ones", check, proposal, known="" if is_shared else None))


def _priority(desk: AskedDesk, known: Sequence[str], name: str) -> str:
    if desk.has_others and name in known:
        return name
    try:
        return desk.directory.priority(name).name
    except UnknownName as error:
        raise ValueError(str(error)) from None


# --- asking the system ------------------------------------------------------------------------------------------


def patiently(answers: Answers, ask: Callable[[], T]) -> T:
    """What the system says; a person may mend what is in the way (a right, say) and have it asked again.

    Raises ConnectorError, click.Abort.
    """
    while True:
        try:
            return ask()
        except ConnectorError as error:
            if not answers.is_asking:
                raise
            common.say(f"\n  It did not work: {error}", is_error=True)
            if not common.agree("  Mend that there, and try again?", default=True):
                raise


def _list(written: Sequence[str], heading: str, answers: Answers) -> None:
    """The items with their numbers, for a person."""
    if not answers.is_asking:
        return
    common.say(heading)
    for number, one in enumerate(written[:_SHOWN], 1):
        common.say(f"  {number:>3}  {one}")
    if len(written) > _SHOWN:
        common.say(f"       and {len(written) - _SHOWN} more: say a part of the name")
    common.say("")
