"""The file that past tickets are kept in: a line each, appended as they are read, the last one of a ticket counts.

A line that was cut short, because the process died while it wrote it, was never there; a last one that only lacks its
end, as many an editor leaves it, is. The file holds what people wrote: it is for its owner alone, and ``forget`` takes
a ticket out of it.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Literal, TypeVar

from connector.backtest.ticket import PastTicket
from connector.errors import ConfigError, PayloadError
from connector.model import Place
from connector.past.form import line_of, places_in, ticket_in

NAME = "past-tickets.jsonl"
"""What the file is called that is kept by itself; it lies where the commands are run."""

_PLAIN = rb'([^"\\\x80-\xff]+)'
_HEAD = re.compile(rb'\{"connection":"%s","ticket":"%s","updated_at":"%s"' % (_PLAIN, _PLAIN, _PLAIN))
"""How a line of ours begins, where its names are in ASCII."""

Read = TypeVar("Read")

_PLACES = re.compile(rb'"place"(?::\[.*?\],"status"|,"old":.*?,"how")')
"""What a line of ours tells of places: a line that says of none what another has not said need not be taken apart."""

TicketKey = tuple[str, str]
"""Connection and ticket."""


class PastFile:
    """Reads and writes such a file. ``path``: it need not be there yet.

    Raises ConfigError where it cannot be read or written, and for a line that is no past ticket, with its number.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._places: dict[TicketKey, tuple[int, int]] = {}
        self._versions: dict[TicketKey, str] = {}
        self._end = self._lines = 0
        self._lacks_end = False
        self._looked_into: os.stat_result | None = None
        self._index()

    def __len__(self) -> int:
        return len(self._places)

    def version(self, connection: str, ticket: str) -> str | None:
        """The last update of a ticket that is kept, as it is written; None for one that is not."""
        return self._versions.get((connection, ticket))

    def tickets(self, connections: frozenset[str] | None = None) -> Iterator[PastTicket]:
        """Each ticket once, of those connections, in the order in which they were read last."""
        for line, number in self._lines_of(connections):
            yield self._ticket(line, number)

    def places(self, connection: str) -> set[Place]:
        """Every place at which a ticket of that connection was."""
        written: dict[bytes, set[Place]] = {}
        found: set[Place] = set()
        for line, number in self._lines_of({connection}):
            told = _PLACES.findall(line) if _HEAD.match(line) else []
            if not told:  # not written by us
                found.update(self._read(places_in, line, number))
            for one in told:
                if one not in written:
                    written[one] = set(self._read(places_in, line, number))
        return found.union(*written.values())

    def connections(self) -> frozenset[str]:
        """The connections whose tickets are kept."""
        return frozenset(connection for connection, _ in self._places)

    def writer(self) -> PastWriter:
        """Who appends to the file; to be used as a context."""
        return PastWriter(self)

    def forget(self, connection: str, ticket: str) -> bool:
        """Take a ticket out; whether it was there. What was read of it is gone from the file when this returns.

        Nobody may be writing to it meanwhile. A link to the file stays one.
        """
        key = (connection, ticket)
        if key not in self._places:
            return False
        try:
            with self._opened("rb") as file:
                self._lock(file)
                self._write_anew(file, key)
        except OSError as error:
            raise ConfigError(
                [f"{self.path}: {error.strerror or error}; nothing of the ticket was taken out"]
            ) from None
        self._index()
        return True

    # -- inside ------------------------------------------------------------------------------------------------

    def _write_anew(self, file: BinaryIO, without: TicketKey) -> None:
        path = Path(os.path.realpath(self.path))
        beside = path.with_name(f"{path.name}.new")
        beside.unlink(missing_ok=True)  # left by one who was killed here
        try:
            with open(beside, "xb", opener=_for_the_owner) as new:
                for number, line in enumerate(file, 1):
                    if _is_whole(line) and line.strip() and self._named(line, number)[:2] != without:
                        new.write(line if line.endswith(b"\n") else line + b"\n")
                new.flush()
                os.fsync(new.fileno())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)

    def _index(self) -> None:
        """Where each ticket's last whole line begins, and its number."""
        self._places.clear()
        self._versions.clear()
        self._end = self._lines = 0
        self._lacks_end = False
        try:
            if not self.path.exists():
                return
        except OSError as error:
            raise ConfigError([f"{self.path}: {error.strerror or error}"]) from None
        with self._opened("rb") as file:
            self._looked_into = os.fstat(file.fileno())
            for number, line in enumerate(file, 1):
                if not _is_whole(line):
                    return  # cut short: it is written over
                self._lacks_end = not line.endswith(b"\n")
                if line.strip():
                    self._note(line, self._end, number)
                self._end, self._lines = self._end + len(line), number

    def _added(self, line: bytes) -> None:
        self._lines += 1
        self._note(line, self._end, self._lines)
        self._end += len(line)

    def _note(self, line: bytes, at: int, number: int) -> None:
        connection, ticket, version = self._named(line, number)
        self._places[connection, ticket] = (at, number)
        self._versions[connection, ticket] = version

    def _named(self, line: bytes, number: int) -> tuple[str, str, str]:
        """Connection, ticket and last update of a line."""
        head = _HEAD.match(line)
        if head is not None:
            connection, ticket, version = (part.decode() for part in head.groups())
            return connection, ticket, version
        found = self._ticket(line, number)  # not written by us
        return found.connection, str(found.record.id), found.record.updated_at.isoformat()

    def _lines_of(self, connections: Collection[str] | None) -> Iterator[tuple[bytes, int]]:
        """The last line of each ticket, in their order, with its number."""
        places = (place for key, place in self._places.items() if connections is None or key[0] in connections)
        with ExitStack() as stack:
            file, here = None, -1
            for at, number in sorted(places):
                file = file or stack.enter_context(self._same())
                if at != here:
                    file.seek(at)
                line = file.readline()
                here = at + len(line)
                yield line, number

    def _same(self) -> BinaryIO:
        """The file that was looked into, to be read. Raises ConfigError where another one lies there by now."""
        file = self._opened("rb")
        if self._looked_into is None or not os.path.samestat(os.fstat(file.fileno()), self._looked_into):
            file.close()
            raise ConfigError([f"{self.path}: was written anew meanwhile; run it again"])
        return file

    def _lock(self, file: BinaryIO) -> None:
        """Keep others from writing until the file is closed. Raises ConfigError where somebody does, or just did."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_there = os.path.samestat(os.fstat(file.fileno()), self.path.stat())
        except OSError:
            is_there = False
        if not is_there:
            raise ConfigError([f"{self.path}: another process is writing to it; wait for its end"])

    def _ticket(self, line: bytes, number: int) -> PastTicket:
        return self._read(ticket_in, line, number)

    def _read(self, read: Callable[[str], Read], line: bytes, number: int) -> Read:
        try:
            return read(line.decode())
        except UnicodeDecodeError:
            raise ConfigError([f"{self.path}, line {number}: is no UTF-8"]) from None
        except PayloadError as error:
            raise ConfigError([f"{self.path}, line {number}: {error.field}: {error.problem}"]) from None

    def _opened(self, mode: Literal["rb", "ab"]) -> BinaryIO:
        try:
            return open(self.path, mode, opener=_for_the_owner)
        except OSError as error:
            raise ConfigError([f"{self.path}: {error.strerror or error}"]) from None


class PastWriter:
    """Appends tickets to a file; one process at a time, whoever is second is told so."""

    def __init__(self, kept: PastFile) -> None:
        self._kept = kept

    def __enter__(self) -> PastWriter:
        kept = self._kept
        self._file = kept._opened("ab")
        try:
            kept._lock(self._file)
        except ConfigError:
            self._file.close()
            raise
        kept._index()  # what others wrote meanwhile
        self._file.truncate(kept._end)
        if kept._lacks_end:
            self._file.write(b"\n")
            kept._end, kept._lacks_end = kept._end + 1, False
        return self

    def append(self, ticket: PastTicket) -> None:
        """Keep a ticket; it is with the operating system when this returns, on the disk when the writer is closed."""
        line = f"{line_of(ticket)}\n".encode()
        try:
            self._file.write(line)
            self._file.flush()
        except OSError as error:
            raise ConfigError(
                [f"{self._kept.path}: {error.strerror or error}; run it again when there is room"]
            ) from None
        self._kept._added(line)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._file as file:
            os.fsync(file.fileno())


def _is_whole(line: bytes) -> bool:
    """Whether a line lacks nothing, but for its end perhaps: what was cut short is no JSON."""
    if line.endswith(b"\n"):
        return True
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


class PastPlace:
    """What the file of past tickets holds of a ticket, for whoever forgets it. ``path``: where the file would be."""

    name = "past tickets"
    what = "what was read of it for a backtest"

    def __init__(self, path: Path) -> None:
        self._path = path

    def count(self, key: TicketKey) -> int:
        """Whether it is there: 1 or 0. Raises ConfigError where that cannot be told."""
        return int(PastFile(self._path).version(*key) is not None)

    def remove(self, key: TicketKey) -> int:
        """Take it out of the file; whether it was there: 1 or 0. Raises ConfigError where that cannot be done."""
        return int(PastFile(self._path).forget(*key))
