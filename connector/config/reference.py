"""Every environment variable in groups, as the tables of the documents and as ``.env.example``.

``python -m connector.config.reference readme`` prints the README's table, ``settings`` the tables of
``docs/settings.md``, ``example`` the example; a test keeps the files equal to them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from connector.config.policy_variables import PLAIN_VARIABLES, TIER_VARIABLES, home_ending
from connector.config.service_variables import (
    ESCALATION_MODE,
    ESCALATION_POLICY,
    SERVICE_VARIABLES,
    mode_of_system,
)
from connector.systems.catalogue import CatalogueEntry, ticket_systems
from connector.systems.variables import Variable

_ACTIVE = ("DATABASE_URL", "HOST", "PORT", "LOG_LEVEL", "ESCALATION_MODE")
"""What ``.env.example`` sets; all else stands there as a comment."""

_THAT_MATTER = (
    "DATABASE_URL",
    "HOST",
    "PORT",
    "PUBLIC_URL",
    "ESCALATION_MODE",
    "NOTIFY_URLS",
    "ALARM_URLS",
    "TIER_n_NAME",
    "TIER_n_HOME",
    "TIER_n_DIAGNOSIS_MINUTES",
    "TIER_n_FIX_MINUTES",
    "TIER_n_MANAGERS",
    "TIER_n_MODE",
    "FINAL_SR_IT_MANAGER",
    "FINAL_SERVICE_DESK_MANAGER",
    "FINAL_ACCOUNT_MANAGER",
    "WORK_HOURS",
    "WORK_TIME_ZONE",
    "WORK_HOLIDAYS",
    "CRITICAL_PRIORITIES",
)
"""The twenty that most desks set, beside those of their ticket system."""

_OF_A_TIER = re.compile(r"TIER_\d+_")
_TIERS = range(1, 4)
_EXAMPLE_HOMES = {1: "Service Desk > First Touch", 2: "Tier 3", 3: "Sr IT"}

_HEAD = """\
# Every variable with a harmless value. Copy to .env, and take the '#' from what you need.
# A variable without a value counts as not set. docs/settings.md says what each one means.
"""


def groups(systems: Mapping[str, CatalogueEntry]) -> Iterator[tuple[str, list[Variable]]]:
    """The variables under their headings; those of the tiers with ``n`` for the number."""
    service: list[Variable] = []
    for variable in SERVICE_VARIABLES:
        service.append(variable)
        if variable is ESCALATION_MODE:
            service += map(mode_of_system, systems)
    yield "Service", service
    for name, system in systems.items():
        yield f"Ticket system: {name}", list(system.variables)
    tiers = []
    for entry in TIER_VARIABLES:
        tiers.append(entry.variable)
        if entry.path == ("homes",):
            tiers += [_home_in(entry.variable, name) for name in systems]
    yield "Ladder", tiers
    yield "Policy", [entry.variable for entry in PLAIN_VARIABLES]
    yield "Policy in one document", [ESCALATION_POLICY]


def meanings(names: Iterable[str], systems: Mapping[str, CatalogueEntry]) -> dict[str, str]:
    """What each of these variables means; empty for one that no table has."""
    known = {one.name: one.meaning for _, of_group in groups(systems) for one in of_group}
    return {name: known.get(_OF_A_TIER.sub("TIER_n_", name), "") for name in names}


def _home_in(home: Variable, system: str) -> Variable:
    return replace(
        home,
        name=home.name + home_ending(system),
        meaning=f"the same for {system} alone; wins, where several systems are connected",
    )


def readme_table(systems: Mapping[str, CatalogueEntry] | None = None) -> str:
    """The table of the README: the variables that matter most."""
    every = [one for _, variables in groups(systems or ticket_systems()) for one in variables]
    return _table(one for one in every if one.name in _THAT_MATTER)


def settings_tables(systems: Mapping[str, CatalogueEntry] | None = None) -> str:
    """The tables of the reference: every variable, under the heading of its group."""
    found = groups(systems or ticket_systems())
    return "\n".join(f"## {heading}\n\n{_table(variables)}" for heading, variables in found)


def _table(variables: Iterable[Variable]) -> str:
    lines = ["| variable | default | meaning |", "| --- | --- | --- |"]
    for variable in variables:
        meaning = variable.meaning.replace("|", "\\|")
        lines.append(f"| `{variable.name}` | {variable.shown_default or '–'} | {meaning} |")
    return "\n".join(lines) + "\n"


def env_example(systems: Mapping[str, CatalogueEntry] | None = None) -> str:
    """The text of ``.env.example``."""
    lines = [_HEAD]
    for heading, variables in groups(ticket_systems() if systems is None else systems):
        lines.append(f"# --- {heading} ---")
        for variable in variables:
            lines.append(f"# {variable.name}: {_plain(variable.meaning)}")
            lines += [f"{'' if variable.name in _ACTIVE else '# '}{line}" for line in _assignments(variable)]
        lines.append("")
    return "\n".join(lines)


def _assignments(variable: Variable) -> list[str]:
    if "_n_" not in variable.name:
        return [f"{variable.name}={variable.example}"]
    if "_n_HOME" in variable.name:
        return [f"{variable.name.replace('_n_', f'_{n}_')}={_EXAMPLE_HOMES[n]}" for n in _TIERS]
    return [f"{variable.name.replace('_n_', '_1_')}={variable.example}"]


def _plain(markdown: str) -> str:
    return markdown.replace("`", "").replace("*", "")


def main(arguments: list[str]) -> int:
    """Print the table of the ``readme``, the ``settings`` or the ``example``; 2 for any other wish."""
    texts = {"readme": readme_table, "settings": settings_tables, "example": env_example}
    if len(arguments) != 1 or arguments[0] not in texts:
        sys.stderr.write("usage: python -m connector.config.reference readme|settings|example\n")
        return 2
    sys.stdout.write(texts[arguments[0]]())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
