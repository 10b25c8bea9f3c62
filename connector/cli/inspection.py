"""``explain``, ``dead-letters``, ``audit``, ``export``: what happened, why, and another try."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from connector.app import wiring
from connector.cli import common
from connector.notes.explanation import explain as explained
from connector.store import audit as trail
from connector.store.mailbox import Mailbox
from connector.store.records import Claim, Event, Step
from connector.turn.saga import StepKind

_STEPS: dict[int, str] = {
    StepKind.WOULD: "decision, observed only",
    StepKind.NOTE: "note",
    StepKind.MOVE: "move",
    StepKind.SAID: "said or done",
}
_TOLD = ("reason", "from", "to", "stage", "due_at", "tries", "problem", "abandoned")
"""Of a step's outcome, what ``explain`` shows."""


@click.command()
@click.argument("system")
@click.argument("ticket")
@common.as_json
def explain(system: str, ticket: str, is_json: bool) -> None:
    """Show which minutes of TICKET counted, which did not and why. Reads only."""
    with common.wired(needs_connection=True) as parts:
        common.connection_named(parts, system)
        seen = wiring.reader_of(parts, system).look(Claim(system, ticket, fence=0))
        lines = explained(seen.decision, seen.policy, seen.changes, [told(step) for step in seen.steps])
    if is_json:
        common.answer({"system": system, "ticket": ticket, "verdict": seen.decision.verdict.value, "lines": lines})
    else:
        for line in lines:
            click.echo(line)


@click.group("dead-letters")
def dead_letters() -> None:
    """Look at what was given up on, and try it again."""


@dead_letters.command("list")
@common.as_json
def list_(is_json: bool) -> None:
    """List the tickets whose turns failed for too long."""
    with common.wired() as parts:
        found = Mailbox(parts.store).dead_letters()
    if is_json:
        common.answer([asdict(letter) for letter in found])
        return
    rows = [
        (one.connection, one.ticket, str(one.attempts), f"{one.failing_since or ''}", one.error or "") for one in found
    ]
    common.table(("system", "ticket", "attempts", "failing since", "error"), rows)


@dead_letters.command()
@click.argument("system", required=False)
@click.argument("ticket", required=False)
@click.option("--all", "is_all", is_flag=True, help="Replay every dead letter.")
@common.as_json
def replay(system: str | None, ticket: str | None, is_all: bool, is_json: bool) -> None:
    """Try SYSTEM TICKET again, at once and from the first attempt."""
    if is_all == bool(system and ticket):
        raise click.UsageError("name a SYSTEM and a TICKET, or give --all")
    with common.wired() as parts:
        mailbox = Mailbox(parts.store)
        wanted = [one for one in mailbox.dead_letters() if is_all or (one.connection, one.ticket) == (system, ticket)]
        wanted = [one for one in wanted if mailbox.replay(one.connection, one.ticket)]
    if is_json:
        common.answer({"replayed": [[one.connection, one.ticket] for one in wanted]})
    else:
        click.echo(f"{len(wanted)} replayed")
    if not wanted and not is_all:
        click.echo(f"{system} {ticket} is no dead letter", err=True)
        raise SystemExit(1)


@click.group()
def audit() -> None:
    """The audit trail."""


@audit.command()
@common.as_json
def verify(is_json: bool) -> None:
    """Prove that no entry was changed, removed or slipped in; exit 1 otherwise."""
    with common.wired() as parts:
        report = trail.verify(parts.store)
    if is_json:
        common.answer({**asdict(report), "is_intact": report.is_intact})
    elif report.is_intact:
        click.echo(f"intact: {report.rows} entries, the last one's hash is {report.head_hash}")
    else:
        where = f"at entry {report.first_bad_id}" if report.first_bad_id is not None else "as a whole"
        click.echo(f"NOT intact {where}: {report.why} ({report.rows} entries before it are sound)")
    if not report.is_intact:
        raise SystemExit(1)


@click.command()
@click.argument("what", type=click.Choice(["audit", "training"]), default="audit")
def export(what: str) -> None:
    """Print the audit trail, or the training requests in it, as JSON lines, oldest first."""
    with common.wired() as parts:
        for row in trail.export(parts.store):
            if what == "audit":
                click.echo(json.dumps(row, ensure_ascii=False))
            elif row["event"] == Event.TRAINING_REQUEST:
                known = {name: row[name] for name in ("at", "connection", "ticket")}
                click.echo(json.dumps({**known, **row["detail"]}, ensure_ascii=False))


def told(step: Step) -> str:
    """A step of an escalation as one line."""
    known = {name: step.outcome.get(name) for name in _TOLD}
    detail = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in known.items() if value)
    return f"{step.at.isoformat(timespec='seconds')} {step.saga}: {_STEPS.get(step.n, step.n)} {step.state}; {detail}"
