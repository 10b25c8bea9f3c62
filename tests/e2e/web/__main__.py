"""``make e2e-web``: installs a Chromium where there is none and that is possible, and runs the console's tests in it.

``python -m tests.e2e.web [--no-apt] [--pytest ARGUMENTS]``. It ends with 0 and a line that begins with SKIPPED only
where there is no Chromium and none can be had. What can be installed and fails to, fails.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

import click

from tests.e2e.web.chromium import NoChromiumError, install, program

HERE = Path(__file__).parent


@click.command()
@click.option("--no-apt", is_flag=True, help="Install nothing.")
@click.option("--pytest", "arguments", default="", help="More arguments for pytest, such as '-k login'.")
def main(no_apt: bool, arguments: str) -> None:
    """Run the console's tests in a Chromium."""
    try:
        installed = install(may_use_apt=not no_apt)
    except NoChromiumError as reason:
        click.echo(f"SKIPPED: no test ran in a browser: {reason}")
        return
    click.echo(f"installed: {', '.join(installed) or 'nothing was missing'}")
    begin = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-n", "2", *shlex.split(arguments), str(HERE)]
    environ = {**os.environ, "E2E_WEB_CHROMIUM": program()}
    code = subprocess.run(command, env=environ, check=False).returncode
    click.echo(f"the console in a browser: {time.monotonic() - begin:.0f} s")
    sys.exit(code)


if __name__ == "__main__":
    main()
