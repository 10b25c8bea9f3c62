"""The flat environment variables of the policy, and the policy document that they amount to.

Only the form of a text is changed here (a number, a list); whether it may stand there is decided by the
document's schema alone. Each path of the document remembers its variable, so that a problem can name it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from connector.policy.ladders import DEFAULT_CALENDAR, DEFAULT_TIERS
from connector.systems.variables import Variable, as_number, items
from connector.wording import Path, Problem

MOST_TIERS = 9

_WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_TIER_NAME = re.compile(r"TIER_([1-9])_(.+)", re.ASCII)


def _boolean(text: str) -> object:
    return _WORDS.get(text.lower(), text)


def _list(text: str) -> list[str]:
    return list(items(text))


@dataclass(frozen=True, slots=True)
class PolicyVariable:
    """A variable of the policy: where its value stands in the document, and how it is written there."""

    variable: Variable
    path: Path
    convert: Callable[[str], object] = str


def _at(
    path: str,
    name: str,
    meaning: str,
    expected: str,
    example: str,
    default: str = "",
    convert: Callable[[str], object] = str,
) -> PolicyVariable:
    return PolicyVariable(Variable(name, meaning, expected, example, default), tuple(path.split(".")), convert)


def _number(path: str, name: str, meaning: str, expected: str, default: str) -> PolicyVariable:
    return _at(path, name, meaning, expected, default, default, as_number)


def _word(path: str, name: str, meaning: str, expected: str, default: str) -> PolicyVariable:
    return _at(path, name, meaning, expected, default, f"`{default}`", str.lower)


TIER_VARIABLES: tuple[PolicyVariable, ...] = (
    _at(
        "name",
        "TIER_n_NAME",
        "n = 1 … 9, without gaps. With any `TIER_n_NAME` or `TIER_n_HOME` set the ladder reaches up to the highest n "
        "that is set, else it is the default one; what a tier does not say, it has from the default ladder",
        "a name",
        "First Touch (T1/2)",
        "the default ladder",
    ),
    _at(
        "homes",
        "TIER_n_HOME",
        "where the tier lives: `Board`, `Board > Team` or `Queue`. Required where a ticket system is connected",
        "a board, or a board and a team",
        "Service Desk > First Touch",
    ),
    _at(
        "diagnosis_minutes",
        "TIER_n_DIAGNOSIS_MINUTES",
        "limit of the diagnosis stage, in working minutes",
        "a number of minutes above 0, decimals allowed",
        "30",
        "30, 30, 60",
        as_number,
    ),
    _at(
        "fix_minutes",
        "TIER_n_FIX_MINUTES",
        "limit of the fix stage, in working minutes",
        "a number of minutes above 0, decimals allowed",
        "60",
        "60, 60, 60",
        as_number,
    ),
    _at(
        "starts_at",
        "TIER_n_STARTS_AT",
        "when the tier's clock starts: `first_touch` or `assignment`",
        "first_touch or assignment",
        "assignment",
        "`first_touch` for 1, else `assignment`",
        str.lower,
    ),
    _at(
        "managers",
        "TIER_n_MANAGERS",
        "who may override: member identifiers, comma-separated",
        "member identifiers, comma-separated",
        "sdm",
        "the Service Desk Manager of the final escalation for 1 and 2, its Sr IT Manager above",
        convert=_list,
    ),
    _at(
        "assign",
        "TIER_n_ASSIGN",
        "who gets the ticket on arrival: `queue` (nobody yet), `round_robin`, `least_loaded`, or a member identifier",
        "queue, round_robin, least_loaded or a member identifier",
        "queue",
        "`queue`",
    ),
    _at("status", "TIER_n_STATUS", "status to set on arrival", "the name of a status", "New"),
    _at(
        "mode",
        "TIER_n_MODE",
        "for a pilot, how much is done to what the tier holds: `observe`, `warn` or `enforce`; of this one, "
        "`ESCALATION_MODE` and its system's the most careful one that is set counts",
        "observe, warn or enforce",
        "warn",
        convert=str.lower,
    ),
)

PLAIN_VARIABLES: tuple[PolicyVariable, ...] = (
    _at(
        "final.sr_it_manager",
        "FINAL_SR_IT_MANAGER",
        "becomes the owner; where several systems are connected that call the same person differently, `irene | Irene "
        "Systems` (so, too, for the other names of people, statuses and priorities)",
        "a member identifier",
        "srit",
    ),
    _at("final.service_desk_manager", "FINAL_SERVICE_DESK_MANAGER", "is called by name", "a member identifier", "sdm"),
    _at("final.account_manager", "FINAL_ACCOUNT_MANAGER", "is called by name", "a member identifier", "am"),
    _at("final.status", "FINAL_STATUS", "status that marks the ticket", "the name of a status", "Escalated"),
    _at(
        "final.priority",
        "FINAL_PRIORITY",
        "priority that marks the ticket",
        "the name of a priority",
        "Priority 1 - Critical",
    ),
    _at(
        "final.client_message",
        "FINAL_CLIENT_MESSAGE",
        "what the connector itself tells the client, once; without it people do",
        "a short text",
        "We are on it and will call you.",
    ),
    _number(
        "final.reminder_minutes",
        "FINAL_REMINDER_MINUTES",
        "working minutes between reminders",
        "a number of minutes above 0",
        "60",
    ),
    _number("final.reminders", "FINAL_REMINDERS", "how many reminders at most", "a whole number from 0 to 100", "5"),
    _at(
        "final.add_people",
        "FINAL_ADD_PEOPLE",
        "also put the three on the ticket, where the system has a field for them and the right is there",
        "true or false",
        "false",
        "false",
        _boolean,
    ),
    _number(
        "override_max_minutes",
        "OVERRIDE_MAX_MINUTES",
        "longest single override, in working minutes",
        "a number of minutes above 0",
        "480",
    ),
    _at(
        f"calendars.{DEFAULT_CALENDAR}.hours",
        "WORK_HOURS",
        "also `24x7`; several windows: `mon-fri 08:00-12:00 13:00-17:00; sat 09:00-12:00`; overnight: "
        "`mon-fri 22:00-06:00`",
        "days and times, or 24x7",
        "mon-fri 08:00-17:00",
        "`mon-fri 08:00-17:00`",
    ),
    _at(
        f"calendars.{DEFAULT_CALENDAR}.tz",
        "WORK_TIME_ZONE",
        "the zone of the working hours, by its region; without a ticket system it is `UTC`",
        "an IANA time zone",
        "America/New_York",
        "must be said",
    ),
    _at(
        f"calendars.{DEFAULT_CALENDAR}.holidays",
        "WORK_HOLIDAYS",
        "closed days: countries and their parts (`US-NY`, `GB-ENG`, `DE-BY`) and dates (`2026-12-24`), "
        "comma-separated; a country alone means the days that are holidays in all of it",
        "countries and dates, comma-separated",
        "US-NY, 2026-12-24",
        convert=_list,
    ),
    *(
        _at(
            f"statuses.{group}",
            f"{word}_STATUSES",
            f"statuses that mean: {meaning}; names, comma-separated, win over what the system says",
            "names of statuses, comma-separated",
            example,
            "from the system",
            _list,
        )
        for group, word, meaning, example in (
            ("waiting", "WAITING", "the clock stands still", "Waiting on client, Scheduled"),
            ("new", "NEW", "nobody has touched the ticket", "New"),
            ("planned", "PLAN", "a plan is recorded", "Plan made"),
            ("resolved", "RESOLVED", "the fix is in place", "Resolved"),
        )
    ),
    _at(
        "critical_priorities",
        "CRITICAL_PRIORITIES",
        "priorities of a critical function that is blocked; names, comma-separated",
        "names of priorities, comma-separated",
        "Priority 1 - Critical",
        convert=_list,
    ),
    _number(
        "critical_factor",
        "CRITICAL_FACTOR",
        "the factor that a critical priority puts on the limits",
        "a number above 0",
        "0.5",
    ),
    _word(
        "fix_starts_at",
        "FIX_STARTS_AT",
        "what the fix limit is measured from: `plan` or `stint`",
        "plan or stint",
        "plan",
    ),
    _number(
        "warn_at",
        "WARN_AT",
        "share of the limit at which the holder is warned; 0 is off",
        "a number from 0 to below 1",
        "0.8",
    ),
    _at(
        "untouched_minutes",
        "UNTOUCHED_MINUTES",
        "working minutes after which a ticket that no agent has touched is told of, once, in an internal note and to "
        "`NOTIFY_URLS`; 0 is off",
        "a number of minutes from 0",
        "30",
        "0",
        as_number,
    ),
    _word(
        "end_of_day",
        "END_OF_DAY",
        "near the end of the client's day: `advise` in the note, `defer` the escalation to the client's next opening, "
        "or `ignore`",
        "advise, defer or ignore",
        "advise",
    ),
    _number("end_of_day_minutes", "END_OF_DAY_MINUTES", "how near that is", "a number of minutes from 0 to 1440", "30"),
)


@dataclass(slots=True)
class FlatPolicy:
    """What the flat variables amount to: a document, the variable behind each path, and problems of numbering."""

    document: dict[str, Any] = field(default_factory=dict)
    origins: dict[Path, Variable] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def put(self, path: Path, value: object, variable: Variable) -> None:
        """Set a value at a path of keys, making the objects on the way."""
        inner: Any = self.document
        for key in path[:-1]:
            inner = inner[key] if isinstance(key, int) else inner.setdefault(key, {})
        inner[path[-1]] = value
        self.origins[path] = variable

    def origin(self, path: Path) -> Variable | None:
        """The variable behind a path or the nearest part of the document that holds it."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.origins:
                return self.origins[path[:length]]
        return None

    def sentence(self, problem: Problem) -> str:
        """A problem of the document, said of the variable that causes it."""
        variable = self.origin(problem.path) or _of_tier(problem.path)
        if variable is None:
            return str(problem)
        if problem.is_complete:
            return f"{variable.name}: {problem.message}"
        return variable.problem(problem.message)


def _of_tier(path: Path) -> Variable | None:
    """The variable that would stand at a path within a tier, where that is not set."""
    match path:
        case ("tiers", int(index), key, *_):
            found = (entry.variable for entry in TIER_VARIABLES if entry.path == (key,))
            return next((tier_variable(index + 1, one) for one in found), None)
    return None


def tier_variable(number: int, template: Variable, ending: str = "") -> Variable:
    """A ``TIER_n_…`` variable of one tier, with an ending for one of several ticket systems."""
    return replace(template, name=_name_in_tier(number, template, ending))


def _name_in_tier(number: int, template: Variable, ending: str) -> str:
    return template.name.replace("_n_", f"_{number}_") + ending


def home_ending(system: str) -> str:
    """What the home of one ticket system has after ``TIER_n_HOME``."""
    return f"_{system.upper()}"


def document_from_environment(
    values: Mapping[str, str], systems: Collection[str], connected: Collection[str]
) -> FlatPolicy:
    """The policy document that the variables set amount to. ``TIER_n_HOME`` stands for every connected system."""
    flat = FlatPolicy()
    numbers = _ladder(values, flat)
    flat.document["tiers"] = [{} for _ in numbers]
    for number in numbers:
        for entry in TIER_VARIABLES:
            variable = tier_variable(number, entry.variable)
            path: Path = ("tiers", number - 1, *entry.path)
            if entry.path == ("homes",):
                _homes(values, flat, variable, path, systems, connected or systems)
            elif variable.name in values:
                flat.put(path, entry.convert(values[variable.name]), variable)
    for entry in PLAIN_VARIABLES:
        if entry.variable.name in values:
            flat.put(entry.path, entry.convert(values[entry.variable.name]), entry.variable)
    return flat


def _homes(
    values: Mapping[str, str],
    flat: FlatPolicy,
    common: Variable,
    path: Path,
    systems: Collection[str],
    connected: Collection[str],
) -> None:
    for system in systems:
        own = replace(common, name=common.name + home_ending(system))
        if own.name in values:
            flat.put((*path, system), values[own.name], own)
        elif common.name in values and system in connected:
            flat.put((*path, system), values[common.name], common)


def _ladder(values: Mapping[str, str], flat: FlatPolicy) -> range:
    """The numbers of the tiers, with a problem for each one left out or not on the ladder."""
    mentioned: dict[int, str] = {}
    is_given = False
    for name in sorted(values):
        if found := _TIER_NAME.fullmatch(name):
            mentioned.setdefault(int(found[1]), name)
            is_given = is_given or found[2].split("_")[0] in ("NAME", "HOME")
    if not is_given:
        for number, name in mentioned.items():
            if number > len(DEFAULT_TIERS):
                flat.problems.append(
                    f"{name}: there is no tier {number}: the default ladder has {len(DEFAULT_TIERS)}; "
                    f"give every tier of your own ladder its TIER_n_NAME and TIER_n_HOME"
                )
        return range(1, len(DEFAULT_TIERS) + 1)
    highest = max(mentioned)
    for number in range(1, highest):
        if number not in mentioned:
            flat.problems.append(
                f"TIER_{number}_HOME: is missing: tiers are numbered without gaps, and {mentioned[highest]} is set; "
                f"for example TIER_{number}_HOME=Service Desk"
            )
    return range(1, highest + 1)
