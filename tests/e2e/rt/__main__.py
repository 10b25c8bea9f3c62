"""``make e2e-rt``: installs Request Tracker where that is possible, and runs the tests on it with each database.

``python -m tests.e2e.rt [sqlite] [postgresql] [--no-apt] [--pytest ARGUMENTS]``. It ends with 0 and a line that
begins with SKIPPED only where the packages are missing and cannot be had: no apt, or not root. What can be
installed and fails to, fails.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import click

from tests.e2e.rt.instance import HERE, POSTGRESQL, SQLITE
from tests.e2e.rt.packages import CannotInstallError, install


@click.command()
@click.argument("databases", nargs=-1, type=click.Choice([SQLITE, POSTGRESQL]))
@click.option("--no-apt", is_flag=True, help="Install nothing.")
@click.option("--pytest", "arguments", default="", help="More arguments for pytest, such as '-k sender'.")
def main(databases: tuple[str, ...], no_apt: bool, arguments: str) -> None:
    """Run the end-to-end tests on Request Tracker."""
    try:
        installed = install(may_use_apt=not no_apt)
    except CannotInstallError as reason:
        click.echo(f"SKIPPED: no test ran on Request Tracker: {reason}")
        return
    click.echo(f"installed: {', '.join(installed) or 'nothing was missing'}")
    failed = [database for database in databases or (SQLITE, POSTGRESQL) if not is_good_on(database, arguments)]
    if failed:
        click.echo(f"FAILED on {' and '.join(failed)}")
        sys.exit(1)


def is_good_on(database: str, arguments: str) -> bool:
    """Run the tests on an instance with this database, and say how long it took."""
    click.echo(f"Request Tracker on {database}:")
    begin = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-p", "no:xdist", *arguments.split(), str(HERE)]
    is_told_to_end: list[int] = []
    with subprocess.Popen(command, env={**os.environ, "E2E_RT_DATABASE": database}) as tests:

        def stop(number: int, _: object) -> None:
            """Whoever ends us has pytest stop, too, and what it started: a SIGTERM would leave that behind."""
            is_told_to_end.append(number)
            tests.send_signal(signal.SIGINT)

        signal.signal(signal.SIGTERM, stop)
        code = tests.wait()
    if is_told_to_end:
        sys.exit("ended before all was tested")
    click.echo(f"Request Tracker on {database}: {time.monotonic() - begin:.0f} s")
    return code == 0


if __name__ == "__main__":
    main()
