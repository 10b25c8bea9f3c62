"""The file of a SQLite database: where it is, whether it can be used now, and what to do where it cannot.

Asked before a command begins its work: the database itself would be waited for, for as long as a running service waits.
Nothing is made and nothing is written here.
"""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path

from connector.errors import ConfigError
from connector.store.database.errors import StoreUnavailable

PATIENCE_SECONDS = 3.0
"""For whoever holds the file at the moment: another process's transaction takes some milliseconds."""

_RIGHT = "give the account that runs escalator the right to write the file and its folder"
_HELD = "another process holds it: end that one, or wait for its end"
_DAMAGED = "it is damaged, or no database of SQLite: put the last backup back in its place"
_REMEDIES = {
    sqlite3.SQLITE_PERM: _RIGHT,
    sqlite3.SQLITE_READONLY: _RIGHT,
    sqlite3.SQLITE_CANTOPEN: _RIGHT,
    sqlite3.SQLITE_BUSY: _HELD,
    sqlite3.SQLITE_LOCKED: _HELD,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_FULL: "make room on its disk",
}
_NETWORK = frozenset(
    [
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "afs",
        "ceph",
        "glusterfs",
        "lustre",
        "davfs",
        "fuse.sshfs",
        "fuse.glusterfs",
        "fuse.s3fs",
        "fuse.rclone",
    ]
)
_FIELDS = 3
_OCTAL = re.compile(r"\\([0-7]{3})")
"""How a blank in a path is written in the kernel's list."""

_PRIMARY = 0xFF
"""Of an error's code; what else is in it tells more than anybody wants to know."""


def file_of(url: str) -> Path | None:
    """The file that an address of a database names, from the root on; None for a server."""
    scheme, _, rest = url.partition(":///")
    return Path(rest.partition("?")[0]).absolute() if scheme.partition("+")[0] == "sqlite" else None


def require_place(path: Path) -> None:
    """Raise ConfigError where no file can be."""
    folder = path.parent
    if not folder.is_dir():
        raise ConfigError(
            [f"DATABASE_URL: names a file in a folder that does not exist: {folder}: make it, or correct the address"]
        )
    if path.is_dir():
        raise ConfigError([f"DATABASE_URL: names a folder, {path}: name a file in it, such as {path / 'escalator.db'}"])


def require_usable(url: str) -> None:
    """Raise ConfigError where the address names no place for a file, StoreUnavailable where the file cannot be used."""
    path = file_of(url)
    if path is None:
        return
    require_place(path)
    folder = path.parent
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StoreUnavailable(f"the database {path} cannot be written: its folder is read-only: {_RIGHT}")
    if path.exists():
        if not os.access(path, os.R_OK | os.W_OK):
            raise StoreUnavailable(f"the database {path} cannot be written: the file is read-only: {_RIGHT}")
        _try(path)


def network_drive(path: Path, mounts: str) -> str:
    """The kind of network drive that a file is on, by the kernel's list of what is mounted; empty for none."""
    place, kind = Path("/"), ""
    for fields in (line.split(" ") for line in mounts.splitlines()):
        if len(fields) < _FIELDS:
            continue
        mounted = Path(_OCTAL.sub(lambda found: chr(int(found[1], 8)), fields[1]))
        if path.is_relative_to(mounted) and len(mounted.parts) >= len(place.parts):
            place, kind = mounted, fields[2]
    return kind if kind in _NETWORK else ""


def _try(path: Path) -> None:
    try:
        with closing(sqlite3.connect(path, timeout=PATIENCE_SECONDS, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise StoreUnavailable(f"the database cannot be used: {error}{remedy(path, error)}") from error


def is_held(error: sqlite3.Error) -> bool:
    """Whether somebody else is at it, so that another try makes sense."""
    return _remedy(error) == _HELD


def remedy(path: Path, error: BaseException | None) -> str:
    """Where the file is, and what to do about what SQLite says of it."""
    what = _remedy(error) if isinstance(error, sqlite3.Error) else ""
    return f" ({path})" + (f": {what}" if what else "")


def _remedy(error: sqlite3.Error) -> str:
    code: int = getattr(error, "sqlite_errorcode", 0)
    return _REMEDIES.get(code & _PRIMARY, "")
