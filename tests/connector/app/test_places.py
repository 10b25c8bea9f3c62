"""Who goes when places are short."""

from __future__ import annotations

from connector.app.places import MOST_SLOW, SLOW_AFTER, Waiting, first_to_go, too_slow

NOW = 100.0


def slow(count: int, sender: str = "a", first: int = 0, since: float = 0.0) -> list[Waiting]:
    return [Waiting(first + n, sender, since + n / 100) for n in range(count)]


def test_of_a_senders_slow_requests_the_oldest_beyond_the_bound_go() -> None:
    many = slow(MOST_SLOW + 2)
    assert too_slow(many[::-1], NOW) == [0, 1]
    assert too_slow(many[:MOST_SLOW], NOW) == []


def test_each_sender_has_a_bound_of_its_own() -> None:
    assert too_slow([*slow(MOST_SLOW, "a"), *slow(MOST_SLOW, "b", 100)], NOW) == []
    assert too_slow([*slow(MOST_SLOW, "a"), *slow(MOST_SLOW + 1, "b", 100)], NOW) == [100]


def test_a_burst_that_has_just_begun_is_not_slow() -> None:
    assert too_slow(slow(500, since=NOW - SLOW_AFTER + 0.001), NOW) == []
    assert len(too_slow(slow(500, since=NOW - SLOW_AFTER - 5), NOW)) == 500 - MOST_SLOW


def test_a_trusted_proxy_has_no_bound() -> None:
    assert too_slow(slow(500), NOW, frozenset({"a"})) == []


def test_a_connection_that_is_kept_open_is_no_unfinished_request() -> None:
    assert too_slow([Waiting(n, "a", 0.0, is_idle=True) for n in range(500)], NOW) == []


def test_room_is_made_first_by_who_keeps_a_connection_open_for_the_longest() -> None:
    assert first_to_go([*slow(5), Waiting(70, "b", 60.0, is_idle=True), Waiting(71, "b", 50.0, is_idle=True)]) == 71


def test_then_by_the_oldest_of_who_has_most() -> None:
    assert first_to_go([*slow(2, "a"), *slow(3, "b", 10, since=50.0)]) == 10


def test_a_trusted_proxy_makes_room_only_where_nobody_else_can() -> None:
    trusted = frozenset({"b"})
    assert first_to_go([*slow(2, "a"), *slow(3, "b", 10)], trusted) == 0
    assert first_to_go(slow(3, "b", 10), trusted) == 10
    assert first_to_go([]) is None
