"""What is asked of the working hours: their zone, which is never assumed, the hours, and the closed days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from connector.cli import common
from connector.cli.setup import proposals
from connector.cli.setup.answers import Answers, Prompt
from connector.config.host_zone import own_zone, tells_of_a_place
from connector.config.policy_variables import PLAIN_VARIABLES
from connector.systems.variables import Variable, items
from connector.working_time.hours import closed_days, countries, holiday_dates, week_from
from connector.working_time.zones import load_zone, names_no_region, region_meant

_USUAL_HOURS = "mon-fri 08:00-17:00"
_SHOWN_DAYS = 3


def _variable(key: str) -> Variable:
    return next(one.variable for one in PLAIN_VARIABLES if one.path[0] == "calendars" and one.path[-1] == key)


ZONE, HOURS, HOLIDAYS = _variable("tz"), _variable("hours"), _variable("holidays")


def ask_for_hours(answers: Answers, environ: Mapping[str, str], today: date) -> None:
    """Zone, hours, holidays. Raises click.Abort, ConfigError."""
    answers.explain("\nWhen does the service desk work?")
    own = own_zone(environ)
    proposal = proposals.Proposal(own, is_sure=True) if tells_of_a_place(own) else proposals.NOTHING
    why = "this machine's" if proposal.text and ZONE.name not in answers.known else f"such as {ZONE.example}"
    zone = answers.take(Prompt(ZONE.name, f"Time zone ({why})", _zone, proposal, is_needed=True))
    usual = proposals.Proposal(_USUAL_HOURS, is_sure=True)
    answers.take(Prompt(HOURS.name, "Hours (also such as mon-fri 08:00-12:00 13:00-17:00; or 24x7)", _hours, usual))
    country = proposals.country_of(zone, countries()) if zone else proposals.NOTHING
    question = Prompt(
        HOLIDAYS.name,
        "Public holidays (a country such as DE, or better its part such as DE-BE; also dates)",
        _holidays,
        country,
    )
    again = False
    while holidays := answers.take(question, again=again):
        if not answers.is_ahead:
            common.say(f"  Closed next: {next_closed(holidays, today)}")
        if not answers.is_asking or common.agree("  Right?", default=True):
            return
        again = True


def next_closed(holidays: str, today: date) -> str:
    """The next closed days, with their names where they have one."""
    coming = closed_days(items(holidays), today, _SHOWN_DAYS)
    told = [f"{day:%a} {day.day} {day:%b %Y}{f' ({name})' if name else ''}" for day, name in coming]
    return ", ".join(told) or "none is to come"


def _zone(text: str) -> str:
    if names_no_region(text):
        near = region_meant(text)
        raise ValueError(f"{text!r} is an offset, not a region with its summer time; did you mean {near}?")
    return str(load_zone(text).key)


def _hours(text: str) -> str:
    week_from(text)
    return text


def _holidays(text: str) -> str:
    holiday_dates(items(text))
    return ", ".join(items(text))
