"""The file ``.env`` as it is found and replaced: at once or not at all, and for its owner's eyes alone.

No copy of the old file is left: it would hold the same secrets, and whoever cleans up would not know of it.
"""

from __future__ import annotations

import fcntl
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from connector.config.env_file import EnvFile, read_env_file
from connector.errors import ConfigError

_OWNERS_ALONE = 0o600


def found(path: Path) -> EnvFile:
    """What is in the file, nothing where there is none. Raises ConfigError for what will not be replaced, too."""
    if path.is_symlink():
        raise ConfigError([f"{path} leads to another file, {path.readlink()}: run `escalator init` where that one is"])
    kept = read_env_file(path)
    folder = path.absolute().parent
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigError([f"{folder} may not be written to by this account, so no {path} can be made there"])
    return kept


def save(path: Path, before: str, text: str) -> None:
    """Put a text in the place of the one that was found. Raises ConfigError where that is another one by now, or where
    nothing could be written; then all is as it was.
    """
    try:
        with _alone(path.absolute().parent), _undisturbed():
            _replace(path, before, text)
    except OSError as error:
        raise ConfigError([f"{path} could not be written ({error.strerror}); it is as it was"]) from error


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else of us saves in that folder meanwhile."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Who asks us to end waits until no copy is left beside the file."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGHUP, signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _replace(path: Path, before: str, text: str) -> None:
    handle, name = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.absolute().parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            os.fchmod(file.fileno(), _OWNERS_ALONE)
            _give_to_owner(path, file.fileno())
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        _require_unchanged(path, before)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _keep_the_name(path.absolute().parent)


def _require_unchanged(path: Path, before: str) -> None:
    if found(path).text != before:
        raise ConfigError([f"{path} was changed by somebody else meanwhile; it is as they left it: start again"])


def _give_to_owner(path: Path, descriptor: int) -> None:
    """Whoever runs the service can read the new file, too, when an administrator has made it."""
    with suppress(FileNotFoundError):
        old = path.stat()
        new = os.fstat(descriptor)
        if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
            os.fchown(descriptor, old.st_uid, old.st_gid)


def _keep_the_name(folder: Path) -> None:
    """Have the folder itself on the disk, so that the new name is there after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
