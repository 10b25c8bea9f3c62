"""What of a system's lists a configuration can name."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from adapters.names import findable, findable_places, matches
from connector.errors import UnknownName
from connector.model import Place, Ref


def looked_up(refs: Sequence[Ref]) -> Callable[[str], Ref]:
    """The look-up of a system that has these, as each of ours does it."""

    def look_up(name: str) -> Ref:
        found = matches(name.strip(), refs, lambda ref: (ref.name,))
        if len(found) != 1:
            raise UnknownName("place", name)
        return found[0]

    return look_up


def offered(*names: str) -> list[str]:
    refs = [Ref(str(number), name) for number, name in enumerate(names)]
    places = findable_places([Place((ref,)) for ref in refs], lambda home: Place((looked_up(refs)(home),)))
    assert [str(place) for place in places] == [ref.name for ref in findable(refs, looked_up(refs))]
    return [str(place) for place in places]


@pytest.mark.parametrize(
    "name",
    [
        "Tier 3",
        "Netz & Sprache / Störungen",
        "Helpdesk 🛠 | 24x7 #1",
        "日本語",
        "a 'quoted' \"name\" $HOME \\ back`tick`",
        ">Closed",
        "=1+1",
        "Ärger",
    ],
)
def test_odd_signs_are_no_hindrance(name: str) -> None:
    assert offered(name) == [name]


@pytest.mark.parametrize(
    ("name", "written"),
    [("  Tier  3 ", "Tier 3"), ("Tier\u00a03", "Tier 3"), ("Tier\n3", "Tier 3"), ("\ufeffTier 3\u200b", "Tier 3")],
)
def test_what_nobody_sees_of_a_name_need_not_be_written(name: str, written: str) -> None:
    assert offered(name) == [written]


@pytest.mark.parametrize("name", ["", "   ", "\u200b", "red\x1b[31m", "a\x00b", "turned\u202e", "half\ud800"])
def test_what_nobody_can_write_is_not_offered(name: str) -> None:
    assert offered("Tier 3", name) == ["Tier 3"]


def test_of_two_of_one_name_neither_is_offered() -> None:
    assert offered("Tier 3", "Desk", "Tier 3") == ["Desk"]
    assert offered("Tier 3 ", "Desk", " tier 3") == ["Desk"]


def test_names_that_differ_in_case_alone_are_both_offered() -> None:
    assert offered("Tier 3", "TIER 3") == ["Tier 3", "TIER 3"]


def test_of_two_that_differ_in_blanks_alone_the_one_that_can_be_written_is_offered() -> None:
    assert offered("Tier 3 ", "Tier 3") == ["Tier 3"]


def test_what_comes_twice_is_offered_once() -> None:
    twice = [Ref("1", "High"), Ref("1", "High")]
    assert findable(twice, lambda name: twice[0]) == [Ref("1", "High")]
