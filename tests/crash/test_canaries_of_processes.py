"""What real processes say and store beside a ticket system that repeats all it was sent: none of twenty secrets."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from tests.crash.desks import until
from tests.crash.services import a_free_port, environment, run_to_end, service
from tests.scenarios.canaries import CALLBACK, KEYS, Parrot, environ, found_in, parrot

__all__ = ["environ", "parrot"]

pytestmark = pytest.mark.crash

ENOUGH = 8
"""So many addresses are asked for, over the three systems and the watcher; each of them is refused at once."""


@pytest.mark.parametrize(
    ("commands", "log_format"), [pytest.param(("run",), "json", marks=pytest.mark.soak), (("web", "worker"), "text")]
)
def test_no_process_tells_or_keeps_any(
    environ: dict[str, str], parrot: Parrot, tmp_path: Path, commands: tuple[str, ...], log_format: str
) -> None:
    parrot.status = 400
    given = environment(
        {
            **environ,
            "PORT": str(a_free_port()),
            "LOG_LEVEL": "debug",
            "LOG_FORMAT": log_format,
            "RECONCILE_SECONDS": "1",
            "DATABASE_URL": f"sqlite:///{tmp_path / 'canaries.db'}",
        }
    )
    run_to_end(["migrate"], given, tmp_path)
    with ExitStack() as stack:
        running = [stack.enter_context(service(command, given, tmp_path)) for command in commands]
        web = running[0]
        until(web.is_live, "it listens")
        answers = [
            requests.get(f"{web.url}{path}", timeout=10, allow_redirects=False)
            for path in (
                "/",
                "/health",
                "/health/status",
                "/metrics",
                f"/webhooks/rt?token={CALLBACK[0]}",
                f"/{KEYS[1]}",
            )
        ]
        answers.append(requests.post(f"{web.url}/webhooks/halopsa", auth=("halo", KEYS[1]), json={}, timeout=10))
        until(lambda: len(parrot.asked_for) >= ENOUGH and parrot.asked > ENOUGH + 2, "the systems were asked")
        assert [one.stop()[0] for one in running] == [0] * len(commands)
    said = "\n".join(path.read_bytes().decode("latin-1") for path in tmp_path.iterdir() if path.is_file())
    assert "chore failed" in said or "does not answer" in said
    assert found_in(said) == set()
    assert found_in("".join(f"{answer.headers}{answer.text}" for answer in answers)) == set()


def test_the_demo_tells_none(environ: dict[str, str], tmp_path: Path) -> None:
    """It knows no secret that it could mask, and so is to read none."""
    said = run_to_end(["demo"], environment({**environ, "LOG_LEVEL": "debug"}), tmp_path)
    assert "Every ticket's fate is as it should be" in said
    assert found_in(said) == set()
    assert list(tmp_path.iterdir()) == []
