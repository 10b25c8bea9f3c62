"""A Chromium on this machine, and the fonts of the pictures: whether they are there, and how to get them."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WANTED = ("chromium", "fonts-noto-core", "fonts-dejavu-core")
"""Of Debian's packages. With these fonts the pictures are the same on any machine that has them."""

_FLAGS = ("--disable-gpu", "--disable-quic", "--font-render-hinting=none", "--force-color-profile=srgb")


class NoChromiumError(Exception):
    """There is no Chromium, and this machine or this user cannot have it."""


def program() -> str:
    """Where it is; empty for nowhere."""
    found = filter(None, map(shutil.which, PROGRAMS))
    return next(found, "") or _of_playwright()


def flags() -> list[str]:
    """What it is started with besides."""
    return [*_FLAGS, "--no-sandbox"] if os.geteuid() == 0 else list(_FLAGS)


def install(*, may_use_apt: bool = True) -> list[str]:
    """Install what is missing, and return it. Raises NoChromiumError where that is not possible here.

    Without the fonts alone it goes on: pictures then look otherwise. An installation that is possible and fails raises
    CalledProcessError: that is a failure, no excuse.
    """
    wanted = missing()
    if not wanted:
        return []
    why_not = _why_not(may_use_apt)
    if not why_not:
        environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "--quiet", "update"], check=True, env=environ)
        command = ["apt-get", "--quiet", "--yes", "--no-install-recommends", "install", *wanted]
        subprocess.run(command, check=True, env=environ, stdin=subprocess.DEVNULL)
        return wanted
    if program():
        return []
    raise NoChromiumError(
        f"there is no Chromium ({', '.join(PROGRAMS)}), and {why_not}: install it, or have Playwright fetch one "
        "of its own (.venv-web/bin/playwright install chromium)"
    )


def missing() -> list[str]:
    """The packages that are to be installed: the fonts too, where there is a dpkg that knows of them."""
    has_dpkg = shutil.which("dpkg-query") is not None
    wanted = [name for name in WANTED[1:] if has_dpkg and not _is_installed(name)]
    return wanted if program() else [WANTED[0], *wanted]


def _why_not(may_use_apt: bool) -> str:
    if not may_use_apt:
        return "apt was not to be used"
    if shutil.which("apt-get") is None:
        return "this machine has no apt"
    return "" if os.geteuid() == 0 else "only root may install it"


def _of_playwright() -> str:
    """The one that Playwright fetched for itself, where it did."""
    from playwright.sync_api import sync_playwright  # there in the environment of `make e2e-web` alone

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else ""


def _is_installed(name: str) -> bool:
    command = ["dpkg-query", "--show", "--showformat=${Status}", name]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return answer.stdout == "install ok installed"
