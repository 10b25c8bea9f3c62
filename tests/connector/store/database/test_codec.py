"""Values of changes come back exactly as they went in."""

from __future__ import annotations

import pytest

from connector.model import Person, Place, Ref, Status, StatusGroup, Value
from connector.store.database.codec import decode, encode


@pytest.mark.parametrize(
    "value",
    [
        None,
        Place(()),
        Place((Ref("1", "Board"), Ref("", 'Team "Ä" > \u2028\x00'))),
        Person("7", "asmith", "Ann Smith"),
        Person("7", "asmith", "Ann Smith", is_active=False, open_tickets=0),
        *(Status("3", "Some name", group) for group in StatusGroup),
        Ref("4", "high"),
    ],
)
def test_a_value_survives_the_round_trip(value: Value) -> None:
    assert decode(encode(value)) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "1",
        "{}",
        '{"thing":[]}',
        '{"ref":["1"]}',
        '{"ref":["1","a"],"place":[]}',
        '{"status":["1","a","no such group"]}',
        '{"place":[["1"]]}',
        '{"person":null}',
    ],
)
def test_a_text_of_another_make_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        decode(text)
