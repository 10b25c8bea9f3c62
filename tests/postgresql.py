"""A private PostgreSQL server from the programs of this machine, on a free port of the loopback interface.

As root it runs as the user ``postgres``, because PostgreSQL refuses to run as root.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.crash.services import a_free_port

USER = "rt"
# Clients get killed here, the server never: nothing has to reach the disk.
_OPTIONS = "-c listen_addresses=127.0.0.1 -c fsync=off -c synchronous_commit=off -c full_page_writes=off"


def programs() -> Path | None:
    """The folder of PostgreSQL's programs: that of PATH, else the newest of Debian's, which are not on PATH."""
    on_path = shutil.which("pg_ctl")
    if on_path:
        return Path(on_path).resolve().parent
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    return max(debian, key=lambda path: int(path.parent.name), default=None)


@dataclass(frozen=True, slots=True)
class Cluster:
    """A server whose data are in ``folder``; it listens on ``port``."""

    folder: Path
    port: int

    @classmethod
    def at(cls, folder: Path) -> Cluster:
        """The cluster in a folder, made when it is not there."""
        kept = folder / "port"
        if not kept.exists():
            folder.mkdir(parents=True, exist_ok=True)
            if os.geteuid() == 0:
                shutil.chown(folder, "postgres")
            auth = ["--auth=trust", f"--username={USER}"]
            _run("initdb", "-D", str(folder / "data"), *auth, "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
            kept.write_text(str(a_free_port()))
        return cls(folder, int(kept.read_text()))

    def start(self) -> None:
        """Start the server, unless it runs."""
        if _run("pg_ctl", "-D", str(self.folder / "data"), "status", check=False) == 0:
            return
        options = f"-p {self.port} -c unix_socket_directories={self.folder} {_OPTIONS}"
        log = str(self.folder / "log")
        _run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-l", log, "-o", options, "start")

    def stop(self) -> None:
        """Stop the server, if it runs."""
        _run("pg_ctl", "-D", str(self.folder / "data"), "-m", "fast", "stop", check=False)

    def create(self, name: str) -> None:
        """Make an empty database."""
        _run("createdb", *self._address, "--template=template0", "--encoding=UTF8", name)

    def drop(self, name: str) -> None:
        """Remove a database, if it is there, whoever still uses it."""
        _run("dropdb", *self._address, "--if-exists", "--force", name)

    def url(self, name: str) -> str:
        """The address of a database, as the connector takes it."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{name}"

    @property
    def _address(self) -> list[str]:
        return ["--host=127.0.0.1", f"--port={self.port}", f"--username={USER}"]


def _run(program: str, *arguments: str, check: bool = True) -> int:
    folder = programs()
    if folder is None:
        raise RuntimeError("there is no PostgreSQL server on this machine")
    command = [str(folder / program), *arguments]
    if os.geteuid() == 0:
        command = ["runuser", "-u", "postgres", "--", *command]
    # pg_ctl's server would keep a pipe open; and postgres may not look into the folder we are in.
    environ = {**os.environ, "PGOPTIONS": "--client-min-messages=warning"}
    nothing = subprocess.DEVNULL
    done = subprocess.run(command, env=environ, check=False, cwd="/", stdout=nothing, stdin=nothing)
    if check and done.returncode:
        raise RuntimeError(f"{program} ended with {done.returncode}")
    return done.returncode
