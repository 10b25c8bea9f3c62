"""The conversation to which the simulator is held is the one that a real Request Tracker holds today."""

from __future__ import annotations

import json

import pytest

from tests.adapters.request_tracker import conversation
from tests.adapters.request_tracker.fixtures import fixture
from tests.e2e.rt.api import Api
from tests.e2e.rt.instance import Instance

pytestmark = pytest.mark.e2e


def test_the_kept_conversation_is_what_request_tracker_answers(
    instance: Instance, judge: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    judge.clear_the_desk()
    conversation.main(instance.url, str(instance.home / "secrets" / "tokens.json"))
    now, kept = json.loads(capsys.readouterr().out)["payload"], fixture("conversation")["payload"]
    found = [
        f"{one['step']}: {difference}"
        for one, other in zip(now, kept, strict=True)
        for difference in conversation.differences(one, other)
    ]
    assert found == [], "\n".join(found)
