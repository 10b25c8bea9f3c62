"""In which mode a ticket is: of several that are said the most careful one counts."""

from __future__ import annotations

from itertools import product

import pytest

from connector.model import Mode
from connector.policy.document import read_policy
from connector.policy.modes import ENFORCES, OBSERVES, Modes, most_careful, tier_key
from connector.policy.policy import Policy

OBSERVE, WARN, ENFORCE = Mode


def a_policy(*modes: Mode | None, ladder: Mode | None = None) -> Policy:
    tiers = [{"name": f"T{n}", **({"mode": mode} if mode else {})} for n, mode in enumerate(modes, 1)]
    document = {"tiers": tiers}
    if ladder is not None:
        document["ladders"] = [{"name": "Acme", "clients": ["Acme"], "tiers": [{"name": "T1", "mode": ladder}]}]
    return read_policy(document)


@pytest.mark.parametrize("said", list(product([None, *Mode], repeat=3)))
def test_of_all_that_is_said_the_most_careful_one_counts_and_nothing_said_is_observe(said):
    order = [OBSERVE, WARN, ENFORCE]
    expected = min((order.index(mode) for mode in said if mode is not None), default=0)
    assert most_careful(said) is order[expected]


def test_a_tier_is_in_the_more_careful_of_its_own_mode_and_the_connections():
    own, none = a_policy(WARN, None).tiers
    assert [Modes(base).at(own) for base in (None, *Mode)] == [WARN, OBSERVE, WARN, WARN]
    assert [Modes(base).at(none) for base in (None, *Mode)] == [OBSERVE, *Mode]
    assert (ENFORCES.at(None), OBSERVES.at(None), Modes().at(None)) == (ENFORCE, OBSERVE, OBSERVE)


def test_modes_are_written_in_one_word_where_all_tiers_are_in_one_and_else_one_by_one():
    assert ENFORCES.written(a_policy(None, None)) == "enforce"
    assert ENFORCES.written(a_policy(None, WARN, OBSERVE)) == "enforce/warn/observe"
    assert OBSERVES.written(a_policy(ENFORCE, WARN, OBSERVE)) == "observe"
    assert ENFORCES.written(a_policy(None, WARN, ladder=OBSERVE)) == "enforce/warn/observe"


def test_the_least_careful_one_tells_what_is_done_at_most():
    assert Modes().most(a_policy(None, WARN)) is WARN
    assert ENFORCES.most(a_policy(OBSERVE, OBSERVE)) is OBSERVE


def test_people_are_told_which_tier_is_in_which_mode():
    assert ENFORCES.said(a_policy(None, None)) == "enforce"
    assert ENFORCES.said(a_policy(None, WARN, WARN)) == "enforce at T1; warn at T2, T3"
    assert ENFORCES.said(a_policy(WARN, None, ladder=OBSERVE)) == "enforce at T2; warn at T1; observe at Acme > T1"


def test_the_tiers_of_further_ladders_are_told_apart():
    assert (tier_key("", "T1"), tier_key("Acme", "T1")) == ("T1", "Acme > T1")
    assert ENFORCES.of_tiers(a_policy(WARN, ladder=OBSERVE)) == {"T1": WARN, "Acme > T1": OBSERVE}


def test_a_mode_makes_no_other_policy():
    assert a_policy(None, None).version == a_policy(WARN, OBSERVE).version
    assert a_policy(None, ladder=WARN).version == a_policy(None, ladder=ENFORCE).version


def test_warn_writes_and_moves_nothing():
    assert [(mode.writes, mode.moves) for mode in Mode] == [(False, False), (True, False), (True, True)]
