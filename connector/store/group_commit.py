"""One writer for all requests of a web process: deliveries that pile up during a commit go into the next one.

What limits SQLite is its lock queue, not the disk: many threads with a small transaction each make the
tail. A request waits here until its own delivery is on disk. When nothing piles up, nothing waits: there
is no delay.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from connector.store.database.errors import StoreUnavailable
from connector.store.mailbox import Mailbox
from connector.store.records import Delivery

_all: weakref.WeakSet[GroupCommit] = weakref.WeakSet()


def _closed() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(slots=True, eq=False)
class _Request:
    """Deliveries that wait, and what became of them once the lock is free."""

    deliveries: list[Delivery]
    done: threading.Lock = field(default_factory=_closed)
    new: list[bool] = field(default_factory=list)
    error: Exception | None = None
    is_withdrawn: bool = False

    def stored(self, new: list[bool]) -> None:
        self.new = new
        self.done.release()

    def failed(self, error: Exception) -> None:
        self.error = error
        self.done.release()


class GroupCommit:
    """Commits deliveries of many threads together. Starts its thread when first used, also after a fork.

    ``max_batch``: deliveries per transaction. ``max_wait``: seconds a caller waits when it does not say.
    ``max_queued``: requests that may wait; more are refused at once, before memory fills up.
    ``committed`` is told how many deliveries each transaction stored.
    """

    def __init__(
        self,
        mailbox: Mailbox,
        max_batch: int = 256,
        max_wait: float = 10.0,
        max_queued: int = 10_000,
        committed: Callable[[int], None] = lambda count: None,
    ) -> None:
        self._mailbox = mailbox
        self._max_batch = max_batch
        self._max_wait = max_wait
        self._max_queued = max_queued
        self._committed = committed
        self._changed = threading.Condition()
        self._queue: deque[_Request] = deque()
        self._thread: threading.Thread | None = None
        self._is_stopping = False
        _all.add(self)

    def deliver(self, deliveries: Sequence[Delivery], timeout: float | None = None) -> list[bool]:
        """Store the deliveries; returns, once they are committed, which of them were new.

        Raises StoreUnavailable when they could not be stored, or were not within ``timeout`` seconds. Only
        in the second case may they be stored all the same; sending them again is then harmless.
        """
        if not deliveries:
            return []
        request = _Request(list(deliveries))
        self._enqueue(request)
        if not request.done.acquire(timeout=max(0.0, self._max_wait if timeout is None else timeout)):
            request.is_withdrawn = True
            raise StoreUnavailable("the delivery could not be stored in time")
        if request.error is not None:
            raise request.error
        return request.new

    def stop(self, timeout: float = 30.0) -> None:
        """Commit what waits, then end the thread; later deliveries are refused."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify()
            thread = self._thread
        if thread is not None:
            thread.join(timeout)

    def _enqueue(self, request: _Request) -> None:
        with self._changed:
            if self._is_stopping:
                raise StoreUnavailable("the process is stopping")
            if len(self._queue) >= self._max_queued:
                raise StoreUnavailable("too many deliveries are waiting to be stored")
            self._queue.append(request)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)
                self._thread.start()
            self._changed.notify()

    def _run(self) -> None:
        while batch := self._next_batch():
            self._commit([request for request in batch if not request.is_withdrawn])

    def _next_batch(self) -> list[_Request]:
        """Wait for work and take as much as fits; nothing means: stopped and all done."""
        with self._changed:
            while not self._queue and not self._is_stopping:
                self._changed.wait()
            batch: list[_Request] = []
            count = 0
            while self._queue and (not batch or count + len(self._queue[0].deliveries) <= self._max_batch):
                batch.append(self._queue.popleft())
                count += len(batch[-1].deliveries)
            return batch

    def _commit(self, batch: list[_Request]) -> None:
        if not batch:
            return
        try:
            results = self._mailbox.deliver([d for request in batch for d in request.deliveries])
        except StoreUnavailable as error:
            for request in batch:
                request.failed(StoreUnavailable(str(error), error.retry_after))
        except Exception as error:  # noqa: BLE001  # whatever it is, the waiting callers must learn it
            self._isolate(batch, error)
        else:
            self._committed(len(results))
            for request in batch:
                request.stored(results[: len(request.deliveries)])
                del results[: len(request.deliveries)]

    def _isolate(self, batch: list[_Request], error: Exception) -> None:
        """One request that the database refuses must not take the others with it: each goes alone."""
        if len(batch) == 1:
            batch[0].failed(error)
            return
        for request in batch:
            self._commit([request])

    def _reset(self) -> None:
        """Forget the thread and the queue: they stayed with the parent of a fork."""
        self._changed = threading.Condition()
        self._queue = deque()
        self._thread = None
        self._is_stopping = False


def _start_anew() -> None:
    for group_commit in list(_all):
        group_commit._reset()


os.register_at_fork(after_in_child=_start_anew)
