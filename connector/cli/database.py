"""``migrate``: what is done once per release. Loads the settings and the store, no server and no ticket system."""

from __future__ import annotations

import click

from connector.cli import common
from connector.store.database.engine import Store
from connector.store.database.schema import SchemaState
from connector.store.database.sqlite_file import require_usable


@click.command()
def migrate() -> None:
    """Bring the database's schema up to date."""
    url = common.settings().database_url
    require_usable(url)
    store = Store.open(url)
    try:
        before = store.migrate()
    finally:
        store.close()
    done = {SchemaState.CURRENT: "was up to date", SchemaState.EMPTY: "was set up"}.get(
        before, "was brought up to date"
    )
    common.say(f"The database {done}.")
