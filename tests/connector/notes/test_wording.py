"""The words that several rooms share."""

from connector.wording import in_utc
from tests.builders import at


def test_a_moment_for_people_whose_zone_is_not_known_says_its_zone() -> None:
    assert in_utc(at("09:05")) == "Thu 15 Jan 09:05:00 UTC"
