"""``report``: what happened to a desk's tickets, or would have: five sentences, tables, a page, a sheet, a document."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from connector.app.insight.digest import message_of_report
from connector.app.wiring import Wiring, modes_by_connection, notifier_of
from connector.cli import common
from connector.cli.insight.output import also_in_sheet, print_report, require_different, save_text, since_when
from connector.errors import ConfigError
from connector.report.document import document_of
from connector.report.figures import Figures, tally
from connector.report.page import page
from connector.report.trail import scope_of, stories
from connector.store.mailbox import Mailbox
from connector.turn.announcements import Announcer

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option("--since", default="7d", show_default=True, help="So many days back, 90d, or from a day on, 2026-10-19.")
@click.option("--html", "html_file", type=_FILE, metavar="FILE", help="Write all of it as one page.")
@click.option("--csv", "csv_file", type=_FILE, metavar="FILE", help="Write each stint and escalation as a line.")
@click.option("--notify", is_flag=True, help="Send the five sentences to NOTIFY_URLS.")
@common.as_json
def report(since: str, html_file: Path | None, csv_file: Path | None, notify: bool, is_json: bool) -> None:
    """Say what went up, or would have, why, and what to do about it. Asks the database alone."""
    require_different(html_file, csv_file)
    with common.wired(needs_connection=True) as parts:
        audience = notifier_of(parts.settings).audience
        if notify and not audience.told:
            raise ConfigError(["NOTIFY_URLS: is not set, so --notify has nobody to tell"])
        figures = _counted(parts, since, csv_file)
        if html_file is not None:
            save_text(html_file, page(figures, _sheet(since, csv_file)))
        if notify:
            connection = min(parts.connections)
            title, lines = message_of_report(figures)
            told = Announcer(connection, audience).report(figures.scope.made_at.isoformat(), title, lines)
            Mailbox(parts.store).deliver(told)
    if is_json:
        common.answer(document_of(figures))
    else:
        print_report(figures)
    for file in (html_file, csv_file):
        if file is not None:
            common.say(f"Written: {file}", is_error=True)
    if notify:
        common.say("Sent by the next worker that runs", is_error=True)


def _counted(parts: Wiring, since: str, csv_file: Path | None) -> Figures:
    policy, now = parts.settings.policy, parts.store.now()
    modes = modes_by_connection(parts)
    zone = policy.calendars[policy.tier(1).calendar].zone
    scope = scope_of(parts.store, since_when(since, now, zone), now, zone.key, modes)
    with also_in_sheet(stories(parts.store, scope, policy), csv_file) as passing:
        return tally(passing, scope, policy)


def _sheet(since: str, csv_file: Path | None) -> str:
    """The command that writes every row."""
    return f"escalator report --since {shlex.quote(since)} --csv {shlex.quote(str(csv_file or 'report.csv'))}"
