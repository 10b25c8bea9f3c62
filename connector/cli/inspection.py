"""``dead-letters``, ``audit``, ``export``: what happened, and another try."""

from __future__ import annotations

from dataclasses import asdict

import click

from connector.app.wiring import keeps_for
from connector.cli import common
from connector.store import audit as trail
from connector.store.chain.proof import verify as prove
from connector.store.chain.signatures import signed_head
from connector.store.mailbox import Mailbox
from connector.store.records import Event


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
        wanted = [one for one in wanted if mailbox.replay(one.connection, one.ticket, common.whoever())]
    if is_json:
        common.answer({"replayed": [[one.connection, one.ticket] for one in wanted]})
    else:
        common.say(f"{len(wanted)} replayed")
    if not wanted and not is_all:
        common.say(f"{system} {ticket} is no dead letter", is_error=True)
        raise SystemExit(1)


@click.group()
def audit() -> None:
    """The audit trail."""


@audit.command()
@common.as_json
def head(is_json: bool) -> None:
    """Print where the trail ends, over all its chains and signed, in one word, to be kept elsewhere.

    ``verify --expect`` takes it.
    """
    with common.wired() as parts:
        found = signed_head(parts.store)
    if is_json:
        common.answer({"entries": found.entries, "hash": found.hash, "head": found.text})
    else:
        common.say(found.text)


def _kept(_context: click.Context, _option: click.Parameter, value: str | None) -> trail.AuditHead | None:
    """A head as it was kept elsewhere."""
    if value is None:
        return None
    try:
        return trail.read_head(value)
    except ValueError:
        raise click.BadParameter("expected a HEAD as `escalator audit head` prints it") from None


@audit.command()
@click.option("--expect", "expected", metavar="HEAD", callback=_kept, help="An earlier one, as `audit head` prints it.")
@common.as_json
def verify(expected: trail.AuditHead | None, is_json: bool) -> None:
    """Prove that no entry was changed, removed or slipped in; exit 1 otherwise."""
    with common.wired() as parts:
        keeps_from = parts.store.now() - keeps_for(parts.settings)
        report = prove(parts.store, expected, keeps_from)
    if is_json:
        common.answer({**asdict(report), "is_intact": report.is_intact})
    elif report.is_intact:
        cut = f", {report.cut} earlier ones cut at signed checkpoints" if report.cut else ""
        gone = f", {report.forgotten} of them without its detail, which was forgotten" if report.forgotten else ""
        common.say(f"intact: {report.rows} entries{gone}{cut}; the head's hash is {report.head_hash}")
        if report.by_statement:
            what = "that what stays of them is what was hashed says a signed statement"
            common.say(f"{report.by_statement} of these are of a version before: {what}")
        if report.past:
            common.say(
                f"of {', '.join(report.past)} all that the head speaks of was cut: only its signature was compared"
            )
    else:
        where = f"at entry {report.first_bad_id}" if report.first_bad_id is not None else "as a whole"
        common.say(f"NOT intact, {report.chain} {where}: {report.why} ({report.rows} entries before it are sound)")
    if not report.is_intact:
        raise SystemExit(1)


@click.command()
@click.argument("what", type=click.Choice(["audit", "training"]), default="audit")
def export(what: str) -> None:
    """Print the audit trail, or the training requests in it, as JSON lines, oldest first.

    One connection's chain after the other; a line ``checkpoint`` stands for what was cut. What was forgotten says so.
    """
    with common.wired() as parts:
        for row in trail.export(parts.store):
            if what == "audit":
                common.json_line(row)
            elif row["event"] == Event.TRAINING_REQUEST:
                known = {name: row[name] for name in ("at", "connection", "ticket")}
                common.json_line({**known, **row["detail"]})
