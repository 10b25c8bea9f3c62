"""A private, unmodified Request Tracker: made, started, stopped. It needs the packages, and nothing below ``/etc``."""

from __future__ import annotations

import contextlib
import json
import mailbox
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

import requests

from tests.crash.services import a_free_port
from tests.e2e.rt.configuration import configuration
from tests.e2e.rt.moved_time import faked_time
from tests.postgresql import Cluster

SQLITE, POSTGRESQL = "sqlite", "postgresql"
HERE = Path(__file__).parent
CONTRIB = HERE.parents[2] / "contrib" / "request-tracker"
ACCOUNT = "escalator"
SECRET = "the-webhook-secret-of-the-test-instance"
_SERVER = "/usr/share/request-tracker5/libexec/rt-server"
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Instance:
    """A Request Tracker whose files are all below ``home``.

    ``cluster`` is the PostgreSQL server that holds its database; None means a SQLite file.
    """

    home: Path
    port: int
    cluster: Cluster | None

    @classmethod
    def at(cls, home: Path, database: str = SQLITE, port: int = 0) -> Instance:
        """The instance in a folder; made and filled when it is not there (about 10 s), else taken as it is."""
        home = home.resolve()
        kept = home / "instance.json"
        if kept.exists():
            said = json.loads(kept.read_text())
            database, port = said["database"], said["port"]
        cluster = Cluster.at(home.with_name(home.name + "-postgresql")) if database == POSTGRESQL else None
        instance = cls(home, port or a_free_port(), cluster)
        if cluster is not None:
            cluster.start()
        if not kept.exists():
            instance._make()
            kept.write_text(json.dumps({"database": database, "port": instance.port}))
        return instance

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def tokens(self) -> Mapping[str, str]:
        """A REST token of each user, by name."""
        tokens: dict[str, str] = json.loads((self.home / "secrets" / "tokens.json").read_text())
        return tokens

    @property
    def environ(self) -> dict[str, str]:
        """The environment in which RT's tools and scripts see this instance only."""
        return {
            **os.environ,
            **(faked_time(self.time_file) if self.time_file.exists() else {}),
            "RT_SITE_CONFIG": str(self.home / "etc" / "RT_SiteConfig.pm"),
            "RT_SITE_CONFIG_DIR": str(self.home / "etc" / "site.d"),
        }

    @property
    def spool(self) -> Path:
        """Where the scrip leaves what the sender is to send."""
        return self.home / "spool"

    @property
    def time_file(self) -> Path:
        """While this is there, the instance's processes take the time from it: see ``moved_time``."""
        return self.home / "etc" / "time"

    @property
    def access_log(self) -> Path:
        """Every request, a line each."""
        return self.home / "log" / "access.log"

    def start(self) -> None:
        """Start the web server and wait until REST answers. With SQLite one process, else four."""
        if self.is_running():
            return
        several = ["--server", "Starlet", "--max-workers", "4", "--max-reqs-per-child", "1000"]
        kind = ["--server", "Standalone"] if self.cluster is None else several
        where = ["--host", "127.0.0.1", "--port", str(self.port), "--access-log", str(self.access_log)]
        self._launch("rt", [_SERVER, *where, *kind])
        end = time.monotonic() + _PATIENCE
        while not self._answers():
            if not self.is_running() or time.monotonic() > end:
                raise RuntimeError(f"Request Tracker did not start:\n{self.log('rt')[-4000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop the web server, if it runs."""
        self._end("rt", signal.SIGTERM)

    def crash(self) -> None:
        """Kill the web server and its children."""
        self._end("rt", signal.SIGKILL)

    def is_running(self) -> bool:
        """Whether the web server's process is there."""
        return self._pid("rt") is not None

    def start_sender(self) -> None:
        """Start the sender of webhooks."""
        if self._pid("sender") is None:
            self._launch("sender", ["perl", str(CONTRIB / "escalation-webhook-sender")])

    def is_sending(self) -> bool:
        """Whether the sender's process is there."""
        return self._pid("sender") is not None

    def stop_sender(self, *, kill: bool = False) -> None:
        """Stop the sender of webhooks, if it runs."""
        self._end("sender", signal.SIGKILL if kill else signal.SIGTERM)

    def close(self) -> None:
        """Stop everything."""
        self.stop_sender()
        self.stop()
        if self.cluster is not None:
            self.cluster.stop()

    def send_webhooks_to(self, url: str, secret: str = SECRET, seconds: float = 5) -> None:
        """Tell the sender where to; an empty address switches it off."""
        new = self.home / "etc" / "webhook.json.new"
        new.write_text(json.dumps({"url": url, "secret": secret, "timeout": seconds}))
        new.rename(self.home / "etc" / "webhook.json")

    def waiting_webhooks(self) -> list[Path]:
        """What waits to be sent, and was not given up."""
        return sorted(self.spool.glob("[0-9]*"))

    def forget_webhooks(self) -> int:
        """Lose what waits to be sent; how many there were. The sender must not be running."""
        waiting = self.waiting_webhooks()
        for path in waiting:
            path.unlink()
        return len(waiting)

    def perl(self, script: Path, *arguments: str) -> str:
        """Run one of RT's scripts in Perl on this instance; what it printed."""
        return self._run("perl", str(script), *arguments)

    def insert(self, datafile: Path) -> str:
        """Insert initial data with RT's own tool."""
        return self._run("rt-setup-database", "--action", "insert", "--skip-create", "--datafile", str(datafile))

    def log(self, name: str) -> str:
        """What the server (``rt``) or the ``sender`` printed."""
        path = self.home / "log" / f"{name}.out"
        return path.read_text(errors="replace") if path.exists() else ""

    def mails(self) -> list[Message]:
        """All mail that was sent."""
        found: list[Message] = []
        for path in sorted((self.home / "var").glob("*.mbox")):
            with contextlib.closing(mailbox.mbox(path)) as box:
                found += box
        return found

    def _make(self) -> None:
        for name in ("etc/site.d", "var/data/gpg", "cache/mason", "cache/session", "log", "spool", "secrets"):
            (self.home / name).mkdir(parents=True, exist_ok=True)
        self.home.chmod(0o700)
        (self.home / "etc" / "RT_SiteConfig.pm").write_text(configuration(self.home, self.port, self.cluster))
        password = self.home / "secrets" / "root-password"
        password.write_text("root-password\n")
        if self.cluster is None:
            for path in (self.home / "var").glob("rt.sqlite*"):
                path.unlink()
        else:
            self.cluster.drop("rt")
            self.cluster.create("rt")
        init = ["rt-setup-database", "--action", "init", "--skip-create"]
        self._run(*init, "--root-password-file", str(password))
        if self.cluster is None:  # readers do not wait for a writer
            with contextlib.closing(sqlite3.connect(self.home / "var" / "rt.sqlite")) as connection:
                connection.execute("PRAGMA journal_mode=WAL")
        self.insert(CONTRIB / "escalation-connector.initialdata")
        self.insert(HERE / "perl" / "seed.initialdata")
        tokens = self.perl(HERE / "perl" / "mint_tokens.pl")
        (self.home / "secrets" / "tokens.json").write_text(tokens)
        self.send_webhooks_to("")

    def _run(self, *command: str) -> str:
        done = subprocess.run(command, env=self.environ, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def _answers(self) -> bool:
        try:
            # With a token of its own: another server may listen there.
            headers = {"Authorization": f"token {self.tokens['root']}"}
            return requests.get(f"{self.url}/REST/2.0/rt", headers=headers, timeout=10).status_code == 200
        except requests.ConnectionError:
            return False

    def _launch(self, name: str, command: list[str]) -> None:
        with (self.home / "log" / f"{name}.out").open("ab") as stream:
            process = subprocess.Popen(
                command,
                env=self.environ,
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        (self.home / f"{name}.pid").write_text(str(process.pid))
        # Kept, so that a child of ours is waited for when it is asked after.
        _CHILDREN[process.pid] = process

    def _pid(self, name: str) -> int | None:
        path = self.home / f"{name}.pid"
        if not path.exists():
            return None
        pid = int(path.read_text())
        child = _CHILDREN.get(pid)
        if child is not None:
            return pid if child.poll() is None else None
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return None
        return pid

    def _end(self, name: str, sign: signal.Signals) -> None:
        pid = self._pid(name)
        if pid is not None:
            (os.killpg if sign == signal.SIGKILL else os.kill)(pid, sign)
            end = time.monotonic() + 10
            while self._pid(name) is not None and time.monotonic() < end:
                time.sleep(0.02)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            while self._pid(name) is not None:
                time.sleep(0.02)
        (self.home / f"{name}.pid").unlink(missing_ok=True)


_CHILDREN: dict[int, subprocess.Popen[bytes]] = {}
