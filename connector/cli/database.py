"""``migrate``: what is done once per release. Loads the settings and the store, no server and no ticket system."""

from __future__ import annotations

import click

from connector.cli import common
from connector.store.database.engine import Store
from connector.store.database.schema import SchemaState


@click.command()
def migrate() -> None:
    """Bring the database's schema up to date."""
    store = Store.open(common.settings().database_url)
    try:
        before = store.migrate()
    finally:
        store.close()
    done = {SchemaState.CURRENT: "was up to date", SchemaState.EMPTY: "was set up"}.get(
        before, "was brought up to date"
    )
    common.say(f"The database {done}.")
