"""SECURITY.md says how each secret is changed: each that the program reads, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from connector.config.service_variables import ESCALATION_POLICY, SERVICE_VARIABLES, TIER_NOTIFY_URLS
from connector.systems.catalogue import ticket_systems

PAGE = (Path(__file__).parent.parent / "SECURITY.md").read_text(encoding="utf-8")


def secrets_of_the_program() -> set[str]:
    read = [*SERVICE_VARIABLES, ESCALATION_POLICY, TIER_NOTIFY_URLS]
    read += [variable for system in ticket_systems().values() for variable in system.variables]
    return {variable.name for variable in read if variable.is_secret}


def test_every_secret_has_a_line_that_says_how_it_is_changed_and_nothing_else_has():
    table = PAGE.partition("| secret | how |\n| --- | --- |\n")[2].partition("\n\n")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines()]
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row[0])]
    assert len(named) == len(set(named))
    assert set(named) == secrets_of_the_program()
    assert all(len(row) == 2 and len(row[1]) > 20 for row in rows)


def test_every_door_stands_in_the_table_of_doors():
    doors = PAGE.partition("| door | who can reach it |")[2].partition("\n\n")[0]
    assert {f"`POST /webhooks/{name}`" for name in ticket_systems()} <= set(re.findall(r"`POST [^`]+`", doors))


def test_nothing_is_reported_to_an_address_that_was_made_up():
    assert re.findall(r"[\w.+-]+@[\w-]+\.\w+|https?://\S+", PAGE) == []
