"""``python -m tests.report_page``: writes docs/report-of-a-week.html, the report of a simulated desk's week.

It is in observe mode. The week is a script, so that the page comes out the same whenever it is made.
"""

from __future__ import annotations

import logging
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog

from connector.clock import VirtualClock
from connector.demo.stage import stage
from connector.model import Mode
from connector.policy.modes import OBSERVES
from connector.report.figures import tally
from connector.report.page import page
from connector.report.trail import scope_of, stories
from connector.systems.catalogue import ticket_systems
from tests.builders import minutes
from tests.scenarios.acts import ZONE, Act, Script, goes_on, moment, moved, note, resolved, waits
from tests.scenarios.week import week_policy

PAGE = Path(__file__).parents[1] / "docs" / "report-of-a-week.html"
SYSTEM = "halopsa"
BEGINS, ENDS = "thu 00:00", "wed 23:59"


def arrives(when: str, owner: str = "tess", client: str = "Acme") -> Act:
    """A ticket with the script's name of it as its summary."""

    def do(script: Script, name: str) -> None:
        script.tickets[name] = script.desk.open_ticket(name, client=client, tier=1, owner=owner)

    return Act(moment(when), do)


def plain(day: str, clock: str, plan: int, fix: int, who: str = "tess", client: str = "Acme") -> Sequence[Act]:
    """A ticket with a plan and a fix after so many minutes; no plan where that is 0."""
    hours, begun = map(int, clock.split(":"))
    at = hours * 60 + begun

    def after(length: int) -> str:
        return f"{day} {(at + length) // 60:02}:{(at + length) % 60:02}"

    planned = [note(after(plan), who, "Plan: follow the article, step by step")] if plan else []
    return [arrives(f"{day} {clock}", who, client), *planned, resolved(after(plan + fix), who)]


WEEK: Mapping[str, Sequence[Act]] = {
    "Outlook asks for the password again and again": plain("thu", "09:05", 44, 30),
    "Scanner profiles gone": plain("thu", "09:10", 12, 25, "tom"),
    "VPN drops every ten minutes": plain("thu", "10:00", 8, 75),
    "Shared mailbox missing after the rename": plain("thu", "11:15", 26, 20, "tom"),
    "Label printer prints half a page": plain("thu", "13:00", 0, 52),
    "New starter needs an account": plain("thu", "14:20", 5, 15, "tom"),
    "Teams shows yesterday's status": plain("fri", "09:02", 51, 20),
    "Monitor stays black at the front desk": plain("fri", "09:20", 0, 18, "tom"),
    "Nightly export to the bank fails": plain("fri", "09:30", 95, 40, client="Globex"),
    "Cutter software asks for a dongle": plain("fri", "11:00", 27, 22, "tom"),
    "Phone forwards to the wrong number": plain("fri", "13:40", 14, 12),
    "Backup reports one file skipped": plain("fri", "15:00", 22, 50, client="Globex"),
    "Server room alarm is silent": plain("mon", "09:04", 58, 15, client="Globex"),
    "Dispatch tablets lose the network": plain("mon", "09:08", 63, 44, client="Globex"),
    "Invoice template lost its logo": plain("mon", "09:40", 9, 8),
    "Certificate warning on the intranet": plain("mon", "10:10", 35, 30, "tom"),
    "Bell schedule does not ring": plain("mon", "13:05", 16, 31),
    "Archive folder cannot be opened": plain("mon", "14:00", 25, 19, "tom"),
    "Signature is cut off on phones": plain("wed", "09:06", 7, 14),
    "Plotter prints half a page": plain("wed", "09:15", 38, 12, "tom"),
    "Meeting room camera is upside down": plain("wed", "10:20", 4, 9),
    "Vendor portal rejects the password": [
        arrives("wed 10:30", "tom"),
        note("wed 10:40", "tom", "/override 45m because the vendor calls back at half past eleven"),
        note("wed 10:45", "maria", "/override 45m because the vendor calls back at half past eleven"),
        note("wed 11:30", "tom", "Plan: use the new address"),
        resolved("wed 11:50", "tom"),
    ],
    "Payroll run stops at employee 77": [
        arrives("wed 11:00"),
        note(
            "wed 11:10",
            "tess",
            "/escalate knowledge payroll\nSteps attempted:\n- ran it again\nError codes: 0x80070005",
        ),
        note("wed 11:12", "tess", "Research: the vendor's article on locked rows"),
        note("wed 11:20", "tess", "Plan: unlock the row"),
        resolved("wed 12:00", "tess"),
    ],
    "Mail to one domain is returned": [
        arrives("wed 13:00", "tom"),
        note("wed 13:10", "tom", "Plan: ask their provider"),
        waits("wed 13:15", "tom"),
        goes_on("wed 15:00", "tom"),
        resolved("wed 15:20", "tom"),
    ],
    "Fan of the core switch is loud": [arrives("wed 14:00"), moved("wed 14:20", "tess", 2, "sam")],
    "Camera upgrade, quote wanted": [arrives("wed 15:00"), note("wed 15:05", "tess", "Plan: ask two vendors")],
}


def report_of_a_week() -> str:
    """The page: of all that the connector wrote down of the week."""
    with tempfile.TemporaryDirectory() as folder:
        clock = VirtualClock(moment("thu 08:30"))
        desk = ticket_systems()[SYSTEM].simulated(clock)
        policy = week_policy(desk)
        url = f"sqlite:///{folder}/week.db"
        staged = stage(clock.now(), policy, url, desks=[desk], clock=clock, modes=OBSERVES, poll_every=minutes(360))
        with staged as running:
            Script(running, desk).play(WEEK, "wed 18:00")
            until = moment("wed 18:00")
            scope = scope_of(running.store, moment(BEGINS), until, ZONE.key, {SYSTEM: Mode.OBSERVE})
            figures = tally(stories(running.store, scope, policy), scope, policy)
    text = page(figures, "escalator report --since 2026-10-29 --csv week.csv")
    return re.sub(r"http://127\.0\.0\.1:\d+", "https://desk.example.com", text)  # it listens elsewhere each time


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    PAGE.write_text(report_of_a_week(), encoding="utf-8")
