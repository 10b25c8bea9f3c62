"""What a log line looks like, and what never gets into one."""

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog

from connector.errors import PayloadError
from connector.logs import configure, masked
from connector.redaction import MASK
from tests.connector.quiet_logging import logging_as_before

__all__ = ["logging_as_before"]

pytestmark = pytest.mark.usefixtures("logging_as_before")
SECRET = "s3cr3t-Value"


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_away_from_a_terminal_a_line_is_json_with_the_event_and_what_it_is_about_first():
    stream = io.StringIO()
    configure(stream=stream)
    structlog.get_logger("connector.turn").info(
        "escalated", reason="Time", delivery="d1", connection="psa", ticket="4711", decision="breached"
    )
    [line] = lines(stream)
    assert list(line)[:5] == ["event", "ticket", "connection", "decision", "delivery"]
    assert (line["event"], line["reason"], line["level"], line["logger"]) == (
        "escalated",
        "Time",
        "info",
        "connector.turn",
    )
    assert str(line["at"]).endswith("Z")


def test_on_a_terminal_a_line_is_text():
    stream = Terminal()
    configure(stream=stream)
    structlog.get_logger("x").info("escalated", ticket="4711")
    assert "escalated" in stream.getvalue()
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(stream.getvalue())


def test_the_format_can_be_chosen_on_a_terminal_too():
    stream = Terminal()
    configure(form="json", stream=stream)
    structlog.get_logger("x").info("escalated")
    assert lines(stream)[0]["event"] == "escalated"


def test_the_level_holds_for_our_lines_and_those_of_libraries():
    stream = io.StringIO()
    configure("warning", stream=stream)
    structlog.get_logger("x").info("quiet")
    logging.getLogger("library").info("quiet too")
    structlog.get_logger("x").warning("loud")
    logging.getLogger("library").warning("loud %s", "too")
    assert [line["event"] for line in lines(stream)] == ["loud", "loud too"]


def test_an_exception_is_shown_without_the_values_of_its_variables_and_masked():
    stream = io.StringIO()
    configure(stream=stream)

    def connect(password: str) -> None:
        raise RuntimeError(f"postgresql://user:{password}@host/db refused")

    try:
        connect(SECRET)
    except RuntimeError:
        structlog.get_logger("x").error("failed", exc_info=True)
        logging.getLogger("library").exception("failed too")
    first, second = lines(stream)
    for line in (first, second):
        assert "RuntimeError" in str(line["exception"])
        assert SECRET not in json.dumps(line)


@pytest.mark.parametrize(
    "name",
    ["password", "private_key", "marker_key", "api-key", "key", "token", "webhook_token", "Authorization", "Set-Cookie",
     "client_secret", "x-content-signature"],
)  # fmt: skip
def test_a_value_is_masked_by_its_name(name):
    assert masked({name: SECRET, "inside": {name: [SECRET]}}) == {name: MASK, "inside": {name: MASK}}


@pytest.mark.parametrize("name", ["ticket", "monkey", "keyboard", "keys_known", "why"])
def test_other_values_are_not_masked(name):
    assert masked({name: "4711"}) == {name: "4711"}


@pytest.mark.parametrize(
    "text",
    [
        f"POST /webhooks/psa?token={SECRET}&recordId=1",
        f"{{'private_key': '{SECRET}', 'a': 1}}",
        f'{{"password": "{SECRET}"}}',
        f"postgresql://user:{SECRET}@host/name",
        f"Authorization: Bearer {SECRET}",
        f"basic {SECRET}==",
        f"client_id={SECRET}",
        f"GET /api/v1/tickets/esct_0123456789ab_{SECRET}{SECRET}",
    ],
)
def test_a_secret_inside_a_text_is_masked(text):
    assert SECRET not in masked(text)
    assert MASK in masked(text)


def test_masking_reaches_lists_errors_and_positional_arguments():
    stream = io.StringIO()
    configure(stream=stream)
    structlog.get_logger("x").info("a", urls=[f"a?token={SECRET}"], error=ValueError(f"token={SECRET}"))
    logging.getLogger("library").info("asked for %s", f"/x?token={SECRET}&a=1")
    assert SECRET not in stream.getvalue()
    assert lines(stream)[1]["event"] == f"asked for /x?token={MASK}&a=1"


def test_a_plain_text_stays_as_it_is():
    text = "ticket 4711: the token of appreciation; see http://psa.example:8080/x?id=1"
    assert masked(text) == text


def test_a_line_break_in_a_value_does_not_make_a_second_line():
    stream = io.StringIO()
    configure(stream=stream)
    structlog.get_logger("x").info("a", reason="one\ntwo")
    assert len(stream.getvalue().splitlines()) == 1


def test_configuring_again_replaces_what_was():
    first, second = io.StringIO(), io.StringIO()
    configure(stream=first)
    configure(stream=second)
    structlog.get_logger("x").info("once")
    assert (first.getvalue(), len(lines(second))) == ("", 1)


@pytest.mark.parametrize(
    "text",
    ["x" * 100_000 + f" token={SECRET}", f"token={SECRET} " + "x" * 100_000, "y " * 50_000 + f"token={SECRET}&a=1"],
)
def test_a_long_value_is_clipped_then_masked(text):
    shown = masked({"why": text})["why"]
    assert len(shown) < 11_000
    assert "characters left out" in shown
    assert SECRET not in shown


@pytest.mark.parametrize("at", range(3975, 4030, 5))
def test_of_a_secret_that_is_cut_through_nothing_is_left(at):
    text = "x " * 5000 + f"token={SECRET * 4} " + "y" * (at - 1)
    assert SECRET[-5:] not in masked(text)


def test_a_traceback_does_not_quote_what_a_client_wrote():
    stream = io.StringIO()
    configure(stream=stream)
    said = "my printer is on fire"
    log = structlog.get_logger("x")
    try:
        try:
            {}[said]
        except KeyError:
            int(said)
    except ValueError as wrong:
        log.error("turn crashed", exc_info=True, error=wrong)
        logging.getLogger("library").exception("failed too")
    error = PayloadError("ticket 4711: board", "missing")
    error.__cause__ = ValueError(said)
    log.error("turn crashed", exc_info=error)
    text = stream.getvalue()
    assert said not in text
    assert [name in text for name in ("KeyError", "ValueError", "ticket 4711: board: missing")] == [True] * 3
    assert "test_logs.py" in text, "where it happened is shown"


def test_what_is_no_text_is_masked_as_it_is_shown():
    assert SECRET not in masked({"body": f"token={SECRET}".encode()})["body"]
