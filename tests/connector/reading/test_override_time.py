"""How long an override holds: every form that people write, and what is wrong with those that are none."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.reading.override_time import Lasting, Until, Whole, read_how_long
from connector.reading.zones import UnknownZone, zone_called

NEW_YORK = ZoneInfo("America/New_York")
THURSDAY = datetime(2026, 1, 15, 15, 0, tzinfo=UTC)
"""Ten in the morning in New York."""


def local(*parts: int) -> datetime:
    """A moment of whatever zone counts."""
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001  # the zone is for the caller of resolve to say


@pytest.mark.process("override-forms")
@pytest.mark.parametrize(
    ("text", "minutes", "rest"),
    [
        ("45m", 45, ""),
        ("45m because the vendor calls", 45, " because the vendor calls"),
        ("45 min", 45, ""),
        ("45 mins", 45, ""),
        ("45 minutes, please", 45, ", please"),
        ("1 minute", 1, ""),
        ("7.5m", 7.5, ""),
        ("7,5 min", 7.5, ""),
        ("1h", 60, ""),
        ("2h because", 120, " because"),
        ("2 hours", 120, ""),
        ("1 hr", 60, ""),
        ("1.5h", 90, ""),
        ("1h30m", 90, ""),
        ("1h 30m", 90, ""),
        ("1H30M", 90, ""),
        ("1 hour and 30 minutes", 90, ""),
        ("1h30", 90, ""),
        ("1h30 because", 90, " because"),
        ("for 45m", 45, ""),
        ("0.5m", 0.5, ""),
        ("9999999m", 9_999_999, ""),
        ("45\u00a0min", 45, ""),
        ("45m.", 45, "."),
    ],
)
def test_a_length_is_read_in_every_form_people_write(text, minutes, rest):
    assert read_how_long(text) == (Lasting(minutes), rest)


@pytest.mark.process("override-forms")
@pytest.mark.parametrize(
    ("text", "span", "rest"),
    [
        ("none", Whole.NONE, ""),
        ("NONE because it is planned", Whole.NONE, " because it is planned"),
        ("off", Whole.OFF, ""),
        ("Off.", Whole.OFF, "."),
        ("until 16:30", Until("", time(16, 30)), ""),
        ("UNTIL 16:30 because", Until("", time(16, 30)), " because"),
        ("till 9:05", Until("", time(9, 5)), ""),
        ("til 9.05", Until("", time(9, 5)), ""),
        ("until at 16:30", Until("", time(16, 30)), ""),
        ("until 4pm", Until("", time(16)), ""),
        ("until 4:30 pm because", Until("", time(16, 30)), " because"),
        ("until 4:30\u202fPM because", Until("", time(16, 30)), " because"),
        ("until 4:30 p.m.", Until("", time(16, 30)), ""),
        ("until 12 am", Until("", time(0)), ""),
        ("until 12 pm", Until("", time(12)), ""),
        ("until today 16:30", Until("tod", time(16, 30)), ""),
        ("until tomorrow 10:00 because", Until("tom", time(10)), " because"),
        ("until tomorrow, 10:00", Until("tom", time(10)), ""),
        ("until tomorrow at 10:00", Until("tom", time(10)), ""),
        ("until 10:00 tomorrow", Until("tom", time(10)), ""),
        ("until Monday 9:00", Until("mon", time(9)), ""),
        ("until on fri at 9:00", Until("fri", time(9)), ""),
        ("until 9am on Wednesday: a part comes", Until("wed", time(9)), ": a part comes"),
        ("until 10:00 Sunday's patch", Until("sun", time(10)), "'s patch"),
        ("until 10:00 saturated", Until("", time(10)), " saturated"),
        ("until 16:30 UTC because", Until("", time(16, 30), zone="UTC"), " because"),
        ("until 16:30 utc", Until("", time(16, 30), zone="utc"), ""),
        ("until 4:30 pm EST: a part comes", Until("", time(16, 30), zone="EST"), ": a part comes"),
        ("until 16:30 (GMT+2) because", Until("", time(16, 30), zone="GMT+2"), " because"),
        ("until 16:30 Europe/Berlin because", Until("", time(16, 30), zone="Europe/Berlin"), " because"),
        ("until 10:00 ET tomorrow because", Until("tom", time(10), zone="ET"), " because"),
        ("until 10:00 ET, on Monday", Until("mon", time(10), zone="ET"), ""),
        ("until 10:00 tomorrow CET", Until("tom", time(10), zone="CET"), ""),
        ("until 10:00 on Friday CST, today it rests", Until("fri", time(10), zone="CST"), ", today it rests"),
        ("until 16:30 Vendor/Partner calls", Until("", time(16, 30)), " Vendor/Partner calls"),
        ("until 16:30 ISP and VPN", Until("", time(16, 30)), " ISP and VPN"),
        ("until 16:30 ESTIMATE comes", Until("", time(16, 30)), " ESTIMATE comes"),
        ("until 16:30 (UTC because", Until("", time(16, 30), zone="UTC"), " because"),
        ("until 16:30 (UTC +2) because", Until("", time(16, 30), zone="UTC +2"), " because"),
        ("until 16:30 UTC+2, because", Until("", time(16, 30), zone="UTC+2"), ", because"),
        ("until 16:30+02:00 because", Until("", time(16, 30), zone="+02:00"), " because"),
        ("until 16:30 est because", Until("", time(16, 30), zone="est"), " because"),
        ("until 16:30 Z because", Until("", time(16, 30), zone="Z"), " because"),
        ("until 16:30 EST/EDT because", Until("", time(16, 30), zone="EST/EDT"), " because"),
        ("until 16:30 - five people wait", Until("", time(16, 30)), "- five people wait"),
        ("until 16:30 ist der Techniker da", Until("", time(16, 30)), " ist der Techniker da"),
        ("until 16:30 US/EU team calls", Until("", time(16, 30)), " US/EU team calls"),
        ("until 16:30 Asia/Pacific team calls", Until("", time(16, 30)), " Asia/Pacific team calls"),
        ("until 2026-01-16 10:00", Until("", time(), local(2026, 1, 16, 10)), ""),
        ("until 2026-01-16 10:00 PST because", Until("", time(), local(2026, 1, 16, 10), "PST"), " because"),
        ("until 2026-01-16T10:00Z because", Until("", time(), datetime(2026, 1, 16, 10, tzinfo=UTC)), " because"),
        ("until 2026-01-16T10:00:30.250z", Until("", time(), datetime(2026, 1, 16, 10, 0, 30, tzinfo=UTC)), ""),
        ("until 2026-01-16 9:05:30", Until("", time(), local(2026, 1, 16, 9, 5, 30)), ""),
        ("until 2026-01-16, 9:05", Until("", time(), local(2026, 1, 16, 9, 5)), ""),
        ("until 2026-01-16 at 4:30 pm because", Until("", time(), local(2026, 1, 16, 16, 30)), " because"),
    ],
)
def test_a_whole_stint_a_time_of_day_and_a_moment_are_read(text, span, rest):
    assert read_how_long(text) == (span, rest)


def test_the_offset_of_a_moment_is_kept():
    span, _ = read_how_long("until 2026-01-16T10:00-0500")
    assert isinstance(span, Until)
    assert span.resolve(THURSDAY, ZoneInfo("Asia/Tokyo")) == datetime(2026, 1, 16, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "how long the override holds is missing"),
        ("because I say so", "how long the override holds is missing"),
        ("offline", "how long the override holds is missing"),
        ("16:30", "how long the override holds is missing"),
        ("45x", "how long the override holds is missing"),
        ("9" * 50, "how long the override holds is missing"),
        ("45", "45 of what: write 45m for minutes or 45h for hours"),
        ("2 days", "2 of what: write 2m for minutes or 2h for hours"),
        ("0m because", "0m is no length of time"),
        ("0h 0m", "0h 0m is no length of time"),
        ("99999h9999999m", "99999h9999999m is no length of time"),
        ("until", "the time after until is missing"),
        ("until then", "the time after until is missing"),
        ("until 16:30:00", "the time after until is missing"),
        ("until tomorrow", "the time of day tomorrow is missing"),
        ("until on Friday because", "the time of day on Friday is missing"),
        ("until 25:00", "25:00 is no time of day"),
        ("until 16:60", "16:60 is no time of day"),
        ("until 16", "16 is no time of day"),
        ("until 13 pm", "13 pm is no time of day"),
        ("until 0 am", "0 am is no time of day"),
        ("until 2026-01-16", "the time of day on 2026-01-16 is missing"),
        ("until 2026-01-16 because", "the time of day on 2026-01-16 is missing"),
        ("until 2026-02-30 10:00", "2026-02-30 10:00 is no date and time"),
        ("until 2026-01-16 25:00", "2026-01-16 25:00 is no date and time"),
        ("until 2026-01-16 10:00:99", "2026-01-16 10:00:99 is no date and time"),
        ("until 2026-01-16 10:00+99:00", "2026-01-16 10:00+99:00 is no date and time"),
        ("until 9999-12-31 23:59-05:00", "9999-12-31 23:59-05:00 is no date and time"),
        ("until 0001-01-01   00:00+05:00", "0001-01-01 00:00+05:00 is no date and time"),
    ],
)
def test_what_is_no_span_says_what_is_wrong(text, problem):
    assert read_how_long(text)[0] == problem


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("until 16:30", "2026-01-15 21:30"),
        ("until 09:00", "2026-01-15 14:00"),
        ("until today 16:30", "2026-01-15 21:30"),
        ("until tomorrow 10:00", "2026-01-16 15:00"),
        ("until Friday 10:00", "2026-01-16 15:00"),
        ("until Monday 10:00", "2026-01-19 15:00"),
        ("until Thursday 10:00", "2026-01-22 15:00"),
        ("until 2026-01-20 10:00", "2026-01-20 15:00"),
    ],
)
def test_a_time_is_one_of_the_zone_on_the_day_it_is_said_there(text, moment):
    span, _ = read_how_long(text)
    assert isinstance(span, Until)
    assert f"{span.resolve(THURSDAY, NEW_YORK):%Y-%m-%d %H:%M}" == moment


@pytest.mark.process("override-forms")
@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("until 16:30 UTC", "2026-01-15 16:30"),
        ("until 16:30 GMT", "2026-01-15 16:30"),
        ("until 16:30 GMT-5", "2026-01-15 21:30"),
        ("until 23:30 utc+05:30", "2026-01-15 18:00"),
        ("until 16:30 EST", "2026-01-15 21:30"),
        ("until 16:30 EDT", "2026-01-15 21:30"),
        ("until 16:30 ET", "2026-01-15 21:30"),
        ("until 18:00 Europe/Berlin", "2026-01-15 17:00"),
        ("until 10:00 Asia/Tokyo tomorrow", "2026-01-17 01:00"),
        ("until 2026-01-16 10:00 Europe/London", "2026-01-16 10:00"),
        ("until 16:30 UTC\u22125", "2026-01-15 21:30"),
        ("until 16:30 (UTC -5)", "2026-01-15 21:30"),
        ("until 16:30 -0500", "2026-01-15 21:30"),
        ("until 16:30+02:00", "2026-01-15 14:30"),
        ("until 23:30 Z", "2026-01-15 23:30"),
        ("until 16:30 est/EDT", "2026-01-15 21:30"),
        ("until 18:00 europe/berlin", "2026-01-15 17:00"),
    ],
)
def test_a_zone_that_is_written_after_the_time_is_the_one_that_counts(text, moment):
    span, rest = read_how_long(text)
    assert isinstance(span, Until)
    assert rest == ""
    assert f"{span.resolve(THURSDAY, NEW_YORK):%Y-%m-%d %H:%M}" == moment


NOT_CLEAR = "the time zone {} is not clear where times are those of America/New_York; write UTC, or a name such as"


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        *((name, NOT_CLEAR) for name in ("CST", "PT", "IST", "MEZ", "cet", "EST/CET", "UTC - 5", "UTC+5h30")),
        *((name, NOT_CLEAR) for name in ("UTC+1234567", "UTC-5:00:00", "GMT+5:3", "UTC+5.5", "UTC+2/CEST", "+2", "-5")),
        ("GMT+15", "{} is no time zone; write UTC"),
        ("UTC-14:30", "{} is no time zone; write UTC"),
        ("-17:00", "{} is no time zone; write UTC"),
        ("Europe/Berln", "{} is no time zone; did you mean Europe/Berlin?"),
        ("america/newyork", "{} is no time zone; did you mean America/New_York?"),
    ],
)
def test_a_zone_that_cannot_be_relied_on_is_refused(name, problem):
    span, rest = read_how_long(f"until 16:30 {name} because")
    assert isinstance(span, Until)
    assert rest == " because"
    with pytest.raises(UnknownZone, match=f"^{re.escape(problem.format(span.zone))}"):
        span.resolve(THURSDAY, NEW_YORK)


@pytest.mark.parametrize("start", ["UTC+1", "-1", "EST/", "CST/EST/", "Europe/", "utc \u2212 1:"])
def test_a_zone_has_a_bounded_length_whatever_follows(start):
    span, rest = read_how_long(f"until 16:30 {start}{start.lstrip('-') * 5000}")
    assert isinstance(span, Until)
    assert len(span.zone) < 80
    assert len(rest) > 1000


def test_the_day_is_the_writers_whatever_zone_is_written():
    sydney, friday = (
        ZoneInfo("Australia/Sydney"),
        datetime(2026, 1, 15, 21, tzinfo=UTC),
    )  # Friday at eight in the morning
    for text, moment in (
        ("until 02:00 UTC", datetime(2026, 1, 16, 2, tzinfo=UTC)),
        ("until 22:00 UTC", datetime(2026, 1, 15, 22, tzinfo=UTC)),
        ("until 10:00 UTC tomorrow", datetime(2026, 1, 17, 10, tzinfo=UTC)),
        ("until 22:00 UTC on Monday", datetime(2026, 1, 18, 22, tzinfo=UTC)),
    ):
        span, _ = read_how_long(text)
        assert isinstance(span, Until)
        assert span.resolve(friday, sydney) == moment
    behind, _ = read_how_long("until 22:00 America/Los_Angeles")
    assert isinstance(behind, Until)
    assert behind.resolve(datetime(2026, 1, 16, 9, tzinfo=UTC), ZoneInfo("Europe/Berlin")) == datetime(
        2026, 1, 16, 6, tzinfo=UTC
    )


def test_a_time_that_a_short_day_never_has_is_one_of_the_written_zones_day():
    span, _ = read_how_long("until 04:30 UTC")
    assert isinstance(span, Until)
    said_at = datetime(2026, 3, 8, 15, tzinfo=UTC)  # New York's clocks go forward on this day
    assert span.resolve(said_at, NEW_YORK) == datetime(2026, 3, 8, 4, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "names"),
    [
        ("Europe/London", {"GMT", "BST"}),
        ("Europe/Berlin", {"CET", "CEST"}),
        ("Australia/Sydney", {"AEST", "AEDT", "AET"}),
        ("America/Anchorage", {"AKST", "AKDT", "AKT"}),
        ("Pacific/Auckland", {"NZST", "NZDT", "NZT"}),
        ("America/Phoenix", {"MST", "MT"}),
        ("Europe/Vienna", {"MEZ", "MESZ", "cet"}),
    ],
)
def test_a_zone_is_known_by_its_abbreviations_of_the_whole_year(zone, names):
    own = ZoneInfo(zone)
    assert all(zone_called(name, own, 2026) in (own, UTC) for name in names)


def test_the_day_is_the_zones_own_where_it_is_another_day_than_in_utc():
    late = datetime(2026, 1, 16, 2, 0, tzinfo=UTC)  # nine in the evening of the fifteenth
    assert Until("tom", time(8)).resolve(late, NEW_YORK) == datetime(2026, 1, 16, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    ("what", "said_at", "clock", "moment"),
    [
        (
            "before the change",
            datetime(2026, 3, 8, 5, tzinfo=UTC),
            time(1, 30),
            datetime(2026, 3, 8, 6, 30, tzinfo=UTC),
        ),
        ("skipped", datetime(2026, 3, 8, 5, tzinfo=UTC), time(2, 30), datetime(2026, 3, 8, 7, 30, tzinfo=UTC)),
        ("after it", datetime(2026, 3, 8, 5, tzinfo=UTC), time(16, 30), datetime(2026, 3, 8, 20, 30, tzinfo=UTC)),
        ("repeated", datetime(2026, 11, 1, 4, tzinfo=UTC), time(1, 30), datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
        ("after that", datetime(2026, 11, 1, 4, tzinfo=UTC), time(16, 30), datetime(2026, 11, 1, 21, 30, tzinfo=UTC)),
    ],
)
def test_a_clock_change_repeats_at_the_first_pass_and_skips_onwards(what, said_at, clock, moment):
    assert Until("", clock).resolve(said_at, NEW_YORK) == moment


@given(
    st.integers(0, 99), st.integers(0, 59), st.sampled_from(["{h}h{m}m", "{h}h {m} min", "{h} hours and {m} minutes"])
)
def test_every_length_is_read_back_as_it_was_written(hours, minutes, form):
    span, rest = read_how_long(form.format(h=hours, m=minutes) + " because of the vendor")
    if hours or minutes:
        assert (span, rest) == (Lasting(60 * hours + minutes), " because of the vendor")
    else:
        assert isinstance(span, str)


@given(
    st.datetimes(local(2026, 1, 1), local(2028, 12, 31)),
    st.times(),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]),
    st.booleans(),
)
def test_a_time_written_by_the_wall_clock_is_that_time_on_that_day(said, clock, name, is_tomorrow):
    zone, clock = ZoneInfo(name), clock.replace(second=0, microsecond=0)
    said_at = said.replace(tzinfo=UTC)
    span, rest = read_how_long(f"until {'tomorrow ' if is_tomorrow else ''}{clock:%H:%M} because")
    assert isinstance(span, Until)
    assert rest == " because"
    local = span.resolve(said_at, zone).astimezone(zone)
    day = said_at.astimezone(zone).date() + timedelta(days=is_tomorrow)
    skipped = local.replace(tzinfo=None) - datetime.combine(day, clock)
    assert skipped in (timedelta(), timedelta(minutes=30), timedelta(hours=1))
    if skipped:  # only a wall time that does not exist moves
        wall = datetime.combine(day, clock, zone)
        assert wall.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall.replace(tzinfo=None)


@given(st.text(max_size=40))
def test_any_text_is_read_and_nothing_but_its_end_is_left(text):
    _, rest = read_how_long(text)
    assert text.endswith(rest)


@given(
    st.from_regex(r"until [0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}([+-][0-9]{2}:[0-9]{2}|Z)?", fullmatch=True)
)
def test_every_moment_that_is_accepted_can_be_worked_out(text):
    span, _ = read_how_long(text)
    assert isinstance(span, str) or isinstance(span.resolve(THURSDAY, NEW_YORK), datetime)  # type: ignore[union-attr]
