"""A client's words in a message call nobody and lead nowhere, in any service. What is really posted is looked at."""

from __future__ import annotations

import json
import re
from urllib.parse import unquote_plus

import pytest
import responses

from connector.redaction import MASK, know
from connector.systems.variables import Secret
from connector.worker.notifier import Notifier, Refused, plain

EVIL = (
    "@channel @here @everyone x@everyone @room @all <!everyone> <!here|here> <!subteam^S1> <@U1234567> <@&4711> "
    "<@123456> <at>All</at> <users/all> <@all> @**all** @anna @4711 <https://evil.example|the bank> "
    "[the bank](https://evil.example)"
)
CALLS = re.compile(
    r"@(?:channel|here|everyone|room|all|anna|\*\*|\d)|(?:<|&lt;)(?:[!@#]|at(?:>|&gt;)|users/)|(?:<|&lt;)https?:|\]\\?\(|\\?\]\("
)
"""What calls somebody, or hides where it leads to, in one service or another."""

TARGETS = {
    "slack": f"slack://{'-'.join(('xoxb', '1234', '1234', 'abc124'))}/#general",
    "discord": "discord://12345678/a-token-of-this-webhook/",
    "discord, markdown": "discord://12345678/a-token-of-this-webhook/?format=markdown",
    "teams": "workflows://flows.example:443/team/signature/",
    "mattermost": "mmost://chat.example/3ccdd113474722377935511fc85d3dd4",
    "matrix": "matrixs://user:token@matrix.example.com?mode=matrix",
    "telegram": "tgram://123456789:abcdefg_hijklmnop/12315544/",
    "google chat": "gchat://abcdef123/keykeykey/tokentoken/",
    "zulip": "zulip://botname@example/a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4/general/",
    "webex": f"wxteams://{'abcdefghijklmnopqrstuvwxyz0123456789' * 3}"[:90] + "/",
    "ntfy": "ntfy://ntfy.example/topic",
}


def posted(address: str, title: str, text: str) -> str:
    """What a service is really sent, as it reads it."""
    answer = {"ok": True, "result": [], "event_id": "1", "channel": "C1"}
    with responses.RequestsMock() as service:
        service.post(re.compile(".*"), json=answer)
        notifier = Notifier([Secret(address)])
        notifier.send(notifier.audience.told[0], title, text)
        [call] = service.calls
    body = call.request.body
    written = body.decode() if isinstance(body, bytes) else str(body)
    try:
        return json.dumps(json.loads(written), ensure_ascii=False)
    except ValueError:
        return unquote_plus(written)


@pytest.mark.parametrize("kind", TARGETS)
def test_nobody_is_called_by_a_clients_words(kind):
    found = posted(TARGETS[kind], f"Ticket 4711: {EVIL}", f"“{EVIL}”, Acme.")
    assert found.count("the bank") >= 2
    assert CALLS.findall(found) == []


def test_the_test_knows_what_calls():
    assert len(CALLS.findall(EVIL)) >= 17


def test_markup_of_the_services_is_text():
    found = posted(TARGETS["teams"], "t", "**not bold** `not code`")
    assert r"\\*\\*not bold\\*\\*" in found


def test_a_message_holds_neither_secrets_nor_signs_that_are_obeyed_and_a_title_is_one_line():
    know("settings", ["geheim-geheim"])
    found = json.loads(posted("json://host.example/", "one\ntwo\x1b[2J", "geheim-geheim\u202e\nsecond line"))
    assert found["title"] == "one two\N{REPLACEMENT CHARACTER}[2J"
    assert found["message"] == f"{MASK}\N{REPLACEMENT CHARACTER}\nsecond line"


@pytest.mark.parametrize(
    "text", ["Ticket 4711: Time", "https://rt.example.com/Ticket/Display.html?id=1", "a < b, [x] (y)"]
)
def test_other_texts_stay_as_they_are(text):
    assert plain(text) == text


def test_a_service_that_says_no_refuses():
    with responses.RequestsMock() as service:
        service.post(re.compile(".*"), status=400)
        notifier = Notifier([Secret("json://host.example/")])
        with pytest.raises(Refused):
            notifier.send(notifier.audience.told[0], "t", "x")
