"""The environment, read once into one frozen ``Settings``; every problem is reported in one message.

What a ticket system needs is declared by its adapter; what the policy needs is in ``policy_variables``. The
environment is passed in. A file is read only where ``ESCALATION_POLICY`` names one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connector.clock import PacedClock
from connector.config.console_variables import ConsoleLogin
from connector.config.demo_clock import DEMO_CLOCK, far_from_here
from connector.config.env_file import NO_FILE, EnvFile
from connector.config.files import text_of
from connector.config.host_zone import proposal
from connector.config.login_variables import LOGIN_NAMES, console_login, login_problems
from connector.config.misspelt import nearly
from connector.config.policy_variables import (
    MOST_TIERS,
    PLAIN_VARIABLES,
    TIER_VARIABLES,
    document_from_environment,
    home_ending,
    tier_variable,
)
from connector.config.secret_values import FILE, secret_of_file, secret_texts
from connector.config.service_variables import (
    ADOPT,
    ADOPT_PER_HOUR,
    ALARM_URLS,
    DATABASE_URL,
    DEAD_LETTER_HOURS,
    DEFAULT_DATABASE,
    DIGEST,
    ESCALATION_MODE,
    ESCALATION_POLICY,
    ESCALATIONS_PER_HOUR,
    HEARTBEAT_URL,
    HOST,
    KEEP_MONTHS,
    LOG_FORMAT,
    LOG_LEVEL,
    NOTIFY_URLS,
    PORT,
    PUBLIC_URL,
    RECONCILE_SECONDS,
    SERVICE_VARIABLES,
    TIER_NOTIFY_URLS,
    TRUSTED_PROXIES,
    WORKER_METRICS_PORT,
    mode_of_system,
)
from connector.errors import ConfigError
from connector.model import Mode
from connector.policy.document import (
    PolicyError,
    doubtful_zones,
    missing_homes,
    missing_zones,
    parse_document,
    read_policy,
)
from connector.policy.modes import Modes, most_careful
from connector.policy.policy import Policy
from connector.redaction import Redactor
from connector.systems.addresses import Network
from connector.systems.catalogue import CatalogueEntry, ticket_systems
from connector.systems.variables import Secret, Variable, counts_of, given, read_all
from connector.wording import clipped, did_you_mean, nearest, shown

_OTHER_NAMES = ("WEB_CONCURRENCY",)
"""What is read elsewhere: hosting platforms set it."""


@dataclass(frozen=True, slots=True)
class ConfiguredConnection:
    """What the environment says of one connection: the kind of its ticket system, and its adapter's settings."""

    kind: str
    settings: Any


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that the environment says. ``connections`` are by id, which flat variables take from the kind.

    ``mode`` is what is said for all, ``system_modes`` for some connections. ``adopt`` is ``now`` or ``history``,
    ``log_format`` is ``auto`` where nothing is said. ``policy_document`` is the written form of ``policy``.
    ``alarm_urls`` are ``notify_urls`` where nothing else is said; ``tier_notify_urls`` are by the tier's number.
    ``counts``: into how many values each secret that is a list was split, by the variable's name. ``demo_clock``: the
    time of the desk that ``escalator demo --stay`` plays, in place of the database's or the host's. ``console``: who
    may log in there. ``said``: what is set, by name, as it may be shown: in place of a secret nothing.

    Secrets never show in ``repr``.
    """

    database_url: str = field(repr=False)
    host: str
    port: int
    public_url: str
    log_level: str
    log_format: str
    mode: Mode | None
    adopt: str
    adopt_per_hour: int
    escalations_per_hour: int
    dead_letter_hours: float
    reconcile_seconds: float
    connections: Mapping[str, ConfiguredConnection]
    policy: Policy
    notify_urls: tuple[Secret, ...] = ()
    alarm_urls: tuple[Secret, ...] = ()
    tier_notify_urls: Mapping[int, tuple[Secret, ...]] = field(default_factory=dict)
    digest: str = ""
    heartbeat_url: Secret | None = None
    worker_metrics_port: int | None = None
    trusted_proxies: tuple[Network, ...] = ()
    policy_document: Mapping[str, Any] = field(default_factory=dict)
    keep_months: int = 24
    counts: Mapping[str, int] = field(default_factory=dict)
    system_modes: Mapping[str, Mode] = field(default_factory=dict)
    demo_clock: PacedClock | None = None
    console: ConsoleLogin = field(default_factory=ConsoleLogin)
    said: Mapping[str, str] = field(default_factory=dict)

    def modes_of(self, connection: str) -> Modes:
        """The modes on a connection."""
        said = [mode for mode in (self.mode, self.system_modes.get(connection)) if mode is not None]
        return Modes(most_careful(said) if said else None)

    @property
    def mode_said(self) -> str:
        """In which mode what is, in words: one where all is in one, else by connection."""
        said = {name: self.modes_of(name).said(self.policy) for name in self.connections}
        every = set(said.values()) or {Modes(self.mode).said(self.policy)}
        return every.pop() if len(every) == 1 else "; ".join(f"{name}: {words}" for name, words in said.items())


def load_settings(
    environ: Mapping[str, str], systems: Mapping[str, CatalogueEntry] | None = None, kept: EnvFile = NO_FILE
) -> Settings:
    """The settings of an environment. Raises ConfigError with every problem found; never with a secret's value.

    A variable of blanks counts as not set. Nothing connected is no problem: ``connections`` is empty then.
    ``systems``: the kinds that may be connected; all that are found where nothing is said. ``kept``: the file ``.env``
    that is part of the environment.
    """
    systems = ticket_systems() if systems is None else systems
    values = given(environ)
    problems = _unknown_names(values, kept, systems)
    values, wrong = _with_files(values, systems)
    everything = dict(values)
    problems += wrong
    system_modes = {name: mode_of_system(name) for name in systems}
    read, wrong = read_all((*SERVICE_VARIABLES, DEMO_CLOCK, *_TIER_TARGETS.values(), *system_modes.values()), values)
    problems += wrong
    if not LOGIN_NAMES.isdisjoint(values):
        problems += login_problems(values, PUBLIC_URL)
    if DEMO_CLOCK.name in values:
        problems += far_from_here(everything, kept, systems, _known_names(systems))
    # Of no concern to the policy: neither does it make a ladder longer, nor do its targets get into the document.
    targets = {number: variable for number, variable in _TIER_TARGETS.items() if values.pop(variable.name, "")}
    connections, connected, wrong = _connections(values, systems)
    problems += wrong
    policy, document, wrong = _policy(values, tuple(systems), connected)
    problems += wrong
    problems += _beyond_the_ladder(targets, policy)
    if policy is None or problems:
        hide = Redactor(_secret_texts(everything, systems))
        raise ConfigError([hide(problem) for problem in problems])
    return Settings(
        database_url=read.get(DATABASE_URL.name, DEFAULT_DATABASE),
        host=read.get(HOST.name, "127.0.0.1"),
        port=read.get(PORT.name, 8000),
        public_url=read.get(PUBLIC_URL.name, ""),
        log_level=read.get(LOG_LEVEL.name, "info"),
        log_format=read.get(LOG_FORMAT.name, "auto"),
        mode=read.get(ESCALATION_MODE.name),
        adopt=read.get(ADOPT.name, "now"),
        adopt_per_hour=read.get(ADOPT_PER_HOUR.name, 12),
        escalations_per_hour=read.get(ESCALATIONS_PER_HOUR.name, 60),
        dead_letter_hours=read.get(DEAD_LETTER_HOURS.name, 24.0),
        reconcile_seconds=read.get(RECONCILE_SECONDS.name, 60.0),
        connections=connections,
        policy=policy,
        notify_urls=read.get(NOTIFY_URLS.name, ()),
        alarm_urls=read.get(ALARM_URLS.name, read.get(NOTIFY_URLS.name, ())),
        tier_notify_urls={number: read[variable.name] for number, variable in targets.items()},
        digest=read.get(DIGEST.name, ""),
        heartbeat_url=read.get(HEARTBEAT_URL.name),
        worker_metrics_port=read.get(WORKER_METRICS_PORT.name),
        trusted_proxies=read.get(TRUSTED_PROXIES.name, ()),
        policy_document=document,
        keep_months=read.get(KEEP_MONTHS.name, 24),
        counts=counts_of(_secrets(systems), everything),
        system_modes={name: read[one.name] for name, one in system_modes.items() if one.name in read},
        demo_clock=read.get(DEMO_CLOCK.name),
        console=ConsoleLogin() if LOGIN_NAMES.isdisjoint(values) else console_login(read),
        said=_said(everything, systems),
    )


def _said(values: Mapping[str, str], systems: Mapping[str, CatalogueEntry]) -> dict[str, str]:
    """What of our variables is set; an address of a database may hold a password."""
    hidden = {one.name for one in _secrets(systems)} | {DATABASE_URL.name}
    known = _known_names(systems)
    return {name: "" if name in hidden else value for name, value in sorted(values.items()) if name in known}


def secrets_of(environ: Mapping[str, str], systems: Mapping[str, CatalogueEntry] | None = None) -> list[str]:
    """Every text of an environment that must not be shown, whether its variable is right or wrong."""
    systems = ticket_systems() if systems is None else systems
    values, _ = _with_files(given(environ), systems)
    return _secret_texts(values, systems)


def unknown_names(environ: Mapping[str, str], kept: EnvFile) -> list[str]:
    """A problem for each name that is none of ours, whatever the values are; see ``load_settings``."""
    return _unknown_names(given(environ), kept, ticket_systems())


# --- names ----------------------------------------------------------------------------------------------------


def policy_names(systems: Sequence[str]) -> list[str]:
    """The name of every flat variable that ``ESCALATION_POLICY`` replaces."""
    tiers = [
        tier_variable(number, entry.variable, ending).name
        for number in range(1, MOST_TIERS + 1)
        for entry in TIER_VARIABLES
        for ending in ("", *(home_ending(system) for system in systems if entry.path == ("homes",)))
    ]
    return tiers + [entry.variable.name for entry in PLAIN_VARIABLES]


_TIER_TARGETS = {number: tier_variable(number, TIER_NOTIFY_URLS) for number in range(1, MOST_TIERS + 1)}


def _secrets(systems: Mapping[str, CatalogueEntry]) -> Iterator[Variable]:
    """Every variable whose value is a secret."""
    declared = (variable for system in systems.values() for variable in system.variables)
    return (one for one in (*SERVICE_VARIABLES, *_TIER_TARGETS.values(), *declared) if one.is_secret)


def _secret_texts(values: Mapping[str, str], systems: Mapping[str, CatalogueEntry]) -> list[str]:
    return list(secret_texts(values[one.name] for one in _secrets(systems) if one.name in values))


def _with_files(values: Mapping[str, str], systems: Mapping[str, CatalogueEntry]) -> tuple[dict[str, str], list[str]]:
    """The values with those of the files that ``<NAME>_FILE`` names, for each secret; and the problems."""
    found, problems = dict(values), []
    for variable in _secrets(systems):
        name = variable.name + FILE
        if name not in values:
            continue
        path = found.pop(name)
        if variable.name in values:
            problems.append(f"{name}: must not be set together with {variable.name}: take one of them out")
            continue
        try:
            found[variable.name] = secret_of_file(path)
        except ValueError as error:
            problems.append(f"{name}: the file that it names {error}")
    return found, problems


def _beyond_the_ladder(targets: Mapping[int, Variable], policy: Policy | None) -> list[str]:
    """A problem for each tier that has targets and is on no ladder."""
    if policy is None or not targets:
        return []
    highest = max(len(one.tiers) for one in policy.every_ladder)
    return [
        f"{variable.name}: there is no tier {number}: the longest ladder has {highest}"
        for number, variable in targets.items()
        if number > highest
    ]


def _unknown_names(values: Mapping[str, str], kept: EnvFile, systems: Mapping[str, CatalogueEntry]) -> list[str]:
    """A problem for each name that is none of ours: all of them in our own file, elsewhere those that look like one."""
    known = _known_names(systems)
    prefixes = ("TIER_", "FINAL_", f"{ESCALATION_MODE.name}_", *(f"{name.upper()}_" for name in systems))
    problems = [
        f"{kept.told(name)}: there is no such variable{did_you_mean(name, known)}"
        for name in kept.lines
        if name not in known
    ]
    for name in sorted(values.keys() - known - kept.lines.keys()):
        if name.startswith(prefixes):
            problems.append(f"{name}: there is no such variable{did_you_mean(name, known)}")
        elif (meant := nearly(name, known)) and not meant & values.keys():
            ours = nearest(name, meant)
            other = f"if it is another program's, set {ours} as well"
            problems.append(f"{name}: there is no such variable; did you mean {ours!r}? ({other})")
    return problems


def _known_names(systems: Mapping[str, CatalogueEntry]) -> set[str]:
    known = {variable.name for system in systems.values() for variable in system.variables}
    known.update(
        variable.name for variable in (*SERVICE_VARIABLES, DEMO_CLOCK, ESCALATION_POLICY, *_TIER_TARGETS.values())
    )
    known.update(policy_names(tuple(systems)), _OTHER_NAMES, (one.name + FILE for one in _secrets(systems)))
    known.update(mode_of_system(name).name for name in systems)
    return known - {TIER_NOTIFY_URLS.name, TIER_NOTIFY_URLS.name + FILE}


# --- ticket systems -------------------------------------------------------------------------------------------


def _connections(
    values: Mapping[str, str], systems: Mapping[str, CatalogueEntry]
) -> tuple[dict[str, ConfiguredConnection], list[str], list[str]]:
    """What is connected, the ids of what is meant to be connected, and the problems."""
    connections: dict[str, ConfiguredConnection] = {}
    meant: list[str] = []
    problems: list[str] = []
    for name, system in systems.items():
        own = {variable.name: values[variable.name] for variable in system.variables if variable.name in values}
        try:
            settings = system.settings_from(own)
        except ConfigError as error:
            meant.append(name)
            problems += error.problems
        else:
            if settings is not None:
                meant.append(name)
                connections[name] = ConfiguredConnection(name, settings)
    return connections, meant, problems


# --- policy ---------------------------------------------------------------------------------------------------


def _policy(
    values: Mapping[str, str], systems: Sequence[str], connected: Sequence[str]
) -> tuple[Policy | None, Mapping[str, Any], list[str]]:
    """The policy, the document that says it, and the problems."""
    if ESCALATION_POLICY.name in values:
        return _written_policy(values, systems, connected)
    flat = document_from_environment(values, systems, connected)
    problems = list(flat.problems)
    policy = None
    try:
        policy = read_policy(flat.document, systems)
    except PolicyError as error:
        problems += [flat.sentence(problem) for problem in error.problems]
    problems += [flat.sentence(problem) for problem in doubtful_zones(flat.document.get("calendars", {}))]
    if connected and _ZONE.name not in values:
        zone, why = proposal(values)
        problems.append(f"{_ZONE.name}: {_no_zone(connected)}: {why} {_ZONE.name}={zone}")
    homes = [tier.get("homes", {}) for tier in flat.document["tiers"]]
    for _, index, _, system in missing_homes(homes, connected):
        variable = tier_variable(int(index) + 1, _HOME)
        if not any(problem.startswith(f"{variable.name}:") for problem in flat.problems):
            problems.append(variable.problem(f"is missing ({system} is connected)"))
    # One variable may stand at several paths: TIER_n_HOME with several systems.
    return policy, flat.document, list(dict.fromkeys(problems))


_HOME = next(entry.variable for entry in TIER_VARIABLES if entry.path == ("homes",))
_ZONE = next(entry.variable for entry in PLAIN_VARIABLES if entry.path[-1] == "tz")


def _no_zone(connected: Sequence[str]) -> str:
    are = "is" if len(connected) == 1 else "are"
    return f"is missing ({', '.join(connected)} {are} connected); expected the zone of the working hours"


def _written_policy(
    values: Mapping[str, str], systems: Sequence[str], connected: Sequence[str]
) -> tuple[Policy | None, Mapping[str, Any], list[str]]:
    name = ESCALATION_POLICY.name
    problems = [
        f"{flat}: must not be set together with {name}; say it there"
        for flat in policy_names(systems)
        if flat in values
    ]
    try:
        document: Any = parse_document(_policy_text(values[name]))
        policy = read_policy(document, systems)
    except PolicyError as error:
        return None, {}, problems + [f"{name}: {problem}" for problem in error.problems]
    except ValueError as error:
        return None, {}, [*problems, ESCALATION_POLICY.problem(str(error))]
    calendars = document.get("calendars", {})
    problems += [f"{name}: {problem}" for problem in doubtful_zones(calendars)]
    for path in missing_zones(policy, calendars) if connected else ():
        zone, why = proposal(values)
        problems.append(f'{name}: {shown(path)}: {_no_zone(connected)}: {why} "tz": "{zone}"')
    for path in missing_homes([tier.homes for tier in policy.tiers], connected):
        problems.append(f"{name}: {shown(path)}: is missing ({path[-1]} is connected)")
    for index, ladder in enumerate(policy.ladders):
        for path in missing_homes([tier.homes for tier in ladder.policy.tiers], connected):
            problems.append(f"{name}: {shown(('ladders', index, *path))}: is missing ({path[-1]} is connected)")
    return policy, document, problems


def _policy_text(text: str) -> str:
    """The document's text: the value itself where it looks like JSON, else what its file holds."""
    if text.startswith(("{", "[")):
        return text
    try:
        return text_of(text)
    except ValueError as error:
        raise ValueError(f"the file {clipped(text)} {error}") from error
