"""The initial data in ``contrib/request-tracker``: inserted as often as one likes, it mends and never doubles."""

from __future__ import annotations

import pytest

from tests.e2e.rt.instance import CONTRIB, HERE, Instance

pytestmark = pytest.mark.e2e


def inserted(instance: Instance) -> list[str]:
    """What the initial data said that it did."""
    said = instance.insert(CONTRIB / "escalation-connector.initialdata").splitlines()
    return [line.removeprefix("Escalation Connector: ") for line in said if line.startswith("Escalation Connector: ")]


def tampered(instance: Instance, *acts: str) -> str:
    return instance.perl(HERE / "perl" / "tamper.pl", *acts).strip()


def test_inserted_again_it_changes_nothing(instance: Instance) -> None:
    before = tampered(instance, "look")
    assert before.startswith("1 enabled")
    assert before.endswith(" may")
    assert inserted(instance) == ["everything is in place"]
    assert tampered(instance, "look") == before


def test_an_older_scrip_is_brought_up_to_date_and_a_right_that_is_missing_is_granted(instance: Instance) -> None:
    before = tampered(instance, "look")
    assert tampered(instance, "old-code", "revoke", "look").endswith("may not")
    said = inserted(instance)
    assert said[0] == "granted ReassignTicket to the group Escalation Connector"
    assert said[1].startswith("brought up to date: CustomCommitCode of the scrip")
    assert said[2:] == ["everything is in place"]
    assert tampered(instance, "look") == before


def test_a_scrip_that_the_administrator_disabled_stays_disabled(instance: Instance) -> None:
    tampered(instance, "disable")
    [first, last] = inserted(instance)
    assert first.endswith("is disabled, and stays so")
    assert last == "everything is in place"
    assert tampered(instance, "look").startswith("1 disabled")
    assert tampered(instance, "enable", "look").startswith("1 enabled")
