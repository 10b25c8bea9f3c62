"""Request Tracker's packages on a Debian machine: whether they are there, and how to get them."""

from __future__ import annotations

import os
import shutil
import subprocess

WANTED = (
    "request-tracker5",
    "rt5-standalone",
    "rt5-clients",
    "rt5-db-sqlite",
    "rt5-db-postgresql",
    "starman",
    "postgresql",
    "faketime",
)
_ANSWERS = """\
request-tracker5 request-tracker5/install-cronjobs boolean false
request-tracker5 request-tracker5/handle-siteconfig-permissions boolean true
msmtp msmtp/apparmor boolean false
"""


class CannotInstallError(Exception):
    """The packages are not there, and this machine or this user cannot have them."""


def missing() -> list[str]:
    """The wanted packages that are not installed; all of them where there is no dpkg."""
    if shutil.which("dpkg-query") is None:
        return list(WANTED)
    return [name for name in WANTED if not _is_installed(name)]


def install(*, may_use_apt: bool = True) -> list[str]:
    """Install what is missing and return it. Raises CannotInstallError where that is not possible here.

    An installation that is possible and fails raises CalledProcessError: that is a failure, no excuse.
    """
    wanted = missing()
    if not wanted:
        return []
    lacking = f"these packages are not installed: {', '.join(wanted)}"
    if not may_use_apt:
        raise CannotInstallError(f"{lacking}, and apt was not to be used")
    if shutil.which("apt-get") is None or shutil.which("debconf-set-selections") is None:
        raise CannotInstallError(f"{lacking}, and this machine has no apt")
    if os.geteuid() != 0:
        raise CannotInstallError(f"{lacking}, and only root may install them")
    if not os.path.exists("/usr/sbin/sendmail"):  # noqa: PTH110  # RT asks for a mail transport agent; no daemon
        wanted.append("msmtp-mta")
    if not _is_installed("dbconfig-common"):
        wanted.append("dbconfig-no-thanks")  # no database of the package's own: an instance makes its own
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["debconf-set-selections"], input=_ANSWERS, text=True, check=True, env=environ)
    subprocess.run(["apt-get", "--quiet", "update"], check=True, env=environ)
    command = ["apt-get", "--quiet", "--yes", "--no-install-recommends", "install", *wanted]
    subprocess.run(command, check=True, env=environ, stdin=subprocess.DEVNULL)
    return wanted


def _is_installed(name: str) -> bool:
    command = ["dpkg-query", "--show", "--showformat=${Status}", name]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return answer.stdout == "install ok installed"
