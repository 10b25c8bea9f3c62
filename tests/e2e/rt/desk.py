"""The service desk of ``adapters/desk.py`` on a real Request Tracker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from adapters.request_tracker.desk import PRIORITIES, RtDesk
from tests.crash.desks import until
from tests.e2e.rt.api import JUDGE
from tests.e2e.rt.instance import ACCOUNT, SECRET, Instance


class RealDesk(RtDesk):
    """The desk in a running instance. Its webhooks go by themselves; ``deliver`` waits until all are gone.

    ``front``: where connections find it, where that is not the instance itself.
    """

    def __init__(self, instance: Instance, front: str = "") -> None:
        tokens = {name: f"token {token}" for name, token in instance.tokens.items()}
        super().__init__(lambda: instance.url, tokens[JUDGE], lambda name: tokens[name])
        self.instance = instance
        self.front = front or instance.url

    @contextmanager
    def serve(self) -> Iterator[str]:
        self.instance.start()
        try:
            yield self.front
        finally:
            self._session.close()

    def variables(self) -> dict[str, str]:
        return {
            "RT_URL": self.front,
            "RT_TOKEN": self.instance.tokens[ACCOUNT],
            "RT_WEBHOOK_SECRET": SECRET,
            "RT_PRIORITIES": ", ".join(f"{name}={number}" for name, number in PRIORITIES.values()),
        }

    def send_webhooks_to(self, address: str) -> None:
        self.instance.send_webhooks_to(address)

    def keep_webhooks(self) -> Sequence[tuple[str, Mapping[str, str], bytes]]:
        return ()

    def deliver(self) -> int:
        if not self.instance.is_sending():
            return 0
        waiting = len(self.instance.waiting_webhooks())
        until(lambda: not self.instance.waiting_webhooks(), "all webhooks are gone", 60)
        return waiting

    def lose_webhooks(self, *, lost: bool) -> None:
        """They are lost while the sender is down: what it did not send then is gone."""
        if lost:
            self.instance.stop_sender()
            return
        self.instance.forget_webhooks()
        self.instance.start_sender()
