"""``explain``: why a ticket stands where it stands."""

from __future__ import annotations

import click

from connector.app import worker_side
from connector.cli import common
from connector.turn.explaining.account import TicketAccount
from connector.turn.explaining.document import explained
from connector.turn.explaining.obstacles import obstacles


@click.command()
@click.argument("system")
@click.argument("ticket")
@common.as_json
def explain(system: str, ticket: str, is_json: bool) -> None:
    """Show which minutes of TICKET counted, why, and what stands in its way. Reads only."""
    account: TicketAccount | None = None
    with common.wired(needs_connection=True) as parts:
        system = common.connection_named(parts, system).id
        found = obstacles(parts.store, system, ticket)
        try:
            account = worker_side.explainer_of(parts, system).account_of(ticket)
        finally:  # where it cannot be asked, what stands in the way may be the reason
            document = explained(system, ticket, account, found)
            if is_json:
                common.answer(document)
            else:
                for line in document["lines"]:
                    common.say(line)
