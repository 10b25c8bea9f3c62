"""``policy``: which policy is in force since when, and having the newest one count for running stints as well."""

from __future__ import annotations

from dataclasses import asdict

import click

from connector.cli import common
from connector.store.mailbox import Mailbox
from connector.store.policy_log import PolicyLog, PolicyRow
from connector.worker.listing import RESTING


@click.group()
def policy() -> None:
    """Look at the policies that are in force, and apply the newest to stints that are running."""


@policy.command()
@common.as_json
def show(is_json: bool) -> None:
    """List the policies, the newest last; a stint keeps the limits that it began with until newer ones are applied."""
    with common.wired() as parts:
        rows = PolicyLog(parts.store).rows()
    if is_json:
        common.answer([asdict(row) for row in rows])
        return
    shown = [
        (row.version, f"{row.in_force_from:%Y-%m-%d %H:%M:%S} UTC", _counts_for(number, row))
        for number, row in enumerate(rows)
    ]
    common.table(("version", "in force from", "counts for"), shown)


def _counts_for(number: int, row: PolicyRow) -> str:
    if row.applied_at is not None:
        return f"all stints, since {row.applied_at:%Y-%m-%d %H:%M:%S} UTC"
    return "stints that began since" if number else "all stints before the next"


@policy.command()
@common.as_json
def apply(is_json: bool) -> None:
    """Work the clocks of all running stints out anew under the newest policy."""
    with common.wired() as parts:
        row = PolicyLog(parts.store).apply()
        rung = sum(Mailbox(parts.store).ring_all(name, RESTING) for name in parts.connections) if row else 0
    if row is None:
        common.say("no policy is in force yet: start the connector first", is_error=True)
        raise SystemExit(1)
    if is_json:
        common.answer({"version": row.version, "tickets": rung})
    else:
        common.say(f"policy {row.version} counts for running stints as well; {rung} tickets are looked at anew")
