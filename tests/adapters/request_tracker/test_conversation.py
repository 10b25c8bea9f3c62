"""The simulator answers what a real Request Tracker answered to the very same calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.adapters.request_tracker.conversation import differences, hold
from tests.adapters.request_tracker.fixtures import fixture
from tests.adapters.request_tracker.simulated import Site


def test_the_same_conversation_gives_the_same_answers(site: Site) -> None:
    site.simulator.own_at_home_only()

    def call(
        who: str, method: str, path: str, body: Any, query: Mapping[str, str], headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str], Any]:
        answer = site.call(who, method, path, body, headers, **query)
        return answer.status_code, answer.headers, answer.get_json(silent=True) if answer.is_json else answer.text

    ours, real = list(hold(call)), fixture("conversation")["payload"]
    found = [
        f"{one['step']}: {difference}"
        for one, other in zip(ours, real, strict=True)
        for difference in differences(one, other)
    ]
    assert found == [], "\n".join(found)
