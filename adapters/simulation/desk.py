"""What a desk of ``connector.systems.desk`` does the same way on every simulator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager

from adapters.simulation.serving import Served


class OnSimulator:
    """The part of a desk that is about its simulator, which is at ``simulator`` for what a script wants of it alone."""

    simulator: Served

    def serve(self) -> AbstractContextManager[str]:
        return self.simulator.serve()

    def variables(self) -> dict[str, str]:
        return self.simulator.environment()

    def send_webhooks_to(self, address: str) -> None:
        """Nothing: webhooks are registered through the API."""

    def deliver(self) -> int:
        return len(self.simulator.deliver_pending())

    def keep_webhooks(self) -> Sequence[tuple[str, Mapping[str, str], bytes]]:
        return [(one.url, one.headers, one.body) for one in self.simulator.keep_pending()]

    def lose_webhooks(self, *, lost: bool) -> None:
        self.simulator.faults.callbacks_lose_all = lost
