"""``make e2e-pgbouncer``: every scenario on PostgreSQL behind a PgBouncer, in transaction and in session mode.

``python -m tests.e2e.pgbouncer [transaction] [session] [--pytest ARGUMENTS]``. Each scenario has a database of its own
there, those that say SQLite, too. It ends with 1 where something failed, or where there is no PgBouncer.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

import click

from tests.pgbouncer import MODE, MODES, program


@click.command()
@click.argument("modes", nargs=-1, type=click.Choice(MODES))
@click.option("--pytest", "arguments", default="-n 2", show_default=True, help="More arguments for pytest.")
def main(modes: tuple[str, ...], arguments: str) -> None:
    """Run the scenarios behind a PgBouncer."""
    if program() is None:
        sys.exit("There is no PgBouncer on this machine: on Debian, apt-get install pgbouncer.")
    failed = [mode for mode in modes or MODES if not is_good_in(mode, arguments)]
    if failed:
        sys.exit(f"FAILED in {' and '.join(failed)} mode")


def is_good_in(mode: str, arguments: str) -> bool:
    """Run the suite in that mode, and say how long it took."""
    click.echo(f"PgBouncer in {mode} mode:")
    begin = time.monotonic()
    command = [sys.executable, "-m", "pytest", *arguments.split(), "tests/scenarios"]
    code = subprocess.run(command, env={**os.environ, MODE: mode}, check=False).returncode
    click.echo(f"PgBouncer in {mode} mode: {time.monotonic() - begin:.0f} s")
    return code == 0


if __name__ == "__main__":
    main()
