"""``backtest``: what would have been done to past tickets, and what other limits would have done."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import click

from connector.backtest.replay import Rules, replay
from connector.cli import common
from connector.cli.insight.compared import document_of_comparison, print_catches, print_comparison
from connector.cli.insight.output import also_in_sheet, print_report, require_different, save_text, since_when
from connector.cli.insight.reading import read_past
from connector.cli.insight.replaying import RulesOf, by_name_in, policy_in, rules_of, rules_of_system, stories
from connector.clock import SystemClock
from connector.errors import ConfigError
from connector.past.file import NAME, PastFile
from connector.policy.policy import Policy
from connector.report.choosing.catching import Catching
from connector.report.choosing.compare import Comparison
from connector.report.document import document_of
from connector.report.figures import Figures, tally
from connector.report.page import page
from connector.report.story import Scope, Story

_FILE = click.Path(dir_okay=False, path_type=Path)
_READ = click.Path(dir_okay=False, exists=True, path_type=Path)


def _minutes(_: click.Context, __: click.Parameter, text: str) -> float:
    """Working minutes: ``240``, ``240m``, ``4h``."""
    found = re.fullmatch(r"([1-9]\d{0,4}) ?(m|min|h)?", text.strip().lower(), re.ASCII)
    if found is None:
        raise click.BadParameter(f"{text!r} is no length of work; expected for example 240, 240m, 4h")
    return float(int(found[1]) * (60 if found[2] == "h" else 1))


@dataclass(frozen=True, slots=True)
class _Replayed:
    """What is replayed under which rules; ``old``: those of a policy to compare with."""

    kept: PastFile
    policy: Policy
    rules: Mapping[str, Rules]
    old: Mapping[str, Rules] | None
    scope: Scope


@click.command()
@click.option("--since", default="90d", show_default=True, help="So many days back, or from a day on, 2026-10-19.")
@click.option("--until", help="Up to the beginning of that day, said like --since; else up to now.")
@click.option("--policy", "policy_file", type=_READ, metavar="FILE", help="Replay under the policy in this file.")
@click.option("--set", "changed", multiple=True, metavar="NAME=VALUE", help="Replay with another policy variable.")
@click.option(
    "--against", type=_READ, metavar="FILE", help="Compare with the policy in this file, not with the present."
)
@click.option(
    "--from-file", "file", type=_READ, metavar="FILE", help="Replay the past tickets in this file; ask nobody."
)
@click.option("--system", help="Only of this connected ticket system.")
@click.option("--again", is_flag=True, help="Replay what was read before; only names are asked for.")
@click.option("--catch", type=click.IntRange(1, 100), default=80, show_default=True, help="Catch so many per cent …")
@click.option("--too-long", callback=_minutes, default="4h", show_default=True, help="… of what took longer in all.")
@click.option("--html", "html_file", type=_FILE, metavar="FILE", help="Write all of it as one page.")
@click.option("--csv", "csv_file", type=_FILE, metavar="FILE", help="Write each stint and escalation as a line.")
@common.as_json
def backtest(
    since: str,
    until: str | None,
    policy_file: Path | None,
    changed: tuple[str, ...],
    against: Path | None,
    file: Path | None,
    system: str | None,
    again: bool,
    catch: int,
    too_long: float,
    html_file: Path | None,
    csv_file: Path | None,
    is_json: bool,
) -> None:
    """Say what would have been done to past tickets, and what other limits would have done. Reads only.

    Past tickets are read in the last lane of the budget, and kept in past-tickets.jsonl: run again, it goes on.
    """
    if file is not None and (system or again):
        raise click.UsageError("--from-file asks no ticket system: it goes with neither --system nor --again")
    require_different(file or Path(NAME), html_file, csv_file)
    settings = common.settings()
    policy = policy_in(policy_file, changed, settings)
    is_other = file is None and policy.version != settings.policy.version
    old = policy_in(against, (), settings) if against or is_other else None
    comparison = Comparison(_called(policy_file, changed), _called(against, ())) if old is not None else None
    catching = Catching(too_long, catch / 100)
    zone = policy.calendars[policy.tier(1).calendar].zone
    with ExitStack() as stack:
        kept, cannot_tell = PastFile(file or Path(NAME)), list[str]()
        if file is not None:
            rules: RulesOf = by_name_in(kept)
            connections, now = sorted(kept.connections()), SystemClock().now()
        else:
            parts = stack.enter_context(common.wired(needs_connection=True))
            connections = [common.connection_named(parts, system).id] if system else sorted(parts.connections)
            rules, now = partial(rules_of_system, parts), parts.store.now()
        begins, ends = since_when(since, now, zone), since_when(until, now, zone) if until else now
        if begins >= ends:
            raise click.UsageError("--since must lie before --until")
        if file is None and not again:
            cannot_tell = read_past(parts, connections, begins, kept)
        if not kept.connections().intersection(connections):
            raise ConfigError([f"{kept.path} holds no past ticket" + ("" if file else f" since {begins:%Y-%m-%d}")])
        of_new = rules_of(kept, connections, rules, policy)
        of_old = None if old is None else rules_of(kept, connections, rules, old)
        scope = Scope(begins, ends, now, zone.key, tuple(of_new), (), is_replayed=True, cannot_tell=tuple(cannot_tell))
        replayed = _Replayed(kept, policy, of_new, of_old, scope)
        with also_in_sheet(_told(replayed, comparison, catching), csv_file) as passing:
            figures = tally(passing, scope, policy)
    said = {"--since": since, "--until": until, "--policy": policy_file, "--from-file": file, "--system": system}
    sheet = _sheet_command(said, changed, csv_file, again=file is None)
    _tell(figures, comparison, catching, sheet, html_file, csv_file, is_json=is_json)


def _called(file: Path | None, changed: Sequence[str]) -> str:
    if file is not None:
        return file.name
    return ", ".join(changed) if changed else "what is in force"


def _told(replayed: _Replayed, comparison: Comparison | None, catching: Catching) -> Iterator[Story]:
    """The stories, and each also compared and measured while it passes."""
    since, until = replayed.scope.since, replayed.scope.until
    for ticket, story in stories(replayed.kept, replayed.rules, since, until):
        catching.add(story)
        if comparison is not None and replayed.old is not None:
            rules = replayed.old[ticket.connection]
            other = replay(ticket, rules, since, until, reads_notes=False)
            comparison.add(story, other)
            story = replace(story, compared=other.counted_rises)
        yield story


def _sheet_command(said: Mapping[str, object], changed: Sequence[str], csv_file: Path | None, *, again: bool) -> str:
    """The command that writes every row."""
    words = [word for name, value in said.items() if value is not None for word in (name, str(value))]
    words += [word for one in changed for word in ("--set", one)]
    words += [*(["--again"] if again else []), "--csv", str(csv_file or "backtest.csv")]
    return shlex.join(["escalator", "backtest", *words])


def _tell(
    figures: Figures,
    comparison: Comparison | None,
    catching: Catching,
    sheet: str,
    html_file: Path | None,
    csv_file: Path | None,
    *,
    is_json: bool,
) -> None:
    catches = tuple(catching.catches())
    if html_file is not None:
        save_text(html_file, page(figures, sheet, comparison, catches))
    if is_json:
        common.answer({**document_of(figures), **document_of_comparison(comparison, catches)})
    else:
        print_report(figures)
        if comparison is not None:
            print_comparison(comparison)
        print_catches(catches)
        for one in (*figures.scope.cannot_tell, f"Every stint and every escalation, one a line: {sheet}"):
            common.say(one, is_error=True)
    for file in (html_file, csv_file):
        if file is not None:
            common.say(f"Written: {file}", is_error=True)
